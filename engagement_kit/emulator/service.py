"""One whole request without a socket: bytes in, bytes out; the order of checks stands here.

`server` owns the sockets; `answer` owns the API's rules. Real time comes in as an argument.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final, NamedTuple

from engagement_kit.emulator.answer import Reply, answer
from engagement_kit.emulator.clock import WorldClock
from engagement_kit.emulator.limits import BASE_PATH, ENDPOINTS, Endpoint
from engagement_kit.emulator.oauth import Authenticator, Caller, Refusal
from engagement_kit.emulator.rate import Limiter
from engagement_kit.emulator.settings import Settings
from engagement_kit.emulator.world import World

MAX_BODY: Final = 5_000_000  # bytes, before and after decompression
LOG_LENGTH: Final = 1000
GZIP_LEVEL: Final = 1  # the fastest; higher levels save little on counts
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_PATHS: Final[dict[str, Endpoint]] = {f"{BASE_PATH}/{name}": name for name in ENDPOINTS}
# The documented text of a 406 (fact sheet, section 2.2).
_NEEDS_GZIP: Final = (
    "This request requires gzip compression. Retry the request after setting "
    "'Accept-Encoding' header in the request to 'gzip'."
)


@dataclass(frozen=True)
class Record:
    """One served request, without secrets.

    Attributes
    ----------
    endpoint : str
        As in "totals"; empty for unknown paths.
    credential : str
        "user", "app", or empty where authentication was not reached or failed.
    account : str
        Empty unless the credential is a user's.
    tweets : int
        Different tweets asked.
    status : int
        HTTP status.
    """

    endpoint: str
    credential: str
    account: str
    tweets: int
    status: int


class Response(NamedTuple):
    """What goes back over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class Service:
    """Answer whole requests; safe to call from several threads.

    Parameters
    ----------
    world, clock, settings
        As for `Emulator`.
    real_time : callable
        Tells real time in Unix seconds: for signatures, rate limits and the Date header.

    Attributes
    ----------
    name : str
        As in "emulator/standard-0": stands in the header ``x-engagement-emulator`` of every answer.
    requests_served : int
        Requests answered so far, whatever the status.
    log : deque of Record
        The newest requests.
    """

    def __init__(
        self,
        world: World,
        clock: WorldClock,
        settings: Settings,
        *,
        real_time: Callable[[], float] = time.time,
    ) -> None:
        self.world = world
        self.clock = clock
        self.settings = settings
        self.name: Final = f"emulator/{world.name}"
        self.requests_served = 0
        self.log: deque[Record] = deque(maxlen=LOG_LENGTH)
        self._real_time = real_time
        self._authenticator = Authenticator(world.app, world.accounts)
        self._limiter = Limiter(settings)
        self._lock = threading.Lock()

    def respond(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Response:
        """Answer one request.

        Parameters
        ----------
        method : str
            As in "POST".
        target : str
            The raw request target: path and query, still percent-encoded.
        headers : mapping
            Names in any case. ``Host`` is needed.
        body : bytes
            As sent.

        Returns
        -------
        Response
            Status, headers, body bytes.
        """
        at = self._real_time()
        lowered = {name.lower(): value for name, value in headers.items()}
        endpoint = _PATHS.get(target.partition("?")[0])
        caller, reply = self._decide(method, target, lowered, body, at=at, endpoint=endpoint)
        # Every answer is packed but those to callers that can't unpack: 406 and earlier ones.
        packed = _offers_gzip(lowered)
        with self._lock:
            self.requests_served += 1
            self.log.append(
                Record(
                    endpoint=endpoint or "",
                    credential=caller.kind if caller else "",
                    account=(caller.account or "") if caller else "",
                    tweets=reply.tweets,
                    status=reply.status,
                )
            )
        return self._pack(reply, endpoint, at, packed=packed)

    def problem(self, status: int, text: str) -> Response:
        """Return an answer to bytes that never became a request; plain, not counted."""
        return self._pack(_failed(status, text), None, self._real_time(), packed=False)

    def _decide(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes,
        *,
        at: float,
        endpoint: Endpoint | None,
    ) -> tuple[Caller | None, Reply]:
        """Make the checks in order, and answer."""
        refused = _refuse_early(method, headers, body, endpoint)
        if refused or endpoint is None:
            return None, refused or _failed(404, "no such path")
        url = f"http://{headers['host']}{target}"
        caller = self._authenticator.check(method, url, headers, body, at)
        if isinstance(caller, Refusal):
            return None, Reply(caller.status, {"errors": [caller.text]})
        used_up = self._limiter.admit(endpoint, at)
        if used_up:
            text = f"rate limit of /{endpoint} exceeded; see x-per-{used_up}-reset"
            return caller, _failed(429, text)
        plain = _unpacked(headers, body)
        if plain is None:
            text = f"the body is not gzip, or has more than {MAX_BODY} bytes once unpacked"
            return caller, _failed(400, text)
        now = self.clock.now()
        return caller, answer(self.world, self.settings, now, caller, endpoint, plain)

    def _pack(
        self, reply: Reply, endpoint: Endpoint | None, at: float, *, packed: bool
    ) -> Response:
        """Turn a reply into headers and bytes."""
        body = _json_bytes(reply.payload)
        headers = {
            "Date": formatdate(at, usegmt=True),
            "Content-Type": "application/json;charset=utf-8",
            "x-engagement-emulator": self.name,
            **self._limiter.headers(endpoint, at),
        }
        if packed:
            body = gzip.compress(body, GZIP_LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body))
        return Response(reply.status, headers, body)


