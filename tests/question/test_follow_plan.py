"""The price of a following is what the planner would cut, tick by tick."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.question.due_requests import some_of
from engagement_kit.question.follow_plan import FollowPlan, follow_plan
from engagement_kit.question.known import Known
from engagement_kit.question.metrics import offered
from engagement_kit.question.micros import moment_at
from engagement_kit.question.plan import plan
from engagement_kit.question.query import Query
from engagement_kit.question.schedule import Schedule
from engagement_kit.question.where import Where

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ACME, BIRCH = "acme", "birch"
WHERES = [
    Where(account=ACME, accounts=(ACME, BIRCH)),
    Where(account=ACME, accounts=(ACME,)),
    Where(account=ACME, accounts=(ACME, BIRCH), credentials=("user",)),
    Where(account="", accounts=(), credentials=("app",)),
]
METRICS = [
    ["impressions"],
    ["favorites"],
    ["impressions", "favorites", "video_views"],
    list(offered("totals", "app")),
]


def ids_of(ages: list[float]) -> list[str]:
    """Give ids of tweets that are so many days old at the start."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    births = ((START - age * DAY - epoch) // timedelta(milliseconds=1) for age in ages)
    return [str(((born - 1288834974657) << 22) + place) for place, born in enumerate(births)]


def by_hand(query: Query, schedule: Schedule, where: Where, have: Any = ()) -> Counter[Any]:
    """Have the planner plan each tick, and count by day and signer."""
    found: Counter[Any] = Counter()
    dues = schedule.dues()
    for tick in np.unique(dues.at).tolist():
        rows = dues.row[dues.at == tick].tolist()
        made = plan(some_of(query, rows), now=moment_at(tick), have=have, where=where)
        day = moment_at(tick).date()
        found.update({(day, who): calls for who, calls in made.by_account.items()})
    return found


def priced(query: Query, schedule: Schedule, where: Where, have: Any = ()) -> Counter[Any]:
    """Give the same from the price of a following."""
    made = follow_plan(query, schedule, plan(query, now=START, where=where), have)
    assert made.requests == sum(made.by_account.values())
    assert made.snapshots == len(schedule.dues().at)
    return Counter(
        {(day.day, who): calls for day in made.days for who, calls in day.by_account.items()}
    )


@given(
    ages=st.lists(
        st.one_of(st.floats(-1, 3), st.floats(89, 90), st.floats(1799, 1800), st.floats(90, 95)),
        min_size=1,
        max_size=6,
    ),
    owners=st.one_of(st.none(), st.lists(st.sampled_from([ACME, BIRCH, None]), min_size=6)),
    where=st.sampled_from(WHERES),
    metrics=st.sampled_from(METRICS),
)
@settings(max_examples=80)
def test_the_price_is_what_the_planner_cuts(
    ages: list[float], owners: Any, where: Where, metrics: list[str]
) -> None:
    """By day and signer, whoever has keys, while tweets grow too old for some metrics."""
    ids = ids_of(ages)
    people = None if owners is None else owners[: len(ids)]
    query = Query("totals", ids, metrics, owners=people)
    schedule = Schedule(query.numbers, 6 * HOUR, START, START + 2 * DAY)
    assert priced(query, schedule, where) == by_hand(query, schedule, where)


@pytest.mark.parametrize("owned", [False, True])
def test_many_tweets_take_a_request_for_each_250(owned: bool) -> None:
    """Old ones ride in their owner's requests where that saves some."""
    ids = ids_of([*np.linspace(0, 3, 225).tolist(), *np.linspace(100, 200, 270).tolist()])
    query = Query("totals", ids, ["impressions", "favorites"], owners=ACME if owned else None)
    schedule = Schedule(query.numbers, 12 * HOUR, START, START + 2 * DAY)
    found = priced(query, schedule, WHERES[0])
    assert found == by_hand(query, schedule, WHERES[0])
    alone = priced(_unowned(query), schedule, WHERES[0])
    assert (found.total() < alone.total()) == owned


def _unowned(query: Query) -> Query:
    return Query("totals", query.tweet_ids, query.metrics)


def test_tweets_that_were_refused_are_asked_by_themselves() -> None:
    """Their public metrics app-only, as the planner has it."""
    ids = ids_of([0.5, 1, 2])
    query, where = Query("totals", ids, METRICS[2]), WHERES[0]
    refused = Known("r", "k", where.service, ACME, "", (ids[1],), frozenset(query.metrics), 0, 0,
                    START, refused=True)  # fmt: skip
    schedule = Schedule(query.numbers, 6 * HOUR, START, START + DAY)
    found = priced(query, schedule, where, [refused])
    assert found == by_hand(query, schedule, where, [refused])
    assert any(who is None for _, who in found)


def test_a_plan_says_what_it_costs() -> None:
    """In text, HTML and as days: from, until, days, accounts, what can't be had."""
    ids = ids_of([0.5, 100])
    query = Query("totals", ids, ["impressions"])
    schedule = Schedule(query.numbers, HOUR, START, START + 10 * DAY)
    made = follow_plan(query, schedule, plan(query, now=START, where=WHERES[0]), begun=True)
    text = repr(made)
    for words in (
        "2 tweets: impressions", "until: 2026-06-11T12:00:00Z", "2026-06-01: ", "4 later days",
        "at most", "acme", "can't be had (too_old_for_impressions)", "goes on with",
    ):  # fmt: skip
        assert words in text
        assert words.partition(": ")[0].replace("'", "&#x27;") in made._repr_html_()
    assert "Plan of following 2 tweets" in made._repr_html_()
    assert pd.DataFrame(made.days)["requests"].sum() == made.requests


