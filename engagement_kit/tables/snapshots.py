"""Lifetime counts, each answer by itself: thousands of answers at once.

`observed.history` takes one answer after the other, and works out what was wanted of its tweets
each time. A lifetime count has no hours, so that all of that can be done once for all answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from engagement_kit.answers.answer import Answer
from engagement_kit.question.plan import CARRIERS
from engagement_kit.question.rules import Levels
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.assemble import Base
from engagement_kit.tables.derive import derive
from engagement_kit.tables.fates import Lost
from engagement_kit.tables.pile import Pile
from engagement_kit.tables.readers.scanned import Ints
from engagement_kit.tables.schema import STATUS, Cells
from engagement_kit.tables.telling import KINDS, Note, Said, read_one
from engagement_kit.tables.times import micros

_COLUMNS: Final = ("row", "col", "hour", "value", "good", "answer")


def are_snapshots(wanted: Wanted, levels: Levels) -> bool:
    """Say whether a table of lifetime counts of each tweet and metric is meant."""
    return wanted.level == "lifetime" and set(levels) == set(CARRIERS["lifetime"][1])


def snapshots(
    wanted: Wanted, answers: Iterable[Answer], levels: Levels
) -> tuple[Cells, frozenset[str]]:
    """Give what each answer tells by itself, answer by answer, and whose answers they are.

    Parameters
    ----------
    wanted
        What is wanted of all tweets: lifetime counts.
    answers
        Answers that tell of them, in any order.
    levels
        Those of lifetime counts.
    """
    reading = _Reading(wanted)
    for answer in answers:
        reading.add(answer)
    base, lost = reading.base(), sorted(reading.lost, key=lambda one: (one.row, one.col))
    none = replace(base, **{name: getattr(base, name)[:0] for name in _COLUMNS})
    cells = derive(base, [], levels).append([derive(none, lost, levels)])
    number = np.concatenate([base.answer, np.array([one.answer for one in lost], dtype=np.int64)])
    return cells.take(np.argsort(number, kind="stable")), base.sources


class _Reading:
    """Reads answers, and finds what each of them leaves out."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted, self.lost = wanted, list[Lost]()
        spans = wanted.spans
        self._never = spans[..., 0] >= spans[..., 1]  # can't be had, unless it was counted once
        self._told = np.zeros(self._never.size, dtype=bool)
        self._pile, self._sizes = Pile(KINDS), list[int]()
        self._said: list[tuple[str, str | None, int]] = []
        self._sources: set[str] = set()

    def add(self, answer: Answer) -> None:
        """Read one more."""
        said, cells = read_one(self.wanted, answer)
        self._find_missing(said, cells[0], cells[1])
        self._pile.add(cells)
        self._sizes.append(len(cells[0]))
        self._said.append((said.key, said.account, micros(said.order[0])))
        self._sources.add(said.source)

    def _find_missing(self, said: Said, row: Ints, col: Ints) -> None:
        many = self._never.shape[1]
        named = said.rows or tuple(note.row for note in said.notes)
        rows = np.unique(np.array(named, dtype=np.int64))
        pairs = (rows[:, None] * many + np.arange(many))[~self._never[rows]]
        counted = row.astype(np.int64) * many + col
        self._told[counted] = True
        short = pairs[~self._told[pairs]]
        self._told[counted] = False
        if len(short):
            self.lost += self._reasons(said.notes, short)

    def _reasons(self, notes: Sequence[Note], short: Ints) -> Iterable[Lost]:
        """Give the most telling reason for each number; one without any was not asked."""
        rows, cols = np.divmod(short, self._never.shape[1])
        by_row: dict[int, list[Note]] = {row: [] for row in rows.tolist()}
        for note in notes:
            if note.row in by_row and note.start < 1 and note.end > 0:
                by_row[note.row].append(note)
        for row, col in zip(rows.tolist(), cols.tolist(), strict=True):
            name = self.wanted.query.metrics[col]
            found = [
                STATUS[note.status]
                for note in by_row[row]
                if note.metrics is None or name in note.metrics
            ]
            if found:
                yield Lost(row, col, 0, 1, min(found), len(self._said))

    def base(self) -> Base:
        """Give all cells, by answer: of each number a readable count before others, the latest."""
        row, col, hour, value, good = self._pile.columns()
        number = np.repeat(np.arange(len(self._sizes)), self._sizes)
        order = np.lexsort((good, col, row, number))
        last = np.ones(len(order), dtype=bool)
        places = [one[order] for one in (number, row, col)]
        last[:-1] = np.any([one[1:] != one[:-1] for one in places], axis=0)
        chosen = order[last]
        had = good[chosen].astype(bool) | (value[chosen] != 0)
        chosen = chosen[had | ~self._never[row[chosen], col[chosen]]]
        return Base(
            wanted=self.wanted,
            row=row[chosen],
            col=col[chosen],
            hour=hour[chosen],
            value=value[chosen],
            good=good[chosen],
            answer=number[chosen],
            answers=tuple(self._said),
            notes=(),
            sources=frozenset(self._sources),
        )
