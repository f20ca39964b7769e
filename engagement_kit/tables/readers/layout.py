"""Where the texts of a regular body lie: found by its colons, of which each key has one.

Before a colon stands a key, behind it a count or an object. A count ends with its quote; what
follows is the next key, but where objects end, which is seldom. So one position for each count
tells all others.

Every byte is accounted for. Signs are looked at in their places; there are just as many quotes as
were looked at, so that none is within a key; digits are read here, and keys by whoever reads on.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

LONGEST_KEY: Final = 64
LONGEST_COUNT: Final = 18
BEFORE: Final = bytes(LONGEST_KEY)
"""What a buffer must begin with: eight bytes that end in a key can begin before it."""
AFTER: Final = bytes(32)
"""What a buffer must end with: what is looked for behind a count can be beyond the end."""

_QUOTE, _COMMA, _COLON, _OPEN, _CLOSE, _ZERO = b'",:{}0'
_STEP: Final = 1 << 18
_ROWS: Final = 1 << 15
"""Rows at a time: what is worked on stays in the processor's cache."""


class Keys(NamedTuple):
    """Where keys begin, and the place behind the last byte of each."""

    starts: Array
    ends: Array


class Layout(NamedTuple):
    """The texts of a body, in its order."""

    values: Array
    """The counts, int64."""
    leaves: Keys
    """The key of each count."""
    outer: Keys
    """The keys that have objects."""
    depths: Array
    """Of each outer key, 0 for the outermost."""
    firsts: Array
    """Which count is the first one of each innermost object."""

    @property
    def sizes(self) -> Array:
        """How many counts each innermost object has."""
        return np.diff(self.firsts, append=self.values.size)


def end_of(body: bytes, first: int, levels: int) -> int:
    """Find where a regular object ends: where all its levels close at once, which is nowhere else.

    Parameters
    ----------
    body
        The bytes that it is in.
    first
        Where it begins.
    levels
        How deep it is.

    Returns
    -------
    int
        The place behind its last brace; `first` when there is none.
    """
    bytes_ = np.frombuffer(body, np.uint8)
    for at in range(first, len(body) if levels else 0, _STEP):
        closes = bytes_[at : at + _STEP + levels - 1] == _CLOSE
        for _ in range(levels - 1):
            closes = closes[1:] & closes[:-1]
        place = int(closes.argmax()) if closes.size else 0
        if closes.size and closes[place]:
            return at + place + levels
    return first


def layout(buffer: bytes, levels: int) -> Layout | None:
    """Find the texts of a body.

    Parameters
    ----------
    buffer
        BEFORE, the body, AFTER.
    levels
        How deep it is.

    Returns
    -------
    Layout or None
        None when a sign is not that of a regular body, or a count is not 1 to 18 digits.
    """
    bytes_ = np.frombuffer(buffer, np.uint8)
    end = len(buffer) - len(AFTER)
    span = bytes_[len(BEFORE) : end]
    if not levels or b"\\" in buffer or not _is_framed(span, levels):
        return None
    colons = _colons(bytes_, _find(span, _COLON) + len(BEFORE))
    read = None if colons is None else _counts(bytes_, colons.leaves + 2)
    if colons is None or read is None or read[1][-1] != end - levels - 1:
        return None
    values, closing = read
    found = _objects(bytes_, closing, colons.outer, levels)
    if found is None:
        return None
    leaves, outer = _keys(found, colons, closing)
    quotes = 4 * values.size + 2 * colons.outer.size
    if not (
        _are_quoted(bytes_, leaves)
        and _are_quoted(bytes_, outer)
        and np.count_nonzero(span == _QUOTE) == quotes
    ):
        return None
    return Layout(values, leaves, outer, found.depths, found.firsts)


def _is_framed(span: Array, levels: int) -> bool:
    """Tell whether a body is one object that ends in the right depth, in printable ASCII."""
    return bool(
        8 <= span.size < 2**31
        and span.min() >= 0x20
        and span.max() < 0x7F
        and span[0] == _OPEN
        and (span[-levels:] == _CLOSE).all()
    )


class _Colons(NamedTuple):
    """Where the colons are."""

    all: Array
    outer: Array
    """Which of them stand before an object."""
    leaves: Array
    """Where those are that stand before a count."""


def _colons(bytes_: Array, colons: Array) -> _Colons | None:
    """Tell the colons of counts from those of objects; None when there is another one."""
    behind = bytes_.take(colons + 1)
    outer = np.flatnonzero(behind != _QUOTE)
    if outer.size == colons.size or (behind[outer] != _OPEN).any():
        return None
    return _Colons(colons, outer, np.delete(colons, outer) if outer.size else colons)


