"""The loop of a following: waits for what is due, has it fetched, and notes what failed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from engagement_kit.client.follow_log import Lost, Session, TickRecord
from engagement_kit.client.follow_spec import Spec
from engagement_kit.client.pausing import Deadline, Pause
from engagement_kit.client.pending import Pending
from engagement_kit.errors import (
    ApiError,
    AppNotEnabled,
    AuthenticationFailed,
    ConnectionBroken,
    EngagementError,
    GzipRequired,
    UnreadableAnswer,
    WrongAddress,
)
from engagement_kit.fetch.control import Control
from engagement_kit.fetch.doors import Doors, Orders
from engagement_kit.fetch.patience import Patience
from engagement_kit.fetch.run import fetch
from engagement_kit.fetch.steps import Fetched, Step, brief
from engagement_kit.question.amounts import many
from engagement_kit.question.due_requests import some_of
from engagement_kit.question.known import Known
from engagement_kit.question.micros import NEVER, Micros, micros_of, moment_at
from engagement_kit.question.plan import Plan
from engagement_kit.question.query import Query
from engagement_kit.question.schedule import length

_FIRST_AGAIN: Final = timedelta(minutes=1)
_LONGEST_AGAIN: Final = timedelta(minutes=15)
_MOST_DOUBLINGS: Final = 8
_PAUSED_SECONDS: Final = 0.1
_PATIENCE: Final = Patience(attempts=3)
"""Of one try: what failed is tried again until the next is due."""
_FOR_GOOD: Final = (AuthenticationFailed, AppNotEnabled, WrongAddress, GzipRequired)
"""What a later tick would meet, too, until a person does something about it."""
_FOR_NOW: Final = (ApiError, ConnectionBroken, UnreadableAnswer)


@dataclass(frozen=True)
class Tick:
    """One moment at which tweets were due, with a snapshot of each; given to ``on_tick``.

    Attributes
    ----------
    tick
        The moment that was due.
    at
        When it was asked; later than `tick` where it is taken late.
    due
        Tweets of which a snapshot was to be taken.
    taken
        Those of which it was.
    sent
        Calls made.
    lost
        Why the others were not, in words, with how many.
    next
        When the next is due; None where nothing is due any more.
    """

    tick: datetime
    at: datetime
    due: int
    taken: int
    sent: int
    lost: tuple[str, ...]
    next: datetime | None

    def __str__(self) -> str:
        """Say it in a line."""
        late = self.at - self.tick
        after = f", {length(late)} late" if late else ""
        why = f"; {'; '.join(self.lost)}" if self.lost else ""
        taken = f"{self.taken:,} of {self.due:,} tweets"
        calls = many(self.sent, "request")
        return f"{self.tick:%Y-%m-%d %H:%M:%S} UTC{after}: {taken} in {calls}{why}"


@dataclass(frozen=True)
class Outside:
    """What a following stands on.

    Attributes
    ----------
    plan
        Plans a query at the client's clock, given which tweets were refused; makes sure that it
        can be signed, and that it keeps to the contract.
    doors
        The world outside; how it sleeps is chosen for each tick.
    pause
        How to wait.
    threads
        How many requests are under way at once.
    """

    plan: Callable[[Query, list[Known]], Plan]
    doors: Doors
    pause: Pause
    threads: int


@dataclass
class Follower:
    """Takes the due snapshots of one following, in one session.

    Parameters
    ----------
    query
        The spec's, with owners as this call names them.
    spec
        What is followed.
    pending
        What is still to be taken.
    session
        Where to note what failed.
    outside
        The world outside.
    control
        Pauses and stops it.
    """

    query: Query
    spec: Spec
    pending: Pending
    session: Session
    outside: Outside
    control: Control
    _tick: int = 0
    _again_at: int = 0
    _tries: int = 0
    _said: str = ""  # what a tick waited for at last
    _heard: bool = True  # where nobody gets through, no single tweet is to blame
    _suspects: frozenset[int] = frozenset()
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, on_tick: Callable[[Tick], None], on_step: Callable[[Step], None]) -> None:
        """Go on until nothing is due any more, or until it is stopped."""
        self.control.attach(self._stop)
        try:
            while not self.control.stopped and (now := self._now()) < self.pending.schedule.ends:
                rows, due = self.pending.at(now)
                if len(rows) and self._may(int(due.max()), now):
                    on_tick(self._take(rows, due, on_step))
                elif not self._wait(now, waits=len(rows) > 0):
                    return
        finally:
            self.control.detach(self._stop)

    def _now(self) -> int:
        return micros_of(self.outside.pause.now())

    def _may(self, tick: int, now: int) -> bool:
        """Say whether to ask: what is newly due at once, what failed before after a rest."""
        if tick > self._tick:
            self._tick, self._tries = tick, 0
            return True
        return now >= self._again_at

    def _wait(self, now: int, *, waits: bool) -> bool:
        """Wait for whatever comes next; False where nothing does."""
        next_due = self.pending.schedule.next_of_all(now)
        moment = min(next_due, self._again_at) if waits else next_due
        if moment >= min(NEVER, self.pending.schedule.ends):
            return False
        pause = self.outside.pause
        pause.until(moment_at(moment), self._stop)
        while self.control.paused and not self.control.stopped:
            self._stop.wait(_PAUSED_SECONDS)
        return True

    def _take(self, rows: Micros, due: Micros, on_step: Callable[[Step], None]) -> Tick:
        """Take the snapshots of some tweets, as far as they can be had before the next tick."""
        at = self.outside.pause.now()
        end = min(self.pending.schedule.next_of_all(micros_of(at)), self.pending.schedule.ends)
        deadline = Deadline(self.control, self.outside.pause, moment_at(end))
        fetched, self._said = Fetched(), ""
        error: BaseException | None = None

        def step(one: Step) -> None:
            if one.kind in {"waiting", "failed"}:
                self._said = f"; it met: {one.text}"
            on_step(one)

        try:
            self._fetch(rows, due, deadline, fetched, step)
        except BaseException as problem:
            error = problem
            if not isinstance(problem, _FOR_NOW) or isinstance(problem, _FOR_GOOD):
                raise
        finally:  # also what a person interrupts is told of
            self._heard = bool(fetched.refs)
            record = self._record(rows, due, at, fetched, error)
            self.session.add(record)
        self._again_at = self._now() + self._rest()
        lost = sum(len(one.rows) for one in record.lost)
        after = self.pending.schedule.next_of_all(self._now())
        return Tick(
            tick=record.tick,
            at=at,
            due=len(rows),
            taken=len(rows) - lost,
            sent=record.sent,
            lost=tuple(f"{len(one.rows):,} {one.status}: {one.why}" for one in record.lost),
            next=None if after == NEVER else moment_at(after),
        )

    def _rest(self) -> int:
        """Give the time until what failed is asked again, longer each time."""
        rest = min(_FIRST_AGAIN * 2.0**self._tries, _LONGEST_AGAIN)
        self._tries = min(self._tries + 1, _MOST_DOUBLINGS)
        return rest // timedelta(microseconds=1)

    def _fetch(
        self,
        rows: Micros,
        due: Micros,
        deadline: Deadline,
        fetched: Fetched,
        on_step: Callable[[Step], None],
    ) -> None:
        """Fetch what is due; tweets that sank a batch the last time are asked apart from others."""
        since = moment_at(int(due.max()))
        apart = np.isin(rows, sorted(self._suspects))
        for some in (rows[~apart], rows[apart]):
            if len(some) and not deadline.stopped:
                made = self.outside.plan(some_of(self.query, some.tolist()), self.pending.refusals)
                part = Fetched()
                try:
                    self._send(made, since, deadline, part, on_step)
                finally:
                    _add(part, fetched)

    def _send(
        self,
        made: Plan,
        since: datetime,
        deadline: Deadline,
        fetched: Fetched,
        on_step: Callable[[Step], None],
    ) -> None:
        price = made.price
        orders = Orders(
            total=len(made),
            threads=self.outside.threads,
            since=since,
            extra=max(0, price.extra - price.extra_app_only) if self._heard else 0,
            riding=made.riding,
            signers=made.signers,
        )
        doors = self._doors(deadline)
        fetch(made.requests, doors, orders, on_step=on_step, control=deadline, into=fetched)

    def _doors(self, deadline: Deadline) -> Doors:
        pause = self.outside.pause
        rest = pause.bounded(deadline.moment, deadline)
        doors = self.outside.doors
        return replace(doors, sleep=rest, monotonic=pause.monotonic, patience=_PATIENCE)

    def _record(
        self,
        rows: Micros,
        due: Micros,
        at: datetime,
        fetched: Fetched,
        error: BaseException | None,
    ) -> TickRecord:
        """Note what became of a tick: what is not told since it was due was lost."""
        lost = self.pending.lacking(rows, due, max(self._now(), micros_of(at)))
        return TickRecord(
            tick=moment_at(int(due.max())),
            at=at,
            pending=len(rows),
            sent=fetched.sent,
            by_account={who or "": many for who, many in fetched.by_account.items()},
            lost=self._reasons(lost.tolist(), fetched, error),
        )

    def _reasons(
        self, rows: list[int], fetched: Fetched, error: BaseException | None
    ) -> tuple[Lost, ...]:
        """Say why snapshots were lost, those with the same reason together."""
        why = {}
        for one in fetched.failures:
            for row in self.pending.askable.rows(one.request.tweet_ids).tolist():
                why[row] = (one.status, brief(one.error))
        self._suspects = self._alone(fetched) if fetched.refs else self._suspects
        if isinstance(error, EngagementError):
            others = ("failed", brief(error))
        elif error is not None or self.control.stopped:
            others = ("stopped", "the following was stopped")
        else:
            others = ("no_time", f"the next was due first{self._said}")
        groups: dict[tuple[str, str], list[int]] = {}
        for row in rows:
            groups.setdefault(why.get(row, others), []).append(row)
        return tuple(Lost(*reason, tuple(found)) for reason, found in groups.items())

    def _alone(self, fetched: Fetched) -> frozenset[int]:
        """Name the tweets that failed by themselves, while others were answered."""
        requests = (one.request for one in fetched.failures if one.status == "failed")
        alone = (one.tweet_ids for one in requests if len(one.tweet_ids) == 1)
        return frozenset(row for ids in alone for row in self.pending.askable.rows(ids).tolist())


def _add(part: Fetched, whole: Fetched) -> None:
    """Count what a part of a tick brought to the tick."""
    whole.refs += part.refs
    whole.failures += part.failures
    whole.sent += part.sent
    whole.by_account += part.by_account
    whole.stopped = whole.stopped or part.stopped
