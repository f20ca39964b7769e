"""What plots are made of: axes, colours, bars, steps, and the marks that say what is not whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.question.price import many

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# Of the palette by Okabe and Ito, which colour-blind people can tell apart.
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
GREY: Final = "#6F6F6F"  # small text in it is still readable on white

_WIDTH: Final = 0.9
_MANY_BARS: Final = 200
_HOLLOW: Final[dict[str, Any]] = {"hatch": "///", "facecolor": "none", "edgecolor": BLUE}
_ALL: Final[dict[str, Any]] = {"color": BLUE, "linewidth": 2.2}
_SOME: Final[dict[str, Any]] = {"color": BLUE, "linewidth": 0.9, "linestyle": (0, (4, 1.5))}
_DAY: Final = 24
_FAR: Final = 12
"""So many times the first age or bin are far: on an even axis there would be a spike alone."""
_TICKS: Final = 8
_APART: Final = (1, 2, 3, 6, 12, *(_DAY * n for n in (1, 2, 7, 14, 28, 56, 112, 365)))
_AGES: Final = (0, 1, 2, 3, 6, 12, *(_DAY * n for n in (1, 2, 4, 7, 14, 28, 56, 112, 365, 1461)))


def make_axes(ax: Axes | None) -> Axes:
    """Give the axes, or make new ones."""
    if ax is not None:
        return ax
    # By pyplot, so that a notebook shows a figure that nobody named.
    import matplotlib.pyplot as plt

    made: Axes = plt.subplots(figsize=(8, 4), layout="constrained")[1]
    return made


def finish(ax: Axes, rows: pd.DataFrame, title: str) -> Axes:
    """Add the title, take off what does not inform, and say when the data are invented."""
    ax.set_title(title, loc="left", fontsize="medium")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if bool((rows["source"] == "emulator").any()):
        ax.set_title("EMULATOR: invented data", loc="right", fontsize="small", color=GREY)
    return ax


def of_tweets(rows: pd.DataFrame) -> str:
    """Say over how many tweets a sum is; tables that are summed over them do not tell."""
    tweets = rows["tweet_id"].nunique()
    return f" of {many(tweets, 'tweet')}" if tweets else ", summed over tweets,"


def bars(
    ax: Axes, starts: Any, values: pd.Series[Any], running: pd.Series[Any], step: float
) -> None:
    """Draw bars, hatched where a period still ran, and a cross where there is no sum."""
    known, still = values.notna().to_numpy(), running.to_numpy(dtype=bool)
    heights = values.to_numpy(dtype=float, na_value=np.nan)
    if known.sum() <= _MANY_BARS:
        width = step * _WIDTH
        drawn = ax.bar(starts[known], heights[known], width=width, align="edge", color=BLUE)
        for bar, hollow in zip(drawn, still[known], strict=True):
            if hollow:
                bar.set(**_HOLLOW)
    else:
        _many(ax, starts[known & ~still], heights[known & ~still], step, color=BLUE)
        _many(ax, starts[known & still], heights[known & still], step, **_HOLLOW)
    if not known.all():
        lost = starts[~known] + step / 2
        label = "incomplete: not summed"
        ax.plot(lost, np.zeros(len(lost)), "x", color=GREY, clip_on=False, label=label)
        ax.legend(frameon=False, fontsize="small")


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
    every, some = (complete == tweets) & (complete > 0), (complete > 0) & (complete < tweets)
    if every.any():
        label = f"mean over all {tweets} tweets"
        ax.stairs(np.where(every, mean, np.nan), edges, baseline=None, label=label, **_ALL)
    if some.any():
        few, many = complete[some].min(), complete[some].max()
        number = f"{few} to {many}" if few < many else str(few)
        label = f"mean over {number} of {tweets} tweets, not the same at each age"
        ax.stairs(np.where(some, mean, np.nan), edges, baseline=None, label=label, **_SOME)
    if every.any() or some.any():
        ax.legend(frameon=False, fontsize="small")
    else:
        where: dict[str, Any] = {"transform": ax.transAxes, "ha": "center", "color": GREY}
        ax.text(0.5, 0.5, "no tweet has an age whole", **where)


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
