"""Periods that a person asks for: relative to now, to each tweet's birth, or two moments. UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from engagement_kit.errors import Problem, QueryError
from engagement_kit.question.hours import HOURS_A_DAY, floor_hour, from_iso, iso, moment
from engagement_kit.question.lengths import meant_by, named
from engagement_kit.question.micros import EPOCH


@dataclass(frozen=True)
class Last:
    """The last whole hours that are over; see ``ek.last``.

    Attributes
    ----------
    hours
        How many.
    """

    hours: int

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data, in days where they are whole."""
        return {"last": _span(self.hours)}

    def __str__(self) -> str:
        """Say it in words, for people."""
        return f"last {_words(self.hours)}"


@dataclass(frozen=True)
class First:
    """The first hours of each tweet's life; see ``ek.first``.

    Attributes
    ----------
    hours
        How many, from the hour of its creation.
    """

    hours: int

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data, in days where they are whole."""
        return {"first": _span(self.hours)}

    def __str__(self) -> str:
        """Say it in words, for people."""
        return f"first {_words(self.hours)}"


@dataclass(frozen=True)
class Between:
    """Two moments at whole UTC hours, the end exclusive; see ``ek.between``.

    Attributes
    ----------
    start, end
        Aware, UTC.
    """

    start: datetime
    end: datetime

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data."""
        return {"between": [iso(self.start), iso(self.end)]}

    def __str__(self) -> str:
        """Say it in words, for people."""
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"


Period = Last | First | Between
_MOST_HOURS: Final = 1_000_000 * HOURS_A_DAY
"""No calendar is longer; sums of hours stay whole numbers of a machine."""


def _words(hours: int) -> str:
    """Say a length.

    Examples
    --------
    >>> _words(48), _words(1)
    ('2 days', '1 hour')
    """
    ((unit, length),) = _span(hours).items()
    return f"{length} {unit if length > 1 else unit.removesuffix('s')}"


@named
def last(*, days: int = 0, hours: int = 0) -> Last:
    """Ask for the time up to now.

    What still runs is not asked for, so that no last bar is too short. With ``by="day"``, and with
    ``by="total"`` of whole days, it ends at the last UTC midnight; otherwise at the last full UTC
    hour. So at 15:30 the last two days of a daily table begin and end at midnight, those of an
    hourly one at 15:00.

    Parameters
    ----------
    days, hours
        The length; at least one hour in all.

    Returns
    -------
    Last
        A period that is resolved when the query is planned, so that a saved query stays relative.

    Raises
    ------
    QueryError
        When the length is no positive whole number of hours, or is given in any other way.

    Examples
    --------
    >>> last(days=28).hours
    672
    """
    return Last(_length("last", days, hours))


@named
def first(*, days: int = 0, hours: int = 0) -> First:
    """Ask for the first time of each tweet's life.

    Counted in whole UTC hours from the hour in which the tweet was created (inclusive). Daily
    tables take each UTC day that this touches, whole.

    Parameters
    ----------
    days, hours
        The length; at least one hour in all.

    Returns
    -------
    First
        A period that differs from tweet to tweet.

    Raises
    ------
    QueryError
        When the length is no positive whole number of hours, or is given in any other way.

    Examples
    --------
    >>> first(days=7).to_dict()
    {'first': {'days': 7}}
    """
    return First(_length("first", days, hours))


def between(start: datetime | date | str, end: datetime | date | str) -> Between:
    """Ask for the time between two moments.

    Parameters
    ----------
    start, end
        Aware datetimes or ISO 8601 texts with a zone, at whole UTC hours; or dates, which mean
        UTC midnight. `start` is inclusive, `end` exclusive: ``between("2026-01-01", "2026-02-01")``
        is January.

    Returns
    -------
    Between
        The period.

    Raises
    ------
    QueryError
        For naive datetimes, moments within an hour, or an end that is not after the start.

    Examples
    --------
    >>> between("2026-01-01", "2026-02-01").to_dict()
    {'between': ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z']}
    """
    problems: list[Problem] = []
    moments = [_moment(start, "start", problems), _moment(end, "end", problems)]
    if not problems and moments[0] >= moments[1]:
        why = "start must be before end; end is exclusive"
        problems.append(Problem("period", f"{start} to {end}", why))
    if problems:
        raise QueryError(tuple(problems))
    return Between(*moments)


