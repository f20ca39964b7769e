"""Counts by the hour of the day: means, for hours need not come equally often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.insight.rhythms import rhythm

START = datetime(2026, 5, 28, tzinfo=UTC)
BORN = "2050491494400000000"  # 2026-05-02, 08:21 UTC


def run(client: Client, by: str, more: tuple[str, ...] = ()) -> Result:
    """Ask for three days and six hours of impressions."""
    ids = [*ek.sample_ids(client, 120)[40:], *more]
    period = ek.between(START, START + timedelta(hours=78))
    return client.run(
        ek.Query("historical", ids, ["impressions"], by=by, period=period),  # type: ignore[arg-type]
        progress=False,
    )


def test_hours_of_the_day_are_those_of_the_truth(client: Client) -> None:
    """Sums and means by hand from the world itself; hours before a tweet was posted don't count."""
    result = run(client, "hour")
    ids = list(result.plan.query.tweet_ids)
    world = client.emulator.world  # type: ignore[union-attr]
    end = START + timedelta(hours=78)
    rows = world.truth(ids, ["impressions"], START, end, client.now())
    born = rows["tweet_id"].map({one: ek_birth(one) for one in ids})
    rows = rows[rows["start"] >= born.dt.floor("h")]
    by_hand = rows.groupby(rows["start"].dt.hour)["value"].agg(["sum", "mean", "size"])
    out = rhythm(result.to_pandas())
    assert out["hour_of_day"].tolist() == list(range(24))
    assert out["value"].tolist() == by_hand["sum"].tolist()
    assert out["n_hours"].tolist() == by_hand["size"].tolist()
    assert out["mean"].tolist() == pytest.approx(by_hand["mean"].tolist())
    assert out["n_hours"].nunique() > 1


def ek_birth(tweet_id: str) -> pd.Timestamp:
    """Tell when a tweet was posted."""
    return pd.Timestamp((int(tweet_id) >> 22) + 1_288_834_974_657, unit="ms", tz="UTC")


def test_both_grains_give_the_same(client: Client) -> None:
    """Hours, and sums over them by hour of the day, with the same number of hours behind them."""
    frames = [rhythm(run(client, by).to_pandas()) for by in ("hour", "hour_of_day")]
    pd.testing.assert_frame_equal(*frames)


def test_a_tweet_without_counts_is_missing_at_each_hour(client: Client) -> None:
    """The sum without it would be too small: null, and the hours that are missing are counted."""
    gone = tuple(ek.sample_ids(client, 1, kind="unavailable"))
    frames = [rhythm(run(client, by, gone).to_pandas()) for by in ("hour", "hour_of_day")]
    for out in frames:
        assert out["value"].isna().all()
        assert out["mean"].isna().all()
        assert out["n_missing"].tolist() == frames[0]["n_missing"].tolist()
        assert out["n_missing"].min() > 0


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.integers(0, 9) | st.none(), min_size=1, max_size=60),
    st.integers(0, 23),
    st.randoms(use_true_random=False),
)
def test_laws_of_hours(counts: list[int | None], first: int, chance: object) -> None:
    """By hand for any holes; what is whole sums to ek.total, in any order of rows."""
    since = datetime(2026, 5, 10, first, tzinfo=UTC)
    days: dict[str, dict[str, str | None]] = {}
    for at, count in enumerate(counts):
        when = since + timedelta(hours=at)
        days.setdefault(f"{when:%F}", {})[f"{when:%H}"] = None if count is None else str(count)
    table = ek.tidy({"g": {BORN: {"likes": days}}})
    out = rhythm(table, "likes")
    for row in out.itertuples():
        mine = [one for at, one in enumerate(counts) if (first + at) % 24 == row.hour_of_day]
        assert (row.n_hours, row.n_missing) == (len(mine), mine.count(None))
        assert pd.isna(row.value) == (None in mine)
        assert pd.isna(row.value) or row.value == sum(filter(None, mine))
        assert pd.isna(row.mean) or row.mean == pytest.approx(row.value / len(mine))
    if None not in counts:
        assert out["value"].sum() == ek.total(table)["value"][0]
    order = list(range(len(table)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(rhythm(table.iloc[order], "likes"), out)


def test_an_hour_that_still_ran_is_not_complete(client: Client) -> None:
    """The last of 28 hours is counted in part."""
    table = client.last_28_hours(ek.sample_ids(client, 40)[20:], ["impressions"], progress=False)
    out = rhythm(table)
    assert out.loc[~out["complete"], "hour_of_day"].tolist() == [12]


def test_what_can_not_be_had_is_refused_in_words() -> None:
    """Days have no hours; sums over an unknown period have no mean."""
    day = ek.tidy({"g": {BORN: {"likes": {"2026-05-03": "1"}}}})
    with pytest.raises(ek.errors.TableError, match="grain hour or hour_of_day, not 'day'"):
        rhythm(day, "likes")
    unknown = ek.tidy({"g": {BORN: {"likes": {"08": "1"}}}})
    with pytest.raises(ek.errors.TableError, match="which period"):
        rhythm(unknown, "likes")
