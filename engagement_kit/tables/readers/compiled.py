"""The pass over the bytes of a regular object, in functions that numba compiles; see `kernel`.

Bytes are looked at eight at a time, and with few branches: where a text ends, and which number its
digits write, is found by arithmetic. A processor that guesses a branch wrong loses as much time as
all of this takes, and counts of one, two or three digits can't be guessed.

Places are addresses. Behind the bytes stand zeros, and no sign or digit is ever a zero: whatever
runs past the end is declined like any other oddity, before it gets beyond the zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LONGEST_WORD: Final = 64
_SLOTS_A_WORD: Final = 2
_BEGIN, _LENGTH, _NUMBER, _SEEN = range(4)
_OPENED, _COUNT = range(2)
TOO_MANY: Final = -2
_MOST_DIGITS: Final = 18
_QUOTE, _COMMA, _COLON, _OPEN, _CLOSE, _BACKSLASH, _ZERO = b'",:{}\\0'
_SPACE, _DELETE = 0x20, 0x7F

# Numbers without a sign stay among themselves: with signed ones numba makes floats of them.
_SEVEN, _EIGHT, _TOP, _WORD_BITS = map(np.uint64, (7, 8, 56, 64))
_ONE_BYTE: Final = np.uint64(0xFF)
_ONES: Final = np.uint64(0x0101010101010101)
_HIGH: Final = np.uint64(0x8080808080808080)
_QUOTES: Final = np.uint64(0x2222222222222222)
_DIGIT_ZEROS: Final = np.uint64(0x3030303030303030)
_OVER_NINE: Final = np.uint64(0x7676767676767676)
_PLACES: Final = np.uint64(0x0001020304050607)
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_HOUR_SIGNS: Final = np.uint64(int.from_bytes(b'"\0\0":"\0\0', "little"))
_HOUR_MASK: Final = np.uint64(0x0000FFFFFF0000FF)
_PAIRS, _FOURS = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)
_TEN, _HUNDRED, _MYRIAD = map(np.uint64, (10, 100, 10_000))
_SIXTEEN, _HALF, _LOW_HALF = np.uint64(16), np.uint64(32), np.uint64(0xFFFFFFFF)


def _jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function, and keep what was compiled where there is a place for it."""
    options = {"nogil": True, "boundscheck": False}
    try:
        compiled: Callable[..., Any] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        compiled = numba.njit(**options)(function)
    return compiled