def this_month(now: datetime) -> Between:
    """Give the running UTC month up to the last midnight; on its first day, that day.

    Parameters
    ----------
    now
        An aware datetime.

    Returns
    -------
    Between
        Whole days, the end exclusive; fixed: it does not move with time.

    Examples
    --------
    >>> this_month(datetime(2026, 6, 18, 12, tzinfo=UTC)).to_dict()
    {'between': ['2026-06-01T00:00:00Z', '2026-06-18T00:00:00Z']}
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = today.replace(day=1)
    return Between(start, max(today, start + timedelta(days=1)))


def period_from_dict(data: Mapping[str, Any]) -> Period:
    """Read what `to_dict` of a period wrote.

    Raises
    ------
    QueryError
        When the data are no period.
    """
    try:
        ((kind, value),) = data.items()
        if kind == "between":
            return between(*value)
        is_last = {"last": True, "first": False}[kind]
        hours = _length(kind, **{"days": 0, "hours": 0, **value})
        return Last(hours) if is_last else First(hours)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, QueryError):
            raise
        why = "a period is one of {last: {days: N}}, {first: {days: N}}, {between: [start, end]}"
        raise QueryError((Problem("period", repr(data), why),)) from error


def _span(hours: int) -> dict[str, int]:
    return {"hours": hours} if hours % HOURS_A_DAY else {"days": hours // HOURS_A_DAY}


def _length(kind: str, days: int, hours: int) -> int:
    whole = all(type(n) is int for n in (days, hours))
    total = days * HOURS_A_DAY + hours if whole else 0
    value = f"{kind}(days={days!r}, hours={hours!r})"
    if total > _MOST_HOURS:
        why = f"the length must be at most {_MOST_HOURS // HOURS_A_DAY:,} days"
        raise QueryError((Problem("period", value, why),))
    if not whole or days < 0 or hours < 0 or total < 1:
        why = "the length must be a whole number of days and hours, at least one hour in all"
        raise QueryError((Problem("period", value, why, f"Example: ek.{kind}(days=7)."),))
    return total


def _moment(value: datetime | date | str, name: str, problems: list[Problem]) -> datetime:
    """Read one end of a period; on a problem, note it and give any moment."""
    when = EPOCH
    try:
        when = _aware(value)
    except ValueError as error:
        problems.append(Problem("period", f"{name}={value!r}", str(error), meant_by(value)))
        return when
    if when != when.replace(minute=0, second=0, microsecond=0):
        down = moment(floor_hour(when))
        hint = f"Nearest: {iso(down)} or {iso(down + timedelta(hours=1))}."
        why = "the API counts whole UTC hours"
        problems.append(Problem("period", f"{name}={value!r}", why, hint))
    return when


def _aware(value: object) -> datetime:
    if isinstance(value, str):
        return from_iso(value)
    if not isinstance(value, datetime):
        if not isinstance(value, date):
            msg = "a moment is an aware datetime, a date, or an ISO text such as 2026-01-01T12:00Z"
            raise ValueError(msg)
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if value.tzinfo is None:
        msg = "a naive datetime has no time zone; use datetime(..., tzinfo=timezone.utc)"
        raise ValueError(msg)
    if getattr(value, "nanosecond", 0):  # a pandas Timestamp is finer than a datetime
        msg = "a moment is no finer than a microsecond"
        raise ValueError(msg)
    when = value.astimezone(UTC)
    return datetime.combine(when.date(), when.time(), tzinfo=UTC)
