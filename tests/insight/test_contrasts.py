"""Two groups of tweets: the tweet is the unit, ages are equal or said not to be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

import engagement_kit as ek
from engagement_kit.emulator import World
from engagement_kit.insight import resampling
from engagement_kit.insight.contrasts import compare
from engagement_kit.insight.resampling import Side, ratio_of
from engagement_kit.question.tweet_ids import ID_EPOCH_MS
from engagement_kit.tables.schema import SCHEMA

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
Table = Callable[..., pd.DataFrame]
RED = [5, 9, 12, 30, 41, 7, 16]
BLUE = [4, 4, 10, 11, 8, 3]


def table_of(*groups: list[Any]) -> tuple[pd.DataFrame, dict[Any, Any]]:
    """Make a table of likes, and say which tweet is in which group: red, blue, ..."""
    counts, names = {}, {}
    for name, values in zip(("red", "blue", "green"), groups, strict=False):
        for value in values:
            one = 2000 + len(counts)
            counts[str(one)] = {"likes": None if value is None else str(value)}
            names[one] = name
    return ek.tidy({"g": counts}), names


def row_of(*groups: list[Any], **options: Any) -> pd.Series[Any]:
    """Compare likes of two groups."""
    table, names = table_of(*groups)
    return compare(table, names, "likes", **options).loc[0]


def tweet(at: datetime, number: int = 0) -> str:
    """Make the id of a tweet that was posted at a moment."""
    return str((int(at.timestamp() * 1000) - ID_EPOCH_MS << 22) + number)


def test_values_are_those_of_tweets() -> None:
    """Medians or means of the tweets of each group, and what one is to the other."""
    for statistic, of in (("median", np.median), ("mean", np.mean)):
        row = row_of(RED, BLUE, statistic=statistic)
        assert (row["a"], row["b"], row["n_a"], row["n_b"]) == ("red", "blue", 7, 6)
        assert row["value_a"] == pytest.approx(of(RED))
        assert row["value_b"] == pytest.approx(of(BLUE))
        assert row["ratio"] == pytest.approx(of(RED) / of(BLUE))
        assert row["low"] < row["ratio"] < row["high"]


def test_the_chance_of_more_is_that_of_all_pairs() -> None:
    """Each tweet of one group against each of the other; equal ones count half."""
    pairs = [(one > other) + (one == other) / 2 for one in RED for other in BLUE]
    assert row_of(RED, BLUE)["chance"] == pytest.approx(np.mean(pairs))
    assert row_of(BLUE, RED)["chance"] == pytest.approx(1 - np.mean(pairs))


def test_the_test_is_that_of_brunner_and_munzel_on_the_logit() -> None:
    """Standard error and degrees of freedom are scipy's."""
    row = row_of(RED, BLUE)
    theirs = stats.brunnermunzel(BLUE, RED)
    error = (row["chance"] - 0.5) / theirs.statistic
    freedom = optimize.brentq(
        lambda one: 2 * stats.t.sf(abs(theirs.statistic), one) - theirs.pvalue, 0.5, 100
    )
    on_logit = error / row["chance"] / (1 - row["chance"])
    expected = 2 * stats.t.sf(special.logit(row["chance"]) / on_logit, freedom)
    assert row["p_value"] == pytest.approx(expected)
    low = special.logit(row["chance"]) - stats.t.ppf(0.95, freedom) * on_logit
    assert row["chance_low"] == pytest.approx(special.expit(low))


@settings(max_examples=15)
@given(
    st.lists(st.integers(0, 40), min_size=8, max_size=15),
    st.lists(st.integers(0, 40), min_size=8, max_size=15),
)  # fmt: skip
def test_laws_of_comparing(red: list[int], blue: list[int]) -> None:
    """Groups can change places, the order of rows is nothing, test and interval agree."""
    table, names = table_of(red, blue)
    row = compare(table, names, "likes").loc[0]
    turned = compare(table, dict(reversed(names.items())), "likes").loc[0]
    assert (turned["a"], turned["b"]) == ("blue", "red")
    assert turned["chance"] == pytest.approx(1 - row["chance"])
    assert turned["p_value"] == pytest.approx(row["p_value"])
    shuffled = table.sample(frac=1, random_state=1)
    pd.testing.assert_series_equal(compare(shuffled, names, "likes").loc[0], row)
    if pd.notna(row["chance_low"]) and 0 < row["chance"] < 1:
        outside = not row["chance_low"] <= 0.5 <= row["chance_high"]
        assert outside == (row["p_value"] < 0.1)


