"""The one page that we serve: where a browser comes back to after the owner agreed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

from engagement_kit.errors import EngagementError
from engagement_kit.fetch.keys.secret import Secret

PORT: Final = 8766
"""The port of the address to register with an app; any other will do."""

_HOST: Final = "127.0.0.1"
_PATH: Final = "/callback"
_POLL_SECONDS: Final = 0.05
_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address holds the verifier
    "X-Content-Type-Options": "nosniff",
}
_PAGE: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="color-scheme" content="light dark">'
    "<title>engagement_kit</title><main><h1>{title}</h1><p>{text}</p></main></html>"
)


class Said(NamedTuple):
    """What a browser came back with.

    Attributes
    ----------
    token
        The request token of the walk that it speaks of.
    verifier
        To be exchanged for keys; empty, and so false, where the owner said no.
    """

    token: Secret
    verifier: Secret


class Callback:
    """Waits on this machine's loopback for a browser to come back.

    Parameters
    ----------
    is_ours : callable
        Tells of a request token whether it is of this walk. Whatever else comes is refused, and
        waiting goes on: any page may send a browser here.
    port
        0 takes any free one. With the live API the whole address must be registered with the app.

    Attributes
    ----------
    url : str
        Where the browser is to come back to.

    Raises
    ------
    EngagementError
        When the port is taken.

    Examples
    --------
    >>> with Callback(lambda token: True, port=0) as waiting:
    ...     waiting.wait(0.01) is None
    True
    """

    def __init__(self, is_ours: Callable[[str], bool], port: int = PORT) -> None:
        self._is_ours = is_ours
        self._came = threading.Event()
        self._said: Said | None = None
        try:
            self._server = _Server((_HOST, port), self)
        except OSError as error:
            msg = (
                f"port {port} can't be used ({error.strerror}): another login may be waiting "
                "there. Take another port, or the PIN"
            )
            raise EngagementError(msg) from error
        self.url = f"http://{_HOST}:{self._server.server_port}{_PATH}"
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": _POLL_SECONDS},
            name=f"engagement_kit waits on {self.url}",
            daemon=True,
        )
        self._thread.start()

    def wait(self, seconds: float) -> Said | None:
        """Wait for the browser; None where it did not come in this time."""
        self._came.wait(seconds)
        return self._said

    def close(self) -> None:
        """Stop waiting, and end a `wait` of another thread; does nothing the second time."""
        self._came.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, target: str, host: str) -> tuple[int, str, str]:
        """Take what a browser brings; give status, title and text of the page that it gets."""
        parts = urlsplit(target)
        if parts.path != _PATH or host != urlsplit(self.url).netloc:
            return 404, "Nothing is here", "engagement_kit waits for a login at another address."
        query = parse_qs(parts.query)
        denied = query.get("denied", [""])[0]
        token = denied or query.get("oauth_token", [""])[0]
        verifier = query.get("oauth_verifier", [""])[0]
        said = Said(Secret(token), Secret(verifier))
        if not self._is_ours(token) or not (verifier or denied):
            return 400, "This is not the login that was begun", "Begin again, by the newest link."
        self._said = self._said or said
        self._came.set()
        if denied:
            return 200, "Nothing was granted", "engagement_kit got no keys. Close this page."
        return 200, "Done", "engagement_kit has what it needs. Close this page."

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    # Browsers open connections ahead, on which nothing may come.
    def __init__(self, address: tuple[str, int], callback: Callback) -> None:
        self.callback = callback
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5.0  # a connection on which nothing comes must not hold up the one that is awaited

    def do_GET(self) -> None:
        status, title, text = self.server.callback.take(self.path, self.headers.get("Host", ""))
        self._answer(status, _PAGE.format(title=title, text=text))

    def _answer(self, status: int, page: str) -> None:
        body = page.encode()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name of the base
        """Write nothing: the address holds the verifier."""
