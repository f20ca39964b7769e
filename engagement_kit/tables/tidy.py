"""One raw answer to a tidy table, offline: the front door of this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engagement_kit.errors import AmbiguousAnswer, Problem, QueryError, UnreadableAnswer
from engagement_kit.question.checks import endpoint_problem
from engagement_kit.question.plan import CARRIERS
from engagement_kit.question.query import Query
from engagement_kit.question.rules import ENDPOINTS, fineness
from engagement_kit.tables.absent import absent
from engagement_kit.tables.readers.body import Body, read_body
from engagement_kit.tables.readers.columns import Columns
from engagement_kit.tables.schema import to_pandas
from engagement_kit.tables.single import About, Reading

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["About", "tidy", "tidy_answer", "tidy_arrow"]


def tidy(
    body: bytes | str | Mapping[str, Any],
    query: Query | None = None,
    endpoint: str | None = None,
    observed_at: datetime | None = None,
    *,
    grouping: str | None = None,
) -> pd.DataFrame:
    """Turn one raw answer into a tidy DataFrame, offline.

    Parameters
    ----------
    body
        The answer as bytes, text, or JSON already read.
    query
        What was asked. Without it the levels are worked out from the keys, and only what is seen
        can be reported as missing.
    endpoint
        ``totals``, ``28hr`` or ``historical``; taken from the query where there is one.
    observed_at
        When it was answered, aware. Without it, `observed_at` and `complete` are null.
    grouping
        Which grouping to read; the default is the finest.

    Returns
    -------
    pandas.DataFrame
        One row per count, with the columns of the tidy table. What the body can't tell is null.
        Times are UTC, `end` exclusive. A tweet in a side list has a row per metric, with a null
        value and the reason in `status`.

    Raises
    ------
    UnreadableAnswer
        When the body is no answer with counts or side lists.
    AmbiguousAnswer
        When the keys can be read in two ways; pass the query.

    Examples
    --------
    >>> frame = tidy({"g": {"697506383516729344": {"favorites": "12", "replies": 2}}})
    >>> frame[["tweet_id", "metric", "value"]].values.tolist()
    [['697506383516729344', 'favorites', 12], ['697506383516729344', 'replies', 2]]
    """
    return to_pandas(tidy_arrow(body, query, endpoint, observed_at, grouping=grouping))


def tidy_arrow(
    body: bytes | str | Mapping[str, Any],
    query: Query | None = None,
    endpoint: str | None = None,
    observed_at: datetime | None = None,
    *,
    grouping: str | None = None,
) -> pa.Table:
    """Turn one raw answer into a tidy Arrow table; see `tidy`.

    Parameters
    ----------
    body, query, endpoint, observed_at, grouping
        As in `tidy`.

    Returns
    -------
    pyarrow.Table
        The tidy table at one grain, with the same columns always.

    Examples
    --------
    >>> tidy_arrow({"Grand Totals": {"favorites": "12"}}).num_rows
    1
    """
    _check(endpoint, observed_at)
    about = About(endpoint=endpoint, observed_at=observed_at)
    if query is not None:
        wanted = dict(query.wanted_groupings)
        about = replace(
            about,
            endpoint=endpoint or query.endpoint,
            levels=dict(CARRIERS.values()) | wanted,
            finest=max(wanted.values(), key=fineness),
            tweet_ids=query.tweet_ids,
            metrics=query.metrics,
        )
    return tidy_answer(read_body(body, about.levels), about, grouping=grouping)


def _check(endpoint: str | None, observed_at: datetime | None) -> None:
    problems = []
    if endpoint is not None and endpoint not in ENDPOINTS:
        problems.append(endpoint_problem(endpoint))
    if observed_at is not None and observed_at.tzinfo is None:
        why = "a naive datetime has no time zone; use datetime(..., tzinfo=timezone.utc)"
        problems.append(Problem("observed_at", repr(observed_at), why))
    if problems:
        raise QueryError(tuple(problems))


def tidy_answer(body: Body, about: About, *, grouping: str | None = None) -> pa.Table:
    """Turn an answer into a tidy table, at one grain."""
    reading = Reading(body.parts, about, _choose(body, about, grouping))
    return reading.table([absent(reading)])


def _choose(body: Body, about: About, grouping: str | None) -> Columns:
    """Read the grouping that is wanted, else the finest one."""
    parts = body.parts
    if grouping is not None and grouping not in parts.groupings:
        found = ", ".join(map(repr, parts.groupings)) or "none"
        msg = f"the answer has no grouping {grouping!r}; it has: {found}"
        raise UnreadableAnswer(msg)
    if not parts.groupings and not parts.listed:
        said = "; ".join(parts.errors) or f"root keys: {', '.join(parts.unknown) or 'none'}"
        msg = f"the answer holds no counts and no list of tweets; it says: {said}"
        raise UnreadableAnswer(msg)
    names = [grouping] if grouping is not None else [*parts.groupings]
    read = []
    for name in names:
        try:
            read.append(body.columns(name, about.levels.get(name)))
        except AmbiguousAnswer:
            if len(names) == 1:
                raise
    if not read and names:
        msg = f"the keys of no grouping can be read for sure: {', '.join(names)}. Pass query=..."
        raise AmbiguousAnswer(msg)
    if not read:
        return Columns.none(about.finest)
    return max(read, key=lambda one: fineness(one.levels))
