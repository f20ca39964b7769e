"""Spans of hours less other spans, for many tweets at once. Numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.question.hours import Hours


class Spans(NamedTuple):
    """Half-open spans of hours, each of one row; a row may have several."""

    row: Hours
    start: Hours
    end: Hours

    def at(self, chosen: npt.NDArray[np.bool_] | Hours) -> Spans:
        """Give some of them."""
        return Spans(*(column[chosen] for column in self))

    @classmethod
    def joined(cls, several: Iterable[Spans]) -> Spans:
        """Put several columns of spans, one at least, under each other."""
        return cls(*map(np.concatenate, zip(*several, strict=True)))

    def hours(self) -> int:
        """Add up their lengths."""
        return int((self.end - self.start).sum())

    def covered(self) -> int:
        """Count the hours that any of them covers, each row by itself.

        Examples
        --------
        >>> Spans(*np.array([[7, 7, 8], [0, 2, 2], [4, 6, 6]])).covered()
        10
        """
        row, start, end = self.at(np.lexsort((self.start, self.row)))
        before = start.copy()
        same = row[1:] == row[:-1]
        before[1:][same] = furthest(row, end)[:-1][same]
        return int((np.maximum(end, before) - np.maximum(start, before)).sum())


def subtract_all(whole: Spans, taken: Spans) -> Spans:
    """Take spans out of spans.

    Parameters
    ----------
    whole
        One span for each row, rows rising.
    taken
        Any spans of these rows; they may overlap each other and reach beyond.

    Returns
    -------
    Spans
        What is left, by row and time.

    Examples
    --------
    >>> whole = Spans(*np.array([[0, 7], [0, 0], [10, 5]]))
    >>> taken = Spans(*np.array([[0, 0], [8, 2], [20, 4]]))
    >>> [column.tolist() for column in subtract_all(whole, taken)]
    [[0, 0, 7], [0, 4, 0], [2, 8, 5]]
    """
    place = np.searchsorted(whole.row, taken.row)
    low = np.maximum(taken.start, whole.start[place])
    high = np.minimum(taken.end, whole.end[place])
    inside = low < high
    # Each row's span opens with a part of no length at its start and closes with one at its end:
    # what is left lies between how far all parts so far reach and where the next one begins.
    row = np.concatenate([whole.row, taken.row[inside], whole.row])
    begin = np.concatenate([whole.start, low[inside], whole.end])
    reach = np.concatenate([whole.start, high[inside], whole.end])
    order = np.lexsort((reach, begin, row))
    row, begin, reach = row[order], begin[order], reach[order]
    far = furthest(row, reach)
    left = (row[1:] == row[:-1]) & (begin[1:] > far[:-1])
    return Spans(row[1:][left], far[:-1][left], begin[1:][left])


def furthest(row: Hours, reach: Hours) -> Hours:
    """Give the furthest reach so far within each row; rows are in order."""
    if not len(row):
        return reach
    lowest = int(reach.min())
    stride = int(reach.max()) - lowest + 1  # lifts each row above all before it
    rank = np.cumsum(np.concatenate([[0], row[1:] != row[:-1]])) * stride
    far: Hours = np.maximum.accumulate(reach - lowest + rank) - rank + lowest
    return far
