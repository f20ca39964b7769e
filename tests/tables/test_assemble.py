"""Answers of a run become cells: each wanted number once, the right observation winning."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.answers.answer import Answer
from engagement_kit.question.plan import Plan
from engagement_kit.tables.assemble import Base, gather
from engagement_kit.tables.fates import losses
from engagement_kit.tables.schema import STATUSES

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
A = "2060000000000000000"  # of 2026-05-28, 14:07 UTC
Answered = Callable[..., Answer]


def ask(
    *, by: Any = "hour", start: str = "2026-05-29T00:00Z", end: str = "2026-05-29T04:00Z"
) -> Plan:
    """Plan one request about one tweet."""
    period = ek.between(start, end)
    return ek.plan(ek.Query("historical", A, ["replies"], by=by, period=period), now=NOW)


def hourly(counts: dict[str, Any], day: str = "2026-05-29") -> dict[str, Any]:
    """Make the body of an hourly answer."""
    return {"by hour": {A: {"replies": {day: counts}}}}


def cells(base: Base) -> dict[int, int | None]:
    """Give the counts by hour of 2026-05-29; None for unreadable."""
    first = 24 * (datetime(2026, 5, 29, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days
    columns = (base.hour, base.value, base.good)
    return {
        hour - first: value if good else None
        for hour, value, good in zip(*(one.tolist() for one in columns), strict=True)
    }


@given(st.permutations(range(4)))
def test_the_latest_observed_count_wins_in_any_order_of_reading(
    answered: Answered, order: list[int]
) -> None:
    """Of several observations the one that was made last, not the one that was read last."""
    made = ask()
    (request,) = made.requests
    several = [
        answered(request, hourly({"00": str(n)}), NOW + timedelta(minutes=n)) for n in range(4)
    ]
    base = gather(made.wanted, [several[n] for n in order])
    assert cells(base) == {0: 3}
    assert base.answers[base.answer[0]][0] == request.key


def test_a_readable_count_outranks_a_later_unreadable_one(answered: Answered) -> None:
    """A broken leaf takes nothing away that was known."""
    made = ask()
    (request,) = made.requests
    early = answered(request, hourly({"00": "5", "01": None}), NOW)
    late = answered(request, hourly({"00": "5.5", "01": "x"}), NOW + timedelta(hours=1))
    assert cells(gather(made.wanted, [early, late])) == {0: 5, 1: None}


def test_overlapping_windows_count_each_hour_once(carry: Any) -> None:
    """Answers of two windows that share hours give each hour one cell."""
    from engagement_kit.emulator import World

    world = World(seed=3)
    ids = world.sample_ids(world.accounts[0].name, 5, before=NOW - timedelta(days=10))
    queries = [
        ek.Query("historical", ids, ["replies"], by="hour", period=ek.between(*window))
        for window in (("2026-05-25", "2026-05-29"), ("2026-05-27", "2026-05-31"))
    ]
    runs = [carry(world, one) for one in queries]
    whole = ek.Query(
        "historical", ids, ["replies"], by="hour", period=ek.between("2026-05-25", "2026-05-31")
    )
    wanted = ek.plan(whole, now=NOW).wanted
    base = gather(wanted, [one for run in runs for one in run.answers()])
    places = set(zip(base.row.tolist(), base.hour.tolist(), strict=True))
    assert len(places) == len(base.hour) == 5 * 6 * 24
    start, end = datetime(2026, 5, 25, tzinfo=UTC), datetime(2026, 5, 31, tzinfo=UTC)
    assert base.value.sum() == world.counts(ids, ["replies"], start, end, NOW).sum()


@pytest.mark.parametrize(("leaf", "kept"), [("3", True), ("-1", True), ("0", False), (None, False)])
def test_before_creation_counts_are_findings_and_zeros_are_gone(
    answered: Answered, leaf: Any, *, kept: bool
) -> None:
    """A number that should not be there is shown; the API's full grid of zeros is not."""
    made = ask(start="2026-05-28T00:00Z", end="2026-05-29T00:00Z")
    (request,) = made.requests
    counts = {"02": leaf, "20": "0"}
    base = gather(made.wanted, [answered(request, hourly(counts, "2026-05-28"), NOW)])
    assert cells(base) == ({-22: int(leaf), -4: 0} if kept else {-4: 0})


