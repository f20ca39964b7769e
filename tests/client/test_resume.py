"""Going on with what was cut off: by which plan, and what is asked of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, Fault, World, WorldClock

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Start an emulator whose clock goes on, so that nothing open is as of this very moment."""
    clock = WorldClock()
    clock.set(NOW)
    with Emulator(World(), clock) as one:
        yield one


@pytest.fixture
def client(emulator: Emulator, tmp_path: Path) -> Iterator[Client]:
    """Connect with one thread, so that runs are cut off at the same point each time."""
    with ek.connect(emulator, store=tmp_path / "raw", threads=1) as one:
        yield one


def totals(client: Client, many: int = 1000, **options: Any) -> ek.Query:
    """Ask for the totals of some tweets: a request for each 250."""
    assert client.emulator is not None
    ids = client.emulator.world.sample_ids("acme", many, before=NOW)
    return ek.Query("totals", ids, ["favorites", "replies"], **options)


def cut_off(client: Client, asked: Any, after: int) -> None:
    """Interrupt a run after some requests, and let what is under way end."""
    ended = [0]

    def interrupt(step: ek.Step) -> None:
        ended[0] += step.is_end
        if ended[0] == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.run(asked, progress=False, on_step=interrupt)
    for one in threading.enumerate():
        if one.name.startswith("engagement-kit"):
            one.join(30)


def stored(client: Client) -> int:
    """Count the answers of the store."""
    return len(list(client._open(None).folder.glob("answers/*/*.zst")))


def run(client: Client, asked: Any, **options: Any) -> Result:
    """Run without a bar."""
    return client.run(asked, progress=False, **options)


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_the_order_of_raw_groupings_is_kept(client: Client, names: tuple[str, str]) -> None:
    """Which grouping comes first means something: the record keeps it, and the run goes on."""
    levels = (["tweet.id", "engagement.type"], ["engagement.type"])
    query = totals(client, groupings=dict(zip(names, levels, strict=True)))
    cut_off(client, query, after=2)
    result = run(client, query)
    assert (result.effort.sent, result.effort.sessions) == (4, 2)  # both sessions together
    opened = ek.open(result.store).latest
    assert opened.plan.query == query
    pd.testing.assert_frame_equal(opened.to_pandas(), result.to_pandas())


def test_a_plan_made_in_another_process_goes_on(client: Client) -> None:
    """The README's own way: plan, look at the price, run. It goes on with what was cut off."""
    query = totals(client)
    first = client.plan(query)
    assert (len(first), first.price.left, first.begun) == (4, 4, False)
    cut_off(client, first, after=2)
    done = stored(client)
    plan = client.plan(query, per_minute=2, max_requests=4 - done)
    assert (len(plan), plan.price.left, plan.now) == (4, 4 - done, first.now)
    assert plan.price.minutes == (4 - done) / 2
    assert f"{4 - done} left of 4" in repr(plan)
    assert "goes on with: a run of 2026-06-01T" in repr(plan)
    result = run(client, plan)
    assert (result.effort.sent, result.effort.sessions) == (4, 2)  # both together
    assert len(ek.open(result.store)) == 1
    with pytest.raises(ek.errors.BudgetExceeded):
        client.plan(query, resume=False, max_requests=3)


def test_a_set_of_ids_has_one_order() -> None:
    """In two processes a set comes in two orders; the question is the same all the same."""
    code = "import engagement_kit as ek; print(ek.Query('totals', {str(n) for n in range(20, 60)}, "
    code += "['replies']).tweet_ids)"
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in "12"
    }
    assert said == {f"{tuple(str(n) for n in range(20, 60))}\n"}


