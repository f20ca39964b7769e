"""A fast reader of counts in plain numpy: many small steps, each over all of the body at once.

`layout` finds the texts and reads the counts; here keys are read: hours digit by digit, all other
keys as words of which equal ones are found (see `words`), each to be understood once.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engagement_kit.tables.readers.layout import AFTER, BEFORE, Array, Keys, Layout, end_of, layout
from engagement_kit.tables.readers.scanned import Key, Scanned, meant
from engagement_kit.tables.readers.words import alike, stand_twice

_ZERO: Final = ord("0")


def scan(body: bytes, first: int, kinds: tuple[Key, ...]) -> Scanned | None:
    r"""Read the counts of one grouping, or decline.

    Parameters
    ----------
    body
        Bytes that hold, among others, the grouping's object.
    first
        Where the object begins.
    kinds
        What the keys of each depth are, from the outside in.

    Returns
    -------
    Scanned or None
        None for whatever is not regular to the last byte: see `scanned.Scanner`. Keys of more
        than 64 bytes are declined, too.

    Examples
    --------
    >>> body = b'{"20":{"2026-05-01":"3","2026-05-02":"0"}}'
    >>> found = scan(body, 0, (Key.WORD, Key.DAY))
    >>> found.words[0], found.columns[1].tolist(), found.values.tolist()
    (('20',), [20574, 20575], [3, 0])
    >>> scan(body, 0, (Key.WORD, Key.HOUR)) is None
    True
    """
    last = end_of(body, first, len(kinds))
    buffer = b"".join((BEFORE, memoryview(body)[first:last], AFTER))
    found = layout(buffer, len(kinds))
    if found is None:
        return None
    columns, words = [], []
    for depth, kind in enumerate(kinds):
        one = _column(buffer, found, (depth, len(kinds)), kind)
        if one is None:
            return None
        columns.append(one[0])
        words.append(one[1])
    return Scanned(tuple(columns), tuple(words), found.values, last)


def _column(
    buffer: bytes, found: Layout, where: tuple[int, int], kind: Key
) -> tuple[Array, tuple[str, ...]] | None:
    """Read the keys of one depth, one for each count."""
    depth, levels = where
    innermost = depth == levels - 1
    if innermost:
        keys, firsts = found.leaves, found.firsts
    else:
        here = found.depths == depth
        keys, firsts = Keys(found.outer.starts[here], found.outer.ends[here]), _firsts(found, depth)
    read = _hours(buffer, keys) if kind is Key.HOUR else _words(buffer, keys, firsts, kind)
    if read is None:
        return None
    column, words = read
    if stand_twice(column, firsts):
        return None
    if not innermost:
        running = np.cumsum(here) - 1
        column = np.repeat(column.take(running[found.depths == levels - 2]), found.sizes)
    return column, words


def _firsts(found: Layout, depth: int) -> Array:
    """Say which keys of a depth are the first ones of their objects."""
    if depth == 0:
        return np.zeros(1, np.intp)
    # Keys of a depth are in another object when a key of the depth above is between them.
    above = np.cumsum(found.depths == depth - 1)[found.depths == depth]
    return np.flatnonzero(np.diff(above, prepend=0))


def _hours(buffer: bytes, keys: Keys) -> tuple[Array, tuple[str, ...]] | None:
    """Read hours; None when a key is anything else."""
    if (keys.ends - keys.starts != 2).any():
        return None
    bytes_ = np.frombuffer(buffer, np.uint8)
    tens = bytes_.take(keys.starts) - np.uint8(_ZERO)
    ones = bytes_.take(keys.starts + 1) - np.uint8(_ZERO)
    if tens.max() > 2 or ones.max() > 9:
        return None
    hours = tens * np.uint8(10) + ones
    return (hours.view(np.int8), ()) if hours.max() <= 23 else None


def _words(
    buffer: bytes, keys: Keys, firsts: Array, kind: Key
) -> tuple[Array, tuple[str, ...]] | None:
    """Read words or days; None when a key is too long, empty, or no day."""
    sizes = np.diff(firsts, append=keys.starts.size)
    even = firsts.size > 1 and bool((sizes == sizes[0]).all())
    found = alike(buffer, keys, int(sizes[0]) if even else 0)
    if found is None:
        return None
    numbers, models = found
    words = tuple(
        buffer[start:end].decode("ascii")
        for start, end in zip(keys.starts[models].tolist(), keys.ends[models].tolist(), strict=True)
    )
    column = meant(numbers, words, kind)
    return None if column is None else (column, words if kind is Key.WORD else ())
