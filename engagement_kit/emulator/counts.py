"""Counts by hour: a life's total split down a binary tree; knows no account and no endpoint.

Each node of the tree is a span of hours, the root the whole life. A node's count goes to its two
halves by a binomial draw whose chance depends on series and node alone. So any hour, day
or prefix costs one walk down the tree, and all sums agree by construction. The chance is off the
curve by a jitter that all metrics of a tweet share: counts are more spread than the curve alone
would have them, and go together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engagement_kit.emulator.chance import (
    GOLDEN,
    Floats,
    Ints,
    Words,
    mix,
    rough_normal,
    uniform,
)
from engagement_kit.emulator.curve import HOUR_MS, LIFE_HOURS, Curves
from engagement_kit.emulator.revisions import SETTLED_H, Revisions

# Below this mean the binomial is drawn exactly; above it by a normal with the same variance.
EXACT_BELOW: Final = 8.0


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
    return uniform(_words(series.keys[which], LIFE_HOURS + first))


def _walk(series: Series, start: int | None, end: int, *, over: int | None = None) -> Pieces:
    """Walk down all trees at once, into the nodes that overlap [start, end).

    With `over`, a node inside the range and before that hour is not split any further.
    """
    birth = series.curves.birth_hour
    low = np.zeros_like(birth) if start is None else np.clip(start - birth, 0, LIFE_HOURS)
    high = np.clip(end - birth, 0, LIFE_HOURS)
    settled = None if over is None else np.minimum(high, over - birth)
    which = np.flatnonzero((series.totals > 0) & (low < high))
    first = np.zeros(len(which), dtype=np.int64)
    count = series.totals[which]
    at_first, at_end = np.zeros(len(which)), np.ones(len(which))
    done: list[tuple[Ints, Ints, Ints]] = []
    size = LIFE_HOURS
    while size > 1 and len(which):
        if settled is not None:
            inside = (low[which] <= first) & (first + size <= settled[which])
            done.append((which[inside], first[inside], count[inside]))
            which, first, count = which[~inside], first[~inside], count[~inside]
            at_first, at_end = at_first[~inside], at_end[~inside]
        size //= 2
        middle = first + size
        at_middle = series.curves.reached(which, middle)
        nodes = (LIFE_HOURS + first) // (2 * size)
        share = _share(at_first, at_middle, at_end, _odds(series, which, nodes))
        left = binomial(count, share, _words(series.keys[which], nodes))
        right = count - left
        to_left = np.flatnonzero((left > 0) & (low[which] < middle))
        to_right = np.flatnonzero((right > 0) & (high[which] > middle))
        first = np.concatenate([first[to_left], middle[to_right]])
        count = np.concatenate([left[to_left], right[to_right]])
        at_first = np.concatenate([at_first[to_left], at_middle[to_right]])
        at_end = np.concatenate([at_middle[to_left], at_end[to_right]])
        which = np.concatenate([which[to_left], which[to_right]])
    done.append((which, first, count))
    return Pieces(*(np.concatenate(column) for column in zip(*done, strict=True)))


def _share(at_first: Floats, at_middle: Floats, at_end: Floats, odds: Floats) -> Floats:
    """Return the left half's share of a node, its odds multiplied."""
    left, right = at_middle - at_first, at_end - at_middle
    left = left * odds
    # Where nothing is expected any more, what chance has left goes to the earlier half.
    whole = left + right
    share = np.divide(left, whole, out=np.ones_like(left), where=whole > 0)
    # Rounded, so that a last bit of the platform's arithmetic can't matter.
    return np.round(np.clip(share, 0.0, 1.0), 9)


def _odds(series: Series, which: Ints, nodes: Ints) -> Floats:
    """Draw the factor by which a node's odds are off, the same for all metrics of a tweet."""
    off = rough_normal(_words(series.tweet_keys[which], nodes))
    return np.exp(series.jitter * off)


def _words(keys: Words, nodes: Ints) -> Words:
    """Return one word per series and node: the node-th number of the series' splitmix64."""
    return mix(keys + nodes.astype(np.uint64) * GOLDEN)


def binomial(many: Ints, share: Floats, words: Words) -> Ints:
    """Draw how many of `many` fall into a part with chance `share`, one word per draw.

    Exact by inversion for small means; above, a normal draw with the right mean and variance.
    The result is always from 0 to `many`.
    """
    mirrored = share > 0.5
    part = np.where(mirrored, 1.0 - share, share)
    mean = many * part
    drawn = np.empty_like(many)
    few = mean < EXACT_BELOW
    drawn[few] = _invert(many[few], part[few], uniform(words[few]))
    rest = ~few
    spread = np.sqrt(mean[rest] * (1.0 - part[rest]))
    rough = np.floor(mean[rest] + spread * rough_normal(words[rest]) + 0.5)
    drawn[rest] = np.clip(rough, 0, many[rest]).astype(np.int64)
    return np.where(mirrored, many - drawn, drawn)


def _invert(many: Ints, part: Floats, draw: Floats) -> Ints:
    """Draw binomials by going up the distribution until it passes the uniform draw."""
    result = np.zeros_like(many)
    odds = part / (1.0 - part)
    chance = np.exp(many * np.log1p(-part))
    passed = chance.copy()
    active = np.flatnonzero((draw >= passed) & (many > 0))
    step = 0
    n, odds, chance = many[active], odds[active], chance[active]
    passed, draw = passed[active], draw[active]
    while len(active):
        step += 1
        chance = chance * odds * (n - step + 1) / step
        passed = passed + chance
        result[active] = step
        # A chance of 0 means that rounding left a gap at the top: the draw ends there.
        going = np.flatnonzero((draw >= passed) & (step < n) & (chance > 0))
        active = active[going]
        n, odds, chance = n[going], odds[going], chance[going]
        passed, draw = passed[going], draw[going]
    return result
