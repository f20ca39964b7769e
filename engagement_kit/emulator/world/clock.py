"""the world's clock: what time it is for tweets and windows; no OAuth time, no Date header."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

# Before the first tweet nothing can be asked, and ids carry no time after 2080.
EARLIEST: Final = datetime(2006, 3, 21, tzinfo=UTC)
LATEST: Final = datetime(2080, 1, 1, tzinfo=UTC)
_SPAN: Final = f"allowed: {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}"


def _real_now() -> datetime:
    """Tell the real time, UTC."""
    return datetime.now(UTC)


class WorldClock:
    """Tell the world's time, which may differ from real time.

    It can be set, moved, frozen and let go, from any thread. Signatures and the ``Date`` header
    always live in real time: moving this clock never makes a signed request too old.

    Parameters
    ----------
    frozen : datetime, optional
        An aware moment at which the clock stands still. Without it the clock follows real time.
    real : callable, optional
        Tells real time as an aware datetime; tests give their own.

    Raises
    ------
    ValueError
        If a moment has no time zone, or lies before 2006-03-21 or after 2080-01-01.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> clock = WorldClock(frozen=datetime(2024, 5, 1, 12, tzinfo=UTC))
    >>> clock.travel(timedelta(hours=2))
    >>> clock.now()
    datetime.datetime(2024, 5, 1, 14, 0, tzinfo=datetime.timezone.utc)
    """

    def __init__(
        self, frozen: datetime | None = None, *, real: Callable[[], datetime] = _real_now
    ) -> None:
        self._lock = threading.Lock()
        self._real = real
        self._began = None if frozen is None else _allowed(frozen)
        self._frozen = self._began
        self._offset = timedelta(0)

    @property
    def is_frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen is not None

    def now(self) -> datetime:
        """Return the world's time, aware, UTC."""
        with self._lock:
            return self._read()

    def set(self, moment: datetime) -> None:
        """Set the clock to an aware moment; a frozen clock stays frozen, another runs on.

        Parameters
        ----------
        moment
            With a time zone; from the year 1 to 9999.
        """
        moment = _allowed(moment)
        with self._lock:
            self._move(moment - self._read())

    def travel(self, by: timedelta) -> None:
        """Move the clock forward, or back with a negative `by`.

        Parameters
        ----------
        by
            How far.
        """
        with self._lock:
            try:
                _allowed(self._read() + by)
            except OverflowError as problem:  # beyond the years 1 to 9999
                raise ValueError(f"the world's clock can't move by {by}; {_SPAN}.") from problem
            self._move(by)

    def freeze(self) -> None:
        """Stand still at the present moment."""
        with self._lock:
            self._frozen = self._read()

    def follow(self) -> None:
        """Run on from the present moment, at the pace of real time."""
        with self._lock:
            self._offset = self._read() - _utc(self._real())
            self._frozen = None

    def reset(self) -> None:
        """Go back to how the clock was made: frozen at its moment, or in real time."""
        with self._lock:
            self._frozen = self._began
            self._offset = timedelta(0)

    def __repr__(self) -> str:
        state = "following real time" if self._frozen is None else "frozen"
        return f"<WorldClock {as_written(self.now())}, {state}>"

    def _move(self, by: timedelta) -> None:
        """Move the time; the lock is held."""
        if self._frozen is not None:
            self._frozen += by
        else:
            self._offset += by

    def _read(self) -> datetime:
        """Return the time; the lock is held."""
        if self._frozen is not None:
            return self._frozen
        return _utc(self._real()) + self._offset


def as_written(moment: datetime) -> str:
    """Write a UTC moment as the wire does, to the second.

    Examples
    --------
    >>> as_written(datetime(999, 1, 2, 3, 4, 5, 6, tzinfo=UTC))
    '0999-01-02T03:04:05Z'
    """
    # Not strftime, which writes the year 999 in three digits.
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _allowed(moment: datetime) -> datetime:
    """Return the moment in UTC, or refuse one in which there are no tweets."""
    moment = _utc(moment)
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"the world's clock can't show {as_written(moment)}; {_SPAN}.")
    return moment


def _utc(moment: datetime) -> datetime:
    """Return the moment in UTC, or refuse a naive one."""
    if not isinstance(moment, datetime):
        raise TypeError(f"the world's clock needs a datetime, got {moment!r}.")
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError(
            f"the world's clock needs an aware datetime, got the naive {moment!r}. "
            "Add tzinfo=datetime.UTC."
        )
    return moment.astimezone(UTC)