def test_what_is_past_is_not_counted() -> None:
    """A following that goes on is priced from now."""
    query = Query("totals", ids_of([0.5]), ["favorites"])
    schedule = Schedule(query.numbers, HOUR, START - DAY, START + DAY)
    made = follow_plan(query, schedule, plan(query, now=START, where=WHERES[0]))
    assert made.snapshots == len(schedule.dues(int(START.timestamp()) * 1_000_000).at)
    over = Schedule(query.numbers, HOUR, START - DAY, START)
    assert follow_plan(query, over, plan(query, now=START)).days == ()


@pytest.mark.parametrize("where", WHERES[1:2])
@pytest.mark.parametrize("metrics", METRICS)
def test_public_counts_of_accounts_without_keys_are_priced_app_only(
    metrics: list[str], where: Where
) -> None:
    """Only those: nobody signs for the rest of them."""
    ids = ids_of([0.5, 1, 2, 100])
    query = Query("totals", ids, metrics, owners=[BIRCH, ACME, BIRCH, BIRCH])
    schedule = Schedule(query.numbers, 6 * HOUR, START, START + DAY)
    found = priced(query, schedule, where)
    assert found == by_hand(query, schedule, where)
    app = any(who is None for _, who in found)
    assert app == (not set(metrics).isdisjoint(offered("totals", "app")))


def labels_of(made: FollowPlan) -> list[str]:
    """Give what stands before each line."""
    return [label for label, _ in made.lines()]


@pytest.mark.parametrize(("days", "later"), [(6, None), (7, "1 later day"), (9, "3 later days")])
def test_a_week_is_told_day_by_day_and_the_rest_together(days: int, later: str | None) -> None:
    """From noon to noon: a day more than these."""
    query = Query("totals", ids_of([0.5]), ["favorites"])
    schedule = Schedule(query.numbers, HOUR, START, START + days * DAY)
    made = follow_plan(query, schedule, plan(query, now=START, where=WHERES[0]))
    assert len(made.days) == days + 1
    said = labels_of(made)
    dates = [f"{one.day}" for one in made.days]
    assert [one for one in said if one in dates] == dates[:7]
    assert dict(made.lines())[dates[1]] == f"{made.days[1].requests} requests"
    assert [one for one in said if "later day" in one] == ([later] if later else [])
    if later:
        rest = sum(one.requests for one in made.days[7:])
        assert dict(made.lines())[later].startswith(f"{rest} request")


def test_nothing_due_is_no_request_on_any_day() -> None:
    """A following that is over, with what a plan then says of it."""
    query = Query("totals", ids_of([0.5]), ["favorites"])
    over = Schedule(query.numbers, HOUR, START - DAY, START)
    made = follow_plan(query, over, plan(query, now=START), over=START)
    assert (made.requests, made.most_a_day, made.extra) == (0, 0, 0)
    said = dict(made.lines())
    assert said["requests"] == "0 in all; at most 0 a day"
    assert "accounts" not in said
    assert said["begins anew"] == "the last following of the same ended 2026-06-01T12:00:00Z"


def test_it_goes_on_or_begins_anew_or_neither() -> None:
    """Where it goes on, an end of another one is not told."""
    query = Query("totals", ids_of([0.5]), ["favorites"])
    schedule = Schedule(query.numbers, HOUR, START, START + DAY)
    first = plan(query, now=START, where=WHERES[0])
    said = {
        (begun, over is not None): {"goes on with", "begins anew"}
        & {*labels_of(follow_plan(query, schedule, first, begun=begun, over=over))}
        for begun in (False, True)
        for over in (None, START)
    }
    assert said == {
        (False, False): set(),
        (False, True): {"begins anew"},
        (True, False): {"goes on with"},
        (True, True): {"goes on with"},
    }


@pytest.mark.parametrize(
    ("metrics", "each"),
    [(["impressions"], ""), (["impressions", "favorites"], "1 more a tick, ")],
)
def test_what_it_costs_more_where_tweets_are_others_is_said(metrics: list[str], each: str) -> None:
    """Once to find them; and what is public of them takes a request of its own at each tick."""
    query = Query("totals", ids_of([0.5, 1]), metrics)
    schedule = Schedule(query.numbers, 6 * HOUR, START, START + DAY)
    first = plan(query, now=START, where=WHERES[0])
    made = follow_plan(query, schedule, first)
    ticks = len(set(schedule.dues().at.tolist()))
    assert made.extra == first.price.extra + (ticks - 1 if len(metrics) == 2 else 0)
    said = dict(made.lines())["where tweets are other accounts'"]
    assert said.startswith(f"{each}at most {made.extra} requests more in all; ")
    named = Query("totals", query.tweet_ids, metrics, owners=ACME)
    told = follow_plan(named, schedule, plan(named, now=START, where=WHERES[0]))
    assert "where tweets are other accounts'" not in labels_of(told)


def test_what_is_due_at_the_moment_of_planning_and_stored_is_not_counted_again() -> None:
    """Of the tweets that are told of; the others are due now."""
    query = Query("totals", ids_of([0.5, 1, 2]), ["favorites"])
    schedule = Schedule(query.numbers, HOUR, START, START + DAY)
    first = plan(query, now=START, where=WHERES[0])
    whole = follow_plan(query, schedule, first)
    assert whole.snapshots == len(schedule.dues().at)
    some = follow_plan(query, schedule, first, told=np.array([0, 2]))
    assert some.snapshots == whole.snapshots - 2
    assert some.requests == whole.requests
    every = follow_plan(query, schedule, first, told=np.arange(3))
    assert (every.snapshots, every.requests) == (whole.snapshots - 3, whole.requests - 1)
