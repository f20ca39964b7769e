"""What a Query wants at a moment: for each tweet the hours, and what can't be had and why.

Age and period rules live here, because they depend on now. Spans are half-open, in UTC hours.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from engagement_kit.question import metrics as registry
from engagement_kit.question.hours import ceil_day, ceil_hour, floor_day, floor_hour
from engagement_kit.question.periods import Between, First, Last
from engagement_kit.question.query import Query
from engagement_kit.question.rules import (
    HOUR,
    LAST_HOURS,
    SMALL_SET,
    SMALL_SET_FROM,
    TOTALS_PRIVATE_DAYS,
    VIDEO_DAYS,
    history_begins,
)
from engagement_kit.question.tweet_ids import FIRST_TIMED_ID, ID_EPOCH_MS, creation_hours

Hours = npt.NDArray[np.int64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Unobtainable:
    """Numbers that can't be had, known before anything is asked.

    Attributes
    ----------
    tweet_ids, metrics
        Which numbers.
    start, end
        The missed hours, end exclusive; None for lifetime.
    status
        The status that they get in the table.
    reason
        The same in words.
    """

    tweet_ids: tuple[str, ...]
    metrics: tuple[str, ...]
    start: int | None
    end: int | None
    status: str
    reason: str


@dataclass(frozen=True)
class Wanted:
    """A query at a moment.

    Attributes
    ----------
    query, now
        The question and the moment.
    level
        What is asked of the API: ``lifetime``, ``day`` or ``hour``. Coarser rows are summed.
    asked
        Two columns: the start and end that the query names for each tweet.
    had
        Two columns: what of it can be had: within the tweet's life, the reach of historical, and
        the time that is over. Equal start and end: nothing.
    cannot
        What can't be had, with its reason.
    """

    query: Query
    now: datetime
    level: str
    asked: Hours
    had: Hours
    cannot: tuple[Unobtainable, ...]

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The position of each tweet id."""
        return {tweet_id: row for row, tweet_id in enumerate(self.query.tweet_ids)}

    @cached_property
    def spans(self) -> Hours:
        """The obtainable hours for each (tweet, metric): shape (tweets, metrics, 2).

        For lifetime one "hour" from 0 to 1 stands for the one number.
        """
        return self._clipped(self.had)

    @cached_property
    def labels(self) -> Hours:
        """The hours that a sum for each (tweet, metric) speaks of: shape (tweets, metrics, 2).

        What the query names less what can't be had; hours before the tweet's creation are in it.
        """
        return self._clipped(self.asked)

    def _clipped(self, edges: Hours) -> Hours:
        metrics = self.query.metrics
        spans: Hours = np.repeat(edges[:, None, :], len(metrics), axis=1)
        for lost in self.cannot:
            rows = np.array([self.row_of[one] for one in lost.tweet_ids])
            columns = np.array([metrics.index(one) for one in lost.metrics])
            part = spans[np.ix_(rows, columns)]
            begin = self.had[rows, 0][:, None]
            if lost.start is None or lost.end is None:
                part[..., 1] = part[..., 0]
            else:  # what can't be had lies before or after what can, never inside it
                head = lost.start <= begin
                part[..., 0] = np.where(head, np.maximum(part[..., 0], lost.end), part[..., 0])
                part[..., 1] = np.where(head, part[..., 1], np.minimum(part[..., 1], lost.start))
            part[..., 1] = np.maximum(part[..., 0], part[..., 1])
            spans[np.ix_(rows, columns)] = part
        return spans

    @property
    def step(self) -> int:
        """Hours in one number of this level."""
        return 24 if self.level == "day" else 1

    def numbers(self) -> int:
        """Count the single numbers that can be had."""
        return int((self.spans[..., 1] - self.spans[..., 0]).sum()) // self.step


