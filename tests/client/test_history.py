"""What a result's numbers were at a moment, and each time: from all answers of its store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.answers.files import pack, unpack
from engagement_kit.client.client import Client
from engagement_kit.client.connection import Connection
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.fetch.wire import Reply
from engagement_kit.tables.schema import SCHEMA
from engagement_kit.tables.sums import latest

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
INFINITY = datetime.max.replace(tzinfo=UTC)
METRICS = ["impressions", "favorites"]
PERIOD = ek.between("2026-05-26", "2026-06-01")
LONG = ek.between("2026-04-01", "2026-06-01")
HOUR = timedelta(hours=1)
WORLD = World(seed=3, revised=True)
IDS = WORLD.sample_ids("acme", 6, before=NOW - timedelta(days=3))
OLD = WORLD.sample_ids("acme", 3, before=NOW - timedelta(days=70))
OTHER = WORLD.accounts[1].name
FOREIGN = WORLD.sample_ids(OTHER, 1, before=NOW - timedelta(days=4))
GONE = WORLD.sample_ids("acme", 1, before=NOW, kind="unavailable")
QUERIES = {
    "totals": ek.Query("totals", IDS, METRICS),
    "hours": ek.Query("historical", IDS, METRICS, by="hour", period=PERIOD),
    "days": ek.Query("historical", IDS, METRICS, by="day", period=PERIOD),
    "windows": ek.Query("historical", IDS, METRICS, by="total", period=PERIOD),
    "hours of day": ek.Query("historical", IDS, METRICS, by="hour_of_day", period=PERIOD),
    "long": ek.Query("historical", OLD, METRICS, by="day", period=LONG),
    "sums over tweets": ek.Query(
        "historical",
        [*IDS, *OLD, *FOREIGN],
        METRICS,
        groupings={
            "sum": ["engagement.type"],
            "days": ["tweet.id", "engagement.type", "engagement.day"],
        },
        period=PERIOD,
    ),
}


@pytest.fixture
def clock() -> WorldClock:
    """Give a clock that stands until it is moved."""
    return WorldClock(frozen=NOW)


@pytest.fixture
def client(clock: WorldClock, tmp_path: Path) -> Iterator[Client]:
    """Connect to a world whose young counts are revised, so that each moment sees others."""
    with Emulator(WORLD, clock) as emulator, ek.connect(emulator, store=tmp_path / "raw") as made:
        yield made


def run(client: Client, query: ek.Query, **options: Any) -> Result:
    """Run a query without a bar."""
    return client.run(query, progress=False, **options)


def stopped(client: Client, query: ek.Query, **options: Any) -> Result:
    """Give the result of a run that is stopped before anything is sent."""
    control = ek.Control()
    control.stop()
    return run(client, query, control=control, **options)


def at_moments(client: Client, clock: WorldClock, query: ek.Query, many: int = 3) -> list[Result]:
    """Ask the same several times, seven hours apart."""
    found = []
    for at in range(many):
        clock.travel(7 * HOUR if at else timedelta(0))
        found.append(run(client, query))
    return found


def counts(table: pa.Table) -> dict[tuple[Any, ...], int]:
    """Give the counts of a table by number and moment; a number in it twice is an error."""
    names = ("tweet_id", "metric", "start", "end", "hour_of_day", "observed_at", "value")
    columns = (table.column(name).to_pylist() for name in names)
    rows = [one for one in zip(*columns, strict=True) if one[-1] is not None]
    found = {one[:-1]: one[-1] for one in rows}
    assert len(found) == len(rows)
    return found


def spans(table: pa.Table) -> dict[tuple[Any, ...], str]:
    """Give the status of each missed hour or day of a table by number and moment."""
    found = {}
    for one in table.filter(pc.is_null(table.column("value"))).to_pylist():
        step = timedelta(hours=24 if one["grain"] == "day" else 1)
        at = one["start"]
        while at < one["end"]:
            place = (one["tweet_id"], one["metric"], at, one["observed_at"])
            assert place not in found
            found[place] = one["status"]
            at += step
    return found


def tidied(store: Path, out: Path, grain: str, **options: Any) -> pa.Table:
    """Read one grain of a whole store."""
    ek.tidy_store(store, out, progress=False, **options)
    return pads.dataset(out / grain, schema=SCHEMA).to_table()


# --- as of a moment -------------------------------------------------------------------------------
@pytest.mark.parametrize("name", QUERIES)
def test_as_of_is_the_table_of_the_run_before(client: Client, clock: WorldClock, name: str) -> None:
    """At each run's moment, and until the next, its table is what the last result gives."""
    found = at_moments(client, clock, QUERIES[name])
    for one, before_next in zip(found, [7 * HOUR - timedelta(microseconds=1)] * 3, strict=True):
        for as_of in (one.plan.now, one.plan.now + before_next):
            assert found[-1].to_arrow(as_of=as_of).equals(one.to_arrow())
    assert found[-1].to_arrow(as_of=INFINITY).equals(found[-1].to_arrow())
    if name == "sums over tweets":
        assert found[-1].to_arrow("sum", as_of=NOW).equals(found[0].to_arrow("sum"))
    assert not found[0].to_arrow().equals(found[1].to_arrow())


