"""Pausing, resuming and stopping a run from another thread."""

from __future__ import annotations

import threading


class Control:
    """The handle of one run. Give it to ``client.run(..., control=control)``.

    One that was stopped stays so: the next run needs a new one. Safe to use from any thread: from
    a button's callback while the run is in another one.

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
        self._stopped = threading.Event()
        self._paused = threading.Event()
        self._runs: list[threading.Event] = []
        self._lock = threading.Lock()

    def attach(self, run: threading.Event) -> None:
        """Have an event set when `stop` is called, or at once where it was: runs do that."""
        with self._lock:
            self._runs.append(run)
        if self.stopped:
            run.set()

    def detach(self, run: threading.Event) -> None:
        """Forget the event of a run that is over."""
        with self._lock:
            self._runs.remove(run)

    def pause(self) -> None:
        """Send nothing more until `resume`; calls that are under way end and are kept."""
        self._paused.set()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._paused.clear()

    def stop(self) -> None:
        """End the run at once. What was answered is in the store; run again to go on.

        Calls under way are not waited for: their answers are kept when they come
        while the process goes on, else they are asked again. They may count on a bill.
        """
        self._stopped.set()
        self._paused.clear()
        with self._lock:
            for run in self._runs:
                run.set()

    @property
    def paused(self) -> bool:
        """Whether the run sends nothing until `resume`."""
        return self._paused.is_set()

    @property
    def stopped(self) -> bool:
        """Whether the run ends, or has ended, before its time."""
        return self._stopped.is_set()
