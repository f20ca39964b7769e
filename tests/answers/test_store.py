"""The raw store: whole files or none, and all that is in them is found again."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from engagement_kit.answers.answer import Answer
from engagement_kit.answers.store import Scan, Store
from engagement_kit.errors import StoreError
from engagement_kit.question.request import Request

SEEN = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
ANSWER = Answer(
    request=Request(
        service="live",
        endpoint="totals",
        credential="app",
        account=None,
        tweet_ids=("20", "21"),
        metrics=("replies",),
        groupings=(("by tweet", ("tweet.id", "engagement.type")),),
    ),
    status=200,
    headers={},
    body=b'{"by tweet":{"20":{"replies":"3"}}}\n' * 4000,
    observed_at=SEEN,
    source="emulator",
    outcome="answered",
)


def files(folder: Path) -> list[Path]:
    """List every file below a folder, hidden ones too."""
    return [path for path in folder.rglob("*") if path.is_file()]


def path_of(store: Store, ref: str) -> Path:
    """Find the file of an answer."""
    return store.folder / "answers" / ref[:2] / f"{ref}.zst"


def packed(content: bytes) -> bytes:
    """Pack bytes as the store does."""
    return bytes(pa.compress(content, codec="zstd", asbytes=True))


def test_what_is_put_is_loaded(tmp_path: Path) -> None:
    """Every byte comes back, from a new Store as well, and no other file is left."""
    store = Store(tmp_path / "new" / "store")
    ref = store.put(ANSWER)
    assert ref == ANSWER.ref
    assert Store(store.folder).load(ref) == ANSWER
    assert files(tmp_path) == [path_of(store, ref)]


def test_a_file_is_a_plain_zstd_frame(tmp_path: Path) -> None:
    """Any tool that knows zstd can read an answer: one line of JSON, then the body."""
    store = Store(tmp_path)
    path = path_of(store, store.put(ANSWER))
    assert path.read_bytes()[:4] == b"\x28\xb5\x2f\xfd"
    with pa.input_stream(str(path), compression="zstd") as stream:
        content = stream.read()
    assert content == ANSWER.to_bytes()
    assert path.stat().st_size < len(content) / 20


def test_two_observations_are_two_files(tmp_path: Path) -> None:
    """Asking again later keeps what was answered before."""
    store = Store(tmp_path)
    later = replace(ANSWER, observed_at=SEEN + timedelta(seconds=1))
    refs = [store.put(one) for one in (ANSWER, later, ANSWER)]
    assert len(set(refs)) == len(files(tmp_path)) == 2
    assert sorted(one.ref for one in store.known()) == sorted(set(refs))
    assert {one.key for one in store.known()} == {ANSWER.request.key}


def test_failed_answers_are_kept_but_cover_nothing(tmp_path: Path) -> None:
    """A bad answer is a raw file too."""
    store = Store(tmp_path)
    ref = store.put(replace(ANSWER, status=503, outcome="failed"))
    assert store.scan() == Scan((), ())
    assert store.load(ref).status == 503


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"no zstd at all",
        lambda content: content[:9],
        lambda _: packed(b""),
        lambda _: packed(b"{}\n"),
        lambda _: packed(b"[1]\n"),
        lambda _: packed(ANSWER.to_bytes().replace(b'"outcome"', b'"outcomx"')),
        lambda _: packed(ANSWER.to_bytes().replace(b'"named":[]', b'"named":5 ')),
        lambda _: packed(ANSWER.to_bytes().replace(b'"window":null', b'"window":5   ')),
        lambda _: packed(ANSWER.to_bytes().replace(b'["20","21"]', b'["20","22"]')),
        lambda _: packed(ANSWER.to_bytes().replace(b"2026-06-01T12", b"2026-06-01T13")),
        lambda _: packed(ANSWER.to_bytes().replace(b'"format":1', b'"format":9')),
    ],
)
def test_a_damaged_file_is_reported_and_skipped(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    """One bad file is named; the others are still known, and the bad one can't be loaded."""
    store = Store(tmp_path)
    good = store.put(replace(ANSWER, observed_at=SEEN + timedelta(days=1)))
    bad = path_of(store, store.put(ANSWER))
    bad.write_bytes(damage(bad.read_bytes()))
    found = store.scan()
    assert [one.ref for one in found.known] == [good]
    assert found.damaged == (bad,)
    with pytest.raises(StoreError, match="run again"):
        store.load(ANSWER.ref)


