"""Whole UTC hours as integers; hour 0 is 1970-01-01T00:00Z. Time turns into hours here only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from engagement_kit.question.micros import EPOCH

Hours = npt.NDArray[np.int64]
"""Many whole hours, or positions in such a column."""

_HOUR = timedelta(hours=1)
HOURS_A_DAY = 24
_NO_ISO = "Invalid isoformat string"
"""How Python begins to say that a text is written in another way."""


def floor_hour(moment: datetime) -> int:
    """Give the hour that a moment lies in.

    Examples
    --------
    >>> floor_hour(datetime(1970, 1, 2, 0, 59, tzinfo=UTC))
    24
    """
    return (moment - EPOCH) // _HOUR


def ceil_hour(moment: datetime) -> int:
    """Give the first hour that begins at or after a moment.

    Examples
    --------
    >>> ceil_hour(datetime(1970, 1, 2, 0, 1, tzinfo=UTC))
    25
    """
    return -((EPOCH - moment) // _HOUR)


def floor_day(hour: int) -> int:
    """Give the hour at which the UTC day of an hour begins."""
    return hour - hour % HOURS_A_DAY


def ceil_day(hour: int) -> int:
    """Give the first UTC midnight at or after an hour."""
    return hour + -hour % HOURS_A_DAY


def moment(hour: int) -> datetime:
    """Give the moment at which an hour begins, as an aware UTC datetime.

    Examples
    --------
    >>> moment(24).isoformat()
    '1970-01-02T00:00:00+00:00'
    """
    return EPOCH + hour * _HOUR


def iso(when: datetime) -> str:
    """Write a moment as the API does: ``YYYY-MM-DDTHH:MM:SSZ`` (fractions only where present).

    Examples
    --------
    >>> iso(datetime(2026, 1, 2, 3, tzinfo=UTC))
    '2026-01-02T03:00:00Z'
    """
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """Read an ISO 8601 moment with a zone, or a plain date as its UTC midnight.

    Raises
    ------
    ValueError
        When it is no ISO time, or has a time of day without a zone.

    Examples
    --------
    >>> from_iso("2015-08-01").isoformat()
    '2015-08-01T00:00:00+00:00'
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        why = f"{text!r} is no moment" if _NO_ISO in str(error) else error
        msg = f"{why}; a time is written as 2026-01-01 or 2026-01-01T12:00Z"
        raise ValueError(msg) from None
    if when.tzinfo is not None:
        return _in_utc(when)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} has no time zone; write {text}Z for UTC"
        raise ValueError(msg) from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _in_utc(when: datetime) -> datetime:
    try:
        return when.astimezone(UTC)
    except OverflowError as error:
        msg = f"{when.isoformat()} lies outside the calendar in UTC"
        raise ValueError(msg) from error
