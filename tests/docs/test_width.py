"""Pages in a real browser, on a desk and on a phone: nothing but wide tables scrolls sideways."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.append(str(Path(__file__).parent))  # the tests are no package

from built_pages import Built

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PYTHON_THAT_WRAPS = {"reference/results.html"}
"""Pages on which a line of Python may go on below at the width of a desk."""
SCROLLING = """() => {
  const boxes = [document.documentElement, ...document.querySelectorAll("pre")];
  return boxes.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.innerText);
}"""
WRAPPED = """() => {
  const code = [...document.querySelectorAll(".highlight pre")];
  return code.filter((one) => !one.closest(".highlight-text")).filter((one) => {
    one.style.whiteSpace = "pre";
    one.style.overflowX = "auto";
    return one.scrollWidth > one.clientWidth + 1;
  }).map((one) => one.innerText);
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start a browser; without one the tests are skipped, but fail where CI is to run them all."""
    path = next((one for one in map(shutil.which, BROWSERS) if one), None)
    if path is None or importlib.util.find_spec("playwright") is None:
        said = "needs playwright, and Chromium or Chrome on PATH"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(said, pytrace=False)
        pytest.skip(said)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


def _pages(built: Built) -> list[Path]:
    return [one for one in sorted(built.folder.rglob("*.html")) if one.name != "genindex.html"]


@pytest.mark.parametrize("width", [1280, 400])
def test_code_does_not_scroll_sideways(chromium: Browser, built: Built, width: int) -> None:
    """Neither a box of code nor the page, at the width of a desk and of a phone."""
    page = chromium.new_page(viewport={"width": width, "height": 900})
    for one in _pages(built):
        page.goto(one.as_uri())
        assert page.evaluate(SCROLLING) == [], one.name
    page.close()


def test_code_stands_on_its_lines_on_a_desk(chromium: Browser, built: Built) -> None:
    """Python and shell are written so that no line has to go on below."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    wrapped, boxes = set(), 0
    for one in _pages(built):
        page.goto(one.as_uri())
        boxes += page.locator(".highlight pre").count()
        if page.evaluate(WRAPPED):
            wrapped.add(one.relative_to(built.folder).as_posix())
    page.close()
    assert boxes > 100
    assert wrapped <= PYTHON_THAT_WRAPS
