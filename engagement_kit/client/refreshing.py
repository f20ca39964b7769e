"""A client's refreshing: asking again for what can still change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, cast

from engagement_kit.answers.coverage import level_of
from engagement_kit.answers.refreshes import Begun
from engagement_kit.answers.store import Store
from engagement_kit.client import options
from engagement_kit.client.asides import warn_of_asides
from engagement_kit.client.asked import Asked, asked
from engagement_kit.client.asking import Asking
from engagement_kit.client.forgotten import purged_in
from engagement_kit.client.job import readable, sound
from engagement_kit.client.refreshed import Refreshed, RefreshPlan
from engagement_kit.client.result import Result
from engagement_kit.errors import CredentialsMissing, Problem, QueryError
from engagement_kit.fetch.control import Control
from engagement_kit.fetch.steps import Step
from engagement_kit.question.amounts import few
from engagement_kit.question.hours import ceil_hour, floor_hour
from engagement_kit.question.known import SETTLE, Known
from engagement_kit.question.ordering import OrderName, check_order
from engagement_kit.question.plan import Plan, plan
from engagement_kit.question.query import Query
from engagement_kit.question.rules import EndpointName
from engagement_kit.question.settling import ALLOWED, Settle
from engagement_kit.question.spelling import near

_GOES_ON: Final = timedelta(days=1)
"""How long after its beginning a refresh that was cut off is gone on with; as a run of totals."""
_LIFETIME_GOES_ON: Final = timedelta(hours=1)
"""So old may lifetime counts be with which it goes on: they grow all the time."""
_NOTHING: Final = timedelta(0)
_ENDPOINTS: Final = ("totals", "historical")
_SETTLE_ALLOWED: Final = f'allowed: "learnt", {ALLOWED}'


@dataclass(frozen=True)
class _Order:
    """What one refresh is to do.

    `began` is the moment from which on answers are this refresh's own.
    """

    store: Store
    asked: Asked
    settle: Settle
    max_age: timedelta
    began: datetime
    sequence: OrderName | None
    goes_on: bool
    endpoint: EndpointName | None


class Refreshing(Asking):
    """A client's refreshing; see `engagement_kit.client.client.Client`."""

    def plan_refresh(
        self,
        store: str | Path | Store | None = None,
        *,
        settle: Settle | Literal["learnt"] = SETTLE,
        max_age: timedelta = _NOTHING,
        max_requests: int | None = None,
        resume: bool | timedelta = True,
        order: OrderName | None = None,
        endpoint: EndpointName | None = None,
    ) -> RefreshPlan:
        """Plan a refresh: what `refresh` would ask, and what it costs. Nothing is sent.

        Parameters
        ----------
        store, settle, max_age, max_requests, resume, order, endpoint
            As in `refresh`.

        Returns
        -------
        RefreshPlan
            A plan for each question, as `refresh` puts them together, and the price of them all.

        Raises
        ------
        BudgetExceeded
            When it takes more than `max_requests`.
        StoreError, CredentialsMissing, QueryError
            As in `refresh`.
        """
        wanted = self._order(
            store, settle, max_age, resume, max_requests, order=order, endpoint=endpoint
        )
        return self._planned(wanted).check_budget(max_requests)

    def refresh(
        self,
        store: str | Path | Store | None = None,
        *,
        settle: Settle | Literal["learnt"] = SETTLE,
        max_age: timedelta = _NOTHING,
        max_requests: int | None = None,
        resume: bool | timedelta = True,
        progress: bool | None = None,
        on_step: Callable[[Step], None] | None = None,
        control: Control | None = None,
        order: OrderName | None = None,
        endpoint: EndpointName | None = None,
    ) -> Refreshed:
        """Ask again for what can still change, of all that the runs of a store asked.

        That is: hours and days that were observed less than the settle time after their end;
        lifetime counts; and what was not over, failed or got no answer, where it can be had now.
        What is settled causes no request; some of it rides along where that costs none: hours
        between open ones, other tweets of a request. Both answers are kept: ``as_of=`` and
        ``history=`` of a result give what was known when.

        Parameters
        ----------
        store
            The raw store; the client's own by default.
        settle
            As in ``ek.plan``; or ``"learnt"``: as ``ek.revisions(store).settle()`` finds it in past
            refreshes, and the default where it finds none.
        max_age
            What was observed so recently is not asked again.
        max_requests
            The budget: a refresh that takes more is refused, and no more calls are made, tries
            again among them. Refresh again to go on.
        resume
            Go on with a refresh that was cut off, or of which requests failed. True: where it
            began in the last day; a timedelta: in that time; False: begin anew. What it got is not
            asked again, but for lifetime counts that are older than an hour by now.
        progress, on_step, control
            As in `run`, for each question with something to ask.
        order
            ``deadline``: of each question ask first what is lost first, see ``ek.plan``. Questions
            follow each other as they do without, for what one brings spares others requests.
        endpoint : {'totals', 'historical'}, optional
            Refresh that alone: lifetime counts never settle, and are asked each time. The last 28
            hours are refreshed from historical. None: both.

        Returns
        -------
        Refreshed
            A result for each question, and what became of the numbers. Questions that differ in
            their tweets alone are one here; so are windows of the same tweets that touch.

        Raises
        ------
        StoreError
            When the store holds no run, or only runs of other services.
        BudgetExceeded
            When it takes more than `max_requests`; nothing was sent.
        CredentialsMissing
            When none of the questions can be signed; nothing was sent. Where some can, the others
            are left out, and the repr says so.
        QueryError, AccountsExceeded, ApiError
            As in `run`.

        Warns
        -----
        DamagedAnswer, AccountOverage
            As in `run`.

        Notes
        -----
        Periods are those that were asked for: the "last 7 days" of a run are the days before it.
        To move on, run the query again. The last 28 hours of a run are asked of historical, by the
        hour: both count the same. Days or hours that a question asked run by run are one question
        here, and so is one that was asked of other tweets each time: a day's new tweets share
        requests with those before. Questions that share numbers ask for them once. Accounts sign
        as they did, by the names that they had: what keys of another name would ask, the store
        does not know as its own. ``ek.connect(account=...)`` names a lone access token.

        Raw groupings that went over the wire as they were written are asked again as they were
        written, as long as their window had not settled: all of it, for a sum can't be asked in
        parts. Those of 28hr are asked of historical, with their window. Where such an answer is
        not possible any more, the counts of each tweet are asked, and sums made of them.

        Examples
        --------
        >>> import engagement_kit as ek
        >>> from datetime import timedelta
        >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        ...     ids = ek.sample_ids(client, 2)
        ...     query = ek.Query("historical", ids, ["favorites"], period=ek.first(days=1))
        ...     client.emulator.clock.travel(timedelta(days=2))
        ...     _ = client.run(query, progress=False)
        ...     client.emulator.clock.travel(timedelta(days=7))
        ...     first = client.refresh(progress=False)
        ...     second = client.refresh(progress=False)
        >>> first.requests, second.requests
        (1, 0)
        >>> first.changes.same, first.changes.changed
        (4, 0)
        """
        options.check(on_step=on_step, control=control)
        wanted = self._order(
            store, settle, max_age, resume, max_requests, order=order, endpoint=endpoint
        )
        made = self._planned(wanted).check_budget(max_requests)
        for one in made.plans:
            self.check_contract(one)
        service, begun = self.connection.where.service, Begun(wanted.store.folder)
        if made.requests:
            begun.begin(service, wanted.began)
        known = wanted.store.known()
        before = frozenset(one.ref for one in known if not _is_own(one, wanted))
        left, calls, results, stopped = max_requests, 0, [], ""
        for planned in made.plans:
            moved: list[Path] = []
            fresh = sound(self._plan_one(planned.query, wanted, known), wanted.store, moved)
            warn_of_asides(wanted.store, len(moved))
            if not len(fresh):
                results.append(Result(fresh, wanted.store, [one.ref for one in fresh.reused]))
                continue
            if control is not None and control.stopped:
                stopped = "stopped by hand"
                break
            if left is not None and len(fresh) > left:
                stopped = f"the budget of {max_requests:,} requests is spent"
                break
            result = self.run(
                fresh, store=wanted.store, max_requests=left, progress=progress,
                on_step=on_step, control=control,
            )  # fmt: skip
            results.append(result)
            known = wanted.store.known()
            calls += result.effort.sent
            left = None if left is None else max(0, left - result.effort.sent)
            stopped = result.effort.stopped
            if stopped:
                break
        failed = any(one.failures for one in results)
        is_part = wanted.goes_on and wanted.endpoint is not None
        if not (stopped or failed or is_part):
            begun.end(service)
        return Refreshed(tuple(results), made, calls, stopped, tuple(known), before)

    def _order(
        self,
        store: str | Path | Store | None,
        settle: Settle | Literal["learnt"],
        max_age: timedelta,
        resume: bool | timedelta,
        max_requests: int | None,
        *,
        order: OrderName | None,
        endpoint: EndpointName | None,
    ) -> _Order:
        """Check what was given, and find out what is to be done."""
        self._check_open()
        place = self._open(store)
        _check_endpoint(endpoint)
        learnt = isinstance(settle, str) and settle == "learnt"
        times = SETTLE if learnt else cast("Settle", settle)
        if isinstance(settle, str) and not learnt:
            near = 'Did you mean "learnt"?'
            raise QueryError((Problem("settle", repr(settle), _SETTLE_ALLOWED, near),))
        options.check(max_age=max_age, settle=times, resume=resume, max_requests=max_requests)
        check_order(order)
        where, now = self.connection.where, self.now()
        found = asked(place, where)
        if endpoint is not None:
            queries = tuple(one for one in found.queries if one.endpoint == endpoint)
            found = replace(found, queries=queries)
        if learnt:
            from engagement_kit.tables.revisions import revisions

            times = revisions(place, service=where.service).settle()
        within = _GOES_ON if resume is True else resume or None
        began = Begun(place.folder).at(where.service)
        if began is None or within is None or not began <= now <= began + within:
            return _Order(
                place, found, times, max_age, now, order, goes_on=False, endpoint=endpoint
            )
        return _Order(place, found, times, max_age, began, order, goes_on=True, endpoint=endpoint)

    def _planned(self, order: _Order) -> RefreshPlan:
        """Plan all questions, each as if what those before it ask were answered."""
        moved: list[Path] = []
        known = list(readable(order.store, moved))
        warn_of_asides(order.store, len(moved))
        alone = [self._plan_one(query, order, known) for query in order.asked.queries]
        # The one with most to ask first: what it brings often answers the others as a whole.
        alone.sort(key=lambda one: one.price.stored - one.price.numbers)
        plans, left_out = [], []
        for one in alone:
            made = self._plan_one(one.query, order, known)
            try:
                self.check_keys(made)
            except CredentialsMissing:
                names = few(sorted(made.keys_missing)) or "any account"
                left_out.append((made, f"there are no keys of {names}"))
                continue
            plans.append(self._counted(made, order.store, known))
            known += _answered(made)
        if left_out and not plans:
            self.check_keys(left_out[0][0])  # raises, with what to do about it
        return RefreshPlan(
            tuple(plans), self.now(), order.store, tuple(left_out), dict(order.asked.elsewhere),
            order.began if order.goes_on else None,
        )  # fmt: skip

    def _plan_one(self, query: Query, order: _Order, known: Sequence[Known]) -> Plan:
        """Plan one question; what this refresh observed serves, however open its period."""
        now = self.now()
        since = now - order.began
        if query.endpoint == "totals":
            since = min(since, _LIFETIME_GOES_ON)
        return plan(
            query,
            now=now,
            have=known,
            where=self.connection.where,
            max_age=max(order.max_age, since),
            settle=order.settle,
            per_minute=self._gate(query.endpoint).rate,
            order=order.sequence,
            # A purge that was killed leaves them in records.
            purged=purged_in(order.store, query.tweet_ids),
        )


def _check_endpoint(endpoint: object) -> None:
    """Refuse what a refresh can't be narrowed to."""
    if endpoint is not None and not (isinstance(endpoint, str) and endpoint in _ENDPOINTS):
        why = f"allowed: {' or '.join(_ENDPOINTS)}, or None for both"
        hint = "The last 28 hours are refreshed from historical."
        if endpoint != "28hr":
            hint = near(endpoint, _ENDPOINTS) or hint
        raise QueryError((Problem("endpoint", repr(endpoint), why, hint),))


def _is_own(known: Known, order: _Order) -> bool:
    """Say whether an answer is of the part of this refresh that was cut off."""
    return order.goes_on and known.observed_at >= order.began


def _answered(made: Plan) -> Iterator[Known]:
    """Give what would be known if the requests of a plan were answered."""
    for one in made.requests:
        start = 0 if one.start is None else floor_hour(one.start)
        end = 0 if one.end is None else ceil_hour(one.end)
        yield Known(
            ref=f"to be asked: {one.key}",
            key=one.key,
            service=one.service,
            account=one.account,
            level=level_of(one, start, end),
            tweet_ids=one.tweet_ids,
            metrics=frozenset(one.metrics),
            start=start,
            end=end,
            observed_at=made.now,
        )
