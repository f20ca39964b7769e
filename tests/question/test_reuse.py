"""Reuse by coverage: against any stored answers, all that is lacking is asked, and nothing idle."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.known import Coverage, Freshness, Known
from engagement_kit.question.metrics import offered
from engagement_kit.question.plan import Where, plan
from engagement_kit.question.rules import LIVE_BASE_URL
from engagement_kit.question.tweet_ids import ID_EPOCH_MS
from engagement_kit.question.work import telling

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
HOUR = floor_hour(NOW)
METRICS = ("impressions", "url_clicks", "video_views")
PUBLIC = offered("totals", "app")


def tweet_id(days_old: float, salt: int) -> str:
    """Make the id of a tweet of a certain age."""
    ms = int((NOW - timedelta(days=days_old)).timestamp() * 1000)
    return str(((ms - ID_EPOCH_MS) << 22) + salt)


IDS = [tweet_id(age, salt) for salt, age in enumerate((0.5, 3, 3, 20, 60, 60.5, 1795, 1810))]


@st.composite
def stored(draw: st.DrawFn) -> Known:
    """Draw what one stored answer covers."""
    level = draw(st.sampled_from(["hour", "hour", "hour", "day", "lifetime"]))
    start = HOUR - draw(st.integers(0, 70 * 24))
    start -= start % 24 if level == "day" else 0
    length = draw(st.integers(1, 28)) * 24 if level == "day" else draw(st.integers(1, 672))
    refused = draw(st.booleans()) and draw(st.booleans())
    tweets = draw(st.lists(st.sampled_from([*IDS, "77"]), min_size=1, unique=True))
    seen = NOW - timedelta(hours=draw(st.sampled_from([0, 0, 1, 100, 400])))
    ref = f"{start}-{length}-{level}-{tweets}-{seen}-{draw(st.integers(0, 9))}"
    return Known(
        ref=ref,
        key=ref,
        service=draw(st.sampled_from([LIVE_BASE_URL, LIVE_BASE_URL, "elsewhere"])),
        account=draw(st.sampled_from(["me", "me", "you", None])),
        level="" if refused else level,
        tweet_ids=tuple(tweets),
        metrics=frozenset(draw(st.lists(st.sampled_from(METRICS), min_size=1, unique=True))),
        start=0 if level == "lifetime" else start,
        end=0 if level == "lifetime" else start + length,
        observed_at=seen,
        refused=refused,
    )


def serves(one: Known, tweet: str, metric: str, hour: int, fresh: Freshness) -> bool:
    """Say, number by number, whether a stored answer holds it, or says that it can't be had."""
    if one.service != LIVE_BASE_URL or one.account != "me":
        return False  # impressions are private: with them in it, user keys sign each request
    if tweet not in one.tweet_ids:
        return False
    if one.refused:  # whose a tweet is holds for all metrics that its owner signs for
        return True
    return (
        metric in one.metrics
        and one.level == "hour"
        and one.start <= hour < fresh.usable_until(one)
    )


