"""One body to its parts and columns: a fast reader where the answer is regular, else the general.

The counts of a grouping are cut out and read by a fast reader; what is left of the body is small,
and is read as JSON. Whatever is not regular to the last byte goes to the general reader as a whole:
which of the two it was makes no difference to the rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

import numpy as np

from engagement_kit.answers import envelope
from engagement_kit.answers.envelope import Envelope
from engagement_kit.errors import AmbiguousAnswer, UnreadableAnswer
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE, Levels
from engagement_kit.tables.columns import Columns
from engagement_kit.tables.reshape import infer_levels, read_leaves, with_days
from engagement_kit.tables.scanned import Key, Scanned, Scanner

_OPEN, _CLOSE, _QUOTE, _COLON = b'{}":'
_DEEPEST: Final = 4
_KINDS: Final[Mapping[str, Key]] = {
    ID: Key.WORD,
    TYPE: Key.WORD,
    DAY: Key.DAY,
    HOUR: Key.HOUR,
}
_SHAPES: Final = (
    (re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}"), DAY),
    (re.compile(rb"[01][0-9]|2[0-3]"), HOUR),
    (re.compile(rb"[0-9]+"), ID),
    (re.compile(rb"[^0-9].*"), TYPE),
)


@dataclass(frozen=True)
class Body:
    """A body on its way to a table.

    Attributes
    ----------
    parts
        Window, side lists and words of the API; the counts of its groupings only where `read` is
        empty.
    read
        The columns of each grouping, where a fast reader read them.
    """

    parts: Envelope
    read: Mapping[str, Columns]

    def columns(self, name: str, levels: Levels | None) -> Columns:
        """Give the counts of one grouping; those of a grouping that is not there are none.

        Raises
        ------
        AmbiguousAnswer
            When the levels are not given and the keys can be read in two ways.
        """
        if name in self.read:
            return self.read[name]
        return Columns.of_leaves(read_leaves(self.parts.groupings.get(name, {}), levels))


def read_body(
    raw: bytes | str | Mapping[str, Any],
    levels: Mapping[str, Levels],
    *,
    scanner: Scanner | None = None,
) -> Body:
    """Read a body.

    Parameters
    ----------
    raw
        As for `envelope.read`.
    levels
        The ``group_by`` of each grouping by name, where known.
    scanner
        Which fast reader to use; None for the fastest that is installed.

    Returns
    -------
    Body
        The same from every reader.

    Raises
    ------
    UnreadableAnswer
        When it is cut off, no JSON, or no JSON object.

    Examples
    --------
    >>> body = read_body(b'{"g":{"2000":{"likes":"3"}}}', {})
    >>> body.columns("g", None).value.tolist()
    [3]
    """
    if isinstance(raw, bytes):
        fast = _read_regular(raw, levels, scanner or fastest())
        if fast is not None:
            return fast
    return Body(envelope.read(raw), {})


@cache
def fastest() -> Scanner:
    """Choose the fastest reader: the compiled one where the extra ``[fast]`` is installed."""
    if find_spec("numba") is not None:
        from engagement_kit.tables.kernel import scan as kernel

        return kernel
    from engagement_kit.tables.scan import scan

    return scan


class _Cut(NamedTuple):
    """A grouping in a body: its name, and where its object begins and ends."""

    name: str
    first: int
    last: int


def _read_regular(raw: bytes, levels: Mapping[str, Levels], scanner: Scanner) -> Body | None:
    """Read a body all of whose groupings are regular; None for any other."""
    cuts = _cut(raw)
    if not cuts:
        return None
    try:
        parts = envelope.read(_without(raw, cuts))
    except UnreadableAnswer:
        return None
    # The rest, read as JSON, must have the very groupings that were cut out: else a brace stood in
    # some text, or a name stands twice.
    if [*parts.groupings] != [one.name for one in cuts]:
        return None
    read = {}
    for cut in cuts:
        columns = _read_cut(raw, cut, levels.get(cut.name), scanner)
        if columns is None:
            return None
        read[cut.name] = columns
    return Body(parts, read)


def _cut(raw: bytes) -> list[_Cut] | None:
    """Find the objects of the root by counting braces; None where they don't match."""
    codes = np.frombuffer(raw, dtype=np.uint8)
    braces = np.flatnonzero(codes >= _OPEN)
    steps = (_OPEN + 1) - codes[braces].astype(np.int8)
    if not len(braces) or (np.abs(steps) != 1).any():
        return None  # other bytes from "{" on: "|", "~", and all that is not ASCII
    depth = np.cumsum(steps)
    if depth[-1] != 0 or (depth[:-1] <= 0).any():
        return None
    first = braces[(depth == 2) & (steps == 1)]
    last = braces[(depth == 1) & (steps == -1)] + 1
    cuts = (_named(raw, *edges) for edges in zip(first.tolist(), last.tolist(), strict=True))
    return [one for one in cuts if one is not None]


