"""Counts by hour: a life's total split down a binary tree; knows no account and no endpoint.

Each node of the tree is a span of hours, the root the whole life. A node's count goes to its two
halves by a binomial draw whose chance depends on series and node alone. So any hour, day
or prefix costs one walk down the tree, and all sums agree by construction. The chance is off the
curve by a jitter that all metrics of a tweet share: counts are more spread than the curve alone
would have them, and go together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from engagement_kit.emulator.world.chance import (
    GOLDEN,
    Floats,
    Ints,
    Words,
    mix,
    rough_normal,
    uniform,
)
from engagement_kit.emulator.world.curve import LIFE_HOURS, Curves
from engagement_kit.emulator.world.revisions import SETTLED_H, Revisions
from engagement_kit.emulator.world.tweets import HOUR_MS

# Below this mean the binomial is drawn exactly; above it by a normal with the same variance.
EXACT_BELOW: Final = 8.0
_NOTHING: Final = 1e-300


@dataclass(frozen=True)
class Series:
    """Tweet x metric series to count: flat arrays, one entry each."""

    keys: Words
    tweet_keys: Words
    totals: Ints
    curves: Curves
    birth_ms: Ints
    jitter: float
    revisions: Revisions | None = None

    @cached_property
    def both_keys(self) -> Words:
        """The tweets' keys and the series' keys as two rows."""
        return np.stack([self.tweet_keys, self.keys])


@dataclass(frozen=True)
class Pieces:
    """Spans of hours with their counts: series, first hour since the hour of creation, count."""

    series: Ints
    first: Ints
    count: Ints


def by_hour(series: Series, start: int, end: int, now_ms: int) -> Ints:
    """Count every hour of [start, end), hours since 1970: array (series, hours)."""
    table = np.zeros((len(series.totals), end - start), dtype=np.int64)
    leaves = _walk(series, start, min(end, now_ms // HOUR_MS + 1))
    hours = series.curves.birth_hour[leaves.series] + leaves.first
    table[leaves.series, hours - start] = _seen(series, leaves, now_ms)
    return table


def in_window(series: Series, start: int | None, end: int, now_ms: int) -> Ints:
    """Sum the hours of [start, end) without counting each; None: from the beginning."""
    running = now_ms // HOUR_MS
    sums = np.zeros(len(series.totals), dtype=np.int64)
    final_before = running - (SETTLED_H if series.revisions else 0)
    pieces = _walk(series, start, min(end, running + 1), over=final_before)
    np.add.at(sums, pieces.series, _seen(series, pieces, now_ms))
    return sums


def _seen(series: Series, pieces: Pieces, now_ms: int) -> Ints:
    """Return what is seen of the pieces by now.

    No piece of several hours may begin in the running hour or in one that is not settled.
    """
    counts = _so_far(series, pieces, now_ms)
    if series.revisions is None:
        return counts
    ends = (series.curves.birth_hour[pieces.series] + pieces.first + 1) * HOUR_MS
    young = np.flatnonzero(ends > now_ms - SETTLED_H * HOUR_MS)
    which = pieces.series[young]
    age_h = np.maximum(now_ms - ends[young], 0) / HOUR_MS
    counts = counts.copy()
    lead = _lead(series, which, pieces.first[young])
    counts[young] = series.revisions.seen(which, counts[young].astype(np.float64), age_h, lead)
    return counts


def _so_far(series: Series, pieces: Pieces, now_ms: int) -> Ints:
    """Cut the running hour's counts down to what has happened by now.

    No piece of several hours may begin in the running hour.
    """
    hours = series.curves.birth_hour[pieces.series] + pieces.first
    open_ = np.flatnonzero(hours == now_ms // HOUR_MS)
    if not len(open_):
        return pieces.count
    which = pieces.series[open_]
    hour_end = (now_ms // HOUR_MS + 1) * HOUR_MS
    begin = np.maximum(hour_end - HOUR_MS, series.birth_ms[which])
    elapsed = np.clip((now_ms - begin) / (hour_end - begin), 0.0, 1.0)
    lead = _lead(series, which, pieces.first[open_])
    counts = pieces.count.copy()
    # Grows with now and ends at the hour's count, since the lead is below 1.
    counts[open_] = np.floor(counts[open_] * elapsed + lead).astype(np.int64)
    return counts


def _lead(series: Series, which: Ints, first: Ints) -> Floats:
    """Draw for each hour how far it is ahead of the whole number below, in [0, 1)."""
    # Leaves have numbers of their own, which no split uses.
    return uniform(_words(series.keys[which], (LIFE_HOURS + first).astype(np.uint64)))


def _walk(series: Series, start: int | None, end: int, *, over: int | None = None) -> Pieces:
    """Walk down all trees at once, into the nodes that overlap [start, end).

    With `over`, a node inside the range and before that hour is not split any further.
    """
    birth = series.curves.birth_hour
    low = np.zeros_like(birth) if start is None else _within_life(start - birth)
    high = _within_life(end - birth)
    settled = None if over is None else np.minimum(high, over - birth)
    which = ((series.totals > 0) & (low < high)).nonzero()[0]
    # Of every node: series, first hour and count; and the share reached at its two ends. Two arrays
    # rather than five, for on few series it is the number of steps that takes the time.
    nodes = np.stack([which, np.zeros_like(which), series.totals[which]])
    ends = np.stack([np.zeros(len(which)), np.ones(len(which))])
    done: list[Ints] = []
    size = LIFE_HOURS
    while size > 1 and nodes.shape[1]:
        if settled is not None:
            which, first, _ = nodes
            inside = (low[which] <= first) & (first + size <= settled[which])
            if inside.any():
                done.append(nodes[:, inside])
                nodes, ends = nodes[:, ~inside], ends[:, ~inside]
        size //= 2
        which, first, count = nodes
        middle = first + size
        at_middle = series.curves.reached(which, middle)
        left = _left_half(series, nodes, size, (ends[0], at_middle, ends[1]))
        right = count - left
        to_left = ((left > 0) & (low[which] < middle)).nonzero()[0]
        to_right = ((right > 0) & (high[which] > middle)).nonzero()[0]
        halves = np.stack([which, first, left]), np.stack([which, middle, right])
        nodes = np.concatenate([halves[0][:, to_left], halves[1][:, to_right]], axis=1)
        edges = np.stack([ends[0], at_middle]), np.stack([at_middle, ends[1]])
        ends = np.concatenate([edges[0][:, to_left], edges[1][:, to_right]], axis=1)
    return Pieces(*np.concatenate([*done, nodes], axis=1))


def _within_life(hours: Ints) -> Ints:
    """Clip hours since the hour of creation to the life."""
    return np.minimum(np.maximum(hours, 0), LIFE_HOURS)


def _left_half(
    series: Series, nodes: Ints, size: int, reached: tuple[Floats, Floats, Floats]
) -> Ints:
    """Draw how much of each node's count falls into its left half of `size` hours."""
    which, first, count = nodes
    numbers = ((LIFE_HOURS + first) // (2 * size)).astype(np.uint64)
    of_tweet, of_series = _words(series.both_keys[:, which], numbers)
    # Off the curve by a factor that is the same for all metrics of a tweet.
    share = _share(reached, np.exp(series.jitter * rough_normal(of_tweet)))
    return binomial(count, share, of_series)


def _share(reached: tuple[Floats, Floats, Floats], odds: Floats) -> Floats:
    """Return the left half's share of a node, its odds multiplied."""
    at_first, at_middle, at_end = reached
    # Where nothing is expected any more, what chance has left goes to the earlier half.
    left = np.maximum((at_middle - at_first) * odds, _NOTHING)
    share = left / (left + np.maximum(at_end - at_middle, 0.0))
    # Rounded, so that a last bit of the platform's arithmetic can't matter.
    rounded: Floats = share.round(9)
    return rounded


def _words(keys: Words, numbers: Words) -> Words:
    """Return one word per series and node: the number-th of the series' splitmix64."""
    return mix(keys + numbers * GOLDEN)


def binomial(many: Ints, share: Floats, words: Words) -> Ints:
    """Draw how many of `many` fall into a part with chance `share`, one word per draw.

    Exact by inversion for small means; above, a normal draw with the right mean and variance.
    The result is always from 0 to `many`.
    """
    mirrored = share > 0.5
    part = np.where(mirrored, 1.0 - share, share)
    mean: Any = many * part
    few = mean < EXACT_BELOW
    if few.all():
        drawn = _invert(many, part, uniform(words))
    elif not few.any():
        drawn = _approximate(many, part, mean, words)
    else:
        rest = ~few
        drawn = np.empty_like(many)
        drawn[few] = _invert(many[few], part[few], uniform(words[few]))
        drawn[rest] = _approximate(many[rest], part[rest], mean[rest], words[rest])
    return np.where(mirrored, many - drawn, drawn)


def _approximate(many: Ints, part: Floats, mean: Floats, words: Words) -> Ints:
    """Draw binomials of large means by normal draws."""
    spread = np.sqrt(mean * (1.0 - part))
    rough = np.floor(mean + spread * rough_normal(words) + 0.5)
    return np.minimum(np.maximum(rough, 0), many).astype(np.int64)


def _invert(many: Ints, part: Floats, draw: Floats) -> Ints:
    """Draw binomials by going up the distribution until it passes the uniform draw."""
    result = np.zeros_like(many)
    odds = part / (1.0 - part)
    chance = np.exp(many * np.log1p(-part))
    passed = chance.copy()
    active = ((draw >= passed) & (many > 0)).nonzero()[0]
    step = 0
    n, odds, chance = many[active], odds[active], chance[active]
    passed, draw = passed[active], draw[active]
    while len(active):
        step += 1
        chance = chance * odds * (n - step + 1) / step
        passed = passed + chance
        result[active] = step
        # A chance of 0 means that rounding left a gap at the top: the draw ends there.
        going = ((draw >= passed) & (step < n) & (chance > 0)).nonzero()[0]
        active = active[going]
        n, odds, chance = n[going], odds[going], chance[going]
        passed, draw = passed[going], draw[going]
    return result
