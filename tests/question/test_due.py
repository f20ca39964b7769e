"""Plans in the order of deadlines: the same price and numbers, and what is lost first is first."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.errors import QueryError
from engagement_kit.question.deadlines import deadline
from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.known import Known
from engagement_kit.question.metrics import offered
from engagement_kit.question.micros import NEVER, micros_of, moment_at
from engagement_kit.question.plan import Plan, Where, anew, plan
from engagement_kit.question.request import Request, unlawful
from engagement_kit.question.tweet_ids import ID_EPOCH_MS

NOW = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
laws = settings(max_examples=80)
OVERVIEW = Where(profile="overview")


def aged(days: float, salt: int = 0) -> str:
    """Make the id of a tweet so many days old."""
    born = NOW - timedelta(days=days)
    milliseconds = (born - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return str(((milliseconds - ID_EPOCH_MS) << 22) + salt)


@st.composite
def queries(draw: st.DrawFn) -> ek.Query:
    """Draw a query about tweets near all limits."""
    endpoint = draw(st.sampled_from(["totals", "28hr", "historical"]))
    near = st.sampled_from(
        [0.5, 1.2, 89.97, 89.99, 90.0, 90.1, 364.5, 366.0, 1799.99, 1800.0, 1800.2]
    )
    ages = draw(st.lists(near | st.floats(0, 2000), min_size=1, max_size=70))
    ids = [aged(age, salt) for salt, age in enumerate(ages)] + draw(st.sampled_from([[], ["20"]]))
    names = draw(st.lists(st.sampled_from(offered(endpoint)), min_size=1, max_size=5, unique=True))
    options: dict[str, Any] = {}
    if draw(st.booleans()):
        options["owners"] = {one: ("acme", "globex")[n % 2] for n, one in enumerate(ids)}
    if endpoint == "historical":
        days = draw(st.sampled_from([2, 30, 364, 400]))
        options["period"] = draw(st.sampled_from([ek.last(days=days), ek.first(days=days)]))
        options["by"] = draw(st.sampled_from(["day", "hour"]))
    return ek.Query(endpoint, ids, names, **options)


wheres = st.builds(
    Where,
    credentials=st.sampled_from([("user", "app"), ("user",), ("app",)]),
    profile=st.sampled_from(["reference", "overview"]),
    accounts=st.sampled_from([None, ("acme",)]),
)
rates = st.sampled_from([None, 0.05, 1.0, 30.0])


def numbers_of(requests: Any) -> Counter[Any]:
    """Count how often each tweet, metric and window is asked."""
    return Counter(
        (tweet, name, one.start, one.end)
        for one in requests
        for tweet in one.tweet_ids
        for name in one.metrics
    )


def first_deadline(made: Plan, request: Request) -> int:
    """Give the first deadline of a request, number by number, of those that are not past."""
    start = None if request.start is None else floor_hour(request.start)
    found = [NEVER]
    for tweet in request.tweet_ids:
        for name in request.metrics:
            last = deadline(request.endpoint, name, tweet, start, made.where.profile)
            if last is not None and last >= made.now:
                found.append(micros_of(last))
    return min(found)


@laws
@given(queries(), wheres, rates)
def test_an_order_costs_nothing(query: ek.Query, where: Where, rate: float | None) -> None:
    """In any order a plan has as many requests, by as many signers, for the same numbers."""
    plain = plan(query, now=NOW, where=where, per_minute=rate)
    made = plan(query, now=NOW, where=where, per_minute=rate, order="deadline")
    assert made.price == plain.price
    assert made.by_account == plain.by_account
    assert made.unobtainable == plain.unobtainable
    assert numbers_of(made.requests) == numbers_of(plain.requests)
    assert all(unlawful(one, NOW) == () for one in made.requests)
    assert list(made.requests) == [made.requests[n] for n in range(len(made))]


@laws
@given(queries(), wheres)
def test_the_first_deadline_comes_first(query: ek.Query, where: Where) -> None:
    """Without a rate requests go by their first deadline, as told number by number."""
    made = plan(query, now=NOW, where=where, order="deadline")
    firsts = [first_deadline(made, one) for one in made.requests]
    assert firsts == sorted(firsts)
    assert made.due is not None
    assert made.due.first.tolist() == firsts


@laws
@given(queries(), wheres, st.sampled_from([0.001, 0.05, 1.0, 30.0]))
def test_what_is_late_is_counted_number_by_number(
    query: ek.Query, where: Where, rate: float
) -> None:
    """Each count whose deadline is past at the turn of its request; windows by hours or days."""
    made = plan(query, now=NOW, where=where, per_minute=rate, order="deadline")
    rows = {tweet: row for row, tweet in enumerate(query.tweet_ids)}
    late = 0
    for turn, request in enumerate(made.requests):
        sent = NOW + timedelta(minutes=turn / rate)
        start = None if request.start is None else floor_hour(request.start)
        for tweet in request.tweet_ids:
            spans = made.wanted.spans[rows[tweet]]
            spans = spans[spans[:, 0] < spans[:, 1]]
            low, high = int(spans[:, 0].min()), int(spans[:, 1].max())
            if start is not None and request.end is not None:
                low, high = max(low, start), min(high, floor_hour(request.end))
            for name in request.metrics:
                last = deadline(request.endpoint, name, tweet, start, where.profile)
                lost = last is not None and NOW <= last < sent
                late += (high - low) // made.wanted.step if lost else 0
    assert made.due is not None
    assert made.due.late == late


@laws
@given(queries(), wheres, rates)
def test_the_same_plan_comes_out_again(query: ek.Query, where: Where, rate: float | None) -> None:
    """Planning is repeatable, and a plan that is made anew keeps its order."""
    made = plan(query, now=NOW, where=where, per_minute=rate, order="deadline")
    assert list(plan(query, now=NOW, where=where, per_minute=rate, order="deadline").requests) == (
        list(made.requests)
    )
    again = anew(made, ())
    assert (again.order, again.rate, list(again.requests)) == (
        "deadline",
        rate,
        list(made.requests),
    )


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, 6 * 60), st.sampled_from([1, 40, 249, 250, 251, 400])),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([0.02, 0.05, 0.2]),
    st.booleans(),
)
def test_no_cut_of_one_signers_totals_saves_more(
    groups: list[tuple[int, int]], rate: float, video: bool
) -> None:
    """As many tweets are in time as if each turn took any 250 of those that still can be."""
    minutes = [left for left, many in groups for _ in range(many)]
    ids = [aged(90 - left / 1440, salt) for salt, left in enumerate(minutes)]
    names = ["impressions", "engagements", *["video_views"] * video]
    made = plan(
        ek.Query("totals", ids, names), now=NOW, per_minute=rate, order="deadline",
        where=Where(credentials=("user",)),
    )  # fmt: skip
    counts = Counter(int(left * rate) for left in minutes)
    best = 0
    for turn in range(max(counts) + 1):
        best = min(best + counts[turn], (turn + 1) * 250)
    in_time = 0
    for turn, one in enumerate(made.requests):
        sent = NOW + timedelta(minutes=turn / rate)
        lasts = [deadline("totals", "impressions", tweet) for tweet in one.tweet_ids]
        in_time += sum(last is not None and sent <= last for last in lasts)
    assert in_time == best
    assert made.due is not None
    assert made.due.late == 2 * (len(ids) - best)


def test_tweets_of_totals_with_near_deadlines_share_requests() -> None:
    """In whatever order the ids came; without an order of deadlines they stay as they came."""
    ids = [aged((89.9, 20)[salt % 2], salt) for salt in range(500)]
    query = ek.Query("totals", ids, ["impressions"])
    made = plan(query, now=NOW, order="deadline")
    assert [[*one.tweet_ids] for one in made.requests] == [ids[::2], ids[1::2]]
    plain = plan(query, now=NOW)
    assert [[*one.tweet_ids] for one in plain.requests] == [ids[:250], ids[250:]]


def test_a_cut_gives_up_what_would_make_others_late() -> None:
    """Of 400 tweets that end before the second turn 150 can't be saved; 250 of that turn can."""
    ids = [aged(90 - left / 1440, salt) for salt, left in enumerate([5] * 400 + [15] * 250)]
    query = ek.Query("totals", ids, ["impressions", "engagements"])
    made = plan(query, now=NOW, per_minute=0.1, order="deadline")
    assert made.due is not None
    assert made.due.late == 2 * 150
    assert [{*one.tweet_ids} <= {*ids[400:]} for one in made.requests] == [False, True, False]


