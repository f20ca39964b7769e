"""One body to its parts and columns: a fast reader where the answer is regular, else the general.

The counts of a grouping are read by a fast reader, which tells where they end; what is left of the
body is small, and is read as JSON. Whatever is not regular goes to the general reader as a whole:
which of the two it was makes no difference to the rows.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

from engagement_kit.answers import envelope
from engagement_kit.answers.envelope import Envelope
from engagement_kit.errors import AmbiguousAnswer, UnreadableAnswer
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE, Levels
from engagement_kit.tables.readers.columns import Columns
from engagement_kit.tables.readers.reshape import infer_levels, read_leaves, with_days
from engagement_kit.tables.readers.scan import scan
from engagement_kit.tables.readers.scanned import Key, Scanned, Scanner
from engagement_kit.tables.readers.squeeze import squeeze
from engagement_kit.tables.readers.worth import Worth

_GROUPING: Final = b'":{'
_DEEPEST: Final = 4
_KINDS: Final[Mapping[str, Key]] = {
    ID: Key.WORD,
    TYPE: Key.WORD,
    DAY: Key.DAY,
    HOUR: Key.HOUR,
}
_COMPILED: Final = "engagement_kit.tables.readers.kernel"
_WORTH: Final = Worth()
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
        Which fast reader to use. None: the fastest that is installed, once it is loaded or this
        process has read so much that loading it is worth it; until then the one of numpy.

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
    for tight in _tight(raw):
        fast = _read_regular(tight, levels, scanner or _chosen(len(tight)))
        if fast is not None:
            return fast
    return Body(envelope.read(raw), {})


def _tight(raw: bytes | str | Mapping[str, Any]) -> Iterator[bytes]:
    """Give a body as bytes; should that not do, once more without the space between its texts."""
    if isinstance(raw, str) and raw.isascii():
        raw = raw.encode()
    if isinstance(raw, bytes):
        yield raw
        squeezed = squeeze(raw)
        if squeezed is not None:
            yield squeezed


@cache
def fastest() -> Scanner:
    """Load the fastest reader: the compiled one where the extra ``[fast]`` is installed."""
    if find_spec("numba") is not None:
        from engagement_kit.tables.readers.kernel import scan as kernel

        return kernel
    return scan


def _chosen(size: int) -> Scanner:
    """Choose a reader for a body of so many bytes."""
    return fastest() if _WORTH.it(size) or _COMPILED in sys.modules else scan


class _Cut(NamedTuple):
    """A grouping that was read: its name, where its object begins and ends, and its counts."""

    name: str
    first: int
    last: int
    columns: Columns


def _read_regular(raw: bytes, levels: Mapping[str, Levels], scanner: Scanner) -> Body | None:
    """Read a body all of whose groupings are regular; None for any other."""
    cuts: list[_Cut] = []
    first = raw.find(_GROUPING) + 2
    while first > 1:
        name = _name_before(raw, first)
        cut = None if name is None else _read_cut(raw, (name, first), levels.get(name), scanner)
        if cut is None:
            return None
        cuts.append(cut)
        first = raw.find(_GROUPING, cut.last) + 2
    if not cuts:
        return None
    try:
        parts = envelope.read(_without(raw, cuts))
    except UnreadableAnswer:
        return None
    # The rest, read as JSON, must have the marks, and nothing else, for groupings: else what was
    # read stands in some list or text, or a name stands twice.
    if [*parts.groupings.items()] != [(one.name, {"": at}) for at, one in enumerate(cuts)]:
        return None
    read = {one.name: one.columns for one in cuts}
    return Body(replace(parts, groupings={name: {} for name in read}), read)


def _name_before(raw: bytes, first: int) -> str | None:
    """Read the name of an object."""
    begin = raw.rfind(b'"', 0, first - 2)
    try:
        name = json.loads(raw[begin : first - 1]) if begin >= 0 else None
    except ValueError:
        return None
    return name if isinstance(name, str) else None


def _without(raw: bytes, cuts: list[_Cut]) -> bytes:
    """Put a mark into the place of each grouping."""
    pieces, done = [], 0
    for at, cut in enumerate(cuts):
        pieces += [raw[done : cut.first], b'{"":%d}' % at]
        done = cut.last
    return b"".join((*pieces, raw[done:]))


def _read_cut(
    raw: bytes, where: tuple[str, int], given: Levels | None, scanner: Scanner
) -> _Cut | None:
    """Read one grouping; None when it is not regular, or its levels are not sure."""
    name, first = where
    keys = _first_path(raw, first)
    guess = [_guess(key) for key in keys] if given is None else _as_deep(given, keys)
    if guess is None or None in guess or not 1 <= len(guess) <= _DEEPEST:
        return None
    levels = tuple(one for one in guess if one is not None)
    scanned = scanner(raw, first, tuple(_KINDS[one] for one in levels))
    if scanned is None or (given is None and not _is_sure(scanned, levels)):
        return None
    return _Cut(name, first, scanned.last, Columns.of_scanned(scanned, levels))


def _first_path(raw: bytes, first: int) -> list[bytes]:
    """Give the keys that lead to the first count of an object."""
    keys: list[bytes] = []
    at = first
    while raw[at : at + 2] == b'{"' and len(keys) <= _DEEPEST:
        end = raw.find(b'"', at + 2)
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