def test_what_other_runs_brought_meanwhile_is_not_asked(client: Client) -> None:
    """Cut off, then another question had the same tweets: nothing is left to ask."""
    period = ek.between("2026-04-10", "2026-04-20")
    world = client.emulator.world  # type: ignore[union-attr]
    ids = world.sample_ids("acme", 4000, before=NOW - timedelta(days=60))[:200]
    some = ek.Query("historical", ids[::2], ["impressions"], period=period)
    cut_off(client, some, after=1)
    more = run(client, ek.Query("historical", ids, ["impressions"], period=period))
    result = run(client, some)
    assert (len(result.plan), result.effort.sent) == (0, 0)
    assert result.receipt.missing == 0
    keys = ["tweet_id", "start"]
    mine, whole = (one.to_pandas().set_index(keys)["value"] for one in (result, more))
    assert mine.to_dict().items() <= whole.to_dict().items()


@pytest.mark.parametrize("how", ["deleted", "damaged"])
def test_a_reused_answer_that_is_gone_costs_itself_alone(client: Client, how: str) -> None:
    """The old plan can't be made again; what came since serves, and the rest is asked."""
    world = client.emulator.world  # type: ignore[union-attr]
    foreign = world.sample_ids(world.accounts[1].name, 1, before=NOW)
    ids = world.sample_ids("acme", 1500, before=NOW)
    run(client, ek.Query("totals", [*foreign, *ids[:1]], ["impressions"]))
    query = ek.Query("totals", [*ids, *foreign], ["impressions"])
    plan = client.plan(query)
    (refusal,) = plan.reused
    before = stored(client)
    cut_off(client, query, after=2)
    done = stored(client) - before
    path = client._open(None)._path(refusal.ref)
    if how == "deleted":
        path.unlink()
    else:
        path.write_bytes(b"x" * 50)
    said = pytest.warns(ek.errors.DamagedAnswer) if how == "damaged" else nullcontext()
    with said:
        result = run(client, query)
    assert result.effort.sent <= len(plan) - done + 1  # and the refusal is met once more
    assert result.receipt.fates == {"not_owned": 1} | {
        name: many for name, many in result.receipt.fates.items() if name.startswith("too_old")
    }
    assert result.plan.now == plan.now or result.plan.begun
    archive = ek.open(result.store)
    assert "asked the same and came to the end" in repr(archive)
    assert archive.latest.receipt.fates == result.receipt.fates


def test_nothing_to_go_on_with_is_planned_anew(client: Client, emulator: Emulator) -> None:
    """A run that was cut off before anything came: its moment means nothing any more."""
    emulator.faults.add(Fault("server_error"))
    control = ek.Control()
    control.stop()
    query = totals(client)
    stopped = run(client, query, control=control)
    assert stopped.effort.sent == 0
    emulator.faults.clear()
    emulator.clock.travel(timedelta(hours=2))
    result = run(client, query)
    assert result.plan.now > stopped.plan.now + timedelta(hours=1)
    assert result.effort.sessions == 1


def test_a_plan_of_28hr_says_what_will_be_sent(client: Client, emulator: Emulator) -> None:
    """Cut off, and gone on with in the next hour: the plan and the run agree."""
    emulator.clock.set(NOW.replace(minute=50))
    ids = emulator.world.sample_ids("acme", 2000, before=NOW - timedelta(days=3))[:100]
    query = ek.Query("28hr", ids, ["impressions"])
    cut_off(client, query, after=2)
    emulator.clock.set(NOW.replace(minute=10) + timedelta(hours=1))
    plan = client.plan(query)
    before = emulator.requests_served
    result = run(client, plan, max_requests=plan.price.left)
    assert emulator.requests_served - before == plan.price.left
    assert result.receipt.missing == 0
    assert result.plan.begun == plan.begun


def test_a_stopped_run_shows_all_that_the_store_has(client: Client) -> None:
    """Also what an earlier session brought that this one did not come to."""
    query = totals(client)
    cut_off(client, query, after=3)
    control = ek.Control()
    control.stop()  # before anything is sent: what is under way could come between the two looks
    result = run(client, query, control=control)
    opened = ek.open(result.store).latest
    assert result.receipt.answered == opened.receipt.answered
    assert len(result.refs) >= 3