@pytest.mark.parametrize("name", ["totals", "hours", "days", "long"])
def test_before_the_first_answer_nothing_was_asked(client: Client, name: str) -> None:
    """Every number is there, without a count, a moment or a source."""
    result = run(client, QUERIES[name])
    before = result.to_pandas(as_of=NOW - timedelta(microseconds=1))
    assert set(before["status"]) == {"not_asked"}
    assert before["value"].isna().all()
    assert before["observed_at"].isna().all()
    assert before["source"].isna().all()
    assert set(before["tweet_id"]) == set(result.to_pandas()["tweet_id"])


@pytest.mark.parametrize("name", ["totals", "hours", "days"])
def test_each_count_is_the_worlds_at_its_moment(
    client: Client, clock: WorldClock, name: str
) -> None:
    """As of a moment and in the history, whichever result of the store is asked."""
    first, second, _ = at_moments(client, clock, QUERIES[name])
    for table in (
        second.to_arrow(as_of=first.plan.now), first.to_arrow(history=True),
        first.to_arrow(as_of=INFINITY),
    ):  # fmt: skip
        assert table.num_rows
        for (tweet, metric, start, end, _, seen), value in counts(table).items():
            if name == "totals":
                truth = WORLD.lifetime([tweet], [metric], seen)
            else:
                truth = WORLD.window([tweet], [metric], start, end, seen)
            assert value == truth.sum()


def test_as_of_takes_any_time_zone_and_no_naive_moment(client: Client, tmp_path: Path) -> None:
    """The same moment on another clock is the same; one without a zone is refused in one way."""
    result = run(client, QUERIES["totals"])
    there = pd.Timestamp(NOW).tz_convert("Asia/Kolkata")
    assert result.to_arrow(as_of=there).equals(result.to_arrow())
    naive = NOW.replace(tzinfo=None)
    said = set()
    for ask in (
        lambda: result.to_pandas(as_of=naive),
        lambda: result.to_polars(as_of=naive, history=True),
        lambda: ek.tidy_store(result.store, tmp_path / "out", as_of=naive, progress=False),
    ):
        with pytest.raises(ek.errors.TableError, match="has no time zone; use datetime") as error:
            ask()
        said.add(str(error.value))
    assert len(said) == 1
    with pytest.raises(ek.errors.TableError, match="as_of='noon': 'noon' is no moment; a time is"):
        result.to_arrow(as_of="noon")
    with pytest.raises(ek.errors.TableError, match="as_of=7 is no moment; use datetime"):
        result.to_arrow(as_of=7)  # type: ignore[arg-type]


def test_other_queries_of_the_store_tell_of_a_results_numbers(
    client: Client, clock: WorldClock
) -> None:
    """Some of its tweets, one metric or some days of another run; what those lack is older."""
    mine = run(client, QUERIES["days"])
    clock.travel(3 * HOUR)
    part = ek.between("2026-05-28", "2026-05-30")
    other = run(client, ek.Query("historical", IDS[1:3], ["favorites"], by="day", period=part))
    table = mine.to_arrow(as_of=INFINITY)
    newer, older = counts(other.to_arrow()), counts(mine.to_arrow())
    found = counts(table)
    assert newer.items() <= found.items()
    again = {one[:-1] for one in newer}
    assert {at: one for at, one in older.items() if at[:-1] not in again}.items() <= found.items()
    assert len(found) == len(older)


