"""A reader of regular counts in one pass over the bytes, compiled by numba (extra ``[fast]``).

Keys of all kinds but hours are words: a word gets a number when it first stands in a depth. Objects
of one depth mostly hold the same keys in the same order, so that the next word is guessed, and
looked up only where the guess is wrong. What words mean is settled afterwards, once for each.

The span is copied in front of zeros. No comparison below is ever true of a zero, so that whatever
runs past the end is declined like any other oddity, before it gets beyond the zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numba
import numpy as np

from engagement_kit.tables.reshape import day_number
from engagement_kit.tables.scanned import Ints, Key, Scanned

_LONGEST_WORD: Final = 64
_ZEROS: Final = 2 * _LONGEST_WORD
_FEW_WORDS: Final = 1 << 11
_MOST_WORDS: Final = 1 << 16
_SLOTS_A_WORD: Final = 4
_TOO_MANY: Final = -2
_MOST_DIGITS: Final = 18
_SHORTEST_LEAF: Final = len('"k":"0",')
_DEEPEST: Final = 4
_QUOTE, _COMMA, _COLON, _OPEN, _CLOSE, _BACKSLASH, _ZERO = b'",:{}\\0'
_SPACE, _DELETE = 0x20, 0x7F
_FACTORS: Final = np.random.default_rng(1).integers(1, 1 << 40, _LONGEST_WORD)


def _jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function, and keep what was compiled where there is a place for it."""
    options = {"nogil": True, "boundscheck": False}
    try:
        compiled: Callable[..., Any] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        compiled = numba.njit(**options)(function)
    return compiled


def scan(body: bytes, first: int, last: int, kinds: tuple[Key, ...]) -> Scanned | None:
    """Read one object of counts in a single pass; see `scanned.Scanner`.

    Parameters
    ----------
    body
        The bytes of an answer.
    first, last
        Where the object begins and ends, the end exclusive.
    kinds
        What the keys of each depth are, from the outside in.

    Returns
    -------
    Scanned or None
        None for whatever is not regular; also for more than 65,536 different words in one depth,
        and words of more than 64 letters.

    Examples
    --------
    >>> scan(b'{"2000":{"replies":"3"}}', 0, 24, (Key.WORD, Key.WORD)).values.tolist()
    [3]
    """
    if not 0 <= first < last <= len(body) or not 1 <= len(kinds) <= _DEEPEST:
        return None
    span = np.zeros(last - first + _ZEROS, dtype=np.uint8)
    span[: last - first] = np.frombuffer(body, dtype=np.uint8, count=last - first, offset=first)
    hourly = np.array([kind == Key.HOUR for kind in kinds])
    many = (last - first) // _SHORTEST_LEAF + 1
    codes = np.empty((len(kinds), many), dtype=np.int32)
    values = np.empty(many, dtype=np.int64)
    leaves = _TOO_MANY
    for room in (_FEW_WORDS, _MOST_WORDS):  # most answers have few words, and small tables are fast
        if leaves == _TOO_MANY:
            words = np.empty((len(kinds), room, 2), dtype=np.int32)
            counts = np.zeros(len(kinds), dtype=np.int64)
            leaves = _read(span, last - first, hourly, codes, values, words, counts)
    if leaves <= 0:
        return None
    columns, texts = [], []
    for depth, kind in enumerate(kinds):
        edges = words[depth, : counts[depth]].tolist()
        known = [span[begin:end].tobytes().decode("ascii") for begin, end in edges]
        column = _meant(codes[depth, :leaves], known, kind)
        if column is None:
            return None
        columns.append(column)
        texts.append(tuple(known) if kind == Key.WORD else ())
    return Scanned(tuple(columns), tuple(texts), values[:leaves])


def _meant(codes: Ints, known: list[str], kind: Key) -> Ints | None:
    """Turn the numbers of words into what they mean: days, hours, or the words themselves."""
    if kind == Key.HOUR:
        return codes.astype(np.int8)
    if kind == Key.WORD:
        return codes.copy()  # a view would keep the room of all depths alive
    days = [day_number(one) for one in known]
    if None in days:
        return None
    meant: Ints = np.array(days, dtype=np.int32)[codes]
    return meant


