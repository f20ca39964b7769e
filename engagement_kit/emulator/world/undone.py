"""Likes and retweets that are taken back: what counts down again in a later hour."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from engagement_kit.emulator.world.chance import Ints, Words, key_of, word
from engagement_kit.emulator.world.counts import Series, binomial
from engagement_kit.emulator.world.totals import UNDONE
from engagement_kit.emulator.world.tweets import HOUR_MS

_UNDONE_DAYS: Final = 3  # what is undone is so after 1 to 3 days
# What a hash is for.
_TAKEN_BACK, _DAYS, _KEPT, _DONE = 1, 2, 3, 4


def with_undone(seed: int, whole: Series, ids: Words, metrics: Ints) -> list[tuple[int, Series]]:
    """Return the series whose signed sum is what counts, where some of it is undone.

    What is undone was done once, a whole number of days before: the same series is added, and
    taken away again that much later. So a sum from the beginning is never negative.
    """
    key = key_of(seed, "undone")
    share = np.tile(UNDONE[metrics], len(ids))
    taken_back = binomial(whole.totals, share, word(whole.keys, key, _TAKEN_BACK))
    days = 1 + (word(key, ids, _DAYS) % np.uint64(_UNDONE_DAYS)).astype(np.int64)
    later_h = np.repeat(24 * days, len(metrics))
    kept = replace(whole, totals=whole.totals - taken_back, keys=word(whole.keys, key, _KEPT))
    done = replace(whole, totals=taken_back, keys=word(whole.keys, key, _DONE))
    undone = replace(
        done,
        curves=replace(done.curves, birth_hour=done.curves.birth_hour + later_h),
        birth_ms=done.birth_ms + later_h * HOUR_MS,
    )
    return [(1, kept), (1, done), (-1, undone)]
