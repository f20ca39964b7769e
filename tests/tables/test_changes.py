"""What new answers say beside older ones: each number once, the latest word of either side."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.answers.store import Store
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.tables.changes import changes

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
WORLD = World(seed=3, revised=True)
IDS = WORLD.sample_ids("acme", 8, before=NOW - timedelta(hours=30))
METRICS = ["impressions", "favorites"]


@pytest.mark.parametrize("endpoint", ["hour", "day", "totals"])
def test_each_number_is_counted_once(endpoint: str, tmp_path: Path) -> None:
    """Three answers, of which the last two are new: then and now, as the tables have them."""
    first, period = IDS[:6], ek.between("2026-05-28", "2026-06-04")
    queries = [
        ek.Query("totals", ids, METRICS)
        if endpoint == "totals"
        else ek.Query("historical", ids, METRICS, by=endpoint, period=period)  # type: ignore[arg-type]
        for ids in (first, IDS[2:], IDS)
    ]
    with (
        Emulator(WORLD, WorldClock(frozen=NOW)) as emulator,
        ek.connect(emulator, store=tmp_path) as client,
    ):
        tables = []
        for query in queries:
            tables.append(client.run(query, progress=False).to_pandas())
            emulator.clock.travel(timedelta(hours=31))
    store = Store(tmp_path)
    known = sorted(store.known(), key=lambda one: one.observed_at)
    found = changes(store, known[:1], known[1:])
    keys = ["tweet_id", "metric", *(["start"] if endpoint != "totals" else [])]
    old, _, now = (
        one[one["value"].notna()].astype({"tweet_id": str, "metric": str}) for one in tables
    )
    both = now.merge(old, on=keys, how="left", suffixes=("", "_then"))
    had = both["value_then"].notna()
    moved = had & (both["value"] != both["value_then"])
    assert (found.changed, found.same, found.new) == (
        moved.sum(), (had & ~moved).sum(), (~had).sum(),
    )  # fmt: skip
    assert found.changed > 0
    assert found.new > 0
    assert sum(one.before for one in found.rows) == both.loc[had, "value_then"].sum()
    assert sum(one.after for one in found.rows) == both.loc[had, "value"].sum()
    assert {one.metric for one in found.rows} == set(METRICS)
    frame = found.to_pandas()
    assert frame["changed"].sum() == found.changed


def test_without_new_answers_nothing_is_said(tmp_path: Path) -> None:
    """Neither of an empty store nor of old answers alone."""
    store = Store(tmp_path)
    assert changes(store, [], []).rows == ()
    with (
        Emulator(WORLD, WorldClock(frozen=NOW)) as emulator,
        ek.connect(emulator, store=tmp_path) as client,
    ):
        client.run(ek.Query("totals", IDS, METRICS), progress=False)
    assert changes(store, store.known(), []).rows == ()
