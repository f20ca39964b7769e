"""The part of a query that is still to be asked, and how it is cut into requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from engagement_kit.question import metrics as registry
from engagement_kit.question.cutting import cut
from engagement_kit.question.hours import moment
from engagement_kit.question.known import Coverage, Freshness, Known, subtract
from engagement_kit.question.request import Request
from engagement_kit.question.rules import (
    DAY,
    HOUR,
    ID,
    LIVE_BASE_URL,
    TYPE,
    WINDOW_HOURS,
    CredentialKind,
    Levels,
)
from engagement_kit.question.wanted import Hours, Wanted

CARRIERS: Final[dict[str, tuple[str, Levels]]] = {
    "lifetime": ("by tweet", (ID, TYPE)),
    "day": ("by day", (ID, TYPE, DAY)),
    "hour": ("by hour", (ID, TYPE, DAY, HOUR)),
}
"""The planner's own grouping for each level: its name and its ``group_by``."""

_Job = tuple[CredentialKind, str | None, tuple[str, ...]]


@dataclass(frozen=True)
class Where:
    """To whom a plan is addressed, and by which rules it is made.

    Attributes
    ----------
    service
        The live base URL, or the name of an emulator's world.
    account
        The account that signs where the query names no owner.
    credentials
        Which kinds of credential there are.
    profile
        How far historical reaches: ``reference`` (since 2014-09-01) or ``overview`` (365 days).
    """

    service: str = LIVE_BASE_URL
    account: str = "me"
    credentials: tuple[str, ...] = ("user", "app")
    profile: str = "reference"


