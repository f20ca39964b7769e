"""The plan of a following: which snapshots are due, and what they cost, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np

from engagement_kit.question import markup, metrics
from engagement_kit.question.amounts import many
from engagement_kit.question.due_requests import DueRequests
from engagement_kit.question.hours import iso
from engagement_kit.question.known import Known
from engagement_kit.question.micros import Micros, micros_of
from engagement_kit.question.plan import Plan
from engagement_kit.question.price import by_account_text, in_order
from engagement_kit.question.query import Query
from engagement_kit.question.schedule import (
    AGES_A_STEP,
    Dues,
    Schedule,
    days_of,
    ladder,
    length,
)
from engagement_kit.question.where import Where

_DAYS: Final = 7
"""So many days are told of one by one."""
_FIRST_DAY: Final = date(1970, 1, 1)
_NONE: Final = np.empty(0, dtype=np.int64)
_EXACT: Final = "; owners= says who wrote them, and gives the exact price"


@dataclass(frozen=True)
class DayPrice:
    """What one UTC day of a following costs.

    Attributes
    ----------
    day
        Which.
    snapshots
        Tweets x due moments.
    requests
        Calls that they take, if none fails.
    by_account
        The same by whose keys sign; None: app-only.
    """

    day: date
    snapshots: int
    requests: int
    by_account: dict[str | None, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FollowPlan:
    """What a following takes. Made by ``client.plan_follow``; nothing is sent.

    Attributes
    ----------
    query
        Which lifetime counts of which tweets.
    schedule
        When they are due.
    now
        The moment of planning: what was due before is not counted, nor what is due just then and
        stored already.
    first : Plan
        The plan of one snapshot of all of them at that moment: whose keys sign, what can't be had.
    begun
        Whether it goes on with a following that was begun before.
    days : tuple of DayPrice
        The price of each UTC day on which anything is due; ``pd.DataFrame(plan.days)`` is a table.
    extra
        At most so many requests more, where nobody says who wrote the tweets, and they turn out to
        be other accounts'.
    over
        When the last following of the same ended; None where there was none, or it goes on with
        one.

    Examples
    --------
    >>> from datetime import UTC
    >>> now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    >>> query = Query("totals", ["2061384949969226276"], ["impressions"])
    >>> from engagement_kit.question.plan import plan
    >>> made = follow_plan(
    ...     query, Schedule(query.numbers, timedelta(hours=1), now, now + timedelta(days=2)),
    ...     plan(query, now=now),
    ... )
    >>> made.snapshots, made.requests, [one.requests for one in made.days]
    (39, 39, [12, 21, 6])
    """

    query: Query
    schedule: Schedule
    now: datetime
    first: Plan
    begun: bool
    days: tuple[DayPrice, ...]
    extra: int = 0
    over: datetime | None = None

    @property
    def every(self) -> timedelta:
        """The shortest time between two snapshots."""
        return self.schedule.every

    @property
    def since(self) -> datetime:
        """When the following began, or begins."""
        return self.schedule.since

    @property
    def until(self) -> datetime:
        """When it ends; nothing is due then any more."""
        return self.schedule.until

    @property
    def snapshots(self) -> int:
        """How many snapshots are due: tweets x moments."""
        return sum(one.snapshots for one in self.days)

    @property
    def requests(self) -> int:
        """How many calls they take, if none fails."""
        return sum(one.requests for one in self.days)

    @property
    def by_account(self) -> dict[str | None, int]:
        """The same by whose keys sign, the most first; None: app-only."""
        return by_whom(self.days)

    def lines(self) -> list[tuple[str, str]]:
        """Say the plan in words, as pairs of a label and a text."""
        names = metrics.in_words(self.query.metrics)
        rows = [
            ("follows", f"{many(len(self.query.tweet_ids), 'tweet')}: {names}"),
            ("from", iso(max(self.since, self.now))),
            ("until", iso(self.until)),
            ("snapshots", f"{self.snapshots:,} due; {steps_in_words(self.every)}"),
            ("requests", f"{self.requests:,} in all; at most {self.most_a_day:,} a day"),
        ]
        rows += [(f"{one.day}", many(one.requests, "request")) for one in self.days[:_DAYS]]
        if len(self.days) > _DAYS:
            rest = sum(one.requests for one in self.days[_DAYS:])
            later = many(len(self.days) - _DAYS, "later day")
            rows.append((later, f"{many(rest, 'request')} together"))
        if self.requests:
            rows.append(("accounts", by_account_text(self.by_account)))
        if self.extra:
            each = "1 more a tick, " if self.first.price.extra_app_only else ""
            what = f"{each}at most {many(self.extra, 'request')} more in all{_EXACT}"
            rows.append(("where tweets are other accounts'", what))
        if self.begun:
            rows.append(("goes on with", f"a following that was begun {iso(self.since)}"))
        elif self.over is not None:
            rows.append(("begins anew", f"the last following of the same ended {iso(self.over)}"))
        return rows + self.first.note_lines()

    @property
    def most_a_day(self) -> int:
        """The requests of the day that takes the most."""
        return max((one.requests for one in self.days), default=0)

    def __repr__(self) -> str:
        """Say the plan in a few lines of text."""
        return "FollowPlan\n" + "\n".join(f"  {label}: {text}" for label, text in self.lines())

    def _repr_html_(self) -> str:
        what = many(len(self.query.tweet_ids), "tweet")
        return markup.together(markup.facts(f"Plan of following {what}", self.lines()))


def steps_in_words(every: timedelta) -> str:
    """Say how far apart snapshots are, by age.

    Examples
    --------
    >>> steps_in_words(timedelta(hours=12))
    'every 12 h of tweets younger than 16 days, of older ones every 24 h'
    >>> steps_in_words(timedelta(days=1))
    'every 24 h'
    """
    steps = ladder(every)
    if len(steps) == 1:
        return f"every {length(every)}"
    young = f"every {length(every)} of tweets younger than {length(AGES_A_STEP * steps[1])}"
    if len(steps) == 2:
        return f"{young}, of older ones every {length(steps[-1])}"
    return f"{young}, then less often, of the oldest every {length(steps[-1])}"


def by_whom(days: Sequence[DayPrice]) -> dict[str | None, int]:
    """Sum the requests of days by whose keys sign, the most first; None, app-only, last."""
    counts: dict[str | None, int] = {}
    for day in days:
        for who, calls in day.by_account.items():
            counts[who] = counts.get(who, 0) + calls
    return in_order(counts)


def follow_plan(
    query: Query,
    schedule: Schedule,
    first: Plan,
    refusals: Sequence[Known] = (),
    *,
    begun: bool = False,
    told: Micros = _NONE,
    over: datetime | None = None,
) -> FollowPlan:
    """Price a following, from the moment of its first plan on.

    Parameters
    ----------
    query, schedule
        What is followed, and when.
    first
        The plan of one snapshot of all tweets, at the moment of planning.
    refusals
        Stored answers by which tweets were refused.
    begun
        Whether it was begun before.
    told
        The positions of tweets that are due at that very moment, and whose snapshot is stored.
    over
        When the last following of the same ended.
    """
    dues = schedule.dues(now := micros_of(first.now))
    open_ = ~((dues.at == now) & np.isin(dues.row, told))
    dues = Dues(dues.row[open_], dues.at[open_])
    days = day_prices(query, schedule, first.where, dues, refusals)
    extra = _extra(first, len(np.unique(dues.at)))
    return FollowPlan(query, schedule, first.now, first, begun, days, extra, over)


def _extra(first: Plan, ticks: int) -> int:
    """Bound what it costs more, where tweets turn out to be other accounts'.

    Once to find them: the API names them. From then on what is public of them takes a request of
    its own at each tick, for two parts of a batch take at most one request more than the whole.
    """
    price = first.price
    if first.query.owners is not None or not price.accounts or not ticks:
        return 0
    return price.extra + (ticks - 1 if price.extra_app_only else 0)


def day_prices(
    query: Query, schedule: Schedule, where: Where, dues: Dues, refusals: Sequence[Known] = ()
) -> tuple[DayPrice, ...]:
    """Price the days on which anything is due."""
    if not len(dues.at):
        return ()
    ticks, signed = DueRequests(query, where, refusals).at(schedule, dues)
    days, place = np.unique(days_of(ticks), return_inverse=True)
    snapshots = np.bincount(np.searchsorted(days, days_of(dues.at)), minlength=len(days))
    sums: dict[str | None, Any] = {
        who: np.bincount(place, weights=calls, minlength=len(days)).astype(int).tolist()
        for who, calls in signed.items()
    }
    return tuple(
        _day(int(day), int(snapshots[at]), {who: calls[at] for who, calls in sums.items()})
        for at, day in enumerate(days.tolist())
    )


def _day(day: int, snapshots: int, calls: dict[str | None, int]) -> DayPrice:
    """Give the price of a day by its number since 1970."""
    by_account = in_order({who: n for who, n in calls.items() if n})
    return DayPrice(
        _FIRST_DAY + timedelta(days=day), snapshots, sum(by_account.values()), by_account
    )
