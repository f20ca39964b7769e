"""What can be wrong with each argument of a Query. Each check notes problems and goes on.

At the end: what a length of time or a rate may be, wherever one is given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from engagement_kit.errors import Problem
from engagement_kit.question import metrics as registry
from engagement_kit.question.hours import HOURS_A_DAY, floor_hour
from engagement_kit.question.lengths import meant_by
from engagement_kit.question.periods import Between, First, Last, Period
from engagement_kit.question.rules import (
    ENDPOINTS,
    MAX_FOUR_LEVEL,
    MAX_GROUPINGS,
    MAX_LEVELS,
    Endpoint,
    Levels,
    is_reserved,
    level_problem,
)
from engagement_kit.question.spelling import near as _near

SPAN: Final = "a timedelta that is not negative, such as timedelta(hours=6)"
"""What a length of time may be, in words."""
_BY = ("hour", "day", "hour_of_day", "total")


def endpoint_problem(endpoint: object) -> Problem:
    """Say that an endpoint is none of the three."""
    why = f"allowed: {', '.join(ENDPOINTS)}"
    return Problem("endpoint", repr(endpoint), why, _near(endpoint, ENDPOINTS))


def unknown_key(key: str, known: Iterable[str]) -> Problem:
    """Say that a saved query has a member that means nothing."""
    return Problem(str(key), "unknown", f"allowed: {', '.join(sorted(known))}", _near(key, known))


def missing_key(key: str) -> Problem:
    """Say that a saved query lacks a member that it needs."""
    return Problem(key, "missing", "a query names its endpoint and its tweet ids")


def none_given(ids: tuple[str, ...]) -> tuple[Problem, ...]:
    """Note a query without any tweet."""
    return () if ids else (Problem("tweet_ids", "none", "at least one tweet id is needed"),)


def metrics(
    given: object, where: Endpoint | None, problems: list[Problem]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Understand metric names: the wire names, each once, and notes on spellings."""
    if given is None:
        return (registry.offered(where.name) if where else ()), ()
    if not isinstance(given, Iterable) or isinstance(given, bytes):
        why = "metrics are an iterable of names, or None for all"
        problems.append(Problem("metrics", repr(given), why))
        return (), ()
    spelled: list[object] = [given] if isinstance(given, str) else list(given)
    if not spelled:
        problems.append(
            Problem("metrics", "none", "at least one metric is needed, or None for all")
        )
    names: dict[str, None] = {}
    notes = []
    for spelling in spelled:
        found = registry.understand(spelling) if isinstance(spelling, str) else None
        if found is None:
            problems.append(_unknown_metric(spelling, where))
            continue
        name, note = found
        if where and name not in registry.offered(where.name):
            problems.append(_not_offered(str(spelling), name, where))
        names[name] = None
        notes += [note] if note else []
    return tuple(names), tuple(notes)


def _unknown_metric(spelling: object, where: Endpoint | None) -> Problem:
    name = registry.nearest(str(spelling), where.name if where else None)
    names = registry.offered(where.name) if where else tuple(registry.METRICS)
    hint = f"Did you mean {name}?" if name else ""
    return Problem("metrics", repr(spelling), f"no such metric; allowed: {', '.join(names)}", hint)


def _not_offered(spelling: str, name: str, where: Endpoint) -> Problem:
    elsewhere = [other for other in ENDPOINTS if name in registry.offered(other)]
    hint = f"{name} is offered on {' and '.join(elsewhere)}."
    allowed = ", ".join(registry.offered(where.name))
    return Problem("metrics", repr(spelling), f"not on {where.name}; allowed: {allowed}", hint)


