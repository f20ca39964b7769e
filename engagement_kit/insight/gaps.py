"""Checks of what is not there: holes between rows, missing counts, periods that still ran."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.insight.evidence import (
    Evidence,
    Spans,
    Truths,
    each_once,
    hours_of,
    sums,
)
from engagement_kit.insight.finding import Finding, Kind
from engagement_kit.insight.lives import UNIT_HOURS
from engagement_kit.question.micros import HOUR_US
from engagement_kit.tables.fates import MEANINGS
from engagement_kit.tables.schema import NULL_TIME, Ints

if TYPE_CHECKING:
    import pandas as pd

_WHICH: Final = ["series", "start", "hour", "until"]
"""What tells one number from another within a grain."""
_DAY_HOURS: Final = 24
_UNITS: Final = {
    "hour": "hours", "day": "days", "window": "windows", "hour_of_day": "hours of the day",
    "lifetime": "lifetimes",
}  # fmt: skip
_HOLES: Final = Kind(
    "holes", "caution",
    "a table has earlier and later rows of a tweet and metric, and between them neither counts nor "
    "rows that say what is missing",
    "look for a filter that dropped rows, such as value > 0: without them sums may be too small, "
    "and means of the rest too large; periods that were put together on purpose are better kept "
    "apart",
)  # fmt: skip
_RUNNING: Final = Kind(
    "running", "caution",
    "the period was not over when it was counted: there is more to come",
    "leave these rows out (complete), or ask again when the period is over",
)  # fmt: skip
_ADVICE: Final = {
    "purged": "nothing: the terms of the API demand it",
    "unavailable": "leave the tweet out (insight.whole), and say how many were lost so",
    "not_owned": "connect with keys of the tweets' author, or say who wrote them: owners=",
    "too_old_for_impressions": "ask historical for it: age is no limit there",
    "too_old_for_video": "nothing: the API keeps it no longer",
    "not_offered": "ek.metrics() says which endpoint and which keys have it",
    "out_of_range": "ask for a period within the tweets' lives that is over",
    "refused": "read the receipt: it has the API's own words",
    "failed": "run the same query again",
    "unreadable": "look at the answers behind request_key",
    "not_in_answer": "run the same query again; if it stays so, report it to the API's support",
    "not_asked": "run the same query again: it goes on",
}


def _by(grain: object, kind: Kind) -> Kind:
    """Say what the number of a finding counts."""
    unit = _UNITS.get(str(grain), "rows")
    return replace(kind, meaning=f"{kind.meaning}; counted are {unit} of tweets")


# --- rows that are not there ----------------------------------------------------------------------
def holes(seen: Evidence) -> Iterator[Finding]:
    """Find tweets and metrics whose hours or days do not follow each other within a table."""
    for grain, step in UNIT_HOURS.items():
        rows = _dated(seen.rows[seen.rows["grain"] == grain])
        between = _between(rows, *_units(rows, step), step)
        if len(between):
            # What two tables both lack is one hole.
            apart = each_once(_spans(between, *_units(between, step)))
            yield _by(grain, _HOLES).together(seen, between, int((apart.end - apart.start).sum()))


def _between(rows: pd.DataFrame, first: Ints, last: Ints, step: int) -> pd.DataFrame:
    """Give rows that span what lies between the rows of each table, tweet and metric."""
    living = last > first  # what was over before the tweet's creation is no part of its life
    rows, first, last = rows[living], first[living], last[living]
    table, series = rows["table"].to_numpy(), rows["series"].to_numpy()
    order = np.lexsort((first, series, table))
    table, series, first, last = (one[order] for one in (table, series, first, last))
    if not len(order):
        return rows
    new = np.append(True, (table[1:] != table[:-1]) | (series[1:] != series[:-1]))
    # How far the rows up to each reach: rows of one group never meet those of the next.
    room = int(last.max()) + 1
    reach = np.maximum.accumulate(np.cumsum(new) * room + last) % room
    after = np.flatnonzero(~new[1:] & (first[1:] > reach[:-1])) + 1
    unit = step * HOUR_US
    return rows.iloc[order[after]].assign(start=reach[after - 1] * unit, end=first[after] * unit)


def _dated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["start"] != NULL_TIME) & (rows["end"] != NULL_TIME)]


def _units(rows: pd.DataFrame, step: int) -> tuple[Ints, Ints]:
    """Give the hours (days) since 1970 that rows touch, from creation on, end exclusive."""
    start, end = hours_of(rows, step)
    return start // step, -(-end // step)


def _spans(rows: pd.DataFrame, first: Ints, last: Ints) -> Spans:
    number = np.arange(len(rows))
    return Spans(number, rows["series"].to_numpy(), first, last, rows["seen"].to_numpy())


# --- rows that say too little ---------------------------------------------------------------------
def running(seen: Evidence) -> Iterator[Finding]:
    """Find counts of periods that were not over, and that were not observed again since."""
    rows = seen.latest[(seen.latest["over"] == 0) & (seen.latest["grain"] != "lifetime")]
    for grain, group in rows.groupby("grain", observed=True, sort=True):
        yield _by(grain, _RUNNING).together(seen, group, len(group))


def missing(seen: Evidence) -> Iterator[Finding]:
    """Find numbers without a count, by grain and reason, each once.

    What another table counts is not missing. Of several reasons the one observed last counts.
    """
    lost = seen.rows[~seen.rows["known"]]
    for grain, rows in lost.groupby("grain", observed=True, sort=True):
        numbers = _lost(seen, str(grain), rows)
        for status, group in numbers.groupby("status", observed=True, sort=True):
            what = MEANINGS.get(str(status), "a number has no count")
            kind = Kind(f"missing: {status}", "caution", what, _ADVICE.get(str(status), ""))
            yield _by(grain, kind).together(seen, group, int(group["lost"].sum()))


def _lost(seen: Evidence, grain: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Give rows of one grain without a count, and in `lost` how many numbers they stand for."""
    import pandas as pd

    if grain not in UNIT_HOURS:
        return _lost_numbers(seen, grain, rows)
    spans = _dated(rows)
    undated = rows[~rows.index.isin(spans.index)]
    parts = [_lost_pieces(seen, grain, spans), _lost_numbers(seen, grain, undated)]
    return pd.concat([one for one in parts if len(one)] or parts[:1])


