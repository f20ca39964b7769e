"""Runs in the order of deadlines, while the world's clock goes on: what can be saved is saved."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.answers.runs import Runs
from engagement_kit.answers.store import Store
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, Fault, Settings, World, WorldClock
from engagement_kit.errors import BudgetExceeded, QueryError
from engagement_kit.fetch.wire import Reply
from engagement_kit.question.deadlines import deadline
from engagement_kit.question.hours import floor_hour
from engagement_kit.question.micros import moment_at
from engagement_kit.question.plan import Plan
from engagement_kit.question.request import Request
from engagement_kit.question.tweet_ids import created_at

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ACCOUNTS = ("acme", "birch", "cedar")
METRICS = ["impressions", "engagements"]


class Slow:
    """A network on which each request takes a while, by the world's clock."""

    def __init__(self, client: Client, takes: timedelta) -> None:
        assert client.emulator is not None
        self._send, self._clock, self._takes = (
            client.connection.transport.send,
            client.emulator.clock,
            takes,
        )
        self.sent: list[Request] = []

    def send(self, request: Request) -> Reply:
        """Send, and let time pass."""
        self.sent.append(request)
        reply = self._send(request)
        self._clock.travel(self._takes)
        return reply


@contextmanager
def slowly(
    world: World, takes: timedelta, folder: Path | None = None, threads: int = 1, **options: Any
) -> Iterator[tuple[Client, Slow]]:
    """Connect to a world that goes on with each request, and whose rate is known."""
    clock, rate = WorldClock(frozen=NOW), MINUTE / takes
    with (
        Emulator(world, clock, Settings(profile="overview"), **options) as emulator,
        ek.connect(
            emulator, store=folder, profile="overview", threads=threads, per_minute=rate
        ) as client,
    ):
        slow = Slow(client, takes)
        client.connection = replace(client.connection, transport=slow)  # type: ignore[arg-type]
        yield client, slow


def near(world: World, account: str, days: int, within: timedelta) -> list[str]:
    """Give an account's tweets that will be so many days old within a time."""
    edge = NOW - timedelta(days=days)
    ids = world.sample_ids(account, 60, before=edge + within)
    return [one for one in ids if (created_at(one) or edge) > edge]


def totals(world: World, within: timedelta) -> ek.Query:
    """Ask for tweets that are about to be 90 days old, of three accounts, the last ones first."""
    found = {one: near(world, one, 90, within) for one in ACCOUNTS}
    order = sorted((one for one in ACCOUNTS if found[one]), key=lambda one: -int(found[one][-1]))
    owners = {tweet: one for one in order for tweet in found[one]}
    return ek.Query("totals", list(owners), METRICS, owners=owners)


def lost(made: Plan, requests: tuple[Request, ...], takes: timedelta) -> int:
    """Count the tweets that are too old, or windows out of reach, at their turn."""
    late = 0
    for turn, one in enumerate(requests):
        sent = NOW + turn * takes
        start = None if one.start is None else floor_hour(one.start)
        for tweet in one.tweet_ids:
            last = deadline(one.endpoint, "impressions", tweet, start, made.where.profile)
            late += last is not None and sent > last
    return late


@pytest.mark.usefixtures("quick")
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 50), st.integers(10, 120))
def test_all_totals_are_saved_that_any_order_saves(seed: int, minutes: int) -> None:
    """As many numbers as the best order of the requests has; all, if any order has all."""
    as_many_are_saved_as_by_any_order(seed, minutes)


@pytest.mark.long
@pytest.mark.usefixtures("quick")
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.integers(1, 400))
def test_all_totals_are_saved_in_many_worlds(seed: int, minutes: int) -> None:
    """The same in hundreds of worlds, from one request a minute to one in hours."""
    as_many_are_saved_as_by_any_order(seed, minutes)


def as_many_are_saved_as_by_any_order(seed: int, minutes: int) -> None:
    """Run in the order of deadlines while the clock goes on; hold it against every order."""
    world, takes = World(seed=seed), minutes * MINUTE
    query = totals(world, timedelta(hours=6))
    with slowly(world, takes) as (client, slow):
        made = client.plan(query, order="deadline")
        ways = itertools.permutations(made.requests)
        best = min(lost(made, one, takes) for one in ways)
        result = client.run(made, progress=False)
        assert made.due is not None
        assert made.due.late == best * len(METRICS)
        assert result.receipt.missing == best * len(METRICS)
        assert slow.sent == list(made.requests)


