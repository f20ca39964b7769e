"""Following: begun, gone on with, ended; what is refused; what its tables and receipt say."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.follow_log import Follows
from engagement_kit.client.followed import Followed
from engagement_kit.client.follower import Tick
from engagement_kit.client.pausing import Pause
from engagement_kit.emulator import Emulator, Fault, World, WorldClock
from engagement_kit.errors import DamagedRecord
from engagement_kit.fetch.control import Control
from engagement_kit.question.tweet_ids import created_at

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WORLD = World(seed=3)
IDS = WORLD.sample_ids("acme", 4, before=START)
OLD = WORLD.sample_ids("acme", 1, before=START - 100 * DAY)
METRICS = ["impressions", "favorites"]


@pytest.fixture
def clock() -> WorldClock:
    """Give a clock that stands until it is moved."""
    return WorldClock(frozen=START)


@pytest.fixture
def client(clock: WorldClock, tmp_path: Path) -> Iterator[Client]:
    """Connect to a world of this process."""
    with (
        Emulator(WORLD, clock, in_process=True) as emulator,
        ek.connect(emulator, store=tmp_path / "raw") as made,
    ):
        yield made


def follow(client: Client, ids: Any = IDS, **options: Any) -> Followed:
    """Follow for three hours, every half of one."""
    given: dict[str, Any] = {"until": 3 * HOUR, "every": 30 * MINUTE, "progress": False}
    return client.follow(ids, METRICS, **{**given, **options})


class Cut(Exception):
    """Something that ends a following at once."""


def test_waiting_moves_the_clock_of_an_own_emulator(client: Client, clock: WorldClock) -> None:
    """Each snapshot is of its moment; the clock stops at the last one."""
    seen: list[Tick] = []
    found = follow(client, on_tick=seen.append)
    assert [one.tick for one in seen] == [START + at * 30 * MINUTE for at in range(6)]
    assert all(one.at == one.tick and one.taken == one.due for one in seen)
    assert [one.next for one in seen] == [*(one.tick for one in seen[1:]), None]
    assert "2026-06-01 12:30:00 UTC: " in str(seen[1])
    assert clock.now() == START + 150 * MINUTE
    assert found.receipt.taken == found.receipt.due == sum(one.due for one in seen)
    assert found.receipt.requests == 6 == found.receipt.answers
    assert client.emulator is not None
    assert client.emulator.requests_served == 6


def test_a_following_leaves_no_run(client: Client) -> None:
    """Thousands of them would bury those of a person; it is under ``follows``."""
    found = follow(client)
    archive = ek.open(found.store)
    assert len(archive) == 0
    assert [one.receipt for one in archive.follows] == [
        Followed(found.store, found.spec, found.as_of).receipt
    ]


def test_its_tables_work_without_network(client: Client, tmp_path: Path) -> None:
    """A row for each observation; exports hold the same; the newest alone are in ``result``."""
    found = follow(client)
    client.close()
    opened = ek.open(tmp_path / "raw").follows[0]
    table = opened.to_pandas()
    assert len(table) == found.receipt.taken * len(METRICS)
    assert set(table["grain"]) == {"lifetime"}
    assert opened.source == "emulator" == table["source"].iloc[0]
    assert not table.duplicated(["tweet_id", "metric", "observed_at"]).any()
    assert opened.to_polars().height == len(table)
    path = opened.to_parquet(tmp_path / "all.parquet")
    assert pq.read_table(path).num_rows == len(table)
    newest = opened.result.to_pandas()
    assert set(newest["status"]) == {"observed"}
    assert set(newest["observed_at"]) == {START + 150 * MINUTE}
    assert opened.result.receipt.answered == len(newest) == len(IDS) * len(METRICS)
    early = opened.to_pandas(as_of=START)
    assert set(early["observed_at"]) == {START}
    path = opened.to_parquet(tmp_path / "early.parquet", as_of=START)
    assert pq.read_table(path).num_rows == len(early)
    assert len(ek.insight.half_lives(table, first_hours=2)) == len(IDS)


def test_a_length_of_time_goes_on_with_what_is_not_over(client: Client, clock: WorldClock) -> None:
    """What was due meanwhile and can't be taken any more is missed; the end stays as it was."""

    def cut(one: Tick) -> None:
        if one.tick >= START + HOUR:
            raise Cut

    with pytest.raises(Cut):
        follow(client, on_tick=cut)
    clock.travel(70 * MINUTE)
    seen: list[Tick] = []
    plan = client.plan_follow(IDS, METRICS, until=3 * HOUR, every=30 * MINUTE)
    assert plan.begun
    assert plan.until == START + 3 * HOUR
    assert "goes on with" in repr(plan)
    # The order in which things are named makes no other question.
    found = client.follow(
        IDS[::-1], METRICS[::-1], until=3 * HOUR, every=30 * MINUTE, progress=False,
        on_tick=seen.append,
    )  # fmt: skip
    assert (found.spec.since, found.spec.until) == (START, START + 3 * HOUR)
    assert seen[0].tick == START + 2 * HOUR
    assert seen[0].at == START + 130 * MINUTE
    assert " 10 min late: " in str(seen[0])
    receipt = found.receipt
    assert receipt.missed["not_running"] == receipt.due - receipt.taken
    assert set(found.missed["reason"]) == {"not_running"}
    assert receipt.late == seen[0].taken
    assert receipt.longest_lateness == 10 * MINUTE
    assert receipt.sessions == 2
    assert len(Follows(found.store).specs()) == 1


