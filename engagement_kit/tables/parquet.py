"""The tidy table as a Parquet file, and back. Written aside, then renamed: never half a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from engagement_kit.errors import TableError
from engagement_kit.tables.aside import written_aside
from engagement_kit.tables.schema import SCHEMA, SCHEMA_VERSION, TEXT_COLUMNS, to_pandas

METADATA_KEY: Final = b"engagement_kit"
ROW_GROUP: Final = 1 << 20
"""Rows at most in a row group."""
_ENOUGH: Final = 250_000

# Chosen by measurement: benchmarks/README.md. Times are neighbours of their neighbours, so that
# their differences are small; statistics pay for themselves only where somebody filters.
_OPTIONS: Final[Mapping[str, Any]] = {
    "compression": "zstd",
    "compression_level": 1,
    "use_dictionary": [*TEXT_COLUMNS, "observed_at"],
    "column_encoding": dict.fromkeys(("value", "start", "end"), "DELTA_BINARY_PACKED"),
    "write_statistics": ["tweet_id", "metric", "start"],
    "write_batch_size": 1 << 16,
}


def write(table: pa.Table, path: str | Path, *, about: Mapping[str, Any]) -> Path:
    """Write a tidy table as one Parquet file.

    Parameters
    ----------
    table
        With exactly SCHEMA.
    path
        The file; its folder is made. An old file is replaced as a whole, at the end.
    about
        What the file should say of itself: kit version and query. No clock: the same table gives
        the same bytes.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    TableError
        When the folder can't be written.
    """
    target = Path(path)
    with written_aside(target) as aside, writer(aside, about) as file:
        file.write_table(table, row_group_size=ROW_GROUP)
    return target


def write_stream(tables: Iterable[pa.Table], path: Path, *, about: Mapping[str, Any]) -> int:
    """Write tables below each other into one file, never holding more than a row group.

    Parameters
    ----------
    tables
        With exactly SCHEMA, of any size.
    path
        The file, written as it comes: its caller cares for half files.
    about
        As for `write`.

    Returns
    -------
    int
        How many rows were written.
    """
    rows, waiting, held = 0, [SCHEMA.empty_table()], 0
    with writer(path, about) as file:
        for table in tables:
            waiting.append(table)
            held += table.num_rows
            del table  # else it would stay while the next one is made
            if held >= _ENOUGH:
                _write_group(file, waiting)
                rows, held = rows + held, 0
        if waiting and (held or not rows):
            _write_group(file, waiting)
    return rows + held


def _write_group(file: pq.ParquetWriter, waiting: list[pa.Table]) -> None:
    """Write tables as one row group, let go of them, and give their room back to the system.

    The C library keeps what was freed in pieces between others; over hundreds of answers these
    add up. Arrow knows how to ask for them; where the system has no such way, nothing happens.
    """
    file.write_table(pa.concat_tables(waiting), row_group_size=ROW_GROUP)
    waiting.clear()
    for pool in (pa.default_memory_pool(), pa.system_memory_pool()):
        pool.release_unused()


def writer(sink: Any, about: Mapping[str, Any]) -> pq.ParquetWriter:
    """Open a file for tidy tables, with the settings and the words that all our files have."""
    return pq.ParquetWriter(sink, SCHEMA.with_metadata(_metadata(about)), **_OPTIONS)


def _metadata(about: Mapping[str, Any]) -> dict[bytes, bytes]:
    """Say what the file is, and, to pandas, which of its columns are nullable integers."""
    said = {"schema_version": SCHEMA_VERSION, **about}
    empty = to_pandas(SCHEMA.empty_table())
    pandas_own = pa.Schema.from_pandas(empty, preserve_index=False).metadata
    return {METADATA_KEY: json.dumps(said, sort_keys=True).encode(), **pandas_own}


def read_about(path: str | Path) -> dict[str, Any]:
    """Read what a Parquet file of ours says of itself.

    Raises
    ------
    TableError
        When it is no file of ours.
    """
    try:
        metadata = pq.read_schema(path).metadata or {}
    except pa.ArrowInvalid as error:
        msg = f"{path} is no Parquet file: {error}"
        raise TableError(msg) from error
    if METADATA_KEY not in metadata:
        msg = f"{path} was not written by engagement_kit"
        raise TableError(msg)
    about: dict[str, Any] = json.loads(metadata[METADATA_KEY])
    return about
