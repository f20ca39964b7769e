"""What a table counts of each tweet: all that it holds, in a window, or in its first hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from engagement_kit.errors import QueryError, TableError
from engagement_kit.insight.lives import UNIT_HOURS, Lives, lives_of
from engagement_kit.question.hours import floor_hour
from engagement_kit.question.periods import Between
from engagement_kit.question.periods import between as between_
from engagement_kit.tables.schema import NULL_TIME, Ints
from engagement_kit.tables.sums import NEEDED, check_tidy, each_once

if TYPE_CHECKING:
    import pandas as pd

Moment = datetime | date | str
Window = Between | tuple[Moment, Moment]


@dataclass(frozen=True)
class _Window:
    """Hours (days): from one to another since 1970, or, without a beginning, of each life."""

    first: int | None
    last: int


@dataclass(frozen=True)
class Counts:
    """What is known of each tweet.

    Attributes
    ----------
    ids : pandas.Index
        The tweets.
    known
        The sum of the counts that there are.
    missing
        How many counts there are not.
    """

    ids: Any
    known: Ints
    missing: Ints


def _window(grain: str, between: Window | None, first_hours: int | None) -> _Window | None:
    if between is None and first_hours is None:
        return None
    if between is not None and first_hours is not None:
        msg = "between= and first_hours= are two windows; choose one"
        raise TableError(msg)
    if grain not in UNIT_HOURS:
        msg = (
            f"a table of grain {grain!r} has no parts to choose a window from; ask with by='hour' "
            "or by='day', or leave the window out"
        )
        raise TableError(msg)
    unit = UNIT_HOURS[grain]
    if between is not None:
        period = period_of(between)
        first, last = floor_hour(period.start), floor_hour(period.end)
        if first % unit or last % unit:
            msg = f"between={between!r}: the table has days; use two UTC midnights"
            raise TableError(msg)
        return _Window(first // unit, last // unit)
    if type(first_hours) is not int or first_hours < 1 or first_hours % unit:
        allowed = "a whole number of hours" if unit == 1 else "a multiple of 24: the table has days"
        msg = f"first_hours={first_hours!r}; allowed: {allowed}"
        raise TableError(msg)
    return _Window(None, first_hours // unit)


def period_of(window: Window) -> Between:
    """Read the two ends of a window by the rules of a query's period.

    Raises
    ------
    TableError
        Where the query would refuse it, too.

    Examples
    --------
    >>> str(period_of(("2026-05-01", "2026-05-02T06:00Z")))
    '2026-05-01 00:00 to 2026-05-02 06:00 UTC'
    """
    if isinstance(window, Between):
        return window
    try:
        start, end = window
        return between_(start, end)
    except QueryError as error:
        msg = "between: " + "; ".join(f"{one.value}: {one.reason}" for one in error.problems)
        raise TableError(msg) from error
    except (TypeError, ValueError) as error:
        msg = f"between={window!r} is no pair of moments; use (start, end)"
        raise TableError(msg) from error


def counts_of(
    rows: pd.DataFrame,
    grain: str,
    *,
    between: Window | None = None,
    first_hours: int | None = None,
) -> Counts:
    """Sum what a table counts of each tweet, in a window or in all.

    Parameters
    ----------
    rows
        Of one metric and grain, as of `insight.rows.rows_of`.
    grain
        Of all rows.
    between, first_hours
        As in `insight.top`.

    Raises
    ------
    TableError
        For counts summed over tweets, both windows at once, or one that does not fit the grain.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> born = "2050491494400000000"  # 2026-05-02T08:24Z
    >>> table = tidy({"g": {born: {"likes": {"2026-05-02": {"08": "5", "09": "3", "10": "1"}}}}})
    >>> counts_of(table, "hour", first_hours=2).known.tolist()
    [8]
    """
    window = _window(grain, between, first_hours)
    return _all_of(rows) if window is None else _within(lives_of(rows, grain), window)


def _all_of(rows: pd.DataFrame) -> Counts:
    """Sum all that the table holds of each tweet."""
    check_tidy(rows)
    if rows["tweet_id"].isna().all():
        msg = "the counts are summed over tweets; ranks need the counts of each tweet"
        raise TableError(msg)
    once = each_once(rows[list(NEEDED)])
    once = once[once["tweet_id"].notna()]
    tweets = once["tweet_id"].astype("category").cat.remove_unused_categories().cat
    tweet, many = tweets.codes.to_numpy(), len(tweets.categories)
    known, missing = np.zeros((2, many), dtype=np.int64)
    np.add.at(known, tweet, once["value"].to_numpy(dtype=np.int64, na_value=0))
    np.add.at(missing, tweet, np.where(once["value"].isna(), once["_weight"], 0))
    return Counts(tweets.categories, known, missing)


def _within(lives: Lives, window: _Window) -> Counts:
    """Sum what is known of each tweet in a window, and count what is not whole."""
    born = lives.born // lives.unit
    dated = lives.born != NULL_TIME
    if window.first is None:
        first, last = born, born + window.last
        inside = dated[lives.tweet] & (lives.age >= 0) & (lives.age < window.last)
        wanted = np.full(len(born), window.last)
    else:
        first = np.where(dated, np.maximum(born, window.first), window.first)
        last = np.full(len(born), window.last)
        inside = (lives.at >= window.first) & (lives.at < window.last)
        wanted = last - first
    known, found = np.zeros((2, len(born)), dtype=np.int64)
    np.add.at(known, lives.tweet[inside], lives.value[inside])
    whole = inside & lives.whole & (lives.at >= first[lives.tweet])
    np.add.at(found, lives.tweet[whole], 1)
    there = lives.there & (wanted > 0)
    return Counts(lives.ids[there], known[there], (wanted - found)[there])
