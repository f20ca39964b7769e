"""Folders without room, that can't be written, or where files can't be locked."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from engagement_kit.answers import claims
from engagement_kit.client.health import folders_seen
from engagement_kit.client.health.disks import FolderSeen, judged, kind_of


def test_a_folder_that_is_fit(tmp_path: Path) -> None:
    """It is written to, locked, and left as it was; one that is not there is tried above."""
    seen = folders_seen.look("store", tmp_path / "not" / "there")
    assert (seen.refusal, seen.locks) == ("", "hold")
    assert seen.free
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("free", "level"), [(3 << 20, "problem"), (500 << 20, "warning"), (5 << 30, "ok")]
)
def test_a_disk_that_is_full(tmp_path: Path, free: int, level: str) -> None:
    """How much is left, and for how many answers like those that are there."""
    seen = folders_seen.look("room", tmp_path, free=lambda _: free, mean=1 << 20)
    (found,) = judged(seen)
    assert found.level == level
    assert str(tmp_path) in found.seen
    assert (f"about {free >> 20} answers" in found.seen) == (level != "ok")


def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    """A folder closed to writing, for real; the remedy names it."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    if os.access(closed, os.W_OK):  # the superuser may write anywhere but in the kernel's own
        closed = Path("/proc")
    if os.access(closed, os.W_OK) and not sys.platform.startswith("linux"):
        pytest.skip("nothing is closed to this user")
    found = next(judged(folders_seen.look("room", closed / "raw")))
    assert found.level == "problem"
    assert "can't be written" in found.seen
    assert "chmod u+w" in found.remedy


def test_a_file_in_the_place_of_a_folder(tmp_path: Path) -> None:
    """Nothing can be made below a file."""
    (tmp_path / "a").write_text("a")
    found = next(judged(folders_seen.look("room", tmp_path / "a" / "raw")))
    assert (found.level, "is a file" in found.seen) == ("problem", True)


def test_files_that_can_not_be_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without locks, and one that gives the same lock twice."""

    def refused(path: Path) -> Any:
        raise NotImplementedError

    class Lax:
        """A lock that everybody gets."""

        def __init__(self, path: Path) -> None:
            self.lock_file = str(path)

        def acquire(self, **_: Any) -> AbstractContextManager[None]:
            """Give it."""
            return nullcontext()

        def release(self) -> None:
            """Take it back."""

    for lock in (refused, Lax):
        monkeypatch.setattr(claims, "_file_lock", lock)
        seen = folders_seen.look("room", tmp_path)
        assert seen.locks == "none"
        found = [one for one in judged(seen) if one.check == "locks"]
        assert [one.level for one in found] == ["warning"]


def test_a_network_folder_is_noted() -> None:
    """Locks hold here; of other machines nothing is known, and that is said."""
    found = [*judged(FolderSeen("room", "/data/raw", 5 << 30, locks="hold", kind="nfs4"))]
    assert [one.level for one in found] == ["ok", "note"]
    assert "another machine" in found[1].why


def test_the_kind_of_a_file_system_is_that_of_the_nearest_mount() -> None:
    """Names that only begin alike are no parents; the last mount on a point counts."""
    mounts = "a / ext4 rw\nb /data nfs rw\nc /data\\040two cifs rw\nd /data xfs rw\nodd\n"
    assert kind_of("/data/raw", mounts) == "xfs"
    assert kind_of("/database", mounts) == "ext4"
    assert kind_of("/data two/raw", mounts) == "cifs"
    assert kind_of("/data", "") == ""
