"""Moments are whole microseconds, and creation is read from real ids alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.errors import TableError
from engagement_kit.tables.schema import NULL_TIME
from engagement_kit.tables.times import as_of_moment, birth_of, micros


@given(st.integers(-(10**15), 10**15), st.integers(-14, 14))
def test_microseconds_are_exact_in_every_zone(number: int, offset: int) -> None:
    """No float comes between, and the zone of a datetime is only its clothing."""
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)
    assert micros(when) == micros(when.astimezone(timezone(timedelta(hours=offset)))) == number
    assert micros(None) == NULL_TIME


@pytest.mark.parametrize("word", ["20", "*TWEET_IDS*", "", "²", "٣", "9" * 30, str(2**63)])
def test_what_carries_no_time_has_no_birth(word: str) -> None:
    """Answers may name things that are no ids; that is no reason to fall over."""
    assert birth_of(word) is None


def test_a_moment_is_read_from_text_as_clock_and_between_take_it() -> None:
    """A plain day is its UTC midnight; a moment has a zone; a datetime stays as it is."""
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert as_of_moment("2026-06-01T12:00Z") == as_of_moment("2026-06-01T14:00+02:00") == noon
    assert as_of_moment("2026-06-01") == noon.replace(hour=0)
    assert as_of_moment(noon) is noon
    assert as_of_moment(None) is None
    for wrong, said in (("2026-06-01T12:00", "has no time zone"), ("noon", "is no moment")):
        with pytest.raises(TableError, match=said):
            as_of_moment(wrong)
