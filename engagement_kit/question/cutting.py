"""Cutting work into requests: batches of tweets and windows of hours. Numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Hours = npt.NDArray[np.int64]
_Cutter = Callable[[Hours, Hours, Hours, int], "Iterator[Piece]"]


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


def cut(starts: Hours, ends: Hours, size: int, window: int) -> list[Piece]:
    """Cut spans of hours into batches of tweets and windows of time.

    Each (row, hour) lies in exactly one piece. Tweets are batched by age. Where all spans end
    together, windows are cut back from that end: requests = sum over j of ceil(N_j / size), N_j
    the rows that reach further back than j windows, and no cutting needs fewer. Else two ways are
    tried: so for each end by itself, or each batch forward from its own first hour.

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
    list of Piece
        Oldest window first.

    Examples
    --------
    >>> pieces = cut(np.array([0, 30]), np.array([40, 40]), size=25, window=24)
    >>> [(list(map(int, p.rows)), p.start, p.end) for p in pieces]
    [([0], 0, 16), ([0, 1], 16, 40)]
    """
    spans = _Spans(starts, ends, size, window)
    rows = np.flatnonzero(starts < ends)
    common = [rows[ends[rows] == end] for end in np.unique(ends[rows])]
    pieces = [piece for same in common for piece in spans.pieces(same, _back)]
    if len(common) > 1:
        pieces = min(list(spans.pieces(rows, _forward)), pieces, key=len)
    return sorted(pieces, key=lambda piece: (piece.start, piece.end))


@dataclass(frozen=True)
class _Spans:
    """What is cut, and how large a request may be."""

    starts: Hours
    ends: Hours
    size: int
    window: int

    def pieces(self, rows: Hours, cutter: _Cutter) -> Iterator[Piece]:
        """Batch rows by age, and cut each batch."""
        order = rows[np.lexsort((self.ends[rows], self.starts[rows]))]
        for first in range(0, len(order), self.size):
            batch = order[first : first + self.size]
            yield from cutter(batch, self.starts, self.ends, self.window)


def _back(batch: Hours, starts: Hours, ends: Hours, window: int) -> Iterator[Piece]:
    """Cut one batch backwards from its common end."""
    end = int(ends[batch[0]])
    oldest = int(starts[batch].min())
    while end > oldest:
        start = max(oldest, end - window)
        yield Piece(batch[starts[batch] < end], start, end)
        end = start


def _forward(batch: Hours, starts: Hours, ends: Hours, window: int) -> Iterator[Piece]:
    """Cut one batch forwards, skipping hours that none of its tweets wants."""
    at = int(starts[batch].min())
    while True:
        open_rows = batch[ends[batch] > at]
        if not len(open_rows):
            return
        start = max(at, int(starts[open_rows].min()))
        inside = open_rows[starts[open_rows] < start + window]
        end = min(start + window, int(ends[inside].max()))
        yield Piece(inside[starts[inside] < end], start, end)
        at = end
