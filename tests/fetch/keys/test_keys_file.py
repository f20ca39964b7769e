"""The keys file: closed to others, kept by service, and never shown."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from engagement_kit.fetch.keys.credentials import UserKeys
from engagement_kit.fetch.keys.kept import Account, Kept
from engagement_kit.fetch.keys.keys_file import KeysFile, KeysFileUnfit, place
from engagement_kit.fetch.keys.secret import Secret

LIVE, OTHER = "https://data-api.twitter.com", "http://127.0.0.1:8765"
APP = {"consumer_key": Secret("0123456"), "consumer_secret": Secret("app-secret")}


def account(name: str, user_id: str = "7") -> Account:
    """Make an account with keys."""
    keys = UserKeys(Secret(f"{user_id}-token"), Secret("its-secret"))
    return Account(name, user_id, keys)


@pytest.fixture
def keys_file(tmp_path: Path) -> KeysFile:
    """Give a keys file that is not there yet."""
    return KeysFile(tmp_path / "folder" / "keys.yaml")


def test_what_is_kept_is_read_again(keys_file: KeysFile) -> None:
    """Also a key of digits alone, with a zero in front; by service, and nothing of another."""
    kept = Kept(APP, (account("acme"), account("birch", "8")), "birch")
    keys_file.change(LIVE, lambda _: kept)
    assert keys_file.read(LIVE) == kept
    assert keys_file.read(OTHER) is None
    keys_file.change(OTHER, lambda _: Kept(APP))
    assert (keys_file.read(LIVE), keys_file.read(OTHER)) == (kept, Kept(APP))
    keys_file.change(LIVE, lambda _: None)
    assert (keys_file.read(LIVE), keys_file.read(OTHER)) == (None, Kept(APP))


def test_nobody_else_may_read_what_is_written(keys_file: KeysFile) -> None:
    """Mode 600, whatever the user's mask, and 700 for the folder; nothing is left beside it."""
    before = os.umask(0)
    try:
        keys_file.change(LIVE, lambda _: Kept(APP))
    finally:
        os.umask(before)
    assert stat.S_IMODE(keys_file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys_file.path.parent.stat().st_mode) == 0o700
    beside = {one.name for one in keys_file.path.parent.iterdir()}
    assert beside <= {"keys.yaml", "keys.yaml.lock"}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o660])
def test_a_file_that_others_may_read_or_write_is_refused(keys_file: KeysFile, mode: int) -> None:
    """The error says the mode and what to do; nothing is written over it either."""
    keys_file.change(LIVE, lambda _: Kept(APP))
    keys_file.path.chmod(mode)
    with pytest.raises(KeysFileUnfit, match=rf"mode {mode:o}\)\. Close it: chmod 600"):
        keys_file.read(LIVE)
    with pytest.raises(KeysFileUnfit):
        keys_file.change(LIVE, lambda _: None)
    keys_file.path.chmod(0o600)
    assert keys_file.read(LIVE) == Kept(APP)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [app-secret", "line 1 is no YAML"),
        ("- app-secret", "must be a mapping of services"),
        (f"{LIVE}: app-secret", "a service has a mapping"),
        (f"{LIVE}: {{consumer_key: [app-secret]}}", "consumer_key: a key is a text"),
        (f"{LIVE}: {{accounts: {{acme: {{access_token: app-secret}}}}}}", "secret is missing"),
        (f"{LIVE}: {{accounts: [app-secret]}}", "accounts must be a mapping"),
        ("app-secret: \x01", "it is no YAML"),
        ("app-secret: " + "[" * 3000 + "]" * 3000, "it is no YAML"),
        (f"{LIVE}: {{}}\n{LIVE}: {{consumer_key: app-secret}}", "a service stands in it twice"),
    ],
)
def test_a_file_that_is_none_is_named_and_not_quoted(
    keys_file: KeysFile, text: str, why: str
) -> None:
    """A parser's own words would quote the line, with the secret in it."""
    keys_file.path.parent.mkdir()
    keys_file.path.write_text(text)
    keys_file.path.chmod(0o600)
    with pytest.raises(KeysFileUnfit, match="keys file") as said:
        keys_file.read(LIVE)
    assert why in str(said.value)
    assert "app-secret" not in str(said.value)
    assert said.value.__context__ is None


def test_a_damaged_service_does_not_stand_in_the_way_of_others(keys_file: KeysFile) -> None:
    """It stays as it is, until somebody mends it."""
    keys_file.change(LIVE, lambda _: Kept(APP))
    with keys_file.path.open("a") as file:
        file.write(f"{OTHER}: {{consumer_key: [app-secret]}}\n")
    assert keys_file.read(LIVE) == Kept(APP)
    keys_file.change(LIVE, lambda kept: kept and kept.plus(account("acme")))
    assert "- app-secret" in keys_file.path.read_text()
    assert keys_file.services() == {LIVE: ("acme",)}
    with pytest.raises(KeysFileUnfit, match=f"{OTHER}: consumer_key"):
        keys_file.change(OTHER, lambda _: None)


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root gives files away"
)
def test_another_user_s_file_is_refused(keys_file: KeysFile) -> None:
    """Closed as it may be: its owner may change it at any time."""
    keys_file.change(LIVE, lambda _: Kept(APP))
    os.chown(keys_file.path, 12_345, -1)
    with pytest.raises(KeysFileUnfit, match="it belongs to another user"):
        keys_file.read(LIVE)


def test_two_that_log_in_at_once_both_stay(keys_file: KeysFile) -> None:
    """Each change is made upon what is there."""
    names = [f"account{n}" for n in range(8)]

    def add(name: str) -> None:
        number = name.removeprefix("account")
        one = account(name, number)
        keys_file.change(LIVE, lambda kept: (kept or Kept(APP)).plus(one))

    threads = [threading.Thread(target=add, args=(name,)) for name in names]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    kept = keys_file.read(LIVE)
    assert kept is not None
    assert sorted(one.name for one in kept.accounts) == names


def test_a_folder_that_can_t_be_made_is_said(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(KeysFileUnfit, match="can't be written"):
        KeysFile(tmp_path / "file" / "keys.yaml").change(LIVE, lambda _: Kept(APP))


def test_a_variable_says_where_the_file_is(tmp_path: Path) -> None:
    """Without one it is in the user's folder for settings."""
    assert place({"ENGAGEMENT_KIT_KEYS_FILE": str(tmp_path)}) == tmp_path
    assert place({}).name == "keys.yaml"
    assert "engagement_kit" in str(place({}))
