"""Counts by age: what tweets get in the hours and days after they were posted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from engagement_kit.errors import TableError
from engagement_kit.insight.rows import known_to_run, rows_of
from engagement_kit.tables.sums import latest, total
from engagement_kit.tables.times import birth_of

if TYPE_CHECKING:
    import pandas as pd

_UNIT_HOURS: Final = {"hour": 1, "day": 24}
_CURVE: Final = {
    "metric": "str", "age_start_h": "int64", "age_end_h": "int64", "value": "Int64",
    "mean": "Float64", "n_tweets": "int64", "n_complete": "int64", "n_missing": "int64",
    "cumulative": "Int64",
}  # fmt: skip


def lifecycle(
    table: pd.DataFrame | pa.Table, metric: str = "impressions", *, step_hours: int | None = None
) -> pd.DataFrame:
    """Count by age: what tweets get in each hour or day after they were posted.

    Only ages at which every tweet is counted can be compared with each other. Young tweets have
    no late ages, and a table that begins after a tweet was posted lacks its early ones. So each
    bin says how many tweets have it whole, and sums are null where not all of them do.

    Parameters
    ----------
    table
        A tidy table of grain hour or day. Of several observations of a number the latest counts.
    metric
        Which metric.
    step_hours
        The length of a bin; for days a multiple of 24. The default is one hour, or one day.

    Returns
    -------
    pandas.DataFrame
        A row for each age that the table knows of, the youngest first:

        - ``metric``: text,
        - ``age_start_h``, ``age_end_h``: the bin in hours since the beginning of the clock hour in
          which the tweet was posted (of a table of days: of the UTC day); int64, end exclusive,
        - ``value``: the sum over all tweets, Int64; null unless each has the bin whole,
        - ``mean``: the mean over the tweets that have it whole, Float64; null without any,
        - ``n_tweets``: all tweets of the table whose id says when they were posted; int64,
        - ``n_complete``: how many of them have the bin whole: every hour of it is counted, and was
          over when it was observed; int64,
        - ``n_missing``: hours (days) in the bin without a count, of all tweets; int64. A tweet that
          is too young for a bin misses nothing there,
        - ``cumulative``: the sum since posting over all tweets, Int64; null unless each has every
          bin up to here whole.

    Raises
    ------
    TableError
        For another grain, counts summed over tweets, ids that all say no time, counts that are all
        from before the tweets were posted, a bin that does not fit, or a metric that is not there.

    Notes
    -----
    The API counts by the hour of the clock, and a tweet is posted somewhere within one. The first
    hour is therefore cut short by what went before the tweet: by up to an hour, by half of one on
    average. The bin from *a* to *b* holds counts of exact ages above *a* - 1 and below *b* hours,
    and all counts of ages from *a* to *b* - 1. In a table of days the same holds with days.

    Tweets from before November 2010 have ids that say no time, and are left out. So are counts
    from before a tweet was posted, and numbers whose hour can't be read.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> born = "2050491494400000000"  # 2026-05-02T08:21Z
    >>> table = tidy({"g": {born: {"likes": {"2026-05-02": {"08": "5", "09": "3", "10": "1"}}}}})
    >>> curve = lifecycle(table, "likes")
    >>> curve[["age_start_h", "age_end_h", "value", "cumulative"]].values.tolist()
    [[0, 1, 5, 5], [1, 2, 3, 8], [2, 3, 1, 9]]
    """
    rows, grain = rows_of(table, metric)
    step = _step(grain, step_hours)
    rows, births = _dated(rows)
    units = _by_unit(rows, grain, births)
    if not len(units):
        msg = f"no {metric} has an age: all are from before the tweets were posted"
        raise TableError(msg)
    return _curve(units, metric, step // _UNIT_HOURS[grain], _UNIT_HOURS[grain], len(births))


def _step(grain: str, step_hours: int | None) -> int:
    if grain not in _UNIT_HOURS:
        msg = f"ages need a table of grain hour or day, not {grain!r}; ask with by='hour' for that"
        raise TableError(msg)
    unit = _UNIT_HOURS[grain]
    step = unit if step_hours is None else step_hours
    if type(step) is not int or step < 1 or step % unit:
        allowed = "a whole number of hours" if unit == 1 else "a multiple of 24: the table has days"
        msg = f"step_hours={step_hours!r}; allowed: {allowed}"
        raise TableError(msg)
    return step


def _dated(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Leave out tweets whose ids say no time; say when the others were posted."""
    ids = [str(one) for one in rows["tweet_id"].dropna().unique()]
    if not ids:
        msg = "the counts are summed over tweets; ages need the counts of each tweet"
        raise TableError(msg)
    births = {one: when for one in ids if (when := birth_of(one)) is not None}
    if not births:
        msg = "ids from before November 2010 do not say when a tweet was posted; there are no other"
        raise TableError(msg)
    every = len(births) == len(ids) and bool(rows["tweet_id"].notna().all())
    return rows if every else rows[rows["tweet_id"].isin(list(births))], births


