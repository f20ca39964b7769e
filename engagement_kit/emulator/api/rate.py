"""How many requests are left in this minute and second; no clock of its own, no HTTP."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engagement_kit.emulator.api.limits import Endpoint
    from engagement_kit.emulator.api.settings import Settings

UNLIMITED: Final = 1_000_000  # what the headers show where no limit is enforced


@dataclass
class _Budget:
    """Requests counted in windows of a fixed length, by endpoint."""

    name: str
    seconds: int
    limit: int
    used: dict[tuple[str, int], int] = field(default_factory=dict)

    def window(self, at: float) -> int:
        """Return the number of the window that a moment lies in."""
        return int(at // self.seconds)

    def left(self, endpoint: str, at: float) -> int:
        """Return how many requests are left in the window."""
        return max(0, self.limit - self.used.get((endpoint, self.window(at)), 0))

    def take(self, endpoint: str, at: float) -> None:
        """Count one request, and forget older windows."""
        now = self.window(at)
        # Of two threads the one that arrived first may come here last, so newer ones stay.
        self.used = {key: used for key, used in self.used.items() if key[1] >= now}
        self.used[endpoint, now] = self.used.get((endpoint, now), 0) + 1

    def headers(self, endpoint: str, at: float, *, none_left: bool) -> dict[str, str]:
        """Return the three headers of this budget."""
        left = 0 if none_left else self.left(endpoint, at)
        return {
            f"x-per-{self.name}-limit": str(self.limit),
            f"x-per-{self.name}-remaining": str(left),
            f"x-per-{self.name}-reset": str((self.window(at) + 1) * self.seconds),
        }


class Limiter:
    """Count requests per endpoint of the app, in fixed minutes and seconds of real time.

    Per app and endpoint is an assumption: no document says it. A refused request is not
    counted.
    """

    def __init__(self, settings: Settings) -> None:
        self._lock = threading.Lock()
        self._budgets = (
            _Budget("minute", 60, settings.per_minute or UNLIMITED),
            _Budget("second", 1, settings.per_second or UNLIMITED),
        )
        self._enforced = (settings.per_minute is not None, settings.per_second is not None)

    def admit(self, endpoint: Endpoint, at: float) -> str | None:
        """Count one request, or return the name of the budget that is used up."""
        with self._lock:
            for budget, enforced in zip(self._budgets, self._enforced, strict=True):
                if enforced and budget.left(endpoint, at) == 0:
                    return budget.name
            for budget in self._budgets:
                budget.take(endpoint, at)
        return None

    def headers(
        self, endpoint: Endpoint | None, at: float, *, used_up: bool = False
    ) -> dict[str, str]:
        """Return the six headers; resets are Unix seconds.

        With `used_up` one budget must show no request left: the minute's, if none is in truth.
        """
        name, minute, second = endpoint or "", *self._budgets
        with self._lock:
            none_left = used_up and minute.left(name, at) > 0 and second.left(name, at) > 0
            return {
                **minute.headers(name, at, none_left=none_left),
                **second.headers(name, at, none_left=False),
            }
