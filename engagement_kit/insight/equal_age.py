"""One count for each tweet: of its first hours, or of whatever the table counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engagement_kit.errors import TableError
from engagement_kit.insight.rows import rows_of
from engagement_kit.insight.windows import counts_of
from engagement_kit.question.micros import HOUR_US
from engagement_kit.tables.codes import births, micros
from engagement_kit.tables.schema import NULL_TIME
from engagement_kit.tables.sums import latest, total

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy


def of_first_hours(table: Tidy, metric: str, hours: int) -> pd.DataFrame:
    """Sum what each tweet got in its first clock hours, that of its creation among them.

    Parameters
    ----------
    table
        A tidy table of grain hour or day.
    metric
        Which metric.
    hours
        How many, 1 or more. Of a table of days a multiple of 24: as many UTC days, the day of
        creation being the first.

    Returns
    -------
    pandas.DataFrame
        A row for each tweet of the table, with columns

        - ``tweet_id``: text,
        - ``value``: the sum, Int64; null unless each of the hours (days) is counted, and was over
          when it was observed, or where the id says no time,
        - ``from_h``, ``to_h``: Float64, 0 and `hours`, from the beginning of the hour (of a table
          of days: of the UTC day) of creation.

    Raises
    ------
    TableError
        For another grain, counts summed over tweets, or a number of hours that does not fit it.

    Notes
    -----
    Where ``complete`` is null nobody said when the count was observed. It is not known to run, and
    so is taken as over.

    Of a table of days two tweets have had equal days, and not quite equal time: one that was posted
    late on its first day had hours less of it.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> born = "2050491494400000000"  # 2026-05-02T08:21Z
    >>> table = tidy({"g": {born: {"likes": {"2026-05-02": {"08": "5", "09": "3", "10": "1"}}}}})
    >>> of_first_hours(table, "likes", 2)["value"].tolist()
    [8]
    """
    rows, grain = _rows_of_tweets(table, metric)
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
    import pandas as pd

    rows, _ = _rows_of_tweets(table, metric)
    ids, tweet, born = births(rows["tweet_id"])
    sums = total(rows, "tweet_id")
    places = ids.get_indexer(pd.Index(sums["tweet_id"].astype("object")))
    value, known = np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids), dtype=bool)
    value[places] = sums["value"].to_numpy(dtype=np.int64, na_value=0)
    known[places] = sums["value"].notna().to_numpy()
    # A part of a table still names all tweets of the whole.
    there = np.unique(tweet)
    counted = latest(rows.assign(_tweet=tweet))
    tweet = counted["_tweet"].to_numpy()
    ages = []
    for name, extreme, first in (("start", np.minimum, np.inf), ("end", np.maximum, -np.inf)):
        at, moments = np.full(len(ids), first), micros(counted[name])
        dated = (moments != NULL_TIME) & (born[tweet] != NULL_TIME)
        since = (moments[dated] - born[tweet[dated]]) / HOUR_US
        extreme.at(at, tweet[dated], np.maximum(since, 0.0))
        ages.append(np.where(np.isfinite(at), at, np.nan)[there])
    return _frame(ids[there], value[there], known[there], *ages)


def _rows_of_tweets(table: Tidy, metric: str) -> tuple[pd.DataFrame, str]:
    rows, grain = rows_of(table, metric)
    if rows["tweet_id"].isna().any():
        msg = "counts are summed over tweets; comparing needs the counts of each tweet, by its id"
        raise TableError(msg)
    return rows, grain


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
