"""A notebook on a page of the browser, and what a person or a kernel can do there."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:  # without Playwright the tests are skipped, not broken
    from playwright.sync_api import Locator, LocatorAssertions, Page

SCREENSHOTS = Path(__file__).parent / "screenshots"
PATIENCE_MS = 30_000
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"

# Each is a function that the page runs; all of them wait for a state, none for a time.
SHOWN_IN_LAB = "() => window.jupyterapp?.shell.currentWidget?.sessionContext"
READY = """async () => {
    await jupyterapp.restored;
    const panel = jupyterapp.shell.currentWidget;
    await panel.revealed;
    await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
}"""
RUN_ALL = "() => jupyterapp.commands.execute('notebook:run-all-cells')"
RESTART = """async () => {
    const context = jupyterapp.shell.currentWidget.sessionContext;
    await context.session.kernel.restart();
    await context.session.kernel.info;
}"""
RUN = """async (code) => {
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const future = kernel.requestExecute({code, store_history: false});
    const said = {text: '', error: null};
    future.onIOPub = ({header, content}) => {
        if (header.msg_type === 'stream' && content.name === 'stdout') said.text += content.text;
        if (header.msg_type === 'execute_result') said.text += content.data['text/plain'];
        if (header.msg_type === 'error') said.error = content.traceback.join('\\n');
    };
    await future.done;
    return said;
}"""
OUTPUTS = """() => jupyterapp.shell.currentWidget.content.model.toJSON().cells
    .flatMap(cell => cell.outputs || [])"""
THEME = "(theme) => jupyterapp.commands.execute('apputils:change-theme', {theme})"
SHOWN = "(theme) => document.body.dataset.jpThemeName === theme"


class Opened:
    """A notebook that was opened and run.

    Attributes
    ----------
    page
        The page of Playwright that shows it.
    shown
        What the cells show, without all that is around them: JupyterLab itself has a "Restart"
        where a form may have a "Start".
    folder
        The folder of the notebook, which is where its kernel works.
    """

    def __init__(self, page: Page, folder: Path, test: str) -> None:
        self.page = page
        self.shown = page.locator(".jp-OutputArea-output")
        self.folder = folder
        self._test = test

    def screenshot(self, name: str) -> Path:
        """Keep what the page shows as a picture, under the test's name and one of its own."""
        path = SCREENSHOTS / f"{self._test}-{name}.png"
        self.page.screenshot(path=path, animations="disabled")
        return path


class OpenedInLab(Opened):
    """A notebook that was opened in JupyterLab, with all its cells run."""

    def run_all(self) -> None:
        """Run all cells, and come back when the last one is done."""
        self.page.evaluate(RUN_ALL)

    def run(self, code: str) -> str:
        """Run code in the kernel, beside the cells, and return what it printed or gave as text."""
        said = self.page.evaluate(RUN, code)
        assert said["error"] is None, re.sub(r"\x1b\[[\d;]*m", "", said["error"])
        return str(said["text"]).rstrip("\n")

    def restart(self) -> None:
        """Restart the kernel, and run all cells."""
        self.page.evaluate(RESTART)
        self.run_all()

    def dark(self) -> None:
        """Show JupyterLab in its dark theme."""
        self._show_in(DARK)

    def light(self) -> None:
        """Show JupyterLab in its light theme, which is where each test begins."""
        self._show_in(LIGHT)

    def _show_in(self, theme: str) -> None:
        if not self.page.evaluate(SHOWN, theme):
            self.page.evaluate(THEME, theme)
            self.page.wait_for_function(SHOWN, arg=theme)

    def outputs(self) -> list[dict[str, Any]]:
        """Return what the cells gave, as the notebook's file would hold it."""
        return list(self.page.evaluate(OUTPUTS))

    def errors(self) -> list[str]:
        """Return the errors that cells ended with."""
        errors = [one for one in self.outputs() if one["output_type"] == "error"]
        return [f"{one['ename']}: {one['evalue']}" for one in errors]


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


def write_notebook(cells: Sequence[str] | Path, path: Path) -> None:
    """Write code cells as a notebook, or copy one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(cells, Path):
        path.write_bytes(cells.read_bytes())
        return
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {
        "cells": [_cell(number, code) for number, code in enumerate(cells)],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _cell(number: int, code: str) -> dict[str, object]:
    """Return one code cell that has not run."""
    empty = {"execution_count": None, "metadata": {}, "outputs": []}
    return {"cell_type": "code", "id": f"cell-{number}", "source": code, **empty}


def expect(locator: Locator) -> LocatorAssertions:
    """Return Playwright's assertions, which wait until they hold; with the patience of a page."""
    from playwright.sync_api import expect as expect_in_playwright

    expect_in_playwright.set_options(timeout=PATIENCE_MS)
    return expect_in_playwright(locator)
