"""Files of a store: packed, sealed, and written so that each is whole or not there.

Knows bytes, names and folders, and nothing of answers.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import struct
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

import pyarrow as pa

from engagement_kit.errors import StoreError

SUFFIX: Final = ".zst"
PART: Final = ".part"
_STORE_PARTS: Final = (
    "answers", "runs", "follows", "damaged", "index.arrow", "exports.jsonl", "tombstones.json",
)  # fmt: skip
"""What the kit puts into a store, a part of which is in each; none of it is elsewhere."""
LEFT_FOR_SECONDS: Final = 86_400.0
"""A part that is older was left by a killed process; a younger one may be under way."""

_HEAD_BYTES: Final = 1 << 15
_LINE_BYTES: Final = 1 << 12
# RFC 8878, 3.1.2: a frame that readers of zstd skip; here one of 32 bytes, a SHA-256.
_SEAL: Final = struct.pack("<II", 0x184D2A5E, hashlib.sha256().digest_size)
_SEAL_BYTES: Final = len(_SEAL) + hashlib.sha256().digest_size
_FULL: Final = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN: Final = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_FOLDER_SYNC: Final = {errno.EACCES, errno.EPERM, errno.EINVAL, errno.ENOTSUP, errno.EBADF}


# --- packing --------------------------------------------------------------------------------------
def pack(content: bytes) -> bytes:
    """Compress with zstd, and seal.

    The seal is a checksum of the compressed bytes: zstd as pyarrow writes it has none, and a
    flipped bit may unpack to other text. It is a frame that every reader of zstd skips.

    Examples
    --------
    >>> unpack(pack(b"a line of text"))
    b'a line of text'
    """
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed + _SEAL + hashlib.sha256(packed).digest()


def unpack(raw: bytes) -> bytes:
    """Hold a file's bytes against their seal, if they have one, and decompress.

    Raises
    ------
    StoreError
        When they were damaged.
    """
    _check_seal(raw)
    try:
        with pa.CompressedInputStream(pa.BufferReader(raw), "zstd") as stream:
            content: bytes = stream.read()
    except (OSError, ValueError, MemoryError) as error:
        msg = f"it can't be unpacked: {error}"
        raise StoreError(msg) from error
    return content


def first_line(path: str | Path) -> bytes:
    """Read the first line of a packed file, and no more of it than that takes.

    Returns
    -------
    bytes
        Empty when there is none, or it can't be unpacked.

    Raises
    ------
    StoreError
        When a file so small that it was read as a whole was damaged.
    OSError
        When the file can't be read.
    """
    with open(path, "rb") as file:  # noqa: PTH123 -- a hundred thousand Paths take a while
        raw = file.read(_HEAD_BYTES)
        whole = len(raw) < _HEAD_BYTES
        if whole:
            _check_seal(raw)
        line = _line_in(pa.BufferReader(raw))
        if line is None and not whole:
            file.seek(0)
            line = _line_in(pa.PythonFile(file, "r"))
    return line or b""


def _line_in(source: pa.NativeFile) -> bytes | None:
    """Unpack until the first line has come; None when the bytes end before it does."""
    line = b""
    with suppress(OSError, ValueError), pa.CompressedInputStream(source, "zstd") as stream:
        while b"\n" not in line:
            part: bytes = stream.read(_LINE_BYTES)
            if not part:
                return None
            line += part
    return line.partition(b"\n")[0] if b"\n" in line else None


def _check_seal(raw: bytes) -> None:
    """Compare the checksum; bytes without a seal were packed by some other tool."""
    packed, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
    if seal.startswith(_SEAL) and hashlib.sha256(packed).digest() != seal[len(_SEAL) :]:
        msg = "it does not match its checksum; it was damaged on disk"
        raise StoreError(msg)


# --- writing --------------------------------------------------------------------------------------
def write_whole(target: Path, content: bytes) -> None:
    """Write a file in the place of an old one: whoever looks sees the old one or the whole new one.

    Raises
    ------
    StoreError
        When the folder can't be written; the old file stays as it was.
    """
    with _written_aside(target, content) as aside:
        aside.replace(target)


def write_beside(target: Path, content: bytes) -> Path:
    """Write a file, and never over another one.

    Returns
    -------
    Path
        The target; where other content has that name, the same with ``.2``, ``.3`` before the
        suffix. Where the same content has it, nothing is written.

    Raises
    ------
    StoreError
        When the folder can't be written; nothing is left behind.
    """
    with _written_aside(target, content) as aside:
        return next(one for one in _names(target) if _take_name(aside, one) or _holds(one, content))


def move_to(folder: Path, source: Path) -> Path | None:
    """Move a file to a folder, under a name that no file ever had: of two who try, one does it.

    Returns
    -------
    Path or None
        Where it is now; None when there was no such file: another process was quicker.

    Raises
    ------
    StoreError
        When a folder can't be written; the file stays where it is.
    """
    target = folder / f"{source.stem}.{uuid.uuid4().hex[:12]}{source.suffix}"
    with _refusing(folder):
        _make_folder(folder)
        try:
            source.replace(target)
        except FileNotFoundError:
            return None
        sync_folder(folder)
        sync_folder(source.parent)
    return target


@contextmanager
def _written_aside(target: Path, content: bytes) -> Iterator[Path]:
    """Give a finished and synced file, to be given its name; what is left of it is removed."""
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}{PART}")
    with _refusing(target.parent):
        _make_folder(target.parent)
        try:
            with aside.open("xb") as file:
                keep_mode(target, aside)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            yield aside
        finally:
            with suppress(OSError):  # a disk that fails must not hide why it failed at first
                aside.unlink(missing_ok=True)
        sync_folder(target.parent)


def add_line(path: Path, line: bytes) -> None:
    """Add a line to a file, in one step; the folder is made when need be.

    Raises
    ------
    StoreError
        When the folder can't be written.
    """
    with _refusing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab", buffering=0) as file:
            file.write(line + b"\n")


@contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    """Say what a person can do when a folder can't be written."""
    try:
        yield
    except OSError as error:
        advice = "Choose another store."
        if error.errno in _FULL:
            advice = "Free space, or choose another store."
        elif error.errno in _FORBIDDEN:
            advice = "Make it writable for you, or choose another store."
        msg = f"{folder} can't be written: {error}. {advice} What is stored is not asked again."
        raise StoreError(msg) from error