def _named(raw: bytes, first: int, last: int) -> _Cut | None:
    """Find the name of an object; None for one in a list, which has none."""
    if raw[first - 2 : first] != b'":':
        return None
    begin = raw.rfind(b'"', 0, first - 2) + 1
    return _Cut(raw[begin : first - 2].decode("ascii"), first, last)


def _without(raw: bytes, cuts: list[_Cut]) -> bytes:
    """Empty the groupings of a body."""
    edges = [0, *(at for cut in cuts for at in (cut.first + 1, cut.last - 1)), len(raw)]
    return b"".join(raw[edges[at] : edges[at + 1]] for at in range(0, len(edges), 2))


def _read_cut(raw: bytes, cut: _Cut, given: Levels | None, scanner: Scanner) -> Columns | None:
    """Read one grouping; None when it is not regular, or its levels are not sure."""
    keys = _first_path(raw, cut)
    guess = [_guess(key) for key in keys] if given is None else _as_deep(given, keys)
    if guess is None or None in guess or not 1 <= len(guess) <= _DEEPEST:
        return None
    levels = tuple(one for one in guess if one is not None)
    scanned = scanner(raw, cut.first, cut.last, tuple(_KINDS[one] for one in levels))
    if scanned is None or (given is None and not _is_sure(scanned, levels)):
        return None
    return Columns.of_scanned(scanned, levels)


def _first_path(raw: bytes, cut: _Cut) -> list[bytes]:
    """Give the keys that lead to the first count."""
    keys: list[bytes] = []
    at = cut.first
    while raw[at : at + 2] == b'{"' and len(keys) <= _DEEPEST:
        end = raw.find(b'"', at + 2, cut.last)
        if raw[end + 1 : end + 2] != b":":
            break
        keys.append(raw[at + 2 : end])
        at = end + 2
    return keys


def _guess(key: bytes) -> str | None:
    """Tell the level of a depth by its first key."""
    return next((level for shape, level in _SHAPES if shape.fullmatch(key)), None)


def _as_deep(given: Levels, keys: list[bytes]) -> Levels | None:
    """Hold given levels against the depth, with the day that some answers put above the hour."""
    sets = [{key.decode("ascii", "replace")} for key in keys]
    levels = with_days(given, sets)
    return levels if len(levels) == len(keys) else None


def _is_sure(scanned: Scanned, levels: Levels) -> bool:
    """Say whether all keys together mean what the first ones did."""
    sets: list[set[str]] = []
    for level, column, words in zip(levels, scanned.columns, scanned.words, strict=True):
        if level == DAY:
            sets.append({"2000-01-01"})  # one day is as good as another
        elif level == HOUR:
            sets.append({f"{int(one):02d}" for one in (column.min(), column.max())})
        else:
            sets.append(set(words))
    try:
        return infer_levels(sets) == levels
    except AmbiguousAnswer:
        return False
