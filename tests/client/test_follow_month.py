"""A month of following with faults, restarts and kills: every due snapshot is accounted for."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pytest

import engagement_kit as ek
from engagement_kit.client import follow_log
from engagement_kit.client.client import Client
from engagement_kit.client.followed import Followed
from engagement_kit.emulator import Emulator, Fault, World, WorldClock
from engagement_kit.emulator.service.adapter import EmulatorAdapter
from engagement_kit.emulator.world.tweets import Tweets
from engagement_kit.fetch.transport import Transport
from engagement_kit.question.request import Request

START = datetime(2026, 6, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
METRICS = ["impressions", "favorites"]
STEPS = {  # written down by hand: what the schedule must come to
    10 * MINUTE: [10, 20, 60, 120, 240, 480, 1440],
    30 * MINUTE: [30, 60, 120, 240, 480, 1440],
}
FAULTS = (
    Fault("server_error", rate=0.03),
    Fault("rate_limited", rate=0.02),
    Fault("reset", rate=0.02),
    Fault("slow", rate=0.03, seconds=45.0),
)


class Killed(BaseException):
    """The process is gone: nothing after it happens."""


class Mortal(Tweets):
    """Tweets of which some are deleted at a moment."""

    deaths: dict[int, int]

    def served(self, now_ms: int) -> Any:
        """Show the others."""
        dead = [self.deaths.get(int(one), now_ms + 1) <= now_ms for one in self.ids]
        return super().served(now_ms) & ~np.array(dead, dtype=bool)


class MortalWorld(World):
    """A world in which tweets are deleted while they are followed."""

    deaths: dict[int, int]

    def look(self, tweet_ids: Sequence[str]) -> Tweets:
        """Give tweets that may be gone by then."""
        found = super().look(tweet_ids)
        mortal = Mortal(**{one.name: getattr(found, one.name) for one in fields(Tweets)})
        object.__setattr__(mortal, "deaths", self.deaths)
        return mortal


class Steered(Emulator):
    """An emulator whose slow answers move its own clock."""

    def adapter(self) -> EmulatorAdapter:
        """Give a way to it without a socket."""
        return EmulatorAdapter(
            self._service, sleep=lambda seconds: self.clock.travel(timedelta(seconds=seconds))
        )


class Call(NamedTuple):
    """A call, as the network saw it."""

    asked: datetime
    answered: datetime
    request: Request
    status: int


@dataclass
class Spy:
    """Notes what is sent, and what comes back."""

    inner: Any
    clock: WorldClock
    calls: list[Call]

    def send(self, request: Request) -> Any:
        """Send, and note it."""
        asked, status = self.clock.now(), 0
        try:
            reply = self.inner.send(request)
            status = reply.status if reply.body else 0
            return reply
        finally:
            self.calls.append(Call(asked, self.clock.now(), request, status))


@dataclass
class Month:
    """A world, what is followed in it, and what happens meanwhile."""

    folder: Path
    days: float
    every: timedelta
    faults: Sequence[Fault] = ()
    outages: Sequence[tuple[timedelta, timedelta]] = ()
    kills: int = 0
    calls: list[Call] = field(default_factory=list)
    restarts: int = 0

    def __post_init__(self) -> None:
        self.world, self.clock = MortalWorld(seed=5), WorldClock(frozen=START)
        span = timedelta(days=self.days)
        acme, birch, dune = (one.name for one in self.world.accounts)
        new = self.world.sample_ids(acme, 12, before=START + span / 2)
        old = self.world.sample_ids(acme, 3, before=START - 30 * DAY)
        aging = self.world.sample_ids(acme, 2, before=START - 90 * DAY + span / 2)
        hers = self.world.sample_ids(birch, 5, before=START + span / 4)
        # Whose a tweet is nobody knows beforehand, where nobody says: it may cost more.
        self.foreign = self.world.sample_ids(dune, 1, before=START - DAY) if self.faults else []
        self.gone = self.world.sample_ids(acme, 1, before=START, kind="unavailable")
        self.untimed = self.world.sample_ids(acme, 1, before=START, kind="very_old")
        self.ids = [*new, *old, *aging, *hers, *self.foreign, *self.gone, *self.untimed]
        self.owners = dict.fromkeys(hers, birch)
        self.until = START + span
        dies = {new[0]: 0.8, new[5]: 0.6, hers[0]: 0.5}
        self.deaths = {one: START + share * span for one, share in dies.items()}
        self.world.deaths = {
            int(one): int(when.timestamp() * 1000) for one, when in self.deaths.items()
        }
        self.emulator = Steered(self.world, self.clock, faults=self.faults, in_process=True)
        self.chance = random.Random(7)  # noqa: S311
        self.kills_at = sorted(self.chance.uniform(0, self.days) for _ in range(self.kills))
        self._down: int | None = None

    # --- what happens meanwhile ---------------------------------------------------------------
    def sleep(self, seconds: float) -> None:
        """Move the clock; outages begin and end at their times, and at some the process dies."""
        self.clock.travel(timedelta(seconds=max(seconds, 1e-6)))
        since = self.clock.now() - START
        down = any(begin <= since < end for begin, end in self.outages)
        if down and self._down is None:
            self._down = self.emulator.faults.add(Fault("unavailable"))
        elif not down and self._down is not None:
            self.emulator.faults.remove(self._down)
            self._down = None

    def _dies(self) -> bool:
        if self.kills_at and (self.clock.now() - START) / DAY >= self.kills_at[0]:
            self.kills_at.pop(0)
            return True
        return False

    def client(self) -> Client:
        """Connect anew, to the same store."""
        made = ek.connect(self.emulator, store=self.folder, threads=1)
        spy = Spy(made.connection.transport, self.clock, self.calls)
        made.connection = replace(made.connection, transport=cast("Transport", spy))
        return made

    def follow(self, monkeypatch: pytest.MonkeyPatch) -> Followed:
        """Follow to the end, by as many processes as that takes."""
        add = follow_log.Session.add

        def dying(session: follow_log.Session, record: Any) -> None:
            if isinstance(record, follow_log.TickRecord) and self._dies():
                if self.chance.random() < 0.5:  # a part of the line was written
                    with session._path.open("ab") as file:
                        file.write(b'{"tick":"2026')
                raise Killed
            add(session, record)

        monkeypatch.setattr(follow_log.Session, "add", dying)
        while True:
            client = self.client()
            try:
                return client.follow(
                    self.ids, METRICS, until=self.until, every=self.every, owners=self.owners,
                    progress=False, sleep=self.sleep,
                )  # fmt: skip
            except Killed:
                self.restarts += 1
                self.sleep([7200, 1, 600, 20_000][self.restarts % 4])

    # --- the oracle ---------------------------------------------------------------------------
    def dues(self, one: str) -> list[datetime]:
        """List when a tweet is due, tick by tick."""
        born = ek.Query("totals", [one]).numbers[0]
        born_at = (
            datetime.fromtimestamp(((int(born) >> 22) + 1288834974657) / 1000, UTC)
            if one not in self.untimed
            else datetime(2009, 1, 1, tzinfo=UTC)
        )
        found, steps = [], [step * MINUTE for step in STEPS[self.every]]
        at = START
        while at < self.until:
            fits = [step for step in steps if 16 * step <= at - born_at]
            step = max(fits, default=self.every)
            midnight = at.replace(hour=0, minute=0)
            if at >= born_at and ((at - midnight) % step == timedelta(0) or at == START):
                found.append(at)
            at += self.every
        return found

    def wanted(self, one: str, at: datetime) -> set[str]:
        """Name the metrics that can be had of a tweet."""
        birth = self.world.look([one]).birth_ms[0] / 1000
        old = at.timestamp() - birth > 90 * 86_400
        return {"favorites"} if old or one in self.foreign else set(METRICS)

    def fates(self) -> dict[tuple[str, datetime], tuple[str, datetime | None]]:
        """Say what became of each due snapshot, by the calls alone: when it was taken, or not."""
        told: dict[str, list[Call]] = {one: [] for one in self.ids}
        for call in self.calls:
            for one in call.request.tweet_ids if self.tells(call) else ():
                told[one].append(call)
        found: dict[tuple[str, datetime], tuple[str, datetime | None]] = {}
        for one in self.ids:
            times = self.dues(one)
            moments = [call.answered for call in told[one]]
            for at, after in zip(times, [*times[1:], self.until], strict=True):
                place = bisect_right(moments, at - timedelta(microseconds=1))
                need, last = self.wanted(one, at), None
                for call in told[one][place:]:
                    if call.answered >= after:
                        break
                    need -= set(call.request.metrics)
                    last = call if not need and last is None else last
                if last is None:
                    found[one, at] = ("lost", None)
                elif one in self.gone or self.deaths.get(one, self.until) <= last.asked:
                    found[one, at] = ("unavailable", None)
                else:
                    found[one, at] = ("taken", last.answered)
        return found

    def tells(self, call: Call) -> bool:
        """Say whether an answer tells of all its tweets: where all are gone the API refuses."""
        gone = {*self.gone, *(one for one, when in self.deaths.items() if when <= call.asked)}
        return call.status == 200 or (
            call.status == 400 and gone.issuperset(call.request.tweet_ids)
        )

    def attempts(self, one: str, begin: datetime, end: datetime) -> int:
        """Count the calls for a tweet in a time."""
        return sum(
            one in call.request.tweet_ids and begin <= call.asked < end for call in self.calls
        )


def check_fates(month: Month, followed: Followed) -> None:
    """Hold each snapshot's fate against the calls; misses have the right reason."""
    told = followed.fates
    at = [
        START + timedelta(microseconds=int(one) - int(START.timestamp() * 1e6)) for one in told.at
    ]
    keys = [(month.ids[row], when) for row, when in zip(told.row.tolist(), at, strict=True)]
    fate = dict(zip(keys, told.words(), strict=True))
    taken_at = dict(zip(keys, told.taken_at.tolist(), strict=True))
    truth = month.fates()
    assert len(fate) == len(keys)
    assert set(fate) == set(truth)
    after = dict.fromkeys(truth, month.until)
    for one in month.ids:
        times = month.dues(one)
        after |= {(one, a): b for a, b in pairwise(times)}
    for key, (word, when) in truth.items():
        if word != "lost":
            assert fate[key] == word, key
            if when is not None:
                assert taken_at[key] == round(when.timestamp() * 1e6)
        elif fate[key] == "not_running":
            # Whoever asked was killed before it could say so.
            assert month.attempts(key[0], key[1], after[key]) <= 40 * month.kills
        else:
            assert fate[key] in {"failed", "no_time"}
            assert month.attempts(key[0], key[1], after[key])


