"""One run of a plan: what was begun before, what is damaged, and the record of this session."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Final

from engagement_kit.answers.runs import Parts, Runs
from engagement_kit.answers.store import Store
from engagement_kit.client.effort import Effort
from engagement_kit.client.record import (
    PLAN,
    effort_of,
    is_finished,
    is_same_plan,
    key_in,
    name_of,
    plan_of,
    plan_record,
    session_record,
    sessions_of,
)
from engagement_kit.client.result import Result
from engagement_kit.errors import StoreError
from engagement_kit.fetch.control import Control
from engagement_kit.fetch.run import Doors, Orders, fetch
from engagement_kit.fetch.steps import Fetched, Step
from engagement_kit.question.known import Known
from engagement_kit.question.plan import Plan, plan
from engagement_kit.question.resume import Tried, left_of

RESUME_WITHIN: Final = {
    "historical": timedelta(days=7),
    "totals": timedelta(days=1),
    "28hr": timedelta(hours=1),
}
"""How long after anybody was at it an unfinished run is gone on with. A choice of ours: the last
two count as of now, so that answers far apart in time would make a poor table."""
_ALIVE_SECONDS: Final = 30.0


def unfinished(fresh: Plan, store: Store, known: Iterable[Known], within: timedelta) -> Plan | None:
    """Find the newest run of the same question that was cut off, and give its plan.

    Parameters
    ----------
    fresh
        What would be planned now.
    store
        Where the records are.
    known
        What its answers cover.
    within
        Nobody may have been away from it for longer.
    """
    runs = Runs(store.folder)
    mine = [name for name in runs.names() if key_in(name) == fresh.query.key]
    for name in reversed(mine):
        try:
            parts = runs.load(name)
        except StoreError:
            continue  # a record that can't be read is no reason not to ask
        if is_finished(parts):
            return None  # a newer run came to the end: what is older is done with
        if runs.idle_seconds(name) <= within.total_seconds():
            return _gone_on_with(parts, fresh, known)
    return None


def _gone_on_with(parts: Parts, fresh: Plan, known: Iterable[Known]) -> Plan | None:
    old = plan_of(parts[PLAN], known)
    same = old.where == fresh.where and old.query == fresh.query and old.now <= fresh.now
    return old if same and is_same_plan(old, parts[PLAN]) else None


def readable(store: Store) -> tuple[Known, ...]:
    """List what the answers cover; files that can't be read are moved out of the way.

    What those held is asked again.
    """
    found = store.scan()
    for path in found.damaged:
        store.set_aside(path.stem)
    return found.known


def left_to_send(made: Plan, store: Store) -> int:
    """Count the requests of a plan, or parts of them, that nobody answered since it was made."""

    def tried(key: str) -> Tried:
        return store.tried(key).between(made.now)

    return sum(len(left_of(request, tried)[1]) for request in made.requests)


def sound(made: Plan, store: Store) -> Plan:
    """Hold the stored answers that a plan uses against their checksums.

    Damaged ones are set aside, and what they held is planned anew.
    """
    while damaged := [one.ref for one in made.reused if not store.verify(one.ref)]:
        for ref in damaged:
            store.set_aside(ref)
        fresh = made.freshness
        again = plan(
            made.query,
            now=made.now,
            have=store.known(),
            where=made.where,
            max_age=fresh.max_age,
            settle=fresh.settle,
        )
        made = replace(again, price=replace(again.price, extra=made.price.extra))
    return made


def _begun(runs: Runs, made: Plan) -> str:
    """Name the run of a plan: one that was cut off, or a new one, whose plan is kept."""
    record = plan_record(made)
    for name in (name_of(made, at) for at in count(1)):
        parts = runs.load(name)
        if not parts:
            runs.save(name, PLAN, record)
            return name
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
    threads
        How many requests are under way at once.
    """

    plan: Plan
    doors: Doors
    threads: int

    def run(self, on_step: Callable[[Step], None], control: Control) -> Result:
        """Carry the plan out, and keep a record of what came, also when it is interrupted."""
        runs = Runs(self.doors.store.folder)
        name = _begun(runs, self.plan)
        session = f"{time.time_ns():020}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        runs.save(name, session, session_record(self._result(Fetched()), finished=False))
        fetched = Fetched()
        alive = _Alive(lambda: runs.touch(name, session), self.doors.monotonic)

        def step(one: Step) -> None:
            alive.look()
            on_step(one)

        orders = Orders(len(self.plan), self.threads, self.plan.now, self.plan.price.extra)
        try:
            fetch(
                self.plan.requests,
                self.doors,
                orders,
                on_step=step,
                control=control,
                into=fetched,
            )
        except BaseException as error:
            kept = f"{fetched.ended:,} of {len(self.plan):,} requests are done and kept in"
            error.add_note(f"{kept} {self.doors.store.folder}; run the same again to go on.")
            raise
        finally:
            result = self._result(fetched)
            complete = fetched.ended == len(self.plan)
            runs.save(name, session, session_record(result, finished=complete))
        total = effort_of(sessions_of(runs.load(name)))
        return self._result(fetched, total)

    def _result(self, fetched: Fetched, effort: Effort | None = None) -> Result:
        refs = [*(one.ref for one in self.plan.reused), *fetched.refs]
        done = effort or Effort.of(fetched)
        return Result(self.plan, self.doors.store, refs, fetched.failures, done)


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
