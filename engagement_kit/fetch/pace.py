"""When the next request may leave, so that no rate limit is met. Pure: time is an argument."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final, NamedTuple

from engagement_kit.fetch.wire import kept_headers

_SECOND_LIMIT_WAIT: Final = 2.0
_UNKNOWN_LIMIT_WAIT: Final = 30.0
_LONGEST_LIMIT_WAIT: Final = 60.0

_NO_LIMIT: Final = 100_000.0  # a minute: more than threads can send, so it is as good as none
_MARGIN: Final = 1.005  # even spacing alone keeps within a limit, whatever the windows are
_LATE: Final = 3.0  # seconds; who comes later than that made a pause, and makes up for nothing
_LOOK_AGAIN: Final = 0.05  # while replies are awaited that may make room
_AT_ONCE: Final = 1e-6  # below what clocks can tell: a sleep so short might never end
_DRIFT: Final = 2e-4  # seconds in a second by which two clocks may part


class Pace:
    """Say when the next request may leave.

    Requests are spaced evenly at the strictest rate known: of the contract, or of the headers.
    Besides, none leaves for which its window might have no room. A request that is under way may
    be counted in this window or in the next: it takes room in both. As long as nothing is known,
    one request leaves alone, and its reply tells.

    One pace serves all threads of a run. It has no lock: the caller holds one around each call.
    All requests count together, though the API may count by endpoint: a run has one endpoint.

    Parameters
    ----------
    per_minute
        The contract's rate; None where it is unknown, to follow the headers alone.

    Raises
    ------
    ValueError
        If the rate is not a number above 0.

    Examples
    --------
    >>> pace = Pace()
    >>> pace.delay(100.0), pace.leave(100.0)
    (0.0, 0)
    >>> headers = {"x-per-minute-limit": "2", "x-per-minute-remaining": "1"}
    >>> pace.heard(0, 100.2, headers, unix_now=1_800_000_000.0)
    >>> round(pace.delay(100.2)), pace.rate, pace.words()
    (30, 2.0, 'limit 2/min')
    """

    def __init__(self, per_minute: float | None = None) -> None:
        if per_minute is not None and not 0 < per_minute < math.inf:
            raise ValueError(f"per_minute is {per_minute!r}; allowed: a number above 0, or None.")
        self._contract = math.inf if per_minute is None else per_minute
        self._clock = _ServerClock()
        self._minute = _Budget("minute", 60.0, self._clock, most=self._contract)
        self._second = _Budget("second", 1.0, self._clock)
        self._under_way: dict[int, float] = {}  # when each left, by ticket
        self._next_ticket = 0
        self._even = -math.inf  # when the last request left, or was due
        self._held_until = -math.inf
        # Requests from this ticket on leave alone, until one of them is answered. So do the first
        # ones under a contract too: it says nothing of a limit per second.
        self._alone_from: int | None = 0

    @property
    def rate(self) -> float | None:
        """Requests per minute believed to be allowed; None where no limit is known."""
        rate = min(self._contract, self._minute.limit, 60 * self._second.limit)
        return rate if rate < math.inf else None

    def words(self) -> str:
        """Name the limit that binds, as in ``limit 2/min``; empty where none is known."""
        if self.rate is None:
            return ""
        if self.rate == 60 * self._second.limit:
            return f"limit {self._second.limit:g}/s"
        return f"limit {self.rate:g}/min"

    def delay(self, now: float) -> float:
        """Give the seconds until the next request may leave; 0.0 when it may leave now.

        Ask again after them, for a reply may have brought news meanwhile.

        Parameters
        ----------
        now
            Monotonic seconds, as in the other calls.

        Returns
        -------
        float
            A minute at most; with a contract of less than one a minute, its interval at most.
        """
        out = len(self._under_way)
        budgets = (self._minute, self._second)
        gap = max(self._gap(), *(one.gap(self._even, out) for one in budgets))
        waits = [self._held_until - now, self._even + gap - now]
        waits += [one.wait(now, out) for one in budgets]
        if self._alone_from is not None and max(self._under_way, default=-1) >= self._alone_from:
            waits.append(_LOOK_AGAIN)
        longest = max(waits)
        return longest if longest >= _AT_ONCE else 0.0

    def leave(self, now: float) -> int:
        """Note that a request leaves, and give its ticket."""
        gap = self._gap()
        due = self._even + gap
        # After one that left late the next may be on time; more than that is not made up for.
        made_up_for = gap if now - due < _LATE else 0.0
        self._even = min(now, max(due, now - made_up_for))
        ticket = self._next_ticket
        self._next_ticket += 1
        self._under_way[ticket] = now
        return ticket

    def stayed(self, ticket: int) -> None:
        """Note that a request did not leave after all; its ticket is used up."""
        self._under_way.pop(ticket, None)

    def heard(
        self,
        ticket: int,
        now: float,
        headers: Mapping[str, str],
        *,
        limited: bool = False,
        unix_now: float,
    ) -> None:
        """Note that a reply came back, or that the connection broke.

        Parameters
        ----------
        ticket
            Of the request.
        now
            Monotonic seconds.
        headers
            Of the reply; empty for a broken connection.
        limited
            True for a 429.
        unix_now
            Real time in Unix seconds; used only where the reply has no Date.
        """
        left = self._under_way.pop(ticket, None)
        if left is None:
            return
        kept = kept_headers(headers)
        date = unix_of(kept.get("date", ""))
        if date is not None:
            self._clock.note(date, left, now)
        reply = _Reply(now, kept, date, unix_now)
        # Without an answer it may have been counted, and after a 429 it does no harm to think so.
        self._minute.hear(reply, len(self._under_way))
        self._second.hear(reply, len(self._under_way))
        if limited:
            self._held_until = max(self._held_until, now + self._hold(reply))
            self._alone_from = self._next_ticket
        elif headers and self._alone_from is not None and ticket >= self._alone_from:
            self._alone_from = None

    def _gap(self) -> float:
        """Give the seconds between two requests at an even rate."""
        return 0.0 if self.rate is None else 60 / self.rate * _MARGIN

    def _hold(self, reply: _Reply) -> float:
        """Give the seconds that all wait after a 429."""
        if self._minute.remaining(reply) != 0 and self._second.remaining(reply) == 0:
            return _SECOND_LIMIT_WAIT
        away = self._minute.away(reply)
        return _UNKNOWN_LIMIT_WAIT if away is None else min(away, _LONGEST_LIMIT_WAIT)


@dataclass
class _ServerClock:
    """How far the server's clock is ahead of ours, at the least.

    A Date names the second in which the server answered, and that was between leaving and
    hearing. Our wall clock, which may be wrong, or set meanwhile, is not asked.
    """

    ahead: float = -math.inf
    noted: float = 0.0

    def note(self, date: float, left: float, now: float) -> None:
        """Learn from a reply's Date; of all of them the best counts."""
        known = self.ahead - _DRIFT * (now - self.noted)
        if known > date + 1 - left:
            known = -math.inf  # that can't be: a clock was set, or ours leapt
        self.ahead, self.noted = max(known, date - now), now

    def when(self, unix: float) -> float:
        """Give the moment of our clock at which the server's has surely come so far."""
        return unix - self.ahead


