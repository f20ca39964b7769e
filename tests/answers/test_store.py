"""The raw store: whole files or none, and all that is in them is found again."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engagement_kit.answers import files as files_room
from engagement_kit.answers import store as store_room
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.files import move_to, pack, write_whole
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
    """Pack bytes as any tool does that knows zstd: without a seal."""
    return bytes(pa.compress(content, codec="zstd", asbytes=True))


def noise(size: int) -> bytes:
    """Make a body that can't be compressed."""
    return hashlib.shake_128(b"noise").digest(size)


def failing(code: int) -> Callable[..., Any]:
    """Make a call of the system that always fails."""

    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


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


def test_a_file_of_another_tool_is_read(tmp_path: Path) -> None:
    """A file that was unpacked and packed again has no seal, and is an answer still."""
    store = Store(tmp_path)
    path = path_of(store, store.put(ANSWER))
    path.write_bytes(packed(ANSWER.to_bytes()))
    assert store.load(ANSWER.ref) == ANSWER
    assert [one.ref for one in store.known()] == [ANSWER.ref]


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
    with pytest.raises(StoreError, match=r"Run the query again|update the kit$"):
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
    with pytest.raises(StoreError, match="no name"):
        Store(tmp_path).load("../abcdef")
    assert Store(tmp_path / "nowhere").scan() == Scan((), ())


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_flipped_bit_is_found(tmp_path: Path, data: st.DataObject) -> None:
    """Whichever bit of a file flips: an error, or the equal answer; never another answer."""
    store = Store(tmp_path)
    answer = replace(ANSWER, body=data.draw(st.sampled_from([b"", b"{}", noise(300)])))
    content = bytearray(pack(answer.to_bytes()))
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    path = path_of(store, answer.ref)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    store_room._whole.clear()  # examples come faster than file times tell apart
    try:
        assert store.load(answer.ref) == answer
        assert store.verify(answer.ref)
    except StoreError:
        assert not store.verify(answer.ref)


def test_a_small_damaged_file_is_found_without_loading(tmp_path: Path) -> None:
    """Where the first look reads the whole file, it checks the whole file."""
    store = Store(tmp_path)
    path = path_of(store, store.put(ANSWER))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1  # in the seal: what it seals can be unpacked
    path.write_bytes(content)
    assert store.scan() == Scan((), (path,))


def test_files_where_they_do_not_belong_are_reported(tmp_path: Path) -> None:
    """A copy in another folder or with an odd number, a folder with an answer's name: damaged."""
    store = Store(tmp_path)
    path = path_of(store, store.put(ANSWER))
    odd = [
        tmp_path / "answers" / "zz" / path.name,
        path.with_name(f"{ANSWER.ref}.x.zst"),
        path.with_name(f"{ANSWER.ref}.2.3.zst"),
        path.with_name(f"{ANSWER.ref} copy.zst"),
    ]
    odd[0].parent.mkdir()
    for one in odd:
        one.write_bytes(path.read_bytes())
    odd.append(path.with_name(f"{ANSWER.ref}.9.zst"))
    odd[-1].mkdir()
    path.with_name(f"._{path.name}").write_bytes(b"what some systems leave beside files")
    found = store.scan()
    assert [one.ref for one in found.known] == [ANSWER.ref]
    assert found.damaged == tuple(sorted(odd))


# --- two answers, one name ------------------------------------------------------------------------
def same_moment(count: int) -> list[Answer]:
    """Make answers to one request at one moment: tries while a clock stands still."""
    return [replace(ANSWER, body=b"%d" % n) for n in range(count)]


