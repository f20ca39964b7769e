"""One answer to rows: its counts as they were written, and a row for whatever it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from engagement_kit.answers.envelope import Envelope
from engagement_kit.question.hours import ceil_hour, floor_hour
from engagement_kit.question.metrics import METRICS
from engagement_kit.question.rules import DAY, ENDPOINTS, HOUR, ID, TYPE, Levels
from engagement_kit.tables.reshape import Leaves, day_number, hour_number
from engagement_kit.tables.schema import NULL_TIME, STATUS, Cells, build
from engagement_kit.tables.times import HOUR_US, birth_of, micros

Span = tuple[int, int]
_Lost = tuple[int, int, int, int, int, int]
_NO_HOUR: Final = -1


@dataclass(frozen=True)
class About:
    """What is known of an answer beside its body.

    Attributes
    ----------
    endpoint, account, source, request_key, observed_at
        Columns of the table; None for unknown.
    levels
        The ``group_by`` of each grouping by name, where known.
    finest
        The levels of the table when an answer holds side lists alone.
    tweet_ids, metrics
        What was asked; None for unknown: then only what is seen can be reported as missing.
    refused
        Tweets that were asked for first, and refused as somebody else's.
    """

    endpoint: str | None = None
    account: str | None = None
    source: str | None = None
    request_key: str | None = None
    observed_at: datetime | None = None
    levels: Mapping[str, Levels] = field(default_factory=dict)
    finest: Levels = ()
    tweet_ids: tuple[str, ...] | None = None
    metrics: tuple[str, ...] | None = None
    refused: tuple[str, ...] = ()


def side_lists(parts: Envelope) -> list[tuple[frozenset[str], tuple[str, ...], int]]:
    """Read the lists of too old tweets: which tweets, which metrics, which status."""
    found = []
    for kind, ids in parts.unsupported.items():
        metrics = tuple(name for name in METRICS if name in kind)
        video = "video_views" in metrics
        status = STATUS["too_old_for_video" if video else "too_old_for_impressions"]
        found.append((frozenset(ids), metrics, status))
    return found


class Reading:
    """One answer on its way to rows. Lives for one call."""

    def __init__(self, parts: Envelope, about: About, leaves: Leaves) -> None:
        self.parts, self.about, self.leaves = parts, about, leaves
        self.levels = set(leaves.levels)
        self.grain = self._grain()
        ids, metrics = leaves.column(ID), leaves.column(TYPE)
        listed = [one for ids_, _, _ in side_lists(parts) for one in sorted(ids_)]
        self.tweets = _words(about.tweet_ids or (), ids, parts.unavailable, listed, about.refused)
        self.metrics = _words(about.metrics or (), metrics, self._lost_metrics())
        self.tweet = _codes(ids, self.tweets)
        self.metric = _codes(metrics, self.metrics)

    def _grain(self) -> str:
        if HOUR in self.levels:
            return "hour" if DAY in self.levels else "hour_of_day"
        if DAY in self.levels:
            return "day"
        if self.about.endpoint is not None:
            lifetime = ENDPOINTS[self.about.endpoint].quantity == "lifetime"
            return "lifetime" if lifetime else "window"
        # /totals alone gives no window (fact of the reference: its answers carry no start, end)
        return "window" if self.parts.start is not None else "lifetime"

    def _lost_metrics(self) -> list[str]:
        """Name the metrics that side lists speak of, where nobody said what was asked."""
        if self.about.metrics is not None:
            return []
        return [name for _, metrics, _ in side_lists(self.parts) for name in metrics]

    def table(self) -> pa.Table:
        """Give the rows of the answer, then those of what it leaves out."""
        cells = self._observed()
        cells = cells.append([self._missing(cells)])
        return build(cells, self.grain, endpoint=self.about.endpoint, source=self.about.source)

    def _observed(self) -> Cells:
        days = [day_number(key) for key in self.leaves.column(DAY)]
        hours = [hour_number(key) for key in self.leaves.column(HOUR)]
        counts = self.leaves.counts()
        good = np.array([value is not None for value in counts], dtype=bool)
        if DAY in self.levels:
            good &= np.array([day is not None for day in days], dtype=bool)
        if HOUR in self.levels:
            good &= np.array([hour is not None for hour in hours], dtype=bool)
        value = np.array([value or 0 for value in counts], dtype=np.int64)
        status = np.where(good, 0, STATUS["unreadable"])
        for ids, metrics, code in side_lists(self.parts):
            # The API writes "0" for a number that it can't give: that is no count.
            old = np.array([one in ids for one in self.tweets], dtype=bool)
            odd = np.array([name in metrics for name in self.metrics], dtype=bool)
            false_zero = _at(old, self.tweet) & _at(odd, self.metric) & (value == 0)
            status = np.where(false_zero, code, status)
        hour = np.array([_NO_HOUR if one is None else one for one in hours], dtype=np.int64)
        day = np.array([NULL_TIME if one is None else one for one in days], dtype=np.int64)
        start, end = self._times(day, hour)
        if self.grain != "hour_of_day":
            hour = np.full(len(counts), _NO_HOUR)
        return self._cells(
            self.tweet, self.metric, start=start, end=end, hour=hour, value=value, status=status
        )

    def _times(self, day: Any, hour: Any) -> tuple[Any, Any]:
        """Give start and end of each count, from the days and hours that its keys name."""
        rows = len(day)
        first, last = micros(self.parts.start), micros(self.parts.end)
        if self.grain == "hour":
            known = (day != NULL_TIME) & (hour >= 0)
            start = np.where(known, (np.where(known, day, 0) * 24 + hour) * HOUR_US, NULL_TIME)
            return start, np.where(known, start + HOUR_US, NULL_TIME)
        if self.grain == "day":
            known = day != NULL_TIME
            begin = np.where(known, day, 0) * 24 * HOUR_US
            stop = begin + 24 * HOUR_US
            low, high = self._window_edges()
            cut = (begin < high) & (stop > low)  # an odd day beyond the window stays as it is
            start, end = (
                np.where(cut, np.maximum(begin, low), begin),
                np.where(cut, np.minimum(stop, high), stop),
            )
            return np.where(known, start, NULL_TIME), np.where(known, end, NULL_TIME)
        if self.grain == "lifetime":
            births = [micros(birth_of(one)) for one in self.tweets]
            start = np.where(self.tweet < 0, NULL_TIME, np.array([*births, 0])[self.tweet])
            return start, np.full(rows, micros(self.about.observed_at))
        return np.full(rows, first), np.full(rows, last)

    def _window_edges(self) -> tuple[int, int]:
        """Give the bounds of day buckets: a day holds only the hours inside the window.

        A window that runs up to now leaves its last day open: that bucket keeps its midnight, and
        is not complete.
        """
        low, high = -(2**62), 2**62
        if self.parts.start is not None:
            low = floor_hour(self.parts.start) * HOUR_US
        seen = self.about.observed_at
        if self.parts.end is not None and (
            seen is None or ceil_hour(self.parts.end) < floor_hour(seen)
        ):
            high = ceil_hour(self.parts.end) * HOUR_US
        return low, high

    def _cells(
        self, tweet: Any, metric: Any, *, start: Any, end: Any, hour: Any, value: Any, status: Any
    ) -> Cells:
        rows, about = len(tweet), self.about
        seen = micros(about.observed_at)
        over = (end <= seen).astype(np.int64)
        unknown = (end == NULL_TIME) | (seen == NULL_TIME) | (status != 0)
        one = np.zeros(rows, dtype=np.int64)
        return Cells(
            tweets=self.tweets,
            metrics=self.metrics,
            accounts=(about.account,) if about.account else (),
            keys=(about.request_key,) if about.request_key else (),
            tweet=tweet,
            metric=metric,
            account=one if about.account else one - 1,
            key=one if about.request_key else one - 1,
            start=start,
            end=end,
            hour=hour,
            value=value,
            status=status,
            complete=np.where(unknown, -1, over),
            observed=np.full(rows, seen),
        )

    def _missing(self, seen: Cells) -> Cells:
        """Give one row for each (tweet, metric, span) that the answer leaves out."""
        lost = [*self._listed(seen), *self._not_in_answer(seen)]
        table = np.array(lost, dtype=np.int64).reshape(-1, 6)
        tweet, metric, status, start, end, hour = table.T
        return self._cells(
            tweet, metric, start=start, end=end, hour=hour, value=hour, status=status
        )

    def _whole(self, tweet: int) -> Span:
        """Give the span of an answer as a whole, for one tweet."""
        if self.grain == "lifetime":
            birth = birth_of(self.tweets[tweet]) if tweet >= 0 else None
            return micros(birth), micros(self.about.observed_at)
        return micros(self.parts.start), micros(self.parts.end)

    def _listed(self, seen: Cells) -> Iterator[_Lost]:
        """Tell of the tweets in side lists that have no row of their own."""
        have = set(zip(seen.tweet.tolist(), seen.metric.tolist(), strict=True))
        summed = ID in self.levels and TYPE not in self.levels
        metrics = range(len(self.metrics)) if self.metrics and not summed else (-1,)
        for status, ids in self._gone().items():
            for tweet in map(self.tweets.index, ids):
                for metric in metrics:
                    if (tweet, metric) not in have:
                        yield tweet, metric, STATUS[status], *self._whole(tweet), _NO_HOUR
        for old, names, code in side_lists(self.parts):
            for tweet in sorted(map(self.tweets.index, old - set(self.parts.unavailable))):
                for metric in (self.metrics.index(name) for name in names if name in self.metrics):
                    if (tweet, metric) not in have:
                        yield tweet, metric, code, *self._whole(tweet), _NO_HOUR

    def _gone(self) -> dict[str, tuple[str, ...]]:
        """Name the tweets that have no counts at all, by status; each under the first alone."""
        unavailable = self.parts.unavailable
        refused = tuple(one for one in self.about.refused if one not in unavailable)
        return {"unavailable": unavailable, "not_owned": refused}

    def _not_in_answer(self, seen: Cells) -> Iterator[_Lost]:
        """Tell of what was asked and is neither counted nor listed, where it is known."""
        if self.about.tweet_ids is None or self.about.metrics is None:
            return
        by_tweet = ID in self.levels or not self.levels
        by_metric = TYPE in self.levels or not self.levels
        places: dict[tuple[int, int], set[tuple[int, int]]] = {}
        columns = (seen.tweet, seen.metric, seen.start, seen.hour)
        for tweet, metric, *place in zip(*(one.tolist() for one in columns), strict=True):
            places.setdefault((tweet, metric), set()).add((place[0], place[1]))
        gone = {one for ids in self._gone().values() for one in ids}
        for tweet in range(len(self.about.tweet_ids)) if by_tweet else (-1,):
            for metric in range(len(self.about.metrics)) if by_metric else (-1,):
                have = places.get((tweet, metric), set())
                listed = self._listed_as(tweet, metric)
                if not have and (listed is not None or (tweet >= 0 and self.tweets[tweet] in gone)):
                    continue  # it has its row already
                status = STATUS["not_in_answer"] if listed is None else listed
                for gap in self._gaps(tweet, have):
                    yield tweet, metric, status, *gap

    def _listed_as(self, tweet: int, metric: int) -> int | None:
        """Give the status by which a side list names a tweet and metric."""
        if tweet < 0 or metric < 0:
            return None
        for ids, names, code in side_lists(self.parts):
            if self.tweets[tweet] in ids and self.metrics[metric] in names:
                return code
        return None

    def _gaps(self, tweet: int, have: set[tuple[int, int]]) -> list[tuple[int, int, int]]:
        """Give what has no row, as (start, end, hour of day): buckets of a series, or the whole."""
        whole = (*self._whole(tweet), _NO_HOUR)
        hours = self._hours(tweet)
        if self.grain in {"hour", "day"} and hours:
            return self._missed_spans(hours, {start for start, _ in have}) or (
                [] if have else [whole]
            )
        if not have:
            return [whole]
        if self.grain == "hour_of_day":
            seen = {hour for _, hour in have}
            return [(*whole[:2], hour) for hour in sorted({one % 24 for one in hours} - seen)]
        return []

    def _hours(self, tweet: int) -> range:
        """Give the hours that the answer's window has of a tweet's life; none when not known."""
        if self.parts.start is None or self.parts.end is None:
            return range(0)
        birth = birth_of(self.tweets[tweet]) if tweet >= 0 else None
        first = floor_hour(self.parts.start)
        begin = first if birth is None else max(first, floor_hour(birth))
        return range(begin, ceil_hour(self.parts.end))

    def _missed_spans(self, hours: range, starts: set[int]) -> list[tuple[int, int, int]]:
        """Give the spans of hours or days, neighbours in one, in which no row begins."""
        step = 24 if self.grain == "day" else 1
        low, high = self._window_edges()
        have = {start // HOUR_US // step for start in starts}
        spans: list[Span] = []
        for bucket in range(hours.start // step, -(-hours.stop // step)):
            if bucket in have:
                continue
            start = max(bucket * step * HOUR_US, low)
            end = min((bucket + 1) * step * HOUR_US, high)
            if spans and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        return [(*span, _NO_HOUR) for span in spans]


def _words(*sources: Iterable[str | None]) -> tuple[str, ...]:
    """Collect words in the order of first appearance."""
    return tuple(dict.fromkeys(one for source in sources for one in source if one is not None))


def _codes(words: list[str | None], known: tuple[str, ...]) -> Any:
    code = {word: at for at, word in enumerate(known)}
    return np.array([-1 if one is None else code[one] for one in words], dtype=np.int64)


def _at(truth: Any, codes: Any) -> Any:
    """Look up a truth by code; False for null."""
    return np.append(truth, False)[codes] & (codes >= 0)
