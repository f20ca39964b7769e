"""How many numbers were asked for, and what became of each: what a receipt is held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from engagement_kit.tables.assemble import Base
from engagement_kit.tables.fates import Lost
from engagement_kit.tables.schema import STATUSES, to_pandas
from engagement_kit.tables.sums import each_once

if TYPE_CHECKING:
    import pandas as pd


def fates_frame(counts: Mapping[str, int], unit: str) -> pd.DataFrame:
    """Give fates as a table: `fate`, and how many of a unit had it."""
    import pandas as pd

    return pd.DataFrame({"fate": list(counts), unit: pd.array([*counts.values()], dtype="int64")})


def count_fates(base: Base, lost: list[Lost]) -> tuple[int, dict[str, int], int]:
    """Count what was answered, what was not by status, and what came beyond the wanted."""
    wanted = base.wanted
    span = wanted.spans[base.row, base.col]
    inside = (base.hour >= span[:, 0]) & (base.hour < span[:, 1])
    fates: dict[int, int] = {}
    lived = wanted.lived[:, 0].tolist()
    for one in lost:  # of a tweet that came later than they begin, less than all of it
        pieces = (one.end - max(one.start, lived[one.row])) // wanted.step
        if pieces > 0:
            fates[one.status] = fates.get(one.status, 0) + pieces
    unreadable = int((inside & ~base.good).sum())
    if unreadable:
        code = STATUSES.index("unreadable")
        fates[code] = fates.get(code, 0) + unreadable
    named = {STATUSES[code]: fates[code] for code in sorted(fates)}
    return int((inside & base.good).sum()), named, int((~inside).sum())


def count_rows(table: pa.Table) -> tuple[int, dict[str, int]]:
    """Count what was answered, and what was not by status, in a table as it was answered.

    A missed span counts for each hour or day of the tweet's life in it, as in `ek.total`.
    """
    rows = each_once(to_pandas(table))
    counts = rows.groupby("status", observed=True)["_weight"].sum()
    fates = {name: int(counts[name]) for name in STATUSES if name in counts.index}
    return fates.pop("observed", 0), fates
