"""What is about to be lost, held against what plans can have at both ends of a span."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.expiry import NO_HOUR, Losing, Scope, losing, narrowed
from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.known import Freshness, Known
from engagement_kit.question.micros import NEVER, moment_at
from engagement_kit.question.seen import Seen
from engagement_kit.question.tweet_ids import ID_EPOCH_MS, as_numbers
from engagement_kit.question.wanted import resolve

NOW = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
EDGE = floor_hour(NOW - timedelta(days=365))
OVER = floor_hour(NOW) // 24 * 24
MICROSECOND = timedelta(microseconds=1)
METRICS = ("impressions", "video_views")
laws = settings(deadline=None, max_examples=120)


def aged(days: float) -> str:
    """Make the id of a tweet so many days old."""
    born = NOW - timedelta(days=days)
    milliseconds = (born - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return str((milliseconds - ID_EPOCH_MS) << 22)


ages = st.sampled_from([0.1, 88, 89.9, 90, 363, 364.99, 366, 1795, 1799.9, 1801]) | st.floats(
    0, 1900
)
spans = st.sampled_from([timedelta(0), timedelta(hours=1), timedelta(days=1), timedelta(days=7)])
profiles = st.sampled_from(["reference", "overview"])
levels = st.sampled_from(["hour", "day"])


def obtainable(tweet: str, metric: str, when: datetime, profile: str, level: str) -> set[int]:
    """List the hours of a tweet's life up to now of which a plan can have a metric at a moment."""
    day = floor_hour(NOW) // 24 * 24
    period = ek.between(moment(day - 2400 * 24), moment(day))
    query = ek.Query("historical", [tweet], [metric], by=level, period=period)  # type: ignore[arg-type]
    start, end = resolve(query, when, profile).spans[0, 0].tolist()
    return set(range(start, end))


def listed(found: Losing, metric: str, endpoint: str) -> set[int]:
    """List the hours that are said to be lost, of one tweet."""
    hours: set[int] = set()
    for kind, start, end in zip(
        *map(list, (found.rows.kind, found.rows.start, found.rows.end)), strict=True
    ):
        one = found.kinds[kind]
        if metric in one.metrics and one.endpoint == endpoint:
            hours |= set(range(int(start), int(end)))
    return hours


@laws
@given(ages, spans, profiles, levels)
def test_listed_hours_are_those_that_can_be_had_now_and_not_later(
    age: float, within: timedelta, profile: str, level: str
) -> None:
    """Of each metric just the hours that a plan has now, and has no more just after the span."""
    tweet = aged(age)
    found = losing(as_numbers([tweet]), Scope(NOW, within, profile, level, (), METRICS))
    later = NOW + within + MICROSECOND
    over = floor_hour(NOW) // 24 * 24
    for metric in METRICS:
        now = obtainable(tweet, metric, NOW, profile, level)
        then = obtainable(tweet, metric, later, profile, level)
        said = {hour for hour in listed(found, metric, "historical") if hour < over}
        assert said == now - then


@laws
@given(ages, spans)
def test_listed_totals_are_those_that_can_be_had_now_and_not_later(
    age: float, within: timedelta
) -> None:
    """A line for each set of metrics, exactly if a plan has them now and not after the span."""
    tweet = aged(age)
    found = losing(as_numbers([tweet]), Scope(NOW, within, totals=METRICS))
    for metric in METRICS:
        query = ek.Query("totals", [tweet], [metric])
        now, later = (resolve(query, one).numbers() for one in (NOW, NOW + within + MICROSECOND))
        lines = [
            row
            for row, kind in enumerate(found.rows.kind.tolist())
            if metric in found.kinds[kind].metrics
        ]
        assert len(lines) == now - later
        gone = [n for one, n in zip(found.kinds, found.lost, strict=True) if metric in one.metrics]
        assert gone == [1 - now]
        for row in lines:
            assert NOW <= moment_at(int(found.rows.deadline[row])) <= NOW + within
            assert found.rows.start[row] == NO_HOUR
            assert found.rows.seen[row] == NEVER


