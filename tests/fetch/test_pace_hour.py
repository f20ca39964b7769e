"""An hour in simulated time: no limit is met, and what is allowed is used.

The server is the emulator's limiter, which knows nothing of `Pace`. Its windows are fixed minutes
and seconds of a clock that is hours and a fraction away from ours. Requests take 0.05 to 0.4 s,
some 2 s more, of which any part may pass before the server counts them.

"All that is allowed" is the limit, times the server's windows wholly within the time. So the start
counts only where a window begins with it: before, there is a part of a window that nobody counts.
High limits are tried for some minutes here, and for the whole hour by the tests marked long.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Protocol

import pytest

from engagement_kit.emulator.api.rate import Limiter
from engagement_kit.emulator.api.settings import Settings
from engagement_kit.fetch.pace import Pace

HOUR = 3600.0
MINUTES = {1: 60, 2: 60, 3: 60, 5: 60, 7: 60, 10: 60, 30: 30, 60: 20, 100: 10, 300: 5, 1000: 3}
THREADS = (1, 4, 16)


class Pacer(Protocol):
    """What decides when requests leave."""

    def delay(self, now: float) -> float: ...  # noqa: D102
    def leave(self, now: float) -> int: ...  # noqa: D102
    def heard(  # noqa: D102
        self,
        ticket: int,
        now: float,
        headers: Mapping[str, str],
        *,
        limited: bool = False,
        unix_now: float,
    ) -> None: ...


class Metronome:
    """Sends at exactly the limit's rate, and knows no window: what the threads can do at best."""

    def __init__(self, per_minute: float) -> None:
        self._gap, self._even = 60 / per_minute, -math.inf

    def delay(self, now: float) -> float:
        """Wait for the next beat."""
        return max(0.0, self._even + self._gap - now)

    def leave(self, now: float) -> int:
        """Beat."""
        self._even = max(self._even + self._gap, now - self._gap)
        return 0

    def heard(
        self,
        ticket: int,
        now: float,
        headers: Mapping[str, str],
        *,
        limited: bool = False,
        unix_now: float,
    ) -> None:
        """Learn nothing."""


@dataclass(frozen=True)
class Case:
    """A server, a network and so many threads."""

    per_minute: int | None = None
    per_second: int | None = None
    threads: int = 4
    seconds: float = HOUR
    seed: int = 0
    trip: tuple[float, float] = (0.05, 0.4)
    straggling: float = 0.005  # the share of requests that take 2 s more
    broken: float = 0.0  # the share of requests whose reply is lost
    dated: bool = True
    oversleeping: float = 0.0  # seconds at most
    others: float = 0.0  # requests per second of another program
    wall: Callable[[float], float] = lambda _at: 0.0  # how wrong our wall clock is
    server_set: Callable[[float], float] = lambda _at: 0.0  # by how much its clock was set

    @property
    def rate(self) -> float:
        """Requests per minute that are allowed."""
        return min(self.per_minute or math.inf, 60 * (self.per_second or math.inf))


@dataclass
class Log:
    """What happened, by the clock of the simulation, which begins at 0."""

    origin: float  # what the server's clock shows then
    left: list[float] = field(default_factory=list)
    counted: list[float] = field(default_factory=list)  # Unix seconds of the server
    refused: int = 0

    def used(self, case: Case) -> float:
        """Count what was used in whole windows, and divide by what was allowed in them."""
        first = math.ceil(self.origin / 60) * 60
        last = (self.origin + case.seconds) // 60 * 60
        inside = sum(first <= at < last for at in self.counted)
        return inside / (case.rate * (last - first) / 60)


@lru_cache(maxsize=8)
def http_date(second: int) -> str:
    """Write a Date header."""
    return formatdate(second, usegmt=True)


