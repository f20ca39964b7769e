"""Numbers that were observed more than once: read a few tweets at a time, whatever the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.answers.store import Store
from engagement_kit.errors import AmbiguousAnswer, StoreError, TableError, UnreadableAnswer
from engagement_kit.question import metrics as registry
from engagement_kit.question.gaps import furthest
from engagement_kit.question.hours import Hours
from engagement_kit.question.known import Known
from engagement_kit.question.micros import EPOCH, HOUR_US
from engagement_kit.question.query import Query
from engagement_kit.question.tweet_ids import as_numbers, creation_hours
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.pile import Pile
from engagement_kit.tables.readers.scanned import Ints
from engagement_kit.tables.telling import KINDS, read_one
from engagement_kit.tables.times import micros

LEVELS: Final = ("hour", "day", "lifetime")
_HOURS_IN: Final = {"hour": 1, "day": 24, "lifetime": 1}
_ENDPOINT: Final = {"hour": "historical", "day": "historical", "lifetime": "totals"}
_CELLS: Final = 1_000_000
"""So many counts, about, are held at once."""


def of_one(known: list[Known], service: str | None) -> list[Known]:
    """Keep the answers of one service: what is invented never mixes with what is not.

    Raises
    ------
    TableError
        When there are several and none was chosen, or none of the chosen one.
    """
    services = sorted({one.service for one in known})
    if service is None and len(services) > 1:
        msg = f"the store holds answers of {' and '.join(services)}; choose one by service=..."
        raise TableError(msg)
    if service is not None and services and service not in services:
        held = " and ".join(services)
        msg = f"service is {service!r}, and the store holds answers of {held}; choose one of these"
        raise TableError(msg)
    return [one for one in known if service in {None, one.service}]


class Pairs(NamedTuple):
    """Each tweet in each answer: its id as a number, the answer's position, and the hours."""

    tweet: Hours
    answer: Hours
    start: Hours
    end: Hours

    def at(self, chosen: npt.NDArray[np.bool_] | Hours) -> Pairs:
        """Give some of them."""
        return Pairs(*(column[chosen] for column in self))


@dataclass(frozen=True)
class Looks:
    """Observations of some tweets' numbers, those of one number together and the oldest first.

    Attributes
    ----------
    tweets
        Ids as numbers.
    metrics
        Names of metrics.
    row, col
        Which of the tweets, and which metric.
    hour
        The hour at which the number's period begins; 0 for lifetime.
    seen
        When it was observed, microseconds since 1970.
    value
        The count.
    answer
        The position of the answer.
    same
        Whether the observation before is of the same number.
    """

    tweets: Hours
    metrics: tuple[str, ...]
    row: Ints
    col: Ints
    hour: Ints
    seen: Ints
    value: Ints
    answer: Ints
    same: npt.NDArray[np.bool_]


def pairs_of(answers: Sequence[Known]) -> Pairs:
    """List each tweet in each answer."""
    sizes = np.fromiter((len(one.tweet_ids) for one in answers), np.int64, len(answers))
    tweet = as_numbers(list(chain.from_iterable(one.tweet_ids for one in answers)))
    answer = np.repeat(np.arange(len(answers)), sizes)
    edges = [(one.start, one.end if one.level != "lifetime" else 1) for one in answers]
    start, end = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    return Pairs(tweet, answer, start[answer], end[answer])


def shared(pairs: Pairs) -> npt.NDArray[np.bool_]:
    """Say of which pairs another answer has hours of the same tweet, too.

    Examples
    --------
    >>> column = lambda *numbers: np.array(numbers, dtype=np.int64)
    >>> shared(Pairs(column(7, 7, 7, 8), column(0, 1, 2, 2), column(0, 3, 9, 3),
    ...              column(4, 9, 12, 9))).tolist()
    [True, True, False, False]
    """
    found = np.zeros(len(pairs.tweet), dtype=bool)
    if not len(found):
        return found
    order = np.lexsort((pairs.end, pairs.start, pairs.tweet))
    tweet, _, start, end = pairs.at(order)
    far = furthest(tweet, end)
    follows = np.zeros(len(order), dtype=bool)
    follows[1:] = (tweet[1:] == tweet[:-1]) & (start[1:] < far[:-1])
    followed = np.zeros(len(order), dtype=bool)
    followed[:-1] = (tweet[1:] == tweet[:-1]) & (start[1:] < end[:-1])
    found[order] = follows | followed
    return found


