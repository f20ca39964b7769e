"""The request form for everybody: keys, names, room, contrast, speed, and without JupyterLab."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from itertools import pairwise
from statistics import median

import pytest
from measured import contrasts, milliseconds, overflows, walk
from opened import Opened, OpenedInLab, expect
from request_form import CELLS, CONNECT, FORM, button, control, look_at, tick, words

# The longest form that there is: all groupings, a fixed period, a file, a frame and a result.
FULL = (
    CONNECT,
    "mine = pd.DataFrame({'tweet': ek.sample_ids(client, 30, kind='foreign')})",
    """
form = ek.RequestForm(client, ek.Query(
    "historical", ek.sample_ids(client, 30), ["impressions", "url_clicks"],
    groupings={"one": ["tweet.id", "engagement.type", "engagement.day", "engagement.hour"],
               "two": ["engagement.type"], "three": ["tweet.id", "engagement.type"]},
    period=ek.between("2026-05-25", "2026-06-01")), keep=None)
form
""",
)
SET = "(one, text) => { one.value = text; one.dispatchEvent(new Event('input', {bubbles: true})); }"
SIZES = ((1000, 1400), (1600, 1200))
NAMELESS = re.compile(
    r"- (button|checkbox|combobox|radio|spinbutton|tab|textbox|img)\b(?! \"|.*'.*\")"
)


def _show_all(opened: OpenedInLab) -> None:
    """Bring everything on the screen that there is: problems, fields, a run and its result."""
    button(opened, "Run").click()
    expect(words(opened, "run-status")).to_contain_text("done")
    opened.run("form.add_ids(['banana', 'mine'], 'a file')")
    expect(words(opened, "counts")).to_contain_text("2 that are no id")
    control(opened, "Start hour").select_option("07:00 UTC")


def test_the_form_is_for_all_hands_and_eyes(open_in_lab: Callable[..., OpenedInLab]) -> None:
    """All has a name, Tab goes as one reads, nothing overflows, and all can be read, also dark."""
    opened = open_in_lab(FULL)
    form = opened.shown.locator(".ek-form")
    _show_all(opened)
    nameless = [one for one in form.aria_snapshot().splitlines() if NAMELESS.search(one)]
    assert nameless == []
    for size in SIZES:
        opened.page.set_viewport_size({"width": size[0], "height": size[1]})
        for at, title in enumerate(("Tweets", "Metrics", "Price", "Result")):
            place = form.get_by_role("heading", name=title)
            look_at(opened, place, f"{size[0]}-{at}")
        assert overflows(form) == []
    for theme, show in {"light": opened.light, "dark": opened.dark}.items():
        show()
        ratios = contrasts(form)
        look_at(opened, form.get_by_role("heading", name="Price"), theme)
        look_at(opened, form.get_by_role("heading", name="Tweets"), f"{theme}-top")
        assert {name: ratio for name, ratio in ratios.items() if ratio < 4.5} == {}
    opened.light()


def test_keys_alone_reach_all(open_in_lab: Callable[..., OpenedInLab]) -> None:
    """Tab visits the controls from top to bottom, row by row, and Enter on Run runs."""
    opened = open_in_lab(FULL)
    form = opened.shown.locator(".ek-form")
    stops = walk(form, control(opened, "Endpoint"), "Run")
    for before, after in pairwise(stops):
        same_row = abs(after["y"] - before["y"]) < 12
        assert after["x"] > before["x"] if same_row else after["y"] > before["y"], (before, after)
    names = [one["name"] for one in stops]
    assert {"Tweet ids", "impressions", "Start day", "End hour (not counted)"} <= set(names)
    opened.page.keyboard.press("Enter")
    expect(words(opened, "run-status")).to_contain_text("done")


def test_typing_beside_100000_ids(
    open_in_lab: Callable[..., OpenedInLab], capsys: pytest.CaptureFixture[str]
) -> None:
    """With 100,000 pasted ids a key is answered with a new count and price; the time is printed."""
    opened = open_in_lab([CONNECT, FORM])
    form = opened.shown.locator(".ek-form")
    tick(opened, "impressions").uncheck()
    tick(opened, "engagements").uncheck()
    tick(opened, "favorites").check()
    box = control(opened, "Tweet ids")
    ids = "\n".join(str(2_000_000_000_000_000_000 + n) for n in range(100_000))
    box.evaluate(SET, ids)  # Playwright's own `fill` takes minutes for so many
    expect(words(opened, "counts")).to_contain_text("100,000 tweets")
    expect(words(opened, "price")).to_contain_text("about 100,000 rows")
    box.evaluate(
        "one => { one.focus(); one.setSelectionRange(one.value.length, one.value.length); }"
    )
    took = []
    for n in range(1, 6):
        said = {".ek-counts": f"{100_000 + n:,} tweets", ".ek-price": f"about {100_000 + n:,} rows"}
        took.append(milliseconds(form, said, f"\n{n}"))
    with capsys.disabled():
        sys.stdout.write(f"\n100,000 ids: {median(took):.0f} ms from a key to the new price\n")
    opened.screenshot("typed")


def test_the_form_works_in_voila(open_in_voila: Callable[..., Opened]) -> None:
    """Without code on the page: sample tweets, a run, rows and a plot."""
    opened = open_in_voila(CELLS)
    button(opened, "Take 25 sample tweets of the emulator").click()
    expect(words(opened, "price")).to_contain_text("1 request")
    opened.screenshot("priced")
    button(opened, "Run").click()
    expect(words(opened, "run-status")).to_contain_text("done: 1 of 1 requests")
    expect(words(opened, "rows").get_by_role("row").first).to_be_visible()
    plot = words(opened, "plot").get_by_role("img")
    assert plot.evaluate("one => one.decode().then(() => one.naturalWidth)") > 400
    look_at(opened, plot, "result")
