"""What stored answers observed: of which quantity, when last, and which hours are safe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.question.expiry import Scope, losing
from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.known import Freshness, Known
from engagement_kit.question.micros import NEVER, micros_of, moment_at
from engagement_kit.question.seen import Seen
from engagement_kit.question.tweet_ids import ID_EPOCH_MS

NOW = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
DAY = floor_hour(NOW) // 24 * 24 - 240
METRICS = ("impressions", "video_views")
TWEETS = ("20", "21", "22")


def aged(days: float) -> str:
    """Make the id of a tweet so many days old."""
    born = NOW - timedelta(days=days)
    milliseconds = (born - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return str((milliseconds - ID_EPOCH_MS) << 22)


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


def test_metrics_that_were_asked_together_are_told_by_their_sets() -> None:
    """Of one quantity, each set once, those alone in which the metric is."""
    lives = [
        Known(str(at), "k", "s", "me", "lifetime", ("20",), frozenset(names), 0, 0, NOW)
        for at, names in enumerate([METRICS, METRICS, METRICS[:1], ("replies",)])
    ]
    hours = Known("h", "k", "s", "me", "hour", ("20",), frozenset(METRICS[1:]), 0, 9, NOW)
    seen = Seen([*lives, hours])
    assert seen.sets_with("impressions", "totals") == {frozenset(METRICS), frozenset(METRICS[:1])}
    assert seen.sets_with("video_views", "totals") == {frozenset(METRICS)}
    assert seen.sets_with("video_views", "historical") == {frozenset(METRICS[1:])}
    assert seen.metrics("totals") == ("impressions", "replies", "video_views")


@st.composite
def answers(draw: st.DrawFn) -> Known:
    """Draw an answer about some hours of some tweets, seen then or later."""
    level = draw(st.sampled_from(["hour", "day", "lifetime"]))
    unit = 24 if level == "day" else 1
    start = DAY + draw(st.integers(0, 96 // unit)) * unit
    end = start + draw(st.integers(1, 96 // unit)) * unit
    late = draw(st.sampled_from([-30, -6, 0, 160, 168, 180, 192]))
    seen = moment(draw(st.sampled_from([start, end]))) + timedelta(hours=late)
    tweets = draw(st.lists(st.sampled_from(TWEETS), min_size=1, unique=True))
    names = draw(st.sampled_from([METRICS, METRICS[:1], METRICS[1:]]))
    if level == "lifetime":
        start = end = 0
    account = draw(st.sampled_from([None, "acme", "birch"]))
    return Known("r", "k", "s", account, level, tuple(tweets), frozenset(names), start, end, seen)


@given(st.lists(answers(), max_size=6), st.sampled_from(METRICS), st.sampled_from(["hour", "day"]))
def test_safe_hours_are_those_that_no_plan_would_ask_again(
    stored: list[Known], name: str, level: str
) -> None:
    """Hour by hour and tweet by tweet, among those that are looked at; no span is empty."""
    numbers = np.array([22, 20, 21])
    seen, fresh = Seen(stored, numbers=numbers), Freshness(NOW)
    among = np.array([0, 2])
    spans = seen.safe(name, level, among)
    assert (spans.start < spans.end).all()
    said: dict[int, set[int]] = {}
    for row, start, end in zip(*(column.tolist() for column in spans), strict=True):
        said.setdefault(int(numbers[row]), set()).update(range(start, end))
    wanted: dict[int, set[int]] = {}
    for one in stored:
        for tweet in {"22", "21"} & set(one.tweet_ids):
            if one.level == level and name in one.metrics:
                hours = set(range(one.start, fresh.usable_until(one)))
                wanted.setdefault(int(tweet), set()).update(hours)
    assert said == {tweet: hours for tweet, hours in wanted.items() if hours}


@given(
    st.lists(answers(), max_size=6),
    st.sampled_from(METRICS),
    st.sampled_from(["totals", "historical"]),
)
def test_last_observed_is_told_of_each_tweet(stored: list[Known], name: str, endpoint: str) -> None:
    """The latest answer of that quantity with that metric in it; never, where there is none."""
    numbers = np.array([22, 20, 21])
    last = Seen(stored, numbers=numbers).last(name, endpoint)
    for row, number in enumerate(numbers.tolist()):
        when = [
            micros_of(one.observed_at)
            for one in stored
            if str(number) in one.tweet_ids
            and name in one.metrics
            and (one.level == "lifetime") == (endpoint == "totals")
        ]
        assert last[row] == max(when, default=NEVER)


@given(st.lists(answers(), max_size=6))
def test_the_latest_that_signed_is_the_owner(stored: list[Known]) -> None:
    """App-only answers say nothing of whose a tweet is."""
    owners = Seen(stored).owners
    for tweet in TWEETS:
        mine = [one for one in stored if tweet in one.tweet_ids and one.account is not None]
        last = max((one.observed_at for one in mine), default=None)
        signed = {one.account for one in mine if one.observed_at == last}
        assert owners.get(tweet) in (signed or {None})


@pytest.mark.parametrize(
    ("levels", "level"),
    [
        ((), "hour"),
        (("lifetime",), "hour"),
        (("day",), "day"),
        (("hour",), "hour"),
        (("day", "lifetime"), "day"),
        (("day", "hour"), "hour"),
        (("day", "28hr"), "day"),
        (("28hr",), "hour"),
    ],
)
def test_history_is_kept_by_day_where_nothing_longer_is_by_hour(
    levels: tuple[str, ...], level: str
) -> None:
    """Hours of 28hr, up to 29 with the one that runs, are no history by the hour."""
    spans = {"lifetime": 0, "day": 72, "hour": 30, "28hr": 29}
    stored = [
        Known(one, "k", "s", "me", "hour" if one == "28hr" else one, ("20",),
              frozenset(METRICS), 480_000, 480_000 + spans[one], NOW)
        for one in levels
    ]  # fmt: skip
    assert Seen(stored).level == level


@pytest.mark.parametrize("numbers", [None, np.array([int(aged(3))])])
def test_a_store_of_nothing_tells_of_nothing(numbers: Any) -> None:
    """Of tweets that are looked at all the same nothing was observed, and no hour is safe."""
    seen = Seen([], numbers=numbers)
    many = 0 if numbers is None else 1
    assert len(seen.numbers) == many
    assert seen.follows("totals").tolist() == [True] * many
    assert seen.last("impressions", "totals").tolist() == [NEVER] * many
    assert len(seen.safe("impressions", "hour", np.arange(many)).row) == 0
    assert (seen.level, seen.owners, seen.metrics("totals")) == ("hour", {}, ())
    scope = Scope(NOW, timedelta(days=7), "overview", "hour", METRICS, METRICS)
    assert losing(seen.numbers, scope, seen).rows.tweet.tolist() == []
