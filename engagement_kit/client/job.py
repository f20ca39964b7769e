"""One run of a plan: what was begun before, what is damaged, and the record of this session."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from engagement_kit.answers.calls import Calls
from engagement_kit.answers.runs import Runs
from engagement_kit.answers.store import Store
from engagement_kit.client.asides import set_aside, warn_of_asides
from engagement_kit.client.effort import Effort, why_ended
from engagement_kit.client.limits import Limits
from engagement_kit.client.record import (
    PLAN,
    Record,
    came,
    digest,
    effort_of,
    is_finished,
    is_same_plan,
    key_in,
    left_to_send,
    name_of,
    plan_of,
    plan_record,
    session_record,
)
from engagement_kit.client.result import Result
from engagement_kit.errors import StoreError
from engagement_kit.fetch.control import Control
from engagement_kit.fetch.doors import Doors, Orders
from engagement_kit.fetch.run import fetch
from engagement_kit.fetch.steps import Fetched, Step
from engagement_kit.question.deadlines import of_history
from engagement_kit.question.hours import floor_hour
from engagement_kit.question.known import Known
from engagement_kit.question.micros import micros_of
from engagement_kit.question.ordering import on_the_way
from engagement_kit.question.plan import Plan, anew, begun
from engagement_kit.question.request import Request

RESUME_WITHIN: Final = {
    "historical": timedelta(days=7),
    "totals": timedelta(days=1),
    "28hr": timedelta(hours=1),
}
"""How long after anybody was at it an unfinished run is gone on with. A choice of ours: the last
two count as of now, so that answers far apart in time would make a poor table."""
PARTS_WITHIN: Final = {**RESUME_WITHIN, "totals": RESUME_WITHIN["historical"]}
"""The same for a run that is made in parts on purpose, day by day: its counts are to lie apart."""
_ALIVE_SECONDS: Final = 30.0


def may_rest(endpoint: str, *, in_parts: bool) -> timedelta:
    """Tell how long an unfinished run may have been left alone, to be gone on with.

    Parameters
    ----------
    endpoint
        What it asks.
    in_parts
        Whether it is made in parts on purpose, as with ``stop_after=``.

    Examples
    --------
    >>> may_rest("totals", in_parts=False), may_rest("totals", in_parts=True)
    (datetime.timedelta(days=1), datetime.timedelta(days=7))
    """
    return (PARTS_WITHIN if in_parts else RESUME_WITHIN)[endpoint]


def planned(
    fresh: Plan,
    store: Store,
    known: Sequence[Known],
    within: timedelta,
    per_minute: float | None = None,
) -> Plan:
    """Choose how to answer a question: by a run that was cut off, or by a fresh plan.

    Parameters
    ----------
    fresh
        What would be planned now.
    store
        Where the records are.
    known
        What its answers cover.
    within
        Nobody may have been away from the run for longer.
    per_minute
        The known rate.

    Returns
    -------
    Plan
        That of the newest run of the same question that was cut off; or as of its moment, beside
        all that came since from whomever, where that takes fewer requests; or the fresh one, where
        that does.
    """
    record = _cut_off(fresh, Runs(store.folder), within)
    if record is None:
        return fresh
    try:
        old = plan_of(record, known)
    except StoreError:
        return fresh  # a record that can't be read is no reason not to ask
    if not _may_go_on(old, fresh):
        return fresh
    signs_the_same = old.where.owned(old.query).signs_as(fresh.where.owned(fresh.query))
    if not signs_the_same:  # keys came or went: the rest goes by those that there are
        old = replace(old, where=fresh.where)
    rules = replace(fresh.freshness, now=old.now)
    in_its_own = fresh.order in {None, old.order}  # else in the order that is asked for
    if not in_its_own:
        old = replace(old, order=fresh.order, rate=fresh.rate)
    ways = [fresh]
    if not is_past(old, fresh.now):
        again = anew(replace(old, freshness=rules), known, until=fresh.now)
        ways.append(begun(again, len(again), per_minute))
    elif old.reuses_counts:
        return fresh
    same = signs_the_same and in_its_own
    if same and is_same_plan(old, record) and replace(old.freshness, until=None) == rules:
        left = left_to_send(old, store.tried_all(known))
        some_came = left < len(old) or not old.requests or old.freshness.until is not None
        if some_came:  # else there is nothing to go on with
            ways.insert(0, begun(old, left, per_minute))
    return min(ways, key=lambda one: one.price.left)


def _may_go_on(old: Plan, fresh: Plan) -> bool:
    """Say whether an older plan of the same question can still be carried out as it is."""
    same = _same_place(old, fresh) and old.query == fresh.query
    return same and old.now <= fresh.now and not _is_out_of_reach(old, fresh.now)


def _same_place(old: Plan, fresh: Plan) -> bool:
    """Say whether two plans are addressed to the same, by the same rules, whoever has keys."""
    places = (replace(one.where, accounts=None, aliases=()) for one in (old, fresh))
    return next(places) == next(places)


def is_past(made: Plan, now: datetime) -> bool:
    """Say whether 28hr would count another window now: stored counts can't be joined with new."""
    return made.query.endpoint == "28hr" and floor_hour(made.now) != floor_hour(now)


def _is_out_of_reach(made: Plan, now: datetime) -> bool:
    """Say whether historical reaches back no more to all that a plan asks; it refuses all then."""
    if made.query.endpoint != "historical":
        return False
    had = made.wanted.had
    starts = had[had[:, 0] < had[:, 1], 0]
    return bool((of_history(starts, made.where.profile) < micros_of(now)).any())


