"""Purged tweets in a question: not asked, and counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.plan import without
from engagement_kit.question.tweet_ids import created_at
from engagement_kit.question.wanted import purged, resolve
from engagement_kit.tables.assemble import gather
from engagement_kit.tables.fates import losses

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
IDS = [str(2_050_000_000_000_000_000 + n * 10**15) for n in range(12)] + ["20", "30000000001"]
PERIODS = [ek.last(days=3), ek.first(days=2), ek.between("2026-05-20", "2026-06-04")]
QUERIES = [
    ek.Query("totals", IDS, ["impressions", "favorites"]),
    ek.Query("28hr", IDS, ["impressions"]),
    *(
        ek.Query("historical", IDS, ["favorites"], by=by, period=one, owners={"20": "acme"})
        for one in PERIODS
        for by in ("hour", "day", "total")
    ),
]


@given(st.sampled_from(QUERIES), st.sets(st.sampled_from([*IDS, "77"])))
def test_no_request_names_them_and_the_rest_is_planned_as_without(
    query: ek.Query, gone: set[str]
) -> None:
    """A plan with purged tweets is the plan of the others, and knows the whole question."""
    made = ek.plan(query, now=NOW, purged=gone)
    asked = {one for request in made.requests for one in request.tweet_ids}
    assert asked.isdisjoint(gone)
    left = query.without(gone)
    if left is None:
        assert (len(made), made.purged, made.price.numbers) == (0, query, 0)
        return
    assert made.query == left
    assert [*made.requests] == [*ek.plan(left, now=NOW).requests]
    lost = () if made.purged is None else made.purged.tweet_ids
    assert [*lost] == [one for one in query.tweet_ids if one in gone]
    assert any("purged" in label for label, _ in made.lines()) == bool(lost)


@given(st.sampled_from(QUERIES), st.sets(st.sampled_from(IDS), min_size=1))
def test_they_are_wanted_as_the_others_and_lost_for_one_reason(
    query: ek.Query, gone: set[str]
) -> None:
    """As many numbers as if they had not been purged; each lost once."""
    some = query.without({*query.tweet_ids} - gone)
    assert some is not None
    wanted = purged(some, NOW)
    lost = losses(gather(wanted, ()))
    assert {one.status for one in lost} <= {1}
    assert (wanted.now, wanted.query, wanted.level) == (NOW, some, resolve(some, NOW).level)
    assert wanted.asked.tolist() == resolve(some, NOW).asked.tolist()
    assert (wanted.had >= wanted.asked[:, :1]).all()
    begins = wanted.lived[:, 0].tolist()
    many = sum(max(0, one.end - max(one.start, begins[one.row])) // wanted.step for one in lost)
    assert {some.tweet_ids[one.row] for one in lost} == {*some.tweet_ids}, "each has a row"
    assert many == wanted.numbers_asked() == resolve(some, NOW).numbers_asked()
    assert wanted.numbers() == 0


@given(st.sampled_from(QUERIES), st.sets(st.sampled_from(IDS)), st.sets(st.sampled_from(IDS)))
def test_a_plan_from_before_loses_what_was_purged_since(
    query: ek.Query, first: set[str], then: set[str]
) -> None:
    """It becomes the plan that would have been made, whatever was purged when."""
    made = without(ek.plan(query, now=NOW, purged=first), then, ())
    fresh = ek.plan(query, now=NOW, purged=first | then)
    assert [*made.requests] == [*fresh.requests]
    assert (made.query, made.purged) == (fresh.query, fresh.purged)


def test_a_query_without_some_tweets_is_the_one_that_names_the_others() -> None:
    """With the same key; owners of those that go are gone, too."""
    owners: Any = {"20": "acme", "21": "birch"}
    query = ek.Query("totals", ["20", "21", "22"], ["replies"], owners=owners)
    left = query.without({"20"})
    assert left == ek.Query("totals", ["21", "22"], ["replies"], owners={"21": "birch"})
    assert left is not None
    assert left.key == ek.Query.from_dict(left.to_dict()).key
    alone = query.without({"20", "21"})
    assert alone == ek.Query("totals", ["22"], ["replies"])
    assert query.without({"20", "21", "22"}) is None
    assert query.without(()) is query
    assert [*left.numbers] == [21, 22]


@pytest.mark.parametrize("query", QUERIES[:2])
def test_a_plan_of_purged_tweets_alone_says_so(query: ek.Query) -> None:
    """Nothing is asked, and it costs nothing."""
    made = ek.plan(query, now=NOW, purged=query.tweet_ids)
    assert len(made) == 0
    assert "purged" in repr(made)


def test_of_a_purged_tweet_of_the_hour_that_ends_a_period_nothing_is_asked() -> None:
    """As of one that was created after the period, purged or not; an hour before, that hour is."""
    birth = created_at(IDS[3])
    assert birth is not None
    end = birth.replace(minute=0, second=0, microsecond=0)
    period = ek.between(end - timedelta(hours=3), end)
    query = ek.Query("historical", IDS[3], ["favorites"], by="hour", period=period)
    for one in (purged(query, NOW), resolve(query, NOW)):
        assert (one.numbers_asked(), one.created_after()) == (0, (IDS[3],))
    period = ek.between(end - timedelta(hours=3), end + timedelta(hours=1))
    query = ek.Query("historical", IDS[3], ["favorites"], by="hour", period=period)
    for one in (purged(query, NOW), resolve(query, NOW)):
        assert (one.numbers_asked(), one.created_after()) == (1, ())