def groupings(
    given: object, where: Endpoint | None, problems: list[Problem]
) -> tuple[tuple[str, Levels], ...]:
    """Check raw groupings: how many, their names, and each ``group_by``."""
    if given is None:
        return ()
    if not isinstance(given, Mapping) or not given:
        why = "raw groupings are a mapping of a name to a list of values, at least one"
        problems.append(Problem("groupings", repr(given), why))
        return ()
    read = tuple((str(name), _levels(name, value, problems)) for name, value in given.items())
    if len(read) > MAX_GROUPINGS.value:
        why = f"at most {MAX_GROUPINGS.value} groupings in one request"
        problems.append(Problem("groupings", f"{len(read)} groupings", why))
    four = [name for name, levels in read if levels and len(levels) == MAX_LEVELS.value]
    if len(four) > MAX_FOUR_LEVEL.value:
        why = f"at most {MAX_FOUR_LEVEL.value} grouping of four values in one request"
        problems.append(Problem("groupings", ", ".join(four), why))
    for name, levels in read:
        if not name.strip() or is_reserved(name):
            why = "this name is empty or a root key of every answer; choose another"
            problems.append(Problem("groupings", repr(name), why))
        wrong = level_problem(levels, where) if where and levels is not None else ""
        if wrong and where:
            foreign = [level for level in levels or () if level not in where.levels]
            hint = _near(foreign[0], where.levels) if foreign else ""
            problems.append(Problem(f"groupings[{name!r}]", repr(list(levels or ())), wrong, hint))
    return tuple((name, levels or ()) for name, levels in read)


def _levels(name: object, value: object, problems: list[Problem]) -> Levels | None:
    """Read one ``group_by``; None, and a problem noted, where it is no list of words."""
    if isinstance(value, Mapping):
        value = value.get("group_by")
    if isinstance(value, list | tuple) and all(isinstance(level, str) for level in value):
        return tuple(value)
    why = "a grouping is a list of values, such as ['tweet.id', 'engagement.type']"
    problems.append(Problem(f"groupings[{name!r}]", repr(value), why))
    return None


def allowed_by(where: Endpoint) -> tuple[str, ...]:
    """List the plain words for the shape that an endpoint can give."""
    return _BY if where.quantity == "windowed" else ("total",)


def by(
    given: str | None,
    raw: tuple[tuple[str, Levels], ...],
    where: Endpoint | None,
    problems: list[Problem],
) -> str | None:
    """Check the plain word for the shape; the endpoint's own where none is given."""
    if raw:
        if given is not None:
            problems.append(Problem("by", repr(given), "give by or groupings, not both"))
        return None
    if where is None:
        return None
    allowed = allowed_by(where)
    if given is None:
        return where.default_by
    if given not in allowed:
        why = f"on {where.name} allowed: {', '.join(allowed)}"
        problems.append(Problem("by", repr(given), why, _near(given, allowed)))
    return given


def period(
    given: object, plain: str | None, where: Endpoint | None, problems: list[Problem]
) -> Period | None:
    """Check that the endpoint takes a period, and that a daily table gets whole days."""
    if given is None:
        return None
    if not isinstance(given, Last | First | Between):
        why = "a period is ek.last(...), ek.first(...) or ek.between(...)"
        problems.append(Problem("period", repr(given), why, meant_by(given)))
        return None
    if where is None:
        return given
    if not where.takes_period:
        own = "the last 28 hours" if where.name == "28hr" else "each tweet's whole life"
        hint = "Use historical for another period."
        problems.append(Problem("period", str(given), f"{where.name} always counts {own}", hint))
    if plain == "day" and not _whole_days(given):
        hint = "Use by='hour' (hourly), or days from UTC midnight to UTC midnight."
        problems.append(Problem("period", str(given), "a daily table counts whole UTC days", hint))
    return given


def _whole_days(period: Period) -> bool:
    if isinstance(period, Between):
        ends = (period.start, period.end)
        return all(floor_hour(end) % HOURS_A_DAY == 0 for end in ends)
    return isinstance(period, First) or period.hours % HOURS_A_DAY == 0


def is_span(value: object) -> bool:
    """Say whether a value is a length of time: a timedelta that is not negative."""
    return isinstance(value, timedelta) and value >= timedelta(0)


def is_rate(value: object) -> bool:
    """Say whether a value is a rate: a number above 0.

    Examples
    --------
    >>> is_rate(0.5), is_rate(0), is_rate("120"), is_rate(float("nan"))
    (True, False, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
