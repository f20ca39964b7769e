"""Counts nested into the shape that a grouping asks for; pure, knows no rule and no world."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.emulator.api.limits import DAY, HOUR, METRIC, TWEET
from engagement_kit.emulator.api.windows import EPOCH, Window
from engagement_kit.emulator.world.chance import Ints

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOURS_OF_DAY: Final = tuple(f"{hour:02d}" for hour in range(24))


@dataclass
class Cells:
    """Time buckets with their labels by level; splits are kept, as every series needs the same."""

    labels: dict[str, tuple[str, ...]]
    size: int
    _splits: dict[str, list[tuple[str, Ints, Cells]]] = field(default_factory=dict)

    def split(self, level: str) -> list[tuple[str, Ints, Cells]]:
        """Return for each label of a level: the label, its buckets' places, and those buckets."""
        if level not in self._splits:
            places: dict[str, list[int]] = {}
            for place, label in enumerate(self.labels[level]):
                places.setdefault(label, []).append(place)
            self._splits[level] = [
                (label, np.array(where, dtype=np.int64), self._take(where))
                for label, where in sorted(places.items())
            ]
        return self._splits[level]

    def _take(self, places: list[int]) -> Cells:
        """Return some of the buckets."""
        labels = {level: tuple(row[i] for i in places) for level, row in self.labels.items()}
        return Cells(labels, len(places))


def nest(
    counts: Ints,
    levels: Sequence[str],
    tweet_ids: Sequence[str],
    metrics: Sequence[str],
    window: Window | None,
) -> dict[str, Any]:
    """Nest counts as the levels say, outermost first; a dimension that is left out is summed.

    Parameters
    ----------
    counts : array of int64
        Shape (tweets, metrics, hours of the window), or one bucket instead of the hours where
        the levels name no time.
    levels : sequence of str
        One to four of the four ``group_by`` values, each once.
    tweet_ids, metrics : sequence of str
        Labels of the first two dimensions.
    window : Window or None
        Labels of the hours.

    Returns
    -------
    dict
        Nested dicts; leaves are decimal strings (reference). Hour without day is the hour of
        day, as engagement-api-client-ruby prints it.
    """
    block, cells = _buckets(counts, levels, window)
    keys = {TWEET: tuple(tweet_ids), METRIC: tuple(metrics)}
    if METRIC not in levels:
        block = block.sum(axis=1, keepdims=True)
    if TWEET not in levels:
        block = block.sum(axis=0, keepdims=True)
    order = [level for level in levels if level in keys]
    if order == [METRIC, TWEET]:
        block = block.swapaxes(0, 1)
    else:
        block = block.reshape(*(len(keys[level]) for level in order), cells.size)
    nested: dict[str, Any] = _nest(block, tuple(levels), keys, cells)
    return nested


def _buckets(counts: Ints, levels: Sequence[str], window: Window | None) -> tuple[Ints, Cells]:
    """Sum hours into the time buckets that the levels name."""
    if window is None or (DAY not in levels and HOUR not in levels):
        return counts.sum(axis=2, keepdims=True), Cells({}, 1)
    hours = np.arange(window.start, window.end)
    days, of_day = hours // 24, hours % 24
    names = tuple(
        (EPOCH + timedelta(days=int(day))).strftime("%Y-%m-%d") for day in np.unique(days)
    )
    if DAY in levels and HOUR in levels:
        labels = {
            DAY: tuple(names[i] for i in days - days[0]),
            HOUR: tuple(_HOURS_OF_DAY[i] for i in of_day),
        }
        return counts, Cells(labels, len(hours))
    if DAY in levels:  # a partial day holds only the hours inside the window
        firsts = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
        return np.add.reduceat(counts, firsts, axis=2), Cells({DAY: names}, len(names))
    present = np.unique(of_day)
    sums = np.stack([counts[:, :, of_day == hour].sum(axis=2) for hour in present], axis=2)
    return sums, Cells({HOUR: tuple(_HOURS_OF_DAY[i] for i in present)}, len(present))


def _nest(
    block: Ints, levels: tuple[str, ...], keys: dict[str, tuple[str, ...]], cells: Cells
) -> Any:
    """Nest a block whose dimensions are the tweet and metric levels still to come, then time."""
    level, rest = levels[0], levels[1:]
    if level in keys:
        if not rest:
            return dict(zip(keys[level], map(str, block[:, 0].tolist()), strict=True))
        return {key: _nest(block[i], rest, keys, cells) for i, key in enumerate(keys[level])}
    if not rest:
        return dict(zip(cells.labels[level], map(str, block.tolist()), strict=True))
    return {
        label: _nest(block[..., places], rest, keys, part)
        for label, places, part in cells.split(level)
    }
