from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from engagement_kit.emulator import WorldClock

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_frozen() -> None:
    """A frozen clock stands still until it is moved, and then stands still again."""
    clock = WorldClock(frozen=NOON)
    assert clock.now() == clock.now() == NOON
    clock.travel(timedelta(days=-1))
    assert clock.now() == NOON - timedelta(days=1)
    clock.set(NOON)
    assert clock.now() == NOON


def test_following() -> None:
    """A clock that follows real time runs on from wherever it is set."""
    real = [NOON]
    clock = WorldClock(real=lambda: real[0])
    clock.set(datetime(2015, 9, 15, tzinfo=UTC))
    real[0] += timedelta(seconds=90)
    assert clock.now() == datetime(2015, 9, 15, 0, 1, 30, tzinfo=UTC)
    clock.travel(timedelta(hours=1))
    assert clock.now() == datetime(2015, 9, 15, 1, 1, 30, tzinfo=UTC)


def test_real_by_default() -> None:
    """Without arguments the world's time is real time."""
    assert abs(WorldClock().now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_always_utc() -> None:
    """Moments in other zones come back in UTC."""
    clock = WorldClock(frozen=datetime(2024, 5, 1, 14, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == NOON
    assert clock.now().tzinfo is UTC
    assert "2024-05-01T12:00:00Z, frozen" in repr(clock)


def test_naive_refused() -> None:
    """A moment without a zone is refused, with what to do."""
    with pytest.raises(ValueError, match=r"tzinfo=datetime\.UTC"):
        WorldClock(frozen=datetime(2024, 5, 1))  # noqa: DTZ001 -- the mistake under test