@pytest.mark.usefixtures("quick")
def test_the_default_order_loses_what_the_order_of_deadlines_saves() -> None:
    """The same question in the same world, once in each order."""
    world, takes = World(seed=1), timedelta(minutes=75)
    query = totals(world, timedelta(hours=6))
    found = {}
    for order in (None, "deadline"):
        with slowly(world, takes) as (client, _):
            found[order] = client.run(query, order=order, progress=False).receipt  # type: ignore[arg-type]
    assert found["deadline"].missing == 0
    assert found[None].missing > 0
    assert found[None].requests == found["deadline"].requests


@pytest.mark.usefixtures("quick")
def test_several_threads_keep_the_order() -> None:
    """They wait for the rate in the order of the plan; none is overtaken by a whole round."""
    with slowly(World(), MINUTE, threads=4) as (client, slow):
        assert client.emulator is not None
        ids = client.emulator.world.sample_ids("acme", 3000, before=NOW)
        made = client.plan(ek.Query("totals", ids[::-1], METRICS), order="deadline")
        client.run(made, progress=False)
        place = {one.key: at for at, one in enumerate(made.requests)}
        gone = [place[one.key] for one in slow.sent]
        assert sorted(gone) == list(range(len(made)))
        assert all(abs(turn - at) < 4 for turn, at in enumerate(gone))


def history(world: World) -> ek.Query:
    """Ask for the year of tweets that are about a year old, of three accounts."""
    owners = {
        tweet: one
        for one in ACCOUNTS
        for tweet in world.sample_ids(one, 3, before=NOW - timedelta(days=366))
    }
    period = ek.between("2025-06-01T15:00Z", "2026-06-01")
    return ek.Query(
        "historical", list(owners), ["impressions"], by="hour", period=period, owners=owners
    )


@pytest.mark.usefixtures("quick")
def test_history_about_to_fall_out_of_reach_is_saved() -> None:
    """Windows that begin a year ago go first, whoever signs; by account some are refused."""
    world, takes = World(seed=2), timedelta(minutes=30)
    query = history(world)
    found = {}
    for order in (None, "deadline"):
        with slowly(world, takes) as (client, _):
            result = client.run(query, order=order, progress=False)  # type: ignore[arg-type]
            found[order] = result.receipt
    assert found["deadline"].missing == 0
    assert found[None].fates["failed" if "failed" in found[None].fates else "refused"] > 0
    assert found[None].requests >= found["deadline"].requests


@pytest.mark.usefixtures("quick")
def test_what_a_fault_delayed_comes_before_the_others() -> None:
    """One that got no answer is asked again as soon as another got one, not after all others."""
    world, takes = World(seed=1), timedelta(minutes=5)
    query = totals(world, timedelta(hours=6))
    faults = [Fault("reset", nth=1)]
    with slowly(world, takes, faults=faults) as (client, slow):
        made = client.plan(query, order="deadline")
        assert client.run(made, progress=False).receipt.missing == 0
        first, *others = [one.account for one in made.requests]
        assert [one.account for one in slow.sent] == [first, others[0], first, *others[1:]]
    with slowly(world, takes, faults=faults) as (client, slow):
        client.run(query, progress=False)
        sent = [one.account for one in slow.sent]
        assert sent[0] == sent[-1] != sent[2]


@pytest.mark.usefixtures("quick")
def test_what_became_too_late_makes_way() -> None:
    """Where waits took the turns that a plan reckoned with, what still can be saved is saved."""
    world, takes = World(seed=1), timedelta(minutes=5)
    query = totals(world, timedelta(hours=6))
    with slowly(world, takes) as (client, slow):
        made = client.plan(query, order="deadline")
        assert made.due is not None
        assert client.emulator is not None
        gone = int(np.argmin(made.due.until))
        client.emulator.clock.set(moment_at(int(made.due.until[gone]) + 1))
        client.run(made, progress=False)
        late = made.requests[gone]
        assert slow.sent == [*(one for one in made.requests if one != late), late]


def tables(client: Client, query: ek.Query, **options: Any) -> Any:
    """Run, and give the table without which request brought a number, and when."""
    frame = client.run(query, progress=False, **options).to_pandas()
    frame = frame.drop(columns=["request_key", "observed_at"]).astype(str)
    return frame.sort_values(list(frame.columns)).reset_index(drop=True)


