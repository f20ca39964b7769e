"""One count for each tweet: sums of first hours and days, and of all that a table counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.insight import compare, top
from engagement_kit.insight.equal_age import as_counted, of_first_hours

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
BORN = "2050491494400000000"  # 2026-05-02T08:21Z
LATER = "2050600000000000000"  # the same day, 15:35Z


@pytest.fixture(scope="module")
def days() -> tuple[pd.DataFrame, World]:
    """Give days of tweets of all ages, and the world that they are of."""
    world = World(seed=4)
    with Emulator(world, WorldClock(frozen=NOW)) as emulator:
        client = ek.connect(emulator)
        ids = emulator.world.sample_ids("acme", 30, before=NOW)
        query = ek.Query("historical", ids, ["impressions"], by="day", period=ek.last(days=28))
        return client.run(query, progress=False).to_pandas(), world


def test_first_days_are_those_of_the_truth(days: tuple[pd.DataFrame, World]) -> None:
    """Two UTC days, that of the creation being the first; null where they are not all there."""
    table, world = days
    found = of_first_hours(table, "impressions", 48).set_index("tweet_id")
    known = found["value"].dropna()
    for one, value in known.items():
        birth = datetime.fromtimestamp(int(world.look([str(one)]).birth_ms[0]) / 1000, UTC)
        begun = birth.replace(hour=0, minute=0, second=0, microsecond=0)
        end = begun + timedelta(hours=48)
        assert value == world.window([str(one)], ["impressions"], begun, end, NOW).sum()
    assert 0 < len(known) < len(found)
    assert found[["from_h", "to_h"]].drop_duplicates().values.tolist() == [[0.0, 48.0]]


def test_days_are_compared_as_they_are_ranked(days: tuple[pd.DataFrame, World]) -> None:
    """What `top` takes for the first days of a tweet, `compare` does, too."""
    table, _ = days
    ranked = top(table, n=100, first_hours=72).set_index("tweet_id")["value"].dropna()
    summed = of_first_hours(table, "impressions", 72).set_index("tweet_id")["value"].dropna()
    assert ranked.astype("int64").to_dict() == summed.astype("int64").to_dict()
    groups = {one: "odd" if at % 2 else "even" for at, one in enumerate(summed.index)}
    row = compare(table, groups, first_hours=72).loc[0]
    assert (row["n_a"] + row["n_b"], row["equal_age"]) == (len(summed), True)


@pytest.mark.parametrize("hours", [0, 20, 36, 2.5])
def test_days_can_not_be_cut(hours: Any, days: tuple[pd.DataFrame, World]) -> None:
    """A number of hours that days do not make is refused."""
    with pytest.raises(ek.errors.TableError, match="a multiple of 24: the table has days"):
        of_first_hours(days[0], "impressions", hours)


def test_what_nobody_said_when_it_was_observed_is_taken_as_over() -> None:
    """Without a moment of observation nothing is known to run."""
    counts = {BORN: {"likes": {"2026-05-02": {"08": "5", "09": "3"}}}}
    table = ek.tidy({"g": counts})
    assert table["complete"].isna().all()
    assert of_first_hours(table, "likes", 2)["value"].tolist() == [8]
    running = ek.tidy({"g": counts}, observed_at=datetime(2026, 5, 2, 9, 30, tzinfo=UTC))
    assert of_first_hours(running, "likes", 2)["value"].isna().all()


def test_a_part_of_a_table_has_its_own_tweets_alone() -> None:
    """Each with its sum and its ages; an id that says no time has none, and text is taken, too."""
    hours = {"2026-05-02": {"08": "5", "16": "3"}}
    table = ek.tidy({"g": {one: {"likes": hours} for one in (BORN, LATER, "2000")}})
    for part in (table[table["tweet_id"] != BORN], table.astype({"tweet_id": "str"}).iloc[2:]):
        found = as_counted(part, "likes").set_index("tweet_id")
        assert set(found.index) == set(part["tweet_id"])
        assert found["value"].eq(8).sum() >= 1
        no_time = [one for one in found.index if len(one) < 9]
        assert found.loc[no_time, ["from_h", "to_h"]].isna().all(axis=None)
        timed = [one for one in found.index if len(one) > 9]
        assert found.loc[timed, "to_h"].notna().all()


def test_a_tweet_of_which_nothing_was_expected_is_named_without_a_count(
    first_hours: Callable[..., pd.DataFrame],
) -> None:
    """A missed period before its creation: the tweet is there, its count is not."""
    world = World(seed=4)
    ids = world.sample_ids("acme", 2, before=NOW - timedelta(days=1))
    table = first_hours(world, ids, ["impressions"], 5, NOW)
    early = table.head(1).assign(
        start=pd.Timestamp("2020-01-01", tz="UTC"), end=pd.Timestamp("2020-01-02", tz="UTC"),
        value=pd.array([None], dtype="Int64"),
    ).astype(table.dtypes.to_dict())  # fmt: skip
    other = table[table["tweet_id"] != table["tweet_id"].iloc[0]]
    found = as_counted(pd.concat([early, other]), "impressions").set_index("tweet_id")
    assert len(found) == 2
    assert found["value"].isna().sum() == 1
