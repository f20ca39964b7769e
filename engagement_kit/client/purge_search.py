"""What a purge could not take out: a search for ids in files, and in what is packed in them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from engagement_kit.answers.files import SUFFIX, unpack
from engagement_kit.answers.forget import files_below, links_below
from engagement_kit.answers.gone import Gone
from engagement_kit.errors import EngagementError, StoreError
from engagement_kit.tables.parquet_words import parquet_texts

_LINK: Final = "a link: what it leads to was not looked into"
_NAMED: Final = "its name holds an id; rename it"
_UNREADABLE: Final = (
    OSError, ValueError, EOFError, RuntimeError, NotImplementedError, MemoryError, zlib.error,
    lzma.LZMAError, zipfile.BadZipFile, pa.ArrowException, EngagementError,
)  # fmt: skip
_CLOSED: Final = {
    b"7z\xbc\xaf": "7z", b"Rar!": "RAR", b"\x89HDF": "HDF5", b"ORC": "ORC", b"Obj\x01": "Avro",
    b"FEA1": "the first Feather format", b"\x04\x22\x4d\x18": "LZ4", b"%PDF": "PDF",
}  # fmt: skip
_DUCK: Final = (slice(8, 12), b"DUCK")
_DEEPEST: Final = 4


def still_there(folders: Iterable[Path], gone: Gone) -> dict[str, str]:
    """Search files for ids, unpacking what is packed.

    Parameters
    ----------
    folders
        Folders and files.
    gone
        The tweets; of ids of less than nine digits nothing can be said.

    Returns
    -------
    dict
        Files that still hold one, or can't be looked into, each with what to say of it; folders
        that can't be listed, or are empty and named by one.
    """
    found: dict[str, str] = {}

    def told(error: OSError) -> None:
        found[str(error.filename)] = f"it can't be listed: {error.strerror}"

    for folder in folders:
        for path in files_below(folder, told) if folder.is_dir() else [folder]:
            why = _why_left(path, folder, gone)
            if why:
                found[str(path)] = why
        if folder.is_dir():
            found |= {str(link): _LINK for link in links_below(folder)}
            found |= {str(one): _NAMED for one in _empty_folders(folder, gone)}
    return found


def _empty_folders(folder: Path, gone: Gone) -> Iterator[Path]:
    for one in folder.rglob("*"):
        if gone.is_in(one.name.encode("utf-8", "surrogateescape")) and _is_empty(one):
            yield one


def _is_empty(path: Path) -> bool:
    try:
        return path.is_dir() and not path.is_symlink() and not any(path.iterdir())
    except OSError:  # told of by the walk
        return False


def _why_left(path: Path, folder: Path, gone: Gone) -> str:
    if path.is_symlink():
        return _LINK
    inside = path.relative_to(folder) if path != folder else Path(path.name)
    try:
        if gone.is_in(str(inside).encode("utf-8", "surrogateescape")):
            return _NAMED
        if _holds(path, gone):
            return "it holds an id"
    except FileNotFoundError:  # gone since
        pass
    except _UNREADABLE as error:
        return f"it can't be looked into: {first_line(error)}"
    return ""


def _holds(path: Path, gone: Gone) -> bool:
    data = path.read_bytes()
    if gone.is_in(data):
        return True
    if path.suffix == SUFFIX and path.parent.parent.name in {"answers", "damaged"}:
        return gone.is_in(_answer(data))
    if data.startswith(b"PAR1"):
        return gone.is_packed_in(data) or any(map(gone.is_in, parquet_texts(path)))
    return any(gone.is_in(one) or gone.is_packed_in(one) for one in _layers(data))


def _answer(data: bytes) -> bytes:
    try:
        return unpack(data)
    except StoreError as error:
        raise ValueError(str(error)) from error


def _layers(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """Give bytes, and what is packed in them.

    Raises
    ------
    ValueError
        When they are packed in a way that can't be undone here.
    """
    yield data
    for mark, kind in _CLOSED.items():
        if data.startswith(mark):
            msg = f"it is packed as {kind}"
            raise ValueError(msg)
    if data[_DUCK[0]] == _DUCK[1]:
        msg = "it is a DuckDB database"
        raise ValueError(msg)
    inner = _unpacked(data)
    for one in inner:
        if depth == _DEEPEST:
            msg = "it is packed many times over"
            raise ValueError(msg)
        yield from _layers(one, depth + 1)


def _unpacked(data: bytes) -> Iterator[bytes]:
    if data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data)
    elif data.startswith(b"BZh"):
        yield bz2.decompress(data)
    elif data.startswith(b"\xfd7zXZ\0"):
        yield lzma.decompress(data)
    elif data.startswith(b"\x28\xb5\x2f\xfd"):
        yield _answer(data)
    elif data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name in packed.namelist():
                yield name.encode()
                yield packed.read(name)
    elif data.startswith(b"ARROW1"):
        yield from _of_arrow(pa.ipc.open_file(pa.py_buffer(data)).read_all())
    elif data.startswith(b"\xff\xff\xff\xff"):
        yield from _of_arrow(pa.ipc.open_stream(pa.py_buffer(data)).read_all())
    elif data.startswith(b"PAR1"):
        import pyarrow.parquet as pq

        yield from _of_arrow(pq.read_table(pa.BufferReader(data)))


def _of_arrow(table: pa.Table) -> Iterator[bytes]:
    yield str(table.schema).encode()
    for column in table.columns:
        words: list[Any] = column.to_pylist()
        yield "\n".join(map(str, words)).encode()


def first_line(error: BaseException) -> str:
    """Say an error in a line."""
    return f"{type(error).__name__}: {error}".partition("\n")[0]
