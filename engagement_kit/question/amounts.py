"""How many, how much and how long, in words: the same everywhere that the kit says it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

FEW: Final = 5
"""So many are named where there may be thousands."""


def many(count: int, noun: str) -> str:
    """Write how many there are of something.

    Examples
    --------
    >>> many(1, "tweet"), many(2_000, "tweet")
    ('1 tweet', '2,000 tweets')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def few(
    values: Sequence[object], most: int = FEW, *, written: Callable[[object], str] = str
) -> str:
    """Name the first few, in the order given, and say how many more there are.

    Examples
    --------
    >>> few("abcdefg"), few("abc", most=2), few([])
    ('a, b, c, d, e and 2 more', 'a, b and 1 more', '')
    >>> few(["20", None], written=repr)
    "'20', None"
    """
    named = ", ".join(written(one) for one in values[:most])
    return " ".join(filter(None, [named, beyond(len(values), most)]))


def few_lines(texts: Sequence[str], most: int = FEW) -> list[str]:
    """Give the first few, and a line that says how many more there are.

    Examples
    --------
    >>> few_lines(["one failed", "another failed"], most=1)
    ['one failed', 'and 1 more']
    """
    return [*texts[:most], *filter(None, [beyond(len(texts), most)])]


def beyond(count: int, shown: int) -> str:
    """Say how many there are beside those that are shown; empty for none.

    Examples
    --------
    >>> beyond(1_205, 5), beyond(5, 5)
    ('and 1,200 more', '')
    """
    return f"and {count - shown:,} more" if count > shown else ""


def size(count: float) -> str:
    """Write a number of bytes as people do: by thousands, with a digit behind the point below ten.

    Examples
    --------
    >>> size(3_200_000), size(1 << 36), size(12)
    ('3.2 MB', '69 GB', '12 bytes')
    """
    if round(count) < 1000:
        return many(round(count), "byte")
    units, count = ["TB", "GB", "MB", "kB"], count / 1000
    while round(count) >= 1000 and len(units) > 1:
        count /= 1000
        units.pop()
    unit = units[-1]
    return f"{count:.1f} {unit}" if round(count, 1) < 10 else f"{count:,.0f} {unit}"


def duration(minutes: float) -> str:
    """Write a number of minutes as people do.

    Examples
    --------
    >>> duration(1410), duration(2.5), duration(0.1)
    ('about 23.5 hours', 'about 2.5 minutes', 'about 6 seconds')
    """
    if minutes < 1:
        return f"about {many(max(1, round(minutes * 60)), 'second')}"
    if minutes < 100:
        return f"about {minutes:.1f} minutes"
    hours = minutes / 60
    return f"about {hours:.1f} hours" if hours < 100 else f"about {hours / 24:.1f} days"
