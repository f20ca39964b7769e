"""Moments as the table counts them: microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from engagement_kit.errors import TableError
from engagement_kit.question.hours import from_iso
from engagement_kit.question.micros import micros_of
from engagement_kit.question.tweet_ids import FIRST_TIMED_ID, ID_EPOCH_MS, MAX_ID, created_at
from engagement_kit.tables.schema import NULL_TIME

AsOf = datetime | str | None
"""Up to when observations count: an aware datetime, ISO text, or all."""
_ALLOWED: Final = "use datetime(..., tzinfo=timezone.utc), or text as in '2026-06-01T12:00Z'"


def micros(when: datetime | None) -> int:
    """Turn a moment into microseconds since 1970; NULL_TIME for None."""
    return NULL_TIME if when is None else micros_of(when)


def birth_of(tweet_id: str) -> datetime | None:
    """Tell when a tweet was created; None where its id does not say, or is no id at all.

    Examples
    --------
    >>> birth_of("697506383516729344").year, birth_of("20"), birth_of("*TWEET_IDS*")
    (2016, None, None)
    """
    if not (tweet_id.isascii() and tweet_id.isdecimal()) or int(tweet_id) > MAX_ID:
        return None
    return created_at(tweet_id)


def birth_us(tweet_id: str) -> int:
    """Tell when a tweet was created, in microseconds since 1970; NULL_TIME as in `birth_of`.

    Examples
    --------
    >>> birth_us("697506383516729344"), birth_us("20") == NULL_TIME
    (1455133455529000, True)
    """
    if not (tweet_id.isascii() and tweet_id.isdecimal()):
        return NULL_TIME
    number = int(tweet_id)
    if not FIRST_TIMED_ID <= number <= MAX_ID:
        return NULL_TIME
    return ((number >> 22) + ID_EPOCH_MS) * 1000


def as_of_moment(given: AsOf) -> datetime | None:
    """Read the moment up to which observations count, as people give it.

    Parameters
    ----------
    given
        An aware datetime, or the same as ISO text, such as ``clock=`` takes; None for all.

    Raises
    ------
    TableError
        When it has no time zone, or is no moment; says what to write.

    Examples
    --------
    >>> as_of_moment("2026-06-01T14:00+02:00").isoformat()
    '2026-06-01T12:00:00+00:00'
    >>> as_of_moment(datetime(2026, 6, 1))
    Traceback (most recent call last):
    ...
    engagement_kit.errors.TableError: as_of=datetime.datetime(2026, 6, 1, 0, 0) has no time zone; \
use datetime(..., tzinfo=timezone.utc), or text as in '2026-06-01T12:00Z'
    """
    when: object = given
    if isinstance(when, str):
        try:
            return from_iso(when)
        except ValueError as error:
            msg = f"as_of={when!r}: {error}"
            raise TableError(msg) from None
    if when is not None and not isinstance(when, datetime):
        msg = f"as_of={when!r} is no moment; {_ALLOWED}"
        raise TableError(msg)
    if when is not None and when.tzinfo is None:
        msg = f"as_of={when!r} has no time zone; {_ALLOWED}"
        raise TableError(msg)
    return when
