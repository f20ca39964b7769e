from __future__ import annotations

from engagement_kit.emulator import Settings
from engagement_kit.emulator.api.rate import UNLIMITED, Limiter


def test_no_limit() -> None:
    """Without a limit everything is admitted, and the headers count down from a large number."""
    limiter = Limiter(Settings())
    assert all(limiter.admit("totals", 1000.0) is None for _ in range(500))
    headers = limiter.headers("totals", 1000.0)
    assert headers["x-per-minute-limit"] == str(UNLIMITED)
    assert headers["x-per-minute-remaining"] == str(UNLIMITED - 500)
    assert headers["x-per-minute-reset"] == "1020"
    assert headers["x-per-second-reset"] == "1001"


def test_per_minute_and_endpoint() -> None:
    """A minute's budget is per endpoint, and is full again at the reset."""
    limiter = Limiter(Settings(per_minute=2))
    assert [limiter.admit("totals", 61.0) for _ in range(3)] == [None, None, "minute"]
    assert limiter.headers("totals", 61.0)["x-per-minute-remaining"] == "0"
    assert limiter.admit("28hr", 61.0) is None
    assert limiter.admit("totals", 119.9) == "minute"
    assert limiter.admit("totals", 120.0) is None


def test_old_windows_are_forgotten() -> None:
    """What was used in past minutes and seconds takes no memory."""
    limiter = Limiter(Settings())
    for at in range(1000):
        limiter.admit("totals", float(at))
    assert [len(budget.used) for budget in limiter._budgets] == [1, 1]


def test_per_second() -> None:
    """A second's budget comes back a second later, and refused requests cost nothing."""
    limiter = Limiter(Settings(per_second=1, per_minute=3))
    assert [limiter.admit("totals", 60.0 + t) for t in (0, 0.5, 1, 2, 3)] == [
        *(None, "second", None, None, "minute"),
    ]


def test_used_up() -> None:
    """A refusal on demand shows no request left in the minute; a true one shows the truth."""
    limiter = Limiter(Settings(per_second=1))
    shown = limiter.headers("totals", 60.0, used_up=True)
    assert (shown["x-per-minute-remaining"], shown["x-per-second-remaining"]) == ("0", "1")
    assert shown["x-per-minute-limit"] == str(UNLIMITED)
    limiter.admit("totals", 60.0)
    shown = limiter.headers("totals", 60.0, used_up=True)
    assert (shown["x-per-minute-remaining"], shown["x-per-second-remaining"]) == (
        *(str(UNLIMITED - 1), "0"),
    )


def test_used_up_with_one_left() -> None:
    """A refusal on demand shows no request left where in truth one is."""
    limiter = Limiter(Settings(per_minute=1))
    assert limiter.headers("totals", 60.0)["x-per-minute-remaining"] == "1"
    assert limiter.headers("totals", 60.0, used_up=True)["x-per-minute-remaining"] == "0"


def test_no_endpoint() -> None:
    """An answer of no endpoint shows whole budgets."""
    limiter = Limiter(Settings(per_minute=3))
    limiter.admit("totals", 60.0)
    assert limiter.headers(None, 60.0)["x-per-minute-remaining"] == "3"


def test_late_thread() -> None:
    """A request that arrived in the old minute but is counted late frees nothing of the new one."""
    limiter = Limiter(Settings(per_minute=1))
    assert [limiter.admit("totals", at) for at in (120.0, 119.9, 120.1)] == [None, None, "minute"]