@pytest.mark.parametrize(
    "damage", [_cut, lambda _: packed(ANSWER.to_bytes()[:-1]), lambda _: packed(b"{")]
)
def test_a_damaged_body_is_never_handed_out(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    """A body that is cut off or shorter than it was is an error that names the file."""
    store = Store(tmp_path)
    path = path_of(store, store.put(ANSWER))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StoreError, match=path.name):
        store.load(ANSWER.ref)


def test_a_renamed_file_is_no_other_answer(tmp_path: Path) -> None:
    """A copy under another answer's name is not taken for that answer."""
    store = Store(tmp_path)
    path = path_of(store, store.put(ANSWER))
    later = replace(ANSWER, observed_at=SEEN + timedelta(days=1))
    path.rename(path_of(store, later.ref))
    assert store.scan().damaged == (path_of(store, later.ref),)
    with pytest.raises(StoreError, match="renamed"):
        store.load(later.ref)


def test_an_answer_that_is_not_there(tmp_path: Path) -> None:
    """A name without a file is a StoreError that names it."""
    with pytest.raises(StoreError, match="abcdef"):
        Store(tmp_path).load("abcdef")
    assert Store(tmp_path / "nowhere").scan() == Scan((), ())


# --- writing that fails ---------------------------------------------------------------------------
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_folder_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """When the disk is full, an error says so; neither a part nor a whole file is left."""

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    store = Store(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(StoreError, match=r"No space left.*choose another store"):
            store.put(ANSWER)
        with pytest.raises(StoreError, match="No space left"):
            store.save_run("20260601T123456000000Z-key", {})
    assert files(tmp_path) == []
    assert store.load(store.put(ANSWER)) == ANSWER


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that can't be replaced stays as it was."""
    store = Store(tmp_path)
    store.save_run("run", {"finished": False})
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(5, "I/O error")))
        with pytest.raises(StoreError):
            store.save_run("run", {"finished": True})
    assert list(store.runs()) == [("run", {"finished": False})]
    assert len(files(tmp_path)) == 1


def test_a_folder_below_a_file_can_not_be_written(tmp_path: Path) -> None:
    """A path that can be no folder is a StoreError, as is any other that can't be written."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be written"):
        Store(tmp_path / "file" / "store").put(ANSWER)


def test_a_part_that_was_left_by_a_crash_is_no_answer(tmp_path: Path) -> None:
    """A process that dies between writing and renaming leaves a part; nobody reads it."""
    store = Store(tmp_path)
    path = path_of(store, store.put(ANSWER))
    path.with_name(f".{path.name}.0123.part").write_bytes(b"half")
    assert [one.ref for one in store.known()] == [ANSWER.ref]
    assert store.scan().damaged == ()


# --- runs -----------------------------------------------------------------------------------------
def test_runs_come_oldest_first(tmp_path: Path) -> None:
    """By the moment of planning; where two are of one moment, by the order of writing."""
    store = Store(tmp_path)
    names = [
        "20260602T000000000000Z-aaaa",
        "20260601T000000000000Z-zzzz",
        "20260601T000000000000Z-bbbb",
    ]
    for at, name in enumerate(names):
        store.save_run(name, {"at": at})
        os.utime(tmp_path / "runs" / f"{name}.json", ns=(at, at))
    assert [record["at"] for _, record in store.runs()] == [1, 2, 0]
    assert [name for name, _ in store.runs()] == [names[1], names[2], names[0]]


def test_a_run_is_replaced_whole(tmp_path: Path) -> None:
    """A record of the same name takes the place of the old one."""
    store = Store(tmp_path)
    store.save_run("run", {"finished": False, "more": "x" * 1000})
    store.save_run("run", {"finished": True})
    assert list(store.runs()) == [("run", {"finished": True})]
    assert len(files(tmp_path)) == 1


def test_a_damaged_run_is_named(tmp_path: Path) -> None:
    """A record that can't be read is a StoreError with its path."""
    store = Store(tmp_path)
    store.save_run("run", {})
    (tmp_path / "runs" / "run.json").write_text("{")
    with pytest.raises(StoreError, match=r"run\.json"):
        list(store.runs())
