"""How long counts of a metric take until they rest: the rule by which a settle time is learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, NamedTuple

from engagement_kit.question.amounts import many
from engagement_kit.question.known import SETTLE
from engagement_kit.question.settling import length

SETTLE_H: Final = SETTLE // timedelta(hours=1)
"""The default settle time in hours."""


class Rest(NamedTuple):
    """How long the numbers of a metric take until they rest, as far as a store tells.

    Attributes
    ----------
    metric
        Which.
    settle
        The settle time: learnt, or the default.
    learnt
        Whether it was learnt.
    followed
        Numbers that were looked at early and again at the default settle time or later, and were
        not always zero.
    tweets
        Of how many tweets they are: hours of one tweet are not independent of each other.
    why
        In words.
    """

    metric: str
    settle: timedelta
    learnt: bool
    followed: int
    tweets: int
    why: str


@dataclass
class Past:
    """What is known of the numbers of one metric that were followed to the end.

    Attributes
    ----------
    first
        How many were looked at first at which age, in hours, rounded up.
    moves
        The counts that came or went between two ages: hours of the earlier, rounded down, and of
        the later, rounded up.
    unsettled
        Those of them that were seen at the last look at their number.
    counts
        All counts of theirs.
    tweets
        Their tweets, each with the age in hours at which a number of it was looked at first.
    """

    first: dict[int, int] = field(default_factory=dict)
    moves: dict[tuple[int, int], int] = field(default_factory=dict)
    unsettled: dict[tuple[int, int], int] = field(default_factory=dict)
    counts: int = 0
    tweets: dict[int, int] = field(default_factory=dict)

    @property
    def followed(self) -> int:
        """How many there are."""
        return sum(self.first.values())


def rest_of(metric: str, past: Past, tolerance: float, min_numbers: int, min_tweets: int) -> Rest:
    """Decide the settle time of one metric; the rule is in `Revisions.settle`."""

    def default(why: str, longer: int = 0) -> Rest:
        time = max(SETTLE, timedelta(hours=longer))
        why = f"{length(time)}, not learnt: {why}"
        return Rest(metric, time, False, past.followed, len(past.tweets), why)

    if past.followed < min_numbers or len(past.tweets) < min_tweets:
        verb = "was" if past.followed == 1 else "were"
        few = f"{_source(past)} {verb} followed to an age of {length(SETTLE)}"
        needed = f"{many(min_numbers, 'number')} of {many(min_tweets, 'tweet')}"
        return default(f"{few}; {needed} are needed, and what stays at zero does not count")
    may_move = tolerance * past.counts
    certain = max((one for one, _ in past.moves if one >= SETTLE_H), default=0)
    if sum(past.unsettled.values()) > may_move:
        ends = max(after for _, after in past.unsettled)
        return default("numbers still moved at their last look", ends if certain else 0)
    known = max(_known_from(past.first, min_numbers), sorted(past.tweets.values())[min_tweets - 1])
    time = max(known, _last_move(past.moves, may_move))
    if time > SETTLE_H and not certain:
        return default(f"the last movement was seen {length(timedelta(hours=time))} after the end")
    said = f"{length(timedelta(hours=time))}, learnt from {_source(past)}"
    return Rest(metric, timedelta(hours=time), True, past.followed, len(past.tweets), said)


def _source(past: Past) -> str:
    return f"{many(past.followed, 'number')} of {many(len(past.tweets), 'tweet')}"


def _known_from(first: Mapping[int, int], min_numbers: int) -> int:
    """Give the age from which on so many numbers were looked at."""
    held = 0
    for age in sorted(first):
        held += first[age]
        if held >= min_numbers:
            return age
    raise AssertionError  # pragma: no cover -- there are that many


def _last_move(moves: Mapping[tuple[int, int], int], may_move: float) -> int:
    """Give the age after which no more counts came or went than may."""
    by_end: dict[int, int] = {}
    for (_, after), count in moves.items():
        by_end[after] = by_end.get(after, 0) + count
    left = 0
    for after in sorted(by_end, reverse=True):
        left += by_end[after]
        if left > may_move:
            return after
    return 0
