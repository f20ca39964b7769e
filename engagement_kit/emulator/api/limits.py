"""The API's limits as the emulator knows them, with their sources; numbers only, no logic.

The kit has its own list of the same limits. This one is read from the documents independently, so
that a test can compare the two: double entry. Nothing here may import the kit.

Sources, here and in the other files of the emulator: *reference* is the page "POST
insights/engagement"; *overview*, *key characteristics*, *groupings*, *authenticating*, *selecting
an endpoint*, *interpreting the metrics* and *recent changes* are guides of the Engagement API,
*FAQ* is its questions and answers. Where they say nothing, programs of the platform's own staff
count, above all engagement-api-client-ruby.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

Endpoint = Literal["totals", "28hr", "historical"]

BASE_PATH: Final = "/insights/engagement"  # reference
ENDPOINTS: Final[tuple[Endpoint, ...]] = ("totals", "28hr", "historical")  # reference
MAX_TWEETS: Final[dict[Endpoint, int]] = {  # reference, overview
    "totals": 250,
    "28hr": 25,
    "historical": 25,
}

# Overview: its table of metrics.
PUBLIC_METRICS: Final = ("favorites", "retweets", "replies", "quote_tweets", "video_views")
AGED_METRICS: Final = ("impressions", "engagements")  # user context only, 90 days on /totals
TOTALS_METRICS: Final = AGED_METRICS + PUBLIC_METRICS
WINDOWED_METRICS: Final = (
    "impressions",
    "engagements",
    "favorites",
    "retweets",
    "replies",
    "video_views",
    "media_views",
    "media_engagements",
    "url_clicks",
    "hashtag_clicks",
    "detail_expands",
    "permalink_clicks",
    "app_install_attempts",
    "app_opens",
    "email_tweet",
    "user_follows",
    "user_profile_clicks",
)
LEGACY_METRICS: Final = ("media_clicks",)  # key characteristics; older programs send it
OFFERED: Final[dict[Endpoint, tuple[str, ...]]] = {
    "totals": TOTALS_METRICS,
    "28hr": WINDOWED_METRICS + LEGACY_METRICS,
    "historical": WINDOWED_METRICS + LEGACY_METRICS,
}
# Authenticating: what an app-only credential may ask. On the windowed endpoints: nothing.
APP_ONLY: Final[dict[Endpoint, tuple[str, ...]]] = {
    "totals": PUBLIC_METRICS,
    "28hr": (),
    "historical": (),
}

# Reference, groupings.
MAX_GROUPINGS: Final = 3
# engagement-api-client-ruby, 2016; the switch "ten": no limit on those with four levels.
MAX_GROUPINGS_2016: Final = 10
TWEET: Final = "tweet.id"
METRIC: Final = "engagement.type"
DAY: Final = "engagement.day"
HOUR: Final = "engagement.hour"
GROUP_BY: Final = (TWEET, METRIC, DAY, HOUR)
TIME_LEVELS: Final = (DAY, HOUR)  # refused on /totals
FOUR_LEVEL_ORDERS: Final = ((TWEET, METRIC, DAY, HOUR), (METRIC, TWEET, DAY, HOUR))
MAX_FOUR_LEVEL_GROUPINGS: Final = 1
RESERVED_NAMES: Final = ("start", "end", "errors", "unavailable_tweet_ids")
RESERVED_PREFIX: Final = "unsupported_for_"

# Time: reference, overview, key characteristics.
MAX_SPAN: Final = timedelta(days=28)
RECENT_SPAN: Final = timedelta(hours=28)  # /28hr
HISTORY_BEGINS: Final = datetime(2014, 9, 1, tzinfo=UTC)  # profile "reference"
LOOKBACK: Final = timedelta(days=365)  # profile "overview"
MAX_AGE_IMPRESSIONS: Final = timedelta(days=90)  # on /totals
MAX_AGE_VIDEO: Final = timedelta(days=1800)  # on every endpoint
LATE_METRICS: Final = ("favorites", "replies", "retweets")  # 0 on /historical before:
LATE_METRICS_BEGIN: Final = datetime(2015, 9, 15, tzinfo=UTC)

# The service's own limit is not documented; 300 s either way is assumed.
TIMESTAMP_LIFETIME_S: Final = 300
# A request token is good for one login; for how long is not documented.
REQUEST_TOKEN_LIFETIME_S: Final = 3600
PIN_DIGITS: Final = 7  # "a ~7 digit PIN", says the guide to PIN-based OAuth
