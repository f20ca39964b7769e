"""The one socket: sends a signed Request and gives back the three parts of HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, Protocol

import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import HTTPError

from engagement_kit.errors import ConnectionBroken
from engagement_kit.fetch import sessions, unreached
from engagement_kit.fetch.keys.apart import apart
from engagement_kit.fetch.keys.credentials import Credentials
from engagement_kit.fetch.keys.echo import without_echo
from engagement_kit.fetch.keys.secret import scrubbed
from engagement_kit.fetch.keys.signing import signer
from engagement_kit.fetch.wire import HEADERS, Reply
from engagement_kit.question.request import Request
from engagement_kit.question.rules import LIVE_BASE_URL

_CONNECT_SECONDS: Final = 10.0
_READ_SECONDS: Final = 120.0
_CHUNK: Final = 1 << 16


class Transport(Protocol):
    """The door to the network."""

    credentials: Credentials

    def send(self, request: Request) -> Reply:
        """Send one request; raise ConnectionBroken when no answer comes."""
        ...

    def with_keys(self, credentials: Credentials) -> Transport:
        """Give a door to the same service that signs with other keys."""
        ...


class HttpTransport:
    """Sends over HTTP, from several threads at once.

    Parameters
    ----------
    base_url
        Up to ``/insights/engagement``, without the endpoint.
    credentials
        The keys.
    agent
        The User-Agent.
    timeout
        Seconds to connect, and between two bytes of the answer.
    adapter
        Carries the requests instead of a socket: an emulator in this process.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        agent: str,
        timeout: tuple[float, float] = (_CONNECT_SECONDS, _READ_SECONDS),
        adapter: BaseAdapter | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.credentials = credentials
        self._agent = agent
        self._timeout = timeout
        self._adapter = adapter
        self._idle: list[requests.Session] = []

    @apart
    def send(self, request: Request) -> Reply:
        """Send one request.

        Raises
        ------
        ConnectionBroken
            When no whole answer came.
        CredentialsMissing
            When there is no key for it.
        """
        auth = signer(self.credentials, request.credential, request.account)
        url = f"{self.base_url}/{request.endpoint}"
        try:
            with (
                self._session() as session,
                session.post(
                    url,
                    data=request.body,
                    headers={**HEADERS, "User-Agent": self._agent},
                    auth=auth,
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                reply = Reply(response.status_code, dict(response.headers), _body(response))
                return without_echo(reply, self.credentials.secrets())
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # A ValueError: of oauthlib, http.client or idna, where an address or a header is none.
            reached = unreached.is_reached(error)
            why = unreached.why(error, self.base_url, is_of_api=self.base_url == LIVE_BASE_URL)
            detail = f"{type(error).__name__}: {error}"
        words = f"no answer from {self.base_url}: {why}.\n{unreached.ADVICE}"
        safe, detail = (
            sessions.without_users(scrubbed(one, self.credentials.secrets()))
            for one in (words, detail)
        )
        raise ConnectionBroken(safe, reached=reached, detail=detail)

    def with_keys(self, credentials: Credentials) -> HttpTransport:
        """Give a transport to the same service that signs with other keys; both share sessions."""
        other = HttpTransport(
            self.base_url, credentials, self._agent, self._timeout, adapter=self._adapter
        )
        other._idle = self._idle
        return other

    @contextmanager
    def _session(self) -> Iterator[requests.Session]:
        """Lend a session that nobody else uses meanwhile; there are never more than are in use.

        Each run has threads of its own, so that a session for each thread would pile up.
        """
        try:
            session = self._idle.pop()
        except IndexError:
            session = sessions.discreet(requests.Session(), self.base_url, self._adapter)
        try:
            yield session
        finally:
            self._idle.append(session)

    def close(self) -> None:
        """Close all connections."""
        while self._idle:
            self._idle.pop().close()


def _body(response: requests.Response) -> bytes:
    """Read the body as it was sent, still packed; of one that breaks off, what had come.

    A cut body is evidence: `wire` finds it unreadable, and the store keeps it.
    """
    parts: list[bytes] = []
    with suppress(HTTPError, OSError):
        parts.extend(response.raw.stream(_CHUNK, decode_content=False))
    return b"".join(parts)
