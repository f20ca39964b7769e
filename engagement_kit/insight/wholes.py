"""Tweets of which nothing is missing, or not all: one that is gone would blank every sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engagement_kit.errors import TableError
from engagement_kit.insight.rows import rows_of
from engagement_kit.tables.given import as_frame
from engagement_kit.tables.sums import check_tidy, total

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy


def whole(table: Tidy, metric: str | None = None) -> pd.DataFrame:
    """Choose the tweets of which nothing is missing; a choice that has to be told.

    A sum with a missing piece is null, as it should be. So one deleted tweet makes the sums of all
    tweets null. This leaves such tweets out, with all of their rows.

    Parameters
    ----------
    table
        A tidy table of one grain, with the counts of each tweet. Of several observations of a
        number the latest counts.
    metric
        Which metric has to be whole; rows of other metrics are kept as they are, also missing ones.
        None: every metric of the table.

    Returns
    -------
    pandas.DataFrame
        All rows of those tweets, with the same columns (your own, too), types, labels and order;
        no row where no tweet is whole.

    Raises
    ------
    TableError
        For counts summed over tweets, a metric that is not there, or as `ek.total`.

    See Also
    --------
    counted : leaves out only tweets without any count.
    quality : says what is missing, and why.

    Notes
    -----
    A tweet is whole where `ek.total` by tweet has no ``n_missing``, for each of the metrics. One
    without any row of a metric that other tweets have is not whole. Periods before a tweet's
    creation are not missing. Counts of periods that still ran are counts: see ``complete``. Rows
    that a filter dropped can't be seen here; `quality` finds the holes.

    Name what was left out, how many and why, wherever you write of the rest:

    >>> def left_out(table, kept):
    ...     return table[~table["tweet_id"].isin(kept["tweet_id"]) & table["value"].isna()]

    Tweets that are gone are not a random sample of all. People delete what went badly, or drew too
    much attention, and accounts that are closed or protected take all of their tweets along. Sums
    and means of the rest speak of the rest alone.

    Examples
    --------
    >>> from engagement_kit.tables.sums import total
    >>> from engagement_kit.tables.tidy import tidy
    >>> likes = {"2000": {"likes": "3"}, "2001": {"likes": "5"}}
    >>> table = tidy({"g": likes, "unavailable_tweet_ids": ["22"]})
    >>> total(table)["value"].tolist(), total(whole(table))["value"].tolist()
    ([<NA>], [8])
    >>> left_out(table, whole(table))[["tweet_id", "status"]].values.tolist()
    [['22', 'unavailable']]
    """
    frame = _of_tweets(table)
    rows = frame if metric is None else rows_of(frame, metric)[0]
    sums = total(rows, "tweet_id")
    lost = sums.loc[sums["n_missing"] > 0, "tweet_id"]
    named = rows[["tweet_id", "metric"]].drop_duplicates()
    many = named.groupby("tweet_id", observed=True).size()
    every = many.index[many == rows["metric"].nunique(dropna=False)]
    tweet = frame["tweet_id"]
    return frame[tweet.isin(every.astype("object")) & ~tweet.isin(lost.astype("object"))]


def counted(table: Tidy, metric: str | None = None) -> pd.DataFrame:
    """Choose the tweets with any count; of those that are left out nothing is known.

    Parameters
    ----------
    table
        A tidy table, with the counts of each tweet.
    metric
        Of which metric there has to be a count. None: of any in the table.

    Returns
    -------
    pandas.DataFrame
        All rows of those tweets, also those without a count, with the same columns, types, labels
        and order.

    Raises
    ------
    TableError
        For counts summed over tweets, a metric that is not there, or as `ek.total`.

    See Also
    --------
    whole : leaves out each tweet of which a count is missing.

    Notes
    -----
    Plots that sum over tweets begin with these, and say how many are left out. What `whole` says of
    tweets that are gone holds here, too: name them.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> likes = {"2000": {"likes": "3"}, "2001": {"likes": "5"}}
    >>> table = tidy({"g": likes, "unavailable_tweet_ids": ["22"]})
    >>> counted(table)["tweet_id"].tolist()
    ['2000', '2001']
    """
    frame = _of_tweets(table)
    rows = frame if metric is None else rows_of(frame, metric)[0]
    known = rows.loc[rows["value"].notna(), "tweet_id"].unique()
    return frame[frame["tweet_id"].isin(known.astype("object"))]


def _of_tweets(table: Tidy) -> pd.DataFrame:
    """Take a tidy table whose every row names its tweet."""
    frame = as_frame(table)
    check_tidy(frame)
    if frame["tweet_id"].isna().any():
        msg = "counts are summed over tweets; tweets can be left out only by their ids"
        raise TableError(msg)
    return frame
