"""Whole UTC hours as integers, and the texts of moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.question.hours import (
    ceil_day,
    ceil_hour,
    floor_day,
    floor_hour,
    from_iso,
    iso,
    moment,
)

laws = settings(max_examples=200)
moments = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
)


@laws
@given(moments)
def test_a_moment_lies_in_its_hour(when: datetime) -> None:
    """Rounded down it is not later, rounded up not earlier, and never by an hour or more."""
    low, high = moment(floor_hour(when)), moment(ceil_hour(when))
    hour = timedelta(hours=1)
    assert low <= when < low + hour
    assert high - hour < when <= high


@laws
@given(st.integers(-500_000, 2_000_000))
def test_hours_and_days_round_trip(hour: int) -> None:
    """An hour is its own floor and ceiling; its day begins and ends at UTC midnights."""
    assert floor_hour(moment(hour)) == ceil_hour(moment(hour)) == hour
    assert moment(floor_day(hour)).hour == moment(ceil_day(hour)).hour == 0
    assert floor_day(hour) <= hour <= ceil_day(hour) < hour + 24
    assert ceil_day(hour) - floor_day(hour) in {0, 24}


@laws
@given(moments)
def test_texts_of_moments_round_trip(when: datetime) -> None:
    """What is written is read back as the same moment, in UTC, to the microsecond."""
    assert iso(when).endswith("Z")
    assert from_iso(iso(when)) == when
    assert from_iso(iso(when)).tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["2026-01-01T05", "2026-01-01x05", "2026-01-01 05:00", "2026-01-01t00"]
)
def test_a_time_of_day_needs_a_zone(text: str) -> None:
    """Whatever stands between date and time, a time without a zone is no moment."""
    with pytest.raises(ValueError, match="no time zone"):
        from_iso(text)


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30", "0001-01-01T00:00:00+01:00"])
def test_what_is_no_moment_is_a_value_error(text: str) -> None:
    """Nothing else is raised, also at the calendar's end."""
    with pytest.raises(ValueError):  # noqa: PT011
        from_iso(text)
