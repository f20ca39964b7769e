"""A whole store becomes a dataset: each number once, nothing lost, the same on any machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest

import engagement_kit as ek
from engagement_kit.answers.files import pack
from engagement_kit.client.client import Client
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.tables import partitions
from engagement_kit.tables.schema import SCHEMA

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
DAYS = ek.between("2026-05-20T00:00Z", "2026-05-29T00:00Z")
METRICS = ["impressions", "favorites"]
UNASKED = {"out_of_range", "not_offered", "not_asked"}
Row = tuple[Any, ...]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Give an emulator whose clock stands."""
    with Emulator(World(seed=5), WorldClock(frozen=NOW)) as running:
        yield running


@pytest.fixture
def client(emulator: Emulator, tmp_path: Path) -> Iterator[Client]:
    """Give a client that keeps its answers in ``raw``."""
    with ek.connect(emulator, store=tmp_path / "raw") as made:
        yield made


@pytest.fixture
def many(client: Client, emulator: Emulator) -> Path:
    """Fill a store by several runs that count some numbers again, with some that can't be had."""
    ids = [*ek.sample_ids(client, 30), *ek.sample_ids(client, 2, kind="foreign")]
    old = client.emulator.world.sample_ids("acme", 3, before=NOW - timedelta(days=20))
    run(client, "historical", ids[:20], by="hour", period=ek.last(days=2))
    emulator.clock.travel(timedelta(hours=5))
    run(client, "historical", ids[10:], by="hour", period=ek.last(days=3))
    run(client, "historical", old, by="day", period=DAYS)
    run(client, "28hr", ids[:8], by="hour")
    emulator.clock.travel(timedelta(minutes=90))
    run(client, "28hr", ids[4:9], by="hour")
    for _ in range(2):
        run(client, "totals", ids)
        emulator.clock.travel(timedelta(days=1))
    shape = {"sums": ["engagement.type", "engagement.hour"]}
    query = ek.Query("28hr", ids[:3], METRICS, groupings=shape)
    client.run(query, progress=False)
    folder: Path = client._open(None).folder
    return folder


def run(client: Client, endpoint: Any, ids: list[str], **options: Any) -> None:
    """Run a query without a bar."""
    client.run(ek.Query(endpoint, ids, METRICS, **options), progress=False)


def tidy(store: Path, out: Path | str, **options: Any) -> Any:
    """Tidy a store without a bar."""
    return ek.tidy_store(store, out, progress=False, **options)


def rows(out: Path) -> dict[str, list[Row]]:
    """Read a dataset: all rows by grain, sorted."""
    found = {}
    for folder in sorted(one for one in out.iterdir() if one.is_dir()):
        table = pads.dataset(sorted(folder.glob("*.parquet")), schema=SCHEMA).to_table()
        found[folder.name] = sorted(map(repr, zip(*table.to_pydict().values(), strict=True)))
    return found


