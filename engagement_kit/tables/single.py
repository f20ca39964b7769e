"""One answer to rows: its counts as they were written, and a row for whatever it leaves out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from engagement_kit.answers.answer import Answer
from engagement_kit.answers.envelope import Envelope
from engagement_kit.question.hours import ceil_hour, floor_hour
from engagement_kit.question.metrics import METRICS
from engagement_kit.question.micros import DAY_US, HOUR_US
from engagement_kit.question.rules import DAY, ENDPOINTS, HOUR, Levels
from engagement_kit.tables.readers.columns import NO_DAY, NO_HOUR, Columns, recoded
from engagement_kit.tables.readers.scanned import Ints
from engagement_kit.tables.schema import NULL_TIME, STATUS, Cells, build, is_all, same
from engagement_kit.tables.times import birth_of, birth_us, micros

_FAR: Final = 2**62


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

    @classmethod
    def of(cls, answer: Answer) -> About:
        """Take what an answer says of itself; `finest` and `refused` are its reader's to say."""
        request = answer.request
        return cls(
            endpoint=request.endpoint,
            account=request.account,
            source=answer.source,
            request_key=request.key,
            observed_at=answer.observed_at,
            levels=dict(request.groupings),
            tweet_ids=answer.named or request.tweet_ids,
            metrics=request.metrics,
        )


def side_lists(parts: Envelope) -> list[tuple[frozenset[str], tuple[str, ...], int]]:
    """Read the lists of too old tweets: which tweets, which metrics, which status."""
    found = []
    for kind, ids in parts.unsupported.items():
        metrics = tuple(name for name in METRICS if name in kind)
        video = "video_views" in metrics
        status = STATUS["too_old_for_video" if video else "too_old_for_impressions"]
        found.append((frozenset(ids), metrics, status))
    return found


def grain_of_levels(levels: Collection[str], *, lifetime: bool) -> str:
    """Name the grain of a table with these levels."""
    if HOUR in levels:
        return "hour" if DAY in levels else "hour_of_day"
    if DAY in levels:
        return "day"
    return "lifetime" if lifetime else "window"


