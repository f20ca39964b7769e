"""What an emulator remembers between requests: clock, switches, faults, budgets, tokens, the log.

All of it is in memory and goes back to how it began by `reset`. No HTTP here.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from engagement_kit.emulator.api.grants import Grants
from engagement_kit.emulator.api.issuing import Issuer
from engagement_kit.emulator.api.oauth import Authenticator
from engagement_kit.emulator.api.rate import Limiter
from engagement_kit.emulator.api.settings import Settings
from engagement_kit.emulator.api.walks import Walks
from engagement_kit.emulator.service.details import DETAILS_KEPT, Detail
from engagement_kit.emulator.service.faults import Fault, Faults
from engagement_kit.emulator.service.record import Record
from engagement_kit.emulator.world.clock import WorldClock
from engagement_kit.emulator.world.world import World

LOG_LENGTH: Final = 1000
FOREIGN_LENGTH: Final = 100  # of requests that the guard refused


class State:
    """Hold all that changes while an emulator runs; safe to use from several threads.

    `name` is the world's, as in "emulator/standard-0".

    Parameters
    ----------
    world : World
    clock : WorldClock
    settings : Settings
    faults : sequence of Fault
        In force from the start, and again after a reset.
    real_time : callable
        Tells real time in Unix seconds.
    draw : callable
        From a number of bytes to as many random ones, in hexadecimal.
    """

    def __init__(
        self,
        world: World,
        clock: WorldClock,
        settings: Settings,
        faults: Sequence[Fault],
        real_time: Callable[[], float],
        *,
        draw: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self.name: Final = f"emulator/{world.name}"
        self.world = world
        self.clock = clock
        self.real_time = real_time
        self.draw = draw
        self.faults = Faults(faults)
        self.log: deque[Record] = deque(maxlen=LOG_LENGTH)
        # By themselves: a page elsewhere that sends very many pushes nobody else's out.
        self._foreign: deque[Record] = deque(maxlen=FOREIGN_LENGTH)
        self.details: deque[Detail] = deque(maxlen=DETAILS_KEPT)
        self.requests_served = 0
        self._began = settings, tuple(faults)
        self._lock = threading.Lock()
        self._changes_before = 0
        self._set(settings)
        self._forget()

    def _set(self, settings: Settings) -> None:
        """Take settings, with fresh budgets."""
        self.settings = settings
        self.limiter = Limiter(settings)

    def _forget(self) -> None:
        """Begin with the tokens that the world has, and with nonces and walks of none."""
        world = self.world
        self.grants = Grants(world.apps, world.accounts, world.seed)
        self.walks = Walks(self.draw)
        self.authenticator = Authenticator(self.grants)
        self.issuer = Issuer(self.grants, self.walks, self.authenticator.signatures)

    def is_enabled(self, app_name: str) -> bool:
        """Tell whether the API answers an app's calls, by the switch `app` and by the app's own."""
        return self.settings.app == "enabled" and self.grants.is_enabled(app_name)

    @property
    def keys_version(self) -> int:
        """A number that grows whenever apps and tokens change: by walks, by hand, or by a reset."""
        return self._changes_before + self.grants.changes

    def change(self, changes: dict[str, Any]) -> None:
        """Change some switches; budgets start anew.

        Raises
        ------
        ValueError
            If a name is unknown or a value is not allowed; nothing is changed then.
        """
        with self._lock:  # around both steps, so that of two changes at once none is lost
            self._set(self.settings.changed(changes))

    def reset(self) -> None:
        """Go back to the start: clock, switches, faults, budgets, tokens, nonces and log."""
        settings, faults = self._began
        with self._lock:
            self._set(settings)
            self._changes_before = self.keys_version + 1
            self._forget()
            self.clock.reset()
            self.faults.begin(faults)
            self.log.clear()
            self._foreign.clear()
            self.details.clear()
            self.requests_served = 0

    def note(
        self,
        make: Callable[[int], Record],
        keep: Callable[[Record], Detail] | None = None,
        *,
        foreign: bool = False,
    ) -> None:
        """Count a request, and keep the record that is made for its number, and its detail.

        Parameters
        ----------
        make, keep : callable
        foreign : bool
            Whether the guard refused it. Nothing beyond the record is kept then: a page elsewhere
            shall plant nothing that is shown or written as lines later.
        """
        with self._lock:
            self.requests_served += 1
            record = make(self.requests_served)
            (self._foreign if foreign else self.log).append(record)
            if keep is not None and not foreign:
                self.details.append(keep(record))

    def records(self) -> list[Record]:
        """Return the newest requests, oldest first."""
        with self._lock:
            return sorted((*self.log, *self._foreign), key=lambda one: one.number)

    def detail(self, number: int) -> Detail | None:
        """Return what is kept of a request; nothing where newer ones took its place."""
        with self._lock:
            return next((one for one in self.details if one.record.number == number), None)