@settings(max_examples=150)
@given(st.lists(stored(), max_size=8), st.integers(1, 60), st.sampled_from([0, 48]))
def test_all_that_lacks_is_asked_and_nothing_idle(
    have: list[Known], days: int, fresh_hours: int
) -> None:
    """Each lacking number stands in a request, no whole tweet is asked again, and it costs no more.

    Than it would if nothing but refusals were stored.
    """
    max_age = timedelta(hours=fresh_hours)
    query = ek.Query("historical", IDS, METRICS, by="hour", period=ek.last(days=days))
    made = plan(query, now=NOW, have=have, max_age=max_age)
    fresh = Freshness(NOW, max_age)
    asked: set[tuple[str, str, int]] = set()
    for request in made.requests:
        hours = range(floor_hour(request.start), floor_hour(request.end))  # type: ignore[arg-type]
        for tweet in request.tweet_ids:
            asked |= {(tweet, name, hour) for name in request.metrics for hour in hours}
    spans = made.wanted.spans
    stored_count = kept = 0
    lacking = set()
    for row, tweet in enumerate(IDS):
        for col, name in enumerate(METRICS):
            for hour in range(*spans[row, col].tolist()):
                found = [one for one in have if serves(one, tweet, name, hour, fresh)]
                counted = any(not one.refused for one in found)
                stored_count += counted
                kept += counted and (tweet, name, hour) not in asked
                assert found or (tweet, name, hour) in asked
                lacking |= set() if found else {tweet}
                if counted and (tweet, name, hour) not in asked:
                    used = [one for one in made.reused if not one.refused]
                    assert any(serves(one, tweet, name, hour, fresh) for one in used)
    assert kept <= made.price.stored <= stored_count
    assert {tweet for tweet, _, _ in asked} == lacking
    refusals = [one for one in have if one.refused]
    assert len(made) <= len(plan(query, now=NOW, have=refusals))
    if not any(one.account == "me" and one.service == LIVE_BASE_URL for one in have):
        assert made.requests == plan(query, now=NOW).requests


def test_public_metrics_are_stored_once_for_all_accounts() -> None:
    """On totals an app-only answer serves; the same by user keys is another one's business."""
    known = Known(
        "a", "a", LIVE_BASE_URL, None, "lifetime", (IDS[0],), frozenset({"favorites"}), 0, 0, NOW
    )
    query = ek.Query("totals", IDS[:2], ["favorites"])
    made = plan(query, now=NOW, have=[known])
    assert [one.tweet_ids for one in made.requests] == [(IDS[1],)]
    both = ek.Query("totals", IDS[:2], ["favorites", "impressions"])
    (request,) = plan(both, now=NOW, have=[known]).requests  # by themselves they would take two
    assert (sorted(request.tweet_ids), request.metrics) == (
        sorted(IDS[:2]),
        ("favorites", "impressions"),
    )


def test_gaps_that_differ_are_asked_together() -> None:
    """Another metric stored of each tweet, or another day: still one request for each window."""
    ids = [tweet_id(100, salt) for salt in range(25)]
    query = ek.Query("historical", ids, METRICS[:2], period=ek.between("2026-05-01", "2026-05-28"))
    first = floor_hour(datetime(2026, 5, 1, tzinfo=UTC))
    other_metrics = [known_day(one, {METRICS[at % 2]}, first) for at, one in enumerate(ids)]
    other_days = [
        known_day(one, set(METRICS[:2]), first + 24 * at, days=1)
        for at, one in enumerate(ids, start=1)
    ]
    for have in (other_metrics, other_days):
        made = plan(query, now=NOW, have=have, settle=timedelta(0))
        assert len(made) == len(plan(query, now=NOW)) == 1
        assert (made.reused, made.price.stored) == ((), 0)
    whole = known_day(ids[0], set(METRICS[:2]), first)
    made = plan(query, now=NOW, have=[whole, *other_days[1:]], settle=timedelta(0))
    assert set(made.requests[0].tweet_ids) == set(ids[1:])
    assert (made.reused, made.price.stored) == ((whole,), 27 * 2)


def test_what_was_counted_before_a_refusal_is_kept() -> None:
    """Other tweets' gaps are asked together: what is stored of the refused tweet still serves."""
    tweets = [tweet_id(100, salt) for salt in range(4)]
    query = ek.Query("historical", tweets, METRICS, period=ek.between("2026-05-01", "2026-05-28"))
    first = floor_hour(datetime(2026, 5, 1, tzinfo=UTC))
    gaps = [known_day(one, {METRICS[at]}, first) for at, one in enumerate(tweets[:3])]
    counted = known_day(tweets[3], {"impressions"}, first)
    refusal = replace(counted, ref="refusal", level="", refused=True)
    made = plan(query, now=NOW, have=[*gaps, counted, refusal], settle=timedelta(0))
    assert len(made) == 1
    assert set(made.requests[0].tweet_ids) == set(tweets[:3])
    assert {one.ref for one in made.reused} == {counted.ref, "refusal"}
    assert made.price.stored == 27


