"""When followed tweets are due for a snapshot: on a grid that is counted from 1970. Pure.

Due moments come from the clock alone, never from the last snapshot: they can't drift, and whoever
computes them, at whatever moment, finds the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.errors import Problem, QueryError
from engagement_kit.question.micros import DAY_US, MICROSECOND, NEVER, Micros, micros_of
from engagement_kit.question.tweet_ids import births_of

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
AGES_A_STEP: Final = 16
"""Snapshots are apart by no more than a sixteenth of a tweet's age. A choice of ours: each count is
then within 6 % of its age, and a half-life is known as well, at 16 to 48 snapshots for each
doubling or tripling of the age."""
NOT_YET: Final = np.iinfo(np.int64).min
"""Before any moment: nothing was due so far."""

_ALL: Final = slice(None)
_SECOND: Final = timedelta(seconds=1)
_EVERY: Final = (
    "allowed: a timedelta of whole seconds that divides a day, such as timedelta(minutes=10)"
)


def check_every(every: object) -> tuple[Problem, ...]:
    """Say what is wrong with the shortest time between snapshots; empty where it is right.

    Examples
    --------
    >>> check_every(timedelta(minutes=10))
    ()
    >>> print(check_every(timedelta(minutes=7))[0])
    every: 0:07:00: allowed: a timedelta of whole seconds that divides a day, such as \
