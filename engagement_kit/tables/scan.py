"""A fast reader of counts in plain numpy: many small steps, each over all of the body at once.

Where a body is regular, its double quotes tell nearly all. They part it into texts; between two
texts stands one byte, a colon or a comma, except where objects open or close, which is seldom.
Keys and counts are then read eight bytes at a time (see `words`).

Every byte is accounted for: it is within a key, a digit of a count, or a sign that was looked at.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from engagement_kit.tables.reshape import day_number, hour_number
from engagement_kit.tables.scanned import Key, Scanned
from engagement_kit.tables.words import (
    AFTER,
    BEFORE,
    LONGEST_KEY,
    Array,
    alike,
    counts,
    eights,
    stand_twice,
)

_QUOTE, _COMMA, _COLON, _OPEN, _CLOSE = b'",:{}'
_STEP: Final = 1 << 18


class _Layout(NamedTuple):
    """Where the texts are. Positions are those of quotes."""

    leaves: Array
    """A row for each count: its key opens and closes, its digits open and close."""
    outer: Array
    """A row for each key that has an object: it opens and closes."""
    depths: Array
    """Of each outer key, 0 for the outermost."""
    sizes: Array
    """How many counts each innermost object has."""


def scan(body: bytes, first: int, last: int, kinds: tuple[Key, ...]) -> Scanned | None:
    r"""Read the counts of one grouping, or decline.

    Parameters
    ----------
    body
        Bytes that hold, among others, the grouping's object.
    first, last
        The object is ``body[first:last]``.
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
    >>> found = scan(body, 0, len(body), (Key.WORD, Key.DAY))
    >>> found.words[0], found.columns[1].tolist(), found.values.tolist()
    (('20',), [20574, 20575], [3, 0])
    >>> scan(body, 0, len(body), (Key.WORD, Key.HOUR)) is None
    True
    """
    buffer = b"".join((BEFORE, memoryview(body)[first:last], AFTER))
    layout = _layout(buffer, len(kinds))
    if layout is None:
        return None
    places = eights(buffer)
    opens, ends = layout.leaves[:, 2], layout.leaves[:, 3]
    values = counts(places, opens + 1, ends - opens - 1)
    if values is None:
        return None
    columns, words = [], []
    for depth, kind in enumerate(kinds):
        one = _column(buffer, places, layout, (depth, len(kinds)), kind)
        if one is None:
            return None
        columns.append(one[0])
        words.append(one[1])
    return Scanned(tuple(columns), tuple(words), values)


def _layout(buffer: bytes, levels: int) -> _Layout | None:
    """Find the texts; None when the signs between them are not those of a regular body."""
    bytes_ = np.frombuffer(buffer, np.uint8)
    start, end = len(BEFORE), len(buffer) - len(AFTER)
    span = bytes_[start:end]
    tail = end - levels
    if not (
        levels
        and 8 <= span.size < 2**31 - LONGEST_KEY
        and b"\\" not in buffer
        and span.min() >= 0x20
        and span.max() < 0x7F
        and span[0] == _OPEN
        and buffer[tail:end] == b"}" * levels
    ):
        return None
    quotes = _quotes(bytes_, start, end)
    if quotes.size < 4 or quotes.size % 2 or quotes[0] != start + 1 or quotes[-1] != tail - 1:
        return None
    return _part(bytes_, quotes, levels)


def _quotes(bytes_: Array, start: int, end: int) -> Array:
    """Find the double quotes, piece by piece: positions of 64 bits would fill the memory."""
    found = []
    for at in range(start, end, _STEP):
        piece = np.flatnonzero(bytes_[at : min(at + _STEP, end)] == _QUOTE).astype(np.int32)
        piece += np.int32(at)
        found.append(piece)
    return np.concatenate(found) if len(found) > 1 else found[0]


def _part(bytes_: Array, quotes: Array, levels: int) -> _Layout | None:
    """Part the texts into outer keys, and keys with their counts."""
    # Two quotes of neighbours are two apart when one byte is between them. More is seldom.
    gaps = quotes[2::2] - quotes[1:-1:2]
    wide = np.flatnonzero(gaps != 2)
    closing_quotes = quotes[1::2]
    behind = bytes_[closing_quotes[wide] + 1]
    outer, closers = wide[behind == _COLON], wide[behind == _CLOSE]
    if outer.size + closers.size != wide.size:
        return None
    at = closing_quotes[outer]
    if (gaps[outer] != 3).any() or (bytes_[at + 2] != _OPEN).any():
        return None
    if not _close_well(bytes_, closing_quotes[closers], gaps[closers], levels):
        return None
    leaves = _leaves(bytes_, quotes, outer, closers.size)
    if leaves is None:
        return None
    shape = _shape(outer, gaps, closers.size, (leaves.shape[0], levels))
    if shape is None:
        return None
    return _Layout(leaves, quotes.reshape(-1, 2)[outer], *shape)


def _close_well(bytes_: Array, at: Array, gaps: Array, levels: int) -> bool:
    """Tell whether only braces and then a comma follow these texts."""
    if not at.size:
        return True
    most = int(gaps.max()) - 2
    if int(gaps.min()) <= 2 or most >= levels:
        return False
    braces = all((bytes_[at + k][gaps - 2 >= k] == _CLOSE).all() for k in range(1, most + 1))
    return bool(braces and (bytes_[at + gaps - 1] == _COMMA).all())


def _leaves(bytes_: Array, quotes: Array, outer: Array, closers: int) -> Array | None:
    """Take the outer keys away; what is left must be keys and counts in turn."""
    if outer.size:
        keep = np.ones(quotes.size // 2, np.bool_)
        keep[outer] = False
        # Both quotes of a text are moved as one number.
        quotes = quotes.view(np.int64)[keep].view(np.int32)
    if quotes.size % 4 or not quotes.size:
        return None
    leaves = quotes.reshape(-1, 4)
    colons = leaves[:, 1] + 1
    if (leaves[:, 2] - colons != 1).any() or (bytes_.take(colons) != _COLON).any():
        return None
    # Each count but the last is followed by a comma, or by braces that were looked at.
    commas = int(np.count_nonzero(bytes_.take(leaves[:, 3] + 1) == _COMMA))
    return leaves if commas == leaves.shape[0] - 1 - closers else None


def _shape(
    outer: Array, gaps: Array, closers: int, size: tuple[int, int]
) -> tuple[Array, Array] | None:
    """Find the depths of the outer keys and the sizes of the innermost objects.

    Outer keys stand in runs, each from the depth where the braces before it left off down to an
    innermost object. So a run is as long as the number of braces before it.
    """
    leaves, levels = size
    if levels == 1:
        none = np.zeros(0, np.int32)
        return (none, np.array([leaves])) if not outer.size and not closers else None
    if not outer.size or outer[0] != 0:
        return None
    begins = np.concatenate(([0], np.flatnonzero(outer[1:] - outer[:-1] != 1) + 1))
    lengths = np.concatenate((begins[1:], [outer.size])) - begins
    closed = gaps[outer[begins] - 1] - 2
    closed[0] = levels - 1
    if closers != begins.size - 1 or (lengths != closed).any():
        return None
    within = np.arange(outer.size) - np.repeat(begins, lengths)
    depths = np.repeat(levels - 1 - closed, lengths) + within
    final = begins + lengths - 1
    # Of the texts before the first one of an object, `final + 1` are outer keys.
    firsts = (outer[final] - final) // 2
    return depths, np.concatenate((firsts[1:], [leaves])) - firsts


def _column(
    buffer: bytes, places: Array, layout: _Layout, where: tuple[int, int], kind: Key
) -> tuple[Array, tuple[str, ...]] | None:
    """Read the keys of one depth, one for each count."""
    depth, levels = where
    depths, sizes = layout.depths, layout.sizes
    innermost = depth == levels - 1
    rows = layout.leaves if innermost else layout.outer[depths == depth]
    opens, ends = rows[:, 0], rows[:, 1]
    even = innermost and sizes.size > 1 and bool((sizes == sizes[0]).all())
    found = alike(buffer, places, opens + 1, ends, int(sizes[0]) if even else 0)
    if found is None:
        return None
    numbers, firsts = found
    owners = _owners(layout, depth, innermost=innermost)
    if stand_twice(owners, numbers, firsts.size):
        return None
    keys = [
        buffer[start + 1 : end].decode("ascii")
        for start, end in zip(opens[firsts].tolist(), ends[firsts].tolist(), strict=True)
    ]
    read = _read_keys(keys, kind)
    if read is None:
        return None
    column = numbers if kind is Key.WORD else read.take(numbers)
    if not innermost:
        running = np.cumsum(depths == depth) - 1
        column = np.repeat(column.take(running[depths == levels - 2]), sizes)
    return column, tuple(keys) if kind is Key.WORD else ()


def _owners(layout: _Layout, depth: int, *, innermost: bool) -> Array:
    """Say for each key of a depth in which object of that depth it stands."""
    if innermost:
        return np.repeat(np.arange(layout.sizes.size, dtype=np.int32), layout.sizes)
    if depth == 0:
        return np.zeros(int(np.count_nonzero(layout.depths == 0)), np.int32)
    above: Array = np.cumsum(layout.depths == depth - 1)[layout.depths == depth] - 1
    return above


def _read_keys(keys: list[str], kind: Key) -> Array | None:
    """Turn different keys into days or hours; None when one is neither."""
    if kind is Key.WORD:
        return np.zeros(0, np.int32)
    read = [(hour_number if kind is Key.HOUR else day_number)(key) for key in keys]
    if None in read:
        return None
    return np.array(read, np.int8 if kind is Key.HOUR else np.int32)
