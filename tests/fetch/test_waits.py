"""Waits: at the same time they count once, and as long as they were."""

from __future__ import annotations

from engagement_kit.fetch.waits import Waits


def test_waits_at_the_same_time_count_once() -> None:
    """From 0 to 10 and from 4 to 7 are ten seconds; the time between waits is none."""
    now = [0.0]
    waits = Waits(lambda: now[0])
    with waits.one():
        now[0] = 4.0
        with waits.one():
            now[0] = 7.0
        now[0] = 10.0
    now[0] = 100.0
    with waits.one():
        now[0] = 101.0
        assert waits.seconds() == 11.0  # one that goes on counts up to now
    assert waits.seconds() == 11.0
