"""The hunt: ids of tweets in all files below some folders, in every way in which they are kept."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from searched import layers


def forms(tweet_id: str) -> dict[bytes, str]:
    """Give an id in each of the ways in which files hold it."""
    number = int(tweet_id)
    found = {
        tweet_id.encode(): "text",
        number.to_bytes(8, "little"): "whole number",
        number.to_bytes(8, "big"): "whole number, the other way round",
        "\0".join(tweet_id).encode(): "text of two bytes a letter",
    }
    for before in range(3):
        packed = base64.b64encode(b"\0" * before + tweet_id.encode()).rstrip(b"=")
        found[packed[(0, 2, 3)[before] : len(packed) - 1]] = "base64"
    return found


def hunt(tweet_ids: Iterable[str], *roots: Path) -> dict[str, set[str]]:
    """Name the files that hold an id, and how they do."""
    wanted = [(one, forms(one)) for one in tweet_ids]
    assert all(len(one) >= 9 for one, _ in wanted), "so short an id would be found by chance"
    found: dict[str, set[str]] = {}
    for path, name, data in _files(roots):
        for layer in (name, *_all_layers(data)):
            for one, ways in wanted:
                for form, way in ways.items():
                    if form in layer and (way != "text" or _alone(one, layer)):
                        found.setdefault(path, set()).add(way)
    return found


def _alone(one: str, layer: bytes) -> bool:
    """Say whether an id stands there by itself, not as a part of a longer number."""
    return re.search(rb"(?<![0-9])%s(?![0-9])" % one.encode(), layer) is not None


def _files(roots: Iterable[Path]) -> Iterator[tuple[str, bytes, bytes]]:
    for root in roots:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            name = str(path.relative_to(root)).encode()
            yield str(path), name, path.read_bytes() if path.is_file() else b""


def _all_layers(data: bytes) -> Iterator[bytes]:
    for layer in layers(data):
        yield layer
        if layer.startswith(b"PAR1"):
            yield from _of_parquet(layer)
        elif layer.startswith(b"\xff\xff\xff\xff"):
            yield from _of_arrow(layer)


def _of_parquet(data: bytes) -> Iterator[bytes]:
    """Give what stands in dictionaries, used or not, in statistics and in whole numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(io.BytesIO(data))
    names = [one.name for one in schema if not pa.types.is_nested(one.type)]
    names = [one for one in names if "string" in str(schema.field(one).type)]
    file = pq.ParquetFile(io.BytesIO(data), read_dictionary=names)
    for at in range(file.metadata.num_row_groups):
        yield str(file.metadata.row_group(at).to_dict()).encode()
        for column in file.read_row_group(at).columns:
            for chunk in column.chunks:
                if pa.types.is_dictionary(chunk.type):
                    yield "\n".join(map(str, chunk.dictionary.to_pylist())).encode()
                else:
                    yield from (bytes(one) for one in chunk.buffers() if one is not None)


def _of_arrow(data: bytes) -> Iterator[bytes]:
    """Give what stands in a stream of Arrow: the index of a store."""
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(pa.py_buffer(data)).read_all()
    except pa.ArrowInvalid:
        return
    yield repr(table.to_pydict()).encode()