class _Reply(NamedTuple):
    """What a reply says of limits, and when it was heard."""

    now: float
    headers: Mapping[str, str]
    date: float | None
    unix_now: float

    def number(self, name: str) -> float | None:
        """Read a header; None unless it is a number from 0."""
        try:
            number = float(self.headers[name])
        except (KeyError, ValueError):
            return None
        return number if 0 <= number < math.inf else None


class _Window(NamedTuple):
    """A window of the server: over at its reset, and in any case after its whole length."""

    latest: float
    reset: float | None = None

    def end(self, clock: _ServerClock) -> float:
        """Give the moment of our clock at which it is surely over."""
        return self.latest if self.reset is None else min(self.latest, clock.when(self.reset))


class _Told(NamedTuple):
    """What the newest reply told of a window: it has room for so many of our requests."""

    window: _Window
    room: float
    now: float


class _Budget:
    """One limit, and the requests that may be counted in its present window."""

    def __init__(
        self, name: str, seconds: float, clock: _ServerClock, *, most: float = math.inf
    ) -> None:
        self.limit = math.inf
        self._name, self._seconds, self._clock = f"x-per-{name}", seconds, clock
        self._most = most if most == math.inf else math.ceil(most)
        self._counted: deque[_Window] = deque()  # of each answered request, as they were heard
        self._told: _Told | None = None
        self._before: float | None = None  # what was used in the first window before we came

    def remaining(self, reply: _Reply) -> float | None:
        """Read how many requests a reply says are left."""
        return reply.number(f"{self._name}-remaining")

    def away(self, reply: _Reply) -> float | None:
        """Give the seconds from a reply to its reset; None where that can't be meant."""
        reset = reply.number(f"{self._name}-reset")
        if reset is None:
            return None
        away = reset - (reply.unix_now if reply.date is None else reply.date)
        # A reset that is past says nothing: the clocks differ, or the header means another thing.
        return away if 0 <= away <= self._seconds + 1 else None

    def hear(self, reply: _Reply, out: int) -> None:
        """Learn from a reply, while so many other requests are under way."""
        window = told = _Window(reply.now + self._seconds)
        away = self.away(reply)
        if away is not None and reply.date is not None:
            window = told = _Window(window.latest, reply.date + away)
        elif away is not None:
            # Our wall clock may be seconds off: good enough for news, not for what we count.
            told = _Window(reply.now + min(away, self._seconds))
        if window.end(self._clock) > reply.now:
            self._counted.append(window)
        self._forget(reply.now)
        limit, left = reply.number(f"{self._name}-limit"), self.remaining(reply)
        if limit is not None and limit >= 1:
            endless = limit * 60 / self._seconds >= _NO_LIMIT
            limit, left = (math.inf, None) if endless else (limit, left)
            if limit != self.limit:
                self.limit, self._told = limit, None  # what was told was of the old limit
        if left is not None and told.end(self._clock) > reply.now:
            self._learn(_Told(told, left + len(self._counted) + out, reply.now))
            if self._before is None:
                self._before = self._others()

    def _learn(self, new: _Told) -> None:
        """Keep the newest news: replies may overtake each other."""
        old = self._told
        if old is not None and old.window.reset == new.window.reset is not None:
            new = new._replace(room=min(new.room, old.room))
        self._told = new

    def wait(self, now: float, out: int) -> float:
        """Give the seconds until the limit itself has room; 0.0 when it has: see `gap` for less."""
        self._forget(now + _AT_ONCE)
        if len(self._counted) + out + 1 <= min(self.limit, self._most):
            return 0.0
        ends = [self._counted[0].end(self._clock)] if self._counted else []
        if out:
            ends.append(now + _LOOK_AGAIN)
        return min(ends) - now

    def gap(self, even: float, out: int) -> float:
        """Give the seconds between requests where less is left than the limit; else 0.

        Where nothing is left, the next comes when the window is over. Else what is left is spread
        over the rest of the window, without a share for the others who use it. That grows with the
        window's age: two runs that wait for each other would use nothing.
        """
        if self._told is None or self._told.room >= self.limit:
            return 0.0
        end = self._told.window.end(self._clock)
        others = max(0.0, self._others() - (self._before or 0.0))
        others *= (end - self._told.now) / self._seconds
        left = self._told.room - len(self._counted) - out - others
        return (end - even) / (1 + max(0.0, left))

    def _others(self) -> float:
        """Give how many requests of others are in the present window."""
        if self._told is None or self.limit == math.inf:
            return 0.0
        return max(0.0, self.limit - self._told.room)

    def _forget(self, now: float) -> None:
        """Drop what belongs to windows that are over."""
        while self._counted and self._counted[0].end(self._clock) <= now:
            self._counted.popleft()
        if self._told is not None and self._told.window.end(self._clock) <= now:
            self._told, self._before = None, 0.0


@lru_cache(maxsize=16)
def unix_of(date: str) -> float | None:
    """Read a Date header; many replies of one second have the same."""
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