timedelta(minutes=10). The nearest: 0:06:40 and 0:07:12.
    """
    if not isinstance(every, timedelta):
        return (Problem("every", repr(every), _EVERY),)
    if _SECOND <= every <= DAY and not every % _SECOND and not DAY % every:
        return ()
    hint = ""
    if _SECOND < every < DAY:
        many = DAY // every
        hint = f"The nearest: {_divisor(many + 1, 1)} and {_divisor(many, -1)}."
    return (Problem("every", str(every), _EVERY, hint),)


def _divisor(many: int, step: int) -> timedelta:
    """Give the day divided by the next number into so many whole seconds."""
    seconds = DAY // _SECOND
    while seconds % many:
        many += step
    return timedelta(seconds=seconds // many)


def ladder(every: timedelta) -> tuple[timedelta, ...]:
    """List the steps of the grid: each is a multiple of the one before, the last is a day.

    Where `every` divides an hour, the hour is one of them: snapshots of tweets that are not young
    stand at whole hours, where the counts by the hour of historical begin and end, too.

    Parameters
    ----------
    every
        The first step; it divides a day.

    Raises
    ------
    QueryError
        When it does not.

    Examples
    --------
    >>> [str(one) for one in ladder(timedelta(minutes=10))]
    ['0:10:00', '0:20:00', '1:00:00', '2:00:00', '4:00:00', '8:00:00', '1 day, 0:00:00']
    """
    problems = check_every(every)
    if problems:
        raise QueryError(problems, "schedule")
    steps = [every]
    for whole in (HOUR, DAY):
        if whole % every or whole < every:
            continue
        while steps[-1] < whole:
            steps.append(steps[-1] * _smallest_prime(whole // steps[-1]))
    return tuple(steps)


def _smallest_prime(number: int) -> int:
    return next(one for one in range(2, number + 1) if number % one == 0)


class Dues(NamedTuple):
    """Snapshots that are due, by moment, then by tweet.

    Attributes
    ----------
    row
        The tweet's position.
    at
        When it is due.
    """

    row: Micros
    at: Micros


@dataclass(frozen=True, eq=False)
class Schedule:
    """When each of some tweets is due: at `since`, then on a grid that is denser while it is young.

    Parameters
    ----------
    numbers
        Tweet ids as whole numbers.
    every
        The shortest time between two snapshots; it divides a day.
    since, until
        Aware moments; nothing is due before the first, or from the second on.

    Raises
    ------
    QueryError
        For an `every` that does not divide a day.

    Notes
    -----
    A tick is a multiple of `every` since 1970. A tweet is due at the ticks that are multiples of
    its step: the longest step of the `ladder` that is no longer than a sixteenth of its age, and
    `every` while it is younger. Three things follow. Whenever a tweet is due, all younger ones are:
    they share requests. Two of a tweet's due moments are never further apart than a sixteenth of
    its age at the second, nor than a day. And a tweet of a day or more is due at whole steps of the
    clock, the oldest at midnight UTC.

    An id from before November 2010 does not say when its tweet was posted. It is as old as that at
    least, and so is due once a day.

    At `since` all that are posted by then are due: a following begins with a count of each.

    Examples
    --------
    >>> from datetime import UTC
    >>> from engagement_kit.question.micros import moment_at
    >>> born = datetime(2026, 5, 2, 8, 24, 26, tzinfo=UTC)
    >>> schedule = Schedule(
    ...     np.array([2050491494400000000]), HOUR, since=born - HOUR, until=born + 3 * DAY
    ... )
    >>> times = schedule.dues().at
    >>> [f"{moment_at(one):%d %H:%M}" for one in times[[0, 1, -2, -1]].tolist()]
    ['02 09:00', '02 10:00', '05 04:00', '05 08:00']
    """

    numbers: Micros
    every: timedelta
    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        ladder(self.every)  # refuses what is none

    def __len__(self) -> int:
        """How many tweets there are."""
        return len(self.numbers)

    @cached_property
    def begins(self) -> int:
        """`since` as a number."""
        return micros_of(self.since)

    @cached_property
    def ends(self) -> int:
        """`until` as a number."""
        return micros_of(self.until)

    @cached_property
    def born(self) -> Micros:
        """When each tweet was posted; of an id without a time long before any following."""
        return births_of(self.numbers, 0)

    @cached_property
    def steps(self) -> Micros:
        """The steps of the grid, the shortest first."""
        return np.array([one // MICROSECOND for one in ladder(self.every)], dtype=np.int64)

    @cached_property
    def _spans(self) -> tuple[Micros, Micros]:
        """From when, and until when, each tweet has each step: two tables of tweets x steps."""
        ages = self.steps * AGES_A_STEP
        low = self.born[:, None] + np.concatenate([[0], ages[1:]])
        high = np.concatenate([low[:, 1:], np.full((len(self), 1), NEVER)], axis=1)
        return low, high

    def last(self, now: int, rows: Micros | slice = _ALL) -> Micros:
        """Give the moment at or before now at which tweets were last due; NOT_YET for none."""
        low, high = (one[rows] for one in self._spans)
        seen = min(now, self.ends - 1)
        at = np.minimum(seen, high - 1) // self.steps * self.steps
        right = (at >= low) & (at >= self.begins)
        found = np.where(right, at, NOT_YET).max(axis=1)
        return np.where((found == NOT_YET) & self._at_first(seen)[rows], self.begins, found)

    def next(self, now: int) -> Micros:
        """Give the moment after now at which each tweet is next due; NEVER for none."""
        low, high = self._spans
        begin = max(now + 1, self.begins)
        at = -(-np.maximum(begin, low) // self.steps) * self.steps
        right = (at < high) & (at < self.ends)
        found = np.where(right, at, NEVER).min(axis=1)
        waits = now < self.begins < self.ends and self.born <= self.begins
        return np.where(waits, self.begins, found)

    def next_of_all(self, now: int) -> int:
        """Give the moment after now at which any tweet is next due; NEVER for none."""
        return int(self.next(now).min(initial=NEVER))

    def dues(self, first: int | None = None, last: int | None = None) -> Dues:
        """List what is due from one moment on, up to another (exclusive); all by default."""
        begin = self.begins if first is None else max(first, self.begins)
        end = self.ends if last is None else min(last, self.ends)
        low, high = self._spans
        rows, times = [], []
        for at, step in enumerate(self.steps.tolist()):
            start = -(-np.maximum(begin, low[:, at]) // step)
            many = np.maximum(-(-np.minimum(end, high[:, at]) // step) - start, 0)
            row = np.repeat(np.arange(len(many)), many)
            nth = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
            rows.append(row)
            times.append((start[row] + nth) * step)
        if begin <= self.begins < end:
            there = np.concatenate([np.empty(0, dtype=np.int64), *rows])
            met = np.concatenate([np.empty(0, dtype=np.int64), *times]) == self.begins
            first_rows = np.setdiff1d(np.flatnonzero(self._at_first(self.begins)), there[met])
            rows.append(first_rows)
            times.append(np.full(len(first_rows), self.begins))
        row, when = np.concatenate(rows), np.concatenate(times)
        order = np.lexsort((row, when))
        return Dues(row[order], when[order])

    def _at_first(self, now: int) -> npt.NDArray[np.bool_]:
        """Say which tweets are due as the following begins."""
        return (self.born <= self.begins) & (self.begins <= now)


def length(span: timedelta) -> str:
    """Write a length of time as people do.

    Examples
    --------
    >>> [length(one) for one in (3 * DAY, 5 * HOUR / 2, HOUR / 6, 10 * _SECOND, timedelta(0))]
    ['3 days', '2.5 h', '10 min', '10 s', '0 s']
    """
    for unit, name, least in ((DAY, "days", 2), (HOUR, "h", 1), (HOUR / 60, "min", 1)):
        if span >= least * unit:
            return f"{span / unit:.3g} {name}"
    return f"{span / _SECOND:.3g} s"


def days_of(moments: Micros) -> Micros:
    """Give the UTC day of each moment, as days since 1970."""
    return moments // DAY_US
