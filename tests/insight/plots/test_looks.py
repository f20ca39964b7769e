"""Plots can be read: in light and dark, at the size of a notebook, without overlaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgba
from matplotlib.text import Text
from matplotlib.transforms import Bbox

import engagement_kit as ek
from engagement_kit.emulator import World
from engagement_kit.insight.plots.colours import DARK, LIGHT, luminance
from engagement_kit.tables.fates import MEANINGS

Draw = Callable[[Axes], Axes]
_LAB: dict[str, Any] = {
    "figure.facecolor": "none", "axes.facecolor": "none", "text.color": "#dddddd",
    "axes.labelcolor": "#dddddd", "axes.edgecolor": "#dddddd", "xtick.color": "#dddddd",
    "ytick.color": "#dddddd",
}  # fmt: skip
# The style, and what a person sees behind the plot.
THEMES: dict[str, tuple[Any, str]] = {
    "light": ({}, "#ffffff"),
    "dark": ("dark_background", "#000000"),
    "jupyterlab-dark": (_LAB, "#111111"),
}
NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)


def _of_2017(metric: str, lost: str = "") -> pd.DataFrame:
    """Give two months of days across the change, one of them missing, the last one open."""
    first = datetime(2017, 9, 10, tzinfo=UTC)
    days: dict[str, str | None] = {
        f"{first + timedelta(days=n):%Y-%m-%d}": str(900 - n * 7) for n in range(60)
    }
    if lost:
        days[lost] = None
    table = ek.tidy({"g": {"900000000000000000": {metric: days}}})
    last = table["start"] == table["start"].max()
    return table.assign(complete=table["complete"].fillna(value=True) & ~last)


def _lost(table: pd.DataFrame) -> pd.DataFrame:
    """Lose numbers for every reason that there is."""
    table = table.assign(status=table["status"].astype("object"))
    for at, status in enumerate(MEANINGS):
        rows = table.index[at * 40 : at * 40 + 10 * (at + 1)]
        table.loc[rows, ["value", "status"]] = [pd.NA, status]
    return table


@pytest.fixture(scope="module")
def drawings(
    first_hours: Callable[..., pd.DataFrame], lifetimes: Callable[..., pd.DataFrame]
) -> dict[str, Draw]:
    """Draw each kind of plot, with all that it can mark."""
    world = World(seed=3)
    ids = world.sample_ids("acme", 60, NOW)[20:]
    metrics = ["impressions", "engagements", "favorites"]
    hours = first_hours(world, ids, metrics, 24 * 14, NOW)
    life = lifetimes(world, ids, metrics, NOW)
    holes = hours["start"].dt.day.isin([28]) | (hours["start"] == hours["start"].max())
    holed = hours.assign(value=hours["value"].mask(holes))
    running = hours["end"] > pd.Timestamp(NOW) - pd.Timedelta("90min")
    still = hours[hours["start"] > pd.Timestamp("2026-05-30T00Z")].assign(complete=~running)
    teams = {
        one: ("spring campaign, the second", "all others")[at % 2] for at, one in enumerate(ids)
    }
    luck = {one: str(at % 8) for at, one in enumerate(ids)}
    plot = ek.plot
    return {
        "timeline": lambda ax: plot.timeline(still, "impressions", ax),
        "timeline of many": lambda ax: plot.timeline(holed, "impressions", ax),
        "timeline across the change": lambda ax: plot.timeline(
            _of_2017("engagements", lost="2017-10-20"), "engagements", ax
        ),
        "timeline of nothing": lambda ax: plot.timeline(
            hours.assign(value=pd.array([None] * len(hours), dtype="Int64")), "impressions", ax
        ),
        "lifecycle": lambda ax: plot.lifecycle(hours, "engagements", ax),
        "rhythm": lambda ax: plot.rhythm(still, "impressions", ax, tz="America/New_York"),
        "top across the change": lambda ax: plot.top(
            _of_2017("media_engagements"), "media_engagements", 5, ax
        ),
        "heatmap": lambda ax: plot.heatmap(holed, "impressions", ax, tz="Asia/Tokyo"),
        "heatmap in part": lambda ax: plot.heatmap(still, "engagements", ax),
        "top": lambda ax: plot.top(life, "impressions", 25, ax),
        "missing": lambda ax: plot.missing(_lost(hours), ax),
        "compare": lambda ax: plot.compare(life, teams, "impressions", ax, cluster=luck),
        "compare first hours": lambda ax: plot.compare(
            hours, teams, "favorites", ax, first_hours=24
        ),
        "nothing missing": lambda ax: plot.missing(life, ax),
    }


NAMES = [
    "timeline", "timeline of many", "timeline across the change", "timeline of nothing",
    "lifecycle", "rhythm", "top across the change", "heatmap", "heatmap in part", "top",
    "missing", "compare", "compare first hours", "nothing missing",
]  # fmt: skip


def drawn(draw: Draw, style: Any, *, lay_out: bool = True) -> Axes:
    """Draw at the size of a notebook, and lay it out."""
    with plt.style.context(style):
        figure, ax = plt.subplots(figsize=(8, 4), dpi=100, layout="constrained")
        draw(ax)
        if lay_out:
            figure.canvas.draw()
    return ax


def contrast(colour: Any, page: str) -> float:
    """Say how well a colour is seen on another, as WCAG 2 reckons."""
    low, high = sorted((luminance(to_rgba(colour)[:3]), luminance(page)))
    return (high + 0.05) / (low + 0.05)


def texts(ax: Axes) -> Iterator[Text]:
    """Give all words of a figure, also those beside the axes."""
    for each in ax.figure.axes:
        yield from (each.title, each._left_title, each._right_title, *each.texts)
        yield from (each.xaxis.label, each.yaxis.label, each.xaxis.offsetText)
        for axis in (each.xaxis, each.yaxis):
            low, high = sorted(axis.get_view_interval())
            # Those beyond the limits are not drawn.
            for tick in axis.get_major_ticks():
                if low <= tick.get_loc() <= high:
                    yield from (one for one in (tick.label1, tick.label2) if one.get_visible())
        yield from each.get_legend().get_texts() if each.get_legend() else ()


def marks(ax: Axes) -> Iterator[Any]:
    """Give the colours of lines, bars and hatches; cells of a heatmap are told by their frame."""
    for line in ax.lines:
        yield line.get_color()
    for one in (*ax.patches, *(one for one in ax.collections if not isinstance(one, QuadMesh))):
        faces = np.atleast_2d(one.get_facecolor())
        hollow = not faces.size or faces[0][3] == 0
        yield from np.atleast_2d(one.get_edgecolor()) if hollow else faces


def test_every_kind_is_looked_at(drawings: dict[str, Draw]) -> None:
    """No plot is left out of what is tested here."""
    assert list(drawings) == NAMES
    for name in ek.plot.__all__:
        assert any(name in one for one in NAMES), name


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", NAMES)
def test_words_and_marks_are_seen(drawings: dict[str, Draw], name: str, theme: str) -> None:
    """A contrast of 4.5 for words and 3 for marks, by what is really behind the plot."""
    style, page = THEMES[theme]
    ax = drawn(drawings[name], style, lay_out=False)
    for word in texts(ax):
        if word.get_text():
            assert contrast(word.get_color(), page) >= 4.5, word
    # What lies on a coloured cell is seen on that, and not on the page.
    on_cells = "heatmap" in name
    found = [] if on_cells else [*marks(ax)]
    assert all(contrast(one, page) >= 3 for one in found), found
    assert found or on_cells or name in {"timeline of nothing", "nothing missing"}


@pytest.mark.parametrize("page", ["#000000", "#111111"])
def test_all_colours_of_the_dark_are_seen(page: str) -> None:
    """Also those that no plot above needed."""
    assert contrast(DARK.ink, page) >= 4.5
    assert contrast(DARK.muted, page) >= 4.5
    assert min(contrast(one, page) for one in DARK.several) >= 3
    assert contrast(LIGHT.ink, "white") >= 4.5
    assert contrast(LIGHT.muted, "white") >= 4.5
    assert min(contrast(one, "white") for one in LIGHT.several) >= 3


def test_a_hatch_is_seen_on_its_cell(drawings: dict[str, Draw]) -> None:
    """White on dark cells and black on light ones."""
    ax = drawn(drawings["heatmap in part"], {})
    (mesh,) = (one for one in ax.collections if isinstance(one, QuadMesh))
    still = [one for one in ax.patches if one.get_hatch() == "///"]
    assert still
    for cell in still:
        at = int(cell.get_y()), int(cell.get_x())
        behind = mesh.to_rgba(mesh.get_array()[at])
        low, high = sorted((luminance(behind[:3]), luminance(cell.get_edgecolor()[:3])))
        assert (high + 0.05) / (low + 0.05) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_words_fit_and_do_not_meet(drawings: dict[str, Draw], name: str) -> None:
    """At 8 by 4 inches nothing is cut off, and no two words lie on each other."""
    ax = drawn(drawings[name], {})
    page = ax.figure.bbox
    boxes = {word: word.get_window_extent() for word in texts(ax) if word.get_text()}
    for word, box in boxes.items():
        assert page.x0 - 1 <= box.x0 < box.x1 <= page.x1 + 1, word
        assert page.y0 - 1 <= box.y0 < box.y1 <= page.y1 + 1, word
    for (one, first), (other, second) in combinations(boxes.items(), 2):
        shared = Bbox.intersection(first.shrunk(0.98, 0.8), second.shrunk(0.98, 0.8))
        assert shared is None, (one, other)


@pytest.mark.parametrize("name", ["timeline", "timeline of many", "timeline across the change"])
def test_a_legend_lies_over_nothing(drawings: dict[str, Draw], name: str) -> None:
    """It has a line of its own, above all bars and marks."""
    ax = drawn(drawings[name], {})
    bottom = ax.get_legend().get_window_extent().transformed(ax.transData.inverted()).y0
    heights = [float(one.get_height()) for one in ax.patches if one.get_height()]
    for one in ax.collections:
        heights += [float(path.vertices[:, 1].max()) for path in one.get_paths()]
    assert max(heights) < bottom
    for line in ax.lines:
        top = line.get_transform().transform(line.get_xydata())[:, 1].max()
        assert top <= ax.get_legend().get_window_extent().y0 + 1


@pytest.mark.parametrize("kind", [ek.plot.top, ek.plot.timeline])
@pytest.mark.parametrize("width", [4, 6, 8, 16])
def test_titles_are_broken_to_fit(width: int, kind: Any) -> None:
    """A title has as many lines as it needs, and the word EMULATOR is said at any width."""
    table = _of_2017("media_engagements").assign(source="emulator")
    figure, ax = plt.subplots(figsize=(width, 4), layout="constrained")
    kind(table, "media_engagements", ax=ax)
    figure.canvas.draw()
    left, right = (one.get_window_extent() for one in (ax._left_title, ax._right_title))
    assert left.x1 <= figure.bbox.x1
    assert not ax.get_title("right") or left.x1 < right.x0
    said = ax.get_title("left") + ax.get_title("right")
    assert said.count("EMULATOR: invented data") == 1
    assert ("\n" in ax.get_title("left")) == (width < (16 if kind is ek.plot.top else 6))


def test_axes_that_nobody_gave_are_high_enough_for_their_names() -> None:
    """Sixty tweets have a line each; ten fit into the usual height."""
    body = {"g": {str(2000 + n): {"likes": str(n)} for n in range(60)}}
    few, all_ = (ek.plot.top(ek.tidy(body), "likes", n) for n in (10, 60))
    assert few.figure.get_size_inches().tolist() == [8, 4]
    assert all_.figure.get_size_inches()[1] > 8
    assert min(one.get_fontsize() for one in all_.get_yticklabels()) > 6
