"""Intervals of rates hold the emulator's truth as often as they say."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engagement_kit.emulator import World
from engagement_kit.emulator.world.totals import PROMOTED_EXTRA, TRAITS, codes
from engagement_kit.errors import LooksPromoted
from engagement_kit.insight.ratios import rates
from engagement_kit.tables.joining import concat

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
OLD = NOW - timedelta(days=20)
NATURES = ["standard", "heavy_tails", "campaigns"]
# Ages (hours) in which little of a life is counted: counts there are thinned totals.
LATE = {"standard": (72, 240), "heavy_tails": (72, 240), "campaigns": (24, 72)}
SEEDS = 500
ERROR = 1.96 * np.sqrt(0.9 * 0.1 / SEEDS)

Table = Callable[..., pd.DataFrame]
Held = dict[str, list[float]]


def quiet_rates(*given: Any, **options: Any) -> pd.DataFrame:
    """Give rates where promoted tweets are nothing new."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LooksPromoted)
        return rates(*given, **options)


def late(
    world: World, ids: Sequence[str], metrics: Sequence[str], first_hours: Table
) -> pd.DataFrame:
    """Give metrics and impressions at late ages of tweets."""
    begin, end = LATE[world.nature.name]
    table = first_hours(world, ids, ["impressions", *metrics], end, NOW)
    births = pd.Series(pd.to_datetime(world.look(ids).birth_ms, unit="ms", utc=True), list(ids))
    born = pd.to_datetime(table["tweet_id"].astype("str").map(births)).dt.floor("h")
    return table[table["start"] >= born + pd.Timedelta(hours=begin)]


def expected(world: World, ids: Sequence[str], metric: str) -> Any:
    """Give each tweet's expected counts per expected impression at those ages.

    For views of media, whose pace is that of impressions, that is the ratio of the life totals.
    """
    series = world._series(world.look(ids), codes(["impressions", metric]))
    every = np.arange(2 * len(ids))
    begin, end = (series.curves.reached(every, np.full(len(every), at))
                  for at in LATE[world.nature.name])  # fmt: skip
    counts = ((end - begin) * series.totals).reshape(-1, 2)
    return counts[:, 1] / np.where(counts[:, 0] > 0, counts[:, 0], np.nan)


def with_media(world: World, many: int) -> list[str]:
    """Give tweets with a picture or a video, whose views have the pace of impressions."""
    ids = world.sample_ids("acme", 3 * many, before=OLD)
    return [one for one, has in zip(ids, world.look(ids).media, strict=True) if has][:many]


def held(frame: pd.DataFrame, truth: Any, low: str, high: str) -> float:
    """Give the share of the rows that have an interval in which it holds the truth."""
    lows, highs = (frame[name].to_numpy(dtype=float, na_value=np.nan) for name in (low, high))
    known = np.isfinite(lows) & np.isfinite(truth)
    return float(((lows <= truth) & (truth <= highs))[known].mean())


def of_tweets(nature: str, seeds: range, first_hours: Table, many: int) -> Held:
    """Measure the intervals of single tweets, raw and shrunk."""
    found: Held = {}
    metrics = ["media_views", "engagements"]
    for seed in seeds:
        world = World(seed=seed, nature=nature)
        ids = with_media(world, many)
        frame = quiet_rates(late(world, ids, metrics, first_hours), metrics)
        for metric in metrics:
            mine = frame[frame["metric"] == metric].set_index("tweet_id").loc[ids]
            truth = expected(world, ids, metric)
            for kind in ("", "shrunk_"):
                share = held(mine, truth, f"{kind}low", f"{kind}high")
                found.setdefault(f"{metric}, {kind or 'own'}", []).append(share)
    return found


def of_groups(nature: str, seeds: range, lifetimes: Table, many: int) -> Held:
    """Measure the intervals of sums over sums: the tweets of one account in each world."""
    metrics = ["impressions", "engagements", "favorites", "retweets"]
    tables, owners = [], {}
    for seed in seeds:
        world = World(seed=seed, nature=nature)
        ids = world.sample_ids("acme", many, before=OLD)
        tables.append(lifetimes(world, ids, metrics, NOW))
        owners |= dict.fromkeys(ids, seed)
    assert len(owners) == many * len(seeds)
    table = concat(tables)
    table["world"] = table["tweet_id"].astype("str").map(owners)
    frame = quiet_rates(table, metrics[1:], by="world")
    truth = frame["metric"].map({one: expectation(world, one) for one in metrics[1:]})
    inside = (frame["low"] <= truth) & (truth <= frame["high"])
    return {one: inside[frame["metric"] == one].astype(float).tolist() for one in metrics[1:]}


def expectation(world: World, metric: str) -> float:
    """Give expected counts over expected impressions; audiences and rates are independent."""
    trait = TRAITS[metric]
    extra = world.nature.promoted_chance * sum(PROMOTED_EXTRA) / 2 if trait.promoted else 0.0
    return trait.share * (1 + extra)


@pytest.mark.parametrize("nature", ["standard", "campaigns"])
def test_the_expected_rate_is_that_of_a_census(nature: str) -> None:
    """Thousands of tweets have the rate that the groups are held against, within 3 %."""
    for metric in ("engagements", "favorites", "retweets"):
        sums = np.zeros(2)
        for seed in range(6):
            world = World(seed=seed, nature=nature)
            ids = world.sample_ids("acme", 6000, before=OLD)
            sums += world.lifetime(ids, ["impressions", metric], NOW).sum(axis=0)
        assert sums[1] / sums[0] == pytest.approx(expectation(world, metric), rel=0.03)


@pytest.mark.parametrize("nature", NATURES)
def test_intervals_of_tweets_hold(nature: str, first_hours: Table) -> None:
    """In a few worlds about nine of ten hold the rate, raw and shrunk."""
    for kind, shares in of_tweets(nature, range(5), first_hours, 40).items():
        assert 0.8 <= np.mean(shares) <= 0.98, kind


def test_intervals_of_groups_hold(lifetimes: Table) -> None:
    """In some worlds about nine of ten hold the rate that is expected."""
    found = of_groups("standard", range(80), lifetimes, 50)
    assert 0.8 <= np.mean(found["engagements"]) <= 0.98


@pytest.mark.long
@pytest.mark.parametrize("many", [20, 100])
@pytest.mark.parametrize("nature", NATURES)
def test_intervals_of_tweets_hold_in_many_worlds(
    nature: str, many: int, first_hours: Table
) -> None:
    """Coverage of 90 % intervals of tweets, raw and shrunk, over 500 worlds."""
    for kind, shares in of_tweets(nature, range(SEEDS), first_hours, many).items():
        print(f"{nature} {many} tweets, {kind}: {np.mean(shares):.1%}")  # noqa: T201
        assert np.mean(shares) >= 0.9 - ERROR, kind
        assert np.mean(shares) <= 0.95, kind


@pytest.mark.long
@pytest.mark.parametrize("many", [20, 50, 100])
@pytest.mark.parametrize("nature", NATURES)
def test_intervals_of_groups_hold_in_many_worlds(nature: str, many: int, lifetimes: Table) -> None:
    """Coverage of the 90 % interval of a ratio of sums over 500 worlds."""
    for metric, shares in of_groups(nature, range(SEEDS), lifetimes, many).items():
        print(f"{nature} {many} tweets, {metric}: {np.mean(shares):.1%}")  # noqa: T201
        if nature == "standard":
            assert abs(np.mean(shares) - 0.9) <= ERROR + 0.01, metric
        assert np.mean(shares) >= 0.82, metric
