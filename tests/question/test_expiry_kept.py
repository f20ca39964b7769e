"""What is lost for good, and what of it was stored in time; what stored answers change in lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.deadlines import deadline
from engagement_kit.question.expiry import Losing, Scope, losing
from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.known import Freshness, Known
from engagement_kit.question.micros import micros_of, moment_at
from engagement_kit.question.seen import Seen
from engagement_kit.question.tweet_ids import ID_EPOCH_MS, as_numbers, created_at

NOW = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
EDGE = floor_hour(NOW - timedelta(days=365))
OVER = floor_hour(NOW) // 24 * 24
METRICS = ("impressions", "video_views")
laws = settings(max_examples=120)
levels = st.sampled_from(["hour", "day"])


def aged(days: float) -> str:
    """Make the id of a tweet so many days old."""
    return str((_ms(NOW - timedelta(days=days)) - ID_EPOCH_MS) << 22)


def _ms(when: datetime) -> int:
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def listed(found: Losing, metric: str) -> set[int]:
    """List the hours of historical that are said to be lost, of one tweet."""
    hours: set[int] = set()
    for kind, start, end in zip(
        *map(list, (found.rows.kind, found.rows.start, found.rows.end)), strict=True
    ):
        if metric in found.kinds[kind].metrics:
            hours |= set(range(int(start), int(end)))
    return hours


FALLEN = (aged(364.5), aged(364.98), aged(365), aged(366.5))
"""Of the first no hour is out of reach, of the last more than a day."""


@st.composite
def answers(draw: st.DrawFn) -> Known:
    """Draw an answer about hours of some of these tweets, often from before they were born."""
    day = EDGE // 24 * 24
    level = draw(levels)
    unit = 24 if level == "day" else 1
    start = draw(
        st.sampled_from([day - 48, day + draw(st.integers(-48 // unit, 99 // unit)) * unit])
    )
    end = start + draw(st.integers(1, 200 // unit)) * unit
    late = draw(st.sampled_from([-3.0, 0.5, 6.9, 7.1, 300.0]))
    tweets = draw(st.lists(st.sampled_from(FALLEN), min_size=1, unique=True))
    names = frozenset(draw(st.sampled_from([METRICS, METRICS[:1]])))
    when = moment(end) + timedelta(days=late)
    return Known("r", "k", "s", "me", level, tuple(tweets), names, start, end, when)


@laws
@given(st.lists(answers(), max_size=6), levels)
def test_of_what_fell_out_of_reach_it_is_told_what_was_stored_in_time(
    stored: list[Known], level: str
) -> None:
    """Tweets of which an hour is out of reach, and those of which each such hour is safe."""
    seen = Seen(stored, numbers=as_numbers(FALLEN))
    scope = Scope(NOW, timedelta(days=7), "overview", level, (), METRICS)
    found, fresh = losing(seen.numbers, scope, seen), Freshness(NOW)
    unit = 24 if level == "day" else 1
    edge = -(-(EDGE + 1) // unit) * unit
    for metric in METRICS:
        lost = kept = 0
        for tweet in FALLEN:
            born = created_at(tweet)
            assert born is not None
            gone = set(range(floor_hour(born) // unit * unit, edge))
            safe: set[int] = set()
            for one in stored:
                if one.level == level and metric in one.metrics and tweet in one.tweet_ids:
                    safe |= set(range(one.start, fresh.usable_until(one)))
            lost += bool(gone)
            kept += bool(gone) and gone <= safe
        mine = [at for at, one in enumerate(found.kinds) if metric in one.metrics]
        assert sum(found.lost[at] for at in mine) == lost
        assert sum(found.kept[at] for at in mine) == kept
        left = {found.rows.tweet[at] for at in np.flatnonzero(np.isin(found.rows.kind, mine))}
        alone = {
            row for row, tweet in enumerate(FALLEN) if listed(_of_one(stored, tweet, scope), metric)
        }
        assert left == alone


def _of_one(stored: list[Known], tweet: str, scope: Scope) -> Losing:
    """Look at one tweet by itself."""
    seen = Seen(stored, numbers=as_numbers([tweet]))
    return losing(seen.numbers, scope, seen)


def test_a_lifetime_count_that_was_stored_is_kept() -> None:
    """Of tweets past their deadline: those of which a count of that metric is stored, ever."""
    ids = [aged(91), aged(95), aged(10)]
    names = ("impressions", "engagements")
    stored = Known(
        "r", "k", "s", "me", "lifetime", (ids[0], ids[2]), frozenset(names[:1]), 0, 0,
        NOW - timedelta(days=9),
    )  # fmt: skip
    scope = Scope(NOW, timedelta(days=1), totals=names)
    seen = Seen([stored], numbers=as_numbers(ids))
    found = losing(seen.numbers, scope, seen)
    counts = zip(found.lost, found.kept, strict=True)
    said = {kind.metrics: count for kind, count in zip(found.kinds, counts, strict=True)}
    assert said == {names[:1]: (2, 1), names[1:]: (2, 0)}
    nothing = losing(as_numbers(ids), scope)
    assert [(kind.metrics, kind.days) for kind in nothing.kinds] == [(names, 90)]
    assert (nothing.lost, nothing.kept) == ((2,), (0,))


@pytest.mark.parametrize(("level", "hours"), [("hour", 60), ("day", 48)])
def test_history_of_a_metric_that_ended_by_age_is_kept_where_each_hour_is(
    level: str, hours: int
) -> None:
    """Up to the hour, or the day, in which the tweet grew too old: three lost it, one is whole."""
    day = OVER - 2 * 24
    end = moment(day + 60)  # at noon
    ids = [str(((_ms(end) - 1800 * 86_400_000 - ID_EPOCH_MS) << 22) + salt) for salt in range(3)]
    scope = Scope(
        NOW, timedelta(days=1), level=level, windowed=("video_views",),
        period=ek.between(moment(day), moment(day + 72)),
    )  # fmt: skip
    late, video = NOW + timedelta(days=9), frozenset(["video_views"])
    whole = Known("a", "a", "s", "me", level, ids[:1], video, day, day + hours, late)  # type: ignore[arg-type]
    short = replace(whole, ref="b", tweet_ids=(ids[1],), end=day + 24)
    seen = Seen([whole, short], numbers=as_numbers(ids))
    found = losing(seen.numbers, scope, seen)
    counts = zip(found.lost, found.kept, strict=True)
    ended = [count for kind, count in zip(found.kinds, counts, strict=True) if kind.days == 1800]
    assert [sum(one) for one in zip(*ended, strict=True)] == [3, 1]


# --- what stored answers change in a line ---------------------------------------------------------
def test_a_line_of_history_says_by_when_and_when_it_was_last_seen() -> None:
    """Its deadline is that of its first hour; hours that were seen too early are not safe."""
    tweet = aged(364.9)
    first = EDGE + 1
    early = Known(
        "a", "a", "s", "me", "hour", (tweet,), frozenset(METRICS[:1]), first, first + 9,
        moment(first + 9) + timedelta(hours=1),
    )  # fmt: skip
    life = replace(early, ref="b", level="lifetime", start=0, end=0, observed_at=NOW)
    seen = Seen([early, life], numbers=as_numbers([tweet]))
    scope = Scope(NOW, timedelta(days=1), "overview", "hour", (), METRICS[:1])
    rows = losing(seen.numbers, scope, seen).rows
    born = created_at(tweet)
    assert born is not None
    last = deadline("historical", METRICS[0], tweet, floor_hour(born), "overview")
    assert [moment_at(int(one)) for one in rows.deadline] == [last]
    assert rows.seen.tolist() == [micros_of(early.observed_at)]
    assert rows.tweet.tolist() == rows.kind.tolist() == [0]


@pytest.mark.parametrize("level", ["hour", "day"])
def test_of_what_ends_by_age_the_stored_hours_are_safe(level: str) -> None:
    """Counted at the level that is asked, of that metric; what is left goes up to the deadline."""
    tweet = aged(1796)
    start, end = OVER - 1810 * 24, OVER - 30 * 24
    video = frozenset(METRICS[1:])
    stored = Known("a", "a", "s", "me", level, (tweet,), video, start, end, NOW)
    scope = Scope(NOW, timedelta(days=7), level=level, windowed=METRICS)

    def line(one: Known) -> tuple[int, int]:
        seen = Seen([one], numbers=as_numbers([tweet]))
        rows = losing(seen.numbers, scope, seen).rows
        (first,), (last,) = rows.start.tolist(), rows.end.tolist()
        return first, last

    first, last = line(stored)
    assert first == end
    other = "day" if level == "hour" else "hour"
    of_other_level = line(replace(stored, level=other))
    assert of_other_level == line(replace(stored, metrics=frozenset(["replies"])))
    assert of_other_level[0] < end < last == of_other_level[1]


def test_a_tweet_of_which_only_totals_were_stored_loses_no_history() -> None:
    """Nobody follows its hours, for they were never asked; of given tweets all is looked at."""
    ids = (aged(364.9), aged(89.5))
    counts = Known("a", "a", "s", "me", "lifetime", ids, frozenset(METRICS), 0, 0, NOW)
    scope = Scope(NOW, timedelta(days=7), "overview", "hour", METRICS, METRICS)
    for seen, endpoints in (
        (Seen([counts]), {"totals"}),
        (Seen([counts], numbers=as_numbers(ids)), {"totals", "historical"}),
    ):
        found = losing(seen.numbers, scope, seen)
        assert {found.kinds[kind].endpoint for kind in found.rows.kind} == endpoints
