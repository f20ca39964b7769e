"""What may be given to plan and run beside the question: checked before anything is sent."""

from __future__ import annotations

from datetime import timedelta
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final

from engagement_kit.errors import Problem, QueryError
from engagement_kit.fetch.control import Control
from engagement_kit.question.checks import SPAN, is_span
from engagement_kit.question.known import SETTLE
from engagement_kit.question.ordering import OrderName
from engagement_kit.question.plan import Plan
from engagement_kit.question.query import Query
from engagement_kit.question.settling import problems as settle_problems

_SHOWN: Final = 60


def check(**given: Any) -> None:
    """Hold options of plan and run against what they may be.

    Raises
    ------
    QueryError
        With all that is wrong.

    Examples
    --------
    >>> check(max_age=timedelta(hours=1), resume=False)
    >>> check(max_age=3600)
    Traceback (most recent call last):
    ...
    engagement_kit.errors.QueryError: 1 problem with the query; nothing was sent:
      - max_age: 3600: allowed: a timedelta that is not negative, such as timedelta(hours=6)
    """
    problems = tuple(
        Problem(name, repr(value), f"allowed: {_ALLOWED[name]}")
        for name, value in given.items()
        if name != "settle" and not _is_right(name, value)
    )
    problems += tuple(settle_problems(given.get("settle", SETTLE)))
    if problems:
        raise QueryError(problems)


_ALLOWED: Final = {
    "max_age": SPAN,
    "resume": f"True, False, or {SPAN}",
    "max_requests": "a whole number that is not negative, or None",
    "stop_after": "a whole number above 0, or None",
    "on_step": "a function of a Step, or None",
    "on_tick": "a function of a Tick, or None",
    "progress": "True, False, or None",
    "sleep": "a function of a number of seconds, or None",
    "store": "the path of a folder (it may be new; a file is none), a Store, or None",
    "control": "an ek.Control(), or None",
}
_KINDS: Final[dict[str, Any]] = {
    "control": Control,
    "progress": bool,
    "store": str | PathLike,
}


_LEAST: Final = {"max_requests": 0, "stop_after": 1}


def _is_right(name: str, value: Any) -> bool:
    if name == "store" and isinstance(value, str | PathLike):
        return fspath(value) != "" and (Path(value).is_dir() or not Path(value).exists())
    if name in _KINDS:
        return value is None or isinstance(value, _KINDS[name])
    if name in {"on_step", "on_tick", "sleep"}:
        return value is None or callable(value)
    if name in _LEAST:
        return value is None or (type(value) is int and value >= _LEAST[name])
    if name == "resume" and isinstance(value, bool):
        return True
    return is_span(value)


def check_service(planned: str, here: str) -> None:
    """Refuse a plan that was made for another service: its answers would be filed under that.

    Raises
    ------
    QueryError
        When they differ.
    """
    if planned != here:
        why = f"it was made for {planned}, and this client speaks to {here}"
        raise QueryError((Problem("plan", planned, why, "Plan with client.plan(query)."),))


def check_plan(
    made: object,
    max_age: timedelta,
    settle: object = SETTLE,
    order: OrderName | None = None,
) -> None:
    """Refuse what is neither query nor plan, and what a plan would not heed: it has its own.

    Raises
    ------
    QueryError
        With what to do instead.
    """
    if isinstance(made, Plan):
        if max_age:
            why = "a plan was made with its own; give it to client.plan(query, max_age=...)"
            raise QueryError((Problem("max_age", repr(max_age), why),))
        if order is not None and order != made.order:
            why = "a plan was made in its own; give it to client.plan(query, order=...)"
            raise QueryError((Problem("order", repr(order), why),))
        if settle != SETTLE:
            why = "a plan was made with its own; give it to client.plan(query, settle=...)"
            raise QueryError((Problem("settle", repr(settle), why),))
    elif not isinstance(made, Query):
        why = "what is run is an ek.Query(...) or a plan of client.plan(query)"
        raise QueryError((Problem("query_or_plan", repr(made)[:_SHOWN], why),))


def check_query(query: object) -> None:
    """Refuse to plan what is no query.

    Raises
    ------
    QueryError
        With what it is.
    """
    if not isinstance(query, Query):
        why = "what is planned is an ek.Query(...)"
        raise QueryError((Problem("query", repr(query)[:_SHOWN], why),))
