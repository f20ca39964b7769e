"""The Explorer as a person sees it, in JupyterLab and Voila."""

from __future__ import annotations

import re
from collections.abc import Callable

from opened import Opened, OpenedInLab, expect

CELLS = [
    """
import engagement_kit as ek

with ek.connect("emulator", clock="2026-06-01T12:34:00Z") as client:
    ids = ek.sample_ids(client, 60)[40:]
    query = ek.Query(
        "historical", ids, ["impressions", "favorites"], by="hour", period=ek.last(days=5)
    )
    table = client.run(query, progress=False).to_pandas()
""",
    "explorer = ek.Explorer(table)\nexplorer",
]


def _look_around(opened: Opened) -> None:
    """Choose by keyboard and mouse what a person would, and see what follows."""
    shown = opened.shown
    figure = shown.locator(".ek-explorer-figure img")
    expect(figure).to_have_attribute("alt", _says("impressions of 20 tweets over time"))
    shown.get_by_label("form", exact=True).select_option(label="by age since posting")
    expect(figure).to_have_attribute("alt", _says("by age since posting"))
    shown.get_by_label("metric", exact=True).select_option("favorites")
    expect(figure).to_have_attribute("alt", _says("favorites of 20 tweets by age"))
    start = shown.get_by_label("from (UTC)", exact=True)
    start.fill("some day")
    start.press("Tab")
    problem = shown.locator(".ek-explorer-period [role=alert]")
    expect(problem).to_contain_text("is no moment")
    expect(figure).to_have_count(0)
    start.fill("2026-05-30")
    start.press("Tab")
    expect(figure).to_have_attribute("alt", _says("2026-05-30 00:00 to 2026-06-01 12:00 UTC"))
    expect(problem).to_have_count(0)
    tweets = shown.get_by_label("tweets", exact=True)
    tweets.select_option(index=[0, 2])
    expect(figure).to_have_attribute("alt", _says("favorites of 2 tweets"))


def _says(words: str) -> re.Pattern[str]:
    return re.compile(re.escape(words))


def test_looking_around_in_lab(open_in_lab: Callable[..., OpenedInLab]) -> None:
    """Controls change the figure; the code that can be copied makes the frame."""
    opened = open_in_lab(CELLS)
    _look_around(opened)
    code = opened.shown.get_by_label("code", exact=True)
    shown_code = opened.run("print(explorer.code)")
    expect(code).to_have_value(shown_code)
    opened.run(f"exec({shown_code!r})\nassert frame.equals(explorer.frame)")
    code.fill("import os")
    code.press("Tab")
    expect(code).to_have_value(shown_code)


def test_a_tweet_that_is_gone_does_not_empty_the_figure(
    open_in_lab: Callable[..., OpenedInLab],
) -> None:
    """It opens with bars, says who is left out, and shows the strict way when that is chosen."""
    gone = CELLS[0].replace("[40:]", '[40:] + ek.sample_ids(client, 1, kind="unavailable")')
    opened = open_in_lab([gone, CELLS[1]])
    figure = opened.shown.locator(".ek-explorer-figure img")
    said = opened.shown.locator(".ek-explorer-said")
    expect(figure).to_have_attribute("alt", _says("impressions of 20 of 21 tweets over time"))
    expect(said).to_have_text("1 of 21 tweets without any count left out.")
    opened.screenshot("one-left-out")
    left_out = opened.shown.get_by_label("left out", exact=True)
    left_out.select_option(label="no tweets: no sum where a count is missing")
    expect(figure).to_have_attribute("alt", _says("impressions of 21 tweets over time"))
    expect(said).to_contain_text("1 tweet with missing counts (120 numbers)")
    opened.screenshot("strict")
    opened.shown.get_by_label("form", exact=True).select_option(label="top tweets")
    expect(left_out).to_be_disabled()
    expect(figure).to_have_attribute("alt", _says("the top of 21 tweets"))
    opened.screenshot("top")


def test_it_fits_in_both_themes(open_in_lab: Callable[..., OpenedInLab]) -> None:
    """Nothing is wider than the form, at any width; pictures are kept to be looked at."""
    opened = open_in_lab(CELLS, size=(700, 1500))
    form = opened.shown.locator(".ek-explorer")
    expect(form.locator("img")).to_be_visible()
    for theme in (opened.light, opened.dark):
        theme()
        for width in (700, 1400):
            opened.page.set_viewport_size({"width": width, "height": 1500})
            opened.screenshot(f"{theme.__name__}-{width}")
            assert form.evaluate("one => one.scrollWidth <= one.clientWidth + 1"), width


def test_looking_around_in_voila(open_in_voila: Callable[..., Opened]) -> None:
    """The same without the notebook around it."""
    opened = open_in_voila(CELLS)
    _look_around(opened)
    opened.screenshot("chosen")
