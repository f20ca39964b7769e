"""A refresh asks again for what can still change, of all that was asked, and for nothing else."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import engagement_kit as ek
from engagement_kit.answers.store import Store
from engagement_kit.client.client import Client
from engagement_kit.client.refreshed import Refreshed
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, Fault, World, WorldClock
from engagement_kit.fetch.transport import HttpTransport
from engagement_kit.fetch.wire import Reply
from engagement_kit.question.hours import ceil_hour, floor_hour, moment
from engagement_kit.question.request import Request
from engagement_kit.question.tweet_ids import creation_hours

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY
METRICS = ["impressions", "favorites"]
WORLD = World(seed=3, revised=True)
ACME, BIRCH = (one.name for one in WORLD.accounts[:2])
IDS = WORLD.sample_ids(ACME, 6, before=NOW - 3 * DAY)
PERIOD = ek.between("2026-05-26", "2026-06-01")
RAW = {"sums": ["engagement.type", "engagement.day"]}
HOURS = ek.Query("historical", IDS, METRICS, by="hour", period=PERIOD)
DAYS = ek.Query("historical", IDS, METRICS, by="day", period=PERIOD)
TOTALS = ek.Query("totals", IDS, METRICS)
Number = tuple[str, str, int]


@dataclass
class Seen:
    """Notes what is sent."""

    inner: Any
    clock: WorldClock | None = None
    requests: list[Request] = field(default_factory=list)

    def send(self, request: Request) -> Reply:
        """Note it, and send it; where there is a clock, time goes by meanwhile."""
        self.requests.append(request)
        if self.clock is not None:
            self.clock.travel(timedelta(seconds=1))
        reply: Reply = self.inner.send(request)
        return reply

    def close(self) -> None:
        """Close what sends."""
        self.inner.close()


def connect(
    emulator: Emulator, store: Path, *names: str, ticking: bool = False, **options: Any
) -> Client:
    """Connect to an emulator without sockets, by the keys of some accounts; none named: of all."""
    clock = emulator.clock if ticking else None
    found = ek.connect(emulator).connection
    credentials = found.credentials
    users = {one: keys for one, keys in credentials.users.items() if one in (names or [one])}
    account = options.pop("account", credentials.account)
    credentials = replace(credentials, users=users, account=account)
    where = replace(found.where, accounts=tuple(users), account=account)
    sender = HttpTransport(emulator.base_url, credentials, "tests", adapter=emulator.adapter())
    made = replace(found, credentials=credentials, where=where, transport=Seen(sender, clock))
    return Client(made, store=store, threads=1, **options)


def sent(client: Client) -> list[Request]:
    """List what a client has sent."""
    found: list[Request] = client.connection.transport.requests  # type: ignore[attr-defined]
    return found


def numbers(requests: list[Request]) -> Counter[Number]:
    """Count how often each (tweet, metric, hour) was asked for; lifetime counts have hour 0."""
    found: Counter[Number] = Counter()
    for one in requests:
        span = (0, 1) if one.start is None or one.end is None else (
            floor_hour(one.start), ceil_hour(one.end)
        )  # fmt: skip
        for hour in range(*span):
            found.update((tweet, name, hour) for tweet in one.tweet_ids for name in one.metrics)
    return found


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Start a world whose young counts are revised, and whose clock stands until it is moved."""
    with Emulator(WORLD, WorldClock(frozen=NOW), in_process=True) as one:
        yield one


@pytest.fixture
def client(emulator: Emulator, tmp_path: Path) -> Client:
    """Connect to it by all its keys."""
    return connect(emulator, tmp_path / "raw")


def run(client: Client, query: Any, **options: Any) -> Result:
    """Run without a bar."""
    return client.run(query, progress=False, **options)


def refresh(client: Client, **options: Any) -> Refreshed:
    """Refresh without a bar."""
    return client.refresh(progress=False, **options)


def truth(tweet: str, metric: str, start: datetime, end: datetime, now: datetime) -> int:
    """Give what the world counts in a period, seen at a moment."""
    return int(WORLD.window([tweet], [metric], start, end, now).sum())


# --- what is asked --------------------------------------------------------------------------------
def test_what_is_settled_is_not_asked_and_the_rest_is(client: Client, emulator: Emulator) -> None:
    """Three days later: the hours that were observed less than seven days after their end."""
    ids = WORLD.sample_ids(ACME, 4, before=NOW - 20 * DAY)
    run(client, ek.Query("historical", ids, METRICS, by="hour", period=PERIOD))
    begin, end = floor_hour(PERIOD.start), floor_hour(PERIOD.end)
    for then in (begin, floor_hour(NOW + 3 * DAY - WEEK)):  # up to here all was settled
        emulator.clock.travel(3 * DAY)
        before = len(sent(client))
        done = refresh(client)
        assert done.requests == done.plan.requests == len(sent(client)) - before == 1
        assert numbers(sent(client)[before:]) == Counter(
            (tweet, name, hour) for tweet in ids for name in METRICS for hour in range(then, end)
        )


