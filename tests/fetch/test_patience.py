"""Rests after faults: they double up to a bound, and chance spreads them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.fetch.patience import Patience


def test_rests_double_up_to_a_bound() -> None:
    """1, 2, 4 ... seconds, never more than the longest; before any counts, the first."""
    rests = [Patience().backoff(faults, chance=1.0) for faults in range(9)]
    assert rests == [1, 1, 2, 4, 8, 16, 30, 30, 30]


@given(st.integers(0, 40), st.floats(0, 1, exclude_max=True))
def test_chance_gives_between_half_and_the_whole(faults: int, chance: float) -> None:
    """Many clients that met the same fault don't come back at the same moment."""
    whole = Patience().backoff(faults, chance=1.0)
    assert whole / 2 <= Patience().backoff(faults, chance) <= whole
