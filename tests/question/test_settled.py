"""Numbers that can't change any more are counted once each, as by counting them one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.known import Freshness, Known
from engagement_kit.question.settled import numbers_in, settled_numbers
from engagement_kit.question.settling import settling_of
from engagement_kit.question.tweet_ids import ID_EPOCH_MS, creation_hours
from engagement_kit.question.wanted import resolve

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
HOUR = floor_hour(NOW)
BIRTH = int(datetime(2026, 5, 20, 3, tzinfo=UTC).timestamp() * 1000)
IDS = [str((BIRTH + salt * 90_000_000 - ID_EPOCH_MS << 22) + salt) for salt in range(3)]
METRICS = ("impressions", "replies")
SETTLE = {"impressions": timedelta(days=3), "replies": timedelta(hours=30)}


@st.composite
def stored(draw: st.DrawFn) -> Known:
    """Draw an answer."""
    level = draw(st.sampled_from(["hour", "day"]))
    start = HOUR - draw(st.integers(0, 300))
    start -= start % 24 if level == "day" else 0
    end = start + 24 * draw(st.integers(1, 5))
    return Known(
        ref=str(draw(st.integers())),
        key="key",
        service="live",
        account="me",
        level=level,
        tweet_ids=tuple(draw(st.sets(st.sampled_from(IDS), min_size=1))),
        metrics=frozenset(draw(st.sets(st.sampled_from(METRICS), min_size=1))),
        start=start,
        end=end,
        observed_at=min(NOW, moment(end) + timedelta(minutes=draw(st.integers(-9000, 9000)))),
        refused=draw(st.integers(0, 5)) == 0,
    )


@st.composite
def questions(draw: st.DrawFn) -> ek.Query:
    """Draw a question by hour or by day."""
    ids = draw(st.lists(st.sampled_from(IDS), min_size=1, unique=True))
    names = draw(st.lists(st.sampled_from(METRICS), min_size=1, unique=True))
    days = draw(st.integers(1, 15))
    by = draw(st.sampled_from(["hour", "day"]))
    return ek.Query("historical", ids, names, by=by, period=ek.last(days=days))


@settings(max_examples=100)
@given(st.lists(questions(), max_size=4), st.lists(stored(), max_size=6))
def test_settled_numbers_are_counted_once(asked: list[ek.Query], have: list[Known]) -> None:
    """Whatever the questions share, and however many answers saw a number late enough."""
    plans, wanted = [], set()
    for query in asked:
        made = resolve(query, NOW)
        wait, own = settling_of(SETTLE, query.metrics)
        plans.append((made, Freshness(NOW, settle=wait, by_metric=own)))
        over = HOUR - HOUR % made.step
        for tweet in query.tweet_ids:
            birth = int(creation_hours([tweet])[0])
            birth -= birth % made.step
            first = over - query.period.hours  # type: ignore[union-attr]
            wanted |= {
                (made.level, tweet, name, hour)
                for name in query.metrics
                for hour in range(max(first, birth), over, made.step)
            }
    closed = {
        (one.level, tweet, name, hour)
        for one in have
        if not one.refused
        for tweet in one.tweet_ids
        for name in one.metrics
        for hour in range(one.start, one.end, 24 if one.level == "day" else 1)
        if one.observed_at >= moment(hour + (24 if one.level == "day" else 1)) + SETTLE[name]
    }
    assert settled_numbers(plans, have) == len(wanted & closed)


@settings(max_examples=100)
@given(st.lists(stored(), max_size=6), st.lists(stored(), max_size=3))
def test_numbers_of_answers_are_counted_once(have: list[Known], lives: list[Known]) -> None:
    """By hour, by day and of whole lives, as by counting them one by one; refusals count none."""
    have = [*have, *(replace(one, level="lifetime", start=0, end=0) for one in lives)]
    found = set()
    for one in have:
        step = {"hour": 1, "day": 24, "lifetime": 1}[one.level]
        hours = range(1) if one.level == "lifetime" else range(one.start, one.end, step)
        if not one.refused:
            found |= {
                (one.level, tweet, name, hour)
                for tweet in one.tweet_ids
                for name in one.metrics
                for hour in hours
            }
    assert (numbers_in(have), type(numbers_in(have))) == (len(found), int)