@pytest.mark.parametrize(("by", "unit"), [("hour", 24), ("day", 1)])
def test_a_window_that_is_late_loses_each_hour_or_day_of_each_metric(by: Any, unit: int) -> None:
    """At one request in weeks, of three accounts' windows the largest is in time."""
    born = moment(floor_hour(NOW - timedelta(days=364)) // 24 * 24)
    ids = [aged((NOW - born) / timedelta(days=1), salt) for salt in range(4)]
    owners = dict(zip(ids, ("acme", "birch", "birch", "cedar"), strict=True))
    names = ["impressions", "engagements", "replies"]
    query = ek.Query("historical", ids, names, by=by, period=ek.first(days=5), owners=owners)
    made = plan(query, now=NOW, where=OVERVIEW, per_minute=1e-5, order="deadline")
    assert made.requests[0].account == "birch"
    assert made.due is not None
    assert made.due.late == 2 * 3 * 5 * unit


def test_history_about_to_fall_out_comes_first_whoever_signs() -> None:
    """Windows of two accounts are sent by what is lost first, not one account after the other."""
    ids = [aged(364.5, 2), aged(364.7, 3), aged(364.9, 1)]
    owners = dict(zip(ids, ("acme", "acme", "birch"), strict=True))
    options: dict[str, Any] = {"by": "hour", "period": ek.first(days=1), "owners": owners}
    query = ek.Query("historical", ids, ["impressions"], **options)
    made = plan(query, now=NOW, where=OVERVIEW, order="deadline")
    assert made.requests[0].account == "birch"
    plain = plan(query, now=NOW, where=OVERVIEW)
    assert plain.requests[0].account == "acme"


def test_what_can_not_be_in_time_is_asked_last_and_counted() -> None:
    """At one request an hour only one of three accounts' tweets that end in half an hour is saved.

    The one with the most of them; the others come last, and the plan says how many they are.
    """
    ids = [aged(90 - 0.02, salt) for salt in range(60)]
    owners = {one: ("acme", "birch", "cedar")[min(2, n // 10)] for n, one in enumerate(ids)}
    query = ek.Query("totals", ids, ["impressions"], owners=owners)
    made = plan(query, now=NOW, per_minute=1 / 60, order="deadline")
    assert [one.account for one in made.requests] == ["cedar", "acme", "birch"]
    assert made.due is not None
    assert made.due.late == 20
    said = dict(made.lines())
    assert said["in time"].startswith("all but 20 numbers at 0.0166667 requests a minute")


def test_a_plan_says_what_is_about_to_be_lost() -> None:
    """The first deadline, how many requests have one soon, and whether the rate will do."""
    query = ek.Query("totals", [aged(89.5), aged(20, 1)], ["impressions"])
    made = plan(query, now=NOW, per_minute=10, order="deadline")
    said = dict(made.lines())
    assert said["deadlines"] == (
        "the first is 2026-06-02T00:34:56Z; requests that lose something: 1 within a day, "
        "1 within 7 days, 1 within 30 days"
    )
    assert said["in time"] == "all of it, at 10 requests a minute"
    unknown = dict(plan(query, now=NOW, order="deadline").lines())
    assert unknown["in time"].startswith("not known: per_minute=")
    for_ever = ek.Query("historical", [aged(20)], ["impressions"])
    said = dict(plan(for_ever, now=NOW, order="deadline").lines())
    assert said["deadlines"] == "nothing of it is lost for waiting"
    assert "deadlines" not in dict(plan(query, now=NOW).lines())
    assert "in time" in made._repr_html_()


@pytest.mark.parametrize(
    ("days_left", "said"),
    [
        (1, "; requests that lose something: 1 within a day, 1 within 7 days, 1 within 30 days"),
        (1.01, "; requests that lose something: 1 within 7 days, 1 within 30 days"),
        (30, "; requests that lose something: 1 within 30 days"),
        (31, ""),
    ],
)
def test_a_plan_counts_what_is_lost_within_a_day_a_week_and_a_month(
    days_left: float, said: str
) -> None:
    """To the very moment; where nothing is lost so soon, the first deadline says it."""
    query = ek.Query("totals", [aged(90 - days_left)], ["impressions"])
    lines = dict(plan(query, now=NOW, order="deadline").lines())
    when = f"{NOW + timedelta(days=days_left):%Y-%m-%dT%H:%M:%SZ}"
    assert lines["deadlines"] == f"the first is {when}{said}"


def test_a_tweet_that_has_lost_something_already_does_not_keep_a_request_waiting() -> None:
    """It rides for its public metrics: the request saves most while the others can be had."""
    ids = [aged(89.5), aged(100, 1)]
    query = ek.Query("totals", ids, ["impressions", "favorites"], owners="acme")
    made = plan(query, now=NOW, order="deadline")
    assert [one.tweet_ids for one in made.requests] == [tuple(ids)]
    assert made.due is not None
    last = deadline("totals", "impressions", ids[0])
    assert [moment_at(int(one)) for one in made.due.until] == [last]
    public = plan(ek.Query("totals", ids[1:], ["favorites"]), now=NOW, order="deadline")
    assert public.due is not None
    assert public.due.until.tolist() == [NEVER]


def test_a_request_saves_something_until_its_last_tweet_is_lost() -> None:
    """Until then it is sent in its turn: of totals by the last tweet, of windows by the first hour.

    A window that begins too early is refused whole.
    """
    ids = [aged(89.5), aged(20, 1)]
    made = plan(
        ek.Query("totals", ids, ["impressions", "video_views"]),
        now=NOW,
        order="deadline",
        where=Where(credentials=("user",)),
    )
    assert made.due is not None
    assert moment_at(int(made.due.until[0])) == deadline("totals", "impressions", ids[1])
    windows = ek.Query("historical", ids, ["video_views"], period=ek.last(days=80))
    made = plan(windows, now=NOW, where=OVERVIEW, order="deadline")
    assert made.due is not None
    hour = floor_hour(made.requests[0].start or NOW)
    assert moment_at(int(made.due.until[0])) == deadline(
        "historical", "impressions", ids[0], hour, "overview"
    )


def test_stored_counts_serve_in_any_order() -> None:
    """What is stored is not asked, and the rest is in order."""
    ids = [aged(89.9 - n / 10, n) for n in range(600)]
    query = ek.Query("totals", ids, ["favorites", "impressions"])
    stored = Known(
        "r", "k", Where().service, "me", "lifetime", tuple(ids[100:200]), frozenset(query.metrics),
        0, 0, NOW,
    )  # fmt: skip
    made = plan(query, now=NOW, have=[stored], order="deadline")
    assert [len(one.tweet_ids) for one in made.requests] == [250, 250]
    asked = [tweet for one in made.requests for tweet in one.tweet_ids]
    assert asked == [*ids[:100], *ids[200:]]


def test_an_order_that_is_none_is_refused() -> None:
    """It is said which there are; nothing is planned."""
    with pytest.raises(QueryError, match="order: 'urgent': allowed: deadline, or None"):
        plan(ek.Query("totals", ["20"]), now=NOW, order="urgent")  # type: ignore[arg-type]


def test_a_long_plan_stays_lazy() -> None:
    """Of 100,000 tweets' history no request is made before it is looked at."""
    base = int(aged(360))
    ids = [str(base + (n << 22) * 1000) for n in range(20_000)]
    query = ek.Query("historical", ids, ["impressions"], period=ek.last(days=364))
    made = plan(query, now=NOW, where=OVERVIEW, per_minute=60, order="deadline")
    assert made.due is not None
    assert len(made) == len(made.due.first) > 10_000
    assert np.all(np.diff(made.due.first[made.due.first < NEVER]) >= 0)
    assert made.requests[-1] in made.requests[len(made) - 3 :]
