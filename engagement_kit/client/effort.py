"""What a run took, all its sessions together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from engagement_kit.fetch.steps import Fetched

_KINDS: Final[dict[type, tuple[type, ...]]] = {int: (int,), float: (int, float), str: (str,)}


@dataclass(frozen=True)
class Effort:
    """What a run took, all its sessions together; see `engagement_kit.fetch.steps.Fetched`."""

    sent: int = 0
    retries: int = 0
    limited: int = 0
    shortened: int = 0
    split: int = 0
    found: int = 0
    waited: float = 0.0
    stopped: str = ""
    sessions: int = 1

    @classmethod
    def of(cls, fetched: Fetched) -> Effort:
        """Take it from one session."""
        return cls(**{one.name: getattr(fetched, one.name) for one in fields(cls)[:-1]})

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Effort:
        """Read what a session wrote down; what a newer kit counts besides is left out."""
        kinds = {one.name: _KINDS[type(one.default)] for one in fields(cls)}
        right: dict[str, Any] = {
            name: value for name, value in record.items() if isinstance(value, kinds.get(name, ()))
        }
        return cls(**right)

    def plus(self, later: Effort) -> Effort:
        """Add a later session; what it found and why it stopped are its own."""
        return Effort(
            sent=self.sent + later.sent,
            retries=self.retries + later.retries,
            limited=self.limited + later.limited,
            shortened=self.shortened + later.shortened,
            split=self.split + later.split,
            found=later.found,
            waited=self.waited + later.waited,
            stopped=later.stopped,
            sessions=self.sessions + later.sessions,
        )


NO_EFFORT: Final = Effort()
