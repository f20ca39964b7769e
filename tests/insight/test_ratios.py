"""Rates: sums over sums, null where a piece is missing, drawn towards the others where few."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import engagement_kit as ek
from engagement_kit.emulator import World
from engagement_kit.errors import LooksPromoted
from engagement_kit.insight.ratios import rates
from engagement_kit.tables.schema import SCHEMA

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
Counts = dict[str, dict[str, Any]]


def lives(counts: Counts, seen: datetime | None = None) -> pd.DataFrame:
    """Make a table of lifetime counts."""
    return ek.tidy({"g": counts}, observed_at=seen)


def likes(*pairs: tuple[Any, Any]) -> pd.DataFrame:
    """Make a table of likes and impressions of tweets 2000, 2001 and so on."""
    return lives({
        str(2000 + at): {"likes": str(one), "impressions": str(other)}
        for at, (one, other) in enumerate(pairs)
    })  # fmt: skip


def test_a_rate_of_tweets_is_a_sum_over_a_sum() -> None:
    """Not the mean of 50 % and 1 %; each group is made of its own tweets."""
    table = likes((5, 10), (10, 1000), (3, 300))
    own = pd.DataFrame({"tweet_id": [2000, 2001], "team": ["red", "red"]})
    frame = rates(ek.join(table, own), "likes", by="team")
    assert frame["value"].tolist() == [15, 3]
    assert frame["rate"].tolist() == pytest.approx([15 / 1010, 3 / 300])
    assert frame["n_tweets"].tolist() == [2, 1]
    assert frame["team"].tolist()[0] == "red"
    assert pd.isna(frame["team"][1])
    assert rates(table, "likes", by=())["rate"][0] == pytest.approx(18 / 1310)


def test_each_metric_has_its_rows_in_order(lifetimes: Callable[..., pd.DataFrame]) -> None:
    """Several metrics stand below each other, as asked; groups are sums of the truth."""
    world = World(seed=1)
    ids = world.sample_ids("acme", 30, before=NOW)
    table = lifetimes(world, ids, ["impressions", "engagements", "favorites"], NOW)
    frame = rates(table, ["favorites", "engagements"], by=["account", "grain"])
    truth = world.lifetime(ids, ["favorites", "engagements", "impressions"], NOW).sum(axis=0)
    assert frame["metric"].tolist() == ["favorites", "engagements"]
    assert frame["value"].tolist() == truth[:2].tolist()
    assert set(frame["per_value"]) == {truth[2]}
    assert frame["shrunk"].isna().all()


def test_a_missing_piece_makes_a_rate_null() -> None:
    """Missing is not zero: of the tweet, and of each group that it is in."""
    table = likes((5, 10), (None, 1000), (3, None), (None, None))
    frame = rates(table, "likes")
    assert frame["value"].isna().tolist() == [False, True, False, True]
    assert frame["per_value"].isna().tolist() == [False, False, True, True]
    assert frame["rate"].notna().tolist() == [True, False, False, False]
    assert frame["n_missing"].tolist() == [0, 1, 1, 2]
    whole = rates(table, "likes", by=()).loc[0]
    assert whole["n_missing"] == 4
    assert whole[["value", "per_value", "rate", "low", "high"]].isna().all()


def test_a_count_without_its_partner_is_missing() -> None:
    """A tweet that only one of the two metrics was asked of."""
    table = lives({"2000": {"likes": "1", "impressions": "9"}, "2001": {"likes": "1"},
                   "2002": {"impressions": "9"}})  # fmt: skip
    frame = rates(table, "likes")
    assert frame["n_missing"].tolist() == [0, 1, 1]
    assert frame["rate"].notna().tolist() == [True, False, False]


def test_both_counts_are_of_the_same_hours() -> None:
    """An hour that only one of the two metrics has, or another one, is missing."""
    days = {"2026-05-02": {"08": "5", "09": "3"}}
    for other, lost in (
        ({"08": "50", "09": "50"}, 0),
        ({"08": "50"}, 1),
        ({"08": "50", "10": "9"}, 1),
    ):
        body = {"g": {"2000": {"likes": days, "impressions": {"2026-05-02": other}}}}
        frame = rates(ek.tidy(body), "likes")
        assert frame["n_missing"].tolist() == [lost]
        assert frame["rate"].isna().tolist() == [lost > 0]


def test_lifetimes_end_together() -> None:
    """Counts that were observed days apart are no rate; minutes are nothing."""
    for apart, lost in ((timedelta(minutes=5), 0), (timedelta(days=3), 1)):
        upper = lives({"2000": {"likes": "5"}}, NOW)
        lower = lives({"2000": {"impressions": "50"}}, NOW + apart)
        assert rates(ek.concat([upper, lower]), "likes")["n_missing"].tolist() == [lost]


def test_the_latest_observation_counts() -> None:
    """A number that stands twice is counted once."""
    old = lives({"2000": {"likes": "5", "impressions": "50"}}, NOW - timedelta(days=1))
    new = lives({"2000": {"likes": "6", "impressions": "60"}}, NOW)
    frame = rates(ek.concat([new, old]), "likes", by=())
    assert frame[["value", "per_value"]].to_numpy().tolist() == [[6, 60]]


def test_more_than_the_impressions_is_said() -> None:
    """A warning says which and what to do; views, which are organic, are not blamed."""
    table = likes((5, 10), (30, 20), (1, 90))
    with pytest.warns(LooksPromoted, match=r"1 tweet looks promoted \(2001\).*n_suspect"):
        frame = rates(table, "likes")
    assert frame["n_suspect"].tolist() == [0, 1, 0]
    assert frame["rate"].tolist() == pytest.approx([0.5, 1.5, 1 / 90])
    assert (frame["low"] < frame["rate"]).all()
    assert (frame["rate"] < frame["high"]).all()
    with pytest.warns(LooksPromoted, match="by='tweet_id'"):
        assert rates(table, "likes", by=())["n_suspect"].tolist() == [1]
    views = lives({"2000": {"video_views": "9", "impressions": "5"}})
    assert rates(views, "video_views")["n_suspect"].tolist() == [0]


def test_a_rate_far_above_the_others_is_said() -> None:
    """Thirty tweets near 2 %, one at 60 %; a lucky like of a tweet with few views is none."""
    chance = np.random.default_rng(0)
    pairs: list[tuple[int, int]] = [(int(one), 1000) for one in chance.integers(14, 28, 30)]
    with pytest.warns(LooksPromoted, match="2030"):
        assert rates(likes(*pairs, (600, 1000)), "likes")["n_suspect"].sum() == 1
    assert rates(likes(*pairs, (1, 2)), "likes")["n_suspect"].sum() == 0


def test_few_counts_are_drawn_towards_the_others() -> None:
    """A tweet with ten views is nearly as all are; one with a hundred thousand is itself."""
    chance = np.random.default_rng(1)
    pairs = [(int(one), 1000) for one in chance.poisson(20, 40)]
    frame = rates(likes(*pairs, (2, 10), (3000, 100_000), (0, 10)), "likes")
    few, many, none = (frame.loc[at] for at in (40, 41, 42))
    assert few["rate"] == pytest.approx(0.2)
    assert few["shrunk"] < 0.06
    assert few["shrunk_high"] - few["shrunk_low"] < few["high"] - few["low"]
    assert many["shrunk"] == pytest.approx(many["rate"], rel=0.03)
    assert none["shrunk_low"] == none["low"] == 0
    assert 0 < none["shrunk"] < 0.03


def test_what_says_nothing_is_not_shrunk() -> None:
    """Two tweets, or tweets without any count; no views give no rate, but a guess."""
    assert rates(likes((5, 10), (1, 10)), "likes")["shrunk"].isna().all()
    assert rates(likes((0, 10), (0, 10), (0, 9)), "likes")["shrunk"].isna().all()
    frame = rates(likes((5, 90), (1, 30), (0, 0)), "likes")
    assert pd.isna(frame["rate"][2])
    assert pd.isna(frame["low"][2])
    assert frame["shrunk"].notna().all()


def test_equal_tweets_give_the_t_interval() -> None:
    """With equal views the interval is Student's, on the logarithm, with n - 1 degrees."""
    counts = np.array([310, 120, 540, 80, 260, 400])
    row = rates(likes(*((one, 10_000) for one in counts)), "likes", by=()).loc[0]
    error = counts.std(ddof=1) / np.sqrt(len(counts)) / counts.mean()
    reach = stats.t.ppf(0.95, len(counts) - 1) * error
    assert row["low"] == pytest.approx(row["rate"] * np.exp(-reach))
    assert row["high"] == pytest.approx(row["rate"] * np.exp(reach))