class Simulation:
    """Events in the order of time; nothing waits, and chance comes from the seed."""

    def __init__(self, case: Case, pacers: tuple[Pacer, ...], settings: Settings) -> None:
        self.case, self.pacers = case, pacers
        self.chance = random.Random(case.seed)  # noqa: S311 -- no secret
        self.limiter = Limiter(settings)
        self.origin = 1.8e9 + self.chance.random() * 86_400
        self.monotonic = self.chance.random() * 1e6
        self.events: list[tuple[float, int, Callable[[float], None]]] = []
        self.scheduled = 0
        self.logs = [Log(self.origin) for _ in pacers]
        self.idle = [case.threads for _ in pacers]
        self.awake = [math.inf for _ in pacers]

    def run(self) -> list[Log]:
        """Let the time pass."""
        for number in range(len(self.pacers)):
            self.send(number, 0.0)
        if self.case.others:
            self.at(self.chance.expovariate(self.case.others), self.others)
        while self.events and self.events[0][0] <= self.case.seconds:
            now, _, event = heapq.heappop(self.events)
            event(now)
        return self.logs

    def at(self, when: float, event: Callable[[float], None]) -> None:
        """Schedule an event."""
        self.scheduled += 1
        heapq.heappush(self.events, (when, self.scheduled, event))

    def send(self, number: int, now: float) -> None:
        """Let idle threads send; one sleeps until the next may, for the others would find less."""
        pacer = self.pacers[number]
        while self.idle[number]:
            delay = pacer.delay(now + self.monotonic)
            if delay > 0:
                wakes = now + delay + self.chance.random() * self.case.oversleeping
                if wakes < self.awake[number]:
                    self.awake[number] = wakes
                    self.at(wakes, partial(self.wake, number))
                return
            self.idle[number] -= 1
            self.logs[number].left.append(now)
            ticket = pacer.leave(now + self.monotonic)
            straggles = self.chance.random() < self.case.straggling
            trip = self.chance.uniform(*self.case.trip) + 2.0 * straggles
            there = trip * self.chance.uniform(0.1, 0.9)
            self.at(now + there, partial(self.arrive, number, ticket, trip - there))

    def wake(self, number: int, now: float) -> None:
        """End a sleep, unless another one ended before it."""
        if now >= self.awake[number]:
            self.awake[number] = math.inf
            self.send(number, now)

    def server(self, now: float) -> float:
        """Read the server's clock."""
        return self.origin + now + self.case.server_set(now)

    def arrive(self, number: int, ticket: int, back: float, now: float) -> None:
        """Let the server count a request, and answer."""
        moment = self.server(now)
        refused = self.limiter.admit("totals", moment) is not None
        headers = self.limiter.headers("totals", moment, used_up=refused)
        if self.case.dated:
            headers["Date"] = http_date(int(moment))
        self.logs[number].refused += refused
        if not refused:
            self.logs[number].counted.append(moment)
        if self.chance.random() < self.case.broken:
            headers, refused = {}, False
        self.at(now + back, partial(self.hear, number, ticket, headers, refused))

    def hear(
        self, number: int, ticket: int, headers: dict[str, str], refused: bool, now: float
    ) -> None:
        """Let the client hear the answer."""
        unix_now = self.origin + now + self.case.wall(now)
        self.pacers[number].heard(
            ticket, now + self.monotonic, headers, limited=refused, unix_now=unix_now
        )
        self.idle[number] += 1
        self.send(number, now)

    def others(self, now: float) -> None:
        """Let another program use the same limit."""
        self.limiter.admit("totals", self.server(now))
        self.at(now + self.chance.expovariate(self.case.others), self.others)


def limits(case: Case) -> Settings:
    """Give the server its limits."""
    return Settings(per_minute=case.per_minute, per_second=case.per_second)


def only(case: Case, contract: float | None = None) -> Log:
    """Let one run have the limit for itself."""
    return Simulation(case, (Pace(contract),), limits(case)).run()[0]


def together(case: Case, runs: int) -> list[Log]:
    """Let several runs draw on the same limit without knowing of each other."""
    return Simulation(case, tuple(Pace() for _ in range(runs)), limits(case)).run()


def spend(case: Case, contract: float | None = None) -> tuple[int, float]:
    """Give the number of refusals, and the use: 1.0 is all that is allowed or can be done."""
    log = only(case, contract)
    able = 1.0
    if case.rate / 60 * sum(case.trip) > case.threads / 2:
        # The threads may be too few: compare with what they do where no limit is enforced.
        best = Simulation(case, (Metronome(case.rate),), Settings()).run()[0]
        able = min(1.0, best.used(case))
    return log.refused, log.used(case) / able


def is_met(case: Case, contract: float | None, least: float) -> None:
    """Check that no request was refused, and how many were made."""
    refused, used = spend(case, contract)
    assert refused == 0, case
    assert used >= least, case


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("limit", MINUTES)
def test_a_limit_per_minute_is_used_and_never_met(limit: int, threads: int) -> None:
    """No 429 at all, and 98 % of what is allowed, whether or not the contract is known."""
    case = Case(limit, threads=threads, seconds=60 * MINUTES[limit], seed=limit + threads)
    for contract in (None, limit):
        is_met(case, contract, 0.98)


