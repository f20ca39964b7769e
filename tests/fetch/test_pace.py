"""How long to wait: resets are obeyed within bounds, and patience ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.fetch.pace import Patience

NOW = 1_800_000_000.0


def wait(again: str, attempt: int = 1, chance: float = 0.0, **headers: str) -> float | None:
    """Ask for the wait after a reply with these headers, underscores standing for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Patience().wait(again, attempt, headers=named, unix_now=NOW, chance=chance)  # type: ignore[arg-type]


@given(st.text(max_size=12), st.text(max_size=12), st.integers(1, 6))
def test_waits_are_bounded_whatever_the_headers_say(reset: str, left: str, attempt: int) -> None:
    """No header makes us wait longer than a minute and its jitter."""
    found = wait("limit", attempt, 0.9, x_per_minute_reset=reset, x_per_second_remaining=left)
    assert found is None or 0 <= found <= 61


@pytest.mark.parametrize(
    ("left", "expected"), [(0, 0), (17, 17), (60, 60), (61, 60), (86_400, 60), (-1, 30)]
)
def test_the_minute_reset_is_obeyed_within_bounds(left: int, expected: float) -> None:
    """Until the reset, a minute at most; a reset that is past says that our clock is ahead."""
    headers = {"X-Per-Minute-Remaining": "0", "X-Per-Minute-Reset": str(NOW + left)}
    assert wait("limit", **headers) == expected


@pytest.mark.parametrize("reset", ["", "soon", "nan", "-inf"])
def test_an_unreadable_reset_means_half_a_minute(reset: str) -> None:
    """Without a reset that can be used the wait is 30 seconds; so it is without any header."""
    assert wait("limit", x_per_minute_reset=reset) == 30
    assert wait("limit") == 30


def test_the_second_limit_is_a_short_wait() -> None:
    """Two seconds where the second is spent and the minute is not; else the minute decides."""
    minute = {"x_per_minute_reset": str(NOW + 40), "x_per_second_remaining": "0"}
    assert wait("limit", x_per_minute_remaining="5", **minute) == 2
    assert wait("limit", x_per_minute_remaining="0", **minute) == 40


def test_backoff_doubles_up_to_a_bound() -> None:
    """After faults: 1, 2, 4 ... seconds, never more than the longest."""
    patience = Patience(attempts=9)
    waits = [patience.wait("fault", n, headers={}, unix_now=NOW, chance=1.0) for n in range(1, 10)]
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30, None]


@given(st.integers(1, 4), st.floats(0, 1, exclude_max=True))
def test_chance_spreads_the_waits(attempt: int, chance: float) -> None:
    """Jitter gives between half and the whole of the back-off, and a second after a limit."""
    fault = wait("fault", attempt, chance)
    assert fault is not None
    assert 2.0 ** (attempt - 1) / 2 <= fault <= 2.0 ** (attempt - 1)
    limit = wait("limit", attempt, chance, x_per_minute_reset=str(NOW + 10))
    assert limit == pytest.approx(10 + chance)


@pytest.mark.parametrize("again", ["limit", "fault"])
def test_patience_ends(again: str) -> None:
    """The fifth try is the last one."""
    assert wait(again, 4) is not None
    assert wait(again, 5) is None


def test_what_would_not_help_is_not_tried_again() -> None:
    """A verdict without hope is final at the first try."""
    assert wait("") is None