def test_one_tweet_or_no_count_has_the_interval_of_counts() -> None:
    """Nothing says how tweets differ; a group that holds one tweet is that tweet."""
    table = likes((5, 100), (0, 40), (0, 60))
    own = pd.DataFrame({"tweet_id": [2000, 2001, 2002], "team": ["a", "b", "b"]})
    groups = rates(ek.join(table, own), "likes", by="team")
    tweet = rates(table, "likes").loc[0]
    assert groups.loc[0, ["low", "high"]].tolist() == tweet[["low", "high"]].tolist()
    assert groups["low"][1] == 0
    assert groups["high"][1] == pytest.approx(stats.betaprime.ppf(0.95, 0.5, 100.5))


def test_a_higher_level_is_wider() -> None:
    """Of tweets, of groups, and shrunk."""
    table = likes((5, 100), (1, 40), (9, 60))
    for by in ("tweet_id", ()):
        wide, narrow = (rates(table, "likes", by=by, level=one) for one in (0.99, 0.5))
        for low, high in (("low", "high"), ("shrunk_low", "shrunk_high")):
            known = wide[low].notna()
            assert (wide[low] < narrow[low])[known].all()
            assert (wide[high] > narrow[high])[known].all()


def test_negative_counts_have_no_interval() -> None:
    """Likes that were taken back count down; their rate is what it is."""
    frame = rates(likes((-2, 100), (1, 40), (9, 60), (7, 70)), "likes")
    assert frame["rate"][0] == pytest.approx(-0.02)
    assert frame["low"].isna().tolist() == [True, False, False, False]
    assert frame["shrunk"].isna().tolist() == [True, False, False, False]


