"""How many requests a question takes, beside how many any plan must take, and how long cutting is.

Run it with ``make bench``, or with a row count and a kind of creation times for other tables:
``python benchmarks/planning.py 100000 bursty``. "age" is plain batches by age, each cut forwards
from its own first hour; "must" is the largest of three lower bounds.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import numpy as np
import numpy.typing as npt

import engagement_kit as ek
from engagement_kit.question.bounds import exact_bound, points_bound, stated_bound
from engagement_kit.question.cutting import _by_age, cut
from engagement_kit.question.plan import plan
from engagement_kit.question.tweet_ids import ID_EPOCH_MS

Hours = npt.NDArray[np.int64]

SIZE, WINDOW, YEAR = 25, 672, 365 * 24
NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
DAYS = (1, 2, 7, 14, 20, 27, 28, 30, 40, 55, 56, 60, 90)
HEAD = "requests  stated  points   exact    age  requests/must  age/must  seconds"


def uniform(rows: int) -> Hours:
    """Spread creation hours over a year."""
    hours: Hours = np.random.default_rng(1).integers(0, YEAR, rows)
    return hours


def bursty(rows: int) -> Hours:
    """Put most creation hours into 60 bursts of very different size, the rest into afternoons."""
    random = np.random.default_rng(1)
    weight = random.pareto(1.5, 60) + 0.2
    burst = random.choice(random.integers(0, YEAR, 60), rows * 3 // 5, p=weight / weight.sum())
    burst = burst + random.exponential(12, len(burst)).astype(int)
    days = random.integers(0, YEAR // 24, rows - len(burst))
    rest = days * 24 + random.normal(15, 4, len(days)).astype(int) % 24
    hours: Hours = np.clip(np.concatenate([burst, rest]), 0, YEAR - 1)
    return hours


def clusters(rows: int) -> Hours:
    """Put all creation hours into 200 bursts of an hour or two."""
    random = np.random.default_rng(1)
    burst = random.choice(random.integers(0, YEAR, 200), rows)
    hours: Hours = np.clip(burst + random.exponential(2, rows).astype(int), 0, YEAR - 1)
    return hours


KINDS = {"uniform": uniform, "bursty": bursty, "clusters": clusters}


def questions(created: Hours) -> dict[str, tuple[Hours, Hours]]:
    """Make the spans of hours of many questions about the same tweets."""
    now = np.full(len(created), YEAR)
    any_length = np.random.default_rng(2).integers(1, 2500, len(created))
    midnight = created // 24 * 24
    found = {"all history up to now": (created, now)}
    for days in DAYS:
        found[f"first {days} days by hour"] = (created, created + 24 * days)
    for days in DAYS:
        found[f"first {days} days by hour, up to now"] = (
            created,
            np.minimum(created + 24 * days, now),
        )
    for days in DAYS:
        found[f"first {days} days by day"] = (midnight, -(-(created + 24 * days) // 24) * 24)
    found["up to 2,500 hours, any"] = (created, created + any_length)
    found["up to 2,500 hours, any, up to now"] = (created, np.minimum(created + any_length, now))
    return found


def row_of(starts: Hours, ends: Hours) -> str:
    """Cut one question, and say how well and how fast."""
    began = time.perf_counter()
    pieces = len(cut(starts, ends, SIZE, WINDOW))
    seconds = time.perf_counter() - began
    bounds = [way(starts, ends, SIZE, WINDOW) for way in (stated_bound, points_bound, exact_bound)]
    age = len(_by_age(starts, ends, SIZE, WINDOW).low)
    must = max(bounds)
    shown = "".join(f"{bound:8,}" for bound in bounds)
    return f"{pieces:8,}{shown}{age:8,}{pieces / must:14.3f}{age / must:10.3f}{seconds:9.2f}"


def show_table(rows: int, kind: str) -> None:
    """Print one line for each question about so many tweets."""
    print(f"{rows:,} tweets over a year, {kind}")
    print(f"{'':36}{HEAD}")
    for name, (starts, ends) in questions(KINDS[kind](rows)).items():
        print(f"  {name:34}{row_of(starts, ends)}", flush=True)
    print()


def show_fixed() -> None:
    """Compare with all batches times all windows, as one plans without creation times."""
    created = uniform(10_000)
    ours = len(cut(created, np.full(len(created), YEAR), SIZE, WINDOW))
    fixed = -(-len(created) // SIZE) * -(-YEAR // WINDOW)
    print("All history of 10,000 tweets over a year")
    print(f"  {fixed:6,}  all batches times all windows")
    print(f"  {ours:6,}  cut by creation time: {ours / fixed:.2f} of it")
    print()


def ids_of(rows: int) -> list[str]:
    """Make ids of tweets spread over the year before `NOW`."""
    before = int(NOW.timestamp() * 1000) - ID_EPOCH_MS
    ages = np.random.default_rng(1).integers(0, YEAR * 3_600_000, rows)
    return [str(((before - age) << 22) + at % 4096) for at, age in enumerate(ages.tolist())]


def measure_plan(rows: int, period: str, pipe: Connection) -> None:
    """Plan one question from its ids on, and tell seconds and the process's peak of memory."""
    ids = ids_of(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    span = ek.last(days=365) if period == "a year, up to now" else ek.first(days=27)
    query = ek.Query("historical", ids, by="hour", period=span)
    born = time.perf_counter()
    made = plan(query, now=NOW)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pipe.send((born - began, done - born, before / 1024, peak / 1024, len(made)))


def show_plans(rows: int) -> None:
    """Print time and memory of whole plans, each in a process of its own."""
    context = multiprocessing.get_context("spawn")
    print(f"Planning {rows:,} tweet ids: seconds for Query, for plan; MB before (the ids), peak")
    for period in ("a year, up to now", "first 27 days of each"):
        here, there = context.Pipe()
        child = context.Process(target=measure_plan, args=(rows, period, there))
        child.start()
        query_s, plan_s, before, peak, requests = here.recv()
        child.join()
        print(
            f"  {period:24}{query_s:6.2f}{plan_s:6.2f}{before:8.0f}{peak:8.0f}"
            f"{requests:10,} requests"
        )
    print()


def main() -> None:
    """Print the tables."""
    show_fixed()
    show_plans(1_000_000)
    if len(sys.argv) > 1:
        show_table(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "uniform")
        return
    for rows in (30_000, 1_000_000):
        show_table(rows, "uniform")


if __name__ == "__main__":
    main()
