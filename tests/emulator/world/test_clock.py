from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from engagement_kit.emulator import WorldClock
from engagement_kit.emulator.world.clock import EARLIEST, LATEST

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


def test_freeze_and_follow() -> None:
    """A running clock is frozen at its moment, and runs on from there when it is let go."""
    real = [NOON]
    clock = WorldClock(real=lambda: real[0])
    clock.travel(timedelta(days=1))
    clock.freeze()
    real[0] += timedelta(hours=5)
    assert clock.is_frozen
    assert clock.now() == NOON + timedelta(days=1)
    clock.follow()
    real[0] += timedelta(hours=1)
    assert not clock.is_frozen
    assert clock.now() == NOON + timedelta(days=1, hours=1)
    assert "following real time" in repr(clock)


def test_follow_from_frozen() -> None:
    """A clock that was made frozen runs on from its moment, not from real time."""
    real = [NOON]
    clock = WorldClock(datetime(2015, 9, 15, tzinfo=UTC), real=lambda: real[0])
    clock.follow()
    real[0] += timedelta(seconds=1)
    assert clock.now() == datetime(2015, 9, 15, 0, 0, 1, tzinfo=UTC)


def test_reset() -> None:
    """A reset goes back to how the clock was made."""
    real = [NOON]
    frozen = WorldClock(datetime(2015, 9, 15, tzinfo=UTC), real=lambda: real[0])
    frozen.follow()
    frozen.travel(timedelta(days=1))
    frozen.reset()
    assert frozen.is_frozen
    assert frozen.now() == datetime(2015, 9, 15, tzinfo=UTC)
    running = WorldClock(real=lambda: real[0])
    running.travel(timedelta(days=1))
    running.freeze()
    running.reset()
    assert not running.is_frozen
    assert running.now() == NOON


@pytest.mark.parametrize("moment", [EARLIEST, LATEST])
@pytest.mark.parametrize("is_frozen", [True, False])
def test_limits(moment: datetime, *, is_frozen: bool) -> None:
    """The clock goes to either limit and not beyond; a refused move leaves it where it was."""
    clock = WorldClock(NOON) if is_frozen else WorldClock(real=lambda: NOON)
    clock.set(moment)
    out = timedelta(seconds=-1 if moment == EARLIEST else 1)
    for move in (lambda: clock.travel(out), lambda: clock.set(moment + out)):
        with pytest.raises(ValueError, match=r"allowed: 2006-03-21 to 2080-01-01\.$"):
            move()
    assert clock.now() == moment


def test_too_far_for_a_date() -> None:
    """A span that leads out of the calendar is refused like any other that is too long."""
    clock = WorldClock(NOON)
    for by in (timedelta.max, timedelta.min):
        with pytest.raises(ValueError, match=r"can't move by .*allowed: 2006-03-21"):
            clock.travel(by)
    with pytest.raises(ValueError, match="can't show 1999-01-01"):
        WorldClock(datetime(1999, 1, 1, tzinfo=UTC))


def test_text_is_no_moment() -> None:
    """A moment given as text is refused by type, with what came."""
    with pytest.raises(TypeError, match="needs a datetime, got '2026"):
        WorldClock(frozen="2026-06-01T12:00Z")  # type: ignore[arg-type]
