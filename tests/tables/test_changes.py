"""What new answers say beside older ones: each number once, the latest word of either side."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.answers.store import Store
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.tables.changes import _asked_again, _Latest, changes

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


def test_of_many_older_answers_only_the_latest_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as these count each number; where one can't be read, the one before it counts."""
    with (
        Emulator(WORLD, WorldClock(frozen=NOW)) as emulator,
        ek.connect(emulator, store=tmp_path) as client,
    ):
        for _ in range(6):
            for query in (
                ek.Query("totals", IDS, METRICS),
                ek.Query("historical", IDS, METRICS, by="hour", period=ek.last(hours=30)),
            ):
                client.run(query, progress=False)
            emulator.clock.travel(timedelta(hours=2))
    store = Store(tmp_path)
    known = sorted(store.known(), key=lambda one: one.observed_at)
    totals = [one for one in known if one.level == "lifetime"]
    read: list[str] = []
    load = Store.load

    def noted(self: Store, ref: str) -> Any:
        read.append(ref)
        return load(self, ref)

    monkeypatch.setattr(Store, "load", noted)
    whole = changes(store, known[:-2], known[-2:])
    for name in METRICS:
        (of_it,) = [one for one in whole.rows if (one.metric, one.grain) == (name, "lifetime")]
        assert f"{name}, lifetime: {of_it.changed} changed, {of_it.same} stayed" in repr(whole)
    assert len({*read} & {one.ref for one in totals}) == 2
    latest = next(tmp_path.glob(f"answers/*/{totals[-2].ref}.zst"))
    latest.write_bytes(latest.read_bytes()[:200])
    found = changes(store, totals[:-1], totals[-1:])
    without = changes(store, totals[:-2], totals[-1:])
    assert (found.rows, found.damaged) == (without.rows, (totals[-2].ref,))
    assert found.new == 0


@pytest.mark.parametrize("seed", range(4))
def test_leaving_out_repeated_answers_changes_no_figure(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of any tweets, metrics and hours, some tweets of which are gone for a while."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    with (
        Emulator(WORLD, WorldClock(frozen=NOW), in_process=True) as emulator,
        ek.connect(emulator, store=tmp_path) as client,
    ):
        for _ in range(14):
            ids = rng.sample(IDS, rng.randint(1, 8))
            names = rng.choice([METRICS, METRICS[:1]])
            period = rng.choice([ek.last(hours=30), ek.last(hours=6), ek.first(hours=20)])
            client.run(
                rng.choice([
                    ek.Query("totals", ids, names),
                    ek.Query("historical", ids, names, by="hour", period=period),
                ]),
                progress=False,
            )  # fmt: skip
            emulator.clock.travel(timedelta(hours=rng.choice([1, 5])))
    store = Store(tmp_path)
    known = sorted(store.known(), key=lambda one: one.observed_at)
    for one in rng.sample(known, 3):
        path = next(tmp_path.glob(f"answers/*/{one.ref}.zst"))
        path.write_bytes(path.read_bytes()[:200])
    found = changes(store, known[:-4], known[-4:])
    monkeypatch.setattr(_Latest, "choose", lambda self, pairs: _asked_again(pairs, self._late))
    assert changes(store, known[:-4], known[-4:]).rows == found.rows
