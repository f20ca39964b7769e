"""A plan's requests as columns: a sequence like any other, each made when it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

import engagement_kit as ek
from engagement_kit.question.batches import CARRIERS, CHECKS, Requests
from engagement_kit.question.plan import Plan, Where, plan
from engagement_kit.question.request import Request

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
IDS = [str(2_050_000_000_000_000_000 + n) for n in range(600)]


def three() -> Sequence[Request]:
    """Plan lifetime counts that take three requests."""
    return plan(ek.Query("totals", IDS, ["favorites"]), now=NOW).requests


def test_places_are_counted_from_both_ends() -> None:
    """As in a list; beyond them there is nothing, and it is said how many there are."""
    made = three()
    every = list(made)
    assert len(every) == len(made) == 3
    assert [made[at] for at in range(-3, 3)] == [*every, *every]
    assert made[1:] == tuple(every[1:])
    for at in (3, -4):
        with pytest.raises(IndexError, match=f"request {at} of 3"):
            made[at]


def test_they_are_equal_to_any_sequence_of_the_same_requests() -> None:
    """Fewer, more, others or another order are not the same; what is no sequence neither."""
    made = three()
    every = list(made)
    assert made == every
    assert made == tuple(every)
    for other in (every[:2], [*every, every[0]], every[::-1], [every[0], every[0], every[2]], []):
        assert made != other
    assert made != {*every}


def test_lifetime_counts_have_no_period() -> None:
    """Hours are asked of historical alone; 28hr has its own."""
    hours = plan(ek.Query("28hr", IDS[:2], ["impressions"]), now=NOW).requests
    for one in (*three(), *hours):
        assert (one.start, one.end) == (None, None)
    period = ek.between("2026-05-20", "2026-05-22")
    (one,) = plan(ek.Query("historical", IDS[:2], ["replies"], period=period), now=NOW).requests
    assert (one.start, one.end) == (period.start, period.end)


def of_two() -> Plan:
    """Plan counts of two accounts, which take two requests each."""
    owners = dict.fromkeys(IDS[:300], "acme") | dict.fromkeys(IDS[300:], "birch")
    query = ek.Query("totals", IDS, ["impressions", "favorites"], owners=owners)
    return plan(query, now=NOW, where=Where(service="emulator:two", credentials=("user",)))


def test_each_is_addressed_and_signed_as_the_plan_says() -> None:
    """Of several signers the same by place as one after the other."""
    made = of_two()
    said = [
        (one.service, one.endpoint, one.credential, one.account, one.metrics, len(one.tweet_ids))
        for one in made.requests
    ]
    head, names = ("emulator:two", "totals", "user"), made.query.metrics
    assert said == [
        (*head, account, names, many) for account in ("acme", "birch") for many in (250, 50)
    ]
    assert {one.groupings for one in made.requests} == {(CARRIERS["lifetime"], CHECKS["lifetime"])}
    assert [made.requests[at] for at in range(4)] == list(made.requests)


def test_another_order_is_the_same_requests_at_other_places() -> None:
    """By place, one after the other and from the end; and their number stays."""
    made = of_two().requests
    assert isinstance(made, Requests)
    order = [2, 0, 3, 1]
    turned = made.in_order(np.array(order))
    wanted = [made[at] for at in order]
    assert len(turned) == 4
    assert [turned[at] for at in range(4)] == list(turned) == wanted
    assert turned[-1] == wanted[-1]
    assert turned == wanted
    assert turned.in_order(np.arange(4)) == list(made)