def _names(target: Path) -> Iterator[Path]:
    yield target
    for number in count(2):
        yield target.with_name(f"{target.stem}.{number}{target.suffix}")


def _take_name(finished: Path, name: Path) -> bool:
    """Give a finished file a name unless another has it: in one step, unlike look and rename."""
    try:
        os.link(finished, name)
    except FileExistsError:
        return False
    except OSError:  # no links here: FAT, some network folders
        return _take_name_without_links(finished, name)
    return True


def _take_name_without_links(finished: Path, name: Path) -> bool:
    """Do the same behind a mark that one process alone can make."""
    mark = name.with_name(f".{name.name}.taken{PART}")
    try:
        mark.open("xb").close()
    except FileExistsError:
        return False
    try:
        if name.exists():
            return False
        finished.replace(name)
    finally:
        with suppress(OSError):
            mark.unlink(missing_ok=True)
    return True


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def keep_mode(old: Path, new: Path) -> None:
    """Let who may read the old file, if there is one, read the new one, and nobody else."""
    with suppress(OSError):  # no old one, or a file system without modes
        shutil.copymode(old, new)


# --- folders --------------------------------------------------------------------------------------
@dataclass
class Listing:
    """What is in a folder of folders.

    Attributes
    ----------
    files
        Packed files, by name: the name without suffix, the size, and when it was last written, in
        nanoseconds. Each is in the folder that is named after its first letters.
    odd
        Packed files in other folders, and folders that can't be read.
    parts
        Parts that somebody is writing, or that a killed process left.
    """

    files: list[tuple[str, int, int]] = field(default_factory=list)
    odd: list[Path] = field(default_factory=list)
    parts: list[Path] = field(default_factory=list)


def is_store(folder: Path) -> bool:
    """Say whether a folder holds what makes it a store of this kit."""
    return any((folder / one).exists() for one in _STORE_PARTS)


def folder_of(ref: str) -> str:
    """Name the folder that a packed file stands in: one for all would be slow to list."""
    return ref[:2]


def list_packed(folder: Path) -> Listing:
    """List the packed files below a folder."""
    found = Listing()
    try:
        with os.scandir(folder) as entries:
            below = sorted(entry.path for entry in entries if entry.is_dir())
    except OSError as error:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            found.odd.append(folder)
        return found
    for path in below:
        try:
            _list_one(path, found)
        except OSError:
            found.odd.append(Path(path))
    return found


def _list_one(folder: str, found: Listing) -> None:
    own = folder_of(Path(folder).name)
    files = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.endswith(SUFFIX) and folder_of(name) == own:
                try:
                    stat = entry.stat()
                except FileNotFoundError:  # moved away since
                    continue
                files.append((name[: -len(SUFFIX)], stat.st_size, stat.st_mtime_ns))
            elif name.endswith(PART):
                found.parts.append(Path(entry.path))
            elif name.endswith(SUFFIX) and not name.startswith("."):
                found.odd.append(Path(entry.path))
    found.files += sorted(files)


def remove_left(paths: Iterable[Path], now: float) -> None:
    """Remove files that were left more than a day ago; younger ones may be in use.

    Parameters
    ----------
    paths
        Files that nobody needs once they are old.
    now
        Seconds since 1970, by the clock that dates files.
    """
    for path in paths:
        with suppress(OSError):  # gone already, or a store that may only be read
            if path.stat().st_mtime < now - LEFT_FOR_SECONDS:
                path.unlink()


def _make_folder(folder: Path) -> None:
    """Make a folder, and those above it, so that they outlast a power cut."""
    missing = [one for one in (folder, *folder.parents) if not one.is_dir()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        sync_folder(one.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlast a power cut, where the system knows how."""
    if os.name != "posix":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
