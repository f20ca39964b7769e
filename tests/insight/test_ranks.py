"""Tweets in their order: ties share a rank, and what is missing is never taken for zero."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.insight import top
from engagement_kit.question.tweet_ids import ID_EPOCH_MS, created_at

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
BORN = datetime(2026, 5, 2, 8, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)


def tweet(at: datetime, number: int = 0) -> str:
    """Make the id of a tweet that was posted at a moment."""
    return str((int(at.timestamp() * 1000) - ID_EPOCH_MS << 22) + number)


def hourly(
    *tweets: tuple[str, datetime, list[int | None]], seen: datetime | None = None
) -> pd.DataFrame:
    """Make an hourly table of likes: of each tweet the counts of hours that follow each other."""
    body: dict[str, Any] = {}
    for one, since, counts in tweets:
        days: dict[str, dict[str, Any]] = {}
        for at, count in enumerate(counts):
            when = since + at * HOUR
            number = None if count is None else str(count)
            days.setdefault(f"{when:%Y-%m-%d}", {})[f"{when:%H}"] = number
        body[one] = {"likes": days}
    return ek.tidy({"g": body}, observed_at=seen)


def in_hours(client: Client, ids: list[str], start: datetime, end: datetime) -> dict[str, int]:
    """Give the truth: how many impressions each tweet got between two moments."""
    counts = client.emulator.world.counts(ids, ["impressions"], start, end, NOW)  # type: ignore[union-attr]
    return {one: int(counts[at, 0].sum()) for at, one in enumerate(ids)}


@settings(max_examples=100)
@given(
    st.lists(st.lists(st.integers(0, 4) | st.none(), min_size=1, max_size=3), max_size=8),
    st.integers(1, 9),
)
def test_ranks_are_those_of_a_plain_sort(counts: list[list[int | None]], n: int) -> None:
    """By hand for any holes and ties: ranks, ties at the cut, what is known, and what is sure."""
    counts = [*counts, [2]]
    ids = [tweet(BORN, at) for at in range(len(counts))]
    table = hourly(*((one, BORN, some) for one, some in zip(ids, counts, strict=True)))
    least = [sum(filter(None, some)) for some in counts]
    lost = [some.count(None) for some in counts]
    known = [sums for sums, missing in zip(least, lost, strict=True) if not missing]
    found = top(table, "likes", n).set_index("tweet_id")
    for at, one in enumerate(ids):
        rank = 1 + sum(other > least[at] for other in known)
        assert (one in found.index) == (lost[at] > 0 or rank <= n)
        if one not in found.index:
            continue
        row = found.loc[one]
        assert (row["n_missing"], row["at_least"]) == (lost[at], least[at])
        assert pd.isna(row["rank"]) == pd.isna(row["value"]) == (lost[at] > 0)
        assert lost[at] or (row["rank"], row["value"]) == (rank, least[at])
        assert row["tied"] == (not lost[at] and known.count(least[at]) > 1)
        # At worst what it misses is nothing, and what all others miss is very much.
        worst = [99 if lost[to] and to != at else least[to] for to in range(len(ids))]
        assert row["sure"] == (sum(other > least[at] for other in worst) < n)
    order = found["at_least"].where(found["rank"].isna(), found["at_least"] + 100)
    assert order.is_monotonic_decreasing


def test_windows_count_the_truth(client: Client) -> None:
    """Two days between two moments, of tweets of which some were posted within or after them."""
    ids = ek.sample_ids(client, 60)
    query = ek.Query("historical", ids, ["impressions"], by="hour", period=ek.last(days=6))
    table = client.run(query, progress=False).to_pandas()
    start, end = datetime(2026, 5, 29, 3, tzinfo=UTC), datetime(2026, 5, 31, tzinfo=UTC)
    by_hand = in_hours(client, ids, start, end)
    for window in ((start, end), ("2026-05-29T03:00Z", "2026-05-31"), ek.between(start, end)):
        found = top(table, n=7, between=window)
        best = sorted(by_hand.values(), reverse=True)[:7]
        assert found["value"].tolist() == best
        assert [by_hand[one] for one in found["tweet_id"]] == best
        assert found["rank"].tolist() == [1 + best.index(one) for one in best]
    there = [one for one in ids if (created_at(one) or NOW) < end]
    assert len(top(table, n=100, between=(start, end))) == len(there) < len(ids)


def test_days_count_the_truth(client: Client) -> None:
    """Of a table of days; the day of a tweet's posting is whole from then on."""
    ids = ek.sample_ids(client, 60)
    query = ek.Query("historical", ids, ["impressions"], by="day", period=ek.last(days=6))
    table = client.run(query, progress=False).to_pandas()
    start, end = datetime(2026, 5, 28, tzinfo=UTC), datetime(2026, 5, 31, tzinfo=UTC)
    by_hand = in_hours(client, ids, start, end)
    found = top(table, n=5, between=("2026-05-28", "2026-05-31"))
    assert found["value"].tolist() == sorted(by_hand.values(), reverse=True)[:5]
    with pytest.raises(ek.errors.TableError, match="two UTC midnights"):
        top(table, between=("2026-05-28T06:00Z", "2026-05-31"))


