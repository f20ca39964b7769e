"""Stores that are damaged, for real, in each way; and that looking changes nothing."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.answers import answer as answer_room
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.files import write_whole
from engagement_kit.answers.index import NAME, read_index, to_bytes
from engagement_kit.answers.store import Store
from engagement_kit.client.health import store_seen
from engagement_kit.client.health.clocks import of_answers
from engagement_kit.client.health.finding import Finding
from engagement_kit.client.health.stores import judged
from engagement_kit.question.request import Request

SEEN = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
MANY = 40


def answer_to(tweet_id: int, *, observed_at: datetime = SEEN, **changed: object) -> Answer:
    """Make up an answer to a request for one tweet."""
    request = Request(
        service="https://data-api.twitter.com",
        endpoint="totals",
        credential="app",
        account=None,
        tweet_ids=(str(tweet_id),),
        metrics=("replies",),
        groupings=(("by tweet", ("tweet.id", "engagement.type")),),
    )
    made = Answer(
        request, 200, {"date": format_datetime(observed_at, usegmt=True)},
        f'{{"by tweet":{{"{tweet_id}":{{"replies":"3"}}}}}}'.encode() * 50,
        observed_at, "live", "answered",
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Make a store with an index."""
    made = Store(tmp_path / "raw")
    for one in range(MANY):
        made.put(answer_to(20 + one))
    assert len(made.scan().known) == MANY
    assert len(read_index(made.folder / NAME).refs) == MANY
    return made


def paths(store: Store) -> list[Path]:
    """List the files of answers."""
    return sorted(store.folder.glob("answers/*/*.zst"))


def bad(store: Store, *, quick: bool = False) -> list[Finding]:
    """Look, and give what is worse than fine."""
    seen, _ = store_seen.look(store.folder, quick=quick, shown=False)
    return [one for one in judged(seen) if one.level != "ok"]


@contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Hold that nothing in a folder changes meanwhile."""

    def state() -> dict[str, tuple[int, int, bytes]]:
        return {
            str(one): (one.stat().st_mtime_ns, one.stat().st_size, one.read_bytes())
            for one in folder.rglob("*") if one.is_file()
        }  # fmt: skip

    before = state()
    yield
    assert state() == before


def test_a_whole_store_has_no_finding_and_is_not_changed(store: Store) -> None:
    """All answers are read; nothing is written, not even the index."""
    with unchanged(store.folder):
        seen, read = store_seen.look(store.folder, quick=False, shown=False)
    (found,) = judged(seen)
    assert found.level == "ok"
    assert f"{MANY} answers, all read to the last byte" in found.seen
    assert [one.level for one in of_answers(read.skews)] == ["ok"]
    assert len(read.skews) == MANY


def test_a_real_store_with_runs(tmp_path: Path) -> None:
    """What runs, followings and totals of the emulator leave is whole."""
    with ek.connect("emulator", clock="2026-06-01T12:00Z", store=tmp_path / "raw") as client:
        ids = ek.sample_ids(client, 30)
        client.run(ek.Query("totals", ids))
        client.run(ek.Query("historical", ids, by="day", period=ek.last(days=60)))
        assert bad(Store(tmp_path / "raw")) == []
        seen, read = store_seen.look(tmp_path / "raw", quick=False, shown=False)
    assert seen.runs == 2
    assert read.skews == []  # an emulator's clock is moved at will


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "renamed"])
def test_a_damaged_answer(store: Store, damage: str) -> None:
    """It is named, with a command that sets it aside."""
    victim, other = paths(store)[0], paths(store)[1]
    raw = victim.read_bytes()
    match damage:
        case "cut":
            victim.write_bytes(raw[: len(raw) // 2])
        case "flipped":
            middle = len(raw) // 2
            victim.write_bytes(raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :])
        case "emptied":
            victim.write_bytes(b"")
        case _:
            shutil.copyfile(other, victim)
    (found,) = [one for one in bad(store) if one.check == "store"]
    assert found.level == "problem"
    assert f"1 of {MANY}" in found.seen
    assert str(victim) in found.seen
    command = found.remedy.splitlines()[1]
    assert os.system(command) == 0  # noqa: S605 -- our own remedy, on our own folder
    assert not victim.exists()
    seen, _ = store_seen.look(store.folder, quick=False, shown=False)
    assert {one.level for one in judged(seen)} == {"ok", "note"}
    assert seen.aside == 1


def test_many_damaged_answers_are_counted(store: Store) -> None:
    """The first is shown, and three are in the command."""
    for one in paths(store)[:5]:
        one.write_bytes(b"odd")
    (found,) = [one for one in bad(store) if one.check == "store"]
    assert "5 of 40" in found.seen
    assert found.remedy.endswith("# and 2 more")


def test_an_answer_of_a_newer_kit_is_not_called_damaged(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remedy is a newer kit."""
    monkeypatch.setattr(answer_room, "FORMAT", 99)
    store.put(answer_to(7))
    monkeypatch.undo()
    (found,) = bad(store)
    assert found.level == "warning"
    assert found.remedy == "pip install --upgrade engagement_kit"


