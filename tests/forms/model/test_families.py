"""The families of metrics."""

from __future__ import annotations

from engagement_kit.forms.model.families import FAMILIES
from engagement_kit.question.metrics import METRICS


def test_each_metric_stands_in_one_family() -> None:
    """None is left out, none is offered twice."""
    names = [name for family in FAMILIES.values() for name in family]
    assert sorted(names) == sorted(METRICS)
