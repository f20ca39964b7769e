"""What a plan costs: rows held against a count of them one by one, and sizes in people's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.errors import BudgetExceeded
from engagement_kit.question.known import Known
from engagement_kit.question.plan import Where, plan
from engagement_kit.question.price import (
    affordable,
    by_account,
    by_account_text,
    in_order,
    price_of,
    rows_of,
    signers,
)
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE, Levels
from engagement_kit.question.tweet_ids import ID_EPOCH_MS
from engagement_kit.question.wanted import Wanted, resolve

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
OWNED = Where(account="acme", accounts=("acme", "birch"))


def aged(days: float, salt: int = 0) -> str:
    """Make the id of a tweet so many days old."""
    born = NOW - timedelta(days=days) - datetime(1970, 1, 1, tzinfo=UTC)
    return str(((born // timedelta(milliseconds=1) - ID_EPOCH_MS) << 22) + salt)


def rows_by_hand(wanted: Wanted, levels: Levels) -> int:
    """Count the rows of a table: each tweet and metric that it tells apart, each hour or day."""
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for row, metrics in enumerate(wanted.spans.tolist()):
        for column, (start, end) in enumerate(metrics):
            if start < end:
                key = (row if ID in levels else -1, column if TYPE in levels else -1)
                groups.setdefault(key, []).append((start, end))
    whole = [
        (min(start for start, _ in some), max(end for _, end in some)) for some in groups.values()
    ]
    if DAY in levels:
        unit = 1 if HOUR in levels else 24
        return sum(-(-end // unit) - start // unit for start, end in whole)
    if HOUR in levels:
        return min(24 * len(whole), sum(end - start for start, end in whole))
    return len(whole)


@settings(max_examples=100)
@given(
    st.lists(st.floats(-1, 40) | st.floats(1799, 1801), min_size=1, max_size=5),
    st.sampled_from([ek.last(days=3), ek.first(days=2), ek.last(hours=5), ek.last(days=1800)]),
    st.sampled_from(
        [
            (ID, TYPE, DAY, HOUR), (TYPE, DAY), (ID, TYPE), (ID, DAY), (DAY, HOUR), (TYPE, HOUR),
            (ID, TYPE, HOUR), (TYPE,), (ID,), (HOUR,), (DAY,),
        ]
    ),
)  # fmt: skip
@example([3.0, 0.1], ek.last(hours=5), (ID, TYPE, HOUR))
@example([3.0, 0.1], ek.last(hours=5), (HOUR,))
@example([3.0, 0.1], ek.last(days=3), (TYPE, DAY, HOUR))
@example([3.0, 0.1], ek.last(days=3), (DAY, HOUR))
@example([0.1, 1800.5], ek.last(days=3), (ID, DAY, HOUR))
@example([0.1, 1800.5], ek.last(hours=5), (ID, TYPE, HOUR))
@example([0.1, 5.0, 1800.5], ek.last(hours=5), (TYPE, HOUR))
def test_rows_are_counted_as_a_table_has_them(ages: list[float], period: Any, levels: Any) -> None:
    """By hour, day, hour of day or not at all; of each tweet and metric, or of them together."""
    ids = [aged(days, salt) for salt, days in enumerate(ages)]
    query = ek.Query(
        "historical", ids, ["video_views", "favorites", "impressions"],
        groupings={"g": list(levels)}, period=period,
    )  # fmt: skip
    wanted = resolve(query, NOW)
    assert rows_of(wanted, levels) == rows_by_hand(wanted, levels)
    totals = resolve(ek.Query("totals", ids, ["video_views", "favorites", "impressions"]), NOW)
    for some in ((ID, TYPE), (TYPE,), (ID,)):
        assert rows_of(totals, some) == rows_by_hand(totals, some)


def test_who_signs_is_counted_of_any_requests() -> None:
    """Of a plan, without making them, or of a list: the most first, app-only last."""
    ids = [aged(10, salt) for salt in range(300)] + [aged(100, salt) for salt in range(300)]
    owners = dict.fromkeys(ids[:255], "birch") | dict.fromkeys(ids[255:300], "acme")
    query = ek.Query("totals", ids, ["favorites", "impressions"], owners=owners)
    made = plan(query, now=NOW, where=OWNED)
    counts = by_account(made.requests)
    assert counts == by_account([*made.requests])
    assert [*counts] == [*by_account([*made.requests])] == ["birch", "acme", None]
    assert sum(counts.values()) == len(made.requests)
    assert signers(made.requests) == signers([*made.requests])
    assert {name for _, name in signers(made.requests)} == {*counts}
    assert made.price.accounts == ("acme", "birch")
    assert [*in_order({None: 9, "b": 1, "c": 2, "a": 1})] == ["c", "a", "b", None]


def test_who_signs_is_said_in_a_line() -> None:
    """Of more than five accounts the rest together; app-only by itself, too."""
    counts: dict[str | None, int] = dict.fromkeys("abcde", 9)
    assert by_account_text(counts) == "9 requests by a, 9 by b, 9 by c, 9 by d, 9 by e"
    counts |= {"f": 2, "g": 1_000, None: 1}
    assert by_account_text(counts).endswith("9 by e, 1,002 by 2 more accounts; 1 app-only")
    assert by_account_text({None: 1_200}) == "1,200 requests app-only"
    assert by_account_text({}) == ""


@pytest.mark.parametrize("calls", [1, 2, 60, 700, 1015])
def test_what_more_calls_there_may_be(calls: int) -> None:
    """Fifty, of one request too, or a tenth of a long plan; and those that go on app-only."""
    query = ek.Query("28hr", [aged(0.5, salt) for salt in range(25 * calls)], ["favorites"])
    wanted = resolve(query, NOW)
    price = price_of(wanted, plan(query, now=NOW).requests, stored=7, per_minute=4, refused=11)
    assert (price.requests, price.left, price.minutes) == (calls, calls, calls / 4)
    assert price.extra == max(50, calls // 10)
    assert (price.numbers, price.stored) == (wanted.numbers() - 11, 7)
    assert price.bytes == 12 * (wanted.numbers() - 18)
    assert price.extra_app_only == 0
    assert isinstance(price.extra, int)
    fresh = price_of(wanted, plan(query, now=NOW).requests, stored=0, per_minute=None)
    assert (fresh.numbers, fresh.minutes) == (wanted.numbers(), None)


def test_what_a_refusal_leaves_to_ask_app_only() -> None:
    """As many calls more as there are requests that an owner signs for public metrics, too."""
    ids = [aged(10, salt) for salt in range(600)]
    mixed = ek.Query("totals", ids, ["favorites", "impressions"])
    user = Where(credentials=("user",))
    for query, where, apart in (
        (mixed, Where(), 3),
        (mixed, user, 0),
        (ek.Query("totals", ids, ["impressions"]), Where(), 0),
        (ek.Query("totals", ids, ["favorites"]), Where(), 0),
    ):
        made = plan(query, now=NOW, where=where)
        assert len(made.requests) == 3
        assert (made.price.extra_app_only, made.price.extra) == (apart, 50 + apart)


def test_a_request_as_it_was_written_is_not_asked_in_parts() -> None:
    """What its owner refuses of it is not asked app-only."""
    raw = {"g": ["tweet.id", "engagement.type"]}
    query = ek.Query("totals", [aged(10)], ["favorites", "impressions"], groupings=raw)
    made = plan(query, now=NOW)
    assert (len(made.requests), made.price.extra_app_only) == (1, 0)


def test_none_is_refused_or_stored_of_a_new_question() -> None:
    """What an earlier answer holds is not in the bytes to come."""
    query = ek.Query("totals", [aged(10), aged(11)], ["favorites"])
    made = plan(query, now=NOW)
    assert (made.price.numbers, made.price.stored, made.price.bytes) == (2, 0, 50)
    known = Known(
        "r", "k", Where().service, None, "lifetime", query.tweet_ids[:1],
        frozenset(query.metrics), 0, 0, NOW,
    )  # fmt: skip
    half = plan(query, now=NOW, have=[known])
    assert (half.price.numbers, half.price.stored, half.price.bytes) == (2, 1, 25)


def test_the_rows_are_those_of_the_finest_table() -> None:
    """Of several groupings that with more values; of as many, that by time."""
    period = ek.between("2026-05-20", "2026-05-24")
    query = ek.Query(
        "historical", [aged(30, 1), aged(30, 2)], ["favorites"], period=period,
        groupings={
            "tweets": ["tweet.id", "engagement.type"],
            "days": ["engagement.type", "engagement.day"],
        },
    )  # fmt: skip
    made = plan(query, now=NOW)
    days = rows_of(made.wanted, ("engagement.type", "engagement.day"))
    assert made.price.rows == days
    assert days != rows_of(made.wanted, ("tweet.id", "engagement.type"))


def test_a_budget_leaves_room_for_finding_bad_tweets_up_to_itself() -> None:
    """What is left to send counts; beyond the budget it is said how to go on in parts."""
    price = replace(
        plan(ek.Query("totals", aged(3), ["favorites"]), now=NOW).price, left=3, extra=50
    )
    assert affordable(price, 100) == price
    assert affordable(price, 10) == replace(price, extra=7)
    assert affordable(price, 3) == replace(price, extra=0)
    with pytest.raises(BudgetExceeded, match=r"takes 3 requests, .* allows 2.*stop_after=2"):
        affordable(price, 2)
    with pytest.raises(BudgetExceeded, match=r"takes 3 requests, .* allows 0.*stop_after=1"):
        affordable(price, 0)