def check_counts(month: Month, followed: Followed) -> None:
    """Hold each count against the world at the moment at which it was asked."""
    asked = {
        (call.answered, one, metric): call.asked
        for call in month.calls
        if call.status == 200
        for one in call.request.tweet_ids
        for metric in call.request.metrics
    }
    table = followed.to_pandas()
    counted = table[table["value"].notna()]
    assert len(counted) > 10
    names = zip(counted["observed_at"], counted["tweet_id"], counted["metric"], strict=True)
    moments = [asked[when.to_pydatetime(), one, name] for when, one, name in names]
    groups: Any = counted.groupby([moments, counted["metric"].astype(str)])
    for (moment, metric), some in groups:
        ids = some["tweet_id"].astype(str).tolist()
        truth = month.world.lifetime(ids, [metric], moment)[:, 0]
        assert some["value"].tolist() == truth.tolist()
    assert set(table["source"].dropna()) == {"emulator"}


def check_all(month: Month, followed: Followed) -> None:
    """Check fates, counts and that all adds up."""
    check_fates(month, followed)
    check_counts(month, followed)
    receipt = followed.receipt
    assert receipt.due == receipt.taken + sum(receipt.missed.values())
    assert receipt.due == sum(one.due for one in receipt.days)
    again = Followed(followed.store, followed.spec, as_of=followed.as_of).receipt
    assert again == receipt


