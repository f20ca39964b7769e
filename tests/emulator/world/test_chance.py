from __future__ import annotations

import numpy as np

from engagement_kit.emulator.world.chance import key_of, mix, normal, rough_normal, uniform, word


def test_splitmix() -> None:
    """The first numbers of splitmix64 from seed 0 are the published ones."""
    golden = 0x9E3779B97F4A7C15
    states = np.array([0, golden, 2 * golden % 2**64], dtype=np.uint64)
    published = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert mix(states).tolist() == published


def test_distributions() -> None:
    """Uniform and normal draws have the right mean and variance."""
    words = word(key_of("test"), np.arange(200_000))
    assert abs(uniform(words).mean() - 0.5) < 0.003
    for draws in (rough_normal(words), normal(key_of("test"), np.arange(200_000))):
        assert abs(draws.mean()) < 0.01
        assert abs(draws.var() - 1) < 0.02


def test_keys() -> None:
    """Keys depend on every part and on where one part ends."""
    keys = {int(key_of(*parts)[0]) for parts in [("a", 1), ("a1",), ("a", 2), (1, "a")]}
    assert len(keys) == 4
