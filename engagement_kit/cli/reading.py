"""Reading what stands on a command line, and saying in words what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click


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
