"""Serves the emulator's page: a few files of this package, and headers that shut others out.

The page shows and steers by the control API alone. Its scripts can write no HTML: the browser is
told to refuse it (Trusted Types), so that nothing that comes from a request can become a part of
the page.
"""

from __future__ import annotations

from importlib import resources
from typing import Final, Protocol

from engagement_kit.emulator.api.answer import Reply
from engagement_kit.emulator.api.checks import OURS

_HOME: Final = "/"
_BELOW: Final = "/page/"
_NAMES: Final = {
    _HOME: "index.html",
    "/favicon.ico": "icon.svg",  # browsers ask for it beside what is no page, as /emulator/
}
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_POLICY: Final = (
    *("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"),
    *("img-src 'self' data:", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"),
    *("require-trusted-types-for 'script'", "trusted-types 'none'"),
)
# Secrets and invented data: never kept by a cache, never loaded into another page.
OWN_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# What is shown by itself: in no frame, and out of reach for the page that opened it.
PAGE_HEADERS: Final = {
    **OWN_HEADERS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
HEADERS: Final = {
    **PAGE_HEADERS,
    "Content-Security-Policy": "; ".join(_POLICY),
    "Referrer-Policy": "no-referrer",
}


class Visit(Protocol):
    """What this module needs to know of a request."""

    @property
    def method(self) -> str: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102


def is_meant(visit: Visit) -> bool:
    """Tell whether a request reads the page or one of its files.

    Other methods are not meant: who posts to the root has a wrong address for the API, and shall
    find that in the log.
    """
    is_ours = visit.path in _NAMES or visit.path.startswith(_BELOW)
    return is_ours and visit.method in {"GET", "HEAD"}


def respond(visit: Visit) -> Reply:
    """Return the page or one of its files.

    Parameters
    ----------
    visit : Visit
        One that `is_meant`.

    Returns
    -------
    Reply
        200 with the file, or 404 where there is none of this name. Visits are neither counted nor
        logged.
    """
    name = _NAMES.get(visit.path) or visit.path.removeprefix(_BELOW)
    # Looked up in a list, so that no name can lead elsewhere.
    files = {one.name: one for one in resources.files(__package__).iterdir()}
    kind = _TYPES.get(name.rpartition(".")[2])
    if name not in files or kind is None:
        return Reply(404, {"errors": [f"{OURS}no such file; the page is at {_HOME}"]})
    return Reply(200, {}, plain=(kind, files[name].read_bytes()))
