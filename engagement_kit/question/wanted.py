"""What a Query wants at a moment: for each tweet the hours, and what can't be had and why.

Age and period rules live here, because they depend on now. Spans are half-open, in UTC hours.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from engagement_kit.question import metrics as registry
from engagement_kit.question.hours import (
    HOURS_A_DAY,
    Hours,
    ceil_day,
    ceil_hour,
    floor_day,
    floor_hour,
    iso,
    moment,
)
from engagement_kit.question.losses import (
    CREATED_AFTER,
    PURGED,
    Keyless,
    Unobtainable,
    named,
    too_old,
    unsigned,
    without_keys,
)
from engagement_kit.question.periods import Between, First, Last
from engagement_kit.question.query import Query
from engagement_kit.question.rules import (
    HOUR,
    LAST_HOURS,
    SMALL_SET,
    SMALL_SET_FROM,
    history_begins,
)
from engagement_kit.question.tweet_ids import FIRST_TIMED_ID, hours_of

_HALF = 32


@dataclass(frozen=True)
class Wanted:
    """A query at a moment.

    Metrics that can be had for the same hours are of one kind: what is true of a million tweets
    and fifteen metrics is kept once for each tweet and kind.

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
    unobtainable
        What can't be had, with its reason.
    public
        Metrics that app-only requests may ask, where there are keys for them; on totals alone.
    """

    query: Query
    now: datetime
    level: str
    asked: Hours
    had: Hours
    unobtainable: tuple[Unobtainable, ...]
    public: frozenset[str] = frozenset()

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The position of each tweet id."""
        return {tweet_id: row for row, tweet_id in enumerate(self.query.tweet_ids)}

    @cached_property
    def kinds(self) -> tuple[tuple[str, ...], ...]:
        """The query's metrics, those of one kind together."""
        groups: dict[tuple[int, ...], list[str]] = {}
        for name in self.query.metrics:
            named = tuple(at for at, lost in enumerate(self.unobtainable) if name in lost.metrics)
            groups.setdefault(named, []).append(name)
        return tuple(map(tuple, groups.values()))

    @cached_property
    def kind_of(self) -> Hours:
        """The position of each metric's kind."""
        place = {name: at for at, names in enumerate(self.kinds) for name in names}
        return np.array([place[name] for name in self.query.metrics])

    @cached_property
    def by_kind(self) -> Hours:
        """The obtainable hours for each tweet and kind: shape (tweets, kinds, 2).

        For lifetime one "hour" from 0 to 1 stands for the one number.
        """
        return self._clipped(self.had)

    @cached_property
    def spans(self) -> Hours:
        """The obtainable hours for each (tweet, metric): shape (tweets, metrics, 2)."""
        return self.by_kind[:, self.kind_of]

    @cached_property
    def labels(self) -> Hours:
        """The hours that a sum for each (tweet, metric) speaks of: shape (tweets, metrics, 2).

        What the query names less what can't be had; hours before the tweet's creation are in it.
        """
        return self._clipped(self.asked)[:, self.kind_of]

    def _clipped(self, edges: Hours) -> Hours:
        spans: Hours = np.repeat(edges[:, None, :], len(self.kinds), axis=1)
        for lost in self.unobtainable:
            begin = self.had[lost.rows, 0]
            for column, names in enumerate(self.kinds):
                if names[0] in lost.metrics:
                    spans[lost.rows, column] = _without(spans[lost.rows, column], lost, begin)
        return spans

    @property
    def step(self) -> int:
        """Hours in one number of this level."""
        return 24 if self.level == "day" else 1

    @cached_property
    def lived(self) -> Hours:
        """What the query names of each tweet's life: shape (tweets, 2); none: start is end.

        The hour or day of its creation is in it. What was before is nobody's to give, and neither
        asked nor missing, whether the tweet was created within the period or after it.
        """
        if self.level == "lifetime":
            return self.asked
        births = hours_of(self.query.numbers)
        starts = np.maximum(self.asked[:, 0], births - births % self.step)
        return np.stack([starts, np.maximum(starts, self.asked[:, 1])], axis=1)

    def numbers_asked(self) -> int:
        """Count the single numbers that are asked for, whether they can be had or not."""
        return int(np.diff(self.lived).sum()) // self.step * len(self.query.metrics)

    def created_after(self) -> tuple[str, ...]:
        """List the tweets that were created after the period: there is nothing to count of them."""
        none = np.flatnonzero(np.diff(self.lived) == 0)
        return tuple(self.query.tweet_ids[row] for row in none)

    def numbers(self) -> int:
        """Count the single numbers that can be had."""
        lengths = (self.by_kind[..., 1] - self.by_kind[..., 0]).sum(axis=0)
        sizes = [len(names) for names in self.kinds]
        return int((lengths * sizes).sum()) // self.step


def _without(part: Hours, lost: Unobtainable, begin: Hours) -> Hours:
    """Take what can't be had off spans: it lies before or after what can, never inside it."""
    low, high = part[:, 0], part[:, 1]
    if lost.start is None or lost.end is None:
        return np.stack([low, low], axis=1)
    head = lost.start <= begin
    low = np.where(head, np.maximum(low, lost.end), low)
    high = np.where(head, high, np.minimum(high, lost.start))
    return np.stack([low, np.maximum(low, high)], axis=1)


