"""Random jobs, a fake clock, faults and stops: nothing lost, nothing asked twice, sums right."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, Fault, World, WorldClock
from engagement_kit.fetch.doors import Doors

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
METRICS = ["impressions", "favorites"]
WORLD = World()
OWN = WORLD.sample_ids("acme", 1500, before=NOW)
FOREIGN = WORLD.sample_ids(WORLD.accounts[1].name, 3, before=NOW - timedelta(days=3))
GONE = WORLD.sample_ids("acme", 3, before=NOW, kind="unavailable")
BAD = ["rate_limited", "server_error", "bad_gateway", "unavailable", "cut_gzip", "reset"]


def quick_doors(*args: Any, **options: Any) -> Doors:
    """Open doors to a world in which waiting takes no time."""
    time = [0.0]

    def sleep(stop: threading.Event, seconds: float) -> None:
        time[0] += seconds
        stop.wait(0.0005)

    return Doors(*args, **{**options, "sleep": sleep, "monotonic": lambda: time[0]})


@st.composite
def queries(draw: st.DrawFn) -> ek.Query:
    """Draw a question about some tweets, some of which can't be had."""
    endpoint: Any = draw(st.sampled_from(["totals", "28hr", "historical", "historical"]))
    first, step = draw(st.integers(0, 300)), draw(st.integers(1, 12))
    ids = OWN[first::step][: draw(st.integers(1, 90))]
    ids = ids + draw(st.lists(st.sampled_from(FOREIGN + GONE), unique=True, max_size=3))
    if endpoint == "totals":
        return ek.Query(endpoint, ids, METRICS)
    by: Any = draw(st.sampled_from(["hour", "day", "total"]))
    if endpoint == "28hr":
        return ek.Query(endpoint, ids, METRICS, by=by)
    days = draw(st.integers(1, 70))
    period = draw(st.sampled_from([ek.last(days=days), ek.first(days=min(days, 30))]))
    return ek.Query(endpoint, ids, METRICS, by=by, period=period)


def run_until(client: Client, query: ek.Query, stops: list[int]) -> Result:
    """Run, and stop after so many steps each time, until at last it may end."""
    for after in stops:
        control = ek.Control()
        left = [after]

        def step(_step: Any, control: ek.Control = control, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] <= 0:
                control.stop()

        client.run(query, progress=False, control=control, on_step=step)
        for thread in threading.enumerate():
            if thread.name.startswith("engagement-kit"):
                thread.join(30)
    return client.run(query, progress=False)


def check_values(result: Result) -> None:
    """Hold each value against the world's own count."""
    table = result.to_pandas()
    seen = table[table["value"].notna()]
    ids = list(dict.fromkeys(seen["tweet_id"].astype(str)))
    if not ids:
        return
    if result.plan.query.endpoint == "totals":
        counts = WORLD.lifetime(ids, METRICS, NOW)
        rows, cols = {x: n for n, x in enumerate(ids)}, {x: n for n, x in enumerate(METRICS)}
        for one in seen.itertuples():
            assert one.value == counts[rows[str(one.tweet_id)], cols[str(one.metric)]]
        return
    truth = WORLD.truth(ids, METRICS, seen["start"].min(), seen["end"].max(), NOW)
    places = truth.groupby(["tweet_id", "metric"], observed=True)
    whole = seen.groupby(["tweet_id", "metric"], observed=True)
    for key, rows in whole:
        mine = places.get_group((str(key[0]), str(key[1]))).set_index("start")["value"]
        for one in rows.head(30).itertuples():
            hours = mine[(mine.index >= one.start) & (mine.index < one.end)]
            assert one.value == hours.sum(), (key, one)


@settings(max_examples=40)
@given(
    queries(),
    st.lists(st.integers(1, 9), max_size=3),
    st.lists(st.tuples(st.sampled_from(BAD), st.sampled_from([0.05, 0.2])), max_size=2),
    st.integers(1, 4),
)
def test_whatever_happens_all_is_accounted_for(
    query: ek.Query, stops: list[int], storms: list[tuple[Any, float]], threads: int
) -> None:
    """Stops and storms: values are the truth, sums add up, and no answer was asked for twice."""
    faults = [Fault(kind, rate=rate) for kind, rate in storms]
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("engagement_kit.client.asking.Doors", quick_doors),
        Emulator(WORLD, WorldClock(frozen=NOW), faults=faults, in_process=True) as emulator,
        ek.connect(emulator, store=Path(folder), threads=threads) as client,
    ):
        result = run_until(client, query, stops)
        receipt = result.receipt  # raises when its sum is wrong
        assert receipt.asked == receipt.answered + receipt.missing
        assert set(receipt.fates) <= {
            "failed", "not_owned", "unavailable", "out_of_range", "too_old_for_impressions",
        }  # fmt: skip
        assert ("failed" in receipt.fates) <= bool(receipt.failures)
        assert not receipt.checks.failed
        effort = receipt.effort
        if effort.sessions == 1 and not effort.stopped:
            more = effort.retries + effort.shortened + effort.split
            assert effort.sent == receipt.requests - effort.found + more
        check_values(result)
        good = Counter(one.key for one in result.store.scan().known)
        assert not good or max(good.values()) == 1
        opened = ek.open(folder).latest
        assert opened.receipt == receipt
        assert opened.to_arrow().equals(result.to_arrow())


@settings(max_examples=25)
@given(st.integers(1, 60), st.integers(1, 20), st.integers(1, 60), st.sampled_from(["day", "hour"]))
def test_ids_that_are_added_are_asked_alone(kept: int, new: int, days: int, by: Any) -> None:
    """Of a closed period only the new tweets are asked, and with fewer tweets nothing is."""
    period = ek.between("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC) + timedelta(days=days))
    old = WORLD.sample_ids("acme", 400, before=datetime(2026, 2, 1, tzinfo=UTC))[::5]
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("engagement_kit.client.asking.Doors", quick_doors),
        Emulator(WORLD, WorldClock(frozen=NOW), in_process=True) as emulator,
        ek.connect(emulator, store=Path(folder)) as client,
    ):
        client.run(ek.Query("historical", old[:kept], METRICS, by=by, period=period))
        emulator.clock.travel(timedelta(days=30))
        more = ek.Query("historical", old[: kept + new], METRICS, by=by, period=period)
        asked = {one for request in client.plan(more).requests for one in request.tweet_ids}
        assert asked == set(old[kept : kept + new])
        fewer = ek.Query("historical", old[1:kept] or old[:1], METRICS, by=by, period=period)
        assert len(client.plan(fewer)) == 0