def numbers(table: pa.Table) -> dict[Row, tuple[int | None, str]]:
    """Give each hour or day of each tweet and metric: its count and status, a missed span apart."""
    found: dict[Row, tuple[int | None, str]] = {}
    names = ("tweet_id", "metric", "grain", "start", "end", "value", "status")
    for tweet, metric, grain, start, end, value, status in zip(
        *(table.column(name).to_pylist() for name in names), strict=True
    ):
        step = timedelta(hours=24 if grain == "day" else 1)
        starts = [None]  # on 28hr nobody says of which hours a refusal speaks
        if start is not None:
            starts = [start + at * step for at in range(-((start - end) // step))]
        for begin in starts:
            place = (tweet, metric, begin)
            assert place not in found, f"{place} stands twice"
            found[place] = (value, status)
    return found


def test_a_store_of_one_run_gives_the_table_of_the_run(client: Client, tmp_path: Path) -> None:
    """The same counts, moments, keys and reasons."""
    ids = [*ek.sample_ids(client, 30), *ek.sample_ids(client, 2, kind="foreign")]
    query = ek.Query("historical", ids, METRICS, by="hour", period=ek.last(days=40))
    result = client.run(query, progress=False)
    done = tidy(result.store.folder, tmp_path / "out")
    table = pads.dataset(tmp_path / "out" / "hour", schema=SCHEMA).to_table()
    assert done.rows == {"hour": table.num_rows}
    # What was never asked stands in no answer: only the run knows of it.
    known = {at: one for at, one in numbers(result.to_arrow()).items() if one[1] not in UNASKED}
    assert numbers(table) == known
    counted = [one for one in table.to_pylist() if one["value"] is not None]
    expected = [one for one in result.to_arrow().to_pylist() if one["value"] is not None]
    assert sorted(map(repr, counted)) == sorted(map(repr, expected))


def test_each_number_is_there_once_and_it_is_the_truth(
    many: Path, tmp_path: Path, emulator: Emulator
) -> None:
    """Held against the world's own counts at the moment of observation."""
    tidy(many, tmp_path / "out")
    checked = 0
    for grain, step in (("hour", timedelta(hours=1)), ("day", timedelta(days=1))):
        table = pads.dataset(tmp_path / "out" / grain, schema=SCHEMA).to_table()
        assert numbers(table)
        for seen in set(table.column("observed_at").to_pylist()):
            rows_then = [
                one
                for one in table.to_pylist()
                if one["observed_at"] == seen and one["value"] is not None
            ]
            ids = sorted({one["tweet_id"] for one in rows_then})
            if not ids:
                continue
            first = min(one["start"] for one in rows_then)
            last = seen.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            truth = emulator.world.truth(ids, METRICS, first, last, seen)
            hourly = {
                (one.tweet_id, one.metric, one.start): one.value for one in truth.itertuples()
            }
            for one in rows_then:
                hours = [
                    one["start"] + at * timedelta(hours=1) for at in range(step.days * 24 or 1)
                ]
                keys = [(one["tweet_id"], one["metric"], hour) for hour in hours]
                assert one["value"] == sum(hourly.get(key, 0) for key in keys)
                checked += 1
    assert checked > 1000


def test_any_way_of_doing_it_gives_the_same_rows(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small files or large ones, one thread or several."""
    tidy(many, tmp_path / "large")
    monkeypatch.setattr(partitions, "ANSWERS", 1)
    small = tidy(many, tmp_path / "small")
    assert small.written > 8
    assert rows(tmp_path / "small") == rows(tmp_path / "large")
    assert set(rows(tmp_path / "small")) == {"hour", "day", "lifetime", "hour_of_day"}


def test_what_is_there_is_kept(many: Path, tmp_path: Path, client: Client) -> None:
    """Again: nothing is written; after another run: only what it changed."""
    first = tidy(many, tmp_path / "out")
    stamps = {one: one.stat().st_mtime_ns for one in (tmp_path / "out").rglob("*.parquet")}
    again = tidy(many, tmp_path / "out")
    assert (again.written, again.kept, again.rows) == (0, first.written, {})
    run(client, "totals", ek.sample_ids(client, 3))
    grown = tidy(many, tmp_path / "out")
    assert (grown.written, grown.removed) == (1, 1)
    kept = {one: one.stat().st_mtime_ns for one in stamps if one.exists()}
    assert len(kept) == len(stamps) - 1
    assert all(stamps[one] == stamp for one, stamp in kept.items())
    tidy(many, tmp_path / "anew")
    assert rows(tmp_path / "out") == rows(tmp_path / "anew")


def test_as_of_is_what_a_call_at_that_moment_gave(
    client: Client, emulator: Emulator, tmp_path: Path
) -> None:
    """What came later changes nothing, and the newest is there again without it."""
    ids = ek.sample_ids(client, 5)
    run(client, "28hr", ids, by="hour")
    store: Path = client._open(None).folder
    tidy(store, tmp_path / "then")
    then = emulator.clock.now()
    emulator.clock.travel(timedelta(minutes=40))
    run(client, "28hr", ids, by="hour")
    tidy(store, tmp_path / "out", as_of=then)
    assert rows(tmp_path / "out") == rows(tmp_path / "then")
    assert tidy(store, tmp_path / "out").removed == 1
    assert rows(tmp_path / "out") != rows(tmp_path / "then")
    with pytest.raises(ek.errors.TableError, match="no time zone"):
        tidy(store, tmp_path / "out", as_of=then.replace(tzinfo=None))


def test_history_keeps_every_observation(
    client: Client, emulator: Emulator, tmp_path: Path
) -> None:
    """Each hour once for each time it was asked."""
    ids = ek.sample_ids(client, 2)
    for _ in range(3):
        run(client, "28hr", ids, by="hour")
        emulator.clock.travel(timedelta(minutes=5))
    store: Path = client._open(None).folder
    tidy(store, tmp_path / "once")
    tidy(store, tmp_path / "all", history=True)
    once, every = rows(tmp_path / "once")["hour"], rows(tmp_path / "all")["hour"]
    assert len(every) == 3 * len(once)
    assert set(once) < set(every)


def test_a_damaged_answer_is_named_and_the_others_are_there(many: Path, tmp_path: Path) -> None:
    """One flipped bit costs one answer."""
    tidy(many, tmp_path / "whole")
    victim = min(many.glob("answers/*/*.zst"))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(bytes(content))
    done = tidy(many, tmp_path / "out")
    assert [name.split(".")[0] for name in done.damaged] == [victim.name.split(".")[0]]
    assert "damaged" in repr(done)
    before, after = rows(tmp_path / "whole"), rows(tmp_path / "out")
    assert sum(map(len, after.values())) < sum(map(len, before.values()))


def test_a_damaged_sum_is_named_too(client: Client, tmp_path: Path) -> None:
    """Its grain can't be told, for its body can't be read; it is not lost silently."""
    shape = {"sums": ["engagement.type", "engagement.hour"]}
    query = ek.Query("28hr", ek.sample_ids(client, 3), METRICS, groupings=shape)
    store = client.run(query, progress=False).store.folder
    (victim,) = store.glob("answers/*/*.zst")
    answer = ek.open(store).store.load(victim.name.removesuffix(".zst"))
    content = answer.to_bytes()
    victim.write_bytes(pack(content[:-3] + b"..."))
    done = tidy(store, tmp_path / "out")
    assert [*done.damaged] == [answer.ref]
    assert done.rows == {}


def test_files_say_what_they_are(many: Path, tmp_path: Path) -> None:
    """Kit, schema and partition; no clock: the same store gives the same bytes."""
    tidy(many, tmp_path / "a")
    tidy(many, tmp_path / "b")
    for one in sorted((tmp_path / "a").rglob("*.parquet")):
        twin = tmp_path / "b" / one.relative_to(tmp_path / "a")
        assert one.read_bytes() == twin.read_bytes()
        assert pq.read_schema(one).names == SCHEMA.names
        assert b"engagement_kit" in pq.read_schema(one).metadata


def test_a_store_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """And an empty one is an empty dataset."""
    with pytest.raises(ek.errors.StoreError, match="no store at"):
        tidy(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "raw").mkdir()
    assert tidy(tmp_path / "raw", tmp_path / "out").rows == {}


KILLED = """
import sys, time
import engagement_kit as ek
from engagement_kit.tables import parquet, partitions
partitions.ANSWERS = 1
write = parquet.pq.ParquetWriter.write_table
def slowly(self, table, **options):
    write(self, table, **options)
    print("writing", flush=True)
    time.sleep(0.1)
parquet.pq.ParquetWriter.write_table = slowly
ek.tidy_store(sys.argv[1], sys.argv[2], progress=False)
"""


def test_a_killed_export_leaves_no_half_file_and_goes_on(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has a name can be read; the next call writes the rest."""
    monkeypatch.setattr(partitions, "ANSWERS", 1)
    out = tmp_path / "out"
    for lines in (1, 3):
        command = [sys.executable, "-c", KILLED, str(many), str(out)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for _ in range(lines):
                assert process.stdout is not None
                process.stdout.readline()
            time.sleep(0.02 * lines)
            os.kill(process.pid, signal.SIGKILL)
        for one in out.rglob("*.parquet"):
            if not one.name.startswith("."):
                pq.read_table(one)
    tidy(many, out)
    tidy(many, tmp_path / "whole")
    assert rows(out) == rows(tmp_path / "whole")
