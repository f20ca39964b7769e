"""An emulator that another process of this machine runs: its name and its clock, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import requests

from engagement_kit.errors import ConnectionBroken
from engagement_kit.fetch.sessions import LOOPBACK
from engagement_kit.fetch.wire import EMULATOR_HEADER

_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Elsewhere:
    """A running emulator.

    Attributes
    ----------
    name
        Of its world, as in "emulator/standard-0".
    origin
        As in "http://127.0.0.1:8080".
    """

    name: str
    origin: str

    def now(self) -> datetime:
        """Tell its world's time, UTC; it may be moved at any moment, so it is asked each time.

        Raises
        ------
        ConnectionBroken
            When it does not answer any more.
        """
        said = _ask(self.origin, "clock")
        if said is None:
            msg = f"the emulator at {self.origin} does not answer any more; is it still running?"
            raise ConnectionBroken(msg)
        return datetime.fromisoformat(said["now"]).astimezone(UTC)

    def sample_ids(self, account: str, n: int, kind: str) -> list[str]:
        """List the newest tweets of a kind of an account, known by its name or user id.

        Raises
        ------
        ConnectionBroken
            When it does not answer any more, or has no such account.
        """
        said = _ask(self.origin, f"tweets?{urlencode({'account': account, 'n': n, 'kind': kind})}")
        if said is None:
            msg = f"the emulator at {self.origin} gives no {kind} tweets of account {account!r}"
            raise ConnectionBroken(msg)
        return [str(one) for one in said["tweet_ids"]]


def find_emulator(base_url: str) -> Elsewhere | None:
    """Return the emulator that answers at an address of this machine, or None.

    Addresses that are not of this machine are not asked: no emulator is there.
    """
    parts = urlsplit(base_url)
    if parts.hostname not in LOOPBACK:
        return None
    origin = f"{parts.scheme}://{parts.netloc}"
    said = _ask(origin, "state")
    return None if said is None else Elsewhere(str(said["name"]), origin)


def _ask(origin: str, what: str) -> dict[str, Any] | None:
    """Ask the emulator's control API; None where something else answers, or nothing."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy reaches this machine's own loopback
        try:
            answer = session.get(f"{origin}/emulator/{what}", timeout=_SECONDS)
            said = answer.json() if answer.ok else None
        except (requests.RequestException, ValueError):
            return None
    known = EMULATOR_HEADER in {name.lower() for name in answer.headers}
    return said if known and isinstance(said, dict) else None
