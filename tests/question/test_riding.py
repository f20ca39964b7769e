"""Old tweets in free slots of their owners' requests: where that saves requests, and only there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.batches import CARRIERS, CHECKS
from engagement_kit.question.gaps import Spans
from engagement_kit.question.known import Known
from engagement_kit.question.plan import Plan, Where, plan
from engagement_kit.question.request import Request
from engagement_kit.question.resume import Tried, cut_apart, left_of
from engagement_kit.question.riding import Riding, Share, filled
from engagement_kit.question.tweet_ids import ID_EPOCH_MS

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ALL = ("impressions", "favorites")
PUBLIC = ("favorites",)
APP = -1
Counts = list[tuple[int, int]]


def tweet(days: float, salt: int) -> str:
    """Make the id of a tweet so many days old."""
    born = NOW - timedelta(days=days)
    milliseconds = (born - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return str(((milliseconds - ID_EPOCH_MS) << 22) + salt)


def ceil(many: int, size: int) -> int:
    """Count the requests for so many tweets."""
    return -(-many // size)


def shares_of(counts: Counts, strangers: int) -> tuple[list[Share], Any, Any]:
    """Give the work of accounts with so many young and old tweets, and of old ones of nobody."""
    owner, young, old = [], [], []
    for at, (fresh, aged) in enumerate(counts):
        young.append(range(len(owner), len(owner) + fresh))
        owner += [at] * fresh
        old += range(len(owner), len(owner) + aged)
        owner += [at] * aged
    may = np.zeros(len(owner) + strangers, dtype=bool)
    may[old] = True
    old += range(len(owner), len(owner) + strangers)
    owner += [0] * strangers
    shares = [Share(ALL, at, spans(rows)) for at, rows in enumerate(young) if len(rows)]
    return [*shares, Share(PUBLIC, APP, spans(old))], np.array(owner, dtype=np.int64), may


def spans(rows: Any) -> Spans:
    """Ask a lifetime of some tweets."""
    found = np.array(list(rows), dtype=np.int64)
    return Spans(found, np.zeros_like(found), np.ones_like(found))


def cheapest(counts: Counts, strangers: int, size: int) -> int:
    """Try every way to send old tweets app-only or by their owners; count the fewest requests."""
    return min(
        sum(ceil(fresh + moved, size) for (fresh, _), moved in zip(counts, moves, strict=True))
        + ceil(sum(aged for _, aged in counts) + strangers - sum(moves), size)
        for moves in itertools.product(*(range(aged + 1) for _, aged in counts))
    )


few = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 6)), min_size=1, max_size=4)


@settings(max_examples=300)
@given(few, st.integers(0, 5), st.integers(1, 5))
def test_no_placing_needs_fewer_requests(counts: Counts, strangers: int, size: int) -> None:
    """Against all placings of small jobs; every tweet is asked once, and no more are moved."""
    shares, owner, may = shares_of(counts, strangers)
    found = filled(shares, owner, may, size)
    requests = sum(ceil(len(one.spans.row), size) for one in found)
    assert requests == cheapest(counts, strangers, size)
    asked = sorted(row for one in found for row in one.spans.row.tolist())
    assert asked == list(range(len(owner)))
    hosted = {one.signer: set(one.spans.row.tolist()) for one in found if one.signer != APP}
    for at, rows in hosted.items():
        assert {int(owner[row]) for row in rows} == {at}
    before = sum(ceil(len(one.spans.row), size) for one in shares)
    moved = sum(len(rows) for rows in hosted.values()) - sum(fresh for fresh, _ in counts)
    pool = sum(aged for _, aged in counts) + strangers
    assert bool(moved) == (requests < before)
    if moved:  # one tweet fewer would save one request fewer
        saved = before - requests
        assert ceil(pool - moved + 1, size) > ceil(pool, size) - saved


MIXES = [ALL, ("impressions",), ("impressions", "favorites", "replies"), PUBLIC, ("replies",),
         ("favorites", "replies")]  # fmt: skip
drawn = st.lists(
    st.tuples(st.sampled_from(MIXES), st.integers(0, 2), st.integers(1, 7)), min_size=1, max_size=6
)


@settings(max_examples=300)
@given(drawn, st.integers(1, 5), st.booleans(), st.randoms(use_true_random=False))
def test_whatever_is_asked_nothing_is_lost_by_moving_and_nobody_else_is_host(
    drawn: list[tuple[tuple[str, ...], int, int]], size: int, app: bool, dice: Any
) -> None:
    """Several pools, several shares of an owner: each tweet is asked for what it was, once.

    Requests for public metrics alone take nobody in, and free slots alone are filled.
    """
    shares, owner = [], []
    for names, signer, many in drawn:
        public = app and "impressions" not in names
        rows = range(len(owner), len(owner) + many)
        owner += [dice.randint(0, 2) if public else signer for _ in rows]
        shares.append(Share(names, APP if public else signer, spans(rows)))
    may = np.array([dice.random() < 0.8 for _ in owner], dtype=bool)
    found = filled(shares, np.array(owner, dtype=np.int64), may, size)
    before = {row: one for one in shares for row in one.spans.row.tolist()}
    after = {row: one for one in found for row in one.spans.row.tolist()}
    assert sorted(row for one in found for row in one.spans.row.tolist()) == list(range(len(owner)))
    for row, one in before.items():
        there = after[row]
        if (there.names, there.signer) != (one.names, one.signer):
            assert set(there.names) > set(one.names)
            assert (there.signer, bool(may[row])) == (owner[row], True)
            assert "impressions" in there.names
            assert "impressions" not in one.names
    hosts = [one for one in shares if "impressions" in one.names]
    full = [one for one in found if "impressions" in one.names]
    assert requests_of(full, size) == requests_of(hosts, size)
    moved = before.keys() - {row for row, one in after.items() if one.names == before[row].names}
    assert (requests_of(found, size) < requests_of(shares, size)) == bool(moved)


@pytest.mark.parametrize("turned", [False, True])
def test_of_an_owners_requests_the_roomiest_takes_in_others(turned: bool) -> None:
    """Two more fit beside one of three, and one beside two; no others are moved."""
    wide = Share(ALL, 0, spans([0]))
    narrow = Share((*ALL, "replies"), 0, spans([1, 2]))
    pool = Share(PUBLIC, APP, spans([3, 4]))
    shares = [narrow, wide, pool] if turned else [wide, narrow, pool]
    found = filled(shares, np.zeros(5, dtype=np.int64), np.ones(5, dtype=bool), 3)
    rows = {one.names: one.spans.row.tolist() for one in found}
    assert rows == {ALL: [0, 3, 4], narrow.names: [1, 2]}


def test_requests_for_public_metrics_alone_take_nobody_in() -> None:
    """Though they have room, and are signed by the owner."""
    shares = [
        Share(("favorites", "replies"), 0, spans([0, 1])),
        Share(PUBLIC, 0, spans([2])),
    ]
    found = filled(shares, np.zeros(3, dtype=np.int64), np.ones(3, dtype=bool), 3)
    assert [(one.names, one.spans.row.tolist()) for one in found] == [
        (("favorites", "replies"), [0, 1]),
        (PUBLIC, [2]),
    ]


def requests_of(shares: list[Share], size: int) -> int:
    """Count the requests of shares."""
    return sum(ceil(len(one.spans.row), size) for one in shares)


@given(few, st.integers(0, 5))
def test_plans_take_no_more_than_they_did(counts: Counts, strangers: int) -> None:
    """With app-only keys, without, and of owners whom the query does not name."""
    scale = 60  # so that 250 is reached
    ids, owners = [], []
    for at, (fresh, aged) in enumerate(counts):
        ids += [tweet(1 + n / 100, at) for n in range(fresh * scale)]
        ids += [tweet(100 + n / 100, at) for n in range(aged * scale)]
        owners += [f"account{at}"] * ((fresh + aged) * scale)
    ids += [tweet(200 + n, 0) for n in range(strangers)]
    owners += [None] * strangers
    if not ids:
        return
    query = ek.Query("totals", ids, ALL, owners=owners)
    both, alone = (
        plan(query, now=NOW, where=Where(credentials=kinds))
        for kinds in (("user", "app"), ("user",))
    )
    pooled = sum(aged for _, aged in counts) * scale + strangers
    young = sum(ceil(fresh * scale, 250) for fresh, _ in counts)
    assert len(both) <= young + ceil(pooled, 250)
    own = [ceil((fresh + aged) * scale, 250) for fresh, aged in counts]
    assert len(alone) == sum(own) + ceil(strangers, 250)
    for made in (both, alone):
        assert asked(made) == set(ids)
    unnamed = plan(ek.Query("totals", ids, ALL), now=NOW)
    fresh_ones = sum(fresh for fresh, _ in counts) * scale
    assert len(unnamed) == ceil(fresh_ones, 250) + ceil(pooled, 250)


def asked(made: Plan) -> set[str]:
    """Name the tweets of a plan, none of which stands in it twice."""
    every = [one for request in made.requests for one in request.tweet_ids]
    assert len(every) == len(set(every))
    return set(every)


def test_stored_counts_of_tweets_that_rode_along_serve_again() -> None:
    """An owner's answer gives public metrics as an app-only one does."""
    ids = [tweet(1, 0), tweet(100, 1)]
    query = ek.Query("totals", ids, ALL, owners="acme")
    first = plan(query, now=NOW)
    (one,) = first.requests
    known = Known(
        "ref", one.key, one.service, "acme", "lifetime", one.tweet_ids, frozenset(ALL), 0, 0, NOW
    )
    again = plan(query, now=NOW, have=[known])
    assert (len(again), again.reused, again.price.stored) == (0, (known,), again.price.numbers)


