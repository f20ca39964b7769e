"""The numbers of some tweets of a query, by the rules of the whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.hours import floor_hour
from engagement_kit.question.lasting import narrowed, with_counted
from engagement_kit.question.plan import Where, plan
from engagement_kit.question.tweet_ids import ID_EPOCH_MS
from engagement_kit.question.wanted import Wanted

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
IDS = [str(2_050_000_000_000_000_000 + n) for n in range(4)]
OWNERS = {IDS[0]: "@ACME", IDS[1]: "birch", IDS[2]: "birch"}


@pytest.mark.parametrize("endpoint", ["totals", "28hr", "historical"])
@pytest.mark.parametrize("credentials", [("user", "app"), ("user",), ("app",)])
def test_of_some_tweets_owners_are_those_of_the_whole(endpoint: Any, credentials: Any) -> None:
    """What can't be had for want of keys is the same, tweet by tweet, and for the same reason."""
    query = ek.Query(endpoint, IDS, ["impressions", "favorites"], owners=OWNERS)
    accounts = ("acme",) if "user" in credentials else ()
    where = Where(account="acme", accounts=accounts, credentials=credentials)
    wanted = plan(query, now=NOW, where=where).wanted
    some = [IDS[3], IDS[1], IDS[0]]
    part = narrowed(wanted, some, where)
    assert part.query.tweet_ids == tuple(some)
    rows = [IDS.index(one) for one in some]
    assert np.array_equal(part.spans, wanted.spans[rows])

    def lost(whole: Any, one: str) -> set[tuple[str, str, tuple[str, ...]]]:
        return {
            (each.status, each.reason, each.metrics)
            for each in whole.unobtainable
            if one in each.tweet_ids
        }

    assert all(lost(part, one) == lost(wanted, one) for one in some)
    assert any(lost(wanted, one) for one in some)


RAW = {"by day": ["tweet.id", "engagement.type", "engagement.day"], "sums": ["engagement.type"]}


@pytest.mark.parametrize("form", [{"by": "day"}, {"by": "hour_of_day"}, {"groupings": RAW}])
@pytest.mark.parametrize("period", [ek.last(days=400), ek.between("2025-05-20", "2025-06-20")])
@pytest.mark.parametrize("profile", ["overview", "reference"])
def test_of_some_tweets_the_question_is_the_same(form: Any, period: Any, profile: str) -> None:
    """Its form, period and reach, and which hours of it were asked and can be had."""
    where = replace(OLD, profile=profile)
    ids = of_age(500, 20, 380)
    query = ek.Query("historical", ids, ["favorites"], period=period, **form)
    wanted = plan(query, now=NOW, where=where).wanted
    none = np.zeros(0, dtype=np.int64)
    some = [ids[2], ids[0]]
    for whole in (wanted, with_counted(wanted, none, none)):
        part = narrowed(whole, some, where)
        assert part.query == ek.Query("historical", some, ["favorites"], period=period, **form)
        assert (part.level, part.now) == (whole.level, NOW)
        assert part.asked.tolist() == whole.asked[[2, 0]].tolist()
        assert part.had.tolist() == whole.had[[2, 0]].tolist()
        assert {one for one in losses(whole) if one[0] in some} == losses(part)


def of_age(*days: float) -> list[str]:
    """Make ids of tweets that are so old now."""
    return [
        str((int((NOW - timedelta(days=one)).timestamp() * 1000) - ID_EPOCH_MS) << 22)
        for one in days
    ]


def losses(wanted: Wanted) -> set[tuple[str, str, str, Any, Any]]:
    """List what can't be had, number by number, and why."""
    found = set()
    for one in wanted.unobtainable:
        assert one.tweet_ids == tuple(wanted.query.tweet_ids[row] for row in one.rows)
        found |= {
            (tweet, name, one.status, one.start, one.end)
            for tweet in one.tweet_ids
            for name in one.metrics
        }
    return found


@given(st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_what_was_counted_is_not_lost_for_being_old(counted: set[tuple[int, int]]) -> None:
    """Of the numbers that are too old now, exactly those are lost that no answer ever counted."""
    names = ("impressions", "favorites", "video_views", "engagements")
    query = ek.Query("totals", of_age(3, 100, 1795, 1810), names)
    wanted = plan(query, now=NOW, where=Where(account="acme", credentials=("user",))).wanted
    rows, cols = np.array(sorted(counted), dtype=np.int64).reshape(-1, 2).T
    left = {
        one
        for one in losses(wanted)
        if (query.tweet_ids.index(one[0]), query.metrics.index(one[1])) not in counted
    }
    assert losses(with_counted(wanted, rows, cols)) == left
    assert {status for _, _, status, _, _ in losses(wanted)} == {
        "too_old_for_impressions",
        "too_old_for_video",
    }


OLD = Where(account="acme", credentials=("user",), profile="overview")
"""Where historical reaches a year back."""
HOUR = floor_hour(NOW)


def test_a_lost_part_of_a_period_stays_lost() -> None:
    """An answer that counts a tweet and metric says nothing of the hours out of reach."""
    period = ek.between("2025-05-01", "2025-07-01")
    query = ek.Query("historical", of_age(500), ["favorites"], by="hour", period=period)
    wanted = plan(query, now=NOW, where=OLD).wanted
    zero = np.zeros(1, dtype=np.int64)
    assert wanted.unobtainable
    assert all(one.start is not None for one in wanted.unobtainable)
    assert losses(with_counted(wanted, zero, zero)) == losses(wanted)


@pytest.mark.parametrize(
    ("age", "period", "expected"),
    [
        (500, ek.last(days=400), (HOUR - 365 * 24, HOUR)),  # as far back as historical reaches
        (350, ek.last(days=400), (HOUR - 400 * 24, HOUR)),  # before it lived is nothing to be had
        (20, ek.first(days=7), (HOUR - 20 * 24, HOUR - 13 * 24)),
        (0.5, ek.first(days=7), (HOUR - 12, HOUR)),  # what still runs is none of the query's
        (20, ek.between("2026-01-01", "2026-02-01"), None),
        (500, ek.between("2025-03-01", "2025-04-01"), None),
    ],
)
def test_periods_end_where_what_can_be_had_ends(
    age: float, period: Any, expected: tuple[int, int] | None
) -> None:
    """So that no count of later, or from beyond what historical reaches, is taken for an answer."""
    query = ek.Query("historical", of_age(age), ["favorites"], by="hour", period=period)
    wanted = plan(query, now=NOW, where=OLD).wanted
    none = np.zeros(0, dtype=np.int64)
    start, end = with_counted(wanted, none, none).asked[0].tolist()
    if expected is None:  # of what lies before its birth nothing can be had, but zeros
        assert end <= max(start, HOUR - int(age * 24))
    else:
        assert (start, end) == expected


def test_by_day_such_periods_are_whole_days() -> None:
    """Also of a tweet that was born today, of which no day is over."""
    query = ek.Query(
        "historical", of_age(0.1, 3.3), ["favorites"], by="day", period=ek.first(days=2)
    )
    wanted = plan(query, now=NOW).wanted
    none = np.zeros(0, dtype=np.int64)
    asked = with_counted(wanted, none, none).asked
    today = HOUR // 24 * 24
    assert asked.tolist() == [[today, today], [today - 72, today]]
