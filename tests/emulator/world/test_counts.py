from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.emulator.world.chance import key_of, word
from engagement_kit.emulator.world.counts import binomial


@given(many=st.integers(0, 10**12), share=st.floats(0, 1), seed=st.integers(0, 2**63))
def test_binomial_in_range(many: int, share: float, seed: int) -> None:
    """A draw lies between 0 and n, and at the ends for shares 0 and 1."""
    words = np.array([seed], dtype=np.uint64)
    drawn = int(binomial(np.array([many]), np.array([share]), words)[0])
    assert 0 <= drawn <= many
    if share in {0.0, 1.0}:
        assert drawn == many * share


@pytest.mark.parametrize("share", [0.001, 0.2, 0.5, 0.97])
@pytest.mark.parametrize("many", [1, 7, 60, 3000])
def test_binomial_moments(many: int, share: float) -> None:
    """Draws have the mean n p and the variance n p (1 - p)."""
    draws = 100_000
    words = word(key_of("moments", many, share), np.arange(draws))
    drawn = binomial(np.full(draws, many), np.full(draws, share), words)
    mean, variance = many * share, many * share * (1 - share)
    assert drawn.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / draws))
    assert drawn.var() == pytest.approx(variance, rel=0.05, abs=0.002)