def test_a_moment_goes_on_with_what_ends_just_then(client: Client) -> None:
    """Over or not; another end, another pace or other tweets are another following."""
    found = follow(client, until=START + 3 * HOUR)
    assert client.emulator is not None
    served = client.emulator.requests_served
    again = follow(client, until=START + 3 * HOUR)
    assert again.spec == found.spec
    assert again.receipt.taken == found.receipt.taken
    follow(client, until=START + 3 * HOUR, every=HOUR)
    assert client.emulator.requests_served == served
    follow(client, until=START + 4 * HOUR)
    assert client.emulator.requests_served > served
    assert len(Follows(found.store).specs()) == 3


def test_what_others_asked_is_not_asked_again(client: Client) -> None:
    """A run at the same moment serves; one of fewer metrics does not."""
    client.run(ek.Query("totals", IDS[:2], METRICS), progress=False)
    client.run(ek.Query("totals", IDS[2:3], METRICS[:1]), progress=False)
    seen: list[Tick] = []
    found = follow(client, on_tick=seen.append)
    assert seen[0].due == 2
    assert found.receipt.taken == found.receipt.due


def test_two_that_follow_the_same_share_the_work(tmp_path: Path) -> None:
    """In real time: each request is sent once, whoever is first."""
    born, clock = created_at(IDS[0]), WorldClock()
    assert born is not None
    clock.set(born + timedelta(seconds=2))
    until, ids = clock.now() + timedelta(seconds=3.5), IDS[:1]
    with Emulator(WORLD, clock) as emulator:
        pair = [ek.connect(emulator, store=tmp_path) for _ in range(2)]
        with pair[0], pair[1]:
            found: list[Followed] = []

            def work(client: Client) -> None:
                found.append(
                    client.follow(
                        ids, METRICS, until=until, every=timedelta(seconds=1), progress=False
                    )
                )

            threads = [threading.Thread(target=work, args=(client,)) for client in pair]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(Follows(found[0].store).specs()) == 1
        receipt = Followed(found[0].store, found[0].spec).receipt
        assert receipt.due >= 4
        assert receipt.taken >= receipt.due - 1  # a slow machine may miss a second
        assert emulator.requests_served <= receipt.due


def test_ctrl_c_ends_it_with_the_receipt_so_far(client: Client) -> None:
    """Also while it waits; nothing is raised."""

    def sleep(seconds: float) -> None:
        assert client.emulator is not None
        client.emulator.clock.travel(timedelta(seconds=seconds))
        if client.now() > START + HOUR:
            raise KeyboardInterrupt

    found = follow(client, sleep=sleep)
    assert found.as_of == START + 90 * MINUTE
    assert found.receipt.due > found.receipt.taken > 0
    assert "as of" in found.receipt.to_text()


def test_a_control_stops_it(client: Client) -> None:
    """From a snapshot, as from a button; the rest is taken when it is called again."""
    control = Control()
    found = follow(client, control=control, on_tick=lambda _: control.stop())
    assert found.receipt.due == found.receipt.taken == len(IDS)
    whole = follow(client)
    assert whole.receipt.taken == whole.receipt.due > found.receipt.due


