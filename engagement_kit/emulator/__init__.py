"""The other side: a local service that answers like the Engagement API, with a known truth.

Imports nothing of the kit outside this package: what it says about the API is an independent
witness. Its numbers are invented, and every answer says so in ``x-engagement-emulator``.

Examples
--------
>>> from engagement_kit.emulator import Emulator
>>> with Emulator() as emulator:
...     acme = emulator.world.accounts[0].name
>>> acme
'acme'
"""

from __future__ import annotations

from engagement_kit.emulator.api.settings import Settings
from engagement_kit.emulator.service.faults import Fault
from engagement_kit.emulator.service.running import Emulator
from engagement_kit.emulator.world.accounts import Account, App
from engagement_kit.emulator.world.clock import WorldClock
from engagement_kit.emulator.world.world import World

__all__ = ["Account", "App", "Emulator", "Fault", "Settings", "World", "WorldClock"]
