"""What a request body asks, or why it is refused; no counts, no clock, no ownership.

Pure. The order, which no document tells, is JSON, schema, limits, groupings. Texts for
cases that no document covers begin with "emulator: ", so that nobody takes them for the service's.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from engagement_kit.emulator.api.limits import (
    DAY,
    FOUR_LEVEL_ORDERS,
    GROUP_BY,
    HOUR,
    LEGACY_METRICS,
    MAX_FOUR_LEVEL_GROUPINGS,
    MAX_GROUPINGS,
    MAX_GROUPINGS_2016,
    MAX_TWEETS,
    OFFERED,
    RESERVED_NAMES,
    RESERVED_PREFIX,
    TIME_LEVELS,
    Endpoint,
)
from engagement_kit.emulator.api.windows import Window, find_window
from engagement_kit.emulator.world.tweets import MAX_ID

if TYPE_CHECKING:
    from datetime import datetime

    from engagement_kit.emulator.api.settings import Settings

OURS: Final = "emulator: "  # how every text that is not the service's begins
MAX_ECHO: Final = 60  # characters of a wrong value that a text repeats
_ID: Final = re.compile(r"[0-9]{1,19}")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Refused(Exception):
    """A request is refused: HTTP status, one or more texts, and lists that go with them.

    An outcome, not a fault.
    """

    def __init__(self, status: int, *texts: str, lists: dict[str, list[str]] | None = None) -> None:
        super().__init__(*texts)
        self.status = status
        self.texts = list(texts)
        self.lists = lists or {}


@dataclass(frozen=True)
class Asked:
    """A lawful request.

    Attributes
    ----------
    tweet_ids, metrics : tuple of str
        Each one once, in the order asked.
    groupings : dict
        Name to levels.
    window : Window or None
        Whole hours; None on /totals.
    """

    tweet_ids: tuple[str, ...]
    metrics: tuple[str, ...]
    groupings: dict[str, tuple[str, ...]]
    window: Window | None


def read_request(endpoint: Endpoint, body: bytes, settings: Settings, now: datetime) -> Asked:
    """Read a body, or raise `Refused`."""
    root = _json_object(body)
    tweet_ids = _tweet_ids(_member(root, "tweet_ids", list), settings)
    metrics = _metrics(_member(root, "engagement_types", list))
    groupings = _groupings(_member(root, "groupings", dict))
    dates = _dates(endpoint, root, settings)
    _check_limits(endpoint, tweet_ids, metrics, settings)
    try:
        window = find_window(endpoint, dates, settings, now)
    except ValueError as problem:
        _refuse(str(problem))
    _check_groupings(endpoint, groupings, settings)
    return Asked(tweet_ids, metrics, groupings, window)


def _refuse(text: str) -> NoReturn:
    """Refuse with 400 and a text of our own."""
    raise Refused(400, OURS + text)


def _shown(value: object) -> str:
    """Return a wrong value as a text may repeat it: short, and in ASCII."""
    # Cut before writing: a value may be megabytes, or an int too long to print.
    if isinstance(value, str):
        value = value[:MAX_ECHO]
    elif isinstance(value, int) and abs(value) > MAX_ID:
        return "a number beyond 64 bits"
    elif isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return ascii(value)


def _json_object(body: bytes) -> dict[str, Any]:
    """Read the body as a JSON object in which no key stands twice."""
    try:
        root = json.loads(
            body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except RecursionError:
        _refuse("the body is nested too deeply.")
    except ValueError as problem:  # not UTF-8, not JSON, or a number of thousands of digits
        _refuse(f"the body is not JSON: {str(problem)[:200]!a}.")
    if not isinstance(root, dict):
        _refuse("the body must be a JSON object.")
    return root


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object, refusing a key that stands twice: which one counts is anybody's guess."""
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        _refuse(f"the key {_shown(twice)} stands twice in one object.")
    return members


