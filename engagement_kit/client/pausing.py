"""How a following waits for its next moment: for real, or by moving a world's clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engagement_kit.client.connection import Connection
from engagement_kit.errors import ConnectionBroken, EngagementError
from engagement_kit.fetch.control import Control

Sleep = Callable[[float], object]
"""Waits for so many seconds."""

_LONGEST_REST: Final = 30.0
"""A machine may sleep meanwhile: then the clock is looked at this soon after it wakes."""
_FIRST_REST: Final = 1.0
"""Long enough to see any clock move."""
_SHORTEST_REST: Final = 0.05
_STANDS_STILL: Final = 3
"""So many rests of some length during which the clock did not move."""


@dataclass(frozen=True)
class Pause:
    """Waits, and tells the time by the client's clock.

    Attributes
    ----------
    now
        The client's clock.
    rest
        Waits for so many seconds, or until an event is set.
    monotonic
        Seconds that go on while `rest` waits.
    at_once
        Whether a wait of any length takes one rest.
    """

    now: Callable[[], datetime]
    rest: Callable[[threading.Event, float], object]
    monotonic: Callable[[], float]
    at_once: bool

    def until(self, moment: datetime, stop: threading.Event) -> None:
        """Wait until a moment by the client's clock, in short rests, or until an event is set.

        Raises
        ------
        EngagementError
            When that clock stands still: the moment would never come.
        """
        still, longest = 0, _FIRST_REST
        while not stop.is_set() and (left := (moment - (before := self.now())).total_seconds()) > 0:
            rest = left if self.at_once else min(max(left, _SHORTEST_REST), longest)
            self.rest(stop, max(rest, _FIRST_REST) if still else rest)
            moves = self.now() != before or stop.is_set()
            still, longest = (0, _LONGEST_REST) if moves else (still + 1, _FIRST_REST)
            if still >= _STANDS_STILL:
                raise EngagementError(_FROZEN)

    def bounded(self, moment: datetime, end: Control) -> Callable[[threading.Event, float], object]:
        """Give a rest that goes no further than a moment; there it stops what is under way."""

        def rest(stop: threading.Event, seconds: float) -> None:
            left = (moment - self.now()).total_seconds()
            self.rest(stop, min(seconds, max(0.0, left)))
            if seconds >= left:
                end.stop()

        return rest


_FROZEN: Final = (
    "the clock that this client goes by stands still, so that nothing will ever be due. Let the "
    "emulator's clock run (engagement-kit emulator --running, or on its page), or start an "
    "emulator with the client: ek.connect('emulator', clock=...) moves its clock by itself."
)


def pause_of(connection: Connection, sleep: Sleep | None = None) -> Pause:
    """Say how to wait with a client.

    Parameters
    ----------
    connection
        What the client stands on. Where it has an emulator in this process whose clock stands
        still, to wait is to move that clock.
    sleep
        Waits for so many seconds by the client's clock; None for the usual way.
    """
    if sleep is not None:
        return _Moved(connection.now, lambda _stop, seconds: sleep(seconds)).pause()
    emulator = connection.emulator
    if emulator is None or not emulator.clock.is_frozen:
        return Pause(connection.now, threading.Event.wait, time.monotonic, at_once=False)
    clock = emulator.clock

    def travel(_stop: threading.Event, seconds: float) -> None:
        clock.travel(timedelta(seconds=seconds))

    return _Moved(connection.now, travel).pause()


@dataclass(frozen=True)
class _Moved:
    """A clock that moves while somebody waits by it."""

    now: Callable[[], datetime]
    rest: Callable[[threading.Event, float], object]

    def pause(self) -> Pause:
        return Pause(self.now, self.rest, lambda: self.now().timestamp(), at_once=True)


class Deadline(Control):
    """Stops a run at a moment, or when another control is stopped.

    Parameters
    ----------
    outer
        The other control; where it pauses, the run does.
    pause
        Tells the time.
    moment
        When to stop.
    """

    def __init__(self, outer: Control, pause: Pause, moment: datetime) -> None:
        super().__init__()
        self._outer, self._pause, self.moment = outer, pause, moment

    @property
    def stopped(self) -> bool:
        """Whether the run ends, or has ended, before its time."""
        if not super().stopped and (self._outer.stopped or self._is_past()):
            self.stop()
        return super().stopped

    @property
    def paused(self) -> bool:
        """Whether the run holds its breath."""
        return self._outer.paused

    def _is_past(self) -> bool:
        with suppress(ConnectionBroken):  # an emulator elsewhere that does not answer just now
            return self._pause.now() >= self.moment
        return False
