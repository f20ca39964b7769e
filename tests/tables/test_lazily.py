"""Files of ours are read lazily, with one schema, and what is not ours is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import engagement_kit as ek
from engagement_kit.tables import parquet
from engagement_kit.tables.handoff import PLAIN, to_polars
from engagement_kit.tables.schema import SCHEMA, SCHEMA_VERSION, to_pandas

A, B = "1500000000000000000", "1500000000000000001"
DAY = "2026-05-01"
SEEN = datetime(2026, 5, 3, 4, 5, 6, 789, tzinfo=UTC)
KEY = parquet.METADATA_KEY


@pytest.fixture
def tables() -> dict[str, pa.Table]:
    """Give a table by hour, with a null, and one by day."""
    hours = {"g": {A: {"replies": {DAY: {"00": "1", "01": None}}}}}
    days = {"g": {B: {"likes": {DAY: "4"}}}}
    return {
        "hour": ek.tidy_arrow(hours, endpoint="historical", observed_at=SEEN),
        "day": ek.tidy_arrow(days, endpoint="historical", observed_at=SEEN),
    }


@pytest.fixture
def folder(tables: dict[str, pa.Table], tmp_path: Path) -> Path:
    """Write a folder for each grain, and things beside that are no part of it."""
    for grain, table in tables.items():
        parquet.write(table, tmp_path / f"grain={grain}" / "a.parquet", about={})
    pq.write_table(pa.table({"a": [1]}), tmp_path / "_foreign.parquet")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "b.parquet").write_text("no parquet")
    (tmp_path / "notes.txt").write_text("notes")
    return tmp_path


def write_as(table: pa.Table, path: Path, said: Any) -> Path:
    """Write a Parquet file that says this of itself."""
    pq.write_table(table.replace_schema_metadata({KEY: json.dumps(said).encode()}), path)
    return path


def test_a_folder_is_one_table(folder: Path, tables: dict[str, pa.Table]) -> None:
    """All files in the order of names, exactly the schema; hidden ones are passed by."""
    table = ek.scan(folder).to_table()
    assert table.schema == SCHEMA
    assert table.to_pylist() == [*tables["day"].to_pylist(), *tables["hour"].to_pylist()]
    assert to_pandas(table)["tweet_id"].tolist() == [B, A, A]
    some = ek.scan(folder).to_table(filter=ds.field("grain") == "hour", columns=["value"])
    assert some.to_pylist() == [{"value": 1}, {"value": None}]


def test_every_engine_reads_equal_values(folder: Path, tables: dict[str, pa.Table]) -> None:
    """Polars as to_polars gives it, DuckDB for duckdb.sql to ask of; both for a file, too."""
    file = folder / "grain=hour" / "a.parquet"
    expected = to_polars(tables["hour"])
    assert ek.scan(file).to_table().equals(tables["hour"])
    for where in (file, folder):
        lazy = ek.scan(where, engine="polars").filter(pl.col("grain") == "hour")
        assert lazy.collect().equals(expected)
        relation = ek.scan(str(where), engine="duckdb").filter("grain = 'hour'")
        assert relation.to_arrow_table().cast(PLAIN).to_pylist() == tables["hour"].to_pylist()
        assert duckdb.sql("SELECT count(*) FROM relation").fetchall() == [(2,)]


def test_filters_of_polars_reach_the_files(folder: Path) -> None:
    """Columns and rows that are not asked for are not read."""
    lazy = ek.scan(folder, engine="polars").filter(pl.col("tweet_id") == A).select("value")
    assert "SELECTION" in lazy.explain()
    assert "PROJECT 2/14" in lazy.explain()


def test_columns_that_an_older_file_lacks_are_null(
    folder: Path, tables: dict[str, pa.Table]
) -> None:
    """A folder may hold files of several versions of the kit."""
    old = tables["day"].drop_columns(["request_key", "hour_of_day", "grain"])
    write_as(old, folder / "grain=day" / "old.parquet", {"schema_version": 1})
    table = ek.scan(folder).to_table(filter=ds.field("grain") == "day")
    assert table.schema == SCHEMA
    assert table.column("request_key").null_count == table.num_rows == 2
    assert ek.scan(folder, engine="polars").collect()["grain"].null_count() == 0


def test_folders_may_be_named_after_other_text_columns(
    tables: dict[str, pa.Table], tmp_path: Path
) -> None:
    """The name of the folder fills the column; names that are no column are passed by."""
    bare = tables["hour"].drop_columns(["account"])
    for name in ("ours", "theirs"):
        place = tmp_path / "year=2026" / f"account={name}"
        place.mkdir(parents=True)
        write_as(bare, place / "a.parquet", {"schema_version": 1})
    assert ek.scan(tmp_path).to_table()["account"].to_pylist() == ["ours"] * 2 + ["theirs"] * 2


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"schema_version": SCHEMA_VERSION + 1}, "pip install --upgrade"),
        ({"schema_version": "one"}, "does not say which version"),
        ({}, "does not say which version"),
        ([], "does not say which version"),
    ],
)
def test_other_versions_are_refused(
    tables: dict[str, pa.Table], tmp_path: Path, said: Any, why: str
) -> None:
    """A newer file is not half understood, and one without a version not guessed at."""
    write_as(tables["hour"], tmp_path / "t.parquet", said)
    for where in (tmp_path, tmp_path / "t.parquet"):
        with pytest.raises(ek.errors.TableError, match=why):
            ek.scan(where)


def test_what_is_not_ours_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    """Foreign files, no Parquet, empty folders, no folder, unknown engines."""
    pq.write_table(pa.table({"a": [1]}), folder / "foreign.parquet")
    with pytest.raises(ek.errors.TableError, match=r"foreign\.parquet was not written by"):
        ek.scan(folder)
    (folder / "foreign.parquet").write_text("no parquet")
    with pytest.raises(ek.errors.TableError, match="can't be read as Parquet"):
        ek.scan(folder)
    (tmp_path / "new").mkdir()
    for where, why in ((tmp_path / "new", "no Parquet file"), (tmp_path / "not", "no file or")):
        with pytest.raises(ek.errors.TableError, match=why):
            ek.scan(where)
    with pytest.raises(ek.errors.TableError, match="allowed: arrow, polars, duckdb"):
        ek.scan(folder, engine="dask")  # type: ignore[call-overload]


def test_what_is_scanned_is_summed_as_ever(folder: Path) -> None:
    """One grain of a folder goes into ek.total and ek.wide."""
    table = ek.scan(folder).to_table(filter=ds.field("grain") == "hour")
    assert ek.total(table)["value"].isna().tolist() == [True]
    assert ek.wide(table)["replies"].tolist() == [1, pd.NA]
