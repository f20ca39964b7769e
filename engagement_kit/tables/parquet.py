"""The tidy table as a Parquet file, and back. Written aside, then renamed: never half a file."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from engagement_kit.errors import TableError
from engagement_kit.tables.schema import SCHEMA, SCHEMA_VERSION, TEXT_COLUMNS, to_pandas

METADATA_KEY: Final = b"engagement_kit"
_ROW_GROUP: Final = 1 << 20


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
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            pq.write_table(
                table.replace_schema_metadata(_metadata(about)),
                aside,
                compression="zstd",
                compression_level=1,
                use_dictionary=TEXT_COLUMNS,
                column_encoding={"value": "DELTA_BINARY_PACKED"},
                row_group_size=_ROW_GROUP,
            )
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{target} can't be written: {error}"
        raise TableError(msg) from error
    return target


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
