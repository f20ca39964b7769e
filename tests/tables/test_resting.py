"""The rule by which a settle time is learnt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engagement_kit.tables.resting import Past, rest_of

HOUR = timedelta(hours=1)


def past(first: dict[int, int], moves: Any = (), unsettled: Any = (), counts: int = 1000) -> Past:
    """Make what is known of a metric."""
    return Past(dict(first), dict(moves), dict(unsettled), counts)


@pytest.mark.parametrize(
    ("known", "tolerance", "hours", "learnt"),
    [
        (past({1: 5, 9: 400}), 0.0, 9, True),  # only from there on enough were looked at
        (past({1: 300}), 0.0, 1, True),
        (past({1: 299}), 0.0, 168, False),
        (past({1: 300}, {(3, 9): 4, (9, 20): 1}), 0.0, 20, True),
        (past({1: 300}, {(3, 9): 4, (9, 20): 1}), 0.001, 9, True),
        (past({1: 300}, {(3, 9): 4, (9, 20): 1}), 0.005, 1, True),
        (past({1: 300}, {(150, 168): 1}), 0.0, 168, True),
        (past({1: 300}, {(150, 175): 1}), 0.0, 168, False),  # perhaps before, perhaps after
        (past({1: 300}, {(150, 175): 1}), 0.001, 1, True),
        (past({1: 300}, {(150, 175): 1}, {(150, 175): 1}), 0.0, 168, False),
        (past({1: 300}, {(200, 240): 1}), 0.0, 240, True),  # longer than the default, and certain
        (past({1: 300}, {(200, 240): 1}, {(200, 240): 1}), 0.0, 240, False),  # at least
    ],
)
def test_the_rule(known: Past, tolerance: float, hours: int, learnt: bool) -> None:
    """The later look of the last movement; the default where that is not known."""
    found = rest_of("replies", known, tolerance, 300)
    assert (found.settle, found.learnt) == (hours * HOUR, learnt)
