"""The sockets: HTTP/1.1 on loopback around `Service`, in daemon threads; no rule of the API."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import sys
import threading
import time
from email.errors import (
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
    MisplacedEnvelopeHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from engagement_kit.emulator.service import damage
from engagement_kit.emulator.service.packing import MAX_BODY, Response
from engagement_kit.emulator.service.service import Service

LOOPBACK: Final = "127.0.0.1"
_JOIN_S: Final = 5.0  # how long closing waits for threads that still compute an answer
_IDLE_S: Final = 300.0  # how long a connection may stay open with nothing said
_LONGEST_LINE: Final = 1 << 12  # of a chunk's head or a trailer, in bytes
_END: Final = b"\r\n"  # of such lines and of chunks; LF alone is none, or readers could differ
_MOST_TRAILERS: Final = 100
_DRAIN_BYTES: Final = 4 * MAX_BODY  # of a refused body that are read, so that its answer arrives
_DRAIN_S: Final = 2.0  # how long the caller may pause meanwhile
_DRAIN_ALL_S: Final = 30.0
# Not those about multipart bodies, which are looked for in vain among the headers.
_DEFECTS: Final = (
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
    MisplacedEnvelopeHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
# SO_LINGER: close at once, with a reset.
_RESET: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Server(ThreadingHTTPServer):
    """A threading server that knows its connections, so that stopping leaves none behind."""

    request_queue_size = 128

    def __init__(self, address: tuple[str, int], service: Service) -> None:
        self.service = service
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        self.closing = threading.Event()  # ends the waiting of slow answers
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking the name service for this machine's name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for a connection, and remember both."""
        thread = threading.Thread(
            target=self._serve_connection, args=(request, client_address), daemon=True
        )
        with self._lock:
            self._connections[thread] = request
        thread.start()

    def _serve_connection(self, request: Any, client_address: Any) -> None:
        """Serve one connection until it ends."""
        try:
            self.process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections.pop(threading.current_thread(), None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a caller that hangs up is no news, and nothing here may print."""

    def server_close(self) -> None:
        """Close the listening socket, wake the threads that wait for a caller, and join them."""
        self.closing.set()
        socketserver.TCPServer.server_close(self)
        with self._lock:
            connections = list(self._connections.items())
        for _, connection in connections:
            with contextlib.suppress(OSError):  # the caller may have hung up already
                connection.shutdown(socket.SHUT_RDWR)
        latest = time.monotonic() + _JOIN_S
        for thread, _ in connections:
            thread.join(max(0.0, latest - time.monotonic()))


class _BadBody(Exception):
    """A request's body can't be read: status and text of the refusal."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    """Read one request, let the service answer, write the answer."""

    protocol_version = "HTTP/1.1"  # keep-alive
    timeout = _IDLE_S
    disable_nagle_algorithm = True  # small answers must not wait 40 ms
    wbufsize = 1 << 16  # head and body leave in one packet
    server: Server

    def _serve(self) -> None:
        """Serve a request of any method."""
        try:
            body = self._body()
        except _BadBody as bad:
            self._refuse(bad.status, str(bad))
            return
        service = self.server.service
        headers = {name: str(value) for name, value in self.headers.items()}
        try:
            response = service.respond(self.command, self.path, headers, body)
        except Exception:  # noqa: BLE001 -- the caller must get an answer, as from the service
            response = service.problem(500, "internal server error")
        self._write(response)

    def __getattr__(self, name: str) -> Any:
        """Serve every method, known or not: the service decides what it is."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _body(self) -> bytes:
        """Read the body, of an announced length or in chunks.

        Raises
        ------
        _BadBody
            Where its end can't be told, or it is too large.
        """
        # Such as a space before a colon: the lines from there on would count as no headers.
        if any(isinstance(defect, _DEFECTS) for defect in self.headers.defects):
            raise _BadBody(400, "the headers are malformed")
        for name in ("Host", "Content-Length", "Transfer-Encoding"):
            if len(self.headers.get_all(name, [])) > 1:
                raise _BadBody(400, f"{name} stands there more than once")
        coding = self.headers.get("Transfer-Encoding")
        length = self.headers.get("Content-Length")
        if coding is None:
            text = (length or "0").strip()
            if not (text.isascii() and text.isdigit() and len(text) < 20):
                raise _BadBody(400, "Content-Length is not a number")
            if int(text) > MAX_BODY:
                raise _BadBody(413, f"the body has more than {MAX_BODY} bytes")
            return self._exactly(int(text))
        if length is not None:  # two ends: a way to smuggle requests (RFC 9112, section 6.3)
            raise _BadBody(400, "a body has a Content-Length or a Transfer-Encoding, not both")
        if coding.strip().lower() != "chunked":
            raise _BadBody(501, "the only Transfer-Encoding is chunked")
        return self._chunks()

    def _chunks(self) -> bytes:
        """Read a body that comes in chunks (RFC 9112, section 7.1)."""
        parts: list[bytes] = []
        room = MAX_BODY
        while size := self._chunk_size():
            room -= size
            if room < 0:
                raise _BadBody(413, f"the body has more than {MAX_BODY} bytes")
            parts.append(self._exactly(size))
            if self._exactly(len(_END)) != _END:
                raise _BadBody(400, "a chunk is longer than it says")
        for _ in range(_MOST_TRAILERS + 1):
            if self._line() == _END:  # trailers mean nothing here
                return b"".join(parts)
        raise _BadBody(400, f"more than {_MOST_TRAILERS} trailers")

    def _exactly(self, size: int) -> bytes:
        """Read so many bytes."""
        found = self.rfile.read(size)
        if len(found) < size:
            raise _BadBody(400, "the body is shorter than it says")
        return found

    def _line(self) -> bytes:
        """Read a line between chunks."""
        line = self.rfile.readline(_LONGEST_LINE)
        if not line.endswith(_END):
            raise _BadBody(400, f"a line between chunks has no end within {_LONGEST_LINE} bytes")
        return line

    def _chunk_size(self) -> int:
        """Read the head of a chunk: its size in hexadecimal digits, and extensions."""
        digits = self._line().partition(b";")[0].strip()
        if not 0 < len(digits) <= 8 or digits.strip(b"0123456789abcdefABCDEF"):
            raise _BadBody(400, "a chunk does not begin with its size")
        return int(digits, 16)

    def _refuse(self, status: int, text: str) -> None:
        """Answer a request whose body was not read to its end, and close."""
        self.close_connection = True  # what follows on the line can't be told apart
        self._write(self.server.service.problem(status, text))
        # Closing with bytes unread resets the connection, and the answer may be lost with it.
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_DRAIN_S)
            room, latest = _DRAIN_BYTES, time.monotonic() + _DRAIN_ALL_S
            while room > 0 and time.monotonic() < latest:
                part = self.connection.recv(1 << 16)
                if not part:
                    break
                room -= len(part)

    def _write(self, response: Response) -> None:
        """Write an answer in its manner: whole, late, in part or not at all."""
        manner = response.manner
        if manner.delay_s:
            self.server.closing.wait(manner.delay_s)
        if manner.ending != "whole":
            self.close_connection = True
        if manner.ending == "silent":
            return
        if manner.ending == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            # Closed here: the base would shut it down first, and the caller see an orderly end.
            socket.close(self.connection.detach())
            return
        # Without the handler's own Server and Date headers: the response has its own.
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(damage.leaving(response))
        self.wfile.flush()

    def handle_expect_100(self) -> bool:
        """Tell a caller that waits for leave to send its body, at once."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer bytes that are no request in the form of every other error."""
        del explain
        self.request_version = self.protocol_version  # a line of nonsense counts as HTTP/0.9
        self._refuse(code, message or "not an HTTP request")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base's name
        """Say nothing: requests are in `Emulator.log`."""
