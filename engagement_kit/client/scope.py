"""What the numbers of a receipt are about, as far as it is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engagement_kit.answers.answer import Answer
from engagement_kit.question.hours import iso, moment
from engagement_kit.question.micros import HOUR_US, moment_at
from engagement_kit.question.periods import First
from engagement_kit.question.plan import Plan
from engagement_kit.question.query import Query
from engagement_kit.question.rules import Levels
from engagement_kit.tables.assemble import Base

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Scope:
    """What the numbers of a receipt are about, as far as it is known.

    Attributes
    ----------
    endpoint, metrics
        Of the question.
    tweets
        How many were asked for, purged ones among them.
    purged
        Those that were purged: what they had is not in the store any more.
    by, groupings
        One row per tweet, metric and what; or raw groupings instead.
    level
        What one number counts: ``hour``, ``day`` or ``lifetime``; empty for raw groupings that
        were answered as they were written.
    period
        From the first to the last moment that is counted of any tweet, end exclusive; None for
        lifetimes, and where it is not known.
    each
        The period in words where each tweet has its own; else empty.
    observed
        When the first and the last count was observed; None when there is none.
    running
        Counts of an hour or a day that was not over when it was observed.
    credentials, accounts
        The kinds of keys, and the accounts, that signed for the counts.
    """

    endpoint: str
    tweets: int
    metrics: tuple[str, ...]
    by: str | None = None
    groupings: tuple[tuple[str, Levels], ...] = ()
    level: str = ""
    period: Span | None = None
    each: str = ""
    observed: Span | None = None
    running: int = 0
    credentials: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    purged: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data, for JSON; moments as text, UTC."""
        return {
            "endpoint": self.endpoint,
            "tweets": self.tweets,
            "purged": self.purged,
            "metrics": list(self.metrics),
            "by": self.by,
            "groupings": {name: list(levels) for name, levels in self.groupings},
            "period": None if self.period is None else [iso(one) for one in self.period],
            "period_of_each_tweet": self.each,
            "observed": None if self.observed is None else [iso(one) for one in self.observed],
            "running": self.running,
            "credentials": list(self.credentials),
            "signed_by": list(self.accounts),
        }


def scope_of_base(query: Query, base: Base) -> Scope:
    """Say what the numbers of a run are about.

    Parameters
    ----------
    query
        What was asked.
    base
        What came; counts beyond what was wanted tell nothing here.
    """
    span = base.wanted.spans[base.row, base.col]
    inside = (base.hour >= span[:, 0]) & (base.hour < span[:, 1])
    counted = np.flatnonzero(inside & base.good)
    used = np.unique(base.answer[counted])
    signers = {base.answers[at][1] for at in used.tolist()}
    when = np.array([one for _, _, one in base.answers], dtype=np.int64)
    wanted, lifetime = base.wanted, base.wanted.level == "lifetime"
    ends = (base.hour[counted].astype(np.int64) + wanted.step) * HOUR_US
    running = 0 if lifetime else int((ends > when[base.answer[counted]]).sum())
    # On 28hr the API chooses the window: only of what it counted is it known.
    rows = np.unique(base.row[counted]) if query.endpoint == "28hr" else slice(None)
    edges = wanted.asked[rows]
    known = len(edges) and not lifetime
    return Scope(
        level=wanted.level,
        period=(moment(int(edges[:, 0].min())), moment(int(edges[:, 1].max()))) if known else None,
        observed=_span(when[used]),
        running=running,
        **_asked(query),
        **_signed(signers),
    )


def scope_of_written(query: Query, table: pa.Table, answers: Iterable[Answer]) -> Scope:
    """Say what the numbers are about that were answered as they were asked.

    Parameters
    ----------
    query, table
        What was asked, and one of the tables that came.
    answers
        Those that it was read from, with their own words on the period.
    """
    counted = table.filter(pc.is_valid(table.column("value")))
    seen = counted.column("observed_at").cast(pa.int64()).drop_null().to_numpy()
    spans = [span for one in answers if (span := _asked_of(one)) is not None]
    first, last = zip(*spans, strict=True) if spans else ((), ())
    still = pc.sum(pc.invert(counted.column("complete"))).as_py()
    return Scope(
        period=(min(first), max(last)) if spans else None,
        observed=_span(seen),
        running=0 if query.endpoint == "totals" else still or 0,
        **_asked(query),
        **_signed(set(counted.column("account").unique().to_pylist())),
    )


def purged_too(scope: Scope, made: Plan) -> Scope:
    """Count the purged tweets of a plan among those that were asked for."""
    if made.whole is None or made.purged is None:
        return scope
    purged = len(made.purged.tweet_ids)
    return replace(scope, tweets=len(made.whole.tweet_ids), purged=purged)


def _asked_of(answer: Answer) -> Span | None:
    """Give the period that an answer counts; on totals there is none."""
    request = answer.request
    if answer.window is None and request.start is not None and request.end is not None:
        return request.start, request.end
    return answer.window


def _asked(query: Query) -> dict[str, Any]:
    each = str(query.period) if isinstance(query.period, First) else ""
    return {
        "endpoint": query.endpoint,
        "tweets": len(query.tweet_ids),
        "metrics": query.metrics,
        "by": query.by,
        "groupings": query.groupings,
        "each": each,
    }


def _signed(accounts: Iterable[str | None]) -> dict[str, Any]:
    """Say which keys signed: those of no account are app-only."""
    named = tuple(sorted(one for one in accounts if one is not None))
    kinds = (*(["user"] if named else []), *(["app"] if None in accounts else []))
    return {"credentials": kinds, "accounts": named}


def _span(micros: Any) -> Span | None:
    if not len(micros):
        return None
    return moment_at(int(micros.min())), moment_at(int(micros.max()))
