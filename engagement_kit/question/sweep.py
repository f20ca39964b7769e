"""Cutting spans of any starts and ends into requests: one sweep through the hours.

A row needs a number of windows, and these reach further than its span by its *slack*. It does with
so many only if the first of them opens at its first hour, or up to its slack before. So the sweep
opens requests at the earliest hour that is not covered yet, and gives the places to spare to rows
that begin a little later and have slack enough. A row that isn't finished goes on where its window
ends, in the same company: no hour is asked twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Final, NamedTuple

import numpy as np

from engagement_kit.question.hours import Hours

_NONE = np.zeros(0, dtype=np.int64)
_NEVER: Final = np.iinfo(np.int64).max
_PATIENCE: Final = 24
"""How many hours further on the sweep looks to shorten one row less."""


class Columns(NamedTuple):
    """Pieces as columns: piece k is rows[low[k]:high[k]], asked from start[k] to end[k]."""

    rows: Hours
    low: Hours
    high: Hours
    start: Hours
    end: Hours


def sweep(starts: Hours, ends: Hours, size: int, window: int, *, shorten: bool = True) -> Columns:
    """Open requests at the earliest uncovered hour until all is covered.

    All rows that are due at that hour must be in them. The places to spare in the last of them go
    to rows that are due later: first to those which need one window less then.

    Parameters
    ----------
    starts, ends
        Spans of hours, at least one and none empty.
    size, window
        Rows and hours in one request.
    shorten
        Also give places to rows that need as many windows as before, if that saves a request. It
        helps where spans have little slack, and may hurt where they have some.

    Returns
    -------
    Columns
        By the hour at which they were opened.

    Examples
    --------
    >>> found = sweep(np.array([0, 3, 5]), np.array([20, 24, 29]), size=2, window=24)
    >>> [found.rows[low:high].tolist() for low, high in zip(found.low, found.high)]
    [[0, 1], [2]]
    >>> found.start.tolist(), found.end.tolist()
    ([0, 5], [24, 29])
    """
    base = int(starts.min())
    left = _Left(starts - base, ends - base, size, window)
    helps = [left.finished_sooner, left.shortened] if shorten else [left.finished_sooner]
    opened, batches = [], []
    for hour in left.hours():
        batch = left.due(hour)
        if not len(batch):
            continue
        for more in helps:
            spare = -len(batch) % size
            if spare:
                batch = np.concatenate([batch, *more(hour, spare)])
        opened.append(hour + base)
        batches.append(left.go_on(hour, batch))
    rows = np.concatenate(batches)
    count = np.array([len(batch) for batch in batches])
    which, low, high = slices(np.cumsum(count) - count, count, size)
    open_at = np.array(opened)[which]
    end = np.minimum(open_at + window, np.maximum.reduceat(ends[rows], low))
    end[list(left.closed)] = [hour + base for hour in left.closed.values()]
    start = np.maximum(open_at, np.minimum.reduceat(starts[rows], low))
    return Columns(rows, low, high, start, end)


def slices(first: Hours, count: Hours, size: int) -> tuple[Hours, Hours, Hours]:
    """Cut runs of rows into slices.

    Parameters
    ----------
    first, count
        Where each run begins and how many rows it has.
    size
        Rows in one slice; the last of a run may have fewer.

    Returns
    -------
    tuple of arrays
        For each slice which run it is of, where it begins and where it ends.

    Examples
    --------
    >>> [column.tolist() for column in slices(np.array([0, 10]), np.array([5, 2]), size=3)]
    [[0, 0, 1], [0, 3, 10], [3, 5, 12]]
    """
    pieces = -(-count // size)
    which = np.repeat(np.arange(len(count)), pieces)
    nth = np.arange(len(which)) - (np.cumsum(pieces) - pieces)[which]
    low = first[which] + nth * size
    return which, low, np.minimum(low + size, (first + count)[which])


class _Left:
    """What is left to ask, by the hour at which it is due.

    At each hour there are *new* rows, whose first hour it is, and rows *under way*, whose last
    window ends there. A new row may be taken before, and its window then begins before its span.
    Rows under way were together in full requests, but for the last few, the *rest*. These may be
    taken before if their last request can be closed before: its other rows must be finished by
    then, and they themselves must have slack enough.
    """

    def __init__(self, starts: Hours, ends: Hours, size: int, window: int) -> None:
        self._starts, self._ends, self._size, self._window = starts, ends, size, window
        self.closed: dict[int, int] = {}
        """Which requests are closed before their window is full, and at which hour."""
        self._requests = 0
        slack = (starts - ends) % window
        # Most slack first: those that a window finishes sooner are the head of each hour's rows.
        order = np.argsort(starts * window - slack, kind="stable")
        hours, first, count = np.unique(starts[order], return_index=True, return_counts=True)
        new = np.split(order, first[1:])
        self._new: dict[int, Hours] = dict(zip(hours.tolist(), new, strict=True))
        self._hours = hours.tolist()  # a heap of those at which something is due, or was
        length = int(ends.max())
        self._new_count = np.zeros(length, dtype=np.int64)
        self._new_from = np.full(length, _NEVER)  # the hour from which one may be taken
        self._new_count[hours], self._new_from[hours] = count, hours - slack[order[first]]
        self._under_way: dict[int, Hours] = {}
        self._under_way_count = np.zeros(length, dtype=np.int64)
        self._rest_from = np.full(length, _NEVER)  # the hour from which the rest may be taken
        self._rest_of: dict[int, int] = {}  # the request that the rest was in

    def hours(self) -> Iterator[int]:
        """Give the hours at which something may be due, earliest first."""
        while self._hours:
            yield heappop(self._hours)

    def due(self, hour: int) -> Hours:
        """Take all that is due at an hour."""
        rows = self._under_way.pop(hour, _NONE)
        if not self._new_count[hour]:
            return rows
        return np.concatenate([rows, self._take_new(hour, int(self._new_count[hour]))])

    def finished_sooner(self, hour: int, spare: int) -> Iterator[Hours]:
        """Take what needs one window less when one opens at an hour, first what is due first."""
        later = slice(hour + 1, hour + self._window)
        able = np.minimum(self._new_from[later], self._rest_from[later]) <= hour
        for due in (np.flatnonzero(able) + hour + 1).tolist():
            rest = int(self._under_way_count[due]) % self._size
            if self._rest_from[due] <= hour and rest <= spare:
                yield self._take_rest(due, rest, hour)
                spare -= rest
            if self._new_from[due] <= hour:
                head = self._new[due][:spare]
                enough = (due - self._ends[head]) % self._window >= due - hour
                count = int(np.count_nonzero(enough))
                yield self._take_new(due, count)
                spare -= count
            if not spare:
                return

    def shortened(self, hour: int, spare: int) -> Iterator[Hours]:
        """Take new rows whose absence saves a request: all that an hour has beyond full ones.

        Such a row takes a place now and needs as many windows as before, so the fewer the better.
        The nearer, the better too: it is shortened by more, and has more slack from then on.
        """
        new = self._new_count[hour + 1 : hour + self._window]
        beyond = (new + self._under_way_count[hour + 1 : hour + self._window]) % self._size
        able = np.flatnonzero((beyond > 0) & (beyond <= np.minimum(new, spare)))
        order = np.argsort(able + _PATIENCE * beyond[able], kind="stable")
        for step in able[order].tolist():
            count = int(beyond[step])
            if count <= spare:
                yield self._take_new(hour + 1 + step, count)
                spare -= count

    def go_on(self, hour: int, batch: Hours) -> Hours:
        """Put back what is not finished by a window opened at an hour; put the batch in order.

        Those that go on come first, least slack first, then those that are finished, by their end:
        that makes for full requests under way, and for a rest that may be taken early.
        """
        due = hour + self._window
        ends = self._ends[batch]
        key = np.where(ends > due, (due - ends) % self._window, self._window + ends)
        batch = batch[np.argsort(key, kind="stable")]
        count = int(np.count_nonzero(ends > due))
        if count:
            heappush(self._hours, due)
            self._under_way[due], self._under_way_count[due] = batch[:count], count
            full = count // self._size * self._size
            if full < count:
                self._rest_of[due] = self._requests + count // self._size
                rest, done = batch[full:count], batch[count : full + self._size]
                slack = (due - self._ends[rest]) % self._window
                self._rest_from[due] = max(
                    due - slack.min(),
                    self._starts[rest].max() + 1,
                    self._ends[done].max(initial=0),
                )
        self._requests += -(-len(batch) // self._size)
        return batch

    def _take_new(self, hour: int, count: int) -> Hours:
        """Take the first of an hour's new rows."""
        rows = self._new.pop(hour)
        left = rows[count:]
        self._new_count[hour], self._new_from[hour] = len(left), _NEVER
        if len(left):
            self._new[hour] = left
            self._new_from[hour] = hour - (hour - self._ends[left[0]]) % self._window
        return rows[:count]

    def _take_rest(self, due: int, count: int, hour: int) -> Hours:
        """Take the last of those under way, and close their request at an hour."""
        rows = self._under_way.pop(due)
        self._under_way_count[due], self._rest_from[due] = len(rows) - count, _NEVER
        if len(rows) > count:
            self._under_way[due] = rows[:-count]
        self.closed[self._rest_of[due]] = hour
        return rows[-count:]