def test_an_index_that_lies(store: Store) -> None:
    """It says of an untouched file what is not in it; the remedy mends it."""
    index = read_index(store.folder / NAME)
    first = index.known[0]
    assert first is not None
    index.known[0] = replace(first, tweet_ids=("999",))
    write_whole(store.folder / NAME, to_bytes(index))
    (found,) = bad(store)
    assert (found.check, found.level) == ("index", "problem")
    assert index.refs[0] in found.seen
    assert os.system(found.remedy) == 0  # noqa: S605 -- our own remedy, on our own folder
    assert bad(store) == []


def test_an_index_that_can_not_be_read_is_a_note(store: Store) -> None:
    """It is a cache."""
    (store.folder / NAME).write_bytes(b"odd")
    assert [(one.check, one.level) for one in bad(store)] == [("index", "note")]


def test_an_index_that_is_behind_is_none(store: Store) -> None:
    """New and removed files are no lie: the next look takes them."""
    store.put(answer_to(7))
    paths(store)[0].unlink()
    assert bad(store) == []


def test_runs_whose_answers_are_gone_and_records_that_can_not_be_read(tmp_path: Path) -> None:
    """Both are told by the name of the run."""
    store = Store(tmp_path / "raw")
    with ek.connect("emulator", clock="2026-06-01T12:00Z", store=store.folder) as client:
        client.run(ek.Query("totals", ek.sample_ids(client, 3)))
        client.run(ek.Query("28hr", ek.sample_ids(client, 3), by="hour"))
    paths(store)[0].unlink()
    found = bad(store)
    assert [(one.check, one.level) for one in found] == [("runs", "warning")]
    assert found[0].seen.startswith("1 answer that runs name")
    run = next(iter((store.folder / "runs").iterdir()))
    assert any(one.name in found[0].seen for one in (store.folder / "runs").iterdir())
    (run / "plan.json").write_text("{")
    assert any("can't be read" in one.seen for one in bad(store))


def test_a_run_without_any_answer(tmp_path: Path) -> None:
    """It was stopped before one came: a note."""
    store = Store(tmp_path / "raw")
    with ek.connect("emulator", clock="2026-06-01T12:00Z", store=store.folder) as client:
        client.run(ek.Query("totals", ek.sample_ids(client, 3)))
    run = next(iter((store.folder / "runs").iterdir()))
    for session in run.glob("*.json"):
        if session.stem != "plan":
            session.unlink()
    (found,) = bad(store)
    assert (found.level, run.name in found.seen) == ("note", True)


def test_parts_that_a_killed_process_left(store: Store) -> None:
    """Old ones are told; those that may be under way are not. None is removed."""
    folder = paths(store)[0].parent
    old, young = folder / ".a.part", folder / ".b.part"
    for one in (old, young):
        one.write_bytes(b"a")
    two_days_ago = time.time() - 2 * 86_400
    os.utime(old, (two_days_ago, two_days_ago))
    (found,) = bad(store)
    assert found.level == "note"
    assert str(old) in found.seen
    assert str(young) not in found.seen
    assert old.exists()


def test_answers_that_were_dated_by_a_wrong_clock(store: Store) -> None:
    """Twenty minutes between the moment and the Date header kept beside it."""
    late = SEEN + timedelta(minutes=20)
    store.put(replace(answer_to(7), observed_at=late))
    _, read = store_seen.look(store.folder, quick=False, shown=False)
    (found,) = of_answers(read.skews)
    assert (found.level, "20.0 minutes ahead" in found.seen) == ("warning", True)


def test_a_quick_look_reads_a_sample(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how many, and spreads them evenly."""
    monkeypatch.setattr(store_seen, "SAMPLE", 10)
    seen, read = store_seen.look(store.folder, quick=True, shown=False)
    assert read.count == 10
    (found,) = judged(seen)
    assert "10 of them read" in found.seen


def test_what_is_no_store(tmp_path: Path) -> None:
    """A folder of something else is a problem; one that is not there, or empty, is new."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("a")
    assert [one.level for one in bad(Store(tmp_path / "letters"))] == ["problem"]
    assert [one.level for one in bad(Store(tmp_path / "nowhere"))] == ["note"]
    (tmp_path / "empty").mkdir()
    assert [one.level for one in bad(Store(tmp_path / "empty"))] == ["note"]


def test_a_bar_is_shown_while_answers_are_read(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, so that what is on stdout can be read by a program."""
    store_seen.look(store.folder, quick=False, shown=True)
    said = capsys.readouterr()
    assert f"{MANY} of {MANY} answers" in said.err
    assert said.out == ""
