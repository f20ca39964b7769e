"""Which metrics are on offer: by endpoint, by the keys that there are, and by the tweets' age."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from engagement_kit.question import metrics as registry
from engagement_kit.question.micros import EPOCH
from engagement_kit.question.rules import (
    ENDPOINTS,
    TOTALS_PRIVATE_DAYS,
    VIDEO_DAYS,
)
from engagement_kit.question.tweet_ids import FIRST_TIMED_ID, ID_EPOCH_MS


@dataclass(frozen=True)
class AgeLimit:
    """How old a tweet may be for a metric, and what is said of older ones."""

    days: int
    status: str
    reason: str


VIDEO_AGE: Final = AgeLimit(
    VIDEO_DAYS.value,
    "too_old_for_video",
    f"video_views only of tweets up to {VIDEO_DAYS.value} days old",
)
PRIVATE_AGE: Final = AgeLimit(
    TOTALS_PRIVATE_DAYS.value,
    "too_old_for_impressions",
    f"on totals only of tweets up to {TOTALS_PRIVATE_DAYS.value} days old",
)
NO_USER_KEYS: Final = "needs the author's own keys"


def age_limit(endpoint: str, metric: str) -> AgeLimit | None:
    """Give the limit of age for a metric on an endpoint; None where there is none.

    Examples
    --------
    >>> age_limit("totals", "impressions").days, age_limit("historical", "impressions")
    (90, None)
    """
    if metric == "video_views":
        return VIDEO_AGE
    if endpoint == "totals" and metric not in registry.offered("totals", "app"):
        return PRIVATE_AGE
    return None


def older_than(numbers: npt.NDArray[np.int64], days: int, now: datetime) -> npt.NDArray[np.bool_]:
    """Say which tweets were created more than some days before now; untimed ids always were.

    Parameters
    ----------
    numbers
        Tweet ids as whole numbers.
    days, now
        The limit, and an aware moment.

    Returns
    -------
    ndarray of bool, one per id
    """
    return numbers < max(FIRST_TIMED_ID, _first_id(now - timedelta(days=days)))


def _first_id(when: datetime) -> int:
    """Give the smallest id that a tweet of this moment can have; below 0 before ids told time."""
    milliseconds = -((EPOCH - when) // timedelta(milliseconds=1))
    return (milliseconds - ID_EPOCH_MS) << 22


def closed(
    endpoint: str,
    numbers: npt.NDArray[np.int64],
    now: datetime,
    credentials: Collection[str] = ("user", "app"),
) -> dict[str, str]:
    """Say of which metrics no count can be had, whichever of the tweets it were, and why.

    Parameters
    ----------
    endpoint
        ``totals``, ``28hr`` or ``historical``.
    numbers
        Tweet ids as whole numbers; with none of them age forbids nothing.
    now
        Aware; ages count from it.
    credentials
        Which kinds there are.

    Returns
    -------
    dict
        Metric to reason, in the order of our tables; the others are open.

    Examples
    --------
    >>> from datetime import UTC
    >>> why = closed("totals", np.array([20]), datetime(2026, 6, 1, tzinfo=UTC))
    >>> why["url_clicks"], why["impressions"]
    ('offered on 28hr and historical', 'on totals only of tweets up to 90 days old')
    """
    why: dict[str, str] = {}
    for name in registry.METRICS:
        reason = _not_offered(name, endpoint, credentials) or _too_old(
            age_limit(endpoint, name), numbers, now
        )
        if reason:
            why[name] = reason
    return why


def _not_offered(name: str, endpoint: str, credentials: Collection[str]) -> str:
    if name not in registry.offered(endpoint):
        elsewhere = [one for one in ENDPOINTS if name in registry.offered(one)]
        return f"offered on {' and '.join(elsewhere)}"
    if "user" not in credentials and name not in registry.offered(endpoint, "app"):
        return NO_USER_KEYS
    return ""


def _too_old(limit: AgeLimit | None, numbers: npt.NDArray[np.int64], now: datetime) -> str:
    if limit is None or not len(numbers):
        return ""
    return limit.reason if bool(older_than(numbers, limit.days, now).all()) else ""
