"""The system's safe, held against a safe in memory, and against ones that fail."""

from __future__ import annotations

import keyring
import keyring.backend
import keyring.errors
import pytest

from engagement_kit.fetch.keys.credentials import UserKeys
from engagement_kit.fetch.keys.kept import Account, Kept
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
