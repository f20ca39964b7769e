"""Half-lives: bounds by hand for whatever hours there are, and a reason where there are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.insight import half_lives
from engagement_kit.question.tweet_ids import ID_EPOCH_MS
from engagement_kit.tables.schema import SCHEMA

BORN = datetime(2026, 5, 2, 8, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATE = BORN + timedelta(days=30)
Days = dict[str, dict[str, Any]]


def tweet(at: datetime, number: int = 0) -> str:
    """Make the id of a tweet that was posted at a moment."""
    return str((int(at.timestamp() * 1000) - ID_EPOCH_MS << 22) + number)


def hours(counts: list[int | None], since: datetime = BORN) -> Days:
    """Write counts of the hours that follow each other, as the API does; null for unreadable."""
    days: Days = {}
    for at, count in enumerate(counts):
        when = since + at * HOUR
        number = None if count is None else str(count)
        days.setdefault(f"{when:%Y-%m-%d}", {})[f"{when:%H}"] = number
    return days


def table_of(
    *tweets: tuple[str, Any], seen: datetime | None = LATE, metric: str = "likes"
) -> pd.DataFrame:
    """Make a table of one metric."""
    return ek.tidy({"g": {one: {metric: days} for one, days in tweets}}, observed_at=seen)


def bounds(counts: list[int | None], **options: Any) -> list[Any]:
    """Give low, high, final and status of one tweet with these hours."""
    options = {"first_hours": len(counts), **options}
    found = half_lives(table_of((tweet(BORN), hours(counts))), "likes", **options)
    names = ["low_h", "high_h", "final", "status"]
    return [None if pd.isna(one) else one for one in found[names].iloc[0]]


def ages(first: int, last: int) -> list[float]:
    """Give exact ages at the ends of clock hours: the tweet was born 21 minutes into its first."""
    return pytest.approx([max(first - 0.35, 0.0), last - 0.35])  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("counts", "first", "last"),
    [
        ([5, 3, 1], 0, 1),
        ([1, 5, 3], 1, 2),
        ([5, 5], 0, 1),
        ([1, 1, 2], 1, 2),
        ([5, 0, 0, 5], 0, 1),
        ([5, 0, 0, 6], 3, 4),
        ([0, 0, 1], 2, 3),
        ([1], 0, 1),
        ([0, 4, -1, 1], 1, 2),
        ([3, -2, 2, 5, -4], 0, 1),
        ([2, -1, 1, 4], 3, 4),
    ],
    ids=[
        "in the first hour", "later", "half exactly at the end of an hour", "again",
        "hours without a count after half", "hours without a count before half", "late", "one hour",
        "taken back", "passed twice: the first time counts", "taken back before half",
    ],
)  # fmt: skip
def test_half_is_reached_within_an_hour_of_the_clock(
    counts: list[int | None], first: int, last: int
) -> None:
    """Ages are counted from the moment of posting, whole from the hour of creation."""
    low, high, final, status = bounds(counts)
    assert [low, high] == ages(first, last)
    assert (final, status) == (sum(one or 0 for one in counts), "known")


@pytest.mark.parametrize("counts", [[0, 0, 0], [2, -2, 0], [1, -2, 0]])
def test_nothing_has_no_half(counts: list[int | None]) -> None:
    """A total of zero, or of less, is said, and has no bounds."""
    assert bounds(counts) == [None, None, sum(one or 0 for one in counts), "none"]


def test_the_horizon_is_what_counts_as_the_whole() -> None:
    """A longer one puts the half later, never earlier; its end is told as an age."""
    counts = [4, 3, 2, 2, 2, 2, 2]
    found = [bounds(counts, first_hours=many)[:3] for many in range(1, 8)]
    assert [one[2] for one in found] == [4, 7, 9, 11, 13, 15, 17]
    assert [round(one[1] + 0.35) for one in found] == [1, 1, 2, 2, 2, 3, 3]
    table = table_of((tweet(BORN), hours(counts)))
    assert half_lives(table, "likes", first_hours=5)["until_h"].tolist() == pytest.approx([4.65])


def test_every_tweet_is_told_of() -> None:
    """Each reason why there are no bounds; the order is that of the table."""
    seen = BORN + 3 * HOUR
    late, later, other = (tweet(BORN, at) for at in range(1, 4))
    young = tweet(BORN + 2 * HOUR)
    table = ek.concat(
        [
            ek.tidy({"g": {other: {"replies": hours([1, 1, 1])}}}, observed_at=seen),
            table_of((tweet(BORN), hours([5, 3])), ("2000", hours([5, 3])), seen=seen),
            table_of((late, hours([5, None])), (later, hours([5])), seen=seen),
            table_of((young, hours([5], BORN + 2 * HOUR)), seen=seen),
        ]
    )
    found = half_lives(table, "likes", first_hours=2)
    assert found["tweet_id"].tolist() == [other, tweet(BORN), "2000", late, later, young]
    assert found["status"].tolist() == [
        "missing", "known", "no_time", "missing", "missing", "too_young"
    ]  # fmt: skip
    known = found["status"] == "known"
    assert found.loc[~known, ["low_h", "high_h", "final"]].isna().all(axis=None)
    assert found["until_h"].isna().tolist() == [False, False, True, False, False, False]


def test_without_a_moment_of_observation_nobody_is_young() -> None:
    """What is there counts; what is not is missing."""
    table = table_of((tweet(BORN), hours([5, 3])), seen=None)
    assert half_lives(table, "likes", first_hours=2)["status"].tolist() == ["known"]
    assert half_lives(table, "likes", first_hours=3)["status"].tolist() == ["missing"]


def test_a_running_hour_is_not_counted() -> None:
    """It may still grow: the tweet is too young, until the hour is observed again."""
    early = table_of((tweet(BORN), hours([5, 3, 1])), seen=BORN.replace(hour=10, minute=30))
    assert half_lives(early, "likes", first_hours=3)["status"].tolist() == ["too_young"]
    both = ek.concat([table_of((tweet(BORN), hours([5, 3, 9]))), early])
    found = half_lives(both, "likes", first_hours=3)
    assert found["status"].tolist() == ["known"]
    assert found[["low_h", "high_h"]].iloc[0].tolist() == ages(2, 3)
    assert found["final"].tolist() == [17]


def test_missed_spans_are_missing() -> None:
    """One row may stand for many hours; a count of the same hours from elsewhere makes it good."""
    whole = table_of((tweet(BORN), hours([5, 3, 1, 0])))
    lost = whole.iloc[[1]].assign(value=pd.NA, status="failed", end=whole["end"].iloc[3])
    lost = lost.astype(whole.dtypes)
    holed = ek.concat([whole.iloc[[0]], lost])
    assert half_lives(holed, "likes", first_hours=4)["status"].tolist() == ["missing"]
    assert half_lives(holed, "likes", first_hours=1)["status"].tolist() == ["known"]
    mended = ek.concat([holed, whole])
    pd.testing.assert_frame_equal(
        half_lives(mended, "likes", first_hours=4), half_lives(whole, "likes", first_hours=4)
    )


def test_counts_from_before_the_tweet_are_left_out() -> None:
    """They are no part of the whole."""
    early = table_of((tweet(BORN), hours([7, 9, 5, 3], BORN - 2 * HOUR)))
    found = half_lives(early, "likes", first_hours=2)
    assert found["final"].tolist() == [8]
    assert found[["low_h", "high_h"]].iloc[0].tolist() == ages(0, 1)


def test_days_give_bounds_a_day_wide() -> None:
    """The first ends at midnight; the horizon is days of the calendar, and may not be cut."""
    table = table_of((tweet(BORN), {"2026-05-02": "4", "2026-05-03": "6", "2026-05-04": "0"}))
    found = half_lives(table, "likes", first_hours=72)
    midnight = 24 - 8.35
    assert found[["low_h", "high_h"]].iloc[0].tolist() == pytest.approx([midnight, midnight + 24])
    assert found["until_h"].tolist() == pytest.approx([midnight + 48])
    assert half_lives(table, "likes", first_hours=24)["final"].tolist() == [4]
    assert half_lives(table, "likes", first_hours=96)["status"].tolist() == ["missing"]


def test_a_first_day_needs_to_be_counted_from_the_hour_of_creation() -> None:
    """What is before it may be missing; a later hour may not."""
    parts = {}
    for hour in (8, 9):
        start, end = f"2026-05-02T{hour:02}:00:00Z", "2026-05-04T00:00:00Z"
        days = {"2026-05-02": "5", "2026-05-03": "3"}
        query = ek.Query(
            "historical", [tweet(BORN)], ["favorites"], period=ek.between(start, end),
            groupings={"g": ["tweet.id", "engagement.type", "engagement.day"]},
        )  # fmt: skip
        body = {"start": start, "end": end, "g": {tweet(BORN): {"favorites": days}}}
        table = ek.tidy(body, query, observed_at=LATE)
        parts[hour] = half_lives(table, "favorites", first_hours=48)["status"].tolist()
    assert parts == {8: ["known"], 9: ["missing"]}


def test_bounds_are_those_of_a_run(client: Client) -> None:
    """Hours and days of the same tweets: the bounds of days hold those of hours."""
    ids = ek.sample_ids(client, 120)[80:]
    hourly, daily = (
        half_lives(
            client.run(
                ek.Query("historical", ids, ["impressions"], by=by, period=ek.first(days=8)),
                progress=False,
            ).to_pandas(),
            first_hours=24 * days,
        )
        for by, days in (("hour", 7), ("day", 8))
    )
    assert set(hourly["status"]) == set(daily["status"]) == {"known"}
    assert sorted(hourly["tweet_id"]) == sorted(ids)
    assert ((hourly["high_h"] - hourly["low_h"]) <= 1 + 1e-9).all()
    wide = daily.set_index("tweet_id").loc[hourly["tweet_id"].tolist()]
    early = hourly["high_h"].to_numpy() <= wide["high_h"].to_numpy()
    assert (wide["low_h"].to_numpy()[early] <= hourly["low_h"].to_numpy()[early]).all()
    assert early.mean() > 0.9


@settings(max_examples=80)
@given(
    st.lists(
        st.lists(st.integers(-2, 6) | st.none(), min_size=1, max_size=12), min_size=1, max_size=4
    ),
    st.integers(1, 12),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_laws_of_bounds(tweets: list[list[int | None]], within: int, chance: Any) -> None:
    """By hand for any hours, with holes and less than none; the order of rows is nothing."""
    born = [BORN + at * timedelta(hours=5, minutes=17) for at in range(len(tweets))]
    named = [tweet(when, at) for at, when in enumerate(born)]
    table = table_of(
        *((one, hours(c, when)) for one, c, when in zip(named, tweets, born, strict=True))
    )
    found = half_lives(table, "likes", first_hours=within).set_index("tweet_id")
    for one, counts, when in zip(named, tweets, born, strict=True):
        row, life = found.loc[one], counts[:within]
        if len(life) < within or None in life:
            assert row["status"] == "missing"
            continue
        sums = np.cumsum(np.array(life, dtype=np.int64))
        assert row["final"] == sums[-1]
        if sums[-1] <= 0:
            assert row["status"] == "none"
            continue
        place = int(np.flatnonzero(2 * sums >= sums[-1])[0])
        offset = (when - when.replace(minute=0, second=0)) / HOUR
        assert row["low_h"] == pytest.approx(max(place - offset, 0))
        assert row["high_h"] == pytest.approx(place + 1 - offset)
    order = list(range(len(table)))
    chance.shuffle(order)
    again = half_lives(table.iloc[order], "likes", first_hours=within).set_index("tweet_id")
    pd.testing.assert_frame_equal(again.loc[found.index], found)


def test_any_form_of_table_gives_the_same() -> None:
    """Arrow, and frames that pandas put together, whose ids are text; types are fixed."""
    body = {"g": {tweet(BORN, at): {"likes": hours([5, 3, at])} for at in range(3)}}
    table = ek.tidy(body, observed_at=LATE)
    found = half_lives(table, "likes", first_hours=3)
    arrow = ek.tidy_arrow(body, observed_at=LATE)
    pd.testing.assert_frame_equal(half_lives(arrow, "likes", first_hours=3), found)
    glued = pd.concat([table.iloc[:4], table.iloc[4:]]).astype({"tweet_id": "str"})
    pd.testing.assert_frame_equal(half_lives(glued, "likes", first_hours=3), found)
    kinds = [str(one) for one in found.dtypes]
    assert kinds[2:6] == ["Float64", "Float64", "Int64", "Float64"]


def test_what_can_not_be_had_is_refused_in_words() -> None:
    """Each refusal says what is allowed."""
    table = table_of((tweet(BORN), hours([5, 3])))
    day = table_of((tweet(BORN), {"2026-05-02": "4"}))
    whole = ek.tidy({"g": {tweet(BORN): {"likes": "1"}}})
    longer = table.assign(end=table["end"] + pd.Timedelta(hours=1))
    cases: list[tuple[Any, dict[str, Any], str]] = [
        (whole.assign(grain="window"), {}, "hour or day, or snapshots of lifetimes, not 'window'"),
        (table, {"metric": "shares"}, "it holds: likes"),
        (table, {"first_hours": 0}, "a whole number of hours"),
        (table, {"first_hours": 1.5}, "a whole number of hours"),
        (table, {"first_hours": True}, "a whole number of hours"),
        (day, {"first_hours": 36}, "a multiple of 24"),
        (table.assign(tweet_id=pd.Categorical([None, None], ["2000"])), {}, "summed over tweets"),
        (pd.concat([table, whole]), {}, "several grains"),
        (longer, {}, "overlapping periods"),
        (SCHEMA.empty_table(), {}, "the table is empty"),
        (table.drop(columns="observed_at"), {}, "column observed_at missing"),
        (pd.DataFrame({"likes": [1]}), {}, "no tidy table"),
    ]
    for wrong, options, words in cases:
        with pytest.raises(ek.errors.TableError, match=words):
            half_lives(wrong, **{"metric": "likes", **options})
