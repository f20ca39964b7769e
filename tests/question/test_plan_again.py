"""Plans made anew, begun before, without purged tweets or without keys: what is true of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.known import Known
from engagement_kit.question.plan import Plan, Where, anew, begun, plan, without
from engagement_kit.question.price import Price
from engagement_kit.question.request import Request
from engagement_kit.question.tweet_ids import ID_EPOCH_MS

NOW = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
DAY = floor_hour(NOW) // 24 * 24
RAW = {"sums": ["engagement.type"], "tweets": ["tweet.id", "engagement.type"]}
BOTH = ("impressions", "favorites")


def aged(days: float, salt: int = 0) -> str:
    """Make the id of a tweet so many days old."""
    born = NOW - timedelta(days=days) - datetime(1970, 1, 1, tzinfo=UTC)
    return str((((born // timedelta(milliseconds=1)) - ID_EPOCH_MS) << 22) + salt)


def answered(made: Plan, request: Request, at: datetime, *, refused: bool = False) -> Known:
    """Tell what the answer to a request for lifetime counts covers."""
    level = "" if refused or made.as_written else made.wanted.level
    return Known(
        request.key, request.key, request.service, request.account, level, request.tweet_ids,
        frozenset(request.metrics), 0, 0, at, refused=refused,
    )  # fmt: skip


# --- made anew ------------------------------------------------------------------------------------
def many_totals() -> ek.Query:
    """Ask for lifetime counts that take four requests."""
    return ek.Query("totals", [aged(3, salt) for salt in range(800)], BOTH)


@pytest.mark.parametrize("done", [0, 1, 3])
def test_a_plan_made_anew_leaves_room_for_as_many_calls_as_the_first(done: int) -> None:
    """What is answered by now is no call any more; finding bad tweets may take it instead."""
    made = plan(many_totals(), now=NOW, per_minute=2)
    have = [answered(made, one, NOW) for one in made.requests[:done]]
    again = anew(made, have)
    assert len(again) == len(made) - done
    assert again.price.extra + len(again) == made.price.extra + len(made)
    assert again.price.minutes is None
    assert (again.begun, again.whole, again.now) == (False, None, NOW)


def test_a_plan_at_its_budget_leaves_no_room_when_it_is_made_anew() -> None:
    """Nor does it, where it takes more than at first."""
    made = plan(many_totals(), now=NOW, max_requests=4)
    assert made.price.extra == 0
    assert anew(made, ()).price.extra == 0
    have = [answered(made, one, NOW) for one in made.requests[:2]]
    shorter = anew(made, have)
    assert (len(shorter), shorter.price.extra) == (2, 2)
    assert anew(replace(shorter, price=replace(shorter.price, extra=0)), ()).price.extra == 0


def test_what_came_after_the_moment_of_a_plan_serves_up_to_the_present() -> None:
    """However open its period; a present before it knows nothing of it."""
    made = plan(many_totals(), now=NOW)
    later = NOW + timedelta(hours=1)
    have = [answered(made, one, later) for one in made.requests]
    assert len(anew(made, have, until=later)) == 0
    assert len(anew(made, have, until=later - timedelta(minutes=1))) == len(made)
    assert len(anew(made, have)) == len(made)


def test_a_plan_of_purged_tweets_alone_costs_nothing() -> None:
    """Made anew it stays as it is."""
    query = ek.Query("totals", [aged(3), aged(4)], BOTH, groupings=RAW)
    made = plan(query, now=NOW, purged=query.tweet_ids)
    nothing = Price(
        requests=0, left=0, extra=0, numbers=0, stored=0, rows=0, bytes=0, minutes=None,
        accounts=(), asked=4,
    )  # fmt: skip
    assert (made.price, made.as_written, made.requests) == (nothing, False, ())
    assert anew(made, ()) is made
    assert without(made, query.tweet_ids, ()) is made


def test_a_plan_of_purged_tweets_alone_keeps_its_moment_and_rules() -> None:
    """Whether they were purged before or since."""
    query = ek.Query("totals", [aged(3), aged(4)], BOTH)
    where, day = Where(service="emulator:one", account="acme"), timedelta(days=1)
    made = plan(query, now=NOW, purged=query.tweet_ids, where=where, max_age=day)
    before = plan(query, now=NOW, where=where, max_age=day)
    for one in (made, without(before, query.tweet_ids, ())):
        assert (one.now, one.where, one.reused, one.signers) == (NOW, where, (), frozenset())
        assert (one.freshness, one.query, one.purged) == (before.freshness, query, query)
    assert before.signers == {("user", "acme")}
    assert set(made.note_lines()) <= set(made.lines())
    assert [label for label, _ in made.note_lines()] == ["can't be had (purged)"]


def test_how_long_it_takes_is_not_said_of_a_plan_that_is_made_anew() -> None:
    """Though it keeps the rate by which its requests are in order: some of them were sent."""
    made = plan(many_totals(), now=NOW, per_minute=2, order="deadline")
    assert made.price.minutes == 2
    again = anew(made, ())
    assert (again.price.minutes, again.rate, again.order) == (None, 2, "deadline")


def test_a_plan_that_was_begun_says_what_is_left_of_it() -> None:
    """With the time that it takes, where a rate is known."""
    made = plan(many_totals(), now=NOW)
    some = begun(made, 3, per_minute=2)
    assert (some.begun, some.price.left, some.price.minutes) == (True, 3, 1.5)
    assert some.price.requests == 4
    assert begun(made, 3).price.minutes is None
    assert not made.begun
    assert anew(some, ()).begun


# --- without purged tweets ------------------------------------------------------------------------
def asked(ids: list[str], **options: Any) -> ek.Query:
    """Ask for days of the past."""
    period = ek.between("2026-01-01", "2026-01-29")
    return ek.Query("historical", ids, ["replies"], period=period, **options)


def test_raw_groupings_that_were_asked_by_tweet_still_are_without_some() -> None:
    """Though one request could carry them by now: what was asked before still serves."""
    ids = [aged(200, salt) for salt in range(26)]
    made = plan(asked(ids, groupings=RAW), now=NOW)
    left = without(made, ids[:1], ())
    assert (made.as_written, left.as_written, left.in_pieces) == (False, False, True)
    assert plan(asked(ids[1:], groupings=RAW), now=NOW).as_written
    again = without(left, ids[1:2], ())
    assert (again.as_written, again.in_pieces) == (False, True)
    assert again.whole == made.query


def test_raw_groupings_that_went_as_written_still_do_without_some() -> None:
    """They are one request before and after; asked in pieces, they stay in pieces."""
    ids = [aged(200, salt) for salt in range(3)]
    query = asked(ids, groupings=RAW)
    left = without(plan(query, now=NOW), ids[:1], ())
    assert (left.as_written, left.in_pieces) == (True, False)
    pieces = without(plan(query, now=NOW, in_pieces=True), ids[:1], ())
    assert (pieces.as_written, pieces.in_pieces) == (False, True)
    plain = without(plan(asked(ids, by="day"), now=NOW), ids[:1], ())
    assert (plain.as_written, plain.in_pieces) == (False, False)


# --- whose keys -----------------------------------------------------------------------------------
OWN, APP = ("user",), ("app",)
IDS = (aged(3), aged(4))
SHARED = dict(zip(IDS, ("acme", "birch"), strict=True))


@pytest.mark.parametrize(
    ("endpoint", "names", "owners", "kinds", "missing"),
    [
        ("totals", BOTH[:1], None, OWN + APP, None),
        ("totals", BOTH[:1], "acme", OWN + APP, ("acme",)),
        ("totals", BOTH[:1], SHARED, OWN + APP, None),
        ("totals", BOTH[1:], "acme", OWN + APP, None),
        ("totals", BOTH[1:], "acme", OWN, ("acme",)),
        ("totals", BOTH, "acme", OWN + APP, ("acme",)),
        ("totals", BOTH, SHARED, OWN, None),
        ("totals", BOTH[:1], None, APP, None),
        ("totals", BOTH[:1], "acme", APP, None),
        ("28hr", BOTH[:1], None, OWN + APP, None),
        ("28hr", BOTH[:1], "acme", OWN, ("acme",)),
        ("28hr", BOTH[:1], SHARED, OWN, None),
        ("28hr", BOTH[:1], None, APP, ()),
        ("28hr", BOTH[:1], SHARED, APP, ("acme", "birch")),
    ],
)
def test_keys_are_missing_where_nobody_can_sign_for_what_needs_them(
    endpoint: Any, names: Any, owners: Any, kinds: Any, missing: Any
) -> None:
    """There are birch's, or app-only ones: some owner's will do, and so do app-only on totals."""
    own = "birch" if "user" in kinds else ""
    where = Where(account=own, accounts=(own,) if own else (), credentials=kinds)
    made = plan(ek.Query(endpoint, IDS, names, owners=owners), now=NOW, where=where)
    assert made.nobody_signs == (missing is not None)
    assert made.keys_missing == (missing or ())


def test_keys_are_missing_where_all_that_others_have_is_gone() -> None:
    """Birch's tweet is too old: for acme's there are no keys, so that nothing can be asked."""
    ids = [aged(3), aged(100)]
    owners = dict(zip(ids, ("acme", "birch"), strict=True))
    where = Where(account="birch", accounts=("birch",), credentials=OWN)
    made = plan(ek.Query("totals", ids, BOTH[:1], owners=owners), now=NOW, where=where)
    assert (made.nobody_signs, made.keys_missing, made.price.numbers) == (True, ("acme",), 0)


def test_keys_are_missing_where_stored_counts_serve_and_the_rest_can_not_be_asked() -> None:
    """What would be asked besides is told apart from what can't be had by anyone."""
    period = ek.between(moment(DAY - 480), moment(DAY - 432))
    query = ek.Query("historical", aged(40), BOTH[:1], by="hour", period=period, owners="acme")
    where = Where(account="birch", accounts=("birch",), credentials=OWN)
    half = Known(
        "r", "k", where.service, "acme", "hour", query.tweet_ids, frozenset(BOTH), DAY - 480,
        DAY - 450, NOW,
    )  # fmt: skip
    made = plan(query, now=NOW, where=where, have=[half])
    assert (len(made), len(made.unsigned), made.unobtainable) == (0, 1, ())
    assert (made.nobody_signs, made.keys_missing) == (True, ("acme",))
    assert made.reuses_counts
    whole = plan(query, now=NOW, where=where, have=[replace(half, end=DAY - 432)])
    assert (len(whole.unsigned), whole.nobody_signs, whole.keys_missing) == (0, False, ())


def test_refusals_are_no_counts_that_serve() -> None:
    """They are reused, too: their tweets are not asked again."""
    query = ek.Query("totals", IDS, BOTH[:1])
    made = plan(query, now=NOW)
    (request,) = made.requests
    refusal = answered(made, request.without(frozenset(IDS[:1])), NOW, refused=True)
    again = plan(query, now=NOW, have=[refusal])
    assert (again.reused, again.reuses_counts, made.reuses_counts) == ((refusal,), False, False)
    count = answered(made, request.without(frozenset(IDS[1:])), NOW)
    assert plan(query, now=NOW, have=[refusal, count]).reuses_counts


@pytest.mark.parametrize(("kinds", "app"), [(OWN + APP, True), (OWN, False)])
def test_tweets_that_ride_are_asked_by_themselves_with_the_keys_that_there_are(
    kinds: Any, app: bool
) -> None:
    """App-only where there are such keys; their age counts from the moment of the plan."""
    made = plan(ek.Query("totals", IDS, BOTH), now=NOW, where=Where(credentials=kinds))
    assert (made.riding.now, made.riding.app) == (NOW, app)
