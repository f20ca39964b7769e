"""Rows to understanding: frame in, frame or Axes out."""

from engagement_kit.insight.curves import lifecycle
from engagement_kit.insight.half_life_groups import half_life
from engagement_kit.insight.half_lives import half_lives
from engagement_kit.insight.rhythms import rhythm

__all__ = ["half_life", "half_lives", "lifecycle", "rhythm"]