def _lost_pieces(seen: Evidence, grain: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Count the hours (days) of missed spans."""
    step = UNIT_HOURS[grain]
    first, last = _units(rows, step)
    early, late = _counted_edges(seen, grain, rows)
    apart = each_once(_spans(rows, first + early, last - late))
    held = sums(seen.of(grain), step, apart.series, apart.start * step, apart.end * step)
    lost = apart.end - apart.start - held.pieces
    found = rows.iloc[apart.row].assign(lost=lost)
    return found[lost > 0]


def _counted_edges(seen: Evidence, grain: str, rows: pd.DataFrame) -> tuple[Truths, Truths]:
    """Say whether the part of a day with which a span begins, or ends, is counted as such."""
    unit = UNIT_HOURS[grain] * HOUR_US
    start, end = (rows[name].to_numpy() for name in ("start", "end"))
    found = []
    for cut, begun, until in (
        (start % unit > 0, start, np.minimum(end, (start // unit + 1) * unit)),
        (end % unit > 0, np.maximum(start, end // unit * unit), end),
    ):
        counted = np.zeros(len(rows), dtype=bool)
        parts = rows.assign(start=begun, until=until)[cut]
        counted[cut] = _are_counted(seen, grain, parts)
        found.append(counted)
    return found[0], found[1]


def _lost_numbers(seen: Evidence, grain: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Count numbers that are one row each."""
    if grain == "hour_of_day":
        rows = _by_hour_of_day(rows)
    numbers = _of_life(grain, rows)
    latest = numbers.sort_values("seen", ascending=False, kind="stable").drop_duplicates(_WHICH)
    lost = numbers.index.isin(latest.index) & ~_are_counted(seen, grain, numbers)
    found: pd.DataFrame = rows[lost].assign(lost=1)
    return found


def _by_hour_of_day(rows: pd.DataFrame) -> pd.DataFrame:
    """Make a row for each hour of the day of missed periods, whose row names no hour."""
    start, end = hours_of(rows)
    whole = (rows["hour"] < 0) & (rows["start"] != NULL_TIME) & (rows["end"] != NULL_TIME)
    many = np.where(whole, np.clip(end - start, 1, _DAY_HOURS), 1)
    row = np.repeat(np.arange(len(rows)), many)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
    hour = np.where(whole.to_numpy()[row], (start[row] + nth) % _DAY_HOURS, rows["hour"].iloc[row])
    return rows.iloc[row].assign(hour=hour).reset_index(drop=True)


def _of_life(grain: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Take all lifetimes of a tweet and metric for one number, whenever they were observed."""
    return rows.assign(start=0) if grain == "lifetime" else rows


def _are_counted(seen: Evidence, grain: str, rows: pd.DataFrame) -> Any:
    """Say which numbers have a count in some table."""
    if not len(rows):
        return np.zeros(0, dtype=bool)
    counted = seen.of(grain)
    counted = counted[counted["series"].isin(rows["series"].unique())]
    counted = _of_life(grain, counted)[_WHICH].drop_duplicates()
    found = rows[_WHICH].merge(counted, on=_WHICH, how="left", indicator="found")
    return (found["found"] == "both").to_numpy()
