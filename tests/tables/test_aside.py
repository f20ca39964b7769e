"""A file that is being written is seen by nobody, and what a killed writer left goes away."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from engagement_kit.errors import TableError
from engagement_kit.tables import aside
from engagement_kit.tables.aside import written_aside

DAY = 86_400


@pytest.fixture(params=["unnamed", "hidden"])
def kind(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write to files without a name, and as on systems that have none of these."""
    if request.param == "hidden":
        monkeypatch.setattr(aside, "_unnamed", lambda _: None)
    elif aside._unnamed(tmp_path) is None:
        pytest.skip("this system has no files without a name")
    return str(request.param)


def test_nothing_is_seen_until_all_is_written(kind: str, tmp_path: Path) -> None:
    """Of a new file nothing, of an old one the old; not even a name, where the system allows it."""
    for text, before in (("first", []), ("second", ["a.txt"])):
        with written_aside(tmp_path / "a.txt") as place:
            place.write_text(text)
            seen = sorted(one.name for one in tmp_path.iterdir())
            hidden = [one for one in seen if one.startswith(".a.txt.") and one.endswith(".part")]
            assert [one for one in seen if one not in hidden] == before
            assert len(hidden) == (kind == "hidden")
        assert (tmp_path / "a.txt").read_text() == text
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_a_new_file_has_the_rights_of_any_other(kind: str, tmp_path: Path) -> None:
    """As the person's own mask says."""
    (tmp_path / "other.txt").write_text("other")
    with written_aside(tmp_path / "a.txt") as place:
        place.write_text(kind)
    modes = {one.stat().st_mode for one in tmp_path.iterdir()}
    assert len(modes) == 1


def test_what_was_left_is_removed_a_day_later(kind: str, tmp_path: Path) -> None:
    """Not before: somebody may be writing it. And nothing that is not ours."""
    left = [tmp_path / f".{name}.txt.{at * 32}.part" for name, at in (("a", "0"), ("b", "1"))]
    others = [tmp_path / name for name in (".part", ".c.txt.part", "c.txt.part", ".c.txt")]
    for one in (*left, *others):
        one.write_text("half")
        os.utime(one, (time.time() - DAY - 60,) * 2)
    os.utime(left[1])
    with written_aside(tmp_path / "a.txt") as place:
        place.write_text(kind)
    assert {*tmp_path.iterdir()} == {tmp_path / "a.txt", left[1], *others}


def test_a_folder_that_is_a_file_is_refused(kind: str, tmp_path: Path) -> None:
    """With a word on what to do, and nothing left."""
    (tmp_path / "file").write_text(kind)
    with (
        pytest.raises(TableError, match="can't be written"),
        written_aside(tmp_path / "file" / "a"),
    ):
        pass
    assert len([*tmp_path.iterdir()]) == 1
