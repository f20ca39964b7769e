"""One whole request without a socket: bytes in, bytes out; the order of checks stands here.

`server` owns the sockets; `answer` owns the API's rules. Real time comes in as an argument.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import formatdate
from typing import Final, NamedTuple

from engagement_kit.emulator.api.answer import Reply, answer
from engagement_kit.emulator.api.checks import OURS
from engagement_kit.emulator.api.limits import Endpoint
from engagement_kit.emulator.api.oauth import Caller, Refusal
from engagement_kit.emulator.api.settings import Settings
from engagement_kit.emulator.page import files
from engagement_kit.emulator.service import control, damage, details, guard, tokens
from engagement_kit.emulator.service.faults import Fault
from engagement_kit.emulator.service.knock import PATHS, Knock, split
from engagement_kit.emulator.service.packing import (
    JSON_TYPE,
    MAX_BODY,
    Response,
    json_bytes,
    offers_gzip,
    packed,
    unpacked,
)
from engagement_kit.emulator.service.record import Record
from engagement_kit.emulator.service.state import State
from engagement_kit.emulator.world.clock import WorldClock, as_written
from engagement_kit.emulator.world.world import World

# The text of a 406 in a trace of HTTP that a user published in 2017.
_NEEDS_GZIP: Final = (
    "This request requires gzip compression. Retry the request after setting "
    "'Accept-Encoding' header in the request to 'gzip'."
)
# The text of an app that was not enabled, as engagement-api-client-ruby knows it.
_NOT_ENABLED: Final = "your application id is not authorized."
_LONGEST_REASON: Final = 500


class _Outcome(NamedTuple):
    """What was decided about a request, and why."""

    reply: Reply
    reason: str
    caller: Caller | None = None
    faults: tuple[Fault, ...] = ()
    foreign: bool = False  # the guard refused it


class Service:
    """Answer whole requests; safe to call from several threads.

    Parameters
    ----------
    world, clock, settings
        As for `Emulator`.
    faults : sequence of Fault
        In force from the start.
    real_time : callable
        Tells real time in Unix seconds: for signatures, rate limits and the Date header.
    draw : callable
        From a number of bytes to as many random ones, in hexadecimal: for the walks to tokens.
    in_process : bool
        Whether only this process can call, so that any Host and Origin will do.

    Attributes
    ----------
    name : str
        As in "emulator/standard-0": stands in the header ``x-engagement-emulator`` of every answer.
    state : State
        Clock, switches, faults and the log.
    """

    def __init__(
        self,
        world: World,
        clock: WorldClock,
        settings: Settings,
        *,
        faults: Sequence[Fault] = (),
        real_time: Callable[[], float] = time.time,
        draw: Callable[[int], str] = secrets.token_hex,
        in_process: bool = False,
    ) -> None:
        self.state = State(world, clock, settings, faults, real_time, draw=draw)
        self.name: Final = self.state.name
        self._in_process = in_process
        # One at a time: threads that all compute hinder each other, and a third of the speed goes.
        self._turn = threading.Lock()

    @property
    def requests_served(self) -> int:
        """Requests answered since the start or the last reset, whatever the status."""
        return self.state.requests_served

    @property
    def log(self) -> list[Record]:
        """The newest requests, oldest first, without secrets."""
        return self.state.records()

    def respond(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        local: bool = False,
    ) -> Response:
        """Answer one request.

        Parameters
        ----------
        method : str
            As in "POST".
        target : str
            The raw request target: path and query, still percent-encoded; or the whole URL.
        headers : mapping
            Names in any case. ``Host`` is needed.
        body : bytes
            As sent.
        local : bool
            Whether the request was made in this process, so that any Host and Origin will do.

        Returns
        -------
        Response
            Status, headers, body bytes, and the manner in which they leave.
        """
        began = time.perf_counter()
        asked = self._read(method, target, headers, body, local=local or self._in_process)
        if control.is_meant(asked.path):
            reply = self._foreign(asked) or control.respond(self.state, asked)
            return self._pack(reply, asked)
        if files.is_meant(asked):
            return self._pack(self._foreign(asked) or files.respond(asked), asked)
        with self._turn:
            outcome = self._decided(asked)
            response = damage.to_response(self._pack(outcome.reply, asked), outcome.faults)
        self._note(asked, outcome, response, time.perf_counter() - began)
        return response

    def problem(self, status: int, text: str) -> Response:
        """Return an answer to bytes that never became a request; plain, not counted."""
        nothing = self._read("", "", {}, b"", local=False)
        return self._pack(_failed(status, text), nothing)

    def _read(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, local: bool
    ) -> Knock:
        """Take a request apart."""
        lowered = {name.lower(): value for name, value in headers.items()}
        origin, path = split(target)
        called = self.state.settings.public_url or f"http://{lowered.get('host', '')}"
        url = target if origin else called + target
        return Knock(method, path, url, lowered, body, self.state.real_time(), local)

    def _decided(self, asked: Knock) -> _Outcome:
        """Decide, and turn a fault of our own into the answer that a service gives then."""
        try:
            return self._decide(asked)
        except Exception as problem:  # noqa: BLE001 -- the caller must get an answer
            reason = f"a fault of the emulator itself: {type(problem).__name__}: {problem}"
            return _Outcome(Reply(500, {"errors": ["internal server error"]}), reason)

    def _decide(self, asked: Knock) -> _Outcome:
        """Make the checks that need no credentials, and hand on what is left."""
        foreign = self._foreign(asked)
        if foreign:
            return _outcome(foreign)._replace(foreign=True)
        if tokens.is_meant(asked.path):
            told = tokens.respond(self.state, asked)
            return _Outcome(reply=told.reply, reason=told.reason, caller=told.caller)
        refused = self._refuse_early(asked)
        if refused or asked.endpoint is None:
            return _outcome(refused or _failed(404, "no such path"))
        return self._ask(asked, asked.endpoint)

    def _ask(self, asked: Knock, endpoint: Endpoint) -> _Outcome:
        """Ask the API: make its checks in order, answer, and let the faults strike."""
        state = self.state
        caller = self._caller(asked)
        if isinstance(caller, Refusal):
            return _Outcome(Reply(caller.status, {"errors": [caller.text]}), caller.reason)
        if not state.is_enabled(caller.app):
            return _outcome(Reply(403, {"errors": [_NOT_ENABLED]}), caller)
        used_up = state.limiter.admit(endpoint, asked.at)
        if used_up:
            text = f"rate limit of /{endpoint} exceeded; see x-per-{used_up}-reset"
            return _outcome(_failed(429, text), caller)
        reply = self._answer(asked, endpoint, caller)
        struck = state.faults.strike(endpoint, frozenset(reply.tweet_ids))
        damaged = damage.to_reply(reply, struck, state.requests_served) if struck else reply
        return _outcome(damaged, caller, struck)

    def _answer(self, asked: Knock, endpoint: Endpoint, caller: Caller) -> Reply:
        """Read the body and answer it."""
        plain = unpacked(asked.headers, asked.body)
        if plain is None:
            text = f"the body is not gzip, or has more than {MAX_BODY} bytes once unpacked"
            return _failed(400, text)
        state = self.state
        return answer(state.world, state.settings, state.clock.now(), caller, endpoint, plain)

    def _foreign(self, asked: Knock) -> Reply | None:
        """Refuse what may come from a page of another origin."""
        if asked.local:
            return None
        page = guard.is_page(asked.method, asked.path)
        found = guard.refusal(asked.headers, self.state.settings.public_url, page)
        return _failed(*found) if found else None

    def _refuse_early(self, asked: Knock) -> Reply | None:
        """Make the checks that need neither credentials nor the body's content."""
        if asked.endpoint is None:
            there = ", ".join([*PATHS, *tokens.PATHS, control.BASE_PATH])
            return _failed(404, f"no such path; there are {there}")
        if asked.method != "POST":
            return _failed(404, f"no such page for {asked.method[:20]!a}; the method is POST")
        if self.state.settings.gzip == "required" and not offers_gzip(asked.headers):
            return Reply(406, {"errors": [_NEEDS_GZIP]})
        if len(asked.body) > MAX_BODY:
            return _failed(413, f"the body has more than {MAX_BODY} bytes")
        return None

    def _caller(self, asked: Knock) -> Caller | Refusal:
        """Tell who asks."""
        state = self.state
        if state.settings.credentials == "trusted":
            return state.authenticator.believe(asked.headers)
        return state.authenticator.check(
            asked.method, asked.url, asked.headers, asked.body, asked.at
        )

    def _pack(self, reply: Reply, asked: Knock) -> Response:
        """Turn a reply into headers and bytes."""
        kind, body = reply.plain or (JSON_TYPE, json_bytes(reply.payload))
        headers = {
            "Date": formatdate(asked.at, usegmt=True),
            "Content-Type": kind,
            "x-engagement-emulator": self.name,
            **self.state.limiter.headers(asked.endpoint, asked.at, used_up=reply.status == 429),
            **reply.headers,
        }
        if control.is_meant(asked.path):
            headers |= control.HEADERS
        elif files.is_meant(asked):
            headers |= files.HEADERS
        # Packed, errors too, but for callers that can't unpack, and for what a proxy would say.
        gzipped = offers_gzip(asked.headers) and reply.plain is None
        return packed(reply.status, headers, body, gzipped=gzipped)

    def _note(self, asked: Knock, outcome: _Outcome, response: Response, seconds: float) -> None:
        """Write the log."""
        caller, reply = outcome.caller, outcome.reply
        self.state.note(
            lambda number: Record(
                number=number,
                at=asked.at,
                world_time=as_written(self.state.clock.now()),
                method=asked.method[:20],
                path=details.logged(asked.path),
                endpoint=asked.endpoint or "",
                credential=caller.kind if caller else "",
                account=(caller.account or "") if caller else "",
                app=caller.app if caller else "",
                tweets=len(reply.tweet_ids),
                status=reply.status,
                reason=outcome.reason[:_LONGEST_REASON],
                faults=tuple(fault.kind for fault in outcome.faults),
                size=len(damage.leaving(response)),
                took_ms=round(seconds * 1000, 3),
                delay_s=response.manner.delay_s,
            ),
            lambda record: details.keep(record, asked.url, asked.headers, asked.body, response),
            foreign=outcome.foreign,
        )


def _failed(status: int, text: str) -> Reply:
    """Return a refusal with a text of our own."""
    return Reply(status, {"errors": [OURS + text]})


def _outcome(
    reply: Reply, caller: Caller | None = None, faults: tuple[Fault, ...] = ()
) -> _Outcome:
    """Return an outcome whose reason stands in the reply."""
    texts = [] if reply.plain else reply.payload.get("errors", [])
    answered = ["answered"] if reply.status == 200 else []
    struck = [f"faults on demand: {', '.join(one.kind for one in faults)}"] if faults else []
    return _Outcome(reply, "; ".join([*answered, *texts, *struck]), caller, faults)
