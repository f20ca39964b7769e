"""The Plan: the lawful Requests that answer a Query, what they cost, and what can't be had."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from engagement_kit.errors import Problem, QueryError
from engagement_kit.question import metrics as registry
from engagement_kit.question.hours import moment
from engagement_kit.question.known import SETTLE, Coverage, Freshness, Known
from engagement_kit.question.query import Query
from engagement_kit.question.request import Request
from engagement_kit.question.rules import PROFILES, WINDOW_HOURS
from engagement_kit.question.wanted import Unobtainable, Wanted, resolve
from engagement_kit.question.work import CARRIERS, Where, Work

__all__ = ["CARRIERS", "Plan", "Price", "Where", "plan"]

_NAMED: Final = 3


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
        For a naive `now`, an unknown profile, or a rate that is not positive.

    Examples
    --------
    >>> from datetime import UTC
    >>> ids = [str(1_500_000_000_000_000_000 + n) for n in range(600)]
    >>> query = Query("totals", ids, metrics=["favorites"])
    >>> len(plan(query, now=datetime(2026, 1, 1, tzinfo=UTC)))
    3
    """
    where = where or Where()
    _check(now, where, per_minute)
    fresh = Freshness(now, max_age, settle)
    wanted = resolve(query, now, where.profile, where.credentials)
    known = Coverage(have or ())
    written = _as_written(wanted, where)
    if written is not None:
        requests, reused = _reuse_whole(written, known, fresh)
        stored = 0 if requests else wanted.numbers()
    else:
        work = Work(wanted, where, known, fresh)
        requests, reused, stored = work.requests(), tuple(work.used.values()), work.stored
    price = Price(
        requests=len(requests),
        numbers=wanted.numbers(),
        stored=stored,
        minutes=None if per_minute is None else len(requests) / per_minute,
        accounts=tuple(sorted({one.account for one in requests if one.account})),
    )
    return Plan(query, now, requests, reused, price, written is not None, where, fresh, wanted)


def _check(now: datetime, where: Where, per_minute: float | None) -> None:
    if now.tzinfo is None:
        why = "a naive datetime has no time zone; use datetime.now(timezone.utc)"
        raise QueryError((Problem("now", repr(now), why),))
    if where.profile not in PROFILES:
        raise QueryError(
            (Problem("profile", repr(where.profile), f"allowed: {', '.join(PROFILES)}"),)
        )
    if per_minute is not None and not per_minute > 0:
        raise QueryError((Problem("per_minute", repr(per_minute), "a rate is above 0"),))


def _as_written(wanted: Wanted, where: Where) -> Request | None:
    """Give the one request that carries raw groupings just as written, where one can."""
    query = wanted.query
    if query.by is not None or len(query.tweet_ids) > query.rules.tweets_per_request.value:
        return None
    if not wanted.numbers():  # nothing of it can be had: nothing is asked
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
    """Find the stored answer to a request as a whole; tweets once refused are not asked again."""
    refusals = known.refusals(request)
    left = request.without(frozenset(tweet for one in refusals for tweet in one.tweet_ids))
    if not left.tweet_ids:
        return (), refusals
    for one in known.of_request(left.key):
        if fresh.is_final(one):
            return (), (*refusals, one)
    return (left,), refusals
