"""Which due snapshots are still to be taken: told by the raw store alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from engagement_kit.answers.news import News
from engagement_kit.answers.store import Store
from engagement_kit.client.follow_spec import Spec
from engagement_kit.question import metrics as registry
from engagement_kit.question.known import Known
from engagement_kit.question.micros import DAY_US, Micros, micros_of
from engagement_kit.question.offer import age_limit
from engagement_kit.question.plan import Plan
from engagement_kit.question.query import Query
from engagement_kit.question.schedule import NOT_YET, Schedule

Flags = npt.NDArray[np.bool_]
Unsigned = Iterable[tuple[str, str, tuple[str, ...], tuple[int, ...]]]
"""What nobody's keys can ask: status, words, metrics, and positions of tweets."""

_PUBLIC: Final = frozenset(registry.offered("totals", "app"))
_FOR_KEYS: Final = frozenset({"not_owned", "not_offered"})


class Askable:
    """Which metrics of which tweets can be asked: tables of tweets x metrics.

    Parameters
    ----------
    query, schedule
        What is followed.
    """

    def __init__(self, query: Query, schedule: Schedule) -> None:
        self.query, self._born = query, schedule.born
        self.row_of = {one: row for row, one in enumerate(query.tweet_ids)}
        self._column = {name: at for at, name in enumerate(query.metrics)}
        limits = (age_limit("totals", name) for name in query.metrics)
        self._days = [None if one is None else one.days for one in limits]
        self._private = np.array([name not in _PUBLIC for name in query.metrics], dtype=bool)
        self.refused = np.zeros(len(query.tweet_ids), dtype=bool)

    def rows(self, tweets: Iterable[str]) -> Micros:
        """Give the positions of those tweets that are followed."""
        found = [row for one in tweets if (row := self.row_of.get(one)) is not None]
        return np.array(found, dtype=np.int64)

    def columns(self, names: Iterable[str]) -> Micros:
        """Give the positions of those metrics that are followed."""
        found = sorted(at for name in names if (at := self._column.get(name)) is not None)
        return np.array(found, dtype=np.int64)

    def refuse(self, known: Known) -> None:
        """Note that tweets are somebody else's; of the others' it says nothing."""
        if any(one not in _PUBLIC for one in known.metrics):
            self.refused[self.rows(known.tweet_ids)] = True

    def unsigned(self, lost: Unsigned) -> Flags:
        """Give the table of what nobody's keys can ask."""
        table = np.zeros((len(self._born), len(self._column)), dtype=bool)
        for _status, _why, names, rows in lost:
            table[np.ix_(np.array(rows, dtype=np.int64), self.columns(names))] = True
        return table

    def too_old(self, rows: Micros, at: Micros | int) -> Flags:
        """Say which metrics tweets are too old for at some moments, one for each row."""
        table = np.zeros((len(rows), len(self._days)), dtype=bool)
        for column, days in enumerate(self._days):
            if days is not None:
                table[:, column] = self._born[rows] + days * DAY_US < at
        return table

    def foreign(self, rows: Micros) -> Flags:
        """Say which metrics of tweets were refused as another account's."""
        found: Flags = self.refused[rows][:, None] & self._private
        return found


class Pending:
    """Keeps which snapshots are due and not taken, as the store grows.

    Parameters
    ----------
    store
        Where answers are, whoever puts them there.
    spec
        What is followed.
    unsigned
        What nobody's keys can ask.
    """

    def __init__(self, store: Store, spec: Spec, unsigned: Unsigned = ()) -> None:
        self.schedule = spec.schedule
        self.askable = Askable(spec.query, self.schedule)
        self.refusals: list[Known] = []
        self._service = spec.service
        self._news = News(store)
        self._later: list[Known] = []
        self._unsigned = self.askable.unsigned(unsigned)
        size = (len(self.schedule), len(spec.query.metrics))
        self._told = np.full(size, NOT_YET, dtype=np.int64)

    def at(self, now: int) -> tuple[Micros, Micros]:
        """Give the tweets of which a snapshot is due and not taken, and since when, longest first.

        A snapshot may be taken until the next of its tweet is due. What a stored answer told
        since, whoever asked, counts.
        """
        due = self.schedule.last(now)
        rows = self.lacking(np.flatnonzero(due != NOT_YET), due[due != NOT_YET], now)
        rows = rows[np.argsort(due[rows], kind="stable")]
        return rows, due[rows]

    def lacking(self, rows: Micros, due: Micros, now: int) -> Micros:
        """Give those of some tweets of which not all that can be asked was told since a moment."""
        self._look(now)
        lost = self._unsigned[rows] | self.askable.too_old(rows, now) | self.askable.foreign(rows)
        lacks = (~lost & (self._told[rows] < due[:, None])).any(axis=1)
        return rows[lacks]

    def told(self, now: int) -> Micros:
        """Give the tweets that are due at this very moment, and of which all was told."""
        rows = np.flatnonzero(self.schedule.last(now) == now)
        self._look(now)
        rows = rows[(self._told[rows] >= now).any(axis=1)]
        return np.setdiff1d(rows, self.lacking(rows, np.full(len(rows), now), now))

    @property
    def anything(self) -> bool:
        """Whether any number can be asked at all, once its tweet is there."""
        every = np.arange(len(self.schedule))
        lost = self._unsigned | self.askable.too_old(every, self.schedule.begins)
        return not bool((lost | self.askable.foreign(every)).all())

    def refused_by(self, now: datetime) -> list[Known]:
        """List the answers by which any of the tweets was refused so far."""
        self._look(micros_of(now))
        return self.refusals

    def _look(self, now: int) -> None:
        """Take in what came; what was observed later than now is not known yet."""
        found = [one for one in self._news.come() if one.service == self._service]
        came: list[Known] = []
        later: list[Known] = []
        for one in [*self._later, *found]:
            (came if micros_of(one.observed_at) <= now else later).append(one)
        self._later = later
        for one in came:
            if one.refused:
                self._refuse(one)
            elif one.level == "lifetime":
                self._tell(one)

    def _refuse(self, known: Known) -> None:
        if len(self.askable.rows(known.tweet_ids)):
            self.refusals.append(known)
            self.askable.refuse(known)

    def _tell(self, known: Known) -> None:
        rows, columns = self.askable.rows(known.tweet_ids), self.askable.columns(known.metrics)
        if len(rows) and len(columns):
            place = np.ix_(rows, columns)
            self._told[place] = np.maximum(self._told[place], micros_of(known.observed_at))


def unsigned_of(made: Plan) -> tuple[tuple[str, str, tuple[str, ...], tuple[int, ...]], ...]:
    """Take what nobody's keys can ask out of what a plan can't have; ages are another matter."""
    return tuple(
        (one.status, one.reason, one.metrics, tuple(map(int, one.rows)))
        for one in made.unobtainable
        if one.status in _FOR_KEYS
    )
