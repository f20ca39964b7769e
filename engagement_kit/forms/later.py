"""Doing something once a person stops typing, instead of at each key."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Final

QUIET_SECONDS: Final = 0.1


class Later:
    """Does something after a short quiet, or at once where no event loop runs, as in a script.

    A kernel hands what a person does to more than one thread, each with a loop of its own: so the
    quiet is measured by a timer, which any of them may put off.

    Parameters
    ----------
    do
        What is to be done; from a thread of the timer's.
    seconds
        How long it has to be quiet before.
    """

    def __init__(self, do: Callable[[], None], seconds: float = QUIET_SECONDS) -> None:
        self._do, self._seconds = do, seconds
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def soon(self) -> None:
        """Do it when it has been quiet for a while."""
        if not _in_a_loop():
            self._do()
            return
        timer = threading.Timer(self._seconds, self._do)
        timer.daemon = True
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = timer
        timer.start()


def _in_a_loop() -> bool:
    """Say whether we are called by a kernel, which goes on when we return."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
