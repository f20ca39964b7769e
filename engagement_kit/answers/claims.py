"""Claims: who works on a request, where several processes share one store.

A claim is a file that the operating system keeps locked, and frees when the process ends, however
it ends. The files go when claims are released. Locking a file and removing one take two steps each,
and somebody else's steps must not come between them: both are done behind one common lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from inspect import signature
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from filelock import BaseFileLock, FileLock, Timeout

_SUFFIX: Final = ".lock"
_COMMON: Final = ".common"
_COMMON_WITHIN_SECONDS: Final = 10.0
_LOOK_AGAIN_SECONDS: Final = 0.002
_TROUBLE: Final = (OSError, NotImplementedError)
# Where the file system has no locks, we want to hear of it: a file that locks by being there alone
# would stay when its process is killed. Older releases of the library have no such option.
_NATIVE: Final[dict[str, Any]] = (
    {"fallback_to_soft": False}
    if "fallback_to_soft" in signature(FileLock.__init__).parameters
    else {}
)


class Claim:
    """The right to work on one request, until it is released or the process ends.

    Attributes
    ----------
    held
        False once released, and where the file system has no locks or may not be written: then
        nobody is kept out, and the work goes on.
    """

    def __init__(self, lock: BaseFileLock | None = None) -> None:
        self._lock = lock
        self._process = os.getpid()

    @property
    def held(self) -> bool:
        """Whether others are kept out."""
        return self._lock is not None

    def release(self) -> None:
        """Let others work on the request; a second time does nothing."""
        if self._process != os.getpid():  # a fork has a copy, and the claim is not its own
            return
        lock, self._lock = self._lock, None
        if lock is None:
            return
        path = Path(lock.lock_file)
        with suppress(*_TROUBLE), _common(path.parent):
            lock.release()
            path.unlink(missing_ok=True)
        with suppress(*_TROUBLE):  # where the common lock could not be had; the file stays
            lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def claim(folder: Path, key: str) -> Claim | None:
    """Claim a request, and never wait for it.

    Parameters
    ----------
    folder
        Where the files of claims are.
    key
        The key of the request.

    Returns
    -------
    Claim or None
        None while somebody else has it: another process, or another thread of this one. Where
        files can't be locked, a claim that keeps nobody out; never an error.
    """
    try:
        with _common(folder):
            lock = _file_lock(folder / f"{key}{_SUFFIX}")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                return None
            return Claim(lock)
    except _TROUBLE:
        return Claim()


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep others out of a piece of work, and wait while they keep us out.

    Parameters
    ----------
    path
        A file to lock; its folder is there. It stays, for to remove it would let others slip in.

    Notes
    -----
    Where files can't be locked, nobody is kept out, and the work goes on.
    """
    with ExitStack() as held:
        with suppress(*_TROUBLE):
            held.enter_context(_file_lock(path))
        yield


def remove_unclaimed(folder: Path, before: float) -> None:
    """Remove the files of claims that killed processes held.

    Parameters
    ----------
    folder
        Where the files of claims are.
    before
        Seconds since 1970: files that were made later are left alone.
    """
    for path in folder.glob(f"*{_SUFFIX}"):
        with suppress(OSError):
            if path.stat().st_mtime < before:
                found = claim(folder, path.name.removesuffix(_SUFFIX))
                if found is not None:
                    found.release()


def _common(folder: Path) -> AbstractContextManager[object]:
    """Wait for the lock under which files of claims come and go; it is held for an instant."""
    return _file_lock(folder / _COMMON).acquire(
        timeout=_COMMON_WITHIN_SECONDS, poll_interval=_LOOK_AGAIN_SECONDS
    )


def _file_lock(path: Path) -> BaseFileLock:
    """Make a lock of its own: not one for each thread, and not one for all who name this file."""
    return FileLock(path, thread_local=False, is_singleton=False, **_NATIVE)
