"""A purge touches what is the kit's or was named, and removes no more than it must."""

from __future__ import annotations

import bz2
import errno
import gzip
import json
import lzma
import os
import pickle
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from lived import METRICS, OWN, Lived, alive
from pyarrow import feather

import engagement_kit as ek
from engagement_kit.answers import exported
from engagement_kit.answers.claims import claim
from engagement_kit.answers.files import pack, unpack

ONE, OTHER = OWN[0], OWN[1]


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Lived]:
    """Give a store with the totals of a few tweets."""
    with alive(tmp_path) as one:
        one.run(ek.Query("totals", OWN[:5], METRICS))
        yield one


def content(folder: Path) -> dict[str, bytes]:
    """Give all files below a folder."""
    return {str(one): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


# --- which folder ---------------------------------------------------------------------------------
def test_a_folder_that_is_no_store_is_refused_and_stays(lived: Lived, tmp_path: Path) -> None:
    """By each of the ways in which a store can be given, and for tidy_store as well."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "ids.txt").write_text(ONE)
    (mine / "left.part").write_text(ONE)
    before = content(mine)
    for dry_run in (False, True):
        with pytest.raises(ek.errors.StoreError, match="no store"):
            ek.purge(mine, ONE, dry_run=dry_run)
        for folder in (mine, tmp_path / "nope"):
            with pytest.raises(ek.errors.StoreError, match="no store"):
                lived.client.purge(ONE, store=folder, dry_run=dry_run)
    with pytest.raises(ek.errors.StoreError, match="no store"):
        ek.tidy_store(mine, tmp_path / "out", progress=False)
    assert content(mine) == before
    assert not (tmp_path / "nope").exists()


def test_a_dry_run_makes_no_folder(tmp_path: Path) -> None:
    """Nor does a client that is closed."""
    with alive(tmp_path) as lived:
        assert lived.client.purge(ONE, dry_run=True).complete
        assert not lived.store.exists()
    with pytest.raises(ek.errors.EngagementError, match="closed"):
        lived.client.purge(ONE)
    assert not lived.store.exists()


def test_a_persons_own_files_in_the_store_stay_unless_named(lived: Lived) -> None:
    """They are told of; so are those that lie in the kit's folders."""
    mine = [lived.store / "ids.txt", lived.store / "runs" / "a.csv", lived.store / "my.part"]
    for one in mine:
        one.write_text(f"{ONE}\n{OTHER}\n")
    done = lived.client.purge(ONE)
    assert {*done.left} == {*map(str, mine)}
    assert {one.read_text() for one in mine} == {f"{ONE}\n{OTHER}\n"}
    assert lived.client.purge(ONE, also=mine[:1]).files == 1
    assert mine[0].read_text() == f"{OTHER}\n"


@pytest.mark.parametrize("also", ["", [""], "not there", ["a", " "]])
def test_paths_of_nothing_are_refused_before_anything_is_done(lived: Lived, also: Any) -> None:
    """An empty one would be the whole working folder."""
    before = content(lived.store)
    with pytest.raises(ek.errors.QueryError, match=r"nothing was changed[\s\S]*also"):
        lived.client.purge(ONE, also=also)
    assert content(lived.store) == before


def test_a_whole_number_of_numpy_is_an_id(lived: Lived) -> None:
    """As one of Python."""
    assert lived.client.purge(np.int64(ONE)).rewritten == 1


# --- what can't be read ---------------------------------------------------------------------------
def test_an_answer_that_cannot_be_read_just_now_stays(
    lived: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told of, and the next purge does the rest; one of a newer kit stays, too."""
    (path,) = (lived.store / "answers").rglob("*.zst")
    head, _, rest = unpack(path.read_bytes()).partition(b"\n")
    newer = path.with_name(f"{path.name[:2]}newer.zst")
    line = json.dumps({**json.loads(head), "format": 99}).encode()
    newer.write_bytes(pack(line + b"\n" + rest))
    real = Path.read_bytes

    def read_bytes(self: Path) -> bytes:
        if self == path:
            raise OSError(errno.EMFILE, "too many open files")
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    done = lived.client.purge(ONE)
    assert {str(path), str(newer)} == {*done.not_reached}
    assert not done.complete
    assert (path.exists(), newer.exists(), done.unreadable) == (True, True, 0)
    monkeypatch.undo()
    assert lived.client.purge(ONE).rewritten == 1
    assert newer.exists()


def test_folders_that_cannot_be_listed_are_told(
    lived: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may hold anything."""
    closed = lived.folder / "own" / "closed"
    closed.mkdir(parents=True)
    real = os.scandir

    def scandir(path: Any) -> Any:
        if os.fspath(path) == str(closed):
            raise PermissionError(errno.EACCES, "not for you", str(closed))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    done = lived.client.purge(ONE, also=lived.folder / "own")
    assert "can't be listed" in done.left[str(closed)]


def test_one_odd_file_does_not_stop_a_purge(lived: Lived) -> None:
    """Long fields of CSV are read; documents that are too deep are told of."""
    own = lived.folder / "own"
    own.mkdir()
    (own / "a.csv").write_text(f"id,text\n{ONE},{'x' * 200_000}\n{OTHER},{'y' * 200_000}\n")
    (own / "a.json").write_text("[" * 100_000 + f'"{ONE}"' + "]" * 100_000)
    (own / "a.yaml").write_text("[" * 5000 + f"'{ONE}'" + "]" * 5000)
    (own / "b.yaml").write_text(f"# mine\nids: ['{ONE}']\n")
    run = next((lived.store / "runs").iterdir())
    (run / ".ipynb_checkpoints").mkdir()
    (run / ".ipynb_checkpoints" / "plan.json").write_text("{}")
    done = lived.client.purge(OWN[:5], also=own)
    assert {Path(one).name for one in done.not_reached} == {"a.json", "a.yaml", "b.yaml"}
    assert (own / "a.csv").read_text() == "id,text\n"
    assert not run.exists()


# --- how much goes --------------------------------------------------------------------------------
def test_an_object_goes_only_where_it_is_about_the_tweet(lived: Lived) -> None:
    """Else one mention would take a whole document along."""
    own = lived.folder / "own"
    own.mkdir()
    replies = [{"id": one, "conversation_id": ONE, "likes": int(one)} for one in OWN[:3]]
    meta = {"newest_id": ONE, "result_count": 3}
    (own / "a.json").write_text(json.dumps({"data": replies, "meta": meta, "id": ONE}))
    (own / "a.yaml").write_text(f"newest_id: '{ONE}'\nids: ['{OTHER}']\n")
    (own / "a.jsonl").write_text(json.dumps(replies[0]) + "\n")
    assert lived.client.purge(ONE, also=own).complete
    left = [{"id": one, "likes": int(one)} for one in OWN[1:3]]
    assert json.loads((own / "a.json").read_text()) == {"data": left, "meta": {"result_count": 3}}
    assert (own / "a.yaml").read_text() == f"ids:\n- '{OTHER}'\n"
    assert not (own / "a.jsonl").exists()


def test_rows_of_csv_go_by_their_own_column(lived: Lived) -> None:
    """A reply to the tweet is another tweet; a count is no id."""
    path = lived.folder / "a.csv"
    path.write_text(f"id,conversation_id,text\n{ONE},{ONE},a\n{OTHER},{ONE},see {ONE}\n5,6,b\n")
    done = lived.client.purge(ONE, also=path)
    assert path.read_text() == f"id,conversation_id,text\n{OTHER},,see (purged)\n5,6,b\n"
    assert done.rewritten_files == (str(path),)


def test_files_in_folders_named_by_a_tweet_go_and_are_named(lived: Lived) -> None:
    """A dataset that is cut by tweets holds the id in the names of its folders alone."""
    own = lived.folder / "own"
    for one in OWN[:2]:
        (own / f"tweet_id={one}").mkdir(parents=True)
        pd.DataFrame({"n": [1]}).to_parquet(own / f"tweet_id={one}" / "0.parquet")
    (own / ONE).mkdir()
    would = lived.client.purge(ONE, also=own, dry_run=True)
    done = lived.client.purge(ONE, also=own)
    gone = own / f"tweet_id={ONE}" / "0.parquet"
    assert would.removed_files == done.removed_files == (str(gone),)
    assert not gone.parent.exists()
    assert (own / f"tweet_id={OTHER}" / "0.parquet").exists()
    assert [*done.left] == [str(own / ONE)]
    assert ONE not in repr(done)


def test_who_may_read_a_file_stays(lived: Lived) -> None:
    """Of JSON, CSV, Parquet and an answer alike."""
    own = lived.folder / "own"
    own.mkdir()
    (own / "a.json").write_text(json.dumps([ONE, OTHER]))
    (own / "a.csv").write_text(f"id\n{ONE}\n{OTHER}\n")
    pd.DataFrame({"id": OWN[:2]}).to_parquet(own / "a.parquet")
    for one in own.iterdir():
        one.chmod(0o600)
    assert lived.client.purge(ONE, also=own).files == 3
    assert {stat.S_IMODE(one.stat().st_mode) for one in own.iterdir()} == {0o600}


# --- what is left ---------------------------------------------------------------------------------
def _zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.txt", ONE)


NUMBERS = [int(one) for one in OWN[:3]]
PACKED: dict[str, Any] = {
    "a.pkl": lambda path: path.write_bytes(pickle.dumps({"ids": NUMBERS})),
    "a.csv.gz": lambda path: path.write_bytes(gzip.compress(ONE.encode())),
    "a.bz2": lambda path: path.write_bytes(bz2.compress(ONE.encode())),
    "a.xz": lambda path: path.write_bytes(lzma.compress(ONE.encode())),
    "a.zip": _zipped,
    "a.npy": lambda path: np.save(path, np.array(NUMBERS)),
    "big.bin": lambda path: path.write_bytes(struct.pack(">q", NUMBERS[0])),
    "a.feather": lambda path: feather.write_feather(pa.table({"n": NUMBERS}), path),
    "utf16.txt2": lambda path: path.write_bytes(f"x {ONE}".encode("utf-16")),
    "a.7z": lambda path: path.write_bytes(b"7z\xbc\xaf\x27\x1c..."),
}


@pytest.mark.parametrize("name", [*PACKED])
@pytest.mark.parametrize("many", [1, 40])
def test_ids_in_packed_files_are_found_or_said_not_to_be(
    lived: Lived, name: str, many: int
) -> None:
    """A purge is complete only when all was looked into."""
    path = lived.folder / name
    PACKED[name](path)
    more = [str(10**18 + at) for at in range(many - 1)]
    done = lived.client.purge([ONE, *more], also=path)
    assert [*done.left] == [str(path)]
    assert not done.complete
    assert dict(lived.client.purge(ONE, also=path, dry_run=True).left) == dict(done.left)


def test_packed_files_without_an_id_are_fine(lived: Lived) -> None:
    """But for those that can't be unpacked here."""
    for name in [*PACKED][:-1]:
        PACKED[name](lived.folder / name)
    also = [lived.folder / name for name in [*PACKED][:-1]]
    assert lived.client.purge(OWN[4], also=also).complete


def test_a_run_that_is_at_work_is_told(lived: Lived) -> None:
    """It may write once more what it was about to."""
    held = claim(lived.store / "locks", "0a")
    assert held is not None
    with held:
        done = lived.client.purge(ONE)
    assert (done.running, done.complete) == (True, False)
    assert "a run goes on" in repr(done)
    assert lived.client.purge(ONE).complete


def test_an_export_in_a_folder_named_by_a_tweet_stays_noted(lived: Lived) -> None:
    """Folders are not ours to rename; once it is gone, the note goes, too."""
    result = lived.run(ek.Query("totals", OWN[:5], METRICS))
    path = result.to_parquet(lived.folder / ONE / "a.parquet")
    assert not lived.client.purge(ONE).complete
    assert [one.place for one in exported.noted(lived.store)] == [str(path)]
    path.unlink()
    assert lived.client.purge(ONE).complete
    assert exported.noted(lived.store) == []


def test_a_result_from_before_another_process_purged_says_to_run_again(
    lived: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answers have other names now, which nobody told it; nothing is asked for that."""
    query = ek.Query("totals", OWN[:5], METRICS)
    result = lived.run(query)
    assert result.to_arrow().num_rows
    lived.client.purge(ONE)
    monkeypatch.setattr("engagement_kit.answers.forget._NEW_NAMES", {})
    with pytest.raises(ek.errors.StoreError, match="run the cell again"):
        result.to_arrow()
    before = len(lived.spy.asked)
    assert lived.run(query).to_arrow().num_rows
    assert len(lived.spy.asked) == before