class Reader:
    """Reads what stored answers of one level count, a few tweets at a time.

    Parameters
    ----------
    store
        Where the answers are.
    level
        ``hour``, ``day`` or ``lifetime``.
    answers
        What they cover; those of other levels and refusals are left out.

    Attributes
    ----------
    answers
        The others, in the order of observation.
    damaged
        Names of answers that can't be read, each with the reason: they are left out.
    """

    def __init__(self, store: Store, level: str, answers: Iterable[Known]) -> None:
        self.store, self.level = store, level
        mine = (one for one in answers if one.level == level and not one.refused)
        self.answers = sorted(mine, key=lambda one: (one.observed_at, one.ref))
        self.damaged: dict[str, str] = {}

    def looks(self, choose: Callable[[Pairs], npt.NDArray[np.bool_]] = shared) -> Iterator[Looks]:
        """Give the observations of numbers, tweets in the order of their ids.

        Parameters
        ----------
        choose
            Says which tweets of which answers are needed; only these answers are read.
        """
        if not self.answers:
            return
        pairs = pairs_of(self.answers)
        pairs = pairs.at(choose(pairs))
        pairs = pairs.at(np.argsort(pairs.tweet, kind="stable"))
        for block in self._blocks(pairs):
            looks = self._read(block)
            if len(looks.value):
                yield looks

    def _blocks(self, pairs: Pairs) -> Iterator[Pairs]:
        """Cut at tweets, so that the counts of a block are not too many."""
        if not len(pairs.tweet):
            return
        metrics = np.array([len(one.metrics) for one in self.answers], dtype=np.int64)
        cells = (pairs.end - pairs.start) // _HOURS_IN[self.level] * metrics[pairs.answer]
        begins = np.flatnonzero(np.diff(pairs.tweet, prepend=-1))
        ends = np.append(begins[1:], len(pairs.tweet))
        at, held = 0, 0
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            more = int(cells[begin:end].sum())
            if held and held + more > _CELLS:
                yield Pairs(*(column[at:begin] for column in pairs))
                at, held = begin, 0
            held += more
        yield Pairs(*(column[at:] for column in pairs))

    def _read(self, block: Pairs) -> Looks:
        """Read the answers of a block, one at a time."""
        chosen = np.unique(block.answer).tolist()
        wanted = self._wanted(block, chosen)
        pile, sizes = Pile(KINDS), []
        for at in chosen:
            cells = self._cells(wanted, at)
            pile.add(cells)
            sizes.append(len(cells[0]))
        row, col, hour, value, good = pile.columns()
        answer = np.repeat(np.array(chosen, dtype=np.int64), sizes)
        moments = np.array([micros(one.observed_at) for one in self.answers], dtype=np.int64)
        if self.level != "lifetime":  # zeros of the time before a tweet are no counts of it
            births = creation_hours(wanted.query.tweet_ids)
            births -= births % _HOURS_IN[self.level]
            good = good & ((value != 0) | (hour >= births[row]))
        order = np.lexsort((answer, hour, col, row))
        order = order[good[order]]
        columns = [one[order] for one in (row, col, hour, value, answer)]
        return _looks(wanted.query, columns, moments)

    def _wanted(self, block: Pairs, chosen: Sequence[int]) -> Wanted:
        names = frozenset[str]().union(*(self.answers[at].metrics for at in chosen))
        endpoint = _ENDPOINT[self.level]
        by: Any = "total" if self.level == "lifetime" else self.level
        metrics = [one for one in registry.offered(endpoint) if one in names]
        query = Query(endpoint, np.unique(block.tweet).tolist(), metrics, by=by)
        nothing = np.zeros((len(query.tweet_ids), 2), dtype=np.int64)
        return Wanted(query, EPOCH, self.level, nothing, nothing, ())

    def _cells(self, wanted: Wanted, at: int) -> tuple[Ints, ...]:
        """Read one answer; nothing of one that can't be read."""
        ref = self.answers[at].ref
        if ref not in self.damaged:
            try:
                return read_one(wanted, self.store.load(ref))[1]
            except (StoreError, UnreadableAnswer, AmbiguousAnswer) as error:
                self.damaged[ref] = str(error)
        return tuple(np.empty(0, dtype=kind) for kind in KINDS)


def _looks(query: Query, columns: Sequence[Ints], moments: Ints) -> Looks:
    """Put observations together; of two of one moment the later answer counts."""
    row, col, hour, value, answer = columns
    seen = moments[answer]
    same = np.zeros(len(row), dtype=bool)
    same[1:] = (row[1:] == row[:-1]) & (col[1:] == col[:-1]) & (hour[1:] == hour[:-1])
    twice = np.zeros(len(row), dtype=bool)
    twice[:-1] = same[1:] & (seen[1:] == seen[:-1])
    if twice.any():
        kept = [one[~twice] for one in columns]
        return _looks(query, kept, moments)
    return Looks(query.numbers, query.metrics, row, col, hour, seen, value, answer, same)


def over_at(level: str, hour: Ints) -> Ints:
    """Give the moment at which the periods that begin at these hours are over, microseconds."""
    return (hour.astype(np.int64) + _HOURS_IN[level]) * HOUR_US
