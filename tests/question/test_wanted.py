"""What can be had at a moment, and each rule at its very boundary."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.losses import Unobtainable
from engagement_kit.question.tweet_ids import ID_EPOCH_MS
from engagement_kit.question.wanted import Wanted, resolve

NOW = datetime(2026, 6, 1, 12, 34, 56, 789_000, tzinfo=UTC)
MS = timedelta(milliseconds=1)


def tweet(born: datetime) -> str:
    """Make the smallest id of a tweet created at a moment."""
    milliseconds = (born - datetime(1970, 1, 1, tzinfo=UTC)) // MS
    return str((milliseconds - ID_EPOCH_MS) << 22)


def historical(born: datetime | str, period: Any, now: datetime = NOW, **options: Any) -> Wanted:
    """Resolve a question about one tweet and one metric on historical."""
    profile = options.pop("profile", "reference")
    metric = options.pop("metric", "impressions")
    one = born if isinstance(born, str) else tweet(born)
    return resolve(ek.Query("historical", one, [metric], period=period, **options), now, profile)


def span(wanted: Wanted, which: str = "spans") -> tuple[datetime, datetime]:
    """Give the one span of a question about one tweet and one metric."""
    start, end = getattr(wanted, which)[0, 0].tolist()
    return moment(start), moment(end)


def day(text: str) -> datetime:
    """Give a UTC midnight."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def lost_of(wanted: Wanted) -> list[tuple[str, datetime, datetime]]:
    """List the lost spans with their reasons."""
    return [
        (one.reason, moment(one.start), moment(one.end))
        for one in wanted.unobtainable
        if one.start is not None and one.end is not None
    ]


# --- ages on totals -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("metric", "days", "status"),
    [
        ("impressions", 90, "too_old_for_impressions"),
        ("engagements", 90, "too_old_for_impressions"),
        ("video_views", 1800, "too_old_for_video"),
    ],
)
@pytest.mark.parametrize("micros", [0, 1, 499, 999])
def test_the_last_moment_of_an_age(metric: str, days: int, status: str, micros: int) -> None:
    """A tweet of exactly the limit's age still counts; one a millisecond older does not."""
    now = NOW + timedelta(microseconds=micros)
    edge = now - timedelta(days=days)
    young = edge if micros == 0 else edge - timedelta(microseconds=micros) + MS
    for born, lost in ((young, False), (young - MS, True)):
        wanted = resolve(ek.Query("totals", tweet(born), [metric, "favorites"]), now)
        assert [one.status for one in wanted.unobtainable] == ([status] if lost else [])
        assert wanted.numbers() == (1 if lost else 2)


@pytest.mark.parametrize("endpoint", ["28hr", "historical"])
def test_video_views_have_an_age_on_every_endpoint(endpoint: str) -> None:
    """1800 days hold for windows too; the 90 days are a rule of totals alone."""
    old = tweet(NOW - timedelta(days=1800) - MS)
    wanted = resolve(ek.Query(endpoint, old, ["video_views", "impressions"]), NOW)
    assert [(one.status, one.metrics) for one in wanted.unobtainable] == [
        ("too_old_for_video", ("video_views",))
    ]
    assert (wanted.spans[0, 0, 0] == wanted.spans[0, 0, 1]).all()
    assert wanted.spans[0, 1, 0] < wanted.spans[0, 1, 1]


def test_an_untimed_id_is_older_than_every_limit() -> None:
    """An id that carries no time is from before November 2010."""
    query = ek.Query("totals", "29999999999", ["impressions", "video_views", "replies"])
    assert {one.status for one in resolve(query, NOW).unobtainable} == {
        "too_old_for_impressions",
        "too_old_for_video",
    }


def test_private_metrics_need_the_authors_keys() -> None:
    """Without user keys impressions are not to be had, and each number has one reason."""
    ids = [tweet(NOW - timedelta(days=1)), tweet(NOW - timedelta(days=91))]
    wanted = resolve(ek.Query("totals", ids, ["impressions", "replies"]), NOW, credentials=("app",))
    assert [(one.status, one.tweet_ids) for one in wanted.unobtainable] == [
        ("too_old_for_impressions", (ids[1],)),
        ("not_offered", (ids[0],)),
    ]


# --- the reach of historical ----------------------------------------------------------------------
def test_history_begins_in_september_2014() -> None:
    """2014-09-01T00:00Z is the first hour that can be had, and what lies before is named."""
    born, period = day("2014-03-01"), ek.between("2014-08-01", "2014-10-01")
    wanted = historical(born, period)
    assert span(wanted) == (day("2014-09-01"), day("2014-10-01"))
    assert [one[1:] for one in lost_of(wanted)] == [(day("2014-08-01"), day("2014-09-01"))]
    assert historical(born, ek.between("2014-09-01", "2014-10-01")).unobtainable == ()


