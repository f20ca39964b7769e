"""Kill -9 at any instant of a job, and run it again: the same table, nothing asked twice."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import engagement_kit as ek
from engagement_kit.answers.store import Store
from engagement_kit.client.effort import Effort
from engagement_kit.client.receipt import Receipt
from engagement_kit.emulator import Emulator, Fault, World, WorldClock

CLOCK = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
THREADS = 4
QUIET = 0.25  # seconds without a call served; each takes 0.01


def query_of(world: World) -> ek.Query:
    """Ask for ten weeks of a hundred tweets, with a foreign and an unavailable one among them."""
    acme, other = world.accounts[0].name, world.accounts[1].name
    ids = world.sample_ids(acme, 2000, before=CLOCK)[::20]
    ids += world.sample_ids(other, 1, before=CLOCK)
    ids += world.sample_ids(acme, 1, before=CLOCK, kind="unavailable")
    period = ek.between("2026-03-01", "2026-05-15")
    return ek.Query("historical", ids, ["impressions", "favorites"], by="day", period=period)


def work(environment: dict[str, str], store: str, question: dict[str, Any]) -> None:
    """Run the job in a child process, by environment variables as anybody would."""
    os.environ.update(environment)
    with ek.connect(store=store, threads=THREADS) as client:
        client.run(ek.Query.from_dict(question), progress=False)


class Jobs:
    """Starts the same job in child processes against one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.query = query_of(emulator.world)
        # A server that has the kit loaded forks the children: they start at once.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["engagement_kit.client.connect", __name__])

    def start(self, store: Path) -> Any:
        """Start the job."""
        arguments = (self.emulator.environment(), str(store), self.query.to_dict())
        child = self._context.Process(target=work, args=arguments)
        child.start()
        return child

    def finish(self, store: Path) -> float:
        """Run the job to its end; give the seconds that it took."""
        began = time.monotonic()
        child = self.start(store)
        child.join(60)
        assert child.exitcode == 0
        return time.monotonic() - began

    def settle(self) -> None:
        """Wait until the emulator has ended what a killed child sent it."""
        served, until = -1, time.monotonic() + 30
        while served < self.emulator.requests_served:
            assert time.monotonic() < until, "somebody still asks"
            served = self.emulator.requests_served
            time.sleep(QUIET)

    def table(self, store: Path) -> pa.Table:
        """Read the table of the newest run of a store, but for the moments of observation."""
        result = ek.open(store).latest
        assert result.receipt.asked == result.receipt.answered + result.receipt.missing
        return result.to_arrow().drop_columns(["observed_at"])


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    """Start an emulator whose clock goes on, and which takes its time."""
    slow = Fault("slow", rate=1.0, seconds=0.01)
    clock = WorldClock()
    clock.set(CLOCK)
    with Emulator(World(), clock, faults=[slow]) as emulator:
        yield Jobs(emulator)


def answered(store: Path) -> Counter[str]:
    """Count the good answers of a store by request."""
    scan = Store(store).scan()
    assert not scan.damaged, "a file reads wrong"
    return Counter(one.key for one in scan.known)


def assert_same(found: pa.Table, expected: pa.Table) -> None:
    """Compare tables, and say where they differ."""
    # In which order answers came shows in the order of categories, and nowhere else.
    left, right = found.to_pandas(), expected.to_pandas()
    pd.testing.assert_frame_equal(left, right, check_categorical=False)
    assert found.schema.equals(expected.schema)


def check_calls(store: Path, served: int) -> Effort | None:
    """Hold the calls that receipts count against those that the emulator served.

    Give what the newest run took; None where there is none.
    """
    efforts = [check_receipt(one.receipt) for one in ek.open(store)] if store.is_dir() else []
    sent = sum(one.sent for one in efforts)
    assert sent - sum(one.under_way for one in efforts) <= served <= sent
    return efforts[-1] if efforts else None


def check_receipt(receipt: Receipt) -> Effort:
    """Hold what a receipt says of calls against itself."""
    effort, data, text = receipt.effort, receipt.to_dict(), receipt.to_text()
    assert 0 <= effort.under_way <= THREADS * effort.not_ended
    assert sum(receipt.by_account.values()) == effort.sent == data["sent"]
    assert data["sent_at_least"] == effort.sent - effort.under_way
    assert ("at least" in text) == bool(effort.under_way or effort.not_counted)
    assert ("did not end: killed" in text) == bool(effort.not_ended)
    assert effort.not_counted == 0
    return effort


def kill_and_go_on(jobs: Jobs, store: Path, after: float, expected: pa.Table) -> int:
    """Kill the job after some seconds, run it again, and hold the outcome against the facts."""
    at_first = jobs.emulator.requests_served
    child = jobs.start(store)
    time.sleep(after)
    child.kill()
    child.join(60)
    jobs.settle()
    before, served = answered(store), jobs.emulator.requests_served
    killed = check_calls(store, served - at_first)
    assert killed is None or bool(killed.stopped) == bool(killed.not_ended), "it says so"
    jobs.finish(store)
    effort = check_calls(store, jobs.emulator.requests_served - at_first)
    assert effort is not None
    assert (effort.found, effort.stopped) == (0, ""), "what a killed session sent is no find"
    assert effort.sessions - effort.not_ended >= 1
    assert_same(jobs.table(store), expected)
    after_all = answered(store)
    assert set(after_all.values()) == {1}, "an answer was asked twice"
    assert jobs.emulator.requests_served - served == len(after_all) - len(before)
    return len(before)


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_job_goes_on(jobs: Jobs, tmp_path: Path, seed: int) -> None:
    """At some random instants; the long version has two hundred."""
    several_kills(jobs, tmp_path, seed, times=2)


@pytest.mark.long
def test_a_job_can_be_killed_at_any_instant(jobs: Jobs, tmp_path: Path) -> None:
    """Two hundred random instants, from the first import to the last record."""
    found = several_kills(jobs, tmp_path, seed=0, times=200)
    assert len(found) > 3, "the instants were spread over the job"


def several_kills(jobs: Jobs, folder: Path, seed: int, times: int) -> Counter[int]:
    """Kill at random instants; count how many answers were there each time."""
    chance = random.Random(seed)  # noqa: S311
    seconds = jobs.finish(folder / "whole")
    expected = jobs.table(folder / "whole")
    assert expected.num_rows > 500
    return Counter(
        kill_and_go_on(jobs, folder / str(n), chance.uniform(0, seconds), expected)
        for n in range(times)
    )


@pytest.mark.parametrize("kill", [False, True])
def test_two_processes_count_each_call_once(jobs: Jobs, tmp_path: Path, kill: bool) -> None:
    """At once on one question, one of them killed or not: all calls, and none as found."""
    seconds = jobs.finish(tmp_path / "whole")
    at_first, store = jobs.emulator.requests_served, tmp_path / "raw"
    children = [jobs.start(store) for _ in range(2)]
    if kill:
        time.sleep(seconds * 0.8)
        children[0].kill()
    for child in children:
        child.join(60)
    jobs.settle()
    assert children[1].exitcode == 0
    effort = check_calls(store, jobs.emulator.requests_served - at_first)
    assert effort is not None
    if len(ek.open(store)) == 1:  # else the second planned when something had come
        assert effort.found == 0
    assert_same(jobs.table(store), jobs.table(tmp_path / "whole"))
