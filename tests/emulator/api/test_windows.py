from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.emulator import Settings
from engagement_kit.emulator.api.windows import Window, ceil_hour, find_window, floor_hour

NOW = datetime(2024, 5, 1, 12, 34, 56, tzinfo=UTC)


def historical(
    start: str | None, end: str | None, *, now: datetime = NOW, profile: str = "reference"
) -> tuple[str, str]:
    """Return the window of /historical as text."""
    window = find_window("historical", (start, end), Settings(profile=profile), now)  # type: ignore[arg-type]
    assert window is not None
    first, last = window.moments()
    return f"{first:%Y-%m-%dT%H}", f"{last:%Y-%m-%dT%H}"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2024-04-01", "2024-04-15", ("2024-04-01T00", "2024-04-15T00")),
        ("2024-04-01T12:24:00Z", "2024-04-02T08:37:00Z", ("2024-04-01T12", "2024-04-02T09")),
        ("2024-04-01T12:00:00", "2024-04-01T13:00:00Z", ("2024-04-01T12", "2024-04-01T13")),
        (None, None, ("2024-04-03T13", "2024-05-01T13")),
        ("2024-04-20", None, ("2024-04-20T00", "2024-05-01T13")),
        (None, "2024-04-30", ("2024-04-02T00", "2024-04-30T00")),
        (None, "2024-05-01T12:34:56Z", ("2024-04-03T13", "2024-05-01T13")),
        ("2014-09-01", "2014-09-29", ("2014-09-01T00", "2014-09-29T00")),
    ],
)
def test_lawful(start: str | None, end: str | None, expected: tuple[str, str]) -> None:
    """Dates mean midnight, hours are rounded outward, and missing ends have defaults."""
    assert historical(start, end) == expected


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2024-04-02", "2024-04-02", "does not lie before"),
        ("2024-04-03", "2024-04-02", "does not lie before"),
        ("2024-05-02", None, "does not lie before"),
        ("2024-04-01", "2024-05-01", "at most 672"),
        ("2024-04-01T00:30:00Z", "2024-04-29T00:30:00Z", "673 hours"),
        ("2024-04-30", "2024-05-01T12:34:57Z", "in the future"),
        ("2024-04-30", "9999-12-31T23:59:59Z", "in the future"),
        ("2014-08-31T23:59:59Z", "2014-09-02", "before 2014-09-01T00:00:00Z"),
        (None, "2014-09-05", "before 2014-09-01T00:00:00Z"),
        (None, "0001-01-01", "before 2014-09-01T00:00:00Z"),
        ("202404011200", "202404021200", "YYYY-MM-DD"),
        ("2024-02-30", "2024-03-01", "YYYY-MM-DD"),
        ("2024-04-01T24:00:00Z", None, "YYYY-MM-DD"),
        ("2024-04-01T12:00:00+01:00", None, "YYYY-MM-DD"),
        ("2024-04-01T12Z", None, "YYYY-MM-DD"),
        ("٢٠٢٤-04-01", None, "YYYY-MM-DD"),
        ("0000-01-01", None, "YYYY-MM-DD"),
        ("2024-04-01\n", None, "YYYY-MM-DD"),
    ],
)
def test_unlawful(start: str | None, end: str | None, text: str) -> None:
    """A wrong window is refused with what is allowed."""
    with pytest.raises(ValueError, match=text):
        historical(start, end)


def test_overview_profile() -> None:
    """The profile "overview" reaches back 365 days and no further."""
    assert historical("2023-05-02T12:00:00Z", "2023-05-03", profile="overview")
    with pytest.raises(ValueError, match='profile "overview"'):
        historical("2023-05-02T11:00:00Z", "2023-05-03", profile="overview")


def test_28hr() -> None:
    """In the middle of an hour /28hr has 29 buckets, on the hour 28; start and end play no role."""
    for minutes, buckets in [(34, 29), (0, 28)]:
        now = NOW.replace(minute=minutes, second=0)
        window = find_window("28hr", ("nonsense", None), Settings(), now)
        assert window is not None
        assert window.end - window.start == buckets
        assert window.end == ceil_hour(now)
        assert window.start == floor_hour(now - timedelta(hours=28))
    assert find_window("totals", ("nonsense", None), Settings(), NOW) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_rounding(moment: datetime) -> None:
    """Down and up enclose a moment within one hour."""
    down, up = floor_hour(moment), ceil_hour(moment)
    assert up - down == (
        0 if (moment.minute, moment.second, moment.microsecond) == (0, 0, 0) else 1
    )
    assert Window(down, down).moments()[0] == moment.replace(minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(
    ("profile", "end", "hidden"),
    [
        ("reference", "2014-09-03", 26 * 24),
        ("reference", "2014-09-29", 0),
        ("reference", "2010-01-01", 28 * 24),
        ("overview", "2023-05-03T12:00:00Z", 27 * 24),
    ],
)
def test_zeros_before_history(profile: Any, end: str, hidden: int) -> None:
    """A window that begins too early is allowed on demand, and tells which hours are hidden."""
    settings = Settings(profile=profile, before_history="zeros")
    window = find_window("historical", (None, end), settings, NOW)
    assert window is not None
    assert min(max(window.reach - window.start, 0), window.end - window.start) == hidden


def test_before_all_years() -> None:
    """The window must lie in years that can be written."""
    settings = Settings(before_history="zeros")
    for end in ("0001-01-01", "0001-01-28T23:00:00Z"):
        with pytest.raises(ValueError, match="before the year 1"):
            find_window("historical", (None, end), settings, NOW)
    window = find_window("historical", (None, "0001-01-29"), settings, NOW)
    assert window is not None
    assert window.echo() == {"start": "0001-01-01T00:00:00Z", "end": "0001-01-29T00:00:00Z"}


@pytest.mark.parametrize(
    ("endpoint", "end", "echoed"),
    [
        ("28hr", None, "2024-05-01T12:34:56Z"),
        ("historical", None, "2024-05-01T12:34:56Z"),
        ("historical", "2024-05-01T12:10:00Z", "2024-05-01T13:00:00Z"),
    ],
)
def test_implicit_end(endpoint: Any, end: str | None, echoed: str) -> None:
    """An end that was not given is echoed to the second on demand; the hours stay the same."""
    exact, whole = (
        find_window(endpoint, (None, end), Settings(implicit_end=how), NOW)
        for how in ("now", "hour")
    )
    assert exact is not None
    assert whole is not None
    assert exact.echo() == {"start": whole.echo()["start"], "end": echoed}
    assert exact.moments() == whole.moments()
    assert whole.echo()["end"] == "2024-05-01T13:00:00Z"
