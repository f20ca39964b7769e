"""Which numbers of which tweets can soon no more be had. Pure; columns in, columns out.

A *kind* is a set of metrics of one endpoint that are lost by the same rule. What 28hr counts is no
kind: historical counts it, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from engagement_kit.question import metrics as registry
from engagement_kit.question.deadlines import by_age, of_history
from engagement_kit.question.gaps import Spans, subtract_all
from engagement_kit.question.hours import (
    Hours,
    ceil_day,
    ceil_hour,
    floor_day,
    floor_hour,
)
from engagement_kit.question.micros import HOUR_US, MICROSECOND, NEVER, Micros, micros_of
from engagement_kit.question.offer import VIDEO_AGE, age_limit
from engagement_kit.question.periods import Between, First, Period
from engagement_kit.question.rules import HISTORY_DAYS
from engagement_kit.question.seen import Seen
from engagement_kit.question.tweet_ids import hours_of

Names = tuple[str, ...]
NO_HOUR: Final = np.iinfo(np.int64).min
"""Stands for no hour, where a lifetime count is lost."""
_EMPTY: Final = np.empty(0, dtype=np.int64)


class Kind(NamedTuple):
    """Metrics of one endpoint that are lost by the same rule.

    Attributes
    ----------
    endpoint
        ``totals`` or ``historical``.
    metrics
        Their names.
    days
        Lost when the tweet is older than that; None: as the hours fall out of reach.
    young
        Of which tweets hours fall out of reach: True: those that are young enough for video;
        False: older ones; None: all.
    """

    endpoint: str
    metrics: Names
    days: int | None
    young: bool | None = None


class Rows(NamedTuple):
    """What is lost, a line for each tweet and kind.

    `start` and `end` are hours, NO_HOUR for lifetime counts; `deadline` and `seen` microseconds
    since 1970, `seen` NEVER for what was never observed.
    """

    tweet: Hours
    kind: Hours
    start: Hours
    end: Hours
    deadline: Micros
    seen: Micros

    @classmethod
    def joined(cls, several: list[Rows]) -> Rows:
        """Put several under each other, by deadline, then tweet."""
        every = cls(*map(np.concatenate, zip(*[cls(*[_EMPTY] * 6), *several], strict=True)))
        order = np.lexsort((every.kind, every.tweet, every.deadline))
        return cls(*(column[order] for column in every))


@dataclass(frozen=True)
class Scope:
    """What is looked at.

    Attributes
    ----------
    now, within
        The moment, aware, and how far ahead.
    profile
        How far historical reaches.
    level
        Whether ``hour`` or ``day`` is counted on historical: a day is lost with its first hour.
    totals, windowed
        Metrics of the two quantities that are of interest.
    period
        The hours of interest on historical; None: all of a tweet's life.
    """

    now: datetime
    within: timedelta
    profile: str = "reference"
    level: str = "hour"
    totals: Names = ()
    windowed: Names = ()
    period: Period | None = None

    @cached_property
    def edges(self) -> tuple[int, int]:
        """The hours that can be had now, and can't any more at the end of the span."""
        reach = timedelta(days=HISTORY_DAYS.value)
        first = ceil_hour(self.now - reach)
        past = floor_hour(self.now + self.within - reach)
        if self.level == "day":
            return ceil_day(first), floor_day(past) + 24
        return first, past + 1

    def kinds(self) -> Iterator[Kind]:
        """List what can be lost at all."""
        for endpoint, names in (("totals", self.totals), ("historical", self.windowed)):
            limited: dict[int, list[str]] = {}
            for name in names:
                limit = age_limit(endpoint, name)
                if limit is not None:
                    limited.setdefault(limit.days, []).append(name)
            for days, group in sorted(limited.items()):
                yield Kind(endpoint, tuple(group), days)
        if self.windowed and self.profile != "reference":
            yield Kind("historical", self.windowed, None)


