"""The sockets: HTTP/1.1 on loopback around `Service`, in daemon threads; no rule of the API."""

from __future__ import annotations

import atexit
import contextlib
import socket
import socketserver
import threading
from collections import deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from engagement_kit.emulator.clock import WorldClock
from engagement_kit.emulator.limits import BASE_PATH
from engagement_kit.emulator.service import MAX_BODY, Record, Response, Service
from engagement_kit.emulator.settings import Settings
from engagement_kit.emulator.world import World

LOOPBACK: Final = "127.0.0.1"
_JOIN_S: Final = 5.0  # how long `stop` waits for a thread that still computes an answer


class Emulator:
    """Serve a world over HTTP on this machine, from construction until `stop`.

    Parameters
    ----------
    world : World, optional
        The truth; the standard world by default.
    clock : WorldClock, optional
        The world's time; follows real time by default.
    settings : Settings, optional
    port : int
        0 takes any free port.

    Attributes
    ----------
    url : str
        As in "http://127.0.0.1:40123".
    base_url : str
        The same with "/insights/engagement", to which an endpoint's name is added.
    name : str
        The world's stable name, as in "emulator/standard-0".
    world, clock, settings
        As given.

    Raises
    ------
    OSError
        If the port is taken.

    Examples
    --------
    >>> with Emulator() as emulator:
    ...     emulator.name
    'emulator/standard-0'
    """

    def __init__(
        self,
        world: World | None = None,
        clock: WorldClock | None = None,
        settings: Settings | None = None,
        port: int = 0,
    ) -> None:
        self.world = world or World()
        self.clock = clock or WorldClock()
        self.settings = settings or Settings()
        self._service = Service(self.world, self.clock, self.settings)
        self.name = self._service.name
        self._server = _Server((LOOPBACK, port), self._service)
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"
        self.base_url = self.url + BASE_PATH
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            # How long `stop` may have to wait for the accepting thread, in seconds.
            kwargs={"poll_interval": 0.05},
            name=f"{self.name} on {self.url}",
            daemon=True,
        )
        self._stopping = threading.Lock()
        self._stopped = False
        self._thread.start()
        atexit.register(self.stop)

    @property
    def requests_served(self) -> int:
        """How many requests have been answered so far, whatever the status."""
        return self._service.requests_served

    @property
    def log(self) -> deque[Record]:
        """The newest requests, oldest first, without secrets."""
        return self._service.log

    def respond(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Response:
        """Answer one request without the socket; see `Service.respond`."""
        return self._service.respond(method, target, headers, body)

    def stop(self) -> None:
        """Stop serving and end all threads; does nothing the second time."""
        with self._stopping:
            if self._stopped:
                return
            self._stopped = True
            atexit.unregister(self.stop)
            self._server.shutdown()
            self._thread.join(_JOIN_S)
            self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "stopped" if self._stopped else self.url
        return f"<Emulator {self.name}: {state}>"


class _Server(ThreadingHTTPServer):
    """A threading server that knows its connections, so that stopping leaves none behind."""

    request_queue_size = 128

    def __init__(self, address: tuple[str, int], service: Service) -> None:
        self.service = service
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
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
        socketserver.TCPServer.server_close(self)
        with self._lock:
            connections = list(self._connections.items())
        for thread, connection in connections:
            with contextlib.suppress(OSError):  # the caller may have hung up already
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(_JOIN_S)


class _Handler(BaseHTTPRequestHandler):
    """Read one request, let the service answer, write the answer."""

    protocol_version = "HTTP/1.1"  # keep-alive
    disable_nagle_algorithm = True  # small answers must not wait 40 ms
    wbufsize = 1 << 16  # head and body leave in one packet
    server: _Server

    def _serve(self) -> None:
        """Serve a request of any method."""
        body = self._body()
        if isinstance(body, Response):
            self.close_connection = True  # what follows on the line can't be told apart
            self._write(body)
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

    def _body(self) -> bytes | Response:
        """Read the body, or return the refusal of one whose length is unknown or too large."""
        problem = self.server.service.problem
        if self.headers.get("Transfer-Encoding"):
            return problem(411, "a Content-Length is required, chunks are not read")
        text = self.headers.get("Content-Length", "0").strip()
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            return problem(400, "Content-Length is not a number")
        if int(text) > MAX_BODY:
            return problem(413, f"the body has more than {MAX_BODY} bytes")
        return self.rfile.read(int(text))

    def _write(self, response: Response) -> None:
        """Write an answer."""
        # Without the handler's own Server and Date headers: the response has its own.
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def handle_expect_100(self) -> bool:
        """Tell a caller that waits for leave to send its body, at once."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer bytes that are no request in the form of every other error."""
        del explain
        self.close_connection = True
        self.request_version = self.protocol_version  # a line of nonsense counts as HTTP/0.9
        self._write(self.server.service.problem(code, message or "not an HTTP request"))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base's name
        """Say nothing: requests are in `Emulator.log`."""
