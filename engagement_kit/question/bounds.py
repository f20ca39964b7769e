"""Fewest requests that any cutting could take: proofs in numbers, to judge a plan by.

A request carries `size` rows and one window of `window` hours. Each bound says why fewer can't do.
"""

from __future__ import annotations

import numpy as np

from engagement_kit.question.hours import Hours


def lower_bound(starts: Hours, ends: Hours, size: int, window: int) -> int:
    """Give the largest of the three bounds.

    Examples
    --------
    >>> lower_bound(np.array([0, 30]), np.array([40, 40]), size=25, window=24)
    2
    """
    ways = (stated_bound, points_bound, exact_bound)
    return max(way(starts, ends, size, window) for way in ways)


def stated_bound(starts: Hours, ends: Hours, size: int, window: int) -> int:
    """Count the windows that each row needs by itself, `size` rows to a request.

    Parameters
    ----------
    starts, ends
        Spans of hours, none empty.
    size, window
        Rows and hours in one request.

    Examples
    --------
    >>> stated_bound(np.zeros(30, dtype=int), np.full(30, 40), size=25, window=24)
    3
    """
    return -(-int(_needs(starts, ends, window).sum()) // size)


def points_bound(starts: Hours, ends: Hours, size: int, window: int) -> int:
    """Look at hours at least a window apart: no request serves two of them.

    Each such hour p takes ceil(N_p / size) requests, N_p the rows that want it. The best choice of
    hours is found step by step: best(p) = max(best(p - 1), best(p - window) + ceil(N_p / size)).

    Examples
    --------
    >>> points_bound(np.zeros(30, dtype=int), np.full(30, 40), size=25, window=24)
    4
    """
    if not len(starts):
        return 0
    first = int(starts.min())
    length = int(ends.max()) - first
    change = np.bincount(starts - first, minlength=length + 1)
    change -= np.bincount(ends - first)
    requests = -(-np.cumsum(change)[:length] // size)
    best = np.zeros(window, dtype=np.int64)  # of the window's worth of hours before
    for low in range(0, length, window):  # hours less than a window apart don't build on each other
        part = requests[low : low + window]
        best = np.maximum(np.maximum.accumulate(best[: len(part)] + part), best[-1])
    return int(best[-1])


def exact_bound(starts: Hours, ends: Hours, size: int, window: int) -> int:
    """Count one window more for each row of whole windows that can't be met exactly.

    A row whose length is a whole number of windows does with so many only if one opens at its very
    start, the next a window later, and so on. A request opens at one hour, so that it gives such
    an exact place to at most `size` of the rows that have one at that hour. K requests are enough
    only if size * K >= the windows needed + the rows of whole windows - those that K requests can
    meet exactly. The bound is the least K for which that holds.

    Examples
    --------
    30 tweets, one an hour, 24 hours of each: one request can meet only one of them exactly.

    >>> stated_bound(np.arange(30), np.arange(30) + 24, size=25, window=24)
    2
    >>> exact_bound(np.arange(30), np.arange(30) + 24, size=25, window=24)
    3
    """
    needs = _needs(starts, ends, window)
    whole = (ends - starts) % window == 0
    rows, need = starts[whole], np.sort(needs[whole])
    most = int(needs.sum()) + len(rows)
    requests = np.arange(-(-most // size) + 1)
    places = _exact_places(rows, needs[whole], size, window)
    # Rows of few windows take the fewest places: they are counted first.
    met = np.searchsorted(np.cumsum(need), places[np.minimum(requests, len(places) - 1)], "right")
    return int(np.argmax(size * requests + met >= most))


def _exact_places(starts: Hours, needs: Hours, size: int, window: int) -> Hours:
    """Give for each number of requests how many exact places they have at most."""
    if not len(starts):
        return np.zeros(1, dtype=np.int64)
    turns = range(int(needs.max()))
    opens = np.concatenate([starts[needs > turn] + turn * window for turn in turns])
    rows = np.unique(opens, return_counts=True)[1]
    full = np.full(int((rows // size).sum()), size)
    places: Hours = np.cumsum(np.concatenate([[0], full, np.sort(rows % size)[::-1]]))
    return places


def _needs(starts: Hours, ends: Hours, window: int) -> Hours:
    """Give how many windows each row takes by itself."""
    needs: Hours = -((starts - ends) // window)
    return needs
