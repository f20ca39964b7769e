"""Doing something once a person stops typing, instead of at each key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

QUIET_SECONDS: Final = 0.12


class Later:
    """Does something after a short quiet, or at once where no event loop runs, as in a test.

    Parameters
    ----------
    do
        What is to be done.
    seconds
        How long it has to be quiet before.
    """

    def __init__(self, do: Callable[[], None], seconds: float = QUIET_SECONDS) -> None:
        self._do, self._seconds = do, seconds
        self._timer: asyncio.TimerHandle | None = None

    def soon(self) -> None:
        """Do it when it has been quiet for a while."""
        self._forget()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._do()
            return
        self._timer = loop.call_later(self._seconds, self.now)

    def now(self) -> None:
        """Do what is due, if anything is."""
        if self._forget():
            self._do()

    def _forget(self) -> bool:
        timer, self._timer = self._timer, None
        if timer is None:
            return False
        timer.cancel()
        return True
