"""Spans less spans, for many rows at once: the same as hour by hour."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.question.gaps import Spans, subtract_all
from engagement_kit.question.known import subtract

edges = st.integers(-30, 30)


@given(
    st.lists(st.tuples(edges, st.integers(0, 30)), max_size=6),
    st.lists(st.tuples(st.integers(0, 5), edges, st.integers(0, 20)), max_size=12),
)
def test_what_is_left_is_what_is_left_of_each(
    whole: list[tuple[int, int]], taken: list[tuple[int, int, int]]
) -> None:
    """Row by row the same as taking spans out of one span, in order, and never empty."""
    taken = [one for one in taken if one[0] < len(whole)]
    rows = np.arange(len(whole))
    starts = np.array([a for a, _ in whole], dtype=np.int64)
    lengths = np.array([b for _, b in whole], dtype=np.int64)
    parts = np.array([(r, a, a + b) for r, a, b in taken], dtype=np.int64).reshape(-1, 3).T
    found = subtract_all(Spans(rows, starts, starts + lengths), Spans(*parts))
    expected = [
        (row, *gap)
        for row, (start, length) in enumerate(whole)
        for gap in subtract((start, start + length), [(a, a + b) for r, a, b in taken if r == row])
    ]
    assert list(zip(*(column.tolist() for column in found), strict=True)) == expected
    assert found.hours() == sum(end - start for _, start, end in expected)
