"""What new answers say of numbers beside older ones: changed, the same, or for the first time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.answers.store import Store
from engagement_kit.question.known import Known
from engagement_kit.tables.again import LEVELS, Looks, Pairs, Reader
from engagement_kit.tables.readers.scanned import Ints

if TYPE_CHECKING:
    import pandas as pd


class Change(NamedTuple):
    """What became of the numbers of one metric and grain.

    Attributes
    ----------
    metric, grain
        Whose.
    changed, same
        Numbers that had a count, which is another one now, or the same.
    new
        Numbers that have a count for the first time.
    before, after
        The counts of those that had one and have one, summed: then and now.
    """

    metric: str
    grain: str
    changed: int
    same: int
    new: int
    before: int
    after: int


@dataclass(frozen=True)
class Changes:
    """What became of the numbers that were asked again, by metric and grain.

    Attributes
    ----------
    rows : tuple of Change
        One for each metric and grain.
    damaged : tuple of str
        Answers that can't be read, and are left out.
    """

    rows: tuple[Change, ...]
    damaged: tuple[str, ...] = ()

    @property
    def changed(self) -> int:
        """How many numbers have another count now."""
        return sum(one.changed for one in self.rows)

    @property
    def same(self) -> int:
        """How many have the same count."""
        return sum(one.same for one in self.rows)

    @property
    def new(self) -> int:
        """How many have a count for the first time."""
        return sum(one.new for one in self.rows)

    def to_pandas(self) -> pd.DataFrame:
        """Give the rows as a frame."""
        import pandas as pd

        return pd.DataFrame(self.rows, columns=list(Change._fields))


def changes(store: Store, old: Iterable[Known], new: Iterable[Known]) -> Changes:
    """Hold what new answers count against the latest that older ones counted.

    Parameters
    ----------
    store
        Where the answers are.
    old, new
        What they cover. The new ones were observed later.

    Returns
    -------
    Changes
        Each number once: one that several new answers count is taken from the latest.
    """
    known, names = [*old, *new], frozenset(one.ref for one in new)
    rows: list[Change] = []
    damaged: dict[str, str] = {}
    for level in LEVELS:
        reader = Reader(store, level, known)
        is_new = np.array([one.ref in names for one in reader.answers], dtype=bool)
        found: dict[str, Ints] = {}
        for looks in reader.looks(lambda pairs, late=is_new: _asked_again(pairs, late)):  # type: ignore[misc]
            _count(looks, is_new[looks.answer], found)
        damaged |= reader.damaged
        rows += [Change(name, level, *counts.tolist()) for name, counts in sorted(found.items())]
    return Changes(tuple(rows), tuple(damaged))


def _asked_again(pairs: Pairs, late: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Choose the new answers, and what the older ones have of their tweets."""
    new = late[pairs.answer]
    chosen: npt.NDArray[np.bool_] = new | np.isin(pairs.tweet, pairs.tweet[new])
    if new.any():
        chosen &= (pairs.start < pairs.end[new].max()) & (pairs.end > pairs.start[new].min())
    return chosen


def _count(looks: Looks, late: npt.NDArray[np.bool_], found: dict[str, Ints]) -> None:
    """Add what one block of observations tells to each metric's counts."""
    # Of each number the last observation, and the last that is not new.
    last = np.ones(len(late), dtype=bool)
    last[:-1] = ~looks.same[1:]
    place = np.cumsum(~looks.same) - 1
    before = np.full(int(place[-1]) + 1, -1, dtype=np.int64)
    old = np.flatnonzero(~late)
    before[place[old]] = old  # in order: the latest stays
    now = np.flatnonzero(last & late)
    then = before[place[now]]
    had = then >= 0
    was, is_now = looks.value[then[had]], looks.value[now[had]]
    for col, name in enumerate(looks.metrics):
        mine, all_mine = looks.col[now[had]] == col, looks.col[now] == col
        if not all_mine.any():
            continue
        moved = was[mine] != is_now[mine]
        told = [moved.sum(), (~moved).sum(), (all_mine & ~had).sum(),
                was[mine].sum(), is_now[mine].sum()]  # fmt: skip
        found[name] = found.get(name, np.zeros(5, dtype=np.int64)) + np.array(told, dtype=np.int64)
