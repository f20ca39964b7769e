"""Counts by age: comparable where every tweet is counted, and said where not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.insight.curves import ages, lifecycle
from engagement_kit.question.tweet_ids import ID_EPOCH_MS, created_at
from engagement_kit.tables.schema import SCHEMA

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
BORN = datetime(2026, 5, 2, 8, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)
Days = dict[str, dict[str, Any]]


def tweet(at: datetime, number: int = 0) -> str:
    """Make the id of a tweet that was posted at a moment."""
    return str((int(at.timestamp() * 1000) - ID_EPOCH_MS << 22) + number)


def hours(since: datetime, counts: list[int | None]) -> Days:
    """Write counts of the hours that follow each other, as the API does; null for unreadable."""
    days: Days = {}
    for at, count in enumerate(counts):
        when = since + at * HOUR
        number = None if count is None else str(count)
        days.setdefault(f"{when:%Y-%m-%d}", {})[f"{when:%H}"] = number
    return days


def table_of(*tweets: tuple[str, Days], seen: datetime | None = None) -> pd.DataFrame:
    """Make an hourly table of likes."""
    return ek.tidy({"g": {one: {"likes": days} for one, days in tweets}}, observed_at=seen)


def history(client: Client, ids: list[str], by: str, period: Any) -> pd.DataFrame:
    """Ask the emulator for impressions."""
    query = ek.Query("historical", ids, ["impressions"], by=by, period=period)  # type: ignore[arg-type]
    return client.run(query, progress=False).to_pandas()


def begun(tweet_id: str) -> datetime:
    """Give the beginning of the hour in which a tweet was posted."""
    born = created_at(tweet_id)
    assert born is not None
    return born.replace(minute=0, second=0, microsecond=0)


def truth(client: Client, ids: list[str]) -> dict[str, list[int]]:
    """Give the counts of each tweet by hours of age, from the hour of its creation up to now."""
    world = client.emulator.world  # type: ignore[union-attr]
    out = {}
    for one in ids:
        counts = world.counts([one], ["impressions"], begun(one), NOW.replace(minute=0), NOW)
        out[one] = [int(count) for count in counts[0, 0]]
    return out


def test_each_age_is_the_sum_of_the_truth(client: Client) -> None:
    """The first three days of tweets: value, mean and cumulative by hand, from the world itself."""
    ids = ek.sample_ids(client, 120)[80:]
    curve = lifecycle(history(client, ids, "hour", ek.first(days=3)))
    by_hand = truth(client, ids)
    sums = [sum(by_hand[one][age] for one in ids) for age in range(72)]
    assert curve["age_start_h"].tolist() == list(range(72))
    assert curve["age_end_h"].tolist() == list(range(1, 73))
    assert curve["value"].tolist() == sums
    assert curve["mean"].tolist() == pytest.approx([one / 40 for one in sums])
    assert curve["cumulative"].tolist() == [sum(sums[: age + 1]) for age in range(72)]
    assert set(curve["n_complete"]) == set(curve["n_tweets"]) == {40}


def test_ages_that_not_all_tweets_have_are_not_summed(client: Client) -> None:
    """Of tweets older than the table and younger than an age: the mean is of those that have it."""
    ids = ek.sample_ids(client, 60)
    curve = lifecycle(history(client, ids, "hour", ek.last(days=4))).set_index("age_start_h")
    since = NOW.replace(minute=0) - timedelta(days=4)
    by_hand = truth(client, ids)
    for age, row in curve.iterrows():
        have = [
            counts[age]
            for one, counts in by_hand.items()
            if age < len(counts) and begun(one) + age * HOUR >= since
        ]
        assert row["n_complete"] == len(have)
        assert row["mean"] == pytest.approx(sum(have) / len(have))
        assert pd.isna(row["value"]) == (len(have) < row["n_tweets"])
        assert row["n_missing"] == 0
    assert curve["n_complete"].nunique() > 5
    assert curve["cumulative"].isna().all()


def test_days_count_from_the_day_of_posting(client: Client) -> None:
    """The first day, which the tweet cut short, is whole; sums are those of the truth."""
    ids = ek.sample_ids(client, 120)[90:]
    curve = lifecycle(history(client, ids, "day", ek.first(days=3)))
    by_hand = truth(client, ids)
    first = [sum(by_hand[one][: 24 - begun(one).hour]) for one in ids]
    assert curve["age_start_h"].tolist()[:2] == [0, 24]
    assert curve["value"][0] == sum(first)
    assert curve["n_complete"].tolist()[:3] == [30, 30, 30]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-05-02T08:00:00Z", "2026-05-04T00:00:00Z", [5, 3]),
        ("2026-05-02T09:00:00Z", "2026-05-04T00:00:00Z", [None, 3]),
        ("2026-05-02T00:00:00Z", "2026-05-03T23:00:00Z", [5, None]),
    ],
)
def test_a_part_of_a_day_is_no_day(start: str, end: str, expected: list[int | None]) -> None:
    """Days that the period cuts are not whole; the day of posting is, from its hour on."""
    days = {"2026-05-02": "5", "2026-05-03": "3"}
    body = {"start": start, "end": end, "g": {tweet(BORN): {"favorites": days}}}
    query = ek.Query(
        "historical",
        [tweet(BORN)],
        ["favorites"],
        groupings={"g": ["tweet.id", "engagement.type", "engagement.day"]},
        period=ek.between(start, end),
    )
    curve = lifecycle(ek.tidy(body, query), "favorites")
    assert [None if pd.isna(one) else one for one in curve["value"]] == expected


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.integers(0, 9) | st.none(), min_size=1, max_size=30), min_size=1).map(
        lambda tweets: tweets[:3]
    ),
    st.integers(1, 7),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_laws_of_ages(tweets: list[list[int | None]], step: int, chance: Any) -> None:
    """By hand for any holes curves sum to ek.total; the order of rows is nothing."""
    born = [BORN + at * timedelta(hours=5) for at in range(len(tweets))]
    named = [
        (tweet(when, at), hours(when, counts))
        for at, (when, counts) in enumerate(zip(born, tweets, strict=True))
    ]
    table = table_of(*named)
    curve = lifecycle(table, "likes", step_hours=step)
    for row in curve.itertuples():
        bins = [counts[row.age_start_h : row.age_end_h] for counts in tweets]
        whole = [one for one in bins if len(one) == step and None not in one]
        assert row.n_tweets == len(tweets)
        assert row.n_complete == len(whole)
        assert row.n_missing == sum(one.count(None) for one in bins)
        sums = [sum(filter(None, one)) for one in whole]
        assert pd.isna(row.value) == (len(whole) < len(tweets))
        assert pd.isna(row.value) or row.value == sum(sums)
        assert pd.isna(row.mean) == (not whole)
        assert pd.isna(row.mean) or row.mean == pytest.approx(sum(sums) / len(whole))
    since = curve["value"].cumsum(skipna=False)
    assert curve["cumulative"].astype("Int64").equals(since.astype("Int64"))
    share = curve["share"].dropna()
    final = since.dropna().iloc[-1] if since.notna().any() else 0
    assert len(share) == (since.notna().sum() if final else 0)
    assert not len(share) or (share.iloc[-1] == 1 and share.is_monotonic_increasing)
    if curve["value"].notna().all():
        assert curve["value"].sum() == ek.total(table)["value"][0]
    order = list(range(len(table)))
    chance.shuffle(order)
    pd.testing.assert_frame_equal(lifecycle(table.iloc[order], "likes", step_hours=step), curve)


def test_a_running_hour_is_not_whole() -> None:
    """It was counted before it was over; nothing is known to run where nobody says when."""
    days = hours(BORN, [5, 3, 1])
    seen = BORN.replace(hour=10, minute=30)
    running = lifecycle(table_of((tweet(BORN), days), seen=seen), "likes")
    assert running["n_complete"].tolist() == [1, 1, 0]
    assert lifecycle(table_of((tweet(BORN), days)), "likes")["n_complete"].tolist() == [1, 1, 1]


def test_what_has_no_age_is_left_out() -> None:
    """Ids that say no time, and counts from before a tweet was posted."""
    early = BORN - 2 * HOUR
    table = table_of((tweet(BORN), hours(early, [1, 1, 5, 3])), ("2000", hours(BORN, [9, 9])))
    curve = lifecycle(table, "likes")
    assert curve["value"].tolist() == [5, 3]
    assert curve["n_tweets"].tolist() == [1, 1]


def test_a_hole_ends_what_is_cumulative() -> None:
    """An hour that the table does not know, or that has no count, is not taken for zero."""
    days = hours(BORN, [5, 3, None, 1])
    curve = lifecycle(table_of((tweet(BORN), days)), "likes")
    assert curve["n_missing"].tolist() == [0, 0, 1, 0]
    assert curve["cumulative"].isna().tolist() == [False, False, True, True]
    unknown = {"2026-05-02": {"08": "5", "10": "1"}}
    curve = lifecycle(table_of((tweet(BORN), unknown)), "likes")
    assert curve["age_start_h"].tolist() == [0, 2]
    assert curve["cumulative"].isna().tolist() == [False, True]


def test_an_arrow_table_gives_the_same() -> None:
    """Types are fixed, whatever comes in."""
    table = table_of((tweet(BORN), hours(BORN, [5, 3])))
    curve = lifecycle(table, "likes")
    arrow = ek.tidy_arrow({"g": {tweet(BORN): {"likes": hours(BORN, [5, 3])}}})
    pd.testing.assert_frame_equal(lifecycle(arrow, "likes"), curve)
    kinds = [str(one) for one in curve.dtypes]
    assert kinds[1:5] == ["int64", "int64", "float64", "float64"]
    assert kinds[5:10] == ["Int64", "Float64", "int64", "int64", "int64"]
    assert kinds[10:] == ["Int64", "Float64"]
    pd.testing.assert_frame_equal(ages(arrow, "likes"), ages(table, "likes"))


def test_what_can_not_be_had_is_refused_in_words() -> None:
    """Each refusal says what is allowed."""
    table = table_of((tweet(BORN), hours(BORN, [5, 3])))
    life = ek.tidy({"g": {tweet(BORN): {"likes": "1"}}})
    cases: list[tuple[Any, dict[str, Any], str]] = [
        (life, {}, "grain hour or day, not 'lifetime'"),
        (table, {"metric": "shares"}, "it holds: likes"),
        (table, {"step_hours": 0}, "a whole number of hours"),
        (table, {"step_hours": 1.5}, "a whole number of hours"),
        (table_of(("2000", hours(BORN, [1]))), {}, "before November 2010"),
        (table.assign(tweet_id=pd.Categorical([None, None], ["2000"])), {}, "summed over tweets"),
        (table_of((tweet(BORN), hours(BORN - 9 * HOUR, [1]))), {}, "before the tweets were posted"),
        (table.assign(grain="day"), {"step_hours": 12}, "a multiple of 24"),
        (pd.concat([table, life]), {}, "several grains"),
        (SCHEMA.empty_table(), {}, "the table is empty"),
        (pd.DataFrame({"likes": [1]}), {}, "no tidy table"),
    ]
    for wrong, options, words in cases:
        with pytest.raises(ek.errors.TableError, match=words):
            lifecycle(wrong, **{"metric": "likes", **options})


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3 * 3_600_000),
            st.lists(st.integers(0, 5 * 3_600_000), min_size=1, max_size=5),
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from([1, 2]),
    st.sampled_from(["hour", "day"]),
)
def test_exact_ages_hold_the_truth(
    tweets: list[tuple[int, list[int]]], step: int, grain: str
) -> None:
    """Each like, at a moment of its own, lies in its bin; no bin is wider than need be."""
    unit = 3_600_000 if grain == "hour" else 24 * 3_600_000
    midnight = int(BORN.replace(hour=22, minute=0).timestamp() * 1000)
    births = [midnight + after for after, _ in tweets]
    named, moments = [], []
    for at, (born, (_, likes)) in enumerate(zip(births, tweets, strict=True)):
        counts: dict[str, Any] = {}
        for when in [born + like for like in likes]:
            moment = datetime.fromtimestamp(when / 1000, UTC)
            moments.append((born, when))
            day = f"{moment:%Y-%m-%d}"
            if grain == "day":
                counts[day] = str(int(counts.get(day, 0)) + 1)
            else:
                hour = counts.setdefault(day, {})
                hour[f"{moment:%H}"] = str(int(hour.get(f"{moment:%H}", 0)) + 1)
        named.append((str((born - ID_EPOCH_MS << 22) + at), counts))
    table = table_of(*named)
    hours_a_bin = step * unit // 3_600_000
    curve = lifecycle(table, "likes", step_hours=hours_a_bin).set_index("age_start_h")
    for born, when in moments:
        row = curve.loc[(when // unit - born // unit) // step * hours_a_bin]
        assert row["exact_start_h"] <= (when - born) / 3_600_000 < row["exact_end_h"] + 1e-9
    for start, row in curve.iterrows():
        begun = [born // unit * unit + int(start) * 3_600_000 for born in births]  # type: ignore[call-overload]
        each = [(at - born) / 3_600_000 for at, born in zip(begun, births, strict=True)]
        assert row["exact_start_h"] == pytest.approx(max(0, min(each)), abs=1e-9)
        assert row["exact_end_h"] == pytest.approx(max(each) + hours_a_bin, abs=1e-9)
    rows = ages(table, "likes")
    assert rows["value"].sum() == len(moments)
    assert (rows["exact_end_h"] - rows["exact_start_h"] <= unit / 3_600_000 + 1e-9).all()
    assert rows["exact_start_h"].min() >= 0


def test_shares_are_of_what_the_truth_has(client: Client) -> None:
    """Three days of tweets: each share by hand from the world; the last is one."""
    ids = ek.sample_ids(client, 120)[80:]
    curve = lifecycle(history(client, ids, "hour", ek.first(days=3)))
    by_hand = truth(client, ids)
    sums = [sum(sum(by_hand[one][: age + 1]) for one in ids) for age in range(72)]
    assert curve["share"].tolist() == pytest.approx([one / sums[-1] for one in sums])


def test_nothing_has_no_share() -> None:
    """Of zero likes there is no half; of a curve without a beginning there is no final."""
    assert lifecycle(table_of((tweet(BORN), hours(BORN, [0, 0]))), "likes")["share"].isna().all()
    late = table_of((tweet(BORN), hours(BORN + HOUR, [1, 2])))
    assert lifecycle(late, "likes")["share"].isna().all()


def test_ages_of_each_tweet_are_the_rows_of_the_curve(client: Client) -> None:
    """By hand from the world; their sums by age are the curve; what is not whole ends the sum."""
    ids = ek.sample_ids(client, 60)
    table = history(client, ids, "hour", ek.first(days=3))
    rows, curve, by_hand = ages(table), lifecycle(table), truth(client, ids)
    for one, own in rows.groupby("tweet_id", observed=True):
        counts = by_hand[str(one)][:72]
        # What has not come yet is a missed span.
        assert own["value"].dropna().tolist() == counts
        assert own["age_start_h"].tolist() == list(range(72))
        sums = [sum(counts[: at + 1]) for at in range(len(counts))]
        assert own["cumulative"].dropna().tolist() == sums
        born = created_at(str(one))
        assert born is not None
        exact = [max(0.0, (at - born) / HOUR) for at in own["start"]]
        assert own["exact_start_h"].tolist() == pytest.approx(exact)
    whole = rows[rows["whole"]].groupby("age_start_h")["value"]
    assert whole.count().tolist() == curve.loc[curve["n_complete"] > 0, "n_complete"].tolist()
    assert rows["tweet_id"].nunique() == curve["n_tweets"].iloc[0]


def test_the_sum_of_a_tweet_ends_at_its_first_hole() -> None:
    """A missing hour, an hour that is not in the table, and one that still ran."""
    other = tweet(BORN + HOUR)
    table = table_of((tweet(BORN), hours(BORN, [5, None, 1])), (other, hours(BORN + HOUR, [2, 4])))
    gap = table[~((table["tweet_id"] == other) & (table["start"].dt.hour == 10))]
    rows = ages(gap, "likes")
    assert rows["age_start_h"].tolist() == [0, 1, 2, 0]
    assert rows["value"].isna().tolist() == [False, True, False, False]
    assert rows["cumulative"].isna().tolist() == [False, True, True, False]
    seen = BORN.replace(hour=9, minute=30)
    running = ages(table_of((tweet(BORN), hours(BORN, [5, 3])), seen=seen), "likes")
    assert running["whole"].tolist() == [True, False]
    assert running["value"].tolist() == [5, 3]
    assert running["cumulative"].isna().tolist() == [False, True]


def test_missed_spans_have_an_age_for_each_hour() -> None:
    """A span of three hours without a count is three rows."""
    table = table_of((tweet(BORN), hours(BORN, [5, None])))
    table.loc[1, "end"] = table.loc[1, "end"] + 2 * HOUR
    rows = ages(table, "likes")
    assert rows["age_start_h"].tolist() == [0, 1, 2, 3]
    assert lifecycle(table, "likes")["n_missing"].tolist() == [0, 1, 1, 1]
