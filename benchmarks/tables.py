"""Stores to Parquet, against what users write; memory; ten million rows; two Dask workers.

Run it with ``python benchmarks/tables.py``. Each figure is taken in one run against its rival.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from reading import KEYS, answer, by_hand

import engagement_kit as ek
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.store import Store
from engagement_kit.client.result import Result
from engagement_kit.question.plan import Plan, plan
from engagement_kit.tables.readers import body
from engagement_kit.tables.readers.scan import scan

SEEN = datetime(2026, 6, 9, tzinfo=UTC)
PERIOD = ("2026-05-01T00:00Z", "2026-05-29T00:00Z")
TEN_MILLION = 40
SIZES = (1, 10, 100, 1000)
AGAIN = (3, 12)


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


def ask_again(folder: Path, many: int) -> Store:
    """Fill a store with one full hourly answer that came again and again, an hour apart."""
    made, _ = make_store(folder, 1)
    first = made.load(made.known()[0].ref)
    for at in range(1, many):
        made.put(replace(first, observed_at=first.observed_at + timedelta(hours=at)))
    return made


def users_way(store: Store, out: Path) -> None:
    """Do what users write: each answer by loops to a DataFrame, and that to Parquet."""
    out.mkdir(parents=True)
    for known in store.known():
        stored = store.load(known.ref)
        name = stored.request.groupings[0][0].encode()
        frame: pd.DataFrame = by_hand(stored.body.replace(name, b"by hour", 1))
        frame.to_parquet(out / f"{known.ref}.parquet")


def seconds(way: Callable[[], object]) -> float:
    """Time one call."""
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


PEAK = """
import sys
import pandas, pyarrow.parquet
import engagement_kit as ek
import engagement_kit.tables.tidy_store as whole
from engagement_kit.tables.readers import body
if sys.argv[3] == "scan":
    from engagement_kit.tables.readers.scan import scan
    body.fastest = lambda: scan
def most():
    (line,) = (one for one in open("/proc/self/status") if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
body.fastest()
whole.os.cpu_count = lambda: 1
base = most()
ek.tidy_store(sys.argv[1], sys.argv[2], progress=False)
print(f"{most() - base:.0f} {base:.0f}")
"""


def peak(store: Path, out: Path, reader: str) -> tuple[int, int]:
    """Measure in MB how much memory a store takes over the imports, and how much those take.

    Parameters
    ----------
    store, out
        From where, and to where.
    reader
        ``scan`` for that of the default install; the fastest, else.
    """
    command = [sys.executable, "-c", PEAK, str(store), str(out), reader]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    over, base = map(int, done.stdout.split())
    return over, base


def peaks(root: Path) -> None:
    """Say how much memory stores of several sizes take."""
    stores = {f"{many} answers": make_store(root / f"raw{many}", many)[0] for many in SIZES}
    for many in AGAIN:
        stores[f"one answer, asked {many} times"] = ask_again(root / f"again{many}", many)
    for name, store in stores.items():
        for reader in ("scan", "fastest"):
            over, base = peak(store.folder, root / f"{store.folder.name}-{reader}", reader)
            print(f"peak of {name}, {reader}: {over} MB over the imports ({base} MB)")


def high_water(*, anew: bool = False) -> float:
    """Give the most memory that this process has had, in MB; begin to count anew."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(one.split()[1]) for one in status if one.startswith("VmHWM")) / 1024


def to_pandas(store: Store, made: Plan) -> None:
    """Time ten million rows from stored answers to a DataFrame."""
    # As a run has them: in the order in which they came.
    refs = [one.ref for one in sorted(store.known(), key=lambda one: one.observed_at)]
    result = Result(made, store, refs)
    before = high_water(anew=True)
    arrow = seconds(result.to_arrow)
    frame = seconds(result.to_pandas)
    more = high_water() - before
    print(
        f"{len(result.to_pandas()):,} rows: stored answers to Arrow {arrow:.2f} s, Arrow to pandas "
        f"{frame:.2f} s, peak {more:.0f} MB more"
    )


def on_dask(store: Store, out: Path) -> None:
    """Hold two workers against one, on the same store."""
    from distributed import Client, LocalCluster

    taken = {}
    for workers in (1, 2, 1, 2):
        options: dict[str, Any] = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
        with LocalCluster(n_workers=workers, **options) as made, Client(made) as client:
            client.gather(client.map(_warm, range(workers)))
            place = out / f"{workers}-{len(taken)}-{time.monotonic_ns()}"
            way = partial(ek.tidy_store, store, place, dask_client=client, progress=False)
            taken.setdefault(workers, []).append(seconds(way))
    print(f"Dask: two workers {min(taken[1]) / min(taken[2]):.2f} times one ({taken})")


def _warm(_: int) -> None:
    import engagement_kit.tables.tidy_store as _whole

    del _whole


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        from engagement_kit.tables import partitions, tidy_store

        cores, tidy_store.os.cpu_count = tidy_store.os.cpu_count, lambda: 1
        store, _ = make_store(root / "ten", 10)
        theirs = min(seconds(partial(users_way, store, root / f"u{at}")) for at in range(3))
        for scanner in (scan, body.fastest()):
            body.fastest = lambda scanner=scanner: scanner  # type: ignore[assignment,misc]
            name = scanner.__module__.rpartition(".")[2]
            ways = [partial(ek.tidy_store, store, root / f"{name}{at}") for at in range(4)]
            ours = min(seconds(partial(one, progress=False)) for one in ways)
            print(f"store to Parquet, one core, {name}: {theirs / ours:.1f} x what users write")
        tidy_store.os.cpu_count = cores
        peaks(root)
        big, made = make_store(root / "big", TEN_MILLION)
        to_pandas(big, made)
        partitions.ANSWERS = 5
        on_dask(big, root / "dask")
