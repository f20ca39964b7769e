"""The index saves opening files; with it, without, or with a damaged one, scans tell the same."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engagement_kit.answers import index as index_room
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.files import folder_of, pack
from engagement_kit.answers.index import ENOUGH, NAME, Index, read_index, to_bytes
from engagement_kit.answers.store import Scan, Store
from engagement_kit.question.known import Known
from engagement_kit.question.request import Request

SEEN = datetime(2026, 6, 1, 12, 34, 56, 789_012, tzinfo=UTC)
START = datetime(2026, 5, 1, tzinfo=UTC)
ID, TYPE, DAY, HOUR = "tweet.id", "engagement.type", "engagement.day", "engagement.hour"
TOTALS = Request(
    service="live",
    endpoint="totals",
    credential="app",
    account=None,
    tweet_ids=("20", "21"),
    metrics=("replies", "favorites"),
    groupings=(("g", (ID, TYPE)),),
)
HOURLY = replace(
    TOTALS,
    endpoint="historical",
    credential="user",
    account="acme",
    groupings=(("g", (ID, TYPE, DAY, HOUR)),),
    start=START,
    end=START + timedelta(days=2),
)
ANSWER = Answer(TOTALS, 200, {}, b"{}", SEEN, "live", "answered")


def keep(store: Store, answer: Answer) -> Path:
    """Write an answer's file, unsynced: tests of a hundred files would take long."""
    path = store.folder / "answers" / folder_of(answer.ref) / f"{answer.ref}.zst"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(answer.to_bytes()))
    return path


def fill(store: Store, count: int, first: int = 0) -> list[Path]:
    """Keep answers of all outcomes, to a few requests."""
    paths = []
    for at in range(first, first + count):
        request = replace((TOTALS, HOURLY)[at % 2], tweet_ids=tuple("123456"[: 1 + at % 5]))
        outcome: Any = ("answered", "answered", "failed", "refused")[at // 2 % 4]
        seen = SEEN + timedelta(seconds=at)
        paths.append(keep(store, Answer(request, 200, {}, b"{}", seen, "live", outcome)))
    return paths


def without_index(store: Store) -> Scan:
    """Scan after the index is deleted."""
    (store.folder / NAME).unlink(missing_ok=True)
    return store.scan()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Make a store with an index."""
    place = Store(tmp_path / "store")
    fill(place, 2 * ENOUGH)
    place.scan()
    assert (place.folder / NAME).exists()
    return place


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the names of the files that scans look into."""
    names: list[str] = []
    real = index_room.look_into

    def note(path: Path) -> Any:
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(index_room, "look_into", note)
    return names


# --- what it tells --------------------------------------------------------------------------------
ids = st.text("0123456789", min_size=1, max_size=19)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
requests = st.builds(
    replace,
    st.sampled_from([TOTALS, HOURLY]),
    service=texts,
    account=st.none() | texts,
    tweet_ids=st.lists(ids, max_size=4, unique=True).map(tuple),
    metrics=st.lists(texts, max_size=3).map(tuple),
)
moments = st.datetimes(timezones=st.just(UTC))
answers = st.builds(
    Answer,
    request=requests,
    status=st.just(200),
    headers=st.just({}),
    body=st.just(b""),
    observed_at=moments,
    source=st.just("live"),
    outcome=st.sampled_from(["answered", "refused", "failed"]),
    named=st.lists(ids, max_size=2).map(tuple),
    window=st.none() | st.tuples(moments, moments),
)


def _types(known: Known) -> list[object]:
    members = [getattr(known, one.name) for one in fields(known)]
    return [known.observed_at.tzinfo, *map(type, members), *map(type, known.tweet_ids)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(answers, max_size=5))
def test_the_index_tells_what_the_files_tell(
    tmp_path_factory: pytest.TempPathFactory, several: list[Answer]
) -> None:
    """Any answers: with the index, a scan gives what it gives without, and of the same types."""
    store = Store(tmp_path_factory.mktemp("store"))
    for one in several:
        keep(store, one)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_room, "ENOUGH", 0)
        fresh = store.scan()
        patch.setattr(index_room, "look_into", None)
        again = store.scan()
    assert again == fresh
    assert [_types(one) for one in again.known] == [_types(one) for one in fresh.known]
    last = {one.ref: one for one in several}
    assert len(fresh.known) == sum(one.outcome != "failed" for one in last.values())