def known_day(tweet: str, metrics: set[str], start: int, days: int = 27) -> Known:
    """Make a stored answer that counts one tweet by day."""
    ref, end = f"{tweet}-{start}-{days}", start + 24 * days
    return Known(
        ref, ref, LIVE_BASE_URL, "me", "day", (tweet,), frozenset(metrics), start, end, NOW
    )


@pytest.mark.parametrize("budget", [2, 3, 10])
def test_a_budget_is_kept(budget: int) -> None:
    """A plan beyond the budget is refused; within it, what is left may find bad tweets."""
    query = ek.Query("totals", [tweet_id(10, n) for n in range(600)], ["favorites"])
    if budget < 3:
        with pytest.raises(ek.errors.BudgetExceeded, match="takes 3 requests"):
            plan(query, now=NOW, max_requests=budget)
        return
    price = plan(query, now=NOW, max_requests=budget).price
    assert price.requests + price.extra <= budget


def test_the_price_tells_rows_and_bytes() -> None:
    """One tweet, one metric, two days: 48 hours or 2 days or one sum, and what they weigh."""
    period = ek.between("2026-05-25", "2026-05-27")
    prices = {}
    for by in ("hour", "day", "total", "hour_of_day"):
        query = ek.Query("historical", [IDS[4]], ["impressions"], by=by, period=period)  # type: ignore[arg-type]
        prices[by] = plan(query, now=NOW, per_minute=2).price
    assert {by: one.rows for by, one in prices.items()} == {
        "hour": 48, "day": 2, "total": 1, "hour_of_day": 24,
    }  # fmt: skip
    assert prices["hour"].bytes > 5 * prices["day"].bytes > 0
    assert prices["hour"].minutes == 0.5


ME = Where(account="me", accounts=("me",), credentials=("user",))


@settings(max_examples=150)
@given(st.lists(stored(), max_size=8), st.integers(1, 60))
def test_an_answer_tells_of_a_query_if_it_counts_any_number_of_it(
    have: list[Known], days: int
) -> None:
    """However old it is and whoever signed; a refusal tells where its account would sign."""
    names = METRICS[:2]
    query = ek.Query("historical", IDS[:6], names, by="hour", period=ek.last(days=days))
    wanted = plan(query, now=NOW, where=ME).wanted
    begin, end = HOUR - 24 * days, HOUR

    def tells(one: Known) -> bool:
        if one.service != LIVE_BASE_URL or not set(one.tweet_ids) & set(query.tweet_ids):
            return False
        if one.refused:
            return one.account == "me"
        return (
            one.level == "hour"
            and not one.metrics.isdisjoint(names)
            and (one.start < end and begin < one.end)
        )

    found = telling(wanted, ME, Coverage(have))
    assert sorted(one.ref for one in found) == sorted(one.ref for one in have if tells(one))
    assert [one.observed_at for one in found] == sorted(one.observed_at for one in found)


@pytest.mark.parametrize(
    ("hours_ago", "echoed", "tells"),
    [
        (0, False, True),
        (27, False, True),
        (56, False, False),  # its own last 28 hours ended before those of the query began
        (27, True, True),
        (28, False, True),  # in the hour that ran then lies the first of the query's
        (28, True, False),
        (56, True, False),
    ],
)
def test_an_answer_of_the_last_28_hours_speaks_of_those_before_it(
    hours_ago: int, echoed: bool, tells: bool
) -> None:
    """Also where it has no counts, and so does not say of which hours it speaks."""
    query = ek.Query("28hr", IDS[1:2], METRICS[:1], by="hour")
    wanted = plan(query, now=NOW, where=ME).wanted
    seen = NOW - timedelta(hours=hours_ago)
    start, end = (floor_hour(seen) - 28, floor_hour(seen)) if echoed else (0, 0)
    one = Known(
        ref="one", key="k", service=LIVE_BASE_URL, account="me", level="hour",
        tweet_ids=query.tweet_ids, metrics=frozenset(METRICS), start=start, end=end,
        observed_at=seen,
    )  # fmt: skip
    assert telling(wanted, ME, Coverage([one])) == ((one,) if tells else ())