def resolve(
    query: Query,
    now: datetime,
    profile: str = "reference",
    credentials: Collection[str] = ("user", "app"),
) -> Wanted:
    """Work out what a query wants at a moment.

    Parameters
    ----------
    query
        The question.
    now
        Aware datetime: ages, relative periods and "not over yet" depend on it.
    profile
        How far historical reaches: ``reference`` or ``overview``.
    credentials
        Which kinds of credential there are.

    Returns
    -------
    Wanted
        Spans and what can't be had.
    """
    births = creation_hours(query.tweet_ids)
    if query.endpoint == "totals":
        lost = _too_old_totals(query, now, credentials)
        one = np.tile(np.array([0, 1], dtype=np.int64), (len(births), 1))
        return Wanted(query, now, "lifetime", one, one, lost)
    level = _level(query)
    asked = _asked(query, now, births, level)
    if query.endpoint == "28hr":
        return _last_28_hours(query, now, births, asked)
    return _historical(query, now, births, asked, level=level, profile=profile)


def _level(query: Query) -> str:
    """Choose what to ask the API for: the coarsest level that all tables can be summed from."""
    needs = {level for _, levels in query.wanted_groupings for level in levels}
    if query.endpoint == "28hr" or HOUR in needs:
        return "hour"
    return "day" if query.by == "day" or _at_midnights(query) else "hour"


def _at_midnights(query: Query) -> bool:
    period = query.period
    if isinstance(period, Between):
        return all(floor_hour(end) % 24 == 0 for end in (period.start, period.end))
    return isinstance(period, Last) and period.hours % 24 == 0


def _asked(query: Query, now: datetime, births: Hours, level: str) -> Hours:
    """Give the hours that the query names, for each tweet."""
    period = query.period
    day = level == "day"
    if isinstance(period, First):
        ends = births + period.hours
        if day:
            return np.stack([births - births % 24, ends + -ends % 24], axis=1)
        return np.stack([births, ends], axis=1)
    if isinstance(period, Between):
        span = (floor_hour(period.start), floor_hour(period.end))
    elif period is None:  # 28hr: the API's own window, the running hour among it
        span = (floor_hour(now - timedelta(hours=LAST_HOURS.value)), ceil_hour(now))
    else:
        end = floor_day(floor_hour(now)) if day else floor_hour(now)
        span = (end - period.hours, end)
    return np.tile(np.array(span, dtype=np.int64), (len(births), 1))


def _last_28_hours(query: Query, now: datetime, births: Hours, asked: Hours) -> Wanted:
    had = np.stack([np.maximum(asked[:, 0], births), asked[:, 1]], axis=1)
    had[:, 1] = np.maximum(had[:, 0], had[:, 1])
    unborn = np.where(births >= asked[:, 1], asked[:, 1], asked[:, 0])
    reason = "the tweet was created after the period"
    lost = _spans_lost(query, asked[:, 0], unborn, "out_of_range", reason)
    return Wanted(query, now, "hour", asked, had, (*lost, *_too_old_video(query, now)))


def _historical(
    query: Query, now: datetime, births: Hours, asked: Hours, *, level: str, profile: str
) -> Wanted:
    day = level == "day"
    reach = ceil_hour(history_begins(profile, now))
    over = floor_hour(now)
    reach, over = (ceil_day(reach), floor_day(over)) if day else (reach, over)
    lives = births - births % 24 if day else births
    begins = np.maximum(asked[:, 0], lives)
    unknown = _without_birth(query)
    begins[unknown] = asked[unknown, 1]
    starts = np.maximum(begins, reach)
    ends = np.minimum(asked[:, 1], over)
    had = np.stack([starts, np.maximum(starts, ends)], axis=1)
    unborn = (begins >= asked[:, 1]) & ~unknown
    lost = [
        *_spans_lost(
            query,
            asked[:, 0],
            np.where(unborn, asked[:, 1], asked[:, 0]),
            "out_of_range",
            "the tweet was created after the period",
        ),
        *_spans_lost(
            query,
            asked[:, 0],
            np.where(unknown, asked[:, 1], asked[:, 0]),
            "out_of_range",
            "an id from before November 2010 does not say when its tweet was created",
        ),
        *_spans_lost(
            query,
            begins,
            np.minimum(asked[:, 1], reach),
            "out_of_range",
            f"historical reaches back to {profile!r} limits only",
        ),
        *_spans_lost(
            query,
            np.maximum(begins, over),
            asked[:, 1],
            "out_of_range",
            "not over yet when asked",
        ),
        *_small_set(query, had),
        *_too_old_video(query, now),
    ]
    return Wanted(query, now, level, asked, had, tuple(lost))


