"""What can't be had for age, for the kind of keys, or for want of an owner's keys: each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

import engagement_kit as ek
from engagement_kit.question.losses import by_reason, named, too_old, unsigned, without_keys
from engagement_kit.question.tweet_ids import ID_EPOCH_MS
from engagement_kit.question.wanted import resolve

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NAMES = ["video_views", "favorites", "impressions"]


def aged(days: float) -> str:
    """Make the id of a tweet so many days old."""
    born = NOW - timedelta(days=days) - datetime(1970, 1, 1, tzinfo=UTC)
    return str((born // timedelta(milliseconds=1) - ID_EPOCH_MS) << 22)


IDS = [aged(10), aged(100), aged(2000)]
KEYLESS = [("no keys of acme", np.array([0, 2])), ("no keys of birch", np.array([1]))]


def test_the_oldest_limit_is_told_first() -> None:
    """Video of the tweets beyond 1,800 days, then what is private of those beyond 90."""
    found = too_old(ek.Query("totals", IDS, NAMES), NOW)
    assert [(one.metrics, one.rows.tolist()) for one in found] == [
        (("video_views",), [2]),
        (("impressions",), [1, 2]),
    ]
    assert too_old(ek.Query("totals", IDS[:1], NAMES), NOW) == ()


def test_private_totals_need_user_keys_unless_age_forbids_them() -> None:
    """Nothing is told where there are such keys, or where all is too old anyway."""
    query = ek.Query("totals", IDS, NAMES)
    (one,) = unsigned(query, NOW, ("app",))
    assert (one.metrics, one.tweet_ids, one.status) == (("impressions",), (IDS[0],), "not_offered")
    assert unsigned(query, NOW, ("user", "app")) == []
    assert unsigned(ek.Query("totals", IDS, ["favorites"]), NOW, ("app",)) == []
    assert unsigned(ek.Query("totals", IDS[1:], NAMES), NOW, ("app",)) == []


@pytest.mark.parametrize(
    ("endpoint", "credentials", "status", "metrics"),
    [
        ("totals", ("user", "app"), "not_owned", {"impressions"}),
        ("totals", ("user",), "not_owned", set(NAMES)),
        ("28hr", ("user", "app"), "not_owned", set(NAMES)),
        ("28hr", ("app",), "not_offered", set(NAMES)),
    ],
)
def test_owners_keys_are_missing_for_what_app_only_keys_may_not_ask(
    endpoint: str, credentials: tuple[str, ...], status: str, metrics: set[str]
) -> None:
    """Each number is told once: for want of keys only where its tweet is not too old for it."""
    query = ek.Query(endpoint, IDS, NAMES)
    found = without_keys(query, NOW, KEYLESS, credentials)
    assert {one.status for one in found} == {status}
    lost = [(name, row) for one in found for name in one.metrics for row in one.rows.tolist()]
    old = {(name, row) for one in too_old(query, NOW) for name in one.metrics for row in one.rows}
    assert sorted(lost) == sorted(
        (name, row) for name in metrics for row in range(3) if (name, row) not in old
    )
    reasons = {row: reason for reason, rows in KEYLESS for row in rows.tolist()}
    assert all(reasons[row] == one.reason for one in found for row in one.rows.tolist())
    assert without_keys(query, NOW, (), credentials) == []


def test_tweets_that_are_lost_for_one_reason_are_put_together() -> None:
    """Parts of the same metrics, status and reason, in the order in which they came."""
    query = ek.Query("totals", IDS, NAMES)
    lost = [
        *too_old(query, NOW),
        *without_keys(query, NOW, KEYLESS, ("user", "app")),
        named(query, np.array([1]), ("favorites",), (3, 9), ("purged", "why")),
        named(query, np.array([0, 2]), ("favorites",), (5, 7), ("purged", "why")),
    ]
    found = by_reason(lost)
    assert [parts for _, parts in found.items()] == [
        [(IDS[2],)],
        [(IDS[1], IDS[2])],
        [(IDS[0],)],
        [(IDS[1],), (IDS[0], IDS[2])],
    ]
    assert list(found)[2] == ("not_owned", "no keys of acme", ("impressions",))
    assert [(one.start, one.end) for one in lost] == [*[(None, None)] * 3, (3, 9), (5, 7)]


@pytest.mark.parametrize("endpoint", ["totals", "28hr"])
def test_what_keys_are_missing_for_is_lost_at_the_moment_of_the_question(endpoint: str) -> None:
    """Beside what is too old by then; nothing of it is wanted."""
    query = ek.Query(endpoint, IDS, NAMES)
    found = resolve(query, NOW, keyless=KEYLESS)
    assert found.now == NOW
    for one in (*too_old(query, NOW), *without_keys(query, NOW, KEYLESS, ("user", "app"))):
        assert one in found.unobtainable
    public = 3 + 2  # favorites of all, and video of those that are young enough
    assert found.numbers() == (public if endpoint == "totals" else 0)
