"""Free checks: what agrees is counted, what disagrees is named, what can't be read is left out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.tables.free_checks import NOTHING, Counts, Outcome, over_time, over_tweets
from engagement_kit.tables.readers.columns import Columns
from engagement_kit.tables.readers.reshape import Leaves

cells = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 50), st.booleans()), max_size=30
)
IDS, METRICS = ["20", "21", "22", "23"], ["a", "b", "c"]


def table(rows: list[tuple[int, int, int, bool]]) -> Counts:
    """Make columns."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return Counts(columns[0], columns[1], columns[2], columns[3].astype(bool))


@given(cells, st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 2)), st.integers(0, 99)))
def test_sums_over_time(
    rows: list[tuple[int, int, int, bool]], said: dict[tuple[int, int], int]
) -> None:
    """The same as adding up by hand; pairs with an unreadable count, or without, are no check."""
    sums = table([(row, col, value, True) for (row, col), value in said.items()])
    passed, failed = 0, 0
    for (row, col), value in said.items():
        mine = [one for one in rows if one[:2] == (row, col)]
        if mine and all(one[3] for one in mine):
            agrees = sum(one[2] for one in mine) == value
            passed, failed = passed + agrees, failed + (not agrees)
    outcome = over_time(table(rows), sums, IDS, METRICS)
    assert (outcome.passed, len(outcome.failed)) == (passed, failed)


def test_sums_over_tweets() -> None:
    """A metric's tweets add up to its sum, or are named; one that can't be read is no check."""
    levels = ("tweet.id", "engagement.type")
    counts = Leaves(
        levels,
        [("20", "a"), ("21", "a"), ("20", "b"), ("21", "b"), ("20", "c")],
        [1, 2, 3, 4, None],
    )
    sums = Leaves(("engagement.type",), [("a",), ("b",), ("c",), ("d",)], [3, 8, 0, 5])
    outcome = over_tweets(Columns.of_leaves(counts), Columns.of_leaves(sums))
    assert outcome == Outcome(1, ("b: the tweets add up to 7, the sum says 8",))


def test_nothing_counted_is_nothing_checked() -> None:
    """An answer without counts has no check to fail."""
    assert over_time(table([]), table([(0, 0, 5, True)]), IDS, METRICS) == NOTHING


def test_counts_under_no_metric_are_no_check() -> None:
    """A number where an object should be breaks nothing, and takes no check from others."""
    levels = ("tweet.id", "engagement.type")
    odd = Columns.of_leaves(Leaves(levels, [("20",), ("21", "a")], [7, 1]))
    sums = Columns.of_leaves(Leaves(("engagement.type",), [("a",), ()], [1, 3]))
    assert over_tweets(odd, sums) == Outcome(1, ())
    nothing = Columns.of_leaves(Leaves(levels, [("20",)], [7]))
    assert over_tweets(nothing, sums) == NOTHING
