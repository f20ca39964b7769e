"""Half-lives from snapshots of lifetime counts: bounds hold the truth, at a stated price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.emulator import World
from engagement_kit.insight import half_life, half_lives
from engagement_kit.question.due_requests import DueRequests
from engagement_kit.question.micros import moment_at
from engagement_kit.question.schedule import Schedule
from engagement_kit.question.where import Where
from engagement_kit.tables.schema import Cells, build, same, to_pandas

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOW = datetime(2025, 8, 20, tzinfo=UTC)
NATURES = ("standard", "heavy_tails", "campaigns")
HOUR_MS = 3_600_000
WEEK = 168
WORLDS = 3
TWEETS = 100
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
BORN = datetime(2026, 5, 2, 8, 24, tzinfo=UTC)
Table = Callable[..., pd.DataFrame]


def id_at(when: datetime, place: int = 0) -> str:
    """Give the id of a tweet of this moment."""
    return str(((when - EPOCH) // timedelta(milliseconds=1) - 1288834974657 << 22) + place)


def table_of(*tweets: tuple[str, Sequence[tuple[float, int | None]]]) -> pd.DataFrame:
    """Make a table of tweets with counts at ages in hours."""
    rows = [
        (place, round(age * HOUR_MS * 1000), value)
        for place, (_, counts) in enumerate(tweets)
        for age, value in counts
    ]
    born = np.array([(BORN - EPOCH) // timedelta(microseconds=1)] * len(rows), dtype=np.int64)
    tweet, age, value = (np.array(one, dtype=object) for one in zip(*rows, strict=True))
    lost = np.array([one is None for one in value])
    seen = born + age.astype(np.int64)
    many = len(rows)
    cells = Cells(
        tweets=tuple(one for one, _ in tweets), metrics=("likes",), accounts=("a",), keys=("0",),
        tweet=tweet.astype(np.int64), metric=same(0, many), account=same(0, many),
        key=same(0, many), start=born, end=seen, hour=same(-1, many),
        value=np.array([one or 0 for one in value], dtype=np.int64),
        status=np.where(lost, 2, 0), complete=same(1, many), observed=seen,
    )  # fmt: skip
    return to_pandas(build(cells, "lifetime", endpoint="totals", source="emulator"))


def bounds(counts: Sequence[tuple[float, int | None]], first_hours: int = 3) -> list[Any]:
    """Give the bounds of one tweet; its horizon ends at an age of 2.6 hours."""
    found = half_lives(table_of((id_at(BORN), counts)), "likes", first_hours=first_hours)
    row = found.iloc[0]
    numbers = [None if pd.isna(one) else round(float(one), 3) for one in row[["low_h", "high_h"]]]
    final = None if pd.isna(row["final"]) else int(row["final"])
    return [*numbers, final, row["status"]]


def test_the_half_lies_between_two_snapshots() -> None:
    """Below half at the one, at half or more at the next; with a snapshot just at the horizon."""
    assert bounds([(0.5, 2), (1, 4), (1.5, 6), (2.6, 12), (3, 20)]) == [1.0, 1.5, 12, "known"]


def test_without_a_snapshot_at_the_horizon_bounds_are_wider() -> None:
    """The whole lies between 10 and 16, its half between 5 and 8; nobody knows it to the last."""
    counts = [(0.5, 4), (1.0, 6), (1.5, 7), (2.0, 9), (2.5, 10), (2.7, 16)]
    assert bounds(counts) == [0.5, 2.0, None, "known"]
    # Where nothing came between them it is known.
    assert bounds([(0.5, 4), (1.0, 6), (2.5, 10), (2.7, 10)]) == [0.5, 1.0, 10, "known"]


def test_a_first_snapshot_above_half_gives_zero() -> None:
    """Whatever was before it was not seen."""
    assert bounds([(1, 8), (2.6, 12)]) == [0.0, 1.0, 12, "known"]
    assert bounds([(2, 1), (2.7, 12)]) == [0.0, 2.6, None, "known"]


def test_what_is_not_known_has_a_reason() -> None:
    """Too young, nothing counted, no snapshot before the end, nothing before it."""
    assert bounds([(1, 8), (2.5, 12)]) == [None, None, None, "too_young"]
    assert bounds([(1, 0), (2.6, 0)]) == [None, None, 0, "none"]
    assert bounds([(2.7, 9)]) == [None, None, None, "missing"]
    assert bounds([(1, 0), (2.7, 9)]) == [None, None, None, "missing"]
    assert bounds([(1, None), (2.6, None)]) == [None, None, None, "missing"]
    untimed = half_lives(table_of(("20", [(1, 5), (9, 9)])), "likes", first_hours=3)
    assert untimed["status"].tolist() == ["no_time"]


def test_where_counts_fall_the_first_time_counts() -> None:
    """Likes that were taken back do not put the half later."""
    assert bounds([(0.5, 2), (1, 7), (1.5, 5), (2.6, 12)]) == [0.5, 1.0, 12, "known"]
    # A whole that fell between two snapshots lies between them.
    assert bounds([(0.5, 4), (1, 5), (1.5, 6), (2.5, 12), (2.7, 10)]) == [0.5, 1.5, None, "known"]


def test_rows_of_any_order_and_twice_give_the_same() -> None:
    """Each tweet by itself, however its snapshots are mixed with others'."""
    one, other = id_at(BORN), id_at(BORN, 1)
    table = table_of(
        (one, [(0.5, 2), (1, 6), (2.6, 12)]), (other, [(0.5, 1), (2, 1), (2.6, 4), (9, 9)])
    )
    found = half_lives(table, "likes", first_hours=3)
    mixed = pd.concat([table, table]).sample(frac=1, random_state=1)
    again = half_lives(mixed, "likes", first_hours=3).set_index("tweet_id").loc[[one, other]]
    pd.testing.assert_frame_equal(again.reset_index(), found)
    assert found["high_h"].tolist() == [1.0, 2.6]