def test_equal_ages_compare_old_and_young(client: Client) -> None:
    """The first two days of each; whoever is younger, or not counted then, has no rank."""
    ids = ek.sample_ids(client, 60)
    query = ek.Query("historical", ids, ["impressions"], by="hour", period=ek.last(days=6))
    table = client.run(query, progress=False).to_pandas()
    found = top(table, n=100, first_hours=48).set_index("tweet_id")
    since = NOW.replace(minute=0) - timedelta(days=6)
    for one in ids:
        born = created_at(one)
        assert born is not None
        begun = born.replace(minute=0, second=0, microsecond=0)
        counted = since <= begun and begun + 48 * HOUR <= NOW
        assert pd.isna(found.loc[one, "value"]) != counted
        if counted:
            by_hand = in_hours(client, [one], begun, begun + 48 * HOUR)
            assert found.loc[one, "value"] == by_hand[one]
    assert found["rank"].isna().nunique() == 2


def test_what_the_table_does_not_hold_is_missing() -> None:
    """Hours of the window that the table lacks, that still ran, or that have no count."""
    whole, gap, short = (tweet(BORN, at) for at in range(3))
    young = tweet(BORN + 2 * HOUR, 3)
    table = hourly(
        (whole, BORN, [1, 1, 1, 1]),
        (gap, BORN, [5, None, 5, 5]),
        (short, BORN, [9]),
        (young, BORN + 2 * HOUR, [2, 2]),
    )
    window = ("2026-05-02T08:00Z", "2026-05-02T12:00Z")
    found = top(table, "likes", between=window).set_index("tweet_id")
    assert found.index.tolist() == [whole, young, gap, short]
    assert found["n_missing"].tolist() == [0, 0, 1, 3]
    assert found["at_least"].tolist() == [4, 4, 15, 9]
    assert found["tied"].tolist() == [True, True, False, False]
    seen = BORN.replace(hour=11, minute=30)
    running = top(hourly((whole, BORN, [1, 1, 1, 1]), seen=seen), "likes", between=window)
    assert running["n_missing"].tolist() == [1]
    assert running["at_least"].tolist() == [4]


def test_an_id_that_says_no_time_has_no_equal_age() -> None:
    """It can be ranked between two moments, but not by its age; it is not left out."""
    table = hourly((tweet(BORN), BORN, [1, 2]), ("2000", BORN, [5, 5]))
    by_age = top(table, "likes", first_hours=2).set_index("tweet_id")
    assert by_age["n_missing"].to_dict() == {tweet(BORN): 0, "2000": 2}
    assert by_age["at_least"].to_dict() == {tweet(BORN): 3, "2000": 0}
    window = ("2026-05-02T08:00Z", "2026-05-02T10:00Z")
    assert top(table, "likes", between=window)["value"].tolist() == [10, 3]