def test_only_answers_at_the_level_that_was_asked_tell(client: Client, clock: WorldClock) -> None:
    """Hours say nothing of a result by day, as when a plan looks for what is stored."""
    days = run(client, QUERIES["days"])
    clock.travel(HOUR)
    run(client, QUERIES["hours"])
    assert days.to_arrow(as_of=INFINITY).equals(days.to_arrow())
    assert days.to_pandas(history=True)["observed_at"].nunique() == 1


def test_28hr_keeps_its_hours(client: Client, clock: WorldClock) -> None:
    """As of an earlier answer the hours since then were not asked; the others are as they were."""
    query = ek.Query("28hr", IDS[1:], METRICS)
    first, second = at_moments(client, clock, query, many=2)
    then = counts(first.to_arrow())
    table = second.to_arrow(as_of=NOW)
    assert counts(table).items() <= then.items()
    running = NOW.replace(minute=0)
    assert {one[2] for one in counts(table)} == {running - at * HOUR for at in range(22)}
    lost = table.filter(pc.is_null(table.column("value"))).to_pydict()
    assert set(lost["status"]) == {"not_asked"}
    assert set(lost["start"]) == {running + HOUR}
    complete = table.filter(pc.equal(table.column("start"), running)).column("complete")
    assert set(complete.to_pylist()) == {False}
    assert second.to_arrow(as_of=INFINITY).equals(second.to_arrow())


def test_28hr_counts_the_window_that_the_api_chose(client: Client, clock: WorldClock) -> None:
    """Planned before the full hour and answered after it: each way of looking has those hours."""
    old = client.connection

    class Late:
        def send(self, request: Any) -> Reply:
            clock.set(NOW + HOUR)
            return old.transport.send(request)

    late = Client(
        Connection(Late(), old.credentials, old.where, old.now, old.emulator),
        store=client._store.folder,  # type: ignore[union-attr]
    )
    result = run(late, ek.Query("28hr", IDS[1:], METRICS))
    assert result.to_arrow(as_of=INFINITY).equals(result.to_arrow())
    assert counts(result.to_arrow(history=True)) == counts(result.to_arrow())
    assert result.to_pandas()["start"].max() == NOW.replace(minute=0) + HOUR


def test_28hr_answers_without_counts_tell_of_their_hours(client: Client, clock: WorldClock) -> None:
    """They echo no window: of the same day they say that a tweet is gone, two days later not."""
    query = ek.Query("28hr", GONE, ["favorites"])
    for result in at_moments(client, clock, query, many=2):
        assert set(result.to_pandas(as_of=NOW)["status"]) == {"unavailable"}
    assert result.to_pandas(history=True)["observed_at"].tolist() == [NOW, NOW + 7 * HOUR]
    clock.travel(timedelta(days=2))
    after = stopped(client, query)
    assert set(after.to_pandas(as_of=INFINITY)["status"]) == {"not_asked"}


def test_other_metrics_and_other_times_tell_nothing(client: Client) -> None:
    """A tweet is gone by an answer about something else: nobody asked for this."""
    earlier = ek.between("2026-05-20", "2026-05-26")
    run(client, ek.Query("historical", GONE, ["replies"], by="day", period=PERIOD))
    run(client, ek.Query("historical", GONE, METRICS, by="day", period=earlier))
    result = stopped(client, ek.Query("historical", GONE, METRICS, by="day", period=PERIOD))
    assert set(result.to_pandas(as_of=INFINITY)["status"]) == {"not_asked"}


