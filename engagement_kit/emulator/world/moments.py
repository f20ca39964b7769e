"""Moments as whole numbers: of milliseconds, and of hours, since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR: Final = timedelta(hours=1)


def unix_ms(moment: datetime) -> int:
    """Return an aware moment in milliseconds since 1970, rounded down."""
    if moment.tzinfo is None:
        raise ValueError(f"a naive datetime has no time zone: {moment!r}; add tzinfo=datetime.UTC.")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def whole_hour(moment: datetime) -> int:
    """Return an aware whole UTC hour as hours since 1970."""
    hours, rest = divmod(moment - _EPOCH, _HOUR) if moment.tzinfo else (0, _HOUR)
    if rest:
        raise ValueError(
            f"{moment.isoformat()} is not a whole UTC hour; allowed: minutes and seconds of 0."
        )
    return hours