@pytest.mark.parametrize(
    "content",
    [
        "", "{}", "null", '{"answers": 3}', "[1]",
        '{"answers": [3], "failures": [{}], "effort": {"sent": "x"}, "finished": true}',
        '{"query": {"tweet_ids": 3}, "now": "x", "where": {}, "reused": [], "requests": 1}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("part", ["plan", "session"])
def test_a_damaged_record_hurts_nobody_else(client: Client, content: str, part: str) -> None:
    """It is named and left out; the store opens, and the query is answered."""
    query = totals(client)
    run(client, totals(client, 20))
    cut_off(client, query, after=1)
    folder = client._open(None).folder / "runs"
    newest = max(folder.iterdir(), key=lambda one: one.name)
    (path,) = [one for one in newest.glob("*.json") if (one.stem == "plan") == (part == "plan")]
    path.write_text(content)
    (newest / "._plan.json").write_bytes(b"\x00")
    with pytest.warns(ek.errors.DamagedRecord, match="can't be read and is left out"):
        result = run(client, query)
    assert result.receipt.missing == 0
    with pytest.warns(ek.errors.DamagedRecord):
        archive = ek.open(client._open(None))
    assert archive.latest.receipt.missing == 0


def test_a_damaged_question_is_an_error_with_its_moment(client: Client) -> None:
    """The shape of the record is right, and what is in it is not."""
    result = run(client, totals(client, 20))
    (path,) = (result.store.folder / "runs").glob("*/plan.json")
    record = json.loads(path.read_text())
    record["query"]["endpoint"] = "nonsense"
    path.write_text(json.dumps(record))
    with pytest.raises(ek.errors.StoreError, match="the record of a run of 2026-06-01T"):
        ek.open(result.store).latest.to_pandas()


@pytest.mark.usefixtures("quick")
def test_failures_that_a_later_session_mended_are_gone(client: Client, emulator: Emulator) -> None:
    """Failed in the first session, answered in the second, cut off again: no failure is listed."""
    query = totals(client)
    bad = client.plan(query).requests[0].tweet_ids[0]
    emulator.faults.add(Fault("server_error", tweet_id=bad))
    cut_off(client, query, after=2)
    emulator.faults.clear()
    cut_off(client, query, after=1)
    opened = ek.open(client._open(None)).latest
    assert opened.failures == ()
    assert set(opened.receipt.fates) == {"not_asked"}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("budget", [2, 3, 5])
def test_a_budget_bounds_every_session(client: Client, emulator: Emulator, budget: int) -> None:
    """Faults and tries again don't go beyond it; running again goes on, within its own."""
    emulator.faults.add(Fault("server_error", rate=0.4))
    query = totals(client)
    if budget < 4:
        with pytest.raises(ek.errors.BudgetExceeded):
            run(client, query, max_requests=budget)
        return
    for _ in range(20):
        before = emulator.requests_served
        result = run(client, query, max_requests=budget)
        assert emulator.requests_served - before <= budget
        if not result.effort.stopped:
            break
        assert "the budget of 5 requests is spent; run the same again" in repr(result.receipt)
    assert result.receipt.missing == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max_age", 3600),
        ("max_age", timedelta(hours=-1)),
        ("resume", 3600),
        ("resume", None),
        ("max_requests", -1),
        ("max_requests", "10"),
        ("control", 3),
        ("on_step", 3),
        ("store", 3),
    ],
)
def test_an_option_that_means_nothing_is_refused(client: Client, option: str, value: Any) -> None:
    """With what is allowed, and before anything is sent."""
    with pytest.raises(ek.errors.QueryError, match=f"{option}: .*allowed: "):
        run(client, totals(client), **{option: value})
    assert client.emulator is not None
    assert client.emulator.requests_served == 0


def test_a_long_patience_is_one_too(client: Client) -> None:
    """The longest timedelta there is survives a record."""
    for query in (totals(client), ek.Query("historical", totals(client, 60).tweet_ids)):
        cut_off(client, client.plan(query, max_age=timedelta.max), after=1)
        result = run(client, query, max_age=timedelta.max)
        assert result.effort.sessions == 2
        assert ek.open(result.store).latest.receipt == result.receipt


