"""A metric over time: a bar for each hour or day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engagement_kit.errors import TableError
from engagement_kit.insight.included import Which, included
from engagement_kit.insight.plots.marks import (
    bars,
    finish,
    make_axes,
    mark_break,
    whole_numbers,
)
from engagement_kit.insight.rows import known_to_run, rows_of
from engagement_kit.tables.sums import Freq, total

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from engagement_kit.tables.given import Tidy

_STEPS: Final = {"hour": 3600.0, "day": 86_400.0}
_SECONDS_A_DAY: Final = 86_400.0


def timeline(
    table: Tidy,
    metric: str = "impressions",
    ax: Axes | None = None,
    *,
    include: Which | None = None,
) -> Axes:
    """Draw the sum of a metric over tweets, one bar per hour or day.

    Parameters
    ----------
    table
        A tidy table of grain hour or day.
    metric
        Which metric.
    ax
        Where to draw; new axes by default.
    include : {'counted', 'whole', 'all'}, optional
        Of which tweets the sums are: of those with any count, of those that miss none, or of all,
        with no sum where a count of any is missing. By default those with any count; if then fewer
        than half of the periods up to the last count have a sum, those that miss none, where there
        are any.

    Returns
    -------
    matplotlib.axes.Axes
        A bar for each period; hatched where it was not over yet when it was observed; a grey cross
        where a count is missing, for a sum would be too small. A broken line marks the day since
        when the metric means something else, where the counts go across it. Time is UTC.

    Raises
    ------
    TableError
        When the table holds no such metric, or is of another grain; where none of the tweets that
        you choose is left.

    Notes
    -----
    The title says how many tweets are left out, and why: ``without any count`` or ``with missing
    counts``. Nothing is guessed for them: the sums are of the others alone. ``insight.counted`` and
    ``insight.whole`` give the same tweets as a table; `missing` draws why counts are missing.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> body = {"g": {"2000": {"replies": {"2026-01-01": {"00": "3", "01": "5"}}}}}
    >>> axes = timeline(ek.tidy(body), "replies")
    >>> [float(bar.get_height()) for bar in axes.patches]
    [3.0, 5.0]
    >>> timeline(ek.tidy(body | {"unavailable_tweet_ids": ["22"]}), "replies").get_title("left")
    'replies of 1 of 2 tweets by hour; 1 without any count left out'
    """
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    rows, grain = rows_of(table, metric)
    if grain not in _STEPS:
        msg = (
            f"a timeline needs a table of grain hour or day, not {grain!r}; ask with by='hour' or "
            "by='day' for that"
        )
        raise TableError(msg)
    # Null where nobody said when it was observed: then it is not known to be over, nor to run.
    freq: Freq = "hour" if grain == "hour" else "day"
    kept = included(known_to_run(rows), lambda some: total(some, freq=freq), include)
    sums = kept.sums.sort_values("start")
    ax = make_axes(ax)
    step = _STEPS[grain] / _SECONDS_A_DAY
    starts = date2num(sums["start"].dt.tz_localize(None))
    bars(ax, starts, sums["value"], ~sums["complete"], step, period=freq)
    locator = AutoDateLocator()
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    whole_numbers(ax.yaxis)
    mark_break(ax, kept.rows)
    ax.set_ylabel(f"{metric} per {grain}")
    ax.set_xlabel("UTC")
    return finish(ax, kept.rows, f"{metric}{kept.of} by {grain}{kept.but}", name_break=False)