def test_historical_answers_tell_of_28hr_and_the_other_way_round(
    client: Client, clock: WorldClock
) -> None:
    """They are one quantity: whichever looked at an hour last gives it."""
    recent = run(client, ek.Query("28hr", IDS, METRICS))
    clock.travel(5 * HOUR)
    query = ek.Query("historical", IDS, METRICS, by="hour", period=ek.last(hours=24))
    longer = run(client, query)
    mixed = recent.to_pandas(as_of=INFINITY)
    seen = mixed.groupby("start")["observed_at"].first()
    assert set(seen[seen.index >= longer.to_pandas()["start"].min()]) == {longer.plan.now}
    assert set(seen[seen.index < longer.to_pandas()["start"].min()]) == {NOW}
    every = counts(longer.to_arrow(history=True))
    both = {one[-1] for one in every if one[2] < NOW - HOUR}
    assert both == {NOW, longer.plan.now}


def test_what_was_not_over_when_it_was_planned_stays_so(client: Client, clock: WorldClock) -> None:
    """Days that a later run saw belong to its result: a sum never counts past its own end."""
    query = ek.Query(
        "historical", IDS, METRICS, by="day", period=ek.between("2026-05-26", "2026-06-05")
    )
    first = run(client, query)
    later = ek.between("2026-06-01", "2026-06-03")
    ahead = run(client, ek.Query("historical", IDS, METRICS, by="day", period=later))
    clock.travel(timedelta(days=2))
    run(client, ek.Query("28hr", IDS, METRICS))
    run(client, query)
    for which in ("day", "window"):
        then, later = first.to_pandas(which), first.to_pandas(which, as_of=INFINITY)
        columns = ["tweet_id", "metric", "start", "end", "status"]
        assert later[columns].equals(then[columns])
    assert set(later.loc[later["value"].notna(), "observed_at"]) == {NOW + timedelta(days=2)}
    assert set(ahead.to_pandas(as_of=INFINITY)["status"]) == {"out_of_range"}
    assert len(ahead.to_pandas(history=True)) == 0


def test_what_was_out_of_reach_stays_so(client: Client, clock: WorldClock) -> None:
    """By the profile that reaches back 365 days: what an earlier run saw is in its own result."""
    ids = WORLD.sample_ids("acme", 2, before=NOW - timedelta(days=380))
    period = ek.between("2025-06-02", "2025-06-12")
    query = ek.Query("historical", ids, METRICS, by="hour", period=period)
    where = replace(client.connection.where, profile="overview")
    short = Client(replace(client.connection, where=where), store=client._store.folder)  # type: ignore[union-attr]
    first = run(short, query)
    clock.travel(timedelta(days=3))
    second = run(short, query)
    reach = (NOW - timedelta(days=362)).replace(minute=0) + HOUR
    for table in (second.to_pandas(as_of=INFINITY), second.to_pandas(history=True)):
        assert table.loc[table["value"].notna(), "start"].min() == reach
    assert first.to_pandas(as_of=INFINITY)["start"].min() == period.start
    lost = second.to_pandas(as_of=INFINITY).query("status == 'out_of_range'")
    assert lost["end"].unique().tolist() == [reach]


def test_a_count_from_before_it_was_too_old_is_kept(client: Client, clock: WorldClock) -> None:
    """Impressions can't be asked after 90 days; who asked earlier knows them still, zeros too."""
    ids = WORLD.sample_ids("acme", 4, before=NOW - timedelta(days=89))
    query = ek.Query("totals", ids[:3], METRICS)
    first = run(client, query)
    clock.travel(timedelta(days=3))
    second = run(client, ek.Query("totals", ids, METRICS))
    own = second.to_pandas()
    assert own.loc[own["metric"] == "impressions", "status"].eq("too_old_for_impressions").all()
    table = second.to_pandas(as_of=INFINITY)
    lost = table[table["value"].isna()]
    assert lost[["tweet_id", "metric", "status"]].to_numpy().tolist() == [
        [ids[3], "impressions", "too_old_for_impressions"]
    ]
    assert len(table) == len(own)
    old = first.to_pandas().query("metric == 'impressions'")["value"].tolist()
    assert table.query("metric == 'impressions'")["value"].tolist()[:3] == old
    assert len(second.to_pandas(history=True)) == 6 + 4


