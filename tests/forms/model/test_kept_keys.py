"""Which accounts' keys are kept, and where; keepers that can't be read say why."""

from __future__ import annotations

from pathlib import Path

import keyring
import keyring.backend
import pytest

from engagement_kit.fetch.keys import kept as keeps
from engagement_kit.fetch.keys.credentials import UserKeys
from engagement_kit.fetch.keys.keys_file import KeysFile
from engagement_kit.fetch.keys.safe import Safe
from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.forms.model.kept_keys import KeptAccount, connect_finds, kept_for, places

SERVICE = "https://data-api.twitter.com"
APP = {"consumer_key": Secret("planted-key"), "consumer_secret": Secret("planted-secret")}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeysFile:
    """Make a keys file of this test's own."""
    path = tmp_path / "keys.yaml"
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(path))
    return KeysFile(path)


@pytest.fixture
def safe(monkeypatch: pytest.MonkeyPatch) -> Safe:
    """Give the system a keyring, of this test's own."""
    held: dict[tuple[str, str], str] = {}

    class InMemory(keyring.backend.KeyringBackend):
        priority = 1  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> str | None:
            return held.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            held[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del held[service, username]

    backend = InMemory()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    return Safe(backend)


def put(keeper: KeysFile | Safe, *names: str) -> None:
    """Keep an app, and accounts of its own."""
    made = keeps.Kept(APP)
    for name in names:
        keys = UserKeys(Secret(f"planted-token-{name}"), Secret(f"planted-token-secret-{name}"))
        made = made.plus(keeps.Account(name, "", keys))
    keeper.change(SERVICE, lambda _: made)


def test_accounts_are_listed_with_their_keepers(file: KeysFile, safe: Safe) -> None:
    """One that two keepers have stands twice, and is one name; no value is shown."""
    put(file, "birch", "acme")
    put(safe, "cedar", "acme")
    found = kept_for(SERVICE)
    assert found.accounts == (
        KeptAccount("birch", file.words, signs=True),
        KeptAccount("acme", file.words),
        KeptAccount("cedar", "the system's keyring"),
        KeptAccount("acme", "the system's keyring"),
    )
    assert found.names == ("birch", "acme", "cedar")
    assert found.accounts[0].words.startswith(f"birch: in {file.words}; signs where nobody")
    assert "planted" not in repr(found)
    assert kept_for("http://127.0.0.1:1") == kept_for("")


def test_an_app_alone_is_something(file: KeysFile) -> None:
    """There is no account to list, and yet something to forget."""
    assert not kept_for(SERVICE).anything
    put(file)
    assert (kept_for(SERVICE).anything, kept_for(SERVICE).names) == (True, ())


def test_a_file_that_others_may_read_is_trouble(file: KeysFile, safe: Safe) -> None:
    """It is said; what another keeper has is listed all the same."""
    put(file, "birch")
    put(safe, "acme")
    file.path.chmod(0o644)
    found = kept_for(SERVICE)
    assert found.names == ("acme",)
    (said,) = found.trouble
    assert "others may read or write it" in said


def test_a_keyring_is_offered_where_there_is_one(
    file: KeysFile, request: pytest.FixtureRequest
) -> None:
    """The file comes first, named by its path; nowhere comes last."""
    assert places() == [(f"In {file.words}", "file"), ("Nowhere: just trying", "nowhere")]
    request.getfixturevalue("safe")
    assert [value for _, value in places()] == ["file", "keyring", "nowhere"]


def test_whether_connect_finds_an_account_is_said(
    file: KeysFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does, it finds none at all, or it takes another app's keys."""
    assert connect_finds("birch", SERVICE).startswith("Connect does not find them: no keys")
    put(file, "birch")
    assert connect_finds("birch", SERVICE).endswith("now: press Connect to take birch up.")
    monkeypatch.setenv("TWITTER_CONSUMER_KEY", "of-another-app")
    monkeypatch.setenv("TWITTER_CONSUMER_SECRET", "of-another-app")
    said = connect_finds("birch", SERVICE)
    assert said == f"Connect does not take them: {file.words}: keys of another app."
