"""What the threads of one run share: its requests, its gate, its count, and when it ends.

Decisions are made in `wire`, `pace`, `outage` and `splitting`; here they are carried out. Clocks,
sleep, chance and the network are arguments.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from queue import Empty
from typing import Final

from engagement_kit.errors import AuthenticationFailed, EngagementError
from engagement_kit.fetch.control import Control
from engagement_kit.fetch.doors import Doors, Orders, Signer
from engagement_kit.fetch.gate import Heard
from engagement_kit.fetch.saying import SAID_FOR_SECONDS, Saying
from engagement_kit.fetch.splitting import Splits
from engagement_kit.fetch.steps import Failure, Fetched, Step, advice_of, brief
from engagement_kit.fetch.taking import Taking
from engagement_kit.fetch.trip import Trip
from engagement_kit.fetch.turns import Turns
from engagement_kit.fetch.waits import Waits
from engagement_kit.fetch.wire import Verdict
from engagement_kit.question.amounts import duration
from engagement_kit.question.request import Request
from engagement_kit.question.resume import Tried

_LOOK_UP_SECONDS: Final = 0.5
"""How soon the calling thread sees Ctrl-C on systems where a wait can't be interrupted."""
_FEW: Final = 8
_PAUSED_SECONDS: Final = 0.1
_CLAIMED_SECONDS: Final = 0.5


