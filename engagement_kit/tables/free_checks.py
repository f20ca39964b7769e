"""Free checks: a spare grouping of an answer holds sums that its counts must add up to.

Their outcome goes to the receipt, never into a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.tables.readers.columns import Columns
from engagement_kit.tables.readers.scanned import Ints

_SHIFT: Final = 20  # room for the metrics beside the tweet in one number


class Outcome(NamedTuple):
    """What became of the checks of an answer: how many sums agreed, and those that did not.

    Attributes
    ----------
    passed
        How many sums agreed with the counts.
    failed
        The others, in words.
    """

    passed: int
    failed: tuple[str, ...]


NOTHING: Final = Outcome(0, ())


class Counts(NamedTuple):
    """Counts of one answer by tweet and metric, positions in the query; bad ones are no numbers."""

    row: Ints
    col: Ints
    value: Ints
    good: npt.NDArray[np.bool_]


def over_time(
    counts: Counts, sums: Counts, tweet_ids: Sequence[str], metrics: Sequence[str]
) -> Outcome:
    """Hold the counts of each tweet and metric over time against their sum.

    Parameters
    ----------
    counts
        By hour or day.
    sums
        As the answer gives them itself; sums without counts, and counts that can't be read, are
        left out.
    tweet_ids, metrics
        Of the query, to name what disagrees.

    Examples
    --------
    >>> import numpy as np
    >>> zeros, yes = np.zeros(2, dtype=np.int64), np.ones(2, dtype=bool)
    >>> counts = Counts(zeros, zeros, np.array([3, 4]), yes)
    >>> sums = Counts(zeros[:1], zeros[:1], np.array([8]), yes[:1])
    >>> over_time(counts, sums, ["20"], ["replies"]).failed
    ('tweet 20, replies: the parts add up to 7, the sum says 8',)
    """
    if not len(counts.row):
        return NOTHING
    known, added, whole = _added(counts)
    said = (sums.row.astype(np.int64) << _SHIFT) + sums.col
    at = np.minimum(np.searchsorted(known, said), len(known) - 1)
    fit = (known[at] == said) & sums.good & whole[at]
    right = added[at] == sums.value
    wrong = [
        f"tweet {tweet_ids[sums.row[one]]}, {metrics[sums.col[one]]}: the parts add up to "
        f"{added[at[one]]}, the sum says {sums.value[one]}"
        for one in np.flatnonzero(fit & ~right)
    ]
    return Outcome(int((fit & right).sum()), tuple(wrong))


def _added(counts: Counts) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Add the counts of each tweet and metric; say whether all of them could be read."""
    keys = (counts.row.astype(np.int64) << _SHIFT) + counts.col
    # Neighbours mostly are of one tweet and metric: runs are far fewer than counts.
    begins = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
    known, place = np.unique(keys[begins], return_inverse=True)
    added = np.zeros(len(known), dtype=np.int64)
    np.add.at(added, place, np.add.reduceat(counts.value, begins))
    whole = np.ones(len(known), dtype=bool)
    whole[place[~np.logical_and.reduceat(counts.good, begins)]] = False
    return known, added, whole


def over_tweets(counts: Columns, sums: Columns) -> Outcome:
    """Hold the counts of each metric over all tweets of an answer against their sum.

    Metrics with a count that can't be read, and sums that can't, are no check.
    """
    added = np.zeros(len(counts.metrics), dtype=np.int64)
    named = counts.metric >= 0  # an odd body may have counts under no metric
    np.add.at(added, counts.metric[named], counts.value[named])
    lost = set(counts.metric[named & ~counts.good].tolist())
    broken = {counts.metrics[one] for one in lost}
    total = dict(zip(counts.metrics, added.tolist(), strict=True))
    passed, wrong = 0, []
    for at in np.flatnonzero(sums.good & (sums.metric >= 0)).tolist():
        metric, said = sums.metrics[sums.metric[at]], int(sums.value[at])
        if metric in broken or metric not in total:
            continue
        passed += total[metric] == said
        if total[metric] != said:
            wrong.append(f"{metric}: the tweets add up to {total[metric]}, the sum says {said}")
    return Outcome(passed, tuple(wrong))
