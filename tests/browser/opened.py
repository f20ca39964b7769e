"""A notebook on a page of the browser, and what a person or a kernel can do there."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watched import Watch

if TYPE_CHECKING:  # without Playwright the tests are skipped, not broken
    from playwright.sync_api import Locator, LocatorAssertions, Page

SCREENSHOTS = Path(__file__).parent / "screenshots"
PATIENCE_MS = 30_000
STDERR = "application/vnd.jupyter.stderr"
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
THEME_IS = "(theme) => document.body.dataset.jpThemeName === theme"
# A kernel that never answers must not stop the tests for ever.
IN_TIME = """(argument) => Promise.race([(%s)(argument), new Promise((_, fail) =>
    setTimeout(() => fail(new Error('the kernel did not answer in time')), %d))])"""


class Opened:
    """A notebook that was opened, and run.

    Attributes
    ----------
    page
        The page of Playwright that shows it.
    shown
        What the cells show, without all that is around them: JupyterLab itself has a "Restart"
        where a form may have a "Start".
    folder
        The folder of the notebook, which is where its kernel works.
    watch
        What the page did that it must not do.
    """

    def __init__(self, page: Page, folder: Path, test: str, watch: Watch) -> None:
        self.page = page
        self.shown = page.locator(".jp-OutputArea-output")
        self.folder = folder
        self.watch = watch
        self._test = test
        watch.on(page)

    def screenshot(self, name: str) -> Path:
        """Keep what the page shows as a picture, under the test's name and one of its own."""
        path = SCREENSHOTS / f"{self._test}-{name}.png"
        self.page.screenshot(path=path, animations="disabled")
        return path

    def errors(self) -> list[str]:
        """Return the errors of the cells, what they warned of, and widgets that can't be shown."""
        written = self.page.locator(f"[data-mime-type='{STDERR}']").all_inner_texts()
        return [*written, *self._not_shown()]

    def _not_shown(self) -> list[str]:
        """Return what stands where widgets should be: the browser says nothing of it elsewhere."""
        broken = self.page.locator(".jupyter-widgets-error-widget")
        unknown = self.page.get_by_text("Error displaying widget")
        return [f"a widget is not shown: {one}" for one in broken.or_(unknown).all_inner_texts()]


class OpenedInLab(Opened):
    """A notebook that was opened in JupyterLab."""

    def ready(self) -> None:
        """Come back when the notebook is shown, and its kernel answers."""
        self.page.wait_for_function(SHOWN_IN_LAB)
        self._evaluate(READY)

    def run_all(self) -> None:
        """Run all cells, and come back when the last one is done."""
        self._evaluate(RUN_ALL)

    def run(self, code: str) -> str:
        """Run code in the kernel, beside the cells, and return what it printed or gave as text."""
        said = self._evaluate(RUN, code)
        assert said["error"] is None, re.sub(r"\x1b\[[\d;]*m", "", said["error"])
        return str(said["text"]).rstrip("\n")

    def becomes(self, code: str, text: str) -> None:
        """Run code until it gives a text.

        What is typed reaches the kernel some keys at a time, and what widgets send may be dealt
        with in another thread than code: so what `run` gives may be of a moment too early.
        """
        end = time.monotonic() + PATIENCE_MS / 1000
        found = self.run(code)
        while found != text and time.monotonic() < end:
            found = self.run(code)
        assert found == text, f"{code} stayed {found}"

    def restart(self) -> None:
        """Restart the kernel, and run all cells."""
        self._evaluate(RESTART)
        self.run_all()

    def dark(self) -> None:
        """Show JupyterLab in its dark theme."""
        self._show_in(DARK)

    def light(self) -> None:
        """Show JupyterLab in its light theme, which is where each test begins."""
        self._show_in(LIGHT)

    def _show_in(self, theme: str) -> None:
        if not self.page.evaluate(THEME_IS, theme):
            self._evaluate(THEME, theme)
            self.page.wait_for_function(THEME_IS, arg=theme)

    def outputs(self) -> list[dict[str, Any]]:
        """Return what the cells gave, as the notebook's file would hold it."""
        return list(self.page.evaluate(OUTPUTS))

    def errors(self) -> list[str]:
        """Return the same, of cells that are out of sight too."""
        outputs = self.outputs()
        errors = [one for one in outputs if one["output_type"] == "error"]
        warned = [one["text"] for one in outputs if one.get("name") == "stderr"]
        failed = [f"{one['ename']}: {one['evalue']}" for one in errors]
        return [*failed, *warned, *self._not_shown()]

    def _evaluate(self, script: str, argument: str | None = None) -> Any:
        return self.page.evaluate(IN_TIME % (script, 2 * PATIENCE_MS), argument)


def expect(locator: Locator) -> LocatorAssertions:
    """Return Playwright's assertions, which wait until they hold; with the patience of a page."""
    from playwright.sync_api import expect as expect_in_playwright

    expect_in_playwright.set_options(timeout=PATIENCE_MS)
    return expect_in_playwright(locator)
