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

from engagement_kit.emulator.accounts import Account
from engagement_kit.emulator.clock import WorldClock
from engagement_kit.emulator.faults import Fault
from engagement_kit.emulator.running import Emulator
from engagement_kit.emulator.settings import Settings
from engagement_kit.emulator.world import World

__all__ = ["Account", "Emulator", "Fault", "Settings", "World", "WorldClock"]
