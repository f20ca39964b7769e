"""Rows to understanding: frame in, frame or Axes out.

::

    rates        counts per impression, with intervals
    lifecycle    counts by age; `ages` those of each tweet
    half_lives   bounds of each tweet's half-life; `half_life` of groups
    compare      two groups, with the tweet as the unit
    top          the first tweets, over any window or at equal age
    rhythm       counts by hour of the day and day of the week
    quality      what is odd about tables, the worst first
    whole        the tweets of which nothing is missing; `counted` those with any count

Pictures of them are in `engagement_kit.plot`.
"""

from engagement_kit.insight.contrasts import compare
from engagement_kit.insight.curves import ages, lifecycle
from engagement_kit.insight.findings import quality
from engagement_kit.insight.half_life_groups import half_life
from engagement_kit.insight.half_lives import half_lives
from engagement_kit.insight.ranks import top
from engagement_kit.insight.ratios import rates
from engagement_kit.insight.rhythms import rhythm
from engagement_kit.insight.wholes import counted, whole

__all__ = [
    "ages",
    "compare",
    "counted",
    "half_life",
    "half_lives",
    "lifecycle",
    "quality",
    "rates",
    "rhythm",
    "top",
    "whole",
]


def __dir__() -> list[str]:
    return __all__
