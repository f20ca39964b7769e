"""What of a plan is taken next: its requests in order, and what was left for later."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from itertools import count

from engagement_kit.fetch.doors import Orders
from engagement_kit.fetch.trip import Trip
from engagement_kit.question.request import Request


class Taking:
    """Hands out the requests of a run to its threads, each to one.

    Parameters
    ----------
    requests
        In the order of the plan; they are made as they are taken.
    orders
        How many they are, and whether their order counts.
    is_down
        Tells whether nobody gets through.

    Attributes
    ----------
    all_taken
        Whether each request was taken once.
    """

    def __init__(
        self, requests: Iterable[Request], orders: Orders, is_down: Callable[[], bool]
    ) -> None:
        self._waiting = zip(count(), requests, strict=False)
        self._total, self._in_order, self._is_down = orders.total, orders.urgent, is_down
        self._later: deque[Trip] = deque()
        self._ended_then: dict[int, int] = {}
        self._lock = threading.Lock()
        self.all_taken = False

    def next(self, ended: int) -> Trip | None:
        """Give what is to be taken; None where nothing is left.

        Parameters
        ----------
        ended
            How many requests came to their end so far.
        """
        with self._lock:
            again = self._first_again(ended)
            if again is not None:
                return again
            number, request = next(self._waiting, (-1, None))
            self.all_taken = request is None or number + 1 == self._total
            if request is not None:
                return Trip(number, request)
            return self._later.popleft() if self._later else None

    def put_off(self, trip: Trip, ended: int) -> None:
        """Leave a request for later: another process is at it, or nobody got an answer."""
        with self._lock:
            self._later.append(trip)
            self._ended_then[trip.number] = ended

    def _first_again(self, ended: int) -> Trip | None:
        """Give what was left for later before the others, where their order counts.

        Once somebody got through since then, and unless all its tries are spent.
        """
        if not self._in_order or not self._later or self._is_down():
            return None
        first = self._later[0]
        if first.spent or not first.unheard or ended <= self._ended_then[first.number]:
            return None
        return self._later.popleft()

    @property
    def has_more(self) -> bool:
        """Whether anything is left to be taken."""
        return not self.all_taken or bool(self._later)

    def left(self) -> list[Trip]:
        """List what was left for later, and is so still."""
        with self._lock:
            return list(self._later)