def _refuse_early(
    method: str, headers: dict[str, str], body: bytes, endpoint: Endpoint | None
) -> Reply | None:
    """Make the checks that need neither credentials nor the body's content."""
    if not _is_loopback(headers.get("host", "")):
        return _failed(421, f"answers only to the hosts {', '.join(_LOOPBACK)}")
    if endpoint is None:
        return _failed(404, f"no such path; there are {', '.join(_PATHS)}")
    if method != "POST":
        return _failed(404, f"no such page for {method[:20]!a}; the method is POST")
    if not _offers_gzip(headers):
        return Reply(406, {"errors": [_NEEDS_GZIP]})
    if len(body) > MAX_BODY:
        return _failed(413, f"the body has more than {MAX_BODY} bytes")
    return None


def _failed(status: int, text: str) -> Reply:
    """Return a refusal with a text of our own."""
    return Reply(status, {"errors": [f"emulator: {text}"]})


def _is_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine; others may come from a foreign web page."""
    name, _, port = host.lower().rpartition(":")
    if name and port.isascii() and port.isdigit():
        return name in _LOOPBACK
    return host.lower() in _LOOPBACK


def _offers_gzip(headers: dict[str, str]) -> bool:
    """Tell whether Accept-Encoding names gzip, and not with quality 0."""
    for offer in headers.get("accept-encoding", "").lower().split(","):
        coding, _, quality = (part.strip() for part in offer.partition(";"))
        if coding == "gzip":
            return quality.replace(" ", "").rstrip("0").rstrip(".") not in ("q=", "q=0")
    return False


def _unpacked(headers: dict[str, str], body: bytes) -> bytes | None:
    """Undo a gzip Content-Encoding; None where that fails or would be too large."""
    if headers.get("content-encoding", "").strip().lower() != "gzip":
        return body
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, MAX_BODY + 1)
    except zlib.error:
        return None
    whole = stream.eof and not stream.unused_data
    return plain if whole and len(plain) <= MAX_BODY else None


def _json_bytes(payload: dict[str, Any]) -> bytes:
    """Write JSON in ASCII, so that any text that was read can be written."""
    return json.dumps(payload, separators=(",", ":")).encode("ascii")
