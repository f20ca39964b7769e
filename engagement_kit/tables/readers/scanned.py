"""What a fast reader of counts takes and gives. Two keep this contract: `scan` and `kernel`."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias

import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[Any]


class Key(IntEnum):
    """What the keys of one depth are."""

    WORD = 0
    """A tweet id or the name of a metric: any text of plain ASCII."""
    DAY = 1
    """A day of the calendar, as in 2026-05-01."""
    HOUR = 2
    """Two digits from 00 to 23."""


class Scanned(NamedTuple):
    """The counts of one grouping, in the order of the body.

    Attributes
    ----------
    columns
        One for each depth, from the outside in: int32 positions in `words`, int32 days since
        1970, or int8 hours. All have the length of `values`.
    words
        One for each depth: its words in the order of their first appearance; none for days and
        hours.
    values
        The counts, int64.
    last
        Where the object ends: behind its last brace.
    """

    columns: tuple[Ints, ...]
    words: tuple[tuple[str, ...], ...]
    values: Ints
    last: int


Scanner: TypeAlias = Callable[[bytes, int, tuple[Key, ...]], Scanned | None]
"""Read the object that begins at a place of a body, with keys of these kinds, or decline.

A scanner gives rows only for what is regular to the last byte: compact JSON (no white space), each
depth an object with at least one member, no key twice in one object, keys of the kind that is
said, counts as text of 1 to 18 digits. It gives None for all else, and leaves that to the general
reader: it never raises, and never guesses. What stands behind the object is not looked at.
"""
