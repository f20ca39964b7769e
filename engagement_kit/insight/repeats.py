"""Checks of observations: what was observed again, too early, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.insight.evidence import NUMBER, STEP_HOURS, Evidence, hours_of, sums
from engagement_kit.insight.finding import Finding, Kind
from engagement_kit.tables.fates import MEANINGS
from engagement_kit.tables.schema import NULL_TIME

if TYPE_CHECKING:
    import pandas as pd

_CONTRADICTING: Final = Kind(
    "contradicting", "error",
    "one number has several counts that were observed at the same moment",
    "look at the answers behind request_key; ek.total takes one of them",
)  # fmt: skip
_REVISED: Final = Kind(
    "revised", "caution",
    "a period that was over was counted otherwise later: the service revised it",
    "use the latest observation (ek.total does), or choose one moment: result.table(as_of=...)",
)  # fmt: skip
_FALLEN: Final = Kind(
    "fallen", "caution",
    "a lifetime count is lower than an earlier one of the same tweet: taken back, or spam removed",
    "use the latest observation; never take differences of lifetimes for counts of a period",
)  # fmt: skip
_RUNNING: Final = Kind(
    "running", "caution",
    "the period was not over when it was counted: there is more to come",
    "leave these rows out (complete), or ask again when the period is over",
)  # fmt: skip
_ADVICE: Final = {
    "purged": "nothing: the terms of the API demand it",
    "unavailable": "leave the tweet out, and say how many were lost so",
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


def contradicting(seen: Evidence) -> Iterator[Finding]:
    """Find numbers with several counts of one moment."""
    rows = seen.counted[seen.repeated]
    yield from _CONTRADICTING.by_metric(seen, _differing(rows, [*NUMBER, "seen"]))


def revised(seen: Evidence) -> Iterator[Finding]:
    """Find numbers of periods that were over, and have other counts at other moments."""
    rows = seen.counted[seen.repeated]
    rows = rows[(rows["grain"] != "lifetime") & (rows["over"] == 1)]
    latest = rows.sort_values("seen", kind="stable").drop_duplicates([*NUMBER, "seen"], keep="last")
    yield from _REVISED.by_metric(seen, _differing(latest, NUMBER))


def _differing(rows: pd.DataFrame, number: list[str]) -> pd.DataFrame:
    """Give one row of each number with different counts."""
    if not len(rows):
        return rows
    groups = rows.groupby(number, observed=True, sort=False)["value"]
    differ = (groups.transform("min") != groups.transform("max")).to_numpy()
    return rows[differ].drop_duplicates(number)


def fallen(seen: Evidence) -> Iterator[Finding]:
    """Find lifetimes that are lower than they were."""
    rows = seen.counted[seen.repeated]
    rows = rows[rows["grain"] == "lifetime"].sort_values(["series", "seen"], kind="stable")
    series, value = rows["series"].to_numpy(), rows["value"].to_numpy()
    later = rows["seen"].to_numpy()[1:] > rows["seen"].to_numpy()[:-1]
    down = np.zeros(len(rows), dtype=bool)
    down[1:] = (series[1:] == series[:-1]) & (value[1:] < value[:-1]) & later
    yield from _FALLEN.by_metric(seen, rows[down])


def running(seen: Evidence) -> Iterator[Finding]:
    """Find counts of periods that were not over, and that were not observed again since."""
    rows = seen.latest[(seen.latest["over"] == 0) & (seen.latest["grain"] != "lifetime")]
    if len(rows):
        yield _RUNNING.together(seen, rows, len(rows))


def missing(seen: Evidence) -> Iterator[Finding]:
    """Find numbers without a count, by reason; what another table counts is not missing."""
    rows = seen.rows[~seen.rows["known"]]
    lost = _lost(seen, rows)
    rows, lost = rows[lost > 0], lost[lost > 0]
    for status, places in rows.groupby("status", observed=True, sort=True).indices.items():
        group = rows.iloc[places]
        what = MEANINGS.get(str(status), "a number has no count")
        kind = Kind(f"missing: {status}", "caution", what, _ADVICE.get(str(status), ""))
        yield kind.together(seen, group, int(lost[places].sum()))


def _lost(seen: Evidence, rows: pd.DataFrame) -> Any:
    """Say how many numbers each row without a count stands for."""
    lost = np.ones(len(rows), dtype=np.int64)
    grain = rows["grain"].to_numpy()
    for name, step in STEP_HOURS.items():
        at = np.flatnonzero((grain == name) & (rows["start"] != NULL_TIME).to_numpy())
        spans = rows.iloc[at]
        start, end = hours_of(spans, step)
        start, end = start - start % step, end + -end % step
        held = sums(seen.of(name), step, spans["series"].to_numpy(), start, end)
        lost[at] = np.maximum(0, (end - start) // step - held.pieces)
    at = np.flatnonzero(~np.isin(grain, list(STEP_HOURS)))
    others, counted = rows.iloc[at], seen.latest
    known = set(counted.loc[counted["grain"] == "lifetime", "series"].tolist())
    lost[at] = ~(others["series"].isin(known) & (others["grain"] == "lifetime")).to_numpy()
    return lost