# --- where they are refused -----------------------------------------------------------------------
YOUNG, OLD = (tweet(1, 0), tweet(1, 1)), (tweet(100, 2), tweet(100, 3))
MIXED = Request(
    "s", "totals", "user", "acme", (YOUNG[0], OLD[0], YOUNG[1], OLD[1]), ALL,
    (CARRIERS["lifetime"], CHECKS["lifetime"]),
)  # fmt: skip
RIDING = Riding(NOW)


def told(parts: tuple[Request, ...]) -> list[tuple[Any, ...]]:
    """Say who asks which metrics of which tweets."""
    return [(one.account, one.tweet_ids, one.metrics) for one in parts]


def test_those_that_are_too_old_are_asked_by_themselves() -> None:
    """The others of the batch again, and these app-only, or as their owner without such keys."""
    named = frozenset(OLD)
    rest = RIDING.rest(MIXED, named, refused=False)
    assert told(rest) == [("acme", YOUNG, ALL), (None, OLD, PUBLIC)]
    assert told(RIDING.parts(MIXED) or ()) == told(rest) == told(cut_apart(MIXED, RIDING))
    alone = Riding(NOW, app=False).rest(MIXED, named, refused=False)
    assert told(alone) == [("acme", YOUNG, ALL), ("acme", OLD, PUBLIC)]


