"""Writing aside, then naming: a file is there as a whole or not at all, also after ``kill -9``."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from engagement_kit.answers.files import PART, keep_mode, remove_left
from engagement_kit.errors import NotWritten

_HANDLES: Final = Path("/proc/self/fd")


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Give a place to write to; at the end it takes the name of the target.

    Parameters
    ----------
    target
        The file; its folder is made. An old one is replaced as a whole, or stays as it is.

    Yields
    ------
    Path
        A file of the same folder. On Linux it has no name there: nobody sees it, and nothing is
        left of it when the process is killed. Elsewhere its name is hidden; Polars alone looks at
        such files when it is given a folder. What killed processes left is removed a day later.

    Raises
    ------
    NotWritten
        When the folder can't be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_aside(Path(folder) / "new" / "a.txt") as place:
    ...         _ = place.write_text("whole")
    ...     (Path(folder) / "new" / "a.txt").read_text()
    'whole'
    """
    hidden = target.with_name(f".{target.name}.{uuid.uuid4().hex}{PART}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        left = target.parent.glob(f".*{target.suffix}.{'[0-9a-f]' * 32}{PART}")
        remove_left(left, time.time())
        handle = _unnamed(target.parent)
        place = hidden if handle is None else _HANDLES / str(handle)
        try:
            if handle is not None:
                keep_mode(target, place)
            yield place
            keep_mode(target, place)
            if handle is None or not _named(handle, target, hidden):
                hidden.replace(target)
        finally:
            hidden.unlink(missing_ok=True)
            if handle is not None:
                os.close(handle)
    except OSError as error:
        why = error.strerror or error  # which names a file of ours, aside
        msg = f"{target} can't be written: {why}; choose a file in a folder that you may write to"
        raise NotWritten(msg) from error


def _unnamed(folder: Path) -> int | None:
    """Open a file without a name in a folder; None where the system has no such files."""
    kind = getattr(os, "O_TMPFILE", None)
    if kind is None or not _HANDLES.is_dir():
        return None
    try:
        return os.open(folder, os.O_RDWR | kind, 0o666)
    except OSError:  # a file system without them; if it can't be written at all, that is said soon
        return None


def _named(handle: int, target: Path, hidden: Path) -> bool:
    """Give an open file its name; False where another has that: then it has the hidden one."""
    # A directory given, here of no use, makes Python follow the link behind the handle.
    source = _HANDLES / str(handle)
    try:
        os.link(source, target, src_dir_fd=handle)
    except FileExistsError:
        os.link(source, hidden, src_dir_fd=handle)
        return False
    return True
