"""Reproducible chance: hashes of numbers as uniform and normal draws; no state, no global seed.

Everything is built on splitmix64 over unsigned 64-bit integers, so that the same numbers come
out on every platform and in any order of asking. Python's `hash` and numpy's generators
are not used: the first changes per process, the second depend on the order of the draws.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# The constants of splitmix64 (Steele, Lea, Flood 2014).
GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_TWO_TO_53: Final = float(1 << 53)
_ROOT_3: Final = float(np.sqrt(3.0))


def mix(state: Words) -> Words:
    """Scramble 64-bit words: the output function of splitmix64.

    Takes arrays of at least one dimension: numpy warns of wrap-around on single numbers.
    """
    z = state + GOLDEN
    z ^= z >> np.uint64(30)
    z *= _FIRST
    z ^= z >> np.uint64(27)
    z *= _SECOND
    z ^= z >> np.uint64(31)
    return z


def word(key: Words, *parts: int | Words | Ints) -> Words:
    """Hash a key and further numbers to one word each, by broadcasting.

    ``word(word(key, a), b)`` is ``word(key, a, b)``: what several hashes begin with is kept.
    """
    for part in parts:
        mixed = _constant(part) if isinstance(part, int) else mix(part.astype(np.uint64))
        key = mix(key ^ mixed)
    return key


@cache
def _constant(part: int) -> Words:
    """Scramble one of the few numbers that stand in the code."""
    return mix(np.array([part], dtype=np.uint64))


def key_of(*parts: object) -> Words:
    """Make a key (an array of one word) from names and numbers, the same on every platform."""
    return np.array([int(digest(*parts)[:16], 16)], dtype=np.uint64)


def digest(*parts: object) -> str:
    """Return 64 hex digits that depend on all parts."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


def uniform(words: Words) -> Floats:
    """Turn words into numbers in [0, 1)."""
    draws: Floats = (words >> np.uint64(11)) / _TWO_TO_53
    return draws


def between(ends: Sequence[float] | Floats, words: Words) -> Floats:
    """Turn words into numbers between two ends, the first included."""
    low, high = ends
    return low + (high - low) * uniform(words)


def rough_normal(words: Words) -> Floats:
    """Turn each word into a draw of mean 0 and variance 1: four 16-bit uniforms added.

    Sums of integers, so exact everywhere; the tails end at 3.5 standard deviations.
    """
    # The order of the four in memory does not matter to their sum.
    parts = np.ascontiguousarray(words).view(np.uint16).reshape(*words.shape, 4)
    total = parts.sum(axis=-1, dtype=np.float64)
    # Each uniform sits in the middle of its cell, (i + 0.5) / 65536, so that the mean is 2.
    draws: Floats = ((total + 2.0) / 65536.0 - 2.0) * _ROOT_3
    return draws


def normal(key: Words, *parts: int | Words | Ints) -> Floats:
    """Draw with mean 0 and variance 1 for a key and numbers; tails end at 6 deviations."""
    words = word(key, *parts)
    draws = rough_normal(words)
    for again in (1, 2):
        draws = draws + rough_normal(word(words, again))
    scaled: Floats = draws / _ROOT_3
    return scaled
