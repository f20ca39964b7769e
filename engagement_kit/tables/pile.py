"""Columns that grow: what is put on them is copied, and its own memory is free at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engagement_kit.tables.readers.scanned import Ints

_GROWTH = 1.5


class Pile:
    """Equally long columns, to which rows are added at the end.

    Pieces that are kept to be put together at the end take twice the memory, and leave it in
    pieces.

    Parameters
    ----------
    kinds
        The type of each column.

    Examples
    --------
    >>> pile = Pile([np.int32, np.bool_])
    >>> pile.add([np.array([7, 8]), np.array([True, False])])
    >>> pile.add([np.array([9]), np.array([True])])
    >>> [one.tolist() for one in pile.columns()]
    [[7, 8, 9], [True, False, True]]
    """

    def __init__(self, kinds: Sequence[npt.DTypeLike]) -> None:
        self._columns: list[npt.NDArray[Any]] = [np.empty(0, dtype=kind) for kind in kinds]
        self._rows = 0

    def add(self, piece: Sequence[Ints]) -> None:
        """Add rows."""
        begin, self._rows = self._rows, self._rows + len(piece[0])
        for at, (column, new) in enumerate(zip(self._columns, piece, strict=True)):
            if self._rows > len(column):
                self._columns[at] = self._grown(column, begin)
            self._columns[at][begin : self._rows] = new

    def columns(self) -> tuple[Ints, ...]:
        """Give the columns as they are now."""
        return tuple(one[: self._rows] for one in self._columns)

    def _grown(self, column: Ints, used: int) -> Ints:
        # The first piece is mostly the only one; room that is not used yet takes no memory.
        room = self._rows if not used else max(self._rows, int(_GROWTH * len(column)))
        grown = np.empty(room, dtype=column.dtype)
        grown[:used] = column[:used]
        return grown