def test_a_very_high_limit_is_used_and_never_met() -> None:
    """The same at 6000 a minute, which takes many threads."""
    for threads in (4, 16, 48):
        is_met(Case(6000, None, threads, 125), None, 0.98)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7])
def test_a_low_limit_is_used_and_never_met_wherever_its_windows_are(
    limit: int, threads: int
) -> None:
    """The same for many offsets of the server's clock, and many trips."""
    for seed in range(5):
        is_met(Case(limit, threads=threads, seed=1000 + seed), None, 0.98)


@pytest.mark.parametrize(
    ("per_minute", "per_second", "threads", "seconds", "least"),
    [
        (60, 1, 1, 1800, 0.98),
        (60, 1, 4, 1800, 0.98),
        (60, 1, 16, 1800, 0.98),
        (600, 20, 16, 200, 0.98),
        # Where seconds bind, requests under way at the turn of a second count in both.
        (300, 5, 1, 600, 0.96),  # this thread has no time to catch up
        (300, 5, 4, 600, 0.97),
        (300, 5, 16, 600, 0.97),
        (1200, 20, 16, 200, 0.92),
        (6000, 100, 16, 125, 0.98),  # the threads can't do more
        (6000, 100, 48, 125, 0.90),
    ],
)
def test_a_limit_per_second_is_never_met(
    per_minute: int, per_second: int, threads: int, seconds: float, least: float
) -> None:
    """No 429 either, and 90 to 98 % of what is allowed, with a limit per minute or without."""
    case = Case(per_minute, per_second, threads, seconds, seed=threads)
    is_met(case, per_minute, least)
    if per_minute == 60 * per_second and seconds > 200:
        is_met(replace(case, per_minute=None), None, least)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize(("limit", "seconds"), [(10, HOUR), (100, 600), (250, 300)])
def test_slow_replies_do_no_harm_to_a_limit_per_minute(
    limit: int, seconds: float, threads: int
) -> None:
    """The same where a request takes 0.5 to 3 s."""
    is_met(Case(limit, None, threads, seconds, trip=(0.5, 3.0)), None, 0.98)


@pytest.mark.parametrize("threads", [4, 16])
@pytest.mark.parametrize("limit", [1, 5])
def test_slow_replies_make_a_limit_per_second_slow(limit: int, threads: int) -> None:
    """No 429, but only as many under way as one second allows: any of them may be counted yet."""
    is_met(Case(None, limit, threads, 600, trip=(0.5, 3.0)), None, 0.5)


@pytest.mark.parametrize("wall", [3600.0, -3600.0, 7.0])
@pytest.mark.parametrize(
    ("per_minute", "per_second", "seconds", "least"),
    [(2, None, HOUR, 0.98), (60, None, 1200, 0.98), (1000, None, 125, 0.98), (300, 5, 300, 0.78)],
)
def test_without_a_date_only_the_window_s_length_is_known(
    per_minute: int, per_second: int | None, seconds: float, least: float, wall: float
) -> None:
    """No 429 even where no reply has a Date and our clock is wrong; seconds are used to 78 %."""
    case = Case(per_minute, per_second, seconds=seconds, dated=False, wall=lambda _at: wall)
    is_met(case, None, least)


@pytest.mark.parametrize("per_second", [None, 1])
def test_our_wall_clock_does_not_matter(per_second: int | None) -> None:
    """Where replies have a Date, every request leaves as it would by the right time."""
    right = Case(30, per_second)
    expected = only(right).left
    assert only(replace(right, wall=lambda _at: 3600.0)).left == expected
    jumping = replace(right, wall=lambda at: -500.0 if at > 1000 else 3600.0)
    assert only(jumping).left == expected


@pytest.mark.parametrize("threads", THREADS[1:])
@pytest.mark.parametrize(
    ("per_minute", "per_second", "seconds", "least"),
    [(2, None, HOUR, 0.98), (60, 1, 900, 0.97), (300, 5, 300, 0.95), (1000, None, 125, 0.98)],
)
def test_lost_replies_and_late_sleepers_do_no_harm(
    per_minute: int, per_second: int | None, seconds: float, least: float, threads: int
) -> None:
    """No 429 where every fiftieth reply is lost, or where sleeps end up to 5 ms late."""
    case = Case(per_minute, per_second, threads, seconds)
    is_met(replace(case, broken=0.02), None, least)
    is_met(replace(case, oversleeping=0.005), None, least)


