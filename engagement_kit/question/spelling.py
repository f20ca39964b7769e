"""Which allowed word a misspelt one is near to, for what errors say."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from engagement_kit.errors import Problem

_HALF = 0.5


def near(text: object, allowed: Iterable[str], alike: float = _HALF) -> str:
    """Ask for the nearest allowed spelling; nothing where none is near.

    Parameters
    ----------
    text
        What was given; letters in capitals are as good as others.
    allowed
        The words that there are.
    alike
        From which share of like letters on a word is near (see `difflib.SequenceMatcher.ratio`).

    Returns
    -------
    str
        A sentence, or an empty text.

    Examples
    --------
    >>> near("Emulater", ["live", "emulator"]), near("xyz", ["live", "emulator"])
    ('Did you mean emulator?', '')
    """
    found = difflib.get_close_matches(str(text).lower(), list(allowed), n=1, cutoff=alike)
    return f"Did you mean {found[0]}?" if found else ""


def no_such(field: str, given: object, allowed: Iterable[str], also: str = "") -> Problem:
    """Say that a word is none of the few that there are, and which one is near.

    Parameters
    ----------
    field
        The argument.
    given
        What was given.
    allowed
        The words that there are.
    also
        What else is allowed, as in ``, or None``.

    Returns
    -------
    Problem
        For a `QueryError`.

    Examples
    --------
    >>> print(no_such("overage", "stopp", ["warn", "stop"]))
    overage: 'stopp': allowed: warn, stop. Did you mean stop?
    """
    words = tuple(allowed)
    return Problem(field, repr(given), f"allowed: {', '.join(words)}{also}", near(given, words))


def no_such_word(name: str, given: object, allowed: Iterable[str]) -> str:
    """Say the same of an argument in the one line of a `TableError`.

    Examples
    --------
    >>> no_such_word("freq", "days", ["hour", "day"])
    "freq='days'; allowed: hour, day. Did you mean day?"
    """
    words = tuple(allowed)
    hint = near(given, words)
    return f"{name}={given!r}; allowed: {', '.join(words)}{f'. {hint}' if hint else ''}"
