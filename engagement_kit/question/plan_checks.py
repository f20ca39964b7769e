"""What can be wrong with what a plan is made by, beside its question."""

from __future__ import annotations

from datetime import datetime

from engagement_kit.errors import Problem, QueryError
from engagement_kit.question import settling
from engagement_kit.question.checks import SPAN, is_rate, is_span
from engagement_kit.question.rules import PROFILES
from engagement_kit.question.spelling import no_such
from engagement_kit.question.where import Where


def check(
    now: object,
    where: Where,
    *,
    per_minute: object,
    max_age: object,
    settle: object,
    max_requests: object,
) -> None:
    """Hold what a plan is made by against what it may be.

    Raises
    ------
    QueryError
        With the first thing that is wrong.
    """
    if max_requests is not None and type(max_requests) is not int:
        raise QueryError(
            (Problem("max_requests", repr(max_requests), "allowed: a whole number, or None"),)
        )
    if not isinstance(now, datetime):
        raise QueryError((Problem("now", repr(now), "allowed: an aware datetime"),))
    if now.tzinfo is None:
        why = "a naive datetime has no time zone; use datetime.now(timezone.utc)"
        raise QueryError((Problem("now", repr(now), why),))
    if where.profile not in PROFILES:
        raise QueryError((no_such("profile", where.profile, PROFILES),))
    if per_minute is not None and not is_rate(per_minute):
        raise QueryError(
            (Problem("per_minute", repr(per_minute), "allowed: a rate above 0, or None"),)
        )
    if not is_span(max_age):
        raise QueryError((Problem("max_age", repr(max_age), f"allowed: {SPAN}"),))
    if wrong := settling.problems(settle):
        raise QueryError(tuple(wrong))
