"""Cutting work into requests: batches of tweets and windows of hours. Numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Hours = npt.NDArray[np.int64]


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
    the rows that reach further back than j windows, and no cutting needs fewer. Else each batch
    is cut forward from its own first hour.

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
    rows = np.flatnonzero(starts < ends)
    order = rows[np.lexsort((ends[rows], starts[rows]))]
    one_end = len(rows) > 0 and bool((ends[rows] == ends[rows[0]]).all())
    windows = _back if one_end else _forward
    pieces = [
        piece
        for first in range(0, len(order), size)
        for piece in windows(order[first : first + size], starts, ends, window)
    ]
    return sorted(pieces, key=lambda piece: (piece.start, piece.end))


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
