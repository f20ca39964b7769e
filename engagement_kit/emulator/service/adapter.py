"""The emulator behind a `requests` session without a socket: same answers, same failures."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from http.client import responses
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.response import HTTPResponse
from urllib3.util import Timeout

from engagement_kit.emulator.service import damage
from engagement_kit.emulator.service.packing import Response
from engagement_kit.emulator.service.service import Service

_FOREVER: Final = float("inf")


class EmulatorAdapter(BaseAdapter):
    """Answer the requests of a session in this process. Made by `Emulator.adapter`.

    Parameters
    ----------
    service : Service
        Answers.
    sleep : callable
        Waits for seconds: where an answer is slow on demand. Tests give their own.
    is_running : callable
        Tells whether the emulator was not stopped yet.
    """

    def __init__(
        self,
        service: Service,
        *,
        sleep: Callable[[float], None] = time.sleep,
        is_running: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__()
        self._service = service
        self._sleep = sleep
        self._is_running = is_running

    def send(  # noqa: PLR0917 -- the signature of `requests`
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float | None, float | None] | None = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Answer one request.

        Raises
        ------
        requests.ReadTimeout
            Where the answer would take longer than the timeout.
        requests.ConnectionError
            Where a fault resets or closes the connection before the answer, or the emulator was
            stopped.
        """
        del stream, verify, cert, proxies  # they speak of sockets
        assert request.url is not None
        if not self._is_running():
            raise requests.ConnectionError("the emulator was stopped", request=request)
        headers = {"Host": urlsplit(request.url).netloc, **_texts(request.headers)}
        answered = self._service.respond(
            request.method or "GET", request.url, headers, _body(request.body), local=True
        )
        self._wait(answered, _read_timeout(timeout), request)
        if answered.manner.ending in {"reset", "silent"}:
            raise requests.ConnectionError("connection closed by the emulator", request=request)
        # The adapter of sockets knows how to build a Response that decodes, streams and closes.
        return HTTPAdapter().build_response(request, _raw(answered, request.method or "GET"))

    def _wait(
        self, answered: Response, patience_s: float, request: requests.PreparedRequest
    ) -> None:
        """Wait as long as the answer takes, or as the caller has patience."""
        delay_s = answered.manner.delay_s
        if delay_s:
            self._sleep(min(delay_s, patience_s))
        if delay_s > patience_s:
            raise requests.ReadTimeout(f"no answer within {patience_s} s", request=request)

    def close(self) -> None:
        """Nothing is open."""


def _texts(headers: Mapping[str, Any]) -> dict[str, str]:
    """Return headers as text; signed ones are bytes."""
    return {
        str(name): value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in headers.items()
    }


def _body(body: Any) -> bytes:
    """Return a body in any of the forms in which `requests` takes it."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if hasattr(body, "read"):
        return _body(body.read())
    return b"".join(_body(part) for part in body)


def _read_timeout(timeout: Any) -> float:
    """Return how long the caller waits for an answer, in seconds."""
    if isinstance(timeout, Timeout):
        timeout = timeout.read_timeout
    seconds = timeout[1] if isinstance(timeout, tuple) else timeout
    return seconds if isinstance(seconds, int | float) else _FOREVER


def _raw(answered: Response, method: str) -> HTTPResponse:
    """Return the response as urllib3 would have read it from a socket."""
    body = damage.leaving(answered)
    return HTTPResponse(
        body=io.BytesIO(b"" if method == "HEAD" else body),
        headers=answered.headers,
        status=answered.status,
        reason=responses.get(answered.status),
        version=11,
        preload_content=False,
        decode_content=False,
        enforce_content_length=True,
        request_method=method,
    )