@pytest.mark.parametrize("by", ["hour", "day", "total", "hour_of_day"])
def test_when_all_has_settled_the_counts_are_final(
    client: Client, emulator: Emulator, by: Any
) -> None:
    """A settle time after the end one refresh gets the last word; the next sends nothing."""
    run(client, ek.Query("historical", IDS, METRICS, by=by, period=PERIOD))
    emulator.clock.set(PERIOD.end + WEEK)
    table = refresh(client)[0].to_arrow()
    rows = [one for one in table.to_pylist() if one["grain"] != "hour_of_day"]
    for one in rows:
        if one["value"] is not None:
            end = one["end"]
            later = truth(one["tweet_id"], one["metric"], one["start"], end, NOW + 400 * DAY)
            assert one["value"] == later
    if by == "hour_of_day":
        total = sum(one["value"] or 0 for one in table.to_pylist())
        last = NOW + 400 * DAY
        assert total == sum(truth(one, name, PERIOD.start, PERIOD.end, last)
                            for one in IDS for name in METRICS)  # fmt: skip
    assert len(table)
    for _ in range(2):
        before = len(sent(client))
        again = refresh(client)
        assert (again.requests, again.stopped, len(sent(client))) == (0, "", before)
        assert "0 of them with something to ask" in repr(again)
        emulator.clock.travel(40 * DAY)


def test_totals_are_asked_again_unless_they_are_young(client: Client, emulator: Emulator) -> None:
    """Lifetime counts never settle; what this refresh observed is not asked twice in it."""
    run(client, TOTALS)
    run(client, ek.Query("totals", IDS[:4], ["favorites", "replies"]))
    emulator.clock.travel(HOUR)
    assert refresh(client, max_age=2 * HOUR).requests == 0
    before = len(sent(client))
    done = refresh(client)
    asked = numbers(sent(client)[before:])
    assert max(asked.values()) == 1
    assert set(asked) == {
        *((one, name, 0) for one in IDS for name in METRICS),
        *((one, "replies", 0) for one in IDS[:4]),
    }
    assert done.plan.numbers == len(asked)
    assert refresh(client).requests == 0  # the clock stands: nothing can have changed


def test_metrics_that_grew_too_old_are_not_asked(client: Client, emulator: Emulator) -> None:
    """Beyond 90 days /totals gives no impressions: the other metric is asked alone."""
    ids = WORLD.sample_ids(ACME, 2, before=NOW - 85 * DAY)
    run(client, ek.Query("totals", ids, METRICS))
    emulator.clock.travel(20 * DAY)
    before = len(sent(client))
    done = refresh(client)
    assert {name for _, name, _ in numbers(sent(client)[before:])} == {"favorites"}
    assert done.changes.changed + done.changes.same == len(ids)


def test_windows_are_pinned_and_days_that_follow_each_other_are_one(
    client: Client, emulator: Emulator
) -> None:
    """The last day, asked on three days: their hours and no later ones, as one question."""
    query = ek.Query("historical", IDS, METRICS, by="hour", period=ek.last(days=1))
    for _ in range(3):
        run(client, query)
        emulator.clock.travel(DAY)
    emulator.clock.travel(2 * DAY)
    before = len(sent(client))
    (one,) = refresh(client)
    hours = {hour for _, _, hour in numbers(sent(client)[before:])}
    last = floor_hour(NOW + 2 * DAY)
    assert hours == {*range(floor_hour(NOW) - 24, last)}
    assert one.plan.query.period == ek.between(moment(floor_hour(NOW) - 24), moment(last))


def test_the_last_28_hours_are_asked_of_historical(client: Client, emulator: Emulator) -> None:
    """By the hour, the hour that ran then among them; stored hours of historical serve."""
    run(client, ek.Query("28hr", IDS, METRICS))
    emulator.clock.travel(2 * HOUR)
    made = client.plan_refresh()
    (query,) = [one.query for one in made]
    running = floor_hour(NOW)
    assert query.period == ek.between(moment(running - 28), moment(running + 1))
    assert (query.endpoint, query.by) == ("historical", "hour")
    day = ek.Query("historical", IDS, METRICS, by="hour", period=ek.last(hours=40))
    run(client, day)
    assert client.plan_refresh().requests == 0
    emulator.clock.travel(HOUR)
    done = refresh(client)
    table = done[0].to_pandas()
    assert set(table["complete"].dropna()) == {True}
    for one in table[table["value"].notna()].to_dict("records"):
        start = one["start"].to_pydatetime()
        seen = one["observed_at"].to_pydatetime()
        assert one["value"] == truth(one["tweet_id"], one["metric"], start, start + HOUR, seen)


