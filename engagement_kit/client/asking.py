"""A client's asking: a question is planned, and run. Joins asking (fetch) and tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from engagement_kit.answers.store import Store
from engagement_kit.client import contract, options
from engagement_kit.client.asides import warn_of_asides
from engagement_kit.client.beside import warn_of_others
from engagement_kit.client.forgotten import purged_in
from engagement_kit.client.job import (
    Job,
    is_past,
    may_rest,
    planned,
    readable,
    sound,
)
from engagement_kit.client.permits import Permits
from engagement_kit.client.progress import Progress
from engagement_kit.client.record import left_to_send
from engagement_kit.client.result import Result
from engagement_kit.fetch.control import Control
from engagement_kit.fetch.doors import Doors
from engagement_kit.fetch.gate import Gate
from engagement_kit.fetch.steps import Step
from engagement_kit.question.known import SETTLE, Known
from engagement_kit.question.ordering import OrderName, check_order
from engagement_kit.question.plan import Plan, anew, plan, within, without
from engagement_kit.question.query import Query
from engagement_kit.question.settling import Settle


class Asking(Permits):
    """A client's asking; see `engagement_kit.client.client.Client`."""

    def plan(
        self,
        query: Query,
        *,
        store: str | Path | Store | None = None,
        max_age: timedelta = timedelta(0),
        settle: Settle = SETTLE,
        resume: bool | timedelta = True,
        per_minute: float | None = None,
        max_requests: int | None = None,
        order: OrderName | None = None,
    ) -> Plan:
        """Plan a query at the client's clock, given what the store already holds.

        Where a run of the same query was cut off, the plan goes on with it, as `run` would.

        Parameters
        ----------
        query
            The question.
        store
            The raw store; the client's own by default.
        max_age, settle, max_requests
            As in ``ek.plan``.
        resume
            As in `run`.
        per_minute
            The rate for the price in minutes; the contract's as given to ``ek.connect``, else
            what the API's answers say.
        order
            As in ``ek.plan``. None: that of the run that is gone on with.

        Returns
        -------
        Plan
            Nothing is sent.

        Raises
        ------
        BudgetExceeded
            When it takes more than `max_requests`.
        """
        place = self._open(store)
        options.check(max_age=max_age, settle=settle, resume=resume, max_requests=max_requests)
        check_order(order)
        options.check_query(query)
        if per_minute is None:
            per_minute = self._gate(query.endpoint).rate
        scan = place.scan()
        known = scan.known
        gone = purged_in(place, query.tweet_ids)
        fresh = self._plan(query, known, max_age, per_minute, settle, order=order, purged=gone)
        made = self._begun_before(fresh, place, known, resume, per_minute)
        made = replace(made, damaged=len(scan.damaged))
        return within(self._counted(made, place, known), max_requests)

    def run(
        self,
        query_or_plan: Query | Plan,
        *,
        store: str | Path | Store | None = None,
        max_age: timedelta = timedelta(0),
        settle: Settle = SETTLE,
        resume: bool | timedelta = True,
        max_requests: int | None = None,
        progress: bool | None = None,
        on_step: Callable[[Step], None] | None = None,
        control: Control | None = None,
        order: OrderName | None = None,
        stop_after: int | None = None,
    ) -> Result:
        """Ask what a query or a plan needs, and give the result.

        What the store holds already is not asked again. A run that was cut off, by Ctrl-C, by a
        crash or for want of a network, goes on where it stopped when the same is run again: by
        its own plan, as of its own moment. Two processes that run the same on one store share the
        work. A request that fails is noted, and the others go on.

        Parameters
        ----------
        query_or_plan
            A Query is planned first.
        store
            A folder for the raw answers; the client's own by default. A client without one keeps
            them in a temporary folder, which goes with the last result that uses it.
        max_age
            A stored answer to an open period may be this old. Zero: open periods are asked
            again. For a Query; a Plan has its own.
        settle
            As in ``ek.plan``. For a Query; a Plan has its own.
        resume
            Go on with an unfinished run of the same query. True: if anybody was at it in the last
            seven days (totals: one day, 28hr: one hour); a timedelta: in that time; False: plan
            anew. For a Query; a Plan goes on with its own run.
        max_requests
            The budget of this call: a plan of which more is still to be sent is refused, and no
            more calls are made, tries again among them. A run that spent it ends early; run the
            same again to go on.
        progress
            True or None: a bar in a notebook or a terminal, plain lines elsewhere if it takes
            long. False: nothing.
        on_step
            Called with each `Step` of the run, from the calling thread.
        control
            Pauses, resumes and stops the run from another thread: an ``ek.Control()``.
        order
            ``deadline``: ask first what is lost first, see ``ek.plan``. What is too late when it
            is its turn is asked last. For a Query; a Plan has its own. None: that of the run that
            is gone on with.
        stop_after
            Make so many calls at most, tries again among them, and stop then. No plan is refused
            for it: the result says that it stopped early, and the same again goes on, up to seven
            days later with `resume` True (28hr: one hour), with what is most urgent of the rest.
            With ``order="deadline"`` a daily allowance saves first what is lost first.

        Returns
        -------
        Result
            Tables, what is missing, and the receipt. Of a run that was stopped: what came.

        Raises
        ------
        QueryError
            For an argument that means nothing, or a plan that was made for another service.
        CredentialsMissing
            When a request can't be signed, or nobody's keys can ask what is wanted; nothing was
            sent. Where there are keys of some owners, their tweets are asked, and the plan's
            `unobtainable` and the receipt tell of the others.
        BudgetExceeded
            When the plan takes more than `max_requests`; nothing was sent.
        AccountsExceeded
            When it would sign for more accounts than the contract names, and ``overage="stop"``
            was given to ``ek.connect``; nothing was sent.
        ApiError
            When every request would fail, as with wrong keys. What came before is in the store.

        Warns
        -----
        AccountOverage
            Before it signs for more accounts than the contract names; these are billed.
        DamagedAnswer
            When stored answers are damaged. They are set aside, into the store's folder
            ``damaged``; the receipt says so, too.
        FolderHoldsMore
            When `store` is no store yet, and holds other files.
        """
        self._check_open()
        options.check(
            max_age=max_age,
            settle=settle,
            resume=resume,
            max_requests=max_requests,
            stop_after=stop_after,
            on_step=on_step,
            control=control,
        )
        check_order(order)
        place = self._place_of_run(store)
        moved: list[Path] = []
        known = readable(place, moved)
        made = query_or_plan
        options.check_plan(made, max_age, settle, order)
        if isinstance(made, Query):
            rate = self._gate(made.endpoint).rate
            gone = purged_in(place, made.tweet_ids)
            fresh = self._plan(made, known, max_age, rate, settle, order=order, purged=gone)
            made = self._begun_before(
                fresh, place, known, resume, rate, in_parts=stop_after is not None
            )
        else:
            made = without(made, purged_in(place, made.query.tweet_ids), known)
            made = replace(made, damaged=0)  # what was, when it was made
        if len(made) and made.reuses_counts and is_past(made, self.now()):
            rules, whole = made.freshness, made.whole
            spans = rules.max_age, made.rate, rules.settling
            made = self._plan(made.query, known, *spans, order=made.order)
            made = replace(made, whole=whole)
        options.check_service(made.where.service, self.connection.where.service)
        if made.where.accounts is None:  # made without a client: now it is known who has keys
            where = made.where.met(self.connection.where)
            made = anew(replace(made, where=where), made.reused)
        made = sound(made, place, moved)
        warn_of_asides(place, len(moved))
        if max_requests is not None:
            left = left_to_send(made, place.tried_all())
            made = within(replace(made, price=replace(made.price, left=left)), max_requests)
        self.check_keys(made)
        made = self._counted(made, place, known)
        self.check_contract(made)
        contract.warn_of_overage(made.usage)
        doors = self._doors(made.query.endpoint, place)
        bounds = [one for one in (max_requests, stop_after) if one is not None]
        most = min(bounds, default=None)
        job = Job(made, doors, self.limits, most, aside=len(moved))
        with Progress(len(made), shown=progress) as bar:

            def step(one: Step) -> None:
                bar.step(one)
                if on_step is not None:
                    on_step(one)

            control = control or Control()
            self._controls.add(control)
            try:
                return job.run(step, control)
            finally:
                self._controls.discard(control)

    def _place_of_run(self, store: str | Path | Store | None) -> Store:
        """Open the store of a run; of the client's own it was said what else is there."""
        place = self._open(store)
        if store is not None:
            warn_of_others(place.folder)
        return place

    def _plan(
        self,
        query: Query,
        known: Iterable[Known],
        max_age: timedelta,
        per_minute: float | None,
        settle: Settle = SETTLE,
        *,
        order: OrderName | None = None,
        purged: Collection[str] = (),
    ) -> Plan:
        """Plan at the client's clock, as if no run had been cut off."""
        return plan(
            query,
            now=self.now(),
            have=known,
            where=self.connection.where,
            max_age=max_age,
            settle=settle,
            per_minute=per_minute,
            order=order,
            purged=purged,
        )

    def _begun_before(
        self,
        fresh: Plan,
        place: Store,
        known: Sequence[Known],
        resume: bool | timedelta,
        per_minute: float | None,
        *,
        in_parts: bool = False,
    ) -> Plan:
        """Give the plan of an unfinished run of the same query instead, where it is cheaper."""
        if resume is False or fresh.query is fresh.whole:
            return fresh
        limit = resume
        if limit is True:
            limit = may_rest(fresh.query.endpoint, in_parts=in_parts)
        return replace(planned(fresh, place, known, limit, per_minute), whole=fresh.whole)

    def _doors(self, endpoint: str, place: Store | None = None) -> Doors:
        """Give the world outside, to one endpoint."""
        return Doors(
            self.connection.transport,
            place or self._open(None),
            self.now,
            gate=self._gate(endpoint),
        )

    def _gate(self, endpoint: str) -> Gate:
        """Give the gate of one endpoint: the API is taken to limit each by itself."""
        return self._gates.setdefault(endpoint, Gate(self.per_minute))