def test_files_in_the_index_are_not_opened(store: Store, opened: list[str]) -> None:
    """Neither answers nor failures are read a second time; only what is new is."""
    before = store.scan()
    assert opened == []
    assert len(before.known) == len(read_index(store.folder / NAME).refs) * 3 // 4
    new = keep(store, replace(ANSWER, observed_at=SEEN - timedelta(days=1)))
    after = store.scan()
    assert opened == [new.name]
    assert len(after.known) == len(before.known) + 1
    assert after == without_index(store)


def test_the_order_is_that_of_names(store: Store) -> None:
    """With the index and without, so that plans come out the same."""
    refs = [one.ref for one in store.known()]
    assert refs == sorted(refs)
    assert refs == [one.ref for one in without_index(store).known]


def test_a_file_that_changed_is_looked_into(store: Store, opened: list[str]) -> None:
    """By its size or its time; one that was damaged is reported, whatever the index says."""
    first, second, third = (
        store.folder / "answers" / folder_of(one.ref) / f"{one.ref}.zst"
        for one in store.known()[:3]
    )
    times = first.stat().st_mtime_ns
    first.write_bytes(first.read_bytes()[:-40])  # the seal is gone: another size
    os.utime(first, ns=(times, times))
    os.utime(second)
    third.write_bytes(b"damaged")
    found = store.scan()
    assert sorted(opened) == sorted(one.name for one in (first, second, third))
    assert found.damaged == (third,)
    assert found == without_index(store)


def test_a_file_that_is_gone_is_forgotten(store: Store) -> None:
    """Set aside or deleted: the index may still name it, a scan does not."""
    ref = store.known()[0].ref
    path = store.folder / "answers" / folder_of(ref) / f"{ref}.zst"
    path.write_bytes(b"damaged")
    assert store.set_aside(ref) is not None
    assert ref not in {one.ref for one in store.known()}
    assert ref in read_index(store.folder / NAME).refs
    assert store.scan().damaged == ()


def test_equal_parts_are_one_object(store: Store) -> None:
    """Of many answers to the same tweets, each id is in memory once, with the index or without."""
    for known in (store.known(), without_index(store).known):
        tuples = {id(one.tweet_ids) for one in known}
        assert len(tuples) == len({one.tweet_ids for one in known})
        assert len({id(one.metrics) for one in known}) == 1
        words = [tweet for one in known for tweet in one.tweet_ids]
        assert len({id(one) for one in words}) == len(set(words))


# --- when it is written ---------------------------------------------------------------------------
def test_a_small_store_has_no_index(tmp_path: Path) -> None:
    """A few files are read as fast as an index; one more than enough, and it is written."""
    store = Store(tmp_path)
    fill(store, ENOUGH)
    store.scan()
    assert not (tmp_path / NAME).exists()
    fill(store, 1, first=ENOUGH)
    store.scan()
    assert len(read_index(tmp_path / NAME).refs) == ENOUGH + 1


def test_the_index_is_written_again_when_much_is_new_or_gone(store: Store) -> None:
    """Not at every scan: a job that goes on would write it a thousand times."""
    path = store.folder / NAME
    before = path.read_bytes()
    new = fill(store, ENOUGH, first=1000)
    store.scan()
    assert path.read_bytes() == before
    new += fill(store, 1, first=2000)
    store.scan()
    assert len(read_index(path).refs) == 3 * ENOUGH + 1
    for one in new:
        one.unlink()
    store.scan()
    assert len(read_index(path).refs) == 2 * ENOUGH


