"""Whether the service or the network is down for everybody. Pure: clock and chance are arguments.

A laptop that wakes up has no network for a while. If each request spent its tries meanwhile, a
long run would end in thousands of failures; so where no connection can be made, or several
requests in a row meet nothing but faults, all wait, and one at a time looks whether it is over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

_SEVERAL: Final = 3
_LONGEST_HOLD: Final = 60.0
_LONGEST_HOLD_OF_LAST: Final = 8.0
"""Where no other request is left, an outage can't be told from requests that are bad themselves."""
_LOOK_SECONDS: Final = 10.0
_NEVER: Final = -math.inf
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
        The same where the run got no answer at all: then it is rather a wrong address.
    """

    longest: float = 1800.0
    longest_at_first: float = 60.0
    _met: set[int] = field(default_factory=set)
    _lasted: float = 0.0
    _seen: float = 0.0
    _looks: int = 0
    _next: float = 0.0
    _looked: float = _NEVER
    _no_way: bool = False

    @property
    def active(self) -> bool:
        """Whether no connection could be made, or several requests in a row met faults."""
        return self._no_way or len(self._met) >= _SEVERAL

    def begin(self) -> None:
        """Begin a run: what an earlier one waited in vain is no reason to give up at once."""
        self.good()

    def good(self) -> None:
        """Note an answer that is no fault: all is well again."""
        self._met.clear()
        self._no_way = False
        self._looks, self._lasted, self._looked = 0, 0.0, _NEVER

    def fault(
        self, request: int, now: float, chance: float, *, reached: bool = True, last: bool = False
    ) -> None:
        """Note a fault of one request of the plan.

        Parameters
        ----------
        request
            Its number.
        now, chance
            Seconds that go on steadily, and a number in [0, 1).
        reached
            False where no connection could be made.
        last
            Whether all that is left of the run is under way.
        """
        # A leap of the clock is a laptop that slept: nobody looked meanwhile.
        self._lasted += min(now - self._seen, _LEAP) if self.active else 0.0
        self._seen = now
        self._met.add(request)
        self._looked, self._no_way = _NEVER, not reached
        if self.active:
            longest = _LONGEST_HOLD_OF_LAST if last and reached else _LONGEST_HOLD
            hold = min(longest, 2.0 ** min(self._looks, _LONGEST_HOLD))
            self._next = now + hold * (0.5 + chance / 2)
            self._looks += 1

    def look(self, now: float) -> None:
        """Note that somebody goes to see whether it is over."""
        self._looked = now

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
        # Who looks may hang for minutes: then another may look too.
        return 1.0 if now < self._looked + _LOOK_SECONDS else max(0.0, self._next - now)

    def patience(self, *, heard: bool) -> float:
        """Give the seconds after which it is over patience, more or less: between two looks."""
        return (self.longest if heard else self.longest_at_first) + _LONGEST_HOLD / 2

    def is_over_patience(self, *, heard: bool) -> bool:
        """Whether it lasts longer than anybody should wait; `heard`: any answer came before."""
        longest = self.longest if heard else self.longest_at_first
        return self.active and self._lasted > longest