@pytest.mark.parametrize(("by", "begins"), [("hour", "2025-06-01T13:00"), ("day", "2025-06-02")])
def test_the_other_profile_reaches_365_days(by: str, begins: str) -> None:
    """365 days back from now, in whole hours or whole days that lie inside."""
    wanted = historical(
        day("2025-01-01"), ek.between("2025-05-01", "2025-07-01"), by=by, profile="overview"
    )
    assert span(wanted) == (day(begins), day("2025-07-01"))


def test_a_day_exactly_at_the_reach_is_whole() -> None:
    """Planned at midnight, the day that begins 365 days ago can be had."""
    now = day("2026-06-01")
    wanted = historical(
        day("2025-01-01"), ek.between("2025-05-01", "2025-07-01"), now, profile="overview"
    )
    assert span(wanted)[0] == day("2025-06-01")


# --- a tweet's life and the time that is over -----------------------------------------------------
def test_nothing_before_creation_is_wanted() -> None:
    """A tweet begins in its hour of creation, by day on its day; what is before is no loss."""
    born = datetime(2026, 3, 10, 7, 59, 59, 999_000, tzinfo=UTC)
    period = ek.between("2026-03-01", "2026-04-01")
    for by, begins in (("hour", born.replace(minute=0, second=0, microsecond=0)), ("day", None)):
        wanted = historical(born, period, by=by)
        assert span(wanted)[0] == (begins or day("2026-03-10"))
        assert wanted.unobtainable == ()


@pytest.mark.parametrize(("late", "lost"), [(timedelta(0), True), (MS, False)])
def test_a_tweet_created_after_the_period(late: timedelta, lost: bool) -> None:
    """A tweet born at the period's end has nothing in it, a millisecond earlier an hour."""
    wanted = historical(day("2026-04-01") - late, ek.between("2026-03-01", "2026-04-01"), by="hour")
    assert [one.reason for one in wanted.unobtainable] == (
        ["the tweet was created after the period"] if lost else []
    )
    assert wanted.numbers() == (0 if lost else 1)


@pytest.mark.parametrize(
    ("now", "by", "ends"),
    [
        ("2026-06-01T12:59:59", "hour", "2026-06-01T12:00"),
        ("2026-06-01T13:00:00", "hour", "2026-06-01T13:00"),
        ("2026-06-01T23:59:59", "day", "2026-06-01"),
        ("2026-06-02T00:00:00", "day", "2026-06-02"),
    ],
)
def test_what_still_runs_is_not_asked(now: str, by: str, ends: str) -> None:
    """Only hours and days that are over can be had; the others are named as not over yet."""
    period = ek.between("2026-05-30", "2026-06-03")
    wanted = historical(day("2026-05-01"), period, day(now), by=by)
    assert span(wanted) == (day("2026-05-30"), day(ends))
    assert lost_of(wanted) == [("not over yet when asked", day(ends), day("2026-06-03"))]


def test_last_ends_with_what_is_over() -> None:
    """The last days end at midnight; the last hours at the full hour."""
    born = day("2026-01-01")
    assert span(historical(born, ek.last(days=2))) == (day("2026-05-30"), day("2026-06-01"))
    assert span(historical(born, ek.last(hours=3), by="hour")) == (
        day("2026-06-01T09:00"),
        day("2026-06-01T12:00"),
    )


def test_first_counts_from_the_hour_of_creation() -> None:
    """The first day of a tweet is 24 hours from its hour on; by day, each day that these touch."""
    born = datetime(2026, 3, 10, 7, 59, tzinfo=UTC)
    assert span(historical(born, ek.first(days=1), by="hour")) == (
        day("2026-03-10T07:00"),
        day("2026-03-11T07:00"),
    )
    assert span(historical(born, ek.first(days=1))) == (day("2026-03-10"), day("2026-03-12"))


def test_an_untimed_tweet_has_no_known_first_days() -> None:
    """Where the id does not say when a tweet began, its first days can't be told, however many."""
    wanted = historical("29999999999", ek.first(days=3000))
    assert wanted.numbers() == 0
    (lost,) = wanted.unobtainable
    assert "does not say when" in lost.reason
    timed = historical("30000000000", ek.first(days=3000))
    assert timed.numbers() > 0


def test_the_last_28_hours_are_the_apis_own() -> None:
    """On 28hr the running hour is among them, and no hour before the tweet's creation."""
    ids = [tweet(NOW - timedelta(days=9)), tweet(NOW - timedelta(hours=3))]
    wanted = resolve(ek.Query("28hr", ids, ["replies"]), NOW)
    now = floor_hour(NOW)
    assert wanted.had.tolist() == [[now - 28, now + 1], [now - 3, now + 1]]


