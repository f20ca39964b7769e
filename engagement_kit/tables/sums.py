"""Sums that keep missing apart from zero, and count each number once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa

from engagement_kit.errors import TableError
from engagement_kit.tables.schema import SCHEMA, to_pandas
from engagement_kit.tables.times import birth_of

if TYPE_CHECKING:
    import pandas as pd

Freq = Literal["hour", "day", "week", "month"]

_FREQS: Final = ("hour", "day", "week", "month")
_PERIODS: Final = {"hour": "h", "day": "D", "week": "W-SUN", "month": "M"}
_ANSWERS: Final = frozenset({"value", "status", "complete"})
_UNIT_HOURS: Final = {"hour": 1, "day": 24}
_STEPS: Final = {"hour": "h", "day": "D"}


def total(
    table: pd.DataFrame | pa.Table,
    by: str | Sequence[str] = (),
    *,
    freq: Freq | None = None,
    tz: str = "UTC",
) -> pd.DataFrame:
    """Sum a tidy table; a sum with a missing piece is null, never too small.

    Parameters
    ----------
    table
        A tidy table at one grain. Of several observations of a number only the latest counts.
    by
        Columns to keep apart, such as ``"tweet_id"``. ``metric`` is always kept: metrics are
        different things and never added up.
    freq : {'hour', 'day', 'week', 'month'}, optional
        Also keep periods apart, by the start of each row; weeks begin on Monday.
    tz
        The time zone of those periods, such as ``"Europe/Berlin"``. Only hours can be put into
        days of another zone than UTC.

    Returns
    -------
    pandas.DataFrame
        The kept columns, ``start`` (the beginning of the period, in `tz`) where `freq` is given,
        and

        - ``value``: the sum, Int64; null when anything is missing,
        - ``n_expected``: how many numbers it should be made of (hours, days or rows),
        - ``n_missing``: how many of them there are not (periods before a tweet's creation are
          neither expected nor missing),
        - ``complete``: True when each was over when it was observed.

    Raises
    ------
    TableError
        For a table of two grains, of counts over overlapping periods, or for periods that its
        grain can't give.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> frame = tidy({"g": {"2000": {"likes": "1"}, "2001": {"likes": "2"}}})
    >>> total(frame)[["metric", "value", "n_missing"]].values.tolist()
    [['likes', 3, 0]]
    """
    import pandas as pd

    frame = to_pandas(table) if isinstance(table, pa.Table) else table
    keys = _keys(frame, by)
    grain = _grain(frame)
    zone = _zone(tz)
    if freq is not None:
        _check_freq(freq, grain, tz)
        keys = list(dict.fromkeys([*keys, "start"]))
    rows = _each_once(latest(frame).reset_index(drop=True), grain)
    if freq is not None and grain is not None:
        rows = _apart(rows, grain)
        rows["start"] = _periods(rows["start"], freq, zone)
    rows["_lost"] = rows["_weight"].where(rows["value"].isna(), 0)
    rows["_over"] = rows["complete"].fillna(False).astype(bool)
    grouped = rows.groupby(keys, observed=True, dropna=False, sort=True)
    out = grouped.agg(
        value=("value", "sum"),
        n_expected=("_weight", "sum"),
        n_missing=("_lost", "sum"),
        complete=("_over", "all"),
    ).reset_index()
    out["value"] = out["value"].astype("Int64").mask(out["n_missing"] > 0, pd.NA)
    return out


def latest(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep one row of each number: a count before none, then the latest observed.

    Parameters
    ----------
    frame
        A tidy DataFrame.

    Returns
    -------
    pandas.DataFrame
        In the order of the first appearance; the same rows when nothing stands twice.
    """
    lifetime = bool((frame["grain"] == "lifetime").any())
    # A lifetime ends with its observation: two snapshots are the same number at two moments.
    names = ["tweet_id", "metric", "grain", "start", "hour_of_day"] + ([] if lifetime else ["end"])
    if not frame.duplicated(names).any():
        return frame
    # Labels may stand twice, in frames that pandas put together: positions are what is safe.
    numbered = frame.reset_index(drop=True).assign(_counted=frame["value"].notna().to_numpy())
    order = numbered.sort_values(["_counted", "observed_at"], kind="stable", na_position="first")
    kept = order.drop_duplicates(names, keep="last").index
    return frame.iloc[np.sort(kept.to_numpy())]


def _keys(frame: pd.DataFrame, by: str | Sequence[str]) -> list[str]:
    missing = [name for name in SCHEMA.names if name not in frame.columns]
    if missing:
        msg = f"this is no tidy table: column {', '.join(missing)} missing"
        raise TableError(msg)
    named = [by] if isinstance(by, str) else list(by)
    wrong = [name for name in named if name not in frame.columns]
    if wrong:
        msg = f"by={wrong} are no columns of the table; it has {list(frame.columns)}"
        raise TableError(msg)
    answers = [name for name in named if name in _ANSWERS]
    if answers:
        msg = f"by={answers}: this says what became of a number, not which number it is"
        raise TableError(msg)
    return list(dict.fromkeys([*named, "metric"]))


def _grain(frame: pd.DataFrame) -> str | None:
    """Name the one grain of a table; None when it is empty."""
    grains = [str(one) for one in frame["grain"].dropna().unique()]
    if len(grains) > 1:
        msg = f"the table holds several grains ({', '.join(grains)}): sums would count twice"
        raise TableError(msg)
    return grains[0] if grains else None


