"""A service that goes wrong on purpose, and quotes whatever it was sent."""

from __future__ import annotations

import gzip
import json
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

Answer = tuple[int, dict[str, str], bytes]
_JSON, _PAGE = {"Content-Type": "application/json"}, {"Content-Type": "text/html; charset=utf-8"}


def _all_ways(asked: str) -> str:
    """Quote a request as it came, as in an address, twice so, and as JSON."""
    once = quote(asked, safe="")
    return f"{asked}\n{once}\n{quote(once, safe='')}\n{json.dumps(asked)}"


def _page(status: int) -> Callable[[str], Answer]:
    return lambda asked: (status, _PAGE, f"<pre>{_all_ways(asked)}</pre>".encode())


def _errors(status: int) -> Callable[[str], Answer]:
    def answer(asked: str) -> Answer:
        words = {"errors": [f"no such token: {asked}", quote(asked, safe="")]}
        return status, _JSON, json.dumps(words).encode()

    return answer


def _noise() -> bytes:
    return random.Random(0).randbytes(1 << 17)  # noqa: S311 -- it hides nothing


def _packed(answer: Answer, cut: int | None = None) -> Answer:
    status, headers, body = answer
    # A block is written when it is full: what stands in the first one can be read.
    padded = body if cut is None else body + _noise()
    return status, {**headers, "Content-Encoding": "gzip"}, gzip.compress(padded, 1)[:cut]


def _signed(asked: str) -> str:
    """Quote the keys alone, as a base string does: so short that nothing of it is cut off."""
    line = next(one for one in asked.splitlines() if one.startswith("Authorization:"))
    fields = line.partition(": OAuth ")[2].split(", ")
    known = ("oauth_token", "oauth_verifier", "oauth_consumer_key")
    return quote("&".join(one for one in fields if one.startswith(known)), safe="")


QUOTING: Mapping[str, Callable[[str], Answer]] = {
    "401 with errors": _errors(401),
    "401, a base string": lambda asked: (401, {}, _signed(asked).encode()),
    "401, packed": lambda asked: _packed(_errors(401)(asked)),
    "401, packed and cut off": lambda asked: _packed(_errors(401)(asked), -40),
    "401, packed and not said so": lambda asked: (401, _JSON, _packed(_errors(401)(asked))[2]),
    "403 of an app": lambda asked: (
        403, _JSON,
        json.dumps({"errors": [f"Your application id is not authorized {asked}"]}).encode(),
    ),
    "400": _errors(400),
    "404": _page(404),
    "429": _errors(429),
    "500, a page": _page(500),
    "502, a page": _page(502),
    "200, a page": _page(200),
    "200, JSON": lambda asked: (200, _JSON, json.dumps({"headers": asked}).encode()),
    "200, JSON of PHP": lambda asked: (
        200, _JSON, json.dumps({"headers": asked}).replace("/", r"\/").encode()
    ),
    "200, JSON and packed": lambda asked: _packed(
        (200, _JSON, json.dumps({"headers": asked}).encode())
    ),
    "200, counts and headers": lambda asked: (
        200, _JSON, json.dumps({"errors": [asked], "by tweet": {"20": {"favorites": "1"}}}).encode()
    ),
    "302 to a page that quotes": lambda asked: (
        302, {**_PAGE, "Location": f"http://127.0.0.1:9/?{quote(asked)}"}, b""
    ),
    "401 in the headers": lambda asked: (
        401,
        {**_JSON, "X-Echo": json.dumps(asked), "X-Per-Minute-Remaining": quote(asked)},
        b"{}",
    ),
}  # fmt: skip
"""What a service says that quotes the request, by what it is."""

BROKEN = ("nothing", "reset", "half a body", "no HTTP", "hangs", "hangs after the head")
"""How a connection breaks."""


class Faulty:
    """A service on this machine.

    Parameters
    ----------
    manner
        How it goes wrong: of `QUOTING` or `BROKEN`.
    good
        What it answers all the same, by path.

    Attributes
    ----------
    url
        Its scheme and host.
    heard
        The heads of the requests that came, but for what looks for an emulator.
    """

    def __init__(self, manner: str, good: Mapping[str, Answer] | None = None) -> None:
        self.manner, self.good = manner, good or {}
        self.heard: list[str] = []
        self.over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.faulty = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def faulty(manner: str, good: Mapping[str, Answer] | None = None) -> Iterator[Faulty]:
    """Run a service that answers in one manner, but for some paths."""
    one = Faulty(manner, good)
    try:
        yield one
    finally:
        one.close()


class _Server(ThreadingHTTPServer):
    faulty: Faulty

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: callers hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = f"{self.requestline}\n{self.headers}\n{body.decode()}"
        faulty = self.server.faulty
        faulty.heard.append(asked)
        self.close_connection = True
        if self.path in faulty.good:
            self._send(faulty.good[self.path])
        elif faulty.manner in QUOTING:
            self._send(QUOTING[faulty.manner](asked))
        else:
            self._break(faulty)

    def _send(self, answer: Answer) -> None:
        status, headers, body = answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _break(self, faulty: Faulty) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
        match faulty.manner:
            case "reset":
                now = struct.pack("ii", 1, 0)  # no goodbye
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
                self.connection.close()
            case "half a body":
                self.wfile.write(head + b'{"a"')
            case "no HTTP":
                self.wfile.write(b"220 mail.example " + faulty.heard[-1].encode() + b"\r\n")
            case "hangs" | "hangs after the head":
                self.wfile.write(head if faulty.manner != "hangs" else b"")
                faulty.over.wait(10)

    def log_message(self, *_: object) -> None:
        """Write nothing."""
