"""Counts by the hour of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.errors import TableError
from engagement_kit.insight.rows import known_to_run, rows_of
from engagement_kit.question.micros import HOUR_US
from engagement_kit.tables.codes import births, floored, micros
from engagement_kit.tables.schema import NULL_TIME
from engagement_kit.tables.sums import latest, total
from engagement_kit.tables.times import birth_of

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy


WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""The names of `weekday`, in English whatever the locale."""


def rhythm(
    table: Tidy,
    metric: str = "impressions",
    *,
    tz: str = "UTC",
    weekday: bool = False,
) -> pd.DataFrame:
    """Count by hour of the day, or by day of the week and hour.

    The mean, not the sum, compares hours: a table need not hold each hour of the day equally
    often. It is the mean of what was counted, at whatever age: an account that posts at nine has
    young tweets at nine, and its readers need not be up.

    Parameters
    ----------
    table
        A tidy table of grain hour or hour_of_day. Of several observations the latest counts.
    metric
        Which metric.
    tz
        On whose clock, such as ``"Asia/Tokyo"``, with its daylight saving. The API counts whole
        UTC hours: zones that are off by a part of an hour are refused. Only a table of grain hour
        can be put on another clock than UTC; hours of day were summed by the API, in UTC.
    weekday
        Whether the days of the week are kept apart; that, too, needs a table of grain hour.

    Returns
    -------
    pandas.DataFrame
        A row for each hour of the day (with `weekday`: of each day of the week) that the table
        knows of, in order:

        - ``metric``: text,
        - ``weekday``, ``weekday_name``: 0 to 6, int64, and Monday to Sunday, text, in `tz`; only
          with `weekday`,
        - ``hour_of_day``: 0 to 23, in `tz`, int64,
        - ``value``: the sum, Int64; null when anything is missing,
        - ``mean``: the sum divided by `n_hours`: the count of one tweet in one such hour, Float64;
          null when anything is missing,
        - ``n_hours``: how many hours of a tweet's life the sum should be made of, int64,
        - ``n_missing``: how many of them have no count, int64,
        - ``complete``: False when an hour was still running when it was observed.

    Raises
    ------
    TableError
        For another grain, a metric that is not there, hours of day of an unknown period, no time
        zone or one that is off by a part of an hour, and for hours of day on another clock or by
        day of the week.

    Notes
    -----
    A number whose hour can't be read belongs to no hour of the day, and is left out. So are counts
    of hours before a tweet was posted. Where the
    clocks are set back, an hour of the day comes twice, and both count; where they are set forward
    one is left out, and is not missed: `n_hours` tells.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> hours = {"2026-05-02": {"08": "5", "09": "1"}, "2026-05-03": {"08": "7"}}
    >>> table = tidy({"g": {"1500000000000000000": {"likes": hours}}})
    >>> columns = ["hour_of_day", "value", "mean", "n_hours"]
    >>> rhythm(table, "likes")[columns].values.tolist()
    [[8, 12, 6.0, 2], [9, 1, 1.0, 1]]
    >>> rhythm(table, "likes", tz="Asia/Tokyo", weekday=True)[
    ...     ["weekday_name", "hour_of_day", "value"]
    ... ].values.tolist()
    [['Saturday', 17, 5], ['Saturday', 18, 1], ['Sunday', 17, 7]]
    """
    rows, grain = rows_of(table, metric)
    if grain == "hour":
        keys = ["weekday", "hour_of_day"] if weekday else ["hour_of_day"]
        return _means(_hours(rows, tz), metric, keys)
    if grain != "hour_of_day":
        msg = (
            f"the hour of day needs a table of grain hour or hour_of_day, not {grain!r}; ask with "
            "by='hour' for that"
        )
        raise TableError(msg)
    if weekday or tz != "UTC":
        wanted = "the day of the week" if weekday else f"the clock of {tz}"
        msg = (
            f"{wanted} can't be told from hours of the day, which the API summed over days in UTC; "
            "ask with by='hour' for that"
        )
        raise TableError(msg)
    # Once for the checks; then by period, for each has its own number of days.
    total(rows, "tweet_id")
    return _means(_counted_days(latest(rows)), metric, ["hour_of_day"])


def _hours(rows: pd.DataFrame, tz: str) -> pd.DataFrame:
    """Sum each hour over the tweets, and say where it is on the clock of a zone."""
    _, tweet, born = births(rows["tweet_id"])
    # Before a tweet was posted there is no hour of its life.
    unborn = micros(rows["end"]) <= floored(born, HOUR_US)[tweet]
    unborn &= (born[tweet] != NULL_TIME) & rows["end"].notna().to_numpy()
    hours = total(known_to_run(rows[~unborn] if unborn.any() else rows), freq="hour", tz=tz)
    start = hours["start"].dt
    return hours.assign(
        weekday=start.day_of_week, hour_of_day=start.hour, n_hours=hours["n_expected"]
    )


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
    past = moments.dt.as_unit("us").astype("int64").to_numpy() // HOUR_US
    return (past - hours.to_numpy(dtype=np.int64) + 23) // 24


def _means(hours: pd.DataFrame, metric: str, keys: list[str]) -> pd.DataFrame:
    """Put sums of hours together that have the same place in the day, or in the week."""
    import pandas as pd

    sums = (
        hours.groupby(keys, sort=True)
        .agg(
            value=("value", "sum"),
            n_hours=("n_hours", "sum"),
            n_missing=("n_missing", "sum"),
            complete=("complete", "all"),
        )
        .reset_index()
    )
    known = (sums["n_missing"] == 0).to_numpy()
    value = pd.Series(sums["value"].to_numpy(dtype=np.int64))
    many = sums["n_hours"].to_numpy(dtype=np.int64)
    mean = value.to_numpy(dtype=np.float64) / np.where(many, many, 1)
    out = pd.DataFrame(
        {
            "metric": pd.Series(metric, index=value.index, dtype="str"),
            **{name: sums[name].to_numpy(dtype=np.int64) for name in keys},
            "value": value.astype("Int64").where(known),
            "mean": pd.Series(mean).astype("Float64").where(known & (many > 0)),
            "n_hours": many,
            "n_missing": sums["n_missing"].to_numpy(dtype=np.int64),
            "complete": sums["complete"].to_numpy(dtype=bool),
        }
    )
    if "weekday" in keys:
        names = pd.Series([WEEKDAYS[one] for one in out["weekday"]], dtype="str")
        out.insert(2, "weekday_name", names)
    return out
