"""What pages of the browser did that they must not do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Watch:
    """What pages did that they must not do.

    Parameters
    ----------
    in_vain
        Addresses elsewhere that may be asked for; the browser finds no way there.
    """

    def __init__(self, in_vain: frozenset[str] = frozenset()) -> None:
        self._in_vain = in_vain
        self.found: list[str] = []

    def on(self, page: Page) -> None:
        """Begin to watch a page."""
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", lambda one: self._asked(one.url))
        page.on("pageerror", lambda error: self.found.append(f"the page failed: {error}"))

    def _asked(self, url: str) -> None:
        host = urlsplit(url).hostname  # None: data:, blob: and about: ask nobody
        if host not in {None, "127.0.0.1", "localhost"} and url not in self._in_vain:
            self.found.append(f"asked elsewhere: {url}")
