"""One count for each tweet: of its first hours, or of whatever the table counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engagement_kit.errors import TableError
from engagement_kit.insight.rows import rows_of
from engagement_kit.insight.windows import counts_of
from engagement_kit.tables.sums import latest, total
from engagement_kit.tables.times import birth_us

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy

_HOUR_US = 3_600_000_000


def of_first_hours(table: Tidy, metric: str, hours: int) -> pd.DataFrame:
    """Sum what each tweet got in its first clock hours, that of its creation among them.

    Parameters
    ----------
    table
        A tidy table of grain hour.
    metric
        Which metric.
    hours
        How many, 1 or more.

    Returns
    -------
    pandas.DataFrame
        A row for each tweet of the table, with columns

        - ``tweet_id``: text,
        - ``value``: the sum, Int64; null unless each of the hours is counted, and was over when it
          was observed, or where the id says no time,
        - ``from_h``, ``to_h``: Float64, 0 and `hours`, from the beginning of the hour of creation.

    Raises
    ------
    TableError
        For another grain, counts summed over tweets, or a number of hours that is none.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> born = "2050491494400000000"  # 2026-05-02T08:21Z
    >>> table = tidy({"g": {born: {"likes": {"2026-05-02": {"08": "5", "09": "3", "10": "1"}}}}})
    >>> of_first_hours(table, "likes", 2)["value"].tolist()
    [8]
    """
    rows, grain = _rows_of_tweets(table, metric)
    if grain != "hour":
        msg = f"first_hours needs a table of grain hour, not {grain!r}; ask with by='hour' for that"
        raise TableError(msg)
    counts = counts_of(rows, grain, first_hours=hours)
    ends = np.zeros(len(counts.ids)), np.full(len(counts.ids), float(hours))
    return _frame(counts.ids, counts.known, counts.missing == 0, *ends)


def as_counted(table: Tidy, metric: str) -> pd.DataFrame:
    """Sum what the table counts of each tweet, at whatever age.

    Parameters
    ----------
    table
        A tidy table of any one grain.
    metric
        Which metric.

    Returns
    -------
    pandas.DataFrame
        A row for each tweet of the table, with columns

        - ``tweet_id``: text,
        - ``value``: the sum, Int64; null when anything is missing,
        - ``from_h``, ``to_h``: the ages between which the table counts the tweet, in hours since
          its creation, Float64; null where its id says no time.

    Raises
    ------
    TableError
        For counts summed over tweets, or as `ek.total`.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> as_counted(tidy({"g": {"2000": {"likes": "1"}}}), "likes")["value"].tolist()
    [1]
    """
    rows, _ = _rows_of_tweets(table, metric)
    tweets, born = _births(rows)
    many = len(tweets.cat.categories)
    sums = total(rows, "tweet_id")
    places = _places(tweets, sums)
    value, known = np.zeros(many, dtype=np.int64), np.zeros(many, dtype=bool)
    value[places] = sums["value"].to_numpy(dtype=np.int64, na_value=0)
    known[places] = sums["value"].notna().to_numpy()
    counted = latest(rows)
    codes = _places(tweets, counted)
    ages = []
    for name, extreme, first in (("start", np.minimum, np.inf), ("end", np.maximum, -np.inf)):
        moments = counted[name]
        at = np.full(many, first)
        dated = moments.notna().to_numpy()
        since = (_micros(moments)[dated] - born[codes[dated]]) / _HOUR_US
        extreme.at(at, codes[dated], np.maximum(since, 0.0))
        ages.append(np.where(np.isfinite(at) & (born > 0), at, np.nan))
    return _frame(tweets.cat.categories, value, known, *ages)


def _rows_of_tweets(table: Tidy, metric: str) -> tuple[pd.DataFrame, str]:
    rows, grain = rows_of(table, metric)
    if rows["tweet_id"].isna().any():
        msg = "counts are summed over tweets; comparing needs the counts of each tweet, by its id"
        raise TableError(msg)
    return rows, grain


def _births(rows: pd.DataFrame) -> tuple[pd.Series[Any], Any]:
    """Give the tweets as categories, and when each was posted (microseconds; negative: unknown)."""
    tweets = rows["tweet_id"].astype("category").cat.remove_unused_categories()
    tweets = tweets.cat.rename_categories(list(tweets.cat.categories.astype("str")))
    born = np.array([birth_us(str(one)) for one in tweets.cat.categories], dtype=np.int64)
    return tweets, born


def _places(tweets: pd.Series[Any], rows: pd.DataFrame) -> Any:
    """Give the number of each row's tweet."""
    import pandas as pd

    return tweets.cat.categories.get_indexer(pd.Index(rows["tweet_id"].astype("str")))


def _micros(moments: pd.Series[Any]) -> Any:
    return moments.dt.as_unit("us").astype("int64").to_numpy()


def _frame(ids: pd.Index[Any], sums: Any, known: Any, first: Any, last: Any) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "tweet_id": ids.astype("str"),
            "value": pd.array(sums, dtype="Int64"),
            "from_h": pd.array(first, dtype="Float64"),
            "to_h": pd.array(last, dtype="Float64"),
        }
    ).assign(value=lambda frame: frame["value"].where(known))
