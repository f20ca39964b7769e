"""Damaged answers are never set aside, or left out, without a word; nor is a mixed folder taken."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.answers.store import Store
from engagement_kit.client.client import Client

PERIOD = ek.between("2026-05-10", "2026-05-12")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """Connect to the emulator, with a store."""
    with ek.connect("emulator", clock="2026-06-01T12:00Z", store=tmp_path / "raw") as one:
        yield one


def settled(client: Client) -> ek.Query:
    """Ask what has settled, in two requests, and give the question."""
    now = client.now() - timedelta(days=25)
    assert client.emulator is not None
    ids = client.emulator.world.sample_ids("acme", 30, before=now)
    query = ek.Query("historical", ids, ["favorites"], by="day", period=PERIOD)
    client.run(query, progress=False)
    return query


def files(client: Client) -> list[Path]:
    """List the stored answers."""
    return sorted((client.folder or Path()).glob("answers/*/*.zst"))


def cut(path: Path, size: int = 200) -> None:
    """Cut a file, as a full disk or a broken copy does."""
    path.write_bytes(path.read_bytes()[:size])


def test_a_plan_says_what_it_found_damaged(client: Client) -> None:
    """In its words and as a number; nothing is moved before it is run."""
    query = settled(client)
    assert "damaged" not in dict(client.plan(query).lines())
    for path in files(client):
        cut(path)
    made = client.plan(query)
    assert made.damaged == 2
    assert dict(made.lines())["damaged"] == (
        "2 stored answers; a run sets them aside, and asks anew what is needed of them"
    )
    assert len(files(client)) == 2
    with pytest.warns(ek.errors.DamagedAnswer, match="2 stored answers are damaged, and are set"):
        result = client.run(made, progress=False)
    assert (result.effort.aside, result.plan.damaged, result.effort.sent) == (2, 0, 2)
    text = "2 stored answers; what was needed of them was asked anew"
    assert dict(result.receipt.lines())["damaged, set aside"] == text
    assert text in result.receipt.to_html()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert client.run(query, progress=False).effort.aside == 0


def test_the_warning_points_at_who_called(client: Client) -> None:
    """At the line of the caller, and it says where the answer is now."""
    query = settled(client)
    cut(files(client)[0])
    with pytest.warns(ek.errors.DamagedAnswer, match="damaged; what is needed of it") as heard:
        client.run(query, progress=False)
    assert [one.filename for one in heard] == [__file__]
    assert str((client.folder or Path()) / "damaged") in str(heard[0].message)
    assert len([*(client.folder or Path()).glob("damaged/*.zst")]) == 1


def test_what_an_old_result_says_of_its_damaged_answer_is_true(client: Client) -> None:
    """To run the query again sets it aside and asks anew; nothing is to be done by hand."""
    query = settled(client)
    path = files(client)[0]
    cut(path)
    with pytest.raises(ek.errors.StoreError, match="Run the query again: that sets the damaged"):
        ek.open(client.folder or "").latest.to_pandas()
    with pytest.raises(ek.errors.StoreError, match="Run the query again"):
        Store(client.folder or "").load(path.stem)
    with pytest.warns(ek.errors.DamagedAnswer):
        client.run(query, progress=False)
    assert ek.open(client.folder or "").latest.to_pandas()["value"].notna().all()


# --- other files ----------------------------------------------------------------------------------
def connected(folder: Path) -> Client:
    """Connect with a folder as the store."""
    return ek.connect("emulator", clock="2026-06-01T12:00Z", store=folder)


def test_a_folder_with_other_files_is_taken_with_a_warning(tmp_path: Path) -> None:
    """Once: when the store is new. They stay as they are, and `ek.open` passes them by."""
    other = tmp_path / "readme.txt"
    other.write_text("mine")
    with (
        pytest.warns(ek.errors.FolderHoldsMore, match=r"other files: readme\.txt\.") as heard,
        connected(tmp_path) as client,
    ):
        client.totals(ek.sample_ids(client, 1), ["replies"], progress=False)
    assert [one.filename for one in heard] == [__file__]
    with connected(tmp_path):  # warnings are errors here
        assert len(ek.open(tmp_path)) == 1
    assert other.read_text() == "mine"


def test_a_store_of_one_run_is_looked_at_too(tmp_path: Path, client: Client) -> None:
    """As the client's own is."""
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed" / "a.csv").touch()
    query = ek.Query("totals", ek.sample_ids(client, 1), ["replies"])
    with pytest.warns(ek.errors.FolderHoldsMore, match="no store yet"):
        client.run(query, store=tmp_path / "mixed", progress=False)


@pytest.mark.parametrize("names", [[], [".gitignore"], ["locks", "refresh.json"]])
def test_a_folder_without_other_files_is_taken_without_a_word(
    names: list[str], tmp_path: Path
) -> None:
    """Empty, with hidden files, or with what a store has before its first answer."""
    for name in names:
        (tmp_path / name).touch()
    with connected(tmp_path) as client:
        assert client.folder == tmp_path


def test_open_refuses_a_folder_of_other_things_alone(tmp_path: Path) -> None:
    """As it says; a store among other things is opened."""
    (tmp_path / "readme.txt").touch()
    with pytest.raises(ek.errors.NotInStore, match="holds no answers, runs or followings"):
        ek.open(tmp_path)
    (tmp_path / "runs").mkdir()
    assert len(ek.open(tmp_path)) == 0
