"""Lengths of time are given by name, as in ``days=28``; other ways are refused in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from engagement_kit.errors import Problem, QueryError

_P = ParamSpec("_P")
_R = TypeVar("_R")
_NAMES: Final = ("days", "hours")
_HOUR: Final = timedelta(hours=1)
_HOURS_A: Final = {"h": 1, "d": 24, "w": 7 * 24}
_SHORT: Final = re.compile(r"([0-9]{1,6})\s*(h|d|w)[a-z]*", re.IGNORECASE)
_SHOWN: Final = 60


def named(make: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a maker of periods refuse in words what Python would refuse in its own.

    Parameters
    ----------
    make
        A function of ``days`` and ``hours``, both by name. What it is for tools, its signature
        and its types, it stays.

    Returns
    -------
    Callable
        The same; anything given without a name, or by another one, is a `QueryError`.

    Examples
    --------
    >>> @named
    ... def last(*, days: int = 0, hours: int = 0) -> int:
    ...     return 24 * days + hours
    >>> last(days=2)
    48
    >>> last("60d")
    Traceback (most recent call last):
    ...
    engagement_kit.errors.QueryError: 1 problem with the query; nothing was sent:
      - period: last('60d'): allowed: days= and hours=, whole numbers, by name. Did you mean \
ek.last(days=60)?
    """

    @wraps(make)
    def called(*given: _P.args, **lengths: _P.kwargs) -> _R:
        if given or lengths.keys() - _NAMES:
            raise QueryError((_refusal(make.__name__, given, lengths),))
        return make(*given, **lengths)

    return called


def meant_by(value: object) -> str:
    """Say how a length that stands in the place of a period or moment is given; nothing for others.

    Parameters
    ----------
    value
        What stands there.

    Returns
    -------
    str
        A sentence, or an empty text.

    Examples
    --------
    >>> meant_by("28d"), meant_by("2026-01-01")
    ('The time up to now is ek.last(days=28).', '')
    """
    hours = _meant((value,), {})
    return f"The time up to now is ek.last({hours})." if hours else ""


def _refusal(kind: str, given: tuple[Any, ...], lengths: dict[str, Any]) -> Problem:
    """Say what was given, what is allowed, and what was probably meant."""
    shown = ", ".join([*map(repr, given), *(f"{name}={one!r}" for name, one in lengths.items())])
    value = f"{kind}({shown if len(shown) <= _SHOWN else '...'})"
    hours = _meant(given, lengths)
    hint = f"Did you mean ek.{kind}({hours})?" if hours else f"Example: ek.{kind}(days=7)."
    return Problem("period", value, "allowed: days= and hours=, whole numbers, by name", hint)


def _meant(given: tuple[Any, ...], lengths: dict[str, Any]) -> str:
    """Write the length that was probably meant as it is to be given; nothing if that is not clear.

    Examples
    --------
    >>> _meant((28,), {}), _meant(("36 hours",), {}), _meant((), {"weeks": 2})
    ('days=28', 'hours=36', 'days=14')
    >>> _meant((timedelta(days=2),), {}), _meant(("a month",), {})
    ('days=2', '')
    """
    if len(given) + len(lengths) != 1:
        return ""
    ((name, value),) = lengths.items() if lengths else {"days": given[0]}.items()
    if isinstance(value, timedelta):
        hours, rest = divmod(value, _HOUR)
        return "" if rest or hours < 1 else _written(hours)
    if isinstance(value, str):
        found = _SHORT.fullmatch(value.strip())
        return _written(int(found[1]) * _HOURS_A[found[2].lower()]) if found else ""
    unit = _HOURS_A.get(name[:1])
    return _written(value * unit) if type(value) is int and value > 0 and unit else ""


def _written(hours: int) -> str:
    return f"hours={hours}" if hours % 24 else f"days={hours // 24}"
