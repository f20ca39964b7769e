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
from engagement_kit.emulator import Emulator, Fault, World, WorldClock

CLOCK = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
THREADS = 4


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


def kill_and_go_on(jobs: Jobs, store: Path, after: float, expected: pa.Table) -> int:
    """Kill the job after some seconds, run it again, and hold the outcome against the facts."""
    child = jobs.start(store)
    time.sleep(after)
    child.kill()
    child.join(60)
    time.sleep(0.05)  # let the emulator end what it was sent
    before, served = answered(store), jobs.emulator.requests_served
    jobs.finish(store)
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
