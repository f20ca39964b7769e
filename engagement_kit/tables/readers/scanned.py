"""What a fast reader of counts takes and gives. Two keep this contract: `scan` and `kernel`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from engagement_kit.tables.readers.reshape import day_number, hour_number

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


def meant(codes: Ints, words: Sequence[str], kind: Key) -> Ints | None:
    """Turn the numbers of words into what they mean: days, hours, or those very numbers.

    Parameters
    ----------
    codes
        Positions in `words`.
    words
        Different ones, so that each is understood once.
    kind
        What they are.

    Returns
    -------
    numpy.ndarray or None
        int32, int8 for hours; None when a word is no day, or no hour.
    """
    if kind is Key.WORD:
        return codes
    hourly = kind is Key.HOUR
    read = [(hour_number if hourly else day_number)(one) for one in words]
    if None in read:
        return None
    found: Ints = np.array(read, dtype=np.int8 if hourly else np.int32).take(codes)
    return found


Scanner: TypeAlias = Callable[[bytes, int, tuple[Key, ...]], Scanned | None]
"""Read the object that begins at a place of a body, with keys of these kinds, or decline.

A scanner gives rows only for what is regular to the last byte: compact JSON (no white space), each
depth an object with at least one member, no key twice in one object, keys of the kind that is
said, counts as text of 1 to 18 digits. It gives None for all else, and leaves that to the general
reader: it never raises, and never guesses. What stands behind the object is not looked at.
"""