@pytest.mark.parametrize("step", [-3600.0, -7.0, 0.7, 3600.0])
@pytest.mark.parametrize(("per_minute", "per_second"), [(10, None), (60, None), (60, 1)])
def test_the_server_s_clock_may_be_set(
    per_minute: int, per_second: int | None, step: float
) -> None:
    """It costs a refusal at most, and the time after it is used as before."""
    case = Case(per_minute, per_second, server_set=lambda at: step if at > 600 else 0.0)
    case = replace(case, seconds=1200)
    log = only(case)
    assert log.refused <= 1
    assert len(log.counted) >= 0.98 * per_minute * 19


@pytest.mark.parametrize("drift", [-1e-4, 1e-4])
def test_the_server_s_clock_may_run_fast_or_slow(drift: float) -> None:
    """Nine seconds a day do no harm."""
    is_met(Case(60, 1, server_set=lambda at: drift * at), None, 0.98)


def test_the_limits_are_met_by_whoever_does_not_look() -> None:
    """The simulation bites: requests at exactly the allowed rate are refused now and then."""
    for case in (Case(1, None, 4), Case(60, 1, 4, 300), Case(1000, None, 16, 300)):
        [log] = Simulation(case, (Metronome(case.rate),), limits(case)).run()
        assert log.refused > 0


@pytest.mark.parametrize(
    ("limit", "others", "most_refused"),
    [(10, 5, 30), (60, 30, 30), (60, 120, 30), (300, 150, 15), (300, 15, 15)],
)
def test_other_programs_slow_us_down(limit: int, others: int, most_refused: int) -> None:
    """We leave another program most of what it takes, and seldom meet the limit: twice in 4 min."""
    seconds = HOUR if limit < 100 else 600
    log = only(Case(limit, seconds=seconds, others=others / 60))
    assert log.refused <= most_refused
    left_over = max(0, limit - others) * seconds / 60
    assert 0.95 * left_over <= len(log.counted) <= left_over + 0.3 * limit * seconds / 60


@pytest.mark.parametrize(("limit", "runs"), [(10, 2), (60, 2), (60, 3), (300, 2)])
def test_runs_that_share_a_limit_share_it_evenly(limit: int, runs: int) -> None:
    """Each gets its part, all of them all that is allowed, and refusals are rare."""
    seconds = HOUR if limit < 100 else 600
    logs = together(Case(limit, seconds=seconds), runs)
    shares = [len(log.counted) * runs / (limit * seconds / 60) for log in logs]
    assert sum(shares) / runs >= 0.97
    assert min(shares) >= 0.9
    assert sum(log.refused for log in logs) <= 0.01 * limit * seconds / 60


@pytest.mark.parametrize("threads", [4, 16])
@pytest.mark.parametrize(
    ("per_minute", "per_second", "seconds"),
    [(2, None, HOUR), (60, 1, 1200), (300, 5, 300), (1000, None, 60), (6000, 100, 20)],
)
def test_requests_leave_evenly(
    per_minute: int, per_second: int | None, seconds: float, threads: int
) -> None:
    """In a time of any length, at most what the rate gives for it, and two."""
    case = Case(per_minute, per_second, threads, seconds, oversleeping=0.003)
    assert too_many(only(case).left, case.rate / 60) <= 2


def too_many(left: list[float], rate: float) -> float:
    """Find the time in which the most left beyond the rate; give how many those were."""
    most, lowest = 0.0, math.inf
    for number, at in enumerate(left):
        lowest = min(lowest, number - rate * at)
        most = max(most, number - rate * at - lowest + 1)
    return most


@pytest.mark.long
@pytest.mark.parametrize("threads", [*THREADS, 48])
@pytest.mark.parametrize(
    ("per_minute", "per_second", "least"),
    [
        (30, None, 0.98),
        (60, None, 0.98),
        (100, None, 0.98),
        (300, None, 0.98),
        (1000, None, 0.98),
        (6000, None, 0.98),
        (60, 1, 0.98),
        (300, 5, 0.96),
        (600, 20, 0.98),
        (1200, 20, 0.92),
        (6000, 100, 0.90),
    ],
)
def test_a_whole_hour_at_a_high_limit(
    per_minute: int, per_second: int | None, least: float, threads: int
) -> None:
    """What holds for some minutes holds for an hour."""
    is_met(Case(per_minute, per_second, threads, seed=7), None, least)