def test_damaged_files_are_not_taken_for_new_ones(store: Store) -> None:
    """They are never in the index; many of them must not have it written at every scan."""
    for at in range(2 * ENOUGH):
        bad = replace(ANSWER, observed_at=SEEN - timedelta(days=1 + at))
        keep(store, bad).write_bytes(b"damaged")
    before = (store.folder / NAME).stat()
    assert len(store.scan().damaged) == 2 * ENOUGH
    assert (store.folder / NAME).stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_store_without_room_for_an_index_is_scanned(
    store: Store, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A full disk or a store that may only be read: no index, no error, nothing left behind."""
    right = without_index(store)
    (store.folder / NAME).unlink()

    def full(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    assert store.scan() == right
    assert [one.name for one in store.folder.iterdir()] == ["answers"]


def test_what_can_not_be_indexed_is_scanned(tmp_path: Path) -> None:
    """Half a character can't be written to the index; the answer is known all the same."""
    store = Store(tmp_path)
    fill(store, 2 * ENOUGH)
    odd = replace(ANSWER, request=replace(TOTALS, tweet_ids=("\ud800",)))
    keep(store, odd)
    assert odd.ref in {one.ref for one in store.known()}
    assert not (tmp_path / NAME).exists()


def test_many_may_scan_and_write_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last index stays, whole; each scan tells what is there."""
    monkeypatch.setattr(index_room, "ENOUGH", 0)
    store = Store(tmp_path)
    fill(store, 10)

    def work(at: int) -> int:
        keep(store, replace(ANSWER, observed_at=SEEN + timedelta(days=1 + at)))
        return len(Store(tmp_path).known())

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(work, range(20)))
    assert max(counts) <= 28
    right = store.scan()
    assert len(right.known) == 28
    assert right == without_index(store)
    assert not list(tmp_path.glob(".*"))


# --- when it can't be trusted ---------------------------------------------------------------------
def test_a_damaged_index_is_made_anew(store: Store, opened: list[str]) -> None:
    """Any flipped bit, a cut, nothing at all, or something else: every file is read again."""
    path = store.folder / NAME
    right, content = store.scan(), path.read_bytes()
    flipped = [bytearray(content) for _ in range(40)]
    for at, one in enumerate(flipped):
        one[at * len(content) // 40] ^= 1 << at % 8
    for bad in (*flipped, content[:-1], content[1:], content[:100], b"", b"no index", content * 2):
        path.write_bytes(bad)
        opened.clear()
        assert store.scan() == right
        assert len(opened) == 2 * ENOUGH
        assert path.read_bytes() == content


def test_an_index_of_another_kit_is_made_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch, opened: list[str]
) -> None:
    """Another layout, or another reading of the same lines, is none that we can use."""
    right = store.scan()
    schema = index_room._SCHEMA
    for other in (
        schema.with_metadata({**schema.metadata, b"coverage": b"0"}),
        schema.with_metadata(None),
        schema.remove(schema.get_field_index("refused")),
        schema.append(pa.field("more", pa.string())),
    ):
        monkeypatch.setattr(index_room, "_SCHEMA", other)
        opened.clear()
        assert store.scan() == right
        assert len(opened) == 2 * ENOUGH


def test_a_folder_in_the_place_of_the_index(store: Store) -> None:
    """Whatever stands there, a scan goes on."""
    right = without_index(store)
    (store.folder / NAME).unlink()
    (store.folder / NAME).mkdir()
    assert store.scan() == right


def test_an_empty_index_is_read() -> None:
    """No line is no trouble, for a store whose answers are all gone."""
    assert pa.ipc.open_stream(to_bytes(Index())).read_all().num_rows == 0


def test_a_store_that_was_emptied(store: Store, tmp_path: Path) -> None:
    """All files are gone: the index is of no use, and is made empty."""
    for path in (store.folder / "answers").rglob("*.zst"):
        path.unlink()
    assert store.scan() == Scan((), ())
    assert read_index(store.folder / NAME) == Index()
    assert read_index(tmp_path / "nowhere") == Index()


def test_a_file_that_goes_while_it_is_scanned(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moved by another process after it was listed: neither known nor damaged."""
    right = store.scan()
    new = keep(store, ANSWER)
    link = new.with_name(f"{ANSWER.ref}.2.zst")
    link.symlink_to("nowhere")
    real = index_room.look_into

    def late(path: Path) -> Any:
        path.unlink()
        return real(path)

    monkeypatch.setattr(index_room, "look_into", late)
    assert store.scan() == right