def resolve(
    query: Query,
    now: datetime,
    profile: str = "reference",
    credentials: Collection[str] = ("user", "app"),
    keyless: Keyless = (),
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
    keyless
        Tweets of whose owners there are no keys; see `owners.lacking`.

    Returns
    -------
    Wanted
        Spans and what can't be had.
    """
    births = hours_of(query.numbers)
    no_keys = without_keys(query, now, keyless, credentials)
    if query.endpoint == "totals":
        lost = (*too_old(query, now), *unsigned(query, now, credentials), *no_keys)
        one = np.tile(np.array([0, 1], dtype=np.int64), (len(births), 1))
        public = frozenset(registry.offered("totals", "app") if "app" in credentials else ())
        return Wanted(query, now, "lifetime", one, one, lost, public)
    level = _level(query)
    asked = _asked(query, now, births, level)
    if query.endpoint == "28hr":
        wanted = _last_28_hours(query, now, births, asked)
    else:
        wanted = _historical(
            query, now, births, asked, level=level, profile=profile, keyless=keyless
        )
    return replace(wanted, unobtainable=(*wanted.unobtainable, *no_keys))


def purged(query: Query, now: datetime) -> Wanted:
    """Work out what a query of purged tweets would want: all of it, and none can be had.

    Parameters
    ----------
    query
        Of purged tweets alone.
    now
        Aware datetime, as for `resolve`.

    Returns
    -------
    Wanted
        Each number is wanted as `resolve` says, and lost for one reason.
    """
    births = hours_of(query.numbers)
    rows = np.arange(len(births))
    why = ("purged", PURGED)
    lost = (named(query, rows, query.metrics, None, why),)
    if query.endpoint == "totals":
        one = np.tile(np.array([0, 1], dtype=np.int64), (len(births), 1))
        return Wanted(query, now, "lifetime", one, one, lost)
    level = _level(query)
    asked = _asked(query, now, births, level)
    lives = births - births % 24 if level == "day" else births
    starts, ends = asked[:, 0], asked[:, 1]
    alive = np.where(lives < ends, np.maximum(starts, lives), starts)
    return Wanted(query, now, level, asked, np.stack([alive, ends], axis=1), lost)


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
    lost = _spans_lost(query, asked[:, 0], unborn, "out_of_range", CREATED_AFTER)
    return Wanted(query, now, "hour", asked, had, (*lost, *too_old(query, now)))


def _historical(
    query: Query,
    now: datetime,
    births: Hours,
    asked: Hours,
    *,
    level: str,
    profile: str,
    keyless: Keyless,
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
    signed = had.copy()
    for _, rows in keyless:  # all of theirs is lost, these hours too
        signed[rows, 1] = signed[rows, 0]
    unborn = (begins >= asked[:, 1]) & ~unknown
    lost = [
        *_spans_lost(
            query,
            asked[:, 0],
            np.where(unborn, asked[:, 1], asked[:, 0]),
            "out_of_range",
            CREATED_AFTER,
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
            f"what was before {_day_or_hour(reach)}: historical begins there (profile {profile!r})",
        ),
        *_spans_lost(
            query,
            np.maximum(begins, over),
            asked[:, 1],
            "out_of_range",
            "not over yet when asked",
        ),
        *_small_set(query, signed),
        *too_old(query, now),
    ]
    return Wanted(query, now, level, asked, had, tuple(lost))


def _day_or_hour(hour: int) -> str:
    """Write the hour at which something begins, a midnight as its day."""
    begins = iso(moment(hour))
    return begins if hour % HOURS_A_DAY else begins[:10]


def _without_birth(query: Query) -> npt.NDArray[np.bool_]:
    """Say for which tweets the period hangs on a moment of creation that the id does not tell."""
    if not isinstance(query.period, First):
        return np.zeros(len(query.tweet_ids), dtype=bool)
    return query.numbers < FIRST_TIMED_ID


def _spans_lost(
    query: Query, starts: Hours, ends: Hours, status: str, reason: str
) -> list[Unobtainable]:
    """Name the lost spans, tweets with the same span together."""
    rows = np.flatnonzero(starts < ends)
    if not len(rows):
        return []
    spans = (starts[rows] << _HALF) + ends[rows]  # one number for both: far quicker to sort
    order = np.argsort(spans, kind="stable")
    edges = np.flatnonzero(np.diff(spans[order])) + 1
    lost = [
        named(
            query,
            group,
            query.metrics,
            (int(starts[group[0]]), int(ends[group[0]])),
            (status, reason),
        )
        for group in np.split(rows[order], edges)
    ]
    return sorted(lost, key=lambda one: int(one.rows[0]))


def _small_set(query: Query, had: Hours) -> list[Unobtainable]:
    """Tell of likes, replies and retweets before 2015-09-15, which historical counts as 0."""
    metrics = tuple(name for name in query.metrics if name in SMALL_SET)
    if not metrics:
        return []
    from_hour = floor_hour(SMALL_SET_FROM)
    ends = np.where(had[:, 0] < had[:, 1], np.minimum(had[:, 1], from_hour), had[:, 0])
    reason = "historical counts favorites, replies and retweets from 2015-09-15 on"
    lost = _spans_lost(query, had[:, 0], ends, "out_of_range", reason)
    return [replace(one, metrics=metrics) for one in lost]