@dataclass(frozen=True, eq=False)
class Losing:
    """What is about to be lost of tweets.

    Attributes
    ----------
    kinds
        What `rows.kind` is a position in.
    rows
        The lines, the first deadline first.
    lost
        For each kind how many tweets have lost it by now, of history something of it.
    kept
        Of how many of these nothing is missing: a count was stored in time, and of history all
        hours that went.
    """

    kinds: tuple[Kind, ...]
    rows: Rows
    lost: tuple[int, ...]
    kept: tuple[int, ...]


def losing(numbers: Hours, scope: Scope, seen: Seen | None = None) -> Losing:
    """Find what of tweets can be had now, and can't any more at the end of a span.

    Parameters
    ----------
    numbers
        Tweet ids as whole numbers.
    scope
        What is looked at.
    seen
        What was observed of them, on the same tweets; None: nothing.

    Returns
    -------
    Losing
        Hours that were observed after they were over and settled are safe, and not among it. Counts
        over the whole life go on growing: they are listed with the moment when they were last seen.
    """
    kinds: list[Kind] = []
    found: list[Rows] = []
    lost: list[int] = []
    kept: list[int] = []
    for kind in scope.kinds():
        for part in _parts(kind, seen):
            rows, gone = _of_kind(numbers, part, scope, seen)
            found.append(rows._replace(kind=np.full(len(rows.tweet), len(kinds), dtype=np.int64)))
            kinds.append(part)
            lost.append(gone.tweets)
            kept.append(gone.kept)
    return Losing(tuple(kinds), Rows.joined(found), tuple(lost), tuple(kept))


def _parts(kind: Kind, seen: Seen | None) -> Iterator[Kind]:
    """Part the metrics of a kind by the answers that hold them: one line tells of all of a part.

    Hours of a part settle alike, too. Of old tweets there is no video, but other hours.
    """
    groups: dict[object, list[str]] = {}
    for name in kind.metrics:
        held: object = None
        if seen is not None:
            wait = seen.settle_of(name) if kind.endpoint == "historical" else None
            held = seen.sets_with(name, kind.endpoint), wait
        groups.setdefault(held, []).append(name)
    for names in map(tuple, groups.values()):
        lasting = tuple(one for one in names if age_limit(kind.endpoint, one) is None)
        if kind.days is not None or lasting == names:
            yield kind._replace(metrics=names)
            continue
        yield kind._replace(metrics=names, young=True)
        if lasting:
            yield kind._replace(metrics=lasting, young=False)


class _Gone(NamedTuple):
    """How many tweets have lost something, and of how many of these it was stored in time."""

    tweets: int
    kept: int


def _gone(spans: Spans, kind: Kind, seen: Seen | None, level: str) -> _Gone:
    """Count the tweets of hours that went, and those of which all such hours are safe."""
    left = len(np.unique(_unsafe(spans, kind, seen, level).row))
    tweets = len(np.unique(spans.row))
    return _Gone(tweets, tweets - left)


