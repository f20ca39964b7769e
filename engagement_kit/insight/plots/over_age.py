"""A metric by the age of the tweets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engagement_kit.insight.curves import lifecycle as _lifecycle
from engagement_kit.insight.plots.marks import age_axis, finish, make_axes, steps
from engagement_kit.insight.rows import rows_of
from engagement_kit.question.price import many

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


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