def test_what_was_not_over_is_asked_when_it_is(client: Client, emulator: Emulator) -> None:
    """Of a period that reached beyond now the days since; of young tweets the rest."""
    ahead = ek.between("2026-05-30", "2026-06-05")
    run(client, ek.Query("historical", IDS, METRICS, by="day", period=ahead))
    young = WORLD.sample_ids(ACME, 2, before=NOW)
    run(client, ek.Query("historical", young, METRICS, by="hour", period=ek.first(days=7)))
    emulator.clock.travel(3 * DAY)
    before = len(sent(client))
    done = refresh(client)
    asked = numbers(sent(client)[before:])
    assert {hour for tweet, _, hour in asked if tweet in IDS} == {
        *range(floor_hour(ahead.start), floor_hour(NOW + 3 * DAY) // 24 * 24)
    }
    births = dict(zip(young, creation_hours(young).tolist(), strict=True))
    for tweet in young:
        asked_of_it = {hour for one, _, hour in asked if one == tweet}
        assert asked_of_it >= {*range(births[tweet], floor_hour(NOW + 3 * DAY))}
    assert done.changes.new > 0


def test_what_failed_is_asked(emulator: Emulator, tmp_path: Path, quick: None) -> None:
    """Also what had long settled: nobody has a count of it."""
    del quick
    faulty = Emulator(WORLD, emulator.clock, faults=[Fault("server_error", rate=1.0)],
                      in_process=True)  # fmt: skip
    ids = WORLD.sample_ids(ACME, 6, before=NOW - 40 * DAY)
    settled = ek.between("2026-05-01", "2026-05-05")
    old = ek.Query("historical", ids, METRICS, by="day", period=settled)
    totals = ek.Query("totals", ids, METRICS)
    with faulty:
        broken = connect(faulty, tmp_path / "raw")
        for query in (old, totals):
            assert run(broken, query).failures
    client = connect(emulator, tmp_path / "raw")
    done = refresh(client)
    assert done.changes.new == done.plan.numbers > 0
    assert [one.receipt.missing for one in done] == [0, 0]


def test_questions_that_share_numbers_ask_once(client: Client, emulator: Emulator) -> None:
    """Other tweets, metrics and days of the same hours; the preview knows it beforehand."""
    run(client, HOURS)
    run(client, ek.Query("historical", IDS[2:], [*METRICS, "replies"], by="hour", period=PERIOD))
    later = ek.between("2026-05-28", "2026-06-01")
    run(client, ek.Query("historical", IDS[:3], ["impressions"], by="hour", period=later))
    run(client, ek.Query("historical", IDS[:3], ["impressions"], by="total", period=PERIOD))
    emulator.clock.travel(2 * DAY)
    made = client.plan_refresh()
    before = len(sent(client))
    done = refresh(client)
    assert done.requests == made.requests == len(sent(client)) - before
    by_hour = [one for one in sent(client)[before:] if any("hour" in str(g) for g in one.groupings)]
    assert max(numbers(by_hour).values()) == 1
    assert done.changes.changed + done.changes.same + done.changes.new <= done.plan.numbers


def test_raw_groupings_are_asked_as_they_were_written(client: Client, emulator: Emulator) -> None:
    """As long as their window has not settled; those of 28hr go to historical."""
    one = ek.Query("historical", IDS, METRICS, groupings=RAW, period=ek.last(days=3))
    other = ek.Query("28hr", IDS, METRICS, groupings={"sums": ["engagement.type"]})
    then = [run(client, query) for query in (one, other)]
    assert all(result.plan.as_written for result in then)
    emulator.clock.travel(DAY)
    before = len(sent(client))
    done = refresh(client)
    windows = {one.groupings: one for one in sent(client)[before:]}
    assert {one.endpoint for one in windows.values()} == {"historical"}
    days, sums = (windows[query.groupings] for query in (one, other))
    (was,) = then[0].plan.requests
    assert (days.start, days.end) == (was.start, was.end)
    first, last = (moment(floor_hour(NOW) + at) for at in (-28, 1))
    assert (sums.start, sums.end) == (first, last)
    (mine,) = [result for result in done if result.plan.query.groupings == other.groupings]
    assert mine.to_pandas()["value"].sum() == sum(
        truth(tweet, name, first, last, NOW + DAY) for tweet in IDS for name in METRICS
    )
    assert done.changes.rows == ()  # sums alone: no number of a tweet
    emulator.clock.travel(8 * DAY)
    assert refresh(client).requests == 2
    emulator.clock.travel(DAY)
    assert refresh(client).requests == 0


@pytest.mark.parametrize("kind", ["totals", "day", "first"])
def test_questions_of_other_tweets_share_requests(
    kind: str, client: Client, emulator: Emulator
) -> None:
    """A run a day of that day's tweets: as few requests as one question of them all."""
    ids = WORLD.sample_ids(ACME, 30, before=NOW - DAY)
    period: Any = PERIOD if kind == "day" else ek.first(days=7)
    form = {"by": "day", "period": period} if kind != "totals" else {}
    endpoint = "totals" if kind == "totals" else "historical"
    for at in range(0, len(ids), 3):
        run(client, ek.Query(endpoint, ids[at : at + 3], METRICS, **form))
    emulator.clock.travel(DAY)
    made = client.plan_refresh()
    together = client.plan(ek.Query(endpoint, ids, METRICS, **form), settle=8 * DAY)
    assert made.requests == len(together) < 10
    records = len(ek.open(client.folder or ""))
    before = len(sent(client))
    (done,) = refresh(client)
    assert set(done.plan.query.tweet_ids) == set(ids)
    assert len(sent(client)) - before == made.requests
    assert len(ek.open(client.folder or "")) == records + 1
    assert set(done.receipt.fates) <= {"out_of_range"}
    emulator.clock.travel(DAY)
    assert client.plan_refresh().requests == made.requests  # its own record adds no question


def test_a_refresh_can_be_of_one_endpoint(client: Client, emulator: Emulator) -> None:
    """Lifetime counts are asked each time; without them, or alone."""
    run(client, TOTALS)
    run(client, HOURS)
    emulator.clock.travel(DAY)
    before = len(sent(client))
    assert [one.query.endpoint for one in client.plan_refresh(endpoint="totals")] == ["totals"]
    refresh(client, endpoint="historical")
    assert {one.endpoint for one in sent(client)[before:]} == {"historical"}
    for wrong in ("28hr", ["totals"], 3):
        with pytest.raises(ek.errors.QueryError, match="allowed: totals or historical"):
            client.plan_refresh(endpoint=wrong)  # type: ignore[arg-type]


# --- an oracle ------------------------------------------------------------------------------------
def window_of(query: ek.Query, tweet: str, now: datetime) -> tuple[int, int]:
    """Give the hours that a question asks of a tweet, worked out anew."""
    birth = int(creation_hours([tweet])[0])
    if query.endpoint == "28hr":
        return floor_hour(now - 28 * HOUR), ceil_hour(now)
    period: Any = query.period
    if isinstance(period, ek.question.periods.First):
        return birth, birth + period.hours
    if isinstance(period, ek.question.periods.Last):
        return floor_hour(now) - period.hours, floor_hour(now)
    return floor_hour(period.start), floor_hour(period.end)


def open_numbers(
    asked: list[tuple[ek.Query, datetime]], store: Path, now: datetime, settle: dict[str, timedelta]
) -> set[Number]:
    """Find by brute force what can be had now, and was not observed late enough."""
    wanted = {
        (tweet, name, hour)
        for query, then in asked
        for tweet in query.tweet_ids
        for hour in range(*window_of(query, tweet, then))
        if creation_hours([tweet])[0] <= hour < floor_hour(now)
        for name in query.metrics
    }
    closed = set()
    for known in Store(store).known():
        answer = Store(store).load(known.ref)
        assert answer.window is not None
        for hour in range(*map(ceil_hour, answer.window)):
            closed |= {
                (tweet, name, hour)
                for tweet in answer.request.tweet_ids
                for name in answer.request.metrics
                if answer.observed_at >= moment(hour + 1) + settle.get(name, WEEK)
                or answer.observed_at == now >= moment(hour + 1)
            }
    return wanted - closed


def random_question(rng: random.Random, now: datetime, metrics: dict[str, list[str]]) -> ek.Query:
    """Ask something of one tweet, by the hour."""
    tweet = rng.choice([*metrics])
    if rng.random() < 0.3:
        return ek.Query("28hr", [tweet], metrics[tweet])
    start = moment(floor_hour(now) - rng.randint(1, 500))
    period = rng.choice([
        ek.last(hours=rng.randint(1, 300)), ek.first(hours=rng.randint(1, 300)),
        ek.between(start, start + rng.randint(1, 300) * HOUR),
    ])  # fmt: skip
    return ek.Query("historical", [tweet], metrics[tweet], by="hour", period=period)


def asks_for_exactly_the_open_hours(seed: int, store: Path, steps: int) -> None:
    """Run and refresh at random; hold each plan and what is sent against the oracle."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    settle = {"impressions": rng.randint(0, 240) * HOUR, "favorites": rng.randint(0, 240) * HOUR}
    each = [["impressions"], ["favorites"], ["replies"]]
    old = [one for days in (1, 5, 12, 30) for one in
           WORLD.sample_ids(ACME, 1, before=NOW - days * DAY)]  # fmt: skip
    metrics = {tweet: rng.choice(each) for tweet in old}
    with Emulator(WORLD, WorldClock(frozen=NOW), in_process=True) as emulator:
        client = connect(emulator, store)
        asked = []
        for _ in range(steps):
            emulator.clock.travel(timedelta(minutes=rng.randint(0, 5000)))
            now = client.now()
            query = random_question(rng, now, metrics)
            run(client, query, settle=settle)
            asked.append((query, now))
            emulator.clock.travel(timedelta(minutes=rng.choice([0, 30, 700, 4000])))
            expected = open_numbers(asked, store, client.now(), settle)
            made = client.plan_refresh(settle=settle)
            assert made.numbers == len(expected)
            before = len(sent(client))
            done = refresh(client, settle=settle)
            found = numbers(sent(client)[before:])
            assert expected <= set(found)
            for one in sent(client)[before:]:  # none asks for settled hours alone
                assert set(numbers([one])) & expected
            edges = {(tweet, hour) for tweet, _, hour in expected}
            for tweet, name, hour in found:  # settled hours only in a gap between open ones
                around = [at for one, at in edges if one == tweet]
                assert min(around) <= hour <= max(around), name
            assert done.requests == made.requests
            assert open_numbers(asked, store, client.now(), settle) == set()


@pytest.mark.parametrize("seed", range(3))
def test_a_refresh_asks_for_exactly_the_open_hours(seed: int, tmp_path: Path) -> None:
    """Of one tweet at a time, where no request need carry more than is open."""
    asks_for_exactly_the_open_hours(seed, tmp_path, 8)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_many_refreshes_ask_for_exactly_the_open_hours(seed: int, tmp_path: Path) -> None:
    """As the short one, longer and more often."""
    asks_for_exactly_the_open_hours(seed, tmp_path, 25)


# --- as of ----------------------------------------------------------------------------------------
def grains(result: Result) -> Iterator[str]:
    """Name the tables that a result gives."""
    yield from result.tables[:2]


def plain(table: pa.Table) -> pa.Table:
    """Write texts out: words that no row uses may stand in a column's dictionary."""
    columns = [
        one.cast(pa.string()) if pa.types.is_dictionary(one.type) else one for one in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def as_of_is_the_export_made_then(seed: int, store: Path, steps: int, *, undone: bool) -> None:
    """Export at random moments; later each is given again, also by a store that is opened anew."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    world = World(seed=seed, revised=True, undone=undone)
    ids = world.sample_ids(ACME, 5, before=NOW - DAY)
    period = ek.between("2026-05-26", "2026-06-04")
    names = ["impressions", "favorites", "retweets"]
    questions = [
        ek.Query("historical", ids, names, by="hour", period=period),
        ek.Query("historical", ids[1:], names, by="day", period=period),
        ek.Query("totals", ids, names),
        ek.Query("28hr", ids[:3], names),
        ek.Query("historical", ids[:4], names[:2], by="hour", period=ek.last(hours=30)),
    ]
    exports: list[tuple[Result, str, datetime, pa.Table]] = []
    results: list[Result] = []
    with Emulator(world, WorldClock(frozen=NOW), in_process=True) as emulator:
        client = connect(emulator, store, ticking=True)
        for at in range(steps):
            emulator.clock.travel(timedelta(minutes=rng.choice([1, 7, 95, 600, 2000, 5000])))
            if at and rng.random() < 0.5:
                found = list(refresh(client, max_age=rng.choice([0, 5]) * HOUR))
            else:
                found = [run(client, rng.choice(questions))]
                now, one = client.now(), found[0]
                exports += [(one, name, now, one.to_arrow(name)) for name in grains(one)]
            results += found
            now = client.now()
            for one in [*found, *rng.sample(results, min(3, len(results)))]:
                exports += [(one, name, now, one.to_arrow(name, as_of=now)) for name in grains(one)]
            emulator.clock.travel(timedelta(seconds=1))
            if rng.random() < 0.3:
                client = connect(emulator, store, ticking=True)
    opened = {one.plan.now.isoformat() + one.plan.query.key: one for one in ek.open(store)}
    reopened = 0
    for one, name, then, table in exports:
        assert plain(one.to_arrow(name, as_of=then)).equals(plain(table))
        again = opened.get(one.plan.now.isoformat() + one.plan.query.key)
        if again is not None and again.refs == one.refs:
            reopened += 1
            assert plain(again.to_arrow(name, as_of=then)).equals(plain(table))
    assert reopened
    assert len({then for _, _, then, _ in exports}) > 1


@pytest.mark.parametrize(("seed", "undone"), [(1, False), (2, True)])
def test_as_of_any_time_is_the_export_made_then(seed: int, undone: bool, tmp_path: Path) -> None:
    """All columns of hours, days and lifetime counts, after any runs and refreshes since."""
    as_of_is_the_export_made_then(seed, tmp_path, 8, undone=undone)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12))
def test_as_of_any_time_is_the_export_made_then_at_length(seed: int, tmp_path: Path) -> None:
    """As the short one, longer and more often."""
    as_of_is_the_export_made_then(seed, tmp_path, 30, undone=bool(seed % 2))


# --- what it tells --------------------------------------------------------------------------------
def told(then: pa.Table, now: pa.Table) -> tuple[int, int, int]:
    """Count what changed, stayed, and has a count for the first time; by the tables alone."""
    keys = ["tweet_id", "metric", "start"]
    frames = [one.select([*keys, "value", "observed_at"]).to_pandas() for one in (then, now)]
    for one in frames:
        one["tweet_id"] = one["tweet_id"].astype(str)
        one["metric"] = one["metric"].astype(str)
    old, new = (one[one["value"].notna()] for one in frames)
    both = pd.merge(new, old, on=keys, how="left", suffixes=("", "_then"))
    both = both[both["observed_at"] == both["observed_at"].max()]
    first = both["value_then"].isna()
    moved = ~first & (both["value"] != both["value_then"])
    return int(moved.sum()), int((~first & ~moved).sum()), int(first.sum())


def test_the_figures_are_those_of_the_tables(client: Client, emulator: Emulator) -> None:
    """Changed, stayed, for the first time and settled, counted again from the exports."""
    ids = WORLD.sample_ids(ACME, 30, before=NOW - HOUR)
    query = ek.Query("historical", ids, METRICS, by="hour", period=ek.first(days=10))
    then = run(client, query).to_arrow()
    emulator.clock.travel(3 * DAY)
    done = refresh(client)
    now = done[0].to_arrow()
    figures = done.changes.changed, done.changes.same, done.changes.new
    assert figures == told(then, now)
    assert min(figures) > 0
    late = [
        one for one in now.to_pylist()
        if one["value"] is not None and one["observed_at"] >= one["end"] + WEEK
    ]  # fmt: skip
    assert done.settled == len(late)
    assert f"{figures[0]:,} changed, {figures[1]:,} stayed, {figures[2]:,} have" in repr(done)
    emulator.clock.travel(DAY)
    run(client, query)
    assert (done.changes.changed, done.settled) == (figures[0], len(late))
    frame = done.changes.to_pandas()
    assert frame["changed"].sum() == figures[0]
    assert set(frame["grain"]) == {"hour"}


def test_the_preview_says_what_it_takes_and_sends_nothing(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Questions, requests, numbers, accounts, and each question with something to ask."""
    client = connect(emulator, tmp_path, per_minute=6000)
    for query in (HOURS, TOTALS):
        run(client, query)
    emulator.clock.travel(DAY)
    before = len(sent(client))
    made = client.plan_refresh()
    assert len(sent(client)) == before
    text = repr(made)
    assert "questions: 2, 2 of them with something to ask" in text
    assert f"requests: {made.requests}" in text
    assert "settle: 7 days after the end of a period" in text
    assert made.by_account == {ACME: 2}
    assert len(made[0:2]) == len(made) == 2
    assert made.minutes == pytest.approx(made.requests / 6000)
    done = refresh(client)
    assert isinstance(done[0], Result)
    assert len(done[:1]) == 1


def test_long_lists_are_cut_and_notebooks_have_their_own(
    client: Client, emulator: Emulator
) -> None:
    """Twenty questions: about ten lines, and how many more; that all is invented is said."""
    names = ["impressions", "favorites", "replies", "retweets", "video_views"]
    chosen = [pair for n in (1, 2) for pair in combinations(names, n)]
    for at, pair in enumerate(chosen):
        run(client, ek.Query("totals", WORLD.sample_ids(ACME, 20, before=NOW)[at], pair))
    emulator.clock.travel(HOUR)
    made = client.plan_refresh()
    done = refresh(client)
    assert f"  and: {len(chosen) - 5} more questions" in repr(made)
    for one in (made, done):
        assert len(repr(one).splitlines()) <= 13
        assert "source: EMULATOR: invented data" in repr(one)
        html = one._repr_html_()
        assert html.startswith("<div>")
        assert "EMULATOR: invented data" in html


# --- budgets, and being cut off -------------------------------------------------------------------
def many_questions(client: Client) -> list[ek.Query]:
    """Ask four questions of a request each: other metrics of other tweets."""
    pairs = combinations(["impressions", "favorites", "replies", "retweets"], 2)
    found = [ek.Query("totals", [one], pair) for one, pair in zip(IDS[:4], pairs, strict=False)]
    for one in found:
        run(client, one)
    return found


def test_a_budget_is_held_over_all_questions(client: Client, emulator: Emulator) -> None:
    """Refused beforehand with nothing sent, by the preview and the refresh alike."""
    many_questions(client)
    emulator.clock.travel(HOUR)
    before = len(sent(client))
    for verb in (client.plan_refresh, client.refresh):
        with pytest.raises(ek.errors.BudgetExceeded, match=r"takes 4 requests.*allows 3.*nothing"):
            verb(max_requests=3)
    assert len(sent(client)) == before
    assert refresh(client, max_requests=4).requests == 4


def test_tries_again_count_against_the_budget(
    emulator: Emulator, tmp_path: Path, quick: None
) -> None:
    """One that is spent ends early and says so; the next goes on with what is left."""
    del quick
    many_questions(connect(emulator, tmp_path / "raw"))
    emulator.clock.travel(HOUR)
    with Emulator(WORLD, emulator.clock, faults=[Fault("server_error", nth=[1, 2])],
                  in_process=True) as faulty:  # fmt: skip
        client = connect(faulty, tmp_path / "raw")
        done = refresh(client, max_requests=4)
        assert (done.requests, len(sent(client))) == (4, 4)
        assert "budget" in done.stopped
        assert "refresh again to go on" in repr(done)
        left = client.plan_refresh()
        assert left.requests == 2
        assert "goes on with: a refresh of 2026-06-01 13:34:00 UTC" in repr(left)
        assert refresh(client).requests == 2
        assert client.plan_refresh().begun is None


def test_a_refresh_that_was_cut_off_goes_on(client: Client, emulator: Emulator) -> None:
    """An hour later only the rest is asked; a day later, or where that is wanted, all anew."""
    many_questions(client)
    emulator.clock.travel(HOUR)
    control = ek.Control()
    stopped = refresh(client, control=control, on_step=lambda _: control.stop())
    assert (stopped.requests, len(stopped)) == (1, 1)
    assert stopped.stopped
    emulator.clock.travel(HOUR)
    assert client.plan_refresh(resume=False).requests == 4
    assert client.plan_refresh(resume=timedelta(minutes=30)).requests == 4
    assert client.plan_refresh().requests == 3
    done = refresh(client)
    assert (done.requests, len(done), done.stopped) == (3, 4, "")
    assert done.changes.changed + done.changes.same == 2 * 4  # those of the first part, too
    assert refresh(client).requests == 1  # what the first part saw is an hour old
    emulator.clock.travel(HOUR)
    assert refresh(client).requests == 4


def test_what_was_cut_off_by_an_error_goes_on(client: Client, emulator: Emulator) -> None:
    """Ctrl-C in the middle of it: what was answered is kept, and not asked again."""
    many_questions(client)
    emulator.clock.travel(HOUR)

    def interrupt(step: ek.Step) -> None:
        if step.is_end and len(sent(client)) == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refresh(client, on_step=interrupt)
    emulator.clock.travel(HOUR)
    before = len(sent(client))
    assert refresh(client).requests == len(sent(client)) - before == 2
    emulator.clock.travel(25 * HOUR)
    assert refresh(client).requests == 4


def test_it_goes_on_though_questions_are_put_together_otherwise(
    client: Client, emulator: Emulator, tmp_path: Path
) -> None:
    """After a run of other tweets the question is another one; what was answered serves."""
    ids = WORLD.sample_ids(ACME, 310, before=NOW)
    for at in range(0, 300, 100):
        run(client, ek.Query("totals", ids[at : at + 100], METRICS))
    emulator.clock.travel(HOUR)
    slow = connect(emulator, tmp_path / "raw", per_minute=1)  # the other waits when it is stopped
    control = ek.Control()
    first = refresh(slow, control=control, on_step=lambda _: control.stop())
    assert (first.plan.requests, first.requests) == (2, 1)
    run(client, ek.Query("totals", ids[300:], METRICS))
    emulator.clock.travel(HOUR / 2)
    before = len(sent(client))
    (done,) = refresh(client)
    assert (done.plan.query.tweet_ids[:10], done.receipt.missing) == (tuple(ids[300:]), 0)
    assert len(numbers(sent(client)[before:])) == (300 - len(sent(slow)[-1].tweet_ids)) * 2


def test_after_failures_only_these_are_asked(
    emulator: Emulator, tmp_path: Path, quick: None
) -> None:
    """An hour later; and the repr says with what it goes on. What came then is not new."""
    del quick
    many_questions(connect(emulator, tmp_path / "raw"))
    emulator.clock.travel(HOUR)
    began = emulator.clock.now()
    faults = [Fault("server_error", nth=[*range(2, 40)])]
    with Emulator(WORLD, emulator.clock, faults=faults, in_process=True) as faulty:
        done = refresh(connect(faulty, tmp_path / "raw"))
    failed = sum(len(one.failures) for one in done)
    assert failed == 3
    assert "refresh again to ask them" in repr(done)
    emulator.clock.travel(HOUR)
    again = refresh(connect(emulator, tmp_path / "raw"))
    assert (again.requests, again.seen_before) == (failed, len(METRICS))
    said = f"goes on with: one begun at {began:%Y-%m-%d %H:%M:%S} UTC, 2 numbers observed then"
    assert said in repr(again)
    assert client_begun(emulator, tmp_path / "raw") is None


def client_begun(emulator: Emulator, store: Path) -> datetime | None:
    """Tell with which refresh the next one would go on."""
    return connect(emulator, store).plan_refresh().begun


def test_lifetime_counts_of_hours_ago_are_not_gone_on_with(
    client: Client, emulator: Emulator
) -> None:
    """They grow: after more than an hour all are asked again. Hours that were seen serve."""
    many_questions(client)
    run(client, HOURS)
    emulator.clock.travel(HOUR)
    control = ek.Control()
    first = refresh(client, control=control, on_step=lambda _: control.stop())
    assert first[0].plan.query.endpoint == "historical"
    emulator.clock.travel(5 * HOUR)
    made = client.plan_refresh()
    assert {one.query.endpoint for one in made if len(one)} == {"totals"}
    assert made.requests == 4
    control = ek.Control()
    refresh(client, control=control, on_step=lambda _: control.stop())
    assert client.plan_refresh().requests == 3
    emulator.clock.travel(2 * HOUR)
    assert client.plan_refresh().requests == 4


def test_a_damaged_note_of_a_refresh_is_as_none(client: Client, emulator: Emulator) -> None:
    """The refresh begins anew."""
    many_questions(client)
    emulator.clock.travel(HOUR)
    assert client.folder is not None
    (client.folder / "refresh.json").write_text("[]")
    assert client.plan_refresh().begun is None
    assert refresh(client).requests == 4


def test_damaged_answers_are_asked_anew(client: Client, emulator: Emulator) -> None:
    """Also what had settled: the file is set aside, and the numbers are had again."""
    first = run(client, DAYS)
    emulator.clock.set(PERIOD.end + WEEK)
    refresh(client)
    (path,) = Path(client.folder or "").glob(
        f"answers/*/{ek.open(client.folder or '').latest.refs[0]}.zst"
    )
    path.write_bytes(path.read_bytes()[:200])
    with pytest.warns(
        ek.errors.DamagedAnswer, match="1 stored answer is damaged, and is set aside"
    ):
        assert refresh(client).requests == 1
    assert refresh(client).requests == 0
    assert first.receipt.missing == ek.open(client.folder or "").latest.receipt.missing


# --- whose ----------------------------------------------------------------------------------------
def test_accounts_sign_as_they_did(emulator: Emulator, tmp_path: Path) -> None:
    """Owners are kept; where nobody was named, the account that was connected then."""
    ids = WORLD.sample_ids(BIRCH, 2, before=NOW - DAY)
    run(connect(emulator, tmp_path, account=BIRCH), ek.Query("totals", ids, ["impressions"]))
    client = connect(emulator, tmp_path)
    owners = {ids[0]: BIRCH, IDS[0]: ACME}
    run(client, ek.Query("totals", [ids[0], IDS[0]], ["impressions"], owners=owners))
    emulator.clock.travel(HOUR)
    before = len(sent(client))
    refresh(client)
    asked = {(one.account, tweet) for one in sent(client)[before:] for tweet in one.tweet_ids}
    assert asked == {(BIRCH, ids[0]), (BIRCH, ids[1]), (ACME, IDS[0])}


def test_questions_without_keys_are_left_out(emulator: Emulator, tmp_path: Path) -> None:
    """The others are asked, and the repr says which were not; an error where that is all."""
    ids = WORLD.sample_ids(BIRCH, 2, before=NOW - DAY)
    both = connect(emulator, tmp_path)
    theirs = ek.Query("28hr", ids, ["impressions"], owners=BIRCH)
    run(both, theirs)
    emulator.clock.travel(DAY)
    run(both, ek.Query("28hr", IDS, ["impressions"]))
    emulator.clock.travel(DAY)
    client = connect(emulator, tmp_path, ACME)
    done = refresh(client)
    assert {one.account for one in sent(client)} == {ACME}
    (line,) = [one for one in repr(done).splitlines() if "left out" in one]
    assert line.startswith("  left out: historical: impressions of 2 tweets, by hour, ")
    assert line.endswith(f": there are no keys of {BIRCH}")
    only = connect(emulator, tmp_path / "theirs", ACME, BIRCH)
    run(only, ek.Query("historical", ids, ["impressions"], owners=BIRCH, by="day",
                       period=ek.between("2026-06-03", "2026-06-08")))  # fmt: skip
    emulator.clock.travel(3 * DAY)
    with pytest.raises(ek.errors.CredentialsMissing, match=BIRCH):
        refresh(connect(emulator, tmp_path / "theirs", ACME))
    assert done.requests == 1


def test_runs_of_another_service_are_not_asked(emulator: Emulator, tmp_path: Path) -> None:
    """An error where there are no others; else a line says how many were left out."""
    with Emulator(World(seed=4), WorldClock(frozen=NOW), in_process=True) as other:
        strange = connect(other, tmp_path)
        ids = other.world.sample_ids(ACME, 2, before=NOW)
        run(strange, ek.Query("totals", ids, METRICS))
        client = connect(emulator, tmp_path)
        with pytest.raises(ek.errors.StoreError, match=r"asked emulator/standard-4.*speaks to"):
            refresh(client)
        assert sent(client) == []
        run(client, TOTALS)
        emulator.clock.travel(HOUR)
        assert {*numbers(sent(client))} == {(one, name, 0) for one in IDS for name in METRICS}
        done = refresh(client)
        assert "left out: 1 run of emulator/standard-4" in repr(done)
        assert done.requests == 1


def test_a_store_without_runs_is_an_error(client: Client) -> None:
    """It says what to look at."""
    with pytest.raises(ek.errors.StoreError, match="holds no run to refresh; is it the folder"):
        client.refresh()


def test_a_closed_client_asks_nothing(client: Client) -> None:
    """As for a run."""
    run(client, TOTALS)
    client.close()
    for verb in (client.plan_refresh, client.refresh):
        with pytest.raises(ek.errors.EngagementError, match="this client is closed"):
            verb()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"settle": "quick"}, "settle"),
        ({"settle": "learned"}, 'Did you mean "learnt"'),
        ({"settle": np.array([1, 2])}, "settle"),
        ({"settle": pd.Series([1, 2])}, "settle"),
        ({"settle": {"applause": DAY}}, "applause"),
        ({"max_age": 3}, "max_age"),
        ({"max_requests": -1}, "max_requests"),
        ({"resume": "yes"}, "resume"),
    ],
)
def test_what_means_nothing_is_refused(client: Client, options: Any, said: str) -> None:
    """Before anything is sent."""
    run(client, TOTALS)
    before = len(sent(client))
    for verb in (client.plan_refresh, client.refresh):
        with pytest.raises(ek.errors.QueryError, match=said):
            verb(**options)
    with pytest.raises(ek.errors.QueryError, match="on_step"):
        client.refresh(on_step=3)  # type: ignore[arg-type]
    assert len(sent(client)) == before


