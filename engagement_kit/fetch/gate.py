"""The one gate through which all threads of a client send: pace, and what happens in an outage."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import NamedTuple

from engagement_kit.fetch.outage import Outage
from engagement_kit.fetch.pace import Pace


class Heard(NamedTuple):
    """What came back: headers, whether the limit or a fault, and when, on both clocks.

    `reached` is False where no connection could be made; `last` is True when all that is left of
    the run is under way.
    """

    headers: Mapping[str, str]
    limited: bool
    fault: bool
    reached: bool
    last: bool
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

    def begin(self) -> None:
        """Begin a run."""
        with self._lock:
            self._outage.begin()

    def ask(self, now: float) -> tuple[float, int | None]:
        """Ask to send: seconds to wait and None, or 0 and a ticket; with one the call is made."""
        with self._lock:
            wait = max(self._pace.delay(now), self._outage.delay(now))
            if wait > 0:
                return wait, None
            self._outage.look(now)
            return 0.0, self._pace.leave(now)

    def tell(self, ticket: int, request: int, heard: Heard) -> None:
        """Tell what became of a call. Each ticket must come back, or all wait for it for ever."""
        with self._lock:
            self._pace.heard(
                ticket,
                heard.now,
                heard.headers,
                limited=heard.limited,
                unix_now=heard.unix_now,
            )
            if heard.fault:
                self._outage.fault(
                    request, heard.now, heard.chance, reached=heard.reached, last=heard.last
                )
            else:
                self._outage.good()

    def give_back(self, ticket: int) -> None:
        """Give the ticket of a call back that was not made."""
        with self._lock:
            self._pace.stayed(ticket)

    def is_down(self) -> bool:
        """Say whether nobody gets through just now."""
        with self._lock:
            return self._outage.active

    def gives_up(self, *, heard: bool) -> bool:
        """Say whether it has been down for longer than anybody should wait.

        Where the run heard nothing at all, that is soon.
        """
        with self._lock:
            return self._outage.is_over_patience(heard=heard)

    def patience(self, *, heard: bool) -> float:
        """Give the seconds after which a run gives up in an outage, more or less."""
        return self._outage.patience(heard=heard)

    @property
    def rate(self) -> float | None:
        """Requests a minute; None while no limit is known."""
        with self._lock:
            return self._pace.rate

    def words(self) -> str:
        """Name the limit, or the outage."""
        with self._lock:
            return "no answer for now" if self._outage.active else self._pace.words()
