"""Counts by the hour of the day: means, for hours need not come equally often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

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


@settings(max_examples=50)
@given(
    st.lists(st.integers(0, 9) | st.none(), min_size=1, max_size=60),
    # Across the days when clocks are set, too: forward in March, back in October.
    st.builds(
        lambda day, hour: datetime(*day, hour, tzinfo=UTC),
        st.sampled_from([(2026, 5, 10), (2027, 3, 27), (2026, 10, 24)]),
        st.integers(0, 23),
    ),
    st.sampled_from(["UTC", "Asia/Tokyo", "Europe/Berlin", "America/Anchorage"]),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_laws_of_hours(
    counts: list[int | None], since: datetime, tz: str, weekday: bool, chance: object
) -> None:
    """By hand for any holes and clocks; what is whole sums to ek.total, in any order of rows."""
    days: dict[str, dict[str, str | None]] = {}
    for at, count in enumerate(counts):
        when = since + timedelta(hours=at)
        days.setdefault(f"{when:%F}", {})[f"{when:%H}"] = None if count is None else str(count)
    table = ek.tidy({"g": {BORN: {"likes": days}}})
    out = rhythm(table, "likes", tz=tz, weekday=weekday)
    local = [(since + timedelta(hours=at)).astimezone(ZoneInfo(tz)) for at in range(len(counts))]
    places = [(one.weekday() if weekday else 0, one.hour) for one in local]
    days_of_week = out["weekday"] if weekday else [0] * len(out)
    assert [*zip(days_of_week, out["hour_of_day"], strict=True)] == sorted(set(places))
    for row in out.itertuples():
        place = (row.weekday if weekday else 0, row.hour_of_day)
        mine = [one for one, other in zip(counts, places, strict=True) if other == place]
        assert (row.n_hours, row.n_missing) == (len(mine), mine.count(None))
        assert pd.isna(row.value) == (None in mine)
        assert pd.isna(row.value) or row.value == sum(filter(None, mine))
        assert pd.isna(row.mean) or row.mean == pytest.approx(row.value / len(mine))
    if None not in counts:
        assert out["value"].sum() == ek.total(table)["value"][0]
    order = list(range(len(table)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    again = rhythm(table.iloc[order], "likes", tz=tz, weekday=weekday)
    pd.testing.assert_frame_equal(again, out)


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


def hourly(day: str, hours: range = range(24)) -> pd.DataFrame:
    """Give a table in which each UTC hour of two days has its own number as its count."""
    following = f"{pd.Timestamp(day) + pd.Timedelta(days=1):%Y-%m-%d}"
    counts = {f"{one:02d}": str(one) for one in hours}
    return ek.tidy({"g": {BORN: {"likes": {day: counts, following: counts}}}})


def test_the_columns_of_a_week_are_named() -> None:
    """Monday first, in English; what is summed over a day of the week is its hours of the day."""
    table = hourly("2026-05-10")  # a Sunday
    out = rhythm(table, "likes", weekday=True)
    text = str(pd.Series(["of this pandas"]).dtype)
    assert out.dtypes.astype(str).to_dict() == {
        "metric": text, "weekday": "int64", "weekday_name": text, "hour_of_day": "int64",
        "value": "Int64", "mean": "Float64", "n_hours": "int64", "n_missing": "int64",
        "complete": "bool",
    }  # fmt: skip
    assert out["weekday_name"].unique().tolist() == ["Monday", "Sunday"]
    by_hour = out.groupby("hour_of_day")[["value", "n_hours"]].sum().reset_index()
    plain = rhythm(table, "likes")[["hour_of_day", "value", "n_hours"]]
    pd.testing.assert_frame_equal(by_hour, plain)


def test_the_clock_of_a_zone_moves_hours_and_days() -> None:
    """In Tokyo the UTC hours of a Sunday begin at nine, and end on Monday at nine."""
    out = rhythm(hourly("2026-05-10"), "likes", tz="Asia/Tokyo", weekday=True)
    first = out[(out["weekday_name"] == "Sunday")]
    assert first["hour_of_day"].tolist() == list(range(9, 24))
    assert first["value"].tolist() == list(range(15))
    assert out["weekday_name"].unique().tolist() == ["Monday", "Tuesday", "Sunday"]


@pytest.mark.parametrize(
    ("day", "hour", "often"), [("2026-10-24", 2, 2 + 1), ("2027-03-27", 2, 1), ("2026-05-10", 2, 2)]
)
def test_daylight_saving_makes_hours_twice_or_not_at_all(day: str, hour: int, often: int) -> None:
    """Berlin sets its clocks at two or three on a Sunday; the missing hour is not missed."""
    whole = hourly(day)
    out = rhythm(whole, "likes", tz="Europe/Berlin").set_index("hour_of_day")
    assert out.loc[hour, "n_hours"] == often
    assert out["n_hours"].sum() == len(whole)
    assert not out["n_missing"].any()


def test_a_missed_span_is_spread_over_the_clock_of_the_zone(client: Client) -> None:
    """Its hours are missing where they are on that clock, and all of them."""
    gone = tuple(ek.sample_ids(client, 1, kind="unavailable"))
    table = run(client, "hour", gone).to_pandas()
    out = rhythm(table, tz="America/New_York", weekday=True)
    assert out["mean"].isna().all()
    assert out["n_missing"].sum() == ek.total(table)["n_missing"][0]


@pytest.mark.parametrize("weekday", [True, False])
def test_zones_and_grains_that_do_not_go_together_are_refused(weekday: bool) -> None:
    """Half hours, what is no zone, and hours that were already summed over days."""
    table = hourly("2026-05-10")
    with pytest.raises(ek.errors.TableError, match="Asia/Kolkata is not a whole number of hours"):
        rhythm(table, "likes", tz="Asia/Kolkata", weekday=weekday)
    with pytest.raises(ek.errors.TableError, match="is no time zone; use a name such as"):
        rhythm(table, "likes", tz="Tokio", weekday=weekday)
    summed = table.assign(
        grain="hour_of_day", start=START, end=START + timedelta(days=1),
        hour_of_day=table["start"].dt.hour,
    ).head(24)  # fmt: skip
    assert len(rhythm(summed, "likes")) == 24
    with pytest.raises(ek.errors.TableError, match="in UTC; ask with by='hour' for that"):
        rhythm(summed, "likes", tz="Asia/Tokyo", weekday=weekday)
    if weekday:
        with pytest.raises(ek.errors.TableError, match="the day of the week can't be told"):
            rhythm(summed, "likes", weekday=True)


def test_hours_before_a_tweet_was_posted_are_none_of_its_life() -> None:
    """The API answers zeros there; they would make every mean too small."""
    born = "2050491494400000000"  # 2026-05-02T08:24Z
    days = {"2026-05-02": {"06": "0", "07": "0", "09": "4"}, "2026-05-03": {"07": "6"}}
    found = rhythm(ek.tidy({"g": {born: {"likes": days}}}), "likes")
    assert found[["hour_of_day", "mean", "n_hours"]].values.tolist() == [[7, 6.0, 1], [9, 4.0, 1]]
