"""Comparisons hold the emulator's truth, and find nothing where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engagement_kit.emulator import World
from engagement_kit.emulator.world.natures import find_nature
from engagement_kit.emulator.world.totals import _typical
from engagement_kit.insight.contrasts import compare

# Spans of weeks may cut through a campaign.
pytestmark = pytest.mark.filterwarnings("ignore::engagement_kit.errors.SharedClusters")

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
OLD = NOW - timedelta(days=60)
CHANGE = datetime(2025, 9, 1, tzinfo=UTC)
NATURES = ["standard", "heavy_tails", "campaigns"]
WEEK = 56  # tweets, at one in three hours
SEEDS = 500
ERROR = 1.96 * np.sqrt(0.9 * 0.1 / SEEDS)

Table = Callable[..., pd.DataFrame]
Held = dict[str, float]


@cache
def differences(nature: str) -> Any:
    """Draw differences between the logarithms of two audiences of an account, sorted."""
    chance = np.random.default_rng(0)
    kind = find_nature(nature)
    drawn = kind.audience(chance.integers(0, 2**63, (2, 300_000)).astype(np.uint64))
    one, other = np.log(drawn) + kind.campaign_spread * chance.standard_normal(drawn.shape)
    return np.sort(other - one)


def chance_of(nature: str, ratio: float) -> float:
    """Give the probability that one audience, `ratio` times as large, is more than another."""
    drawn = differences(nature)
    return float(np.searchsorted(drawn, np.log(ratio)) / len(drawn))


def spaced(world: World, account: str, many: int, before: datetime) -> list[str]:
    """Give tweets of an account; one of each week where tweets of a week share their luck."""
    step = WEEK if world.nature.campaign_hours else 1
    return world.sample_ids(account, many * step, before=before)[::step]


def compared(
    world: World, a: list[str], b: list[str], lifetimes: Table, **options: Any
) -> dict[str, Any]:
    """Compare lifetime impressions of two lists of tweets."""
    groups = dict.fromkeys(a, "a") | dict.fromkeys(b, "b")
    table = lifetimes(world, list(groups), ["impressions"], NOW)
    return compare(table, groups, **options).loc[0].to_dict()


def holds(row: dict[str, Any], name: str, truth: float) -> bool:
    """Say whether an interval of a comparison holds the truth."""
    return bool(row[f"{name}low"] <= truth <= row[f"{name}high"])


def of_accounts(nature: str, seeds: range, lifetimes: Table, many: int) -> Held:
    """Compare two accounts in many worlds; say how often each interval holds the truth."""
    found: dict[str, list[bool]] = {}
    # All before the change of regime, where there is one.
    before = CHANGE if nature == "campaigns" else OLD
    for seed in seeds:
        world = World(seed=seed, nature=nature)
        a, b = (spaced(world, name, many, before) for name in ("acme", "birch"))
        typical = _typical(world.seed, np.array([0, 1]))
        ratio = float(typical[0] / typical[1])
        for statistic in ("median", "mean"):
            row = compared(world, a, b, lifetimes, statistic=statistic)
            found.setdefault(f"ratio of {statistic}s", []).append(holds(row, "", ratio))
        found.setdefault("chance", []).append(holds(row, "chance_", chance_of(nature, ratio)))
    return {one: float(np.mean(every)) for one, every in found.items()}


def of_halves(nature: str, seeds: range, lifetimes: Table, many: int) -> Held:
    """Compare random halves of one account; say how often a difference is found."""
    p_values = []
    for seed in seeds:
        world = World(seed=seed, nature=nature)
        ids = world.sample_ids("acme", 2 * many, before=OLD)
        order = np.random.default_rng(seed).permutation(ids).tolist()
        row = compared(world, order[:many], order[many:], lifetimes)
        p_values.append(row["p_value"])
    return {f"p < {at}": float(np.mean(np.array(p_values) < at)) for at in (0.1, 0.05)}


def weeks_of(world: World, ids: list[str], first_day: int) -> dict[str, int]:
    """Give the number of each tweet's week, from a day on: 0 is a Thursday, as of the campaigns."""
    days = world.look(ids).birth_ms // 86_400_000
    return dict(zip(ids, ((days - first_day) // 7).tolist(), strict=True))


def of_weeks(seeds: range, lifetimes: Table, weeks: int, by: str) -> Held:
    """Compare spans of weeks of one account that differ in nothing but the luck of each week."""
    held: dict[str, list[bool]] = {}
    for seed in seeds:
        world = World(seed=seed, nature="campaigns")
        ids = world.sample_ids("acme", 2 * weeks * WEEK, before=CHANGE)
        days = {"tweet": None, "campaign": 0, "calendar week": 4}[by]
        cluster = None if days is None else weeks_of(world, ids, days)
        newest, oldest = ids[: weeks * WEEK], ids[weeks * WEEK :]
        row = compared(world, newest, oldest, lifetimes, cluster=cluster)
        held.setdefault("ratio of medians", []).append(holds(row, "", 1.0))
        held.setdefault("chance", []).append(holds(row, "chance_", 0.5))
        for at in (0.1, 0.05):
            held.setdefault(f"p < {at}", []).append(row["p_value"] < at)
    return {one: float(np.mean(every)) for one, every in held.items()}


def of_regimes(seeds: range, lifetimes: Table, weeks: int) -> Held:
    """Compare campaigns before and after the change of regime."""
    held: dict[str, list[bool]] = {}
    for seed in seeds:
        world = World(seed=seed, nature="campaigns")
        after = world.sample_ids("acme", weeks * WEEK, before=CHANGE + timedelta(weeks=weeks))
        earlier = world.sample_ids("acme", weeks * WEEK, before=CHANGE)
        assert world.nature.regime is not None
        ratio = world.nature.regime.audience
        cluster = weeks_of(world, after + earlier, 0)
        row = compared(world, after, earlier, lifetimes, cluster=cluster)
        held.setdefault("ratio of medians", []).append(holds(row, "", ratio))
        truth = chance_of("campaigns", ratio)
        held.setdefault("chance", []).append(holds(row, "chance_", truth))
    return {one: float(np.mean(every)) for one, every in held.items()}


def show(what: str, found: Held) -> None:
    """Print figures for the docs."""
    print(what, {one: f"{share:.1%}" for one, share in found.items()})  # noqa: T201


def test_intervals_hold(lifetimes: Table) -> None:
    """In a few worlds about nine of ten hold the true ratio and the true chance."""
    found = of_accounts("standard", range(25), lifetimes, 40)
    assert found["ratio of medians"] >= 0.7
    assert found["chance"] >= 0.7


def test_random_halves_do_not_differ(lifetimes: Table) -> None:
    """Seldom is a difference found where there is none, also where tweets share their luck."""
    assert of_halves("campaigns", range(25), lifetimes, 40)["p < 0.1"] <= 0.25


def test_weeks_differ_by_their_luck_alone(lifetimes: Table) -> None:
    """Tweets of a week taken as independent find differences that weeks as units do not."""
    assert of_weeks(range(12), lifetimes, 4, "tweet")["p < 0.1"] >= 0.4
    assert of_weeks(range(12), lifetimes, 4, "campaign")["p < 0.1"] <= 0.35


def test_the_truth_is_that_of_a_census(lifetimes: Table) -> None:
    """Thousands of tweets of two accounts differ by what the world says, within a tenth."""
    world = World(seed=5)
    a, b = (world.sample_ids(name, 6000, before=OLD) for name in ("acme", "birch"))
    typical = _typical(world.seed, np.array([0, 1]))
    row = compared(world, a, b, lifetimes)
    assert row["ratio"] == pytest.approx(typical[0] / typical[1], rel=0.1)
    assert row["chance"] == pytest.approx(chance_of("standard", typical[0] / typical[1]), abs=0.02)


@pytest.mark.long
@pytest.mark.parametrize("many", [20, 40, 100])
@pytest.mark.parametrize("nature", NATURES)
def test_intervals_hold_in_many_worlds(nature: str, many: int, lifetimes: Table) -> None:
    """Coverage of 90 % intervals over 500 worlds; those of means are told, and not promised."""
    found = of_accounts(nature, range(SEEDS), lifetimes, many)
    show(f"{nature}, two accounts, {many} tweets each:", found)
    for name in ("ratio of medians", "chance"):
        assert 0.9 - ERROR <= found[name] <= 0.95
    assert found["ratio of means"] >= 0.7


@pytest.mark.long
@pytest.mark.parametrize("many", [20, 40, 100])
@pytest.mark.parametrize("nature", NATURES)
def test_the_level_of_the_test_is_held(nature: str, many: int, lifetimes: Table) -> None:
    """Random halves of an account differ at the 10 % level in at most 10 % of 500 worlds."""
    found = of_halves(nature, range(SEEDS), lifetimes, many)
    show(f"{nature}, random halves, {many} tweets each:", found)
    assert found["p < 0.1"] <= 0.1 + ERROR
    assert found["p < 0.05"] <= 0.05 + 1.96 * np.sqrt(0.05 * 0.95 / SEEDS)


@pytest.mark.long
@pytest.mark.parametrize("by", ["tweet", "calendar week", "campaign"])
@pytest.mark.parametrize("weeks", [4, 8, 13])
def test_campaigns_as_units_hold_the_level(weeks: int, by: str, lifetimes: Table) -> None:
    """Spans of weeks that differ by luck alone: the level holds for the units that share it."""
    found = of_weeks(range(SEEDS), lifetimes, weeks, by)
    show(f"campaigns, {weeks} weeks each, units are each {by}:", found)
    if by == "campaign":
        assert found["p < 0.1"] <= 0.1 + ERROR
        assert found["chance"] >= 0.9 - ERROR
        assert found["ratio of medians"] >= 0.9 - ERROR
    else:
        assert found["p < 0.1"] > 0.1 + ERROR


@pytest.mark.long
@pytest.mark.parametrize("weeks", [4, 8, 13])
def test_a_change_of_regime_is_held(weeks: int, lifetimes: Table) -> None:
    """Before and after the change, by the week: coverage of the true ratio over 500 worlds."""
    found = of_regimes(range(SEEDS), lifetimes, weeks)
    show(f"campaigns, {weeks} weeks before and after:", found)
    for name in ("ratio of medians", "chance"):
        assert 0.9 - ERROR <= found[name] <= 0.96
