"""What is followed: which counts of which tweets, how often, from when until when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from engagement_kit.question.hours import from_iso, iso
from engagement_kit.question.micros import MICROSECOND
from engagement_kit.question.query import Query
from engagement_kit.question.schedule import Schedule

_FORMAT: Final = 1
_KEY_LENGTH: Final = 12


@dataclass(frozen=True)
class Spec:
    """What is followed.

    Attributes
    ----------
    query
        A query of totals.
    every
        The shortest time between two snapshots.
    since, until
        When it began, and when it ends.
    service
        Whom it asks.
    purged
        How many tweets that were named are left out, for they were purged.
    """

    query: Query
    every: timedelta
    since: datetime
    until: datetime
    service: str
    purged: int = 0

    @property
    def name(self) -> str:
        """The name of its folder: when it began, and a hash of all that it is."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()[:_KEY_LENGTH]
        return f"{self.since.astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{key}"

    @property
    def schedule(self) -> Schedule:
        """When its tweets are due."""
        return Schedule(self.query.numbers, self.every, self.since, self.until)

    def asks_the_same(self, other: Spec) -> bool:
        """Say whether both follow the same counts of the same tweets as often, of one service.

        Who wrote the tweets may be said better the second time.
        """
        return self._identity() == other._identity()

    def _identity(self) -> tuple[object, ...]:
        tweets, names = frozenset(self.query.tweet_ids), frozenset(self.query.metrics)
        return tweets, names, self.every, self.service

    def without(self, tweet_ids: Collection[str]) -> Self | None:
        """Follow the same but for purged tweets; None where nothing is left."""
        left = self.query.without(tweet_ids)
        if left is None:
            return None
        gone = len(self.query.tweet_ids) - len(left.tweet_ids)
        return replace(self, query=left, purged=self.purged + gone)

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data."""
        return {
            "format": _FORMAT,
            "query": self.query.to_dict(),
            "every_us": self.every // MICROSECOND,
            "since": iso(self.since),
            "until": iso(self.until),
            "service": self.service,
            **({"purged": self.purged} if self.purged else {}),
        }

    def to_bytes(self) -> bytes:
        """Write as it stands in its file."""
        return json.dumps(self.to_dict(), indent=1).encode()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(
            query=Query.from_dict(data["query"]),
            every=data["every_us"] * MICROSECOND,
            since=from_iso(data["since"]),
            until=from_iso(data["until"]),
            service=str(data["service"]),
            purged=int(data.get("purged", 0)),
        )