@pytest.mark.parametrize("option", ["max_age", "settle"])
def test_going_on_keeps_to_the_rules_of_now(
    client: Client, emulator: Emulator, option: str
) -> None:
    """A run that took old answers was cut off: going on without that leave asks them again."""
    world = emulator.world
    ids = world.sample_ids("acme", 2000, before=NOW - timedelta(days=60))[::20]
    lax: dict[str, Any] = {option: timedelta(days=7 if option == "max_age" else 0)}
    query = ek.Query(
        "historical", ids, ["impressions"], period=ek.between("2026-04-01", "2026-05-30")
    )
    run(client, ek.Query("historical", ids[:50], ["impressions"], period=query.period))
    emulator.clock.travel(timedelta(days=3))
    cut_off(client, client.plan(query, **lax), after=2)
    asked = client.plan(query)
    old = NOW + timedelta(days=2)
    last = datetime(2026, 5, 30, tzinfo=UTC)
    stale = [one for one in asked.reused if one.observed_at < old]
    used = [asked.freshness.usable_until(one) for one in stale]
    assert asked.freshness.settle == timedelta(days=7)
    assert max(used, default=0) * 3600 < (last - timedelta(days=3)).timestamp()
    assert run(client, asked).receipt.missing == 0


@pytest.mark.parametrize("value", ["120", 0, -1, float("nan")])
def test_a_rate_that_is_none_is_refused(client: Client, value: Any) -> None:
    """For planning and for connecting."""
    with pytest.raises(ek.errors.QueryError, match="per_minute"):
        client.plan(totals(client), per_minute=value)
    with pytest.raises(ek.errors.QueryError, match="per_minute"):
        ek.connect("emulator", per_minute=value)


def test_a_plan_for_another_service_is_refused(client: Client) -> None:
    """Its answers would be filed under that service, and pass for its."""
    live = ek.plan(totals(client), now=NOW)
    with pytest.raises(ek.errors.QueryError, match="speaks to emulator/"):
        run(client, live)
    assert stored(client) == 0


def test_what_is_open_is_asked_again_and_the_plan_says_why(client: Client) -> None:
    """Lifetimes and the last week go on growing; `max_age=` lets older answers serve."""
    world = client.emulator.world  # type: ignore[union-attr]
    ids = world.sample_ids("acme", 30, before=NOW - timedelta(days=70))
    open_query = ek.Query("historical", ids, ["impressions"], period=ek.last(days=60))
    closed = ek.Query(
        "historical", ids, ["impressions"], period=ek.between("2026-04-01", "2026-05-01")
    )
    lifetimes = ek.Query("totals", ids, ["favorites"])
    for query in (open_query, closed, lifetimes):
        assert "asked again" not in repr(client.plan(query))
        run(client, query)
    assert "asked again: counts seen less than 7 days after the end" in repr(
        client.plan(open_query)
    )
    assert "asked again: stored counts that go on growing" in repr(client.plan(lifetimes))
    assert len(client.plan(closed)) == 0
    assert "asked again" not in repr(client.plan(closed))
    for query in (open_query, lifetimes):
        young = client.plan(query, max_age=timedelta(hours=1))
        assert len(young) <= 2 if query is open_query else len(young) == 0
        assert "asked again" not in repr(young)
    with pytest.raises(ek.errors.QueryError, match=r"give it to client\.plan"):
        run(client, client.plan(lifetimes), max_age=timedelta(hours=1))


def test_what_is_no_question_is_refused(client: Client) -> None:
    """Tweet ids alone ask nothing."""
    for nothing in (["20"], None):
        with pytest.raises(ek.errors.QueryError, match="query_or_plan"):
            run(client, nothing)
    with pytest.raises(ek.errors.QueryError, match=r"an ek\.Query"):
        client.plan(client.plan(totals(client)))  # type: ignore[arg-type]


def test_a_closed_client_says_so_at_once(client: Client) -> None:
    """It does not wait for a network that it will never have."""
    query = totals(client)
    run(client, query)
    client.close()
    with pytest.raises(ek.errors.EngagementError, match="this client is closed"):
        run(client, query)
