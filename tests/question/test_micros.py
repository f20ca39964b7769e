"""Moments as microseconds: there and back again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.question.hours import floor_hour
from engagement_kit.question.micros import EPOCH, HOUR_US, MICROSECOND, NEVER, micros_of, moment_at
from engagement_kit.tables.times import micros

LAST = datetime(9999, 12, 30)  # noqa: DTZ001  # hypothesis wants it naive
MOMENTS = st.datetimes(max_value=LAST, timezones=st.just(UTC))


@given(MOMENTS)
def test_a_moment_comes_back(moment: datetime) -> None:
    """A moment as a number, and back, is the same moment: to the microsecond, and before 1970."""
    assert moment_at(micros_of(moment)) == moment
    assert micros_of(moment) < NEVER


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=1)))
def test_numbers_go_on_as_time_does(moment: datetime, later: timedelta) -> None:
    """The numbers of two moments are apart by the microseconds between them."""
    assert micros_of(moment + later) - micros_of(moment) == later // MICROSECOND
    assert micros_of(EPOCH) == 0


@given(MOMENTS)
def test_hours_and_tables_count_from_the_same_moment(moment: datetime) -> None:
    """Hours, and the tables' numbers, agree with them."""
    assert floor_hour(moment) == micros_of(moment) // HOUR_US
    assert micros(moment) == micros_of(moment)
