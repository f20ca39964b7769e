"""Plots of tidy tables: frame and axes in, axes out. Each says its source and its gaps."""

from engagement_kit.insight.plots.gaps import missing
from engagement_kit.insight.plots.over_age import lifecycle
from engagement_kit.insight.plots.over_day import rhythm
from engagement_kit.insight.plots.over_time import timeline
from engagement_kit.insight.plots.over_week import heatmap
from engagement_kit.insight.plots.ranking import top
from engagement_kit.insight.plots.side_by_side import compare

__all__ = ["compare", "heatmap", "lifecycle", "missing", "rhythm", "timeline", "top"]
