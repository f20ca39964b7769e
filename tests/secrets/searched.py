"""The search: every form of every planted secret, in bytes and in what is packed in them."""

from __future__ import annotations

import base64
import gzip
import io
import json
import pickletools
import random
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

# A piece of this length, from either end of what is random in a secret, gives it away: a repr or a
# line that was cut short is found too.
PIECE = 10
_DEEPEST = 6
_ZSTD, _GZIP, _ZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08", b"PK\x03\x04"
_STEP = 1 << 24  # more than any file here has: no secret may be cut in two


def pieces(secret: str) -> set[str]:
    """Give a secret whole, and the ends of its last part, which alone is random."""
    core = re.split(r"[-]|emulator-(?:key|secret|bearer)-", secret)[-1]
    return {secret, core[:PIECE], core[-PIECE:]} if len(core) >= PIECE else {secret}


def forms(piece: str) -> set[bytes]:
    """Give a text in each of the ways in which programs write it."""
    once = quote(piece, safe="~")
    plainly = {piece, once, once.lower(), quote(once, safe="~"), quote(once, safe="~").lower()}
    plainly |= {quote(piece, safe="~/"), escape(piece), escape(piece, quote=False)}
    plainly |= {json.dumps(piece)[1:-1], json.dumps(piece)[1:-1].replace("/", r"\/")}
    plainly |= {repr(piece)[1:-1], "\0".join(piece)}  # the last as Windows writes texts
    written = {one.encode() for one in plainly}
    for given in (piece.encode(), once.encode()):
        for before in range(3):  # in base64 a text has three looks, by what stands before it
            packed = base64.b64encode(b"\0" * before + given).rstrip(b"=")
            # The characters at both ends hold bits of the neighbours.
            inner = packed[(0, 2, 3)[before] : len(packed) - 1]
            written |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return written


class Search:
    """Looks for secrets in whatever came out.

    Parameters
    ----------
    secrets
        Each by a name, which alone is told.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._forms: dict[bytes, str] = {}
        for name, secret in secrets.items():
            assert len(secret) >= PIECE, f"{name} is too short to be looked for"
            for piece in pieces(secret):
                self._forms |= dict.fromkeys(forms(piece), name)
        lengths = {len(one) for one in self._forms}
        assert min(lengths) >= 8, "so short a form would be found by chance"

    def packed(self, data: bytes) -> set[str]:
        """Name the secrets that stand in bytes, or in what is packed in them."""
        return {name for layer in layers(data) for name in self._in(layer)}

    def _in(self, layer: bytes) -> Iterator[str]:
        yield from (name for form, name in self._forms.items() if form in layer)

    def texts(self, said: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
        """Name the secrets by where they stand, in pairs of that and a text."""
        found: dict[str, set[str]] = {}
        for where, text in said:
            # No secret has a line end in it; and the ways of showing often give the same line.
            lines = "\n".join(dict.fromkeys(text.split("\n")))
            names = self.packed(lines.encode("utf-8", "backslashreplace"))
            if names:
                found[where] = found.get(where, set()) | names
        return found

    def files(self, *roots: Path) -> dict[str, set[str]]:
        """Name the secrets by file, in all files below some folders; also those in their names."""
        found: dict[str, set[str]] = {}
        for root in roots:
            for path in sorted(root.rglob("*")) if root.exists() else ():
                inside = path.read_bytes() if path.is_file() else b""
                names = self.packed(inside) | self.packed(str(path).encode())
                if names:
                    found[str(path)] = names
        return found


def layers(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """Give bytes, and all that is packed in them, however deep."""
    yield data
    if depth < _DEEPEST:
        for inner in _unpacked(data):
            yield from layers(inner, depth + 1)


def _unpacked(data: bytes) -> Iterator[bytes]:
    for start in _starts(_GZIP, data):  # also amid other bytes: a store keeps bodies as they came
        yield from _gunzipped(data[start:])
    for start in _starts(_ZSTD, data):
        yield from _unzstd(data[start:])
    if data.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for one in archive.infolist():
                yield one.filename.encode()
                yield archive.read(one)
    elif data.startswith(b"PAR1"):
        yield from _of_parquet(data)
    elif data.startswith(b"\x80") and data.endswith(b"."):
        yield from _of_pickle(data)
    elif data.lstrip()[:1] in (b"{", b"[", b'"'):
        yield from _of_json(data)


def _starts(magic: bytes, data: bytes) -> Iterator[int]:
    at = data.find(magic)
    while at >= 0:
        yield at
        at = data.find(magic, at + 1)


def _gunzipped(data: bytes) -> Iterator[bytes]:
    """Unpack member by member; of one that is cut off, what can be read."""
    while data.startswith(_GZIP):
        member = zlib.decompressobj(wbits=31)
        try:
            yield member.decompress(data)
        except zlib.error:
            return
        data = member.unused_data


def _unzstd(data: bytes) -> Iterator[bytes]:
    import pyarrow as pa

    try:
        with pa.input_stream(io.BytesIO(data), compression="zstd") as file:
            while piece := file.read(_STEP):
                yield bytes(piece)
    except OSError:  # its end, or bytes behind it
        return


def _of_parquet(data: bytes) -> Iterator[bytes]:
    """Read all of it: what stands in the footer, and every value."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(data))
    metadata = file.metadata
    for key, value in (metadata.metadata or {}).items():
        yield key + b" " + value
        if key == b"ARROW:schema":
            yield base64.b64decode(value)
    table = file.read()
    yield str(table.schema).encode()
    for column in table.columns:
        yield "\n".join(dict.fromkeys(map(str, column.to_pylist()))).encode()