def test_groups_come_in_any_form() -> None:
    """A mapping of int or text, a Series, or a column of the table: the same row."""
    table, names = table_of(RED, BLUE)
    row = compare(table, names, "likes")
    texts = {str(one): name for one, name in names.items()}
    own = pd.DataFrame({"tweet_id": list(names), "team": list(names.values())})
    own["team"] = pd.Categorical(own["team"], ["red", "blue"])
    for groups in (texts, pd.Series(names), pd.Series(texts)):
        pd.testing.assert_frame_equal(compare(table, groups, "likes"), row)
    pd.testing.assert_frame_equal(compare(ek.join(table, own), "team", "likes"), row)
    plain = ek.join(table, own.astype({"team": "str"}))
    assert compare(plain, "team", "likes").loc[0, "a"] == "blue"
    counts = {str(one): {"likes": str(two)} for one, two in zip(names, RED + BLUE, strict=True)}
    arrow = ek.tidy_arrow({"g": counts})
    pd.testing.assert_frame_equal(compare(arrow, names, "likes"), row)


def test_who_is_left_out_is_counted() -> None:
    """Tweets without a count, those that the table does not hold, and those of no group."""
    table, names = table_of([*RED, None, None], BLUE, [1, 2, 3])
    names = {one: name for one, name in names.items() if name != "green"} | {99: "blue"}
    row = compare(table, names, "likes").loc[0]
    assert (row["n_a"], row["left_out_a"]) == (7, 2)
    assert (row["n_b"], row["left_out_b"]) == (6, 1)
    assert row["in_neither"] == 3
    some = {one: (name if value else None) for (one, name), value in
            zip(names.items(), [True] * 7 + [False] * 2 + [True] * 7, strict=True)}  # fmt: skip
    assert compare(table, some, "likes").loc[0, "in_neither"] == 5


def test_first_hours_are_those_of_the_truth(first_hours: Table) -> None:
    """Five hours of each tweet, from the hour of its creation; the youngest do not have them."""
    world = World(seed=4)
    ids = world.sample_ids("acme", 60, before=NOW)
    table = first_hours(world, ids, ["impressions"], 48, NOW)
    groups = {one: "even" if at % 2 else "odd" for at, one in enumerate(ids)}
    row = compare(table, groups, first_hours=5).loc[0]
    sums: dict[str, list[int]] = {"even": [], "odd": []}
    births = world.look(ids).birth_ms // 3_600_000
    for one, born in zip(ids, births.tolist(), strict=True):
        begun = datetime.fromtimestamp(born * 3600, UTC)
        if begun + timedelta(hours=5) <= NOW:
            end = begun + timedelta(hours=5)
            sums[groups[one]].append(
                int(world.window([one], ["impressions"], begun, end, NOW).sum())
            )
    assert row["a"] == "odd"
    assert row["value_a"] == np.median(sums["odd"])
    assert row["value_b"] == np.median(sums["even"])
    assert (row["n_a"], row["n_b"]) == (len(sums["odd"]), len(sums["even"]))
    assert row["left_out_a"] + row["left_out_b"] == 60 - row["n_a"] - row["n_b"] > 0
    assert row["equal_age"]
    assert (row["first_hours"], row["age_a_h"], row["age_b_h"]) == (5, 5.0, 5.0)


def test_a_hole_or_a_running_hour_leaves_a_tweet_out() -> None:
    """An hour without a count, one that is not there, and one that was not over."""
    born = datetime(2026, 5, 2, 8, 21, tzinfo=UTC)
    whole = {"07": "9", "08": "5", "09": "3", "10": "1"}
    kinds = [whole, whole, {**whole, "09": None}, {"08": "5", "10": "3"}]
    counts = {tweet(born, at): {"likes": {"2026-05-02": one}} for at, one in enumerate(kinds * 2)}
    counts["2000"] = {"likes": {"2026-05-02": whole}}  # an id that says no time
    table = ek.tidy({"g": counts})
    groups = dict(zip(counts, ["a"] * 4 + ["b"] * 4 + ["a"], strict=True))
    row = compare(table, groups, "likes", first_hours=3).loc[0]
    assert (row["n_a"], row["left_out_a"], row["n_b"], row["left_out_b"]) == (2, 3, 2, 2)
    assert row["value_a"] == 9
    seen = born.replace(hour=10, minute=30)
    running = ek.tidy({"g": counts}, observed_at=seen)
    with pytest.raises(ek.errors.TableError, match="0 tweets with a whole count, and 5"):
        compare(running, groups, "likes", first_hours=3)
    assert compare(running, groups, "likes", first_hours=2).loc[0, "n_a"] == 2


