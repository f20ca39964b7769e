"""A period in words: what is meant, and from when to when that is now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import numpy as np

from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.periods import Between, First, Period
from engagement_kit.question.wanted import Wanted

_FIRST_HOUR: Final = floor_hour(datetime(1, 1, 1, tzinfo=UTC))


def when_words(period: Period | None, endpoint: str, wanted: Wanted | None = None) -> str:
    """Say a period plainly: in UTC, the end not counted.

    Parameters
    ----------
    period
        What was filled in; None where the endpoint takes none.
    endpoint
        Where it is asked.
    wanted
        The question at this moment, which knows from when to when it is; None: not known yet.

    Returns
    -------
    str
        One sentence or two.

    Examples
    --------
    >>> from engagement_kit.question.periods import last
    >>> when_words(last(days=28), "historical")
    'The last 28 days that are over. It moves with time.'
    """
    if endpoint == "totals" or (endpoint != "28hr" and period is None):
        return "Each tweet's whole life up to now, always."
    if isinstance(period, Between):
        ends = f"{_written(period.start)} up to {_written(period.end)}"
        return f"From {ends} UTC; the end itself is not counted."
    now = _now(wanted)
    if period is None:
        return f"The last 28 hours, always{now}. The hour that still runs is among them."
    ((unit, length),) = next(iter(period.to_dict().values())).items()
    span = f"{length} {unit.removesuffix('s') if length == 1 else unit}"
    if isinstance(period, First):
        whole = wanted is not None and wanted.level == "day"
        days = " Each UTC day that this touches is taken whole." if whole else ""
        return f"The first {span} of each tweet, from the hour in which it was created.{days}"
    return f"The last {span} that are over{now}. It moves with time."


def _now(wanted: Wanted | None) -> str:
    """Say from when to when it is now, where it is the same for all tweets."""
    if wanted is None or not len(wanted.asked):
        return ""
    first, last = (int(one) for one in np.asarray(wanted.asked[0]))
    if first < _FIRST_HOUR:  # before the first year of any calendar
        return f": now up to {_written(moment(last))} UTC, the end not counted"
    return (
        f": now {_written(moment(first))} up to {_written(moment(last))} UTC, the end not counted"
    )


def _written(when: datetime) -> str:
    return when.isoformat(sep=" ")[:16]  # strftime writes years before 1000 with three digits