def test_those_of_somebody_else_are_asked_app_only_if_at_all() -> None:
    """Anybody may ask their public metrics, however old they are, where there are the keys."""
    named = frozenset([YOUNG[0], OLD[0]])
    rest = RIDING.rest(MIXED, named, refused=True)
    assert told(rest) == [("acme", (YOUNG[1], OLD[1]), ALL), (None, (YOUNG[0], OLD[0]), PUBLIC)]
    alone = Riding(NOW, app=False).rest(MIXED, named, refused=True)
    assert told(alone) == [("acme", (YOUNG[1], OLD[1]), ALL)]
    nobody = RIDING.rest(MIXED, frozenset(YOUNG), refused=True)
    assert told(nobody) == [(None, MIXED.tweet_ids, PUBLIC)]
    young = MIXED.without(frozenset(OLD))
    assert told(RIDING.rest(young, frozenset(YOUNG), refused=True)) == [(None, YOUNG, PUBLIC)]


@pytest.mark.parametrize(
    "request_",
    [
        replace(MIXED, metrics=PUBLIC),
        replace(MIXED, metrics=("impressions",)),
        replace(MIXED, credential="app", account=None),
        replace(MIXED, endpoint="28hr"),
        replace(MIXED, groupings=(("mine", CHECKS["lifetime"][1]),)),
        MIXED.without(frozenset(OLD)),
        replace(MIXED, endpoint="historical"),
    ],
)
def test_elsewhere_nobody_rides(request_: Request) -> None:
    """Only on totals, beside metrics that need an owner, in groupings of the planner's."""
    assert RIDING.parts(request_) is None
    named = frozenset(request_.tweet_ids[:1])
    assert RIDING.rest(request_, named, refused=False) == (request_.without(named),)
    if request_.metrics != ALL or request_.endpoint != "totals":
        assert RIDING.rest(request_, named, refused=True) == (request_.without(named),)