class Work:
    """The part of a query that is still to be asked, cut into requests. Lives for one plan."""

    def __init__(self, wanted: Wanted, where: Where, known: Coverage, fresh: Freshness) -> None:
        self.wanted, self.where, self.known, self.fresh = wanted, where, known, fresh
        self.used: dict[str, Known] = {}
        self.stored = 0

    def requests(self) -> tuple[Request, ...]:
        """Cut what is left into lawful requests."""
        wanted = self.wanted
        rules = wanted.query.rules
        lifetime = wanted.level == "lifetime"
        window = 1 if lifetime else WINDOW_HOURS
        found = []
        for (credential, account, metrics), (rows, spans) in self._jobs():
            for piece in cut(spans[:, 0], spans[:, 1], rules.tweets_per_request.value, window):
                ids = dict.fromkeys(wanted.query.tweet_ids[rows[at]] for at in piece.rows)
                timed = rules.takes_period
                found.append(
                    Request(
                        service=self.where.service,
                        endpoint=rules.name,
                        credential=credential,
                        account=account,
                        tweet_ids=tuple(ids),
                        metrics=metrics,
                        groupings=(CARRIERS[wanted.level],),
                        start=moment(piece.start) if timed else None,
                        end=moment(piece.end) if timed else None,
                    )
                )
        return tuple(found)

    def _jobs(self) -> Iterator[tuple[_Job, tuple[list[int], Hours]]]:
        """Sort what is left by who signs and which metrics are asked."""
        jobs: dict[_Job, list[tuple[int, int, int]]] = {}
        for row in range(len(self.wanted.query.tweet_ids)):
            for metrics, start, end in self._left(row):
                job = self._signs(row, metrics)
                jobs.setdefault(job, []).append((row, start, end))
        for job, items in jobs.items():
            table = np.array(items, dtype=np.int64)
            yield job, (table[:, 0].tolist(), table[:, 1:])

    def _signs(self, row: int, metrics: tuple[str, ...]) -> _Job:
        """Choose the credential: app-only where it may, for it needs no owner and pools batches."""
        query = self.wanted.query
        public = set(metrics) <= set(registry.offered(query.endpoint, "app"))
        if public and "app" in self.where.credentials:
            return "app", None, metrics
        return "user", query.owner_of(query.tweet_ids[row]) or self.where.account, metrics

    def _left(self, row: int) -> Iterator[tuple[tuple[str, ...], int, int]]:
        """Give the spans of one tweet that are to be asked, metrics with the same span together."""
        names = self._askable(row)
        if not names:
            return
        spans = self.wanted.spans[row]
        filled = spans[spans[:, 0] < spans[:, 1]]
        span = (int(filled[:, 0].min()), int(filled[:, 1].max()))
        usable = self._usable(row, span, names)
        if not usable:
            yield names, *span
            return
        left: dict[tuple[int, int], list[str]] = {}
        for name in names:
            taken = [(one, part) for one, part in usable if name in one.metrics]
            self._count_stored(row, name, [part for one, part in taken if not one.refused])
            for part in subtract(span, [part for _, part in taken]):
                left.setdefault(part, []).append(name)
        for part, metrics in left.items():
            start, end = self._obtainable(row, metrics, part)
            if start < end:
                yield tuple(metrics), start, end

    def _obtainable(self, row: int, metrics: list[str], part: tuple[int, int]) -> tuple[int, int]:
        """Trim a span to the hours that at least one of the metrics can be had for."""
        edges = [
            (max(start, part[0]), min(end, part[1]))
            for name, (start, end) in self._spans_of(row)
            if name in metrics
        ]
        filled = [edge for edge in edges if edge[0] < edge[1]]
        if not filled:
            return part[0], part[0]
        return min(start for start, _ in filled), max(end for _, end in filled)

    def _spans_of(self, row: int) -> Iterator[tuple[str, tuple[int, int]]]:
        """Give each metric with the hours that can be had of it for one tweet."""
        pairs = zip(self.wanted.query.metrics, self.wanted.spans[row].tolist(), strict=True)
        return ((name, (start, end)) for name, (start, end) in pairs)

    def _count_stored(self, row: int, name: str, parts: list[tuple[int, int]]) -> None:
        """Add the wanted numbers of one tweet and metric that the store holds."""
        start, end = dict(self._spans_of(row))[name]
        rest = sum(b - a for a, b in subtract((start, end), parts))
        self.stored += (end - start - rest) // self.wanted.step

    def _askable(self, row: int) -> tuple[str, ...]:
        """Name the metrics to ask for one tweet; none when nothing can be had.

        One request carries all metrics for the same price, so that a metric which is too old rides
        along and keeps the batch whole, unless it would call for another credential.
        """
        query, spans = self.wanted.query, self.wanted.spans[row]
        filled = spans[:, 0] < spans[:, 1]
        if not filled.any():
            return ()
        public = registry.offered(query.endpoint, "app")
        return tuple(
            name
            for name, some in zip(query.metrics, filled, strict=True)
            if some or query.endpoint != "totals" or name in public
        )

    def _usable(
        self, row: int, span: tuple[int, int], names: tuple[str, ...]
    ) -> list[tuple[Known, tuple[int, int]]]:
        """List stored answers and the hours they give of one tweet, and remember the answers."""
        query, wanted = self.wanted.query, self.wanted
        start, end = span
        found = []
        for one in self.known.of_tweet(query.tweet_ids[row], self.where.service, wanted.level):
            shared = tuple(name for name in names if name in one.metrics)
            if not shared or one.account != self._signs(row, shared)[1]:
                continue
            if one.refused or wanted.level == "lifetime":
                part = span if one.refused or self.fresh.is_fresh(one) else (0, 0)
            elif query.endpoint == "28hr":
                part = span if self._serves_last_hours(one, row, span) else (0, 0)
            else:
                part = (max(start, one.start), min(end, self.fresh.usable_until(one)))
            if part[0] < part[1]:
                self.used[one.ref] = one
                found.append((one, part))
        return found

    def _serves_last_hours(self, one: Known, row: int, span: tuple[int, int]) -> bool:
        """Let an answer serve 28hr again when it is young and counts the same hours, but for one.

        A longer one, of historical, would say that its own window is the last 28 hours.
        """
        begins = int(self.wanted.asked[row, 0])
        same = begins - 1 <= one.start <= span[0] and one.end >= span[1] - 1
        return same and self.fresh.is_fresh(one)
