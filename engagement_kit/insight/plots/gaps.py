"""What is missing, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.insight.plots.colours import colours_of
from engagement_kit.insight.plots.marks import (
    SMALL,
    finish,
    in_lines,
    legend_below,
    make_axes,
    names,
    whole_numbers,
)
from engagement_kit.question.amounts import many
from engagement_kit.tables.fates import MEANINGS
from engagement_kit.tables.given import as_frame
from engagement_kit.tables.schema import STATUSES
from engagement_kit.tables.sums import total

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from engagement_kit.tables.given import Tidy

_HATCHES: Final = ("", "////", "....")
_UNITS: Final = {"hour": "hours of tweets", "day": "days of tweets"}
_ALL_METRICS: Final = "(summed over metrics)"


def missing(table: Tidy, ax: Axes | None = None) -> Axes:
    """Draw what is missing and why: numbers without a count, by metric and status.

    Parameters
    ----------
    table
        A tidy table of one grain, such as a run's, or its `Result.missing`.
    ax
        Where to draw; new axes by default.

    Returns
    -------
    matplotlib.axes.Axes
        A bar for each metric, made of a piece for each status; the legend says what the status
        means, and how many numbers have it over all metrics. Where nothing is missing, that is
        said.

    Raises
    ------
    TableError
        When the table is not tidy, or holds two grains.

    Notes
    -----
    Numbers are what ``ek.total`` counts as `n_missing`: a span that is missed counts as many as it
    has hours (in a table of days: days), from the tweet's creation on; a row of another grain is
    one. A number that one observation lacks and another one gives is not missing.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> body = {"g": {"2000": {"likes": "3"}}, "unavailable_tweet_ids": ["22"]}
    >>> axes = missing(ek.tidy(body))
    >>> axes.get_legend().get_texts()[0].get_text()
    'unavailable, 1: the tweet is deleted, protected, or was never there'
    """
    frame = as_frame(table)
    sums = _by_reason(frame)
    lost = sums[sums["n_missing"] > 0]
    ax = make_axes(ax, sums["metric"].nunique() + lost["reason"].nunique())
    metrics = [str(one) for one in sums["metric"].unique()]
    grain = str(frame["grain"].iloc[0]) if len(frame) else ""
    names(ax, metrics)
    if len(lost):
        _pieces(ax, lost, metrics)
    else:
        ax.text(
            0.5, 0.5, "nothing is missing", transform=ax.transAxes, ha="center", va="center",
            color=colours_of(ax).ink,
        )  # fmt: skip
        ax.set_xticks([])
    ax.set_xlabel(f"{_UNITS.get(grain, 'numbers')} without a count" if len(lost) else "")
    return finish(ax, frame, _title(frame, sums), name_break=False)


def _by_reason(frame: pd.DataFrame) -> pd.DataFrame:
    """Count numbers by metric and status, each once."""
    # By another name: sums refuse to go by what became of a number, which is asked here.
    named = frame.assign(reason=frame["status"]) if "status" in frame.columns else frame
    sums = total(named, "reason")
    return sums.assign(metric=sums["metric"].astype("object").fillna(_ALL_METRICS))


def _pieces(ax: Axes, lost: pd.DataFrame, metrics: list[str]) -> None:
    """Draw a bar for each metric, piece by piece; say what each piece means."""
    colours = colours_of(ax)
    place = {name: at for at, name in enumerate(metrics)}
    end = np.zeros(len(metrics))
    present = [one for one in STATUSES if (lost["reason"] == one).any()]
    for at, status in enumerate(present):
        mine = lost[lost["reason"] == status]
        rows = mine["metric"].map(place).to_numpy(dtype=np.int64)
        width = mine["n_missing"].to_numpy(dtype=float)
        look: dict[str, Any] = {
            "color": colours.several[at % len(colours.several)],
            "hatch": _HATCHES[at // len(colours.several)],
            "edgecolor": colours.page,
        }
        label = in_lines(ax, f"{status}, {int(width.sum()):,}: {MEANINGS[status]}")
        ax.barh(rows, width, 0.7, left=end[rows], label=label, linewidth=0.8, **look)
        end[rows] += width
    for at, sum_ in enumerate(end):
        ax.annotate(
            f"{sum_:,.0f}", (sum_, at), (4, 0), textcoords="offset points", va="center",
            fontsize=SMALL, color=colours.ink,
        )  # fmt: skip
    ax.margins(x=0.12)
    whole_numbers(ax.xaxis)
    legend_below(ax, 1)


def _title(frame: pd.DataFrame, sums: pd.DataFrame) -> str:
    lost, asked = int(sums["n_missing"].sum()), int(sums["n_expected"].sum())
    tweets = frame["tweet_id"].nunique()
    of = f" of {many(tweets, 'tweet')}" if tweets else ""
    if not asked:
        return "nothing is missing"
    if not lost:
        return f"nothing is missing: all {many(asked, 'number')}{of} have a count"
    if lost == asked:  # also what is missing of a run, without what is not
        return f"{many(lost, 'number')}{of} without a count"
    return f"{lost:,} of {many(asked, 'number')}{of} without a count ({_share(lost, asked)})"


def _share(part: int, whole: int) -> str:
    """Write a share that is neither none nor all, and does not look like either."""
    percent = 100 * part / whole
    if percent > 99:
        return "over 99 %"
    return f"{percent:.0f} %" if percent >= 1 else "under 1 %"
