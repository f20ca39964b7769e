"""What a client stands on, made by ``ek.connect``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from engagement_kit.fetch.elsewhere import Elsewhere
from engagement_kit.fetch.keys.credentials import Credentials
from engagement_kit.fetch.transport import Transport
from engagement_kit.question.plan import Where

if TYPE_CHECKING:
    from engagement_kit.emulator import Emulator


@dataclass(frozen=True)
class Connection:
    """What a client stands on: network, keys, clock, and the emulator where there is one.

    `emulator` runs in this process, `elsewhere` in another one of this machine; `base_url` is that
    of the live API, or of what stands for it.
    """

    transport: Transport
    credentials: Credentials
    where: Where
    now: Callable[[], datetime]
    emulator: Emulator | None = None
    elsewhere: Elsewhere | None = None
    base_url: str = ""
    close: Callable[[], None] = lambda: None
