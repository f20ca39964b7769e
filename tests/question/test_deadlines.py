"""Deadlines, held against what a plan says can be had, and against the emulator's answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.emulator import Emulator, Settings, World, WorldClock
from engagement_kit.fetch.wire import decipher
from engagement_kit.question.deadlines import deadline, of_history
from engagement_kit.question.hours import ceil_hour, floor_hour, moment
from engagement_kit.question.metrics import offered
from engagement_kit.question.micros import NEVER, micros_of, moment_at
from engagement_kit.question.request import Request
from engagement_kit.question.tweet_ids import ID_EPOCH_MS, created_at
from engagement_kit.question.wanted import resolve

NOW = datetime(2026, 6, 1, 12, 34, 56, 789_123, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
WORLD = World(seed=5)
ONE = WORLD.sample_ids("acme", 1, before=NOW - timedelta(days=2))[0]
laws = settings(max_examples=300)


def tweet(born: datetime) -> str:
    """Give the id of a tweet created at a moment, to the millisecond."""
    milliseconds = (born - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return str((milliseconds - ID_EPOCH_MS) << 22)


def to_be_had(query: ek.Query, when: datetime, profile: str) -> bool:
    """Say whether the one number of a query can be had at a moment."""
    spans = resolve(query, when, profile).spans[0, 0]
    return bool(spans[0] < spans[1])


# --- the plan's own rules -------------------------------------------------------------------------
@st.composite
def numbers(draw: st.DrawFn) -> tuple[ek.Query, str, datetime | None]:
    """Draw one number as a query, a profile, and its deadline."""
    endpoint = draw(st.sampled_from(["totals", "historical"]))
    metric = draw(st.sampled_from(offered(endpoint)))
    profile = draw(st.sampled_from(["reference", "overview"]))
    born = NOW - timedelta(milliseconds=draw(st.integers(0, 2000 * 86_400_000)))
    tweet_id = draw(st.sampled_from([tweet(born), "20", str(29_999_999_999)]))
    if endpoint == "totals":
        return (
            ek.Query(endpoint, [tweet_id], [metric]),
            profile,
            deadline("totals", metric, tweet_id),
        )
    by = draw(st.sampled_from(["hour", "day"]))
    start = floor_hour(created_at(tweet_id) or born) + draw(st.integers(0, 9000))
    start, length = (start, 1) if by == "hour" else (start - start % 24, 24)
    period = ek.between(moment(start), moment(start + length))
    query = ek.Query(endpoint, [tweet_id], [metric], by=by, period=period)  # type: ignore[arg-type]
    return query, profile, deadline("historical", metric, tweet_id, start, profile)


def begins(query: ek.Query) -> datetime:
    """Say from when on a number can be had, if ever: when its hour or day is over."""
    period: Any = query.period
    born = created_at(query.tweet_ids[0]) or datetime(2010, 11, 4, tzinfo=UTC)
    return born if period is None else period.end


@laws
@given(numbers(), st.lists(st.integers(0, 4000 * 86_400_000_000), max_size=6))
def test_a_number_can_be_had_up_to_its_deadline(
    drawn: tuple[ek.Query, str, datetime | None], offsets: list[int]
) -> None:
    """At any moment a plan can have a number exactly if its hour is over and it is not too late."""
    query, profile, last = drawn
    first = begins(query)
    moments = [first + offset * MICROSECOND for offset in [*offsets, 0]]
    edges = [] if last is None or last.year < 2000 else [last, last + MICROSECOND, last - HOUR]
    for when in [*moments, *edges]:
        if when >= first:
            assert to_be_had(query, when, profile) == (last is None or when <= last)


def test_the_last_28_hours_are_not_lost() -> None:
    """What 28hr counts historical counts later, too; video ends by age on each endpoint."""
    assert deadline("28hr", "impressions", ONE) is None
    born = created_at(ONE)
    assert born is not None
    for endpoint in ("totals", "28hr", "historical"):
        assert deadline(endpoint, "video_views", ONE) == born + timedelta(days=1800)


def test_moments_go_to_microseconds_and_back() -> None:
    """Both ways are exact."""
    assert moment_at(micros_of(NOW)) == NOW


def test_history_of_the_reference_profile_stays() -> None:
    """Only the overview bounds how far back historical reaches."""
    assert of_history(np.array([0, 400_000]), "reference").tolist() == [NEVER, NEVER]


# --- the emulator, which has its own list of limits -----------------------------------------------
@pytest.fixture(scope="module")
def clock() -> WorldClock:
    """Give a clock that stands until it is set."""
    return WorldClock(frozen=NOW)


@pytest.fixture(scope="module")
def client(clock: WorldClock) -> Iterator[Client]:
    """Connect to a world that reaches back 365 days only."""
    reach = Settings(profile="overview")
    with Emulator(WORLD, clock, reach) as one, ek.connect(one, profile="overview") as made:
        yield made


def answered(client: Client, request: Request) -> str:
    """Send one request as it is; give status and body."""
    reply = client.connection.transport.send(request)
    return f"{reply.status} {decipher(reply, request).body.decode()}"


def request_of(endpoint: str, metric: str, span: tuple[int, int] | None = None) -> Request:
    """Ask for one number of the tweet."""
    start, end = (None, None) if span is None else map(moment, span)
    groupings = (("all", ("tweet.id", "engagement.type")),)
    return Request("x", endpoint, "user", "acme", (ONE,), (metric,), groupings, start, end)


@pytest.mark.parametrize("metric", ["impressions", "engagements", "video_views"])
def test_the_emulator_counts_up_to_the_deadline_on_totals(
    client: Client, clock: WorldClock, metric: str
) -> None:
    """At the deadline it still counts; a millisecond later the tweet is on the list of old ones."""
    last = deadline("totals", metric, ONE)
    assert last is not None
    clock.set(last)
    assert "unsupported" not in answered(client, request_of("totals", metric))
    clock.set(last + timedelta(milliseconds=1))
    assert "unsupported" in answered(client, request_of("totals", metric))


def test_the_emulator_counts_video_of_windows_up_to_the_deadline(
    client: Client, clock: WorldClock
) -> None:
    """On historical, too, at the deadline it still counts, and a millisecond later not."""
    last = deadline("historical", "video_views", ONE)
    assert last is not None
    for when, old in ((last, False), (last + timedelta(milliseconds=1), True)):
        clock.set(when)
        hour = floor_hour(when)
        reply = answered(client, request_of("historical", "video_views", (hour - 1, hour)))
        assert ("unsupported" in reply) == old


def test_the_emulator_answers_hours_up_to_the_deadline(client: Client, clock: WorldClock) -> None:
    """At the deadline an hour is answered; it rounds the limit down, and an hour later refuses."""
    born = created_at(ONE)
    assert born is not None
    hour = ceil_hour(born) + 5
    last = deadline("historical", "impressions", ONE, hour, "overview")
    assert last is not None
    for when, status in ((last, "200"), (last + HOUR, "400")):
        clock.set(when)
        reply = answered(client, request_of("historical", "impressions", (hour, hour + 1)))
        assert reply.startswith(status)


def test_a_run_finds_what_its_plan_said(client: Client, clock: WorldClock) -> None:
    """At a deadline a run has the number; a microsecond later the plan does not ask."""
    last = deadline("totals", "impressions", ONE)
    assert last is not None
    query = ek.Query("totals", [ONE], ["impressions"])
    clock.set(last)
    assert client.run(query, progress=False).receipt.answered == 1
    clock.set(last + MICROSECOND)
    later = client.run(query, progress=False).receipt
    assert (later.requests, later.answered) == (0, 0)
