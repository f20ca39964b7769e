"""Plots of tidy tables: frame and axes in, axes out. Each says its source and its gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engagement_kit.errors import TableError
from engagement_kit.tables.sums import total

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# Of the palette by Okabe and Ito, which colour-blind people can tell apart.
_BLUE: Final = "#0072B2"
_ORANGE: Final = "#E69F00"
_GREY: Final = "#7F7F7F"
_WIDTH: Final = 0.9
_STEPS: Final = {"hour": 3600.0, "day": 86_400.0}
_SECONDS_A_DAY: Final = 86_400.0


def timeline(table: pd.DataFrame, metric: str = "impressions", ax: Axes | None = None) -> Axes:
    """Draw the sum of a metric over all tweets, one bar per hour or day.

    Parameters
    ----------
    table
        A tidy table of grain hour or day.
    metric
        Which metric.
    ax
        Where to draw; new axes by default.

    Returns
    -------
    matplotlib.axes.Axes
        A bar for each period; hatched where it was not over yet when it was observed; a grey cross
        where a count is missing, for a sum would be too small. Time is UTC.

    Raises
    ------
    TableError
        When the table holds no such metric, or is of another grain.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> body = {"g": {"2000": {"replies": {"2026-01-01": {"00": "3", "01": "5"}}}}}
    >>> axes = timeline(ek.tidy(body), "replies")
    >>> [float(bar.get_height()) for bar in axes.patches]
    [3.0, 5.0]
    """
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    rows = _of_metric(table, metric)
    grain = str(rows["grain"].iloc[0])
    if grain not in _STEPS:
        msg = f"a timeline needs a table of grain hour or day, not {grain!r}"
        raise TableError(msg)
    sums = total(rows, freq="hour" if grain == "hour" else "day").sort_values("start")
    ax = _axes(ax)
    step = _STEPS[grain] / _SECONDS_A_DAY
    known = sums[sums["value"].notna()]
    bars = ax.bar(
        date2num(known["start"].dt.tz_localize(None)),
        known["value"].to_numpy(float),
        width=step * _WIDTH,
        align="edge",
        color=_BLUE,
    )
    # Null where nobody said when it was observed: then it is not known to be over, nor to run.
    running = rows.loc[rows["complete"].eq(False).fillna(False), "start"]
    for bar, start in zip(bars, known["start"], strict=True):
        if start in set(running):
            bar.set(hatch="///", facecolor="none", edgecolor=_BLUE)
    lost = sums[sums["value"].isna()]
    if len(lost):
        middles = date2num(lost["start"].dt.tz_localize(None)) + step / 2
        zeros = [0.0] * len(lost)
        ax.plot(middles, zeros, "x", color=_GREY, clip_on=False, label="incomplete: not summed")
        ax.legend(frameon=False, fontsize="small")
    locator = AutoDateLocator()
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.set_ylabel(f"{metric} per {grain}")
    ax.set_xlabel("UTC")
    tweets = rows["tweet_id"].nunique()
    return _finish(ax, rows, f"{metric} of {tweets} tweets by {grain}")


def top(
    table: pd.DataFrame, metric: str = "impressions", n: int = 10, ax: Axes | None = None
) -> Axes:
    """Draw the tweets with the highest sums of a metric.

    Parameters
    ----------
    table
        A tidy table of one grain.
    metric
        Which metric.
    n
        How many tweets.
    ax
        Where to draw; new axes by default.

    Returns
    -------
    matplotlib.axes.Axes
        A bar for each tweet, the highest first, labelled with its id. Tweets with a missing count
        are left out, and the title says how many.

    Raises
    ------
    TableError
        When the table holds no such metric.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> body = {"g": {"2000": {"likes": "3"}, "2001": {"likes": "5"}}}
    >>> [text.get_text() for text in top(ek.tidy(body), "likes").get_yticklabels()]
    ['2001', '2000']
    """
    rows = _of_metric(table, metric)
    sums = total(rows, "tweet_id")
    known = sums[sums["value"].notna()]
    best = known.sort_values("value", ascending=False, kind="stable").head(n)
    ax = _axes(ax)
    places = range(len(best))
    ax.barh(list(places), best["value"].to_numpy(float), color=_ORANGE)
    ax.set_yticks(list(places), labels=[str(one) for one in best["tweet_id"]], fontsize="small")
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel(metric)
    lost = len(sums) - len(known)
    left_out = f"; {lost} without a count left out" if lost else ""
    return _finish(ax, rows, f"top {len(best)} of {len(sums)} tweets by {metric}{left_out}")


def _of_metric(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    rows = table[table["metric"] == metric]
    if not len(rows):
        names = ", ".join(str(one) for one in table["metric"].dropna().unique()) or "none"
        msg = f"the table holds no {metric!r}; it holds: {names}"
        raise TableError(msg)
    return rows


def _axes(ax: Axes | None) -> Axes:
    # By pyplot, so that a notebook shows a figure that nobody named.
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(8, 4), layout="constrained")[1] if ax is None else ax


def _finish(ax: Axes, rows: pd.DataFrame, title: str) -> Axes:
    """Add the title, take off what does not inform, and say when the data are invented."""
    ax.set_title(title, loc="left", fontsize="medium")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if bool((rows["source"] == "emulator").any()):
        ax.set_title("EMULATOR: invented data", loc="right", fontsize="small", color=_GREY)
    return ax