@given(
    counts=st.lists(st.integers(0, 30), min_size=8, max_size=8).map(np.cumsum),
    seen=st.sets(st.integers(0, 7), min_size=1),
)
def test_bounds_hold_whichever_snapshots_were_taken(counts: Any, seen: set[int]) -> None:
    """Of a life that is known at each half hour; fewer snapshots give wider bounds."""
    ages = [0.5, 1.0, 1.5, 2.0, 2.5, 2.6, 3.0, 3.5]
    low, high, final, status = bounds([(ages[at], int(counts[at])) for at in sorted(seen)])
    whole = int(counts[ages.index(2.6)])
    if status == "none":
        assert whole == 0
    if status == "known":
        assert final in {None, whole}
        reached = next(age for age, count in zip(ages, counts, strict=True) if 2 * count >= whole)
        before = [0.0, *(age for age in ages if age < reached)][-1]
        assert low <= before
        assert high >= reached


def test_groups_work_on_snapshots() -> None:
    """The median of tweets lies between the medians of their bounds."""
    table = table_of(*((id_at(BORN, at), [(0.5, at), (1, 6), (2.6, 12)]) for at in range(7)))
    found = half_life(table, "likes", first_hours=3)
    assert found[["n_tweets", "low_h", "high_h"]].iloc[0].tolist() == [7, 0.5, 1.0]


# --- against the truth ----------------------------------------------------------------------------
def at(milliseconds: int) -> datetime:
    """Give a moment by its milliseconds since 1970."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def schedule_of(ids: Sequence[str], every: timedelta) -> Schedule:
    """Follow tweets from before the first until all have lived for a week and a day."""
    numbers = ek.Query("totals", ids).numbers
    first = at((int(numbers.min()) >> 22) + 1288834974657)
    return Schedule(numbers, every, first - MINUTE, NOW)


def snapshots(world: World, ids: Sequence[str], every: timedelta) -> pd.DataFrame:
    """Make the table that following these tweets gives."""
    schedule = schedule_of(ids, every)
    dues = schedule.dues()
    ticks, first = np.unique(dues.at, return_index=True)
    parts = []
    for tick, rows in zip(ticks.tolist(), np.split(dues.row, first[1:]), strict=True):
        some = [ids[row] for row in rows.tolist()]
        parts.append(world.lifetime(some, ["impressions"], moment_at(tick))[:, 0])
    many = len(dues.row)
    cells = Cells(
        tweets=tuple(ids), metrics=("impressions",), accounts=("acme",), keys=("0",),
        tweet=dues.row, metric=same(0, many), account=same(0, many), key=same(0, many),
        start=schedule.born[dues.row], end=dues.at, hour=same(-1, many),
        value=np.concatenate(parts), status=same(0, many), complete=same(1, many),
        observed=dues.at,
    )  # fmt: skip
    return to_pandas(build(cells, "lifetime", endpoint="totals", source="emulator"))


def price(ids: Sequence[str], every: timedelta) -> tuple[float, float]:
    """Give the requests of following these tweets, in all, and a day."""
    schedule = schedule_of(ids, every)
    query = ek.Query("totals", ids, ["impressions"])
    ticks, signed = DueRequests(query, Where()).at(schedule, schedule.dues())
    calls = sum(signed.values())
    days = (ticks[-1] - ticks[0]) / 86_400_000_000
    return float(np.sum(calls)), float(np.sum(calls) / days)


def realised(world: World, one: str, birth_ms: int) -> float:
    """Give the age in hours at which a tweet first had half, to the millisecond, by bisection."""
    low, high = birth_ms, (birth_ms // HOUR_MS + WEEK) * HOUR_MS
    whole = had(world, one, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if 2 * had(world, one, middle) < whole else (low, middle)
    return (high - birth_ms) / HOUR_MS


def had(world: World, one: str, when_ms: int) -> int:
    """Count a tweet's life up to a moment."""
    return int(world.lifetime([one], ["impressions"], at(when_ms))[0, 0])


