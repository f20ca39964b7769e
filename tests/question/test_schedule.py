"""When followed tweets are due: nested, thinning with age, and the same whoever asks when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.errors import QueryError
from engagement_kit.question.micros import NEVER, micros_of, moment_at
from engagement_kit.question.schedule import NOT_YET, Schedule, check_every, ladder, length

START = datetime(2026, 6, 1, 12, 3, 20, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
DAY_US = 86_400_000_000
SECONDS = [10, 300, 600, 960, 1800, 3600, 5400, 21_600, 86_400]
EVERY = [timedelta(seconds=one) for one in SECONDS]
everies = st.sampled_from(EVERY[1:])
ages = st.lists(st.floats(-2, 120).map(lambda days: timedelta(days=days)), min_size=1, max_size=4)


def ids_of(births: list[timedelta]) -> Any:
    """Give ids of tweets that are so old at the start."""
    moments = [(START - age - datetime(1970, 1, 1, tzinfo=UTC)) for age in births]
    return np.array(
        [(one // timedelta(milliseconds=1) - 1288834974657) << 22 for one in moments],
        dtype=np.int64,
    )


def schedule_of(births: list[timedelta], every: timedelta, days: float = 3) -> Schedule:
    """Follow tweets that are so old at the start for some days."""
    return Schedule(ids_of(births), every, START, START + days * DAY)


def times_of(schedule: Schedule) -> list[list[int]]:
    """Give each tweet's due moments."""
    row, at = schedule.dues()
    return [at[row == one].tolist() for one in range(len(schedule))]


@pytest.mark.parametrize("every", EVERY)
def test_each_step_is_a_multiple_of_the_one_before(every: timedelta) -> None:
    """From `every` to a day; the hour is among them where it can be."""
    steps = ladder(every)
    assert steps[0] == every
    assert steps[-1] == DAY
    assert not any(long % short for short, long in pairwise(steps))
    if every <= HOUR and not HOUR % every:
        assert HOUR in steps


@pytest.mark.parametrize(
    ("every", "hint"),
    [
        (7 * MINUTE, "0:06:40 and 0:07:12"),
        (5 * HOUR, "4:48:00 and 6:00:00"),
        (timedelta(seconds=7), "0:00:06 and 0:00:08"),
        (timedelta(0), ""),
        (-HOUR, ""),
        (2 * DAY, ""),
        (timedelta(seconds=0.5), ""),
        (600, ""),
        (None, ""),
    ],
)
def test_an_every_that_does_not_divide_a_day_is_refused(every: Any, hint: str) -> None:
    """In words, with the nearest that do."""
    found = check_every(every)
    assert len(found) == 1
    assert "divides a day" in str(found[0])
    assert hint in str(found[0])
    with pytest.raises(QueryError, match="divides a day"):
        ladder(every)


@pytest.mark.parametrize("every", [timedelta(seconds=1), DAY])
def test_a_second_and_a_day_are_the_shortest_and_the_longest(every: timedelta) -> None:
    """Both divide a day; there is nothing nearer to name beyond them."""
    assert check_every(every) == ()
    beyond = every * 2 if every == DAY else every / 2
    (problem,) = check_every(beyond)
    assert problem.hint == ""


@given(births=ages, every=everies)
@settings(max_examples=60)
def test_whenever_a_tweet_is_due_all_younger_ones_are(
    births: list[timedelta], every: timedelta
) -> None:
    """So that they share requests; an id without a time is the oldest."""
    numbers = np.concatenate([ids_of(sorted(births)), [20]])  # the youngest first
    schedule = Schedule(numbers, every, START, START + 3 * DAY)
    times = times_of(schedule)
    for born, younger, older in zip(schedule.born, times, times[1:], strict=False):
        assert {one for one in older if one >= born} <= set(younger)


@given(age=st.floats(0, 200), every=everies)
@settings(max_examples=60)
def test_gaps_grow_with_age_and_end_at_a_day(age: float, every: timedelta) -> None:
    """Two due moments are apart by a sixteenth of the age, or `every`, or a day at the most."""
    schedule = schedule_of([age * DAY], every, days=6)
    times = np.array(times_of(schedule)[0])
    gaps, ages_then = np.diff(times), times[1:] - schedule.born[0]
    every_us = every // timedelta(microseconds=1)
    assert (gaps <= np.maximum(every_us, np.minimum(ages_then / 16, DAY_US))).all()
    assert (np.diff(gaps[1:]) >= 0).all()
    assert (times[1:] % every_us == 0).all()


@given(births=ages, every=everies)
@settings(max_examples=60)
def test_nothing_is_due_before_the_birth_or_out_of_the_following(
    births: list[timedelta], every: timedelta
) -> None:
    """All that are there are due at the start, others at the first tick of their life."""
    schedule = schedule_of(births, every)
    for born, times in zip(schedule.born.tolist(), times_of(schedule), strict=True):
        assert times == sorted(set(times))
        if born <= schedule.begins:
            assert times[0] == schedule.begins
        elif times:
            assert born <= times[0] < born + every // timedelta(microseconds=1)
        assert all(schedule.begins <= one < schedule.ends for one in times)


