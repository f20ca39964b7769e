"""A metric by the age of the tweets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np

from engagement_kit.errors import TableError
from engagement_kit.insight.curves import lifecycle as _lifecycle
from engagement_kit.insight.included import UNCOUNTED, left_out
from engagement_kit.insight.plots.colours import colours_of
from engagement_kit.insight.plots.marks import age_axis, finish, in_words, make_axes, steps
from engagement_kit.insight.rows import rows_of
from engagement_kit.question.amounts import many
from engagement_kit.question.spelling import no_such_word

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from engagement_kit.tables.given import Tidy

What = Literal["rate", "cumulative", "share"]

_LINE: Final[dict[str, Any]] = {"linewidth": 2.2, "marker": ".", "markersize": 5}


def lifecycle(
    table: Tidy,
    metric: str = "impressions",
    ax: Axes | None = None,
    *,
    step_hours: int | None = None,
    what: What = "rate",
) -> Axes:
    """Draw a metric per tweet by the age of the tweets: what comes at each age, or all up to it.

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
    what : {'rate', 'cumulative', 'share'}
        What tweets get in each bin; what they have got since they were posted; or that as a share
        of what they have at the last age that all of them have whole.

    Returns
    -------
    matplotlib.axes.Axes
        Tweets without any count are left out, and the title says how many. For the rate a step
        for each bin of ``insight.lifecycle`` of the others: the mean over the tweets that
        have it whole. Strong where these are all tweets that have any count; thin and broken where
        only some are that old, or were counted at that age: then the mean is of other tweets than
        beside it. For the others a point at the end of each bin, up to the last age that all
        tweets with any count have whole; the legend says which. Ages are drawn closer together the
        higher they are.

    Raises
    ------
    TableError
        When the table holds no such metric, is of another grain, or names no tweets.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> hours = {"2026-05-02": {"08": "5", "09": "3"}}
    >>> table = ek.tidy({"g": {"2050491494400000000": {"likes": hours}}})
    >>> lifecycle(table, "likes").get_xlabel()
    'age, since the hour of posting'
    >>> lifecycle(table, "likes", what="share").lines[0].get_ydata().tolist()
    [0.0, 62.5, 100.0]
    """
    if what not in get_args(What):
        raise TableError(no_such_word("what", what, get_args(What)))
    rows, grain = rows_of(table, metric)
    known = rows.loc[rows["value"].notna(), "tweet_id"].dropna().unique()
    tweets = rows["tweet_id"].nunique()
    if 0 < len(known) < tweets:
        rows = rows[rows["tweet_id"].isin(known)]
    curve = _lifecycle(rows, metric, step_hours=step_hours)
    ax = make_axes(ax)
    if what == "rate":
        steps(ax, curve, int(curve["n_tweets"].iloc[0]))
    else:
        _rise(ax, curve, what)
    bin_name = age_axis(ax, curve)
    if what == "share":
        ax.yaxis.set_major_formatter("{x:g} %")
    ax.set_ylabel(_unit(metric, what, bin_name))
    ax.set_xlabel(f"age, since the {'UTC day' if grain == 'day' else 'hour'} of posting")
    drawn = int(curve["n_tweets"].iloc[0]) if len(known) else 0
    lost = {UNCOUNTED: tweets - len(known), "without a date or a life": len(known) - drawn}
    of = f"{drawn:,} of {many(tweets, 'tweet')}" if any(lost.values()) else many(drawn, "tweet")
    return finish(ax, rows, f"{metric} of {of} by age{left_out(lost)}")


def _rise(ax: Axes, curve: pd.DataFrame, what: What) -> None:
    """Draw what tweets have got since their posting, from nothing on, at the end of each bin."""
    whole = curve[curve[what].notna()]
    if not len(whole):
        in_words(ax, "not all tweets are counted since they were posted")
        return
    scale = 100.0 if what == "share" else 1 / whole["n_tweets"].to_numpy(float)
    heights = whole[what].to_numpy(float) * scale
    tweets, end = whole["n_tweets"].iloc[-1], whole["age_end_h"].iloc[-1]
    word = "share" if what == "share" else "mean"
    label = f"{word} over all {many(tweets, 'tweet')}, up to {end} h"
    ages, colour = np.append(0, whole["age_end_h"]), colours_of(ax).first
    ax.plot(ages, np.append(0, heights), label=label, color=colour, **_LINE)


def _unit(metric: str, what: What, bin_name: str) -> str:
    if what == "share":
        return f"{metric}, share of those up to the last age"
    return f"{metric} per tweet" + (f" and {bin_name}" if what == "rate" else " since posting")
