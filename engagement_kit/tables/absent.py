"""What one answer leaves out: tweets in its side lists, and numbers that were asked and are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.question.micros import HOUR_US
from engagement_kit.question.rules import ID, TYPE
from engagement_kit.tables.readers.columns import NO_HOUR
from engagement_kit.tables.readers.scanned import Ints
from engagement_kit.tables.schema import NULL_TIME, STATUS, Cells
from engagement_kit.tables.single import Reading

_NOT_IN_ANSWER: Final = STATUS["not_in_answer"]
_NONE: Final = np.empty((0, 6), dtype=np.int64)
Bits = npt.NDArray[np.bool_]


class _Lost(NamedTuple):
    """A row without a count."""

    tweet: int
    metric: int
    status: int
    start: int
    end: int
    hour: int


def absent(reading: Reading) -> Cells:
    """Give one row for each (tweet, metric, span) that an answer leaves out.

    Parameters
    ----------
    reading
        The answer, with what was asked where that is known.

    Returns
    -------
    Cells
        Side lists first, then what is neither counted nor listed, by tweet, metric and time.
    """
    if reading.about.tweet_ids is None and not reading.lists and not any(_gone(reading).values()):
        return Cells()
    here = _Here(reading)
    listed = np.array([*_listed(reading, here)], dtype=np.int64).reshape(-1, 6)
    lost = np.concatenate([listed, _not_in_answer(reading, here)])
    tweet, metric, status, start, end, hour = lost.T
    return reading.rows(tweet, metric, start=start, end=end, hour=hour, value=hour, status=status)


class _Here:
    """Which numbers have a row. The last place of an axis is for sums over it."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.cells = reading, reading.cells
        self.pairs = np.zeros((len(reading.tweets) + 1, len(reading.metrics) + 1), dtype=bool)
        tweets, metrics = self.pairs.shape
        # As one number: far quicker than by two.
        self._pair = _at(self.cells.tweet, tweets) * metrics + _at(self.cells.metric, metrics)
        self.pairs.reshape(-1)[self._pair] = True

    def buckets(self, first: int, many: int, step_us: int) -> Bits:
        """Say which buckets of time each pair has."""
        bits = np.zeros(self.pairs.size * many, dtype=bool)
        cells = self.cells
        if self.reading.grain == "hour_of_day":
            bucket, inside = cells.hour, cells.hour >= 0
        else:
            bucket = cells.start // step_us - first
            inside = (cells.start != NULL_TIME) & (bucket >= 0) & (bucket < many)
        place = self._pair * np.int64(many) + bucket
        bits[place if inside.all() else place[inside]] = True
        return bits.reshape(*self.pairs.shape, many)


def _at(codes: Ints, places: int) -> Ints:
    """Give the places of codes on an axis: -1, for none, is the last."""
    return codes if codes.min(initial=0) >= 0 else codes % places


# --- side lists -----------------------------------------------------------------------------------
def _listed(reading: Reading, here: _Here) -> Iterator[_Lost]:
    """Tell of the tweets in side lists that have no row of their own."""
    summed = ID in reading.levels and TYPE not in reading.levels
    metrics = range(len(reading.metrics)) if reading.metrics and not summed else (-1,)
    for status, ids in _gone(reading).items():
        for tweet in (reading.tweet_at[one] for one in ids):
            for metric in metrics:
                if not here.pairs[tweet, metric]:
                    yield _Lost(tweet, metric, STATUS[status], *reading.whole(tweet), NO_HOUR)
    for old, names, code in reading.lists:
        for tweet in sorted(reading.tweet_at[one] for one in old - set(reading.parts.unavailable)):
            for metric in (reading.metric_at[name] for name in names if name in reading.metric_at):
                if not here.pairs[tweet, metric]:
                    yield _Lost(tweet, metric, code, *reading.whole(tweet), NO_HOUR)


def _gone(reading: Reading) -> dict[str, tuple[str, ...]]:
    """Name the tweets that have no counts at all, by status; each under the first alone."""
    unavailable = reading.parts.unavailable
    refused = tuple(one for one in reading.about.refused if one not in unavailable)
    return {"unavailable": unavailable, "not_owned": refused}


