"""Looks through a store with the store's own readers, and changes nothing in it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engagement_kit.answers.answer import Answer
from engagement_kit.answers.coverage import known_of
from engagement_kit.answers.files import LEFT_FOR_SECONDS, PART, SUFFIX, folder_of, list_packed
from engagement_kit.answers.index import NAME, Index, read_index
from engagement_kit.answers.runs import Parts, Runs
from engagement_kit.answers.store import Store, must_be_store
from engagement_kit.client.health.clocks import Said, skew_of
from engagement_kit.client.health.stores import StoreSeen
from engagement_kit.client.progress import Progress
from engagement_kit.client.record import is_finished, sessions_of
from engagement_kit.errors import DamagedRecord, StoreError
from engagement_kit.fetch.steps import Step
from engagement_kit.question.known import Known

SAMPLE: Final = 200
"""How many answers a quick look reads."""


@dataclass
class Read:
    """What reading answers came to.

    Attributes
    ----------
    damaged, newer, lies
        As in `StoreSeen`.
    skews
        Of each live answer its name, and by how many seconds it was dated too late.
    count, size
        How many were read, and how large their files are together.
    """

    damaged: list[tuple[str, str]] = field(default_factory=list)
    newer: list[str] = field(default_factory=list)
    lies: list[str] = field(default_factory=list)
    skews: list[tuple[str, float]] = field(default_factory=list)
    count: int = 0
    size: int = 0


def look(folder: Path, *, quick: bool, shown: bool | None = None) -> tuple[StoreSeen, Read]:
    """Look through a store.

    Parameters
    ----------
    folder
        Where it is.
    quick
        Read some answers, evenly spread, instead of all.
    shown
        As in `Progress`.

    Returns
    -------
    seen : StoreSeen
        What is in it.
    read : Read
        What reading its answers came to.
    """
    if not folder.exists():
        return StoreSeen(str(folder), is_new=True), Read()
    try:
        must_be_store(folder)
    except StoreError as error:
        return StoreSeen(str(folder), refusal=str(error)), Read()
    listing = list_packed(folder / "answers")
    index = read_index(folder / NAME)
    files = listing.files
    chosen = files[:: max(1, -(-len(files) // SAMPLE))] if quick else files
    read = _read(Store(folder), chosen, _said_by(index), shown)
    read.damaged += [(str(one), "it stands in a place that is not its own") for one in listing.odd]
    names = {ref for ref, _, _ in files}
    records, runs = _runs(folder)
    seen = StoreSeen(
        str(folder),
        is_new=next(folder.iterdir(), None) is None,
        answers=len(files) + len(listing.odd),
        read=read.count + len(listing.odd),
        damaged=read.damaged,
        newer=read.newer,
        index_is_damaged=(folder / NAME).exists() and not index.refs,
        lies=read.lies,
        gone=[(name, lost) for name, parts in runs if (lost := _named(parts) - names)],
        runs=len(runs),
        empty=[name for name, parts in runs if not _named(parts) and not is_finished(parts)],
        records=records,
        left=[str(one) for one in _left(folder, time.time())],
        aside=len([*folder.glob(f"damaged/*{SUFFIX}")]),
    )
    return seen, read


_Lines = dict[str, tuple[int, int, Known | None]]


def _said_by(index: Index) -> _Lines:
    lines = zip(index.refs, index.sizes, index.times, index.known, strict=True)
    return {ref: (size, moment, known) for ref, size, moment, known in lines}


def _read(
    store: Store, files: Iterable[tuple[str, int, int]], lines: _Lines, shown: bool | None
) -> Read:
    """Read answers to the last byte."""
    read = Read()
    every = list(files)
    with Progress(len(every), shown=shown, unit="answer") as progress:
        for ref, size, moment in every:
            read.count += 1
            read.size += size
            _one(store, ref, (size, moment), lines, read)
            progress.step(Step("answered", read.count, len(every), "read"))
    return read


def _one(store: Store, ref: str, mark: tuple[int, int], lines: _Lines, read: Read) -> None:
    """Read one answer, and hold the index and its moment against it."""
    path = store.folder / "answers" / folder_of(ref) / f"{ref}{SUFFIX}"
    try:
        answer = store.load(ref)
    except StoreError as error:
        if not path.exists():  # moved away since it was listed
            read.count -= 1
        elif "update the kit" in str(error):
            read.newer.append(ref)
        else:
            read.damaged.append((str(path), _reason(error, path)))
        return
    line = lines.get(ref)
    # The index counts for a file only while size and time are those that it has.
    if line is not None and line[:2] == mark and line[2] != known_of(ref, answer.head()):
        read.lies.append(ref)
    skew = _skew(answer)
    if skew is not None:
        read.skews.append((ref, skew))


def _reason(error: StoreError, path: Path) -> str:
    """Give what is wrong with a file, without its path and without advice."""
    return str(error).removeprefix(f"{path}: ").partition(". Run the query again")[0]


def _skew(answer: Answer) -> float | None:
    """Tell how far the moment of an answer is ahead; an emulator's clock may be moved at will."""
    date = answer.headers.get("date")
    if answer.source != "live" or date is None:
        return None
    moment = answer.observed_at.timestamp()
    return skew_of(Said(answer.ref, date, moment, moment))


def _runs(folder: Path) -> tuple[list[str], list[tuple[str, Parts]]]:
    """Read the records of all runs, and what can't be read of them."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", DamagedRecord)
        runs = list(Runs(folder).all())
    return [str(one.message) for one in said if issubclass(one.category, DamagedRecord)], runs


def _named(parts: Parts) -> frozenset[str]:
    """Name the answers that a run says it is served by."""
    named = frozenset(ref for one in sessions_of(parts) for ref in one["answers"])
    return named.union(parts["plan"]["reused"])


def _left(folder: Path, now: float) -> Iterator[Path]:
    """Find parts that were left; younger ones may be under way."""
    for path in sorted(folder.rglob(f"*{PART}")):
        try:
            old = path.stat().st_mtime < now - LEFT_FOR_SECONDS
        except OSError:  # gone since
            continue
        if old:
            yield path
