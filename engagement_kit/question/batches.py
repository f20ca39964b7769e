"""Requests as columns: a plan of a million tweets holds numbers, and makes Requests on demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, overload

import numpy as np

from engagement_kit.question.cutting import Pieces
from engagement_kit.question.gaps import Spans
from engagement_kit.question.hours import Hours, moment
from engagement_kit.question.query import Query
from engagement_kit.question.request import Request
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE, CredentialKind, Levels

CARRIERS: Final[dict[str, tuple[str, Levels]]] = {
    "lifetime": ("by tweet", (ID, TYPE)),
    "day": ("by day", (ID, TYPE, DAY)),
    "hour": ("by hour", (ID, TYPE, DAY, HOUR)),
}
"""The planner's own grouping for each level: its name and its ``group_by``."""

CHECKS: Final[dict[str, tuple[str, Levels]]] = {
    "lifetime": ("check by metric", (TYPE,)),
    "day": ("check by tweet", (ID, TYPE)),
    "hour": ("check by tweet", (ID, TYPE)),
}
"""A spare grouping slot asks for the coarser sums too: what the carrier must add up to."""


def counts_each_tweet(request: Request) -> bool:
    """Say whether a request has the planner's own groupings.

    Only then can answers to parts of its tweets be put together again: raw groupings that go over
    the wire as written are read from one answer.
    """
    return request.groupings in {(CARRIERS[level], CHECKS[level]) for level in CARRIERS}


@dataclass(frozen=True)
class Batch:
    """Requests that differ in tweets and window alone.

    Attributes
    ----------
    credential, account, metrics
        As in the Request.
    spans
        What was cut; rows are the tweets' positions in the query.
    pieces
        How the spans were cut.
    """

    credential: CredentialKind
    account: str | None
    metrics: tuple[str, ...]
    spans: Spans
    pieces: Pieces

    @property
    def rows(self) -> Hours:
        """For each span that was cut, its tweet's position in the query."""
        return self.spans.row


class Requests(Sequence[Request]):
    """The requests of a plan, each made when it is looked at.

    Parameters
    ----------
    query
        Whose tweets.
    service
        Whom they are for.
    level
        What is counted: ``lifetime``, ``day`` or ``hour``.
    batches
        The columns.
    order
        Which comes first, as places in the batches one after the other; None: as they stand there.
    """

    def __init__(
        self,
        query: Query,
        service: str,
        level: str,
        batches: Sequence[Batch],
        order: Hours | None = None,
    ) -> None:
        self._query, self._service, self._level = query, service, level
        self._groupings = (CARRIERS[level], CHECKS[level])
        self.batches = tuple(batches)
        self._order = order

    def in_order(self, order: Hours) -> Requests:
        """Give the same requests in another order, each at its place in the batches."""
        return Requests(self._query, self._service, self._level, self.batches, order)

    def __len__(self) -> int:
        """How many there are; none is made for that."""
        return sum(len(one.pieces) for one in self.batches)

    @overload
    def __getitem__(self, at: int) -> Request: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Request, ...]: ...
    def __getitem__(self, at: int | slice) -> Request | tuple[Request, ...]:
        """Make one request, or those of a slice."""
        if isinstance(at, slice):
            return tuple(self[one] for one in range(*at.indices(len(self))))
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            msg = f"request {at} of {len(self)}"
            raise IndexError(msg)
        return self._made_at(place if self._order is None else int(self._order[place]))

    def _made_at(self, place: int) -> Request:
        batch = int(np.searchsorted(self._ends, place, side="right"))
        begin = int(self._ends[batch]) - len(self.batches[batch].pieces)
        return self._make(self.batches[batch], place - begin)

    @cached_property
    def _ends(self) -> Hours:
        """Where in the batches one after the other each ends."""
        return np.cumsum([len(one.pieces) for one in self.batches], dtype=np.int64)

    def __iter__(self) -> Iterator[Request]:
        """Make one after the other."""
        if self._order is not None:
            return map(self._made_at, self._order.tolist())
        return (
            self._make(batch, place) for batch in self.batches for place in range(len(batch.pieces))
        )

    def __eq__(self, other: object) -> bool:
        """Compare with any sequence of requests."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # as other sequences that compare by content

    def __repr__(self) -> str:
        """Say how many; a million of them are never written out."""
        return f"Requests({len(self)})"

    def _make(self, batch: Batch, place: int) -> Request:
        piece = batch.pieces[place]
        ids = self._query.tweet_ids
        timed = self._query.rules.takes_period
        # A tweet may stand twice in a piece, with hours before and after what is stored.
        tweets = dict.fromkeys(ids[row] for row in batch.rows[piece.rows].tolist())
        return Request(
            service=self._service,
            endpoint=self._query.endpoint,
            credential=batch.credential,
            account=batch.account,
            tweet_ids=tuple(tweets),
            metrics=batch.metrics,
            groupings=self._groupings,
            start=moment(piece.start) if timed else None,
            end=moment(piece.end) if timed else None,
        )