PLAIN: dict[str, Any] = {"days": 1.0, "every": 30 * MINUTE}
ROUGH: dict[str, Any] = {
    "days": 1.0,
    "every": 30 * MINUTE,
    "faults": FAULTS,
    "kills": 3,
    "outages": [(5 * HOUR, 7 * HOUR)],
}


def quiet(month: Month, monkeypatch: pytest.MonkeyPatch) -> None:
    """Follow without faults: exactly on the grid, at exactly the price."""
    client = month.client()
    with client:
        plan = client.plan_follow(
            month.ids, METRICS, until=month.until, every=month.every, owners=month.owners
        )
    followed = month.follow(monkeypatch)
    check_all(month, followed)
    receipt = followed.receipt
    assert receipt.late == 0
    assert receipt.longest_lateness == timedelta(0)
    assert set(receipt.missed) == {"unavailable"}
    assert plan.requests == receipt.requests == len(month.calls)
    assert [one.requests for one in plan.days] == [one.requests for one in receipt.days]
    assert plan.snapshots == receipt.due
    first = {one.day: one.snapshots for one in plan.days}
    assert first == {one.day: one.due for one in receipt.days}


def test_without_faults_snapshots_are_on_the_grid_at_the_price(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is taken at the very moment that is due; the requests are those of the plan."""
    quiet(Month(tmp_path, **PLAIN), monkeypatch)


def test_with_faults_and_kills_every_due_snapshot_is_accounted_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken, or missed for the right reason; what a killed process had is not lost."""
    month = Month(tmp_path, **ROUGH)
    followed = month.follow(monkeypatch)
    check_all(month, followed)
    assert month.restarts == month.kills
    assert followed.receipt.late
    assert {"failed", "not_running"} <= set(followed.receipt.missed)


@pytest.mark.long
def test_a_month_without_faults_is_on_the_grid_at_the_price(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty days, every ten minutes."""
    quiet(Month(tmp_path, days=30, every=10 * MINUTE), monkeypatch)


@pytest.mark.long
def test_a_month_with_faults_and_kills_is_accounted_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty days, every ten minutes, with outages of hours, and killed twenty times."""
    month = Month(
        tmp_path, days=30, every=10 * MINUTE, faults=FAULTS, kills=20,
        outages=[(2 * DAY, 2 * DAY + 5 * HOUR), (17 * DAY, 17 * DAY + 40 * MINUTE)],
    )  # fmt: skip
    followed = month.follow(monkeypatch)
    check_all(month, followed)
    assert month.restarts == month.kills
    receipt = followed.receipt
    told = f"{receipt.taken} of {receipt.due} taken, {receipt.late} late, {dict(receipt.missed)}"
    print(f"\n{told}, {receipt.requests} noted of {len(month.calls)} calls")  # noqa: T201
