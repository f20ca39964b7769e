"""What plots are made of: axes, titles, bars, steps, and the marks that say what is not whole."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.errors import TableError
from engagement_kit.insight.breaks import break_of
from engagement_kit.insight.plots.colours import Colours, colours_of
from engagement_kit.tables.schema import INVENTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

RUNNING: Final = "not over yet when observed"
LOST: Final = "a count is missing: nothing drawn"
SMALL: Final = "small"

_SIZE: Final = (8.0, 4.0)
_WIDTH: Final = 0.9
_MANY_BARS: Final = 200
_MANY_CROSSES: Final = 40
_ALL: Final[dict[str, Any]] = {"linewidth": 2.2}
_SOME: Final[dict[str, Any]] = {"linewidth": 1.1, "linestyle": (0, (4, 1.5))}
_HEADROOM: Final = 0.11
_TWO_BESIDE: Final = 5.5
_BELOW_INCHES: Final = 0.5
_LINE_INCHES: Final = 0.15
_LINE: Final = 1.25
"""So many times the size of its letters a line is high."""
_LOW: Final = 0.025
"""Marks without a height are drawn above the axis, by this part of its height, to be seen."""
_LETTER_INCHES: Final = 0.0765
_SMALL_LETTER_INCHES: Final = 0.075
"""The mean width of a letter of a title, and of a figure of an id beside the axis."""
_LEAST_LETTERS: Final = 24
_NUMBER: Final = 5
"""So many letters of a label the layout has room for."""
_LAID_OUT: Final = 1.15
"""So much wider axes become where the figure lays them out."""
_DAY: Final = 24
_FAR: Final = 12
"""So many times the first age or bin are far: on an even axis there would be a spike alone."""
_TICKS: Final = 8
_APART: Final = (1, 2, 3, 6, 12, *(_DAY * n for n in (1, 2, 7, 14, 28, 56, 112, 365)))
_AGES: Final = (0, 1, 2, 3, 6, 12, *(_DAY * n for n in (1, 2, 4, 7, 14, 28, 56, 112, 365, 1461)))


def make_axes(ax: object, lines: int = 0) -> Axes:
    """Give the axes, or make new ones, high enough for lines of text beside each other."""
    if ax is not None:
        from matplotlib.axes import Axes as Kind

        if not isinstance(ax, Kind):
            msg = f"ax is of type {type(ax).__name__}; allowed: one matplotlib Axes, or None"
            raise TableError(msg)
        return ax
    # By pyplot, so that a notebook shows a figure that nobody named.
    import matplotlib.pyplot as plt

    size = _SIZE[0], max(_SIZE[1], 1 + lines * _LINE_INCHES)
    made: Axes = plt.subplots(figsize=size, layout="constrained")[1]
    return made


def finish(ax: Axes, rows: pd.DataFrame, title: str, *, name_break: bool = True) -> Axes:
    """Add title and legend, take off what does not inform, say when the data are invented.

    Parameters
    ----------
    ax
        Where something is drawn.
    rows
        The rows that it shows, of one metric.
    title
        What it is, in one sentence; lines are broken where they would not fit.
    name_break
        Whether the title says where the metric began to mean something else amid the counts; for
        axes that don't mark it.
    """
    invented = bool((rows["source"] == "emulator").any())
    changed = break_of(rows) if name_break else None
    if ax.get_legend() is None:
        legend(ax)
    _set_titles(ax, f"{title}; {changed[1]}" if changed else title, INVENTED if invented else "")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def _set_titles(ax: Axes, title: str, beside: str) -> None:
    """Write a title in lines that fit, and a word on the right, or over it where that is narrow."""
    letters = int(_inches(ax)[0] / _LETTER_INCHES)
    left = letters - len(beside)
    narrow = left < _LEAST_LETTERS
    width = max(letters if narrow else left, _LEAST_LETTERS)
    lines = textwrap.wrap(title, width, break_long_words=False)
    if beside and narrow:
        lines.insert(0, beside)
    elif beside:
        muted = colours_of(ax).muted
        ax.set_title(beside, loc="right", fontsize=SMALL, color=muted)
    ax.set_title("\n".join(lines), loc="left", fontsize="medium")


def _figure_of(ax: Axes) -> Figure | None:
    """Give the whole figure, also of axes in a part of one."""
    part: Any = ax.figure
    return None if part is None else part.figure


def _inches(ax: Axes) -> tuple[float, float]:
    """Say how wide and how high the axes are; about, where the figure is yet to lay them out."""
    figure = _figure_of(ax)
    if figure is None:
        return _SIZE
    width, height = ax.get_position().size * figure.get_size_inches()
    if figure.get_layout_engine() is not None:
        # Labels that are longer than numbers take from the axes what they need.
        lines = "\n".join(one.get_text() for one in ax.get_yticklabels()).splitlines()
        beyond = max([0, *(len(one) - _NUMBER for one in lines)])
        width = width * _LAID_OUT - beyond * _SMALL_LETTER_INCHES
    return float(width), float(height)


def hollow(colour: str) -> dict[str, Any]:
    """Give the style of what was not over yet."""
    return {"hatch": "///", "facecolor": "none", "edgecolor": colour}


def bars(
    ax: Axes,
    starts: Any,
    values: pd.Series[Any],
    running: pd.Series[Any],
    step: float,
    *,
    period: str,
) -> None:
    """Draw bars, hatched where a period still ran, and a cross where there is no sum."""
    colours = colours_of(ax)
    known, still = values.notna().to_numpy(), running.to_numpy(dtype=bool)
    heights = values.to_numpy(dtype=float, na_value=np.nan)
    over, open_ = known & ~still, known & still
    if known.sum() <= _MANY_BARS:
        width = step * _WIDTH
        drawn = ax.bar(
            starts[known], heights[known], width=width, align="edge", color=colours.first
        )
        for at, bar in enumerate(np.array(drawn.patches)[still[known]]):
            bar.set(label=RUNNING if not at else "_", **hollow(colours.first))
    else:
        _many(ax, starts[over], heights[over], step, color=colours.first)
        if open_.any():
            style = hollow(colours.first)
            _many(ax, starts[open_], heights[open_], step, label=RUNNING, **style)
    if not known.any():
        in_words(ax, f"a count is missing in each {period}: ek.plot.missing(table) says why")
    if not known.all():
        _crosses(ax, starts[~known], step, colours)


def whole_numbers(axis: Axis) -> None:
    """Put ticks at whole numbers alone: there is no half of a count."""
    from matplotlib.ticker import MaxNLocator

    if len(axis.get_majorticklocs()):
        axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter("{x:,.0f}")


def mark_break(ax: Axes, rows: pd.DataFrame) -> None:
    """Mark on an axis of time where the metric began to mean something else."""
    from matplotlib.dates import date2num

    changed = break_of(rows)
    if changed:
        moment, what = changed
        # Not up to the top, where the legend explains it.
        style: dict[str, Any] = {"linestyle": "--", "linewidth": 0.9, "color": colours_of(ax).ink}
        ax.axvline(date2num(moment), ymax=0.8, label=what, **style)


def in_words(ax: Axes, words: str) -> None:
    """Say what axes hold that have nothing to draw."""
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    where: dict[str, Any] = {"transform": ax.transAxes, "ha": "center", "va": "center"}
    ax.text(0.5, 0.5, words, color=colours_of(ax).muted, **where)


def _crosses(ax: Axes, starts: Any, step: float, colours: Colours) -> None:
    """Mark what has no sum: by a cross each, or by crossed spans where these would be a smear."""
    low: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "label": LOST}
    if len(starts) <= _MANY_CROSSES:
        height = np.full(len(starts), _LOW)
        ax.plot(starts + step / 2, height, "x", color=colours.muted, **low)
        return
    gaps = np.flatnonzero(np.diff(starts) > 1.5 * step)
    first, last = starts[np.r_[0, gaps + 1]], starts[np.r_[gaps, len(starts) - 1]]
    spans = list(zip(first, last + step - first, strict=True))
    style: dict[str, Any] = {"facecolor": "none", "edgecolor": colours.muted, "hatch": "xxxx"}
    ax.broken_barh(spans, (0, 2 * _LOW), linewidth=0.8, **style, **low)


def legend(ax: Axes) -> None:
    """Explain the marks in a line above all that is drawn; nothing where there are none."""
    handles, labels = ax.get_legend_handles_labels()
    if not labels:
        return
    columns = min(len(labels), 2 if _inches(ax)[0] > _TWO_BESIDE else 1)
    if ax.get_yscale() == "linear":
        bottom, top = ax.get_ylim()
        room = _HEADROOM * -(-len(labels) // columns)
        ax.set_ylim(bottom, top + room * (top - bottom))
    style: dict[str, Any] = {"labelcolor": colours_of(ax).ink, "fontsize": SMALL}
    ax.legend(handles, labels, loc="upper right", ncols=columns, frameon=False, **style)


def legend_below(ax: Axes, columns: int, handles: Sequence[Any] | None = None) -> None:
    """Explain the marks below the axes, where these are filled."""
    from matplotlib.transforms import ScaledTranslation

    figure = _figure_of(ax)
    below = ax.transAxes
    if figure is not None:
        # By inches: a part of the height of low axes would be too little for their labels.
        below = below + ScaledTranslation(0, -_BELOW_INCHES, figure.dpi_scale_trans)
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0, 0), "borderaxespad": 0}
    style: dict[str, Any] = {"labelcolor": colours_of(ax).ink, "fontsize": SMALL}
    ax.legend(handles=handles, bbox_transform=below, ncols=columns, frameon=False, **place, **style)


def in_lines(ax: Axes, words: str) -> str:
    """Break words for a legend where the axes end, once the names beside these are set."""
    return textwrap.fill(words, int(_inches(ax)[0] / _SMALL_LETTER_INCHES))


def names(ax: Axes, labels: Sequence[str]) -> None:
    """Name the places of an axis from the top, in letters that leave room for each other."""
    size = 72 * _inches(ax)[1] / max(len(labels), 1) / _LINE
    ax.set_yticks(range(len(labels)), labels=labels, fontsize=min(max(size, 4.0), 8.5))
    ax.set_ylim(max(len(labels), 1) - 0.4, -0.6)


def _many(ax: Axes, starts: Any, heights: Any, step: float, **style: Any) -> None:
    """Draw bars as one thing: each by itself takes a millisecond."""
    from matplotlib.collections import PolyCollection

    zero = np.zeros(len(starts))
    left, right = starts, starts + step
    corners: Any = np.array([(left, zero), (left, heights), (right, heights), (right, zero)])
    drawn = PolyCollection(np.moveaxis(corners, 2, 0), **style)
    drawn.sticky_edges.y.append(0)
    ax.add_collection(drawn)
    ax.autoscale_view()


def steps(ax: Axes, curve: pd.DataFrame, tweets: int) -> None:
    """Draw the means of a lifecycle; say over how many of the tweets."""
    start, end = curve["age_start_h"].to_numpy(), curve["age_end_h"].to_numpy()
    edges = np.arange(0, end[-1] + 1, end[0] - start[0])
    mean = np.full(len(edges) - 1, np.nan)
    complete = np.zeros(len(edges) - 1, dtype=int)
    at = np.searchsorted(edges, start)
    mean[at] = curve["mean"].to_numpy(dtype=float, na_value=np.nan)
    complete[at] = curve["n_complete"]
    colour = {"color": colours_of(ax).first}
    strong, thin = colour | _ALL, colour | _SOME
    every, some = (complete == tweets) & (complete > 0), (complete > 0) & (complete < tweets)
    if every.any():
        label = f"mean over all {tweets} tweets"
        ax.stairs(np.where(every, mean, np.nan), edges, baseline=None, label=label, **strong)
    if some.any():
        few, many = complete[some].min(), complete[some].max()
        number = f"{few} to {many}" if few < many else str(few)
        label = f"mean over {number} of {tweets} tweets, not the same at each age"
        ax.stairs(np.where(some, mean, np.nan), edges, baseline=None, label=label, **thin)
    if not (every.any() or some.any()):
        in_words(ax, "no tweet has an age whole")


def age_axis(ax: Axes, curve: pd.DataFrame) -> str:
    """Draw low ages wider than high ones, for most happens at first; give a bin's name."""
    first, last = int(curve["age_start_h"].iloc[0]), int(curve["age_end_h"].iloc[-1])
    width = last - int(curve["age_start_h"].iloc[-1])
    if last > _FAR * max(first, width):
        ax.set_xscale("symlog", linthresh=width, linscale=0.5)
        ticks = [one for one in _AGES if first <= one <= last and (one == 0 or one >= width)]
        labels = [_age(one) for one in ticks]
    else:
        apart = next((one for one in _APART if one * _TICKS >= last - first), _APART[-1])
        apart = max(apart, width)
        ticks = list(range(-(-first // apart) * apart, last + 1, apart))
        labels = [f"{one} h" if apart < _DAY else _age(one) for one in ticks]
    ax.set_xticks(ticks, labels=labels)
    ax.set_xticks([], minor=True)
    ax.set_xlim(first, last)
    if not (curve["mean"] < 0).any():
        ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter("{x:,g}")
    return "hour" if width == 1 else "day" if width == _DAY else _age(width)


def _age(hours: int) -> str:
    if not hours:
        return "0"
    return f"{hours} h" if hours % _DAY else f"{hours // _DAY} d"
