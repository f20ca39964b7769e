"""Which hours a request is about: formats, rounding, defaults and limits of start and end. Pure.

Raises ValueError with a text that says what is allowed; `checks` makes a refusal of it. All
arithmetic is on whole hours since 1970, so that no date is too far out to be refused in words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from engagement_kit.emulator.api.limits import (
    HISTORY_BEGINS,
    LOOKBACK,
    MAX_SPAN,
    RECENT_SPAN,
    Endpoint,
)
from engagement_kit.emulator.api.settings import Settings
from engagement_kit.emulator.world.clock import as_written

HOUR_SPAN: Final = timedelta(hours=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_HOUR: Final = (datetime.min.replace(tzinfo=UTC) - EPOCH) // HOUR_SPAN
_FORMAT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z?)?")


@dataclass(frozen=True)
class Window:
    """The hours from `start` to before `end`, in hours since 1970, UTC.

    Attributes
    ----------
    start, end : int
    reach : int
        Hours before this one are out of the history's reach and hold zeros.
    ends_now : datetime, optional
        The moment that the echo shows as end instead of the whole hour.
    """

    start: int
    end: int
    reach: int = 0
    ends_now: datetime | None = None

    def echo(self) -> dict[str, str]:
        """Return start and end as the windowed endpoints echo them (reference)."""
        start, end = self.moments()
        return {"start": as_written(start), "end": as_written(self.ends_now or end)}

    def moments(self) -> tuple[datetime, datetime]:
        """Return start and end as datetimes."""
        return EPOCH + self.start * HOUR_SPAN, EPOCH + self.end * HOUR_SPAN


def find_window(
    endpoint: Endpoint, dates: tuple[str | None, str | None], settings: Settings, now: datetime
) -> Window | None:
    """Return the hours that a request is about; None on /totals.

    Raises
    ------
    ValueError
        If a date is malformed, in the future or too early, or the span is empty or too long.
    """
    if endpoint == "totals":
        return None
    if endpoint == "28hr":  # reference, in its examples: both the oldest and the running hour
        window = Window(floor_hour(now) - RECENT_SPAN // HOUR_SPAN, ceil_hour(now))
    else:
        window = _historical(dates, settings, now)
    if settings.implicit_end == "now" and (endpoint == "28hr" or dates[1] is None):
        window = replace(window, ends_now=now)
    return window


def _historical(dates: tuple[str | None, str | None], settings: Settings, now: datetime) -> Window:
    """Find the window as the reference tells: whole hours, 28 days at most, up to now."""
    start_text, end_text = dates
    span = MAX_SPAN // HOUR_SPAN
    if end_text is None:
        end = ceil_hour(now)
    else:
        moment = _parse("end", end_text)
        if moment > now:
            raise ValueError(
                f"end {end_text} lies in the future, now is {as_written(now)}; allowed: up to now. "
                "Leave end out to include the running hour."
            )
        end = ceil_hour(moment)
    start = end - span if start_text is None else floor_hour(_parse("start", start_text))
    if start >= end:
        raise ValueError(
            f"start {start_text} does not lie before end {end_text or as_written(now)}."
        )
    if end - start > span:
        raise ValueError(
            f"the window has {end - start} hours; allowed: at most {span} (28 days), "
            "counted after rounding outward to whole hours."
        )
    reach = floor_hour(HISTORY_BEGINS if settings.profile == "reference" else now - LOOKBACK)
    if start < reach and settings.before_history == "refused":
        raise ValueError(
            f"the window begins before {as_written(EPOCH + reach * HOUR_SPAN)}, "
            f'the earliest start of the profile "{settings.profile}".'
        )
    if start < _FIRST_HOUR:
        raise ValueError("the window begins before the year 1.")
    return Window(start, end, reach)


def _parse(name: str, text: str) -> datetime:
    """Read a date or a moment; text without a zone is UTC."""
    if _FORMAT.fullmatch(text):
        try:
            return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
        except ValueError:
            pass  # such as the 30th of February: same text as for a wrong format
    raise ValueError(
        f"{name} is {text[:60]!a}; allowed: YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ, a real date, UTC."
    )


def floor_hour(moment: datetime) -> int:
    """Return the hour that a moment lies in, in hours since 1970."""
    return (moment - EPOCH) // HOUR_SPAN


def ceil_hour(moment: datetime) -> int:
    """Return the first whole hour that is not before a moment, in hours since 1970."""
    return -((EPOCH - moment) // HOUR_SPAN)
