"""How a tweet's counts spread over its life: the share reached at an age; no chance per hour.

The share after t hours is G(w(t)) / G(w(life)) with G(t) = t / (t + half-life): fast at first,
half within an hour or two, then a heavy tail. The warp w(t) = t + c (sin(...) - sin(...)) lets
time run faster by day than by night. It grows always, as c < 24 / (2 pi).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from engagement_kit.emulator.chance import Floats, Ints, key_of, normal
from engagement_kit.emulator.totals import PACES
from engagement_kit.emulator.tweets import Tweets

LIFE_HOURS: Final = 1 << 14  # clock hours from the hour of creation
HOUR_MS: Final = 3_600_000
MEDIAN_HALF_LIFE_H: Final = 80 / 60
HALF_LIFE_SPREAD: Final = 0.5  # of the logarithm
BUSIEST_HOUR: Final = 18  # UTC
SWING: Final = 0.6  # the rate runs from 0.4 at night to 1.6 by day
_WARP_H: Final = SWING * 24 / (2 * math.pi)


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
        In hours.
    """

    birth_hour: Ints
    offset: Floats
    half_life: Floats
    _at_birth: Floats
    _whole_life: Floats

    def reached(self, series: Ints, hours: Ints) -> Floats:
        """Return the share of the life's total reached `hours` clock hours (1 or more) in.

        Clock hours count from the start of the hour of creation.
        """
        of_day = (self.birth_hour[series] + hours) % 24
        warped = hours - self.offset[series] + _WARP_H * (_SINES[of_day] - self._at_birth[series])
        share: Floats = warped / (warped + self.half_life[series]) / self._whole_life[series]
        return share


def make_curves(seed: int, tweets: Tweets, metrics: Ints) -> Curves:
    """Draw the lifecycle of every tweet and metric, tweets outermost."""
    many = len(metrics)
    birth_hour = tweets.birth_ms // HOUR_MS
    offset = (tweets.birth_ms - birth_hour * HOUR_MS) / HOUR_MS
    at_birth = _sine(birth_hour % 24 + offset)
    pace = np.exp(HALF_LIFE_SPREAD * normal(key_of(seed, "half-life"), tweets.ids))
    half_life = (MEDIAN_HALF_LIFE_H * pace[:, None] * PACES[metrics][None, :]).ravel().round(9)
    last_hour = _SINES[(birth_hour + LIFE_HOURS) % 24]
    warped = np.repeat(LIFE_HOURS - offset + _WARP_H * (last_hour - at_birth), many)
    return Curves(
        birth_hour=np.repeat(birth_hour, many),
        offset=np.repeat(offset, many),
        half_life=half_life,
        _at_birth=np.repeat(at_birth, many),
        _whole_life=warped / (warped + half_life),
    )
