"""The rule by which a settle time is learnt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engagement_kit.tables.resting import Past, rest_of

HOUR = timedelta(hours=1)


def past(
    first: dict[int, int],
    moves: Any = (),
    unsettled: Any = (),
    counts: int = 1000,
    tweets: Any = (1,) * 20,
) -> Past:
    """Make what is known of a metric."""
    return Past(dict(first), dict(moves), dict(unsettled), counts, dict(enumerate(tweets)))


@pytest.mark.parametrize(
    ("known", "tolerance", "hours", "learnt"),
    [
        (past({1: 5, 9: 400}), 0.0, 9, True),  # only from there on enough were looked at
        (past({1: 300}), 0.0, 1, True),
        (past({1: 299}), 0.0, 168, False),
        (past({1: 300}, tweets=(1,) * 19), 0.0, 168, False),  # hours of one tweet move together
        (past({1: 400}, tweets=(*(1,) * 19, 30, 50)), 0.0, 30, True),  # only then 20 tweets
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
    found = rest_of("replies", known, tolerance, 300, 20)
    assert (found.settle, found.learnt) == (hours * HOUR, learnt)


def test_it_says_from_what_it_was_learnt() -> None:
    """Numbers and tweets; where they are too few, how many are needed and what does not count."""
    told = rest_of("replies", past({1: 300}), 0.0, 300, 20)
    assert (told.followed, told.tweets) == (300, 20)
    assert told.why == "1 hour, learnt from 300 numbers of 20 tweets"
    assert rest_of("replies", past({1: 300}, tweets=(1,)), 0.0, 300, 20).why == (
        "7 days, not learnt: 300 numbers of 1 tweet were followed to an age of 7 days; 300 numbers "
        "of 20 tweets are needed, and what stays at zero does not count"
    )