def _are_quoted(bytes_: Array, keys: Keys) -> bool:
    """Tell whether quotes are around keys."""
    before, behind = bytes_.take(keys.starts - 1), bytes_.take(keys.ends)
    return bool((before == _QUOTE).all() and (behind == _QUOTE).all())


def _find(span: Array, sign: int) -> Array:
    """Find a sign, piece by piece: each step stays in the processor's cache."""
    found = [
        np.flatnonzero(span[at : at + _STEP] == sign) + at for at in range(0, span.size, _STEP)
    ]
    return np.concatenate(found) if len(found) > 1 else found[0]


def _counts(bytes_: Array, firsts: Array) -> tuple[Array, Array] | None:
    """Read counts from their first digits on; give them, and the places of their closing quotes."""
    values, closing = np.empty(firsts.size, np.int64), np.empty(firsts.size, np.intp)
    for at in range(0, firsts.size, _ROWS):
        piece = slice(at, at + _ROWS)
        if not _read_digits(bytes_, firsts[piece], values[piece], closing[piece]):
            return None
    return values, closing


def _read_digits(bytes_: Array, firsts: Array, values: Array, closing: Array) -> bool:
    """Read a digit of each, then one more of those that have more, and so on to the last."""
    digits = bytes_.take(firsts) - np.uint8(_ZERO)
    if digits.max() > 9:
        return False
    values[:] = digits
    at = firsts + 1
    closing[:] = at
    rows = None
    for _ in range(LONGEST_COUNT):
        signs = bytes_.take(at)
        more = np.flatnonzero(signs != _QUOTE)
        if not more.size:
            return True
        digits = signs[more] - np.uint8(_ZERO)
        if digits.max() > 9:
            return False
        rows = more if rows is None else rows[more]
        values[rows] = values[rows] * 10 + digits
        at = at[more] + 1
        closing[rows] = at
    return False


class _Objects(NamedTuple):
    """Where objects begin and end."""

    depths: Array
    firsts: Array
    begins: Array
    """Which outer keys follow a count, the very first key among them."""
    finals: Array
    """Which outer keys have an innermost object."""
    closers: Array
    """Which counts are the last of an innermost object, but for the very last one."""
    braces: Array
    """How many objects end there."""


def _objects(bytes_: Array, closing: Array, outer: Array, levels: int) -> _Objects | None:
    """Look at what stands behind the counts, and at the runs of outer keys.

    Outer keys stand in runs, each from the depth where the braces before it left off down to an
    innermost object. So a run is as long as the number of braces before it.
    """
    closers = np.flatnonzero(bytes_.take(closing[:-1] + 1) != _COMMA)
    at = closing[closers] + 1
    braces = np.zeros(closers.size, np.intp)
    for _ in range(levels - 1):
        braces += bytes_[at + braces] == _CLOSE
    if (braces < 1).any() or (bytes_[at + braces] != _COMMA).any():
        return None
    none = np.zeros(0, np.intp)
    if levels == 1 or not outer.size:
        regular = levels == 1 and not outer.size
        return (
            _Objects(none, np.zeros(1, np.intp), none, none, closers, braces) if regular else None
        )
    begins = np.concatenate(([0], np.flatnonzero(np.diff(outer) != 1) + 1))
    lengths = np.diff(begins, append=outer.size)
    closed = np.concatenate(([levels - 1], braces))
    # Before the outer key of number k, at place p among all keys, there are p - k counts.
    before = outer[begins] - begins
    if (
        lengths.size != closed.size
        or (lengths != closed).any()
        or before[0] != 0
        or (before[1:] - 1 != closers).any()
    ):
        return None
    within = np.arange(outer.size) - np.repeat(begins, lengths)
    depths = np.repeat(levels - 1 - closed, lengths) + within
    return _Objects(depths, before, begins, begins + lengths - 1, closers, braces)


def _keys(found: _Objects, colons: _Colons, closing: Array) -> tuple[Keys, Keys]:
    """Say where keys begin: three behind the colon of an object, or behind the end of a count."""
    start = len(BEFORE) + len('{"')
    behind = colons.all[colons.outer] + 3
    starts = np.empty(closing.size, np.intp)
    starts[1:] = closing[:-1] + 3
    starts[0] = start
    starts[found.firsts[: found.finals.size]] = behind[found.finals]
    outer_starts = np.empty(behind.size, np.intp)
    outer_starts[1:] = behind[:-1]
    outer_starts[:1] = start
    outer_starts[found.begins[1:]] = closing[found.closers] + found.braces + 3
    return Keys(starts, colons.leaves - 1), Keys(outer_starts, behind - 4)
