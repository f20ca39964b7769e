"""How much a tweet gets over its whole life, per metric; not when: that is `curve`.

Impressions follow the audience of the world's nature. Every other metric is a share of them, with
spread of its own and a part that all metrics of a tweet have in common, so that they are
correlated. Promotion adds to engagements, never to impressions, which are organic (guide
"interpreting the metrics"): such a tweet's engagement rate says more than its organic views
explain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from engagement_kit.emulator.world.chance import (
    Floats,
    Ints,
    Words,
    between,
    key_of,
    normal,
    uniform,
    word,
)
from engagement_kit.emulator.world.natures import Nature, Regime
from engagement_kit.emulator.world.tweets import HOUR_MS, Flags, Tweets

TYPICAL_AUDIENCE: Final = (900.0, 12000.0)  # impressions of a middling tweet, by account
COMMON_SPREAD: Final = 0.45  # what all shares of a tweet have in common
PROMOTED_EXTRA: Final = (0.5, 3.0)  # what promotion adds, as a multiple of the organic counts


class Trait(NamedTuple):
    """What is typical of a metric."""

    share: float  # of impressions
    spread: float  # of the logarithm of the share
    pace: float  # half-life compared with that of impressions
    needs: str = ""  # the tweet's property without which the count is `otherwise` times it
    otherwise: float = 0.0
    promoted: bool = True  # whether promotion adds to it; views are organic
    undone: float = 0.0  # the share that is taken back, in worlds where that happens


TRAITS: Final[dict[str, Trait]] = {
    "impressions": Trait(1.0, 0.0, 1.0, promoted=False),
    "engagements": Trait(0.035, 0.3, 0.95),
    "favorites": Trait(0.008, 0.4, 0.8, undone=0.04),
    "retweets": Trait(0.002, 0.6, 0.7, undone=0.03),
    "replies": Trait(0.0008, 0.7, 0.6),
    "quote_tweets": Trait(0.0004, 0.8, 0.9),
    "video_views": Trait(0.35, 0.3, 1.1, "video", promoted=False),
    "media_views": Trait(0.6, 0.2, 1.0, "media", promoted=False),
    "media_engagements": Trait(0.009, 0.5, 0.9, "media"),
    # Non-zero without a link too: clicks on hashtags count (FAQ).
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
# The predecessor's name for the same clicks (guide "recent changes").
_CODES["media_clicks"] = _CODES["media_engagements"]
METRICS: Final = tuple(_CODES)

_SHARES: Final = np.array([trait.share for trait in TRAITS.values()])
_SPREADS: Final = np.array([trait.spread for trait in TRAITS.values()])
PACES: Final = np.array([trait.pace for trait in TRAITS.values()])
UNDONE: Final = np.array([trait.undone for trait in TRAITS.values()])
_PROMOTED: Final = np.array([trait.promoted for trait in TRAITS.values()])

# What a hash is for.
_AUDIENCE, _COMMON, _SHARE, _ROUND, _REACH, _PROMOTION, _EXTRA, _CAMPAIGN = range(1, 9)


class Totals(NamedTuple):
    """What each tweet gets over its life: arrays (tweets, metrics).

    Attributes
    ----------
    counts : array of int64
    promoted : array of float64
        The share of the counts that came from promotion, from 0 to below 1.
    """

    counts: Ints
    promoted: Floats


def codes(metrics: Sequence[str]) -> Ints:
    """Return the numbers of metrics.

    Raises
    ------
    TypeError, ValueError
        If they are no list, or a name is unknown.
    """
    if isinstance(metrics, str):  # or each letter would count as a name
        raise TypeError(f"metrics is {metrics!r}; it must be a list of names.")
    unknown = [name for name in metrics if name not in _CODES]
    if unknown:
        raise ValueError(f"unknown metrics: {unknown}; allowed: {', '.join(METRICS)}.")
    return np.array([_CODES[name] for name in metrics], dtype=np.int64)


def life_totals(seed: int, nature: Nature, tweets: Tweets, metrics: Ints) -> Totals:
    """Draw what each tweet gets over its life."""
    key = key_of(seed, "totals")
    of_tweet = word(key, tweets.ids)
    impressions = np.floor(np.where(tweets.exists, _audience(seed, nature, tweets, of_tweet), 0.0))
    common = COMMON_SPREAD * normal(of_tweet, _COMMON)
    of_series = of_tweet[:, None] ^ word(key, metrics)[None, :]
    spread = _SPREADS[metrics]
    varied = spread > 0  # impressions themselves have no share to vary
    log_share = np.log(_SHARES[metrics]) + varied * (common[:, None] - COMMON_SPREAD**2 / 2)
    noise = spread * normal(of_series, _SHARE) - spread**2 / 2
    expected = impressions[:, None] * np.exp(log_share + noise) * _presence(tweets, metrics)
    # Organic counts never pass the impressions.
    rounding = varied * uniform(word(of_series, _ROUND))
    organic = np.minimum(np.floor(expected + rounding), impressions[:, None])
    extra = np.floor(organic * _promotion(nature, of_tweet)[:, None] * _PROMOTED[metrics])
    counts = organic + extra
    return Totals(counts.astype(np.int64), extra / np.maximum(counts, 1.0))


def _audience(seed: int, nature: Nature, tweets: Tweets, of_tweet: Words) -> Floats:
    """Draw the organic impressions of each tweet, not yet whole numbers."""
    audience = _typical(seed, tweets.owner) * nature.audience(word(of_tweet, _AUDIENCE))
    if nature.campaign_hours:
        luck = normal(key_of(seed, "totals"), tweets.owner, campaigns(nature, tweets), _CAMPAIGN)
        audience = audience * np.exp(nature.campaign_spread * luck)
    if nature.regime:
        audience = np.where(after(nature.regime, tweets), nature.regime.audience, 1.0) * audience
    return audience


def campaigns(nature: Nature, tweets: Tweets) -> Ints:
    """Return the number of each tweet's campaign within its account; all 0 where there are none."""
    if not nature.campaign_hours:
        return np.zeros_like(tweets.birth_ms)
    return tweets.birth_ms // (nature.campaign_hours * HOUR_MS)


def after(regime: Regime, tweets: Tweets) -> Flags:
    """Tell which tweets were created since a regime began."""
    return tweets.birth_ms >= int(regime.begins.timestamp()) * 1000


def _promotion(nature: Nature, of_tweet: Words) -> Floats:
    """Return by tweet how much promotion adds, as a multiple of the organic counts."""
    extra = between(PROMOTED_EXTRA, word(of_tweet, _EXTRA))
    return np.where(uniform(word(of_tweet, _PROMOTION)) < nature.promoted_chance, extra, 0.0)


def reach_of_video(seed: int, tweets: Tweets) -> Floats:
    """Return the factor, 1 or more, by which other tweets with the same video add views.

    Lifetime ``video_views`` count all tweets that carry the video (overview). Half of the
    videos are carried by one tweet alone.
    """
    draw = uniform(word(key_of(seed, "totals"), tweets.ids, _REACH))
    return 1.0 + np.maximum(0.0, draw - 0.5) * 4.0


def _typical(seed: int, owner: Ints) -> Floats:
    """Return the median impressions of each tweet's account."""
    words = word(key_of(seed, "account"), owner)
    typical: Floats = np.exp(between(np.log(TYPICAL_AUDIENCE), words))
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
