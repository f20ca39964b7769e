"""What is left to ask beside stored answers: what serves, what it counts, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.known import Coverage, Freshness, Known
from engagement_kit.question.plan import Where, plan
from engagement_kit.question.tweet_ids import ID_EPOCH_MS
from engagement_kit.question.wanted import resolve
from engagement_kit.question.work import counted_before, telling

NOW = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
DAY = floor_hour(NOW) // 24 * 24
METRICS = ("impressions", "url_clicks", "favorites")


def aged(days: float, salt: int = 0) -> str:
    """Make the id of a tweet so many days old."""
    born = NOW - timedelta(days=days) - datetime(1970, 1, 1, tzinfo=UTC)
    return str((((born // timedelta(milliseconds=1)) - ID_EPOCH_MS) << 22) + salt)


IDS = tuple(aged(100 + at, at) for at in range(5))


def known(tweet: str, level: str, days: tuple[int, int], **options: Any) -> Known:
    """Make a stored answer to some days before today, of the account that signs."""
    start, end = (DAY - 24 * one for one in days)
    whole = level == "lifetime"
    made = Known(
        f"{tweet}-{days}", "k", Where().service, "me", level, (tweet,), frozenset(METRICS),
        0 if whole else start, 0 if whole else end, NOW,
    )  # fmt: skip
    return replace(made, **options)


def days_ago(by: Any, first: int, last: int, ids: tuple[str, ...] = IDS) -> ek.Query:
    """Ask for the days from one to another, counted back from today."""
    period = ek.between(moment(DAY - 24 * first), moment(DAY - 24 * last))
    return ek.Query("historical", ids, METRICS, by=by, period=period)


# --- what was counted before the keys were gone ---------------------------------------------------
def test_tweets_of_which_counts_of_their_account_serve_are_known_without_its_keys() -> None:
    """Counts that an account signed for; neither refusals nor what came app-only."""
    ids = tuple(aged(3, at) for at in range(5))
    query = ek.Query("totals", ids, ("impressions", "favorites"), owners="acme")
    where = Where(account="birch", accounts=("birch",))
    wanted = resolve(query, NOW, where.profile, where.credentials)
    mine = {"account": "acme"}
    have = [
        known(ids[3], "lifetime", (0, 0), **mine),
        known(ids[1], "lifetime", (0, 0), **mine, metrics=frozenset(METRICS[2:])),
        known(ids[0], "", (0, 0), **mine, refused=True),
        known(ids[2], "lifetime", (0, 0), account=None, metrics=frozenset(METRICS[2:])),
        known(ids[4], "lifetime", (0, 0), **mine, observed_at=NOW - timedelta(hours=1)),
    ]
    fresh = Freshness(NOW)
    assert counted_before(wanted, where, Coverage(have), fresh).tolist() == [1, 3]
    assert counted_before(wanted, where, Coverage(have[2:]), fresh).tolist() == []
    assert counted_before(wanted, where, Coverage(), fresh).tolist() == []
    older = Freshness(NOW, max_age=timedelta(hours=1))
    assert counted_before(wanted, where, Coverage(have), older).tolist() == [1, 3, 4]
    assert telling(wanted, where, Coverage()) == ()


# --- what is counted of it ------------------------------------------------------------------------
@pytest.mark.parametrize(("by", "unit"), [("hour", 24), ("day", 1)])
def test_stored_and_refused_numbers_are_counted_in_hours_or_days_of_each_metric(
    by: str, unit: int
) -> None:
    """Each by itself: what a count before a refusal holds is stored, and the rest is refused."""
    query = days_ago(by, 20, 10, IDS[:3])
    have = [
        known(IDS[0], by, (20, 16)),
        known(IDS[1], by, (18, 15)),
        known(IDS[1], "", (0, 0), refused=True),
    ]
    made = plan(query, now=NOW, have=have)
    counted = (made.price.stored, made.refused, made.price.numbers)
    assert counted == ((4 + 3) * 3 * unit, (10 - 3) * 3 * unit, (30 - 7) * 3 * unit)
    assert [type(one) for one in counted] == [int] * 3
    said = dict(made.lines())
    assert said["numbers"] == (
        f"{23 * 3 * unit:,} of {30 * 3 * unit:,} to be had, {7 * 3 * unit:,} of them stored already"
    )
    assert {one for request in made.requests for one in request.tweet_ids} == {IDS[0], IDS[2]}


def test_all_answers_that_hold_a_kept_number_are_among_the_reused() -> None:
    """Where gaps of several tweets are asked together, those that hold more serve still."""
    have = [known(one, "day", (30, 20 - at)) for at, one in enumerate(IDS)]
    made = plan(days_ago("day", 30, 4), now=NOW, have=have)
    assert len(made) == 1
    assert {one.ref for one in made.reused} == {one.ref for one in have}
    whole = [known(one, "day", (30, 4)) for one in IDS]
    assert {one.ref for one in plan(days_ago("day", 30, 4), now=NOW, have=whole).reused} == {
        one.ref for one in whole
    }


def test_answers_serve_where_the_gaps_of_any_metric_are_asked_for_all() -> None:
    """Of each tweet another metric lacks the last five days: one request asks them of all.

    What is stored of the days before still serves.
    """
    have = []
    for tweet, name in zip(IDS, METRICS, strict=False):
        rest = frozenset(METRICS) - {name}
        have += [
            known(tweet, "day", (30, 4), metrics=rest),
            known(tweet, "day", (30, 9), metrics=frozenset({name}), ref=f"{tweet}-{name}"),
        ]
    made = plan(days_ago("day", 30, 4, IDS[:3]), now=NOW, have=have)
    (request,) = made.requests
    assert (request.start, request.end) == (moment(DAY - 9 * 24), moment(DAY - 4 * 24))
    assert set(request.metrics) == set(METRICS)
    assert {one.ref for one in made.reused} == {one.ref for one in have}


@pytest.mark.parametrize("first", [0, 4])
def test_a_tweet_that_is_asked_anew_needs_no_stored_answer(first: int) -> None:
    """One with a hole of its own in the middle; the others' answers serve."""
    split = [known(IDS[first], "day", (30, 25)), known(IDS[first], "day", (9, 4))]
    others = [known(one, "day", (30, 4)) for one in IDS if one != IDS[first]]
    made = plan(days_ago("day", 30, 4), now=NOW, have=[*split, *others])
    (request,) = made.requests
    assert request.tweet_ids == (IDS[first],)
    assert (request.start, request.end) == (moment(DAY - 25 * 24), moment(DAY - 9 * 24))
    assert {one.ref for one in made.reused} == {one.ref for one in [*split, *others]}


