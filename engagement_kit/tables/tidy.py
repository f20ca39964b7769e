"""One raw answer to a tidy table: as it was written, with a row for whatever it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from engagement_kit.answers import envelope
from engagement_kit.answers.envelope import Envelope
from engagement_kit.errors import AmbiguousAnswer, Problem, QueryError, UnreadableAnswer
from engagement_kit.question.hours import ceil_hour, floor_hour
from engagement_kit.question.metrics import METRICS
from engagement_kit.question.plan import CARRIERS
from engagement_kit.question.query import Query
from engagement_kit.question.rules import DAY, ENDPOINTS, HOUR, ID, TYPE, Levels, fineness
from engagement_kit.question.tweet_ids import created_at
from engagement_kit.tables.reshape import Leaves, day_number, hour_number, read_leaves
from engagement_kit.tables.schema import NULL_TIME, STATUSES, Cells, build, to_pandas

if TYPE_CHECKING:
    import pandas as pd

_MICRO: Final = 1_000_000
_HOUR_US: Final = 3600 * _MICRO
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

STATUS: Final = {name: code for code, name in enumerate(STATUSES)}


def micros(when: datetime | None) -> int:
    """Turn a moment into microseconds since 1970; NULL_TIME for None."""
    if when is None:
        return NULL_TIME
    past = when - _EPOCH
    return (past.days * 86_400 + past.seconds) * _MICRO + past.microseconds


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


def tidy(
    body: bytes | str | Mapping[str, Any],
    query: Query | None = None,
    endpoint: str | None = None,
    observed_at: datetime | None = None,
    *,
    grouping: str | None = None,
) -> pd.DataFrame:
    """Turn one raw answer into a tidy DataFrame, offline.

    Parameters
    ----------
    body
        The answer as bytes, text, or JSON already read.
    query
        What was asked. Without it the levels are worked out from the keys, and only what is seen
        can be reported as missing.
    endpoint
        ``totals``, ``28hr`` or ``historical``; taken from the query where there is one.
    observed_at
        When it was answered, aware. Without it, `observed_at` and `complete` are null.
    grouping
        Which grouping to read; the default is the finest.

    Returns
    -------
    pandas.DataFrame
        One row per count, with the columns of the tidy table. What the body can't tell is null.
        Times are UTC, `end` exclusive. A tweet in a side list has a row per metric, with a null
        value and the reason in `status`.

    Raises
    ------
    UnreadableAnswer
        When the body is no answer with counts or side lists.
    AmbiguousAnswer
        When the keys can be read in two ways; pass the query.

    Examples
    --------
    >>> frame = tidy({"g": {"697506383516729344": {"favorites": "12", "replies": 2}}})
    >>> frame[["tweet_id", "metric", "value"]].values.tolist()
    [['697506383516729344', 'favorites', 12], ['697506383516729344', 'replies', 2]]
    """
    return to_pandas(tidy_arrow(body, query, endpoint, observed_at, grouping=grouping))


def tidy_arrow(
    body: bytes | str | Mapping[str, Any],
    query: Query | None = None,
    endpoint: str | None = None,
    observed_at: datetime | None = None,
    *,
    grouping: str | None = None,
) -> pa.Table:
    """Turn one raw answer into a tidy Arrow table; see `tidy`.

    Examples
    --------
    >>> tidy_arrow({"Grand Totals": {"favorites": "12"}}).num_rows
    1
    """
    _check(endpoint, observed_at)
    about = About(endpoint=endpoint, observed_at=observed_at)
    if query is not None:
        wanted = dict(query.wanted_groupings)
        about = replace(
            about,
            endpoint=endpoint or query.endpoint,
            levels=dict(CARRIERS.values()) | wanted,
            finest=max(wanted.values(), key=fineness),
            tweet_ids=query.tweet_ids,
            metrics=query.metrics,
        )
    return tidy_answer(envelope.read(body), about, grouping=grouping)


def _check(endpoint: str | None, observed_at: datetime | None) -> None:
    problems = []
    if endpoint is not None and endpoint not in ENDPOINTS:
        problems.append(Problem("endpoint", repr(endpoint), f"allowed: {', '.join(ENDPOINTS)}"))
    if observed_at is not None and observed_at.tzinfo is None:
        why = "a naive datetime has no time zone; use datetime(..., tzinfo=timezone.utc)"
        problems.append(Problem("observed_at", repr(observed_at), why))
    if problems:
        raise QueryError(tuple(problems))


def tidy_answer(parts: Envelope, about: About, *, grouping: str | None = None) -> pa.Table:
    """Turn the parts of an answer into a tidy table, at one grain."""
    leaves = _choose(parts, about, grouping)
    return _Reading(parts, about, leaves).table()


def _choose(parts: Envelope, about: About, grouping: str | None) -> Leaves:
    """Read the grouping that is wanted, else the finest one."""
    if grouping is not None and grouping not in parts.groupings:
        found = ", ".join(map(repr, parts.groupings)) or "none"
        msg = f"the answer has no grouping {grouping!r}; it has: {found}"
        raise UnreadableAnswer(msg)
    if not parts.groupings and not parts.listed:
        said = "; ".join(parts.errors) or f"root keys: {', '.join(parts.unknown) or 'none'}"
        msg = f"the answer holds no counts and no list of tweets; it says: {said}"
        raise UnreadableAnswer(msg)
    names = [grouping] if grouping is not None else [*parts.groupings]
    read = []
    for name in names:
        try:
            read.append(read_leaves(parts.groupings[name], about.levels.get(name)))
        except AmbiguousAnswer:
            if len(names) == 1:
                raise
    if not read and names:
        msg = f"the keys of no grouping can be read for sure: {', '.join(names)}. Pass query=..."
        raise AmbiguousAnswer(msg)
    return max(read, key=lambda one: fineness(one.levels), default=Leaves(about.finest, [], []))


def side_lists(parts: Envelope) -> list[tuple[frozenset[str], tuple[str, ...], int]]:
    """Read the lists of too old tweets: which tweets, which metrics, which status."""
    found = []
    for kind, ids in parts.unsupported.items():
        metrics = tuple(name for name in METRICS if name in kind)
        video = "video_views" in metrics
        status = STATUS["too_old_for_video" if video else "too_old_for_impressions"]
        found.append((frozenset(ids), metrics, status))
    return found


class _Reading:
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
        rows = len(self.leaves.values)
        days = [day_number(key) for key in self.leaves.column(DAY)]
        hours = [hour_number(key) for key in self.leaves.column(HOUR)]
        good = np.array([value is not None for value in self.leaves.values], dtype=bool)
        depth = len(self.leaves.levels)
        good &= np.array([len(path) == depth for path in self.leaves.paths], dtype=bool)
        if DAY in self.levels:
            good &= np.array([day is not None for day in days], dtype=bool)
        if HOUR in self.levels:
            good &= np.array([hour is not None for hour in hours], dtype=bool)
        value = np.array([value or 0 for value in self.leaves.values], dtype=np.int64)
        status = np.where(good, 0, STATUS["unreadable"])
        for ids, metrics, code in side_lists(self.parts):
            # The API writes "0" for a number that it can't give: that is no count.
            old = np.array([self.tweets[at] in ids for at in range(len(self.tweets))], dtype=bool)
            odd = np.array([name in metrics for name in self.metrics], dtype=bool)
            false_zero = _at(old, self.tweet) & _at(odd, self.metric) & (value == 0)
            status = np.where(false_zero, code, status)
        hour = np.array([-1 if one is None else one for one in hours], dtype=np.int64)
        day = np.array([NULL_TIME if one is None else one for one in days], dtype=np.int64)
        start, end = self._times(day, hour, rows)
        if self.grain != "hour_of_day":
            hour = np.full(rows, -1)
        return self._cells(
            self.tweet, self.metric, start=start, end=end, hour=hour, value=value, status=status
        )

    def _times(self, day: Any, hour: Any, rows: int) -> tuple[Any, Any]:
        first, last = micros(self.parts.start), micros(self.parts.end)
        if self.grain == "hour":
            known = (day != NULL_TIME) & (hour >= 0)
            start = np.where(known, (np.where(known, day, 0) * 24 + hour) * _HOUR_US, NULL_TIME)
            return start, np.where(known, start + _HOUR_US, NULL_TIME)
        if self.grain == "day":
            known = day != NULL_TIME
            begin = np.where(known, day, 0) * 24 * _HOUR_US
            low, high = self._window_edges()
            start = np.where(known, np.maximum(begin, low), NULL_TIME)
            end = np.where(known, np.minimum(begin + 24 * _HOUR_US, high), NULL_TIME)
            return start, end
        if self.grain == "lifetime":
            births = [
                micros(created_at(one)) if one.isdigit() else NULL_TIME for one in self.tweets
            ]
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
            low = floor_hour(self.parts.start) * _HOUR_US
        seen = self.about.observed_at
        if self.parts.end is not None and (
            seen is None or ceil_hour(self.parts.end) < floor_hour(seen)
        ):
            high = ceil_hour(self.parts.end) * _HOUR_US
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
        codes = np.array([one[:3] for one in lost], dtype=np.int64).reshape(-1, 3)
        spans = np.array([one[3:] for one in lost], dtype=np.int64).reshape(-1, 2)
        none = np.full(len(lost), -1)
        return self._cells(
            codes[:, 0],
            codes[:, 1],
            start=spans[:, 0],
            end=spans[:, 1],
            hour=none,
            value=none,
            status=codes[:, 2],
        )

    def _whole(self, tweet: int) -> tuple[int, int]:
        """Give the span of an answer as a whole, for one tweet."""
        if self.grain == "lifetime":
            birth = _birth(self.tweets[tweet]) if tweet >= 0 else None
            return micros(birth), micros(self.about.observed_at)
        return micros(self.parts.start), micros(self.parts.end)

    def _listed(self, seen: Cells) -> Iterable[tuple[int, int, int, int, int]]:
        """Tell of the tweets in side lists that have no row of their own."""
        have = set(zip(seen.tweet.tolist(), seen.metric.tolist(), strict=True))
        where = {name: code for code, name in enumerate(self.tweets)}
        all_metrics = range(len(self.metrics)) if self.metrics else (-1,)
        gone = {"unavailable": self.parts.unavailable, "not_owned": self.about.refused}
        for status, ids in gone.items():
            for one in ids:
                for metric in all_metrics:
                    yield where[one], metric, STATUS[status], *self._whole(where[one])
        for old, metrics, code in side_lists(self.parts):
            for one in sorted(old - set(self.parts.unavailable), key=self.tweets.index):
                for name in metrics:
                    metric = self.metrics.index(name) if name in self.metrics else -1
                    if metric >= 0 and (where[one], metric) not in have:
                        yield where[one], metric, code, *self._whole(where[one])

    def _not_in_answer(self, seen: Cells) -> Iterable[tuple[int, int, int, int, int]]:
        """Tell of what was asked and is neither counted nor listed, where it is known."""
        if self.about.tweet_ids is None or self.about.metrics is None:
            return
        by_tweet, by_metric = ID in self.levels, TYPE in self.levels
        if not self.leaves.levels:
            by_tweet = by_metric = True
        hours_of: dict[tuple[int, int], set[int]] = {}
        for at, pair in enumerate(zip(seen.tweet.tolist(), seen.metric.tolist(), strict=True)):
            hours_of.setdefault(pair, set()).add(int(seen.start[at]))
        gone = set(self.parts.unavailable)
        for tweet in range(len(self.about.tweet_ids)) if by_tweet else (-1,):
            if tweet >= 0 and self.tweets[tweet] in gone:
                continue
            for metric in range(len(self.about.metrics)) if by_metric else (-1,):
                for span in self._gaps(tweet, hours_of.get((tweet, metric))):
                    if not self._is_listed(tweet, metric):
                        yield tweet, metric, STATUS["not_in_answer"], *span

    def _is_listed(self, tweet: int, metric: int) -> bool:
        return any(
            tweet >= 0
            and metric >= 0
            and self.tweets[tweet] in ids
            and self.metrics[metric] in names
            for ids, names, _ in side_lists(self.parts)
        )

    def _gaps(self, tweet: int, starts: set[int] | None) -> list[tuple[int, int]]:
        """Give the spans without a row: the whole, or the missing buckets of a sparse series."""
        if starts is None:
            return [self._whole(tweet)]
        if self.grain not in {"hour", "day"} or not (self.parts.start and self.parts.end):
            return []
        step = 24 if self.grain == "day" else 1
        first = floor_hour(self.parts.start)
        birth = _birth(self.tweets[tweet]) if tweet >= 0 else None
        if birth is not None:
            first = max(first, floor_hour(birth))
        buckets = range(first - first % step, ceil_hour(self.parts.end), step)
        have = {start // _HOUR_US - start // _HOUR_US % step for start in starts}
        gaps: list[tuple[int, int]] = []
        for bucket in buckets:
            if bucket in have:
                continue
            start = max(bucket, floor_hour(self.parts.start)) * _HOUR_US
            end = (bucket + step) * _HOUR_US
            if gaps and gaps[-1][1] == start:
                gaps[-1] = (gaps[-1][0], end)
            else:
                gaps.append((start, end))
        return gaps


def _birth(tweet_id: str) -> datetime | None:
    """Tell when a tweet was created; an answer may name things that are no ids."""
    return created_at(tweet_id) if tweet_id.isdecimal() else None


def _words(*sources: Iterable[str | None]) -> tuple[str, ...]:
    """Collect words in the order of first appearance."""
    return tuple(dict.fromkeys(one for source in sources for one in source if one is not None))


def _codes(words: list[str | None], known: tuple[str, ...]) -> Any:
    code = {word: at for at, word in enumerate(known)}
    return np.array([-1 if one is None else code[one] for one in words], dtype=np.int64)


def _at(truth: Any, codes: Any) -> Any:
    """Look up a truth by code; False for null."""
    return np.append(truth, False)[codes] & (codes >= 0)
