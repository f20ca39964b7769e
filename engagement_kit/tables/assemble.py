"""A run's answers to its base cells: each wanted number once, the latest observation winning.

`telling` reads an answer; `fates` says what became of the numbers that are not here, and `derive`
sums up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.answers.answer import Answer
from engagement_kit.question.tweet_ids import creation_hours
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.free_checks import NOTHING, Outcome
from engagement_kit.tables.pile import Pile
from engagement_kit.tables.readers.scanned import Ints
from engagement_kit.tables.telling import KINDS, Note, Said, read_one
from engagement_kit.tables.times import micros

_MANY: Final = 2**31 - 1
_ROOM: Final = 1 << 20
_ROOM_A_ROW: Final = 4


@dataclass(frozen=True)
class Base:
    """The base cells of a run.

    Attributes
    ----------
    row, col, hour
        Tweet, metric (positions in the query) and the hour at which the number's period begins
        (0 for lifetime).
    value, good
        The count, and whether it could be read.
    answer
        The position in `answers`.
    answers
        Answers in the order of observation: name of the request, account, moment.
    notes
        What answers say beside counts, the newest first.
    checks
        What became of the free checks of the answers.
    sources
        Whose answers they are: ``live``, ``emulator``.
    wanted
        What was wanted; on 28hr with the window that the API chose.
    """

    wanted: Wanted
    row: Ints
    col: Ints
    hour: Ints
    value: Ints
    good: npt.NDArray[np.bool_]
    answer: Ints
    answers: tuple[tuple[str, str | None, int], ...]
    notes: tuple[Note, ...]
    checks: Outcome = NOTHING
    sources: frozenset[str] = frozenset()


def gather(wanted: Wanted, answers: Iterable[Answer]) -> Base:
    """Read the answers of a run into base cells.

    Parameters
    ----------
    wanted
        The query at its moment.
    answers
        Answers that serve it, in any order.

    Returns
    -------
    Base
        Each (tweet, metric, hour) at most once: the latest observation that could be read, else
        the latest. Zeros outside what could be had, and hours that were not asked for, are gone;
        a count other than zero before a tweet's creation stays: it is a finding.
    """
    read = read_all(wanted, answers)
    windows = {row: one.window for one in read.answers if one.window for row in one.rows}
    return settled(_as_answered(wanted, windows), read)


def read_all(wanted: Wanted, answers: Iterable[Answer]) -> Read:
    """Read answers, and put them into the order of observation."""
    pile, told, sizes = Pile(KINDS), [], []
    for answer in answers:  # one at a time: a body is let go as soon as its counts are read
        one, cells = read_one(wanted, answer)
        pile.add(cells)
        told.append(one)
        sizes.append(len(cells[0]))
    order = sorted(range(len(told)), key=lambda at: told[at].order)
    rank = np.empty(len(told), dtype=np.int32)
    rank[order] = np.arange(len(told))
    number = np.repeat(rank, sizes)
    cells = (*pile.columns(), number)
    if order != [*range(len(told))]:
        cells = tuple(_taken(cells, np.argsort(number, kind="stable")))
    return Read([told[at] for at in order], cells)


def settled(wanted: Wanted, read: Read) -> Base:
    """Choose one observation of each number; see `gather`.

    Parameters
    ----------
    wanted
        What was wanted, with the very hours that count.
    read
        What the answers hold.
    """
    row, col, hour, value, good, number = read.cells
    columns = _taken(read.cells, _latest(_Places(row, col, hour), good))
    row, col, hour, value, good, number = columns
    told = read.answers
    inside = _inside(wanted, _Places(row, col, hour), value != 0)
    if not inside.all():
        row, col, hour, value, good, number = _taken(columns, np.flatnonzero(inside))
    return Base(
        wanted=wanted,
        row=row,
        col=col,
        hour=hour,
        value=value,
        good=good,
        answer=number,
        answers=tuple((one.key, one.account, micros(one.order[0])) for one in told),
        notes=tuple(
            replace(note, answer=at)
            for at in reversed(range(len(told)))
            for note in reversed(told[at].notes)
        ),
        checks=Outcome(
            sum(one.checks.passed for one in told),
            tuple(f"answer {one.order[1]}: {why}" for one in told for why in one.checks.failed),
        ),
        sources=frozenset(one.source for one in told),
    )


def _taken(columns: Sequence[Ints], rows: Ints) -> Sequence[Ints]:
    """Take rows of columns, each of them once; all of them in order need no copies."""
    if len(rows) == len(columns[0]) and (rows[1:] > rows[:-1]).all():
        return columns
    return [one[rows] for one in columns]


class Read(NamedTuple):
    """Answers after reading, in the order of observation.

    Cells are columns of row, col, hour, value, good, and the position of the answer.
    """

    answers: Sequence[Said]
    cells: tuple[Ints, ...]


class _Places(NamedTuple):
    """Where numbers stand: tweet, metric, hour."""

    row: Ints
    col: Ints
    hour: Ints


def _latest(at: _Places, good: Ints) -> Ints:
    """Choose one observation of each number: a readable one before others, then the latest.

    Rows come in the order of observation. What is chosen is in the order of tweet, metric, hour.
    """
    if not len(good):
        return np.empty(0, dtype=np.int64)
    first, stop = int(at.hour.min()), int(at.hour.max()) + 1
    cols = int(at.col.max()) + 1
    place = (at.row.astype(np.int64) * cols + at.col) * (stop - first) + (at.hour - first)
    places = (int(at.row.max()) + 1) * cols * (stop - first)
    if places > _ROOM + _ROOM_A_ROW * len(good):
        return _latest_sorted(place, good)
    # One slot for each number that there can be: writing in order leaves the latest in it.
    kind = np.int64 if len(good) > _MANY else np.int32
    slots: Ints = np.full(places, -1, dtype=kind)
    everyone: Ints = np.arange(len(good), dtype=kind)
    if not good.all():
        bad = ~good.astype(bool)
        slots[place[bad]] = everyone[bad]
        place, everyone = place[~bad], everyone[~bad]
    slots[place] = everyone
    chosen: Ints = slots[slots >= 0]
    return chosen


def _latest_sorted(place: Ints, good: Ints) -> Ints:
    """Choose as `_latest` does, where most of what could be there is not."""
    order = np.lexsort((good, place))
    last = np.ones(len(order), dtype=bool)
    last[:-1] = place[order][1:] != place[order][:-1]
    chosen: Ints = order[last]
    return chosen


def _inside(wanted: Wanted, at: _Places, counted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Say which cells belong into the table of a run."""
    pair = at.row.astype(np.int64) * wanted.spans.shape[1] + at.col
    first, stop = wanted.spans.reshape(-1, 2).T
    had: npt.NDArray[np.bool_] = (at.hour >= first[pair]) & (at.hour < stop[pair])
    if had.all():
        return had
    first, stop = wanted.asked.T
    named = (at.hour >= first[at.row]) & (at.hour < stop[at.row])
    inside: npt.NDArray[np.bool_] = had | (named & counted)
    return inside


def _as_answered(wanted: Wanted, windows: dict[int, tuple[int, int]]) -> Wanted:
    """Take the API's own window for what was asked on 28hr: the query can't name it."""
    if wanted.query.endpoint != "28hr" or not windows:
        return wanted
    asked = wanted.asked.copy()
    asked[list(windows)] = list(windows.values())
    starts = np.maximum(asked[:, 0], creation_hours(wanted.query.tweet_ids))
    had = np.stack([starts, np.maximum(starts, asked[:, 1])], axis=1)
    return replace(wanted, asked=asked, had=had)
