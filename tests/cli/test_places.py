"""Where a command writes to is looked at before anything is done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engagement_kit.cli.places import refusal


def test_what_can_be_written_is_not_refused(tmp_path: Path) -> None:
    """A new file, one in folders that are to be made, and one that is there."""
    (tmp_path / "old.csv").touch()
    for path in (tmp_path / "new.csv", tmp_path / "a" / "b" / "new.csv", tmp_path / "old.csv"):
        assert refusal(path) == ""


def test_what_can_not_is_refused_with_the_reason(tmp_path: Path) -> None:
    """A folder, a place below a file, a folder that nobody makes, a name that is too long."""
    (tmp_path / "file").touch()
    assert refusal(tmp_path) == "that is a folder"
    assert refusal(tmp_path / "file" / "x.csv") == f"{tmp_path / 'file'} is no folder"
    assert refusal(tmp_path / "no" / "x", makes_folder=False) == f"there is no folder {tmp_path}/no"
    assert refusal(tmp_path / ("x" * 300)) != ""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may everything")
def test_what_one_may_not_write_is_refused(tmp_path: Path) -> None:
    """A folder and a file of read-only modes."""
    (tmp_path / "file").touch(mode=0o400)
    assert refusal(tmp_path / "file") == "you may not change it"
    tmp_path.chmod(0o500)
    assert refusal(tmp_path / "x") == f"you may not write to the folder {tmp_path}"
    tmp_path.chmod(0o700)