@pytest.mark.parametrize("endpoint", ["totals", "28hr", "historical"])
def test_tables_are_equal_in_any_order(endpoint: str, tmp_path: Path) -> None:
    """The order changes when a number is asked, and nothing else."""
    with ek.connect("emulator", clock="2026-06-01T12:34Z") as client:
        assert client.emulator is not None
        ids = client.emulator.world.sample_ids("acme", 700, before=NOW)
        query = ek.Query(endpoint, ids, ["impressions", "favorites", "video_views"])
        plain = tables(client, query, store=tmp_path / "plain")
        sorted_ = tables(client, query, store=tmp_path / "sorted", order="deadline")
        assert len(plain) > len(ids)
        assert plain.equals(sorted_)


# --- records --------------------------------------------------------------------------------------
def cut_off(client: Client, query: ek.Query, after: int, **options: Any) -> Result:
    """Stop a run after some requests."""
    control, ended = ek.Control(), [0]

    def step(one: ek.Step) -> None:
        ended[0] += one.is_end
        if ended[0] == after:
            control.stop()

    return client.run(query, progress=False, on_step=step, control=control, **options)


def many_totals(client: Client) -> ek.Query:
    """Ask for totals in five requests."""
    assert client.emulator is not None
    ids = client.emulator.world.sample_ids("acme", 1100, before=NOW)
    return ek.Query("totals", ids[::-1], [METRICS[0], "favorites"])


@pytest.mark.usefixtures("quick")
def test_a_run_that_goes_on_keeps_its_order(tmp_path: Path) -> None:
    """What is left is planned by the record: the same requests in the same order."""
    with slowly(World(), MINUTE, tmp_path) as (client, slow):
        query = many_totals(client)
        first = client.plan(query, order="deadline")
        cut_off(client, query, 2, order="deadline")
        done = len(slow.sent)
        assert 0 < done < len(first)
        going_on = client.plan(query)
        assert (going_on.begun, going_on.order, going_on.rate) == (True, "deadline", 1.0)
        assert list(going_on.requests) == list(first.requests)
        client.run(query, progress=False)
        assert slow.sent == list(first.requests)
        assert [one.plan.order for one in ek.open(tmp_path)] == ["deadline"]


@pytest.mark.usefixtures("quick")
def test_another_order_is_heeded_when_a_run_goes_on(tmp_path: Path) -> None:
    """A run that was begun in none goes on in the one that is asked for; nothing is asked twice."""
    with slowly(World(), MINUTE, tmp_path) as (client, slow):
        query = many_totals(client)
        cut_off(client, query, 2)
        done = len(slow.sent)
        assert 0 < done < 5
        going_on = client.plan(query, order="deadline")
        assert (going_on.begun, going_on.order) == (True, "deadline")
        client.run(query, progress=False, order="deadline")
        asked = [tweet for one in slow.sent for tweet in one.tweet_ids]
        assert len(asked) == len(set(asked))


def test_records_of_older_kits_have_no_order(tmp_path: Path) -> None:
    """They are read as before."""
    with ek.connect("emulator", clock="2026-06-01T12:34Z", store=tmp_path) as client:
        query = ek.Query("totals", ek.sample_ids(client, 3))
        client.run(query, progress=False)
    runs = Runs(tmp_path)
    (name,) = runs.names()
    record = runs.load(name)["plan"]
    assert (record.pop("order"), record.pop("rate")) == (None, None)
    runs.save(name, "plan", record)
    (result,) = ek.open(tmp_path)
    assert (result.plan.order, result.plan.query) == (None, query)


@pytest.mark.usefixtures("quick")
def test_a_run_whose_windows_fell_out_of_reach_is_planned_anew(tmp_path: Path) -> None:
    """It does not go on with windows that the service refuses; what is stored serves."""
    with slowly(World(seed=2), 10 * MINUTE, tmp_path) as (client, slow):
        query = history(World(seed=2))
        cut_off(client, query, 1, order="deadline")
        assert client.emulator is not None
        client.emulator.clock.travel(timedelta(hours=8, minutes=20))
        made = client.plan(query, order="deadline")
        assert (made.begun, made.reuses_counts) == (False, True)
        assert client.run(query, progress=False, order="deadline").failures == ()
        assert len(slow.sent) == 1 + len(made)


def test_an_order_is_checked_before_anything_is_sent() -> None:
    """A wrong one is refused, and so is one that a plan would not heed."""
    with ek.connect("emulator", clock="2026-06-01T12:34Z") as client:
        ids = ek.sample_ids(client, 3)
        query = ek.Query("totals", ids)
        for ask in (client.plan, client.run):
            with pytest.raises(QueryError, match="order: 'soon'"):
                ask(query, order="soon")  # type: ignore[operator]
        with pytest.raises(QueryError, match="was made in its own"):
            client.run(client.plan(query), order="deadline", progress=False)
        made = client.plan(query, order="deadline")
        assert client.run(made, order="deadline", progress=False).receipt.missing == 0
        assert len(client.totals(ids, order="deadline", progress=False)) == 3 * len(query.metrics)


