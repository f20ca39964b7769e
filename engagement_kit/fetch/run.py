"""Fetching: sends the Requests of a Plan, keeps every Answer, and waits where it must.

Decisions are made in `wire` and `pace`; here they are carried out. Clock, sleep and chance are
arguments.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Literal

from engagement_kit.answers.answer import Answer
from engagement_kit.answers.store import Store
from engagement_kit.errors import (
    ConnectionBroken,
    EngagementError,
    ForbiddenMetrics,
    ForbiddenTweets,
    RequestRefused,
    UnreadableAnswer,
)
from engagement_kit.fetch.pace import Patience
from engagement_kit.fetch.transport import Transport
from engagement_kit.fetch.wire import Reply, Verdict, decipher, kept_headers, source_of
from engagement_kit.question.request import Request

_REFUSED = (ForbiddenTweets, ForbiddenMetrics, RequestRefused)


@dataclass(frozen=True)
class Step:
    """One thing that happened, as data: for progress bars and forms.

    Attributes
    ----------
    kind
        How one request of the plan ended: ``answered``, ``refused`` or ``failed``.
    done, total
        Requests of the plan.
    text
        The same in words.
    """

    kind: Literal["answered", "refused", "failed"]
    done: int
    total: int
    text: str


@dataclass(frozen=True)
class Failure:
    """A request that got no counts, and why.

    Attributes
    ----------
    request
        What was asked.
    status
        ``refused`` (the API said no) or ``failed`` (broken, or no answer).
    error
        The last error.
    ref
        The stored answer, where there was one.
    """

    request: Request
    status: Literal["refused", "failed"]
    error: EngagementError
    ref: str | None


@dataclass
class Fetched:
    """What a run brought.

    Attributes
    ----------
    refs
        Names of the stored answers that count, in the order of the requests.
    failures
        Requests without counts, in the same order.
    sent, retries, waited
        Calls made, calls that were tries again, seconds slept.
    """

    refs: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    sent: int = 0
    retries: int = 0
    waited: float = 0.0


@dataclass(frozen=True)
class Doors:
    """The world outside: network, files, clock, sleep and chance.

    ``sleep(stop, seconds)`` ends early when the run is stopped.
    """

    transport: Transport
    store: Store
    now: Callable[[], datetime]
    sleep: Callable[[threading.Event, float], object] = threading.Event.wait
    unix_now: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    patience: Patience = field(default_factory=Patience)


def fetch(
    requests: Iterable[Request],
    doors: Doors,
    *,
    total: int,
    threads: int = 4,
    on_step: Callable[[Step], None] = lambda _step: None,
) -> Fetched:
    """Send requests and keep every answer.

    A request that fails is noted, and the others go on. A batch that is refused because of some
    tweets is asked again without them. When the run is stopped, by an error or by a person, the
    calls that are under way end and are kept, and no other is made.

    Parameters
    ----------
    requests
        What to send.
    doors
        The world outside.
    total
        How many requests there are, for the steps.
    threads
        How many are under way at once.
    on_step
        Called from the calling thread after each request.

    Returns
    -------
    Fetched
        Names of the answers, and failures.

    Raises
    ------
    EngagementError
        When every other request would fail too: wrong keys, wrong address, a store that can't be
        written. Answers that came before are in the store.
    """
    shared = _Shared(doors)
    trips: list[_Trip] = []
    running: set[Future[_Trip]] = set()
    waiting = iter(requests)
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="engagement-kit") as pool:

        def start() -> None:
            """Keep the threads busy: as many again as are under way wait in the pool."""
            for request in islice(waiting, 2 * threads - len(running)):
                trips.append(_Trip(request, shared))
                running.add(pool.submit(trips[-1].go))

        done = 0
        try:
            start()
            while running:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    trip = future.result()
                    done += 1
                    on_step(Step(trip.kind, done, total, trip.text))
                start()
        except BaseException:
            shared.stop.set()
            for future in running:
                future.cancel()
            raise
    return _together(trips)


@dataclass(frozen=True)
class _Shared:
    """What the trips of one run share.

    Attributes
    ----------
    doors
        The world outside.
    stop
        Set when the run is to end.
    turn
        Held by the one trip that waits for the rate limit. The others wait behind it: if all came
        back at once when the limit opens, the same ones might lose every time, and give up.
    """

    doors: Doors
    stop: threading.Event = field(default_factory=threading.Event)
    turn: threading.Lock = field(default_factory=threading.Lock)


class _Trip:
    """One request on its way: tries, waits, and the second request without refused tweets."""

    def __init__(self, request: Request, shared: _Shared) -> None:
        self.request, self.doors = request, shared.doors
        self.stop, self.turn = shared.stop, shared.turn
        self.fetched = Fetched()
        self.kind: Literal["answered", "refused", "failed"] = "answered"
        self.text = ""

    def go(self) -> _Trip:
        """Carry the request out."""
        request: Request | None = self.request
        try:
            while request is not None and not self.stop.is_set():
                request = self._settle(request)
        except BaseException:
            self.stop.set()  # here, for this thread would begin with the next request at once
            raise
        return self

    def _settle(self, request: Request) -> Request | None:
        """Ask until there is a verdict; give the request that is left to ask, if any."""
        last = self._last_word(request)
        if last is None:
            return None
        verdict, ref = last
        if verdict.outcome == "failed":
            self._fail(request, verdict, ref)
            return None
        self.fetched.refs += [ref] if ref else []
        if verdict.outcome == "refused":
            self.kind, self.text = "refused", str(verdict.error)
        rest = request.without(frozenset(verdict.named))
        return rest if verdict.named and rest.tweet_ids else None

    def _last_word(self, request: Request) -> tuple[Verdict, str | None] | None:
        """Try a request until no further try would help; None when the run was stopped."""
        with self.turn:
            pass  # somebody may be waiting for the rate limit
        attempt = 0
        with ExitStack() as turn:
            mine = False
            while not self.stop.is_set():
                attempt += 1
                verdict, headers, ref = self._once(request)
                if verdict.fatal and verdict.error is not None:
                    raise verdict.error
                asked_at = self.doors.unix_now()
                pause = self.doors.patience.wait(
                    verdict.again,
                    attempt,
                    headers=headers,
                    unix_now=asked_at,
                    chance=self.doors.chance(),
                )
                if pause is None:
                    return verdict, ref
                self.fetched.retries += 1
                if verdict.again == "limit" and not mine:
                    turn.enter_context(self.turn)
                    mine = True
                    pause -= self.doors.unix_now() - asked_at  # what it took to get the turn
                self._pause(pause)
        return None

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self.fetched.waited += seconds
            self.doors.sleep(self.stop, seconds)

    def _once(self, request: Request) -> tuple[Verdict, dict[str, str], str | None]:
        """Send once and keep what came back, good or bad."""
        self.fetched.sent += 1
        try:
            reply = self.doors.transport.send(request)
        except ConnectionBroken as error:
            return Verdict("failed", b"", error=error, again="fault"), {}, None
        verdict = decipher(reply, request)
        ref = self.doors.store.put(_answer(request, reply, verdict, self.doors.now()))
        return verdict, dict(reply.headers), ref

    def _fail(self, request: Request, verdict: Verdict, ref: str | None) -> None:
        error = verdict.error or UnreadableAnswer("the answer can't be read")
        status: Literal["refused", "failed"] = (
            "refused" if isinstance(error, _REFUSED) else "failed"
        )
        self.kind, self.text = status, str(error)
        self.fetched.failures.append(Failure(request, status, error, ref))


def _together(trips: Iterable[_Trip]) -> Fetched:
    """Put together what the trips brought, in the order of the requests."""
    result = Fetched()
    for one in trips:
        result.refs += one.fetched.refs
        result.failures += one.fetched.failures
        result.sent += one.fetched.sent
        result.retries += one.fetched.retries
        result.waited += one.fetched.waited
    return result


def _answer(request: Request, reply: Reply, verdict: Verdict, now: datetime) -> Answer:
    parts = verdict.envelope
    whole = parts.start is not None and parts.end is not None
    headers = kept_headers(reply.headers)
    if verdict.body is not reply.body:
        headers.pop("content-encoding", None)
    return Answer(
        request=request,
        status=reply.status,
        headers=headers,
        body=verdict.body,
        observed_at=now,
        source=source_of(reply.headers),
        outcome=verdict.outcome,
        named=verdict.named,
        window=(parts.start, parts.end) if whole and parts.start and parts.end else None,
    )
