"""What is on offer by endpoint, keys and age; held against what a plan says can't be had."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from engagement_kit.question import metrics as registry
from engagement_kit.question.offer import age_limit, closed, older_than
from engagement_kit.question.periods import last
from engagement_kit.question.query import Query
from engagement_kit.question.tweet_ids import ID_EPOCH_MS, as_numbers, created_at
from engagement_kit.question.wanted import resolve

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def tweet(days: float) -> str:
    """Give an id of a tweet that is so many days old."""
    moment = NOW - timedelta(days=days)
    return str((int(moment.timestamp() * 1000) - ID_EPOCH_MS) << 22)


@pytest.mark.parametrize("endpoint", ["totals", "28hr", "historical"])
@pytest.mark.parametrize("credentials", [("user", "app"), ("user",), ("app",)])
@pytest.mark.parametrize("days", [0.5, 89, 91, 1799, 1801])
def test_what_is_closed_is_what_a_plan_can_not_have(
    endpoint: str, credentials: tuple[str, ...], days: float
) -> None:
    """A metric is closed exactly when no number of it can be had, whatever the period."""
    ids = (tweet(days), tweet(days + 0.1))
    why = closed(endpoint, as_numbers(ids), NOW, credentials)
    for name in registry.METRICS:
        if name not in registry.offered(endpoint):
            assert "offered on" in why[name]
            continue
        if "user" not in credentials and endpoint != "totals":
            assert "own keys" in why[name]  # nothing of it can be signed
            continue
        period = last(days=int(days) + 3) if endpoint == "historical" else None
        query = Query(endpoint, ids, [name], period=period)
        lost = [
            one for one in resolve(query, NOW, "reference", credentials).unobtainable if not one.end
        ]
        assert (name in why) == any(len(one.tweet_ids) == 2 for one in lost), name


def test_one_young_tweet_opens_a_metric() -> None:
    """Age forbids a metric only where every tweet is too old for it."""
    old, young = tweet(200), tweet(2)
    assert "impressions" in closed("totals", as_numbers([old]), NOW)
    assert "impressions" not in closed("totals", as_numbers([old, young]), NOW)
    assert "impressions" not in closed("totals", as_numbers([]), NOW)


def test_older_than_counts_to_the_millisecond() -> None:
    """A tweet of exactly the limit is not older; untimed ids always are."""
    edge = tweet(90)
    assert created_at(edge) == NOW - timedelta(days=90)
    ids = as_numbers([edge, str(int(edge) - 1), "20"])
    assert older_than(ids, 90, NOW).tolist() == [False, True, True]
    assert older_than(np.array([], dtype=np.int64), 90, NOW).tolist() == []


def test_limits_of_age() -> None:
    """Only video, and what is private on totals, is bound to an age."""
    limited = {
        (endpoint, name)
        for endpoint in ("totals", "28hr", "historical")
        for name in registry.offered(endpoint)
        if age_limit(endpoint, name)
    }
    assert limited == {
        ("totals", "impressions"),
        ("totals", "engagements"),
        ("totals", "video_views"),
        ("28hr", "video_views"),
        ("historical", "video_views"),
    }
