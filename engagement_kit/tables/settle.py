"""Which of several answers gives a number: a count before none, then the latest observed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


def settle(mine: Told, rivals: Iterable[Told]) -> Cells:
    """Keep the rows of an answer that no other answer knows better.

    Parameters
    ----------
    mine
        The answer.
    rivals
        Others that may count the same numbers, the latest first. One is taken at a time, and none
        beyond those that can still make a difference.

    Returns
    -------
    Cells
        A count stays unless a rival counted the same number later. A missed span keeps the parts
        that no rival counted, and of which none spoke later. Taken over all answers, each number
        is there once.
    """
    kept: _Kept | None = None
    for rival in rivals:
        kept = kept or _parted(mine.cells)
        later = rival.order > mine.order
        if not len(kept.lost) and not (later and len(kept.here)):
            break  # what was said before takes no count away
        kept = _beside(kept, _like(rival.cells, mine.cells), later=later)
        if not len(kept.here) and not len(kept.lost):
            break
    return mine.cells if kept is None else kept.here.append([kept.lost])


class _Kept(NamedTuple):
    """What is left of an answer: its counts, and its missed spans."""

    here: Cells
    lost: Cells


def _parted(cells: Cells) -> _Kept:
    counted = cells.status == 0
    return _Kept(_chosen(cells, counted), _chosen(cells, ~counted))


def _beside(kept: _Kept, theirs: Cells, *, later: bool) -> _Kept:
    """Take away what a rival knows better."""
    counted = _chosen(theirs, theirs.status == 0)
    here = kept.here
    if later and len(here) and len(counted):
        here = _chosen(here, ~np.isin(_places(here), _places(counted)))
    return _Kept(here, _uncovered(kept.lost, theirs if later else counted))


def _chosen(cells: Cells, rows: Any) -> Cells:
    """Choose rows by truth; nothing is copied where that is all of them."""
    return cells if rows.all() else cells.take(np.flatnonzero(rows))


def _like(cells: Cells, model: Cells) -> Cells:
    """Give rows in the words of another answer; those of words that it has not are left out."""
    tweets = {one: at for at, one in enumerate(model.tweets)}
    metrics = {one: at for at, one in enumerate(model.metrics)}
    tweet = recoded(cells.tweet, cells.tweets, tweets)
    metric = recoded(cells.metric, cells.metrics, metrics)
    here = ((tweet >= 0) | (cells.tweet < 0)) & ((metric >= 0) | (cells.metric < 0))
    return _chosen(replace(cells, tweet=tweet, metric=metric), here)


def _places(cells: Cells) -> Any:
    """Give the number that each row speaks of."""
    return places((_whose(cells), cells.start, cells.end))


def _uncovered(lost: Cells, cells: Cells) -> Cells:
    """Cut from missed spans what the rows of a rival cover."""
    if not len(lost) or not len(cells):
        return lost
    covers: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
    chosen = _chosen(cells, np.isin(_whose(cells), _whose(lost)))
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


def _whose(cells: Cells) -> Ints:
    """Give tweet, metric and hour of day as one number: less to hold and to sort."""
    whose: Ints = (cells.tweet.astype(np.int64) << 32) + (cells.metric << 8) + cells.hour
    return whose


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
