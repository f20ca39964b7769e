"""The Plan: the lawful Requests that answer a Query, what they cost, and what can't be had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from engagement_kit.errors import Problem, QueryError
from engagement_kit.question import metrics as registry
from engagement_kit.question.cutting import cut
from engagement_kit.question.hours import moment
from engagement_kit.question.known import SETTLE, Coverage, Freshness, Known, subtract
from engagement_kit.question.query import Query
from engagement_kit.question.request import Request
from engagement_kit.question.rules import (
    DAY,
    HOUR,
    ID,
    LIVE_BASE_URL,
    PROFILES,
    TYPE,
    WINDOW_HOURS,
    CredentialKind,
    Levels,
)
from engagement_kit.question.wanted import Hours, Unobtainable, Wanted, resolve

CARRIERS: Final[dict[str, tuple[str, Levels]]] = {
    "lifetime": ("by tweet", (ID, TYPE)),
    "day": ("by day", (ID, TYPE, DAY)),
    "hour": ("by hour", (ID, TYPE, DAY, HOUR)),
}
"""The planner's own grouping for each level: its name and its ``group_by``."""

_NAMED: Final = 3

_Job = tuple[CredentialKind, str | None, tuple[str, ...]]


@dataclass(frozen=True)
class Where:
    """To whom a plan is addressed, and by which rules it is made.

    Attributes
    ----------
    service
        The live base URL, or the name of an emulator's world.
    account
        The account that signs where the query names no owner.
    credentials
        Which kinds of credential there are.
    profile
        How far historical reaches: ``reference`` (since 2014-09-01) or ``overview`` (365 days).
    """

    service: str = LIVE_BASE_URL
    account: str = "me"
    credentials: tuple[str, ...] = ("user", "app")
    profile: str = "reference"


@dataclass(frozen=True)
class Price:
    """What a plan costs.

    Attributes
    ----------
    requests
        Calls to the API.
    numbers
        Single counts that can be had, stored ones among them.
    stored
        Counts that the store holds already.
    minutes
        How long the calls take at the contract's rate; None where no rate was given.
    accounts
        Accounts whose keys will sign.
    """

    requests: int
    numbers: int
    stored: int
    minutes: float | None
    accounts: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The lawful requests that answer a query at a moment.

    Attributes
    ----------
    query, now
        The question, and the moment for which it was planned.
    requests : tuple of Request
        What is to be asked, oldest window first.
    reused : tuple of Known
        Stored answers that serve again.
    cannot : tuple of Unobtainable
        What can't be had, and why; known before the first call.
    price : Price
        What it costs.
    as_written
        True where the query's raw groupings go over the wire just as they were written.
    where, freshness
        The rules that the plan was made by.
    """

    query: Query
    now: datetime
    requests: tuple[Request, ...]
    reused: tuple[Known, ...]
    price: Price
    as_written: bool
    where: Where
    freshness: Freshness
    wanted: Wanted = field(repr=False, compare=False)

    @property
    def cannot(self) -> tuple[Unobtainable, ...]:
        """What can't be had, and why."""
        return self.wanted.cannot

    def __len__(self) -> int:
        """How many requests there are."""
        return len(self.requests)

    def lines(self) -> list[tuple[str, str]]:
        """Say the plan in words, as pairs of a label and a text."""
        price = self.price
        rows = [
            ("question", f"{self.query.endpoint}, {len(self.query.tweet_ids)} tweets"),
            ("requests", str(price.requests)),
            ("numbers", f"{price.numbers:,} to be had, {price.stored:,} of them stored already"),
        ]
        if price.minutes is not None:
            rows.append(("time", f"about {price.minutes:.1f} minutes at the contract's rate"))
        if price.accounts:
            rows.append(("accounts", ", ".join(price.accounts)))
        if self.query.rules.takes_period:
            rows.append(("reach of historical", f"profile {self.where.profile!r}"))
        for lost in self.cannot:
            many = len(lost.metrics) > _NAMED
            names = f"{len(lost.metrics)} metrics" if many else ", ".join(lost.metrics)
            what = f"{len(lost.tweet_ids)} tweets x {names}"
            rows.append((f"can't be had ({lost.status})", f"{what}: {lost.reason}"))
        return rows

    def __repr__(self) -> str:
        """Say the plan in a few lines of text."""
        return "Plan\n" + "\n".join(f"  {label}: {text}" for label, text in self.lines())

    def _repr_html_(self) -> str:
        """Show a small table in a notebook."""
        from html import escape

        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(label)}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for label, text in self.lines()
        )
        return f"<table><caption>Plan</caption>{rows}</table>"


