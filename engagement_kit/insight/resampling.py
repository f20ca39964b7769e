"""What two groups of tweets differ by, with intervals; tweets, or clusters of them, are drawn."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import numpy as np

from engagement_kit.insight.intervals import Floats, Ints, tails

Statistic = Literal["median", "mean"]

DRAWS: Final = 4999
_AT_ONCE: Final = 2_000_000  # numbers held at a time


class Side(NamedTuple):
    """One group: the count of each tweet, and the number of its cluster, if there are any."""

    values: Floats
    clusters: Ints | None

    @property
    def units(self) -> int:
        """How many units there are to draw: clusters, or tweets."""
        return len(self.values) if self.clusters is None else int(self.clusters.max()) + 1


class Estimate(NamedTuple):
    """A number with its interval; nan where there is none."""

    value: float
    low: float
    high: float


def ratio_of(
    a: Side, b: Side, statistic: Statistic, level: float, seed: int
) -> tuple[float, float, Estimate]:
    """Give the statistic of two groups, and the ratio of the two with a bootstrap interval.

    Notes
    -----
    For the median: the standard error of the log ratio over resamples, times a quantile of t. The
    percentiles of resamples take over where a resample's median is 0. For the mean: percentiles,
    moved outward for small groups (Hesterberg 2015).

    A resample's median is one or two of the sample's own values; which ones is drawn from a beta
    distribution, which is how the order statistics of a resample fall. So 10,000 tweets take no
    longer than ten.

    Examples
    --------
    >>> side = Side(np.arange(1.0, 30.0), None)
    >>> first, second, ratio = ratio_of(side, side, "median", 0.9, seed=0)
    >>> first, second, ratio.value, ratio.low < 1 < ratio.high
    (15.0, 15.0, 1.0, True)
    """
    chance = np.random.default_rng(seed)
    whole = np.median if statistic == "median" else np.mean
    first, second = float(whole(a.values)), float(whole(b.values))
    draw = _medians if statistic == "median" else _means
    upper, lower = draw(a, chance), draw(b, chance)
    if second <= 0:
        return first, second, Estimate(np.nan, np.nan, np.nan)
    ratio = first / second
    positive = first > 0 and bool((upper > 0).all() and (lower > 0).all())
    if statistic == "median" and positive:
        reach = _reach(np.log(upper), np.log(lower), a, b, level)
        low, high = (float(ratio * np.exp(side * reach)) for side in (-1, 1))
        return first, second, Estimate(ratio, low, high)
    outward = level if statistic == "median" else _outward(min(a.units, b.units), level)
    with np.errstate(divide="ignore", invalid="ignore"):
        draws = np.sort(upper / lower)  # nan, of 0 by 0, stands last
    ends = [draws[int(place * (DRAWS - 1))] for place in ((1 - outward) / 2, (1 + outward) / 2)]
    low, high = (float(one) if np.isfinite(one) else np.nan for one in ends)
    return first, second, Estimate(ratio, low, high)


def chance_of_more(a: Side, b: Side, level: float) -> tuple[Estimate, float]:
    """Give how probably a tweet of `a` gets more than one of `b`, and the p-value of 1/2.

    Notes
    -----
    Brunner and Munzel's test and interval (2000), on the logit of the probability, which keeps the
    interval within 0 and 1 and the level of the test in small groups; with clusters the placements
    are summed within each first (Obuchowski 1997). No p-value is below what a permutation test
    could give. Test and interval agree: 1/2 is outside the interval when p < 1 - `level`.

    Examples
    --------
    >>> a, b = Side(np.arange(5.0, 25.0), None), Side(np.arange(20.0), None)
    >>> more, p_value = chance_of_more(a, b, 0.9)
    >>> more.value, more.low > 0.5, p_value < 0.1
    (0.71875, True, True)
    """
    from scipy.special import comb, expit, logit
    from scipy.stats import t

    above, below = _placements(a.values, b.values), 1.0 - _placements(b.values, a.values)
    more = float(above.mean())
    parts = _variance(above, a), _variance(below, b)
    error, freedom = np.sqrt(sum(parts)), _welch(*parts, a, b)
    least = min(1.0, 2.0 / float(comb(a.units + b.units, a.units)))
    if not 0.0 < more < 1.0:
        end = tails(level)[0] ** (1.0 / min(a.units, b.units))
        low, high = (end, 1.0) if more else (0.0, 1.0 - end)
        return Estimate(more, low, high), least
    if not error:  # all are the same, or two values alternate
        return Estimate(more, np.nan, np.nan), 1.0
    on_logit = error / (more * (1.0 - more))
    reach = float(t.ppf((1.0 + level) / 2.0, freedom)) * on_logit
    low, high = (float(expit(logit(more) + side * reach)) for side in (-1, 1))
    p_value = 2.0 * float(t.sf(abs(float(logit(more))) / on_logit, freedom))
    return Estimate(more, low, high), max(p_value, least)


def _placements(values: Floats, others: Floats) -> Floats:
    """Give for each value the share of the others that are smaller; equal ones count half."""
    ordered = np.sort(others)
    sides = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    places: Floats = sum(sides) / (2.0 * len(others))  # type: ignore[assignment]
    return places


def _variance(placements: Floats, side: Side) -> float:
    """Give the variance of their mean, by tweets or by clusters."""
    off = placements - placements.mean()
    sums = off if side.clusters is None else np.bincount(side.clusters, weights=off)
    units = side.units
    return float(units / (units - 1) * (sums**2).sum() / len(placements) ** 2)


def _welch(first: float, second: float, a: Side, b: Side) -> float:
    """Give the degrees of freedom of two variances added up."""
    apart = first**2 / (a.units - 1) + second**2 / (b.units - 1)
    return (first + second) ** 2 / apart if apart else 1.0


def _reach(upper: Floats, lower: Floats, a: Side, b: Side, level: float) -> float:
    """Give how far an interval goes each way: a quantile of t times the standard error."""
    from scipy.stats import t

    # Few clusters differ less among their resamples than clusters do; of tweets there are more.
    first, second = (
        float(draws.var()) * (side.units / (side.units - 1) if side.clusters is not None else 1.0)
        for draws, side in ((upper, a), (lower, b))
    )
    freedom = _welch(first, second, a, b)
    return float(t.ppf((1.0 + level) / 2.0, freedom)) * float(np.sqrt(first + second))


def _outward(units: int, level: float) -> float:
    """Give the level of percentiles that makes up for what a small sample lacks in spread."""
    from scipy.stats import norm, t

    far = np.sqrt(units / (units - 1)) * t.ppf((1.0 + level) / 2.0, units - 1)
    return float(1.0 - 2.0 * norm.sf(far))


def _medians(side: Side, chance: np.random.Generator) -> Floats:
    ordered = np.sort(side.values)
    if side.clusters is not None:
        return _medians_of_clusters(side, chance)
    many = len(ordered)
    middle = (many + 1) // 2
    at = chance.beta(middle, many - middle + 1, DRAWS)
    lower = ordered[_place(at, many)]
    if many % 2:
        return lower
    after = at + (1.0 - at) * chance.beta(1, many - middle, DRAWS)
    return (lower + ordered[_place(after, many)]) / 2.0


def _place(share: Floats, many: int) -> Ints:
    return np.minimum((share * many).astype(np.int64), many - 1)


def _medians_of_clusters(side: Side, chance: np.random.Generator) -> Floats:
    order = np.argsort(side.values, kind="stable")
    ordered, clusters = side.values[order], side.clusters[order]  # type: ignore[index]
    out = []
    for many in _batches(len(ordered)):
        often = chance.multinomial(side.units, np.full(side.units, 1.0 / side.units), many)
        reached = np.cumsum(often[:, clusters], axis=1)
        half = reached[:, -1:] / 2.0
        first, second = (reached < half).sum(axis=1), (reached <= half).sum(axis=1)
        out.append((ordered[first] + ordered[np.minimum(second, len(ordered) - 1)]) / 2.0)
    return np.concatenate(out)


def _means(side: Side, chance: np.random.Generator) -> Floats:
    clusters = np.arange(len(side.values)) if side.clusters is None else side.clusters
    sums, sizes = np.bincount(clusters, weights=side.values), np.bincount(clusters)
    out = []
    for many in _batches(side.units):
        drawn = chance.integers(0, side.units, (many, side.units))
        out.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    return np.concatenate(out)


def _batches(width: int) -> list[int]:
    """Cut the draws so that a batch of them fits into memory."""
    size = max(1, _AT_ONCE // width)
    whole, rest = divmod(DRAWS, size)
    return [size] * whole + [rest] * bool(rest)
