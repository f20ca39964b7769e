"""What control requests bring, read and checked; each wrong value is said with what is allowed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Values = dict[str, Any]

MOMENT: Final = "a moment with a zone, as in 2024-05-01T12:00:00Z"
ID: Final = re.compile(r"[0-9]{1,19}")
_MOST_SECONDS: Final = 10**10  # more than 300 years


class NotThere(ValueError):
    """What is asked for does not exist."""


def texts(members: Values, name: str) -> list[str]:
    """Return a list of texts of a body."""
    value = members.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name} must be a list of strings")
    return value


def a_name(members: Values, name: str) -> str:
    """Return the name of an app or an account of a body."""
    value = members.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a name, as /emulator/accounts lists them")
    return value


def tweet_ids(values: Values, most: int) -> list[str]:
    """Return the tweet ids of a query, which stand between commas; each once."""
    found = list(dict.fromkeys(values.get("tweet_ids", "").split(",")))
    wrong = next((one for one in found if not ID.fullmatch(one)), None)
    if wrong is not None:
        raise ValueError(f"{wrong[:20]!a} in tweet_ids is no tweet id; allowed: digits and commas")
    if len(found) > most:
        raise ValueError(f"{len(found)} tweet_ids; allowed: at most {most}")
    return found


def moment(name: str, text: object) -> datetime:
    """Read a moment; it must have a time zone."""
    if text is None:
        raise ValueError(f"{name} is missing; it is {MOMENT}")
    try:
        read = datetime.fromisoformat(text) if isinstance(text, str) else None
        if read is not None and read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"{name}: {str(text)[:60]!a} is not {MOMENT}")


def span(seconds: object) -> timedelta:
    """Read a number of seconds, negative ones too."""
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not -_MOST_SECONDS <= seconds <= _MOST_SECONDS
    ):
        raise ValueError(f"{str(seconds)[:60]!a} is no number of seconds up to {_MOST_SECONDS}")
    return timedelta(seconds=seconds)


def whole(text: str, most: int, least: int = 0) -> int:
    """Read a whole number."""
    digits = text.isascii() and text.isdigit() and len(text) < 20
    if not (digits and least <= int(text) <= most):
        raise ValueError(f"{text[:20]!a} is not allowed; a whole number from {least} to {most} is")
    return int(text)


def one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    """Read a word out of a few."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} is {str(value)[:40]!a}; allowed: {', '.join(allowed)}")
    return value
