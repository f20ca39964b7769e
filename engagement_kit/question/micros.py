"""Moments as whole microseconds since 1970, UTC: a million of them are one column of integers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

Micros = npt.NDArray[np.int64]
"""Many moments in microseconds since 1970, or lengths of time."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
NEVER: Final = np.iinfo(np.int64).max
"""Later than any moment."""


def micros_of(moment: datetime) -> int:
    """Give a moment as microseconds since 1970.

    Examples
    --------
    >>> micros_of(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return (moment - EPOCH) // MICROSECOND


def moment_at(micros: int) -> datetime:
    """Give the moment of a number of microseconds since 1970, aware, UTC.

    Examples
    --------
    >>> moment_at(1_000_000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return EPOCH + micros * MICROSECOND
