"""How long it takes to tell what a large store covers, with its index and without.

Run it with ``python benchmarks/store.py [answers]``. The store is made of small answers, 25 tweets
each, and it is the same work with large ones: their bodies are not read. Goal: 100,000 answers in
about a second with the index.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engagement_kit.answers.answer import Answer
from engagement_kit.answers.files import folder_of, list_packed, pack
from engagement_kit.answers.index import NAME
from engagement_kit.answers.store import Store
from engagement_kit.question.request import Request

ANSWERS = 100_000
ROUNDS = 5
WINDOWS = 60
"""Windows of 28 days that each batch of 25 tweets is asked for."""
START = datetime(2020, 1, 1, tzinfo=UTC)
METRICS = ("impressions", "engagements", "favorites", "retweets", "replies")
HOURLY = ("tweet.id", "engagement.type", "engagement.day", "engagement.hour")


def answers(number: int) -> Iterator[Answer]:
    """Make answers as a long question leaves them: the same tweets for window after window."""
    for at in range(number):
        batch, window = divmod(at, WINDOWS)
        start = START + timedelta(days=28 * window)
        first = 1_210_000_000_000_000_000 + batch * 25
        request = Request(
            service="https://data-api.twitter.com/insights/engagement",
            endpoint="historical",
            credential="user",
            account="acme",
            tweet_ids=tuple(str(first + n) for n in range(25)),
            metrics=METRICS,
            groupings=(("by hour", HOURLY),),
            start=start,
            end=start + timedelta(days=28),
        )
        seen = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(seconds=at)
        window_seen = (start, start + timedelta(days=28))
        yield Answer(request, 200, {}, b"{}", seen, "live", "answered", window=window_seen)


def fill(folder: Path, number: int) -> None:
    """Write the files as the store does, but unsynced: a hundred thousand syncs take long."""
    for one in answers(number):
        path = folder / "answers" / folder_of(one.ref) / f"{one.ref}.zst"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pack(one.to_bytes()))


def seconds(way: Callable[[], object]) -> float:
    """Time one call, without the garbage of those before."""
    gc.collect()
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


def megabytes(way: Callable[[], object]) -> float:
    """Tell how much memory the outcome of a call keeps."""
    gc.collect()
    tracemalloc.start()
    kept = way()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return size / 1e6


def main(number: int) -> None:
    """Measure, and print one line for each way."""
    with tempfile.TemporaryDirectory(prefix="engagement_kit-bench-") as name:
        store = Store(name)
        began = time.perf_counter()
        fill(store.folder, number)
        print(f"{number:,} answers of 25 tweets, made in {time.perf_counter() - began:.0f} s")
        index = store.folder / NAME
        without = seconds(store.scan)
        listing = [seconds(lambda: list_packed(store.folder / "answers")) for _ in range(ROUNDS)]
        within = [seconds(store.scan) for _ in range(ROUNDS)]
        key = next(iter(answers(1))).request.key
        single = [seconds(lambda: store.answers_of(key)) for _ in range(ROUNDS)]
        fast = statistics.median(within)
        print(f"  {without:8.3f} s  scan without an index, and writing it")
        print(f"  {fast:8.3f} s  scan with the index: {without / fast:.0f} times as fast")
        print(f"  {statistics.median(listing):8.3f} s  of which listing the files, the floor")
        print(f"  {statistics.median(single) * 1000:8.3f} ms answers_of one request")
        print(f"  {index.stat().st_size / 1e6:8.1f} MB index")
        print(f"  {megabytes(store.known):8.1f} MB kept by what a scan with the index gives")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ANSWERS)
