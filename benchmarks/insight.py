"""Ten million hourly observations to a lifecycle, a timeline and a ranking: time and memory.

Run it with ``python benchmarks/insight.py``. Each table has a process of its own; in it the ways
take turns, and processor time is counted. The floors are what one would write in a hurry: a bare
group by in pandas and in Polars, which takes missing counts for zero, counts twice what stands
twice, and does not ask whether an hour was over.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl
import numpy as np
import pyarrow as pa

import engagement_kit as ek
from engagement_kit.question.tweet_ids import ID_EPOCH_MS
from engagement_kit.tables.schema import STATUS, Cells, build, from_pandas, same, to_pandas

TWEETS, HOURS, ROUNDS = 15_000, 672, 5
HOUR_US = 3_600_000_000
FIRST_MS = 1_767_225_600_000  # 2026-01-01
SEEN = (FIRST_MS + 200 * 86_400_000) * 1000
KINDS = {
    "plain": "in order, one metric",
    "arrow": "the same, as an Arrow table",
    "two": "two metrics, half of the rows each",
    "missed": "a day missing of every tenth tweet",
    "shuffled": "rows in any order",
    "twice": "every number observed twice",
}


def cells(tweets: int, metrics: tuple[str, ...]) -> tuple[Cells, Any]:
    """Make the first four weeks of tweets from three months; give the ages of the rows, too."""
    chance = np.random.default_rng(1)
    born = np.sort(FIRST_MS + chance.integers(0, 90 * 86_400_000, tweets))
    ids = tuple(str((ms - ID_EPOCH_MS << 22) + at % 4096) for at, ms in enumerate(born.tolist()))
    tweet, metric, age = (one.ravel() for one in np.indices((tweets, len(metrics), HOURS)))
    start, many = (born[tweet] // 3_600_000 + age) * HOUR_US, len(tweet)
    made = Cells(
        tweets=ids, metrics=metrics, accounts=("acme",), keys=("0",), tweet=tweet, metric=metric,
        account=same(0, many), key=same(0, many), start=start, end=start + HOUR_US,
        hour=same(-1, many), value=chance.integers(0, 500, many), status=same(0, many),
        complete=same(1, many), observed=same(SEEN, many),
    )  # fmt: skip
    return made, age


def table_of(kind: str) -> pa.Table:
    """Make one of the tables."""
    metrics = ("impressions", "likes") if kind == "two" else ("impressions",)
    made, age = cells(TWEETS // (2 if kind in {"two", "twice"} else 1), metrics)
    if kind == "missed":
        late = (age >= HOURS - 24) & (made.tweet % 10 == 0)
        spans = made.take(late & (age == HOURS - 24))
        many = len(spans)
        spans = replace(spans, end=spans.start + 24 * HOUR_US, status=same(STATUS["failed"], many))
        made = made.take(~late).append([spans])
    if kind == "shuffled":
        made = made.take(np.random.default_rng(2).permutation(len(made)))
    if kind == "twice":
        made = made.append([replace(made, observed=same(SEEN + HOUR_US, len(made)))])
    return build(made, "hour", endpoint="historical", source="emulator")


def in_a_hurry(table: Any) -> dict[str, Callable[[], object]]:
    """Give the floors: bare sums in pandas, and in Polars, by hour, by age and by tweet."""
    import pandas as pd
    import polars as pl

    frame = to_pandas(table) if isinstance(table, pa.Table) else table
    lazy = pl.from_arrow(table if isinstance(table, pa.Table) else from_pandas(table)).lazy()  # type: ignore[union-attr]
    ids = frame["tweet_id"].cat.categories
    born_ms = (ids.astype("int64").to_numpy() >> 22) + ID_EPOCH_MS
    born = pd.DatetimeIndex(pd.to_datetime(born_ms, unit="ms", utc=True)).floor("h").as_unit("us")
    ours = pl.col("metric").cast(pl.String) == "impressions"
    posted = pl.col("tweet_id").cast(pl.String).cast(pl.Int64) // 2**22 + ID_EPOCH_MS
    age = pl.col("start").dt.epoch("ms") // 3_600_000 - posted // 3_600_000

    def rows() -> Any:
        return frame[frame["metric"] == "impressions"]

    def pandas_by_hour() -> object:
        return rows().groupby("start")["value"].sum()

    def pandas_by_age() -> object:
        mine = rows()
        ages = (mine["start"] - born[mine["tweet_id"].cat.codes]) // pd.Timedelta(hours=1)
        return mine["value"].groupby(ages).agg(["sum", "mean"])

    def polars(*by: Any) -> Callable[[], object]:
        return lazy.filter(ours).group_by(*by).agg(pl.col("value").sum()).collect

    return {
        "timeline, pandas": pandas_by_hour,
        "timeline, polars": polars("start"),
        "lifecycle, pandas": pandas_by_age,
        "lifecycle, polars": polars(age.alias("age")),
        "top, pandas": lambda: (
            rows().groupby("tweet_id", observed=True)["value"].sum().nlargest(10)
        ),
        "top, polars": polars("tweet_id"),
    }


def ours(table: Any) -> dict[str, Callable[[], object]]:
    """Give what is measured."""
    from matplotlib.figure import Figure

    return {
        "lifecycle": lambda: ek.insight.lifecycle(table),
        "timeline": lambda: ek.plot.timeline(table, ax=Figure().subplots()),
        "top": lambda: ek.insight.top(table, first_hours=48),
    }


def high_water(*, anew: bool = False) -> float:
    """Give the most memory that this process has had, in GB; begin to count anew."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(one.split()[1]) for one in status if one.startswith("VmHWM")) * 1024 / 1e9


def measure(kind: str) -> None:
    """Measure one table: memory of what is ours, once; then time, in turns with the floors."""
    made = table_of(kind)
    table = made if kind == "arrow" else to_pandas(made, consume=True)
    del made
    held = high_water(anew=True)
    ways = ours(table)
    for way in ways.values():
        way()
    peak = high_water()
    ways |= in_a_hurry(table)
    used: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            way()
            used[name].append(time.process_time() - began)
    spent = {name: median(each) for name, each in used.items()}
    print(f"{KINDS[kind]}: {len(table):,} rows, {held:.1f} GB held, {peak:.1f} GB at most")
    for name in ours(table):
        rivals = ", ".join(
            f"{rival} {spent[f'{name}, {rival}']:.2f} s (ratio "
            f"{spent[name] / spent[f'{name}, {rival}']:.1f})"
            for rival in ("pandas", "polars")
        )
        print(f"  {name} {spent[name]:.2f} s; {rivals}")


if __name__ == "__main__":
    mpl.use("agg")
    if len(sys.argv) > 1:
        measure(sys.argv[1])
    else:
        for one in KINDS:
            subprocess.run([sys.executable, __file__, one], check=True)