def _of_pickle(data: bytes) -> Iterator[bytes]:
    for _, given, _ in pickletools.genops(data):
        if isinstance(given, str):
            yield given.encode("utf-8", "surrogatepass")
        elif isinstance(given, bytes | bytearray):
            yield bytes(given)


def _of_json(data: bytes) -> Iterator[bytes]:
    """Give the texts of a document, which may be documents themselves: notebooks, say."""
    try:
        document = json.loads(data)
    except ValueError:
        return
    for text in _texts(document):
        yield text.encode("utf-8", "surrogatepass")
        yield from _from_base64(text)


def _from_base64(text: str) -> Iterator[bytes]:
    if len(text) > PIECE and re.fullmatch(r"[A-Za-z0-9+/\s]+=*\s*", text):
        try:
            yield base64.b64decode(text)
        except ValueError:
            return


def _texts(document: Any) -> Iterable[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from _texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _texts(value)


def _noise() -> bytes:
    return random.Random(0).randbytes(1 << 17)  # noqa: S311 -- it hides nothing


def _cut_off(plain: bytes) -> bytes:
    # A block is written when it is full: what stands in the first one can be read.
    return gzip.compress(plain + _noise(), 1)[:-30]


def packed_in_every_way(text: str) -> dict[str, bytes]:
    """Pack a text into each container that the search must look into."""
    import pickle

    import pyarrow as pa
    import pyarrow.parquet as pq

    plain = f"before {text} after".encode()
    zipped, meta, values = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", plain)
    table = pa.table({"a": ["x", plain.decode()]})
    pq.write_table(table, values, compression="zstd")
    bare = pa.table({"a": ["x"]})
    schema = bare.schema.with_metadata({"note": base64.b64encode(plain)})
    pq.write_table(bare.cast(schema), meta, compression="zstd")
    notebook = {"cells": [{"outputs": [{"data": {"text/html": [plain.decode()]}}]}]}
    return {
        "plain": plain,
        "gzip": gzip.compress(plain),
        "gzip in gzip": gzip.compress(gzip.compress(plain)),
        "second member of a gzip": gzip.compress(b"x") + gzip.compress(plain),
        "gzip cut off": _cut_off(plain),
        "gzip cut off, amid other bytes": b"{}\n" + _cut_off(plain) + b"}",
        "zstd amid other bytes": b"{}" + pa.compress(plain, codec="zstd", asbytes=True) + b"{}",
        "zstd": pa.compress(plain, codec="zstd", asbytes=True),
        "zip": zipped.getvalue(),
        "Parquet, a value": values.getvalue(),
        "Parquet, the footer": meta.getvalue(),
        "pickle": pickle.dumps({"a": [plain.decode()]}),
        "pickle of packed bytes": pickle.dumps(gzip.compress(plain)),
        "notebook": json.dumps(notebook).encode(),
        "JSON in JSON": json.dumps(json.dumps(notebook)).encode(),
        "gzip in JSON": json.dumps(base64.b64encode(gzip.compress(plain)).decode()).encode(),
    }