def plan(
    query: Query,
    *,
    now: datetime,
    have: Iterable[Known] | None = None,
    where: Where | None = None,
    max_age: timedelta = timedelta(0),
    settle: timedelta = SETTLE,
    per_minute: float | None = None,
) -> Plan:
    """Plan the requests that answer a query. Nothing is sent.

    Parameters
    ----------
    query
        The question.
    now
        An aware datetime. Relative periods, ages and "not over yet" count from it.
    have
        What is known already, as ``store.known()`` lists it.
    where
        To whom the plan is addressed; the default is the live API with one account.
    max_age
        A stored answer to an open period may be this old. Zero: ask again.
    settle
        A period is closed when it was observed this long after its end; closed periods are never
        asked again.
    per_minute
        The contract's rate, for the price in minutes.

    Returns
    -------
    Plan
        The same for the same arguments.

    Raises
    ------
    QueryError
        For a naive `now` or an unknown profile.

    Examples
    --------
    >>> from datetime import UTC
    >>> ids = [str(1_500_000_000_000_000_000 + n) for n in range(600)]
    >>> query = Query("totals", ids, metrics=["favorites"])
    >>> len(plan(query, now=datetime(2026, 1, 1, tzinfo=UTC)))
    3
    """
    where = where or Where()
    _check(now, where)
    fresh = Freshness(now, max_age, settle)
    wanted = resolve(query, now, where.profile, where.credentials)
    known = Coverage(have or ())
    written = _as_written(wanted, where)
    if written is not None:
        requests, reused = _reuse_whole(written, known, fresh)
        stored = wanted.numbers() if reused else 0
    else:
        work = _Work(wanted, where, known, fresh)
        requests, reused, stored = work.requests(), tuple(work.used.values()), work.stored
    price = Price(
        requests=len(requests),
        numbers=wanted.numbers(),
        stored=stored,
        minutes=None if per_minute is None else len(requests) / per_minute,
        accounts=tuple(sorted({one.account for one in requests if one.account})),
    )
    return Plan(query, now, requests, reused, price, written is not None, where, fresh, wanted)


def _check(now: datetime, where: Where) -> None:
    if now.tzinfo is None:
        why = "a naive datetime has no time zone; use datetime.now(timezone.utc)"
        raise QueryError((Problem("now", repr(now), why),))
    if where.profile not in PROFILES:
        raise QueryError(
            (Problem("profile", repr(where.profile), f"allowed: {', '.join(PROFILES)}"),)
        )


def _as_written(wanted: Wanted, where: Where) -> Request | None:
    """Give the one request that carries raw groupings just as written, where one can."""
    query = wanted.query
    if query.by is not None or len(query.tweet_ids) > query.rules.tweets_per_request.value:
        return None
    owners = {query.owner_of(one) or where.account for one in query.tweet_ids}
    public = "app" in where.credentials and set(query.metrics) <= set(
        registry.offered(query.endpoint, "app")
    )
    if not public and (len(owners) > 1 or "user" not in where.credentials):
        return None
    start = end = None
    if query.rules.takes_period:
        spans = {(int(a), int(b)) for a, b in wanted.asked}
        first, last = min(spans)
        over = int(wanted.had[:, 1].max())
        lost = any(one.status == "out_of_range" for one in wanted.cannot)
        if len(spans) > 1 or last - first > WINDOW_HOURS or lost or over < last:
            return None
        start, end = moment(first), moment(last)
    return Request(
        service=where.service,
        endpoint=query.endpoint,
        credential="app" if public else "user",
        account=None if public else owners.pop(),
        tweet_ids=query.tweet_ids,
        metrics=query.metrics,
        groupings=query.groupings,
        start=start,
        end=end,
    )


def _reuse_whole(
    request: Request, known: Coverage, fresh: Freshness
) -> tuple[tuple[Request, ...], tuple[Known, ...]]:
    for one in known.of_request(request.key):
        if fresh.is_final(one):
            return (), (one,)
    return (request,), ()


