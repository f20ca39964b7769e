"""Old tweets that ride along: public metrics of totals in free slots of their owner's requests.

On totals, tweets older than 90 days have public metrics alone. Asked app-only they need no owner;
but an owner's request for all metrics of younger tweets takes 250 of any age for the same price.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.question import metrics as registry
from engagement_kit.question.batches import counts_each_tweet
from engagement_kit.question.gaps import Spans
from engagement_kit.question.hours import Hours
from engagement_kit.question.offer import PRIVATE_AGE, older_than
from engagement_kit.question.request import Request
from engagement_kit.question.tweet_ids import as_numbers

_PUBLIC: Final = frozenset(registry.offered("totals", "app"))


# --- how they are placed --------------------------------------------------------------------------
class Share(NamedTuple):
    """What one signer asks of the same metrics.

    Attributes
    ----------
    names
        The metrics.
    signer
        A position among accounts; negative for app-only.
    spans
        Tweets, and the hours asked of each.
    """

    names: tuple[str, ...]
    signer: int
    spans: Spans


def filled(
    shares: Sequence[Share], owner: Hours, may_ride: npt.NDArray[np.bool_], size: int
) -> list[Share]:
    """Move tweets into free slots of their owners' requests, where that saves requests.

    Parameters
    ----------
    shares
        What is asked of totals, by who signs.
    owner
        The owner of each tweet of the query, a position among accounts.
    may_ride
        Whether a tweet may stand in a request of its owner's for more metrics than can be had.
    size
        Tweets in one request.

    Returns
    -------
    list of Share
        Just as many tweets are moved as save the most requests; none where that saves none.

    Notes
    -----
    A free slot costs nothing, and a request of an owner's that is opened for more tweets costs as
    much as the app-only one that it saves: so with every free slot used no placing needs fewer.
    """
    placed = list(shares)
    room = [-len(one.spans.row) % size if _is_host(one) else 0 for one in placed]
    for at, pool in enumerate(placed):
        if _is_host(pool):
            continue
        rows = np.flatnonzero(may_ride[pool.spans.row])
        places = _places(owner[pool.spans.row[rows]], placed, room, pool)
        moves = _worth(
            len(pool.spans.row), sum(min(len(one), room[to]) for to, one in places), size
        )
        gone = np.zeros(len(pool.spans.row), dtype=bool)
        for to, among in places:
            taken = rows[among[: min(room[to], moves)]]
            moves -= len(taken)
            room[to] -= len(taken)
            gone[taken] = True
            host = placed[to]
            joined = Spans.joined([host.spans, pool.spans.at(taken)])
            placed[to] = host._replace(spans=joined)
        placed[at] = pool._replace(spans=pool.spans.at(~gone))
    return [one for one in placed if len(one.spans.row)]


def _is_host(share: Share) -> bool:
    """Say whether a share is signed by an owner for want of another way: others may ride there."""
    return not _PUBLIC.issuperset(share.names)


def _places(
    owners: Hours, shares: Sequence[Share], room: Sequence[int], pool: Share
) -> list[tuple[int, Hours]]:
    """List the shares that tweets of a pool may ride in, the most room first, and which tweets.

    An owner has several shares where stored answers hold a part of it; the roomiest will do.
    """
    best: dict[int, int] = {}
    for at, share in enumerate(shares):
        if room[at] and set(share.names) > set(pool.names):
            known = best.get(share.signer)
            if known is None or room[at] > room[known]:
                best[share.signer] = at
    found = [(at, np.flatnonzero(owners == signer)) for signer, at in best.items()]
    return sorted(found, key=lambda one: -room[one[0]])


def _worth(many: int, movable: int, size: int) -> int:
    """Say how many tweets to move out of a pool: no more than save whole requests.

    Examples
    --------
    >>> _worth(260, 40, 250), _worth(260, 9, 250), _worth(100, 200, 250)
    (10, 0, 100)
    """
    left = -(-max(0, many - movable) // size)
    return many - size * left if left < -(-many // size) else 0


def is_mixed(names: Collection[str]) -> bool:
    """Say whether some metrics of totals are public, and others are the owner's alone.

    Examples
    --------
    >>> is_mixed(["impressions", "favorites"]), is_mixed(["favorites"]), is_mixed(["impressions"])
    (True, False, False)
    """
    return not _PUBLIC.issuperset(names) and not _PUBLIC.isdisjoint(names)


# --- what becomes of them where the API refuses ---------------------------------------------------
@dataclass(frozen=True)
class Riding:
    """How public metrics of totals are asked by themselves, where the API refuses their request.

    That they may ride is documented for the answer alone: a list, and "0" for what can't be had.
    A service that refuses the whole request is asked for the others, and for these by themselves.

    Where a tweet turns out to be somebody else's, old or young, what is said of its owner is wrong
    or missing. Its public metrics are asked app-only, if there are such keys: anybody may.

    Attributes
    ----------
    now
        The moment of the plan: from it their age counts. None: none ride.
    app
        Whether there are app-only keys.
    """

    now: datetime | None = None
    app: bool = True

    def parts(self, request: Request) -> tuple[Request, ...] | None:
        """Part the tweets that ride along from the others; None where there are none."""
        riders = self._riders(request)
        others = request.without(riders)
        if not riders or not others.tweet_ids:
            return None
        return others, self._alone(request, riders)

    def rest(
        self, request: Request, named: frozenset[str], *, refused: bool
    ) -> tuple[Request, ...]:
        """Give what is left to ask after an answer that only names tweets.

        Parameters
        ----------
        request
            What was asked.
        named
            The tweets that it names.
        refused
            Whether as somebody else's; else as too old for some metrics, or as unavailable.
        """
        riders = self._riders(request)
        again = riders & named
        if refused:
            again = named if self.app and self._is_mixed(request) else frozenset()
        others = request.without(named)
        if riders.issuperset(others.tweet_ids):  # nobody is left in whose request to ride
            again, others = again | frozenset(others.tweet_ids), others.without(riders)
        parts = (others, self._alone(request, again))
        return tuple(one for one in parts if one.tweet_ids)

    def _riders(self, request: Request) -> frozenset[str]:
        if self.now is None or not self._is_mixed(request):
            return frozenset()
        old = older_than(as_numbers(request.tweet_ids), PRIVATE_AGE.days, self.now)
        return frozenset(np.array(request.tweet_ids, dtype=object)[old].tolist())

    def _is_mixed(self, request: Request) -> bool:
        """Say whether an owner's request holds metrics that anybody may ask beside others."""
        if self.now is None or (request.endpoint, request.credential) != ("totals", "user"):
            return False
        return is_mixed(request.metrics) and counts_each_tweet(request)

    def _alone(self, request: Request, tweets: frozenset[str]) -> Request:
        """Ask some of the tweets for their public metrics alone."""
        return replace(
            request,
            credential="app" if self.app else "user",
            account=None if self.app else request.account,
            tweet_ids=tuple(one for one in request.tweet_ids if one in tweets),
            metrics=tuple(one for one in request.metrics if one in _PUBLIC),
        )


NOBODY_RIDES: Final = Riding()
