"""The limits of the Engagement API as data, each with its source. No logic of planning here.

Sources: *reference* = "POST insights/engagement"; *overview*, *key characteristics*,
*groupings*, *interpreting* = the guides of the Engagement API; *FAQ* = its FAQ page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

EndpointName = Literal["totals", "28hr", "historical"]
CredentialKind = Literal["user", "app"]
Quantity = Literal["lifetime", "windowed"]
Level = Literal["tweet.id", "engagement.type", "engagement.day", "engagement.hour"]
Levels = tuple[str, ...]

ID: Final = "tweet.id"
TYPE: Final = "engagement.type"
DAY: Final = "engagement.day"
HOUR: Final = "engagement.hour"

LIVE_BASE_URL: Final = "https://data-api.twitter.com/insights/engagement"
"""Source: reference. The newest pages print ``data-api.x.com``; no program was seen to use it."""


@dataclass(frozen=True)
class Rule:
    """One limit: its value, what it limits, and where it is written."""

    value: int
    limits: str
    source: str


@dataclass(frozen=True)
class Endpoint:
    """One of the three endpoints and what may be asked of it.

    Attributes
    ----------
    name
        ``totals``, ``28hr`` or ``historical``.
    tweets_per_request
        How many tweets one request may name, with the source of the rule.
    levels
        What a grouping may be made of.
    quantity
        ``lifetime``, or ``windowed`` where counts are of a period.
    takes_period
        Whether a request says from when to when.
    default_by
        What a query asks for that does not say.
    source
        Where the rule about levels stands.
    """

    name: EndpointName
    tweets_per_request: Rule
    levels: Levels
    quantity: Quantity
    takes_period: bool
    default_by: str
    source: str


_ALL_LEVELS: Final[Levels] = (ID, TYPE, DAY, HOUR)
_SIZE_SOURCE = "reference; overview; key characteristics"
_LEVEL_SOURCE = "groupings; key characteristics: time values on 28hr and historical only"

ENDPOINTS: Final[dict[str, Endpoint]] = {
    "totals": Endpoint(
        name="totals",
        tweets_per_request=Rule(250, "tweets per request on totals", _SIZE_SOURCE),
        levels=(ID, TYPE),
        quantity="lifetime",
        takes_period=False,
        default_by="total",
        source=_LEVEL_SOURCE,
    ),
    "28hr": Endpoint(
        name="28hr",
        tweets_per_request=Rule(25, "tweets per request on 28hr", _SIZE_SOURCE),
        levels=_ALL_LEVELS,
        quantity="windowed",
        takes_period=False,
        default_by="hour",
        source=_LEVEL_SOURCE,
    ),
    "historical": Endpoint(
        name="historical",
        tweets_per_request=Rule(25, "tweets per request on historical", _SIZE_SOURCE),
        levels=_ALL_LEVELS,
        quantity="windowed",
        takes_period=True,
        default_by="day",
        source=_LEVEL_SOURCE,
    ),
}

MAX_GROUPINGS: Final = Rule(3, "groupings per request", "reference; overview; key characteristics")
MAX_LEVELS: Final = Rule(4, "values of one group_by", "groupings")
MAX_FOUR_LEVEL: Final = Rule(1, "groupings of four values per request", "reference")
FOUR_LEVEL_ORDERS: Final[tuple[Levels, ...]] = ((ID, TYPE, DAY, HOUR), (TYPE, ID, DAY, HOUR))
"""The only two orders of four values. Source: reference; groupings."""

RESERVED_NAMES: Final = frozenset({"start", "end", "errors", "unavailable_tweet_ids"})
"""Root keys of an answer that no grouping may be named after. Source: reference."""
RESERVED_PREFIX: Final = "unsupported_for_"
"""Side lists of tweets begin so. Source: reference; interpreting."""

TOTALS_PRIVATE_DAYS: Final = Rule(
    90, "age in days for impressions and engagements on totals", "reference; key characteristics"
)
VIDEO_DAYS: Final = Rule(1800, "age in days for video_views", "overview; interpreting")
WINDOW_DAYS: Final = Rule(28, "days in one historical request", "reference; key characteristics")
LAST_HOURS: Final = Rule(28, "hours back on 28hr", "reference; key characteristics; overview")
WINDOW_HOURS: Final = WINDOW_DAYS.value * 24

SMALL_SET_FROM: Final = datetime(2015, 9, 15, tzinfo=UTC)
"""historical counts favorites, replies and retweets as 0 before this day. Source: reference."""
SMALL_SET: Final = frozenset({"favorites", "replies", "retweets"})

ProfileName = Literal["reference", "overview"]
HISTORY_FROM: Final = datetime(2014, 9, 1, tzinfo=UTC)
"""How far historical reaches, profile *reference* (the default). Source: key characteristics."""
HISTORY_DAYS: Final = Rule(365, "days back on historical, profile overview", "overview")

PROFILES: Final[tuple[str, ...]] = ("reference", "overview")


def history_begins(profile: str, now: datetime) -> datetime:
    """Say how far back historical reaches.

    Parameters
    ----------
    profile
        ``reference`` (since 2014-09-01; key characteristics) or ``overview`` (365 days; overview).
    now
        An aware datetime.

    Returns
    -------
    datetime
        The first moment that can be asked for, inclusive, UTC.

    Examples
    --------
    >>> from datetime import datetime, UTC
    >>> history_begins("reference", datetime(2026, 6, 1, tzinfo=UTC)).year
    2014
    """
    if profile == "reference":
        return HISTORY_FROM
    return now - timedelta(days=HISTORY_DAYS.value)


def level_problem(levels: Levels, endpoint: Endpoint) -> str:
    """Say why a ``group_by`` is not lawful on an endpoint; empty text when it is.

    Examples
    --------
    >>> level_problem(("tweet.id", "engagement.hour"), ENDPOINTS["totals"])
    'totals knows no engagement.hour; allowed: tweet.id, engagement.type'
    >>> level_problem(("engagement.type",), ENDPOINTS["totals"])
    ''
    """
    if not levels:
        return "a grouping needs at least one value"
    foreign = [level for level in levels if level not in endpoint.levels]
    if foreign:
        allowed = ", ".join(endpoint.levels)
        return f"{endpoint.name} knows no {', '.join(foreign)}; allowed: {allowed}"
    if len(set(levels)) < len(levels):
        return "each value may stand once"
    if len(levels) == MAX_LEVELS.value and levels not in FOUR_LEVEL_ORDERS:
        orders = " or ".join(", ".join(order) for order in FOUR_LEVEL_ORDERS)
        return f"four values are allowed only in the order {orders}"
    return ""


def next_levels(
    levels: Levels, endpoint: Endpoint, others: Iterable[Levels] = ()
) -> tuple[str, ...]:
    """List the values that may follow in a ``group_by``.

    Parameters
    ----------
    levels
        What stands there already; may be empty.
    endpoint
        Where it is asked.
    others
        The other groupings of the request: only one may have four values.

    Returns
    -------
    tuple of str
        In the order of the documents; empty when nothing may follow.

    Examples
    --------
    >>> next_levels(("tweet.id", "engagement.type", "engagement.day"), ENDPOINTS["historical"])
    ('engagement.hour',)
    >>> next_levels(("engagement.type",), ENDPOINTS["totals"])
    ('tweet.id',)
    """
    fours = sum(len(one) == MAX_LEVELS.value for one in others)
    if len(levels) + 1 == MAX_LEVELS.value and fours >= MAX_FOUR_LEVEL.value:
        return ()
    return tuple(one for one in endpoint.levels if not level_problem((*levels, one), endpoint))


def is_reserved(name: str) -> bool:
    """Say whether a grouping name would collide with a root key of the answer."""
    return name in RESERVED_NAMES or name.startswith(RESERVED_PREFIX)


def fineness(levels: Iterable[str]) -> int:
    """Rank groupings by detail: more values first, time before sums."""
    found = set(levels)
    return len(found) * 8 + 4 * (HOUR in found) + 2 * (DAY in found) + (ID in found)
