"""Where a metric began to mean something else, so that counts before and after differ in kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

CHANGED_AT: Final = datetime(2017, 10, 9, tzinfo=UTC)
CHANGED: Final = {
    "engagements": "since 2017-10-09 without media views",
    "media_engagements": "new on 2017-10-09, in place of media_clicks",
    "media_views": "new on 2017-10-09",
}
"""What changed at `CHANGED_AT`, by metric. The source is the API's guide to recent changes of its
metrics; it gives the day, not the hour, and midnight UTC is our reading."""


def break_of(rows: pd.DataFrame) -> str:
    """Say what changed in the middle of a metric's counts; nothing where they do not cross it.

    Parameters
    ----------
    rows
        Rows of a tidy table, all of one metric.

    Returns
    -------
    str
        Empty, or what changed and when.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> days = {"2017-10-08": "5", "2017-10-09": "3"}
    >>> break_of(tidy({"g": {"2000": {"engagements": days}}}))
    'since 2017-10-09 without media views'
    >>> break_of(tidy({"g": {"2000": {"likes": days}}}))
    ''
    """
    metric = str(rows["metric"].iloc[0]) if len(rows) else ""
    if metric not in CHANGED:
        return ""
    begun, over = rows["start"].min(), rows["end"].max()
    # Not a moment is neither before nor after any.
    return CHANGED[metric] if begun < CHANGED_AT < over else ""
