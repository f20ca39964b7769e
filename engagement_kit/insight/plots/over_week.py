"""A metric by the day of the week and the hour of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.insight.included import Which, included
from engagement_kit.insight.plots.colours import colours_of, luminance
from engagement_kit.insight.plots.marks import (
    LOST,
    RUNNING,
    finish,
    legend_below,
    make_axes,
)
from engagement_kit.insight.plots.over_day import day_axis
from engagement_kit.insight.rhythms import WEEKDAYS
from engagement_kit.insight.rhythms import rhythm as _rhythm
from engagement_kit.insight.rows import rows_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from engagement_kit.tables.given import Tidy

_MAP: Final = "cividis"
"""Even steps for colour-blind eyes, too (Nunez, Anderton and Renslow 2018)."""
_DARK: Final = 0.18
"""White is easier to see on what gives less light, black on what gives more."""


def heatmap(
    table: Tidy,
    metric: str = "impressions",
    ax: Axes | None = None,
    *,
    tz: str = "UTC",
    include: Which | None = None,
) -> Axes:
    """Draw the mean of a metric per tweet and hour, by the day of the week and the hour.

    Parameters
    ----------
    table
        A tidy table of grain hour.
    metric
        Which metric.
    ax
        Where to draw; new axes by default.
    tz
        On whose clock, such as ``"Asia/Tokyo"``, with its daylight saving. Zones that are off UTC
        by a part of an hour are refused: the API counts whole UTC hours.
    include : {'counted', 'whole', 'all'}, optional
        Of which tweets the sums are: of those with any count, of those that miss none, or of all,
        with no sum where a count of any is missing. By default those with any count; if then fewer
        than half of the cells have a sum, those that miss none, where there are any.

    Returns
    -------
    matplotlib.axes.Axes
        Monday first; the colours begin at zero. Hours of the week that the table does not know of
        are empty and hatched; a cross stands where a count is missing; coloured and hatched is what
        was not over yet when it was observed.

    Raises
    ------
    TableError
        When the table holds no such metric, is of another grain, or can't be put on that clock;
        where none of the tweets that you choose is left.

    Notes
    -----
    The title says how many tweets are left out, and why: ``without any count`` or ``with missing
    counts``. Nothing is guessed for them: the sums are of the others alone. ``insight.counted`` and
    ``insight.whole`` give the same tweets as a table; `missing` draws why counts are missing.

    What is compared is what was counted, at whatever age: where a table holds the first days of
    tweets, hours of much posting look like hours of much reading. A table of a few weeks has few
    hours behind each cell; ``insight.rhythm(..., weekday=True)`` says how many.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> hours = {"2026-05-02": {"08": "5", "09": "3"}, "2026-05-03": {"08": "7"}}
    >>> axes = heatmap(ek.tidy({"g": {"1500000000000000000": {"likes": hours}}}), "likes")
    >>> axes.get_yticklabels()[0].get_text(), axes.get_xlabel()
    ('Monday', 'hour of the day, UTC')
    """
    rows, _ = rows_of(table, metric)
    kept = included(rows, lambda some: _rhythm(some, metric, tz=tz, weekday=True), include)
    cells = kept.sums
    ax = make_axes(ax)
    known = cells[cells["mean"].notna()]
    if len(known):
        _colour(ax, known, f"{metric} per tweet and hour")
    _mark(ax, cells)
    day_axis(ax, tz)
    ax.set_ylim(7, 0)
    ax.set_yticks(np.arange(7) + 0.5, labels=WEEKDAYS)
    ax.tick_params(axis="y", length=0)
    return finish(ax, kept.rows, f"{metric}{kept.of} by weekday and hour{kept.but}")


def _colour(ax: Axes, known: pd.DataFrame, unit: str) -> None:
    """Colour the cells that have a mean, and hatch those that still ran."""
    means = np.full((7, 24), np.nan)
    day, hour = known["weekday"].to_numpy(), known["hour_of_day"].to_numpy()
    means[day, hour] = known["mean"].to_numpy(dtype=float)
    highest = float(np.nanmax(means))
    mesh = ax.pcolormesh(np.arange(25), np.arange(8), means, cmap=_MAP, vmin=0, vmax=highest or 1)
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02)
    ink = colours_of(ax).ink
    bar.set_label(unit, color=ink)
    bar.ax.tick_params(color=ink, labelcolor=ink)
    bar.ax.yaxis.set_major_formatter("{x:,g}")
    bar.outline.set_visible(False)
    still = ~known["complete"].to_numpy()
    for x, y in zip(hour[still], day[still], strict=True):
        red, green, blue, _ = mesh.to_rgba(means[y, x])
        dark = luminance((red, green, blue)) < _DARK
        _cell(ax, x, y, hatch="///", edgecolor="white" if dark else "black")


def _mark(ax: Axes, cells: pd.DataFrame) -> None:
    """Mark cells that have no colour, by why they have none, and explain the marks."""
    from matplotlib.patches import Patch

    colours = colours_of(ax)
    lost = cells[cells["n_missing"] > 0]
    there = np.zeros((7, 24), dtype=bool)
    there[cells["weekday"], cells["hour_of_day"]] = True
    empty: dict[str, Any] = {"hatch": "..", "edgecolor": colours.muted}
    handles: list[Any] = []
    for y, x in np.argwhere(~there):
        _cell(ax, x, y, **empty)
    if not there.all():
        handles.append(Patch(facecolor="none", linewidth=0, label="not in the table", **empty))
    if len(lost):
        x, y = lost["hour_of_day"] + 0.5, lost["weekday"] + 0.5
        cross: dict[str, Any] = {"color": colours.ink, "linestyle": "none", "label": LOST}
        handles += ax.plot(x, y, marker="x", markersize=6, **cross)
    if bool((cells["mean"].notna() & ~cells["complete"]).any()):
        still: dict[str, Any] = {"hatch": "///", "edgecolor": colours.ink}
        handles.append(Patch(facecolor="none", linewidth=0, label=RUNNING, **still))
    if handles:
        legend_below(ax, 3, handles)


def _cell(ax: Axes, x: int, y: int, **style: Any) -> None:
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((x, y), 1, 1, facecolor="none", linewidth=0, **style))
