"""One thing that was looked at, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["ok", "note", "warning", "problem"]

LEVELS: Final[tuple[Level, ...]] = ("problem", "warning", "note", "ok")
"""The worst first."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    check
        What was looked at, in a word or two.
    level : {'ok', 'note', 'warning', 'problem'}
        Problem: something that the kit does will fail, or gives what is wrong. Warning: it may.
        Note: nothing to mend, but good to know.
    seen
        What was found.
    why
        Why it matters; empty where all is well.
    remedy
        What to do: a command or a line; empty where there is nothing to do.
    """

    check: str
    level: Level
    seen: str
    why: str = ""
    remedy: str = ""


def ok(check: str, seen: str) -> Finding:
    """Say that something is as it should be.

    Examples
    --------
    >>> ok("python", "3.12").level
    'ok'
    """
    return Finding(check, "ok", seen)


def note(check: str, seen: str, why: str, remedy: str = "") -> Finding:
    """Say what is good to know."""
    return Finding(check, "note", seen, why, remedy)


def warning(check: str, seen: str, why: str, remedy: str) -> Finding:
    """Say what may go wrong."""
    return Finding(check, "warning", seen, why, remedy)


def problem(check: str, seen: str, why: str, remedy: str) -> Finding:
    """Say what does go wrong."""
    return Finding(check, "problem", seen, why, remedy)
