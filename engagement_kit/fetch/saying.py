"""What is said of a run while it goes on: from its threads to whoever called."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Final

from engagement_kit.fetch.doors import Doors
from engagement_kit.fetch.steps import WORDS, Fetched, Kind, Step

SAID_FOR_SECONDS: Final = 5.0
"""What was said is not said again for so long."""
_WORTH_SAYING: Final = 1.0


class Saying:
    """The steps of one run, in the order in which they happened.

    Parameters
    ----------
    doors
        For the clocks, and what the gate knows of the rate.
    tally
        What the run counts; each step tells how far it is.
    total
        How many requests there are.
    lock
        Held by whoever changes the tally, so that steps come in the order of its counts.

    Attributes
    ----------
    queue
        What is to be handed out; None for each thread that is done.
    """

    def __init__(self, doors: Doors, tally: Fetched, total: int, lock: threading.Lock) -> None:
        self._doors, self._tally, self._total, self._lock = doors, tally, total, lock
        self._said_until = self._said_end = -1.0
        self.queue: SimpleQueue[Step | None] = SimpleQueue()

    def step(self, kind: Kind, text: str = "", until: datetime | None = None) -> Step:
        """Say what happened, and how far the run is."""
        said = text or WORDS.get(kind, kind)
        return Step(kind, self._tally.ended, self._total, said, until)

    def say(self, kind: Kind, text: str, until: datetime | None = None) -> None:
        """Add a step; the lock is not held."""
        with self._lock:
            self.queue.put(self.step(kind, text, until))

    def say_wait(self, seconds: float, text: str) -> None:
        """Say why nothing goes on, if it takes long enough and was not just said.

        A wait that ends much later than what was said is said at once: it is said only as it
        begins.
        """
        now = self._doors.monotonic()
        with self._lock:
            known = now < self._said_until and now + seconds < self._said_end + SAID_FOR_SECONDS
            if seconds < _WORTH_SAYING or known:
                return
            self._said_until, self._said_end = now + SAID_FOR_SECONDS, now + seconds
        self.say("waiting", text, self._real_time() + timedelta(seconds=seconds))

    def outlook(self) -> str:
        """Say when the run will be done at the known rate."""
        rate = self._doors.gate.rate
        if not rate:
            return ""
        left = timedelta(minutes=(self._total - self._tally.ended) / rate)
        when = self._real_time() + left
        day = "" if left < timedelta(hours=20) else f"{when:%Y-%m-%d} "
        return f", done about {day}{when:%H:%M} UTC"

    def _real_time(self) -> datetime:
        return datetime.fromtimestamp(self._doors.unix_now(), UTC)
