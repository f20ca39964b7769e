"""Tries folders: how much room there is, whether files can be written and locked there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from engagement_kit.answers.claims import claim
from engagement_kit.answers.files import write_whole
from engagement_kit.client.health.disks import FolderSeen, Locks, kind_of
from engagement_kit.errors import StoreError

_MOUNTS: Final = Path("/proc/self/mounts")
Free = Callable[[Path], int]


def free_in(folder: Path) -> int:
    """Tell how many bytes are free to this user."""
    return shutil.disk_usage(folder).free


def look(name: str, folder: Path, *, free: Free = free_in, mean: int = 0) -> FolderSeen:
    """Try a folder, and leave nothing there; one that is not there, where it would be made.

    Parameters
    ----------
    name
        What it is for.
    folder
        Where it is.
    free
        Tells how many bytes are free.
    mean
        How large its answers are in the mean.
    """
    place = next((one for one in (folder, *folder.absolute().parents) if one.exists()), Path())
    refusal, locks = _tried(place) if place.is_dir() else (f"{place} is a file", "")
    room = None
    with suppress(OSError):
        room = free(place)
    return FolderSeen(name, str(folder), room, refusal, locks, _kind(place), mean)


def _tried(place: Path) -> tuple[str, Locks]:
    """Write, rename and lock as a run does, in a folder that goes at the end."""
    try:
        with tempfile.TemporaryDirectory(prefix=".engagement_kit-doctor-", dir=place) as made:
            write_whole(Path(made) / "answers" / "a", b"a")
            return "", _locks(Path(made) / "locks")
    except StoreError as error:
        return str(error.__cause__ or error), ""
    except OSError as error:
        return error.strerror or type(error).__name__, ""


def _locks(folder: Path) -> Locks:
    """Claim the same twice: where locks hold, the second one is not given."""
    folder.mkdir()
    first = claim(folder, "a")
    if first is None:
        return "none"
    with first:
        if not first.held:
            return "none"
        second = claim(folder, "a")
        if second is None:
            return "hold"
        second.release()
        return "none"


def _kind(place: Path) -> str:
    """Name the kind of file system, where the system tells."""
    try:
        return kind_of(str(place.resolve()), _MOUNTS.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""
