"""The draft: what is filled in, and how it becomes a query's arguments."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.errors import QueryError
from engagement_kit.forms.model.draft import (
    CUSTOM,
    GRAND_TOTALS,
    IN_THE_BOX,
    Draft,
    Loaded,
    merged,
)
from engagement_kit.question.metrics import METRICS, offered


def test_ticks_of_another_endpoint_wait_for_it() -> None:
    """They are not asked, and come back."""
    draft = Draft("historical", metrics=("url_clicks", "impressions"))
    assert Draft("totals", metrics=draft.metrics).asked_metrics == ("impressions",)
    assert draft.asked_metrics == ("url_clicks", "impressions")


def test_a_tick_keeps_the_order_of_the_tables() -> None:
    """An order of a person's own is kept: what is ticked then comes last."""
    draft = Draft(metrics=("impressions", "replies"))
    assert draft.ticked("favorites", on=True).metrics == ("impressions", "favorites", "replies")
    own = Draft(metrics=("replies", "impressions"))
    assert own.ticked("favorites", on=True).metrics == ("replies", "impressions", "favorites")
    assert own.ticked("replies", on=False).metrics == ("impressions",)
    assert own.ticked("replies", on=True).metrics == ("impressions", "replies")


def test_all_ticks_in_any_order_are_in_that_of_the_tables() -> None:
    """Whoever ticks all boxes has the order of the tables."""
    draft = Draft("historical", metrics=())
    for name in reversed(offered("historical")):
        draft = draft.ticked(name, on=True)
    assert draft.metrics == tuple(one for one in METRICS if one in offered("historical"))


@pytest.mark.parametrize(
    ("endpoint", "shape", "asked"),
    [
        ("totals", "", "total"),
        ("totals", "day", "total"),
        ("totals", GRAND_TOTALS, GRAND_TOTALS),
        ("28hr", "", "hour"),
        ("historical", "", "day"),
        ("historical", "hour_of_day", "hour_of_day"),
        ("historical", CUSTOM, CUSTOM),
        ("historical", "nonsense", "day"),
    ],
)
def test_a_shape_that_an_endpoint_can_not_give_is_its_own(
    endpoint: str, shape: str, asked: str
) -> None:
    """The person's shape stays in the draft, and comes back with the endpoint."""
    draft = Draft(endpoint, shape=shape)
    assert draft.asked_shape == asked
    assert draft.shape == shape
    assert (draft.by is None) == bool(draft.groupings) or asked == CUSTOM


@pytest.mark.parametrize(
    "period",
    [
        ek.last(days=1),
        ek.last(hours=30),
        ek.first(days=7),
        ek.between("2026-01-01", "2026-01-02T03:00Z"),
        ek.between("0001-01-01", "0999-01-02"),
    ],
)
def test_the_fields_give_the_same_period(period: Any) -> None:
    """Filled in and read back; an endpoint that takes none has none."""
    assert Draft("historical").with_period(period).period() == period
    assert Draft("totals").with_period(period).period() is None


@pytest.mark.parametrize(
    "fields",
    [
        {"length": 0},
        {"length": -1},
        {"length": 10**30},
        {"kind": "first", "length": 0},
        {"kind": "between"},
        {"kind": "between", "start_day": date(2026, 1, 2), "end_day": date(2026, 1, 1)},
        {"kind": "between", "start_day": date(2026, 1, 2), "end_day": date(2026, 1, 2)},
    ],
)
def test_fields_that_hold_no_period(fields: dict[str, Any]) -> None:
    """They are refused in words."""
    with pytest.raises(QueryError):
        Draft("historical", **fields).period()


def test_moments_are_whole_utc_hours() -> None:
    """Days and hours of the fields, as they stand."""
    draft = Draft(
        "historical",
        kind="between",
        start_day=date(2026, 1, 1),
        start_hour=23,
        end_day=date(2026, 1, 2),
    )
    period = draft.period()
    assert period == ek.between(
        datetime(2026, 1, 1, 23, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    )


def test_a_query_keeps_what_it_does_not_speak_of() -> None:
    """Options stay, and so does the period where the endpoint takes none."""
    draft = Draft(max_age_hours=6, max_requests=3, length=5, account="acme")
    filled = draft.with_query(ek.Query("totals", "20", ["replies"]))
    assert (filled.max_age_hours, filled.max_requests, filled.length) == (6, 3, 5)
    assert (filled.account, filled.owners) == ("", ())


def test_thousands_of_ids_stand_beside_the_box() -> None:
    """A browser need not show them."""
    ids = [str(1_500_000_000_000_000_000 + n) for n in range(IN_THE_BOX + 1)]
    some = Draft().with_query(ek.Query("totals", ids[:-1], ["replies"]))
    many = some.with_query(ek.Query("totals", ids, ["replies"]))
    assert (some.pasted.count("\n"), some.loaded) == (IN_THE_BOX - 1, ())
    assert (many.pasted, many.loaded) == ("", (Loaded("the query", tuple(ids)),))


def test_merging() -> None:
    """Each id once, pasted ones first."""
    parts = [Loaded("a", ("3", "1")), Loaded("b", ("4", "3"))]
    assert merged(["1", "2"], parts) == ("1", "2", "3", "4")
    assert merged(["1"], []) == ("1",)
    assert merged([], parts[:1]) == ("3", "1")
