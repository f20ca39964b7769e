"""The raw store: a local folder, one file per Answer, and a record of each run.

Layout::

    STORE/answers/ab/abcd…-20260601T120000000000Z.zst   one line of JSON, then the body; zstd
    STORE/runs/20260601T120000000000Z-KEY.json            what was asked, and which answers serve it

Files are written aside, synced and renamed: a file is either whole or not there. All else can be
rebuilt from them.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from engagement_kit.answers.answer import Answer, read_head, ref_of
from engagement_kit.answers.coverage import known_of
from engagement_kit.errors import StoreError
from engagement_kit.question.known import Known

_SUFFIX = ".zst"


@dataclass(frozen=True)
class Scan:
    """What is in a store.

    Attributes
    ----------
    known
        What the readable answers cover.
    damaged
        Files that can't be read; what they held is asked again.
    """

    known: tuple[Known, ...]
    damaged: tuple[Path, ...]


class Store:
    """A folder of raw answers.

    Parameters
    ----------
    folder
        Made when the first answer is put.

    Examples
    --------
    >>> Store("/tmp/a-store-that-is-not-there").scan()
    Scan(known=(), damaged=())
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def __repr__(self) -> str:
        """Name the folder."""
        return f"Store({str(self.folder)!r})"

    def put(self, answer: Answer) -> str:
        """Keep an answer; give its name.

        Raises
        ------
        StoreError
            When the folder can't be written.
        """
        target = self._path(answer.ref)
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            stream.write(answer.to_bytes())
        _write_whole(target, sink.getvalue().to_pybytes())
        return answer.ref

    def load(self, ref: str) -> Answer:
        """Read an answer by its name.

        Raises
        ------
        StoreError
            When it is not there, or damaged.
        """
        path = self._path(ref)
        try:
            with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
                content: bytes = stream.read()
            answer = Answer.from_bytes(content)
            _same_name(ref, answer.ref)
        except (OSError, ValueError, StoreError) as error:
            msg = f"{path}: {error}. Delete the file and run again: it will be asked anew."
            raise StoreError(msg) from error
        return answer

    def scan(self) -> Scan:
        """Look at the first line of every answer."""
        known, damaged = [], []
        for path in sorted(self.folder.glob(f"answers/*/*{_SUFFIX}")):
            try:
                found = known_of(path.name.removesuffix(_SUFFIX), _head(path))
                if found is not None:
                    _same_name(found.ref, ref_of(found.key, found.observed_at))
            except (StoreError, OSError, LookupError, TypeError, ValueError, AttributeError):
                damaged.append(path)
                continue
            if found is not None:
                known.append(found)
        return Scan(tuple(known), tuple(damaged))

    def known(self) -> tuple[Known, ...]:
        """List what the store's answers cover; give it to ``ek.plan(..., have=...)``."""
        return self.scan().known

    def save_run(self, name: str, record: dict[str, Any]) -> None:
        """Keep the record of a run; a record of the same name is replaced whole."""
        text = json.dumps(record, indent=1, sort_keys=True)
        _write_whole(self.folder / "runs" / f"{name}.json", text.encode())

    def runs(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the records of all runs, the oldest first."""
        paths = self.folder.glob("runs/*.json")
        for path in sorted(paths, key=_age):
            try:
                yield path.stem, json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                msg = f"{path}: the record of this run can't be read: {error}"
                raise StoreError(msg) from error

    def _path(self, ref: str) -> Path:
        return self.folder / "answers" / ref[:2] / f"{ref}{_SUFFIX}"


def _age(record: Path) -> tuple[str, int]:
    """Order records by the moment of planning; where a clock stands still, files decide."""
    return record.name.partition("-")[0], record.stat().st_mtime_ns


def _same_name(file: str, content: str) -> None:
    """Hold a file's name, which comes from its request and moment, against what is in it."""
    if file != content:
        msg = f"the file holds the answer {content}; it was damaged or renamed"
        raise StoreError(msg)


def _head(path: Path) -> dict[str, Any]:
    """Unpack only as much of a file as its first line needs."""
    line = b""
    with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
        while b"\n" not in line:
            part: bytes = stream.read(1 << 14)
            if not part:
                break
            line += part
    return read_head(line.partition(b"\n")[0])


def _write_whole(target: Path, content: bytes) -> None:
    """Write aside, sync, rename: whoever looks sees the old file or the whole new one."""
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{target.parent} can't be written: {error}. Free space, or choose another store."
        raise StoreError(msg) from error