def test_closing_the_client_stops_it(clock: WorldClock, tmp_path: Path) -> None:
    """As runs that go on."""
    with Emulator(WORLD, clock) as emulator, ek.connect(emulator, store=tmp_path) as client:
        found = follow(client, on_tick=lambda _: client.close())
        assert found.receipt.due == found.receipt.taken == len(IDS)


def test_a_pause_makes_snapshots_late_or_lost(client: Client) -> None:
    """Nothing is sent meanwhile."""
    control = Control()

    def pause(one: Tick) -> None:
        if one.tick == START:
            control.pause()
            threading.Timer(0.3, control.resume).start()

    began = time.monotonic()
    found = follow(client, control=control, on_tick=pause)
    assert time.monotonic() - began > 0.25
    assert found.receipt.taken == found.receipt.due


def test_a_fault_is_tried_again_until_the_next_is_due(client: Client) -> None:
    """The snapshot comes late; the next at its time."""
    assert client.emulator is not None
    client.emulator.faults.add(Fault("server_error", times=8))
    found = follow(client, IDS[:1])
    receipt = found.receipt
    assert receipt.taken == receipt.due
    assert 0 < receipt.late <= 1
    assert sorted({at.minute for at in found.to_pandas()["observed_at"]}) == [0, 3, 30]


def test_a_tweet_that_sinks_its_batch_is_asked_apart(client: Client) -> None:
    """Others are taken; its own misses say what the API said; later ticks need no search."""
    assert client.emulator is not None
    client.emulator.faults.add(Fault("server_error", tweet_id=IDS[1]))
    sent: list[int] = []
    found = follow(client, on_tick=lambda one: sent.append(one.sent))
    lost = found.missed
    assert set(lost["tweet_id"]) == {IDS[1]}
    assert set(lost["reason"]) == {"failed"}
    assert found.receipt.taken == found.receipt.due - len(lost)
    assert any("HTTP 500" in one for one in found.receipt.failures)
    assert sent[0] > max(sent[1:])


def test_keys_that_are_not_accepted_end_it(client: Client) -> None:
    """No later tick could do better; what came is kept."""
    assert client.emulator is not None

    def revoke(_: Tick) -> None:
        assert client.emulator is not None
        client.emulator.revoke("acme")

    with pytest.raises(ek.errors.AuthenticationFailed):
        follow(client, on_tick=revoke)
    assert client.folder is not None
    receipt = ek.open(client.folder).follows[0].receipt
    assert receipt.taken == len(IDS)
    assert set(receipt.missed) == {"failed"}


def test_too_old_foreign_and_unavailable_tweets_are_told_apart(client: Client) -> None:
    """None of them is asked in vain for ever."""
    gone = WORLD.sample_ids("acme", 1, before=START, kind="unavailable")
    foreign = WORLD.sample_ids(WORLD.accounts[1].name, 1, before=START - HOUR)
    ids = [*IDS[:1], *OLD, *gone, *foreign]
    found = client.follow(ids, ["impressions"], until=DAY, every=HOUR, progress=False)
    why = dict(zip(found.missed["tweet_id"], found.missed["reason"], strict=True))
    assert why == {OLD[0]: "too_old", gone[0]: "unavailable", foreign[0]: "not_owned"}
    assert client.emulator is not None
    assert client.emulator.requests_served == found.receipt.requests
    refused = [one for one in client.emulator.log if one.status == 403]
    assert len(refused) <= 1


def test_a_damaged_log_loses_reasons_alone(client: Client) -> None:
    """A cut last line is what a killed process leaves; another damaged one is told of."""
    found = follow(client)
    assert client.folder is not None
    (log,) = client.folder.glob("follows/*/*.jsonl")
    lines = log.read_bytes()
    log.write_bytes(lines[:-5])
    assert Followed(found.store, found.spec, found.as_of).receipt.taken == found.receipt.taken
    log.write_bytes(b"{]\n" + lines)
    with pytest.warns(DamagedRecord, match="line 1 of"):
        assert Followed(found.store, found.spec, found.as_of).receipt.requests == 6
    (spec,) = client.folder.glob("follows/*/spec.json")
    spec.write_text("{}")
    with pytest.warns(DamagedRecord, match=r"spec\.json"):
        assert ek.open(client.folder).follows == ()