class _Work:
    """The part of a query that is still to be asked, cut into requests. Lives for one plan."""

    def __init__(self, wanted: Wanted, where: Where, known: Coverage, fresh: Freshness) -> None:
        self.wanted, self.where, self.known, self.fresh = wanted, where, known, fresh
        self.used: dict[str, Known] = {}
        self.stored = 0

    def requests(self) -> tuple[Request, ...]:
        """Cut what is left into lawful requests."""
        wanted = self.wanted
        rules = wanted.query.rules
        lifetime = wanted.level == "lifetime"
        window = 1 if lifetime else WINDOW_HOURS
        found = []
        for (credential, account, metrics), (rows, spans) in self._jobs():
            for piece in cut(spans[:, 0], spans[:, 1], rules.tweets_per_request.value, window):
                ids = dict.fromkeys(wanted.query.tweet_ids[rows[at]] for at in piece.rows)
                timed = rules.takes_period
                found.append(
                    Request(
                        service=self.where.service,
                        endpoint=rules.name,
                        credential=credential,
                        account=account,
                        tweet_ids=tuple(ids),
                        metrics=metrics,
                        groupings=(CARRIERS[wanted.level],),
                        start=moment(piece.start) if timed else None,
                        end=moment(piece.end) if timed else None,
                    )
                )
        return tuple(found)

    def _jobs(self) -> Iterator[tuple[_Job, tuple[list[int], Hours]]]:
        """Sort what is left by who signs and which metrics are asked."""
        jobs: dict[_Job, list[tuple[int, int, int]]] = {}
        for row in range(len(self.wanted.query.tweet_ids)):
            for metrics, start, end in self._left(row):
                job = self._signs(row, metrics)
                jobs.setdefault(job, []).append((row, start, end))
        for job, items in jobs.items():
            table = np.array(items, dtype=np.int64)
            yield job, (table[:, 0].tolist(), table[:, 1:])

    def _signs(self, row: int, metrics: tuple[str, ...]) -> _Job:
        """Choose the credential: app-only where it may, for it needs no owner and pools batches."""
        query = self.wanted.query
        public = set(metrics) <= set(registry.offered(query.endpoint, "app"))
        if public and "app" in self.where.credentials:
            return "app", None, metrics
        return "user", query.owner_of(query.tweet_ids[row]) or self.where.account, metrics

    def _left(self, row: int) -> Iterator[tuple[tuple[str, ...], int, int]]:
        """Give the spans of one tweet that are to be asked, metrics with the same span together."""
        names = self._askable(row)
        if not names:
            return
        spans = self.wanted.spans[row]
        filled = spans[spans[:, 0] < spans[:, 1]]
        span = (int(filled[:, 0].min()), int(filled[:, 1].max()))
        usable = self._usable(row, span)
        if not usable:
            yield names, *span
            return
        left: dict[tuple[int, int], list[str]] = {}
        for name in names:
            taken = [part for metrics, *part in usable if name in metrics]
            rest = subtract(span, [(a, b) for a, b in taken])
            self.stored += (span[1] - span[0] - sum(b - a for a, b in rest)) // self.wanted.step
            for part in rest:
                left.setdefault(part, []).append(name)
        for (start, end), metrics in left.items():
            yield tuple(metrics), start, end

    def _askable(self, row: int) -> tuple[str, ...]:
        """Name the metrics to ask for one tweet; none when nothing can be had.

        One request carries all metrics for the same price, so that a metric which is too old rides
        along and keeps the batch whole, unless it would call for another credential.
        """
        query, spans = self.wanted.query, self.wanted.spans[row]
        filled = spans[:, 0] < spans[:, 1]
        if not filled.any():
            return ()
        public = registry.offered(query.endpoint, "app")
        return tuple(
            name
            for name, some in zip(query.metrics, filled, strict=True)
            if some or query.endpoint != "totals" or name in public
        )

    def _usable(self, row: int, span: tuple[int, int]) -> list[tuple[frozenset[str], int, int]]:
        """List what stored answers give for one tweet, and remember which answers those are."""
        query, wanted = self.wanted.query, self.wanted
        tweet_id = query.tweet_ids[row]
        start, end = span
        found = []
        for one in self.known.of_tweet(tweet_id, self.where.service, wanted.level):
            if one.account != self._signs(row, tuple(one.metrics & set(query.metrics)))[1]:
                continue
            if one.refused or wanted.level == "lifetime":
                usable = one.refused or self.fresh.is_fresh(one)
                part = (start, end) if usable else (0, 0)
            elif query.endpoint == "28hr":
                part = self._last_hours(one, start, end)
            else:
                part = (max(start, one.start), min(end, self.fresh.usable_until(one)))
            if part[0] < part[1]:
                self.used[one.ref] = one
                found.append((one.metrics, *part))
        return found

    def _last_hours(self, one: Known, start: int, end: int) -> tuple[int, int]:
        """Let an answer serve 28hr again only when it is young and reaches as far on both sides."""
        enough = self.fresh.is_fresh(one) and one.start <= start and one.end >= end - 1
        return (start, end) if enough else (0, 0)
