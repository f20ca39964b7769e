"""Reading Parquet files of ours without loading them: a question takes only what it needs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, overload

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from engagement_kit.errors import TableError
from engagement_kit.question.spelling import no_such_word
from engagement_kit.tables.handoff import PLAIN
from engagement_kit.tables.handoff import engine as load
from engagement_kit.tables.parquet import METADATA_KEY
from engagement_kit.tables.schema import SCHEMA, SCHEMA_VERSION, TEXT_COLUMNS

if TYPE_CHECKING:
    import duckdb
    import polars as pl

_ENGINES: Final = ("arrow", "polars", "duckdb")
_HIDDEN: Final = (".", "_")


@overload
def scan(path: str | Path, *, engine: Literal["arrow"] = "arrow") -> ds.Dataset: ...
@overload
def scan(path: str | Path, *, engine: Literal["polars"]) -> pl.LazyFrame: ...
@overload
def scan(path: str | Path, *, engine: Literal["duckdb"]) -> duckdb.DuckDBPyRelation: ...
def scan(path: str | Path, *, engine: Literal["arrow", "polars", "duckdb"] = "arrow") -> Any:
    """Open Parquet of ours lazily: only the columns and rows that a question needs are read.

    Parameters
    ----------
    path
        A file that ``Result.to_parquet`` wrote, or a folder of such files, of folders too.
        Files and folders that begin with ``.`` or ``_``, and files that do not end in
        ``.parquet``, are passed by. A folder named like ``grain=hour`` gives its files the
        value of that column, if it is one of the table's text columns.
    engine : {'arrow', 'polars', 'duckdb'}
        What to give.

    Returns
    -------
    pyarrow.dataset.Dataset, polars.LazyFrame or duckdb.DuckDBPyRelation
        With exactly the columns of the tidy table; those that an older file lacks are null.
        Text is a dictionary in Arrow, String in Polars and VARCHAR in DuckDB. The relation is
        one of ``duckdb.default_connection``, so that ``duckdb.sql`` can ask of it; that shows
        moments in the time zone of its session, and ``SET TimeZone = 'UTC'`` is yours to say. A
        folder may hold several grains: choose one before you sum.

    Raises
    ------
    TableError
        When there is nothing to read, a file is not ours or was written by a newer kit, or the
        engine is unknown or not installed.

    Examples
    --------
    >>> import tempfile
    >>> from engagement_kit.tables import parquet
    >>> from engagement_kit.tables.tidy import tidy_arrow
    >>> table = tidy_arrow({"g": {"2000": {"likes": "1", "replies": "2"}}})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = parquet.write(table, f"{folder}/t.parquet", about={})
    ...     scan(folder).to_table(columns=["metric", "value"]).to_pylist()[1]
    {'metric': 'replies', 'value': 2}
    """
    if engine not in _ENGINES:
        raise TableError(no_such_word("engine", engine, _ENGINES))
    if engine == "polars":
        # Read as plain text: behind a cast no filter would reach the files.
        return load("polars").scan_pyarrow_dataset(_dataset(Path(path), PLAIN))
    source = _dataset(Path(path), SCHEMA)
    if engine == "arrow":
        return source
    # Of DuckDB's own connection, which stays open and can ask of several relations at once.
    return load("duckdb").from_arrow(source)


def _dataset(path: Path, schema: pa.Schema) -> ds.Dataset:
    files = [path] if path.is_file() else _files(path)
    for one in files:
        _check(one)
    return ds.dataset(
        [str(one) for one in files],
        schema=schema,
        format="parquet",
        partitioning=_partitioning(path, files, schema),
        partition_base_dir=str(path) if path.is_dir() else None,
    )


def _files(folder: Path) -> list[Path]:
    """List the Parquet files of a folder, in the order of their names."""
    if not folder.is_dir():
        msg = f"there is no file or folder {folder}; check the path"
        raise TableError(msg)
    found = [
        one
        for one in sorted(folder.rglob("*.parquet"))
        if one.is_file()
        and not any(part.startswith(_HIDDEN) for part in one.relative_to(folder).parts)
    ]
    if not found:
        msg = f"{folder} holds no Parquet file; write one with result.to_parquet(...)"
        raise TableError(msg)
    return found


def _check(file: Path) -> None:
    """Refuse a file that is not ours, or of a schema that we do not know yet."""
    try:
        metadata = pq.read_schema(file).metadata or {}
    except (pa.ArrowInvalid, OSError) as error:
        msg = f"{file} can't be read as Parquet: {error}; move it out of the folder"
        raise TableError(msg) from error
    if METADATA_KEY not in metadata:
        msg = (
            f"{file} was not written by engagement_kit; move it out of the folder, or read it "
            "with pyarrow.dataset"
        )
        raise TableError(msg)
    version = _version(metadata[METADATA_KEY])
    if version is None:
        msg = f"{file} does not say which version of the table it holds; write it anew"
        raise TableError(msg)
    if version > SCHEMA_VERSION:
        msg = (
            f"{file} holds version {version} of the table, and this kit knows versions up to "
            f"{SCHEMA_VERSION}; update it: pip install --upgrade engagement_kit"
        )
        raise TableError(msg)


def _version(said: bytes) -> int | None:
    try:
        version = json.loads(said)["schema_version"]
    except (ValueError, KeyError, TypeError):
        return None
    return version if type(version) is int else None


def _partitioning(path: Path, files: Iterable[Path], schema: pa.Schema) -> ds.Partitioning | None:
    """Read columns from names of folders, such as ``grain=hour``."""
    words: dict[str, dict[str, None]] = {}
    for one in files:
        for part in one.relative_to(path).parts[:-1] if one != path else ():
            name, equals, word = part.partition("=")
            if equals and name in TEXT_COLUMNS:
                words.setdefault(name, {})[word] = None
    if not words:
        return None
    fields = pa.schema([schema.field(name) for name in words])
    known = {name: pa.array(list(seen), pa.string()) for name, seen in words.items()}
    return ds.partitioning(fields, flavor="hive", dictionaries=known)
