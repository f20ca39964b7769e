"""Columns as whole numbers say the same as pandas does of the words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.tables.codes import codes, is_in_order, joined, ranked, standing_twice

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(-5, 5)), min_size=1, max_size=30)


@given(pairs=PAIRS, rising=st.booleans())
def test_what_stands_twice_is_what_pandas_finds(
    pairs: list[tuple[int, int]], *, rising: bool
) -> None:
    """Rows that share series and start, in any order; what is in order holds none."""
    series, start = np.array(sorted(pairs) if rising else pairs).T
    by_pandas = pd.DataFrame({"series": series, "start": start}).duplicated(keep=False)
    assert standing_twice(series, start).tolist() == by_pandas.tolist()
    assert not (is_in_order(series, start) and by_pandas.any())


@given(PAIRS)
def test_one_number_rises_as_two_do(pairs: list[tuple[int, int]]) -> None:
    """Compared with tuples: equal where they are, and greater where they are."""
    key = ranked(*np.array(pairs).T)
    assert [pairs[at] for at in np.argsort(key, kind="stable")] == sorted(pairs)
    assert len(np.unique(key)) == len(set(pairs))


def test_more_combinations_than_a_number_holds_stay_apart() -> None:
    """Codes that were declared from too many are counted anew, not wrapped round."""
    wide = (np.array([0, 2**40, 2**40, 5]), 2**41)
    key, _ = joined([wide, wide, (np.array([1, 1, 0, 1]), 2)])
    assert len(np.unique(key)) == 4


@pytest.mark.parametrize("kind", ["category", "str", "object"])
def test_null_is_a_value_of_its_own(kind: str) -> None:
    """Whatever holds the words."""
    found, many = codes(pd.Series(["b", None, "a", "b", None]).astype(kind))
    assert found[0] == found[3] != found[2]
    assert found[1] == found[4] not in found[[0, 2]]
    assert found.max() < many


@pytest.mark.parametrize("words", [3, 200, 40_000])
def test_codes_have_room_for_sums(words: int) -> None:
    """Categories are kept in 8, 16 or 32 bits: sums of their codes would wrap around there."""
    column = pd.Series(pd.Categorical([str(one) for one in range(words)]))
    assert column.cat.codes.dtype != np.int64
    found, many = codes(column)
    assert found.dtype == np.int64
    assert (found.min(), found.max(), many) == (1, words, words + 1)
