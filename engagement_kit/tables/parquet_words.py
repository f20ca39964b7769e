"""All that a Parquet file says, so that it can be searched for what it must not say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from engagement_kit.tables.redact import ARROW, groups, is_bytes, is_text, opened, words_of
from engagement_kit.tables.schema import SCHEMA

_NUMBERS: Final = frozenset(one.name for one in SCHEMA if pa.types.is_integer(one.type))


def parquet_texts(path: Path) -> Iterator[bytes]:
    """Give all that a Parquet file says, unpacked: words, statistics, and of itself.

    Raises
    ------
    OSError, pyarrow.ArrowException
        When it can't be read.
    """
    with pq.ParquetFile(path) as plain:
        schema, metadata = plain.schema_arrow, plain.metadata
        for key, value in (metadata.metadata or {}).items():
            if key != ARROW:  # base64 of the schema, which is told next
                yield key + b" " + value
        yield str(schema).encode()
        for group in range(metadata.num_row_groups):
            for at in range(metadata.num_columns):
                seen = metadata.row_group(group).column(at).statistics
                if seen is not None and seen.has_min_max:
                    yield f"{seen.min} {seen.max}".encode()
    with opened(path, schema) as file:
        for group in groups(file):
            for name, column in zip(group.column_names, group.columns, strict=True):
                yield _said_in(column, name)


def _said_in(column: pa.ChunkedArray, name: str) -> bytes:
    """Give what a column says; counts of ours and moments name no tweet."""
    kind = column.type
    if is_text(kind) or pa.types.is_nested(kind):
        return "\n".join(map(str, words_of(column))).encode()
    if pa.types.is_decimal(kind) or (pa.types.is_integer(kind) and name not in _NUMBERS):
        return "\n".join(map(str, column.unique().to_pylist())).encode()
    if is_bytes(kind):
        return b"\n".join(filter(None, column.unique().to_pylist()))
    return b""
