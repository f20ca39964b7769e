"""The general reader: nested counts of any order, depth and oddity to columns. Simple, not fast.

A body is read by its shape, guided by the levels that were asked for where they are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from engagement_kit.errors import AmbiguousAnswer
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE, Levels

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOUR: Final = re.compile(r"[01][0-9]|2[0-3]")
_DIGITS: Final = re.compile(r"[0-9]+")
_COUNT: Final = re.compile(r"-?[0-9]{1,19}")
_BIGGEST: Final = 2**63 - 1
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()

Path = tuple[str, ...]


@dataclass(frozen=True)
class Leaves:
    """The counts of one grouping.

    Attributes
    ----------
    levels
        What the keys of each depth are, from the outside in.
    paths
        The keys that lead to each leaf; shorter or longer than `levels` where a body is odd.
    values
        The counts; None for a leaf that is no count.
    """

    levels: Levels
    paths: list[Path]
    values: list[int | None]

    def counts(self) -> list[int | None]:
        """Give the values; None also where keys are missing or too many: that is no count."""
        depth = len(self.levels)
        return [
            value if len(path) == depth else None
            for path, value in zip(self.paths, self.values, strict=True)
        ]

    def column(self, level: str) -> list[str | None]:
        """Give the key of one level for each leaf; None where there is none."""
        if level not in self.levels:
            return [None] * len(self.paths)
        at = self.levels.index(level)
        return [path[at] if at < len(path) else None for path in self.paths]


def read_leaves(nested: Mapping[str, Any], levels: Levels | None) -> Leaves:
    """Read the counts of one grouping.

    Parameters
    ----------
    nested
        The grouping's object.
    levels
        Its ``group_by`` where it is known; None to work it out from the keys.

    Returns
    -------
    Leaves
        In the order of the body. A day level that was not asked for but stands above the hours
        is found, too.

    Raises
    ------
    AmbiguousAnswer
        When the levels are not given and the keys can be read in two ways.

    Examples
    --------
    >>> read_leaves({"2000": {"replies": "3"}}, None)
    Leaves(levels=('tweet.id', 'engagement.type'), paths=[('2000', 'replies')], values=[3])
    """
    paths: list[Path] = []
    values: list[int | None] = []
    for path, leaf in _walk(nested, ()):
        paths.append(path)
        values.append(count(leaf))
    depth = max(map(len, paths), default=0)
    keys = [{path[at] for path in paths if at < len(path)} for at in range(depth)]
    found = infer_levels(keys) if levels is None else with_days(levels, keys)
    return Leaves(found, paths, values)


def _walk(node: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _walk(value, (*path, key))
        else:
            yield (*path, key), value


def count(leaf: object) -> int | None:
    """Read a count: text or number, negative too; None for all else.

    Examples
    --------
    >>> count("26"), count(26), count("-1"), count("2.5"), count(None)
    (26, 26, -1, None, None)
    """
    if isinstance(leaf, str):
        return _fits(int(leaf)) if _COUNT.fullmatch(leaf) else None
    if isinstance(leaf, float):
        return _fits(int(leaf)) if leaf.is_integer() else None
    if isinstance(leaf, int) and not isinstance(leaf, bool):
        return _fits(leaf)
    return None


def _fits(number: int) -> int | None:
    return number if -_BIGGEST - 1 <= number <= _BIGGEST else None


def with_days(levels: Levels, keys: list[set[str]]) -> Levels:
    """Add the day level that some answers put above hours although it was not asked for."""
    if HOUR in levels and DAY not in levels and len(keys) == len(levels) + 1:
        at = levels.index(HOUR)
        if all(_DATE.fullmatch(key) for key in keys[at]):
            return (*levels[:at], DAY, *levels[at:])
    return levels


def infer_levels(keys: list[set[str]]) -> Levels:
    """Work out what the keys of each depth are: dates, two-digit hours, ids or metric names.

    Raises
    ------
    AmbiguousAnswer
        When two readings are possible, or none.
    """
    found = tuple(_kind(depth) for depth in keys)
    for at in (at for at, kind in enumerate(found) if kind == "?"):
        # Two digits from 10 to 23 on every key: hours where the tweets stand elsewhere, or where
        # a day stands above; else they could be very small tweet ids.
        settled = HOUR if ID in found or DAY in found[:at] else "?"
        found = (*found[:at], settled, *found[at + 1 :])
    if not set(found) <= {ID, TYPE, DAY, HOUR} or len(set(found)) < len(found):
        shown = [sorted(depth)[:3] for depth in keys]
        msg = f"the keys can be read in two ways: {shown}. Pass the query that names this grouping."
        raise AmbiguousAnswer(msg)
    return found


def _kind(keys: Iterable[str]) -> str:
    names = list(keys)
    if all(_DATE.fullmatch(key) for key in names):
        return DAY
    if all(_HOUR.fullmatch(key) for key in names):
        return HOUR if any(key[0] == "0" for key in names) else "?"
    if all(_DIGITS.fullmatch(key) for key in names):
        return ID
    # A date or a number among words: whatever these keys are, they are not all of one kind.
    return "mixed" if any(key[:1].isdigit() for key in names) else TYPE


def day_number(key: str | None) -> int | None:
    """Turn a day key into days since 1970; None when it is no date.

    Examples
    --------
    >>> day_number("1970-01-02"), day_number("1970-02-30")
    (1, None)
    """
    if key is None or not _DATE.fullmatch(key):
        return None
    try:
        return date.fromisoformat(key).toordinal() - _EPOCH_DAY
    except ValueError:
        return None


def hour_number(key: str | None) -> int | None:
    """Turn an hour key into 0 to 23; None when it is no two-digit hour."""
    return int(key) if key is not None and _HOUR.fullmatch(key) else None
