"""A purge that is killed at any file operation, and run again, ends in the same state."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import hunted
import pytest
from lived import LONG, MANY, METRICS, OTHERS, OWN, OWNERS, Lived, alive, cut_off, litter

import engagement_kit as ek
from engagement_kit.answers import tombstones
from engagement_kit.emulator import Fault
from engagement_kit.errors import StoreError

PURGED = [OWN[0], OWN[4], OTHERS[3]]
STEPS = ("link", "replace", "rename", "unlink", "rmdir", "fsync")


class KilledError(BaseException):
    """The process is gone."""


@contextmanager
def killed_before(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let nothing more happen to files from the nth operation on; give those before it."""
    done: list[str] = []

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **options: Any) -> Any:
            if len(done) >= step:
                raise KilledError
            done.append(name)
            return real(*given, **options)

        return call

    with monkeypatch.context() as patched:
        for name in STEPS:
            patched.setattr(os, name, counted(name, getattr(os, name)))
        with suppress(KilledError):
            yield done


def state(folder: Path) -> dict[str, bytes]:
    """Give all files but tombstones, whose salt is random, the lock, and harmless half files."""
    every = ((str(one.relative_to(folder)), one) for one in sorted(folder.rglob("*")))
    left_out = (tombstones.NAME, ".lock", ".part", "index.arrow", ".common")
    return {
        name: one.read_bytes()
        for name, one in every
        if one.is_file() and not name.endswith(left_out)
    }


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a small store with something of each kind, and exports of it, in one place."""
    folder = tmp_path_factory.mktemp("killed")
    raw = {"sum": ["engagement.type"], "each": ["engagement.type", "tweet.id"]}
    with alive(folder) as lived:
        made = lived.run(ek.Query("totals", [*OWN[:6], *OTHERS], METRICS, owners=OWNERS_OF_SOME))
        made.to_parquet(lived.out / "a.parquet")
        made.to_csv(lived.out / "a.csv")
        made.to_dataset(lived.out / "set")
        lived.run(ek.Query("totals", OWN[:3], METRICS, groupings=raw))
        lived.run(ek.Query("totals", OWN[0], METRICS))
        cut_off(lived, ek.Query("historical", MANY[::4], ["replies"], by="day", period=LONG), 2)
        ek.tidy_store(lived.store, lived.out / "tidy", progress=False)
        follow(lived, [*OWN[:6], *OTHERS])
        follow(lived, [OWN[0], OTHERS[3]])
        litter(lived.store)
    return folder


OWNERS_OF_SOME = {one: OWNERS[one] for one in OWN[:6]}


def follow(lived: Lived, ids: list[str]) -> None:
    """Follow for an hour; one of the tweets sinks its requests."""
    assert lived.client.emulator is not None
    lived.client.emulator.faults.add(Fault("server_error", tweet_id=OWN[1]))
    lived.clock.travel(timedelta(minutes=1))
    found = lived.client.follow(
        ids, METRICS, until=timedelta(hours=1), every=timedelta(minutes=30), progress=False
    )
    assert found.receipt.taken
    found.to_csv(lived.out / f"followed {len(ids)}.csv")


def purge(folder: Path) -> Any:
    """Purge without a client."""
    return ek.purge(folder / "raw", PURGED)


def moved(stored: Path, folder: Path) -> Path:
    """Copy the store and its exports to one and the same place, for exports are known by theirs."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(stored, folder)
    noted = folder / "raw" / "exports.jsonl"
    noted.write_text(noted.read_text().replace(str(stored), str(folder)))
    return folder


def check_kills(stored: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, every: int) -> int:
    """Kill before each so manieth operation; give how many there are."""
    place = moved(stored, folder / "place")
    assert hunted.hunt(PURGED, place) != {}
    with killed_before(1_000_000, monkeypatch) as done:
        assert purge(place).complete
    expected = state(place)
    assert hunted.hunt(PURGED, place) == {}
    assert [one.receipt.purged for one in ek.open(place / "raw").follows] == [len(PURGED)]
    for step in range(0, len(done), every):
        moved(stored, place)
        with killed_before(step, monkeypatch) as before:
            purge(place)
        assert len(before) == step, "it was killed there"
        assert purge(place).complete
        assert state(place) == expected, f"killed before operation {step}"
        assert hunted.hunt(PURGED, place) == {}
        assert len(tombstones.read(place / "raw").of(PURGED)) == len(PURGED)
    return len(done)


def test_a_killed_purge_is_ended_by_the_next(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a dozen operations, spread over all; the long version takes each."""
    place = moved(stored, tmp_path / "first")
    with killed_before(1_000_000, monkeypatch) as done:
        purge(place)
    assert {*done} >= {"link", "replace", "rename", "unlink", "rmdir", "fsync"}
    check_kills(stored, tmp_path, monkeypatch, every=len(done) // 12)


@pytest.mark.long
def test_a_purge_can_be_killed_anywhere(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each single operation on a file."""
    assert check_kills(stored, tmp_path, monkeypatch, every=1) > 100


def test_a_killed_purge_asks_nothing_any_more(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tombstones come first: whatever else was done, the tweets are not asked again."""
    place = moved(stored, tmp_path / "place")
    with killed_before(6, monkeypatch):
        purge(place)
    with alive(place) as lived:
        asked(lived)


def asked(lived: Lived) -> None:
    """Ask for all of them."""
    result = lived.run(ek.Query("totals", [*OWN[:6], *OTHERS], METRICS))
    assert lived.spy.of(PURGED) == 0
    assert result.receipt.fates["purged"] == len(PURGED) * len(METRICS)


def test_a_store_that_can_not_be_written_is_an_error(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, and to purge again ends it."""
    place = moved(stored, tmp_path / "place")
    expected = moved(stored, tmp_path / "whole")
    purge(expected)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", full)
        patched.setattr(os, "replace", full)
        with pytest.raises(StoreError, match="No space left"):
            purge(place)
    assert purge(place).complete
    assert hunted.hunt(PURGED, place) == {}
