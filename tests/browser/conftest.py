"""A real browser, real JupyterLab and Voila, and notebooks opened in them."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.append(str(Path(__file__).parent))  # the tests are no package

from cells import write_notebook
from opened import PATIENCE_MS, Opened, OpenedInLab
from served import Lab, Server, Voila, environment
from watched import Watch

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("playwright", "jupyterlab", "voila")
NOWHERE = "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"
ARGUMENTS = [
    "--no-sandbox",  # its own does not start as root, in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules={NOWHERE}",  # nothing leaves this machine
]
SIZE = (1000, 1400)
# Voila's template asks for icons that no form of ours shows; the pages do without.
ICONS = "https://cdn.jsdelivr.net/npm/@fortawesome/fontawesome-free@%5E5/css/"
IN_VAIN = frozenset({ICONS + "all.min.css", ICONS + "v4-shims.min.css"})


def _missing() -> str | None:
    """Say what is missing to open a browser, and how to get it."""
    for package in PACKAGES:
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed; `make test` and `make check` install it"
    if not any(shutil.which(name) for name in BROWSERS):
        names = ", ".join(BROWSERS)
        return f"no browser: none of {names} is on PATH; try `apt-get install chromium`"
    return None


@pytest.fixture(scope="session")
def _browser_path() -> str:
    """Find a browser; without one tests are skipped, but fail where CI is to run them all."""
    missing = _missing()
    if missing and os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(missing, pytrace=False)
    if missing:
        pytest.skip(missing)
    return next(path for path in map(shutil.which, BROWSERS) if path)


@pytest.fixture(scope="module")
def browser(
    _browser_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """Start the browser, with a cache that its pages share.

    One for each file of tests, not for the session: as long as Playwright is open its event loop
    counts as running, and tests elsewhere that run a loop of their own would fail.
    """
    from playwright.sync_api import sync_playwright

    home = tmp_path_factory.mktemp("browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=_browser_path, args=ARGUMENTS, env=environment(home)
        )
        context = chromium.new_context(
            locale="en-US",
            timezone_id="UTC",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE_MS)
        yield context
        chromium.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder that the servers show."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="session")
def lab(
    _browser_path: str, served: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """Start JupyterLab."""
    with Lab(served, tmp_path_factory.mktemp("lab")) as one:
        yield one


@pytest.fixture(scope="session")
def voila(
    _browser_path: str, served: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Voila]:
    """Start Voila."""
    with Voila(served, tmp_path_factory.mktemp("voila")) as one:
        yield one


@pytest.fixture
def test_name(request: pytest.FixtureRequest) -> str:
    """Return the test's name, fit for a file."""
    return re.sub(r"\W+", "_", request.node.name.removeprefix("test_")).strip("_")


@pytest.fixture
def open_in_lab(
    browser: BrowserContext, lab: Lab, served: Path, test_name: str
) -> Iterator[Callable[..., OpenedInLab]]:
    """Open code cells, or a notebook, in JupyterLab and run them all.

    At the end of the test no cell may have an error, no page may have failed, and nothing may
    have been asked for elsewhere.
    """
    all_opened: list[OpenedInLab] = []

    def _open(cells: Sequence[str] | Path, *, size: tuple[int, int] = SIZE) -> OpenedInLab:
        name = f"{test_name}/notebook_{len(all_opened)}.ipynb"
        write_notebook(cells, served / name)
        page = _new_page(browser, size)
        opened = OpenedInLab(page, served / test_name, test_name, Watch())
        page.goto(lab.address(name))
        opened.ready()
        all_opened.append(opened)
        opened.light()
        opened.run_all()
        return opened

    yield _open
    _end(all_opened, lab)


@pytest.fixture
def open_in_voila(
    browser: BrowserContext, voila: Voila, served: Path, test_name: str
) -> Iterator[Callable[..., Opened]]:
    """Open code cells, or a notebook, in Voila, which runs them; its code is not shown."""
    all_opened: list[Opened] = []

    def _open(
        cells: Sequence[str] | Path, *, size: tuple[int, int] = SIZE, theme: str = "light"
    ) -> Opened:
        name = f"{test_name}/page_{len(all_opened)}.ipynb"
        write_notebook(cells, served / name)
        page = _new_page(browser, size)
        opened = Opened(page, served / test_name, test_name, Watch(in_vain=IN_VAIN))
        all_opened.append(opened)
        page.goto(voila.address(name, theme))
        return opened

    yield _open
    _end(all_opened, voila)


def _new_page(browser: BrowserContext, size: tuple[int, int]) -> Page:
    """Open an empty page of a size."""
    page = browser.new_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return page


def _end(all_opened: Sequence[Opened], server: Server) -> None:
    """Close the pages, stop their kernels, and see that nothing went wrong meanwhile."""
    wrong: list[str] = []
    try:
        for number, opened in enumerate(all_opened):
            opened.screenshot(f"end-{number}")
            wrong += [*opened.errors(), *opened.watch.found]
            opened.page.close()
    finally:
        server.stop_kernels()
    assert not wrong, "\n".join(wrong)
