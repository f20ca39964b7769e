"""The metrics: wire names, what they mean, who may ask for them, and how people spell them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engagement_kit.question.rules import CredentialKind, EndpointName

_NAMED: Final = 3
"""So many metrics are named in a line; more are counted."""


@dataclass(frozen=True)
class Metric:
    """One metric of the API.

    Attributes
    ----------
    name
        The wire name, as in ``engagement_types`` and in our tables.
    meaning
        What is counted, in plain words (source: overview; interpreting).
    totals_user, totals_app, windowed
        Offered on totals with a user's keys, on totals app-only, on 28hr and historical.
    """

    name: str
    meaning: str
    totals_user: bool
    totals_app: bool
    windowed: bool


def _public(name: str, meaning: str, *, windowed: bool = True) -> Metric:
    return Metric(name, meaning, totals_user=True, totals_app=True, windowed=windowed)


def _private(name: str, meaning: str) -> Metric:
    return Metric(name, meaning, totals_user=True, totals_app=False, windowed=True)


def _windowed(name: str, meaning: str) -> Metric:
    return Metric(name, meaning, totals_user=False, totals_app=False, windowed=True)


# key characteristics names most of these; overview adds user_follows, user_profile_clicks,
# and says "media_engagements" where the former still says "Media Clicks".
_ROWS: Final = (
    _private("impressions", "times the tweet was shown; organic only, not unique viewers"),
    _private("engagements", "all interactions; organic and promoted; not the sum of the others"),
    _public("favorites", "likes"),
    _public("retweets", "retweets, quotes not among them"),
    _public("replies", "replies"),
    _public("quote_tweets", "retweets with a comment", windowed=False),
    _public("video_views", "video half in view for 2 s; on totals over all tweets with the video"),
    _windowed("media_views", "views of video, GIF and image, autoplay and click"),
    _windowed("media_engagements", "clicks on media (before 2017-10: media_clicks)"),
    _windowed("url_clicks", "clicks on links, hashtags and the like"),
    _windowed("hashtag_clicks", "clicks on hashtags"),
    _windowed("detail_expands", "clicks on the tweet to see details"),
    _windowed("permalink_clicks", "clicks on the tweet's permalink"),
    _windowed("app_install_attempts", "clicks to install an app from an app card"),
    _windowed("app_opens", "clicks to open an app from an app card"),
    _windowed("email_tweet", "times shared by e-mail"),
    _windowed("user_follows", "follows of the author from this tweet"),
    _windowed("user_profile_clicks", "clicks on the author's profile from this tweet"),
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
