"""The emulator's page in the browser, and programs that ask the same emulator meanwhile."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests
from opened import PATIENCE_MS, SCREENSHOTS
from watched import Watch

from engagement_kit.emulator import Emulator

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
READY = "() => document.body.dataset.ready === 'true'"
# What has a text on this page beside the usual, for the measuring of contrasts.
KINDS = (
    *("h1", "h2", "p", "a", "legend", "small", "dt", "dd", "code", "pre", "time", "strong"),
    *("textarea", "input", "select", "figcaption"),
)
# Whatever reaches out of the window, and does not scroll by itself.
TOO_WIDE = """() => {
    const wrong = [];
    const rolls = one => /auto|scroll/.test(getComputedStyle(one).overflowX);
    for (const one of document.body.querySelectorAll('*')) {
        const box = one.getBoundingClientRect();
        let above = one.parentElement;
        while (above && !rolls(above)) above = above.parentElement;
        if (!box.width || above || one.closest('.unseen, .skip')) continue;
        if (box.right > innerWidth + 1 || box.left < -1)
            wrong.push(`${one.tagName}.${one.className}: ${box.left} to ${box.right}`);
        if (!rolls(one) && one.clientWidth && one.scrollWidth > one.clientWidth + 1 &&
            !one.matches('input, select, textarea'))
            wrong.push(`${one.tagName}.${one.className}: ${one.scrollWidth} in ${one.clientWidth}`);
    }
    if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page scrolls sideways');
    return wrong;
}"""
FOCUSED = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const box = one.getBoundingClientRect();
    const shown = one.closest('.pill') || one;
    const style = getComputedStyle(shown);
    return {
        kind: one.tagName, id: one.id, y: box.top + scrollY, height: box.height,
        name: one.getAttribute('aria-label') || one.textContent.trim().slice(0, 60),
        outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    };
}"""


class Visited:
    """The page of an emulator, as a person sees it.

    Attributes
    ----------
    page
        The page of Playwright.
    emulator
        Which it shows.
    watch
        What the page did that it must not do.
    said
        What the browser's console said.
    """

    def __init__(self, page: Page, emulator: Emulator, test: str) -> None:
        self.page = page
        self.emulator = emulator
        self.watch = Watch()
        self.said: list[str] = []
        self._test = test
        self.watch.on(page)
        page.on("console", lambda one: self.said.append(f"{one.type}: {one.text}"))
        page.on("dialog", lambda one: self.watch.found.append(f"a dialog: {one.message}"))

    def open(self) -> None:
        """Open the page, and come back when all of it is there."""
        self.page.goto(f"{self.emulator.url}/")
        self.page.wait_for_function(READY, timeout=PATIENCE_MS)

    def place(self, name: str) -> Locator:
        """Return a section by its heading."""
        return self.page.get_by_role("region", name=name, exact=True)

    def screenshot(self, name: str, *, whole: bool = True) -> None:
        """Keep what the page shows as a picture."""
        path = SCREENSHOTS / f"{self._test}-{name}.png"
        self.page.screenshot(path=path, animations="disabled", full_page=whole)

    def ask(self, body: str | bytes, endpoint: str = "totals", **headers: str) -> requests.Response:
        """Ask the emulator as another program does, for the app alone."""
        app = self.emulator.world.app
        return requests.post(
            f"{self.emulator.base_url}/{endpoint}",
            data=body,
            headers={
                "Authorization": f"Bearer {app.bearer_token}",
                "Content-Type": "application/json",
                **headers,
            },
            timeout=10,
        )

    def question(self) -> str:
        """Write a body that the app alone may send."""
        ids = self.emulator.world.sample_ids("acme", 2, self.emulator.clock.now())
        body: dict[str, Any] = {
            "tweet_ids": ids,
            "engagement_types": ["favorites"],
            "groupings": {"mine": {"group_by": ["tweet.id"]}},
        }
        return json.dumps(body)