@st.composite
def periods(draw: st.DrawFn) -> tuple[float, Any]:
    """Draw the age of a tweet, and a period of which an end is near the edge of history."""
    near = draw(st.floats(-3, 3))
    if draw(st.booleans()):
        hours = draw(st.integers(1, 60 * 24))
        return 365 + near + draw(st.sampled_from([0, hours / 24])), ek.first(hours=hours)
    start = EDGE // 24 * 24 + draw(st.integers(-20, 10)) * 24
    end = start + draw(st.integers(1, 20)) * 24
    return 365 + near + draw(st.sampled_from([0, 30])), ek.between(moment(start), moment(end))


@settings(deadline=None, max_examples=500)
@given(periods(), spans, levels)
def test_a_period_is_read_as_plans_read_it(
    drawn: tuple[float, Any], within: timedelta, level: str
) -> None:
    """Of each metric just the hours of the period that a plan has now, and no more afterwards."""
    age, period = drawn
    tweet = aged(age)
    scope = Scope(NOW, within, "overview", level, (), METRICS, period)
    found = losing(as_numbers([tweet]), scope)
    query = ek.Query("historical", [tweet], METRICS, by=level, period=period)  # type: ignore[arg-type]
    later = NOW + within + MICROSECOND
    had = [resolve(query, when, "overview").spans[0] for when in (NOW, later)]
    for column, metric in enumerate(query.metrics):
        now, then = (set(range(*one[column].tolist())) for one in had)
        assert listed(found, metric, "historical") == {one for one in now - then if one < OVER}


def test_the_last_day_of_the_first_days_is_listed() -> None:
    """Thirty days from the evening of a birth touch 31 days; the last is lost with its midnight."""
    born = datetime(2025, 5, 10, 18, tzinfo=UTC)
    tweet = aged((NOW - born) / timedelta(days=1))
    now = datetime(2026, 6, 8, 12, tzinfo=UTC)
    scope = Scope(now, timedelta(days=1), "overview", "day", (), METRICS[:1], ek.first(days=30))
    rows = losing(as_numbers([tweet]), scope).rows
    (start,), (end,) = rows.start.tolist(), rows.end.tolist()
    assert moment(start) == datetime(2025, 6, 9, tzinfo=UTC)
    assert moment(end) == datetime(2025, 6, 10, tzinfo=UTC)


def known(level: str, start: int, end: int, observed: datetime, metrics: tuple[str, ...]) -> Known:
    """Make what one answer covers, of the one tweet of a test."""
    return Known("r", "k", "s", "me", level, (aged(365),), frozenset(metrics), start, end, observed)