@pytest.fixture(params=["links", "no links"])
def link(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run on a file system that knows hard links, and on one that does not."""
    if request.param == "no links":
        monkeypatch.setattr(os, "link", failing(errno.EPERM))


@pytest.mark.usefixtures("link")
def test_no_answer_is_written_over(tmp_path: Path) -> None:
    """The second of one moment gets a number; each is found and loaded by its own name."""
    store = Store(tmp_path)
    tries = same_moment(12)
    refs = [store.put(one) for one in tries]
    assert refs == [ANSWER.ref, *(f"{ANSWER.ref}.{n}" for n in range(2, 13))]
    assert [store.load(ref) for ref in refs] == tries
    assert all(store.verify(ref) for ref in refs)
    assert sorted(one.ref for one in store.known()) == sorted(refs)
    assert {one.ref for one in store.answers_of(ANSWER.request.key)} == set(refs)
    assert len(files(tmp_path)) == 12


@pytest.mark.usefixtures("link")
def test_the_same_answer_twice_is_one_file(tmp_path: Path) -> None:
    """Equal to the last byte, it needs no second name, whichever number it has."""
    store = Store(tmp_path)
    first, second = same_moment(2)
    refs = [store.put(one) for one in (first, second, first, second)]
    assert refs == [ANSWER.ref, f"{ANSWER.ref}.2"] * 2
    assert len(files(tmp_path)) == 2


@pytest.mark.usefixtures("link")
def test_answers_put_at_once_are_all_kept(tmp_path: Path) -> None:
    """Many writers, one name: as many names and files as answers."""
    store = Store(tmp_path)
    tries = same_moment(40)
    with ThreadPoolExecutor(8) as pool:
        refs = list(pool.map(store.put, tries))
    assert [store.load(ref) for ref in refs] == tries
    assert len(set(refs)) == len(files(tmp_path)) == 40


# --- verifying and setting aside ------------------------------------------------------------------
def damaged(store: Store) -> tuple[Path, bytes]:
    """Put an answer and damage its file; give the file and what is in it."""
    path = path_of(store, store.put(ANSWER))
    content = path.read_bytes()[:-1] + b"?"
    path.write_bytes(content)
    return path, content


def test_verifying_tells_whole_from_damaged(tmp_path: Path) -> None:
    """True for what is whole; False for what is damaged, renamed or not there."""
    store = Store(tmp_path)
    assert not store.verify(ANSWER.ref)
    path = path_of(store, store.put(ANSWER))
    assert store.verify(ANSWER.ref)
    path.rename(path.with_name(f"{ANSWER.ref}.2.zst"))
    assert store.verify(f"{ANSWER.ref}.2")
    assert not store.verify(ANSWER.ref)
    damaged(store)
    assert not store.verify(ANSWER.ref)


def test_what_can_not_be_read_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rights or no free handles is an error; what the disk itself has lost is damage."""
    store = Store(tmp_path)
    store.put(ANSWER)
    for code in (errno.EACCES, errno.EMFILE):
        monkeypatch.setattr(Path, "open", failing(code))
        for call in (store.load, store.verify, store.set_aside):
            with pytest.raises(StoreError, match="can't be read"):
                call(ANSWER.ref)
    monkeypatch.setattr(Path, "open", failing(errno.EIO))
    assert not store.verify(ANSWER.ref)


def test_what_was_read_once_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verified or loaded, a file is known to be whole while its size and time stand."""
    store = Store(tmp_path)
    first, second = (store.put(one) for one in same_moment(2))
    assert store.verify(first)
    store.load(second)
    monkeypatch.setattr(store_room, "unpack", failing(errno.EIO))
    assert Store(tmp_path).verify(first)
    assert Store(tmp_path).verify(second)
    os.utime(path_of(store, first))
    assert not store.verify(first)


def test_a_damaged_answer_is_set_aside(tmp_path: Path) -> None:
    """Moved as it is to where no scan finds it; a second one of its name does not replace it."""
    store = Store(tmp_path)
    kept = []
    for _ in range(3):
        path, content = damaged(store)
        target = store.set_aside(ANSWER.ref)
        assert target is not None
        assert target.parent == tmp_path / "damaged"
        assert target.name.startswith(ANSWER.ref)
        kept.append(target)
        assert not path.exists()
        assert [one.read_bytes() for one in kept] == [content] * len(kept)
        assert sorted(files(tmp_path)) == sorted(kept)
        assert store.scan() == Scan((), ())
    assert store.load(store.put(ANSWER)) == ANSWER


def test_a_damaged_answer_that_can_not_be_moved_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that may only be read: an error, and the file is where it was."""
    store = Store(tmp_path)
    path, content = damaged(store)
    monkeypatch.setattr(os, "replace", failing(errno.EROFS))
    with pytest.raises(StoreError, match="Make it writable"):
        store.set_aside(ANSWER.ref)
    assert path.read_bytes() == content


def test_only_damage_is_set_aside(tmp_path: Path) -> None:
    """A whole answer stays, as another process may have asked it anew; so does one not there."""
    store = Store(tmp_path)
    assert store.set_aside(ANSWER.ref) is None
    store.put(ANSWER)
    assert store.set_aside(ANSWER.ref) is None
    assert store.verify(ANSWER.ref)


def test_answers_of_a_newer_kit_are_not_set_aside(tmp_path: Path) -> None:
    """They are not damaged: the newer kit can read them."""
    store = Store(tmp_path)
    path = path_of(store, store.put(ANSWER))
    path.write_bytes(packed(ANSWER.to_bytes().replace(b'"format":1', b'"format":9')))
    with pytest.raises(StoreError, match="newer kit"):
        store.set_aside(ANSWER.ref)
    assert path.exists()


def test_a_file_that_another_process_has_just_moved(tmp_path: Path) -> None:
    """Between the look and the move it may be gone: nothing to move, no error."""
    assert move_to(tmp_path / "damaged", tmp_path / "gone.zst") is None
    path, _ = damaged(Store(tmp_path))
    with ThreadPoolExecutor(4) as pool:
        moved = list(pool.map(lambda _: move_to(tmp_path / "damaged", path), range(4)))
    assert sum(one is not None for one in moved) == 1
    assert len(files(tmp_path)) == 1


# --- the answers to one request -------------------------------------------------------------------
def test_the_answers_to_one_request_are_looked_up(tmp_path: Path) -> None:
    """By the names of files: the oldest first, failures told apart, damaged ones left out."""
    store = Store(tmp_path)
    key = ANSWER.request.key
    assert store.tried(key) == ((), False)
    later = [replace(ANSWER, observed_at=SEEN + timedelta(hours=n)) for n in range(5)]
    other = replace(ANSWER, request=replace(ANSWER.request, tweet_ids=("22",)))
    for one in (*reversed(later[:3]), other):
        store.put(one)
    path_of(store, store.put(later[3])).write_bytes(b"damaged")
    assert [one.ref for one in store.answers_of(key)] == [one.ref for one in later[:3]]
    assert store.tried(key) == (store.answers_of(key), False)
    store.put(replace(later[4], outcome="failed"))
    assert store.tried(key) == (store.answers_of(key), True)
    assert set(store.known()) == {*store.answers_of(key), *store.answers_of(other.request.key)}


def test_bodies_are_not_read_to_look_up_answers(tmp_path: Path) -> None:
    """A large body may be cut off: its first line is known, and loading finds the damage."""
    store = Store(tmp_path)
    path = path_of(store, store.put(replace(ANSWER, body=noise(500_000))))
    path.write_bytes(path.read_bytes()[:300_000])
    assert [one.ref for one in store.answers_of(ANSWER.request.key)] == [ANSWER.ref]
    assert [one.ref for one in store.known()] == [ANSWER.ref]
    assert not store.verify(ANSWER.ref)


# --- writing that fails ---------------------------------------------------------------------------
class FullDisk:
    """A file on a disk that has room for a few bytes only."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb")

    def __enter__(self) -> FullDisk:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def write(self, content: bytes) -> int:
        """Write a little, and fail."""
        self.file.write(content[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error says what to do; neither a part nor a whole file is left, and all works again."""
    store = Store(tmp_path)
    real = Path.open

    def room(path: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
        return FullDisk(path) if mode == "xb" else real(path, mode, *rest, **options)

    for place, name, call in (
        (Path, "open", room),
        (os, "fsync", failing(errno.ENOSPC)),
        (os, "fsync", failing(errno.EDQUOT)),
        (Path, "mkdir", failing(errno.ENOSPC)),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, call)
            with pytest.raises(StoreError, match="Free space, or choose another store"):
                store.put(ANSWER)
        assert files(tmp_path) == []
    with monkeypatch.context() as patch:
        patch.setattr(os, "link", failing(errno.ENOSPC))
        patch.setattr(os, "replace", failing(errno.ENOSPC))
        with pytest.raises(StoreError, match=re.escape(os.strerror(errno.ENOSPC))):
            store.put(ANSWER)
    assert files(tmp_path) == []
    assert store.load(store.put(ANSWER)) == ANSWER


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_store_that_may_only_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """It can be read and scanned; writing says what to do. Rights do not stop root: so by hand."""
    store = Store(tmp_path)
    store.put(ANSWER)
    real = Path.open

    def only_read(path: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
        return failing(code)() if mode != "rb" else real(path, mode, *rest, **options)

    monkeypatch.setattr(Path, "open", only_read)
    with pytest.raises(StoreError, match="Make it writable for you, or choose another store"):
        store.put(replace(ANSWER, body=b"{}"))
    assert store.load(ANSWER.ref) == ANSWER
    assert [one.ref for one in store.known()] == [ANSWER.ref]
    assert len(files(tmp_path)) == 1


def test_files_and_names_outlast_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Synced, in this order: the bytes, then the folders that hold the new names."""
    synced: list[int] = []
    real = os.fsync

    def note(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        real(handle)

    monkeypatch.setattr(os, "fsync", note)
    store = Store(tmp_path / "store")
    path = path_of(store, store.put(ANSWER))
    above = [tmp_path, store.folder, store.folder / "answers"]
    numbers = {one: one.stat().st_ino for one in (path, path.parent, *above)}
    assert set(synced) == set(numbers.values())
    assert synced[-2:] == [numbers[path], numbers[path.parent]]


def test_a_folder_that_can_not_be_synced_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems sync files alone: that is no failure. A broken disk is."""
    real = os.fsync

    def of_files(code: int) -> Callable[[int], None]:
        def sync(handle: int) -> None:
            if Path(f"/proc/self/fd/{handle}").is_dir():
                failing(code)()
            real(handle)

        return sync

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs a way to tell what a handle is")
    monkeypatch.setattr(os, "fsync", of_files(errno.EINVAL))
    assert Store(tmp_path).put(ANSWER) == ANSWER.ref
    monkeypatch.setattr(os, "fsync", of_files(errno.EIO))
    with pytest.raises(StoreError, match="Choose another store"):
        Store(tmp_path).put(replace(ANSWER, body=b"{}"))


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """What is no answer, such as the record of a run, takes the place of the old one."""
    write_whole(tmp_path / "runs" / "run.json", b"x" * 1000)
    write_whole(tmp_path / "runs" / "run.json", b"new")
    assert [one.read_bytes() for one in files(tmp_path)] == [b"new"]


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that can't be replaced stays as it was."""
    write_whole(tmp_path / "run.json", b"old")
    for call in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, failing(errno.EIO))
            with pytest.raises(StoreError):
                write_whole(tmp_path / "run.json", b"new")
    assert [one.read_bytes() for one in files(tmp_path)] == [b"old"]


def test_a_folder_below_a_file_can_not_be_written(tmp_path: Path) -> None:
    """A path that can be no folder is a StoreError, as is any other that can't be written."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be written"):
        Store(tmp_path / "file" / "store").put(ANSWER)


# --- what killed processes leave ------------------------------------------------------------------
def test_a_part_is_no_answer(tmp_path: Path) -> None:
    """A process that dies between writing and naming leaves a part; nobody reads it."""
    store = Store(tmp_path)
    path = path_of(store, store.put(ANSWER))
    part = path.with_name(f".{path.name}.0123.part")
    part.write_bytes(b"half")
    assert [one.ref for one in store.known()] == [ANSWER.ref]
    assert store.scan().damaged == ()
    assert part.exists()


def test_parts_are_removed_after_a_day(tmp_path: Path) -> None:
    """Old ones go at a scan, wherever they are; one that may be under way stays, and all else."""
    store = Store(tmp_path)
    path = path_of(store, store.put(ANSWER))
    places = [path.parent, tmp_path, tmp_path / "runs", tmp_path / "runs" / "a run"]
    places[-1].mkdir(parents=True)
    yesterday = time.time() - files_room.LEFT_FOR_SECONDS
    old = [place / ".name.0123.part" for place in places]
    young = [place / ".name.4567.part" for place in places]
    other = [tmp_path / ".hidden", tmp_path / "mine.part", path.parent / ".hidden"]
    for one, when in [
        *((one, yesterday - 60) for one in (*old, *other)),
        *((one, yesterday + 60) for one in young),
    ]:
        one.write_bytes(b"half")
        os.utime(one, (when, when))
    os.utime(path, (0, 0))
    store.scan()
    assert set(files(tmp_path)) == {path, *young, *other}


def test_parts_that_can_not_be_removed_do_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that may only be read is scanned all the same."""
    store = Store(tmp_path)
    path = path_of(store, store.put(ANSWER))
    part = path.with_name(f".{path.name}.0123.part")
    part.write_bytes(b"half")
    os.utime(part, (0, 0))
    monkeypatch.setattr(os, "unlink", failing(errno.EROFS))
    assert [one.ref for one in store.known()] == [ANSWER.ref]
    assert part.exists()
