"""What is odd about tables, before anything is concluded from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from engagement_kit.errors import TableError
from engagement_kit.insight import doubts, gaps, mixtures, repeats
from engagement_kit.insight.evidence import Evidence, evidence
from engagement_kit.insight.finding import SEVERITIES, Finding
from engagement_kit.tables.schema import NULL_TIME

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy

CHECKS: Final[tuple[Callable[[Evidence], Iterator[Finding]], ...]] = (
    mixtures.invented_and_live,
    mixtures.several_grains,
    mixtures.two_video_views,
    mixtures.redefined,
    mixtures.zero_before,
    doubts.before_creation,
    doubts.negative,
    doubts.parts_against_wholes,
    doubts.parts_against_lifetimes,
    doubts.lifetimes_not_covered,
    doubts.engagements_above_impressions,
    repeats.contradicting,
    repeats.revised,
    repeats.fallen,
    gaps.holes,
    gaps.running,
    gaps.missing,
)
"""Each looks at all rows, and tells what it finds."""
_COLUMNS: Final = {
    "check": "str", "severity": "str", "metric": "str", "n": "int64", "tweet_id": "str",
    "start": "datetime64[us, UTC]", "end": "datetime64[us, UTC]", "meaning": "str",
    "advice": "str",
}  # fmt: skip
_NULLABLE: Final = ("metric", "tweet_id")


def quality(*tables: Tidy) -> pd.DataFrame:
    """Look for what is odd about tables, or can't be what it seems; the worst first.

    Parameters
    ----------
    *tables
        Tidy tables, or results. Those of the same tweets at several grains are held against each
        other: pass ``result.table("hour")``, ``result.table("day")`` and the totals together.

    Returns
    -------
    pandas.DataFrame
        A row for each finding; without any the same columns, and no row:

        - ``check``: which check found it; text,
        - ``severity``: ``error`` (the numbers can't all be right, or must not be used together),
          ``caution`` (right, and easily misread), ``note`` (good to know); text,
        - ``metric``: text; null where it concerns several,
        - ``n``: how often; int64. What is missing, still ran, or lies in a hole is told apart by
          grain, and ``meaning`` says what is counted: hours, days, windows, hours of the day or
          lifetimes of tweets,
        - ``tweet_id``, ``start``, ``end``: an example; text and datetime64[us, UTC], null where
          there is none,
        - ``meaning``, ``advice``: what it means, and what to do; text.

    Raises
    ------
    TableError
        When there is no table, or one of them is not tidy.

    Notes
    -----
    Sums are compared only where all pieces are there, and were over when observed. ``video_views``
    of totals are another quantity than those of hours and days, and are never held against them.
    A lifetime is compared with its hours or days as far as that can be done: they may not exceed
    it, and must be equal to it where both end at the same moment. Engagements are compared with
    impressions tweet by tweet, over what is counted of both: in a single hour they may well be
    more, for people click on what they saw an hour before.

    Of several observations of a number the latest counts, except where observations themselves are
    compared. Counts of a tweet before it was created are those of hours that end by then.

    A number that several tables miss is missing once, and not at all where one of them counts it:
    the same tweet, metric, grain and period. Holes are looked for within each table of hours or
    days, between the first and the last row of a tweet and metric, from its creation on; rows that
    were dropped before the first or after the last can't be seen.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> hours = {"2026-05-02": {"08": "5", "09": "-1"}}
    >>> found = quality(tidy({"g": {"2050491494400000000": {"likes": hours}}}))
    >>> found[["check", "severity", "n"]].values.tolist()
    [['negative', 'caution', 1]]
    """
    import pandas as pd

    if not tables:
        msg = "there is no table to look at; pass tidy tables or results"
        raise TableError(msg)
    seen = evidence({id(one): one for one in tables}.values())  # the same table twice is one
    found = [one for check in CHECKS for one in check(seen)]
    found.sort(key=lambda one: (SEVERITIES.index(one.severity), -one.n))
    rows = [_row(one, seen) for one in found]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    for name in ("start", "end"):  # which may have no moment at all
        frame[name] = pd.to_datetime(frame[name], utc=True)
    named = {name: frame[name].notna() for name in _NULLABLE}
    frame = frame.astype(_COLUMNS)
    for name, there in named.items():  # pandas 2 makes the text "None" of a null
        frame[name] = frame[name].where(there, None)
    return frame


def _row(one: Finding, seen: Evidence) -> dict[str, Any]:
    row: dict[str, Any] = {
        name: getattr(one, name) for name in ("check", "severity", "n", "meaning", "advice")
    }
    row["metric"] = one.metric
    if one.example is not None:
        tweet, start, end = one.example
        row["tweet_id"] = seen.words.tweets[tweet] if tweet >= 0 else None
        row["start"], row["end"] = _moment(start), _moment(end)
    return row


def _moment(micros: int) -> Any:
    import pandas as pd

    return pd.NaT if micros == NULL_TIME else pd.Timestamp(micros, unit="us", tz="UTC")
