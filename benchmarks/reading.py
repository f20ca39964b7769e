"""How long it takes to turn one answer into a table, as a ratio to parsing its JSON alone.

Run it with ``make bench``. The floor is ``orjson.loads`` of the same bytes, which makes no table.
All ways are interleaved in one run; the median ratio counts. The table is written to the README.
"""

from __future__ import annotations

import itertools
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

import engagement_kit as ek
from engagement_kit.question.metrics import offered
from engagement_kit.tables.readers import body
from engagement_kit.tables.readers.scan import scan
from engagement_kit.tables.readers.scanned import Scanner

ROUNDS = 9
SEEN = datetime(2026, 6, 9, tzinfo=UTC)
FIRST = datetime(2026, 5, 1, tzinfo=UTC)
README = Path(__file__).parent / "README.md"
USUAL = ("tweet", "metric", "day", "hour")
KEYS = {
    "tweet": [str(1_500_000_000_000_000_000 + at * 7_919 * 10**9) for at in range(25)],
    "metric": list(offered("historical")[:15]),
    "day": [f"{FIRST + timedelta(days=at):%Y-%m-%d}" for at in range(28)],
    "hour": [f"{hour:02d}" for hour in range(24)],
}


def answer(order: Sequence[str] = USUAL, *, share: float = 1.0, shuffled: bool = False) -> bytes:
    """Make an hourly answer of 25 tweets, 15 metrics, 28 days; a share of the counts is there."""
    chance = random.Random(1)

    def nest(levels: Sequence[str]) -> Any:
        if not levels:
            return str(int(chance.expovariate(1 / 8)))
        keys = KEYS[levels[0]]
        if shuffled:
            keys = chance.sample(keys, len(keys))
        if len(levels) == 1:
            keys = [one for one in keys if share == 1 or chance.random() < share] or keys[:1]
        return {key: nest(levels[1:]) for key in keys}

    payload = {"start": f"{FIRST:%Y-%m-%dT00:00:00Z}", "end": "2026-05-29T00:00:00Z"}
    return json.dumps(payload | {"by hour": nest(order)}, separators=(",", ":")).encode()


def small() -> bytes:
    """Make an answer of /totals: 25 tweets, 15 metrics."""
    counts = {one: dict.fromkeys(KEYS["metric"], "17") for one in KEYS["tweet"]}
    return json.dumps({"by tweet": counts}, separators=(",", ":")).encode()


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


def table(scanner: Scanner | None) -> Callable[[bytes], Any]:
    """Read with one of our readers, up to the Arrow table; None for the general one alone."""

    def read(raw: bytes) -> Any:
        body._chosen = lambda _: scanner or (lambda *_: None)  # type: ignore[assignment]
        return ek.tidy_arrow(raw, None, "historical", SEEN)

    return read


def ratios(
    raws: Sequence[bytes], ways: dict[str, Callable[[bytes], object]], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Time the ways on each body, interleaved; give each body's median ratio to the floor."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for raw in raws:
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for way in ways.values():
            way(raw)
        for _ in range(rounds):
            floor = seconds(orjson.loads, raw)
            for name, way in ways.items():
                taken[name].append(seconds(way, raw) / floor)
        for name, one in taken.items():
            found[name].append(statistics.median(one))
    return found


def seconds(way: Callable[[bytes], object], raw: bytes) -> float:
    """Take the processor time of one call: others on the machine take none of it."""
    began = time.process_time()
    way(raw)
    return time.process_time() - began


def lines() -> Iterator[str]:
    """Measure, and give the lines of the table."""
    ours = {"default install": table(scan)}
    if find_spec("numba") is not None:
        from engagement_kit.tables.readers.kernel import scan as kernel

        ours["with `[fast]`"] = table(kernel)
    hand = {"by hand, 4 columns": by_hand, "general reader": table(None)}
    orders = list(itertools.permutations(USUAL))
    cases = [
        ("dense, usual order (252,000 counts)", [answer()]),
        ("dense, keys shuffled", [answer(shuffled=True)]),
        ("dense, with space behind signs", [json.dumps(json.loads(answer())).encode()]),
        ("dense, all 24 orders", [answer(one) for one in orders]),
        ("sparse (half), usual order", [answer(share=0.5)]),
        ("sparse, all 24 orders", [answer(one, share=0.5) for one in orders]),
    ]
    yield "| answer | " + " | ".join([*ours, *hand]) + " |"
    yield "| --- |" + " --- |" * len([*ours, *hand])
    for name, raws in cases:
        found = ratios(raws, ours, ROUNDS if len(raws) == 1 else 3)
        if "usual" in name:  # apart: what they leave of the memory slows whoever comes next
            found |= ratios(raws, hand)
        shown = [_range(found[way]) if way in found else "" for way in [*ours, *hand]]
        yield f"| {name} | " + " | ".join(shown) + " |"
    raw = small()
    floor = statistics.median(seconds(orjson.loads, raw) for _ in range(300))
    shown = []
    for way in ours.values():
        mine = statistics.median(seconds(way, raw) for _ in range(300))
        shown.append(f"{mine / floor:.1f} (3 x and {(mine - 3 * floor) * 1e6:.0f} µs)")
    yield f"| small: 375 counts | {' | '.join(shown)} |" + " |" * len(hand)


def _range(found: list[float]) -> str:
    if len(found) == 1:
        return f"{found[0]:.2f}"
    return f"{min(found):.2f} to {max(found):.2f}, median {statistics.median(found):.2f}"


def write(name: str, text: str) -> None:
    """Put a table between its marks in the README."""
    page = README.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = page.partition(begin)
    after = rest.partition(end)[2]
    README.write_text(f"{before}{begin}{text}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    measured = "\n".join(lines())
    print(measured)
    write("reading", measured)
