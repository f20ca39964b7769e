"""A following and what comes after it: runs, another following, a look at it offline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.follow_receipt import FollowReceipt
from engagement_kit.client.followed import Followed
from engagement_kit.client.follower import Tick
from engagement_kit.emulator import Emulator, World, WorldClock

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WORLD = World(seed=3)
IDS = WORLD.sample_ids("acme", 4, before=START)
OLD = WORLD.sample_ids("acme", 2, before=START - 100 * DAY)
FOREIGN = WORLD.sample_ids(WORLD.accounts[1].name, 3, before=START - HOUR)
METRICS = ["impressions", "favorites"]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """Connect to a world of this process, whose clock stands until it is moved."""
    with (
        Emulator(WORLD, WorldClock(frozen=START), in_process=True) as emulator,
        ek.connect(emulator, store=tmp_path / "raw", per_minute=600) as made,
    ):
        yield made


def follow(client: Client, ids: Any = IDS, metrics: Any = METRICS, **options: Any) -> Followed:
    """Follow for three hours, every half of one."""
    given: dict[str, Any] = {"until": 3 * HOUR, "every": 30 * MINUTE, "progress": False}
    return client.follow(ids, metrics, **{**given, **options})


def offline(client: Client) -> FollowReceipt:
    """Read the receipt of the last following again, as anybody may."""
    assert client.folder is not None
    return ek.open(client.folder).follows[-1].receipt


def stop(_: Tick) -> None:
    """Interrupt, as a person does."""
    raise KeyboardInterrupt


# --- the same client goes on ----------------------------------------------------------------------
def test_a_run_after_a_following_is_not_held_up(client: Client) -> None:
    """World seconds are no seconds of the client's gate: it would wait for years."""
    follow(client)
    gate = client._gate("totals")
    asked: list[float] = []
    ask = gate.ask

    def spy(now: float) -> tuple[float, int | None]:
        wait, ticket = ask(now)
        asked.append(wait)
        assert wait < 120, "it would wait for years"
        return wait, ticket

    gate.ask = spy  # type: ignore[method-assign]
    result = client.run(ek.Query("totals", IDS, METRICS), progress=False)
    assert result.receipt.missing == 0
    assert client.emulator is not None
    client.emulator.clock.travel(HOUR)
    assert client.refresh(progress=False).results
    assert asked
    again = follow(client)
    assert again.receipt.taken == again.receipt.due > 0


def test_a_second_following_has_its_own_snapshots(client: Client, tmp_path: Path) -> None:
    """Table and receipt agree; what was seen before is in the history of the result."""
    first = follow(client)
    assert client.emulator is not None
    client.emulator.clock.set(START + 4 * HOUR)
    client.run(ek.Query("totals", IDS, METRICS), progress=False)
    client.emulator.clock.travel(10 * MINUTE)
    plan = client.plan_follow(IDS, METRICS, until=3 * HOUR, every=30 * MINUTE)
    assert not plan.begun
    assert plan.over == first.spec.until
    assert "begins anew: the last following of the same ended 2026-06-01T15" in repr(plan)
    second = follow(client)
    assert second.spec.since == START + 4 * HOUR + 10 * MINUTE
    table = second.to_pandas()
    assert len(table) == second.receipt.taken * len(METRICS)
    assert table["observed_at"].min() == second.spec.since
    assert pq.read_table(second.to_parquet(tmp_path / "b.parquet")).num_rows == len(table)
    assert second.to_dataset(tmp_path / "grows").added == len(table)
    every = second.result.to_pandas(history=True)
    assert len(every) == len(table) + len(IDS) * len(METRICS) + len(first.to_pandas())
    client.emulator.clock.travel(DAY)
    client.run(ek.Query("totals", IDS, METRICS), progress=False)
    late = second.to_pandas(as_of=client.now())
    assert len(late) == len(table)
    assert "begun anew" in second.receipt.to_text()
    assert "begun anew" not in first.receipt.to_text()


# --- read again -----------------------------------------------------------------------------------
@pytest.mark.parametrize("metrics", [["impressions"], METRICS])
@pytest.mark.parametrize("ids", [FOREIGN, [*IDS, *FOREIGN, *OLD]])
def test_a_receipt_is_the_same_offline(client: Client, ids: list[str], metrics: Any) -> None:
    """Also where nothing was pending any more, as of others' tweets that were refused."""
    live = follow(client, ids, metrics).receipt
    assert live.due > len(ids)
    assert offline(client) == live


