"""Logging in against an emulator: what a person is asked, and what is kept."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import keyring
import keyring.backend
import pytest
import requests

import engagement_kit as ek
from engagement_kit.client.login import Walk, login, logout
from engagement_kit.emulator import Emulator
from engagement_kit.errors import AuthenticationFailed, CredentialsMissing, LoginRefused, QueryError


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Run an emulator."""
    with Emulator() as one:
        yield one


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep keys in a file of this test's own."""
    path = tmp_path / "config" / "keys.yaml"
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(path))
    return path


class Person:
    """Opens the page, presses a button there, and types what is asked for."""

    def __init__(self, emulator: Emulator, account: str, decision: str = "authorize") -> None:
        app = emulator.world.app
        self.typed = {"key": app.consumer_key, "secret": app.consumer_secret}
        self.asked: list[str] = []
        self.told: list[str] = []
        self._account, self._decision = account, decision

    def secret(self, words: str) -> str:
        """Type one of the app's keys."""
        self.asked.append(words)
        return self.typed["secret" if "secret" in words else "key"]

    def pin(self, words: str) -> str:
        """Type what the page shows."""
        self.asked.append(words)
        return self.typed["pin"]

    def open(self, page: str) -> None:
        """Agree, or not, and go where the browser is sent."""
        token = parse_qs(urlsplit(page).query)["oauth_token"][0]
        form = {"oauth_token": token, "account": self._account, "decision": self._decision}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(page.partition("?")[0], data=form, timeout=10)
        digits = "".join(one if one.isdigit() else " " for one in answer.text).split()
        self.typed["pin"] = next((one for one in digits if len(one) == 7), "0000000")

    def login(self, **options: object) -> str:
        """Log in."""
        return login(
            ask_text=self.pin,
            ask_secret=self.secret,
            say=self.told.append,
            open_page=self.open,
            **options,  # type: ignore[arg-type]
        )


@pytest.mark.parametrize("callback", [False, True])
def test_an_account_that_logged_in_signs(emulator: Emulator, kept: Path, callback: bool) -> None:
    """By PIN and by callback: kept in a closed file, found by the next connection, and right."""
    person = Person(emulator, "birch")
    assert person.login(base_url=emulator.base_url, callback=callback, port=0) == "birch"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with ek.connect(base_url=emulator.base_url) as client:
        assert client.accounts == ("birch",)
        assert client.try_keys().all_accepted
        keys = client.connection.credentials
    birch = emulator.world.accounts[1]
    assert keys.users["birch"].token.reveal() == birch.access_token
    assert keys.bearer is not None
    assert keys.bearer.reveal() == emulator.world.app.bearer_token
    assert keys.aliases == {birch.user_id: "birch"}
    assert emulator.log[-3].account == "birch"
    said = "\n".join(person.told)
    secrets = [birch.access_token, birch.access_token_secret, *person.typed.values()]
    assert not [one for one in secrets if one in said]


def test_the_second_account_needs_no_app_s_keys(emulator: Emulator, kept: Path) -> None:
    """They are kept; the first account stays the default, and each of them can be forgotten."""
    Person(emulator, "birch").login(base_url=emulator.base_url)
    second = Person(emulator, "acme")
    second.login(base_url=emulator.base_url)
    assert second.asked == ["PIN: "]
    with ek.connect(base_url=emulator.base_url) as client:
        assert (client.accounts, client.account) == (("birch", "acme"), "birch")
    assert logout("@Birch", base_url=emulator.base_url) == ("birch",)
    with ek.connect(base_url=emulator.base_url) as client:
        assert client.accounts == ("acme",)
    with pytest.raises(CredentialsMissing, match="no keys of account 'birch' are kept"):
        logout("birch", base_url=emulator.base_url)
    assert logout(base_url=emulator.base_url) == ("acme",)
    with pytest.raises(CredentialsMissing, match="no keys"):
        ek.connect(base_url=emulator.base_url)
    assert kept.exists()


