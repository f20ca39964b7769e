"""Sums that keep missing apart from zero, and count each number once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from engagement_kit.errors import TableError
from engagement_kit.question.micros import DAY_US, HOUR_US
from engagement_kit.question.spelling import no_such_word
from engagement_kit.tables.codes import (
    births,
    floored,
    is_in_order,
    is_repeating,
    joined,
    micros,
    moments,
    numbered,
    ranked,
    series_of,
    standing_twice,
)
from engagement_kit.tables.given import as_frame
from engagement_kit.tables.schema import SCHEMA, Ints

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy

Freq = Literal["hour", "day", "week", "month"]

_LARGEST: Final = np.iinfo(np.int64).max
_FREQS: Final = ("hour", "day", "week", "month")
_PERIODS: Final = {"hour": "h", "day": "D", "week": "W-SUN", "month": "M"}
_ANSWERS: Final = frozenset({"value", "status", "complete"})
_UNIT_US: Final = {"hour": HOUR_US, "day": DAY_US}
_SERIES: Final = ("tweet_id", "metric", "hour_of_day")
NEEDED: Final = (*_SERIES, "grain", "start", "end", "value", "complete", "observed_at")
_PIECES: Final = ("start", "end", "value", "complete", "_weight")
_STEPS: Final = {"hour": "h", "day": "D"}


def total(
    table: Tidy,
    by: str | Sequence[str] | None = (),
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

    frame = as_frame(table)
    keys = _keys(frame, by)
    grain = _grain(frame)
    zone = _zone(tz)
    if freq is not None:
        _check_freq(freq, grain, tz)
        keys = list(dict.fromkeys([*keys, "start"]))
    rows = each_once(frame[list(dict.fromkeys([*keys, *NEEDED]))])
    if freq is not None and grain is not None:
        rows = _apart(rows[list(dict.fromkeys([*keys, *_PIECES]))], grain)
        rows = rows.assign(start=_periods(rows["start"], freq, zone))
    rows = rows.assign(
        _lost=rows["_weight"].where(rows["value"].isna(), 0),
        _over=rows["complete"].fillna(False).astype(bool),
    )
    grouped = rows.groupby(keys, observed=True, dropna=False, sort=True)
    _check_size(rows, grouped)
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
    series, start = series_of(frame, (*_SERIES, "grain")), micros(frame["start"])
    again = np.flatnonzero(standing_twice(series, start))
    if not len(again):
        return frame
    rows = frame[["grain", "value", "end", "observed_at"]].iloc[again]
    names = [numbered(series[again]), numbered(start[again])]
    # A lifetime ends with its observation: two snapshots are the same number at two moments.
    if not (frame["grain"] == "lifetime").any():
        names.append(numbered(micros(rows["end"])))
    lost = again[_outdone(joined(names)[0], rows)]
    # Labels may stand twice, in frames that pandas put together: positions are what is safe.
    kept = np.ones(len(frame), dtype=bool)
    kept[lost] = False
    return frame[kept] if len(lost) else frame


def _outdone(key: Ints, rows: pd.DataFrame) -> Any:
    """Say which rows another row of the same key outdoes: by a count, or seen later."""
    import pandas as pd

    order = np.lexsort((micros(rows["observed_at"]), rows["value"].notna().to_numpy()))
    outdone = np.empty(len(rows), dtype=bool)
    outdone[order] = pd.Series(key[order]).duplicated(keep="last").to_numpy()
    return outdone


def each_once(frame: pd.DataFrame) -> pd.DataFrame:
    """Weigh rows by the numbers that they stand for, so that each number is there once.

    Of several observations of a number the latest counts. Where a missed span of one table meets
    counts of another, the counts stand.

    Parameters
    ----------
    frame
        A tidy DataFrame of one grain.

    Returns
    -------
    pandas.DataFrame
        Rows with labels of their own and the column ``_weight``: one, or for a missed span its
        hours (days), from the tweet's creation on.

    Raises
    ------
    TableError
        For counts over overlapping periods, which can't be told apart.
    """
    import pandas as pd

    grain = _grain(frame)
    rows = _weighed(latest(frame).reset_index(drop=True), grain)
    if grain in _UNIT_US:
        meeting = _overlapping(rows, grain)
        if not meeting.any():
            return rows
        rows = pd.concat([rows[~meeting], latest(_pieces(rows[meeting], grain))], ignore_index=True)
    if grain != "lifetime" and _overlapping(rows[rows["value"].notna()], grain).any():
        msg = f"the table counts overlapping periods (grain {grain!r}): a sum would count twice"
        raise TableError(msg)
    return rows


def check_tidy(frame: pd.DataFrame) -> None:
    """Refuse what lacks a column of the tidy table.

    Raises
    ------
    TableError
        Names the columns.
    """
    missing = [name for name in SCHEMA.names if name not in frame.columns]
    if missing:
        msg = f"this is no tidy table: column {', '.join(missing)} missing"
        raise TableError(msg)


def _keys(frame: pd.DataFrame, by: str | Sequence[str] | None) -> list[str]:
    check_tidy(frame)
    named = [by] if isinstance(by, str) else list(by or ())
    wrong = [name for name in named if name not in frame.columns]
    if wrong:
        msg = f"by={wrong} are no columns of the table; it has {list(frame.columns)}"
        raise TableError(msg)
    answers = [name for name in named if name in _ANSWERS]
    if answers:
        msg = f"by={answers}: this says what became of a number, not which number it is"
        raise TableError(msg)
    return list(dict.fromkeys([*named, "metric"]))


def _check_size(rows: pd.DataFrame, grouped: Any) -> None:
    """Refuse counts so large that a sum of them would wrap around."""
    values = rows["value"]
    most = max(abs(int(values.max())), abs(int(values.min()))) if values.notna().any() else 0
    if most * len(values) <= _LARGEST:
        return
    by = grouped.ngroup().to_numpy()
    about = np.abs(values.to_numpy(dtype=np.float64, na_value=0.0))
    if np.bincount(by, weights=about).max() > _LARGEST:
        msg = f"a sum of these counts passes {_LARGEST:,}, the largest that a column can hold"
        raise TableError(msg)


def _grain(frame: pd.DataFrame) -> str | None:
    """Name the one grain of a table; None when it is empty."""
    grains = [str(one) for one in frame["grain"].dropna().unique()]
    if len(grains) > 1:
        msg = f"the table holds several grains ({', '.join(grains)}): sums would count twice"
        raise TableError(msg)
    return grains[0] if grains else None


def _zone(tz: str) -> ZoneInfo:
    try:
        return ZoneInfo(str(tz))  # the text of a ZoneInfo is its name
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"tz={tz!r} is no time zone; use a name such as 'Europe/Berlin' or 'UTC'"
        raise TableError(msg) from error


def _check_freq(freq: str, grain: str | None, tz: str) -> None:
    if freq not in _FREQS:
        raise TableError(no_such_word("freq", freq, _FREQS))
    if grain is None:
        return
    if grain not in _UNIT_US or (grain == "day" and (freq == "hour" or tz != "UTC")):
        msg = (
            f"a table of grain {grain!r} can't be summed by freq={freq!r} in {tz}; "
            "ask with by='hour' for that"
        )
        raise TableError(msg)


def _weighed(rows: pd.DataFrame, grain: str | None) -> pd.DataFrame:
    """Add how many numbers each row stands for: one, or all that a missed span would hold.

    Before the tweet's creation nothing is missing: spans begin with it, and may be gone.
    """
    rows = rows.assign(_weight=1)
    if grain == "lifetime":
        return rows
    missed = (rows["value"].isna() & rows["start"].notna() & rows["end"].notna()).to_numpy()
    if not missed.any():  # dating a row for nothing takes longer than all the rest
        return rows
    _, tweet, born = births(rows.loc[missed, "tweet_id"])
    if grain not in _UNIT_US:  # one number, unless all of its period was before the tweet
        before = micros(rows.loc[missed, "end"]) <= born[tweet]
        return rows.drop(index=rows.index[missed][before]).reset_index(drop=True)
    unit = _UNIT_US[grain]
    start = np.maximum(micros(rows.loc[missed, "start"]), floored(born, unit)[tweet])
    end = micros(rows.loc[missed, "end"])
    rows.loc[missed, "start"] = moments(start, rows.index[missed])
    weight = np.maximum(-(-end // unit) - start // unit, 0)
    rows.loc[missed, "_weight"] = weight
    return rows if weight.all() else rows[rows["_weight"] > 0].reset_index(drop=True)


def _overlapping(rows: pd.DataFrame, grain: str | None) -> Any:
    """Say which rows, each there once, belong to a series of which two periods overlap."""
    series = series_of(rows, _SERIES)
    start, end = micros(rows["start"]), micros(rows["end"])
    if is_in_order(series, start):
        meeting = _next_overlaps(series, start, end)
    else:
        odd = np.isin(series, np.unique(series[~_is_one_unit(rows, start, end, grain)]))
        some = series[odd], start[odd], end[odd]
        key = ranked(*some[:2])
        order = np.argsort(key, kind="stable")
        if is_repeating(key[order]):
            order = np.lexsort((end[odd], key))
        meeting = _next_overlaps(*(one[order] for one in some))
    return np.isin(series, meeting) if len(meeting) else np.zeros(len(rows), dtype=bool)


def _is_one_unit(rows: pd.DataFrame, start: Ints, end: Ints, grain: str | None) -> Any:
    """Say which rows count exactly one hour (day) of the clock: no two of these overlap."""
    unit = _UNIT_US.get(str(grain))
    if unit is None:
        return np.zeros(len(rows), dtype=bool)
    return (end - start == unit) & (start % unit == 0) & rows["value"].notna().to_numpy()


def _next_overlaps(series: Ints, start: Ints, end: Ints) -> Ints:
    """Give the series, in order, of which a period begins before the one before has ended."""
    again = (series[1:] == series[:-1]) & (start[1:] < end[:-1])
    return np.unique(series[1:][again])


def _apart(rows: pd.DataFrame, grain: str) -> pd.DataFrame:
    """Take missed spans apart: one row for each of their hours or days."""
    import pandas as pd

    long = (rows["_weight"] > 1).to_numpy()
    if not long.any():
        return rows
    return pd.concat([rows[~long], _pieces(rows[long], grain)], ignore_index=True)


def _pieces(rows: pd.DataFrame, grain: str) -> pd.DataFrame:
    import pandas as pd

    rows = rows.reset_index(drop=True)
    weights = rows["_weight"].to_numpy()
    pieces = rows.loc[np.repeat(rows.index.to_numpy(), weights)].reset_index(drop=True)
    place = np.arange(len(pieces)) - np.repeat(np.cumsum(weights) - weights, weights)
    step = pd.Timedelta(microseconds=_UNIT_US[grain])
    begin = pieces["start"].dt.floor(_STEPS[grain]) + place * step
    start, end = pieces["start"], pieces["end"]
    return pieces.assign(
        start=begin.where(begin > start, start),
        end=(begin + step).where(begin + step < end, end),
        _weight=1,
    )


def _periods(starts: pd.Series[Any], freq: str, zone: ZoneInfo) -> Any:
    """Give the beginning of the period, on the clock of a zone, that each moment lies in."""
    import pandas as pd

    # Many tweets share an hour: each is looked up in the calendar once.
    place, each = pd.factorize(starts)
    local = pd.Series(each).dt.tz_convert(zone)
    if bool((local.dt.minute != 0).any()):
        msg = f"{zone.key} is not a whole number of hours off UTC; the API counts whole UTC hours"
        raise TableError(msg)
    if freq != "hour":
        wall = local.dt.tz_localize(None).dt.to_period(_PERIODS[freq]).dt.start_time
        local = wall.dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    return local.reindex(place).set_axis(starts.index)
