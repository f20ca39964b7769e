"""Rows to understanding: frame in, frame or Axes out."""

from engagement_kit.insight.contrasts import compare
from engagement_kit.insight.curves import ages, lifecycle
from engagement_kit.insight.findings import quality
from engagement_kit.insight.half_life_groups import half_life
from engagement_kit.insight.half_lives import half_lives
from engagement_kit.insight.ranks import top
from engagement_kit.insight.ratios import rates
from engagement_kit.insight.rhythms import rhythm
from engagement_kit.insight.wholes import whole

__all__ = [
    "ages",
    "compare",
    "half_life",
    "half_lives",
    "lifecycle",
    "quality",
    "rates",
    "rhythm",
    "top",
    "whole",
]