# --- neither counted nor listed -------------------------------------------------------------------
def _not_in_answer(reading: Reading, here: _Here) -> Ints:
    """Tell of what was asked and is neither counted nor listed, where it is known."""
    about = reading.about
    if about.tweet_ids is None or about.metrics is None:
        return _NONE
    # An axis that is summed over has one place, the last.
    by_tweet, by_metric = ID in reading.levels, TYPE in reading.levels
    everything = not reading.levels
    tweets = np.arange(len(about.tweet_ids)) if by_tweet or everything else np.array([-1])
    metrics = np.arange(len(about.metrics)) if by_metric or everything else np.array([-1])
    asked = np.ix_(tweets, metrics)
    gaps = _gaps(reading, here, tweets, metrics)
    row, col = gaps[:, 0], gaps[:, 1]
    status = _status(reading)
    lost = np.column_stack([tweets[row], metrics[col], status[asked][row, col], gaps[:, 2:]])
    has_row = (_told(reading, status) & ~here.pairs)[asked]  # it stands with the side lists already
    lost = lost[~has_row[row, col]]
    in_order: Ints = lost[np.lexsort((lost[:, 5], lost[:, 3], lost[:, 1], lost[:, 0]))]
    return in_order


def _status(reading: Reading) -> Ints:
    """Give the status that a pair without a count has."""
    status = np.full((len(reading.tweets) + 1, len(reading.metrics) + 1), _NOT_IN_ANSWER)
    for ids, names, code in reversed(reading.lists):
        rows = [reading.tweet_at[one] for one in ids]
        cols = [reading.metric_at[name] for name in names if name in reading.metric_at]
        status[np.ix_(rows, cols)] = code
    return status


def _told(reading: Reading, status: Ints) -> Bits:
    """Say which pairs stand in a side list."""
    told: Bits = status != _NOT_IN_ANSWER
    for ids in _gone(reading).values():
        told[[reading.tweet_at[one] for one in ids], :] = True
    return told


def _gaps(reading: Reading, here: _Here, tweets: Ints, metrics: Ints) -> Ints:
    """Give what has no row, as lines of (row, col, start, end, hour).

    These are the missed buckets of a series where there is one, else the span as a whole.
    """
    have = here.pairs[np.ix_(tweets, metrics)]
    series = _series(reading, here, tweets, metrics)
    have[series[:, 0], series[:, 1]] = True
    whole = [
        (row, col, *reading.whole(int(tweets[row])), NO_HOUR)
        for row, col in np.argwhere(~have).tolist()
    ]
    return np.concatenate([series, np.array(whole, dtype=np.int64).reshape(-1, 5)])


def _series(reading: Reading, here: _Here, tweets: Ints, metrics: Ints) -> Ints:
    """Give the missed buckets of hours, days or hours of day; none where no window is known."""
    lives = [reading.hours(int(tweet)) for tweet in tweets]
    if reading.grain not in {"hour", "day", "hour_of_day"} or not any(lives):
        return np.empty((0, 5), dtype=np.int64)
    if reading.grain == "hour_of_day":
        return _hours_of_day(reading, here, tweets, metrics, lives)
    step = 24 if reading.grain == "day" else 1
    first = min(one.start for one in lives if one) // step
    many = -(-max(one.stop for one in lives if one) // step) - first
    wanted = np.zeros((len(tweets), many), dtype=bool)
    for row, life in enumerate(lives):
        wanted[row, life.start // step - first : -(-life.stop // step) - first] = bool(life)
    found = here.buckets(first, many, step * HOUR_US)[np.ix_(tweets, metrics)]
    rows, cols, begins, stops = _runs(wanted[:, None, :] & ~found)
    low, high = reading.edges
    start = np.maximum((first + begins) * step * HOUR_US, low)
    end = np.minimum((first + stops) * step * HOUR_US, high)
    return np.column_stack([rows, cols, start, end, np.full(len(rows), NO_HOUR)])


def _hours_of_day(
    reading: Reading, here: _Here, tweets: Ints, metrics: Ints, lives: list[range]
) -> Ints:
    """Give the missed hours of day of pairs that have others; one that has none is lost whole."""
    wanted = np.zeros((len(tweets), 24), dtype=bool)
    for row, life in enumerate(lives):
        wanted[row, list({one % 24 for one in life})] = True
    asked = np.ix_(tweets, metrics)
    found = here.buckets(0, 24, HOUR_US)[asked]
    missed = wanted[:, None, :] & ~found & here.pairs[asked][..., None]
    rows, cols, hours = np.nonzero(missed)
    whole = np.array([reading.whole(int(tweet)) for tweet in tweets])[rows]
    return np.column_stack([rows, cols, whole, hours])


def _runs(missed: Bits) -> tuple[Ints, Ints, Ints, Ints]:
    """Give each run of missed buckets, as columns of row, col, begin and stop."""
    edges = np.zeros((*missed.shape[:2], missed.shape[2] + 1), dtype=np.int8)
    edges[..., :-1] += missed
    edges[..., 1:] -= missed
    row, col, begin = np.nonzero(edges == 1)
    return row, col, begin, np.nonzero(edges == -1)[2]
