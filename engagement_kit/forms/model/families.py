"""Metrics in families, as people look for them."""

from __future__ import annotations

from typing import Final

FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "Seen": ("impressions", "media_views", "video_views"),
    "Answered": ("engagements", "favorites", "retweets", "replies", "quote_tweets"),
    "Clicked": (
        "url_clicks", "hashtag_clicks", "media_engagements", "detail_expands", "permalink_clicks",
    ),
    "Author": ("user_follows", "user_profile_clicks"),
    "Apps and mail": ("app_install_attempts", "app_opens", "email_tweet"),
}  # fmt: skip
"""Each metric stands in one family."""