def test_a_damaged_record_is_left_out_with_a_warning(client: Client, emulator: Emulator) -> None:
    """The other runs are refreshed."""
    run(client, TOTALS)
    run(client, HOURS)
    assert client.folder is not None
    path = next(
        one for one in client.folder.glob("runs/*/plan.json") if "totals" in one.read_text()
    )
    path.write_text(path.read_text().replace('"service"', '"place"'))
    emulator.clock.travel(DAY)
    with pytest.warns(ek.errors.DamagedRecord, match="can't be read and is left out"):
        done = refresh(client)
    assert [one.plan.query.endpoint for one in done] == ["historical"]


def test_what_is_learnt_is_used(client: Client, emulator: Emulator) -> None:
    """As revisions gives it, where there is any; without past revisions it is the default."""
    ids = WORLD.sample_ids(ACME, 25, before=NOW)
    query = ek.Query("historical", ids, METRICS, by="hour", period=ek.first(days=2))
    emulator.clock.travel(6 * HOUR)
    for _ in range(10):
        run(client, query)
        assert client.plan_refresh(settle="learnt").numbers == client.plan_refresh().numbers
        emulator.clock.travel(DAY)
    times = ek.revisions(client.folder or "").settle()
    assert times["impressions"] < WEEK
    later = WORLD.sample_ids(ACME, 5, before=client.now() - 20 * DAY)
    run(client, ek.Query("historical", later, METRICS, by="hour", period=ek.last(days=7)))
    emulator.clock.travel(DAY)
    made = client.plan_refresh(settle="learnt")
    assert made.numbers == client.plan_refresh(settle=times).numbers
    assert made.numbers < client.plan_refresh().numbers
    assert made[0].freshness.settle_of(["impressions"]) == times["impressions"]
    assert refresh(client, settle="learnt").plan.numbers == made.numbers
