"""What is stored may serve again: closed or young, of the same account, and never a part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.known import Coverage, Freshness, Known, subtract, up_to
from engagement_kit.question.request import Request

SEEN = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
HOUR = floor_hour(SEEN)
WEEK = timedelta(days=7)


def known(**changes: Any) -> Known:
    """Make what an hourly answer covers, taken at `SEEN`."""
    values: dict[str, Any] = {
        "ref": "ref",
        "key": "key",
        "service": "live",
        "account": "me",
        "level": "hour",
        "tweet_ids": frozenset({"20", "21"}),
        "metrics": frozenset({"replies"}),
        "start": HOUR - 672,
        "end": HOUR,
        "observed_at": SEEN,
    }
    return Known(**{**values, **changes})


def later(days: float, **options: Any) -> Freshness:
    """Plan some days after `SEEN`."""
    return Freshness(SEEN + timedelta(days=days), **options)


@pytest.mark.parametrize(("days", "used"), [(0, True), (1, True), (1.001, False)])
def test_an_open_period_may_be_as_old_as_max_age(days: float, used: bool) -> None:
    """An answer of exactly max_age still serves, an older one only as far as it is closed."""
    fresh = later(days, max_age=timedelta(days=1))
    assert fresh.is_fresh(known()) is used
    assert fresh.usable_until(known()) == (HOUR if used else HOUR - 7 * 24)


def test_an_open_period_does_not_close_by_growing_old() -> None:
    """What was open when it was observed stays so, however long ago that is."""
    for days in (0.1, 8, 4000):
        assert later(days).usable_until(known()) == HOUR - 7 * 24
        assert not later(days).is_final(known())


@pytest.mark.parametrize(("wait", "final"), [(WEEK, True), (WEEK - timedelta(seconds=1), False)])
def test_a_period_is_closed_when_observed_a_settle_time_after_its_end(
    wait: timedelta, final: bool
) -> None:
    """Seven days after the end a count is final; a second before it is not."""
    end = SEEN.replace(minute=0)
    one = known(end=HOUR, observed_at=end + wait)
    fresh = Freshness(end + timedelta(days=900))
    assert fresh.is_final(one) is final
    assert (fresh.usable_until(one) == HOUR) is final


def test_the_settle_time_is_a_setting() -> None:
    """With no settle time, whatever was over when observed is closed."""
    assert later(900, settle=timedelta(0)).usable_until(known()) == HOUR


def test_lifetime_counts_are_never_closed() -> None:
    """Lifetime counts go on: only a young answer serves again."""
    one = known(level="lifetime", start=0, end=0)
    assert not later(900).is_final(one)
    assert later(1, max_age=timedelta(days=1)).is_final(one)


def test_days_are_used_whole() -> None:
    """An answer that closes in the middle of a day gives that day to the next one."""
    one = known(level="day", start=HOUR // 24 * 24 - 672, end=HOUR // 24 * 24)
    assert later(1).usable_until(one) == HOUR // 24 * 24 - 7 * 24
    assert later(1).usable_until(one) % 24 == 0


def test_an_hour_that_still_ran_is_not_used() -> None:
    """An answer of 28hr counts a part of its last hour, which no later question may take whole."""
    assert later(0, max_age=WEEK).usable_until(known(end=HOUR + 1)) == HOUR


def test_work_finds_its_own_level_and_service_oldest_first() -> None:
    """Other levels and services are left out; a refusal speaks for every level."""
    old = known(ref="old", observed_at=SEEN - WEEK)
    refusal = known(ref="no", level="", refused=True, observed_at=SEEN - 2 * WEEK)
    others = [known(level="day"), known(service="emulator:x")]
    coverage = Coverage([old, known(), refusal, *others])
    assert [one.ref for one in coverage.of_work("live", "hour")] == ["no", "old", "ref"]
    assert coverage.of_work("live", "lifetime") == [refusal]


def test_a_request_finds_its_own_answers_but_no_refusal() -> None:
    """By key: the newest first, and a refusal is no answer."""
    old = known(ref="old", observed_at=SEEN - WEEK)
    coverage = Coverage([old, known(), known(ref="no", refused=True), known(key="other")])
    assert [one.ref for one in coverage.of_request("key")] == ["ref", "old"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, True),
        ({"account": "other"}, False),
        ({"service": "emulator:x"}, False),
        ({"metrics": ("url_clicks",)}, True),
        ({"metrics": ("url_clicks",), "account": None, "credential": "app"}, False),
        ({"metrics": ("url_clicks", "replies")}, True),
        ({"tweet_ids": ("21", "22")}, True),
        ({"tweet_ids": ("22",)}, False),
    ],
)
def test_refusals_are_found_for_the_one_who_met_them(changes: dict[str, Any], found: bool) -> None:
    """A refusal counts for its account and service and its tweets, whatever the metrics."""
    values: dict[str, Any] = {
        "service": "live",
        "endpoint": "28hr",
        "credential": "user",
        "account": "me",
        "tweet_ids": ("20",),
        "metrics": ("replies",),
        "groupings": (),
    }
    refusal = known(refused=True)
    coverage = Coverage([refusal, known(ref="answer")])
    request = Request(**{**values, **changes})
    assert coverage.refusals(request) == ((refusal,) if found else ())


edges = st.tuples(st.integers(-5, 30), st.integers(-5, 30))


@settings(max_examples=200)
@given(edges, st.lists(edges, max_size=6))
def test_subtracting_is_a_difference_of_sets(
    span: tuple[int, int], taken: list[tuple[int, int]]
) -> None:
    """What is left are the hours of the span that nothing took, in order and none of them twice."""
    left = subtract(span, taken)
    gone = {hour for one in taken for hour in range(*one)}
    hours = [hour for one in left for hour in range(*one)]
    assert hours == sorted(set(range(*span)) - gone)
    assert all(start < end for start, end in left)
    assert not {end for _, end in left} & {start for start, _ in left}  # none could be one


def test_an_answer_from_the_future_is_not_fresh() -> None:
    """After the clock was put back, what was observed later than now is asked again."""
    assert later(0, max_age=WEEK).is_fresh(known())
    assert not later(-0.001, max_age=WEEK).is_fresh(known())
    assert not later(-400).is_fresh(known())


def test_answers_up_to_a_moment_are_those_observed_by_then() -> None:
    """The moment itself is in it; None is no limit."""
    old, young = known(ref="old", observed_at=SEEN - WEEK), known()
    assert up_to([old, young], SEEN) == up_to([old, young], None) == [old, young]
    assert up_to([old, young], SEEN - timedelta(microseconds=1)) == [old]


def test_metrics_together_settle_with_the_slowest() -> None:
    """Those with a settle time of their own by that, others by the common one."""
    own = (("replies", timedelta(days=2)), ("favorites", timedelta(days=9)))
    fresh = later(0, by_metric=own)
    assert fresh.settle_of(["replies"]) == timedelta(days=2)
    assert fresh.settle_of(["replies", "retweets"]) == WEEK
    assert fresh.settle_of(["replies", "favorites"]) == timedelta(days=9)
    assert fresh.settling == dict(own)
    assert later(0).settle_of(["favorites"]) == later(0).settling == WEEK
    assert fresh.settle_of([]) == WEEK


def test_an_answer_is_closed_by_the_time_of_its_own_metrics() -> None:
    """Two days for replies: hours from before serve again, and so does all of it two days later."""
    fresh = later(900, by_metric=(("replies", timedelta(days=2)),))
    assert fresh.usable_until(known()) == HOUR - 2 * 24
    assert fresh.usable_until(known(metrics=frozenset({"retweets"}))) == HOUR - 7 * 24
    seen = moment(HOUR) + timedelta(days=2)
    assert fresh.is_final(known(observed_at=seen))
    assert not fresh.is_final(known(observed_at=seen, metrics=frozenset({"replies", "retweets"})))


def test_an_answer_of_one_hour_can_be_final() -> None:
    """Only lifetime counts, which have no end, never are."""
    first = known(start=0, end=1, observed_at=datetime(1970, 1, 1, 1, tzinfo=UTC) + WEEK)
    assert later(0).is_final(first)
    assert not later(0).is_final(known(start=0, end=0, observed_at=first.observed_at))


def test_an_app_only_refusal_speaks_of_its_own_metrics_alone() -> None:
    """App-only, a tweet has no owner: what was refused of one metric says nothing of another."""
    refusal = known(account=None, refused=True)
    coverage = Coverage([refusal])
    for metrics, found in ((("replies",), (refusal,)), (("url_clicks",), ())):
        request = Request("live", "totals", "app", None, ("20",), metrics, ())
        assert coverage.refusals(request) == found