@given(births=ages, every=everies, share=st.floats(-0.1, 1.1))
@settings(max_examples=100)
def test_whoever_asks_when_finds_the_same(
    births: list[timedelta], every: timedelta, share: float
) -> None:
    """What was due last, what comes next and what lies between agree at any moment."""
    schedule = schedule_of(births, every)
    now = schedule.begins + int(share * (schedule.ends - schedule.begins))
    times = times_of(schedule)
    before = [max((one for one in some if one <= now), default=NOT_YET) for some in times]
    after = [min((one for one in some if one > now), default=NEVER) for some in times]
    assert schedule.last(now).tolist() == before
    assert schedule.next(now).tolist() == after
    assert schedule.next_of_all(now) == min(after)
    rows = np.arange(len(times))[::-1]
    assert schedule.last(now, rows).tolist() == before[::-1]
    parts = (schedule.dues(last=now), schedule.dues(now))
    joined = [np.concatenate(one).tolist() for one in zip(*parts, strict=True)]
    assert joined == [one.tolist() for one in schedule.dues()]


@pytest.mark.parametrize("every", [30 * MINUTE, 6 * HOUR])
@pytest.mark.parametrize("since", [START, START.replace(minute=0, second=0)])
def test_a_due_moment_is_the_last_at_itself_and_the_next_just_before(
    every: timedelta, since: datetime
) -> None:
    """To the microsecond, for tweets of all ages, at the start and the end of a following, too."""
    births = [age * DAY for age in (-0.5, -0.01, 0, 0.3, 2, 20, 300)]
    at_ticks = [START - START.replace(minute=0, second=0) + n * HOUR for n in (-11, -1, 0, 5, 15)]
    until = since + 2 * DAY + timedelta(microseconds=1)
    schedule = Schedule(ids_of(births + at_ticks), every, since, until)
    times = times_of(schedule)
    moments = {one for some in times for one in some} | {schedule.begins, schedule.ends}
    for now in sorted(one + step for one in moments for step in (-1, 0, 1)):
        last = [max((one for one in some if one <= now), default=NOT_YET) for some in times]
        following = [min((one for one in some if one > now), default=NEVER) for some in times]
        assert schedule.last(now).tolist() == last
        assert schedule.next(now).tolist() == following


@given(ages, everies, st.sampled_from([0, 1, 7, 3600]), st.integers(1, 80))
def test_once_a_following_is_over_the_last_due_moment_stays(
    births: list[timedelta], every: timedelta, later: int, ticks: int
) -> None:
    """A tick of the very moment at which it ends is none of it, however late one asks."""
    step = every // timedelta(microseconds=1)
    end = -(-micros_of(START) // step) * step + ticks * step
    schedule = Schedule(ids_of(births), every, START, moment_at(end))
    found = schedule.last(end + later * 1_000_000)
    for last, times in zip(found.tolist(), times_of(schedule), strict=True):
        assert last == max(times, default=NOT_YET)


def test_a_tweet_posted_at_a_tick_is_due_at_once() -> None:
    """The very moment of its birth is in its life; that of the start is in the following."""
    since = START.replace(minute=0, second=0)
    numbers = ids_of([START - since, START - since - HOUR])
    schedule = Schedule(numbers, HOUR, since, since + 2 * HOUR)
    assert schedule.born.tolist() == [micros_of(since), micros_of(since + HOUR)]
    assert times_of(schedule) == [
        [micros_of(since), micros_of(since + HOUR)],
        [micros_of(since + HOUR)],
    ]
    assert schedule.next(micros_of(since) - 1)[0] == schedule.begins
    never = Schedule(numbers, HOUR, since, since)
    assert never.next(micros_of(since) - 1).tolist() == [NEVER, NEVER]


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (2 * DAY, "2 days"), (2 * DAY - MINUTE, "48 h"), (DAY, "24 h"), (HOUR, "1 h"),
        (HOUR - MINUTE, "59 min"), (MINUTE, "1 min"), (timedelta(seconds=59), "59 s"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_said_in_the_largest_unit_that_it_fills(
    span: timedelta, said: str
) -> None:
    """Days from two on."""
    assert length(span) == said


@given(every=everies, young=st.floats(0, 30), more=st.floats(0, 30))
@settings(max_examples=60)
def test_the_older_is_due_less_often(every: timedelta, young: float, more: float) -> None:
    """In the same time."""
    times = times_of(schedule_of([young * DAY, (young + more) * DAY], every))
    assert len(times[1]) <= len(times[0])


def test_old_tweets_are_due_at_midnight_and_untimed_ones_too() -> None:
    """The longest step is a day of UTC."""
    schedule = Schedule(
        np.concatenate([ids_of([100 * DAY]), [20]]), 10 * MINUTE, START, START + 3 * DAY
    )
    for times in times_of(schedule):
        assert [f"{moment_at(one):%d %H:%M:%S}" for one in times] == [
            "01 12:03:20", "02 00:00:00", "03 00:00:00", "04 00:00:00",
        ]  # fmt: skip


def test_no_tweets_are_never_due() -> None:
    """A schedule of nothing is one, too."""
    schedule = Schedule(np.array([], dtype=np.int64), HOUR, START, START + DAY)
    assert len(schedule.dues().at) == 0
    assert schedule.next_of_all(micros_of(START)) == NEVER
