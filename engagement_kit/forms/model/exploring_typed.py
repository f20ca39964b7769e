"""What a person types to look around in a table: ids and moments, read or refused in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from engagement_kit.errors import TableError
from engagement_kit.forms.model.exploring import Contents
from engagement_kit.question.amounts import few
from engagement_kit.question.hours import iso
from engagement_kit.question.tweet_ids import clean

_SHOWN_UNKNOWN: Final = 3


def chosen_ids(text: str, contents: Contents) -> tuple[tuple[str, ...], str]:
    """Read ids that a person pasted: those in the table, and words on the others.

    Examples
    --------
    >>> here = Contents("lifetime", ("likes",), frozenset({"20"}), None, None, False, 1)
    >>> chosen_ids("20, 21 x", here)
    (('20',), "not in the table: 21; 'x': a tweet id is 1 to 19 digits, without a leading zero")
    """
    ids, _, problems = clean(text)
    known = tuple(one for one in ids if one in contents.tweets)
    unknown = [one for one in ids if one not in contents.tweets]
    words = []
    if unknown:
        words.append(f"not in the table: {few(unknown, _SHOWN_UNKNOWN)}")
    return known, "; ".join([*words, *(f"{one.value}: {one.why}" for one in problems)])


def moment_of(text: str, contents: Contents) -> datetime | None:
    """Read a moment as a person writes it: UTC, where no zone is named. None for no text.

    Raises
    ------
    TableError
        When it is none, or does not fit the grain of the table.

    Examples
    --------
    >>> hours = Contents("hour", ("likes",), frozenset({"20"}), None, None, False, 1)
    >>> moment_of("2026-05-01 13:00", hours).isoformat()
    '2026-05-01T13:00:00+00:00'
    """
    text = text.strip()
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        when = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError) as error:  # in UTC it may lie outside the calendar
        msg = f"{text!r} is no moment; write 2026-05-01 or 2026-05-01T13:00, in UTC"
        raise TableError(msg) from error
    if when in {contents.start, contents.end}:  # the table's own ends may lie within a day
        return when
    if (when.minute, when.second, when.microsecond) != (0, 0, 0):
        msg = f"{text!r} lies within an hour; the table counts whole hours of UTC"
        raise TableError(msg)
    if contents.grain == "day" and when.hour:
        msg = f"{text!r} lies within a day; the table counts whole days of UTC"
        raise TableError(msg)
    return when


def period_of(start: str, end: str, contents: Contents) -> tuple[datetime | None, datetime | None]:
    """Read both ends of a period; an end that changes nothing is None.

    Raises
    ------
    TableError
        For an end that can't be read, or is not after the start, or where nothing is counted.
    """
    first, last = (moment_of(text, contents) for text in (start, end))
    if first is not None and last is not None and first >= last:
        msg = "the end must be after the start; the end itself is not counted"
        raise TableError(msg)
    begin, stop = contents.start, contents.end
    if begin is None or stop is None:
        return first, last
    if (first is not None and first >= stop) or (last is not None and last <= begin):
        msg = f"the table counts from {iso(begin)} to {iso(stop)} alone"
        raise TableError(msg)
    return (
        None if first is None or first <= begin else first,
        None if last is None or last >= stop else last,
    )
