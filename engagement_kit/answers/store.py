"""The raw store: a local folder, one file per Answer.

Layout::

    STORE/answers/ab/abcd…-20260601T120000000000Z.zst   one line of JSON, then the body; zstd
    STORE/runs/                                           what was asked and what serves it: `runs`
    STORE/follows/                                        what is followed, and what failed of it
    STORE/damaged/                                        answers that were set aside
    STORE/locks/                                          who works on what just now: `claims`
    STORE/index.arrow                                     a cache: `index`
    STORE/exports.jsonl                                   where numbers were written to: `exported`
    STORE/tombstones.json                                 which tweets were purged: `tombstones`

Files are written aside, synced and renamed: a file is either whole or not there. All else can be
rebuilt from them. A raw file never changes, with one exception: a purge (`forget`) writes answers
anew without the tweets that must be forgotten.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from engagement_kit.answers.answer import FORMAT, Answer
from engagement_kit.answers.files import (
    LEFT_FOR_SECONDS,
    PART,
    SUFFIX,
    folder_of,
    is_store,
    move_to,
    pack,
    remove_left,
    unpack,
    write_beside,
)
from engagement_kit.answers.index import look, look_into, same_name
from engagement_kit.errors import NotInStore, StoreError
from engagement_kit.question.known import Known
from engagement_kit.question.resume import Tried

if TYPE_CHECKING:
    from engagement_kit.answers.claims import Claim

_whole: set[tuple[str | int, ...]] = set()
"""Files that this process has read and found whole, by `_mark`."""


def must_be_store(folder: Path, *, may_be_new: bool = True) -> None:
    """Refuse a folder that holds something else.

    Parameters
    ----------
    folder
        Where it is.
    may_be_new
        Whether a folder with nothing in it passes for a store that was just made.

    Raises
    ------
    NotInStore
        When there is no such folder, or nothing in it is a store's.
    """
    if not folder.is_dir():
        msg = f"there is no store at {folder}; give the folder that was given as store=..."
        raise NotInStore(msg)
    if is_store(folder) or (may_be_new and next(folder.iterdir(), None) is None):
        return
    hint = "is it the folder given as store=...?"
    msg = f"no store: {folder} holds no answers, runs or followings; {hint}"
    raise NotInStore(msg)


def opened(store: object) -> Store:
    """Take a store by its folder, or as it is; refuse what is none.

    Raises
    ------
    StoreError
        When it is no path, there is no such folder, or the folder holds something else.
    """
    if not isinstance(store, Store | str | os.PathLike):
        msg = f"store is {store!r}; allowed: the path of a raw store's folder, or a Store"
        raise StoreError(msg)
    place = store if isinstance(store, Store) else Store(Path(store))
    must_be_store(place.folder)
    return place


@dataclass(frozen=True)
class Scan:
    """What is in a store.

    Attributes
    ----------
    known
        What the readable answers cover, by name.
    damaged
        Files that can't be read; what they held is asked again.
    """

    known: tuple[Known, ...]
    damaged: tuple[Path, ...]


class Store:
    """A folder of raw answers. Several threads and processes may share it.

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

    # --- single answers ---------------------------------------------------------------------------
    def put(self, answer: Answer) -> str:
        """Keep an answer; give its name.

        No answer is ever written over: another one to the same request, at the same moment by the
        client's clock, gets ``.2``, ``.3`` and so on after its name.

        Raises
        ------
        StoreError
            When the folder can't be written; nothing is left behind.
        """
        name = write_beside(self._path(answer.ref), pack(answer.to_bytes()))
        return name.name.removesuffix(SUFFIX)

    def load(self, ref: str) -> Answer:
        """Read an answer by its name, and hold all of it against its checksums.

        Raises
        ------
        StoreError
            When it is not there, can't be read, or was damaged.
        """
        path = self._path(ref)
        try:
            return self._read(ref)
        except FileNotFoundError as error:
            msg = f"{path} is not there. Run the query again: it will be asked anew."
            raise StoreError(msg) from error
        except OSError as error:
            msg = f"{path} can't be read: {error}"
            raise StoreError(msg) from error
        except StoreError as error:
            advice = (
                ". Run the query again: that sets the damaged answer aside, and asks anew what is "
                "needed of it."
            )
            msg = f"{path}: {error}{'' if _is_newer(path) else advice}"
            raise StoreError(msg) from error

    def verify(self, ref: str) -> bool:
        """Say whether an answer is there and whole, to the last byte.

        What this process has read once is not read again while the file stays as it is.

        Raises
        ------
        StoreError
            When it can't be told: the file is there and may not be read.
        """
        path = self._path(ref)
        try:
            if _mark(ref, path.stat()) not in _whole:
                self._read(ref)
        except (FileNotFoundError, StoreError):
            return False
        except OSError as error:
            if error.errno == errno.EIO:  # the disk has lost it
                return False
            msg = f"{path} can't be read: {error}"
            raise StoreError(msg) from error
        return True

    def set_aside(self, ref: str) -> Path | None:
        """Move a damaged answer to ``STORE/damaged/``, so that it is asked anew; delete nothing.

        Returns
        -------
        Path or None
            Where it is now. None when there is nothing to move: the answer is whole, or another
            process has moved it.

        Raises
        ------
        StoreError
            When it can't be moved, or was written by a newer kit, which can read it.
        """
        path = self._path(ref)
        if self.verify(ref):
            return None
        if _is_newer(path):
            msg = f"{path} was written by a newer kit; update this one to read it"
            raise StoreError(msg)
        return move_to(self.folder / "damaged", path)

    # --- all answers ------------------------------------------------------------------------------
    def scan(self) -> Scan:
        """Tell what all answers cover, by their first lines.

        Only files that are new since the index was written are opened. Parts of files that killed
        processes left more than a day ago are removed.
        """
        found = look(self.folder)
        self._remove_left(found.parts)
        return Scan(found.known, found.damaged)

    def known(self) -> tuple[Known, ...]:
        """List what the store's answers cover; give it to ``ek.plan(..., have=...)``."""
        return self.scan().known

    def tried(self, key: str) -> Tried:
        """Look up what came of one request so far, in the folder itself.

        Quick enough to ask before a request is sent, whether another process was quicker.

        Parameters
        ----------
        key
            The request's key.

        Returns
        -------
        Tried
            What its answers cover, the oldest first, and whether it also met failures; damaged
            ones are left out.
        """
        folder = self.folder / "answers" / folder_of(key)
        try:
            names = [one for one in os.listdir(folder) if one.startswith(f"{key}-")]  # noqa: PTH208
        except OSError:
            return Tried()
        known, failed = [], False
        for name in names:
            if name.endswith(SUFFIX):
                try:
                    found = look_into(folder / name)
                except (OSError, StoreError):
                    continue
                failed |= found is None
                known += [] if found is None else [found]
        return Tried(tuple(sorted(known, key=lambda one: (one.observed_at, one.ref))), failed)

    def tried_all(self, known: Iterable[Known] | None = None) -> Callable[[str], Tried]:
        """Look all requests up at once: as `tried`, from one look at the whole store.

        Parameters
        ----------
        known
            What the store's answers cover, where that is at hand; None: look.
        """
        answers: dict[str, list[Known]] = {}
        for one in self.known() if known is None else known:
            answers.setdefault(one.key, []).append(one)
        files = self.folder.glob("answers/*/*")
        sent = frozenset(one.name.partition("-")[0] for one in files)
        return lambda key: Tried(tuple(answers.get(key, ())), failed=key in sent)

    def answers_of(self, key: str) -> tuple[Known, ...]:
        """List what the answers to one request cover, the oldest first; see `tried`."""
        return self.tried(key).answers

    def claim(self, key: str) -> Claim | None:
        """Claim a request by its key, so that no other process or thread sends it meanwhile.

        Returns
        -------
        Claim or None
            For ``with``; None, at once, while somebody else has it. A killed process has nothing.
            Where the file system can't lock, a claim that keeps nobody out.
        """
        from engagement_kit.answers.claims import claim

        return claim(self._locks, key)

    # --- how --------------------------------------------------------------------------------------
    def _path(self, ref: str) -> Path:
        if Path(ref).name != ref:
            msg = f"{ref!r} is no name of an answer; such names are in result.refs"
            raise StoreError(msg)
        return self.folder / "answers" / folder_of(ref) / f"{ref}{SUFFIX}"

    @property
    def _locks(self) -> Path:
        return self.folder / "locks"

    def _read(self, ref: str) -> Answer:
        """Read an answer, check it, and remember that it is whole."""
        with self._path(ref).open("rb") as file:
            mark = _mark(ref, os.fstat(file.fileno()))
            raw = file.read()
        answer = Answer.from_bytes(unpack(raw))
        same_name(ref, answer.ref)
        _whole.add(mark)
        return answer

    def _remove_left(self, parts: tuple[Path, ...]) -> None:
        """Remove what killed processes left; real time, for that is what files are dated by."""
        now = time.time()
        elsewhere = (
            self.folder.glob(f"{where}.*{PART}")
            for where in ("", "damaged/", "runs/", "runs/*/", "follows/*/")
        )
        remove_left(chain(parts, *elsewhere), now)
        if self._locks.is_dir():
            from engagement_kit.answers.claims import remove_unclaimed

            remove_unclaimed(self._locks, now - LEFT_FOR_SECONDS)


def _mark(ref: str, stat: os.stat_result) -> tuple[str | int, ...]:
    """Tell whether a file has changed; files of one name in two stores are two."""
    return ref, stat.st_size, stat.st_mtime_ns, stat.st_dev, stat.st_ino


def _is_newer(path: Path) -> bool:
    """Say whether a file is whole, and of a format that only a newer kit knows."""
    try:
        line = unpack(path.read_bytes()).partition(b"\n")[0]
        return bool(json.loads(line)["format"] > FORMAT)
    except (OSError, StoreError, LookupError, TypeError, ValueError):
        return False


def temporary_store() -> Store:
    """Make a store in a temporary folder, which goes with the last that uses the store."""
    store = Store(tempfile.mkdtemp(prefix="engagement_kit-"))
    weakref.finalize(store, shutil.rmtree, store.folder, ignore_errors=True)
    return store
