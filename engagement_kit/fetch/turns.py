"""Whose turn it is at the gate: of those who wait, the first in the plan."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_LOOK_UP_SECONDS: Final = 0.5


class Turns:
    """Let threads wait for one gate in the order of the plan, however they come.

    Parameters
    ----------
    kept
        Whether the order counts; else all of them may wait at once.

    Examples
    --------
    >>> turns = Turns(kept=True)
    >>> with turns.of(3, threading.Event()):
    ...     turns.waiting
    [3]
    """

    def __init__(self, *, kept: bool) -> None:
        self._kept = kept
        self._changed = threading.Condition()
        self.waiting: list[int] = []

    @contextmanager
    def of(self, number: int, stop: threading.Event) -> Iterator[None]:
        """Wait until all that come before a request of the plan are through, or the run stops."""
        if not self._kept:
            yield
            return
        with self._changed:
            self.waiting.append(number)
            while min(self.waiting) != number and not stop.is_set():
                self._changed.wait(_LOOK_UP_SECONDS)
        try:
            yield
        finally:
            with self._changed:
                self.waiting.remove(number)
                self._changed.notify_all()
