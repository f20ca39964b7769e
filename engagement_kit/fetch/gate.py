"""The one gate through which all threads of a client send: pace, and what happens in an outage."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import NamedTuple

from engagement_kit.fetch.outage import Outage
from engagement_kit.fetch.pace import Pace


class Heard(NamedTuple):
    """What came back: headers, whether the limit or a fault, and when, on both clocks."""

    headers: Mapping[str, str]
    limited: bool
    fault: bool
    now: float
    unix_now: float
    chance: float


class Gate:
    """Says who may send when. It never sleeps.

    Parameters
    ----------
    per_minute
        The contract's rate; None to follow the API's headers alone.
    """

    def __init__(self, per_minute: float | None = None) -> None:
        self._pace = Pace(per_minute)
        self._outage = Outage()
        self._lock = threading.Lock()

    def ask(self, now: float) -> tuple[float, int | None]:
        """Ask to send: seconds to wait and None, or 0 and a ticket; with one the call is made."""
        with self._lock:
            wait = max(self._pace.delay(now), self._outage.delay(now))
            if wait > 0:
                return wait, None
            self._outage.look()
            return 0.0, self._pace.leave(now)

    def tell(self, ticket: int, request: int, heard: Heard) -> None:
        """Tell what became of a call. Each ticket must come back, whatever happened."""
        with self._lock:
            self._pace.heard(
                ticket,
                heard.now,
                heard.headers,
                limited=heard.limited,
                unix_now=heard.unix_now,
            )
            if heard.fault:
                self._outage.fault(request, heard.now, heard.chance)
            else:
                self._outage.good()

    def is_down(self) -> bool:
        """Say whether the service is down for everybody; tries meanwhile don't count."""
        with self._lock:
            return self._outage.active

    def gives_up(self) -> bool:
        """Say whether it has been down for longer than anybody should wait."""
        with self._lock:
            return self._outage.is_over_patience

    @property
    def was_ever_up(self) -> bool:
        """Whether any answer ever came."""
        return self._outage.heard

    @property
    def rate(self) -> float | None:
        """Requests a minute; None while no limit is known."""
        with self._lock:
            return self._pace.rate

    def words(self) -> str:
        """Name the limit, or the outage."""
        with self._lock:
            return "no answer for now" if self._outage.active else self._pace.words()
