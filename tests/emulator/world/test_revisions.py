from __future__ import annotations

import numpy as np

from engagement_kit.emulator.world.chance import key_of
from engagement_kit.emulator.world.revisions import SETTLED_H, make_revisions
from engagement_kit.emulator.world.totals import METRICS, TRAITS, codes

IDS = np.arange(500, dtype=np.uint64)
WHICH = codes(["impressions", "favorites"])
REVISIONS = make_revisions(key_of("test"), IDS, WHICH)
SERIES = np.arange(1000)


def seen(count: float, age_h: float) -> np.ndarray:
    """Return what is seen of one count in each series at an age."""
    same = np.full(1000, 1.0)
    return REVISIONS.seen(SERIES, count * same, age_h * same, 0.5 * same)


def test_all_is_final_after_a_week() -> None:
    """From 168 hours on, every count is what it is."""
    assert (seen(1234, SETTLED_H) == 1234).all()
    assert (seen(1234, SETTLED_H + 1000) == 1234).all()


def test_late_counts_only_grow() -> None:
    """Without spam a count grows from 88 to 98 percent at first to the final one."""
    clean = REVISIONS.spam == 0
    table = np.array([seen(10_000, age)[clean] for age in (0, 1, 3, 10, 30, 100, SETTLED_H)])
    assert (np.diff(table, axis=0) >= 0).all()
    assert (table[0] >= 8_800).all()
    assert (table[0] <= 9_800).all()


def test_spam_is_removed() -> None:
    """A tenth of the tweets shows too much until, within five days, it is removed."""
    spammed = REVISIONS.spam > 0
    assert 0.05 < spammed[::2].mean() < 0.15
    before, after = seen(10_000, 23.9)[spammed], seen(10_000, 121)[spammed]
    assert (after <= 10_000).all()
    assert (before > after).mean() > 0.5


def test_what_can_be_undone_gets_no_spam() -> None:
    """Likes and retweets have no spam, or a sum from the beginning could be negative."""
    undoable = [name for name, trait in TRAITS.items() if trait.undone]
    assert undoable == ["favorites", "retweets"]
    every = make_revisions(key_of("test"), IDS, codes(list(METRICS)))
    spam = every.spam.reshape(len(IDS), len(METRICS))
    assert (spam[:, [METRICS.index(name) for name in undoable]] == 0).all()
