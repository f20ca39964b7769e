"""The example notebooks in a folder of the user's own: never written over what was changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.client import notebooks
from engagement_kit.client.notebooks import FIRST, RECORD, fates, put, shipped
from engagement_kit.errors import EngagementError, StoreError

HERE = Path(__file__).parents[2] / "notebooks"


def test_all_notebooks_are_put_into_a_folder(tmp_path: Path) -> None:
    """As they are in the repository; a second time nothing is written."""
    done = put(tmp_path / "deep" / "lab")
    names = {one.name for one in HERE.glob("*.ipynb")}
    assert {*done.fates} == names
    assert {*done.fates.values()} == {"new"}
    assert all((done.folder / one).read_bytes() == (HERE / one).read_bytes() for one in names)
    assert done.first.is_file()
    before = {one: one.stat().st_mtime_ns for one in done.folder.iterdir()}
    again = put(done.folder)
    assert {*again.fates.values()} == {"same"}
    assert {one: one.stat().st_mtime_ns for one in done.folder.iterdir()} == before


def test_what_was_changed_stays_and_what_was_not_is_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer kit writes over untouched notebooks alone, and says which it left."""
    ours = shipped()
    put(tmp_path)
    (tmp_path / FIRST).write_bytes(b"my own work")
    newer = {name: content + b"\n" for name, content in ours.items()}
    monkeypatch.setattr(notebooks, "shipped", lambda: newer)
    done = put(tmp_path)
    assert done.of("yours") == [FIRST]
    assert len(done.of("renewed")) == len(ours) - 1
    assert (tmp_path / FIRST).read_bytes() == b"my own work"
    assert FIRST in str(done)
    assert {*put(tmp_path).fates.values()} == {"same", "yours"}


@pytest.mark.parametrize("record", [b"odd", b"[]", None])
def test_without_a_record_all_that_differs_counts_as_changed(
    tmp_path: Path, record: bytes | None
) -> None:
    """A record that is gone or can't be read never costs somebody's work."""
    put(tmp_path)
    (tmp_path / FIRST).write_bytes(b"older, or mine")
    (tmp_path / RECORD).unlink()
    if record is not None:
        (tmp_path / RECORD).write_bytes(record)
    assert put(tmp_path).of("yours") == [FIRST]


_BOOKS = st.dictionaries(st.sampled_from("abc"), st.binary(max_size=2))


@given(_BOOKS, _BOOKS, st.dictionaries(st.sampled_from("abc"), st.text(max_size=2)))
def test_nothing_is_written_over_that_no_kit_wrote(
    ours: dict[str, bytes], there: dict[str, bytes], written: dict[str, str]
) -> None:
    """Whatever stands there and is not known by its checksum is left alone."""
    decided = fates(ours, there, written)
    assert {*decided} == {*ours}
    assert all(decided[name] in {"same", "yours"} for name in {*ours} & {*there})
    assert all(decided[name] == "new" for name in {*ours} - {*there})


def test_a_kit_without_notebooks_and_a_folder_that_can_not_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are errors of ours."""
    (tmp_path / "file").write_text("a")
    with pytest.raises(StoreError, match="can't be written"):
        put(tmp_path / "file" / "lab")
    monkeypatch.setattr(notebooks, "_PACKAGE", tmp_path / "nowhere")
    with pytest.raises(EngagementError, match="install it anew"):
        put(tmp_path / "lab")
