"""The metrics: wire names, what they mean, who may ask for them, and how people spell them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from engagement_kit.question.rules import CredentialKind, EndpointName

Promoted = Literal["left out", "counted", "not documented"]
Certainty = Literal["confirmed", "one source", "assumed"]

REDEFINED_ON: Final = datetime(2017, 10, 9, tzinfo=UTC)
"""From here on some metrics count something else. Source: recent changes; interpreting."""
_NAMED: Final = 3
"""So many metrics are named in a line; more are counted."""


@dataclass(frozen=True)
class Metric:
    """One metric of the API: all that is known of it stands here and nowhere else.

    Attributes
    ----------
    name
        The wire name, as in ``engagement_types`` and in our tables.
    meaning
        What is counted, in plain words.
    totals_user, totals_app, windowed
        Offered on totals with a user's keys, on totals app-only, on 28hr and historical.
    unit
        What one of it is.
    is_not
        What it is easily taken for, and is not.
    promoted
        What becomes of promoted views and clicks: ``left out``, ``counted``, ``not documented``.
    since
        When it came to the API; empty where no document says so.
    changed_on, change
        The moment from which it counts something else, and what, as in "since then without media
        views"; None for never.
    older
        Names on older pages and in older programs.
    source
        The documents that say so; as in `engagement_kit.question.rules`.
    certainty
        ``confirmed`` (documents agree, or documents and programs), ``one source``, ``assumed``.
    doubt
        What of it is assumed, or said otherwise elsewhere.
    """

    name: str
    meaning: str
    totals_user: bool
    totals_app: bool
    windowed: bool
    unit: str
    is_not: str = ""
    promoted: Promoted = "not documented"
    since: str = ""
    changed_on: datetime | None = None
    change: str = ""
    older: tuple[str, ...] = ()
    source: str = "overview; recent changes"
    certainty: Certainty = "confirmed"
    doubt: str = "promoted: one page calls all of its data organic, and says no more"


def _public(name: str, meaning: str, *, windowed: bool = True, **facts: Any) -> Metric:
    return Metric(name, meaning, totals_user=True, totals_app=True, windowed=windowed, **facts)


def _private(name: str, meaning: str, **facts: Any) -> Metric:
    return Metric(name, meaning, totals_user=True, totals_app=False, windowed=True, **facts)


def _windowed(name: str, meaning: str, **facts: Any) -> Metric:
    return Metric(name, meaning, totals_user=False, totals_app=False, windowed=True, **facts)


# key characteristics names most of these; overview adds user_follows, user_profile_clicks,
# and says "media_engagements" where the former still says "Media Clicks".
_ROWS: Final = (
    _private(
        "impressions",
        "times the tweet was shown; organic only, not unique viewers",
        unit="times shown",
        is_not="no number of people: who sees it twice counts twice; no promoted views",
        promoted="left out",
        since="2016",
        source="overview; interpreting; selecting an endpoint",
        doubt="that viewers are not unique is said of the newer API (v2) alone",
    ),
    _private(
        "engagements",
        "all interactions; organic and promoted; not the sum of the others",
        unit="interactions",
        is_not="not the sum of the other metrics, of which one alone may be larger; not only what "
        "impressions led to: with promotion it can pass them",
        promoted="counted",
        since="2016",
        changed_on=REDEFINED_ON,
        change="without media views",
        source="overview; interpreting; recent changes; FAQ",
        certainty="one source",
        doubt="interpreting counts promoted ones, though its first sentence calls all data "
        "organic, and still lists media views, which recent changes leaves out",
    ),
    _public(
        "favorites",
        "likes",
        unit="likes",
        is_not="not who likes it now by name; taken back, a like may count down",
        doubt="that likes count down when taken back is hinted at by one program of the API's own",
    ),
    _public(
        "retweets",
        "retweets, quotes not among them",
        unit="retweets",
        is_not="not quotes; taken back, a retweet may count down",
        doubt="that quotes are not among them is assumed: no document says so",
    ),
    _public("replies", "replies", unit="replies"),
    _public(
        "quote_tweets",
        "retweets with a comment",
        windowed=False,
        unit="quotes",
        is_not="not offered by hour or day",
        since="2020-07-07",
        source="overview; changelog",
        doubt="that the author's own keys may ask for it, too, is shown by one example alone",
    ),
    _public(
        "video_views",
        "video half in view for 2 s; on totals over all tweets with the video",
        unit="views",
        is_not="two quantities under one name: on totals the views in all tweets with the same "
        "video, on 28hr and historical those in this tweet; never add or compare the two; no GIFs",
        since="on totals of any tweet 2018-07-06",
        source="overview; interpreting; recent changes",
        doubt="the documents do not say on which endpoints the age limit holds; assumed: on all",
    ),
    _windowed(
        "media_views",
        "views of video, GIF and image, autoplay and click",
        unit="views",
        is_not="not video_views: it need not be half in view for 2 s, and images count",
        since="2017-10",
        changed_on=REDEFINED_ON,
        change="counted at all",
        doubt="assumed: the day is that of the overhaul, and counts from before mean nothing",
    ),
    _windowed(
        "media_engagements",
        "clicks on media (before 2017-10: media_clicks)",
        unit="clicks",
        is_not="not views of media",
        since="2017-10",
        changed_on=REDEFINED_ON,
        change="in place of media_clicks",
        older=("media_clicks", "Media Clicks"),
        doubt="assumed: the day is that of the overhaul; one page still says Media Clicks",
    ),
    _windowed(
        "url_clicks",
        "clicks on links, hashtags and the like",
        unit="clicks",
        is_not="not clicks on links alone: without any link it can be more than 0",
        source="overview; recent changes; FAQ",
    ),
    _windowed(
        "hashtag_clicks",
        "clicks on hashtags",
        unit="clicks",
        is_not="no clicks beside url_clicks, which count those on hashtags, too: don't add the two",
        doubt="that the same click stands in both is inferred, not written",
    ),
    _windowed(
        "detail_expands",
        "clicks on the tweet to see details",
        unit="clicks",
        is_not="not always a part of engagements: examples of the API's own have more of them",
        older=("Detail Click",),
        source="overview; recent changes; reference",
    ),
    _windowed("permalink_clicks", "clicks on the tweet's permalink", unit="clicks"),
    _windowed(
        "app_install_attempts",
        "clicks to install an app from an app card",
        unit="clicks",
        is_not="not installs",
    ),
    _windowed("app_opens", "clicks to open an app from an app card", unit="clicks"),
    _windowed(
        "email_tweet", "times shared by e-mail", unit="times shared", older=("Tweet Emails",)
    ),
    _windowed(
        "user_follows",
        "follows of the author from this tweet",
        unit="follows",
        is_not="not all new followers of the author",
    ),
    _windowed(
        "user_profile_clicks", "clicks on the author's profile from this tweet", unit="clicks"
    ),
)
METRICS: Final[dict[str, Metric]] = {row.name: row for row in _ROWS}

# Spellings of older pages and neighbouring tools, and the wire name that they mean today.
_SPELLINGS: Final[dict[str, str]] = {
    "media_click": "media_engagements",
    "detail_click": "detail_expands",
    "tweet_email": "email_tweet",
    "email": "email_tweet",
    "like": "favorites",
    "favourite": "favorites",
    "quote": "quote_tweets",
    "reply": "replies",
    "view": "impressions",
    "follow": "user_follows",
    "profile_click": "user_profile_clicks",
    "profile_visit": "user_profile_clicks",
    "link_click": "url_clicks",
    "url_link_click": "url_clicks",
    "app_install": "app_install_attempts",
    "app_open": "app_opens",
}


def offered(endpoint: str, credential: CredentialKind | None = None) -> tuple[str, ...]:
    """List the metrics that an endpoint offers, in the order of our tables.

    Parameters
    ----------
    endpoint
        ``totals``, ``28hr`` or ``historical``.
    credential
        ``user``, ``app``, or None for any of the two.

    Returns
    -------
    tuple of str
        Wire names.

    Examples
    --------
    >>> offered("totals", "app")
    ('favorites', 'retweets', 'replies', 'quote_tweets', 'video_views')
    >>> len(offered("historical"))
    17
    """
    return tuple(name for name, row in METRICS.items() if _offers(row, endpoint, credential))


def _offers(row: Metric, endpoint: str, credential: CredentialKind | None) -> bool:
    if endpoint != "totals":
        return row.windowed and credential != "app"
    return row.totals_app if credential == "app" else row.totals_user


def understand(spelling: str) -> tuple[str, str] | None:
    """Find the wire name that a person's spelling means.

    Parameters
    ----------
    spelling
        Any way to write a metric: ``"Media Clicks"``, ``" engagements"``, ``"urlClicks"``.

    Returns
    -------
    tuple of str and str, or None
        The wire name and a note on what was understood (empty when it was spelled exactly);
        None when nothing fits.

    Examples
    --------
    >>> understand("impressions")
    ('impressions', '')
    >>> understand("Detail Click")
    ('detail_expands', "'Detail Click' was understood as detail_expands")
    >>> understand("smiles") is None
    True
    """
    if spelling in METRICS:
        return spelling, ""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", spelling.strip())
    snake = re.sub(r"[\s\-_.]+", "_", words).lower()
    for candidate in (snake, snake + "s", snake.removesuffix("s")):
        name = candidate if candidate in METRICS else _SPELLINGS.get(candidate)
        if name:
            return name, f"{spelling!r} was understood as {name}"
    return None


def nearest(spelling: str, endpoint: EndpointName | None = None) -> str:
    """Name the metric whose spelling is nearest, or an empty text when none is near.

    Examples
    --------
    >>> nearest("impresions")
    'impressions'
    """
    names = offered(endpoint) if endpoint else tuple(METRICS)
    found = difflib.get_close_matches(spelling.strip().lower(), names, n=1, cutoff=0.6)
    return found[0] if found else ""


def in_words(names: Sequence[str]) -> str:
    """Name a few metrics, and count more.

    Examples
    --------
    >>> in_words(["replies"]), in_words(["replies"] * 4)
    ('replies', '4 metrics')
    """
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} metrics"
