"""Plots of tidy tables: frame and axes in, axes out. Each says its source and its gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engagement_kit.errors import TableError
from engagement_kit.insight.curves import lifecycle as _lifecycle
from engagement_kit.insight.marks import (
    ORANGE,
    age_axis,
    bars,
    finish,
    make_axes,
    of_tweets,
    steps,
)
from engagement_kit.insight.rhythms import rhythm as _rhythm
from engagement_kit.insight.rows import known_to_run, rows_of
from engagement_kit.question.price import many
from engagement_kit.tables.sums import total

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

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

    rows, grain = rows_of(table, metric)
    if grain not in _STEPS:
        msg = f"a timeline needs a table of grain hour or day, not {grain!r}"
        raise TableError(msg)
    # Null where nobody said when it was observed: then it is not known to be over, nor to run.
    sums = total(known_to_run(rows), freq="hour" if grain == "hour" else "day").sort_values("start")
    ax = make_axes(ax)
    step = _STEPS[grain] / _SECONDS_A_DAY
    starts = date2num(sums["start"].dt.tz_localize(None))
    bars(ax, starts, sums["value"], ~sums["complete"], step)
    locator = AutoDateLocator()
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.set_ylabel(f"{metric} per {grain}")
    ax.set_xlabel("UTC")
    return finish(ax, rows, f"{metric}{of_tweets(rows)} by {grain}")


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
    rows, _ = rows_of(table, metric)
    sums = total(rows, "tweet_id")
    known = sums[sums["value"].notna()]
    best = known.sort_values("value", ascending=False, kind="stable").head(n)
    ax = make_axes(ax)
    places = range(len(best))
    ax.barh(list(places), best["value"].to_numpy(float), color=ORANGE)
    ax.set_yticks(list(places), labels=[str(one) for one in best["tweet_id"]], fontsize="small")
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel(metric)
    lost = len(sums) - len(known)
    left_out = f"; {lost} without a count left out" if lost else ""
    return finish(ax, rows, f"top {len(best)} of {many(len(sums), 'tweet')} by {metric}{left_out}")


def lifecycle(
    table: pd.DataFrame,
    metric: str = "impressions",
    ax: Axes | None = None,
    *,
    step_hours: int | None = None,
) -> Axes:
    """Draw the mean of a metric per tweet, by the age of the tweets.

    Parameters
    ----------
    table
        A tidy table of grain hour or day.
    metric
        Which metric.
    ax
        Where to draw; new axes by default.
    step_hours
        The length of a bin; one hour, or one day, by default.

    Returns
    -------
    matplotlib.axes.Axes
        A step for each bin of ``insight.curves.lifecycle``: the mean over the tweets that have it
        whole. Strong where these are all tweets that have any count; thin and broken where only
        some are that old, or were counted at that age: then the mean is of other tweets than
        beside it. Ages are drawn closer together the higher they are.

    Raises
    ------
    TableError
        When the table holds no such metric, is of another grain, or names no tweets.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> hours = {"2026-05-02": {"08": "5", "09": "3"}}
    >>> axes = lifecycle(ek.tidy({"g": {"2050491494400000000": {"likes": hours}}}), "likes")
    >>> axes.get_xlabel()
    'age, since the hour of posting'
    """
    rows, grain = rows_of(table, metric)
    curve = _lifecycle(rows, metric, step_hours=step_hours)
    ax = make_axes(ax)
    known = rows.loc[rows["value"].notna(), "tweet_id"].nunique()
    steps(ax, curve, known)
    bin_name = age_axis(ax, curve)
    ax.set_ylabel(f"{metric} per tweet and {bin_name}")
    ax.set_xlabel(f"age, since the {'UTC day' if grain == 'day' else 'hour'} of posting")
    tweets = rows["tweet_id"].nunique()
    left_out = f"; {tweets - known} without a count left out" if known < tweets else ""
    return finish(ax, rows, f"{metric} of {many(known, 'tweet')} by age{left_out}")


def rhythm(table: pd.DataFrame, metric: str = "impressions", ax: Axes | None = None) -> Axes:
    """Draw the mean of a metric per tweet and hour, by the hour of the day.

    Parameters
    ----------
    table
        A tidy table of grain hour or hour_of_day.
    metric
        Which metric.
    ax
        Where to draw; new axes by default.

    Returns
    -------
    matplotlib.axes.Axes
        A bar for each hour of the day, UTC; hatched where an hour was not over yet when it was
        observed; a grey cross where a count is missing.

    Raises
    ------
    TableError
        When the table holds no such metric, or is of another grain.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> hours = {"2026-05-02": {"08": "5", "09": "3"}, "2026-05-03": {"08": "7"}}
    >>> axes = rhythm(ek.tidy({"g": {"1500000000000000000": {"likes": hours}}}), "likes")
    >>> [float(bar.get_height()) for bar in axes.patches]
    [6.0, 3.0]
    """
    rows, _ = rows_of(table, metric)
    hours = _rhythm(rows, metric)
    ax = make_axes(ax)
    bars(ax, hours["hour_of_day"].to_numpy(float), hours["mean"], ~hours["complete"], 1.0)
    ax.set_xlim(0, 24)
    ax.set_xticks(range(0, 25, 3))
    ax.yaxis.set_major_formatter("{x:,g}")
    ax.set_ylabel(f"{metric} per tweet and hour")
    ax.set_xlabel("hour of the day, UTC")
    return finish(ax, rows, f"{metric}{of_tweets(rows)} by hour of the day")