def _cut_off(fresh: Plan, runs: Runs, within: timedelta) -> Record | None:
    """Find the plan's record of the newest run of the same question, if it was cut off."""
    for name in reversed(runs.names()):
        if key_in(name) != fresh.query.key:
            continue
        parts = runs.load(name)
        if PLAN not in parts:
            continue
        if is_finished(parts) or runs.idle_seconds(name) > within.total_seconds():
            return None  # what is older is done with
        return parts[PLAN]
    return None


def readable(store: Store, moved: list[Path]) -> tuple[Known, ...]:
    """List what the answers cover; files that can't be read are moved out of the way.

    What those held is asked again.

    Parameters
    ----------
    store
        Where the answers are.
    moved
        Where the files are now that were moved: those are added.
    """
    found = store.scan()
    moved += set_aside(store, (path.stem for path in found.damaged))
    return found.known


def sound(made: Plan, store: Store, moved: list[Path]) -> Plan:
    """Hold the stored answers that a plan uses against their checksums.

    Damaged ones are set aside, and what they held is planned anew.

    Parameters
    ----------
    made
        The plan.
    store, moved
        As in `readable`.
    """
    while damaged := [one.ref for one in made.reused if not store.verify(one.ref)]:
        moved += set_aside(store, damaged)
        made = anew(made, store.known())
    return made


def _begun(runs: Runs, made: Plan) -> str:
    """Name the run of a plan: one that was cut off, or a new one, whose plan is kept."""
    record = plan_record(made)
    for name in (name_of(made, at) for at in count(1)):
        if not runs.has(name):
            runs.save(name, PLAN, record)
            return name
        parts = runs.load(name)
        if parts.get(PLAN) == record and not is_finished(parts):
            return name
    raise AssertionError  # pragma: no cover -- names never end


@dataclass(frozen=True)
class Job:
    """One session of a run.

    Attributes
    ----------
    plan
        What is carried out.
    doors
        The world outside; the store is there.
    limits
        What it keeps to.
    most
        Calls that may be made; None for no bound.
    aside
        Damaged answers that were set aside before it.
    """

    plan: Plan
    doors: Doors
    limits: Limits
    most: int | None = None
    aside: int = 0

    def run(self, on_step: Callable[[Step], None], control: Control) -> Result:
        """Carry the plan out, and keep a record of what came, also when it is interrupted.

        Of purged tweets alone there is nothing to carry out, and no record, which would name them.
        """
        if self.plan.query is self.plan.whole:
            return self._result(Fetched(aside=self.aside))
        runs = Runs(self.doors.store.folder)
        name = _begun(runs, self.plan)
        session = f"{time.time_ns():020}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        order: list[int] = []
        plan = digest(self.plan.requests)
        # Before the record: of one without notes, as older kits left, no calls are known.
        calls = Calls(runs.calls_path(name, session), plan, order.__getitem__)
        begun = session_record(self._result(Fetched()), finished=False, ended=False)
        runs.save(name, session, begun)
        fetched = Fetched()
        alive = _Alive(lambda: runs.touch(name, session), self.doors.monotonic)

        def step(one: Step) -> None:
            alive.look()
            on_step(one)

        made = self.plan
        orders = Orders(
            total=len(made),
            threads=self.limits.threads,
            since=made.now,
            extra=max(0, made.price.extra - made.price.extra_app_only),
            most=self.most,
            riding=made.riding,
            signers=made.signers,
            urgent=made.order is not None,
        )
        try:
            fetch(
                self._in_time(order),
                replace(self.doors, calls=calls),
                orders,
                on_step=step,
                control=control,
                into=fetched,
            )
        except BaseException as error:
            fetched.stopped = fetched.stopped or why_ended(error)
            kept = f"{fetched.ended:,} of {len(self.plan):,} requests are done and kept in"
            error.add_note(f"{kept} {self.doors.store.folder}; run the same again to go on.")
            if isinstance(error, KeyboardInterrupt):  # where the threads were at is of no interest
                raise error.with_traceback(None) from None
            raise
        finally:
            fetched.aside += self.aside
            complete = fetched.ended == len(self.plan)
            others = runs.asked_by_others(name, session, plan)
            fetched.found = sum(order[at] not in others for at in fetched.found_at)
            record = session_record(self._result(fetched), finished=complete)
            runs.save(name, session, record)
        warn_of_asides(self.doors.store, fetched.aside - self.aside)
        if not complete:  # earlier sessions and other processes may have brought more
            fetched.refs = list(came(self.plan, self.doors.store.tried_all()))
        total = effort_of(runs, name, runs.load(name))
        return self._result(fetched, replace(total, found=fetched.found, stopped=fetched.stopped))

    def _in_time(self, order: list[int]) -> Iterator[Request]:
        """Give the requests in their order, those last that are too late when it is their turn.

        Their places in the plan are written down as they are taken.
        """
        made = self.plan
        places: Iterable[int] = range(len(made))
        if made.due is not None:
            places = on_the_way(places, made.due.until.tolist(), self.doors.now)
        for at in places:
            order.append(at)
            yield made.requests[at]

    def _result(self, fetched: Fetched, effort: Effort | None = None) -> Result:
        refs = [*(one.ref for one in self.plan.reused), *fetched.refs]
        done = effort or Effort.of(fetched)
        of_run = self.plan, self.doors.store, refs, fetched.failures, done
        return Result(*of_run, limits=self.limits)


class _Alive:
    """Says now and then that the run is still at work, so that others know."""

    def __init__(self, say: Callable[[], None], clock: Callable[[], float]) -> None:
        self._say, self._clock = say, clock
        self._next = clock() + _ALIVE_SECONDS

    def look(self) -> None:
        """Say it, if it is time."""
        if self._clock() >= self._next:
            self._next = self._clock() + _ALIVE_SECONDS
            self._say()
