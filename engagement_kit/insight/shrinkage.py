"""Rates of tweets with few views, drawn towards what tweets of the same table have."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from engagement_kit.insight.intervals import Floats, tails

FEWEST: Final = 3
"""With fewer tweets nobody can say how much tweets differ."""
_STEPS: Final = 9  # of the grid, each way
_REACH: Final = 3.0  # how far it goes, in standard deviations
_STEP: Final = 0.05  # of the second differences


def shrink(counts: Floats, per: Floats, level: float) -> tuple[Floats, Floats, Floats]:
    """Estimate each tweet's rate from its own counts and from those of all tweets.

    Parameters
    ----------
    counts, per
        Numerators and denominators of tweets.
    level
        Such as 0.9.

    Returns
    -------
    mean, low, high : array of float64
        nan where a count is unknown or negative, for all where fewer than `FEWEST` tweets are
        known, or none of them has a count.

    Notes
    -----
    Empirical Bayes. The rates of the tweets are drawn from one beta-prime distribution, which is
    conjugate to the odds of two Poisson counts (see `of_counts`). Its two parameters have the
    largest marginal likelihood, with a weak prior (half-Cauchy on the relative spread of rates),
    which keeps a chance likeness of few tweets from passing for none of a difference. How unsure
    they are counts, too: moments are taken over a grid of them, weighted by likelihood (Kass and
    Steffey 1989), and the interval is that of the beta-prime distribution with these moments.

    Examples
    --------
    >>> counts, per = np.array([0.0, 1.0, 30.0, 40.0]), np.array([10.0, 10.0, 1000.0, 1000.0])
    >>> mean, low, high = shrink(counts, per, 0.9)
    >>> bool(0 < mean[0] < mean[1] < 0.1), bool((low < mean).all()), bool((mean < high).all())
    (True, True, True)
    """
    from scipy.stats import betaprime

    known = (counts >= 0) & (per >= 0)
    out = np.full((3, len(counts)), np.nan)
    some, among = counts[known], per[known]
    if len(some) < FEWEST or not some.sum() or not among.sum():
        return out[0], out[1], out[2]
    first, second = _moments(some, among)
    # Mean and variance of a beta-prime distribution, solved for its parameters.
    beta = 2.0 + first * (1.0 + first) / second
    alpha = first * (beta - 1.0)
    low, high = (betaprime.ppf(one, alpha, beta) for one in tails(level))
    out[:, known] = first, np.where(some > 0, low, 0.0), high
    return out[0], out[1], out[2]


def _moments(counts: Floats, per: Floats) -> tuple[Any, Any]:
    """Give mean and variance of each tweet's rate, over what the parameters may be."""
    points, weights = _parameters(counts, per)
    alpha = np.exp(points[:, 1])
    beta = np.exp(points[:, 1] - points[:, 0])
    first, square = np.zeros(len(counts)), np.zeros(len(counts))
    for weight, one, other in zip(weights, alpha, beta, strict=True):
        upper = one + counts
        lower = np.maximum(other + per, 2.5)  # below 2 there is no variance
        mean = upper / (lower - 1.0)
        first += weight * mean
        square += weight * mean * (upper + 1.0) / (lower - 2.0)
    return first, square - first**2


def _parameters(counts: Floats, per: Floats) -> tuple[Any, Any]:
    """Give points (log of the common rate, log alpha) and how likely each is."""
    from scipy.optimize import minimize

    def unlikely(point: Any) -> float:
        return _unlikely(point, counts, per)

    start = [np.log(counts.sum() / per.sum()), 0.0]
    best = minimize(unlikely, start, method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-4}).x
    curvature, axes = np.linalg.eigh(_bend(unlikely, best))
    scale = axes / np.sqrt(np.clip(curvature, 0.25, None))
    grid = np.linspace(-_REACH, _REACH, _STEPS)
    points = best + np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2) @ scale.T
    likely = -np.array([unlikely(point) for point in points])
    weights = np.exp(likely - likely.max())
    return points, weights / weights.sum()


def _unlikely(point: Any, counts: Floats, per: Floats) -> float:
    """Give the negative logarithm of the marginal likelihood, times the weak prior."""
    from scipy.special import betaln

    alpha, beta = np.exp(point[1]), np.exp(point[1] - point[0])
    together = betaln(alpha + counts, beta + per).sum() - len(counts) * betaln(alpha, beta)
    # The relative spread of rates is near alpha ** -1/2; in log alpha its density gets it once.
    spread = -point[1] / 2.0
    return float(np.log1p(np.exp(2.0 * spread)) - spread - together)


def _bend(surface: Any, at: Any) -> Any:
    """Give the second derivatives of a function of two numbers, by differences."""
    one, other = np.array([_STEP, 0.0]), np.array([0.0, _STEP])
    middle = surface(at)
    first = surface(at + one) - 2 * middle + surface(at - one)
    second = surface(at + other) - 2 * middle + surface(at - other)
    mixed = (
        surface(at + one + other)
        - surface(at + one - other)
        - surface(at - one + other)
        + surface(at - one - other)
    ) / 4
    return np.array([[first, mixed], [mixed, second]]) / _STEP**2