# --- likes, replies and retweets before 2015-09-15 ------------------------------------------------
@pytest.mark.parametrize("metric", ["favorites", "replies", "retweets"])
def test_the_small_set_begins_in_september_2015(metric: str) -> None:
    """What historical calls 0 before 2015-09-15 is no count, and is named so."""
    period = ek.between("2015-09-01", "2015-10-01")
    wanted = historical(day("2015-09-05"), period, metric=metric)
    assert span(wanted) == (day("2015-09-15"), day("2015-10-01"))
    assert [one[1:] for one in lost_of(wanted)] == [(day("2015-09-05"), day("2015-09-15"))]
    later = ek.between("2015-09-15", "2015-10-01")
    assert historical(day("2015-09-05"), later, metric=metric).unobtainable == ()
    assert historical(day("2015-09-05"), period, metric="impressions").unobtainable == ()


# --- the period that a sum speaks of --------------------------------------------------------------
def test_a_sum_speaks_of_the_asked_period() -> None:
    """Hours before creation count nothing, and stay in the period of a sum."""
    wanted = historical(day("2026-03-10"), ek.between("2026-03-01", "2026-04-01"), by="total")
    assert span(wanted, "labels") == (day("2026-03-01"), day("2026-04-01"))


@pytest.mark.parametrize(
    ("born", "period", "metric", "label"),
    [
        ("2014-03-01", ("2014-01-01", "2015-01-01"), "impressions", ("2014-09-01", "2015-01-01")),
        ("2015-03-01", ("2015-01-01", "2016-01-01"), "replies", ("2015-09-15", "2016-01-01")),
        ("2026-05-20", ("2026-05-01", "2026-07-01"), "replies", ("2026-05-01", "2026-06-01")),
    ],
)
def test_a_sum_does_not_speak_of_what_is_lost(
    born: str, period: tuple[str, str], metric: str, label: tuple[str, str]
) -> None:
    """What can't be had, at either end, is not in the period of a sum, born within it or before."""
    wanted = historical(day(born), ek.between(*period), by="total", metric=metric)
    assert span(wanted, "labels") == (day(label[0]), day(label[1]))


