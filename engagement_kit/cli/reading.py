"""Reading what stands on a command line, and saying in words what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import click

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_SPAN: Final = re.compile(r"(\d{1,7})([mhd])", re.ASCII)


@contextmanager
def told() -> Iterator[None]:
    """Say an error of ours in words, without a traceback."""
    from engagement_kit.errors import EngagementError

    try:
        yield
    except EngagementError as error:
        raise click.ClickException(str(error)) from None


def moment_of(text: str, option: str = "clock") -> datetime:
    """Read a moment with a time zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        msg = f"{option} is {text!r}; allowed: a moment with a zone, as in 2026-06-01T12:00Z."
        raise ValueError(msg)
    return moment


def span_of(text: str, option: str) -> timedelta:
    """Read a length of time: a whole number of minutes, hours or days.

    Raises
    ------
    ValueError
        When it is none; the text says what is allowed.

    Examples
    --------
    >>> span_of("90m", "--every"), span_of("3d", "--settle")
    (datetime.timedelta(seconds=5400), datetime.timedelta(days=3))
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        msg = f"{option} is {text!r}; allowed: a length of time, as in 90m, 6h or 3d."
        raise ValueError(msg)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def object_of(text: str, option: str, example: str) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        members = json.loads(text)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        msg = f"{option} {text!r} is no JSON object; allowed: as in '{example}'."
        raise ValueError(msg)
    return members
