"""Files hold what the table holds, for every engine, and are whole or not there."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import engagement_kit as ek
from engagement_kit.tables import parquet
from engagement_kit.tables.schema import SCHEMA, SCHEMA_VERSION, TEXT_COLUMNS, to_pandas

A = "1500000000000000000"
ABOUT = {"kit_version": "1", "query": {"endpoint": "totals"}}


@pytest.fixture(params=["full", "empty"])
def table(request: pytest.FixtureRequest, body: Callable[[str], bytes]) -> pa.Table:
    """Give a table with counts, nulls and reasons, and an empty one."""
    seen = datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
    one = ek.tidy_arrow(body("video-views-unsupported.200"), observed_at=seen)
    return one if request.param == "full" else one.slice(0, 0)


def test_what_is_written_is_read(table: pa.Table, tmp_path: Path) -> None:
    """Arrow gives the same schema and rows; the folder is made."""
    path = parquet.write(table, tmp_path / "new" / "t.parquet", about=ABOUT)
    back = pq.read_table(path)
    assert back.schema.remove_metadata() == SCHEMA
    assert back.to_pylist() == table.to_pylist()


def test_pandas_reads_the_types_that_it_was_given(table: pa.Table, tmp_path: Path) -> None:
    """Int64 stays Int64 and categories stay categories."""
    path = parquet.write(table, tmp_path / "t.parquet", about=ABOUT)
    back, given = pd.read_parquet(path), to_pandas(table)
    pd.testing.assert_frame_equal(back, given, check_categorical=len(given) > 0)
    assert [str(one) for one in back.dtypes] == [str(one) for one in given.dtypes]


def test_the_same_table_gives_the_same_bytes(table: pa.Table, tmp_path: Path) -> None:
    """No clock and no chance in the file; an old file is replaced."""
    first = parquet.write(table, tmp_path / "a.parquet", about=ABOUT).read_bytes()
    assert parquet.write(table, tmp_path / "b.parquet", about=ABOUT).read_bytes() == first
    parquet.write(table.slice(0, 0), tmp_path / "a.parquet", about=ABOUT)
    assert pq.read_metadata(tmp_path / "a.parquet").num_rows == 0


def test_a_stream_holds_no_table_while_the_next_is_made(tmp_path: Path) -> None:
    """What was written is let go: memory is that of one table, however many come."""
    held: list[weakref.ref[pa.Table]] = []

    def made() -> Iterator[pa.Table]:
        for _ in range(3):
            assert [one for one in held if one() is not None] == []
            tables = [ek.tidy_arrow({"g": {A: {"replies": "1"}}})]
            held.append(weakref.ref(tables[0]))
            yield tables.pop()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parquet, "_ENOUGH", 1)
        assert parquet.write_stream(made(), tmp_path / "t.parquet", about=ABOUT) == 3
    assert pq.read_metadata(tmp_path / "t.parquet").num_row_groups == 3


def test_a_file_says_what_it_is(table: pa.Table, tmp_path: Path) -> None:
    """Schema version and query are in the metadata; text columns keep their dictionaries."""
    path = parquet.write(table, tmp_path / "t.parquet", about=ABOUT)
    assert parquet.read_about(path) == {"schema_version": SCHEMA_VERSION, **ABOUT}
    kinds = pq.read_schema(path)
    assert all(pa.types.is_dictionary(kinds.field(name).type) for name in TEXT_COLUMNS)


def test_what_is_no_file_of_ours_is_refused(tmp_path: Path) -> None:
    """Foreign Parquet and no Parquet at all."""
    pq.write_table(pa.table({"a": [1]}), tmp_path / "foreign.parquet")
    (tmp_path / "text.parquet").write_text("no parquet")
    for name, said in (("foreign", "not written by"), ("text", "no Parquet file")):
        with pytest.raises(ek.errors.TableError, match=said):
            parquet.read_about(tmp_path / f"{name}.parquet")


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, pa.ArrowInvalid])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """Neither half a file nor what was written aside."""
    table = ek.tidy_arrow({"g": {A: {"replies": "1"}}})
    old = parquet.write(table, tmp_path / "t.parquet", about=ABOUT).read_bytes()

    def stop(_self: pq.ParquetWriter, _table: pa.Table, **_options: Any) -> None:
        raise error("stopped")  # by now the file is there, and begun

    monkeypatch.setattr(pq.ParquetWriter, "write_table", stop)
    expected = ek.errors.TableError if error is OSError else error
    for name in ("t.parquet", "new.parquet"):
        with pytest.raises(expected):
            parquet.write(table, tmp_path / name, about=ABOUT)
    assert [one.name for one in tmp_path.iterdir()] == ["t.parquet"]
    assert (tmp_path / "t.parquet").read_bytes() == old