def test_large_sums_are_exact() -> None:
    """Floats would lose the ones."""
    large = 2**53
    frame = rates(likes((1, large), (2, large), (1, 1)), "likes", by=())
    assert frame["per_value"].tolist() == [2 * large + 1]


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.integers(0, 50) | st.none(), st.integers(0, 900) | st.none(), st.booleans()),
        min_size=1,
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_laws_of_rates(tweets: list[tuple[Any, Any, bool]], chance: Any) -> None:
    """For any counts and holes groups are sums of tweets; the order of rows is nothing."""
    table = likes(*((one, other) for one, other, _ in tweets))
    own = {"tweet_id": [2000 + at for at in range(len(tweets))], "team": [one[2] for one in tweets]}
    table = ek.join(table, pd.DataFrame(own))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LooksPromoted)
        frame = rates(table, "likes", by="team").set_index("team")
        order = list(range(len(table)))
        chance.shuffle(order)
        again = rates(table.iloc[order], "likes", by="team").set_index("team")
    pd.testing.assert_frame_equal(frame, again)
    for team, row in frame.iterrows():
        mine = [one for one in tweets if one[2] == team]
        whole = all(None not in one for one in mine)
        views = sum(one[1] or 0 for one in mine)
        assert row["n_tweets"] == len(mine)
        assert row["n_missing"] == sum(one[:2].count(None) for one in mine)
        assert pd.notna(row["rate"]) == (whole and views > 0)
        if pd.notna(row["rate"]):
            assert row["rate"] == pytest.approx(sum(one[0] for one in mine) / views)
            assert row[["low", "high"]].isna().nunique() == 1  # both, or none
            assert pd.isna(row["low"]) or 0 <= row["low"] <= row["rate"] <= row["high"]


def test_an_arrow_table_gives_the_same() -> None:
    """Types are fixed, whatever comes in."""
    body = {"g": {"2000": {"likes": "5", "impressions": "50"}}}
    frame = rates(ek.tidy(body), "likes")
    pd.testing.assert_frame_equal(rates(ek.tidy_arrow(body), "likes"), frame)
    kinds = [str(one) for one in frame.dtypes]
    text = str(pd.Series(["of this pandas"]).dtype)
    assert kinds == ["category", text, text, "Int64", "Int64", *["Float64"] * 6, *["int64"] * 3]


def test_what_can_not_be_had_is_refused_in_words() -> None:
    """Each refusal says what is allowed."""
    table = likes((5, 10))
    hours = ek.tidy({"g": {"2000": {"likes": {"2026-05-02": {"08": "5"}}}}})
    mixed = pd.concat([hours, table[table["metric"] == "impressions"]])
    cases: list[tuple[Any, dict[str, Any], str]] = [
        (table, {"of": "shares"}, "it holds: .*likes"),
        (table, {"of": []}, "name one metric or several"),
        (table, {"per": "likes"}, "another one to divide by"),
        (table, {"by": "team"}, "no columns of the table"),
        (table, {"by": "status"}, "what was counted"),
        (table, {"level": 90}, "above 0 and below 1"),
        (table.assign(rate=1), {"by": "rate"}, "rename yours"),
        (table.assign(tweet_id=pd.Categorical([None] * 2, ["2000"])), {}, "summed over tweets"),
        (mixed, {}, "two grains"),
        (SCHEMA.empty_table(), {}, "the table is empty"),
    ]
    for wrong, options, words in cases:
        with pytest.raises(ek.errors.TableError, match=words):
            rates(wrong, **{"of": "likes", **options})


def test_no_tweet_looks_promoted_by_an_hour_of_its_life() -> None:
    """People click in one hour on what they saw the hour before: the whole table counts."""
    shown, clicked = {"08": "100", "09": "1"}, {"08": "1", "09": "2"}
    counts = {"impressions": {"2026-05-02": shown}, "favorites": {"2026-05-02": clicked}}
    table = ek.tidy({"g": {"2050491494400000000": counts}})
    for by in ("start", "tweet_id", None):
        assert rates(table, "favorites", by=by)["n_suspect"].tolist() in ([0, 0], [0])


def test_one_giant_and_a_dwarf_make_no_interval() -> None:
    """What the one says of the other is nothing: no number is made of it."""
    giant = {"impressions": "1000000", "favorites": "10000"}
    table = ek.tidy({"g": {"2000": giant, "2001": {"impressions": "10", "favorites": "1"}}})
    row = rates(table, "favorites", by=None).loc[0]
    assert row["rate"] == pytest.approx(10_001 / 1_000_010)
    assert row[["low", "high"]].isna().all()