def _of_kind(numbers: Hours, kind: Kind, scope: Scope, seen: Seen | None) -> tuple[Rows, _Gone]:
    """Give the lines of one kind, and count the tweets that have lost it."""
    looked_at = np.ones(len(numbers), dtype=bool)
    if seen is not None:
        looked_at = seen.follows(kind.endpoint)
    if kind.days is None:
        return _history(numbers, kind, scope, seen, np.flatnonzero(looked_at))
    now = micros_of(scope.now)
    last = by_age(numbers, kind.days)
    soon = looked_at & (now <= last) & (last <= now + scope.within // MICROSECOND)
    tweet = np.flatnonzero(soon)
    past = np.flatnonzero(looked_at & (last < now))
    if kind.endpoint == "totals":
        none = np.full(len(tweet), NO_HOUR, dtype=np.int64)
        spans = Spans(tweet, none, none)
        stored = (
            0
            if seen is None
            else int((seen.last(kind.metrics[0], kind.endpoint)[past] != NEVER).sum())
        )
        gone = _Gone(len(past), stored)
    else:
        spans = _unsafe(_lives(numbers, tweet, last, scope), kind, seen, scope.level)
        some = _gone(_lives(numbers, past, last, scope), kind, seen, scope.level)
        gone = _Gone(len(past), len(past) - (some.tweets - some.kept))
    return _rows(spans, last[spans.row], kind, seen), gone


def _history(
    numbers: Hours, kind: Kind, scope: Scope, seen: Seen | None, tweet: Hours
) -> tuple[Rows, _Gone]:
    """Give the hours that fall out of reach of historical."""
    first, past = scope.edges
    born = hours_of(numbers[tweet])
    if kind.young is not None:
        young = by_age(numbers[tweet], VIDEO_AGE.days) >= micros_of(scope.now)
        tweet, born = tweet[young == kind.young], born[young == kind.young]
    low, high = _within(scope.period, born, scope.level)
    past_reach = Spans(tweet, low, np.minimum(high, first))
    gone = _gone(past_reach.at(past_reach.start < past_reach.end), kind, seen, scope.level)
    spans = Spans(tweet, np.maximum(low, first), np.minimum(high, past))
    spans = _unsafe(spans.at(spans.start < spans.end), kind, seen, scope.level)
    return _rows(spans, of_history(spans.start, scope.profile), kind, seen), gone


def _within(period: Period | None, born: Hours, level: str) -> tuple[Hours, Hours]:
    """Give the hours of interest of tweets by the hours of their birth, whole days of days.

    Relative periods move on, and bound nothing. The first hours are counted from the birth itself,
    not from the day in which it lies.
    """
    day = level == "day"
    lives = born - born % 24 if day else born
    if isinstance(period, First):
        end = born + period.hours
        return lives, end + -end % 24 if day else end
    if isinstance(period, Between):
        low, high = floor_hour(period.start), floor_hour(period.end)
        low, high = (floor_day(low), ceil_day(high)) if day else (low, high)
        return np.maximum(lives, low), np.full(len(born), high, dtype=np.int64)
    return lives, np.full(len(born), NEVER, dtype=np.int64)


def _lives(numbers: Hours, tweet: Hours, last: Micros, scope: Scope) -> Spans:
    """Give the hours of tweets' lives that historical reaches, up to a moment for each."""
    low, high = _within(scope.period, hours_of(numbers[tweet]), scope.level)
    if scope.profile != "reference":
        low = np.maximum(low, scope.edges[0])
    end = last[tweet] // HOUR_US
    end = end - end % 24 if scope.level == "day" else end
    spans = Spans(tweet, low, np.minimum(high, end))
    return spans.at(spans.start < spans.end)


def _unsafe(spans: Spans, kind: Kind, seen: Seen | None, level: str) -> Spans:
    """Take out what is safe; of what is left of a tweet give the hull."""
    if seen is None or not len(spans.row):
        return spans
    left = subtract_all(spans, seen.safe(kind.metrics[0], level, spans.row))
    if not len(left.row):
        return left
    first = np.flatnonzero(np.diff(left.row, prepend=-1))
    return Spans(left.row[first], left.start[first], np.maximum.reduceat(left.end, first))


def _rows(spans: Spans, deadline: Micros, kind: Kind, seen: Seen | None) -> Rows:
    last = np.full(len(spans.row), NEVER, dtype=np.int64)
    if seen is not None:
        last = seen.last(kind.metrics[0], kind.endpoint)[spans.row]
    return Rows(spans.row, np.zeros_like(spans.row), spans.start, spans.end, deadline, last)


def narrowed(found: Losing, until: datetime) -> Losing:
    """Give what is lost up to a moment."""
    here = found.rows.deadline <= micros_of(until)
    return replace(found, rows=Rows(*(column[here] for column in found.rows)))


def offered(endpoint: str, names: Names | None) -> Names:
    """Give those of some metrics that an endpoint offers; None for all."""
    every = registry.offered(endpoint)
    return every if names is None else tuple(name for name in every if name in names)
