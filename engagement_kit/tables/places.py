"""Which rows speak of the same number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engagement_kit.tables.readers.scanned import Ints


def places(columns: Sequence[Ints]) -> Any:
    """Give each row as one text of bytes: equal rows are equal bytes, and sets can be made of them.

    Parameters
    ----------
    columns
        Whole numbers, equally long.

    Returns
    -------
    numpy.ndarray
        Of bytes without a meaning of their own; for ``numpy.isin`` and the like.

    Examples
    --------
    >>> a, b = np.array([1, 1, 2]), np.array([3, 4, 3])
    >>> np.isin(places([a, b]), places([a[:1], b[:1]])).tolist()
    [True, False, False]
    """
    codes = np.column_stack([one.astype(np.int64, copy=False) for one in columns])
    kind = np.dtype((np.void, codes.itemsize * codes.shape[1]))
    return np.ascontiguousarray(codes).view(kind).reshape(-1)
