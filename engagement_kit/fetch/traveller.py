"""What one thread of a run does: it carries a request to its end, by tries, waits and parts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from engagement_kit.answers.answer import Answer
from engagement_kit.errors import (
    ConnectionBroken,
    EngagementError,
    ForbiddenMetrics,
    ForbiddenTweets,
    RequestRefused,
    UnreadableAnswer,
)
from engagement_kit.fetch.shared import Run
from engagement_kit.fetch.splitting import may_split
from engagement_kit.fetch.steps import Failure, brief
from engagement_kit.fetch.trip import Part, Trip
from engagement_kit.fetch.wire import Reply, Verdict, decipher, kept_headers, source_of
from engagement_kit.question.request import Request
from engagement_kit.question.resume import cut_apart, left_of

_LONGER_AT_LAST = 3
"""Doublings of the rest after a fault when a request is tried for the last time."""
_REFUSED = (ForbiddenTweets, ForbiddenMetrics, RequestRefused)


class _Last(NamedTuple):
    """The last word on a part: what came, where it is kept, and how many tries count.

    `put_off`: others are to be asked first, and it again after them.
    """

    verdict: Verdict
    ref: str | None
    faults: int = 0
    put_off: bool = False


class Traveller:
    """Carries trips out, one after the other."""

    def __init__(self, run: Run) -> None:
        self.run, self.doors, self.riding = run, run.doors, run.orders.riding

    def go(self, trip: Trip) -> bool:
        """Carry a trip out; False when another process is just at it."""
        claim = self.doors.store.claim(trip.request.key)
        if claim is None:
            return False
        with claim:
            left = self._begin(trip)
            while left and not self.run.stopping:
                # Parts go to the end: a good half is heard before a bad one is cut further.
                left = [*left[1:], *self._settle(trip, left[0])]
            if left or trip.unheard:
                trip.end = None
        return True

    def _begin(self, trip: Trip) -> list[Part]:
        """Give what is to be asked: what nobody answered meanwhile."""
        again, trip.last_time = bool(trip.unheard), trip.spent
        parts, trip.unheard = trip.unheard or [Part(trip.request)], []
        left: list[Part] = []
        for part in parts:
            found, rest = left_of(part.request, self.run.tried, self.riding)
            trip.refs += [one.ref for one in found]
            left += [part._replace(request=one) for one in rest]
        trip.end = "answered" if left or again else "found"
        return left

    def _settle(self, trip: Trip, part: Part) -> list[Part]:
        """Ask until there is a verdict; give the parts that are left to ask."""
        request = part.request
        refused_keys = self.run.not_accepted(request)
        if refused_keys is not None:  # it would be refused again, and it may count
            _fail(trip, request, Verdict("failed", b"", error=refused_keys), None)
            return []
        last = self._last_word(trip, part)
        if last is None:
            return [part]
        verdict, ref = last.verdict, last.ref
        if verdict.outcome == "failed":
            return self._failed(trip, part, last)
        self.run.splits.answered()
        trip.refs += [ref] if ref else []
        if verdict.outcome == "refused":
            trip.end, trip.error = "refused", verdict.error
        if not verdict.named:
            return []
        refused = verdict.outcome == "refused"
        rest = self.riding.rest(request, frozenset(verdict.named), refused=refused)
        for _ in rest:
            self.run.note_shortened()
        return [Part(one, half=part.half) for one in rest]

    def _failed(self, trip: Trip, part: Part, last: _Last) -> list[Part]:
        """Leave a part without counts for later, cut it in halves, or give it up."""
        error = last.verdict.error
        spent = not last.put_off
        if last.put_off or (last.verdict.no_answer and not trip.last_time):
            trip.spent |= spent
            trip.unheard.append(part._replace(sent=True, faults=0 if spent else last.faults))
            return []
        if may_split(part.request, error) and self.run.splits.take():
            self.run.note_split(trip, part.request, error)
            return [Part(half, half=True) for half in cut_apart(part.request, self.riding)]
        _fail(trip, part.request, last.verdict, last.ref)
        return []

    def _last_word(self, trip: Trip, part: Part) -> _Last | None:
        """Try a request until no further try would help; None when the run was stopped."""
        patience = self.doors.patience
        most = {"fault": patience.attempts_of_half if part.half else patience.attempts}
        most["limit"] = patience.attempts_at_limit
        tries = {"fault": part.faults, "limit": 0}
        again = part.sent
        while True:
            ticket = self.run.pass_gate(trip, part.request.account, again=again)
            if ticket is None:
                return None
            verdict, ref = self._once(trip, part.request, ticket)
            if verdict.fatal and verdict.error is not None:
                self.run.note_fatal(part.request, verdict.error)
            if not verdict.again:
                return _Last(verdict, ref)
            again = True
            tries[verdict.again] += self._counts(verdict)
            if tries[verdict.again] >= most[verdict.again]:
                return _Last(verdict, ref)
            if self._others_first(verdict):
                return _Last(verdict, ref, tries["fault"], put_off=True)
            if verdict.again == "fault":
                longer = _LONGER_AT_LAST if trip.last_time else 0
                pause = patience.backoff(tries["fault"] + longer, self.doors.chance())
                self.run.rest(pause, f"{brief(verdict.error)}: again in {pause:.0f} s")

    def _counts(self, verdict: Verdict) -> bool:
        """Say whether a try counts: where no connection was made it says nothing of the request."""
        if verdict.again == "fault":
            self.run.look_at_outage(verdict)
        return verdict.reached

    def _others_first(self, verdict: Verdict) -> bool:
        """Say whether to leave a request without an answer until the others are done.

        Where nobody gets through it may be for this very request, which others will show; and
        where calls are counted, they go to those that can be answered.
        """
        if verdict.again != "fault":
            return False
        no_answer = verdict.no_answer and verdict.reached
        doubtful = self.run.is_in_doubt and (no_answer or self.doors.gate.is_down())
        return doubtful or self.run.counts_calls_for_others

    def _once(self, trip: Trip, request: Request, ticket: int) -> tuple[Verdict, str | None]:
        """Send once, keep what came back, good or bad, and tell the gate."""
        headers: dict[str, str] = {}
        verdict = Verdict("failed", b"", again="fault")
        ref = None
        try:
            reply = self._sent(request)
            headers = dict(reply.headers)
            verdict = decipher(reply, request)
            ref = self.doors.store.put(_answer(request, reply, verdict, self.doors.now()))
        except ConnectionBroken as error:
            verdict = Verdict("failed", b"", error=error, again="fault")
        finally:
            self.run.note_reply(ticket, trip, headers, verdict)
        return verdict, ref

    def _sent(self, request: Request) -> Reply:
        status = 0
        try:
            reply = self.doors.transport.send(request)
            status = reply.status
        finally:
            self.run.note_ended(status)
        return reply


def _fail(trip: Trip, request: Request, verdict: Verdict, ref: str | None) -> None:
    error: EngagementError = verdict.error or UnreadableAnswer("the answer can't be read")
    status: Literal["refused", "failed"] = "refused" if isinstance(error, _REFUSED) else "failed"
    trip.end, trip.error = status, error
    trip.failures.append(Failure(request, status, error, ref))


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
