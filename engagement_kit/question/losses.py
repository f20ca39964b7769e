"""What can't be had whichever hours are asked: for age, for the kind of keys, for want of keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from engagement_kit.question import metrics as registry
from engagement_kit.question.hours import Hours
from engagement_kit.question.offer import PRIVATE_AGE, AgeLimit, age_limit, older_than
from engagement_kit.question.query import Query

PURGED: Final = "taken out of the store, and not asked again"
"""Why a purged tweet has no numbers, in words."""
CREATED_AFTER: Final = "the tweet was created after the period"
"""Why there is nothing to count of a tweet, in words: nothing of it is asked, or missing."""
Keyless = Sequence[tuple[str, Hours]]
"""Tweets of whose owners there are no keys, as positions in the query, by the reason in words."""


@dataclass(frozen=True)
class Unobtainable:
    """Numbers that can't be had, known before anything is asked.

    Attributes
    ----------
    tweet_ids, metrics
        Which numbers.
    start, end
        The missed hours, end exclusive; None for lifetime.
    status
        The status that they get in the table.
    reason
        The same in words.
    rows
        The tweets' positions in the query.
    """

    tweet_ids: tuple[str, ...]
    metrics: tuple[str, ...]
    start: int | None
    end: int | None
    status: str
    reason: str
    rows: Hours = field(repr=False, compare=False)


def by_reason(
    lost: Iterable[Unobtainable],
) -> dict[tuple[str, str, tuple[str, ...]], list[tuple[str, ...]]]:
    """Put tweets with the same status, reason and metrics together, in parts as they came."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[tuple[str, ...]]] = {}
    for one in lost:
        groups.setdefault((one.status, one.reason, one.metrics), []).append(one.tweet_ids)
    return groups


def named(
    query: Query,
    rows: Hours,
    metrics: tuple[str, ...],
    span: tuple[int, int] | None,
    because: tuple[str, str],
) -> Unobtainable:
    """Name what can't be had of some rows, and the status and reason of it."""
    ids = query.tweet_ids
    start, end = span or (None, None)
    return Unobtainable(tuple(ids[row] for row in rows), metrics, start, end, *because, rows)


def too_old(query: Query, now: datetime) -> tuple[Unobtainable, ...]:
    """Tell what age forbids: metrics with the same limit, of the tweets that are older."""
    limited: dict[AgeLimit, list[str]] = {}
    for name in query.metrics:
        limit = age_limit(query.endpoint, name)
        if limit is not None:
            limited.setdefault(limit, []).append(name)
    lost = []
    for limit in sorted(limited, key=lambda one: -one.days):
        rows = np.flatnonzero(older_than(query.numbers, limit.days, now))
        because = (limit.status, limit.reason)
        if len(rows):
            lost.append(named(query, rows, tuple(limited[limit]), None, because))
    return tuple(lost)


def unsigned(query: Query, now: datetime, credentials: Collection[str]) -> list[Unobtainable]:
    """Tell which totals there are no keys for; where age forbids them too, that is said instead."""
    public = registry.offered("totals", "app")
    private = tuple(name for name in query.metrics if name not in public)
    if "user" in credentials or not private:
        return []
    rows = np.flatnonzero(~older_than(query.numbers, PRIVATE_AGE.days, now))
    reason = "impressions and engagements need the author's own keys"
    return [named(query, rows, private, None, ("not_offered", reason))] if len(rows) else []


def without_keys(
    query: Query, now: datetime, keyless: Keyless, credentials: Collection[str]
) -> list[Unobtainable]:
    """Tell what the owners' keys are missing for; where age forbids it too, that is said instead.

    App-only keys, where there are some, ask for public metrics of anybody's tweets. Without keys
    of any account it is the kind of keys that is missing, and no owner's.
    """
    status = "not_owned" if "user" in credentials else "not_offered"
    anybody = registry.offered("totals", "app") if query.endpoint == "totals" else ()
    open_to_app = frozenset(anybody if "app" in credentials else ())
    limited: dict[AgeLimit | None, list[str]] = {}
    for name in query.metrics:
        if name not in open_to_app:
            limited.setdefault(age_limit(query.endpoint, name), []).append(name)
    lost = []
    for limit, names in limited.items() if keyless else ():
        old = older_than(query.numbers, limit.days, now) if limit else None
        for reason, rows in keyless:
            some = rows if old is None else rows[~old[rows]]
            if len(some):
                lost.append(named(query, some, tuple(names), None, (status, reason)))
    return lost
