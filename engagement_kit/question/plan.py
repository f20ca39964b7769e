"""The Plan: the lawful Requests that answer a Query, what they cost, and what can't be had."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from engagement_kit.errors import BudgetExceeded, Problem, QueryError
from engagement_kit.question import metrics as registry
from engagement_kit.question.batches import CARRIERS, CHECKS, Requests
from engagement_kit.question.hours import HOURS_A_DAY, iso, moment
from engagement_kit.question.known import SETTLE, Coverage, Freshness, Known
from engagement_kit.question.query import Query
from engagement_kit.question.request import Request
from engagement_kit.question.rules import (
    DAY,
    HOUR,
    PROFILES,
    WINDOW_HOURS,
    CredentialKind,
    fineness,
)
from engagement_kit.question.wanted import Unobtainable, Wanted, resolve
from engagement_kit.question.work import Where, Work

__all__ = ["CARRIERS", "CHECKS", "Plan", "Price", "Where", "plan"]

SPAN: Final = "a timedelta that is not negative, such as timedelta(hours=6)"
"""What a length of time may be, in words."""
_OPEN: Final = "stored counts that go on growing; max_age= says how old they may be"
_NAMED: Final = 3
_MOST_EXTRA: Final = 50
"""Finding every bad tweet of a batch of 25 by halves takes at most 48 calls more."""
_LEAST_EXTRA: Final = 50
_NUMBER_BYTES: Final = {"lifetime": 25, "day": 19, "hour": 12}
"""What one count takes in an answer's JSON, measured on dense answers."""


@dataclass(frozen=True)
class Price:
    """What a plan costs.

    Attributes
    ----------
    requests
        Calls to the API.
    left
        Those of them that are still to be made: of a run that was cut off, an earlier session
        made the others.
    extra
        At most so many more calls to find single tweets that sink a batch, should any do.
    numbers
        Single counts that can be had, stored ones among them.
    stored
        Counts that the store holds already.
    rows
        Rows of the table, about; those of what can't be had are not among them.
    bytes
        Size of the answers that are to come, unpacked, about; the store keeps them packed.
    minutes
        How long the calls take at the known rate; None where none is known.
    accounts
        Accounts whose keys will sign.
    """

    requests: int
    left: int
    extra: int
    numbers: int
    stored: int
    rows: int
    bytes: int
    minutes: float | None
    accounts: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The lawful requests that answer a query at a moment.

    Attributes
    ----------
    query, now
        The question, and the moment for which it was planned.
    requests : sequence of Request
        What is to be asked, by who signs, the oldest window first. Each is made when it is
        looked at.
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
    too_old
        True where stored answers don't serve again only because what they count was open then;
        a longer `max_age` would let them.
    begun
        True where a run of it was cut off, with which it goes on.
    """

    query: Query
    now: datetime
    requests: Sequence[Request]
    reused: tuple[Known, ...]
    price: Price
    as_written: bool
    where: Where
    freshness: Freshness
    wanted: Wanted = field(repr=False, compare=False)
    too_old: bool = False
    begun: bool = False

    @property
    def cannot(self) -> tuple[Unobtainable, ...]:
        """What can't be had, and why."""
        return self.wanted.cannot

    @property
    def signers(self) -> frozenset[tuple[CredentialKind, str | None]]:
        """Who signs: kinds of credential and accounts."""
        return signers(self.requests)

    def __len__(self) -> int:
        """How many requests there are."""
        return len(self.requests)

    def lines(self) -> list[tuple[str, str]]:
        """Say the plan in words, as pairs of a label and a text."""
        price = self.price
        rows = [
            ("question", f"{self.query.endpoint}, {len(self.query.tweet_ids)} tweets"),
            ("requests", f"{self._calls()}; at most {price.extra:,} more if single tweets fail"),
            ("numbers", f"{price.numbers:,} to be had, {price.stored:,} of them stored already"),
            ("size", f"about {price.rows:,} rows from {_size(price.bytes)} of answers"),
        ]
        if price.minutes is not None:
            rows.append(("time", f"{_duration(price.minutes)} at the known rate"))
        if price.accounts:
            rows.append(("accounts", ", ".join(price.accounts)))
        if self.query.rules.takes_period:
            rows.append(("reach of historical", f"profile {self.where.profile!r}"))
        if self.too_old:
            days = self.freshness.settle.days
            what = f"counts seen less than {days} days after the end of their period"
            text = f"{what}; max_age= says how old they may be"
            rows.append(("asked again", text if self.query.rules.takes_period else _OPEN))
        if self.begun:
            rows.append(("goes on with", f"a run of {iso(self.now)} that was cut off"))
        return rows + self._cannot_lines()

    def _calls(self) -> str:
        price = self.price
        if price.left == price.requests:
            return f"{price.requests:,}"
        return f"{price.left:,} left of {price.requests:,}"

    def _cannot_lines(self) -> list[tuple[str, str]]:
        """Say what can't be had, tweets with the same reason together."""
        tweets: dict[tuple[str, str, tuple[str, ...]], int] = {}
        for lost in self.cannot:
            why = (lost.status, lost.reason, lost.metrics)
            tweets[why] = tweets.get(why, 0) + len(lost.tweet_ids)
        rows = []
        for (status, reason, metrics), many in tweets.items():
            few = len(metrics) <= _NAMED
            names = ", ".join(metrics) if few else f"{len(metrics)} metrics"
            rows.append((f"can't be had ({status})", f"{many:,} tweets x {names}: {reason}"))
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