def test_hours_beyond_the_question_are_left_out(answered: Answered) -> None:
    """A stored answer may hold more tweets, metrics and hours than are wanted now."""
    made = ask()
    (request,) = made.requests
    body = hourly({"03": "1", "04": "9"})
    body["by hour"]["20"] = body["by hour"][A] | {"likes": {"2026-05-29": {"00": "1"}}}
    assert cells(gather(made.wanted, [answered(request, body, NOW)])) == {3: 1}


@pytest.mark.parametrize("odd", [{A: "7"}, {A: {"replies": "7"}}, {A: {"replies": {"x": "7"}}}])
def test_a_leaf_at_the_wrong_depth_is_no_cell(answered: Answered, odd: Any) -> None:
    """What stands at no hour counts for none."""
    made = ask()
    (request,) = made.requests
    assert cells(gather(made.wanted, [answered(request, {"by hour": odd}, NOW)])) == {}


def test_an_object_where_a_count_should_be_is_unreadable(answered: Answered) -> None:
    """Its parts are not taken for the number, and the last of them does not win."""
    made = ek.plan(ek.Query("totals", A, ["replies"]), now=NOW)
    (request,) = made.requests
    base = gather(
        made.wanted, [answered(request, {"by tweet": {A: {"replies": {"x": 5, "y": 6}}}}, NOW)]
    )
    assert base.good.tolist() == [False]


def test_the_false_zero_of_a_side_list_is_no_cell(answered: Answered) -> None:
    """It becomes a note with the list's reason."""
    made = ek.plan(ek.Query("totals", A, ["video_views"]), now=NOW)
    (request,) = made.requests
    body = {"unsupported_for_video_views_tweet_ids": [A], "by tweet": {A: {"video_views": "0"}}}
    base = gather(made.wanted, [answered(request, body, NOW)])
    assert len(base.row) == 0
    assert {note.status for note in base.notes} == {"too_old_for_video", "not_in_answer"}


def test_a_refusal_speaks_of_the_named_tweets_alone(answered: Answered) -> None:
    """The others were asked anew, and have their own answer."""
    query = ek.Query("totals", [A, "2060000000000000001"], ["replies"])
    made = ek.plan(query, now=NOW)
    (request,) = made.requests
    words = {"errors": [f"Forbidden to access tweets: {A}"]}
    base = gather(made.wanted, [answered(request, words, NOW, outcome="refused", named=(A,))])
    assert {(note.row, note.status) for note in base.notes} == {(0, "not_owned")}


def test_the_last_28_hours_are_those_that_the_api_chose(answered: Answered) -> None:
    """The query can't name the window; the echo of the answer does."""
    made = ek.plan(ek.Query("28hr", A, ["replies"]), now=NOW)
    (request,) = made.requests
    echo = {"start": "2026-05-31T09:00:00Z", "end": "2026-06-01T14:00:00Z"}
    body = echo | hourly({"13": "4"}, "2026-06-01")
    base = gather(made.wanted, [answered(request, body, NOW + timedelta(hours=1))])
    assert np.ptp(base.wanted.asked) == 29
    assert cells(base) == {3 * 24 + 13: 4}


@pytest.mark.parametrize("outcome", ["answered", "refused"])
def test_on_28hr_an_answer_without_a_window_loses_no_tweet(
    answered: Answered, outcome: str
) -> None:
    """Where all tweets are gone or refused, nothing is echoed; the hours stay wanted and missed."""
    made = ek.plan(ek.Query("28hr", A, ["replies"]), now=NOW)
    (request,) = made.requests
    body = {"errors": ["no"]} | ({"unavailable_tweet_ids": [A]} if outcome == "answered" else {})
    named = (A,) if outcome == "refused" else ()
    base = gather(made.wanted, [answered(request, body, NOW, outcome=outcome, named=named)])
    (lost,) = losses(base)
    assert lost.end - lost.start == 29
    assert STATUSES[lost.status] == ("unavailable" if outcome == "answered" else "not_owned")


def test_no_answers_give_no_cells() -> None:
    """An empty run is a run."""
    base = gather(ask().wanted, [])
    assert (len(base.row), base.answers, base.notes) == (0, (), ())
