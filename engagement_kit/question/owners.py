"""Who wrote which tweet: what a person says of it. Pure; whose keys that means: `owned`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from reprlib import repr as shortly  # whatever its length
from typing import Any, Final

import numpy as np

from engagement_kit.errors import Problem
from engagement_kit.question.amounts import FEW, few
from engagement_kit.question.tweet_ids import clean, each, is_rounded, listed

Owners = str | int | Mapping[Any, Any] | Iterable[Any] | None

_WHAT: Final = (
    "one account's name, a mapping of tweet id to account name, or a column with one owner for "
    "each tweet id"
)
_NO_NAME: Final = "an owner is one account's name or user id; null where it is not known"
_FLOAT: Final = "a float loses digits of a user id; read the column as text"
_ROUNDED: Final = "a spreadsheet rounded this user id; export it as text"
_TWICE: Final = "this tweet stands twice, with two owners"
_NO_HANDLE: Final = (
    "no account's name: that has letters, digits and underscores alone. A display name names nobody"
)
_TABLE: Final = "a table has several columns; give the one with the owners, as owners=df['author']"
_HANDLE: Final = re.compile(r"\w{1,50}", re.ASCII)
"""Names have up to 15 characters, some old ones more."""
_PAGE: Final = re.compile(
    r"(?:https?://)?(?:www\.|mobile\.)?(?:x|twitter)\.com/@?(\w+)(?:[/?#].*)?", re.IGNORECASE
)
_MISSING: Final = ("NAType", "NaTType")


def check(
    given: object, tweet_ids: object, ids: tuple[str, ...], problems: list[Problem]
) -> str | tuple[tuple[str, str], ...] | None:
    """Check who owns which tweet, and write it in one form.

    Parameters
    ----------
    given
        One account; a mapping of tweet id to account; or a column as long as the given ids. A
        Series with the ids as its index is read by these, in whatever order.
    tweet_ids
        The ids as they were given, repeats among them.
    ids
        The same, each once.
    problems
        What is wrong is added to it.

    Returns
    -------
    str, tuple of pairs, or None
        One account; each tweet whose owner is known, and its owner; or nothing said.
    """
    if given is None:
        return None
    if isinstance(given, str | int | np.integer):
        name, why = account_name(given)
        if not name:
            problems.append(Problem("owners", shortly(given), _WHAT if why == _NO_NAME else why))
        return name
    if hasattr(given, "columns"):
        problems.append(Problem("owners", type(given).__name__, _TABLE))
        return None
    if isinstance(given, Mapping):
        pairs = _of_mapping(given, set(ids), problems)
    elif isinstance(given, Iterable) and (index := _ids_beside(given, set(ids))) is not None:
        pairs = _paired(index, _names(listed(given), problems), problems, set(ids))
    elif isinstance(given, Iterable) and not isinstance(given, bytes | Set):
        pairs = _of_column(listed(given), tweet_ids, problems)
    else:
        why = "a set has no order to stand beside the ids; " if isinstance(given, Set) else ""
        problems.append(Problem("owners", shortly(given), why + _WHAT))
        return None
    return tuple(sorted(pairs.items())) or None


def account_name(value: object) -> tuple[str | None, str]:
    """Read one owner: a name or user id, or None where it is not known; and what is wrong.

    Examples
    --------
    >>> account_name(" @Acme "), account_name(12), account_name(float("nan"))
    (('Acme', ''), ('12', ''), (None, ''))
    >>> account_name("https://x.com/acme")
    ('acme', '')
    """
    if value is None or type(value).__name__ in _MISSING:
        return None, ""
    if isinstance(value, float | np.floating):
        return None, "" if np.isnan(value) else _FLOAT
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return str(int(value)), ""
    return _of_text(value) if isinstance(value, str) else (None, _NO_NAME)


def _of_text(value: str) -> tuple[str | None, str]:
    """Read a name from text, or from the address of a page."""
    name = value.strip().removeprefix("@").strip()
    if page := _PAGE.fullmatch(name):
        name = page[1]
    if is_rounded(name) and not name.isalnum():  # "2e5" may be a name
        return None, _ROUNDED
    if _HANDLE.fullmatch(name):
        return name, ""
    return None, _NO_HANDLE if name else _NO_NAME


def _names(values: Iterable[object], problems: list[Problem]) -> list[str | None]:
    """Read owners; each spelling once, for there are few of them, and what is wrong by its kind."""
    read: dict[tuple[type, Any], tuple[str | None, str]] = {}
    names: list[str | None] = []
    junk: dict[str, list[object]] = {}
    for value in values:
        key = (type(value), value)
        try:
            known = read.get(key)
        except TypeError:  # what has no hash is no name
            known = (None, _NO_NAME)
        if known is None:
            known = read[key] = account_name(value)
        name, why = known
        names.append(name)
        if why:
            junk.setdefault(why, []).append(value)
    for why, found in junk.items():
        problems.append(Problem("owners", few(found, written=repr), why))
    return names


def _of_mapping(
    given: Mapping[Any, Any], wanted: set[str], problems: list[Problem]
) -> dict[str, str]:
    """Read a mapping of tweet id to account; tweets that are not asked for are left out."""
    if any(isinstance(one, Iterable) and not isinstance(one, str) for one in given.values()):
        problems.append(Problem("owners", shortly(given), _WHAT))
        return {}
    named = list(given)
    owners = _names(given.values(), problems)
    ids = each(named)
    wrong = clean(named)[2] if "" in ids else ()
    problems += [Problem("owners", problem.value, problem.why) for problem in wrong]
    return _paired(ids, owners, problems, wanted)


def _ids_beside(given: Iterable[object], wanted: set[str]) -> list[str] | None:
    """Give the ids that a Series has as its index; None where that holds other things."""
    index: Any = getattr(given, "index", None)
    if not hasattr(given, "items") or type(index).__name__ == "RangeIndex":
        return None
    found = each(index)
    return found if wanted and wanted.issubset(found) else None


def _of_column(
    column: Sequence[object], tweet_ids: object, problems: list[Problem]
) -> dict[str, str]:
    """Read a column that stands beside the ids as they were given."""
    if isinstance(tweet_ids, Set):
        why = "a set of ids has no order to stand beside; give the ids as a list or a column"
        problems.append(Problem("owners", "a column", why))
        return {}
    try:
        ids = each(tweet_ids)
    except TypeError:  # no ids at all, which is said of them
        return {}
    if len(ids) != len(column):
        why = "a column has one owner for each tweet id as given, repeats among them"
        found = f"{len(column):,} owners for {len(ids):,} tweet ids"
        problems.append(Problem("owners", found, why))
        return {}
    return _paired(ids, _names(column, problems), problems)


def _paired(
    ids: Sequence[str],
    owners: Sequence[str | None],
    problems: list[Problem],
    wanted: set[str] | None = None,
) -> dict[str, str]:
    """Say of each tweet who owns it, as far as that is known; two owners of one are refused."""
    pairs: dict[str, str] = {}
    two: dict[str, tuple[str, str]] = {}
    for one, owner in zip(ids, owners, strict=True):
        if owner is None or not one or (wanted is not None and one not in wanted):
            continue
        known = pairs.setdefault(one, owner)
        if known != owner and known.casefold() != owner.casefold():
            two.setdefault(one, (known, owner))
    for one, (first, second) in list(two.items())[:FEW]:
        problems.append(Problem("owners", f"tweet {one}: {first} and {second}", _TWICE))
    return pairs
