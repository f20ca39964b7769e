"""Cutting work into requests: batches of tweets and windows of hours. Numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, overload

import numpy as np

from engagement_kit.question.bounds import lower_bound
from engagement_kit.question.hours import Hours
from engagement_kit.question.sweep import Columns, slices, sweep

_Way = Callable[[Hours, Hours, int, int], Columns]

_FAR: Final = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Piece:
    """One request's share of the work.

    Attributes
    ----------
    rows
        Positions in the arrays that were cut.
    start, end
        The window in hours, end exclusive.
    """

    rows: Hours
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Pieces(Sequence[Piece]):
    """The shares of all requests, as columns; a Piece is made when it is looked at.

    Attributes
    ----------
    rows
        Positions in the arrays that were cut.
    low, high
        The rows of piece k are ``rows[low[k]:high[k]]``. Pieces may share a part of ``rows``.
    start, end
        Their windows in hours, end exclusive; oldest first.
    """

    rows: Hours
    low: Hours
    high: Hours
    start: Hours
    end: Hours

    def __len__(self) -> int:
        return len(self.low)

    @overload
    def __getitem__(self, at: int) -> Piece: ...
    @overload
    def __getitem__(self, at: slice) -> list[Piece]: ...
    def __getitem__(self, at: int | slice) -> Piece | list[Piece]:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        rows = self.rows[self.low[at] : self.high[at]]
        return Piece(rows, int(self.start[at]), int(self.end[at]))

    def __iter__(self) -> Iterator[Piece]:
        columns = (self.low, self.high, self.start, self.end)
        for low, high, start, end in zip(*(one.tolist() for one in columns), strict=True):
            yield Piece(self.rows[low:high], start, end)


def cut(starts: Hours, ends: Hours, size: int, window: int) -> Pieces:
    """Cut spans of hours into batches of tweets and windows of time.

    Each (row, hour) lies in exactly one piece, and no row in a piece that it does not need. Where
    all spans end together, as history up to now does, no cutting needs fewer pieces; so too where
    they start together. Else several ways are tried until one takes no more than some plan must,
    and the one of fewest pieces is kept: see `sweep` and `bounds`.

    Parameters
    ----------
    starts, ends
        int64 hours of equal length; empty spans are left out.
    size
        Rows in one request.
    window
        Hours in one request.

    Returns
    -------
    Pieces
        Oldest window first.

    Examples
    --------
    >>> pieces = cut(np.array([0, 30]), np.array([40, 40]), size=25, window=24)
    >>> [(p.rows.tolist(), p.start, p.end) for p in pieces]
    [([0], 0, 16), ([0, 1], 16, 40)]
    """
    wanted = np.flatnonzero(starts < ends)
    if not len(wanted):
        return Pieces(wanted, wanted, wanted, wanted, wanted)
    best = _fewest(starts[wanted], ends[wanted], size, window)
    order = np.lexsort((best.end, best.start))
    return Pieces(wanted[best.rows], *(column[order] for column in best[1:]))


def _fewest(starts: Hours, ends: Hours, size: int, window: int) -> Columns:
    """Try the ways until one is proven to take the fewest pieces; else keep the best."""
    bound = lower_bound(starts, ends, size, window)
    best = _each_end(starts, ends, size, window)
    for way in _OTHER_WAYS:
        if len(best.low) == bound:
            break
        best = min(best, way(starts, ends, size, window), key=lambda found: len(found.low))
    return best


def _each_end(starts: Hours, ends: Hours, size: int, window: int) -> Columns:
    """Cut the spans of each end by themselves: windows back from there, rows by age.

    No other cutting of one end takes fewer: requests = sum over j of ceil(N_j / size), N_j the rows
    that reach further back than j windows. By age these are the first N_j rows for each j, so that
    all windows share one order of rows.
    """
    order = np.lexsort((starts, ends))
    ends, first = np.unique(ends[order], return_index=True)
    group = np.repeat(np.arange(len(ends)), np.diff(first, append=len(order)))
    begin = starts[order]
    reach = ends[group] - begin
    found = []
    for back in range(0, int(reach.max()), window):
        count = np.bincount(group[reach > back], minlength=len(ends))
        which, low, high = slices(first, count, size)
        end = ends[which] - back
        found.append((low, high, np.maximum(begin[low], end - window), end))
    return Columns(order, *(np.concatenate(column) for column in zip(*found, strict=True)))


def _by_age(starts: Hours, ends: Hours, size: int, window: int) -> Columns:
    """Cut batches of one age forwards, skipping hours that no row of a batch wants."""
    order = np.lexsort((ends, starts))
    rows = np.resize(order, (-(-len(order) // size), size))
    first, last = starts[rows], ends[rows]
    last.flat[len(order) :] = -_FAR  # the last batch is filled with rows that want nothing
    at = first[:, 0]
    found = []
    while len(rows):
        wants = last > at[:, None]
        start = np.maximum(at, first.min(axis=1, where=wants, initial=_FAR))
        wants &= first < (start + window)[:, None]
        at = np.minimum(start + window, last.max(axis=1, where=wants, initial=-_FAR))
        found.append((rows[wants], wants.sum(axis=1), start, at))
        more = (last > at[:, None]).any(axis=1)
        rows, first, last, at = rows[more], first[more], last[more], at[more]
    taken, count, start, end = (np.concatenate(column) for column in zip(*found, strict=True))
    high = np.cumsum(count)
    return Columns(taken, high - count, high, start, end)


def _mirrored(way: _Way) -> _Way:
    """Do the same with time turned around."""

    def cut_mirrored(starts: Hours, ends: Hours, size: int, window: int) -> Columns:
        rows, low, high, start, end = way(-ends, -starts, size, window)
        return Columns(rows, low, high, -end, -start)

    return cut_mirrored


_OTHER_WAYS: Final[tuple[_Way, ...]] = (
    _mirrored(_each_end),
    sweep,
    _mirrored(sweep),
    partial(sweep, shorten=False),
    _by_age,
)
"""In this order: the first ones are often enough. Plain batches by age come last, never worse."""