@_jit
def _read(
    span: Any, size: int, hourly: Any, codes: Any, values: Any, words: Any, counts: Any
) -> int:
    """Read the span; give the number of its counts, or a negative one where it is not regular."""
    deepest, room = len(hourly) - 1, words.shape[1]
    slots = np.zeros((len(hourly), room * _SLOTS_A_WORD), dtype=np.int32)
    follower = np.zeros((len(hourly), room + 1), dtype=np.int32)
    seen = np.zeros((len(hourly), room), dtype=np.int32)
    number = np.zeros(len(hourly), dtype=np.int32)  # of the object that is open at each depth
    before = np.zeros(len(hourly), dtype=np.int32)  # the word before this one, from 1 on
    hours = np.zeros(len(hourly), dtype=np.int32)  # those of the open object, a bit for each
    now = np.zeros(len(hourly), dtype=np.int32)
    if span[0] != _OPEN:
        return -1
    at, depth, leaf = 1, 0, 0
    number[0] = 1
    while True:
        # --- a key
        if span[at] != _QUOTE:
            return -1
        at += 1
        if hourly[depth]:
            tens, ones = np.int64(span[at]) - _ZERO, np.int64(span[at + 1]) - _ZERO
            if tens < 0 or tens > 2 or ones < 0 or ones > 9 or span[at + 2] != _QUOTE:
                return -1
            code = tens * 10 + ones
            if code > 23 or hours[depth] >> code & 1:
                return -1
            hours[depth] |= 1 << code
            at += 3
        else:
            code = follower[depth, before[depth]] - 1
            end = -1
            if code >= 0:
                end = _same(span, at, words[depth, code, 0], words[depth, code, 1])
            if end < 0 and before[depth]:  # tweet ids, and days, are of one length
                last = before[depth] - 1
                end = at + int(words[depth, last, 1] - words[depth, last, 0])
                code = np.int64(-1)
                if span[end] == _QUOTE:
                    code = _known(span, at, end, words[depth], slots[depth])
                if code < 0:
                    end = -1
            if end < 0:
                end = _word_end(span, at)
                if end < 0:
                    return -1
                code = _known(span, at, end, words[depth], slots[depth])
                if code < 0:
                    code = counts[depth]
                    if code == room:
                        return _TOO_MANY
                    _add(span, at, end, words[depth], slots[depth], code)
                    counts[depth] += 1
            follower[depth, before[depth]] = code + 1
            if seen[depth, code] == number[depth]:
                return -1  # it stands twice in this object
            seen[depth, code] = number[depth]
            before[depth] = code + 1
            at = end + 1
        if span[at] != _COLON:
            return -1
        at += 1
        now[depth] = code
        # --- an object deeper, or a count
        if depth < deepest:
            if span[at] != _OPEN:
                return -1
            at += 1
            depth += 1
            number[depth] += 1
            before[depth] = 0
            hours[depth] = 0
            continue
        if span[at] != _QUOTE:
            return -1
        at += 1
        begin, value = at, np.int64(0)
        digit = np.int64(span[at]) - _ZERO
        while digit >= 0 and digit <= 9 and at - begin <= _MOST_DIGITS:
            value = value * 10 + digit
            at += 1
            digit = np.int64(span[at]) - _ZERO
        if at == begin or at - begin > _MOST_DIGITS or span[at] != _QUOTE:
            return -1
        at += 1
        values[leaf] = value
        for one in range(deepest + 1):
            codes[one, leaf] = now[one]
        leaf += 1
        # --- what follows: the next key, or the end of objects
        while span[at] == _CLOSE:
            at += 1
            depth -= 1
            if depth < 0:
                return leaf if at == size else -1
        if span[at] != _COMMA:
            return -1
        at += 1


@_jit
def _same(span: Any, at: int, begin: int, end: int) -> int:
    """Give the end of the word at a place when it is the known one, else -1."""
    size = end - begin
    if span[at + size] != _QUOTE:
        return -1
    for one in range(size):
        if span[at + one] != span[begin + one]:
            return -1
    return at + size


@_jit
def _word_end(span: Any, at: int) -> int:
    """Give the end of a word: plain letters up to a quote; -1 where there is none."""
    for end in range(at, at + _LONGEST_WORD + 1):
        letter = span[end]
        if letter == _QUOTE:
            return end if end > at else -1
        if letter < _SPACE or letter >= _DELETE or letter == _BACKSLASH:
            return -1
    return -1


@_jit
def _slot(span: Any, at: int, end: int, many: int) -> Any:
    """Choose a place for a word: a sum of its letters, each times a number of its own.

    No product waits for another one, as it would where each letter is mixed into what came before.
    """
    mixed = np.int64(0)
    for one in range(end - at):
        mixed += np.int64(span[at + one]) * _FACTORS[one]
    return (mixed >> 20 ^ mixed) & (many - 1)


@_jit
def _known(span: Any, at: int, end: int, words: Any, slots: Any) -> Any:
    """Look a word up, byte by byte; -1 when it is new."""
    slot = _slot(span, at, end, len(slots))
    while slots[slot]:
        code = slots[slot] - 1
        size = words[code, 1] - words[code, 0]
        if size == end - at and _same(span, at, words[code, 0], words[code, 1]) >= 0:
            return code
        slot = (slot + 1) & (len(slots) - 1)
    return -1


@_jit
def _add(span: Any, at: int, end: int, words: Any, slots: Any, code: int) -> None:
    """Give a new word the next number."""
    words[code, 0], words[code, 1] = at, end
    slot = _slot(span, at, end, len(slots))
    while slots[slot]:
        slot = (slot + 1) & (len(slots) - 1)
    slots[slot] = code + 1
