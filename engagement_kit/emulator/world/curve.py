"""How a tweet's counts spread over its life: the share reached at an age; no chance per hour.

Three parts are mixed. The organic life decays as the world's nature says: fast at first, half
within an hour or two. Some tweets have a burst, a second life that begins days after the first.
Promoted counts come at an even rate for a week, from the second day on. The first two run on a
warped time w(t) = t + c (sin(...) - sin(...)), faster by day than by night; it grows always, as c
is below 24 / (2 pi).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from engagement_kit.emulator.world.chance import (
    Floats,
    Ints,
    between,
    key_of,
    normal,
    uniform,
    word,
)
from engagement_kit.emulator.world.natures import Decay, Nature
from engagement_kit.emulator.world.totals import PACES, after, campaigns
from engagement_kit.emulator.world.tweets import HOUR_MS, Tweets

LIFE_HOURS: Final = 1 << 14  # clock hours from the hour of creation
BUSIEST_HOUR: Final = 18  # UTC
BURST_AFTER_H: Final = (3.0, 240.0)  # clock hours from the hour of creation
BURST_SHARE: Final = (0.1, 0.5)  # of the organic counts
BURST_HALF_LIFE_H: Final = 1.5
FLIGHT_BEGINS_H: Final = 24.0
FLIGHT_H: Final = 168.0
NO_BURST: Final = -1

# What a hash is for.
_BURST, _WHEN, _HOW_MUCH, _CAMPAIGN = range(2, 6)


def _sine(hour: Floats) -> Floats:
    """Return the warp's sine at hours of the day."""
    # Rounded, so that a last bit of the platform's sine can't matter.
    sine: Floats = np.sin((hour - BUSIEST_HOUR) * (2 * math.pi / 24))
    return sine.round(12)


_SINES: Final = _sine(np.arange(24, dtype=np.float64))


@dataclass(frozen=True)
class Curves:
    """The lifecycle of series (tweet x metric), flat arrays of one entry per series.

    Attributes
    ----------
    birth_hour : array of int64
        The hour of creation, in hours since 1970.
    offset : array of float64
        Creation within that hour, in hours, from 0 to below 1.
    half_life : array of float64
        Of the organic decay, in hours of warped time.
    burst_hour : array of int64
        When the burst begins, in clock hours from the hour of creation; NO_BURST: none.
    burst_share : array of float64
        Of the organic counts.
    promoted : array of float64
        The share of all counts that comes from promotion.
    """

    birth_hour: Ints
    offset: Floats
    half_life: Floats
    burst_hour: Ints
    burst_share: Floats
    promoted: Floats
    _decay: Decay
    _warp_h: float
    _start: Floats
    _warped_burst: Floats
    _whole_decay: Floats
    _whole_burst: Floats

    def reached(self, series: Ints, hours: Ints) -> Floats:
        """Return the share of the life's total reached `hours` clock hours (1 or more) in.

        Clock hours count from the start of the hour of creation.
        """
        return self._share(series, hours, _SINES[(self.birth_hour[series] + hours) % 24])

    def half_age(self) -> Floats:
        """Return the age in hours at which half of the expected total is reached, by bisection.

        The real life that chance makes of the curve reaches its half a little sooner or later.
        """
        series = np.arange(len(self.birth_hour))
        low, high = self.offset.copy(), np.full(len(series), float(LIFE_HOURS))
        while (high - low).max(initial=0.0) > 1e-9:
            middle = (low + high) / 2
            sines = _sine(self.birth_hour % 24 + middle)
            below = self._share(series, middle, sines) < 0.5
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return high - self.offset

    def _share(self, series: Ints, hours: Floats | Ints, sines: Floats) -> Floats:
        """Mix the three parts at clock hours whose sines are given."""
        warped = hours + self._warp_h * sines - self._start[series]
        share = self._decay(warped, self.half_life[series]) / self._whole_decay[series]
        burst = self.burst_share[series]
        if np.count_nonzero(burst):
            since = np.maximum(warped - self._warped_burst[series], 0.0)
            second = since / (since + BURST_HALF_LIFE_H) / self._whole_burst[series]
            share = (1.0 - burst) * share + burst * second
        promoted = self.promoted[series]
        if np.count_nonzero(promoted):
            flown = np.minimum(np.maximum((hours - FLIGHT_BEGINS_H) / FLIGHT_H, 0.0), 1.0)
            share = (1.0 - promoted) * share + promoted * flown
        return share


def make_curves(
    seed: int, nature: Nature, tweets: Tweets, metrics: Ints, promoted: Floats
) -> Curves:
    """Draw the lifecycle of every tweet and metric, tweets outermost.

    `promoted` is an array (tweets, metrics): the share of the counts that comes from promotion.
    """
    many = len(metrics)
    birth_hour = np.repeat(tweets.birth_ms // HOUR_MS, many)
    offset = np.repeat(tweets.birth_ms % HOUR_MS / HOUR_MS, many)
    half_life = (_half_lives(seed, nature, tweets)[:, None] * PACES[metrics]).ravel().round(9)
    burst_hour, burst_share = _bursts(seed, nature, tweets)
    burst_hour, burst_share = np.repeat(burst_hour, many), np.repeat(burst_share, many)
    warp_h = nature.swing * 24 / (2 * math.pi)
    # Of a tweet's creation, on the same scale as clock hours plus their warp.
    start = offset + warp_h * _sine(birth_hour % 24 + offset)

    def warped(hours: Ints) -> Floats:
        later: Floats = hours + warp_h * _SINES[(birth_hour + hours) % 24] - start
        return later

    whole = warped(np.full_like(birth_hour, LIFE_HOURS))
    at_burst = warped(np.maximum(burst_hour, 1))
    since_burst = whole - at_burst
    return Curves(
        birth_hour=birth_hour,
        offset=offset,
        half_life=half_life,
        burst_hour=burst_hour,
        burst_share=burst_share,
        promoted=promoted.ravel(),
        _decay=nature.decay,
        _warp_h=warp_h,
        _start=start,
        _warped_burst=at_burst,
        _whole_decay=nature.decay(whole, half_life),
        _whole_burst=since_burst / (since_burst + BURST_HALF_LIFE_H),
    )


def _half_lives(seed: int, nature: Nature, tweets: Tweets) -> Floats:
    """Draw the half-life of each tweet's impressions, in hours."""
    key = key_of(seed, "half-life")
    log_pace = nature.half_life_spread * normal(key, tweets.ids)
    if nature.campaign_hours:
        luck = normal(key, tweets.owner, campaigns(nature, tweets), _CAMPAIGN)
        log_pace = log_pace + nature.half_life_spread * luck
    half_life: Floats = nature.half_life_h * np.exp(log_pace)
    if nature.regime:
        half_life = np.where(after(nature.regime, tweets), nature.regime.half_life, 1.0) * half_life
    return half_life


def _bursts(seed: int, nature: Nature, tweets: Tweets) -> tuple[Ints, Floats]:
    """Draw when each tweet's burst begins and how much of the organic counts it holds."""
    of_tweet = word(key_of(seed, "bursts"), tweets.ids)
    has = uniform(word(of_tweet, _BURST)) < nature.burst_chance
    hour = np.exp(between(np.log(BURST_AFTER_H), word(of_tweet, _WHEN))).astype(np.int64)
    share = between(BURST_SHARE, word(of_tweet, _HOW_MUCH))
    return np.where(has, hour, NO_BURST), np.where(has, share, 0.0)
