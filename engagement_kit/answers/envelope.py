"""Reading a body of the API into its parts. Every optional part is optional here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from engagement_kit.errors import UnreadableAnswer
from engagement_kit.question.hours import from_iso

_UNSUPPORTED_BEGIN: Final = "unsupported_for_"
_UNSUPPORTED_END: Final = "_tweet_ids"
_LONGEST_NUMBER: Final = 30
_SHOWN: Final = 80


@dataclass(frozen=True)
class Unreadable:
    """A value that is no count: a fraction, NaN, a key that stands twice. Its text is kept."""

    text: str


@dataclass(frozen=True)
class Envelope:
    """The parts of a body.

    Attributes
    ----------
    start, end
        The echoed window, aware UTC, any second; None where absent (totals).
    errors
        The API's own words.
    unavailable
        Tweets that are deleted, hidden or protected.
    unsupported
        Side lists of too old tweets, by the metrics they concern: ``video_views`` or
        ``impressions_engagements``.
    groupings
        Nested counts by grouping name.
    unknown
        Other root keys; kept, never an error.
    """

    start: datetime | None = None
    end: datetime | None = None
    errors: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()
    unsupported: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groupings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict)

    @property
    def listed(self) -> frozenset[str]:
        """All tweets that stand in a side list."""
        lists = (self.unavailable, *self.unsupported.values())
        return frozenset(tweet_id for ids in lists for tweet_id in ids)


def read(body: bytes | str | Mapping[str, Any]) -> Envelope:
    """Read a body.

    Parameters
    ----------
    body
        Bytes (UTF-8) or text of JSON, or the JSON already read.

    Returns
    -------
    Envelope
        Its parts; counts are not looked at yet.

    Raises
    ------
    UnreadableAnswer
        When it is cut off, no JSON, or no JSON object.

    Examples
    --------
    >>> read('{"errors": ["gone"], "unavailable_tweet_ids": ["20"]}').listed
    frozenset({'20'})
    """
    root = _parse(body) if isinstance(body, bytes | str) else body
    if not isinstance(root, Mapping):
        kind = type(root).__name__
        msg = f"the body is JSON, but no object with groupings: {kind} {str(root)[:_SHOWN]!r}"
        raise UnreadableAnswer(msg)
    rest = dict(root)
    return Envelope(
        start=_moment(rest, "start"),
        end=_moment(rest, "end"),
        errors=tuple(_words(one) for one in _list(rest, "errors")),
        unavailable=_ids(rest, "unavailable_tweet_ids"),
        unsupported={
            key[len(_UNSUPPORTED_BEGIN) : -len(_UNSUPPORTED_END)]: _ids(rest, key)
            for key in [*rest]
            if key.startswith(_UNSUPPORTED_BEGIN) and key.endswith(_UNSUPPORTED_END)
        },
        groupings={key: rest.pop(key) for key in [*rest] if isinstance(rest[key], Mapping)},
        unknown=rest,
    )


def _parse(body: bytes | str) -> Any:
    try:
        text = body if isinstance(body, str) else body.decode("utf-8")
        return json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=_object,
            parse_float=_fraction,
            parse_int=_integer,
            parse_constant=Unreadable,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        shown = body[:_SHOWN]
        msg = f"the body is no JSON ({error}); it begins with {shown!r}"
        raise UnreadableAnswer(msg) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; a key that stands twice has no value that can be trusted."""
    found = dict(pairs)
    if len(found) < len(pairs):
        values: dict[str, list[Any]] = {}
        for key, value in pairs:
            values.setdefault(key, []).append(value)
        for key, several in values.items():
            if len(several) > 1:
                found[key] = Unreadable(f"stands {len(several)} times: {several!r}")
    return found


def _fraction(text: str) -> int | Unreadable:
    """Read 26.0 as 26; keep 26.5, and what no decimal can hold, as text."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return Unreadable(text)
    if number.adjusted() < _LONGEST_NUMBER and number == number.to_integral_value():
        return int(number)
    return Unreadable(text)


def _integer(text: str) -> int | Unreadable:
    return int(text) if len(text) <= _LONGEST_NUMBER else Unreadable(text)


def _moment(rest: dict[str, Any], key: str) -> datetime | None:
    """Take an echoed moment out; one that can't be read stays among the unknown keys."""
    if not isinstance(rest.get(key), str):
        return None
    try:
        when = from_iso(rest[key])
    except ValueError:
        return None
    del rest[key]
    return when


def _list(rest: dict[str, Any], key: str) -> list[Any]:
    value = rest.pop(key, None)
    return value if isinstance(value, list) else [] if value is None else [value]


def _ids(rest: dict[str, Any], key: str) -> tuple[str, ...]:
    """Take a side list out, ids as text; a comma-separated text is understood too."""
    found: list[str] = []
    for one in _list(rest, key):
        if isinstance(one, str | int):
            found += [part.strip() for part in str(one).split(",") if part.strip()]
    return tuple(dict.fromkeys(found))


def _words(error: Any) -> str:
    if isinstance(error, Mapping):
        return str(error.get("message") or error.get("detail") or dict(error))
    return str(error)
