"""Which of several answers gives a number: a count before none, then the latest observed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from engagement_kit.tables.places import places
from engagement_kit.tables.readers.columns import recoded
from engagement_kit.tables.readers.scanned import Ints
from engagement_kit.tables.schema import NULL_TIME, Cells


class Told(NamedTuple):
    """What one answer tells: when and under which name, its rows and their status."""

    order: tuple[int, str]
    cells: Cells


def settle(mine: Told, rivals: Sequence[Told]) -> Cells:
    """Keep the rows of an answer that no other answer knows better.

    Parameters
    ----------
    mine
        The answer.
    rivals
        Others that may count the same numbers.

    Returns
    -------
    Cells
        A count stays unless a rival counted the same number later. A missed span keeps the parts
        that no rival counted, and of which none spoke later. Taken over all answers, each number
        is there once.
    """
    if not rivals:
        return mine.cells
    theirs = [(one.order > mine.order, _like(one.cells, mine.cells)) for one in rivals]
    counted = mine.cells.status == 0
    lost = mine.cells.take(np.flatnonzero(~counted))
    here = mine.cells.take(np.flatnonzero(counted))
    better = [cells.take(cells.status == 0) for later, cells in theirs if later]
    here = here.take(~_among(here, better))
    return here.append([_uncovered(lost, theirs)])


def _like(cells: Cells, model: Cells) -> Cells:
    """Give rows in the words of another answer; those of words that it has not are left out."""
    tweets = {one: at for at, one in enumerate(model.tweets)}
    metrics = {one: at for at, one in enumerate(model.metrics)}
    tweet = recoded(cells.tweet, cells.tweets, tweets)
    metric = recoded(cells.metric, cells.metrics, metrics)
    here = ((tweet >= 0) | (cells.tweet < 0)) & ((metric >= 0) | (cells.metric < 0))
    return replace(cells, tweet=tweet, metric=metric).take(np.flatnonzero(here))


def _places(cells: Cells) -> Any:
    """Give the number that each row speaks of."""
    return places((cells.tweet, cells.metric, cells.start, cells.end, cells.hour))


def _among(cells: Cells, others: Iterable[Cells]) -> Any:
    """Say which rows stand among others."""
    found = np.zeros(len(cells), dtype=bool)
    for other in others:
        if len(other) and len(cells):
            found |= np.isin(_places(cells), _places(other))
    return found


def _uncovered(lost: Cells, theirs: Sequence[tuple[bool, Cells]]) -> Cells:
    """Cut from missed spans what a rival counted, or what a later one says of them."""
    if not len(lost):
        return lost
    covers: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
    for later, cells in theirs:
        mine = np.isin(_pairs(cells), _pairs(lost)) & ((cells.status == 0) | later)
        chosen = cells.take(np.flatnonzero(mine))
        columns = (chosen.tweet, chosen.metric, chosen.hour, chosen.start, chosen.end)
        for tweet, metric, hour, start, end in zip(*(one.tolist() for one in columns), strict=True):
            covers.setdefault((tweet, metric, hour), []).append((start, end))
    rows, starts, ends = [], [], []
    columns = (lost.tweet, lost.metric, lost.hour, lost.start, lost.end)
    for row, (tweet, metric, hour, start, end) in enumerate(
        zip(*(one.tolist() for one in columns), strict=True)
    ):
        for left in _left((start, end), covers.get((tweet, metric, hour), [])):
            rows.append(row)
            starts.append(left[0])
            ends.append(left[1])
    kept = lost.take(np.array(rows, dtype=np.int64))
    return replace(kept, start=np.array(starts, dtype=np.int64), end=np.array(ends, dtype=np.int64))


def _pairs(cells: Cells) -> Ints:
    pairs: Ints = (cells.tweet.astype(np.int64) << 32) + cells.metric
    return pairs


def _left(span: tuple[int, int], covers: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Give what is left of a span; one without an end is covered by its equal alone."""
    start, end = span
    if NULL_TIME in span:
        if span not in covers:
            yield span
        return
    for begin, stop in sorted(covers):
        if NULL_TIME in (begin, stop) or stop <= start:
            continue
        if begin >= end:
            break
        if begin > start:
            yield start, begin
        start = max(start, stop)
    if start < end:
        yield start, end