def _jit_within(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function as a part of those that call it: handing arrays over takes long."""
    within: Callable[..., Any] = numba.njit(nogil=True, boundscheck=False, inline="always")(
        function
    )
    return within


def _load(bits: int) -> Any:
    """Make a function that reads a number of so many bits from an address, aligned or not."""
    kind = {8: types.uint8, 64: types.uint64}[bits]

    def typed(_: Any, __: Any) -> Any:
        def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
            pointer = builder.inttoptr(args[0], ir.IntType(bits).as_pointer())
            return builder.load(pointer, align=1)

        return kind(types.intp), generate

    return intrinsic(typed)


_byte, _eight = _load(8), _load(64)


class Room(NamedTuple):
    """Where a pass writes what it finds.

    Attributes
    ----------
    values
        The counts.
    codes
        The number of each count's own key, where that is a word.
    hours
        The hour of each count, where its own key is one; without length where it is a word.
    objects
        A row for each innermost object: the numbers of the words that lead to it, and which count
        is its first.
    """

    values: Any
    codes: Any
    hours: Any
    objects: Any


class Words(NamedTuple):
    """The different words of each depth.

    Attributes
    ----------
    slots
        A table for each depth, with lines of four: where a word begins, how long it is, its number,
        and in which object it was seen last. Lines of nought are free.
    tally
        For each depth, how many objects were begun, and how many words there are; below, how many
        innermost objects there are, and how many bytes were read.
    """

    slots: Any
    tally: Any

    def of(self, depth: int) -> list[tuple[int, int]]:
        """Give the place and the length of the words of a depth, by their numbers."""
        used = self.slots[depth][self.slots[depth, :, _LENGTH] > 0]
        in_order = used[np.argsort(used[:, _NUMBER])]
        return [*zip(in_order[:, _BEGIN].tolist(), in_order[:, _LENGTH].tolist(), strict=True)]


def no_words(depths: int, room: int) -> Words:
    """Make tables for up to so many words, a power of two, in each depth."""
    slots = np.zeros((depths, room * _SLOTS_A_WORD, 4), dtype=np.int64)
    return Words(slots, np.zeros((depths + 1, 2), dtype=np.int64))


@_jit
def read_span(span: int, deepest: int, room: Room, words: Words) -> Any:
    """Read an object; give the number of its counts, or a negative one where it is not regular."""
    slots, tally, noted = words.slots, words.tally, room.objects
    now = np.zeros(deepest + 1, dtype=np.int32)
    if _byte(span) != _OPEN:
        return -1
    at, depth, leaf, objects = span + 1, 0, 0, 0
    tally[0, _OPENED] = 1
    while True:
        while depth < deepest:
            code, at = _word(at, slots, tally, depth)
            if code < 0 or _byte(at) != _COLON or _byte(at + 1) != _OPEN:
                return min(code, -1)
            now[depth] = code
            depth += 1
            tally[depth, _OPENED] += 1
            at += 2
        now[deepest] = leaf
        noted[objects] = now
        objects += 1
        if len(room.hours):
            leaf, at = _hourly(at, room, leaf)
        else:
            leaf, at = _wordy(at, room, leaf, words, depth)
        if leaf < 0:
            return leaf
        while _byte(at) == _CLOSE and depth >= 0:
            at += 1
            depth -= 1
        if depth < 0:
            tally[deepest + 1, 0], tally[deepest + 1, 1] = objects, at - span
            return leaf
        if _byte(at) != _COMMA:
            return -1
        at += 1


@_jit
def _hourly(at: int, room: Room, leaf: int) -> Any:
    """Read the counts of an object by hours; give the next count's number, and where it ends."""
    values, hours, used = room.values, room.hours, np.uint64(0)
    while True:
        key = _eight(at)  # a quote, the hour, a quote, the colon, a quote
        tens = (key >> _EIGHT & _ONE_BYTE) - np.uint64(_ZERO)
        ones = (key >> _SIXTEEN & _ONE_BYTE) - np.uint64(_ZERO)
        hour = tens * _TEN + ones
        regular = key & _HOUR_MASK == _HOUR_SIGNS and tens <= np.uint64(2) and ones <= np.uint64(9)
        if not regular or hour > np.uint64(23) or used >> hour & np.uint64(1):
            return -1, at
        used |= np.uint64(1) << hour
        hours[leaf] = hour
        value, at = _count(at + 6)
        if value < 0:
            return -1, at
        values[leaf] = value
        leaf += 1
        if _byte(at) != _COMMA:
            return leaf, at
        at += 1


@_jit
def _wordy(at: int, room: Room, leaf: int, words: Words, depth: int) -> Any:
    """Read the counts of an object by words; give the next count's number, and where it ends."""
    values, codes, slots, tally = room.values, room.codes, words.slots, words.tally
    while True:
        code, at = _word(at, slots, tally, depth)
        if code < 0 or _byte(at) != _COLON or _byte(at + 1) != _QUOTE:
            return min(code, -1), at
        codes[leaf] = code
        value, at = _count(at + 2)
        if value < 0:
            return -1, at
        values[leaf] = value
        leaf += 1
        if _byte(at) != _COMMA:
            return leaf, at
        at += 1


@_jit
def _quote_in(eight: Any) -> Any:
    """Mark the first quote among eight bytes by the high bit of its byte; 0 where there is none."""
    others = eight ^ _QUOTES
    found = (others - _ONES) & ~others & _HIGH
    return found & (~found + np.uint64(1))


@_jit
def _place_of(mark: Any) -> Any:
    """Tell which byte is marked."""
    return (mark >> _SEVEN) * _PLACES >> _TOP


@_jit
def _count(at: int) -> Any:
    """Read the digits of a count; give it, or -1, and the place behind its quote."""
    eight = _eight(at)
    mark = _quote_in(eight)
    if mark == np.uint64(0):
        return _long_count(at)
    size = _place_of(mark)
    # Shifted up, the last digit is the highest byte, and nothing but the digits is left.
    digits = (eight ^ _DIGIT_ZEROS) << (_WORD_BITS - _EIGHT * size & np.uint64(63))
    if size == np.uint64(0) or ((digits + _OVER_NINE) | digits) & _HIGH:
        return np.int64(-1), at
    digits = digits * _TEN + (digits >> _EIGHT) & _PAIRS
    digits = digits * _HUNDRED + (digits >> _SIXTEEN) & _FOURS
    value = digits * _MYRIAD + (digits >> _HALF) & _LOW_HALF
    return np.int64(value), at + np.int64(size) + 1


@_jit
def _long_count(at: int) -> Any:
    """Read a count of more than seven digits, one by one."""
    value: Any = np.int64(0)
    for end in range(at, at + _MOST_DIGITS + 1):
        digit = np.int64(_byte(end)) - _ZERO
        if digit < 0 or digit > 9:
            return (value if _byte(end) == _QUOTE else np.int64(-1)), end + 1
        value = value * 10 + digit
    return np.int64(-1), at


@_jit_within
def _word(at: int, slots: Any, tally: Any, depth: int) -> Any:
    """Read a key with its quotes; give the number of its word, or a negative one, and its end.

    Words that can't be read, and those that stand twice in one object, have negative numbers.
    """
    code = np.int64(-1)
    begin = at + 1
    end, mixed = _word_end(begin)
    if _byte(at) == _QUOTE and end >= 0:
        mask = slots.shape[1] - 1
        slot = np.int64(mixed & np.uint64(mask))
        while slots[depth, slot, _LENGTH] and not _is_same(
            begin, end, slots[depth, slot, _BEGIN], slots[depth, slot, _LENGTH]
        ):
            slot = slot + 1 & mask
        opened = tally[depth, _OPENED]
        if slots[depth, slot, _LENGTH] == 0:
            code = _new_word(begin, end, tally[depth, _COUNT], slots.shape[1])
            if code >= 0:
                slots[depth, slot, _BEGIN], slots[depth, slot, _LENGTH] = begin, end - begin
                slots[depth, slot, _NUMBER], slots[depth, slot, _SEEN] = code, opened
                tally[depth, _COUNT] += 1
        elif slots[depth, slot, _SEEN] != opened:
            slots[depth, slot, _SEEN] = opened
            code = slots[depth, slot, _NUMBER]
    return code, end + 1


@_jit
def _new_word(begin: int, end: int, many: int, slots: int) -> Any:
    """Give the number of a new word; a negative one when it can't be printed, or one too many."""
    if (many + 1) * _SLOTS_A_WORD > slots:
        return np.int64(TOO_MANY)
    for one in range(begin, end):
        if _byte(one) < _SPACE or _byte(one) >= _DELETE or _byte(one) == _BACKSLASH:
            return np.int64(-1)
    return np.int64(many)


@_jit
def _word_end(begin: int) -> Any:
    """Find the end of a word, and mix its letters to a number; -1 for none of 1 to 64 letters."""
    end: Any = begin
    mixed, mark = np.uint64(0), np.uint64(0)
    while mark == np.uint64(0):
        if end - begin > LONGEST_WORD:
            return np.int64(-1), mixed
        eight = _eight(end)
        mark = _quote_in(eight)
        size = _EIGHT
        if mark != np.uint64(0):
            size = _place_of(mark)
            eight &= (mark >> _SEVEN) - np.uint64(1)
        mixed = (mixed ^ eight) * _MIX
        mixed ^= mixed >> _HALF
        end += np.int64(size)
    return (end if 0 < end - begin <= LONGEST_WORD else np.int64(-1)), mixed


@_jit
def _is_same(begin: int, end: int, known: int, length: int) -> Any:
    """Compare two words, eight bytes at a time, and what is left of them without what follows."""
    if end - begin != length:
        return False
    while end - begin >= 8:
        if _eight(begin) != _eight(known):
            return False
        begin += 8
        known += 8
    left = np.uint64(1) << _EIGHT * np.uint64(end - begin)
    return (_eight(begin) ^ _eight(known)) & (left - np.uint64(1)) == np.uint64(0)
