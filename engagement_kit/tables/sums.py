"""Sums that keep missing apart from zero, and count each number once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa

from engagement_kit.errors import TableError
from engagement_kit.question.tweet_ids import created_at
from engagement_kit.tables.schema import SCHEMA, to_pandas

if TYPE_CHECKING:
    import pandas as pd

Freq = Literal["hour", "day", "week", "month"]

_FREQS: Final = ("hour", "day", "week", "month")
_PERIODS: Final = {"hour": "h", "day": "D", "week": "W-SUN", "month": "M"}
_UNIT_HOURS: Final = {"hour": 1, "day": 24}


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
        For a table of two grains, or periods that its grain can't give.

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
    rows = latest(frame).reset_index(drop=True)
    rows = rows.assign(_missing=rows["value"].isna(), _weight=_weights(rows, grain))
    rows = rows[rows["_weight"] > 0].reset_index(drop=True)
    if freq is not None:
        rows = _apart(rows, grain)
        keys = [*keys, "start"]
        rows["start"] = _periods(rows["start"], freq, zone)
    rows["_lost"] = rows["_weight"].where(rows["_missing"], 0)
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
    counted = frame["value"].notna()
    order = frame.assign(_counted=counted).sort_values(["_counted", "observed_at"], kind="stable")
    kept = order.drop_duplicates(names, keep="last").index
    return frame.loc[frame.index.isin(kept)]


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
    return list(dict.fromkeys([*named, "metric"]))


def _grain(frame: pd.DataFrame) -> str:
    grains = [str(one) for one in frame["grain"].dropna().unique()]
    if len(grains) > 1:
        msg = f"the table holds several grains ({', '.join(grains)}): sums would count twice"
        raise TableError(msg)
    return grains[0] if grains else "lifetime"


def _zone(tz: str) -> ZoneInfo:
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError) as error:
        msg = f"tz={tz!r} is no time zone; use a name such as 'Europe/Berlin' or 'UTC'"
        raise TableError(msg) from error


def _check_freq(freq: str, grain: str, tz: str) -> None:
    if freq not in _FREQS:
        msg = f"freq={freq!r}; allowed: {', '.join(_FREQS)}"
        raise TableError(msg)
    if grain not in _UNIT_HOURS or (grain == "day" and (freq == "hour" or tz != "UTC")):
        msg = (
            f"a table of grain {grain!r} can't be summed by freq={freq!r} in {tz}; "
            "ask with by='hour' for that"
        )
        raise TableError(msg)


def _weights(rows: pd.DataFrame, grain: str) -> Any:
    """Say how many numbers each row stands for: one, or all that a missed span would hold.

    A span before the tweet's creation holds none: nothing is missing there.
    """
    if grain not in _UNIT_HOURS:
        return np.ones(len(rows), dtype=np.int64)
    hours = (rows["end"] - rows["start"]).dt.total_seconds() / 3600
    pieces = (-(-hours // _UNIT_HOURS[grain])).fillna(1).astype("int64")
    return pieces.where(rows["value"].isna(), 1).mask(_before_birth(rows), 0)


def _before_birth(rows: pd.DataFrame) -> Any:
    """Say which rows without a value lie wholly before their tweet's creation."""
    import pandas as pd

    ids = rows["tweet_id"].astype("category")
    births = {one: created_at(one) for one in ids.cat.categories if str(one).isdecimal()}
    born = pd.to_datetime(ids.astype("object").map(births), utc=True)
    return rows["value"].isna() & (rows["end"] <= born)


def _apart(rows: pd.DataFrame, grain: str) -> pd.DataFrame:
    """Take missed spans apart, so that each of their numbers falls into its own period."""
    import pandas as pd

    weights = rows["_weight"].to_numpy()
    apart = rows.loc[np.repeat(rows.index.to_numpy(), weights)].copy()
    place = np.arange(len(apart)) - np.repeat(np.cumsum(weights) - weights, weights)
    apart["start"] = apart["start"] + pd.to_timedelta(place * _UNIT_HOURS[grain], unit="h")
    apart["_weight"] = 1
    return apart.reset_index(drop=True)


def _periods(starts: pd.Series[Any], freq: str, zone: ZoneInfo) -> Any:
    """Give the beginning of the period, on the clock of a zone, that each moment lies in."""
    local = starts.dt.tz_convert(zone)
    if freq == "hour":
        if bool((local.dt.minute != 0).any()):
            msg = f"the API counts whole UTC hours; {zone.key} is not a whole number of hours off"
            raise TableError(msg)
        return local
    if bool((local.dt.minute != 0).any()):
        msg = f"{zone.key} is not a whole number of hours off UTC: its days cut the API's hours"
        raise TableError(msg)
    wall = local.dt.tz_localize(None).dt.to_period(_PERIODS[freq]).dt.start_time
    return wall.dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