def test_unequal_ages_are_said(lifetimes: Table, first_hours: Table) -> None:
    """Lifetimes of old and young tweets are compared as they are, and their ages are told."""
    world = World(seed=4)
    ids = world.sample_ids("acme", 60, before=NOW)
    groups = {one: "young" if at < 30 else "old" for at, one in enumerate(ids)}
    row = compare(lifetimes(world, ids, ["impressions"], NOW), groups).loc[0]
    births = (NOW.timestamp() - world.look(ids).birth_ms / 1000) / 3600
    assert row["age_a_h"] == pytest.approx(np.median(births[:30]))
    assert row["age_b_h"] == pytest.approx(np.median(births[30:]))
    assert not row["equal_age"]
    assert pd.isna(row["first_hours"])
    assert not row_of(RED, BLUE)["equal_age"]
    same = first_hours(world, ids[30:], ["impressions"], 24, NOW)
    groups = {one: "a" if at % 2 else "b" for at, one in enumerate(ids[30:])}
    assert compare(same, groups).loc[0, "equal_age"]


def test_zeros_have_no_ratio() -> None:
    """Nothing is how many times as much as nothing; the chance of more is told."""
    row = row_of(RED, [0, 0, 0, 4])
    assert row[["ratio", "low", "high"]].isna().all()
    assert row["chance"] > 0.9
    rare = row_of([0, 0, 1, 1, 2, 0, 3, 1], [0, 1, 1, 2, 1, 4, 1, 3])
    assert rare["ratio"] == 1
    assert rare["low"] == 0


def test_groups_apart_are_not_certain() -> None:
    """All of one above all of the other: the p-value is that of a permutation test."""
    row = row_of([10, 11, 12, 13], [1, 2, 3])
    assert (row["chance"], row["chance_high"]) == (1, 1)
    assert row["chance_low"] == pytest.approx(0.05 ** (1 / 3))
    assert row["p_value"] == pytest.approx(2 / 35)
    none = row_of([4, 4, 4], [4, 4, 4])
    assert (none["chance"], none["p_value"], none["ratio"]) == (0.5, 1, 1)
    assert pd.isna(none["chance_low"])


def test_chance_comes_from_the_seed_alone() -> None:
    """The same seed gives the same interval, another one nearly the same."""
    one, same, other = (row_of(RED, BLUE, seed=seed) for seed in (1, 1, 2))
    assert one["low"] == same["low"] != other["low"]
    assert one["low"] == pytest.approx(other["low"], rel=0.1)


def test_medians_of_resamples_are_drawn_as_if_resampled() -> None:
    """Quantiles of the shortcut are those of plain resampling, for odd and even samples."""
    chance = np.random.default_rng(0)
    for many in (20, 21):
        values = np.exp(chance.normal(size=many))
        drawn = chance.choice(values, (20_000, many))
        plain = np.quantile(np.median(drawn, axis=1), [0.1, 0.5, 0.9])
        short = np.quantile(resampling._medians(Side(values, None), chance), [0.1, 0.5, 0.9])
        each = Side(values, np.arange(many))
        clusters = np.quantile(resampling._medians(each, chance), [0.1, 0.5, 0.9])
        assert short == pytest.approx(plain, rel=0.08)
        assert clusters == pytest.approx(plain, rel=0.08)


