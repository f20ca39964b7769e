"""What is written in any of our ways is read with equal values by every engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.tables import dataset, parquet, partitions
from engagement_kit.tables.schema import SCHEMA, TEXT_COLUMNS

NOW = datetime(2026, 6, 1, 12, 34, 0, 123_456, tzinfo=UTC)
METRICS = ["impressions", "favorites"]
OF_A_STORE = ("hour", "day", "lifetime", "hour_of_day", "window")
WAYS = [
    *(f"to_parquet, {one}" for one in ("hour", "day", "lifetime", "as written", "empty")),
    *(f"to_dataset, {one}" for one in ("hour", "day", "lifetime", "hour and empty")),
    *(f"tidy_store, {one}" for one in OF_A_STORE),
]
Reader = Callable[[Path], list[str]]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Connect to an emulator whose clock stands, with a store."""
    folder = tmp_path_factory.mktemp("store") / "raw"
    with (
        Emulator(World(seed=5), WorldClock(frozen=NOW)) as emulator,
        ek.connect(emulator, store=folder) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def results(client: Client) -> dict[str, tuple[Result, Result]]:
    """Run each question twice, later for more tweets; some numbers can't be had."""
    world, clock = client.emulator.world, client.emulator.clock
    foreign, gone = (ek.sample_ids(client, 2, kind=kind) for kind in ("foreign", "unavailable"))
    old = world.sample_ids("acme", 6, before=NOW - timedelta(days=120))
    tweets = [*ek.sample_ids(client, 6), *foreign, *gone, *old]
    sums = {"sums": ["engagement.type", "engagement.hour"]}
    whole = {"whole": ["tweet.id", "engagement.type"]}
    asked: dict[str, Any] = {
        "hour": ("historical", {"by": "hour", "period": ek.last(days=2)}),
        "day": ("historical", {"by": "day", "period": ek.between("2026-05-20", "2026-06-02")}),
        "lifetime": ("totals", {}),
        "as written": ("28hr", {"groupings": sums}),
        "whole": ("28hr", {"groupings": whole}),
        "28hr": ("28hr", {"by": "hour"}),
    }
    found: dict[str, list[Result]] = {name: [] for name in asked}
    for many in (9, len(tweets)):
        for name, (endpoint, options) in asked.items():
            query = ek.Query(endpoint, tweets[:many], METRICS, **options)
            if name in {"as written", "whole"}:  # sent as written, where no batch is refused
                query = ek.Query(endpoint, tweets[:5], METRICS, **options)
            found[name].append(client.run(query, progress=False))
        clock.travel(timedelta(hours=3))
    return {name: (first, second) for name, (first, second) in found.items()}


@pytest.fixture(scope="module")
def tidied(
    client: Client, results: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Path, pa.Table]]:
    """Tidy the store of all runs, a file for each answer; give what its writer was given."""
    assert results
    out, noted, write = tmp_path_factory.mktemp("tidied"), [], pq.ParquetWriter.write_table

    def note(writer: pq.ParquetWriter, table: pa.Table, **options: Any) -> None:
        noted.append(table)
        write(writer, table, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(partitions, "ANSWERS", 1)
        patched.setattr(pq.ParquetWriter, "write_table", note)
        ek.tidy_store(client._open(None).folder, out, progress=False)
    table = pa.concat_tables(noted)
    return {one: (out / one, table.filter(pc.equal(table["grain"], one))) for one in OF_A_STORE}


@pytest.fixture(params=WAYS)
def written(
    request: pytest.FixtureRequest,
    results: dict[str, tuple[Result, Result]],
    tmp_path: Path,
) -> tuple[Path, pa.Table]:
    """Write in one of our ways; give the place, and the rows that must be there."""
    way, kind = request.param.split(", ")
    if way == "tidy_store":
        found: tuple[Path, pa.Table] = request.getfixturevalue("tidied")[kind]
        return found
    if kind == "empty":
        empty = SCHEMA.empty_table()
        return parquet.write(empty, tmp_path / "new" / "t.parquet", about={}), empty
    first, second = results[kind.removesuffix(" and empty")]
    if way == "to_parquet":
        return second.to_parquet(tmp_path / "new" / "t.parquet"), second.to_arrow()
    folder = tmp_path / "folder"
    done = [one.to_dataset(folder) for one in (first, second)]
    assert [one.added > 0 for one in done] == [True, True]
    if kind.endswith("empty"):
        parquet.write(SCHEMA.empty_table(), folder / "empty.parquet", about={})
    return folder, added(first.to_arrow(), second.to_arrow())


def added(first: pa.Table, second: pa.Table) -> pa.Table:
    """Give the counts of periods that were over: all of the first table, new ones of the second."""
    over = (pc.field("complete") | pc.field("complete").is_null()) & pc.field("value").is_valid()
    first, second = (one.filter(over) for one in (first, second))
    old, new = (
        [*zip(*(one[name].to_pylist() for name in dataset._PLACE), strict=True)]
        for one in (first, second)
    )
    there = set(old)
    return pa.concat_tables([first, second.filter(pa.array([one not in there for one in new]))])


def test_every_engine_reads_what_was_written(
    written: tuple[Path, pa.Table], reader: Reader, values_of: Callable[[pa.Table], list[str]]
) -> None:
    """Counts, nulls, reasons, ids as text, truths and moments in UTC; several files or one."""
    place, table = written
    assert reader(place) == values_of(table)


def test_the_tables_of_these_tests_have_all_that_may_be_odd(
    tidied: dict[str, tuple[Path, pa.Table]], results: dict[str, tuple[Result, Result]]
) -> None:
    """Nulls in most columns, missing numbers, open periods, several files, files without a row."""
    tables = [one for _, one in tidied.values()]
    tables += [one.to_arrow() for pair in results.values() for one in pair]
    table = pa.concat_tables(tables)
    nullable = {"tweet_id", "hour_of_day", "value", "complete", "account"}
    assert {name for name in SCHEMA.names if table[name].null_count} >= nullable
    assert {*table["complete"].to_pylist()} == {True, False, None}
    assert {"unavailable", "not_owned"} < {*table["status"].to_pylist()}
    rows = [pq.read_metadata(one).num_rows for one in tidied["hour"][0].iterdir()]
    assert len(rows) > 1
    assert min(rows) == 0, "an answer of which all was counted again later"


@pytest.mark.parametrize("way", ["to_dataset", "tidy_store"])
def test_types_of_several_files_are_those_of_one(
    way: str, results: dict[str, tuple[Result, Result]], tidied: dict[str, Any], tmp_path: Path
) -> None:
    """Text as categories or text, UTC in microseconds, nullable whole numbers and truths."""
    folder = tmp_path if way == "to_dataset" else tidied["hour"][0]
    if way == "to_dataset":
        for one in results["hour"]:
            one.to_dataset(tmp_path)
    assert len([*folder.iterdir()]) > 1
    assert ds.dataset(folder).schema.remove_metadata() == SCHEMA
    frame = pd.read_parquet(folder)
    assert all(isinstance(frame[name].dtype, pd.CategoricalDtype) for name in TEXT_COLUMNS)
    kinds = {name: str(frame[name].dtype) for name in SCHEMA.names if name not in TEXT_COLUMNS}
    times = dict.fromkeys(("start", "end", "observed_at"), "datetime64[us, UTC]")
    assert kinds == {"hour_of_day": "Int8", "value": "Int64", "complete": "boolean", **times}
    lazy = pl.scan_parquet(folder).collect_schema()
    assert {lazy[name] for name in times} == {pl.Datetime("us", "UTC")}
    assert (lazy["value"], lazy["hour_of_day"], lazy["complete"]) == (pl.Int64, pl.Int8, pl.Boolean)
    with duckdb.connect() as connection:
        found = connection.read_parquet(f"{folder}/*.parquet")
        said = dict(zip(found.columns, map(str, found.types), strict=True))
    assert {said[name] for name in times} == {"TIMESTAMP WITH TIME ZONE"}
    assert (said["value"], said["hour_of_day"], said["complete"]) == (
        "BIGINT",
        "TINYINT",
        "BOOLEAN",
    )
    assert {said[name] for name in TEXT_COLUMNS} == {"VARCHAR"}


@pytest.mark.parametrize("older", [["request_key"], ["hour_of_day", "complete", "account"]])
def test_files_of_an_older_version_are_read_beside_new_ones(
    older: list[str],
    results: dict[str, tuple[Result, Result]],
    scanner: Reader,
    values_of: Callable[[pa.Table], list[str]],
    tmp_path: Path,
) -> None:
    """By ek.scan, in every engine: columns that they lack are null; whichever comes first."""
    first, second = (one.to_arrow() for one in results["hour"])
    said = {parquet.METADATA_KEY: json.dumps({"schema_version": 0}).encode()}
    past = first.drop_columns(older)
    for name in ("a.parquet", "z.parquet"):
        pq.write_table(past.replace_schema_metadata(said), tmp_path / name)
    parquet.write(second, tmp_path / "new.parquet", about={})
    nulls = [
        pa.nulls(len(first), one.type) if one.name in older else first[one.name] for one in SCHEMA
    ]
    known = pa.Table.from_arrays(nulls, schema=SCHEMA)
    assert scanner(tmp_path) == values_of(pa.concat_tables([known, second, known]))
