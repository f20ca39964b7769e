"""Where a metric began to mean something else, so that counts before and after differ in kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engagement_kit.question.metrics import METRICS

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd


def break_of(rows: pd.DataFrame) -> tuple[datetime, str] | None:
    """Say when a metric changed in the middle of its counts, and what.

    Parameters
    ----------
    rows
        Rows of a tidy table, all of one metric.

    Returns
    -------
    moment : datetime.datetime
        UTC; the documents give the day, and midnight is our reading.
    what : str
        In a few words. None instead of both where the counts do not cross a change.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> days = {"2017-10-08": "5", "2017-10-09": "3"}
    >>> break_of(tidy({"g": {"2000": {"engagements": days}}}))[1]
    'since 2017-10-09 without media views'
    >>> break_of(tidy({"g": {"2000": {"likes": days}}})) is None
    True
    """
    metric = METRICS.get(str(rows["metric"].iloc[0])) if len(rows) else None
    if metric is None or metric.changed_on is None:
        return None
    begun, over = rows["start"].min(), rows["end"].max()
    # Not a moment is neither before nor after any.
    if not begun < metric.changed_on < over:
        return None
    return metric.changed_on, f"since {metric.changed_on:%Y-%m-%d} {metric.change}"
