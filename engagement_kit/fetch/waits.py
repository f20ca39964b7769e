"""How long somebody waited: waits at the same time count once, and as long as they were."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Waits:
    """The waits of one run, over all its threads.

    Parameters
    ----------
    clock
        Seconds that go on steadily.

    Examples
    --------
    >>> times = iter([0.0, 10.0, 15.0])
    >>> waits = Waits(lambda: next(times))
    >>> with waits.one():
    ...     pass
    >>> waits.seconds()
    10.0
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._seconds = self._since = 0.0
        self._waiters = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count the time that is spent within."""
        self._change(1)
        try:
            yield
        finally:
            self._change(-1)

    def seconds(self) -> float:
        """Give the time in which somebody waited so far."""
        self._change(0)
        return self._seconds

    def _change(self, waiters: int) -> None:
        with self._lock:
            now = self._clock()
            self._seconds += now - self._since if self._waiters else 0.0
            self._since = now
            self._waiters += waiters
