"""The Plan: the lawful Requests that answer a Query, what they cost, and what can't be had."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from engagement_kit.question import plan_checks, plan_words, settling, shown
from engagement_kit.question import wanted as wanting
from engagement_kit.question.batches import CARRIERS, CHECKS
from engagement_kit.question.contract import Usage
from engagement_kit.question.due import ByDeadline, Due
from engagement_kit.question.known import SETTLE, Coverage, Freshness, Known
from engagement_kit.question.losses import Unobtainable
from engagement_kit.question.ordering import OrderName, check_order
from engagement_kit.question.price import Price, affordable, by_account, price_of, signers
from engagement_kit.question.query import Query
from engagement_kit.question.request import Request
from engagement_kit.question.riding import Riding
from engagement_kit.question.rules import CredentialKind
from engagement_kit.question.wanted import Wanted, resolve
from engagement_kit.question.where import Where
from engagement_kit.question.work import Work, counted_before
from engagement_kit.question.written import as_written, reuse_whole

__all__ = ["CARRIERS", "CHECKS", "Plan", "Price", "Where", "plan"]


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
    unobtainable : tuple of Unobtainable
        What can't be had, and why; known before the first call.
    price : Price
        What it costs.
    as_written
        True where the query's raw groupings go over the wire just as they were written.
    where, freshness
        The rules that the plan was made by.
    wanted
        Every number that is wanted, by tweet and metric, in hours.
    too_old
        True where stored answers would serve with a longer `max_age`: they count what was open.
    begun
        True where a run of it was cut off, with which it goes on.
    in_pieces
        True where raw groupings are asked by tweet though one request could carry them as written:
        what was asked so, beside tweets of other accounts that were purged since, still serves.
    unsigned : sequence of Request
        What would be asked besides, had we the keys: the rest of tweets of which stored counts of
        their account serve.
    refused
        Numbers that a stored answer refuses as another account's: they are not asked again.
    usage
        The accounts of the month against the contracted number; None where that is not given.
    order, rate
        ``deadline`` where the requests are in that order, and the requests a minute by which it was
        found. None: as `requests` says, and not known.
    due
        When something of each request is lost; None where they are in no order of deadlines.
    whole : Query or None
        The question with its purged tweets, which `query` leaves out: what is written to files is
        made of that. None where no tweet of it is purged. Where all are, both are the same.
    damaged : int
        Stored answers that were found damaged: they don't serve, and a run sets them aside.
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
    in_pieces: bool = False
    unsigned: Sequence[Request] = ()
    refused: int = 0
    usage: Usage | None = None
    order: OrderName | None = None
    rate: float | None = None
    due: Due | None = field(default=None, repr=False, compare=False)
    whole: Query | None = field(default=None, repr=False)
    damaged: int = field(default=0, compare=False)

    @property
    def purged(self) -> Query | None:
        """The question of the purged tweets alone; None where there are none."""
        if self.whole is None or self.whole is self.query:
            return self.whole
        return self.whole.without(self.query.tweet_ids)

    @property
    def unobtainable(self) -> tuple[Unobtainable, ...]:
        """What can't be had, and why."""
        return self.wanted.unobtainable

    @property
    def reuses_counts(self) -> bool:
        """Whether stored counts serve again, not refusals alone."""
        return any(not one.refused for one in self.reused)

    @property
    def signers(self) -> frozenset[tuple[CredentialKind, str | None]]:
        """Who signs: kinds of credential and accounts."""
        return signers(self.requests)

    @property
    def riding(self) -> Riding:
        """How tweets that ride in their owner's requests are asked where these are refused."""
        return Riding(self.now, "app" in self.where.credentials)

    @property
    def nobody_signs(self) -> bool:
        """Whether nothing that needs an owner's keys can be asked, for want of such keys.

        False where there are keys of some owners: what of the others can't be had is in
        `unobtainable`.
        """
        # App-only keys are right on totals, though not for each metric: the table says so.
        for_keys = (
            {"not_owned"} if self.query.endpoint == "totals" else {"not_owned", "not_offered"}
        )
        lost = self.unsigned or any(one.status in for_keys for one in self.unobtainable)
        return bool(lost and (self.where.owned(self.query).rows.all() or not self.price.numbers))

    @property
    def keys_missing(self) -> tuple[str, ...]:
        """Accounts without keys, where nobody signs for that; those that are named."""
        without = self.where.owned(self.query).without_keys if self.nobody_signs else ()
        return tuple(one for one in without if one)

    @property
    def by_account(self) -> dict[str | None, int]:
        """How many requests each account signs, the most first; None: app-only, which is last."""
        return by_account(self.requests)

    def __len__(self) -> int:
        """How many requests there are."""
        return len(self.requests)

    def lines(self) -> list[tuple[str, str]]:
        """Say the plan in words, as pairs of a label and a text."""
        return plan_words.lines(self)

    def note_lines(self) -> list[tuple[str, str]]:
        """Give those lines that say how the plan came about, and what can't be had."""
        return plan_words.notes(self)

    def __repr__(self) -> str:
        """Say the plan in a few lines of text."""
        return "Plan\n" + "\n".join(f"  {label}: {text}" for label, text in self.lines())

    def _repr_html_(self) -> str:
        return shown.plan(self)