def test_a_metric_that_ended_by_age_is_asked_for_the_hours_that_can_be_had() -> None:
    """Nothing is asked where only hours are lacking that can't be had of that metric."""
    born = NOW - timedelta(days=1803)
    tweet = aged(1803)
    assert born < NOW
    names = ("impressions", "video_views")
    period = ek.between(moment(DAY - 96), moment(DAY))
    query = ek.Query("historical", tweet, names, by="hour", period=period)
    impressions = known(tweet, "hour", (4, 0), metrics=frozenset(names[:1]))
    made = plan(query, now=NOW, have=[impressions])
    last = {name: made.wanted.spans[0, at].tolist() for at, name in enumerate(names)}
    for request in made.requests:
        assert request.metrics == names[1:]
        assert floor_hour(request.start or NOW) >= last["video_views"][0]
        assert floor_hour(request.end or NOW) <= last["video_views"][1]
    assert bool(made.requests) == (last["video_views"][0] < last["video_views"][1])


def test_what_an_account_is_refused_is_asked_app_only_if_anybody_may() -> None:
    """A refusal says that a tweet is somebody else's: its private counts are not asked again."""
    ids = (aged(3, 1), aged(3, 2))
    query = ek.Query("totals", ids, ("impressions", "favorites"))
    refusal = known(ids[0], "", (0, 0), refused=True, metrics=frozenset(query.metrics))
    made = plan(query, now=NOW, have=[refusal])
    assert {(one.account, one.tweet_ids, one.metrics) for one in made.requests} == {
        ("me", ids[1:], ("impressions", "favorites")),
        (None, ids[:1], ("favorites",)),
    }
    assert (made.refused, made.reused) == (1, (refusal,))
    alone = plan(query, now=NOW, have=[refusal], where=Where(credentials=("user",)))
    assert [one.tweet_ids for one in alone.requests] == [ids[1:]]
