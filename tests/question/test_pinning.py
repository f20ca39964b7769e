"""Questions of the past keep the hours that they asked for, and are put together where they may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.hours import moment
from engagement_kit.question.periods import Between
from engagement_kit.question.pinning import joined, pinned, signed_by, united
from engagement_kit.question.tweet_ids import ID_EPOCH_MS
from engagement_kit.question.wanted import resolve

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
LATER = NOW + timedelta(days=9)
BIRTH = int(datetime(2026, 5, 1, tzinfo=UTC).timestamp() * 1000)
IDS = [str((BIRTH - ID_EPOCH_MS << 22) + salt) for salt in range(3)]
RAW = {"a": ["engagement.type", "engagement.day"], "b": ["tweet.id", "engagement.type"]}
METRICS = ["impressions", "replies"]
laws = settings(max_examples=80)


@st.composite
def questions(draw: st.DrawFn) -> ek.Query:
    """Draw a question whose period moves with time."""
    options: dict[str, Any] = {"owners": draw(st.sampled_from([None, "acme", {IDS[0]: "acme"}]))}
    by = draw(st.sampled_from(["hour", "day", "hour_of_day", "total", RAW]))
    options["groupings" if by is RAW else "by"] = by
    if draw(st.booleans()):
        return ek.Query("28hr", IDS, METRICS, **options)
    hours = draw(st.one_of(st.integers(1, 2000), st.integers(1, 50).map(lambda days: days * 24)))
    hours = hours * 24 if by == "day" else hours
    return ek.Query("historical", IDS, METRICS, period=ek.last(hours=hours), **options)


@laws
@given(questions())
def test_the_hours_are_those_that_were_asked(query: ek.Query) -> None:
    """At any later time, and at the same level, so that stored counts serve."""
    then = resolve(query, NOW)
    fixed = pinned(query, NOW)
    now = resolve(fixed, LATER)
    assert now.asked.tolist() == then.asked.tolist()
    assert now.level == then.level
    assert fixed.endpoint == "historical"
    same = (fixed.tweet_ids, fixed.metrics, fixed.owners, fixed.groupings)
    assert same == (query.tweet_ids, query.metrics, query.owners, query.groupings)
    assert pinned(fixed, LATER) == fixed


@pytest.mark.parametrize(
    "query",
    [
        ek.Query("totals", IDS, METRICS),
        ek.Query("historical", IDS, METRICS, period=ek.first(days=7)),
        ek.Query("historical", IDS, METRICS, period=ek.between("2026-05-01", "2026-08-01")),
    ],
)
def test_what_does_not_move_stays(query: ek.Query) -> None:
    """Lifetime counts, first days, and fixed periods, also those that are not over."""
    assert pinned(query, NOW) is query


def test_a_period_longer_than_the_calendar_is_cut() -> None:
    """A thousand years before now there was nothing to count."""
    query = ek.Query("historical", IDS, METRICS, period=ek.last(days=990_000))
    period = pinned(query, NOW).period
    assert isinstance(period, Between)
    assert (period.start.year, period.end) == (2006, datetime(2026, 6, 1, tzinfo=UTC))


def windows(*edges: tuple[int, int], by: Any = "hour", **options: Any) -> list[ek.Query]:
    """Ask for some windows of hours."""
    return [
        ek.Query("historical", IDS, METRICS, by=by, **options,
                 period=ek.between(moment(490_008 + start), moment(490_008 + end)))
        for start, end in edges
    ]  # fmt: skip


spans = st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda one: (one[0], sum(one)))


@laws
@given(st.lists(spans, min_size=1, max_size=8))
def test_windows_are_joined_to_their_union(edges: list[tuple[int, int]]) -> None:
    """No hour is lost, none is added, and no two windows that are left touch."""
    found = [one.period for one in joined(windows(*edges))]
    assert all(isinstance(one, Between) for one in found)
    hours = [{*range(*edge)} for edge in edges]
    left = [(at, one) for at, one in enumerate(found)]
    kept: list[set[int]] = []
    for _, one in left:
        assert isinstance(one, Between)
        begin = (one.start - moment(490_008)) // timedelta(hours=1)
        kept.append({*range(begin, begin + (one.end - one.start) // timedelta(hours=1))})
    assert set().union(*kept) == set().union(*hours)
    assert sum(map(len, kept)) == len(set().union(*hours))
    assert all(max(a) + 1 < min(b) for a, b in pairwise(kept))


def test_what_differs_stays_apart() -> None:
    """Sums over a window, raw groupings, other metrics or owners; equal ones are one."""
    pair = (0, 24), (24, 48)
    assert len(joined(windows(*pair, by="day"))) == 1
    assert len(joined(windows(*pair, by="total"))) == 2
    assert len(joined(windows(*pair, by="hour_of_day"))) == 2
    assert len(joined(windows(*pair, by=None, groupings=RAW))) == 2
    assert len(joined(windows(*pair, *pair, by="total"))) == 2
    assert len(joined([*windows(pair[0]), *windows(pair[1], owners="acme")])) == 2
    assert len(joined([*windows(pair[0]), *windows(pair[1], by="day")])) == 2


def test_the_newest_run_gives_the_order() -> None:
    """Of tweets in a question, and of the questions."""
    turned = ek.Query("totals", IDS[::-1], METRICS)
    other = ek.Query("totals", IDS, ["replies"])
    found = joined([ek.Query("totals", IDS, METRICS), other, turned])
    assert found == [other, turned]


def cells(queries: list[ek.Query]) -> set[tuple[Any, ...]]:
    """List what questions ask: each tweet with its owner, metrics, shape and hours."""
    found = set()
    for one in queries:
        form = one.endpoint, one.by, tuple(sorted(one.metrics))
        spans: list[Any] = [one.period]
        if isinstance(one.period, Between) and one.by in {"hour", "day"}:
            hours = (one.period.end - one.period.start) // timedelta(hours=1)
            spans = [one.period.start + at * timedelta(hours=1) for at in range(hours)]
        found |= {(tweet, one.owner_of(tweet), *form, str(at)) for tweet in one.tweet_ids
                  for at in spans}  # fmt: skip
    return found


some_ids = st.lists(st.sampled_from([str(1_600_000_000_000_000_000 + n) for n in range(6)]),
                    min_size=1, max_size=3, unique=True)  # fmt: skip
periods = st.sampled_from([(0, 24), (24, 48), (0, 48), (96, 120)])


@st.composite
def questions(draw: st.DrawFn) -> ek.Query:
    """Ask something of a few tweets, of this owner or that."""
    ids = draw(some_ids)
    owners: Any = draw(st.sampled_from([None, "acme", "mapped"]))
    if owners == "mapped":
        owners = {one: draw(st.sampled_from(["acme", "birch"])) for one in ids[1:]} or None
    if draw(st.booleans()):
        return ek.Query("totals", ids, METRICS, owners=owners)
    start, end = (moment(490_008 + at) for at in draw(periods))
    by: Any = draw(st.sampled_from(["hour", "day", "total"]))
    return ek.Query("historical", ids, METRICS, by=by, period=Between(start, end), owners=owners)


@laws
@given(st.lists(questions(), min_size=1, max_size=8))
def test_united_questions_ask_the_same_of_the_same_owners(queries: list[ek.Query]) -> None:
    """Nothing is lost or added; there are no more of them; and once more they stay as they are."""
    found = united(queries)
    assert cells(found) == cells(queries)
    assert len(found) <= len(joined(queries))
    assert cells(united([*queries, *found])) == cells(queries)
    assert len(united([*queries, *found])) <= len(found)
    assert {one.key for one in united(found)} == {one.key for one in found}


@laws
@given(st.data())
def test_tweets_are_united_where_none_would_change_its_owner(data: st.DataObject) -> None:
    """Each question names some owners: one that contradicts the last stays by itself."""
    names = [None, "acme", "birch"]
    queries = []
    for _ in range(data.draw(st.integers(2, 4))):
        people = {one: data.draw(st.sampled_from(names)) for one in data.draw(some_ids)}
        owners: Any = {one: name for one, name in people.items() if name} or None
        if data.draw(st.booleans()):
            owners = data.draw(st.sampled_from(["acme", dict.fromkeys(people, "acme")]))
        queries.append(ek.Query("totals", list(people), METRICS, owners=owners))
    found = united(queries)
    assert cells(found) == cells(queries)
    pair = queries[-2:]
    people = [{one.owner_of(tweet) for tweet in one.tweet_ids} for one in pair]
    both = {*pair[0].tweet_ids} & {*pair[1].tweet_ids}
    agree = all(pair[0].owner_of(one) == pair[1].owner_of(one) for one in both)
    assert (len(united(pair)) == 1) == (people[0] == people[1] and agree)


@pytest.mark.parametrize("first", ["acme", dict.fromkeys(IDS[:2], "acme")])
@pytest.mark.parametrize("then", ["acme", dict.fromkeys(IDS[1:], "acme")])
def test_one_owner_is_one_however_it_is_said(first: Any, then: Any) -> None:
    """Of all tweets together, or of each."""
    pair = [
        ek.Query("totals", ids, METRICS, owners=owners)
        for ids, owners in ((IDS[:2], first), (IDS[1:], then))
    ]
    (one,) = united(pair)
    assert (one.tweet_ids, one.owners) == ((IDS[1], IDS[2], IDS[0]), "acme")


def test_raw_groupings_are_not_united() -> None:
    """A sum over other tweets is another number."""
    pair = [ek.Query("historical", one, METRICS, groupings=RAW,
                     period=ek.between("2026-05-01", "2026-05-03")) for one in IDS[:2]]  # fmt: skip
    assert united(pair) == pair


@pytest.mark.parametrize(
    ("owners", "signed"),
    [
        (None, "acme"),
        ("birch", "birch"),
        ({IDS[0]: "birch"}, ((IDS[0], "birch"), (IDS[1], "acme"), (IDS[2], "acme"))),
    ],
)
def test_who_signed_is_named(owners: Any, signed: Any) -> None:
    """Of tweets whose owner the query names it stays; nobody signed: nobody is named."""
    query = ek.Query("totals", IDS, METRICS, owners=owners)
    assert signed_by(query, "acme").owners == signed
    assert signed_by(query, "") is query
