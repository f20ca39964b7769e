"""Tables made straight from a world are those that the emulator's answers make."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd

import engagement_kit as ek
from engagement_kit.client.client import Client

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
METRICS = ["impressions", "favorites"]
COUNTED = ["tweet_id", "metric", "start", "end", "value", "complete"]


def same(ours: pd.DataFrame, answered: pd.DataFrame) -> bool:
    """Compare what is counted, in any order."""
    sides = (
        one[COUNTED].astype({"tweet_id": "str", "metric": "str"}).sort_values(COUNTED[:3])
        for one in (ours, answered)
    )
    left, right = (one.reset_index(drop=True) for one in sides)
    return left.equals(right)


def test_first_hours_are_those_of_a_run(
    client: Client, first_hours: Callable[..., pd.DataFrame]
) -> None:
    """Two days of ten tweets, the youngest of which have not lived for so long."""
    ids = ek.sample_ids(client, 30)[::3]
    query = ek.Query("historical", ids, METRICS, by="hour", period=ek.first(days=2))
    world = client.emulator.world  # type: ignore[union-attr]
    answered = client.run(query, progress=False).to_pandas()
    ours = first_hours(world, ids, METRICS, 48, NOW)
    assert same(ours, answered[answered["value"].notna()])


def test_lifetimes_are_those_of_a_run(
    client: Client, lifetimes: Callable[..., pd.DataFrame]
) -> None:
    """The totals of ten tweets."""
    ids = ek.sample_ids(client, 10)
    world = client.emulator.world  # type: ignore[union-attr]
    assert same(lifetimes(world, ids, METRICS, NOW), client.totals(ids, METRICS))
