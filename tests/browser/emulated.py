"""An emulator in a process of its own, and its owners' pages as a person uses them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import requests
from opened import expect
from served import START_S, STOP_S, environment

if TYPE_CHECKING:
    from playwright.sync_api import Page

CLOCK = "2026-06-01T12:00Z"


class OtherEmulator:
    """An emulator of another process, from its start until it is left.

    Attributes
    ----------
    url, base_url
        Its address, and that of its API.
    """

    def __init__(self, home: Path) -> None:
        lines = home / "emulator.env"
        command = [*(sys.executable, "-m", "engagement_kit.cli", "emulator", "--port", "0")]
        with (home / "emulator.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--clock", CLOCK, "--env-file", str(lines)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(home),
                cwd=home,
            )
        end = time.monotonic() + START_S
        while not lines.exists() and time.monotonic() < end and self._process.poll() is None:
            time.sleep(0.05)  # the file is whole once it is there: nothing else can be waited for
        exports = [
            line.removeprefix("export ").partition("=")
            for line in lines.read_text("utf-8").splitlines()
            if line.startswith("export ")
        ]
        self.base_url = {name: value for name, _, value in exports}["ENGAGEMENT_KIT_BASE_URL"]
        self.url = self.base_url.removesuffix("/insights/engagement")

    def tell(self, what: str) -> dict[str, Any]:
        """Ask its control API."""
        answer = requests.get(f"{self.url}/emulator/{what}", timeout=STOP_S)
        answer.raise_for_status()
        return dict(answer.json())

    def app(self) -> tuple[str, str]:
        """Return key and secret of its first app."""
        app = self.tell("accounts")["app"]
        return app["consumer_key"], app["consumer_secret"]

    def secrets(self) -> set[str]:
        """Return all keys of its first app, and of its accounts."""
        told = self.tell("accounts")
        kept = [one[name] for one in told["accounts"] for name in one if name.startswith("access")]
        return {*told["app"].values(), *kept}

    def seen(self) -> list[tuple[str, str, int]]:
        """List the requests that it had: account, method and path, status."""
        return [
            (one["account"], f"{one['method']} {one['path']}", one["status"])
            for one in self.tell("log")["requests"]
        ]

    def __enter__(self) -> OtherEmulator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(STOP_S)


def agree(page: Page, account: str) -> None:
    """Sign in as an account on the page that asks its owner, and let the app in."""
    page.get_by_label(account, exact=True).check()
    page.get_by_role("button", name="Authorize app").click()


def refuse(page: Page) -> None:
    """Say no on the page that asks an account's owner."""
    page.get_by_role("button", name="Cancel").click()


def pin_of(page: Page) -> str:
    """Read the PIN that the page shows."""
    pin = page.get_by_label("Type this PIN")
    expect(pin).to_be_visible()
    return pin.input_value()
