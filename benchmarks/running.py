"""How many times faster sixteen threads are than one, where each answer takes 200 ms.

The emulator is a process of its own, without a rate limit. The floor is what the waiting alone
would allow: sixteen times. Run it on a quiet machine: client and emulator share its cores.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import engagement_kit as ek
from engagement_kit.emulator import Emulator, Fault, World, WorldClock

CLOCK = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
LATENCY = 0.2
ROUNDS = 3


def serve(pipe: Connection) -> None:
    """Run an emulator that takes its time, until told to stop."""
    slow = Fault("slow", rate=1.0, seconds=LATENCY)
    with Emulator(World(), WorldClock(frozen=CLOCK), faults=[slow]) as emulator:
        ids = emulator.world.sample_ids("acme", 12_000, before=CLOCK)
        pipe.send((emulator.environment(), ids))
        pipe.recv()


def seconds_a_request(ids: list[str], *, threads: int, requests: int) -> float:
    """Time a run of so many requests, from the first call to the whole result."""
    query = ek.Query("28hr", ids[: 25 * requests], ["impressions"], by="total")
    with (
        tempfile.TemporaryDirectory() as store,
        ek.connect(store=store, threads=threads) as client,
    ):
        made = client.plan(query)
        began = time.perf_counter()
        result = client.run(made, progress=False)
        took = time.perf_counter() - began
        assert result.effort.sent == len(made), "something was asked twice"
        assert not result.failures
    return took / len(made)


def main() -> None:
    """Print the ratio of each round, and the middle one."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,))
    server.start()
    environment, ids = here.recv()
    os.environ.update(environment)
    ratios = []
    for _ in range(ROUNDS):
        one = seconds_a_request(ids, threads=1, requests=20)
        many = seconds_a_request(ids, threads=16, requests=320)
        ratios.append(one / many)
        print(f"1 thread {one * 1e3:.0f} ms a request, 16 threads {many * 1e3:.1f} ms: "
              f"{ratios[-1]:.1f} times")  # fmt: skip
    here.send("stop")
    server.join()
    print(
        f"middle of {ROUNDS} rounds: {statistics.median(ratios):.1f} times; the waiting allows 16"
    )


if __name__ == "__main__":
    main()
