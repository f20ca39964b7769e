"""What new answers say of numbers beside older ones: changed, the same, or for the first time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.answers.store import Store
from engagement_kit.question.amounts import many
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

    def __repr__(self) -> str:
        """Say a line for each metric and grain."""
        lines = [
            f"  {one.metric}, {one.grain}: {one.changed:,} changed, {one.same:,} stayed, "
            f"{one.new:,} for the first time; {one.before:,} counted then, {one.after:,} now"
            for one in self.rows
        ]
        told = [f"  damaged, not compared: {many(len(self.damaged), 'answer')}"]
        return "\n".join(["Changes", *(lines or ["  none"]), *(told if self.damaged else [])])

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
        latest = _Latest(is_new, _codes(reader))
        found: dict[str, Ints] = {}
        unsure = [np.empty(0, dtype=np.int64)]
        for looks in reader.looks(latest.choose):
            both = _both(looks, is_new[looks.answer])
            unsure.append(_without_count(looks, both, latest.dropped))
            _count(looks, both.but(looks, unsure[-1]), found)
        for looks in _looks_of(reader, np.concatenate(unsure), is_new):
            _count(looks, _both(looks, is_new[looks.answer]), found)
        damaged |= reader.damaged
        rows += [Change(name, level, *counts.tolist()) for name, counts in sorted(found.items())]
    return Changes(tuple(rows), tuple(damaged))


def _codes(reader: Reader) -> Ints:
    """Give each set of metrics of the answers a number."""
    seen: dict[frozenset[str], int] = {}
    codes = [seen.setdefault(one.metrics, len(seen)) for one in reader.answers]
    return np.array(codes, dtype=np.int64)


class _Latest:
    """Leaves out older answers that a later old one repeats, where it matters.

    Attributes
    ----------
    dropped
        Tweets of which some were left out.
    """

    def __init__(self, late: npt.NDArray[np.bool_], codes: Ints) -> None:
        self._late, self._codes = late, codes
        self.dropped: Ints = np.empty(0, dtype=np.int64)

    def choose(self, pairs: Pairs) -> npt.NDArray[np.bool_]:
        """Choose the new answers, and of old ones the latest of each stretch."""
        chosen = _asked_again(pairs, self._late)
        new = self._late[pairs.answer]
        old = np.flatnonzero(chosen & ~new)
        if not len(old):
            return chosen
        tweets, place = np.unique(pairs.tweet[new], return_inverse=True)
        begin = np.full(len(tweets), np.iinfo(np.int64).max)
        end = np.zeros(len(tweets), dtype=np.int64)
        np.minimum.at(begin, place, pairs.start[new])
        np.maximum.at(end, place, pairs.end[new])
        mine = np.searchsorted(tweets, pairs.tweet[old])
        start = np.maximum(pairs.start[old], begin[mine])
        stop = np.minimum(pairs.end[old], end[mine])
        chosen[old] = start < stop
        keys = (pairs.tweet[old], start, stop, self._codes[pairs.answer[old]])
        order = np.lexsort((pairs.answer[old], *keys))  # answers are in the order of time
        repeated = np.zeros(len(order), dtype=bool)
        repeated[:-1] = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in keys])
        left_out = old[order[repeated]]
        self.dropped = np.unique(pairs.tweet[left_out])
        chosen[left_out] = False
        return chosen


def _looks_of(reader: Reader, tweets: Ints, late: npt.NDArray[np.bool_]) -> Iterator[Looks]:
    """Give all observations of some tweets."""
    if len(tweets):
        yield from reader.looks(
            lambda pairs: _asked_again(pairs, late) & np.isin(pairs.tweet, tweets)
        )


def _asked_again(pairs: Pairs, late: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Choose the new answers, and what the older ones have of their tweets."""
    new = late[pairs.answer]
    chosen: npt.NDArray[np.bool_] = new | np.isin(pairs.tweet, pairs.tweet[new])
    if new.any():
        chosen &= (pairs.start < pairs.end[new].max()) & (pairs.end > pairs.start[new].min())
    return chosen


class _Both(NamedTuple):
    """Of each new number where its last observation is, and the last that is not new, or -1."""

    now: Ints
    then: Ints

    def but(self, looks: Looks, tweets: Ints) -> _Both:
        """Leave out some tweets."""
        kept = ~np.isin(looks.tweets[looks.row[self.now]], tweets)
        return _Both(self.now[kept], self.then[kept])


def _both(looks: Looks, late: npt.NDArray[np.bool_]) -> _Both:
    last = np.ones(len(late), dtype=bool)
    last[:-1] = ~looks.same[1:]
    place = np.cumsum(~looks.same) - 1
    before = np.full(int(place[-1]) + 1, -1, dtype=np.int64)
    old = np.flatnonzero(~late)
    before[place[old]] = old  # in order: the latest stays
    now = np.flatnonzero(last & late)
    return _Both(now, before[place[now]])


def _without_count(looks: Looks, both: _Both, tweets: Ints) -> Ints:
    """Name those of some tweets of which an older answer may have a count that a later lacks."""
    found: Ints = np.unique(looks.tweets[looks.row[both.now[both.then < 0]]])
    return found[np.isin(found, tweets)]


def _count(looks: Looks, both: _Both, found: dict[str, Ints]) -> None:
    """Add what one block of observations tells to each metric's counts."""
    now, then = both
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