def posted(world: World, many: int) -> list[str]:
    """Give tweets that have lived for a week and more."""
    return world.sample_ids("acme", many, NOW - timedelta(weeks=1, days=1))


def errors(found: pd.DataFrame, truth: Sequence[float]) -> tuple[Any, int]:
    """Give how far the middles of bounds are off, as a log of the ratio; how many do not hold."""
    known = (found["status"] == "known").to_numpy()
    low, high = (found[name].to_numpy(dtype=float)[known] for name in ("low_h", "high_h"))
    exact = np.array(truth)[known]
    middle = np.where(low > 0, np.sqrt(low * high), high / 2)
    wrong = ((exact <= low) | (exact > high + 1e-9)).sum()
    return np.abs(np.log(middle / exact)), int(wrong)


@pytest.mark.parametrize("nature", NATURES)
def test_bounds_hold_the_moment_of_the_half(nature: str) -> None:
    """By bisection of the truth, for every tweet, at its horizon by the clock hour."""
    world = World(seed=7, nature=nature)
    ids = posted(world, 6)
    found = half_lives(snapshots(world, ids, 30 * MINUTE)).set_index("tweet_id").loc[ids]
    births = world.look(ids).birth_ms.tolist()
    assert set(found["status"]) == {"known"}
    truth = [realised(world, one, born) for one, born in zip(ids, births, strict=True)]
    off, wrong = errors(found, truth)
    assert wrong == 0
    assert np.median(off) < 0.2


@pytest.mark.long
@pytest.mark.parametrize("nature", NATURES)
def test_half_lives_at_a_stated_price(nature: str, first_hours: Table) -> None:
    """A hundred tweets of each of three worlds: how far off, for how many requests."""
    figures: dict[str, dict[str, float]] = {}
    off: dict[str, list[float]] = {}
    wrong: dict[str, int] = {}
    costs: dict[str, list[tuple[float, float]]] = {}
    for seed in range(WORLDS):
        world = World(seed=seed, nature=nature)
        ids = posted(world, TWEETS)
        births = world.look(ids).birth_ms.tolist()
        truth = [realised(world, one, born) for one, born in zip(ids, births, strict=True)]
        tables = {
            f"every {minutes} min": snapshots(world, ids, minutes * MINUTE)
            for minutes in (5, 10, 30, 60)
        }
        tables["hours"] = first_hours(world, ids, ["impressions"], WEEK, NOW)
        for name, table in tables.items():
            found = half_lives(table).set_index("tweet_id").loc[ids]
            far, bad = errors(found, truth)
            off.setdefault(name, []).extend(far.tolist())
            wrong[name] = wrong.get(name, 0) + bad
        for minutes in (5, 10, 30, 60):
            costs.setdefault(f"every {minutes} min", []).append(price(ids, minutes * MINUTE))
        week = ek.Query("historical", ids, ["impressions"], by="hour", period=ek.first(days=7))
        once = len(ek.plan(week, now=NOW, where=Where(account="acme")))
        costs.setdefault("hours", []).append((once, 0.0))  # asked once, when all is over
    for name, far_off in off.items():
        whole, a_day = np.mean(costs[name], axis=0)
        figures[name] = {
            "requests": whole, "a day": a_day, "median": float(np.median(far_off)),
            "90 %": float(np.quantile(far_off, 0.9)), "do not hold": wrong[name],
            "tweets": len(far_off),
        }  # fmt: skip
    print(f"\n{nature}:\n{pd.DataFrame(figures).T.round(3).to_string()}")  # noqa: T201
    assert not any(wrong.values())
    medians = [figures[f"every {minutes} min"]["median"] for minutes in (5, 10, 30, 60)]
    assert medians == sorted(medians)
    assert figures["every 10 min"]["median"] < figures["hours"]["median"] / 3
