"""Tweets in the order of their counts, over all that a table holds or any window of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from engagement_kit.errors import QueryError, TableError
from engagement_kit.insight.lives import UNIT_HOURS, Lives, lives_of
from engagement_kit.insight.rows import rows_of
from engagement_kit.question.hours import floor_hour
from engagement_kit.question.periods import Between
from engagement_kit.question.periods import between as between_
from engagement_kit.tables.schema import NULL_TIME, Ints
from engagement_kit.tables.sums import NEEDED, check_tidy, each_once

if TYPE_CHECKING:
    import pandas as pd

Moment = datetime | date | str
Window = Between | tuple[Moment, Moment]

_RANKS: Final = {
    "rank": "Int64", "tweet_id": "str", "metric": "str", "value": "Int64", "tied": "bool",
    "n_missing": "int64", "at_least": "int64", "sure": "bool",
}  # fmt: skip


def top(
    table: pd.DataFrame | pa.Table,
    metric: str = "impressions",
    n: int = 10,
    *,
    between: Window | None = None,
    first_hours: int | None = None,
) -> pd.DataFrame:
    """Rank tweets by a metric, and say which might belong among the first but can't be ranked.

    Parameters
    ----------
    table
        A tidy table of one grain. Of several observations of a number the latest counts.
    metric
        Which metric.
    n
        How many ranks; whoever ties at the last of them is there, too.
    between : pair of datetime, date or str, or Between, optional
        Count only from one moment (inclusive) to another (exclusive), as in ``ek.between``: aware,
        or ISO 8601 texts with a zone; dates mean UTC midnight. Needs a table by hour, or by day for
        whole UTC days.
    first_hours
        Count only so many hours of each tweet's life, so that old and young ones compare: from the
        beginning of the clock hour in which it was posted (of a table of days: of the UTC day; then
        a multiple of 24). Needs a table by hour or day.

    Returns
    -------
    pandas.DataFrame
        First the ranks, the highest count first; then all tweets of which a count is missing, those
        first of which most is known:

        - ``rank``: Int64, from 1; equal counts share a rank, and the next is as much lower; null
          where a count is missing,
        - ``tweet_id``, ``metric``: text,
        - ``value``: the count, Int64; null when anything is missing,
        - ``tied``: bool; another tweet has the same count,
        - ``n_missing``: int64; how many numbers are missing (hours or days; rows of other grains),
        - ``at_least``: int64; the sum of what is known,
        - ``sure``: bool; it belongs among the first `n` whatever the missing counts are. A tweet
          without a rank that is not sure may belong there or not: there is no limit to what is
          missing.

    Raises
    ------
    TableError
        For a metric that is not there, counts summed over tweets, several grains, `n` below 1, both
        windows at once, or a window that does not fit the grain.

    Notes
    -----
    Without a window a tweet's count is the sum of what the table holds of it, as in ``ek.total``.
    With one, each hour (day) of it from the tweet's creation on must be in the table and over when
    it was observed, or it is missing. So a tweet that is too young for `first_hours` is not ranked,
    nor is one whose id does not say when it was posted. Tweets that were posted after the window
    are left out: nobody could count them.

    The API counts undone engagements down. Where a missing count can be below zero, `at_least` and
    `sure` hold only as far as that goes.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> likes = {"2000": {"likes": "3"}, "2001": {"likes": "5"}, "2002": {"likes": "5"}}
    >>> top(tidy({"g": likes, "unavailable_tweet_ids": ["22"]}), "likes", n=2)[
    ...     ["rank", "tweet_id", "value", "tied", "sure"]
    ... ].astype(object).values.tolist()
    [[1, '2001', 5, True, True], [1, '2002', 5, True, True], [<NA>, '22', <NA>, False, False]]
    """
    if type(n) is not int or n < 1:
        msg = f"n={n!r}; allowed: a whole number from 1 on"
        raise TableError(msg)
    ranks = ranking(table, metric, n, between=between, first_hours=first_hours)
    return ranks[~(ranks["rank"] > n).fillna(False).to_numpy(dtype=bool)].reset_index(drop=True)


def ranking(
    table: pd.DataFrame | pa.Table,
    metric: str,
    n: int,
    *,
    between: Window | None = None,
    first_hours: int | None = None,
) -> pd.DataFrame:
    """Rank all tweets, not only the first `n`; else as `top`."""
    rows, grain = rows_of(table, metric)
    window = _window(grain, between, first_hours)
    counts = _all_of(rows) if window is None else _within(lives_of(rows, grain), window)
    return _ranked(counts, metric, n)


@dataclass(frozen=True)
class _Window:
    """Hours (days): from one to another since 1970, or, without a beginning, of each life."""

    first: int | None
    last: int


@dataclass(frozen=True)
class _Counts:
    """Of each tweet: the sum of what is known, and how many numbers are missing."""

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


def _all_of(rows: pd.DataFrame) -> _Counts:
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
    return _Counts(tweets.categories, known, missing)


def _within(lives: Lives, window: _Window) -> _Counts:
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
    return _Counts(lives.ids[there], known[there], (wanted - found)[there])


def _ranked(counts: _Counts, metric: str, n: int) -> pd.DataFrame:
    import pandas as pd

    ids = np.array([str(one) for one in counts.ids], dtype=object)
    unknown = counts.missing > 0
    values = np.sort(counts.known[~unknown])
    higher = len(values) - np.searchsorted(values, counts.known, side="right")
    same = len(values) - higher - np.searchsorted(values, counts.known, side="left")
    # At worst all others that nothing is known of are higher.
    sure = higher + (unknown.sum() - unknown) < n
    # Ids as numbers would stand: the shorter first.
    length = np.array([len(one) for one in ids], dtype=np.int64)
    order = np.lexsort((ids.astype(str), length, -counts.known, unknown))
    frame = pd.DataFrame(
        {
            "rank": pd.arrays.IntegerArray(higher.astype(np.int64) + 1, unknown),
            "tweet_id": ids,
            "metric": metric,
            "value": pd.arrays.IntegerArray(counts.known, unknown),
            "tied": ~unknown & (same > 1),
            "n_missing": counts.missing,
            "at_least": counts.known,
            "sure": sure,
        }
    )
    return frame.iloc[order].astype(_RANKS).reset_index(drop=True)
