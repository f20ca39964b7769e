"""Time zones and letters, only where they change what the kit does. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engagement_kit.client.health.finding import Finding, note, ok, warning


@dataclass(frozen=True)
class SurroundingsSeen:
    """What this process was given by its system.

    Attributes
    ----------
    zones
        Whether the names of time zones are known here.
    encoding
        How texts are written to the terminal, as in "utf-8"; empty where there is none.
    files
        How Python writes files whose encoding nobody names.
    """

    zones: bool
    encoding: str
    files: str


def judged(seen: SurroundingsSeen) -> Iterator[Finding]:
    """Say what would not work.

    Examples
    --------
    >>> [one.level for one in judged(SurroundingsSeen(True, "utf-8", "utf-8"))]
    ['ok']
    """
    odd = []
    if not seen.zones:
        what = "the names of time zones are not known here"
        why = "tz= of totals, rhythms and plots is refused; tables themselves are in UTC."
        odd.append(warning("zones", what, why, "pip install tzdata"))
    if seen.encoding and not _is_unicode(seen.encoding):
        what = f"the terminal takes {seen.encoding}"
        why = "Some letters in receipts and bars become question marks, or end a command."
        odd.append(note("letters", what, why, "PYTHONUTF8=1"))
    if not _is_unicode(seen.files):
        what = f"Python writes files as {seen.files} where nobody says how"
        why = "The kit always says UTF-8; open(...) in your own code does not."
        odd.append(note("letters", what, why, "PYTHONUTF8=1"))
    yield from odd
    if not odd:
        yield ok("surroundings", "time zones are known, texts are Unicode")


def _is_unicode(encoding: str) -> bool:
    return encoding.lower().replace("-", "").replace("_", "").startswith("utf")
