from __future__ import annotations

import numpy as np
import pytest

from engagement_kit.emulator.world.chance import key_of, word
from engagement_kit.emulator.world.natures import NATURES, Nature, find_nature


@pytest.mark.parametrize("nature", NATURES.values(), ids=NATURES)
def test_half_at_the_half_life(nature: Nature) -> None:
    """Every decay reaches a half at its half-life, nothing at 0, and grows."""
    ages = np.array([0.0, 0.5, 1.0, 2.0, 50.0]) * 3.0
    shares = nature.decay(ages, np.full(5, 3.0))
    assert shares[0] == 0
    assert shares[2] == pytest.approx(0.5, abs=1e-9)
    assert (np.diff(shares) > 0).all()
    assert shares[-1] < 1


@pytest.mark.parametrize("nature", NATURES.values(), ids=NATURES)
def test_audiences_have_median_one(nature: Nature) -> None:
    """Whatever the tail, half of the tweets get more than is typical of their account."""
    factors = nature.audience(word(key_of("audience"), np.arange(20_000)))
    assert factors.min() > 0
    assert np.median(factors) == pytest.approx(1.0, rel=0.05)


def test_names_are_said_when_one_is_wrong() -> None:
    """An unknown nature is refused with the known ones, and each says what is special."""
    assert find_nature("standard") is NATURES["standard"]
    assert all(nature.about.endswith(".") for nature in NATURES.values())
    with pytest.raises(ValueError, match="allowed: standard, heavy_tails, campaigns"):
        find_nature("calm")
