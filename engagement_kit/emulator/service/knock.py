"""A request as it came in: what all that answer one need to know of it."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import urlsplit

from engagement_kit.emulator.api.limits import BASE_PATH, ENDPOINTS, Endpoint

PATHS: Final[dict[str, Endpoint]] = {f"{BASE_PATH}/{name}": name for name in ENDPOINTS}
"""The paths of the API's own endpoints."""


class Knock(NamedTuple):
    """A request, with the moment of its arrival.

    Attributes
    ----------
    method : str
        As in "POST".
    path : str
        Without the query, still percent-encoded.
    url : str
        As the caller signed it: scheme, host and the raw request target.
    headers : dict
        Names in lower case.
    body : bytes
        As sent.
    at : float
        Real time in Unix seconds.
    local : bool
        Whether it came from within this process.
    """

    method: str
    path: str
    url: str
    headers: dict[str, str]
    body: bytes
    at: float
    local: bool = False

    @property
    def endpoint(self) -> Endpoint | None:
        """Which endpoint is asked, if any."""
        return PATHS.get(self.path)


def split(target: str) -> tuple[str, str]:
    """Return origin and path of a request target; no origin where only a path was sent.

    Proxies and our own adapter send the whole address (RFC 9112, section 3.2.2).

    Examples
    --------
    >>> split("/a?b=c"), split("http://127.0.0.1:1/a?b=c")
    (('', '/a'), ('http://127.0.0.1:1', '/a'))
    """
    if not target.lower().startswith(("http://", "https://")):
        return "", target.partition("?")[0]
    try:
        parts = urlsplit(target)
    except ValueError:  # such as an IPv6 address without its end
        return "", ""
    return f"{parts.scheme}://{parts.netloc}", parts.path
