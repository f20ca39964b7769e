"""A metric by the hour of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engagement_kit.insight.included import Which, included
from engagement_kit.insight.plots.marks import bars, finish, make_axes
from engagement_kit.insight.rhythms import rhythm as _rhythm
from engagement_kit.insight.rows import rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from engagement_kit.tables.given import Tidy


def rhythm(
    table: Tidy,
    metric: str = "impressions",
    ax: Axes | None = None,
    *,
    tz: str = "UTC",
    include: Which | None = None,
) -> Axes:
    """Draw the mean of a metric per tweet and hour, by the hour of the day.

    Parameters
    ----------
    table
        A tidy table of grain hour or hour_of_day.
    metric
        Which metric.
    ax
        Where to draw; new axes by default.
    tz
        On whose clock, such as ``"Asia/Tokyo"``; that needs a table of grain hour.
    include : {'counted', 'whole', 'all'}, optional
        Of which tweets the sums are: of those with any count, of those that miss none, or of all,
        with no sum where a count of any is missing. By default those with any count; if then fewer
        than half of the hours have a sum, those that miss none, where there are any.

    Returns
    -------
    matplotlib.axes.Axes
        A bar for each hour of the day; hatched where an hour was not over yet when it was
        observed; a grey cross where a count is missing.

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

    Examples
    --------
    >>> import engagement_kit as ek
    >>> hours = {"2026-05-02": {"08": "5", "09": "3"}, "2026-05-03": {"08": "7"}}
    >>> axes = rhythm(ek.tidy({"g": {"1500000000000000000": {"likes": hours}}}), "likes")
    >>> [float(bar.get_height()) for bar in axes.patches]
    [6.0, 3.0]
    """
    rows, _ = rows_of(table, metric)
    kept = included(rows, lambda some: _rhythm(some, metric, tz=tz), include)
    hours = kept.sums
    ax = make_axes(ax)
    starts = hours["hour_of_day"].to_numpy(float)
    bars(ax, starts, hours["mean"], ~hours["complete"], 1.0, period="hour")
    day_axis(ax, tz)
    ax.yaxis.set_major_formatter("{x:,g}")
    ax.set_ylabel(f"{metric} per tweet and hour")
    return finish(ax, kept.rows, f"{metric}{kept.of} by hour of the day{kept.but}")


def day_axis(ax: Axes, tz: str) -> None:
    """Lay out the hours of a day, and say whose they are."""
    ax.set_xlim(0, 24)
    ax.set_xticks(range(0, 25, 3))
    ax.set_xlabel(f"hour of the day, {tz}")