def plan(
    query: Query,
    *,
    now: datetime,
    have: Iterable[Known] | None = None,
    where: Where | None = None,
    max_age: timedelta = timedelta(0),
    settle: settling.Settle = SETTLE,
    per_minute: float | None = None,
    max_requests: int | None = None,
    order: OrderName | None = None,
    purged: Collection[str] = (),
    in_pieces: bool = False,
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
        asked again. A mapping of metric to time gives each its own, and others the default.
    per_minute
        The contract's rate, for the price in minutes.
    max_requests
        The budget: a plan that needs more is refused.
    order : {'deadline'}, optional
        Ask first what is lost first. On totals, tweets with near deadlines share requests; where
        `per_minute` is too low to save all, it is chosen what to give up, and that is asked last;
        with several signers not always the least of it, for requests are cut before their turns.
        It takes as many requests as any order. None: by who signs, the oldest window first.
    purged
        Tweets that were purged: they are not asked.
    in_pieces
        Ask raw groupings by tweet, also where one request could carry them as they are written.

    Returns
    -------
    Plan
        The same for the same arguments.

    Raises
    ------
    QueryError
        For a naive `now`, an unknown profile or order, a length of time or a rate that is none.
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
    plan_checks.check(
        now, where, per_minute=per_minute, max_age=max_age, settle=settle, max_requests=max_requests
    )
    check_order(order)
    wait, by_metric = settling.settling_of(settle, query.metrics)
    fresh = Freshness(now, max_age, wait, by_metric=by_metric)
    left = query.without(purged)
    if left is None:
        return _nothing(query, fresh, where)
    made = _made(
        left, fresh, Coverage(have or ()), where, per_minute, order=order, in_pieces=in_pieces
    )
    whole = None if left is query else query
    return within(replace(made, whole=whole), max_requests)


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
    if made.query is made.whole:
        return made
    again = _made(
        made.query, fresh, Coverage(have), made.where, made.rate,
        order=made.order, in_pieces=made.in_pieces,
    )  # fmt: skip
    extra = max(0, made.price.extra + len(made) - len(again))
    price = replace(again.price, extra=extra, minutes=None)
    return replace(again, price=price, begun=made.begun, whole=made.whole)


def without(made: Plan, purged: Collection[str], have: Iterable[Known]) -> Plan:
    """Take purged tweets out of a plan: the others are planned anew, as of the same moment.

    Parameters
    ----------
    made
        The plan.
    purged
        Tweets that were purged since it was made.
    have
        What is known by now.
    """
    if made.query is made.whole or frozenset(purged).isdisjoint(made.query.tweet_ids):
        return made
    whole, left = made.whole or made.query, made.query.without(purged)
    if left is None:
        return _nothing(whole, made.freshness, made.where)
    in_pieces = made.in_pieces or (left.by is None and not made.as_written)
    return anew(replace(made, query=left, whole=whole, in_pieces=in_pieces), have)


def _nothing(query: Query, fresh: Freshness, where: Where) -> Plan:
    """Plan a question of which every tweet is purged: nothing is asked."""
    wanted = wanting.purged(query, fresh.now)
    return Plan(
        query=query,
        now=fresh.now,
        requests=(),
        reused=(),
        price=price_of(wanted, (), 0, None, 0),
        as_written=False,
        where=where,
        freshness=fresh,
        wanted=wanted,
        whole=query,
    )


def begun(made: Plan, left: int, per_minute: float | None = None) -> Plan:
    """Say of a plan that it was begun before, and how many requests are left of it."""
    minutes = None if per_minute is None else left / per_minute
    return replace(made, price=replace(made.price, left=left, minutes=minutes), begun=True)


def _made(
    query: Query,
    fresh: Freshness,
    known: Coverage,
    where: Where,
    per_minute: float | None,
    *,
    order: OrderName | None,
    in_pieces: bool = False,
) -> Plan:
    people = where.owned(query)
    wanted = resolve(query, fresh.now, where.profile, where.credentials)
    written = None if in_pieces else as_written(wanted, where, people)
    requests: Sequence[Request] = ()
    unsigned: Sequence[Request] = ()
    refused = 0
    due: Due | None = None
    if written is not None:
        requests, reused = reuse_whole(written, known, fresh)
        stored = 0 if requests else wanted.numbers()
        too_old = bool(requests and known.of_request(requests[0].key))
    if requests and requests[0].account in people.without_keys:
        written = None  # what the account counted before serves; ask it can't
    if written is None:
        wanted = _signed(wanted, where, known, fresh)
        by_deadline = ByDeadline(wanted, where.profile, per_minute) if order else None
        work = Work(wanted, where, known, fresh, by_deadline)
        requests, reused, stored, due = work.requests, work.used, work.stored, work.due
        too_old, unsigned, refused = work.too_old, work.unsigned, work.refused
    price = price_of(wanted, requests, stored, per_minute, refused)
    return Plan(
        query=query,
        now=fresh.now,
        requests=requests,
        reused=reused,
        price=price,
        as_written=written is not None,
        in_pieces=in_pieces,
        where=where,
        freshness=fresh,
        too_old=too_old,
        wanted=wanted,
        unsigned=unsigned,
        refused=refused,
        order=order,
        rate=per_minute if order else None,
        due=due,
    )


def _signed(wanted: Wanted, where: Where, known: Coverage, fresh: Freshness) -> Wanted:
    """Take out the tweets of whose owners there are no keys, unless stored counts serve of them."""
    if not any(where.owned(wanted.query).keyless):
        return wanted
    keyless = where.lacking(wanted.query, but=counted_before(wanted, where, known, fresh))
    return resolve(wanted.query, fresh.now, where.profile, where.credentials, keyless)


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
    return replace(made, price=affordable(made.price, max_requests))