def test_wrong_arguments_are_refused_all_at_once(client: Client) -> None:
    """Ids, metrics, pace and end, before anything is kept."""
    with pytest.raises(ek.errors.QueryError) as caught:
        client.follow(["x"], ["likez"], every=7 * MINUTE, until=datetime(2026, 7, 1))  # noqa: DTZ001
    assert [one.field for one in caught.value.problems] == [
        "tweet_ids", "metrics", "every", "until",
    ]  # fmt: skip
    for wrong in (timedelta(0), -HOUR, "7d", None):
        with pytest.raises(ek.errors.QueryError, match="allowed: an aware datetime"):
            client.follow(IDS, until=wrong)  # type: ignore[arg-type]
    for past in (START, START - DAY):
        with pytest.raises(ek.errors.QueryError, match="it is past"):
            client.follow(IDS, METRICS, until=past)
        with pytest.raises(ek.errors.QueryError, match="it is past"):
            client.plan_follow(IDS, METRICS, until=past)
    assert client.folder is not None
    assert not client.folder.exists()


def test_without_a_store_it_is_refused(clock: WorldClock, tmp_path: Path) -> None:
    """Snapshots can't be taken again; a plan needs none."""
    with Emulator(WORLD, clock, in_process=True) as emulator, ek.connect(emulator) as client:
        with pytest.raises(ek.errors.EngagementError, match="following needs a store"):
            follow(client)
        assert client.plan_follow(IDS, METRICS, until=DAY).requests
        assert follow(client, store=tmp_path / "here").receipt.taken
    with pytest.raises(ek.errors.EngagementError, match="closed"):
        follow(client, store=tmp_path / "here")


def test_where_nothing_can_be_asked_it_is_refused(client: Client) -> None:
    """It would wait for nothing."""
    with pytest.raises(ek.errors.EngagementError, match="up to 90 days old"):
        client.follow(OLD, ["impressions"], until=DAY)
    with pytest.raises(ek.errors.CredentialsMissing, match="dune2"):
        client.follow(IDS, METRICS, until=DAY, owners="dune2")


def test_a_clock_that_stands_still_elsewhere_is_an_error(tmp_path: Path) -> None:
    """Instead of waiting for ever; it says what to do."""
    now = START
    pause = Pause(lambda: now, lambda _stop, _seconds: None, time.monotonic, at_once=False)
    with pytest.raises(ek.errors.EngagementError, match="stands still"):
        pause.until(START + HOUR, threading.Event())
    with Emulator(WORLD, WorldClock(frozen=START)) as emulator:
        environment = emulator.environment()
        keys = {name.removeprefix("TWITTER_").lower(): one for name, one in environment.items()
                if name.startswith("TWITTER_")}  # fmt: skip
        with (
            ek.connect(
                base_url=emulator.base_url,
                store=tmp_path,
                **keys,  # type: ignore[arg-type]
            ) as client,
            pytest.raises(ek.errors.EngagementError, match="stands still"),
        ):
            follow(client, sleep=lambda _: None)


def test_a_contract_is_heeded_anew_each_month(tmp_path: Path) -> None:
    """Who signs is counted before the first tick, and again when a month begins."""
    clock = WorldClock(frozen=datetime(2026, 6, 30, 22, tzinfo=UTC))
    with Emulator(WORLD, clock, in_process=True) as emulator:
        with (
            ek.connect(emulator, store=tmp_path, contracted=0, overage="stop") as client,
            pytest.raises(ek.errors.AccountsExceeded),
        ):
            follow(client)
        with ek.connect(emulator, store=tmp_path, contracted=0) as client:
            with pytest.warns(ek.errors.AccountOverage) as warned:
                found = follow(client, until=4 * HOUR)
            assert len(warned) == 2
            assert found.receipt.taken == found.receipt.due


def test_a_receipt_is_text_data_and_a_table(client: Client) -> None:
    """All with the same numbers; invented data says so."""
    found = follow(client)
    receipt = found.receipt
    data = receipt.to_dict()
    assert data["due"] == data["taken"] == receipt.to_pandas()["snapshots"].sum()
    assert data["until"] == "2026-06-01T15:00:00Z"
    assert data["every_seconds"] == 1800
    assert receipt.to_json().startswith("{")
    for shown in (receipt.to_text(), receipt.to_html(), found._repr_html_()):
        assert "invented" in shown
    assert repr(found).startswith("Followed(4 tweets, every 30 min, 2026-06-01T12:00:00Z to ")
