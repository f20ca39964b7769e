"""What a run stands on and keeps to: the world outside, and its orders."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from engagement_kit.answers.calls import Calls
from engagement_kit.answers.store import Store
from engagement_kit.fetch.gate import Gate
from engagement_kit.fetch.patience import Patience
from engagement_kit.fetch.transport import Transport
from engagement_kit.question.riding import NOBODY_RIDES, Riding
from engagement_kit.question.rules import CredentialKind

Signer = tuple[CredentialKind, str | None]
"""A kind of credential, and the account; None: app-only."""


@dataclass(frozen=True)
class Doors:
    """The world outside: network, files, clocks, sleep and chance.

    ``sleep(stop, seconds)`` ends early when the run is stopped. `now` is the client's clock,
    `unix_now` real time, and `monotonic` neither jumps nor is put back. `calls`, where there is
    one, is told of each call before it leaves.
    """

    transport: Transport
    store: Store
    now: Callable[[], datetime]
    sleep: Callable[[threading.Event, float], object] = threading.Event.wait
    unix_now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    patience: Patience = field(default_factory=Patience)
    gate: Gate = field(default_factory=Gate)
    calls: Calls | None = None


@dataclass(frozen=True)
class Orders:
    """What a run has to keep to.

    Attributes
    ----------
    total
        How many requests there are, for the steps.
    threads
        How many are under way at once.
    since
        Answers of the store that came since then serve: an earlier run of the same plan, or
        another process that is at it. None: all is asked.
    extra
        Requests beyond the plan that may go into finding single bad tweets.
    most
        Calls that may be made, tries again among them; None for no bound.
    riding
        How tweets that ride in their owner's requests are asked where these are refused.
    signers
        Who signs the requests: where the keys of one are not accepted, the others go on.
    urgent
        Whether the order of the requests counts. Of those that wait the first in order leaves
        first; one that was left for later, since nobody got through, comes before the others as
        soon as anybody does.
    """

    total: int
    threads: int = 4
    since: datetime | None = None
    extra: int = 0
    most: int | None = None
    riding: Riding = NOBODY_RIDES
    signers: frozenset[Signer] = frozenset()
    urgent: bool = False
