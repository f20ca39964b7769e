"""In which order requests save most: the earliest deadline first. Numbers in, numbers out.

A request takes one turn, whatever it asks. What it saves by a deadline is a *step* of it; a request
has several where its numbers have several deadlines. By theory the earliest deadline first saves
everything wherever any order does. Where none does, and the rate is known, it is chosen what to
give up: in the order of deadlines each request is taken in, and where turns are too few, the one
that loses least is given up. Where each request has one deadline no choice saves more: sets of
requests that can all be on time are the independent sets of a matroid. Else it is an assignment of
requests to turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from typing import Final, Literal, NamedTuple, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from engagement_kit.errors import QueryError
from engagement_kit.question.hours import Hours
from engagement_kit.question.micros import NEVER, Micros, moment_at
from engagement_kit.question.spelling import no_such

OrderName = Literal["deadline"]
ORDERS: Final[tuple[OrderName, ...]] = get_args(OrderName)
"""Names of orders; without one requests go by who signs, the oldest window first."""
_US_A_MINUTE: Final = 60_000_000
_GIVEN_UP: Final = -1
_FEW: Final = 1000
"""Of so many jobs with several deadlines it is worth the time to find the best choice of all."""
_T = TypeVar("_T")


class Steps(NamedTuple):
    """What is lost of which job after which moment: one line for each loss.

    Attributes
    ----------
    job
        Positions of jobs: requests, or tweets that are to share requests.
    deadline
        The last moment at which it is still saved.
    weight
        How many numbers are lost after it.
    """

    job: Hours
    deadline: Micros
    weight: Hours

    def at(self, chosen: npt.NDArray[np.bool_] | Hours) -> Steps:
        """Give some of them."""
        return Steps(*(column[chosen] for column in self))

    def open(self, now: int) -> Steps:
        """Give those that can still be met, and missed."""
        return self.at((self.deadline >= now) & (self.deadline < NEVER))

    @classmethod
    def joined(cls, several: Iterable[Steps]) -> Steps:
        """Put several columns under each other; none of them gives none."""
        nothing = np.empty(0, dtype=np.int64)
        every = [cls(nothing, nothing, nothing), *several]
        return cls(*map(np.concatenate, zip(*every, strict=True)))


@dataclass(frozen=True, eq=False)
class Sending:
    """An order of jobs.

    Attributes
    ----------
    sequence
        The jobs, the first one first.
    lost
        Which steps will be too late at the known rate; None where it is not known.
    late
        How many numbers these are; None where the rate is not known.
    """

    sequence: Hours
    lost: npt.NDArray[np.bool_] | None = None
    late: int | None = None


def check_order(order: object) -> None:
    """Refuse an order that is none.

    Raises
    ------
    QueryError
        With those that there are.
    """
    if order is not None and order not in ORDERS:
        raise QueryError((no_such("order", order, ORDERS, ", or None"),))


def in_order(
    steps: Steps, many: int, now: int, per_minute: float | None = None, room: int = 1
) -> Sending:
    """Put jobs in the order that saves most.

    Parameters
    ----------
    steps
        What is lost when, none of it before now.
    many
        How many jobs there are.
    now
        The first turn, in microseconds since 1970.
    per_minute
        How many turns there are in a minute. None: not known, nothing is given up.
    room
        Jobs in one turn.

    Returns
    -------
    Sending
        First what can be on time, by deadline; then what has no deadline; last what was given up.
        Where deadlines are equal, as it was.

    Notes
    -----
    Jackson's rule (1955) for the order; for what to give up, the greedy choice of unit jobs with
    deadlines and weights (Lawler, Combinatorial Optimization, 1976, chapter 7). Where jobs have
    several deadlines, up to 1,000 of them that compete are assigned to turns at best; of more, or
    with more room in a turn, a job that is given up comes back with its next deadline, a rule of
    thumb.

    Examples
    --------
    >>> steps = Steps(*np.array([[0, 1, 2], [90_000_000, 0, 0], [1, 5, 9]]))
    >>> in_order(steps, 4, now=0).sequence.tolist()
    [1, 2, 0, 3]
    >>> found = in_order(steps, 4, now=0, per_minute=1)
    >>> found.sequence.tolist(), found.late
    ([2, 0, 3, 1], 5)
    """
    order = np.lexsort((steps.job, steps.deadline))
    steps = steps.at(order)
    key, given_up = _first_of_each(steps, many), np.zeros(many, dtype=bool)
    if per_minute is None:
        return Sending(np.argsort(key, kind="stable"))
    turns = turns_until(steps.deadline, now, per_minute)
    if not _all_in_time(key, steps, turns, room):
        step = _chosen(steps, turns, many, room)
        some = step >= 0
        key[some] = steps.deadline[step[some]]
        given_up = step == _GIVEN_UP
        key[given_up] = NEVER
    sequence = np.lexsort((key, given_up))
    lost = np.empty(len(order), dtype=bool)
    lost[order] = _places(sequence, room)[steps.job] >= turns
    return Sending(sequence, lost, int(steps.weight[lost[order]].sum()))


def turns_until(deadline: Micros, now: int, per_minute: float) -> Hours:
    """Count the turns up to moments, these included; the first one is now.

    Examples
    --------
    >>> turns_until(np.array([-1, 0, 59_999_999, 60_000_000]), 0, per_minute=1).tolist()
    [0, 1, 1, 2]
    """
    most = 2.0**52  # beyond it a float is no exact number any more
    passed = (deadline - now) / _US_A_MINUTE * per_minute
    turns: Hours = np.minimum(np.floor(passed + 1e-9), most).astype(np.int64) + 1
    return np.maximum(turns, 0)


def _first_of_each(steps: Steps, many: int) -> Micros:
    """Give the first deadline of each job; steps are in order."""
    first = np.full(many, NEVER, dtype=np.int64)
    np.minimum.at(first, steps.job, steps.deadline)
    return first


def _all_in_time(key: Micros, steps: Steps, turns: Hours, room: int) -> bool:
    """Say whether the earliest deadline first saves all."""
    place = _places(np.argsort(key, kind="stable"), room)
    return bool((place[steps.job] < turns).all())


def _places(sequence: Hours, room: int) -> Hours:
    """Give the turn of each job, counted from 0."""
    place = np.empty(len(sequence), dtype=np.int64)
    place[sequence] = np.arange(len(sequence)) // room
    return place


def _chosen(steps: Steps, turns: Hours, many: int, room: int) -> Hours:
    """Choose for each job the step that it is in time for, by its line.

    Returns
    -------
    ndarray of int64, one for each job
        `_GIVEN_UP` for jobs that are given up, and less for those without a step.
    """
    chosen = np.full(many, _GIVEN_UP - 1, dtype=np.int64)
    safe = turns * room >= many  # whatever the order
    line = np.flatnonzero(safe)[::-1]
    chosen[steps.job[line]] = line  # the first of them, for what loses no earlier one
    tight = _of_one_turn(steps, turns, np.flatnonzero(~safe))
    jobs, times = np.unique(tight.job, return_counts=True)
    chosen[jobs] = np.where(chosen[jobs] >= 0, chosen[jobs], _GIVEN_UP)
    exactly = room == 1 and len(jobs) <= _FEW and bool((times > 1).any())
    taken = _assigned(tight, jobs) if exactly else _greedily(tight, room)
    chosen[list(taken)] = list(taken.values())
    return chosen


class _Tight(NamedTuple):
    """Steps that not all can be in time for, by turn: those of one job and turn together.

    `line` is the first of them among all steps.
    """

    turns: Hours
    job: Hours
    weight: Hours
    line: Hours


def _of_one_turn(steps: Steps, turns: Hours, lines: Hours) -> _Tight:
    order = lines[np.lexsort((lines, steps.job[lines], turns[lines]))]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(steps.job[order]) != 0) | (np.diff(turns[order]) != 0)
    weight = np.add.reduceat(steps.weight[order], np.flatnonzero(new))
    first = order[new]
    return _Tight(turns[first], steps.job[first], weight, first)


def _greedily(tight: _Tight, room: int) -> dict[int, int]:
    """Take jobs in by deadline; where room is short, give up the one that loses least so far."""
    taken: dict[int, int] = {}
    loss: dict[int, int] = {}
    cheapest: list[tuple[int, int]] = []
    for turns, job, weight, line in zip(*(one.tolist() for one in tight), strict=True):
        if job not in taken:
            taken[job], loss[job] = line, 0
        loss[job] += weight
        heappush(cheapest, (loss[job], -job))
        while len(taken) > turns * room:
            lost, out = heappop(cheapest)
            if -out in taken and loss[-out] == lost:  # else said before, of less
                del taken[-out]
    return taken


def _assigned(tight: _Tight, jobs: Hours) -> dict[int, int]:
    """Give each job a turn so that most is saved: what it saves falls with each step it misses."""
    from scipy.optimize import linear_sum_assignment

    many = len(jobs)
    row = np.searchsorted(jobs, tight.job)
    gain = np.zeros((many, many), dtype=np.int64)
    np.add.at(gain, (row, np.minimum(tight.turns, many) - 1), tight.weight)
    gain = np.cumsum(gain[:, ::-1], axis=1)[:, ::-1]
    _, turn = linear_sum_assignment(gain, maximize=True)
    met = np.flatnonzero(turn[row] < tight.turns)[::-1]
    return dict(zip(tight.job[met].tolist(), tight.line[met].tolist(), strict=True))


def on_the_way(
    requests: Iterable[_T], until: Iterable[int], now: Callable[[], datetime]
) -> Iterator[_T]:
    """Give requests in their order, those last that are too late when it is their turn.

    Tries again and waits take turns that no plan knew of. What is too late by then makes way, so
    that the delay does not pass on to all that come after it.

    Parameters
    ----------
    requests
        In the order of a plan.
    until
        For each the last moment at which it saves anything, in microseconds since 1970.
    now
        Tells the time.

    Examples
    --------
    >>> list(on_the_way("abc", [5, NEVER, 20], lambda: moment_at(7)))
    ['b', 'c', 'a']
    """
    late = []
    for one, last in zip(requests, until, strict=True):
        if last < NEVER and now() > moment_at(last):
            late.append(one)
        else:
            yield one
    yield from late
