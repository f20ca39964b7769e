"""What is already known: which counts earlier answers hold, and which of them may be used again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engagement_kit.question.hours import floor_day, floor_hour, moment
from engagement_kit.question.request import Request

SETTLE: Final = timedelta(days=7)
"""How long after its end a period may still be revised. An assumption of ours, and a setting."""
Settling = tuple[timedelta, tuple[tuple[str, timedelta], ...]]
"""The settle time, and that of metrics which have another; see `settling.settling_of`."""


@dataclass(frozen=True)
class Known:
    """What one stored answer covers.

    Attributes
    ----------
    ref
        The name of the stored answer.
    key
        The key of its request.
    service, account
        Whose answer it is; account is None for app-only.
    level
        ``lifetime``, ``day`` or ``hour``; empty where the answer serves its own request alone.
    tweet_ids, metrics
        What was asked and answered, unavailable tweets among it.
    start, end
        The hours counted, end exclusive; 0 and 0 for lifetime.
    observed_at
        When it was answered.
    refused
        True where the API said that these tweets belong to somebody else.
    """

    ref: str
    key: str
    service: str
    account: str | None
    level: str
    tweet_ids: tuple[str, ...]
    metrics: frozenset[str]
    start: int
    end: int
    observed_at: datetime
    refused: bool = False


def up_to(answers: Iterable[Known], as_of: datetime | None) -> list[Known]:
    """Give the answers observed up to a moment, inclusive; all of them for None."""
    return [one for one in answers if as_of is None or one.observed_at <= as_of]


@dataclass(frozen=True)
class Freshness:
    """How old an answer may be to be used again.

    Attributes
    ----------
    now
        The moment of planning.
    max_age
        An answer to an open period may be this old. Zero: only one of this very moment.
    settle
        A period is closed when it was observed this long after its end.
    by_metric
        Metrics that have a settle time of their own, with it.
    until
        The present where the moment of planning is past: a run that was cut off is planned anew
        as of its own moment, and what came since serves. None: the moment of planning.
    """

    now: datetime
    max_age: timedelta = timedelta(0)
    settle: timedelta = SETTLE
    until: datetime | None = None
    by_metric: tuple[tuple[str, timedelta], ...] = ()

    @property
    def settling(self) -> timedelta | dict[str, timedelta]:
        """The settle time as it is given to ``plan``."""
        return dict(self.by_metric) or self.settle

    def settle_of(self, metrics: Iterable[str]) -> timedelta:
        """Give the settle time of metrics together: that of the one which takes longest."""
        if not self.by_metric:
            return self.settle
        own = dict(self.by_metric)
        return max((own.get(name, self.settle) for name in metrics), default=self.settle)

    def usable_until(self, known: Known) -> int:
        """Give the hour up to which a known answer may be used again (exclusive).

        An hour that still ran when it was counted is no whole hour; a day is used whole or not.
        """
        wait = timedelta(0) if self.is_fresh(known) else self.settle_of(known.metrics)
        end = min(known.end, floor_hour(known.observed_at - wait))
        return floor_day(end) if known.level == "day" else end

    def is_fresh(self, known: Known) -> bool:
        """Say whether an answer is young enough, whatever it counts.

        One from the future is not: the clock was put back, and knows another present.
        """
        young = self.now - known.observed_at <= self.max_age
        return young and known.observed_at <= (self.until or self.now)

    def is_final(self, known: Known) -> bool:
        """Say whether an answer as a whole may stand in for asking again."""
        wait = self.settle_of(known.metrics)
        closed = known.end > 0 and moment(known.end) + wait <= known.observed_at
        return self.is_fresh(known) or closed


class Coverage:
    """Known answers, found by what they may serve. Built once for a plan.

    Parameters
    ----------
    known
        Empty when nothing is stored.
    """

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self.known = tuple(known)

    def of_work(self, service: str, level: str) -> list[Known]:
        """List what may serve for counts of one level, the oldest first; refusals always."""
        found = [
            one
            for one in self.known
            if one.service == service and (one.refused or one.level == level)
        ]
        return sorted(found, key=lambda one: one.observed_at)

    def refusals(self, request: Request) -> tuple[Known, ...]:
        """List the refusals that this account met for these tweets.

        Whose a tweet is holds for all metrics that an account signs for; app-only it has no owner.
        """
        who, tweets = (request.service, request.account), frozenset(request.tweet_ids)
        return tuple(
            one
            for one in self.known
            if one.refused
            and (one.service, one.account) == who
            and (request.account is not None or not one.metrics.isdisjoint(request.metrics))
            and not tweets.isdisjoint(one.tweet_ids)
        )

    def of_request(self, key: str) -> list[Known]:
        """List the answers to this very request, the newest first."""
        found = [one for one in self.known if one.key == key and not one.refused]
        return sorted(found, key=lambda one: one.observed_at, reverse=True)


def subtract(span: tuple[int, int], taken: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Take spans of hours out of a span.

    Examples
    --------
    >>> subtract((0, 10), [(2, 4), (8, 20)])
    [(0, 2), (4, 8)]
    """
    left = []
    at = span[0]
    for start, end in sorted(taken):
        if end <= max(at, start) or start >= span[1]:
            continue
        if start > at:
            left.append((at, start))
        at = max(at, end)
    if at < span[1]:
        left.append((at, span[1]))
    return left
