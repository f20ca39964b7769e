"""Is this machine's clock right? Signatures name the time, and each count is dated by it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engagement_kit.client.health.finding import Finding, ok, problem, warning
from engagement_kit.fetch.pace import unix_of

REFUSED_SECONDS: Final = 300.0
"""How far off a signature's time may be.

The API's documents name no bound; 300 seconds either way is what the common OAuth 1.0a libraries
allow by default, and what the emulator allows.
"""
ODD_SECONDS: Final = 60.0
"""Beyond this a clock is not set by a time service."""

_HALF_HOUR: Final = 1800.0
_NEAR: Final = 90.0
_SET: Final = (
    "Let the system set its clock: on Linux `sudo timedatectl set-ntp true`, on macOS "
    "`sudo sntp -sS time.apple.com`, on Windows `w32tm /resync`. In a container: on its host."
)


@dataclass(frozen=True)
class Said:
    """A Date header, and when it came by this machine's clock.

    Attributes
    ----------
    by
        Who said it, in words.
    date
        The header's text.
    sent, came
        Seconds since 1970, by this machine's clock.
    age
        How long a cache on the way has kept the answer, in seconds: its Age header.
    """

    by: str
    date: str
    sent: float
    came: float
    age: float = 0.0


def skew_of(said: Said) -> float | None:
    """Tell how far this machine's clock is ahead, in seconds; None where nothing is known.

    A Date header is cut to whole seconds, and may have been written at any moment between sending
    and coming: what that explains is no skew.

    Examples
    --------
    >>> skew_of(Said("a test", "Thu, 01 Jan 1970 00:01:00 GMT", 58.0, 61.5))
    0.0
    >>> skew_of(Said("a test", "Thu, 01 Jan 1970 00:01:00 GMT", 70.0, 71.0))
    9.0
    """
    theirs = unix_of(said.date)
    if theirs is None:
        return None
    theirs += said.age
    if said.sent > theirs + 1.0:
        return said.sent - theirs - 1.0
    return min(0.0, said.came - theirs)


def of_service(said: Said) -> Iterator[Finding]:
    """Judge the clock by an answer that came just now."""
    skew = skew_of(said)
    if skew is None:
        yield ok("clock", f"{said.by} names no time that can be read; the clock was not compared")
        return
    if abs(skew) <= ODD_SECONDS:
        near = "within a second" if abs(skew) < 1.0 else f"within {abs(skew):.0f} s"
        yield ok("clock", f"{near} of {said.by}")
        return
    seen = f"this machine's clock is {_words(skew)}, compared with {said.by}{_zone(skew)}"
    why = "Signatures name the time, and every count is dated by this clock."
    if abs(skew) > REFUSED_SECONDS:
        why += " So far off, signatures are refused: 401, as for wrong keys."
        yield problem("clock", seen, why, _SET)
    else:
        yield warning("clock", seen, why, _SET)


def of_answers(skews: Sequence[tuple[str, float]]) -> Iterator[Finding]:
    """Judge the moments in a store by the Date headers that were kept beside them.

    Parameters
    ----------
    skews
        Of each live answer its name, and by how many seconds it was dated too late.
    """
    off = [(name, skew) for name, skew in skews if abs(skew) > ODD_SECONDS]
    if not off:
        if skews:
            yield ok("clock, then", f"{len(skews):,} live answers were dated rightly")
        return
    name, worst = max(off, key=lambda one: abs(one[1]))
    seen = (
        f"{len(off):,} of {len(skews):,} live answers were kept under a moment that differs from "
        f"the service's own; the clock was {_words(worst)}{_zone(worst)} at the worst ({name})"
    )
    why = "Each observed_at is off by as much. It decides what is fresh, and what was over."
    remedy = f"{_SET}\nThen ask again what matters: max_age=0, or engagement-kit refresh STORE"
    yield warning("clock, then", seen, why, remedy)


def _words(skew: float) -> str:
    size, way = abs(skew), "ahead" if skew > 0 else "behind"
    for seconds, unit in ((86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if size >= 1.5 * seconds:
            return f"{size / seconds:.1f} {unit} {way}"
    return f"{size:.0f} seconds {way}"


def _zone(skew: float) -> str:
    """Say where a skew looks like a time zone: local time was taken for UTC."""
    halves = round(abs(skew) / _HALF_HOUR)
    near = abs(abs(skew) - halves * _HALF_HOUR) < _NEAR
    is_zone = near and 1 <= halves <= 28
    return " (local time taken for UTC?)" if is_zone else ""
