"""Half-lives from snapshots: bounds by lifetime counts that were observed again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.tables.codes import micros
from engagement_kit.tables.schema import NULL_TIME, Ints

if TYPE_CHECKING:
    import pandas as pd


class Snapshots(NamedTuple):
    """Counts of tweets since they were posted, by tweet, then by moment.

    Attributes
    ----------
    tweet
        Which, a number.
    seen
        When it was observed, in microseconds since 1970.
    value
        The count up to then.
    """

    tweet: Ints
    seen: Ints
    value: Ints


class Bounds(NamedTuple):
    """What is known of each tweet's half, in the order of the tweets.

    Attributes
    ----------
    low, high
        The half was reached after the one, at the latest at the other: moments; of a tweet of which
        no half is known the moment of its birth.
    final, exact
        The count at the horizon, and whether it is known to the last.
    known
        Whether there are bounds.
    nothing
        Whether nothing was counted within the horizon.
    """

    low: Ints
    high: Ints
    final: Ints
    exact: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    nothing: npt.NDArray[np.bool_]


def snapshots_of(rows: pd.DataFrame, born: Ints) -> Snapshots:
    """Take the counts of one metric out of a table of grain lifetime, each observation once."""
    counted = rows[rows[["value", "observed_at"]].notna().all(axis=1) & (rows["_tweet"] >= 0)]
    tweet, seen = counted["_tweet"].to_numpy(dtype=np.int64), micros(counted["observed_at"])
    value = counted["value"].to_numpy(dtype=np.int64)
    there = (born[tweet] != NULL_TIME) & (seen >= born[tweet])
    tweet, seen, value = tweet[there], seen[there], value[there]
    # Of two answers of one moment the larger count: one of them may be of a moment before.
    order = np.lexsort((-value, seen, tweet))
    tweet, seen, value = tweet[order], seen[order], value[order]
    new = np.ones(len(tweet), dtype=bool)
    new[1:] = (np.diff(tweet) != 0) | (np.diff(seen) != 0)
    return Snapshots(tweet[new], seen[new], value[new])


def bounds_of(told: Snapshots, born: Ints, until: Ints) -> Bounds:
    """Find between which two snapshots each tweet first had half of what it had at its horizon.

    Parameters
    ----------
    told
        The counts.
    born, until
        When each tweet was posted, and when its horizon ends.

    Notes
    -----
    What a tweet had at the horizon lies between its last count up to then and its first count from
    then on. The half was not reached while the count was below half of the smaller one, and was
    reached when it was half of the larger one. So the bounds hold whether or not there is a
    snapshot at the horizon itself, as long as counts do not fall.
    """
    many = np.arange(len(born))
    first, behind = (np.searchsorted(told.tweet, many, side) for side in ("left", "right"))
    within = told.seen <= until[told.tweet]
    inside = np.concatenate([[0], np.cumsum(within)])
    last = first + inside[behind] - inside[first] - 1  # of each tweet, within its horizon
    exact = (last >= first) & (_at(told.seen, last, last >= first) == until)
    after = np.where(exact, last, last + 1)
    seen = (last >= first) & (after < behind)
    before, then = (_at(told.value, place, seen) for place in (last, after))
    least, most = np.minimum(before, then), np.maximum(before, then)
    known = seen & (least > 0)
    low = _first(told, first, known, least)
    high = _first(told, first, known, most)
    earlier = low - 1
    begun = _at(told.seen, earlier, known & (earlier >= first))
    return Bounds(
        low=np.where(known & (earlier >= first), begun, born),
        high=np.where(known, np.minimum(_at(told.seen, high, known), until), born),
        final=most,
        exact=seen & (least == most),
        known=known,
        nothing=seen & (most <= 0),
    )


def _at(values: Ints, place: Ints, there: npt.NDArray[np.bool_]) -> Ints:
    """Look values up at places, 0 where there are none."""
    found = np.zeros(len(place), dtype=np.int64)
    found[there] = values[place[there]]
    return found


def _first(told: Snapshots, first: Ints, known: npt.NDArray[np.bool_], whole: Ints) -> Ints:
    """Find the first snapshot of each tweet that has half of a count; its first where none has."""
    # Not twice the count against the whole: that would pass the largest number sooner.
    half = known[told.tweet] & (told.value >= whole[told.tweet] - told.value)
    reached = np.flatnonzero(half)
    which, place = np.unique(told.tweet[reached], return_index=True)
    found = first.copy()
    found[which] = reached[place]
    return found
