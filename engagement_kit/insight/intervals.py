"""Intervals of rates: of two counts of a tweet, and of sums over tweets."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engagement_kit.errors import TableError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_FARTHEST: Final = float(np.log(1e6))


def check_level(level: object) -> None:
    """Refuse what is no level of an interval.

    Raises
    ------
    TableError
        Says what is allowed.

    Examples
    --------
    >>> check_level(90)
    Traceback (most recent call last):
    ...
    engagement_kit.errors.TableError: level=90; allowed: a number above 0 and below 1, such as 0.9
    """
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0 < level < 1:
        msg = f"level={level!r}; allowed: a number above 0 and below 1, such as 0.9"
        raise TableError(msg)


def of_counts(counts: Floats, per: Floats, level: float) -> tuple[Floats, Floats]:
    """Give the interval of the rate behind two counts, each with the chance of a Poisson count.

    Parameters
    ----------
    counts, per
        Numerators and denominators, one of each for a rate.
    level
        Such as 0.9.

    Returns
    -------
    low, high : array of float64
        nan where a count is unknown or negative, or `per` is 0.

    Notes
    -----
    Given the sum of two Poisson counts, the first of them is binomial, with the rate as its odds.
    Jeffreys' interval for these odds is that of a beta-prime distribution. Where nothing was
    counted the lower end is 0.

    Examples
    --------
    >>> low, high = of_counts(np.array([0.0, 30.0]), np.array([100.0, 1000.0]), 0.9)
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0, 0.0219], [0.0193, 0.0403])
    """
    from scipy.stats import betaprime

    known = (counts >= 0) & (per > 0)
    some, among = np.where(known, counts, 0.0), np.where(known, per, 1.0)
    low, high = (betaprime.ppf(one, some + 0.5, among + 0.5) for one in tails(level))
    low = np.where(some > 0, low, 0.0)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def of_sums(
    counts: Floats, per: Floats, group: Ints, groups: int, level: float
) -> tuple[Floats, Floats]:
    """Give the interval of the ratio of two sums over tweets, with the tweet as the unit.

    Parameters
    ----------
    counts, per
        Of each tweet; nan makes its group unknown.
    group
        The number of each tweet's group, from 0.
    groups
        How many groups there are.
    level
        Such as 0.9.

    Returns
    -------
    low, high : array of float64, one for each group
        nan where a sum is unknown or negative, the lower sum is 0, or one tweet holds so much that
        the rate might as well be a million times as large.

    Notes
    -----
    The logarithm of the ratio, linearised: a tweet's part is its share of the upper sum less its
    share of the lower one. A few tweets hold most of the views, and pull the ratio towards
    themselves; so the squares of the parts are made larger by what that takes from them, and the
    t distribution has as many degrees of freedom as the large tweets leave (Bell and McCaffrey
    2002, Satterthwaite's approximation, where a tweet's part varies as its views do). The interval
    is never narrower than that of the counts alone, `of_counts`.

    Examples
    --------
    >>> counts, per = np.array([30.0, 10.0, 2.0]), np.array([1000.0, 500.0, 20.0])
    >>> low, high = of_sums(counts, per, np.zeros(3, dtype=np.int64), 1, 0.9)
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0104], [0.0737])
    """
    from scipy.stats import t

    def summed(values: Floats) -> Any:
        return np.bincount(group, weights=values, minlength=groups)

    upper, lower = summed(counts), summed(per)
    low, high = of_counts(upper, lower, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = per / lower[group]
        spread, freedom = _spread(counts / upper[group] - weight, weight, group, groups)
        reach = t.ppf(tails(level)[1], freedom) * spread
        ratio = upper / lower
        # Where one tweet holds nearly all, the others tell as good as nothing: that is no interval.
        lost = reach > _FARTHEST
        factor = np.exp(np.where(lost, np.nan, reach))
        by_tweets = ratio / factor, ratio * factor
    # One tweet, or none with a count, says nothing of how tweets differ.
    known = np.isfinite(reach) & (upper > 0) & np.isfinite(low)
    return (
        np.where(known, np.fmin(low, by_tweets[0]), low) + np.where(known & lost, np.nan, 0.0),
        np.where(known, np.fmax(high, by_tweets[1]), high) + np.where(known & lost, np.nan, 0.0),
    )


def _spread(part: Floats, weight: Floats, group: Ints, groups: int) -> tuple[Any, Any]:
    """Give the standard error of the log ratio in each group, and its degrees of freedom.

    The working model: parts of standard deviation in proportion to the weight w. Of what is left
    of them, once their weighted mean is taken off, w_i² (1 - 2 w_i + W) is expected, and
    w_i w_j (W - w_i - w_j) of the product of two, where W is the sum of all w².
    """

    def summed(values: Floats) -> Any:
        return np.bincount(group, weights=values, minlength=groups)

    squares = summed(weight**2)
    mine = squares[group]
    larger = 1.0 / np.maximum(1.0 - 2.0 * weight + mine, 1e-12)
    share = larger * weight**2
    of_0, of_1, of_2 = (summed(share * weight**power) for power in (0, 1, 2))
    pairs = (squares * of_0) ** 2 + 2 * of_0 * of_2 - 4 * squares * of_0 * of_1 + 2 * of_1**2
    itself = summed((share * (mine - 2.0 * weight)) ** 2)
    freedom = squares**2 / (summed(weight**4) + pairs - itself)
    error = np.sqrt(summed(larger * part**2))
    return error, np.where(squares < 1.0 - 1e-9, freedom, np.nan)


def tails(level: float) -> tuple[float, float]:
    """Give the two chances between which a level lies in the middle.

    Examples
    --------
    >>> tails(0.5)
    (0.25, 0.75)
    """
    return (1.0 - level) / 2.0, (1.0 + level) / 2.0
