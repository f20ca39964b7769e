"""Texts that lie in a buffer of bytes, read many at a time: equal keys found, digits to counts.

A gather takes eight bytes from any place as one number; the byte that stands first is the lowest.
What a gather reads beyond its text is always shifted away.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

LONGEST_KEY: Final = 64
LONGEST_COUNT: Final = 18
BEFORE: Final = bytes(LONGEST_KEY)
"""What a buffer must begin with: a gather that ends in a text can begin before it."""
AFTER: Final = bytes(8)
"""What a buffer must end with: a gather that begins in a text can end after it."""

_ZEROS: Final = np.uint64(0x3030303030303030)
_OVER_NINE: Final = np.uint64(0x7676767676767676)
_HIGH_BITS: Final = np.uint64(0x8080808080808080)
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_ROUNDS: Final = 24
_FEW: Final = 100
_STEP: Final = 1 << 15
"""Rows at a time: what is worked on stays in the processor's cache."""


def eights(buffer: bytes) -> Array:
    """View a buffer as numbers of eight bytes, one from each place."""
    return np.ndarray((len(buffer) - 7,), "<u8", buffer, 0, (1,))


def counts(places: Array, starts: Array, lengths: Array) -> Array | None:
    """Read texts of 1 to 18 digits; None when one of them is anything else."""
    if int(lengths.min()) < 1 or int(lengths.max()) > LONGEST_COUNT:
        return None
    found = np.empty(starts.size, np.int64)
    for at in range(0, starts.size, _STEP):
        piece = slice(at, at + _STEP)
        read = _counts(places, starts[piece].astype(np.intp), lengths[piece])
        if read is None:
            return None
        found[piece] = read
    return found


def _counts(places: Array, starts: Array, lengths: Array) -> Array | None:
    """Read the first eight digits of each text, then the rest of those that have more."""
    # Shifted up, the last digit is the highest byte, and nothing but the digits is left.
    up = (64 - 8 * np.minimum(lengths, 8)).astype(np.uint64)
    digits = (places[starts] ^ _ZEROS) << up
    if int(np.bitwise_or.reduce((digits + _OVER_NINE) | digits) & _HIGH_BITS):
        return None
    found: Array = _eight_digits(digits).view(np.int64)
    more = np.flatnonzero(lengths > 8)
    if more.size:
        left = lengths[more] - 8
        rest = _counts(places, starts[more] + 8, left)
        if rest is None:
            return None
        found[more] = found[more] * 10 ** left.astype(np.int64) + rest
    return found


def _eight_digits(digits: Array) -> Array:
    """Turn eight bytes from 0 to 9 into the number that they write, in three steps of pairs."""
    digits = digits * np.uint64(10) + (digits >> np.uint64(8))
    digits &= np.uint64(0x00FF00FF00FF00FF)
    digits = digits * np.uint64(100) + (digits >> np.uint64(16))
    digits &= np.uint64(0x0000FFFF0000FFFF)
    return (digits * np.uint64(10000) + (digits >> np.uint64(32))) & np.uint64(0xFFFFFFFF)


def alike(
    buffer: bytes, places: Array, starts: Array, ends: Array, period: int
) -> tuple[Array, Array] | None:
    """Find equal texts among texts of 1 to 64 bytes.

    Parameters
    ----------
    buffer, places
        The buffer, and its view by `eights`.
    starts, ends
        The place of the first byte of each text, and the place behind its last.
    period
        After how many texts they may begin again in the same order: a guess that is checked, and
        saves work where it is right. 0 for none.

    Returns
    -------
    tuple of arrays, or None
        For each text the number of its kind, kinds numbered by first appearance; and the first
        text of each kind. None for texts that are empty or too long.
    """
    lengths = ends - starts
    longest = int(lengths.max())
    if int(lengths.min()) < 1 or longest > LONGEST_KEY:
        return None
    if ends.size <= _FEW:
        return _number_few(buffer, starts, ends)
    cuts = range(8, longest + 8, 8)
    if period and ends.size % period == 0 and _repeat(places, ends, lengths, cuts, period):
        found = alike(buffer, places, starts[:period], ends[:period], 0)
        return found and (np.tile(found[0], ends.size // period), found[1])
    index = ends.astype(np.intp)
    return _number([_eight(places, index, lengths, cut) for cut in cuts])


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
        index = ends[at : at + step].astype(np.intp)
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


def stand_twice(owners: Array, numbers: Array, kinds: int) -> bool:
    """Tell whether one owner has the same number twice; owners must stand in order."""
    pairs = owners.astype(np.int64) * kinds + numbers
    if (pairs[1:] > pairs[:-1]).all():
        return False
    room = (int(owners[-1]) + 1) * kinds
    if room <= 16 * pairs.size:
        seen = np.zeros(room, np.bool_)
        seen[pairs] = True
        return int(np.count_nonzero(seen)) < pairs.size
    pairs.sort()
    return bool((pairs[1:] == pairs[:-1]).any())
