"""Why no answer came, as a person says it: the network, the address, or the service."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
)

ADVICE: Final = (
    "What was answered is kept, and the same again goes on. `engagement-kit doctor` looks at "
    "this machine, the network and the address."
)
_BY_KIND: Final[tuple[tuple[tuple[type, ...], str], ...]] = (
    (
        (ProxyError, requests.exceptions.ProxyError),
        "the proxy does not let it through; look at HTTPS_PROXY, and at the network",
    ),
    (
        (requests.exceptions.SSLError,),
        "no safe connection (TLS) could be made; look at the clock of this machine and at proxies",
    ),
    (
        (ConnectTimeoutError, requests.exceptions.ConnectTimeout),
        "no connection came about in time; look at the network, and for a firewall",
    ),
    (
        (requests.exceptions.Timeout,),
        "it was reached, and was silent for too long; the service may be slow or down",
    ),
    (
        (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError),
        "it was reached, and the connection broke; the service or the network may be down",
    ),
)
"""The first that fits, of what the library raised or what it wraps."""
_NO_NAME_SERVER: Final = {socket.EAI_AGAIN}


def is_reached(error: BaseException) -> bool:
    """Say whether a connection was there: no name, no route, a closed port and no TLS are none."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError):
        return False
    return not isinstance(_reason(error), NewConnectionError | ConnectTimeoutError | ProxyError)


def why(error: BaseException, base_url: str, *, is_of_api: bool) -> str:
    """Say in a sentence whether it is the network, the address or the service.

    Parameters
    ----------
    error
        What the library raised.
    base_url
        What was called.
    is_of_api
        Whether that is the API's own address: then it is right, and the network is the matter.

    Returns
    -------
    str
        Without the words of the library.

    Examples
    --------
    >>> why(requests.ReadTimeout(), "https://api.invalid", is_of_api=False)
    'it was reached, and was silent for too long; the service may be slow or down'
    """
    reason = _reason(error)
    host = urlsplit(base_url).hostname or base_url
    if isinstance(reason, NameResolutionError):
        return _no_name(reason, host, is_of_api=is_of_api)
    if isinstance(reason, NewConnectionError):
        return _no_way(reason, is_of_api=is_of_api)
    for kinds, words in _BY_KIND:
        if isinstance(error, kinds) or isinstance(reason, kinds):
            return words
    return "the address can't be called; look at base_url="


def _reason(error: BaseException) -> object:
    """Find what happened; a MaxRetryError wraps it."""
    cause = error.args[0] if error.args else None
    return getattr(cause, "reason", cause)


def _no_name(reason: NameResolutionError, host: str, *, is_of_api: bool) -> str:
    code = getattr(reason.__cause__, "errno", None)
    if is_of_api or code in _NO_NAME_SERVER:
        return f"the name {host} can't be looked up: this machine seems to have no network"
    return f"no machine is called {host}: look at base_url=, and at the network"


def _no_way(reason: NewConnectionError, *, is_of_api: bool) -> str:
    if isinstance(reason.__cause__, ConnectionRefusedError):
        if is_of_api:
            return "the connection was refused; the service is down, or a firewall is in the way"
        return "nothing listens there: look at base_url=, or start what is to answer"
    return "there is no way to it: this machine seems to have no network"