@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 5000), min_size=1, max_size=5, unique=True),
    st.integers(0, 4600),
    st.integers(1, 900),
    st.sampled_from(["day", "hour", "total"]),
    st.sampled_from(["reference", "overview"]),
)
def test_asked_is_had_or_lost_or_before_creation(
    ages: list[int], back: int, days: int, by: Any, profile: str
) -> None:
    """Each asked hour of a tweet's life can be had, or is lost for exactly one reason."""
    ids = [tweet(NOW - timedelta(days=age)) for age in ages]
    start = day("2026-06-20") - timedelta(days=back)
    period = ek.between(start, start + timedelta(days=days))
    query = ek.Query("historical", ids, ["impressions", "favorites"], by=by, period=period)
    wanted = resolve(query, NOW, profile)
    for row, one in enumerate(ids):
        born = floor_hour(moment(0) + timedelta(milliseconds=(int(one) >> 22) + ID_EPOCH_MS))
        begin = max(born // wanted.step * wanted.step, int(wanted.asked[row, 0]))
        end = int(wanted.asked[row, 1])
        for col, metric in enumerate(query.metrics):
            parts = [tuple(wanted.spans[row, col].tolist())]
            parts += [
                (lost.start, lost.end)
                for lost in wanted.unobtainable
                if one in lost.tweet_ids and metric in lost.metrics
            ]
            filled = sorted(part for part in parts if part[0] < part[1])
            if begin < end:
                assert filled[0][0] == begin
                assert filled[-1][1] == end
                assert all(a[1] == b[0] for a, b in itertools.pairwise(filled))
            else:
                assert filled == [(wanted.asked[row, 0], end)]


def test_numbers_are_counted_by_their_level() -> None:
    """A day is one number by day and 24 by hour; a lifetime is one."""
    born, period = day("2026-01-01"), ek.between("2026-03-01", "2026-03-03")
    assert historical(born, period).numbers() == 2
    assert historical(born, period, by="hour").numbers() == 48
    assert resolve(ek.Query("totals", tweet(born), ["replies"]), NOW).numbers() == 1


@pytest.mark.parametrize(
    ("options", "level"),
    [
        ({"by": "day", "period": ek.first(days=2)}, "day"),
        ({"by": "total", "period": ek.last(days=2)}, "day"),
        ({"by": "total", "period": ek.last(hours=5)}, "hour"),
        ({"by": "total", "period": ek.first(days=2)}, "hour"),
        ({"by": "hour_of_day", "period": ek.last(days=2)}, "hour"),
        ({"groupings": {"g": ["tweet.id", "engagement.day"]}, "period": ek.last(days=2)}, "day"),
        ({"groupings": {"g": ["engagement.hour"]}, "period": ek.last(days=2)}, "hour"),
    ],
)
def test_the_level_is_the_coarsest_that_serves(options: dict[str, Any], level: str) -> None:
    """Days are asked where whole days are enough, hours elsewhere."""
    wanted = resolve(ek.Query("historical", "2000", ["replies"], **options), NOW)
    assert wanted.level == level


def test_several_tweets_share_one_reason() -> None:
    """Tweets that lose the same span stand together in one line."""
    ids = [tweet(day("2014-01-01") + n * MS) for n in range(3)]
    period = ek.between("2014-08-01", "2014-10-01")
    wanted = resolve(ek.Query("historical", ids, ["impressions"], period=period), NOW)
    assert [type(one) for one in wanted.unobtainable] == [Unobtainable]
    assert wanted.unobtainable[0].tweet_ids == tuple(ids)
    assert np.array_equal(wanted.spans[0], wanted.spans[2])


def test_tweets_of_an_hour_to_come_are_lost_whole_on_28hr() -> None:
    """From the very hour that ends the window on; none of them makes the count less."""
    now = day("2026-06-01") + timedelta(hours=12)
    births = [now - MS, now, now + timedelta(hours=2)]
    query = ek.Query("28hr", [tweet(one) for one in births], ["favorites"])
    wanted = resolve(query, now)
    (lost,) = wanted.unobtainable
    assert (lost.rows.tolist(), lost.status) == ([1, 2], "out_of_range")
    assert (moment(lost.start or 0), moment(lost.end or 0)) == (now - timedelta(hours=28), now)
    assert wanted.numbers() == 1
    assert wanted.had[1:, 0].tolist() == wanted.had[1:, 1].tolist()
    assert lost.reason == "the tweet was created after the period"


def test_each_lost_span_is_told_of_its_own_tweets() -> None:
    """Tweets of one span together, though others end with them; in the order of the question."""
    births = [day(text) for text in ("2025-03-01", "2025-01-01", "2025-02-01", "2025-01-01")]
    ids = [str(int(tweet(one)) + salt) for salt, one in enumerate(births)]
    query = ek.Query("historical", ids, ["impressions"], period=ek.last(days=900))
    lost = resolve(query, NOW, "overview").unobtainable
    before = [one for one in lost if "historical begins" in one.reason]
    assert [(one.rows.tolist(), moment(one.start or 0)) for one in before] == [
        ([0], births[0]),
        ([1, 3], births[1]),
        ([2], births[2]),
    ]
    assert len({one.end for one in before}) == 1


def test_hours_without_keys_are_told_once() -> None:
    """Likes before September 2015 are lost for want of keys where there are none, else for age."""
    ids = [str(int(tweet(day("2015-01-01"))) + salt) for salt in range(2)]
    period = ek.between("2015-09-10", "2015-09-20")
    query = ek.Query("historical", ids, ["favorites"], period=period)
    wanted = resolve(query, NOW, keyless=[("no keys of acme", np.array([0]))])
    assert [(one.status, one.rows.tolist()) for one in wanted.unobtainable] == [
        ("out_of_range", [1]),
        ("not_owned", [0]),
    ]


@pytest.mark.parametrize(
    ("one", "period", "profile", "why"),
    [
        (tweet(day("2026-05-20")), ek.between("2026-05-01", "2026-05-10"), "reference", "created"),
        ("20", ek.first(days=2), "reference", "an id from before November 2010"),
        (
            tweet(day("2024-01-01")),
            ek.between("2024-02-01", "2024-02-03"),
            "overview",
            "begins there",
        ),
        (tweet(day("2026-05-20")), ek.between("2026-05-30", "2026-07-01"), "reference", "not over"),
    ],
)
def test_hours_that_can_not_be_had_are_out_of_range(
    one: str, period: Any, profile: str, why: str
) -> None:
    """For whichever reason, which is told; and only metrics that it is about are named."""
    names = ["impressions", "favorites"]
    (lost,) = resolve(ek.Query("historical", one, names, period=period), NOW, profile).unobtainable
    assert (lost.status, lost.metrics, lost.tweet_ids) == ("out_of_range", tuple(names), (one,))
    assert why in lost.reason


def test_of_the_small_set_alone_it_is_said_that_it_was_not_counted_yet() -> None:
    """Other metrics of the same hours can be had."""
    names = ["impressions", "favorites", "url_clicks", "replies"]
    period = ek.between("2015-09-01", "2015-10-01")
    query = ek.Query("historical", tweet(day("2015-09-05")), names, period=period)
    (lost,) = [one for one in resolve(query, NOW).unobtainable if "2015" in one.reason]
    assert (lost.status, lost.metrics) == ("out_of_range", ("favorites", "replies"))