def outcomes() -> Iterator[tuple[Known, list[Request]]]:
    """Give answers to the mixed request that name some tweets, and what is left after each."""
    others, alone = RIDING.rest(MIXED, frozenset(OLD), refused=False)
    private = frozenset({"impressions"})
    listing = Known("a", MIXED.key, "s", "acme", "lifetime", OLD, private, 0, 0, NOW)
    yield listing, [others, alone]
    foreign = Known("b", MIXED.key, "s", "acme", "", OLD, frozenset(ALL), 0, 0, NOW, refused=True)
    yield foreign, [others, alone]
    whole = Known(
        "c", MIXED.key, "s", "acme", "lifetime", MIXED.tweet_ids, frozenset(ALL), 0, 0, NOW
    )
    yield whole, []


@pytest.mark.parametrize(("came", "left"), [*outcomes()])
def test_what_is_left_is_found_again(came: Known, left: list[Request]) -> None:
    """A run that was cut off asks those by themselves which were not asked yet, and no others."""
    answers = {MIXED.key: came}

    def tried(key: str) -> Tried:
        return Tried((answers[key],)) if key in answers else Tried()

    assert left_of(MIXED, tried, RIDING) == ([came], left)
    for one in left:
        answers[one.key] = Known(
            one.key, one.key, "s", one.account, "lifetime", one.tweet_ids,
            frozenset(one.metrics), 0, 0, NOW,
        )  # fmt: skip
    assert left_of(MIXED, tried, RIDING)[1] == []


def test_after_a_failure_those_are_parted_first() -> None:
    """Where the batch failed as a whole, its parts are looked for by age before halves."""
    parts = cut_apart(MIXED, RIDING)
    found = Known("a", parts[1].key, "s", None, "lifetime", OLD, frozenset(PUBLIC), 0, 0, NOW)

    def tried(key: str) -> Tried:
        return Tried((found,)) if key == parts[1].key else Tried((), failed=key == MIXED.key)

    assert left_of(MIXED, tried, RIDING) == ([found], [parts[0]])


def test_without_app_only_keys_they_are_asked_as_their_owner() -> None:
    """By the same account, for the same metrics as app-only."""
    others, riders = RIDING_ALONE.parts(MIXED) or ()
    assert (riders.credential, riders.account, riders.metrics) == ("user", MIXED.account, PUBLIC)
    assert (others.tweet_ids, riders.tweet_ids) == (YOUNG, OLD)
    both = RIDING.parts(MIXED) or ()
    assert [(one.credential, one.account) for one in both] == [
        ("user", MIXED.account),
        ("app", None),
    ]


RIDING_ALONE = Riding(NOW, app=False)