def _by_unit(rows: pd.DataFrame, grain: str, births: dict[str, Any]) -> pd.DataFrame:
    """Give what is known of each tweet in each hour or day of its life, by its number."""
    import pandas as pd

    step = pd.Timedelta(hours=_UNIT_HOURS[grain])
    units = total(known_to_run(rows), "tweet_id", freq="hour" if grain == "hour" else "day")
    ids = units["tweet_id"].astype("category").cat.remove_unused_categories()
    born = pd.DatetimeIndex([births[str(one)] for one in ids.cat.categories]).as_unit("us")
    codes = ids.cat.codes.to_numpy()
    begun = born.floor(step)[codes]
    start = pd.DatetimeIndex(units["start"])
    whole = units["value"].notna().to_numpy() & units["complete"].to_numpy()
    if grain == "day":
        # Only of the day when it was posted may a part be all there is.
        first = start.where(start > begun, born.floor("h")[codes])
        whole &= _covered(rows, units) >= (start + step - first)
    units = units.assign(_age=(start - begun) // step, _whole=whole)
    return units[units["_age"] >= 0]


def _covered(rows: pd.DataFrame, units: pd.DataFrame) -> Any:
    """Say how much of each tweet's day is counted."""
    counted = latest(rows[rows["value"].notna()])
    spans = (counted["end"] - counted["start"]).groupby(
        [counted["tweet_id"].astype("str"), counted["start"].dt.floor("D")]
    )
    keys = [units["tweet_id"].astype("str"), units["start"]]
    return spans.sum().reindex(keys).fillna(np.timedelta64(0, "us")).to_numpy()


def _curve(
    units: pd.DataFrame, metric: str, units_a_bin: int, unit_hours: int, tweets: int
) -> pd.DataFrame:
    """Put hours or days of age into bins: first of each tweet, then of all."""
    import pandas as pd

    binned = units.assign(_bin=units["_age"] // units_a_bin)
    own = binned.groupby(["tweet_id", "_bin"], observed=True, sort=False).agg(
        value=("value", "sum"), whole=("_whole", "sum"), lost=("n_missing", "sum")
    )
    whole = own["whole"] == units_a_bin
    own = own.assign(value=own["value"].where(whole, 0), whole=whole)
    bins = own.groupby("_bin", sort=True).sum()
    numbers = bins.index.to_numpy(dtype=np.int64)
    every = (bins["whole"] == tweets).to_numpy()
    sums = pd.Series(bins["value"].to_numpy(dtype=np.int64))
    # Bins that follow each other from birth on: a sum since then has no hole.
    since = np.logical_and.accumulate(every & (numbers == np.arange(len(numbers))))
    counted = bins["whole"].to_numpy(dtype=np.int64)
    mean = sums.to_numpy(dtype=np.float64) / np.where(counted, counted, 1)
    width = units_a_bin * unit_hours
    frame = pd.DataFrame(
        {
            "metric": metric,
            "age_start_h": numbers * width,
            "age_end_h": (numbers + 1) * width,
            "value": sums.astype("Int64").where(every),
            "mean": pd.Series(mean).astype("Float64").where(counted > 0),
            "n_tweets": tweets,
            "n_complete": counted,
            "n_missing": bins["lost"].to_numpy(dtype=np.int64),
            "cumulative": sums.cumsum().astype("Int64").where(since),
        },
        index=pd.RangeIndex(len(numbers)),
    )
    return frame.astype(_CURVE)
