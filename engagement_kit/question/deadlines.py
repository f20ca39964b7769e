"""The last moment at which a number can still be had. Pure; exact to the microsecond.

A number can be had at its deadline, and not a microsecond later. NEVER is the deadline of what
stays.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import numpy as np

from engagement_kit.question.hours import HOURS_A_DAY, Hours
from engagement_kit.question.micros import DAY_US, HOUR_US, NEVER, Micros, moment_at
from engagement_kit.question.offer import age_limit
from engagement_kit.question.rules import HISTORY_DAYS
from engagement_kit.question.tweet_ids import as_numbers, births_of

PAST: Final = np.iinfo(np.int64).min
"""The deadline of what could never be had."""

_HISTORY_HOURS: Final = HISTORY_DAYS.value * HOURS_A_DAY


def by_age(numbers: Hours, days: int) -> Micros:
    """Give the moments up to which tweets are no older than a limit.

    Parameters
    ----------
    numbers
        Tweet ids as whole numbers.
    days
        The limit.

    Returns
    -------
    ndarray of int64, one per id
        PAST for ids from before November 2010, which do not say how old they are.

    Notes
    -----
    A tweet of exactly the limit still counts, as in `offer.older_than`; the documents say "older
    than 90 days". Ids tell the moment of creation to the millisecond.

    Examples
    --------
    >>> moment_at(int(by_age(np.array([697506383516729344]), 90)[0])).isoformat(timespec="seconds")
    '2016-05-10T19:44:15+00:00'
    """
    born = births_of(numbers, PAST)
    found: Micros = np.where(born == PAST, PAST, born + days * DAY_US)
    return found


def of_metric(endpoint: str, metric: str, numbers: Hours) -> Micros:
    """Give the moments up to which the age of tweets allows a metric; NEVER where none forbids it.

    Examples
    --------
    >>> int(of_metric("totals", "favorites", np.array([20]))[0]) == NEVER
    True
    """
    limit = age_limit(endpoint, metric)
    if limit is None:
        return np.full(len(numbers), NEVER, dtype=np.int64)
    return by_age(numbers, limit.days)


def of_history(hours: Hours, profile: str) -> Micros:
    """Give the moments up to which historical reaches back to hours, or to days that begin there.

    Parameters
    ----------
    hours
        The first hours of what is counted.
    profile
        ``reference``: for ever. ``overview``: 365 days from the beginning of the hour.

    Notes
    -----
    A window that begins before the limit is refused whole, so what counts is the first moment of
    the hour: the plan asks for none of which a part lies out of reach. A service that rounds the
    limit down to a whole hour is less strict, by less than an hour.

    Examples
    --------
    >>> moment_at(int(of_history(np.array([24]), "overview")[0])).isoformat()
    '1971-01-02T00:00:00+00:00'
    """
    if profile == "reference":
        return np.full(len(hours), NEVER, dtype=np.int64)
    found: Micros = (hours + _HISTORY_HOURS) * HOUR_US
    return found


def deadline(
    endpoint: str,
    metric: str,
    tweet_id: str,
    start: int | None = None,
    profile: str = "reference",
) -> datetime | None:
    """Give the last moment at which one number can be had.

    Parameters
    ----------
    endpoint, metric, tweet_id
        Which number.
    start
        On historical: the hour with which what is counted begins, an hour or a UTC day.
    profile
        How far historical reaches.

    Returns
    -------
    datetime or None
        Aware, UTC, inclusive. None: there is none. The first of all moments where it could never
        be had, as with video of ids that carry no time.

    Notes
    -----
    What the last 28 hours count, historical counts later, too: 28hr has no deadline of its own.

    Examples
    --------
    >>> deadline("totals", "impressions", "697506383516729344").isoformat(timespec="milliseconds")
    '2016-05-10T19:44:15.529+00:00'
    >>> deadline("historical", "impressions", "697506383516729344", 404_000) is None
    True
    """
    found = int(of_metric(endpoint, metric, as_numbers([tweet_id]))[0])
    if endpoint == "historical" and start is not None:
        found = min(found, int(of_history(np.array([start]), profile)[0]))
    if found == NEVER:
        return None
    return datetime.min.replace(tzinfo=UTC) if found == PAST else moment_at(found)
