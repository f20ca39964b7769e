"""What kinds of world there are: how audiences, lifecycles and chance differ; numbers and formulas.

Statistics that are tested on one kind of world alone are tested on the model that they assume. So
there are three, which differ in kind: in the tail of the audience, in the tail of the life, in
whether tweets are independent of each other, and in whether time stands still.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from engagement_kit.emulator.world.chance import Floats, Words, normal, uniform, word

Decay = Callable[[Floats, Floats], Floats]
Audience = Callable[[Words], Floats]


@dataclass(frozen=True)
class Regime:
    """What changes for tweets created from a moment on.

    Attributes
    ----------
    begins : datetime
    audience, half_life : float
        Factors.
    """

    begins: datetime
    audience: float
    half_life: float


@dataclass(frozen=True)
class Nature:
    """One kind of world.

    Attributes
    ----------
    name : str
    about : str
        What is special, in a sentence.
    audience : callable
        From words to factors around the account's typical number of impressions.
    decay : callable
        From ages and half-lives (hours) to the share of all counts reached; 1/2 at the half-life.
    half_life_h, half_life_spread : float
        The median half-life of impressions in hours, and the standard deviation of its logarithm.
    swing : float
        The rate of counts runs from 1 - swing in the quietest hour to 1 + swing in the busiest.
    jitter : float
        Standard deviation of the log odds by which each split of a span of hours is off: what
        makes counts more spread than chance alone would.
    burst_chance : float
        The share of tweets with a second life, days after the first.
    promoted_chance : float
        The share of tweets whose engagements come in part from promotion.
    campaign_hours : int
        Tweets of an account in such a span of hours share their luck; 0: each has its own.
    campaign_spread : float
        Standard deviation of the logarithm of that luck.
    regime : Regime, optional
    """

    name: str
    about: str
    audience: Audience
    decay: Decay
    half_life_h: float = 80 / 60
    half_life_spread: float = 0.5
    swing: float = 0.6
    jitter: float = 0.2
    burst_chance: float = 0.15
    promoted_chance: float = 0.06
    campaign_hours: int = 0
    campaign_spread: float = 0.0
    regime: Regime | None = None


def _log_normal(words: Words) -> Floats:
    """Draw factors of median 1: one tweet in a hundred gets 20 times the median."""
    return np.exp(1.3 * normal(words))


def _pareto(words: Words) -> Floats:
    """Draw factors of median 1 with infinite variance, ending at 30,000 times the smallest."""
    factors: Floats = np.minimum((1.0 - uniform(word(words, 1))) ** (-1 / 1.2), 30_000.0)
    return factors / 2 ** (1 / 1.2)


def _even(words: Words) -> Floats:
    """Draw factors of median 1 that differ little."""
    return np.exp(0.5 * normal(words))


def _hyperbolic(age: Floats, half_life: Floats) -> Floats:
    """Reach half at the half-life, then go on slowly: three quarters at three times it."""
    return age / (age + half_life)


def _slow(age: Floats, half_life: Floats) -> Floats:
    """Go on for so long that a year still matters: 1 - (1 + 3 age / half-life) ** (-1/2)."""
    return 1.0 - 1.0 / np.sqrt(1.0 + 3.0 * age / half_life)


# Of two exponentials: the slow one's weight, its half-life as a multiple of the fast one's, and
# the fast one's half-life that makes the whole reach 1/2 at 1.
_SLOW_PART: Final = 0.15
_SLOWER: Final = 20.0
_FAST: Final = 0.797_417_736_509_667_3


def _two_speeds(age: Floats, half_life: Floats) -> Floats:
    """Die out exponentially: fast for most, slower for the rest."""
    fast = age / (_FAST * half_life)
    return (1.0 - _SLOW_PART) * (1.0 - np.exp2(-fast)) + _SLOW_PART * (
        1.0 - np.exp2(-fast / _SLOWER)
    )


NATURES: Final[dict[str, Nature]] = {
    nature.name: nature
    for nature in (
        Nature(
            name="standard",
            about="Log-normal audiences, a long life, a few bursts; tweets are independent.",
            audience=_log_normal,
            decay=_hyperbolic,
        ),
        Nature(
            name="heavy_tails",
            about="Audiences without a variance, lives of which a year still matters, many bursts.",
            audience=_pareto,
            decay=_slow,
            half_life_h=3.0,
            half_life_spread=0.9,
            jitter=0.4,
            burst_chance=0.4,
        ),
        Nature(
            name="campaigns",
            about="Tweets of a week share their luck, lives end within days, and from 2025-09-01 "
            "on audiences are smaller and lives longer.",
            audience=_even,
            decay=_two_speeds,
            half_life_h=2.0,
            half_life_spread=0.25,
            swing=0.8,
            jitter=0.1,
            burst_chance=0.02,
            promoted_chance=0.25,
            campaign_hours=7 * 24,
            campaign_spread=0.8,
            regime=Regime(datetime(2025, 9, 1, tzinfo=UTC), audience=0.6, half_life=1.8),
        ),
    )
}


def find_nature(name: str) -> Nature:
    """Return a nature by name.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if name not in NATURES:
        raise ValueError(f"nature is {name!r}; allowed: {', '.join(NATURES)}.")
    return NATURES[name]
