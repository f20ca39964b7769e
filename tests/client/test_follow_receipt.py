"""The receipt of a following: it adds up, and says in words what was missed and met."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from engagement_kit.client.follow_receipt import DayTaken, FollowReceipt

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_receipt_says_whether_a_following_is_over() -> None:
    """Stopped by hand, under way, or over: with words that fit the numbers."""
    answered = FollowReceipt(due=1, taken=1, answers=1)
    assert "1 answer gives the snapshots" in answered.to_text()
    assert answered.state == "over; nothing more is due"
    assert FollowReceipt(due=1, taken=1, left=2).state == "not over, 2 snapshots not due yet"
    stopped = FollowReceipt(due=1, taken=1, left=1, stopped="by hand", before=START)
    assert stopped.state.startswith("stopped early (by hand), 1 snapshot not due yet")
    assert stopped.to_dict()["before"] == "2026-06-01T12:00:00Z"


def test_a_receipt_that_does_not_add_up_is_refused() -> None:
    """The promise of this kit would be broken."""
    with pytest.raises(AssertionError, match="does not add up"):
        FollowReceipt(due=3, taken=1, missed={"failed": 1})


def test_a_receipt_tells_of_late_and_missed_snapshots_and_of_many_days() -> None:
    """The first days and failures one by one, the others together."""
    receipt = FollowReceipt(
        due=20,
        taken=17,
        missed={"failed": 1, "not_running": 2},
        late=3,
        longest_lateness=timedelta(minutes=4),
        since=START,
        until=START + timedelta(days=9),
        as_of=START + timedelta(days=8),
        days=tuple(DayTaken(date(2026, 6, day), 2, 2, 3) for day in range(1, 10)),
        by_account={"acme": 25, "": 2},
        sessions=2,
        failures=tuple(f"1 snapshots failed: HTTP 50{at}" for at in range(7)),
    )
    said = receipt.lines()
    assert ("of them late", "3; at most 4 min after they were due") in said
    assert ("2 later days", "6 requests together") in said
    assert ("sent by account", "25 requests by acme; 2 app-only") in said
    assert ("met", "and 2 more kinds of failure") in said
    assert ("as of", "2026-06-09T12:00:00Z: over; nothing more is due") in said
    assert receipt.to_dict()["longest_lateness_seconds"] == 240
