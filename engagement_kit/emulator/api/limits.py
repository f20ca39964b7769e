"""The API's limits as the emulator knows them, from the fact sheet; numbers only, no logic.

The kit has its own list of the same limits. This one is read from the facts independently, so
that a test can compare the two: double entry. Nothing here may import the kit.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

Endpoint = Literal["totals", "28hr", "historical"]

BASE_PATH: Final = "/insights/engagement"  # fact sheet, section 2.1
ENDPOINTS: Final[tuple[Endpoint, ...]] = ("totals", "28hr", "historical")  # section 2.1
MAX_TWEETS: Final[dict[Endpoint, int]] = {  # section 2.1
    "totals": 250,
    "28hr": 25,
    "historical": 25,
}

# Section 4.2: the table of engagement types.
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
LEGACY_METRICS: Final = ("media_clicks",)  # section 4.2: older programs still send it
OFFERED: Final[dict[Endpoint, tuple[str, ...]]] = {
    "totals": TOTALS_METRICS,
    "28hr": WINDOWED_METRICS + LEGACY_METRICS,
    "historical": WINDOWED_METRICS + LEGACY_METRICS,
}
# Section 3.1: what an app-only credential may ask. On the windowed endpoints: nothing.
APP_ONLY: Final[dict[Endpoint, tuple[str, ...]]] = {
    "totals": PUBLIC_METRICS,
    "28hr": (),
    "historical": (),
}

# Section 4.3: groupings.
MAX_GROUPINGS: Final = 3
MAX_GROUPINGS_2016: Final = 10  # the switch "ten": no limit on those with four levels
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

# Sections 4.4 and 11: time.
MAX_SPAN: Final = timedelta(days=28)
RECENT_SPAN: Final = timedelta(hours=28)  # /28hr
HISTORY_BEGINS: Final = datetime(2014, 9, 1, tzinfo=UTC)  # profile "reference"
LOOKBACK: Final = timedelta(days=365)  # profile "overview"
MAX_AGE_IMPRESSIONS: Final = timedelta(days=90)  # on /totals
MAX_AGE_VIDEO: Final = timedelta(days=1800)  # on every endpoint
LATE_METRICS: Final = ("favorites", "replies", "retweets")  # 0 on /historical before:
LATE_METRICS_BEGIN: Final = datetime(2015, 9, 15, tzinfo=UTC)

# Section 3.2: the service's own limit is not documented; 300 s either way is assumed.
TIMESTAMP_LIFETIME_S: Final = 300
# Section 3.3 says only that a request token is good for one walk; how long is not documented.
REQUEST_TOKEN_LIFETIME_S: Final = 3600
PIN_DIGITS: Final = 7  # "a ~7 digit PIN", says the guide to PIN-based OAuth
