"""The counts of one grouping as columns of codes, whichever reader they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engagement_kit.question.rules import DAY, HOUR, ID, TYPE, Levels
from engagement_kit.tables.readers.reshape import Leaves, day_number, hour_number
from engagement_kit.tables.readers.scanned import Ints, Scanned
from engagement_kit.tables.schema import same

NO_DAY: Final = np.iinfo(np.int32).min
NO_HOUR: Final = -1


@dataclass(frozen=True)
class Columns:
    """The counts of one grouping, in the order of the answer.

    Attributes
    ----------
    levels
        What was grouped by, from the outside in.
    tweets, metrics
        Tweet ids and names of metrics in the order of their first appearance.
    tweet, metric
        Positions in `tweets` and `metrics`; -1 where there is none.
    day
        Days since 1970; NO_DAY where there is none that can be read.
    hour
        0 to 23; NO_HOUR where there is none that can be read.
    value
        The counts, int64; 0 where `good` is False.
    good
        Whether a count can be read, and the keys that lead to it.
    """

    levels: Levels
    tweets: tuple[str, ...]
    metrics: tuple[str, ...]
    tweet: Ints
    metric: Ints
    day: Ints
    hour: Ints
    value: Ints
    good: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """How many counts there are."""
        return len(self.value)

    @classmethod
    def of_leaves(cls, leaves: Leaves) -> Columns:
        """Take what the general reader gives."""
        counts = leaves.counts()
        tweets, tweet = _coded(leaves.column(ID))
        metrics, metric = _coded(leaves.column(TYPE))
        days = [day_number(key) for key in leaves.column(DAY)]
        hours = [hour_number(key) for key in leaves.column(HOUR)]
        day = np.array([NO_DAY if one is None else one for one in days], dtype=np.int32)
        hour = np.array([NO_HOUR if one is None else one for one in hours], dtype=np.int8)
        good = np.array([one is not None for one in counts], dtype=bool)
        if DAY in leaves.levels:
            good &= day != NO_DAY
        if HOUR in leaves.levels:
            good &= hour != NO_HOUR
        value = np.array([one or 0 for one in counts], dtype=np.int64)
        return cls(leaves.levels, tweets, metrics, tweet, metric, day, hour, value, good)

    @classmethod
    def of_scanned(cls, scanned: Scanned, levels: Levels) -> Columns:
        """Take what a fast reader gives: there all is good."""
        rows = len(scanned.values)
        at = {level: depth for depth, level in enumerate(levels)}

        def column(level: str, none: int) -> Any:
            # Nothing is written for a level that is not there: one number stands for all rows.
            return scanned.columns[at[level]] if level in at else same(none, rows)

        def words(level: str) -> tuple[str, ...]:
            return scanned.words[at[level]] if level in at else ()

        return cls(
            levels=levels,
            tweets=words(ID),
            metrics=words(TYPE),
            tweet=column(ID, -1),
            metric=column(TYPE, -1),
            day=column(DAY, NO_DAY),
            hour=column(HOUR, NO_HOUR),
            value=scanned.values,
            good=np.broadcast_to(True, rows),
        )

    @classmethod
    def none(cls, levels: Levels) -> Columns:
        """Give the columns of a grouping without counts."""
        return cls.of_leaves(Leaves(levels, [], []))


def recoded(codes: Ints, words: Sequence[str], places: dict[str, int]) -> Ints:
    """Turn positions in one list of words into those in another.

    Parameters
    ----------
    codes
        Positions in `words`; -1 for none.
    words
        What they stand for.
    places
        The position of each word in the other list; words that are not there become -1.

    Returns
    -------
    numpy.ndarray
        int32, as long as `codes`.
    """
    if codes.strides == (0,):  # a level that is not there: all rows have none
        return codes
    found = [places.get(one, -1) for one in words]
    if found == [*range(len(words))]:
        return codes
    place = np.array([*found, -1], dtype=np.int32)
    changed: Ints = place[codes]
    return changed


def _coded(words: list[str | None]) -> tuple[tuple[str, ...], Ints]:
    """Give the words in the order of their first appearance, and the position of each row's."""
    known = tuple(dict.fromkeys(one for one in words if one is not None))
    place = {word: at for at, word in enumerate(known)}
    return known, np.array([-1 if one is None else place[one] for one in words], dtype=np.int32)
