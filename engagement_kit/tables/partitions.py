"""Which answers of a store become one file of a dataset. Decides by what is known of them; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engagement_kit.question.known import Known
from engagement_kit.tables.schema import SCHEMA_VERSION

ANSWERS: Final = 75
"""Answers in a file: one full file of hours has some twenty million rows."""
_EDITION: Final = 1
"""Raise it when the same answers come to give other rows: files are then made anew."""


@dataclass(frozen=True)
class Partition:
    """Answers that become one file.

    Attributes
    ----------
    grain
        Of all their rows.
    refs
        Their names, in the order of observation.
    rivals
        For each of them, the answers that may count the same numbers.
    """

    grain: str
    refs: tuple[str, ...]
    rivals: tuple[tuple[str, ...], ...]

    @property
    def name(self) -> str:
        """The name of its file: the same answers have the same."""
        said = repr((_EDITION, SCHEMA_VERSION, self.grain, self.refs, self.rivals))
        return f"part-{hashlib.sha256(said.encode()).hexdigest()[:24]}.parquet"


def partitions(
    known: Iterable[Known], grain_of: Callable[[Known], str], *, history: bool = False
) -> list[Partition]:
    """Cut a store into partitions.

    Parameters
    ----------
    known
        What the answers of the store cover.
    grain_of
        Names the grain of an answer's rows.
    history
        Keep every observation: no answer has a rival.

    Returns
    -------
    list of Partition
        Each answer is in exactly one. Answers that came later go into later partitions, so that
        those of a store that grows stay what they were.
    """
    by_grain: dict[str, list[Known]] = {}
    for one in sorted(known, key=lambda one: (one.observed_at, one.ref)):
        by_grain.setdefault(grain_of(one), []).append(one)
    found = []
    for grain, answers in sorted(by_grain.items()):
        rivals = _rivals(answers, grain, history=history)
        for at in range(0, len(answers), ANSWERS):
            refs = tuple(one.ref for one in answers[at : at + ANSWERS])
            found.append(Partition(grain, refs, tuple(rivals[ref] for ref in refs)))
    return found


def _rivals(answers: Sequence[Known], grain: str, *, history: bool) -> dict[str, tuple[str, ...]]:
    """Find the answers that may count the same numbers, for each answer."""
    if history or grain == "lifetime":  # what was counted up to two moments is two numbers
        return {one.ref: () for one in answers}
    by_tweet: dict[str, list[int]] = {}
    by_key: dict[str, list[int]] = {}
    for at, one in enumerate(answers):
        by_key.setdefault(one.key, []).append(at)
        for tweet in one.tweet_ids if one.level else ():
            by_tweet.setdefault(tweet, []).append(at)
    found = {}
    for at, one in enumerate(answers):
        near = set(_near(one, by_tweet, by_key)) - {at}
        found[one.ref] = tuple(answers[it].ref for it in sorted(near) if _meet(one, answers[it]))
    return found


def _near(
    one: Known, by_tweet: dict[str, list[int]], by_key: dict[str, list[int]]
) -> Iterator[int]:
    """Give the positions of answers about the same tweets; of sums, those to the same request."""
    yield from by_key[one.key]
    for tweet in one.tweet_ids if one.level else ():
        yield from by_tweet[tweet]


def _meet(one: Known, other: Known) -> bool:
    """Say whether two answers share hours and metrics; those that echo no hours may."""
    if not one.metrics & other.metrics:
        return False
    nowhere = one.start == one.end or other.start == other.end
    return nowhere or (one.start < other.end and other.start < one.end)
