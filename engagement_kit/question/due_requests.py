"""How many requests due snapshots take, and who signs them: as the planner cuts them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from engagement_kit.question.known import Known
from engagement_kit.question.micros import DAY_US, Micros, moment_at
from engagement_kit.question.plan import plan
from engagement_kit.question.query import Query
from engagement_kit.question.reuse import NOBODY
from engagement_kit.question.riding import is_mixed
from engagement_kit.question.rules import TOTALS_PRIVATE_DAYS, VIDEO_DAYS
from engagement_kit.question.schedule import Dues, Schedule
from engagement_kit.question.wanted import resolve
from engagement_kit.question.where import Where
from engagement_kit.question.work import asking_of

_NOTHING: Final = -2
"""The place of tweets of which nothing can be asked."""

Signed = dict[str | None, Micros]
"""By whose keys sign, how many requests at each tick; None: app-only."""


def some_of(query: Query, rows: Sequence[int]) -> Query:
    """Ask the same of some of a query's tweets, in the order in which they are named.

    Examples
    --------
    >>> some_of(Query("totals", ["20", "21", "22"], ["replies"]), [2, 0]).tweet_ids
    ('22', '20')
    """
    ids = [query.tweet_ids[row] for row in rows]
    owners = [query.owner_of(one) for one in ids]
    return Query(query.endpoint, ids, query.metrics, owners=owners)


class _Places(NamedTuple):
    """Where tweets stand while nothing grows too old for anything.

    Attributes
    ----------
    place
        Of each tweet: tweets of one place share requests.
    signers
        Of each place, who signs.
    alone
        Whether places are cut by themselves: no tweet may ride in a request of another place.
    """

    place: Micros
    signers: tuple[str | None, ...]
    alone: bool


@dataclass
class DueRequests:
    """Counts the requests of due snapshots.

    Parameters
    ----------
    query
        Of which tweets.
    where
        Whose keys there are.
    refusals
        Stored answers by which tweets were refused as somebody else's.
    """

    query: Query
    where: Where
    refusals: Sequence[Known] = ()
    _kept: dict[tuple[int, bytes], dict[str | None, int]] = field(default_factory=dict)

    def at(self, schedule: Schedule, dues: Dues) -> tuple[Micros, Signed]:
        """Give the ticks at which anything is due, and by whom how many requests are signed."""
        ticks, tick = np.unique(dues.at, return_inverse=True)
        counts: Signed = {}
        for first, behind in self._ages(schedule, ticks):
            low, high = np.searchsorted(tick, [first, behind])
            some = Dues(dues.row[low:high], dues.at[low:high])
            for who, many in self._span(some, tick[low:high] - first, ticks[first:behind]).items():
                whole = counts.setdefault(who, np.zeros(len(ticks), dtype=np.int64))
                whole[first:behind] = many
        return ticks, counts

    def _ages(self, schedule: Schedule, ticks: Micros) -> Iterator[tuple[int, int]]:
        """Part the ticks where any tweet grows too old for a metric."""
        limits = np.array([TOTALS_PRIVATE_DAYS.value, VIDEO_DAYS.value]) * DAY_US
        edges = np.unique(schedule.born[:, None] + limits)
        places = np.searchsorted(ticks, edges, side="right")
        yield from (
            pair for pair in pairwise(np.unique([0, *places, len(ticks)]).tolist()) if pair[1]
        )

    def _span(self, dues: Dues, tick: Micros, ticks: Micros) -> Signed:
        found = self._places(int(ticks[0]))
        if self.refusals or not found.alone:
            return self._planned(dues, tick, ticks)
        many = len(found.signers)
        place = found.place[dues.row]
        asked = place != _NOTHING
        there = np.bincount(tick[asked] * many + place[asked], minlength=len(ticks) * many)
        size = self.query.rules.tweets_per_request.value
        calls = -(-there.reshape(len(ticks), many) // size)
        counts: Signed = {}
        for at, who in enumerate(found.signers):
            counts[who] = counts.get(who, np.zeros(len(ticks), dtype=np.int64)) + calls[:, at]
        return counts

    def _places(self, at: int) -> _Places:
        """Say who signs for each tweet at a moment, and of which metrics."""
        query, where = self.query, self.where
        wanted = resolve(
            query, moment_at(at), where.profile, where.credentials, where.lacking(query)
        )
        asking, people = asking_of(wanted, where), where.owned(query)
        kinds: dict[tuple[tuple[str, ...], int], int] = {}
        public = np.array([set(one) <= wanted.public for one in asking.shapes], dtype=bool)
        signer = np.where(public[asking.shape], NOBODY, asking.owner)
        # Of tweets of accounts without keys nothing is wanted but what anybody may ask.
        lost = np.array([not one for one in asking.shapes], dtype=bool)[asking.shape]
        pairs = zip(asking.shape.tolist(), signer.tolist(), lost.tolist(), strict=True)
        place = np.array(
            [
                _NOTHING if gone else kinds.setdefault((asking.shapes[shape], who), len(kinds))
                for shape, who, gone in pairs
            ],
            dtype=np.int64,
        )
        signers = tuple(None if who == NOBODY else people.accounts[who] for _, who in kinds)
        alone = (
            len({names for names, _ in kinds}) < 2
            or not is_mixed(query.metrics)
            or self._none_rides
        )
        return _Places(place, signers, alone)

    @property
    def _none_rides(self) -> bool:
        """Whether no tweet may stand in its owner's request for more than can be had of it."""
        return "app" in self.where.credentials and self.query.owners is None

    def _planned(self, dues: Dues, tick: Micros, ticks: Micros) -> Signed:
        """Have the planner cut each tick; what it cut once it cuts alike until ages change."""
        counts: Signed = {}
        edges = np.searchsorted(tick, np.arange(len(ticks) + 1))
        for at, (first, behind) in enumerate(pairwise(edges.tolist())):
            rows = dues.row[first:behind]
            key = (int(ticks[0]), rows.tobytes())
            if key not in self._kept:
                made = plan(
                    some_of(self.query, rows.tolist()),
                    now=moment_at(int(ticks[at])),
                    have=self.refusals,
                    where=self.where,
                )
                self._kept[key] = made.by_account
            for who, many in self._kept[key].items():
                counts.setdefault(who, np.zeros(len(ticks), dtype=np.int64))[at] = many
        return counts
