"""Who may knock at all: this machine's programs, and no page of another origin. Pure.

A web page may send requests to a service on the reader's own machine. Two things give it away.
After DNS rebinding the Host header still holds the page's own name. And browsers say where a
request comes from, in Origin and Sec-Fetch-Site, which no page can change or leave out.

Some paths are pages, to which a link of another page may lead: opened in a tab of their own they
show something, and do nothing. That is all that a foreign page can make of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
# "none": typed into the address bar. Another port of this machine is "same-site": not ours.
_OWN_SITES: Final = ("same-origin", "none")
PAGES: Final = ("/", "/oauth/authorize")


def is_page(method: str, path: str) -> bool:
    """Tell whether a request is one to which a link may lead: it shows a page, and does nothing.

    Examples
    --------
    >>> is_page("GET", "/oauth/authorize"), is_page("POST", "/oauth/authorize")
    (True, False)
    """
    return method == "GET" and path in PAGES


def refusal(
    headers: Mapping[str, str], public_url: str | None, page: bool = False
) -> tuple[int, str] | None:
    """Return status and text where a request may come from a foreign page.

    Parameters
    ----------
    headers : mapping
        Names in lower case.
    public_url : str, optional
        Another scheme and host under which the service is known.
    page : bool
        Whether a page is asked for, as `is_page` tells. A browser that opens one in a tab of its
        own is let in from anywhere, so that a link elsewhere works. Not into a frame, an image or
        a script.

    Examples
    --------
    >>> refusal({"host": "127.0.0.1:8080"}, None)
    >>> refusal({"host": "127.0.0.1:8080", "origin": "https://example.com"}, None)[0]
    403
    """
    host = headers.get("host", "").lower()
    public = urlsplit(public_url).netloc.lower() if public_url else None
    if not (_is_loopback(host) or (host and host == public)):
        return 421, f"answers only to the hosts {', '.join((*LOOPBACK, *filter(None, [public])))}"
    origin = headers.get("origin")
    own_origins = {f"http://{host}", *([public_url.lower()] if public_url else [])}
    if origin is not None and origin.lower() not in own_origins:
        return 403, "pages of another origin may not use it"
    if page and _opens_a_tab(headers):
        return None
    if headers.get("sec-fetch-site", "none").strip().lower() not in _OWN_SITES:
        return 403, "pages of another site may not use it"
    return None


def _opens_a_tab(headers: Mapping[str, str]) -> bool:
    """Tell whether a browser says that it shows the answer as a page by itself."""
    mode, kind = (headers.get(f"sec-fetch-{name}", "").strip() for name in ("mode", "dest"))
    return (mode.lower(), kind.lower()) == ("navigate", "document")


def _is_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine."""
    name, _, port = host.rpartition(":")
    if name and port.isascii() and port.isdigit():
        return name in LOOPBACK
    return host in LOOPBACK
