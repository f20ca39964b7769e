"""The system's safe, held against a safe in memory, and against ones that fail."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from engagement_kit.fetch.keys.credentials import UserKeys
from engagement_kit.fetch.keys.kept import Account, Kept
from engagement_kit.fetch.keys.keys_file import KeysFile
from engagement_kit.fetch.keys.safe import Safe, SafeUnfit
from engagement_kit.fetch.keys.secret import Secret

LIVE = "https://data-api.twitter.com"
APP = {"consumer_key": Secret("app-key"), "consumer_secret": Secret("app-secret")}


class InMemory(keyring.backend.KeyringBackend):
    """A safe that forgets, with the longest entry that Windows takes."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """Look."""
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep."""
        assert len(password.encode("utf-16-le")) <= 2560
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget."""
        del self.held[service, username]


class Locked(InMemory):
    """A safe that nobody opens."""

    def get_password(self, service: str, username: str) -> str | None:
        """Refuse."""
        raise keyring.errors.KeyringLocked(f"{service} {username} app-secret")


def account(number: int) -> Account:
    """Make an account with keys of the usual length."""
    keys = UserKeys(Secret(f"{number}-{'t' * 40}"), Secret("s" * 45))
    return Account(f"account{number}", str(number), keys)


def test_what_is_kept_is_read_again_and_taken_away() -> None:
    """Twenty accounts, a default, one that leaves, and nothing at the end."""
    backend = InMemory()
    safe = Safe(backend)
    assert safe.read(LIVE) is None
    kept = Kept(APP)
    for number in range(1, 21):
        kept = kept.plus(account(number))
    assert safe.change(LIVE, lambda _: kept) == kept
    assert safe.read(LIVE) == kept
    assert safe.read("http://127.0.0.1:1") is None
    safe.change(LIVE, lambda held: held and held.without(["account7"]))
    assert safe.read(LIVE) == kept.without(["account7"])
    safe.change(LIVE, lambda _: None)
    assert (safe.read(LIVE), backend.held) == (None, {})


@pytest.mark.parametrize("entry", ["app", "account:account2"])
def test_all_is_forgotten_also_what_is_damaged(entry: str) -> None:
    """A damaged entry can't be read, and says how it goes; all go at once."""
    backend = InMemory()
    safe = Safe(backend)
    kept = Kept(APP).plus(account(1)).plus(account(2))
    safe.change(LIVE, lambda _: kept)
    backend.held[f"engagement_kit {LIVE}", entry] = '{"access_token": 5'
    with pytest.raises(SafeUnfit, match=f"{entry}.* is damaged.*logout --all"):
        safe.read(LIVE)
    assert safe.forget(LIVE) == ("account1", "account2")
    assert (safe.read(LIVE), backend.held) == (None, {})
    assert safe.forget(LIVE) == ()


def test_a_locked_safe_says_so_and_shows_nothing() -> None:
    """The words of a backend are not passed on: they are its own."""
    for action in (lambda: Safe(Locked()).read(LIVE), lambda: _put_into(Refusing())):
        with pytest.raises(SafeUnfit, match="locked") as said:
            action()
        assert "app-secret" not in str(said.value)
        assert said.value.__context__ is None


class Refusing(InMemory):
    """A safe that takes nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Refuse, and quote all."""
        raise keyring.errors.PasswordSetError(f"{service} {username} {password}")


def _put_into(backend: InMemory) -> None:
    Safe(backend).change(LIVE, lambda _: Kept(APP))


class Slow(InMemory):
    """A safe that lets others in between a look and a change."""

    def get_password(self, service: str, username: str) -> str | None:
        """Look, and give others their turn."""
        held = super().get_password(service, username)
        time.sleep(0.002)
        return held


def test_two_that_log_in_at_once_both_stay(tmp_path: Path) -> None:
    """Each change is made upon what is there, under the keys file's lock."""
    backend, lock = Slow(), KeysFile(tmp_path / "folder" / "keys.yaml")

    def add(number: int) -> None:
        one = account(number)
        Safe(backend, lock).change(LIVE, lambda kept: (kept or Kept(APP)).plus(one))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = Safe(backend).read(LIVE)
    assert kept is not None
    assert sorted(one.name for one in kept.accounts) == [f"account{n}" for n in range(4)]
    assert not lock.path.exists()


class Breaking(InMemory):
    """A safe that fails at one of its changes."""

    left = 99

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise keyring.errors.PasswordSetError("broken")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep, or fail."""
        self._count()
        super().set_password(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        """Forget, or fail."""
        self._count()
        super().delete_password(service, username)


@pytest.mark.parametrize("left", range(8))
def test_a_change_that_breaks_leaves_no_keys_that_nobody_finds(left: int) -> None:
    """Wherever it breaks off, in adding or removing: to forget all removes every entry."""
    backend = Breaking()
    safe = Safe(backend)
    safe.change(LIVE, lambda _: Kept(APP).plus(account(1)))
    backend.left = left
    try:
        safe.change(LIVE, lambda kept: kept and kept.plus(account(2)).without(["account1"]))
    except SafeUnfit:
        assert left < 6
    backend.left = 99
    safe.change(LIVE, lambda _: None)
    assert backend.held == {}


def test_entries_that_are_no_keys_are_said() -> None:
    """Somebody else wrote there."""
    backend = InMemory()
    backend.held[f"engagement_kit {LIVE}", "app"] = '{"consumer_key": ["app-secret"]}'
    with pytest.raises(SafeUnfit, match="consumer_key: a key is a text") as said:
        Safe(backend).read(LIVE)
    assert "app-secret" not in str(said.value)
    backend.held[f"engagement_kit {LIVE}", "app"] = "app-secret"
    with pytest.raises(SafeUnfit, match="can't be read"):
        Safe(backend).read(LIVE)


def test_the_system_s_safe_is_found_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """None where the library finds none, or is not installed."""
    backend = InMemory()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    found = Safe.found()
    assert found is not None
    found.change(LIVE, lambda _: Kept(APP))
    assert backend.held
    monkeypatch.setattr(backend, "priority", 0, raising=False)
    assert Safe.found() is None
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    assert Safe.found() is None
