"""How long it takes to forget a tweet in a large store.

Run it with ``python benchmarks/purging.py [answers]``. Each answer has counts of 25 tweets by the
day, for 28 days and five metrics; a tweet is in as many answers as windows were asked.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import engagement_kit as ek
from engagement_kit.answers import tombstones
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.files import folder_of, pack
from engagement_kit.question.batches import CARRIERS, CHECKS
from engagement_kit.question.request import Request

ANSWERS = 10_000
WINDOWS = 13
METRICS = ("impressions", "engagements", "favorites", "retweets", "replies")
START = datetime(2025, 6, 1, tzinfo=UTC)
FIRST = 1_929_000_000_000_000_000


def answer(at: int) -> Answer:
    """Make one answer, the windows of a batch after each other."""
    batch, window = divmod(at, WINDOWS)
    ids = tuple(str(FIRST + batch * 25 + n) for n in range(25))
    start = START + timedelta(days=28 * window)
    days = [f"{start + timedelta(days=n):%Y-%m-%d}" for n in range(28)]
    each = {name: {day: str((at + n) % 997) for n, day in enumerate(days)} for name in METRICS}
    body = {"by day": dict.fromkeys(ids, each), "check by tweet": {}}
    return Answer(
        Request(
            "s", "historical", "user", "acme", ids, METRICS, (CARRIERS["day"], CHECKS["day"]),
            start, start + timedelta(days=28),
        ),
        200, {}, json.dumps(body, separators=(",", ":")).encode(), start + timedelta(days=40),
        "live", "answered",
    )  # fmt: skip


def fill(folder: Path, many: int) -> int:
    """Write the answers; give the bytes of their bodies."""
    size = 0
    for at in range(many):
        one = answer(at)
        size += len(one.body)
        place = folder / "answers" / folder_of(one.ref)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{one.ref}.zst").write_bytes(pack(one.to_bytes()))
    return size


def timed(work: Callable[[], object]) -> str:
    """Say how long something takes, in seconds of processor time and by the wall clock."""
    began, wall = time.process_time(), time.perf_counter()
    work()
    return f"{time.process_time() - began:.1f} s of processor, {time.perf_counter() - wall:.1f} s"


def main() -> None:
    """Fill a store, and forget one tweet, a hundred, and one that is nowhere."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else ANSWERS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = fill(folder, many)
        print(f"{many:,} answers, {size / 1e6:,.0f} MB of bodies")
        ids = [str(FIRST + n * 25) for n in range(101)]
        for what, some in (("nowhere", ["7" * 18]), ("one", ids[:1]), ("a hundred", ids[1:])):
            print(f"  purge {what}: {timed(lambda some=some: ek.purge(folder, some))}")
        stones = tombstones.Tombstones().with_more(ids, date(2026, 6, 1))
        million = [str(FIRST + n) for n in range(1_000_000)]
        print(f"  look up a million ids: {timed(lambda: stones.of(million))}")
        none = replace(stones, days={})
        print(f"  where none was purged: {timed(lambda: none.of(million))}")


if __name__ == "__main__":
    main()