def signers(requests: Sequence[Request]) -> frozenset[tuple[CredentialKind, str | None]]:
    """Say who signs requests, without making each of them."""
    parts = requests.batches if isinstance(requests, Requests) else requests
    return frozenset((one.credential, one.account) for one in parts)


def plan(
    query: Query,
    *,
    now: datetime,
    have: Iterable[Known] | None = None,
    where: Where | None = None,
    max_age: timedelta = timedelta(0),
    settle: timedelta = SETTLE,
    per_minute: float | None = None,
    max_requests: int | None = None,
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
    max_requests
        The budget: a plan that needs more is refused.

    Returns
    -------
    Plan
        The same for the same arguments.

    Raises
    ------
    QueryError
        For a naive `now`, an unknown profile, a length of time or a rate that is none.
    BudgetExceeded
        When it takes more than `max_requests`.

    Examples
    --------
    >>> from datetime import UTC
    >>> ids = [str(1_500_000_000_000_000_000 + n) for n in range(600)]
    >>> query = Query("totals", ids, metrics=["favorites"])
    >>> len(plan(query, now=datetime(2026, 1, 1, tzinfo=UTC)))
    3
    """
    where = where or Where()
    if max_requests is not None and type(max_requests) is not int:
        raise QueryError((Problem("max_requests", repr(max_requests), "a whole number, or None"),))
    _check(now, where, per_minute, max_age=max_age, settle=settle)
    fresh = Freshness(now, max_age, settle)
    return within(_made(query, fresh, Coverage(have or ()), where, per_minute), max_requests)


def anew(made: Plan, have: Iterable[Known], until: datetime | None = None) -> Plan:
    """Plan the same question anew, as of the same moment and by the same rules.

    Parameters
    ----------
    made
        The plan; its calls for finding bad tweets are those that it leaves room for.
    have
        What is known by now.
    until
        The present. What was answered between the plan's moment and then serves, however open
        its period: it is the plan's own, or as good. None: what the plan was made with.
    """
    fresh = made.freshness
    if until is not None:
        fresh = replace(fresh, until=until)
    again = _made(made.query, fresh, Coverage(have), made.where, None)
    extra = max(0, made.price.extra + len(made) - len(again))
    return replace(again, price=replace(again.price, extra=extra), begun=made.begun)


def begun(made: Plan, left: int, per_minute: float | None = None) -> Plan:
    """Say of a plan that it was begun before, and how many requests are left of it."""
    minutes = None if per_minute is None else left / per_minute
    return replace(made, price=replace(made.price, left=left, minutes=minutes), begun=True)


def _made(
    query: Query, fresh: Freshness, known: Coverage, where: Where, per_minute: float | None
) -> Plan:
    wanted = resolve(query, fresh.now, where.profile, where.credentials)
    written = _as_written(wanted, where)
    requests: Sequence[Request]
    if written is not None:
        requests, reused = _reuse_whole(written, known, fresh)
        stored = 0 if requests else wanted.numbers()
        too_old = bool(requests and known.of_request(requests[0].key))
    else:
        work = Work(wanted, where, known, fresh)
        requests, reused, stored = work.requests, work.used, work.stored
        too_old = work.too_old
    price = _price(wanted, requests, stored, per_minute)
    return Plan(
        query=query,
        now=fresh.now,
        requests=requests,
        reused=reused,
        price=price,
        as_written=written is not None,
        where=where,
        freshness=fresh,
        too_old=too_old,
        wanted=wanted,
    )


def _price(
    wanted: Wanted, requests: Sequence[Request], stored: int, per_minute: float | None
) -> Price:
    numbers, many = wanted.numbers(), len(requests)
    return Price(
        requests=many,
        left=many,
        extra=min(many * _MOST_EXTRA, max(_LEAST_EXTRA, many // 10)),
        numbers=numbers,
        stored=stored,
        rows=_rows(wanted, numbers),
        bytes=(numbers - stored) * _NUMBER_BYTES[wanted.level],
        minutes=None if per_minute is None else many / per_minute,
        accounts=tuple(sorted({one for _, one in signers(requests) if one})),
    )


def _rows(wanted: Wanted, numbers: int) -> int:
    """Estimate the rows of the query's own table, the finest where there are several."""
    levels = set(max((levels for _, levels in wanted.query.wanted_groupings), key=fineness))
    if wanted.level == "lifetime" or DAY not in levels:
        filled = wanted.by_kind[..., 0] < wanted.by_kind[..., 1]
        pairs = int((filled.sum(axis=0) * [len(names) for names in wanted.kinds]).sum())
        return min(numbers, pairs * HOURS_A_DAY) if HOUR in levels else pairs
    return numbers if HOUR in levels or wanted.level == "day" else numbers // HOURS_A_DAY


def within(made: Plan, max_requests: int | None) -> Plan:
    """Hold a plan against a budget; what is over of it may go into finding bad tweets.

    Parameters
    ----------
    made
        The plan.
    max_requests
        The budget, for what is left of it; None for none.

    Raises
    ------
    BudgetExceeded
        When it takes more.
    """
    if max_requests is None:
        return made
    price = made.price
    if price.left > max_requests:
        msg = (
            f"the plan takes {price.left:,} requests, and max_requests allows "
            f"{max_requests:,}. Ask for fewer tweets or a shorter period, or allow more; nothing "
            "was sent."
        )
        raise BudgetExceeded(msg)
    extra = min(price.extra, max_requests - price.left)
    return replace(made, price=replace(price, extra=extra))


def _size(size: float) -> str:
    """Write a number of bytes as people do.

    Examples
    --------
    >>> _size(3_200_000)
    '3.2 MB'
    """
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _duration(minutes: float) -> str:
    """Write a number of minutes as people do.

    Examples
    --------
    >>> _duration(1410), _duration(2.5), _duration(0.1)
    ('about 23.5 hours', 'about 2.5 minutes', 'about 6 seconds')
    """
    if minutes < 1:
        return f"about {max(1, round(minutes * 60))} seconds"
    if minutes < 100:
        return f"about {minutes:.1f} minutes"
    hours = minutes / 60
    return f"about {hours:.1f} hours" if hours < 100 else f"about {hours / 24:.1f} days"


def _check(now: object, where: Where, per_minute: float | None, **spans: object) -> None:
    if not isinstance(now, datetime):
        raise QueryError((Problem("now", repr(now), "allowed: an aware datetime"),))
    if now.tzinfo is None:
        why = "a naive datetime has no time zone; use datetime.now(timezone.utc)"
        raise QueryError((Problem("now", repr(now), why),))
    if where.profile not in PROFILES:
        raise QueryError(
            (Problem("profile", repr(where.profile), f"allowed: {', '.join(PROFILES)}"),)
        )
    if per_minute is not None and not is_rate(per_minute):
        raise QueryError((Problem("per_minute", repr(per_minute), "a rate is a number above 0"),))
    for name, span in spans.items():
        if not isinstance(span, timedelta) or span < timedelta(0):
            raise QueryError((Problem(name, repr(span), f"allowed: {SPAN}"),))


def is_rate(value: object) -> bool:
    """Say whether a value is a rate: a number above 0.

    Examples
    --------
    >>> is_rate(0.5), is_rate(0), is_rate("120"), is_rate(float("nan"))
    (True, False, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


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