def test_an_old_answer_tells_of_lifetime_counts() -> None:
    """A count of a whole life is of no hours: any answer that has it tells of it."""
    query = ek.Query("totals", IDS[:2], METRICS[:1])
    wanted = plan(query, now=NOW, where=ME).wanted
    one = Known(
        ref="one", key="k", service=LIVE_BASE_URL, account="you", level="lifetime",
        tweet_ids=(IDS[1],), metrics=frozenset(METRICS), start=0, end=0,
        observed_at=NOW - timedelta(days=900),
    )  # fmt: skip
    other = replace(one, ref="other", metrics=frozenset(METRICS[1:]))
    assert telling(wanted, ME, Coverage([one, other])) == (one,)


# --- at the edges ---------------------------------------------------------------------------------
def counts(first: int, last: int, **options: object) -> Known:
    """Make a stored answer about hours before this one, of the tweet that is three days old."""
    made = Known(
        f"{first}-{last}", "k", LIVE_BASE_URL, "me", "hour", IDS[1:2], frozenset(METRICS),
        HOUR - first, HOUR - last, NOW,
    )  # fmt: skip
    return replace(made, **options)  # type: ignore[arg-type]


def last_day() -> ek.Query:
    """Ask for the last 24 hours of that tweet."""
    return ek.Query("historical", IDS[1:2], METRICS[:2], by="hour", period=ek.last(hours=24))


def test_answers_that_touch_a_period_neither_serve_nor_tell() -> None:
    """They end as it begins, or begin as it ends; an hour more, and they do both."""
    before, after = counts(48, 24), counts(0, -3)
    for one in (before, after):
        assert plan(last_day(), now=NOW, have=[one]).reused == ()
    wanted = plan(last_day(), now=NOW, where=ME).wanted
    assert telling(wanted, ME, Coverage([before, after])) == ()
    inside = counts(48, 23)
    assert plan(last_day(), now=NOW, have=[inside]).reused == (inside,)
    assert telling(wanted, ME, Coverage([inside])) == (inside,)


def test_answers_to_other_metrics_do_not_tell_though_they_count_the_hours() -> None:
    """Of the same tweet and hours, but not of what is asked."""
    wanted = plan(last_day(), now=NOW, where=ME).wanted
    other = counts(24, 0, metrics=frozenset(METRICS[2:]))
    assert telling(wanted, ME, Coverage([other])) == ()
    assert telling(wanted, ME, Coverage([replace(other, metrics=frozenset(METRICS[1:]))]))


def test_an_answer_may_name_tweets_newer_than_all_that_are_asked() -> None:
    """It serves for those that it shares."""
    both = counts(24, 0, tweet_ids=(IDS[1], tweet_id(0.1, 9)))
    made = plan(last_day(), now=NOW, have=[both])
    assert (len(made), made.reused) == (0, (both,))


@pytest.mark.parametrize("names", [PUBLIC[:1], PUBLIC])
def test_public_counts_that_came_app_only_serve_beside_private_ones(names: tuple[str, ...]) -> None:
    """What is left to ask of that tweet is private, and its owner's keys ask it alone."""
    known = Known("a", "a", LIVE_BASE_URL, None, "lifetime", (IDS[0],), frozenset(names), 0, 0, NOW)
    made = plan(ek.Query("totals", IDS[0], [*names, "impressions"]), now=NOW, have=[known])
    assert [one.metrics for one in made.requests] == [("impressions",)]
    assert made.reused == (known,)
    alone = plan(ek.Query("totals", IDS[0], names), now=NOW, have=[known])
    assert (len(alone), alone.reused) == (0, (known,))


