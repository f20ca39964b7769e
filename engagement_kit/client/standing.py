"""What a client stands on: its connection, its store, and whether it is still open."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from engagement_kit.answers.answer import Source
from engagement_kit.answers.store import Store, temporary_store
from engagement_kit.client import options
from engagement_kit.client.beside import warn_of_others
from engagement_kit.client.limits import Limits
from engagement_kit.errors import EngagementError

if TYPE_CHECKING:
    # Whoever only looks into a store, as for `expiring`, loads no network for that.
    from engagement_kit.client.connection import Connection
    from engagement_kit.emulator import Emulator
    from engagement_kit.fetch.control import Control
    from engagement_kit.fetch.gate import Gate


class Standing:
    """What all that a client does stands on; see `engagement_kit.client.client.Client`."""

    def __init__(
        self,
        connection: Connection,
        *,
        store: str | Path | None = None,
        threads: int = 4,
        per_minute: float | None = None,
        contracted: int | None = None,
        overage: str = "warn",
    ) -> None:
        self.connection, self.threads, self.per_minute = connection, threads, per_minute
        self.contracted, self.overage = contracted, overage
        self._gates: dict[str, Gate] = {}
        self._closed = False
        self._controls: set[Control] = set()  # of the runs that go on
        self._store = None if store is None else Store(store)
        self.folder = None if self._store is None else self._store.folder
        if self.folder is not None:
            warn_of_others(self.folder)

    def now(self) -> datetime:
        """Tell the client's time, UTC: real time, or the emulator's world clock."""
        return self.connection.now()

    @property
    def limits(self) -> Limits:
        """What it keeps to, whatever it asks; a run's record has it, too."""
        return Limits(self.threads, self.per_minute, self.contracted, self.overage)

    @property
    def emulator(self) -> Emulator | None:
        """The emulator that this client started; None on the live API."""
        return self.connection.emulator

    @property
    def source(self) -> Source:
        """``live``, or ``emulator``: of this process or another, whose data are invented."""
        connection = self.connection
        invented = connection.emulator is not None or connection.elsewhere is not None
        return "emulator" if invented else "live"

    @property
    def account(self) -> str:
        """The account that signs where a query names no owner; empty without user keys."""
        return self.connection.credentials.account

    @property
    def credentials(self) -> tuple[str, ...]:
        """Which kinds of request its keys can sign: ``user``, ``app`` or both."""
        return self.connection.credentials.kinds

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts whose keys are at hand."""
        return tuple(self.connection.credentials.users)

    @property
    def closed(self) -> bool:
        """Whether it was closed: it asks nothing any more."""
        return self._closed

    def close(self) -> None:
        """Stop runs that go on, close connections, stop the emulator. Results go on working."""
        self._closed = True
        for control in tuple(self._controls):
            control.stop()
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            msg = "this client is closed; nothing was sent. Make a new one with ek.connect(...)."
            raise EngagementError(msg)

    def _open(self, store: str | Path | Store | None) -> Store:
        if isinstance(store, Store):
            return store
        options.check(store=store)
        if store is not None:
            return Store(store)
        if self._store is None:
            self._store = temporary_store()
        return self._store