@st.composite
def answers(draw: st.DrawFn) -> Known:
    """Draw an answer to some hours around those that are about to be lost."""
    edge = floor_hour(NOW - timedelta(days=365)) // 24 * 24
    level = draw(st.sampled_from(["hour", "day"]))
    unit = 24 if level == "day" else 1
    start = edge + draw(st.integers(-48 // unit, 190 // unit)) * unit
    end = start + draw(st.integers(1, 200 // unit)) * unit
    late = draw(st.sampled_from([-3.0, 0.5, 6.9, 7.1, 300.0]))
    seen = moment(end) + timedelta(days=late)
    return known(level, start, end, seen, draw(st.sampled_from([METRICS, METRICS[:1]])))


@laws
@given(st.lists(answers(), max_size=5), levels)
def test_what_was_observed_settled_is_safe(stored: list[Known], level: str) -> None:
    """Hours that no plan would ask again are not listed; of the others the hull is, and no less."""
    tweet = aged(365)
    seen = Seen(stored, numbers=as_numbers([tweet]))
    scope = Scope(NOW, timedelta(days=7), "overview", level, (), METRICS)
    found, whole = losing(seen.numbers, scope, seen), losing(seen.numbers, scope)
    fresh = Freshness(NOW)
    for metric in METRICS:
        safe: set[int] = set()
        for one in stored:
            if one.level == level and metric in one.metrics:
                safe |= set(range(one.start, fresh.usable_until(one)))
        left = listed(whole, metric, "historical") - safe
        said = listed(found, metric, "historical")
        assert said == (set(range(min(left), max(left) + 1)) if left else set())


def test_each_metric_has_its_own_time_to_settle() -> None:
    """Hours that were seen early are safe for the metric that settles fast, and not for others."""
    end = EDGE + 10 * 24
    stored = known("hour", EDGE, end, moment(end) + timedelta(hours=1), METRICS)
    settle = {"Impressions": timedelta(0), "video_views": timedelta(days=30)}
    seen = Seen([stored], settle)
    scope = Scope(NOW, timedelta(days=1), "overview", "hour", (), METRICS)
    found = losing(seen.numbers, scope, seen)
    assert listed(found, "impressions", "historical") == set()
    assert listed(found, "video_views", "historical")


def test_last_observed_is_the_latest_of_that_quantity() -> None:
    """Counts over the whole life and counts of hours are two quantities, and so is each metric."""
    early, late = NOW - timedelta(days=40), NOW - timedelta(days=2)
    tweet = aged(89)
    names = frozenset(["impressions"])
    stored = [
        Known("a", "a", "s", "me", "lifetime", (tweet,), names, 0, 0, early),
        Known("b", "b", "s", "me", "hour", (tweet,), names, 400_000, 400_100, late),
        Known("c", "c", "s", "me", "lifetime", (tweet,), frozenset(["engagements"]), 0, 0, late),
        Known("d", "d", "s", "me", "", (tweet,), names, 0, 0, NOW, refused=True),
    ]
    seen = Seen(stored)
    scope = Scope(NOW, timedelta(days=7), totals=("impressions", "engagements"))
    found = losing(seen.numbers, scope, seen)
    said = {
        found.kinds[kind].metrics: moment_at(int(one))
        for kind, one in zip(found.rows.kind, found.rows.seen, strict=True)
    }
    assert said == {("impressions",): early, ("engagements",): late}
    assert seen.owners == {tweet: "me"}


def test_tweets_of_refusals_alone_are_left_out() -> None:
    """Nobody's keys here can save them."""
    refusal = Known("a", "a", "s", "me", "", ("20",), frozenset(METRICS), 0, 0, NOW, refused=True)
    assert Seen([refusal]).numbers.tolist() == []


def test_a_store_is_followed_by_quantity() -> None:
    """A tweet of which only totals were asked has no history to lose there."""
    when = NOW - timedelta(days=1)
    stored = [
        Known("a", "a", "s", None, "lifetime", ("20", "21"), frozenset(METRICS), 0, 0, when),
        Known("b", "b", "s", "me", "day", ("21",), frozenset(METRICS), 24, 48, when),
    ]
    seen = Seen(stored)
    assert seen.follows("totals").tolist() == [True, True]
    assert seen.follows("historical").tolist() == [False, True]
    assert (seen.level, seen.owners) == ("day", {"21": "me"})


def test_a_shorter_span_is_a_part_of_a_longer_one() -> None:
    """The lines of a week, cut at a day, are those of a day; the hours of history reach further."""
    numbers = as_numbers([aged(89.5), aged(84), aged(20)])
    week = losing(numbers, Scope(NOW, timedelta(days=7), totals=METRICS))
    day = losing(numbers, Scope(NOW, timedelta(days=1), totals=METRICS))
    cut = narrowed(week, NOW + timedelta(days=1))
    assert all(np.array_equal(a, b) for a, b in zip(cut.rows, day.rows, strict=True))
    assert (len(week.rows.tweet), len(day.rows.tweet)) == (2, 1)
