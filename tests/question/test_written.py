"""Raw groupings that go over the wire as written: by whose keys, and when they may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.question.metrics import offered
from engagement_kit.question.plan import Where, plan
from engagement_kit.question.tweet_ids import ID_EPOCH_MS

NOW = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
RAW = {"sums": ["engagement.type"], "tweets": ["tweet.id", "engagement.type"]}
PUBLIC = offered("totals", "app")
USER, APP, EITHER = ("user",), ("app",), ("user", "app")


def aged(days: float, salt: int = 0) -> str:
    """Make the id of a tweet so many days old."""
    born = NOW - timedelta(days=days) - datetime(1970, 1, 1, tzinfo=UTC)
    return str((((born // timedelta(milliseconds=1)) - ID_EPOCH_MS) << 22) + salt)


@pytest.mark.parametrize(
    ("names", "kinds", "signer"),
    [
        (PUBLIC, EITHER, ("app", None)),
        (PUBLIC[:1], EITHER, ("app", None)),
        (PUBLIC, APP, ("app", None)),
        (PUBLIC, USER, ("user", "acme")),
        ((*PUBLIC, "impressions"), EITHER, ("user", "acme")),
        (("impressions",), USER, ("user", "acme")),
    ],
)
def test_what_is_public_is_asked_app_only_where_there_are_such_keys(
    names: Any, kinds: Any, signer: Any
) -> None:
    """Whose the tweet is does not matter then; all else is signed by its owner."""
    query = ek.Query("totals", aged(3), names, groupings=RAW, owners="acme")
    made = plan(query, now=NOW, where=Where(credentials=kinds))
    assert made.as_written
    assert [(one.credential, one.account) for one in made.requests] == [signer]


def test_public_metrics_of_several_owners_are_written_once() -> None:
    """App-only keys know no owners; user keys of each are two requests, and by tweet."""
    ids = [aged(3), aged(4)]
    owners = dict(zip(ids, ("acme", "birch"), strict=True))
    query = ek.Query("totals", ids, PUBLIC[:1], groupings=RAW, owners=owners)
    both = plan(query, now=NOW)
    assert (both.as_written, len(both)) == (True, 1)
    alone = plan(query, now=NOW, where=Where(credentials=USER))
    assert (alone.as_written, len(alone)) == (False, 2)


def test_hours_out_of_reach_are_not_written() -> None:
    """The service would refuse the whole window: those within reach are asked by tweet."""
    period = ek.between("2025-05-20", "2025-06-10")
    query = ek.Query("historical", aged(400), ["replies"], groupings=RAW, period=period)
    near = plan(query, now=NOW, where=Where(profile="overview"))
    assert not near.as_written
    assert {one.status for one in near.unobtainable} == {"out_of_range"}
    assert plan(query, now=NOW).as_written


def test_a_metric_that_can_not_be_had_is_written_beside_those_that_can() -> None:
    """It is asked for the same price: what comes for it is told from a count."""
    period = ek.between("2026-05-01", "2026-05-20")
    names = ["impressions", "video_views"]
    query = ek.Query("historical", aged(1810), names, groupings=RAW, period=period)
    made = plan(query, now=NOW)
    assert {one.status for one in made.unobtainable} == {"too_old_for_video"}
    assert made.as_written
    assert made.requests[0].metrics == tuple(names)


def test_a_window_of_28_days_is_written_to_the_hour() -> None:
    """So is one that is over at the hour of the plan; an hour more is carried by tweet."""
    for end, hours, written in [(12, 672, True), (12, 673, False), (13, 672, False)]:
        last = datetime(2026, 6, 1, end, tzinfo=UTC)
        period = ek.between(last - timedelta(hours=hours), last)
        query = ek.Query("historical", aged(100), ["replies"], groupings=RAW, period=period)
        made = plan(query, now=NOW)
        assert made.as_written == written
        if written:
            assert (made.requests[0].start, made.requests[0].end) == (period.start, period.end)
