"""Tweets in the order of their counts, over all that a table holds or any window of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engagement_kit.errors import TableError
from engagement_kit.insight.rows import rows_of
from engagement_kit.insight.windows import Counts, Window, counts_of

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy

_RANKS: Final = {
    "rank": "Int64", "tweet_id": "str", "metric": "str", "value": "Int64", "tied": "bool",
    "n_missing": "int64", "at_least": "int64", "sure": "bool",
}  # fmt: skip


def top(
    table: Tidy,
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
    With one, each hour (day) of it from the tweet's creation on must be in the table and not
    known to have run when it was observed, or it is missing. So a tweet that is too young for
    `first_hours` is not ranked, nor is one whose id does not say when it was posted. Tweets that
    were posted after the window are left out: nobody could count them. Counts from before a tweet
    was posted belong to the hours of `between` all the same; `insight.quality` names them.

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
    ranks = ranking(table, metric, n, between=between, first_hours=first_hours)
    return ranks[~(ranks["rank"] > n).fillna(False).to_numpy(dtype=bool)].reset_index(drop=True)


def ranking(
    table: Tidy,
    metric: str,
    n: int,
    *,
    between: Window | None = None,
    first_hours: int | None = None,
) -> pd.DataFrame:
    """Rank all tweets, not only the first `n`; else as `top`."""
    if type(n) is not int or n < 1:
        msg = f"n={n!r}; allowed: a whole number from 1 on"
        raise TableError(msg)
    rows, grain = rows_of(table, metric)
    counts = counts_of(rows, grain, between=between, first_hours=first_hours)
    return _ranked(counts, metric, n)


def _ranked(counts: Counts, metric: str, n: int) -> pd.DataFrame:
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