def test_hours_of_what_grew_too_old_meanwhile_say_so(client: Client, clock: WorldClock) -> None:
    """Video is counted for 1800 days: the days that were asked in time stay, the others say why."""
    ids = WORLD.sample_ids("acme", 1, before=NOW - timedelta(days=1799))
    metrics = ["video_views", "favorites"]
    shorter, longer = (ek.between("2026-05-26", end) for end in ("2026-05-28", "2026-05-31"))
    first = run(client, ek.Query("historical", ids, metrics, by="day", period=shorter))
    clock.travel(timedelta(days=2))
    query = ek.Query("historical", ids, metrics, by="day", period=longer)
    for ask in (stopped, run):  # before and after an answer that says so itself
        second = ask(client, query, resume=False)
        assert "too_old_for_video" in set(second.missing["status"])
        table = second.to_pandas(as_of=INFINITY)
        video = table[table["metric"] == "video_views"]
        assert video["status"].tolist() == ["observed", "observed", "too_old_for_video"]
        assert video["value"].tolist()[:2] == first.to_pandas()["value"].tolist()[:2]
    every = second.to_pandas(history=True)
    assert every.loc[every["metric"] == "video_views", "value"].notna().sum() == 2


def test_gone_and_foreign_tweets_say_so_as_of_then(client: Client, clock: WorldClock) -> None:
    """Side lists and refusals count from when they were seen; before, nobody had asked."""
    query = ek.Query("historical", [*IDS, *GONE, *FOREIGN], METRICS, by="day", period=PERIOD)
    clock.travel(HOUR)
    first = run(client, query)
    assert first.receipt.fates.keys() >= {"unavailable", "not_owned"}
    assert first.to_arrow(as_of=first.plan.now).equals(first.to_arrow())
    clock.travel(HOUR)
    table = run(client, query).to_pandas(as_of=NOW)
    assert set(table["status"]) <= {"not_asked", "out_of_range"}


def test_a_refusal_of_another_account_says_nothing(client: Client, clock: WorldClock) -> None:
    """Refused to whom it does not belong: its owner's result is as if that was never asked."""
    run(client, ek.Query("historical", FOREIGN, METRICS, by="day", period=PERIOD))
    clock.travel(HOUR)
    query = ek.Query("historical", FOREIGN, METRICS, by="day", period=PERIOD, owners=OTHER)
    result = stopped(client, query)
    assert set(result.to_pandas(as_of=INFINITY)["status"]) == {"not_asked"}
    assert len(result.to_pandas(history=True)) == 0


def test_a_request_that_failed_is_known_from_its_plan_on(client: Client, clock: WorldClock) -> None:
    """It says refused, until a later run brings the count."""
    query = ek.Query("totals", IDS[:1], ["favorites"])
    old = client.connection

    class Broken:
        def send(self, _: Any) -> Reply:
            return Reply(400, {}, json.dumps({"errors": ["no"]}).encode())

    broken = Client(
        Connection(Broken(), old.credentials, old.where, old.now, old.emulator),
        store=client._store.folder,  # type: ignore[union-attr]
    )
    failed = run(broken, query)
    clock.travel(HOUR)
    better = run(client, query)
    assert failed.to_pandas(as_of=NOW)["status"].tolist() == ["refused"]
    assert failed.to_pandas(as_of=NOW - HOUR)["status"].tolist() == ["not_asked"]
    assert failed.to_arrow(as_of=INFINITY).equals(better.to_arrow())


def test_a_run_that_was_cut_off_knows_what_others_asked(client: Client, clock: WorldClock) -> None:
    """Its own table lacks what it did not come to; as of later, the store has it."""
    cut = stopped(client, QUERIES["days"])
    clock.travel(HOUR)
    whole = run(client, QUERIES["days"], resume=False)
    assert set(cut.to_pandas()["status"]) == {"not_asked"}
    assert cut.to_arrow(as_of=INFINITY).equals(whole.to_arrow())


def test_a_store_opened_again_knows_the_same(client: Client, clock: WorldClock) -> None:
    """Without keys or network, from any of its results."""
    found = at_moments(client, clock, QUERIES["days"])
    archive = ek.open(found[0].store.folder)
    for one, again in zip(found, archive, strict=True):
        assert again.to_arrow(as_of=NOW).equals(one.to_arrow(as_of=NOW))
        assert again.to_arrow(history=True).equals(found[0].to_arrow(history=True))


