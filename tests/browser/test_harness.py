"""The browser, JupyterLab and Voila do what tests of forms will ask of them."""

from __future__ import annotations

import re
from collections.abc import Callable

from opened import Opened, OpenedInLab, expect

FORM = """
import threading
from IPython.display import display
import ipywidgets as w

wide = {"style": {"description_width": "120px"}}
name = w.Text(description="Name", continuous_update=False, **wide)
grain = w.Dropdown(description="Grain", options=["day", "hour"], **wide)
since = w.DatePicker(description="Since", **wide)
notes = w.Textarea(description="Notes", **wide)
exact = w.Checkbox(description="Exact", **wide)
apply = w.Button(description="Apply")
status = w.HTML("not applied")
status.add_class("our-status")

def on_apply(_button):
    said = [name.value, grain.value, str(since.value), notes.value, str(exact.value)]
    status.value = "applied: " + " | ".join(said)

apply.on_click(on_apply)
form = w.VBox([name, grain, since, notes, exact, apply, status])
form.add_class("our-form")
display(form)
"""
COUNTER = """
start, stop = w.Button(description="Start"), w.Button(description="Stop")
count = w.HTML("count 0")
count.add_class("our-count")
wanted = threading.Event()

def count_up():
    number = 0
    while not wanted.wait(0.01):
        number += 1
        count.value = f"count {number}"
    count.value = f"stopped at {number}"

thread = threading.Thread(target=count_up, daemon=True)
start.on_click(lambda _button: thread.start())
stop.on_click(lambda _button: wanted.set())
display(w.HBox([start, stop, count]))
"""


def _fill(opened: Opened) -> None:
    """Fill in the form as a person would, and apply it."""
    shown = opened.shown
    shown.get_by_label("Name").fill("Ada")
    shown.get_by_label("Grain").select_option("hour")
    shown.get_by_label("Since").fill("2026-05-01")
    shown.get_by_label("Since").press("Tab")
    shown.get_by_label("Notes").press_sequentially("two\nlines")
    shown.get_by_label("Exact").check()
    shown.get_by_role("button", name="Apply").click()


def test_what_is_filled_in_reaches_the_kernel(open_in_lab: Callable[..., OpenedInLab]) -> None:
    """Text, choices, dates and ticks arrive in the kernel, and its answer on the page."""
    opened = open_in_lab([FORM])
    expect(opened.shown.locator(".our-status")).to_have_text("not applied")
    _fill(opened)
    said = "applied: Ada | hour | 2026-05-01 | two lines | True"
    expect(opened.shown.locator(".our-status")).to_have_text(said)
    assert opened.run("since.value, notes.value") == "(datetime.date(2026, 5, 1), 'two\\nlines')"
    opened.shown.get_by_label("Notes").press_sequentially(" and more")
    opened.becomes("print(notes.value)", "two\nlines and more")
    assert opened.screenshot("filled").read_bytes().startswith(b"\x89PNG")


def test_a_thread_shows_how_far_it_is_and_stops(open_in_lab: Callable[..., OpenedInLab]) -> None:
    """What a thread of the kernel sets is seen at once, and a button reaches the thread."""
    opened = open_in_lab([FORM, COUNTER])
    count = opened.shown.locator(".our-count")
    expect(count).to_have_text("count 0")
    opened.shown.get_by_role("button", name="Start").click()
    expect(count).to_have_text(re.compile(r"count [1-9]\d+"))
    opened.screenshot("running")
    opened.shown.get_by_role("button", name="Stop").click()
    expect(count).to_have_text(re.compile(r"stopped at \d+"))
    assert opened.run("thread.is_alive()") == "False"


def test_a_restart_begins_anew(open_in_lab: Callable[..., OpenedInLab]) -> None:
    """After a restart the cells run again in a kernel that knows nothing, in the same folder."""
    opened = open_in_lab([FORM])
    opened.shown.get_by_label("Name").fill("Ada")
    opened.shown.get_by_label("Name").press("Tab")
    opened.run("seen = name.value; open('seen.txt', 'w').write(seen)")
    assert (opened.folder / "seen.txt").read_text(encoding="utf-8") == "Ada"
    opened.restart()
    assert opened.run("'seen' in globals()") == "False"
    expect(opened.shown.get_by_label("Name")).to_have_value("")
    _fill(opened)
    expect(opened.shown.locator(".our-status")).to_contain_text("applied: Ada")


def test_the_dark_theme_is_dark_and_light_comes_back(
    open_in_lab: Callable[..., OpenedInLab],
) -> None:
    """A form is shown in both themes of JupyterLab, with colours of the theme."""
    opened = open_in_lab([FORM], size=(1600, 1200))
    colour = "one => getComputedStyle(one).color"
    status = opened.shown.locator(".our-status")
    light = status.evaluate(colour)
    opened.screenshot("light")
    opened.dark()
    assert status.evaluate(colour) != light
    opened.screenshot("dark")
    opened.light()
    assert status.evaluate(colour) == light


def test_voila_shows_a_form_without_its_code(open_in_voila: Callable[..., Opened]) -> None:
    """A form works in Voila as in JupyterLab; the code is not seen."""
    opened = open_in_voila([FORM])
    _fill(opened)
    said = "applied: Ada | hour | 2026-05-01 | two lines | True"
    expect(opened.shown.locator(".our-status")).to_have_text(said)
    assert "import threading" not in opened.page.content()
    opened.screenshot("filled")


def test_what_goes_wrong_is_noticed(open_in_lab: Callable[..., OpenedInLab]) -> None:
    """Errors, warnings, broken widgets, failures of the page and requests elsewhere are noticed."""
    no_view = "ipywidgets.HTML(_view_name='NoSuchView')"
    warn = "warnings.warn('beware')"
    opened = open_in_lab(["import ipywidgets, warnings", no_view, warn, "1 / 0"])
    expect(opened.shown.get_by_text("Click to show javascript error")).to_be_visible()
    error, warning, broken = opened.errors()
    assert error == "ZeroDivisionError: division by zero"
    assert "beware" in warning
    assert "a widget is not shown" in broken
    page = opened.page
    with page.expect_request("http://elsewhere.test/a"):
        page.evaluate("fetch('http://elsewhere.test/a').catch(() => null)")
    with page.expect_websocket():
        page.evaluate("() => { new WebSocket('ws://elsewhere.test/b') }")
    with page.expect_event("pageerror"):
        page.evaluate("() => { setTimeout(() => { throw new Error('broken') }) }")
    assert opened.watch.found == [
        "asked elsewhere: http://elsewhere.test/a",
        "asked elsewhere: ws://elsewhere.test/b",
        "the page failed: broken",
    ]
    opened.watch.found.clear()
    page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    assert opened.errors() == []