class Reading:
    """One answer on its way to rows. Lives for one call.

    Attributes
    ----------
    grain
        Of all its rows.
    tweets, metrics
        What was asked first, then what else is seen.
    cells
        The counts as rows.
    """

    def __init__(self, parts: Envelope, about: About, columns: Columns) -> None:
        self.parts, self.about, self.columns = parts, about, columns
        self.levels = frozenset(columns.levels)
        self.lists = side_lists(parts)
        self.grain = self._grain()
        listed = [one for ids, _, _ in self.lists for one in sorted(ids)]
        self.tweets = _words(
            about.tweet_ids or (), columns.tweets, parts.unavailable, listed, about.refused
        )
        self.metrics = _words(about.metrics or (), columns.metrics, self._lost_metrics())
        self.tweet_at = {one: at for at, one in enumerate(self.tweets)}
        self.metric_at = {one: at for at, one in enumerate(self.metrics)}
        self.cells = self._observed()

    def _grain(self) -> str:
        # /totals alone gives no window (fact of the reference: its answers carry no start, end)
        lifetime = self.parts.start is None
        if self.about.endpoint is not None:
            lifetime = ENDPOINTS[self.about.endpoint].quantity == "lifetime"
        return grain_of_levels(self.levels, lifetime=lifetime)

    def _lost_metrics(self) -> list[str]:
        """Name the metrics that side lists speak of, where nobody said what was asked."""
        if self.about.metrics is not None:
            return []
        return [name for _, metrics, _ in self.lists for name in metrics]

    # --- counts -----------------------------------------------------------------------------------
    def _observed(self) -> Cells:
        columns = self.columns
        tweet = recoded(columns.tweet, columns.tweets, self.tweet_at)
        metric = recoded(columns.metric, columns.metrics, self.metric_at)
        start, end = self._times(tweet)
        hour = columns.hour if self.grain == "hour_of_day" else same(NO_HOUR, len(columns))
        status = self._status(tweet, metric)
        return self.rows(
            tweet, metric, start=start, end=end, hour=hour, value=columns.value, status=status
        )

    def _status(self, tweet: Ints, metric: Ints) -> Ints:
        """Give the status of each count: what can't be read, and the API's false zeros."""
        columns = self.columns
        status = same(0, len(columns))
        if not is_all(columns.good, True):
            status = np.where(columns.good, 0, STATUS["unreadable"])
        for ids, names, code in self.lists:
            # The API writes "0" for a number that it can't give: that is no count.
            old = np.array([*(one in ids for one in self.tweets), False], dtype=bool)
            odd = np.array([*(name in names for name in self.metrics), False], dtype=bool)
            status = np.where(old[tweet] & odd[metric] & (columns.value == 0), code, status)
        return status

    def _times(self, tweet: Ints) -> tuple[Ints, Ints]:
        """Give start and end of each count, from the days and hours that its keys name."""
        rows, columns = len(self.columns), self.columns
        if self.grain == "lifetime":
            births = np.array([*map(birth_us, self.tweets), NULL_TIME])
            return births[tweet], same(micros(self.about.observed_at), rows)
        if self.grain not in {"hour", "day"}:
            return same(micros(self.parts.start), rows), same(micros(self.parts.end), rows)
        start = columns.day * np.int64(DAY_US)
        if self.grain == "hour":
            end = columns.hour * np.int64(HOUR_US)
            start += end
            np.add(start, HOUR_US, out=end)
        else:
            start, end = self._day_edges(start)
        if not is_all(columns.good, True):
            lost = (columns.day == NO_DAY) | ((columns.hour < 0) & (self.grain == "hour"))
            start, end = (np.where(lost, NULL_TIME, edge) for edge in (start, end))
        return start, end

    def _day_edges(self, start: Ints) -> tuple[Ints, Ints]:
        """Cut days by the window; an odd day beyond it stays as it is."""
        low, high = self.edges
        end = start + DAY_US
        cut = (start < high) & (end > low)
        return (
            np.where(cut, np.maximum(start, low), start),
            np.where(cut, np.minimum(end, high), end),
        )

    @cached_property
    def edges(self) -> tuple[int, int]:
        """The bounds of day buckets: a day holds only the hours inside the window.

        A window that runs up to now leaves its last day open: that bucket keeps its midnight, and
        is not complete.
        """
        low, high = -_FAR, _FAR
        if self.parts.start is not None:
            low = floor_hour(self.parts.start) * HOUR_US
        seen = self.about.observed_at
        if self.parts.end is not None and (
            seen is None or ceil_hour(self.parts.end) < floor_hour(seen)
        ):
            high = ceil_hour(self.parts.end) * HOUR_US
        return low, high

    # --- tweets -----------------------------------------------------------------------------------
    def born(self, tweet: int) -> int:
        """Tell when a tweet was created, in microseconds; NULL_TIME where its id does not say."""
        return NULL_TIME if tweet < 0 else birth_us(self.tweets[tweet])

    def whole(self, tweet: int) -> tuple[int, int]:
        """Give the span of the answer as a whole, for one tweet."""
        if self.grain == "lifetime":
            return self.born(tweet), micros(self.about.observed_at)
        return micros(self.parts.start), micros(self.parts.end)

    def hours(self, tweet: int) -> range:
        """Give the hours that the answer's window has of a tweet's life; none when not known."""
        if self.parts.start is None or self.parts.end is None:
            return range(0)
        birth = birth_of(self.tweets[tweet]) if tweet >= 0 else None
        first = floor_hour(self.parts.start)
        begin = first if birth is None else max(first, floor_hour(birth))
        return range(begin, ceil_hour(self.parts.end))

    # --- rows -------------------------------------------------------------------------------------
    def rows(
        self,
        tweet: Ints,
        metric: Ints,
        *,
        start: Ints,
        end: Ints,
        hour: Ints,
        value: Ints,
        status: Ints,
    ) -> Cells:
        """Make rows: add what is the same for the whole answer."""
        many, about = len(tweet), self.about
        seen = micros(about.observed_at)
        return Cells(
            tweets=self.tweets,
            metrics=self.metrics,
            accounts=(about.account,) if about.account else (),
            keys=(about.request_key,) if about.request_key else (),
            tweet=tweet,
            metric=metric,
            account=same(0 if about.account else -1, many),
            key=same(0 if about.request_key else -1, many),
            start=start,
            end=end,
            hour=hour,
            value=value,
            status=status,
            complete=_complete(status, end, seen),
            observed=same(seen, many),
        )

    def table(self, missing: Iterable[Cells] = ()) -> pa.Table:
        """Give the rows of the answer, then those of what it leaves out."""
        cells = self.cells.append([one for one in missing if len(one)])
        return build(cells, self.grain, endpoint=self.about.endpoint, source=self.about.source)


def _complete(status: Ints, end: Ints, seen: int) -> Ints:
    """Say of each row whether its period was over when it was observed: 1, 0, or -1."""
    if seen == NULL_TIME:
        return same(-1, len(end))
    known = is_all(status, 0) and end.min(initial=0) != NULL_TIME
    if known and end.max(initial=0) <= seen:
        return same(1, len(end))
    over = (end <= seen).view(np.int8)
    if known:
        return over
    unknown = (end == NULL_TIME) | (status != 0)
    return np.where(unknown, np.int8(-1), over)


def _words(*sources: Iterable[str]) -> tuple[str, ...]:
    """Collect words in the order of first appearance."""
    return tuple(dict.fromkeys(one for source in sources for one in source))
