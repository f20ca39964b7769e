"""The keys file amid other people: links, open folders, races, and what a killed process leaves."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from captured import shown_of
from planted import Planted
from searched import Search

from engagement_kit.fetch.keys.kept import Kept
from engagement_kit.fetch.keys.keys_file import KeysFile, KeysFileUnfit

SERVICE = "https://data-api.twitter.com"
PLANTED = Planted.of("attacked", odd=True)
KEPT = Kept.of_plain(PLANTED.kept())
SEARCH = Search(PLANTED.parts())


@pytest.fixture
def keys_file(folders: dict[str, Path]) -> KeysFile:
    """Give a keys file with keys."""
    one = KeysFile(folders["settings"] / "keys.yaml")
    one.change(SERVICE, lambda _: KEPT)
    return one


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702, 0o703])
def test_a_folder_into_which_others_may_write(keys_file: KeysFile, mode: int) -> None:
    """There a link may stand where a file is expected: nothing is read, locked or written."""
    keys_file.path.parent.chmod(mode)
    victim = keys_file.path.parent.parent / "victim"
    victim.write_text("precious")
    lock = Path(f"{keys_file.path}.lock")
    lock.unlink(missing_ok=True)
    lock.symlink_to(victim)
    actions = (
        lambda: keys_file.read(SERVICE),
        lambda: keys_file.change(SERVICE, lambda _: None),
    )
    for action in actions:
        with pytest.raises(KeysFileUnfit, match=rf"its folder \(mode {mode:o}\). Close") as said:
            action()
        assert SEARCH.texts(shown_of(said.value).items()) == {}
    assert victim.read_text() == "precious"
    lock.unlink()
    keys_file.path.parent.chmod(0o700)
    assert keys_file.read(SERVICE) == KEPT


def test_a_new_file_is_refused_there_too(folders: dict[str, Path]) -> None:
    """Before the walk is walked, not after: the owner of the account need not agree twice."""
    folders["settings"].chmod(0o777)
    with pytest.raises(KeysFileUnfit, match="others may write into its folder"):
        KeysFile(folders["settings"] / "new.yaml").read(SERVICE)
    assert [*folders["settings"].iterdir()] == []


def test_a_folder_that_is_not_there_holds_no_keys(folders: dict[str, Path]) -> None:
    """It is made when keys are kept, closed to others."""
    one = KeysFile(folders["settings"] / "new" / "keys.yaml")
    assert one.read(SERVICE) is None
    one.change(SERVICE, lambda _: KEPT)
    assert stat.S_IMODE(one.path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root gives files away"
)
def test_a_folder_or_file_of_another_user(keys_file: KeysFile) -> None:
    """Its owner may change it at any time."""
    os.chown(keys_file.path.parent, 12_345, -1)
    with pytest.raises(KeysFileUnfit, match="its folder belongs to another user"):
        keys_file.read(SERVICE)
    os.chown(keys_file.path.parent, 0, -1)
    os.chown(keys_file.path, 12_345, -1)
    with pytest.raises(KeysFileUnfit, match="it belongs to another user"):
        keys_file.read(SERVICE)


def test_a_link_is_followed_to_a_file_of_one_s_own_alone(
    keys_file: KeysFile, folders: dict[str, Path]
) -> None:
    """Settings are often links: they stay, and where they lead is held to the same."""
    real = folders["work"] / "real.yaml"
    keys_file.path.rename(real)
    keys_file.path.symlink_to(real)
    assert keys_file.read(SERVICE) == KEPT
    real.chmod(0o644)
    with pytest.raises(KeysFileUnfit, match="mode 644"):
        keys_file.read(SERVICE)
    real.chmod(0o600)
    keys_file.change(SERVICE, lambda kept: kept)
    assert keys_file.path.is_symlink()
    assert stat.S_IMODE(real.lstat().st_mode) == 0o600
    keys_file.change(SERVICE, lambda _: None)
    assert SEARCH.files(real.parent, keys_file.path.parent) == {}
    real.parent.chmod(0o777)
    with pytest.raises(KeysFileUnfit, match="others may write into its folder"):
        keys_file.change(SERVICE, lambda _: KEPT)


def test_no_moment_at_which_others_may_read(folders: dict[str, Path]) -> None:
    """Whatever the mask, no file of the folder is ever open to others while keys are written."""
    folder = folders["settings"]
    seen: set[int] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for one in os.scandir(folder):
                try:
                    seen.add(stat.S_IMODE(os.lstat(one.path).st_mode))
                except FileNotFoundError:
                    continue

    before = os.umask(0)
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(60):
            KeysFile(folder / "keys.yaml").change(SERVICE, lambda _: KEPT)
            (folder / "keys.yaml").unlink()
    finally:
        os.umask(before)
        over.set()
        watcher.join()
    assert seen
    assert {mode & 0o077 for mode in seen} == {0}


def test_what_a_killed_process_left_is_removed(keys_file: KeysFile) -> None:
    """It holds keys: forgotten ones must not live on in it."""
    left = keys_file.path.parent / ".keys-abcd.part"
    left.write_bytes(keys_file.path.read_bytes())
    assert len(SEARCH.files(keys_file.path.parent)) == 2
    keys_file.change(SERVICE, lambda _: None)
    assert SEARCH.files(keys_file.path.parent) == {}


@pytest.mark.parametrize("kind", [OSError, KeyboardInterrupt, MemoryError])
def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    keys_file: KeysFile, kind: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full, or a person interrupts: no frame holds the text, no file a part of it."""

    def fail(_: int) -> None:
        raise kind

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises((KeysFileUnfit, kind)) as said:
        keys_file.change(SERVICE, lambda kept: kept)
    assert SEARCH.texts(shown_of(said.value).items()) == {}
    assert {*SEARCH.files(keys_file.path.parent)} == {str(keys_file.path)}
    assert keys_file.read(SERVICE) == KEPT


@pytest.mark.parametrize(
    "text", ["{0}: [", "{0}", SERVICE + ": {0}", SERVICE + ": {{consumer_key: [{0}]}}", "\x01{0}"]
)
def test_a_file_that_is_none_shows_nothing_in_its_frames(keys_file: KeysFile, text: str) -> None:
    """Neither the text nor what was read of it."""
    written = text.format(PLANTED.consumer_secret[:14])
    keys_file.path.write_text(written)
    with pytest.raises(KeysFileUnfit) as said:
        keys_file.read(SERVICE)
    assert Search({"it": PLANTED.consumer_secret[:14]}).texts(shown_of(said.value).items()) == {}