@pytest.mark.parametrize(
    ("hours_old", "refused", "too_old"), [(0, False, False), (3, False, True), (3, True, False)]
)
def test_lifetime_counts_are_too_old_where_they_may_not_serve(
    hours_old: int, refused: bool, too_old: bool
) -> None:
    """Refusals do not age; a count of this moment is not too old."""
    one = Known(
        "a", "a", LIVE_BASE_URL, "me", "" if refused else "lifetime", (IDS[0],),
        frozenset(METRICS[:1]), 0, 0, NOW - timedelta(hours=hours_old), refused=refused,
    )  # fmt: skip
    assert plan(ek.Query("totals", IDS[:2], METRICS[:1]), now=NOW, have=[one]).too_old == too_old


@pytest.mark.parametrize(
    ("last", "days_later", "too_old"), [(12, 8, False), (12, 6, True), (0, 6, True), (24, 6, False)]
)
def test_counts_of_hours_are_too_old_where_settled_ones_would_serve_more(
    last: int, days_later: int, too_old: bool
) -> None:
    """Of hours 10 to 9 days ago settled ones serve; those before the period never would."""
    end = HOUR - 9 * 24
    period = ek.between(moment(end - 24), moment(end))
    query = ek.Query("historical", tweet_id(40, 9), METRICS[:1], by="hour", period=period)
    one = replace(
        counts(0, 0), tweet_ids=query.tweet_ids, start=end - 48, end=end - last,
        observed_at=min(NOW, moment(end - last) + timedelta(days=days_later)),
    )  # fmt: skip
    assert plan(query, now=NOW, have=[one]).too_old == too_old


# --- the last 28 hours ----------------------------------------------------------------------------
ALL, ONE = frozenset(METRICS), frozenset(METRICS[:1])
HOUR_BEFORE = {"observed_at": NOW - timedelta(minutes=40)}


def left_of_28hr(*have: Known) -> set[str]:
    """Say which metrics of the last 28 hours are asked beside stored answers of two hours."""
    query = ek.Query("28hr", IDS[1:2], METRICS, by="hour")
    made = plan(query, now=NOW, have=have, max_age=timedelta(hours=2))
    assert all(any(one is other for other in have) for one in made.reused)
    return {name for request in made.requests for name in request.metrics}


def test_the_window_of_the_hour_before_will_do_if_it_has_all_metrics() -> None:
    """Without some of them it is no answer: windows of two hours are never mixed."""
    assert left_of_28hr(counts(29, 0, **HOUR_BEFORE)) == set()
    assert left_of_28hr(counts(29, 0, **HOUR_BEFORE, metrics=ONE)) == ALL
    assert left_of_28hr(counts(30, 1, **HOUR_BEFORE)) == ALL


def test_beside_counts_of_this_hour_the_hour_before_does_not_serve() -> None:
    """What this hour's answer has not is asked, in this hour's window."""
    this = counts(28, -1, metrics=ONE)
    assert left_of_28hr(this) == ALL - ONE
    assert left_of_28hr(this, counts(29, 0, **HOUR_BEFORE)) == ALL - ONE
    assert left_of_28hr(this, counts(28, -1, ref="rest", metrics=ALL - ONE)) == set()


@pytest.mark.parametrize(("first", "last"), [(20, -1), (100, -1), (29, 2)])
def test_counts_of_other_hours_are_no_window_and_hinder_none(first: int, last: int) -> None:
    """Of historical, that begin later or earlier: the answer of the hour before serves still."""
    other = counts(first, last, ref="other", metrics=ONE)
    assert left_of_28hr(other) == ALL
    assert left_of_28hr(other, counts(29, 0, **HOUR_BEFORE)) == set()
