"""Checks of repeats: what was observed again, and is not what it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from engagement_kit.insight.evidence import NUMBER, Evidence
from engagement_kit.insight.finding import Finding, Kind

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
