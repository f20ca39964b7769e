"""Whether the service or the network is down for everybody. Pure: clock and chance are arguments.

A laptop that wakes up has no network for a while. If each request spent its tries meanwhile, a
long run would end in thousands of failures; so when several requests in a row meet nothing but
faults, all wait, and one at a time looks whether it is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_SEVERAL: Final = 3
_LONGEST_HOLD: Final = 60.0
_LEAP: Final = 150.0
"""Longer than a hold and a call that times out."""


@dataclass
class Outage:
    """Faults in a row, over all requests of a client.

    Attributes
    ----------
    longest
        Seconds that an outage may last before a run gives up.
    longest_at_first
        The same where nothing was ever answered: then it is rather a wrong address.
    heard
        Whether any answer ever came.
    """

    longest: float = 1800.0
    longest_at_first: float = 60.0
    heard: bool = False
    _met: set[int] = field(default_factory=set)
    _lasted: float = 0.0
    _seen: float = 0.0
    _looks: int = 0
    _next: float = 0.0
    _looking: bool = False

    @property
    def active(self) -> bool:
        """Whether several requests in a row met faults."""
        return len(self._met) >= _SEVERAL

    def good(self) -> None:
        """Note an answer that is no fault: all is well again."""
        self._met.clear()
        self.heard, self._looking, self._looks, self._lasted = True, False, 0, 0.0

    def fault(self, request: int, now: float, chance: float) -> None:
        """Note a fault of one request of the plan, by its number."""
        # A leap of the clock is a laptop that slept: nobody looked meanwhile.
        self._lasted += min(now - self._seen, _LEAP) if self._met else 0.0
        self._seen = now
        self._met.add(request)
        self._looking = False
        if self.active:
            hold = min(_LONGEST_HOLD, 2.0 ** min(self._looks, _LONGEST_HOLD))
            self._next = now + hold * (0.5 + chance / 2)
            self._looks += 1

    def look(self) -> None:
        """Note that somebody goes to see whether it is over."""
        self._looking = self.active

    def delay(self, now: float) -> float:
        """Give the seconds until the next may go; 0 when all is well.

        Examples
        --------
        >>> outage = Outage()
        >>> for request in range(3):
        ...     outage.fault(request, now=100.0, chance=1.0)
        >>> outage.delay(100.0), outage.delay(101.5)
        (1.0, 0.0)
        """
        if not self.active:
            return 0.0
        return 1.0 if self._looking else max(0.0, self._next - now)

    @property
    def is_over_patience(self) -> bool:
        """Whether it lasts longer than anybody should wait."""
        longest = self.longest if self.heard else self.longest_at_first
        return self.active and self._lasted > longest
