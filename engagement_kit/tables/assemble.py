"""A run's answers to its base cells: each wanted number once, the latest observation winning.

Works in whole UTC hours and integer codes; `fates` says what became of the numbers that are not
here, and `derive` sums up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.answers import envelope
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.coverage import hours_counted, level_of
from engagement_kit.answers.envelope import Envelope
from engagement_kit.question.batches import CARRIERS, CHECKS
from engagement_kit.question.request import Request
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE
from engagement_kit.question.tweet_ids import creation_hours
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.free_checks import NOTHING, Counts, Outcome, over_time, over_tweets
from engagement_kit.tables.reshape import Leaves, day_number, hour_number, read_leaves
from engagement_kit.tables.schema import STATUSES
from engagement_kit.tables.single import side_lists
from engagement_kit.tables.times import micros

Ints = npt.NDArray[np.int64]

_ALL_TIME: Final = (0, 1 << 40)


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
    answer: int


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
    ordered = sorted(answers, key=lambda one: (one.observed_at, one.ref))
    parts: list[list[Any]] = [[], [], [], [], [], []]
    beside = _Beside()
    for at, answer in enumerate(ordered):
        columns = _read_one(wanted, answer, at, beside)
        for column, values in zip(parts, columns, strict=True):
            column.append(values)
    empty = np.empty(0, dtype=np.int64)
    row, col, hour, value, good, number = (np.concatenate([empty, *one]) for one in parts)
    wanted = _as_answered(wanted, beside.windows)
    keep = _latest(_Places(row, col, hour), good, number)
    keep = keep[_inside(wanted, _Places(row[keep], col[keep], hour[keep]), value[keep] != 0)]
    return Base(
        wanted=wanted,
        row=row[keep],
        col=col[keep],
        hour=hour[keep],
        value=value[keep],
        good=good[keep].astype(bool),
        answer=number[keep],
        answers=tuple(
            (one.request.key, one.request.account, micros(one.observed_at)) for one in ordered
        ),
        notes=tuple(reversed(beside.notes)),
        checks=Outcome(beside.passed, tuple(beside.wrong)),
    )


@dataclass
class _Beside:
    """What answers say beside their counts: notes, windows of 28hr by row, and free checks."""

    notes: list[Note] = field(default_factory=list)
    windows: dict[int, tuple[int, int]] = field(default_factory=dict)
    passed: int = 0
    wrong: list[str] = field(default_factory=list)


def _span_of(answer: Answer) -> tuple[int, int]:
    """Give the hours that an answer counts, by its echo, else by its request; (0, 1) for totals.

    On 28hr, answers without counts (all refused, all unavailable) echo nothing, and speak of
    whatever was wanted.
    """
    if answer.request.endpoint == "totals":
        return 0, 1
    return hours_counted(answer.window, answer.request) or _ALL_TIME


def _read_one(wanted: Wanted, answer: Answer, at: int, beside: _Beside) -> tuple[Ints, ...]:
    """Read one answer: columns of its counts; what else it says goes beside."""
    start, end = _span_of(answer)
    tweets = answer.named or answer.request.tweet_ids
    rows = {one: wanted.row_of[one] for one in tweets if one in wanted.row_of}
    parts = envelope.read(answer.body)
    if answer.outcome == "refused":
        beside.notes += _not_owned(wanted, answer, rows, at)
        return _columns([])
    beside.notes += _notes(parts, answer, rows, (start, end), at)
    if (start, end) != _ALL_TIME:
        beside.windows.update(dict.fromkeys(rows.values(), (start, end)))
    leaves = _carrier(parts, answer.request, wanted.level, start, end)
    columns = _codes(wanted, parts, leaves, rows, at)
    checked = NOTHING
    if CHECKS[wanted.level] in answer.request.groupings and leaves.paths:
        checked = _checked(wanted, parts, rows, leaves, columns)
    beside.passed += checked.passed
    beside.wrong += [f"answer {answer.ref}: {one}" for one in checked.failed]
    return columns


def _checked(
    wanted: Wanted,
    parts: Envelope,
    rows: dict[str, int],
    leaves: Leaves,
    columns: tuple[Ints, ...],
) -> Outcome:
    """Hold the counts of an answer against the sums that it gives itself."""
    name, levels = CHECKS[wanted.level]
    sums = read_leaves(parts.groupings.get(name, {}), levels)
    if wanted.level == "lifetime":
        return over_tweets(leaves, sums)
    said = _codes(wanted, parts, sums, rows, 0, level="lifetime")
    query = wanted.query
    return over_time(_counts(columns), _counts(said), query.tweet_ids, query.metrics)


def _counts(columns: tuple[Ints, ...]) -> Counts:
    row, col, _, value, good, _ = columns
    return Counts(row, col, value, good.astype(bool))


def _notes(
    parts: Envelope, answer: Answer, rows: dict[str, int], span: tuple[int, int], at: int
) -> Iterable[Note]:
    """Give what an answer says of tweets beside their counts; side lists outrank absence."""
    for row in rows.values():
        yield Note(row, answer.request.metrics, *span, "not_in_answer", at)
    for ids, metrics, status in side_lists(parts):
        for one in ids & rows.keys():
            yield Note(rows[one], metrics, *span, STATUSES[status], at)
    for one in parts.unavailable:
        if one in rows:
            yield Note(rows[one], None, *span, "unavailable", at)


def _not_owned(wanted: Wanted, answer: Answer, rows: dict[str, int], at: int) -> Iterable[Note]:
    """Give what a refusal says of the tweets that it names.

    Whose a tweet is does not change: it speaks of all time, and of all metrics that an account
    signs for, those that were not in the request among them.
    """
    asked = answer.request.metrics
    names = tuple(
        name for name in wanted.query.metrics if name not in wanted.public or name in asked
    )
    return (Note(row, names, *_ALL_TIME, "not_owned", at) for row in rows.values())


def _carrier(parts: Envelope, request: Request, level: str, start: int, end: int) -> Leaves:
    """Read the grouping of an answer that holds the base level."""
    base = set(CARRIERS[level][1])
    for name, levels in request.groupings:
        if set(levels) == base and level_of(request, start, end) == level:
            return read_leaves(parts.groupings.get(name, {}), levels)
    return Leaves((), [], [])


def _codes(
    wanted: Wanted,
    parts: Envelope,
    leaves: Leaves,
    rows: dict[str, int],
    at: int,
    *,
    level: str | None = None,
) -> tuple[Ints, ...]:
    """Turn leaves into integer columns, leaving out what the query does not want."""
    cols = {name: code for code, name in enumerate(wanted.query.metrics)}
    lists = side_lists(parts)
    found: list[tuple[int, ...]] = []
    keys = zip(*(leaves.column(level) for level in (ID, TYPE, DAY, HOUR)), strict=True)
    for (tweet, metric, day, hour), value in zip(keys, leaves.counts(), strict=True):
        row, col = rows.get(tweet or "", -1), cols.get(metric or "", -1)
        begin = _hour(level or wanted.level, day, hour)
        if row < 0 or col < 0 or begin is None:
            continue
        if value == 0 and any(tweet in ids and metric in names for ids, names, _ in lists):
            continue  # the API's "0" for a number that it can't give
        found.append((row, col, begin, value or 0, value is not None, at))
    return _columns(found)


def _hour(level: str, day: str | None, hour: str | None) -> int | None:
    """Give the hour at which a number's period begins; None for keys that can't be read."""
    if level == "lifetime":
        return 0
    days = day_number(day)
    hours = hour_number(hour) if level == "hour" else 0
    return None if days is None or hours is None else days * 24 + hours


def _columns(rows: list[tuple[int, ...]]) -> tuple[Ints, ...]:
    """Turn rows of (row, col, hour, value, good, answer) into columns."""
    return tuple(np.array(rows, dtype=np.int64).reshape(-1, 6).T)


class _Places(NamedTuple):
    """Where numbers stand: tweet, metric, hour."""

    row: Ints
    col: Ints
    hour: Ints


def _latest(at: _Places, good: Ints, number: Ints) -> Ints:
    """Choose one observation of each number: a readable one before others, then the latest."""
    order = np.lexsort((number, good, at.hour, at.col, at.row))
    last = np.ones(len(order), dtype=bool)
    same = [places[order][1:] == places[order][:-1] for places in at]
    last[:-1] = ~(same[0] & same[1] & same[2])
    chosen: Ints = order[last]
    return chosen


def _inside(wanted: Wanted, at: _Places, counted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Say which cells belong into the table of a run."""
    span, asked = wanted.spans[at.row, at.col], wanted.asked[at.row]
    had = (at.hour >= span[:, 0]) & (at.hour < span[:, 1])
    named = (at.hour >= asked[:, 0]) & (at.hour < asked[:, 1])
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
