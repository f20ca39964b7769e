"""How long the request form takes from a change to everything shown, with 100,000 tweet ids in it.

Run it with ``make bench``. Processor and wall time, medians of seven changes, for a store without
answers and one with 300; the quiet that a form waits for while somebody types is not in it. And
how long it takes from ``import engagement_kit`` to a form.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.question.tweet_ids import ID_EPOCH_MS

CLOCK = "2026-06-01T12:34:00Z"
NOW_MS = 1_780_317_240_000
ROWS, ANSWERS, ROUNDS = 100_000, 300, 7
PERIOD = ek.last(days=28)
METRICS = ["impressions", "engagements"]
OPENING = """
import time
began, used = time.perf_counter(), time.process_time()
import engagement_kit as ek
imported = time.perf_counter()
with ek.connect("emulator") as client:
    connected = time.perf_counter()
    form = ek.RequestForm(client, keep=None)
    done = time.perf_counter()
    print(imported - began, connected - imported, done - connected, time.process_time() - used)
"""


def ids_of(rows: int) -> list[str]:
    """Make ids of tweets spread over the last year."""
    ages = np.random.default_rng(1).integers(0, 365 * 86_400_000, rows).tolist()
    before = NOW_MS - ID_EPOCH_MS
    return [str(((before - age) << 22) + at % 4096) for at, age in enumerate(ages)]


def fill(client: Client) -> list[str]:
    """Put answers into the client's store, and give the tweets that they count."""
    ids = ek.sample_ids(client, 25 * ANSWERS)
    query = ek.Query(
        "historical", ids, ["impressions"], period=ek.between("2026-05-05", "2026-05-12")
    )
    parts = [ids[at : at + 25] for at in range(0, len(ids), 25)]
    client.run(query, progress=False)
    made = len(list(client.plan(query).reused))
    print(f"  the store holds {made} answers to {len(parts)} batches")
    return ids


def changes(form: ek.RequestForm) -> dict[str, Callable[[int], None]]:
    """List what a person does, each time with another value."""
    tweets, metrics, period = form._tweets, form._metrics, form._period
    text = tweets.pasted.value

    def type_id(at: int) -> None:
        tweets.pasted.value = f"{text}\n{'12345678'[: at + 1]}"

    def tick(at: int) -> None:
        metrics.boxes["favorites"].value = not at % 2

    def turn(at: int) -> None:
        tweets.endpoint.value = ("totals", "historical")[at % 2]

    def move(at: int) -> None:
        period.length.value = 20 + at

    return {
        "a key in the box of ids": type_id,
        "a metric ticked": tick,
        "another endpoint": turn,
        "another period": move,
    }


def measure(change: Callable[[int], None]) -> tuple[float, float]:
    """Give the medians of processor and wall time."""
    used, took = [], []
    for at in range(ROUNDS):
        cpu, wall = time.process_time(), time.perf_counter()
        change(at)
        used.append(time.process_time() - cpu)
        took.append(time.perf_counter() - wall)
    return median(used), median(took)


def show_changes(store: Path, *, full: bool) -> None:
    """Print the times of all changes."""
    with ek.connect("emulator", clock=CLOCK, store=store) as client:
        ids = ids_of(ROWS)
        if full:
            stored = fill(client)
            ids = stored + ids[: ROWS - len(stored)]
        keep = store / "form" / "state.json"
        query = ek.Query("historical", ids[:1], METRICS, period=PERIOD)
        form = ek.RequestForm(client, query, keep=keep)
        form._tweets.pasted.value = "\n".join(ids)
        known = "300 answers stored" if full else "nothing stored"
        print(f"  {ROWS:,} ids, {known}: {form.price}")
        for name, change in changes(form).items():
            used, took = measure(change)
            print(f"    {name:28}{used:6.3f} s processor{took:8.3f} s", flush=True)


def show_opening() -> None:
    """Print how long it takes to a form, in new processes."""
    rows = []
    for _ in range(ROUNDS):
        done = subprocess.run(
            [sys.executable, "-c", OPENING], capture_output=True, text=True, check=True
        )
        rows.append([float(one) for one in done.stdout.split()])
    imported, connected, made, used = (median(column) for column in zip(*rows, strict=True))
    print(f"  import {imported:.3f} s, connect {connected:.3f} s, form {made:.3f} s;")
    print(f"  all of it {imported + connected + made:.3f} s, {used:.3f} s processor")


def main() -> None:
    """Print the tables."""
    print("From `import engagement_kit` to a form")
    show_opening()
    print("From a change to everything shown")
    with tempfile.TemporaryDirectory() as folder:
        show_changes(Path(folder) / "empty", full=False)
        show_changes(Path(folder) / "full", full=True)


if __name__ == "__main__":
    main()