class Run:
    """What the threads of one run share.

    Attributes
    ----------
    doors, splits
        The world outside, and the budget for cutting batches in halves.
    fatal
        The error that every other request would meet too.
    """

    def __init__(
        self, requests: Iterable[Request], doors: Doors, orders: Orders, control: Control
    ) -> None:
        self.doors, self.orders, self.control = doors, orders, control
        self.splits = Splits(orders.extra, orders.threads)
        self.fatal: BaseException | None = None
        self.stop = threading.Event()
        control.attach(self.stop)
        doors.gate.begin()
        self._taking = Taking(requests, orders, doors.gate.is_down)
        self._ended: list[tuple[int, list[str], list[Failure]]] = []
        self._tally = Fetched()
        self._waits = Waits(doors.monotonic)
        self._turns = Turns(kept=orders.urgent)
        self._not_accepted: dict[Signer, EngagementError] = {}
        self._heard, self._told_of_outage = False, False
        self._under_way = 0
        self._lock = threading.Lock()
        self._saying = Saying(doors, self._tally, orders.total, self._lock)

    # --- the calling thread -------------------------------------------------------------------
    def watch(self, workers: int, on_step: Callable[[Step], None]) -> None:
        """Hand out the steps until all threads are done, or the run is stopped."""
        paused = False
        # A run that ends by itself waits for the calls under way: they are paid for.
        while workers and not self.control.stopped and self.fatal is None:
            if paused != self.control.paused:
                paused = self.control.paused
                on_step(self._saying.step("paused" if paused else "resumed"))
                continue
            try:
                step = self._saying.queue.get(timeout=_LOOK_UP_SECONDS)
            except Empty:
                continue
            if step is None:
                workers -= 1
            else:
                on_step(step)
        self._say_the_rest(on_step)

    def _say_the_rest(self, on_step: Callable[[Step], None]) -> None:
        while not self._saying.queue.empty():
            step = self._saying.queue.get()
            if step is not None:
                on_step(step)
        if self.stop.is_set() and self.fatal is None and self._tally.ended < self.orders.total:
            self.end("stopped by hand")  # unless it was ended for another reason before
            on_step(self._saying.step("stopped", self._tally.stopped))

    def end(self, why: str) -> None:
        """End the run before its time; the first reason counts."""
        with self._lock:
            self._tally.stopped = self._tally.stopped or why
        self.stop.set()

    def settle(self, fetched: Fetched) -> None:
        """Write down what came, in the order of the requests."""
        self.control.detach(self.stop)
        put_off = [(one.number, one.refs, one.failures) for one in self._taking.left()]
        with self._lock:
            ended = sorted([*self._ended, *put_off], key=lambda one: one[0])
            self._tally.waited = self._waits.seconds()
            # After a fatal error they are waited for.
            self._tally.given_up = self._under_way if self.fatal is None else 0
            # Calls under way may still be counted later.
            counted = vars(self._tally) | {
                "by_account": self._tally.by_account.copy(),
                "found_at": [*self._tally.found_at],
            }
        vars(fetched).update(
            {
                **counted,
                "refs": [ref for _, refs, _ in ended for ref in refs],
                "failures": [one for _, _, failures in ended for one in failures],
            }
        )

    # --- the other threads --------------------------------------------------------------------
    def work(self, go: Callable[[Trip], bool]) -> None:
        """Take requests until there are none.

        Parameters
        ----------
        go
            Carries one out, as far as it gets; False when another process is just at it.
        """
        try:
            for trip in self._trips():
                if not go(trip):
                    self._taking.put_off(trip, self._tally.ended)
                    self._saying.say_wait(SAID_FOR_SECONDS, "another run is asking this just now")
                    self.doors.sleep(self.stop, _CLAIMED_SECONDS)
                elif trip.unheard and not self.stopping:
                    self._taking.put_off(trip, self._tally.ended)
                else:
                    self._end(trip)
        except BaseException as error:  # noqa: BLE001  # it reaches the caller from `fetch`
            with self._lock:
                self.fatal = self.fatal or error
            self.stop.set()
        finally:
            self._saying.queue.put(None)

    def _trips(self) -> Iterator[Trip]:
        while not self.stop.is_set():
            trip = self._taking.next(self._tally.ended)
            if trip is None:
                return
            yield trip

    def _end(self, trip: Trip) -> None:
        with self._lock:
            self._ended.append((trip.number, trip.refs, trip.failures))
            if trip.end is None:
                return
            self._tally.ended += 1
            if trip.end == "found":
                self._tally.found += 1
                self._tally.found_at.append(trip.number)
            self._heard |= trip.end == "found"  # an earlier session heard it
            step = self._saying.step(trip.end)
            if trip.end in {"refused", "failed"}:
                step = replace(step, text=brief(trip.error), advice=advice_of(trip.error))
            self._saying.queue.put(step)

    @property
    def is_in_doubt(self) -> bool:
        """Whether others can show if it is the service: nobody gets through, or did so far."""
        if self.doors.gate.is_down():
            return self._taking.has_more
        return not self._heard and not self._taking.all_taken

    @property
    def counts_calls_for_others(self) -> bool:
        """Whether calls are bounded, and some were never asked."""
        return self.orders.most is not None and not self._taking.all_taken

    @property
    def _is_nearly_done(self) -> bool:
        """Whether so few requests are left that they may all be bad ones."""
        left = self.orders.total - self._tally.ended
        return self._taking.all_taken and left <= max(_FEW, self.orders.threads)

    @property
    def stopping(self) -> bool:
        """Whether nothing more is to be sent."""
        return self.stop.is_set()

    def tried(self, key: str) -> Tried:
        """Tell what came of a request since the plan was made."""
        since = self.orders.since
        if since is None:
            return Tried()
        # What was observed later than now did not come since: the clock was put back.
        came = self.doors.store.tried(key).between(since, self.doors.now())
        whole = tuple(one for one in came.answers if self._is_whole(one.ref))
        return came._replace(answers=whole)

    def _is_whole(self, ref: str) -> bool:
        """Hold an answer against its checksum; a damaged one is set aside, and asked again."""
        store = self.doors.store
        whole = store.verify(ref)
        if not whole and store.set_aside(ref) is not None:
            with self._lock:
                self._tally.aside += 1
        return whole

    def pass_gate(self, trip: Trip, account: str | None, *, again: bool = False) -> int | None:
        """Wait for one's turn, and count the call; None when the run was stopped meanwhile.

        It is counted to the account whose keys sign; None: app-only.
        """
        with self._turns.of(trip.number, self.stop):
            return self._wait_for_ticket(trip.number, account, again=again)

    def _wait_for_ticket(self, number: int, account: str | None, *, again: bool) -> int | None:
        while not self.stop.is_set():
            if self.control.paused:
                self.doors.sleep(self.stop, _PAUSED_SECONDS)
                continue
            wait, ticket = self._ask_gate(number, account, again=again)
            if ticket is not None:
                return ticket
            if wait is None:
                self.end(f"the budget of {self.orders.most:,} requests is spent")
            else:
                why = self.doors.gate.words() or "rate limit"  # of a 429 that names none
                self.rest(wait, f"{why}: next in {wait:.0f} s{self._saying.outlook()}")
        return None

    def _ask_gate(
        self, number: int, account: str | None, *, again: bool
    ) -> tuple[float | None, int | None]:
        """Give a ticket, or the seconds to wait for one; neither where the budget is spent."""
        with self._lock:
            if self.stop.is_set():  # no call is made that the run's own count would miss
                return 0.0, None
            if self.orders.most is not None and self._tally.sent >= self.orders.most:
                return None, None
            wait, ticket = self.doors.gate.ask(self.doors.monotonic())
            if ticket is not None:
                self._note_leaving(ticket, number, account, again=again)
                self._under_way += 1
                self._tally.sent += 1
                self._tally.by_account[account] += 1
                self._tally.retries += again
        return wait, ticket

    def _note_leaving(self, ticket: int, number: int, account: str | None, *, again: bool) -> None:
        """Write down that a call leaves: a killed process counts nothing any more.

        Raises
        ------
        StoreError
            When that can't be written; the call is not to be made.
        """
        if self.doors.calls is None:
            return
        try:
            self.doors.calls.leaves(number, account, again=again)
        except BaseException:
            self.doors.gate.give_back(ticket)
            raise

    def rest(self, seconds: float, text: str) -> None:
        """Sleep, and say so where it is worth it."""
        self._saying.say_wait(seconds, text)
        with self._waits.one():
            self.doors.sleep(self.stop, seconds)

    def note_fatal(self, request: Request, error: EngagementError) -> None:
        """Raise what every other request would meet too; keys of one signer are no others' matter.

        Raises
        ------
        EngagementError
            Unless some signer is left whose keys were not refused.
        """
        if not isinstance(error, AuthenticationFailed):
            raise error
        with self._lock:
            self._not_accepted[request.credential, request.account] = error
            if self.orders.signers <= self._not_accepted.keys():
                raise error

    def not_accepted(self, request: Request) -> EngagementError | None:
        """Give what the service said to the keys that would sign a request, if it refused them."""
        return self._not_accepted.get((request.credential, request.account))

    def look_at_outage(self, verdict: Verdict) -> None:
        """End the run when nobody got through for too long; the rest can be asked another time."""
        error = verdict.error
        if error is None or (self._is_nearly_done and verdict.reached):
            return  # the last requests, if they get there, come to their end by themselves
        if not self.doors.gate.gives_up(heard=self._heard):
            self._tell_of_outage(error)
            return
        if not self._heard:
            raise error
        self.end(f"the service was down for long: {brief(error)}")

    def note_ended(self, status: int) -> None:
        """Note that a call ended, by its HTTP status; 0 where none came."""
        with self._lock:
            self._under_way -= 1
            if self.doors.calls is not None:
                self.doors.calls.ended(status)

    def _tell_of_outage(self, error: EngagementError) -> None:
        """Say once that nobody gets through, and how long it is tried: else there is silence."""
        with self._lock:
            known, self._told_of_outage = self._told_of_outage, self.doors.gate.is_down()
        if self._told_of_outage and not known:
            longest = duration(self.doors.gate.patience(heard=self._heard) / 60)
            words = f"{brief(error).rstrip('.')}. It is tried again for {longest}"
            self._saying.say("no_answer", words)

    def note_reply(
        self, ticket: int, trip: Trip, headers: dict[str, str], verdict: Verdict
    ) -> None:
        """Tell the gate what came back, and count refusals because of the limit."""
        limited = verdict.again == "limit"
        with self._lock:
            self._tally.limited += limited
            self._heard |= not verdict.no_answer
            self._told_of_outage &= verdict.again == "fault"
        heard = Heard(
            headers,
            limited=limited,
            fault=verdict.again == "fault",
            reached=verdict.reached,
            last=self._is_nearly_done,
            now=self.doors.monotonic(),
            unix_now=self.doors.unix_now(),
            chance=self.doors.chance(),
        )
        self.doors.gate.tell(ticket, trip.number, heard)

    def note_shortened(self) -> None:
        """Count the request for the rest of a batch of which some tweets were refused."""
        with self._lock:
            self._tally.shortened += 1

    def note_split(self, trip: Trip, request: Request, error: EngagementError | None) -> None:
        """Count the two requests of a cut in halves, and say why."""
        with self._lock:
            self._tally.split += 2
        many = len(request.tweet_ids)
        self._saying.say(
            "split", f"request {trip.number + 1}: {brief(error)}; its {many} tweets by halves"
        )
