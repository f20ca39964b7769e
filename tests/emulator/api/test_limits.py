from __future__ import annotations

from engagement_kit.emulator import World
from engagement_kit.emulator.api import limits


def test_numbers() -> None:
    """250, 25 and 25 tweets; 7 totals metrics, 17 windowed ones, 18 names together."""
    assert limits.MAX_TWEETS == {"totals": 250, "28hr": 25, "historical": 25}
    assert len(limits.TOTALS_METRICS) == 7
    assert len(limits.WINDOWED_METRICS) == 17
    assert len({*limits.TOTALS_METRICS, *limits.WINDOWED_METRICS}) == 18


def test_every_metric_has_counts() -> None:
    """The world can count every metric that an endpoint offers."""
    offered = {name for names in limits.OFFERED.values() for name in names}
    assert offered == set(World.metrics)
