"""Is a store whole: its answers, its index, its runs? Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from engagement_kit.client.health.finding import Finding, note, ok, problem, warning
from engagement_kit.question.amounts import beyond, few, many

_SHOWN: Final = 3
_some = partial(few, most=_SHOWN)


@dataclass(frozen=True)
class StoreSeen:
    """What is in a store.

    Attributes
    ----------
    folder
        Where it is.
    is_new
        Whether there is nothing yet; then a run makes it.
    refusal
        Why it can't be a store; empty where it can.
    answers, read
        How many there are, and how many of them were read to the last byte.
    damaged
        Files of answers that can't be trusted, and why.
    newer
        Answers that a newer kit wrote.
    index_is_damaged
        Whether there is an index that can't be read; then it is made anew by itself.
    lies
        Answers of which the index says what is not so.
    gone
        Runs, and the answers that they name and that are not there.
    runs, empty
        How many runs there are, and which of them no answer serves.
    records
        Records of runs that can't be read, in the kit's own words.
    left
        Parts of files that were being written more than a day ago.
    aside
        How many damaged answers were set aside before.
    """

    folder: str
    is_new: bool = False
    refusal: str = ""
    answers: int = 0
    read: int = 0
    damaged: Sequence[tuple[str, str]] = ()
    newer: Sequence[str] = ()
    index_is_damaged: bool = False
    lies: Sequence[str] = ()
    gone: Sequence[tuple[str, frozenset[str]]] = ()
    runs: int = 0
    empty: Sequence[str] = ()
    records: Sequence[str] = ()
    left: Sequence[str] = ()
    aside: int = 0


def judged(seen: StoreSeen) -> Iterator[Finding]:
    """Say what is wrong with a store.

    Examples
    --------
    >>> [one.seen for one in judged(StoreSeen("raw", answers=3, read=3, runs=1))]
    ['raw: 3 answers, all read to the last byte; 1 run']
    """
    if seen.refusal:
        why = "Nothing is read from it, and nothing is written into it."
        yield problem("store", seen.refusal, why, "Name the folder that was given as store=...")
        return
    if seen.is_new:
        yield note("store", f"{seen.folder}: nothing is there yet", "The first run makes it.")
        return
    found = [*_answers(seen), *_index(seen), *_runs(seen)]
    yield from found
    if not any(one.level in {"problem", "warning"} for one in found):
        yield ok("store", f"{seen.folder}: {_howmany(seen)}; {many(seen.runs, 'run')}")
    yield from _left(seen)


def _howmany(seen: StoreSeen) -> str:
    share = "all read" if seen.read == seen.answers else f"{seen.read:,} of them read"
    return f"{many(seen.answers, 'answer')}, {share} to the last byte"


def _answers(seen: StoreSeen) -> Iterator[Finding]:
    if seen.damaged:
        path, why_not = seen.damaged[0]
        each = f"; the first: {path}: {why_not}"
        what = f"{len(seen.damaged):,} of {seen.read:,} answers that were read are damaged{each}"
        why = "Their counts can't be read. A run that needs them sets them aside and asks anew."
        paths = " ".join(shlex.quote(one) for one, _ in seen.damaged[:_SHOWN])
        others = beyond(len(seen.damaged), _SHOWN)
        more = f"  # {others}" if others else ""
        aside = shlex.quote(f"{seen.folder}/damaged/")
        remedy = "Is the disk failing? Back the store up. Then set them aside, and run again:\n"
        yield problem("store", what, why, f"{remedy}mkdir -p {aside} && mv {paths} {aside}{more}")
    if seen.newer:
        what = f"{many(len(seen.newer), 'answer')} were written by a newer kit: {_some(seen.newer)}"
        why = "This kit can't read them, and would ask them anew."
        yield warning("store", what, why, "pip install --upgrade engagement_kit")


def _index(seen: StoreSeen) -> Iterator[Finding]:
    index = shlex.quote(f"{seen.folder}/index.arrow")
    if seen.lies:
        what = f"the index is wrong about {many(len(seen.lies), 'answer')}: {_some(seen.lies)}"
        why = "Plans trust it: they would ask too much, or take for stored what is not."
        yield problem("index", what, why, f"rm {index}  # it is a cache, and is made anew")
    if seen.index_is_damaged:
        what = f"{seen.folder}/index.arrow can't be read"
        why = "It is a cache: the next look takes longer, and makes it anew."
        yield note("index", what, why, f"rm {index}")


def _runs(seen: StoreSeen) -> Iterator[Finding]:
    if seen.gone:
        total = len(frozenset[str]().union(*(refs for _, refs in seen.gone)))
        names = _some([name for name, _ in seen.gone])
        what = f"{many(total, 'answer')} that runs name are not there; runs: {names}"
        why = "Results of these runs lack them; their receipts say so."
        yield warning("runs", what, why, "Ask the same again: client.run(query)")
    if seen.records:
        what = f"{many(len(seen.records), 'record')} of runs can't be read: {seen.records[0]}"
        why = "Such runs are not listed. Their answers are there, and serve new runs."
        yield warning("runs", what, why, "Run the same again: what is stored is not asked again.")
    if seen.empty:
        what = f"{many(len(seen.empty), 'run')} without any answer: {_some(seen.empty)}"
        why = "They were stopped, or refused, before one came."
        yield note("runs", what, why, "Go on with one: client.run(resume=...), or leave it.")


def _left(seen: StoreSeen) -> Iterator[Finding]:
    if seen.left:
        what = f"a killed process left {many(len(seen.left), 'part')} of files: {_some(seen.left)}"
        why = "They are no answers, and only take room; the next run removes them."
        yield note("store", what, why)
    if seen.aside:
        what = f"{many(seen.aside, 'damaged answer')} set aside before, in {seen.folder}/damaged/"
        yield note("store", what, "Nothing reads them; delete them once you know why.")
