"""Half-lives of groups: medians of bounds, an interval by order, and a model that says when not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, lognorm, t

import engagement_kit as ek
from engagement_kit.emulator import World
from engagement_kit.insight import half_life, half_lives

NOW = datetime(2025, 6, 1, tzinfo=UTC)
NUMBERS = [
    "low_h", "high_h", "ci_low_h", "ci_high_h",
    "model_median_h", "model_ci_low_h", "model_ci_high_h",
]  # fmt: skip
Table = Callable[..., pd.DataFrame]


@pytest.fixture(scope="module")
def table(first_hours: Table) -> pd.DataFrame:
    """Give two days of sixty tweets, of which the last eight are too young for all of it."""
    world = World(seed=3)
    ids = world.sample_ids("acme", 60, before=NOW)
    return first_hours(world, ids, ["impressions", "favorites"], 48, NOW)


def test_bounds_are_medians_and_the_interval_goes_by_order(table: pd.DataFrame) -> None:
    """By hand from the bounds of each tweet, for levels and numbers of tweets."""
    own = half_lives(table, first_hours=48)
    known = own[own["status"] == "known"]
    lows, highs = (np.sort(known[name].to_numpy(dtype=float)) for name in ("low_h", "high_h"))
    for level in (0.5, 0.9, 0.95, 0.999):
        row = half_life(table, first_hours=48, level=level).iloc[0]
        assert row["n_tweets"] == len(known) < len(own) == row["n_tweets"] + row["n_left_out"]
        assert row["low_h"] == pytest.approx(np.median(lows))
        assert row["high_h"] == pytest.approx(np.median(highs))
        below = int((lows < row["ci_low_h"]).sum())
        above = int((highs > row["ci_high_h"]).sum())
        assert below == above
        # Outside are as many as may be: with one more on each side it would hold too seldom.
        held = [1 - 2 * binom.cdf(many, len(known), 0.5) for many in (below, below + 1)]
        assert held[0] >= level > held[1]


def test_few_tweets_have_bounds_but_no_interval(table: pd.DataFrame) -> None:
    """Of five tweets all may lie on one side of the median, more often than a 95 % interval may."""
    ids = half_lives(table, first_hours=48).query("status == 'known'")["tweet_id"]
    for many, interval, model in ((1, False, False), (5, False, False), (6, True, False)):
        rows = table[table["tweet_id"].isin(ids[:many])]
        found = half_life(rows, first_hours=48)
        assert found[["low_h", "high_h"]].notna().all(axis=None)
        assert found["ci_low_h"].notna().item() is found["ci_high_h"].notna().item() is interval
        assert found["model_median_h"].notna().item() is model


def test_the_model_is_scipys_and_its_interval_the_profile_likelihoods(table: pd.DataFrame) -> None:
    """At each end no curve with that median is likelier than the level allows."""
    own = half_lives(table, first_hours=48).query("status == 'known'")
    low, high = (own[name].to_numpy(dtype=float) for name in ("low_h", "high_h"))

    def best(median: float) -> float:
        spreads = np.exp(np.linspace(-1, 1, 2001))[:, None]
        chances = lognorm.cdf(high, spreads, scale=median) - lognorm.cdf(low, spreads, scale=median)
        return float(np.log(chances).sum(axis=1).max())

    row = half_life(table, first_hours=48, level=0.9).iloc[0]
    top, many = best(row["model_median_h"]), len(own)
    # What it is where ages are known: the t test of a mean of logarithms.
    allowed = many / 2 * np.log1p(t.ppf(0.95, many - 1) ** 2 / (many - 1))
    assert top >= max(best(row["model_median_h"] * factor) for factor in (0.99, 1.01))
    for end in ("model_ci_low_h", "model_ci_high_h"):
        assert top - best(row[end]) == pytest.approx(allowed, abs=0.005)


def test_groups_are_those_of_a_column(table: pd.DataFrame) -> None:
    """Each group is as if it were alone; tweets without a value are a group, too."""
    ids = table["tweet_id"].astype("str").unique()
    teams = pd.DataFrame({"tweet_id": ids[:50], "team": ["red", "blue"] * 25})
    joined = ek.join(table, teams)
    found = half_life(joined, by="team", first_hours=48)
    assert found["team"].tolist()[:2] == ["blue", "red"]
    assert found["team"].isna().tolist() == [False, False, True]
    assert (found["n_tweets"] + found["n_left_out"]).tolist() == [25, 25, 10]
    for place, rows in enumerate(
        (joined[joined["team"] == "blue"], joined[joined["team"] == "red"],
         joined[joined["team"].isna()])
    ):  # fmt: skip
        alone = half_life(rows, first_hours=48)
        pd.testing.assert_frame_equal(
            found.drop(columns="team").iloc[[place]].reset_index(drop=True), alone
        )
    numbered = ek.join(table, teams.assign(team=[1, 2] * 25))
    assert half_life(numbered, by="team", first_hours=48)["team"].dtype == "Int64"


def test_a_group_without_a_known_tweet_is_told_of(table: pd.DataFrame) -> None:
    """All of it is null, and says how many tweets were left out."""
    young = table[table["start"] >= pd.Timestamp(NOW - timedelta(hours=40))]
    found = half_life(young, first_hours=48)
    assert found["n_tweets"].tolist() == [0]
    assert found["n_left_out"].tolist() == [young["tweet_id"].nunique()]
    assert found[NUMBERS].isna().all(axis=None)


def test_bounds_that_share_an_age_tell_no_spread(table: pd.DataFrame) -> None:
    """Of days nearly every tweet had half on its first: there is no curve to fit."""
    first = table["start"].dt.floor("D")
    starts = table.groupby(["tweet_id", "metric"], observed=True)["start"]
    days = table[table["start"] == starts.transform("min")]
    days = days.assign(grain="day", end=first + pd.Timedelta(days=1))
    found = half_life(days, first_hours=24)
    assert found["n_tweets"].item() > 50
    assert found["ci_high_h"].notna().all()
    assert found["model_median_h"].isna().all()


def test_shapes_and_types_are_fixed(table: pd.DataFrame) -> None:
    """One row without groups, an Arrow table or not."""
    found = half_life(table, "favorites", first_hours=24)
    assert found.columns.tolist() == [
        "metric", "n_tweets", "n_left_out", *NUMBERS, "first_hours", "level"
    ]  # fmt: skip
    assert {str(found[name].dtype) for name in NUMBERS} == {"Float64"}
    assert found[["metric", "first_hours", "level"]].values.tolist() == [["favorites", 24, 0.95]]


def test_the_order_of_rows_is_nothing(table: pd.DataFrame) -> None:
    """Rows come as they like."""
    shuffled = table.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        half_life(shuffled, first_hours=48), half_life(table, first_hours=48)
    )


def test_what_can_not_be_had_is_refused_in_words(table: pd.DataFrame) -> None:
    """Each refusal says what is allowed."""
    cases: list[tuple[dict[str, Any], str]] = [
        ({"by": "team"}, "no column of the table"),
        ({"by": "tweet_id"}, "'account' or your own"),
        ({"by": "metric"}, "'account' or your own"),
        ({"by": "start"}, "several values for 60 tweets"),
        ({"level": 1}, "above 0 and below 1"),
        ({"level": 95.0}, "above 0 and below 1"),
        ({"level": "0.95"}, "above 0 and below 1"),
        ({"first_hours": 0}, "a whole number of hours"),
    ]
    for options, words in cases:
        with pytest.raises(ek.errors.TableError, match=words):
            half_life(table, **options)
