"""A reader of regular counts in one pass over the bytes, compiled by numba (extra ``[fast]``).

Keys are words, and equal words get equal numbers; only hours of the deepest level are read as what
they are. What words mean is settled here, afterwards, once for each. Keys outside the deepest level
are noted once for each innermost object, not for each count.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engagement_kit.tables.readers.compiled import LONGEST_WORD, TOO_MANY, Room, no_words, read_span
from engagement_kit.tables.readers.scanned import Ints, Key, Scanned, meant

_ZEROS: Final = 2 * LONGEST_WORD
_FEW_WORDS: Final = 1 << 9
_MOST_WORDS: Final = 1 << 16
_SHORTEST_LEAF: Final = len('"k":"0",')
_SHORTEST_OBJECT: Final = len('"k":{"k":"0"},')
_DEEPEST: Final = 4


def scan(body: bytes, first: int, kinds: tuple[Key, ...]) -> Scanned | None:
    """Read one object of counts in a single pass; see `scanned.Scanner`.

    Parameters
    ----------
    body
        The bytes of an answer.
    first
        Where the object begins.
    kinds
        What the keys of each depth are, from the outside in.

    Returns
    -------
    Scanned or None
        None for whatever is not regular; also for more than 65,536 different words in one depth,
        and words of more than 64 letters.

    Examples
    --------
    >>> scan(b'{"2000":{"replies":"3"}}', 0, (Key.WORD, Key.WORD)).values.tolist()
    [3]
    """
    if not 0 <= first < len(body) or not 1 <= len(kinds) <= _DEEPEST:
        return None
    size, deepest = len(body) - first, len(kinds) - 1
    span = np.zeros(size + _ZEROS, dtype=np.uint8)
    span[:size] = np.frombuffer(body, dtype=np.uint8, count=size, offset=first)
    base = span.ctypes.data
    many = size // _SHORTEST_LEAF + 1
    room = Room(
        values=np.empty(many, dtype=np.int64),
        codes=np.empty(many, dtype=np.int32),
        hours=np.empty(many if kinds[-1] is Key.HOUR else 0, dtype=np.int8),
        objects=np.empty((size // _SHORTEST_OBJECT + 1, deepest + 1), dtype=np.int32),
    )
    # Most answers have few words, and small tables are fast.
    words = no_words(len(kinds), min(_FEW_WORDS, 1 << many.bit_length()))
    leaves = read_span(base, deepest, room, words)
    if leaves == TOO_MANY:
        words = no_words(len(kinds), _MOST_WORDS)
        leaves = read_span(base, deepest, room, words)
    if leaves <= 0:
        return None
    objects_read, bytes_read = words.tally[-1].tolist()
    objects = room.objects[:objects_read]
    firsts = objects[:, deepest]
    sizes = np.append(firsts[1:], leaves) - firsts
    columns, texts = [], []
    for depth, kind in enumerate(kinds):
        known = _texts(body, words.of(depth), base - first)
        innermost = depth == deepest
        if innermost and kind is Key.HOUR:
            column: Ints | None = room.hours[:leaves]
        else:
            column = meant(room.codes[:leaves] if innermost else objects[:, depth], known, kind)
        if column is None:
            return None
        columns.append(column if innermost else np.repeat(column, sizes))
        texts.append(known if kind is Key.WORD else ())
    return Scanned(tuple(columns), tuple(texts), room.values[:leaves], first + bytes_read)


def _texts(body: bytes, places: list[tuple[int, int]], base: int) -> tuple[str, ...]:
    """Give words as text: they stand in the body at as many bytes as they do behind an address."""
    return tuple(
        body[begin - base : begin - base + length].decode("ascii") for begin, length in places
    )
