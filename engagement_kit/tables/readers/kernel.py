"""A reader of regular counts in one pass over the bytes, compiled by numba (extra ``[fast]``).

Keys are words, and equal words get equal numbers; only hours of the deepest level are read as what
they are. What words mean is settled here, afterwards, once for each. Keys outside the deepest level
are noted once for each innermost object, not for each count.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engagement_kit.tables.readers.compiled import LONGEST_WORD, TOO_MANY, Room, no_words, read_span
from engagement_kit.tables.readers.reshape import day_number, hour_number
from engagement_kit.tables.readers.scanned import Ints, Key, Scanned

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
        hours=np.empty(many if kinds[-1] == Key.HOUR else 0, dtype=np.int8),
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
    many_objects, size = words.tally[-1].tolist()
    objects = room.objects[:many_objects]
    firsts = objects[:, deepest]
    sizes = np.append(firsts[1:], leaves) - firsts
    columns, texts = [], []
    for depth, kind in enumerate(kinds):
        places = ((begin - base + first, length) for begin, length in words.of(depth))
        known = [body[begin : begin + length].decode("ascii") for begin, length in places]
        if depth < deepest:
            column = _meant(objects[:, depth], known, kind)
            column = None if column is None else np.repeat(column, sizes)
        elif kind == Key.HOUR:
            column = room.hours[:leaves]
        else:
            column = _meant(room.codes[:leaves], known, kind)
        if column is None:
            return None
        columns.append(column)
        texts.append(tuple(known) if kind == Key.WORD else ())
    return Scanned(tuple(columns), tuple(texts), room.values[:leaves], first + size)


def _meant(codes: Ints, known: list[str], kind: Key) -> Ints | None:
    """Turn the numbers of words into what they mean: days, hours, or the words themselves."""
    if kind == Key.WORD:
        return codes
    hourly = kind == Key.HOUR
    read = [(hour_number if hourly else day_number)(one) for one in known]
    if None in read:
        return None
    meant: Ints = np.array(read, dtype=np.int8 if hourly else np.int32)[codes]
    return meant
