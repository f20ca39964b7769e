"""A run's answers to its base cells: each wanted number once, the latest observation winning.

Works in whole UTC hours and integer codes; `fates` says what became of the numbers that are not
here, and `derive` sums up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.answers.answer import Answer
from engagement_kit.answers.coverage import hours_counted, level_of
from engagement_kit.answers.envelope import Envelope
from engagement_kit.question.batches import CARRIERS, CHECKS
from engagement_kit.question.request import Request
from engagement_kit.question.tweet_ids import creation_hours
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.free_checks import NOTHING, Counts, Outcome, over_time, over_tweets
from engagement_kit.tables.pile import Pile
from engagement_kit.tables.readers.body import Body, read_body
from engagement_kit.tables.readers.columns import NO_DAY, NO_HOUR, Columns, recoded
from engagement_kit.tables.readers.scanned import Ints
from engagement_kit.tables.schema import STATUSES
from engagement_kit.tables.single import side_lists
from engagement_kit.tables.times import micros

ALL_TIME: Final = (0, 1 << 40)
"""The hours of what holds whenever it was said."""
_KINDS: Final = (np.int32, np.int32, np.int32, np.int64, np.bool_)
_NO_CELLS: Final = tuple(np.empty(0, dtype=kind) for kind in _KINDS)
_MANY: Final = 2**31 - 1
_ROOM: Final = 1 << 20
_ROOM_A_ROW: Final = 4


@dataclass(frozen=True)
class Note:
    """What one answer says of one tweet beside its counts.

    Attributes
    ----------
    row
        The tweet's position in the query.
    metrics
        Which metrics are concerned; None for all.
    start, end
        Which hours.
    status
        A status of the table, by name.
    answer
        The position of the answer that says so; -1 for none.
    """

    row: int
    metrics: tuple[str, ...] | None
    start: int
    end: int
    status: str
    answer: int = -1


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
    pile, told, sizes = Pile(_KINDS), [], []
    for answer in answers:  # one at a time: a body is let go as soon as its counts are read
        one, cells = _read_one(wanted, answer)
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

    answers: Sequence[Told]
    cells: tuple[Ints, ...]


class Told(NamedTuple):
    """What one answer says beside its cells.

    Rows are the positions of its tweets; the window is null where it is not known.
    """

    order: tuple[datetime, str]
    key: str
    account: str | None
    source: str
    notes: tuple[Note, ...]
    rows: tuple[int, ...] = ()
    window: tuple[int, int] | None = None
    checks: Outcome = NOTHING


def _span_of(answer: Answer) -> tuple[int, int]:
    """Give the hours that an answer counts, by its echo, else by its request; (0, 1) for totals.

    On 28hr, answers without counts (all refused, all unavailable) echo nothing, and speak of
    whatever was wanted.
    """
    if answer.request.endpoint == "totals":
        return 0, 1
    return hours_counted(answer.window, answer.request) or ALL_TIME


def _read_one(wanted: Wanted, answer: Answer) -> tuple[Told, tuple[Ints, ...]]:
    """Read one answer: what it says, and its cells as columns of row, col, hour, value, good."""
    span = _span_of(answer)
    tweets = answer.named or answer.request.tweet_ids
    rows = {one: wanted.row_of[one] for one in tweets if one in wanted.row_of}
    request = answer.request
    told = Told(
        order=(answer.observed_at, answer.ref),
        key=request.key,
        account=request.account,
        source=answer.source,
        notes=(),
    )
    if answer.outcome == "refused":
        return told._replace(notes=tuple(_not_owned(wanted, answer, rows))), _NO_CELLS
    body = read_body(answer.body, dict(request.groupings))
    counts = _carrier(body, request, wanted.level, *span)
    cells = _cells(wanted, body, counts, rows)
    checked = CHECKS[wanted.level] in request.groupings and len(counts) > 0
    told = told._replace(
        notes=tuple(_notes(body.parts, answer, rows, span)),
        rows=tuple(rows.values()),
        window=None if span == ALL_TIME else span,
        checks=_checked(wanted, body, rows, counts, cells) if checked else NOTHING,
    )
    return told, cells


def _checked(
    wanted: Wanted,
    body: Body,
    rows: dict[str, int],
    counts: Columns,
    cells: tuple[Ints, ...],
) -> Outcome:
    """Hold the counts of an answer against the sums that it gives itself."""
    name, levels = CHECKS[wanted.level]
    sums = body.columns(name, levels)
    if wanted.level == "lifetime":
        return over_tweets(counts, sums)
    said = _cells(wanted, body, sums, rows, level="lifetime")
    query = wanted.query
    return over_time(_counts(cells), _counts(said), query.tweet_ids, query.metrics)


def _counts(cells: tuple[Ints, ...]) -> Counts:
    row, col, _, value, good = cells
    return Counts(row, col, value, good)


def _notes(
    parts: Envelope, answer: Answer, rows: dict[str, int], span: tuple[int, int]
) -> Iterable[Note]:
    """Give what an answer says of tweets beside their counts; side lists outrank absence."""
    for row in rows.values():
        yield Note(row, answer.request.metrics, *span, "not_in_answer")
    for ids, metrics, status in side_lists(parts):
        for one in ids & rows.keys():
            yield Note(rows[one], metrics, *span, STATUSES[status])
    for one in parts.unavailable:
        if one in rows:
            yield Note(rows[one], None, *span, "unavailable")


def _not_owned(wanted: Wanted, answer: Answer, rows: dict[str, int]) -> Iterable[Note]:
    """Give what a refusal says of the tweets that it names.

    Whose a tweet is does not change: it speaks of all time, and of all metrics that an account
    signs for, those that were not in the request among them.
    """
    asked = answer.request.metrics
    names = tuple(
        name for name in wanted.query.metrics if name not in wanted.public or name in asked
    )
    return (Note(row, names, *ALL_TIME, "not_owned") for row in rows.values())


def _carrier(body: Body, request: Request, level: str, start: int, end: int) -> Columns:
    """Read the grouping of an answer that holds the base level."""
    base = set(CARRIERS[level][1])
    for name, levels in request.groupings:
        if set(levels) == base and level_of(request, start, end) == level:
            return body.columns(name, levels)
    return Columns.none(())


def _cells(
    wanted: Wanted,
    body: Body,
    counts: Columns,
    rows: dict[str, int],
    *,
    level: str | None = None,
) -> tuple[Ints, ...]:
    """Turn counts into columns of row, col, hour, value and good.

    What the query does not want is left out, and so is the API's "0" for a number that it can't
    give.
    """
    cols = {name: code for code, name in enumerate(wanted.query.metrics)}
    row = recoded(counts.tweet, counts.tweets, rows)
    col = recoded(counts.metric, counts.metrics, cols)
    hour, known = _hours(level or wanted.level, counts)
    keep = (row >= 0) & (col >= 0) & known & ~_false_zeros(body, counts)
    columns = (row, col, hour, counts.value, counts.good)
    if keep.all():
        return columns
    return tuple(one[keep] for one in columns)


def _hours(level: str, counts: Columns) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Give the hour at which each number's period begins, and whether its keys can be read."""
    if level == "lifetime":
        return np.broadcast_to(np.int32(0), len(counts)), np.broadcast_to(True, len(counts))
    known = counts.day != NO_DAY
    hour = counts.day.astype(np.int32)
    if level != "hour":
        return hour * 24, known
    return hour * 24 + counts.hour, known & (counts.hour != NO_HOUR)


def _false_zeros(body: Body, counts: Columns) -> npt.NDArray[np.bool_]:
    """Say which counts are the API's "0" for a number that it can't give."""
    false = np.zeros(len(counts), dtype=bool)
    for ids, names, _ in side_lists(body.parts):
        old = np.array([*(one in ids for one in counts.tweets), False])
        odd = np.array([*(name in names for name in counts.metrics), False])
        false |= old[counts.tweet] & odd[counts.metric] & counts.good & (counts.value == 0)
    return false


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
