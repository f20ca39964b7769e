"""What a stored answer covers, read from its first line alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, get_args

from engagement_kit.answers.answer import Outcome
from engagement_kit.question import metrics as registry
from engagement_kit.question.batches import CARRIERS
from engagement_kit.question.hours import ceil_hour, floor_hour, from_iso
from engagement_kit.question.known import Known
from engagement_kit.question.offer import PRIVATE_AGE, older_than
from engagement_kit.question.request import Request
from engagement_kit.question.tweet_ids import as_numbers

EDITION: Final = 2
"""Raise it when the same first line comes to be read otherwise: indexes are made anew then."""
_LEVEL_OF: Final[dict[frozenset[str], str]] = {
    frozenset(levels): level for level, (_, levels) in CARRIERS.items()
}


def known_of(ref: str, head: dict[str, Any]) -> Known | None:
    """Tell what one stored answer covers; None when it failed.

    Parameters
    ----------
    ref
        The answer's name.
    head
        Its first line, as `answer.read_head` gives it.

    Raises
    ------
    LookupError, TypeError, ValueError, AttributeError
        When it is no first line of an answer.
    """
    if head["outcome"] not in get_args(Outcome):
        msg = f"an outcome that is none: {head['outcome']!r}"
        raise ValueError(msg)
    if head["outcome"] == "failed":
        return None
    request = Request.from_dict(head["request"])
    refused = head["outcome"] == "refused"
    echo = head["window"]
    window = None if echo is None else (from_iso(echo[0]), from_iso(echo[1]))
    start, end = hours_counted(window, request) or (0, 0)
    # An answer that only names tweets speaks of those alone; the others were asked anew.
    tweets = head["named"] or request.tweet_ids
    return Known(
        ref=ref,
        key=request.key,
        service=request.service,
        account=request.account,
        level="" if refused else level_of(request, start, end),
        tweet_ids=tuple(tweets),
        metrics=_metrics(head, request),
        start=start,
        end=end,
        observed_at=from_iso(head["observed_at"]),
        refused=refused,
    )


def _metrics(head: dict[str, Any], request: Request) -> frozenset[str]:
    """Give the metrics that an answer speaks of.

    On totals one that lists tweets beyond 90 days, without any counts, says that their impressions
    and engagements can't be had, and nothing of their other metrics.
    """
    asked = frozenset(request.metrics)
    if request.endpoint != "totals" or head["outcome"] != "answered" or not head["named"]:
        return asked
    numbers = as_numbers(head["named"])
    old = older_than(numbers, PRIVATE_AGE.days, from_iso(head["observed_at"]))
    return asked.difference(registry.offered("totals", "app")) or asked if old.any() else asked


def level_of(request: Request, start: int, end: int) -> str:
    """Name the finest level at which an answer holds whole numbers per tweet and metric.

    Days count only where the window is cut at UTC midnights: a part of a day is no day.
    """
    levels = {_LEVEL_OF.get(frozenset(group), "") for _, group in request.groupings}
    if request.endpoint == "totals":
        return "lifetime" if "lifetime" in levels else ""
    if "hour" in levels:
        return "hour"
    return "day" if "day" in levels and start % 24 == end % 24 == 0 else ""


def hours_counted(
    window: tuple[datetime, datetime] | None, request: Request
) -> tuple[int, int] | None:
    """Give the hours that were counted, by the API's own echo, else by the request.

    Returns
    -------
    tuple of int or None
        The end is exclusive; None where neither says.
    """
    start, end = window or (request.start, request.end)
    return None if start is None or end is None else (floor_hour(start), ceil_hour(end))
