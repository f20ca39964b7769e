"""The request form as a person meets it: its cells, and where things are on the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from opened import Opened, OpenedInLab

if TYPE_CHECKING:
    from playwright.sync_api import Locator

NOW = "2026-06-01T12:30Z"
CONNECT = f"""
import pandas as pd
import engagement_kit as ek
from engagement_kit.emulator import Fault

client = ek.connect("emulator", clock="{NOW}", threads=1)
"""
FORM = "form = ek.RequestForm(client)\nform"
CELLS = (CONNECT, FORM)


def control(opened: Opened, label: str) -> Locator:
    """Find a field by its label."""
    return opened.shown.get_by_label(label, exact=True)


def button(opened: Opened, text: str) -> Locator:
    """Find a button by its text."""
    return opened.shown.get_by_role("button", name=text, exact=True)


def tick(opened: Opened, metric: str) -> Locator:
    """Find the box of a metric."""
    return opened.shown.get_by_role("checkbox", name=metric, exact=True)


def words(opened: Opened, name: str) -> Locator:
    """Find a place for words by its class."""
    return opened.shown.locator(f".ek-{name}")


def read(opened: OpenedInLab, code: str) -> Any:
    """Read a value of the kernel that JSON can hold."""
    return json.loads(opened.run(f"import json; print(json.dumps({code}))"))


def paste(opened: Opened, label: str, text: str) -> None:
    """Put text into a field by the clipboard, as a person does."""
    opened.page.evaluate("text => navigator.clipboard.writeText(text)", text)
    control(opened, label).click()
    opened.page.keyboard.press("ControlOrMeta+A")
    opened.page.keyboard.press("ControlOrMeta+V")


def copied(opened: Opened, label: str) -> str:
    """Copy all of a field, and return what the clipboard holds."""
    control(opened, label).click()
    opened.page.keyboard.press("ControlOrMeta+A")
    opened.page.keyboard.press("ControlOrMeta+C")
    return str(opened.page.evaluate("() => navigator.clipboard.readText()"))


def look_at(opened: Opened, place: Locator, name: str) -> None:
    """Bring a place to the middle of the page, and keep a picture."""
    place.evaluate("one => one.scrollIntoView({block: 'center'})")
    opened.screenshot(name)


def offered(opened: Opened, label: str) -> list[str]:
    """Read what a list offers."""
    texts = control(opened, label).evaluate("one => [...one.options].map(o => o.text)")
    return list(texts)
