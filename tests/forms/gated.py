"""Clients whose requests go out one by one, when a test says so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engagement_kit.client.client import Client
from engagement_kit.fetch.doors import Doors
from engagement_kit.fetch.transport import Transport
from engagement_kit.fetch.wire import Reply
from engagement_kit.forms.model.running import State
from engagement_kit.question.request import Request

PATIENCE = 30.0
"""Seconds after which a test is taken to hang."""


class Gated:
    """Carries requests to another transport, each as soon as it is let through."""

    def __init__(self, to: Transport, open_for: int = 0) -> None:
        self._to, self._permits = to, threading.Semaphore(open_for)
        self.arrived = 0
        self._lock = threading.Condition()

    def send(self, request: Request) -> Reply:
        """Send when it is let."""
        with self._lock:
            self.arrived += 1
            self._lock.notify_all()
        assert self._permits.acquire(timeout=PATIENCE)
        return self._to.send(request)

    def let(self, many: int = 10_000) -> None:
        """Let so many more through."""
        self._permits.release(many)

    def wait_for(self, many: int) -> None:
        """Wait until so many have arrived, sent or not."""
        with self._lock:
            assert self._lock.wait_for(lambda: self.arrived >= many, PATIENCE)


def gated(client: Client, open_for: int = 0, threads: int = 1) -> tuple[Client, Gated]:
    """Make another client like one, whose requests are held back."""
    gate = Gated(client.connection.transport, open_for)
    connection = replace(client.connection, transport=gate)
    return Client(connection, store=client.folder, threads=threads), gate


def quick_doors(*args: Any, **options: Any) -> Doors:
    """Open doors to a world in which waiting takes no time."""
    time = [0.0]

    def sleep(stop: threading.Event, seconds: float) -> None:
        time[0] += seconds
        stop.wait(0)

    return Doors(*args, **{**options, "sleep": sleep, "monotonic": lambda: time[0]})


class Heard(list[State]):
    """All that a run tells, in order; can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Condition()

    def __call__(self, state: State) -> None:
        """Hear one state."""
        with self._lock:
            self.append(state)
            self._lock.notify_all()

    def until(self, holds: Callable[[State], bool]) -> State:
        """Wait for a state of which something holds."""
        with self._lock:
            assert self._lock.wait_for(lambda: any(map(holds, self)), PATIENCE), self[-1:]
            return next(state for state in reversed(self) if holds(state))
