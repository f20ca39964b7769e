"""What a plan is made by is held against what it may be, before anything is worked out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engagement_kit.errors import QueryError
from engagement_kit.question.plan_checks import check
from engagement_kit.question.where import Where

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
RIGHT: dict[str, Any] = {
    "now": NOW,
    "where": Where(),
    "per_minute": None,
    "max_age": timedelta(0),
    "settle": timedelta(days=7),
    "max_requests": None,
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"max_requests": 0},
        {"max_requests": 40},
        {"per_minute": 0.5},
        {"per_minute": 120},
        {"where": Where(profile="overview")},
        {"max_age": timedelta(days=1)},
        {"settle": timedelta(0)},
        {"settle": {"favorites": timedelta(days=2)}},
    ],
)
def test_what_a_plan_may_be_made_by(changes: dict[str, Any]) -> None:
    """Each of these, and nothing at all where that has a meaning, passes."""
    given = {**RIGHT, **changes}
    assert check(given.pop("now"), given.pop("where"), **given) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("changes", "value", "why"),
    [
        ({"max_requests": 1.5}, "1.5", "allowed: a whole number, or None"),
        ({"max_requests": True}, "True", "allowed: a whole number, or None"),
        ({"now": "2026-06-01"}, "'2026-06-01'", "allowed: an aware datetime"),
        ({"now": NOW.replace(tzinfo=None)}, repr(NOW.replace(tzinfo=None)), "no time zone"),
        ({"where": Where(profile="all")}, "'all'", "allowed: reference, overview"),
        ({"per_minute": 0}, "0", "allowed: a rate above 0, or None"),
        ({"per_minute": "120"}, "'120'", "allowed: a rate above 0, or None"),
        ({"max_age": -timedelta(1)}, repr(-timedelta(1)), "a timedelta that is not negative"),
        ({"max_age": 5}, "5", "a timedelta that is not negative"),
        ({"settle": 5}, "5", "a timedelta that is not negative"),
    ],
)
def test_what_it_may_not_be_is_said(changes: dict[str, Any], value: str, why: str) -> None:
    """By its name, as it was given, with what is allowed."""
    given = {**RIGHT, **changes}
    with pytest.raises(QueryError) as caught:
        check(given.pop("now"), given.pop("where"), **given)
    (problem,) = caught.value.problems
    name = "profile" if "where" in changes else next(iter(changes))
    assert (problem.field, problem.value) == (name, value)
    assert why in problem.why
