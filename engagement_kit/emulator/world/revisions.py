"""What is seen of an hour's final count while it is young: late arrivals, and spam not yet removed.

Both are switches of the world. After SETTLED_H hours every count is final and equals what a world
without revisions shows at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engagement_kit.emulator.world.chance import Floats, Ints, Words, between, uniform, word
from engagement_kit.emulator.world.totals import UNDONE

SETTLED_H: Final = 7 * 24
LATE_SHARE: Final = (0.02, 0.12)  # of an hour's counts, not yet there when the hour ends
LATE_HALF_LIFE_H: Final = (3.0, 18.0)  # by metric: how fast they arrive
SPAM_CHANCE: Final = 0.1  # of tweets
SPAM_SHARE: Final = (0.02, 0.1)  # of an hour's counts
SPAM_REMOVED_H: Final = (24.0, 120.0)  # hours after an hour ends

# What a hash is for.
_LATE, _PACE, _SPAM, _HOW_MUCH, _WHEN = range(1, 6)


@dataclass(frozen=True)
class Revisions:
    """How the counts of series settle, flat arrays of one entry per series.

    Attributes
    ----------
    late : array of float64
        The share that arrives late.
    half_life_h : array of float64
        How fast.
    spam : array of float64
        What is seen on top until it is removed, as a share.
    removed_h : array of float64
        Hours after an hour's end.
    """

    late: Floats
    half_life_h: Floats
    spam: Floats
    removed_h: Floats

    def seen(self, series: Ints, counts: Floats, age_h: Floats, lead: Floats) -> Ints:
        """Return what is seen of counts whose hour ended `age_h` hours ago (0: runs still)."""
        settled = age_h >= SETTLED_H
        missing = np.where(
            settled, 0.0, self.late[series] * np.exp2(-age_h / self.half_life_h[series])
        )
        spam = np.where(age_h < self.removed_h[series], self.spam[series], 0.0)
        # Each part grows or falls by whole steps: lead is one number in [0, 1) for each hour.
        seen = np.floor(counts * (1.0 - missing) + lead) + np.floor(counts * spam + lead)
        return seen.astype(np.int64)


def make_revisions(key: Words, ids: Words, metrics: Ints) -> Revisions:
    """Draw how every tweet and metric settles, tweets outermost."""
    many = len(metrics)
    series = (word(key, ids)[:, None] ^ word(key, metrics)[None, :]).ravel()
    spammed = np.repeat(uniform(word(key, ids, _SPAM)) < SPAM_CHANCE, many)
    # What can be undone gets no spam: taking back what was never final would leave less than none.
    spammed &= np.tile(UNDONE[metrics] == 0, len(ids))
    return Revisions(
        late=between(LATE_SHARE, word(series, _LATE)),
        half_life_h=np.tile(between(LATE_HALF_LIFE_H, word(key, metrics, _PACE)), len(ids)),
        spam=np.where(spammed, between(SPAM_SHARE, word(series, _HOW_MUCH)), 0.0),
        removed_h=np.floor(between(SPAM_REMOVED_H, word(series, _WHEN))),
    )
