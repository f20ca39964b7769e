"""The keys of a connection: which source counts, for which address."""

from __future__ import annotations

from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.client.keys import Given, found, keys_found, service_of
from engagement_kit.errors import CredentialsMissing, QueryError
from engagement_kit.fetch.keys.credentials import UserKeys
from engagement_kit.fetch.keys.kept import Account, Kept
from engagement_kit.fetch.keys.keys_file import KeysFile
from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.question.rules import LIVE_BASE_URL

LIVE = "https://data-api.twitter.com"
APP = {"consumer_key": Secret("kept-key"), "consumer_secret": Secret("kept-secret")}
ELSEWHERE = "http://127.0.0.1:1/insights/engagement"


@pytest.fixture
def keys_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeysFile:
    """Keep keys of the live API in a file of this test's own."""
    path = tmp_path / "keys.yaml"
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(path))
    kept = KeysFile(path)
    acme = Account("acme", "7", UserKeys(Secret("7-token"), Secret("its-secret")))
    kept.change(LIVE, lambda _: Kept(APP).plus(acme))
    return kept


def test_what_is_kept_signs_without_a_word(keys_file: KeysFile) -> None:
    """An account that logged in once is the client's."""
    with ek.connect() as client:
        assert (client.account, client.accounts, client.credentials) == (
            "acme", ("acme",), ("user", "app"),
        )  # fmt: skip
        assert str(keys_file.path) in repr(client)


def test_keys_of_one_service_are_never_sent_to_another(keys_file: KeysFile) -> None:
    """Those of the live API are not found for another address, whoever names it."""
    assert keys_file.path.exists()
    with pytest.raises(CredentialsMissing, match="no keys"):
        found(Given(), base_url=ELSEWHERE)


def test_the_address_comes_from_where_the_keys_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An argument, else the environment, else `.env`, else the live API's."""
    monkeypatch.setenv("TWITTER_BEARER_TOKEN", "a-bearer")
    assert found(Given())[0] == LIVE_BASE_URL
    env = tmp_path / ".env"
    env.write_text(f"ENGAGEMENT_KIT_BASE_URL={ELSEWHERE}\nTWITTER_BEARER_TOKEN=of-the-file\n")
    monkeypatch.setenv("ENGAGEMENT_KIT_ENV_FILE", str(env))
    assert found(Given())[0] == ELSEWHERE
    monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", ELSEWHERE.replace(":1/", ":2/"))
    assert found(Given())[0] == ELSEWHERE.replace(":1/", ":2/")
    assert found(Given(), base_url=LIVE_BASE_URL)[0] == LIVE_BASE_URL


