"""How many numbers were asked for, and what became of each: what a receipt is held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from engagement_kit.question.tweet_ids import creation_hours
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.assemble import Base
from engagement_kit.tables.fates import Lost
from engagement_kit.tables.schema import STATUSES

if TYPE_CHECKING:
    import pandas as pd


def numbers_asked(wanted: Wanted) -> int:
    """Count the wanted numbers anew from query, moment and births, past all bookkeeping.

    Hours before a tweet's creation are not wanted, unless the tweet was created after the whole
    period: then the period is wanted, and can't be had.
    """
    metrics = len(wanted.query.metrics)
    if wanted.level == "lifetime":
        return len(wanted.query.tweet_ids) * metrics
    births = creation_hours(wanted.query.tweet_ids)
    births = births - births % wanted.step
    starts, ends = wanted.asked[:, 0], wanted.asked[:, 1]
    alive = np.where(births < ends, np.maximum(starts, births), starts)
    return int((ends - alive).sum()) // wanted.step * metrics


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
    for one in lost:
        pieces = (one.end - one.start) // wanted.step
        fates[one.status] = fates.get(one.status, 0) + pieces
    unreadable = int((inside & ~base.good).sum())
    if unreadable:
        code = STATUSES.index("unreadable")
        fates[code] = fates.get(code, 0) + unreadable
    named = {STATUSES[code]: fates[code] for code in sorted(fates)}
    return int((inside & base.good).sum()), named, int((~inside).sum())