def test_a_damaged_answer_of_another_run_is_an_error(client: Client, clock: WorldClock) -> None:
    """It may hold a number, or why there is none: nothing is left out silently."""
    first, second = at_moments(client, clock, QUERIES["totals"], many=2)
    (path,) = first.store.folder.glob(f"answers/*/{first.refs[0]}.zst")
    path.write_bytes(pack(unpack(path.read_bytes())[:-1] + b" "))
    assert second.to_arrow().num_rows
    with pytest.raises(ek.errors.StoreError, match="damaged"):
        second.to_arrow(as_of=INFINITY)
    assert second.store.set_aside(first.refs[0])
    assert second.to_arrow(as_of=INFINITY).equals(second.to_arrow())


# --- each time ------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["totals", "hours", "days", "windows", "hours of day"])
def test_history_has_each_observation_once(client: Client, clock: WorldClock, name: str) -> None:
    """It is the tables of all runs, by tweet, metric, time and then the moment."""
    found = at_moments(client, clock, QUERIES[name])
    table = found[0].to_arrow(history=True)
    tables = [counts(one.to_arrow()) for one in found]
    assert counts(table) == tables[0] | tables[1] | tables[2]
    assert table.num_rows == sum(map(len, tables))
    names = ["tweet_id", "metric", "start", "hour_of_day", "observed_at"]
    place = {one: at for at, one in enumerate([*IDS, *METRICS])}
    rows = [
        (place[a], place[b], *rest)
        for a, b, *rest in zip(*(table.column(one).to_pylist() for one in names), strict=True)
    ]
    in_order = sorted(rows, key=lambda one: (one[0], one[1], one[2], one[3] or 0, one[4]))
    assert rows == in_order
    up_to = found[2].to_arrow(history=True, as_of=found[1].plan.now)
    assert counts(up_to) == tables[0] | tables[1]
    before = found[2].to_arrow(history=True, as_of=NOW - HOUR)
    assert (before.num_rows, before.schema) == (0, SCHEMA)


def test_a_coarser_number_has_a_row_for_each_answer_that_holds_it(
    client: Client, clock: WorldClock
) -> None:
    """61 days take three answers: none holds their sum, each holds its days."""
    found = at_moments(client, clock, QUERIES["long"], many=2)
    for one in found:
        assert len(one.refs) > 1
        assert one.to_arrow("window", history=True).num_rows == 0
    # Only what is open is asked again.
    days = found[1].to_pandas(history=True)
    assert days["observed_at"].nunique() == 2
    hours = at_moments(client, clock, QUERIES["hours"], many=2)
    table = hours[0].to_arrow("day", history=True)
    assert counts(table) == counts(hours[0].to_arrow("day")) | counts(hours[1].to_arrow("day"))
    assert table.column("request_key").null_count == 0
    with pytest.raises(ek.errors.TableError, match="ask with by='hour'"):
        found[0].to_arrow("hour", history=True)


def test_a_part_of_a_day_makes_no_row_of_the_day(client: Client, clock: WorldClock) -> None:
    """An answer that holds some of its hours is left out of the days, and is in the hours."""
    mine = run(client, QUERIES["hours"])
    clock.travel(HOUR)
    part = ek.between("2026-05-30T06:00Z", "2026-05-31T18:00Z")
    run(client, ek.Query("historical", IDS, METRICS, by="hour", period=part))
    days = mine.to_pandas("day", history=True)
    assert days["observed_at"].nunique() == 1
    assert mine.to_pandas(history=True)["observed_at"].nunique() == 2


def test_a_sum_over_tweets_needs_an_answer_with_all_of_them(
    client: Client, clock: WorldClock
) -> None:
    """The run of all has its row each time; one of some tweets adds none."""
    ids = IDS[2:]
    shape = {"sum": ["engagement.type"], "each": ["tweet.id", "engagement.type"]}
    query = ek.Query("totals", ids, METRICS, groupings=shape)
    found = at_moments(client, clock, query, many=2)
    clock.travel(HOUR)
    run(client, ek.Query("totals", ids[1:], METRICS))
    table = found[0].to_pandas("sum", history=True)
    assert table["observed_at"].tolist() == [NOW, NOW + 7 * HOUR] * 2
    assert table["value"].tolist() == [
        WORLD.lifetime(ids, [name], seen).sum()
        for name in METRICS
        for seen in (NOW, NOW + 7 * HOUR)
    ]
    assert found[0].to_pandas("each", history=True)["observed_at"].nunique() == 3


