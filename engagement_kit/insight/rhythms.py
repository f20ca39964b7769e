"""Counts by the hour of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from engagement_kit.errors import TableError
from engagement_kit.insight.rows import known_to_run, rows_of
from engagement_kit.tables.sums import latest, total
from engagement_kit.tables.times import birth_of

if TYPE_CHECKING:
    import pandas as pd


def rhythm(table: pd.DataFrame | pa.Table, metric: str = "impressions") -> pd.DataFrame:
    """Count by hour of the day, UTC.

    The mean, not the sum, compares hours: a table need not hold each hour of the day equally
    often. It is the mean of what was counted, at whatever age: an account that posts at nine has
    young tweets at nine, and its readers need not be up.

    Parameters
    ----------
    table
        A tidy table of grain hour or hour_of_day. Of several observations the latest counts.
    metric
        Which metric.

    Returns
    -------
    pandas.DataFrame
        A row for each hour of the day that the table knows of, in order:

        - ``metric``: text,
        - ``hour_of_day``: 0 to 23, UTC, int64,
        - ``value``: the sum, Int64; null when anything is missing,
        - ``mean``: the sum divided by `n_hours`: the count of one tweet in one such hour, Float64;
          null when anything is missing,
        - ``n_hours``: how many hours of a tweet's life the sum should be made of, int64,
        - ``n_missing``: how many of them have no count, int64,
        - ``complete``: False when an hour was still running when it was observed.

    Raises
    ------
    TableError
        For another grain, a metric that is not there, or hours of day of an unknown period.

    Notes
    -----
    A number whose hour can't be read belongs to no hour of the day, and is left out.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> hours = {"2026-05-02": {"08": "5", "09": "1"}, "2026-05-03": {"08": "7"}}
    >>> rhythm(tidy({"g": {"1500000000000000000": {"likes": hours}}}), "likes")[
    ...     ["hour_of_day", "value", "mean", "n_hours"]
    ... ].values.tolist()
    [[8, 12, 6.0, 2], [9, 1, 1.0, 1]]
    """
    rows, grain = rows_of(table, metric)
    if grain == "hour":
        hours = total(known_to_run(rows), freq="hour")
        hours = hours.assign(hour_of_day=hours["start"].dt.hour, n_hours=hours["n_expected"])
        return _by_hour_of_day(hours, metric)
    if grain == "hour_of_day":
        # Once for the checks; then by period, for each has its own number of days.
        total(rows, "tweet_id")
        return _by_hour_of_day(_counted_days(latest(rows)), metric)
    msg = f"the hour of day needs a table of grain hour or hour_of_day, not {grain!r}"
    raise TableError(msg)


def _counted_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Say of each row how often its hour of day comes in its period, from birth on."""
    import pandas as pd

    if rows[["start", "end"]].isna().any(axis=None):
        msg = (
            "the table does not say which period its hours of day count; "
            "read the answer together with its query"
        )
        raise TableError(msg)
    rows = _each_hour(rows.reset_index(drop=True))
    births = {one: birth_of(str(one)) for one in rows["tweet_id"].dropna().unique()}
    born = pd.to_datetime(rows["tweet_id"].astype("object").map(births), utc=True).dt.floor("h")
    first = rows["start"].mask(rows["start"] < born, born)
    often = _until(rows["end"], rows["hour_of_day"]) - _until(first, rows["hour_of_day"])
    often = often.clip(min=0)
    return known_to_run(rows).assign(
        n_hours=often, n_missing=np.where(rows["value"].isna(), often, 0)
    )


def _each_hour(rows: pd.DataFrame) -> pd.DataFrame:
    """Give a missed span, which has no hour of its own, a row for each hour of the day."""
    import pandas as pd

    whole_days = rows[rows["hour_of_day"].isna() & rows["value"].isna()]
    apart = whole_days.loc[np.repeat(whole_days.index.to_numpy(), 24)]
    hours = pd.array(np.tile(np.arange(24), len(whole_days)), dtype="Int8")
    known = rows[rows["hour_of_day"].notna()]
    return pd.concat([known, apart.assign(hour_of_day=hours)]) if len(whole_days) else known


def _until(moments: pd.Series[Any], hours: pd.Series[Any]) -> Any:
    """Count how often an hour of the day came since 1970, up to a moment."""
    past = moments.dt.as_unit("us").astype("int64").to_numpy() // 3_600_000_000
    return (past - hours.to_numpy(dtype=np.int64) + 23) // 24


def _by_hour_of_day(hours: pd.DataFrame, metric: str) -> pd.DataFrame:
    import pandas as pd

    sums = hours.groupby("hour_of_day", sort=True).agg(
        value=("value", "sum"),
        n_hours=("n_hours", "sum"),
        n_missing=("n_missing", "sum"),
        complete=("complete", "all"),
    )
    known = (sums["n_missing"] == 0).to_numpy()
    value = pd.Series(sums["value"].to_numpy(dtype=np.int64))
    many = sums["n_hours"].to_numpy(dtype=np.int64)
    mean = value.to_numpy(dtype=np.float64) / np.where(many, many, 1)
    return pd.DataFrame(
        {
            "metric": pd.Series(metric, index=value.index, dtype="str"),
            "hour_of_day": sums.index.to_numpy(dtype=np.int64),
            "value": value.astype("Int64").where(known),
            "mean": pd.Series(mean).astype("Float64").where(known & (many > 0)),
            "n_hours": many,
            "n_missing": sums["n_missing"].to_numpy(dtype=np.int64),
            "complete": sums["complete"].to_numpy(dtype=bool),
        }
    )
