"""Periods: relative ones stay relative, moments are whole UTC hours, and none is naive."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.periods import Between, First, Last, period_from_dict, this_month

QueryError = ek.errors.QueryError


@pytest.mark.parametrize(
    ("period", "data"),
    [
        (ek.last(days=28), {"last": {"days": 28}}),
        (ek.last(hours=48), {"last": {"days": 2}}),
        (ek.last(days=1, hours=6), {"last": {"hours": 30}}),
        (ek.first(hours=1), {"first": {"hours": 1}}),
        (
            ek.between("2026-01-01", "2026-01-01T05:00Z"),
            {"between": ["2026-01-01T00:00:00Z", "2026-01-01T05:00:00Z"]},
        ),
    ],
)
def test_one_canonical_form(period: Any, data: dict[str, Any]) -> None:
    """Whichever way a length is said, it is written in one way, and read back the same."""
    assert period.to_dict() == data
    assert period_from_dict(data) == period


@settings(max_examples=100)
@given(
    st.sampled_from([Last, First]), st.integers(1, 100_000), st.integers(0, 400_000),
    st.integers(1, 100_000),
)  # fmt: skip
def test_every_period_survives_writing(kind: Any, hours: int, start: int, length: int) -> None:
    """Reading what was written gives the same period."""
    begin = datetime(1980, 1, 1, tzinfo=UTC) + timedelta(hours=start)
    for period in (kind(hours), Between(begin, begin + timedelta(hours=length))):
        assert period_from_dict(period.to_dict()) == period


@pytest.mark.parametrize(
    "start",
    [
        "2026-01-01",
        "20260101",
        date(2026, 1, 1),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        "2026-01-01T00:00:00Z",
        "2025-12-31T19:00:00-05:00",
        pd.Timestamp("2026-01-01", tz="UTC"),
        pd.Timestamp("2026-01-01 01:00", tz="Europe/Zurich"),
    ],
)
def test_every_way_to_say_a_moment(start: Any) -> None:
    """Dates, aware datetimes, texts with a zone and pandas' own: one moment in UTC."""
    period = ek.between(start, "2026-02-01")
    assert period.start == datetime(2026, 1, 1, tzinfo=UTC)
    assert type(period.start) is datetime
    assert period.start.tzinfo is UTC
    assert period == ek.between("2026-01-01", "2026-02-01")


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (datetime(2026, 1, 1), "naive datetime has no time zone"),  # noqa: DTZ001
        (pd.Timestamp("2026-01-01"), "naive datetime has no time zone"),
        (pd.NaT, "time zone"),
        ("2026-01-01T05:00", "write 2026-01-01T05:00Z for UTC"),
        ("2026-01-01 05:00:00", "has no time zone"),
        ("2026-01-01x05", "has no time zone"),
        ("2026-01-01T05:30Z", "2026-01-01T05:00:00Z or 2026-01-01T06:00:00Z"),
        (datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC), "whole UTC hours"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))), "whole UTC hours"),
        (pd.Timestamp(1, unit="ns", tz="UTC"), "no finer than a microsecond"),
        ("0001-01-01T00:00:00+05:00", "outside the calendar"),
        ("2026-13-01", "month must be in"),
        ("202601011200", "start='202601011200'"),
        (1767225600, "aware datetime, a date, or an ISO text"),
        (None, "aware datetime, a date, or an ISO text"),
        ("2026-02-01", "end is exclusive"),
        ("2026-03-01", "before end"),
    ],
)
def test_moments_that_are_refused(start: Any, said: str) -> None:
    """Naive, within an hour, not in the calendar, no moment at all, or not before the end."""
    with pytest.raises(QueryError) as caught:
        ek.between(start, "2026-02-01")
    assert said in str(caught.value)
    assert caught.value.problems[0].field == "period"


def test_both_ends_are_told_at_once() -> None:
    """Two wrong moments are two problems."""
    with pytest.raises(QueryError) as caught:
        ek.between("x", "2026-01-01T00:30Z")
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    "length",
    [{}, {"days": 0}, {"days": -1, "hours": 48}, {"days": 1.5}, {"days": True}, {"hours": "3"}],
)
@pytest.mark.parametrize("kind", [ek.last, ek.first])
def test_lengths_are_whole_and_positive(kind: Any, length: dict[str, Any]) -> None:
    """Nothing, less than nothing, parts and words are no length."""
    with pytest.raises(QueryError, match="at least one hour"):
        kind(**length)


def test_a_length_of_a_million_days_is_the_longest() -> None:
    """In days or in hours; no calendar is longer."""
    assert ek.last(days=1_000_000).hours == ek.first(hours=24_000_000).hours == 24_000_000


@pytest.mark.parametrize("length", [{"days": 10**6, "hours": 1}, {"days": 10**20}])
@pytest.mark.parametrize("kind", [ek.last, ek.first])
def test_lengths_are_no_longer_than_any_calendar(kind: Any, length: dict[str, Any]) -> None:
    """A slip of the finger is said in words; no machine's numbers run over."""
    with pytest.raises(QueryError, match="at most 1,000,000 days"):
        kind(**length)


@pytest.mark.parametrize(
    "data",
    [
        {}, [], "last week", None, {"last": 7}, {"next": {"days": 7}}, {"last": {"weeks": 1}},
        {"last": {"days": 1}, "first": {"days": 1}}, {"between": ["2026-01-01"]}, {"between": 5},
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused(data: Any) -> None:
    """Other data are named, with the three forms that are allowed."""
    with pytest.raises(QueryError, match="a period is one of") as caught:
        period_from_dict(data)
    (problem,) = caught.value.problems
    assert (problem.field, problem.value) == ("period", repr(data))


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-06-18T12:00Z", "2026-06-01", "2026-06-18"),
        ("2026-06-01T00:00Z", "2026-06-01", "2026-06-02"),
        ("2026-07-01T01:00+02:00", "2026-06-01", "2026-06-30"),
    ],
)
def test_this_month_is_whole_utc_days_up_to_the_last_midnight(
    now: str, start: str, end: str
) -> None:
    """On the first day of a month it is that day: a period is never empty."""
    assert this_month(datetime.fromisoformat(now)) == ek.between(start, end)


@pytest.mark.parametrize(
    ("period", "said"),
    [
        (ek.last(days=28), "last 28 days"),
        (ek.first(hours=30), "first 30 hours"),
        (ek.between("2026-01-01", "2026-01-02"), "2026-01-01 00:00 to 2026-01-02 00:00 UTC"),
    ],
)
def test_a_period_is_said_in_words(period: Any, said: str) -> None:
    """In days where they are whole."""
    assert str(period) == said