def test_history_lists_what_answers_say_and_not_what_nobody_asked(
    client: Client, clock: WorldClock
) -> None:
    """Gone and foreign tweets each time that it was said; a tweet born too late never."""
    late = WORLD.sample_ids("acme", 1, before=NOW)
    query = ek.Query(
        "historical", [*IDS, *GONE, *FOREIGN, *late], METRICS, by="day",
        period=ek.between("2026-05-26", "2026-05-31"),
    )  # fmt: skip
    found = at_moments(client, clock, query, many=2)
    assert set(found[0].missing["status"]) == {"unavailable", "not_owned", "out_of_range"}
    table = found[0].to_pandas(history=True)
    lost = table[table["value"].isna()]
    said = lost.groupby("status", observed=True)["observed_at"].nunique().to_dict()
    assert said == {"unavailable": 2, "not_owned": 1}  # a refusal is remembered
    assert lost["request_key"].notna().all()
    assert set(lost["tweet_id"]) == {*GONE, *FOREIGN}
    windows = found[0].to_pandas("window", history=True)
    assert set(windows.loc[windows["value"].isna(), "tweet_id"]) == {*GONE, *FOREIGN}


def test_two_answers_of_one_moment_are_one_observation(client: Client) -> None:
    """Where the clock stands, a number that was answered twice is there once."""
    result = run(client, QUERIES["days"])
    for ref in result.refs:
        assert result.store.put(replace(result.store.load(ref), headers={})) == f"{ref}.2"
    assert counts(result.to_arrow(history=True)) == counts(result.to_arrow())


# --- the same as a whole store --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "grain"), [("totals", "lifetime"), ("hours", "hour"), ("days", "day")]
)
def test_a_whole_store_says_the_same(
    client: Client, clock: WorldClock, tmp_path: Path, name: str, grain: str
) -> None:
    """Counts and reasons of `ek.tidy_store`, as of a moment and each time."""
    query = QUERIES[name]
    more = ek.Query.from_dict({**query.to_dict(), "tweet_ids": [*IDS, *GONE]})
    found = at_moments(client, clock, more)
    store, result = found[0].store.folder, found[-1]
    every = tidied(store, tmp_path / "all", grain, history=True)
    assert counts(result.to_arrow(history=True)) == counts(every)
    if grain != "lifetime":
        assert spans(result.to_arrow(history=True)) == spans(every)
    for at, one in enumerate(found):
        whole = tidied(store, tmp_path / f"{at}", grain, as_of=one.plan.now)
        mine = result.to_arrow(as_of=one.plan.now)
        if grain == "lifetime":  # there a store keeps each moment
            whole = pa.Table.from_pandas(latest(whole.to_pandas()), preserve_index=False)
        assert counts(mine) == counts(whole)


@st.composite
def jobs(draw: st.DrawFn) -> list[tuple[int, ek.Query]]:
    """Draw runs that share numbers: how many hours after the last each begins, and its query."""
    found = []
    by: Any = draw(st.sampled_from(["hour", "day"]))
    for _ in range(draw(st.integers(2, 4))):
        ids = draw(
            st.lists(st.sampled_from([*IDS, *OLD, *GONE]), min_size=1, max_size=5, unique=True)
        )
        metrics = draw(st.sampled_from([METRICS, METRICS[:1], METRICS[::-1]]))
        start = draw(st.integers(1, 30))
        end = draw(st.integers(start + 1, 32))
        begin = datetime(2026, 5, 1, tzinfo=UTC)
        period = ek.between(begin + timedelta(days=start), begin + timedelta(days=end))
        query: Any = draw(
            st.sampled_from(
                [
                    ek.Query("historical", ids, metrics, by=by, period=period),
                    ek.Query("historical", ids, metrics, by=by, period=ek.last(days=end - start)),
                    ek.Query("totals", ids, metrics),
                    ek.Query("28hr", ids, metrics),
                ]
            )
        )
        found.append((draw(st.integers(0, 60)), query))
    return found


