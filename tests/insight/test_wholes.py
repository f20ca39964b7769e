"""Whole tweets: those whose sums are there, with all that stands beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.insight import counted, whole
from engagement_kit.tables.schema import SCHEMA

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
LIKES = {"2000": {"likes": "3"}, "2001": {"likes": "5"}}
GONE = "1234567890123456789"


def of(counts: dict[str, Any], *gone: str) -> pd.DataFrame:
    """Make a table of lifetimes, and of tweets that are not there."""
    return ek.tidy({"g": counts, "unavailable_tweet_ids": list(gone)})


def ids(table: pd.DataFrame) -> list[str]:
    """Give the tweets that a table has rows of."""
    return [str(one) for one in table["tweet_id"].unique()]


def test_one_tweet_that_is_gone_no_longer_blanks_the_sum() -> None:
    """The rest has the sum that it has without the tweet."""
    table = of(LIKES, "2009")
    assert ek.total(table)["value"].isna().all()
    assert ek.total(whole(table)).equals(ek.total(of(LIKES)))


@pytest.mark.parametrize("by", ["hour", "day", "hour_of_day", "total"])
def test_what_is_kept_is_what_total_finds_whole(by: Any) -> None:
    """At each grain, of a world with tweets that are gone: no sum of the rest is null."""
    with Emulator(World(seed=1), WorldClock(frozen=NOW)) as emulator:
        client = ek.connect(emulator)
        asked = [*emulator.world.sample_ids("acme", 12, before=NOW)[6:], GONE, "20"]
        period = ek.between("2026-05-28", "2026-06-01")
        query = ek.Query("historical", asked, ["impressions", "favorites"], by=by, period=period)
        result = client.run(query, progress=False)
    sums = ek.total(result, "tweet_id")
    kept = whole(result)
    assert set(ids(kept)) == set(sums["tweet_id"]) - set(
        sums.loc[sums["n_missing"] > 0, "tweet_id"]
    )
    assert 0 < len(ids(kept)) < len(asked)
    assert not {GONE, "20"} & set(ids(kept))
    assert ek.total(kept)["value"].notna().all()


def test_one_metric_or_all_of_them() -> None:
    """A tweet that lacks one metric is whole of the other; its other rows stay as they are."""
    both = {
        "2000": {"likes": "3", "replies": None}, "2001": {"likes": None, "replies": "1"},
        "2002": {"likes": "4", "replies": "2"},
    }  # fmt: skip
    table = of(both, "2009")
    assert ids(whole(table)) == ["2002"]
    assert ids(whole(table, "likes")) == ["2000", "2002"]
    assert ids(whole(table, "replies")) == ["2001", "2002"]
    assert len(whole(table, "likes")) == 4


def test_counted_are_tweets_with_any_count() -> None:
    """Of the metric, or of any; what they miss stays, too."""
    both = {"2000": {"likes": "3", "replies": None}, "2001": {"likes": None, "replies": None}}
    table = of(both, "2009")
    assert ids(counted(table)) == ids(counted(table, "likes")) == ["2000"]
    assert len(counted(table)) == 2
    assert len(counted(table, "replies")) == 0
    with pytest.raises(ek.errors.TableError, match="summed over tweets"):
        counted(table.assign(tweet_id=pd.Categorical([None] * len(table), ["1"])))


def test_a_tweet_without_a_row_of_a_metric_is_not_whole() -> None:
    """Nothing is known of it, though no row says so."""
    table = of({"2000": {"likes": "3", "replies": "1"}, "2001": {"likes": "4"}})
    table = table[table["value"].notna()]
    assert ids(whole(table)) == ["2000"]
    assert ids(whole(table, "replies")) == ["2000"]
    assert ids(whole(table, "likes")) == ["2000", "2001"]


def test_a_number_that_was_counted_in_another_observation_is_not_missing() -> None:
    """Of a tweet that was unavailable once, the count stands."""
    assert ids(whole(ek.concat([of(LIKES, "2009"), of({"2009": {"likes": "1"}})]))) == [
        "2000", "2001", "2009",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["category", "str"])
def test_columns_types_labels_and_order_stay(kind: str) -> None:
    """Own columns, labels of every kind, whatever order: only rows go, and nothing is changed."""
    table = of(LIKES, "2009").astype({"tweet_id": kind, "metric": kind}).iloc[::-1]
    table = table.assign(team=["a", "b", "c"]).set_index(pd.Index([5, 5, 7], name="mine"))
    before = table.copy()
    kept = whole(table)
    pd.testing.assert_frame_equal(kept, table[(table["tweet_id"] != "2009").to_numpy()])
    pd.testing.assert_frame_equal(table, before)
    assert kept["team"].tolist() == np.array(["a", "b", "c"])[table["tweet_id"] != "2009"].tolist()


def test_nothing_whole_is_an_empty_table_of_the_same_columns() -> None:
    """Also of nothing at all; Arrow tables are taken, too."""
    table = of({}, "2009")
    assert len(whole(table, None)) == 0
    assert whole(table).dtypes.equals(table.dtypes)
    assert len(whole(SCHEMA.empty_table())) == 0


def test_what_can_not_be_told_apart_is_refused_in_words() -> None:
    """Sums over tweets, metrics that are not there, several grains, and what is no table."""
    table = of(LIKES)
    grains = table.astype({"grain": "str"}).assign(grain=["lifetime", "window"])
    cases: list[tuple[Any, str | None, str]] = [
        (table.assign(tweet_id=pd.Categorical([None] * 2, ["1"])), None, "summed over tweets"),
        (table, "shares", "it holds: likes"),
        (grains, None, "several grains"),
        (grains, "likes", "several grains"),
        (table[["tweet_id", "value"]], None, "no tidy table"),
        ("likes", None, "no table"),
    ]
    for wrong, metric, words in cases:
        with pytest.raises(ek.errors.TableError, match=words):
            whole(wrong, metric)