def test_an_address_of_a_file_alone_gets_no_keys_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `.env` that came with a folder can't send somebody's bearer token elsewhere."""
    monkeypatch.setenv("TWITTER_BEARER_TOKEN", "a-live-bearer")
    env = tmp_path / ".env"
    env.write_text("ENGAGEMENT_KIT_BASE_URL=https://elsewhere.example/insights/engagement\n")
    monkeypatch.setenv("ENGAGEMENT_KIT_ENV_FILE", str(env))
    with pytest.raises(CredentialsMissing, match="the environment: not taken") as said:
        found(Given())
    assert f"stands in the file {env} alone" in str(said.value)
    assert "pass base_url=" in str(said.value)
    with pytest.raises(CredentialsMissing, match="arguments: not taken"):
        found(Given(bearer_token="a-given-bearer"))
    path = tmp_path / "keys.yaml"
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(path))
    kept = Kept({"bearer_token": Secret("kept-for-it")})
    KeysFile(path).change("https://elsewhere.example", lambda _: kept)
    assert found(Given())[1].bearer == Secret("kept-for-it")
    with env.open("a") as file:
        file.write("TWITTER_BEARER_TOKEN=of-the-file\n")
    keys = found(Given())[1]
    assert keys.bearer == Secret("of-the-file")
    assert "the environment: not taken" in str(keys)
    monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", "https://elsewhere.example/insights/engagement")
    assert found(Given())[1].bearer == Secret("a-live-bearer")


def test_an_open_keys_file_is_said_and_not_read(keys_file: KeysFile) -> None:
    """Where nothing else is found, the error says how to close it."""
    keys_file.path.chmod(0o644)
    with pytest.raises(CredentialsMissing, match="chmod 600"):
        keys_found()


def test_several_accounts_can_be_given(keys_file: KeysFile) -> None:
    """With an app that is found; one that is no pair is named, and not shown."""
    users = {"@birch": ("8-token", "b-secret"), "cedar": ("9-token", "c-secret")}
    with ek.connect(users=users, account="Cedar") as client:
        assert client.accounts == ("birch", "cedar", "acme")
        assert client.account == "cedar"
    for wrong in ("8-token", ("8-token",), ("8-token", 7), ("8-token", " ")):
        with pytest.raises(QueryError, match="'birch'") as said:
            ek.connect(users={"birch": wrong})  # type: ignore[dict-item]
        assert "8-token" not in str(said.value)
    assert keys_file.path.exists()


@pytest.mark.parametrize("name", ["", " x ", "@", "two words", 12, None])
def test_what_names_no_account_is_refused(name: object) -> None:
    """Nobody would find it again by such a name."""
    with pytest.raises(QueryError, match=r"users: .*a mapping: each account's name"):
        ek.connect(users={name: ("8-token", "b-secret")})  # type: ignore[dict-item]


def test_an_account_is_given_once() -> None:
    """Two writings of one name would be two pairs of keys for one account."""
    users = {"@acme": ("1-token", "a-secret"), "Acme": ("2-token", "b-secret")}
    with pytest.raises(QueryError, match="'Acme': this account stands twice"):
        ek.connect(users=users)
    with pytest.raises(QueryError, match="users: given: a mapping"):
        ek.connect(users=[("1-token", "a-secret")])  # type: ignore[arg-type]


def test_a_key_that_is_none_is_named_and_not_shown() -> None:
    """All of them at once."""
    with pytest.raises(QueryError, match=r"^2 problems with the connection; nothing") as said:
        ek.connect(consumer_key="two words", consumer_secret=b"bytes")  # type: ignore[arg-type]
    assert "consumer_key: given: a key has no blanks" in str(said.value)
    assert "two words" not in str(said.value)


def test_a_person_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what no source has; nothing that is typed is shown."""
    answers = iter(["the-key", "the-secret", "7-token", "second"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    with ek.connect(ask=True) as client:
        assert (client.account, client.credentials) == ("7", ("user", "app"))
        assert "a prompt" in repr(client)
    assert next(answers, None) is None


def test_where_nobody_can_be_asked_it_is_said(
    keys_file: KeysFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what stands in the way of kept keys is said before anybody types others."""
    keys_file.path.chmod(0o644)
    asked: list[str] = []

    def nobody(words: str) -> str:
        asked.append(words)
        raise EOFError

    monkeypatch.setattr("getpass.getpass", nobody)
    with pytest.raises(CredentialsMissing, match="no terminal to ask for keys in") as said:
        ek.connect(ask=True)
    assert "chmod 600" in asked[0]
    assert said.value.__context__ is None


@pytest.mark.parametrize(
    "address", ["data-api.twitter.com", "ftp://x", "https://", "https://me:pw@x/y", "http://[::1"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """Also one with a password in it, for addresses are shown."""
    with pytest.raises(QueryError, match="no user name or password") as said:
        ek.connect(base_url=address, bearer_token="a-bearer")
    assert "pw@" not in str(said.value)


def test_keys_never_travel_unencrypted() -> None:
    """Plain http reaches this machine alone."""
    with pytest.raises(QueryError, match=r"unencrypted.*Write https://proxy\.example:80\."):
        ek.connect(base_url="http://proxy.example:80/insights", bearer_token="a-bearer")
    with pytest.raises(QueryError, match=r"base_url: 'ftp://files\.example': an address"):
        service_of("ftp://files.example/a-path")
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert service_of(f"http://{host}:8765/x") == f"http://{host}:8765"


def test_a_service_is_scheme_and_host() -> None:
    """The path is none of it; the port is."""
    assert service_of("http://127.0.0.1:8765/insights/engagement") == "http://127.0.0.1:8765"
    assert service_of("https://Data-API.twitter.com:443/x") == LIVE
    assert service_of("http://LOCALHOST:80/x") == "http://localhost"