def test_a_receipt_is_the_same_offline_after_it_was_stopped(client: Client) -> None:
    """By Ctrl-C while it waits, by a control, and by an error."""

    def sleep(seconds: float) -> None:
        assert client.emulator is not None
        client.emulator.clock.travel(timedelta(seconds=seconds / 2 + 1))
        raise KeyboardInterrupt

    found = follow(client, sleep=sleep)
    assert START < found.as_of < START + 30 * MINUTE
    assert offline(client) == found.receipt
    control = ek.Control()
    found = follow(client, control=control, on_tick=lambda _: control.stop())
    assert offline(client) == found.receipt
    assert found.receipt.stopped == "by hand"

    def fail(_: Tick) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        follow(client, on_tick=fail)
    assert offline(client).stopped == "by LookupError"


def test_a_stopped_following_says_so(client: Client) -> None:
    """All that was due so far was taken, and more is to come."""
    found = follow(client, on_tick=stop)
    receipt = found.receipt
    assert receipt.taken == receipt.due == len(IDS)
    assert receipt.left == len(found.schedule.dues().at) - receipt.due
    words = f"stopped early (by hand), {receipt.left} snapshots not due yet; call the same again"
    assert words in receipt.to_text()
    assert words in repr(found)
    assert "due so far" in receipt.to_html()
    whole = follow(client)
    assert (whole.receipt.stopped, whole.receipt.left) == (None, 0)
    assert "over; nothing more is due" in repr(whole)
    assert "stopped" not in whole.receipt.to_text()


def test_a_following_that_somebody_is_at_is_not_stopped(client: Client) -> None:
    """As the log says: of a killed process it says the same."""
    seen: list[str] = []
    follow(client, on_tick=lambda _: seen.append(offline(client).to_text()))
    assert "not over" in seen[0]
    assert not any("stopped" in one for one in seen)


# --- plans ----------------------------------------------------------------------------------------
def test_what_is_due_now_and_taken_is_not_priced_again(client: Client) -> None:
    """Planned at the very moment of a tick, before and after it was taken."""
    options: dict[str, Any] = {"until": 3 * HOUR, "every": 30 * MINUTE}
    fresh = client.plan_follow(IDS, METRICS, **options)
    follow(client, on_tick=stop)
    assert client.emulator is not None
    served = client.emulator.requests_served
    plan = client.plan_follow(IDS, METRICS, **options)
    assert (plan.snapshots, plan.requests) == (fresh.snapshots - len(IDS), fresh.requests - served)
    follow(client)
    assert client.emulator.requests_served == served + plan.requests


@pytest.mark.parametrize("metrics", [["impressions"], METRICS])
def test_a_plan_bounds_what_others_tweets_cost(client: Client, metrics: list[str]) -> None:
    """Where nobody says who wrote them; with owners= there is nothing to bound."""
    ids = [*IDS, *FOREIGN]
    plan = client.plan_follow(ids, metrics, until=DAY, every=30 * MINUTE)
    assert f"at most {plan.extra} requests more in all; owners= says" in repr(plan)
    found = follow(client, ids, metrics, until=DAY)
    assert found.receipt.requests <= plan.requests + plan.extra
    owned = client.plan_follow(IDS, metrics, until=DAY, every=30 * MINUTE, owners="acme")
    assert owned.extra == 0
    assert "owners=" not in repr(owned)


def test_a_plan_is_refused_where_a_following_would_be(client: Client) -> None:
    """All too old for all that is wanted: with the same words."""
    for ask in (client.plan_follow, client.follow):
        with pytest.raises(ek.errors.EngagementError, match="up to 90 days old"):
            ask(OLD, ["impressions"], until=DAY)


def test_wrong_options_are_refused_before_anything_is_kept(client: Client) -> None:
    """By their own names."""
    for name in ("on_tick", "sleep", "progress"):
        with pytest.raises(ek.errors.QueryError, match=f"{name}: '?3'?: allowed: "):
            follow(client, **{name: "3"})
    assert client.folder is not None
    assert not client.folder.exists()
