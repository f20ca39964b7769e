"""Questions, plans, results and receipts in JupyterLab: read in either theme, trusted or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from measured import contrasts
from opened import OpenedInLab, expect
from served import Lab

CELLS = [
    """
import engagement_kit as ek
client = ek.connect("emulator", clock="2026-06-01T12:34Z")
ids = [*ek.sample_ids(client, 4), *ek.sample_ids(client, 1, kind="unavailable"), "20"]
query = ek.Query("totals", ids, ["impressions", "Likes"])
query
""",
    "client.plan(query)",
    "result = client.run(query, progress=False)\nresult",
    "result.receipt",
]
READABLE = 4.5
CAPTIONS = [
    "Query",
    "Plan of totals: impressions, favorites of 6 tweets, by total",
    "Requests by account",
    "What can't be had",
    "Result of totals: impressions, favorites of 6 tweets, by total",
    "What is missing: 4 numbers; result.missing lists them",
    "Table: first 8 of 12 rows of grain lifetime, 8 of them with a count; times are UTC",
    "Receipt: 8 of 12 numbers answered",
    "What it took",
    "Requests sent by account",
]


def test_all_can_be_read_in_both_themes_and_where_a_notebook_is_not_trusted(
    open_in_lab: Callable[..., OpenedInLab], lab: Lab, served: Path
) -> None:
    """Texts have the contrast that small ones need; strangers' pages lose nothing of them."""
    opened = open_in_lab(CELLS, size=(1000, 2000))
    expect(opened.shown.locator("caption")).to_have_text(CAPTIONS)
    _readable(opened)
    opened.light()
    _the_same_of_a_stranger(opened, lab, served)


def _readable(opened: OpenedInLab) -> None:
    """Hold every text to its contrast, and each table to be narrower than the page."""
    for theme in (opened.light, opened.dark):
        theme()
        for at in range(len(CELLS)):
            assert min(contrasts(opened.shown.nth(at)).values()) >= READABLE
        opened.screenshot(theme.__name__)
    for one in opened.shown.all():
        assert one.evaluate("shown => shown.scrollWidth <= shown.clientWidth")


def _the_same_of_a_stranger(opened: OpenedInLab, lab: Lab, served: Path) -> None:
    """Hold that nothing is needed of what JupyterLab takes out of pages of strangers."""
    look = """shown => [...shown.querySelectorAll('caption, th, td, a, div')].map(one =>
        [one.innerText, one.href, getComputedStyle(one).textAlign, one.offsetWidth])"""
    trusted = [one.evaluate(look) for one in opened.shown.all()]
    outputs = opened.outputs()
    cells = [
        {"cell_type": "code", "id": f"c{at}", "source": "", "metadata": {}, "outputs": [one],
         "execution_count": at}
        for at, one in enumerate(outputs)
    ]  # fmt: skip
    made = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    made["metadata"] = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    (served / "of_a_stranger.ipynb").write_text(json.dumps(made), encoding="utf-8")
    opened.page.goto(lab.address("of_a_stranger.ipynb"))
    opened.ready()
    expect(opened.shown.locator("caption")).to_have_text(CAPTIONS)
    assert [one.evaluate(look) for one in opened.shown.all()] == trusted
    links = opened.shown.locator("a[href^='https://x.com/i/web/status/']")
    assert links.count() > len(CELLS)