def _zone(tz: str) -> ZoneInfo:
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError) as error:
        msg = f"tz={tz!r} is no time zone; use a name such as 'Europe/Berlin' or 'UTC'"
        raise TableError(msg) from error


def _check_freq(freq: str, grain: str | None, tz: str) -> None:
    if freq not in _FREQS:
        msg = f"freq={freq!r}; allowed: {', '.join(_FREQS)}"
        raise TableError(msg)
    if grain is None:
        return
    if grain not in _UNIT_HOURS or (grain == "day" and (freq == "hour" or tz != "UTC")):
        msg = (
            f"a table of grain {grain!r} can't be summed by freq={freq!r} in {tz}; "
            "ask with by='hour' for that"
        )
        raise TableError(msg)


def _each_once(rows: pd.DataFrame, grain: str | None) -> pd.DataFrame:
    """Weigh rows by the numbers that they stand for, so that each number is there once.

    Where a missed span of one table meets counts of another, the counts stand. Counts of periods
    that overlap can't be told apart, and are refused.
    """
    import pandas as pd

    rows = _weighed(rows, grain)
    if grain in _UNIT_HOURS:
        meeting = _overlapping(rows)
        if not meeting.any():
            return rows
        apart = latest(_apart(rows[meeting], grain))
        rows = pd.concat([rows[~meeting], apart], ignore_index=True)
    if grain != "lifetime" and _overlapping(rows[rows["value"].notna()]).any():
        msg = f"the table counts overlapping periods (grain {grain!r}): a sum would count twice"
        raise TableError(msg)
    return rows


def _weighed(rows: pd.DataFrame, grain: str | None) -> pd.DataFrame:
    """Add how many numbers each row stands for: one, or all that a missed span would hold.

    Before the tweet's creation nothing is missing: spans begin with it, and may be gone.
    """
    import pandas as pd

    if grain not in _UNIT_HOURS:
        return rows.assign(_weight=1)
    rows = rows.assign(_weight=1)
    missed = rows["value"].isna() & rows["start"].notna() & rows["end"].notna()
    if not missed.any():  # dating a row for nothing takes longer than all the rest
        return rows
    ids = rows.loc[missed, "tweet_id"].astype("object")
    births = {one: birth_of(str(one)) for one in ids.unique()}
    born = pd.to_datetime(ids.map(births), utc=True).dt.floor(_STEPS[grain])
    start = rows.loc[missed, "start"]
    rows.loc[missed, "start"] = start.mask(start < born, born)
    first, last = (_steps(rows.loc[missed, name], grain) for name in ("start", "end"))
    rows.loc[missed, "_weight"] = (np.ceil(last) - np.floor(first)).clip(min=0).astype(np.int64)
    return rows[rows["_weight"] > 0].reset_index(drop=True)


def _steps(moments: pd.Series[Any], grain: str) -> Any:
    """Give moments in hours or days since 1970."""
    import pandas as pd

    past = moments - pd.Timestamp(0, tz="UTC")
    return (past / pd.Timedelta(hours=_UNIT_HOURS[grain])).to_numpy(dtype=np.float64)


def _overlapping(rows: pd.DataFrame) -> Any:
    """Say which rows belong to a series of which two periods overlap."""
    names = ["tweet_id", "metric", "hour_of_day"]
    series = rows.groupby(names, observed=True, dropna=False, sort=False).ngroup().to_numpy()
    start, end = (
        rows[name].dt.as_unit("us").astype("int64").to_numpy() for name in ("start", "end")
    )
    order = np.lexsort((end, start, series))
    start, end, sorted_series = start[order], end[order], series[order]
    again = (sorted_series[1:] == sorted_series[:-1]) & (start[1:] < end[:-1])
    return np.isin(series, sorted_series[1:][again])


def _apart(rows: pd.DataFrame, grain: str) -> pd.DataFrame:
    """Take missed spans apart: one row for each of their hours or days."""
    import pandas as pd

    rows = rows.reset_index(drop=True)
    weights = rows["_weight"].to_numpy()
    apart = rows.loc[np.repeat(rows.index.to_numpy(), weights)].reset_index(drop=True)
    place = np.arange(len(apart)) - np.repeat(np.cumsum(weights) - weights, weights)
    step = pd.Timedelta(hours=_UNIT_HOURS[grain])
    begin = apart["start"].dt.floor(_STEPS[grain]) + place * step
    start, end = apart["start"], apart["end"]
    return apart.assign(
        start=begin.where(begin > start, start),
        end=(begin + step).where(begin + step < end, end),
        _weight=1,
    )


def _periods(starts: pd.Series[Any], freq: str, zone: ZoneInfo) -> Any:
    """Give the beginning of the period, on the clock of a zone, that each moment lies in."""
    local = starts.dt.tz_convert(zone)
    if bool((local.dropna().dt.minute != 0).any()):
        msg = f"{zone.key} is not a whole number of hours off UTC; the API counts whole UTC hours"
        raise TableError(msg)
    if freq == "hour":
        return local
    wall = local.dt.tz_localize(None).dt.to_period(_PERIODS[freq]).dt.start_time
    return wall.dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