# --- refreshes ------------------------------------------------------------------------------------
def test_a_refresh_asks_in_the_order_that_is_given(tmp_path: Path) -> None:
    """What is lost first is asked first, though others sign before by default; at no more calls."""
    world = World(seed=4)
    owners, edge = {}, NOW - timedelta(days=90)
    for account, days in zip(ACCOUNTS, (3, 2, 1), strict=True):  # the last one's are lost first
        near = edge + timedelta(days=days)
        ids = world.sample_ids(account, 50, before=near)
        owners |= {
            one: account for one in ids if (created_at(one) or edge) > near - 24 * 60 * MINUTE
        }
    assert {*owners.values()} == {*ACCOUNTS}
    ids = list(owners)
    with slowly(world, timedelta(seconds=1), tmp_path) as (client, slow):
        client.run(ek.Query("totals", ids, METRICS, owners=owners), progress=False)
        assert client.emulator is not None
        client.emulator.clock.travel(timedelta(hours=1))
        signed = {}
        for order in (None, "deadline"):
            made = client.plan_refresh(order=order)
            assert [one.order for one in made.plans] == [order]
            slow.sent.clear()
            client.refresh(order=order, progress=False)
            assert len(slow.sent) == made.requests == len(ACCOUNTS)
            signed[order] = [one.account for one in slow.sent]
            client.emulator.clock.travel(timedelta(hours=1))
        assert signed == {None: [*ACCOUNTS], "deadline": [*ACCOUNTS[::-1]]}
        with pytest.raises(QueryError, match="order: 'size': allowed: deadline, or None"):
            client.refresh(order="size")  # type: ignore[arg-type]


# --- day by day -----------------------------------------------------------------------------------
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("faults", [[], [Fault("server_error", rate=0.3)]])
def test_a_daily_allowance_saves_the_most_urgent_first(
    tmp_path: Path, threads: int, faults: list[Fault]
) -> None:
    """Each day so many calls at most; the next goes on with the next deadlines, and none twice."""
    world, allowance = World(seed=5), 5
    ids = world.sample_ids("acme", 2900, before=NOW)
    query = ek.Query("totals", ids, ["video_views"])
    many = -(-len(ids) // 250)
    assert many == 12
    days: list[list[Request]] = []
    with slowly(world, MINUTE, tmp_path, threads, faults=faults) as (client, slow):
        with pytest.raises(BudgetExceeded, match="stop_after=5"):
            client.run(query, max_requests=allowance, progress=False)
        stopped = True
        while stopped and len(days) < many:
            begin = len(slow.sent)
            result = client.run(query, order="deadline", stop_after=allowance, progress=False)
            days.append(slow.sent[begin:])
            stopped = bool(result.effort.stopped)
            if stopped:
                assert len(days[-1]) == allowance
                assert "run the same again to go on" in repr(result.receipt)
            assert len(days[-1]) <= allowance
            a_day_goes_by(client, tmp_path)
    asked = [one.tweet_ids for one in {one.key: one for day in days for one in day}.values()]
    assert len(asked) == many
    if not faults:
        assert [len(day) for day in days] == [5, 5, 2]
        spans = [[int(it) for one in day for it in one.tweet_ids] for day in days]
        assert all(max(one) < min(other) for one, other in itertools.pairwise(spans))
    answered = Counter(one for known in Store(tmp_path).known() for one in known.tweet_ids)
    assert answered == Counter(ids)


def a_day_goes_by(client: Client, folder: Path) -> None:
    """Move the world's clock, and let the records look as old as they would be."""
    assert client.emulator is not None
    client.emulator.clock.travel(timedelta(days=1))
    for path in (folder / "runs").rglob("*"):
        then = path.stat().st_mtime - 86_400
        os.utime(path, (then, then))


def test_what_is_no_allowance_is_refused() -> None:
    """Of no call nothing can come."""
    with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        query = ek.Query("totals", ek.sample_ids(client, 2), METRICS)
        for wrong in (0, -1, 2.0, True, "20"):
            with pytest.raises(QueryError, match=r"stop_after: .*a whole number above 0, or None"):
                client.run(query, stop_after=wrong)  # type: ignore[arg-type]