def test_clusters_are_the_units() -> None:
    """Tweets of a week that are alike are one; clusters of one tweet each are tweets."""
    table, names = table_of([v for v in RED for _ in range(5)], [v for v in BLUE for _ in range(5)])
    weeks = {one: f"{name} {at // 5}" for at, (one, name) in enumerate(names.items())}
    tweets, clustered = (
        compare(table, names, "likes", cluster=one).loc[0] for one in (None, weeks)
    )
    assert (clustered["clusters_a"], clustered["clusters_b"]) == (7, 6)
    assert pd.isna(tweets["clusters_a"])
    assert clustered["chance"] == tweets["chance"]
    assert clustered["p_value"] == pytest.approx(row_of(RED, BLUE)["p_value"])
    assert clustered["p_value"] > 2 * tweets["p_value"]
    assert clustered["high"] / clustered["low"] > 1.5 * tweets["high"] / tweets["low"]
    means = compare(table, names, "likes", cluster=weeks, statistic="mean").loc[0]
    same = row_of(RED, BLUE, statistic="mean")
    assert means[["ratio", "low", "high"]].tolist() == pytest.approx(
        same[["ratio", "low", "high"]].tolist()
    )


def test_intervals_turn_with_the_ratio() -> None:
    """What is twice as much one way is half as much the other."""
    chance = np.random.default_rng(3)
    a, b = (Side(np.exp(chance.normal(size=40)), None) for _ in range(2))
    there, back = (ratio_of(*sides, "median", 0.9, 0)[2] for sides in ((a, b), (b, a)))
    assert there.value == pytest.approx(1 / back.value)
    assert there.low == pytest.approx(1 / back.high, rel=0.1)


def test_what_can_not_be_had_is_refused_in_words() -> None:
    """Each refusal says what was found and what is allowed."""
    table, names = table_of(RED, BLUE)
    three, of_three = table_of(RED, BLUE, [1, 2])
    twice = pd.concat([table.assign(team="red"), table.assign(team="blue")])
    cases: list[tuple[Any, Any, dict[str, Any], str]] = [
        (three, of_three, {}, r"3 names \(red, blue, green\); exactly two"),
        (table, dict.fromkeys(names, "red"), {}, r"1 name \(red\)"),
        (table, {2000: "red", 2008: "blue"}, {}, "1 tweet with a whole count"),
        (table, {5: "red", 6: "blue"}, {}, "none of the 2 tweets in groups"),
        (table, {2.5: "red"}, {}, "a float loses digits"),
        (table, {"2000": "red", 2000: "blue"}, {}, "names 1 tweets twice"),
        (table, ["red"], {}, "groups is list; allowed: a mapping"),
        (table, "team", {}, "no column of the table"),
        (twice, "team", {}, "several values for 13 tweets"),
        (table, names, {"statistic": "mode"}, "allowed: median, mean"),
        (table, names, {"level": 1}, "above 0 and below 1"),
        (table, names, {"first_hours": 2}, "grain 'lifetime' has no parts"),
        (table, names, {"metric": "shares"}, "it holds: likes"),
        (table, names, {"cluster": dict.fromkeys(names, 1)}, "'red' is one cluster"),
        (table, names, {"cluster": {2000: 1}}, "6 tweets of group 'red' have no cluster"),
        (table.assign(tweet_id=pd.Categorical([None] * 13, ["1"])), names, {}, "summed over"),
        (SCHEMA.empty_table(), names, {}, "the table is empty"),
    ]
    for wrong, groups, options, words in cases:
        with pytest.raises(ek.errors.TableError, match=words):
            compare(wrong, groups, **{"metric": "likes", **options})


def test_the_columns_are_always_the_same() -> None:
    """Types are fixed, with clusters and without."""
    kinds = [str(one) for one in compare(*table_of(RED, BLUE), "likes").dtypes]
    texts, floats = [str(pd.Series(["of this pandas"]).dtype)] * 4, ["Float64"] * 9
    counts, ages = ["int64"] * 5, ["Int64"] * 3 + ["Float64"] * 2 + ["bool"]
    assert kinds == texts + floats + counts + ages


def test_clusters_of_both_groups_are_told() -> None:
    """What they share is taken as chance: intervals are wider than they need be."""
    table, names = table_of(RED, BLUE)
    clusters = {one: at % 3 for at, one in enumerate(names)}
    with pytest.warns(ek.errors.SharedClusters, match=r"3 clusters \(0, 1, 2\)"):
        compare(table, names, "likes", cluster=clusters)
    compare(table, names, "likes", cluster={one: f"{names[one]}{clusters[one]}" for one in names})