def _no_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which Python reads but JSON does not know."""
    _refuse(f"{name} is not JSON.")


def _member(root: dict[str, Any], name: str, kind: type) -> Any:
    """Return a required, non-empty member of the root."""
    wanted = "array" if kind is list else "object"
    if name not in root:
        _refuse(f"{name} is missing; it must be a non-empty {wanted}.")
    value = root[name]
    if not isinstance(value, kind) or not value:
        empty = " (empty)" if isinstance(value, kind) else ""
        _refuse(f"{name} is {_shown(value)}{empty}; it must be a non-empty {wanted}.")
    return value


def _tweet_ids(values: list[Any], settings: Settings) -> tuple[str, ...]:
    """Read ids given as strings or numbers (reference, getting started); answers hold strings."""
    ids: dict[str, None] = {}
    for value in values:
        if settings.ids == "strings" and not isinstance(value, str):
            _refuse(f"{_shown(value)} in tweet_ids is not a string.")
        plain = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_ID
        text = str(value) if plain else value
        if not isinstance(text, str) or not _ID.fullmatch(text) or int(text) > MAX_ID:
            _refuse(
                f"{_shown(value)} in tweet_ids is no tweet id; "
                "allowed: whole numbers below 2**63, as strings or numbers."
            )
        ids[str(int(text))] = None
    return tuple(ids)


def _metrics(values: list[Any]) -> tuple[str, ...]:
    """Read the engagement types; their names are checked with the limits."""
    for value in values:
        if not isinstance(value, str):
            _refuse(f"{_shown(value)} in engagement_types is not a string.")
    return tuple(dict.fromkeys(values))


def _groupings(values: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Read the groupings; their levels are checked later."""
    groupings = {}
    for name, value in values.items():
        # A lone surrogate is no character, so the name could not be echoed as UTF-8.
        if _SURROGATE.search(name):
            _refuse(f"the grouping name {_shown(name)} is not valid Unicode.")
        levels = value.get("group_by") if isinstance(value, dict) else None
        if not isinstance(levels, list) or not levels:
            _refuse(f'the grouping {_shown(name)} must be {{"group_by": [one to four values]}}.')
        for level in levels:
            if not isinstance(level, str):
                _refuse(f"{_shown(level)} in the group_by of {_shown(name)} is not a string.")
        groupings[name] = tuple(levels)
    return groupings


def _dates(
    endpoint: Endpoint, root: dict[str, Any], settings: Settings
) -> tuple[str | None, str | None]:
    """Read start and end as text; only /historical takes them."""
    if endpoint != "historical":
        if settings.stray_dates == "refused" and ("start" in root or "end" in root):
            _refuse(f"/{endpoint} takes no start and no end.")
        return None, None
    for name in ("start", "end"):
        if name in root and not isinstance(root[name], str):
            _refuse(f"{name} is {_shown(root[name])}; it must be a string, or left out.")
    return root.get("start"), root.get("end")


def _check_limits(
    endpoint: Endpoint, tweet_ids: tuple[str, ...], metrics: tuple[str, ...], settings: Settings
) -> None:
    """Check how many tweets, and which metrics the endpoint offers."""
    if len(tweet_ids) > MAX_TWEETS[endpoint]:
        _refuse(
            f"{len(tweet_ids)} tweet_ids on /{endpoint}; allowed: at most {MAX_TWEETS[endpoint]}."
        )
    retired = LEGACY_METRICS if settings.media_clicks == "refused" else ()
    offered = [name for name in OFFERED[endpoint] if name not in retired]
    wrong = [_shown(name) for name in metrics if name not in offered]
    if wrong:
        _refuse(
            f"/{endpoint} does not offer the engagement_types {', '.join(wrong[:5])}; "
            f"allowed: {', '.join(offered)}."
        )


def _check_groupings(
    endpoint: Endpoint, groupings: dict[str, tuple[str, ...]], settings: Settings
) -> None:
    """Check all groupings: how many, and of which levels in which order (reference, groupings)."""
    most = MAX_GROUPINGS if settings.groupings == "three" else MAX_GROUPINGS_2016
    if len(groupings) > most:
        _refuse(f"{len(groupings)} groupings; allowed: 1 to {most}.")
    for name, levels in groupings.items():
        _check_grouping(endpoint, name, levels)
    four_levels = sum(len(levels) == 4 for levels in groupings.values())
    if settings.groupings == "three" and four_levels > MAX_FOUR_LEVEL_GROUPINGS:
        _refuse("more than one grouping has four levels; allowed: one per request.")


def _check_grouping(endpoint: Endpoint, name: str, levels: tuple[str, ...]) -> None:
    """Check the name and the levels of one grouping."""
    if name in RESERVED_NAMES or name.startswith(RESERVED_PREFIX):
        _refuse(f"the grouping name {_shown(name)} is a key of every answer; choose another.")
    unknown = [_shown(level) for level in levels if level not in GROUP_BY]
    if unknown:
        _refuse(
            f"the group_by of {_shown(name)} has unknown values: {', '.join(unknown[:5])}; "
            f"allowed: {', '.join(GROUP_BY)}."
        )
    of_time = [level for level in dict.fromkeys(levels) if level in TIME_LEVELS]
    if endpoint == "totals" and of_time:
        # The text that engagement-api-client-ruby shows.
        raise Refused(
            400,
            "One or more of the groupBys you have specified are not supported: "
            f"({', '.join(of_time)}). Please adjust your request and try again.",
        )
    if len(set(levels)) < len(levels):
        _refuse(f"the group_by of {_shown(name)} repeats a value.")
    if len(levels) == 4 and levels not in FOUR_LEVEL_ORDERS:
        orders = " or ".join(", ".join(order) for order in FOUR_LEVEL_ORDERS)
        _refuse(f"the four values of {_shown(name)} must stand in the order {orders}.")


def wants_time(levels: tuple[str, ...]) -> bool:
    """Tell whether a grouping has a day or hour level."""
    return DAY in levels or HOUR in levels
