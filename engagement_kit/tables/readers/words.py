"""Texts that lie in a buffer of bytes, compared many at a time: equal ones are found.

A gather takes eight bytes from any place as one number; the byte that stands first is the lowest.
What a gather reads before its text is always shifted away.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engagement_kit.tables.readers.layout import LONGEST_KEY, Array, Keys

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_ROUNDS: Final = 24
_FEW: Final = 100
_STEP: Final = 1 << 15
"""Rows at a time: what is worked on stays in the processor's cache."""


def alike(buffer: bytes, keys: Keys, period: int) -> tuple[Array, Array] | None:
    """Find equal texts among texts of 1 to 64 bytes.

    Parameters
    ----------
    buffer
        Where they lie, in the room that `layout` wants around them.
    keys
        Where each of them lies.
    period
        After how many texts they may begin again in the same order: a guess that is checked, and
        saves work where it is right. 0 for none.

    Returns
    -------
    tuple of arrays, or None
        For each text the number of its kind, kinds numbered by first appearance; and the first
        text of each kind. None for texts that are empty or too long.
    """
    starts, ends = keys
    lengths = ends - starts
    longest = int(lengths.max())
    if int(lengths.min()) < 1 or longest > LONGEST_KEY:
        return None
    if ends.size <= _FEW:
        return _number_few(buffer, starts, ends)
    places = _eights(buffer)
    cuts = range(8, longest + 8, 8)
    if period and ends.size % period == 0 and _repeat(places, ends, lengths, cuts, period):
        found = alike(buffer, Keys(starts[:period], ends[:period]), 0)
        return found and (np.tile(found[0], ends.size // period), found[1])
    return _number([_eight(places, ends, lengths, cut) for cut in cuts])


def _eights(buffer: bytes) -> Array:
    """View a buffer as numbers of eight bytes, one from each place."""
    return np.ndarray((len(buffer) - 7,), "<u8", buffer, 0, (1,))


def _eight(places: Array, ends: Array, lengths: Array, cut: int) -> Array:
    """Give the eight bytes of each text that begin `cut` before its end; zeros for want of more."""
    # Lengths need no look of their own later: no text holds a zero byte.
    eight: Array = places[ends - cut]
    if int(lengths.min()) < cut:
        # The bits before the text: all 64 of them where it is used up.
        eight >>= np.maximum(8 * cut - 8 * lengths, 0).astype(np.uint64)
    return eight


def _repeat(places: Array, ends: Array, lengths: Array, cuts: range, period: int) -> bool:
    """Tell whether the texts are those of the first period, again and again."""
    if (lengths.reshape(-1, period) != lengths[:period]).any():
        return False
    model = [_eight(places, ends[:period], lengths[:period], cut) for cut in cuts]
    step = period * max(_STEP // period, 1)
    for at in range(0, ends.size, step):
        index = ends[at : at + step]
        sizes = lengths[at : at + step]
        for cut, first in zip(cuts, model, strict=True):
            if (_eight(places, index, sizes, cut).reshape(-1, period) != first).any():
                return False
    return True


def _number_few(buffer: bytes, starts: Array, ends: Array) -> tuple[Array, Array]:
    """Give equal texts equal numbers, one by one: for a few of them faster than arrays are."""
    numbers: dict[bytes, int] = {}
    firsts: list[int] = []
    each: list[int] = []
    for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        number = numbers.setdefault(buffer[start:end], len(firsts))
        if number == len(firsts):
            firsts.append(row)
        each.append(number)
    return np.array(each, np.int32), np.array(firsts)


def _number(parts: list[Array]) -> tuple[Array, Array] | None:
    """Give equal rows equal numbers. A hash only proposes a row to be equal to; parts decide."""
    count = parts[0].size
    rows = everyone = np.arange(count, dtype=np.int32)
    leaders = everyone.copy()
    factor = _MIX
    for _ in range(_ROUNDS):
        own = parts if rows.size == count else [part[rows] for part in parts]
        leader = rows[_propose(own, factor)]
        leaders[rows] = leader
        same = own[0] == parts[0].take(leader)
        for mine, part in zip(own[1:], parts[1:], strict=True):
            same &= mine == part.take(leader)
        if same.all():
            first = np.flatnonzero(leaders == everyone)
            numbers = np.empty(count, np.int32)
            numbers[first] = np.arange(first.size, dtype=np.int32)
            return numbers.take(leaders), first
        # Two kinds met in one place: those that were not first try again, mixed in another way.
        rows = rows[~same]
        factor = np.uint64((int(factor) * int(_MIX) | 1) % 2**64)
    return None


def _propose(parts: list[Array], factor: np.uint64) -> Array:
    """Give for each row the first row of equal hash."""
    mixed = parts[0] * factor
    for part in parts[1:]:
        mixed ^= mixed >> np.uint64(29)
        mixed = (mixed + part) * factor
    count = mixed.size
    bits = count.bit_length() + 2
    slots = (mixed >> np.uint64(64 - bits)).view(np.int64)
    table = np.empty(1 << bits, np.int32)
    # Of several values for one slot the last one stays: written backwards, the first row.
    table[slots[::-1]] = np.arange(count - 1, -1, -1, dtype=np.int32)
    return table.take(slots)


def stand_twice(numbers: Array, firsts: Array) -> bool:
    """Tell whether a number is twice in one object; `firsts` say where objects begin."""
    rises = numbers[1:] > numbers[:-1]
    rises[firsts[1:] - 1] = True
    if rises.all():
        return False
    kinds = int(numbers.max()) + 1
    pairs = np.repeat(np.arange(firsts.size), np.diff(firsts, append=numbers.size)) * kinds
    pairs += numbers
    room = firsts.size * kinds
    if room <= 16 * pairs.size:
        seen = np.zeros(room, np.bool_)
        seen[pairs] = True
        return int(np.count_nonzero(seen)) < pairs.size
    pairs.sort()
    return bool((pairs[1:] == pairs[:-1]).any())
