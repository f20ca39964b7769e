"""How long it takes to read one full hourly answer, as a ratio to parsing its JSON alone.

Run it with ``make bench``. The rivals are interleaved in one run; the median ratio counts.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd

import engagement_kit as ek
from engagement_kit.emulator import Settings, World
from engagement_kit.emulator.api.answer import answer
from engagement_kit.emulator.api.oauth import Caller
from engagement_kit.question.metrics import offered

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROUNDS = 7


def body() -> bytes:
    """Make the largest answer: 25 tweets, 15 metrics, 28 days by hour."""
    world = World()
    asked = {
        "start": "2026-05-04T12:00:00Z",
        "end": "2026-06-01T12:00:00Z",
        "tweet_ids": world.sample_ids("acme", 25, before=NOW),
        "engagement_types": list(offered("historical")[:15]),
        "groupings": {
            "by hour": {
                "group_by": ["tweet.id", "engagement.type", "engagement.day", "engagement.hour"]
            }
        },
    }
    caller = Caller("user", "acme")
    reply = answer(world, Settings(), NOW, caller, "historical", json.dumps(asked).encode())
    return json.dumps(reply.payload).encode()


def by_hand(raw: bytes) -> pd.DataFrame:
    """Do what users write: loops, a list of dicts, a DataFrame."""
    rows = [
        {"tweet_id": tweet, "metric": metric, "time": f"{day}T{hour}", "value": int(count)}
        for tweet, metrics in json.loads(raw)["by hour"].items()
        for metric, days in metrics.items()
        for day, hours in days.items()
        for hour, count in hours.items()
    ]
    return pd.DataFrame(rows)


def main() -> None:
    """Measure, and print one line for each way."""
    raw = body()
    ways: dict[str, Callable[[bytes], object]] = {
        "json.loads alone (no table)": json.loads,
        "loops by hand, 4 columns, nothing checked": by_hand,
        "ek.tidy_arrow, 14 columns, everything checked": ek.tidy_arrow,
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.perf_counter()
            way(raw)
            taken[name].append(time.perf_counter() - began)
    floor = taken["json.loads alone (no table)"]
    print(f"{len(raw) / 1e6:.1f} MB, {len(by_hand(raw)):,} counts, {ROUNDS} rounds")
    for name, seconds in taken.items():
        ratio = statistics.median(a / b for a, b in zip(seconds, floor, strict=True))
        print(f"  {ratio:5.1f} x  {statistics.median(seconds) * 1000:6.0f} ms  {name}")


if __name__ == "__main__":
    main()
