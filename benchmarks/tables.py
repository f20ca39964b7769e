"""Stores to Parquet, against what users write; memory; ten million rows; two Dask workers.

Run it with ``python benchmarks/tables.py``. Each figure is taken in one run against its rival.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from reading import KEYS, answer, by_hand

import engagement_kit as ek
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.store import Store
from engagement_kit.client.result import Result
from engagement_kit.question.plan import Plan, plan

SEEN = datetime(2026, 6, 9, tzinfo=UTC)
PERIOD = ("2026-05-01T00:00Z", "2026-05-29T00:00Z")
TEN_MILLION = 40


def make_store(folder: Path, many: int) -> tuple[Store, Plan]:
    """Fill a store with full hourly answers, each about 25 tweets of its own."""
    raw, store = answer(), Store(folder)
    ids = [str(1_500_000_000_000_000_000 + at * 7_919 * 10**9) for at in range(25 * many)]
    asked = ek.Query("historical", ids, KEYS["metric"], by="hour", period=ek.between(*PERIOD))
    made = plan(asked, now=SEEN)
    for at, request in enumerate(made.requests):
        text = raw.replace(b"by hour", request.groupings[0][0].encode())
        for old, new in zip(KEYS["tweet"], request.tweet_ids, strict=True):
            text = text.replace(old.encode(), f"#{new}".encode())
        window = (FIRST, FIRST + timedelta(days=28))
        store.put(
            Answer(
                request, 200, {}, text.replace(b"#", b""), SEEN + timedelta(seconds=at), "live",
                "answered", (), window,
            )
        )  # fmt: skip
    return store, made


FIRST = datetime(2026, 5, 1, tzinfo=UTC)


def users_way(store: Store, out: Path) -> None:
    """Do what users write: each answer by loops to a DataFrame, and that to Parquet."""
    out.mkdir(parents=True)
    for known in store.known():
        raw = store.load(known.ref).body
        name = store.load(known.ref).request.groupings[0][0].encode()
        frame: pd.DataFrame = by_hand(raw.replace(name, b"by hour", 1))
        frame.to_parquet(out / f"{known.ref}.parquet")


def seconds(way: Callable[[], object]) -> float:
    """Time one call."""
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


PEAK = """
import resource, sys
import engagement_kit as ek
import engagement_kit.tables.tidy_store, pyarrow.parquet, pandas
from concurrent.futures import ThreadPoolExecutor
import engagement_kit.tables.tidy_store as whole
whole.os.cpu_count = lambda: 1
ek.tidy_store(sys.argv[1], sys.argv[2] + "/one", progress=False)
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
ek.tidy_store(sys.argv[3], sys.argv[2] + "/all", progress=False)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024, base / 1024)
"""


def peak(one: Path, store: Path, out: Path) -> str:
    """Measure how much more memory a store takes than one answer."""
    command = [sys.executable, "-c", PEAK, str(one), str(out), str(store)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


def to_pandas(store: Store, made: Plan) -> None:
    """Time ten million rows from stored answers to a DataFrame."""
    refs = [one.ref for one in store.known()]
    result = Result(made, store, refs)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    arrow = seconds(result.to_arrow)
    frame = seconds(result.to_pandas)
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{len(result.to_pandas()):,} rows: stored answers to Arrow {arrow:.2f} s, Arrow to pandas "
        f"{frame:.2f} s, peak {more:.0f} MB more"
    )


def on_dask(store: Store, out: Path) -> None:
    """Hold two workers against one, on the same store."""
    from distributed import Client, LocalCluster

    taken = {}
    for workers in (1, 2, 1, 2):
        options: dict[str, Any] = {"threads_per_worker": 1, "dashboard_address": None}
        with LocalCluster(n_workers=workers, **options) as made, Client(made) as client:
            client.gather(client.map(_warm, range(workers)))
            place = out / f"{workers}-{len(taken)}-{time.monotonic_ns()}"
            way = lambda: ek.tidy_store(store, place, client=client, progress=False)  # noqa: B023, E731
            taken.setdefault(workers, []).append(seconds(way))
    print(f"Dask: two workers {min(taken[1]) / min(taken[2]):.2f} times one ({taken})")


def _warm(_: int) -> None:
    import engagement_kit.tables.tidy_store as _whole

    del _whole


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        stores = {many: make_store(root / f"raw{many}", many) for many in (1, 10, 100)}
        from engagement_kit.tables import partitions, tidy_store

        cores, tidy_store.os.cpu_count = tidy_store.os.cpu_count, lambda: 1
        store, _ = stores[10]
        ek.tidy_store(store, root / "warm", progress=False)
        ours = [
            seconds(lambda at=at: ek.tidy_store(store, root / f"o{at}", progress=False))
            for at in range(3)
        ]
        theirs = [seconds(lambda at=at: users_way(store, root / f"u{at}")) for at in range(2)]
        print(f"store to Parquet, one core: {min(theirs) / min(ours):.1f} times what users write")
        tidy_store.os.cpu_count = cores
        for many in (10, 100):
            said = peak(root / "raw1", root / f"raw{many}", root / f"peak{many}")
            print(f"peak over one answer, {many} answers: {said} MB (more, base)")
        big, made = make_store(root / "big", TEN_MILLION)
        to_pandas(big, made)
        partitions.ANSWERS = 5
        on_dask(big, root / "dask")
