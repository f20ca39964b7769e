"""Looks at the way to a service, and asks it the time; starts an emulator, and asks it, too.

Nothing that is sent here is signed, billed or counted: a HEAD of a service's first page, without
keys, and requests to this machine itself.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import NameResolutionError, NewConnectionError

from engagement_kit.client.health.clocks import Said
from engagement_kit.client.health.network import ReachSeen, Trouble, WaySeen
from engagement_kit.fetch import sessions
from engagement_kit.fetch.elsewhere import find_emulator

SECONDS: Final = 10.0
"""How long an answer is waited for."""

_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The variables that `requests` reads, the first that is set counts."""
_NO_BUNDLE: Final = "TLS CA certificate bundle"
Clock = Callable[[], float]


def way_to(origin: str, environment: Mapping[str, str] = os.environ) -> WaySeen:
    """Look what a request to a service would pass; nothing is sent.

    Parameters
    ----------
    origin
        Scheme and host.
    environment
        Where a variable may name certificates.
    """
    if urlsplit(origin).hostname in sessions.LOOPBACK:
        return WaySeen(origin)
    proxy = select_proxy(origin, get_environ_proxies(origin)) or ""
    name = next((one for one in _BUNDLES if environment.get(one)), "")
    bundle = environment.get(name, "")
    there = not bundle or Path(bundle).exists()
    return WaySeen(origin, _without_user(proxy), bundle, name, there)


def _without_user(proxy: str) -> str:
    """Name a proxy by scheme and host alone: what else stands in its address may be a password."""
    scheme, _, rest = proxy.rpartition("://")
    host = rest.rpartition("@")[2].partition("/")[0]
    return f"{scheme}://{host}" if scheme else host


def reach(
    origin: str, *, unix_now: Clock = time.time, seconds: float = SECONDS
) -> tuple[ReachSeen, Said | None]:
    """Ask a service for the head of its first page: unsigned, and of no endpoint.

    Parameters
    ----------
    origin
        Scheme and host.
    unix_now
        This machine's clock.
    seconds
        How long an answer is waited for.

    Returns
    -------
    seen : ReachSeen
        Whether it answered.
    said : Said or None
        Its Date header, where it has one.
    """
    own = urlsplit(origin).hostname in sessions.LOOPBACK
    began = time.perf_counter()
    with sessions.discreet(requests.Session(), origin) as session:
        sent = unix_now()
        try:
            reply = session.head(
                f"{origin}/",
                timeout=(seconds, seconds),
                allow_redirects=False,
                auth=_unsigned,
                headers={"Cache-Control": "no-cache"},  # a kept answer tells an old time
            )
        except (requests.RequestException, OSError, ValueError) as error:
            took = time.perf_counter() - began
            return ReachSeen(origin, _trouble(error), seconds=took, own=own), None
        came, took = unix_now(), time.perf_counter() - began
    date = reply.headers.get("Date")
    age = reply.headers.get("Age", "")
    waited = float(age) if age.isdecimal() else 0.0
    said = Said(origin, date, sent, came, waited) if date else None
    found = find_emulator(origin) if own else None
    name = found.name if found else ""
    return ReachSeen(origin, "", reply.status_code, took, name, own), said


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave a request as it is: else `requests` would take a password for this host of ~/.netrc."""
    return request


def _trouble(error: Exception) -> Trouble:
    """Say in a word why no answer came."""
    kinds: tuple[tuple[type[Exception], Trouble], ...] = (
        (requests.exceptions.ProxyError, "proxy"),
        (requests.exceptions.SSLError, "tls"),
        (requests.exceptions.Timeout, "slow"),
    )
    for kind, word in kinds:
        if isinstance(error, kind):
            return word
    cause = error.args[0] if error.args else None
    if _NO_BUNDLE in str(cause):  # an OSError of `requests`, of no kind of its own
        return "tls"
    reason = getattr(cause, "reason", cause)  # a MaxRetryError wraps what happened
    if isinstance(reason, NameResolutionError | socket.gaierror):
        return "name"
    return "refused" if isinstance(reason, NewConnectionError | ConnectionError) else "other"


def emulator() -> tuple[str, str]:
    """Start an emulator on a free port, ask it its clock as another process would, and stop it.

    Returns
    -------
    trouble : str
        What kept it from starting or answering; empty where nothing did.
    served : str
        What it said of its clock.
    """
    from engagement_kit.emulator import Emulator

    try:
        with Emulator() as one:
            found = find_emulator(one.base_url)
            if found is None:
                return f"it started, and nothing answered at {one.url}", ""
            return "", f"{found.name}, {found.now():%Y-%m-%d %H:%M} UTC"
    except OSError as error:
        return error.strerror or type(error).__name__, ""