def test_counts_from_before_the_posting_are_counted_but_not_expected() -> None:
    """They are findings, as in ek.total: a window has them, an age does not."""
    table = hourly((tweet(BORN), BORN - HOUR, [7, 1, 2]))
    window = ("2026-05-02T07:00Z", "2026-05-02T10:00Z")
    assert top(table, "likes", between=window)["value"].tolist() == [10]
    assert top(table, "likes")["value"].tolist() == [10]
    assert top(table, "likes", first_hours=2)["value"].tolist() == [3]


def test_totals_rank_and_missing_tweets_follow() -> None:
    """Lifetimes need no window; a deleted tweet comes last, without a rank; types are fixed."""
    body = {"g": {"2000": {"likes": "3"}, "2001": {"likes": "5"}}, "unavailable_tweet_ids": ["22"]}
    found = top(ek.tidy(body), "likes")
    assert found["tweet_id"].tolist() == ["2001", "2000", "22"]
    assert found["rank"].astype(object).tolist() == [1, 2, pd.NA]
    pd.testing.assert_frame_equal(top(ek.tidy_arrow(body), "likes"), found)
    kinds = found.dtypes.astype(str).tolist()
    assert [kinds[at] for at in (0, 3, 4, 5, 6, 7)] == [
        "Int64", "Int64", "bool", "int64", "int64", "bool",
    ]  # fmt: skip


def test_ranks_are_the_sums_of_a_table_of_all_grains(client: Client) -> None:
    """Without a window the values are those of ek.total."""
    ids = ek.sample_ids(client, 30)
    query = ek.Query("historical", ids, ["impressions"], by="hour_of_day", period=ek.last(days=2))
    for table in (
        client.totals(ids, ["impressions"]),
        client.run(query, progress=False).to_pandas(),
    ):
        sums = ek.total(table, "tweet_id").astype({"tweet_id": "str"}).set_index("tweet_id")
        found = top(table, n=30).set_index("tweet_id")["value"]
        assert found.to_dict() == sums["value"].to_dict()


def test_a_window_after_which_all_were_posted_has_no_ranks() -> None:
    """Nobody could count them; the frame is empty, and its types are the same."""
    table = hourly((tweet(BORN), BORN, [1]))
    found = top(table, "likes", between=("2026-04-01", "2026-04-02"))
    assert len(found) == 0
    assert found.dtypes.equals(top(table, "likes").dtypes)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n": 0}, "a whole number from 1 on"),
        ({"n": 2.5}, "a whole number from 1 on"),
        ({"metric": "shares"}, "it holds: likes"),
        ({"first_hours": 0}, "a whole number of hours"),
        ({"first_hours": 2, "between": ("2026-05-01", "2026-05-02")}, "choose one"),
        ({"between": ("2026-05-02", "2026-05-01")}, "start must be before end"),
        ({"between": (datetime(2026, 5, 1), datetime(2026, 5, 2))}, "naive datetime"),  # noqa: DTZ001
        ({"between": ("2026-05-01T00:30Z", "2026-05-02")}, "whole UTC hours"),
        ({"between": "2026-05-01"}, "no pair of moments"),
        ({"between": 5}, "no pair of moments"),
    ],
)
def test_what_can_not_be_ranked_is_refused_in_words(options: dict[str, Any], words: str) -> None:
    """Each refusal says what is allowed."""
    table = hourly((tweet(BORN), BORN, [1]))
    with pytest.raises(ek.errors.TableError, match=words):
        top(table, **{"metric": "likes", **options})


def test_tables_without_parts_or_tweets_are_refused_in_words() -> None:
    """Totals have no window; sums over tweets have no tweets to rank."""
    life = ek.tidy({"g": {"2000": {"likes": "1"}}})
    with pytest.raises(ek.errors.TableError, match="no parts to choose a window from"):
        top(life, "likes", first_hours=24)
    table = ek.tidy({"g": {"likes": {"2026-05-02": {"08": "5"}}}})
    for options in ({}, {"between": ("2026-05-02", "2026-05-03")}):
        with pytest.raises(ek.errors.TableError, match="summed over tweets"):
            top(table, "likes", **options)  # type: ignore[arg-type]