def test_the_app_s_keys_of_the_environment_serve(
    emulator: Emulator, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked for what is found; also the address."""
    for name, value in emulator.environment().items():
        if "ACCESS" not in name:
            monkeypatch.setenv(name, value)
    person = Person(emulator, "cedar")
    assert person.login() == "cedar"
    assert person.asked == ["PIN: "]
    assert kept.exists()


def test_live_keys_are_not_sent_to_what_listens_on_this_machine(
    emulator: Emulator, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever names its address by hand is asked; keys beside that very address serve, as kept."""
    monkeypatch.setenv("TWITTER_CONSUMER_KEY", "a-live-key")
    monkeypatch.setenv("TWITTER_CONSUMER_SECRET", "a-live-secret")
    assert Walk().app_from == "the environment (TWITTER_CONSUMER_KEY, TWITTER_CONSUMER_SECRET)"
    assert not Walk(base_url=emulator.base_url).has_app
    assert not Walk(auth_url=emulator.url).has_app
    person = Person(emulator, "cedar")
    assert person.login(base_url=emulator.base_url) == "cedar"
    assert person.asked[0].startswith("Consumer key")
    assert "The app's keys: as typed." in person.told
    assert Walk(base_url=emulator.base_url).app_from == f"the keys file {kept}"
    monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", emulator.base_url)
    assert Walk(base_url=emulator.base_url).has_app


def test_an_open_keys_file_is_said_before_anybody_types(emulator: Emulator, kept: Path) -> None:
    """Nothing is asked, of a person or of the service."""
    kept.parent.mkdir()
    kept.write_text("")
    kept.chmod(0o644)
    person = Person(emulator, "birch")
    with pytest.raises(CredentialsMissing, match="chmod 600"):
        person.login(base_url=emulator.base_url)
    assert (person.asked, emulator.requests_served) == ([], 0)


@pytest.mark.parametrize("callback", [False, True])
def test_an_owner_who_says_no_is_heard(emulator: Emulator, kept: Path, callback: bool) -> None:
    """Nothing is kept."""
    person = Person(emulator, "birch", "cancel")
    with pytest.raises(LoginRefused) as said:
        person.login(base_url=emulator.base_url, callback=callback, port=0)
    if callback:
        assert str(said.value).startswith("the owner of the account said no\n")
    assert said.value.status == (0 if callback else 401)
    assert not kept.exists()


def test_a_pin_is_asked_for_again(emulator: Emulator, kept: Path) -> None:
    """What can be none is not sent; a wrong one may be mistyped; an empty line ends it."""
    person = Person(emulator, "birch")
    typed = iter(["12345", "abcdefg", "0000000"])
    person.pin = lambda _: (
        next(typed, None) or f" {person.typed['pin'][:3]} {person.typed['pin'][3:]}"
    )  # type: ignore[method-assign]
    before = emulator.requests_served
    assert person.login(base_url=emulator.base_url) == "birch"
    assert [one for one in person.told if "seven digits; this was not sent" in one][1:]
    assert [one for one in person.told if one.startswith("Not accepted (HTTP 401: ")]
    assert any("An empty line or Ctrl-C ends the login" in one for one in person.told)
    asked = [one.path for one in emulator.log if one.path.endswith("/oauth/access_token")]
    assert (len(asked), before) == (2, 0)
    assert kept.exists()
    empty = Person(emulator, "cedar")
    empty.pin = lambda _: " "  # type: ignore[method-assign]
    with pytest.raises(LoginRefused, match=r"^no PIN was typed, so nothing was granted\n"):
        empty.login(base_url=emulator.base_url)
    with ek.connect(base_url=emulator.base_url) as client:
        assert client.accounts == ("birch",)


def test_wrong_keys_of_the_app_end_it_before_a_page_is_shown(emulator: Emulator) -> None:
    """The bearer token is asked for first."""
    person = Person(emulator, "birch")
    person.typed["secret"] = "wrong-secret"
    with pytest.raises(AuthenticationFailed) as said:
        person.login(base_url=emulator.base_url)
    assert "pin" not in person.typed
    assert "wrong-secret" not in str(said.value)


def test_accounts_of_another_app_are_not_forgotten_unasked(emulator: Emulator, kept: Path) -> None:
    """Their tokens are that app's own."""
    Person(emulator, "birch").login(base_url=emulator.base_url)
    other = emulator.world.apps[1]
    walk = Walk(base_url=emulator.base_url)
    walk.take_app(other.consumer_key, other.consumer_secret)
    with pytest.raises(CredentialsMissing, match=r"by which birch logged in.*logout --all"):
        walk.begin()
    logout(base_url=emulator.base_url)
    assert walk.begin()
    assert kept.exists()


def test_of_two_walks_at_once_by_two_apps_the_later_forgets_nobody(
    emulator: Emulator, kept: Path
) -> None:
    """What was kept after it had begun is looked at again, where it is changed."""
    people = Person(emulator, "birch"), Person(emulator, "cedar")
    walks = Walk(base_url=emulator.base_url), Walk(base_url=emulator.base_url)
    for app, walk, person in zip(emulator.world.apps, walks, people, strict=False):
        walk.take_app(app.consumer_key, app.consumer_secret)
        person.open(walk.begin())
    assert walks[0].finish(people[0].typed["pin"]) == "birch"
    with pytest.raises(CredentialsMissing, match="by which birch logged in"):
        walks[1].finish(people[1].typed["pin"])
    with ek.connect(base_url=emulator.base_url) as client:
        assert client.accounts == ("birch",)
    assert kept.exists()


def test_keys_can_go_into_the_system_s_keyring(
    emulator: Emulator, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is one; nothing stands in the file then."""
    with pytest.raises(CredentialsMissing, match="no keyring"):
        Walk(keep="keyring")
    held: dict[tuple[str, str], str] = {}

    class InMemory(keyring.backend.KeyringBackend):
        priority = 1  # type: ignore[assignment]
        get_password: Callable[..., str | None] = lambda _, *entry: held.get(entry)  # type: ignore[assignment]
        set_password: Callable[..., None] = lambda _, *entry: held.update({entry[:2]: entry[2]})  # type: ignore[assignment]
        delete_password: Callable[..., None] = lambda _, *entry: held.pop(entry)  # type: ignore[assignment]

    backend = InMemory()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    Person(emulator, "birch").login(base_url=emulator.base_url, keep="keyring")
    assert not kept.exists()
    with ek.connect(base_url=emulator.base_url) as client:
        assert client.accounts == ("birch",)
        assert "the system's keyring" in repr(client)
    assert logout(base_url=emulator.base_url) == ("birch",)
    assert held == {}


def test_a_walk_can_be_tried_and_kept_nowhere(emulator: Emulator, kept: Path) -> None:
    """The account is named; the file is not made."""
    person = Person(emulator, "birch")
    assert person.login(base_url=emulator.base_url, keep="nowhere") == "birch"
    assert "kept nowhere" in person.told[-1]
    assert not kept.exists()


def test_what_means_nothing_is_refused() -> None:
    """A place to keep keys that is none, a half of the app's keys, a step too early."""
    with pytest.raises(QueryError, match="allowed: file, keyring, nowhere"):
        Walk(keep="cloud")  # type: ignore[arg-type]
    for wrong in ("http://other.example", "https://x.example/oauth", "https://x.example?a=1"):
        with pytest.raises(QueryError, match="auth_url: "):
            Walk(auth_url=wrong, keep="nowhere")
    walk = Walk(keep="nowhere")
    assert not walk.has_app
    with pytest.raises(CredentialsMissing, match="consumer key and secret are missing"):
        walk.begin()
    with pytest.raises(QueryError, match="both are needed"):
        walk.take_app("the-key", " ")
    with pytest.raises(ek.errors.EngagementError, match="was not begun"):
        walk.finish("1234567")