@given(jobs())
@settings(max_examples=25)
def test_as_of_is_the_latest_of_the_history(runs: list[tuple[int, ek.Query]]) -> None:
    """Of any result and moment; and the latest is never older than what the run itself saw."""
    clock = WorldClock(frozen=NOW)
    with Emulator(WORLD, clock) as emulator, ek.connect(emulator) as client:
        results = []
        for hours, query in runs:
            clock.travel(hours * HOUR)
            results.append(run(client, query))
        moments = [NOW - HOUR, *(one.plan.now for one in results), INFINITY]
        for one in results:
            for as_of in moments:
                every = one.to_pandas(history=True, as_of=as_of)
                known = one.to_arrow(as_of=as_of)
                best = latest(every[every["value"].notna()])
                assert counts(known) == counts(pa.Table.from_pandas(best, preserve_index=False))
            own, now = counts(one.to_arrow()), counts(one.to_arrow(as_of=INFINITY))
            assert {at[:3] for at in own} == {at[:3] for at in now}
            newest = {at[:3]: at[-1] for at in now}
            assert all(at[-1] <= newest[at[:3]] for at in own)


# --- raw groupings, and other programs ------------------------------------------------------------
def test_groupings_as_written_have_a_moment_and_no_history(
    client: Client, clock: WorldClock
) -> None:
    """Only the run's own answer is known to hold them."""
    query = ek.Query("totals", IDS, METRICS, groupings={"sum": ["engagement.type"]})
    _, second = at_moments(client, clock, query, many=2)
    assert second.to_arrow(as_of=INFINITY).equals(second.to_arrow())
    before = second.to_pandas(as_of=NOW)
    assert set(before["status"]) == {"not_asked"}
    with pytest.raises(ek.errors.TableError, match="history needs counts of each tweet"):
        second.to_arrow(history=True)
    for as_of in (NOW, INFINITY):
        with pytest.raises(ek.errors.TableError, match="only the groupings that were asked for"):
            second.to_arrow("lifetime", as_of=as_of)


def test_every_way_out_takes_a_moment(client: Client, clock: WorldClock, tmp_path: Path) -> None:
    """Polars, DuckDB, CSV, Parquet, wide and labelled rows; files say what they are."""
    first, second = at_moments(client, clock, QUERIES["totals"], many=2)
    then, every = first.to_arrow(), second.to_arrow(history=True)
    values = then.column("value").to_pylist()
    assert second.table(as_of=NOW)["value"].tolist() == values
    assert second.to_polars(as_of=NOW)["value"].to_list() == values
    assert second.to_polars(history=True).height == every.num_rows
    with second.to_duckdb(as_of=NOW) as connection:
        assert connection.sql("SELECT value FROM long").fetchnumpy()["value"].tolist() == values
    with second.to_duckdb(history=True) as connection:
        assert connection.sql("FROM long").fetchnumpy()["value"].size == every.num_rows
        found = [one[2:] for one in connection.sql("FROM wide").fetchall()]
    assert sorted(found) == sorted(map(tuple, second.wide().to_numpy().tolist()))
    pd.testing.assert_frame_equal(second.wide(as_of=NOW), first.wide())
    for path, rows in (
        (second.to_csv(tmp_path / "then.csv", as_of=NOW), then.num_rows),
        (second.to_csv(tmp_path / "every.csv", history=True), every.num_rows),
    ):
        assert len(pd.read_csv(path)) == rows
    own = pd.DataFrame({"tweet_id": IDS, "team": range(len(IDS))})
    assert second.with_tweets(own, as_of=NOW)["value"].tolist() == values
    assert len(second.with_tweets(own, history=True)) == every.num_rows
    said = []
    for options in ({}, {"as_of": NOW}, {"as_of": NOW, "history": True}):
        path = second.to_parquet(tmp_path / "t.parquet", **options)  # type: ignore[arg-type]
        about = json.loads(pq.read_schema(path).metadata[b"engagement_kit"])
        said.append((about.get("as_of"), about.get("history")))
    moment = "2026-06-01T12:34:00Z"
    assert said == [(None, None), (moment, None), (moment, True)]
    assert ek.total(every).equals(ek.total(second.to_arrow()))
