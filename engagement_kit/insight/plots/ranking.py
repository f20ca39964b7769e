"""Tweets in the order of a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engagement_kit.insight.plots.colours import colours_of
from engagement_kit.insight.plots.marks import finish, make_axes, names
from engagement_kit.insight.rows import rows_of
from engagement_kit.question.price import many
from engagement_kit.tables.sums import total

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


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
    ax = make_axes(ax, len(best))
    places = range(len(best))
    ax.barh(list(places), best["value"].to_numpy(float), color=colours_of(ax).second)
    names(ax, [str(one) for one in best["tweet_id"]])
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel(metric)
    lost = len(sums) - len(known)
    left_out = f"; {lost} without a count left out" if lost else ""
    return finish(ax, rows, f"top {len(best)} of {many(len(sums), 'tweet')} by {metric}{left_out}")
