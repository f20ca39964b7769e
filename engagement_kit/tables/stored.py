"""Stored answers to the rows of a dataset: one partition to one file, an answer at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from engagement_kit.answers.answer import Answer
from engagement_kit.answers.store import Store
from engagement_kit.errors import AmbiguousAnswer, StoreError, UnreadableAnswer
from engagement_kit.question.hours import floor_hour
from engagement_kit.question.known import Known
from engagement_kit.question.micros import HOUR_US
from engagement_kit.question.rules import ENDPOINTS, fineness
from engagement_kit.tables import parquet
from engagement_kit.tables.absent import absent
from engagement_kit.tables.partitions import Partition
from engagement_kit.tables.readers.body import read_body
from engagement_kit.tables.readers.columns import Columns
from engagement_kit.tables.schema import NULL_TIME, Cells, build
from engagement_kit.tables.settle import Told, settle
from engagement_kit.tables.single import About, Reading, grain_of_levels
from engagement_kit.tables.times import birth_of, micros
from engagement_kit.version import VERSION

_HELD_ROWS: Final = 1 << 20


@dataclass(frozen=True)
class Written:
    """What became of a partition.

    Attributes
    ----------
    partition
        Which one.
    rows
        How many rows its file has.
    damaged
        Answers that can't be read, each with the reason; the others are in the file.
    """

    partition: Partition
    rows: int
    damaged: dict[str, str] = field(default_factory=dict)


def grain_in(store: Store, known: Known) -> str:
    """Name the grain of a stored answer's rows; those of damaged ones have none."""
    if known.level in {"hour", "day", "lifetime"}:
        return known.level
    try:
        answer = store.load(known.ref)
    except StoreError:
        return ""
    request = answer.request
    lifetime = ENDPOINTS[request.endpoint].quantity == "lifetime"
    return grain_of_levels(_finest(answer)[1], lifetime=lifetime)


def write_partition(store: Store, partition: Partition, path: Path) -> Written:
    """Write the rows of a partition to a file.

    Parameters
    ----------
    store
        Where its answers are.
    partition
        Which answers.
    path
        The file, written as it comes: its caller cares for half files.

    Returns
    -------
    Written
        Rows, and what could not be read.
    """
    reader = _Reader(store)
    about = {"kit_version": VERSION, "partition": partition.name, "answers": len(partition.refs)}
    rows = parquet.write_stream(reader.tables(partition), path, about=about)
    return Written(partition, rows, reader.damaged)


class _Reader:
    """Reads the answers of a partition, and keeps those that are needed again for a while."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.damaged: dict[str, str] = {}
        self._held: OrderedDict[str, _Answered] = OrderedDict()

    def tables(self, partition: Partition) -> Iterator[pa.Table]:
        """Give the rows of each answer. What one took is let go before the next one is read."""
        for ref, rivals in zip(partition.refs, partition.rivals, strict=True):
            yield from self._table(ref, rivals, partition.grain)

    def _table(self, ref: str, rivals: tuple[str, ...], grain: str) -> list[pa.Table]:
        """Give the rows of one answer; no table where it has none."""
        mine = self._read(ref, keep=bool(rivals))
        if mine is None:
            return []
        others = (self._read(one, keep=True) for one in reversed(rivals))
        cells = settle(mine.told, (one.told for one in others if one))
        if not len(cells):
            return []
        return [build(cells, grain, endpoint=mine.endpoint, source=mine.source)]

    def _read(self, ref: str, *, keep: bool) -> _Answered | None:
        if ref in self._held:
            self._held.move_to_end(ref)
            return self._held[ref]
        if ref in self.damaged:
            return None
        try:
            read = _answered(self.store.load(ref))
        except (StoreError, UnreadableAnswer, AmbiguousAnswer) as error:
            self.damaged[ref] = str(error)
            return None
        if keep:
            self._held[ref] = read
            while sum(len(one.told.cells) for one in self._held.values()) > _HELD_ROWS:
                self._held.popitem(last=False)
        return read


@dataclass(frozen=True)
class _Answered:
    """What an answer tells, and the columns that are the same for all its rows."""

    told: Told
    endpoint: str
    source: str


def _answered(answer: Answer) -> _Answered:
    """Read an answer: its finest grouping, and what that leaves out."""
    request = answer.request
    name, levels = _finest(answer)
    about = replace(About.of(answer), finest=levels)
    if answer.outcome == "refused":
        about = replace(about, refused=about.tweet_ids or ())
    body = read_body(answer.body, about.levels)
    counts = body.columns(name, levels) if name in body.parts.groupings else Columns.none(levels)
    parts = body.parts
    if parts.start is None and request.start is not None:  # refusals and lists echo no window
        parts = replace(parts, start=request.start, end=request.end)
    reading = Reading(parts, about, counts)
    cells = _since_creation(reading.cells.append([absent(reading)]))
    return _Answered(
        Told((micros(answer.observed_at), answer.ref), cells), request.endpoint, answer.source
    )


def _finest(answer: Answer) -> tuple[str, tuple[str, ...]]:
    """Give the finest grouping that was asked for; the coarser ones are sums over it."""
    return max(answer.request.groupings, key=lambda one: fineness(one[1]))


def _since_creation(cells: Cells) -> Cells:
    """Leave out what is before a tweet's creation, but for counts: those are findings."""
    births = [birth_of(one) for one in cells.tweets]
    hours = [NULL_TIME if one is None else floor_hour(one) * HOUR_US for one in births]
    if cells.start.min(initial=max(hours, default=NULL_TIME)) >= max(hours, default=NULL_TIME):
        return cells  # as most answers are: about tweets older than their windows
    born = np.array([*hours, NULL_TIME], dtype=np.int64)[cells.tweet]
    early = (cells.start < born) & ((cells.status != 0) | (cells.value == 0))
    early &= (cells.start != NULL_TIME) & (cells.end != NULL_TIME)
    if not early.any():
        return cells
    gone = early & (cells.end <= born)
    cut = early & (cells.status != 0)
    cells = replace(cells, start=np.where(cut, np.maximum(cells.start, born), cells.start))
    return cells.take(np.flatnonzero(~gone))