def _without_birth(query: Query) -> npt.NDArray[np.bool_]:
    """Say for which tweets the period hangs on a moment of creation that the id does not tell."""
    if not isinstance(query.period, First):
        return np.zeros(len(query.tweet_ids), dtype=bool)
    return np.array([int(one) < FIRST_TIMED_ID for one in query.tweet_ids])


def _spans_lost(
    query: Query, starts: Hours, ends: Hours, status: str, reason: str
) -> list[Unobtainable]:
    """Name the lost spans, tweets with the same span together."""
    groups: dict[tuple[int, int], list[str]] = {}
    for row in np.flatnonzero(starts < ends):
        span = (int(starts[row]), int(ends[row]))
        groups.setdefault(span, []).append(query.tweet_ids[row])
    return [
        Unobtainable(tuple(ids), query.metrics, start, end, status, reason)
        for (start, end), ids in groups.items()
    ]


def _small_set(query: Query, had: Hours) -> list[Unobtainable]:
    """Tell of likes, replies and retweets before 2015-09-15, which historical counts as 0."""
    metrics = tuple(name for name in query.metrics if name in SMALL_SET)
    if not metrics:
        return []
    from_hour = floor_hour(SMALL_SET_FROM)
    ends = np.minimum(had[:, 1], from_hour)
    reason = "historical counts favorites, replies and retweets from 2015-09-15 on"
    lost = _spans_lost(query, had[:, 0], ends, "out_of_range", reason)
    return [
        Unobtainable(one.tweet_ids, metrics, one.start, one.end, one.status, one.reason)
        for one in lost
    ]


def _older_than(query: Query, days: int, now: datetime) -> tuple[str, ...]:
    """List tweets created more than some days before now; untimed ids are always among them."""
    edge = now - timedelta(days=days)
    first_young = max(FIRST_TIMED_ID, _first_id(edge))
    return tuple(one for one in query.tweet_ids if int(one) < first_young)


def _first_id(when: datetime) -> int:
    """Give the smallest id that a tweet of this moment can have."""
    milliseconds = -((_EPOCH - when) // timedelta(milliseconds=1))
    return max(0, milliseconds - ID_EPOCH_MS) << 22


def _too_old_video(query: Query, now: datetime) -> tuple[Unobtainable, ...]:
    if "video_views" not in query.metrics:
        return ()
    old = _older_than(query, VIDEO_DAYS.value, now)
    reason = f"video_views only of tweets up to {VIDEO_DAYS.value} days old"
    lost = Unobtainable(old, ("video_views",), None, None, "too_old_for_video", reason)
    return (lost,) if old else ()


def _too_old_totals(
    query: Query, now: datetime, credentials: Collection[str]
) -> tuple[Unobtainable, ...]:
    """Tell what totals can't give: by age, and by the kinds of credential that there are."""
    lost = list(_too_old_video(query, now))
    public = registry.offered("totals", "app")
    private = tuple(name for name in query.metrics if name not in public)
    if not private:
        return tuple(lost)
    old = _older_than(query, TOTALS_PRIVATE_DAYS.value, now)
    if old:
        reason = f"on totals only of tweets up to {TOTALS_PRIVATE_DAYS.value} days old"
        status = "too_old_for_impressions"
        lost.append(Unobtainable(old, private, None, None, status, reason))
    if "user" not in credentials:
        rest = _others(query.tweet_ids, old)
        reason = "impressions and engagements need the author's own keys"
        lost += [Unobtainable(rest, private, None, None, "not_offered", reason)] if rest else []
    return tuple(lost)


def _others(ids: Sequence[str], taken: Sequence[str]) -> tuple[str, ...]:
    gone = set(taken)
    return tuple(one for one in ids if one not in gone)
