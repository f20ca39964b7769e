"""Pausing, resuming and stopping a run from another thread."""

from __future__ import annotations

import threading


class Control:
    """The handle of one run. Give it to ``client.run(..., control=control)``.

    Safe to use from any thread: from a button's callback while the run is in another one.

    Examples
    --------
    >>> control = Control()
    >>> control.pause()
    >>> control.paused
    True
    >>> control.resume()
    >>> control.stop()
    >>> control.paused, control.stopped
    (False, True)
    """

    def __init__(self) -> None:
        self.stop_event = threading.Event()
        self._paused = threading.Event()

    def pause(self) -> None:
        """Send nothing more until `resume`; calls that are under way end and are kept."""
        self._paused.set()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._paused.clear()

    def stop(self) -> None:
        """End the run at once. What was answered is in the store; run again to go on."""
        self.stop_event.set()
        self._paused.clear()

    @property
    def paused(self) -> bool:
        """Whether the run holds its breath."""
        return self._paused.is_set()

    @property
    def stopped(self) -> bool:
        """Whether the run ends, or has ended, before its time."""
        return self.stop_event.is_set()
