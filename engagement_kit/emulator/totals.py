"""How much a tweet gets over its whole life, per metric; not when: that is `curve`.

Impressions follow a heavy-tailed audience. Every other metric is a share of them, with spread
of its own and a part that all metrics of a tweet have in common, so that they are correlated.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from engagement_kit.emulator.chance import Floats, Ints, key_of, normal, uniform, word
from engagement_kit.emulator.tweets import Flags, Tweets

TYPICAL_AUDIENCE: Final = (900.0, 12000.0)  # impressions of a middling tweet, by account
AUDIENCE_SPREAD: Final = 1.3  # of the logarithm: one tweet in a hundred gets 20 times the median
COMMON_SPREAD: Final = 0.45  # what all shares of a tweet have in common
MAX_SPREAD: Final = 0.9


class Trait(NamedTuple):
    """What is typical of a metric."""

    share: float  # of impressions
    spread: float  # of the logarithm of the share
    pace: float  # half-life compared with that of impressions
    needs: str = ""  # the tweet's property without which the count is `otherwise` times it
    otherwise: float = 0.0


TRAITS: Final[dict[str, Trait]] = {
    "impressions": Trait(1.0, 0.0, 1.0),
    "engagements": Trait(0.035, 0.3, 0.95),
    "favorites": Trait(0.008, 0.4, 0.8),
    "retweets": Trait(0.002, 0.6, 0.7),
    "replies": Trait(0.0008, 0.7, 0.6),
    "quote_tweets": Trait(0.0004, 0.8, 0.9),
    "video_views": Trait(0.35, 0.3, 1.1, "video"),
    "media_views": Trait(0.6, 0.2, 1.0, "media"),
    "media_engagements": Trait(0.009, 0.5, 0.9, "media"),
    # Non-zero without a link too: clicks on hashtags count (fact sheet, section 10).
    "url_clicks": Trait(0.006, 0.6, 1.1, "link", 0.05),
    "hashtag_clicks": Trait(0.0005, 0.8, 1.0),
    "detail_expands": Trait(0.012, 0.4, 0.9),
    "permalink_clicks": Trait(0.0004, 0.8, 1.4),
    "app_install_attempts": Trait(0.0006, 0.7, 1.2, "app_card"),
    "app_opens": Trait(0.0008, 0.7, 1.2, "app_card"),
    "email_tweet": Trait(0.00002, 0.9, 1.0),
    "user_follows": Trait(0.00025, 0.8, 1.3),
    "user_profile_clicks": Trait(0.003, 0.5, 1.2),
}
_CODES: Final = {name: code for code, name in enumerate(TRAITS)}
# The predecessor's name for the same clicks (fact sheet, section 4.2).
_CODES["media_clicks"] = _CODES["media_engagements"]
METRICS: Final = tuple(_CODES)

_SHARES: Final = np.array([trait.share for trait in TRAITS.values()])
_SPREADS: Final = np.array([trait.spread for trait in TRAITS.values()])
PACES: Final = np.array([trait.pace for trait in TRAITS.values()])

# What a hash is for.
_AUDIENCE, _COMMON, _SHARE, _ROUND, _REACH = range(1, 6)


def codes(metrics: list[str]) -> Ints:
    """Return the numbers of metrics.

    Raises
    ------
    ValueError
        If a name is unknown.
    """
    unknown = [name for name in metrics if name not in _CODES]
    if unknown:
        raise ValueError(f"Unknown metrics: {unknown}. Known: {', '.join(METRICS)}.")
    return np.array([_CODES[name] for name in metrics], dtype=np.int64)


def life_totals(seed: int, tweets: Tweets, metrics: Ints) -> Ints:
    """Return what each tweet gets over its life: array (tweets, metrics)."""
    key = key_of(seed, "totals")
    ids = tweets.ids
    audience = _typical(seed, tweets.owner) * np.exp(AUDIENCE_SPREAD * normal(key, ids, _AUDIENCE))
    impressions = np.floor(np.where(tweets.exists, audience, 0.0))
    common = COMMON_SPREAD * normal(key, ids, _COMMON)
    of_series = word(key, ids)[:, None] ^ word(key, metrics)[None, :]
    spread = _SPREADS[metrics]
    varied = spread > 0  # impressions themselves have no share to vary
    log_share = np.log(_SHARES[metrics]) + varied * (common[:, None] - COMMON_SPREAD**2 / 2)
    noise = spread * normal(of_series, _SHARE) - spread**2 / 2
    expected = impressions[:, None] * np.exp(log_share + noise) * _presence(tweets, metrics)
    rounded = np.floor(expected + varied * uniform(word(of_series, _ROUND)))
    totals: Ints = np.minimum(rounded, impressions[:, None]).astype(np.int64)
    return totals


def reach_of_video(seed: int, tweets: Tweets) -> Floats:
    """Return the factor, 1 or more, by which other tweets with the same video add views.

    Lifetime ``video_views`` count all tweets that carry the video (fact sheet, section 10). Half
    of the videos are carried by one tweet alone.
    """
    draw = uniform(word(key_of(seed, "totals"), tweets.ids, _REACH))
    return 1.0 + np.maximum(0.0, draw - 0.5) * 4.0


def _typical(seed: int, owner: Ints) -> Floats:
    """Return the median impressions of each tweet's account."""
    low, high = np.log(TYPICAL_AUDIENCE)
    typical: Floats = np.exp(low + (high - low) * uniform(word(key_of(seed, "account"), owner)))
    return typical


def _presence(tweets: Tweets, metrics: Ints) -> Floats:
    """Return 1 where a tweet has what the metric needs, else the metric's `otherwise`."""
    traits = list(TRAITS.values())
    columns = []
    for code in metrics.tolist():
        trait = traits[code]
        has: Flags = getattr(tweets, trait.needs) if trait.needs else np.ones_like(tweets.exists)
        columns.append(np.where(has, 1.0, trait.otherwise))
    return np.stack(columns, axis=1)
