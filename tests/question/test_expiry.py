"""What is about to be lost, held against what plans can have at both ends of a span."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question import metrics as registry
from engagement_kit.question.expiry import (
    NO_HOUR,
    Kind,
    Losing,
    Scope,
    losing,
    narrowed,
    offered,
)
from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.known import Freshness, Known
from engagement_kit.question.micros import NEVER, moment_at
from engagement_kit.question.seen import Seen
from engagement_kit.question.tweet_ids import ID_EPOCH_MS, as_numbers, created_at
from engagement_kit.question.wanted import resolve

NOW = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
EDGE = floor_hour(NOW - timedelta(days=365))
OVER = floor_hour(NOW) // 24 * 24
MICROSECOND = timedelta(microseconds=1)
METRICS = ("impressions", "video_views")
laws = settings(max_examples=120)


def aged(days: float) -> str:
    """Make the id of a tweet so many days old."""
    born = NOW - timedelta(days=days)
    milliseconds = (born - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return str((milliseconds - ID_EPOCH_MS) << 22)


edges = [0.1, 88, 89.9, 90, 363, 363.98, 364.98, 364.99, 366, 1795, 1799.9, 1800, 1801]
ages = st.sampled_from(edges) | st.floats(0, 1900)
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
    assert (found.rows.start < found.rows.end).all()
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


@settings(max_examples=500)
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


def test_a_shorter_span_is_a_part_of_a_longer_one() -> None:
    """The lines of a week, cut at a day, are those of a day; the hours of history reach further."""
    numbers = as_numbers([aged(89.5), aged(84), aged(20)])
    week = losing(numbers, Scope(NOW, timedelta(days=7), totals=METRICS))
    day = losing(numbers, Scope(NOW, timedelta(days=1), totals=METRICS))
    cut = narrowed(week, NOW + timedelta(days=1))
    assert all(np.array_equal(a, b) for a, b in zip(cut.rows, day.rows, strict=True))
    assert (len(week.rows.tweet), len(day.rows.tweet)) == (2, 1)


@pytest.mark.parametrize("level", ["hour", "day"])
@pytest.mark.parametrize("profile", ["reference", "overview"])
def test_what_ends_by_age_is_all_that_can_be_had_up_to_then(level: str, profile: str) -> None:
    """From the first hour within reach, or the birth, to the last whole one before the deadline."""
    unit = 24 if level == "day" else 1
    tweet = aged(1796.7)
    scope = Scope(NOW, timedelta(days=7), profile, level, windowed=("video_views",))
    found = losing(as_numbers([tweet]), scope)
    (row,) = [at for at, kind in enumerate(found.rows.kind) if found.kinds[kind].days == 1800]
    born = created_at(tweet)
    assert born is not None
    low = floor_hour(born) // unit * unit
    if profile == "overview":
        low = -(-(EDGE + 1) // unit) * unit
    high = floor_hour(born + timedelta(days=1800)) // unit * unit
    assert (found.rows.start[row], found.rows.end[row]) == (low, high)
    assert moment_at(int(found.rows.deadline[row])) == born + timedelta(days=1800)


# --- of which metrics one line tells --------------------------------------------------------------
def test_metrics_share_a_line_where_the_same_is_true_of_them() -> None:
    """By the rule, by who is young enough, and by the answers that hold them."""
    numbers = as_numbers([aged(364)])
    scope = Scope(NOW, timedelta(days=7), "overview", "hour", (), ("impressions", "url_clicks"))
    assert losing(numbers, scope).kinds == (Kind("historical", scope.windowed, None),)
    mixed = losing(numbers, replace(scope, windowed=METRICS)).kinds
    assert mixed == (
        Kind("historical", METRICS[1:], 1800),
        Kind("historical", METRICS, None, young=True),
        Kind("historical", METRICS[:1], None, young=False),
    )


def test_lifetime_counts_share_a_line_however_long_they_settle() -> None:
    """Hours settle; a count of a whole life goes on growing."""
    names = ("impressions", "engagements")
    both = frozenset(names)
    counts = Known("a", "a", "s", "me", "lifetime", (aged(89),), both, 0, 0, NOW)
    settle = {"impressions": timedelta(0), "engagements": timedelta(days=30)}
    seen = Seen([counts], settle)
    found = losing(seen.numbers, Scope(NOW, timedelta(days=7), totals=names), seen)
    assert [kind.metrics for kind in found.kinds] == [names]
    apart = Known("b", "b", "s", "me", "lifetime", (aged(89),), both - {names[0]}, 0, 0, NOW)
    seen = Seen([counts, apart], settle)
    found = losing(seen.numbers, Scope(NOW, timedelta(days=7), totals=names), seen)
    assert [kind.metrics for kind in found.kinds] == [names[:1], names[1:]]


@pytest.mark.parametrize(("level", "start", "end"), [("day", 0, 48), ("hour", 5, 30)])
def test_a_period_of_hours_is_by_day_the_days_that_it_touches(
    level: str, start: int, end: int
) -> None:
    """A day is lost with its first hour, and with it the hours of the period in it."""
    day = EDGE // 24 * 24 + 24
    period = ek.between(moment(day + 5), moment(day + 30))
    scope = Scope(NOW, timedelta(days=7), "overview", level, (), METRICS[:1], period)
    found = losing(as_numbers([aged(400)]), scope)
    assert listed(found, "impressions", "historical") == set(range(day + start, day + end))


@pytest.mark.parametrize("level", ["hour", "day"])
def test_a_period_that_ends_as_a_tweet_is_born_has_nothing_to_lose(level: str) -> None:
    """No line tells of no hours."""
    tweet = aged(1799)
    born = created_at(tweet)
    assert born is not None
    low = floor_hour(born) // (24 if level == "day" else 1) * (24 if level == "day" else 1)
    for end, lines in ((low, 0), (low + 24, 1)):
        period = ek.between(moment(low - 48), moment(end))
        scope = Scope(NOW, timedelta(days=7), "reference", level, (), METRICS[1:], period)
        assert len(losing(as_numbers([tweet]), scope).rows.tweet) == lines


def test_hours_of_video_fall_out_up_to_the_moment_at_which_a_tweet_is_too_old() -> None:
    """At that very moment it still can be had; a millisecond later it can't."""
    scope = Scope(NOW, timedelta(days=1), "overview", "hour", (), METRICS[1:])
    counts = []
    for late in (0, 1):
        tweet = str(int(aged(1800)) - (late << 22))
        found = losing(as_numbers([tweet]), scope)
        counts.append([found.kinds[kind].days for kind in found.rows.kind])
    assert [sorted(map(str, one)) for one in counts] == [["1800", "None"], []]


def test_the_moment_itself_belongs_to_what_is_lost_up_to_it() -> None:
    """Narrowed to its deadline a line is there; a microsecond before, it is not."""
    found = losing(as_numbers([aged(89)]), Scope(NOW, timedelta(days=7), totals=METRICS[:1]))
    last = moment_at(int(found.rows.deadline[0]))
    assert len(narrowed(found, last).rows.tweet) == 1
    assert len(narrowed(found, last - MICROSECOND).rows.tweet) == 0


def test_of_some_metrics_those_that_an_endpoint_has_are_looked_at() -> None:
    """All where none is named; others' names are left out."""
    assert offered("totals", None) == registry.offered("totals")
    assert offered("historical", ("video_views", "no_such_metric")) == ("video_views",)
