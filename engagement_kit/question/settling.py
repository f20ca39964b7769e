"""The settle time: how long after its end a period may still be revised, for all metrics or each.

Counts of different metrics come to rest at different speeds. A mapping of metric to time says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from engagement_kit.errors import Problem
from engagement_kit.question import metrics as registry
from engagement_kit.question.checks import is_span
from engagement_kit.question.known import SETTLE, Freshness, Known, Settling
from engagement_kit.question.spelling import near

Settle = timedelta | Mapping[str, timedelta]
"""As a person gives it: one time for all metrics, or one for each; others have the default."""
ALLOWED: Final = (
    "a timedelta that is not negative, such as timedelta(days=3), or a mapping of metric to such"
)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)


def problems(settle: object) -> list[Problem]:
    """Say what is wrong with a settle time; nothing where it is one.

    Examples
    --------
    >>> problems({"impressions": timedelta(days=3)})
    []
    >>> [one.value for one in problems({"applause": timedelta(0), "replies": 3})]
    ["'applause'", "'replies': 3"]
    """
    if not isinstance(settle, Mapping):
        return [] if is_span(settle) else [_no_span(settle)]
    return [one for name, time in settle.items() for one in _wrong(name, time)]


def _no_span(settle: object) -> Problem:
    word = isinstance(settle, str) and near(settle, ["learnt"])
    hint = '"learnt" is for client.refresh(...) alone.' if word else ""
    return Problem("settle", repr(settle), f"allowed: {ALLOWED}", hint)


def _wrong(name: object, time: object) -> Iterator[Problem]:
    if not isinstance(name, str) or registry.understand(name) is None:
        allowed = ", ".join(registry.METRICS)
        near = registry.nearest(str(name))
        hint = f"Did you mean {near}?" if near else ""
        yield Problem("settle", repr(name), f"no such metric; allowed: {allowed}", hint)
    elif not is_span(time):
        why = "allowed: a timedelta that is not negative, such as timedelta(days=3)"
        yield Problem("settle", f"{name!r}: {time!r}", why)


def settling_of(settle: Settle, metrics: Sequence[str]) -> Settling:
    """Give the settle times of a query's metrics in their one canonical form.

    Parameters
    ----------
    settle
        As given; without `problems`.
    metrics
        The query's. What is said of others is left out.

    Returns
    -------
    timedelta
        Of all metrics that are not named.
    tuple of (str, timedelta)
        Metrics that have another one; none where all have the same.

    Examples
    --------
    >>> settling_of({"favorites": timedelta(days=3)}, ["favorites"])
    (datetime.timedelta(days=3), ())
    >>> settling_of({"favorites": timedelta(days=3)}, ["favorites", "replies"])
    (datetime.timedelta(days=7), (('favorites', datetime.timedelta(days=3)),))
    """
    if not isinstance(settle, Mapping):
        return settle, ()
    named = {understood[0]: time for name, time in settle.items()
             if (understood := registry.understand(name)) is not None}  # fmt: skip
    times = {name: named.get(name, SETTLE) for name in metrics}
    if len(set(times.values())) == 1:
        return next(iter(times.values())), ()
    return SETTLE, tuple(sorted((one, time) for one, time in times.items() if time != SETTLE))


def parted(answers: Iterable[Known], fresh: Freshness, metrics: Sequence[str]) -> list[Known]:
    """Part what answers cover, so that the metrics of each part have one settle time.

    Then each part may be used again up to one hour. A refusal speaks for all metrics, and stays
    whole.

    Parameters
    ----------
    answers
        In order, which is kept.
    fresh
        How old they may be.
    metrics
        The query's; of others nothing is needed.
    """
    groups: dict[timedelta, set[str]] = {}
    for name in metrics:
        groups.setdefault(fresh.settle_of((name,)), set()).add(name)
    found = []
    for one in answers:
        shares = [] if one.refused else [one.metrics & names for names in groups.values()]
        found += [replace(one, metrics=share) for share in shares if share]
        found += [one] if one.refused else []
    return found


def whole(parts: Iterable[Known], answers: Iterable[Known]) -> tuple[Known, ...]:
    """Give the answers of which any part is among these, each once."""
    refs = {one.ref for one in parts}
    return tuple(one for one in answers if one.ref in refs)


def in_words(fresh: Freshness) -> str:
    """Say the settle times of a plan.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> now = datetime(2026, 6, 1, tzinfo=UTC)
    >>> in_words(Freshness(now))
    '7 days'
    >>> in_words(Freshness(now, by_metric=(("favorites", timedelta(hours=36)),)))
    '7 days (favorites 36 hours)'
    """
    own = ", ".join(f"{name} {length(time)}" for name, time in fresh.by_metric)
    return length(fresh.settle) + (f" ({own})" if own else "")


def length(span: timedelta) -> str:
    """Say a length of time in days, hours or minutes; from two days on in days and hours.

    Examples
    --------
    >>> length(timedelta(days=1)), length(timedelta(hours=36)), length(timedelta(seconds=90))
    ('1 day', '36 hours', '1.5 minutes')
    >>> length(timedelta(hours=132))
    '5 days 12 hours'
    """
    days, rest = divmod(span, _DAY)
    if days > 1 and rest and not rest % _HOUR:
        return f"{length(days * _DAY)} {length(rest)}"
    for unit, size in (("day", _DAY), ("hour", _HOUR)):
        if span >= size and not span % size:
            number = span // size
            return f"{number:,} {unit}{'s' * (number != 1)}"
    minutes = span / _MINUTE
    return f"{minutes:,.10g} minute{'s' * (minutes != 1)}"
