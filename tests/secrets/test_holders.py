"""All that holds keys: however it is shown, copied, packed or taken apart, it keeps them."""

from __future__ import annotations

import copy
import functools
import inspect
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import keyring.errors
import pytest
from captured import Captured, shown_of, ways_of
from planted import InMemory, Planted
from searched import Search

import engagement_kit as ek
from engagement_kit.client.keys import Given, address_and_sources
from engagement_kit.client.login import Walk
from engagement_kit.fetch.keys import sources
from engagement_kit.fetch.keys.chain import combined
from engagement_kit.fetch.keys.kept import Kept
from engagement_kit.fetch.keys.login import Login
from engagement_kit.fetch.keys.safe import Safe, SafeUnfit
from engagement_kit.fetch.keys.secret import Secret, basic
from engagement_kit.fetch.keys.signing import signer
from engagement_kit.fetch.transport import HttpTransport

KEYS = Planted.of("holders", odd=True)
SEARCH = Search(KEYS.parts())
KEPT = Kept.of_plain(KEYS.kept())
GIVEN = Given(**KEYS.parts())
CREDENTIALS = combined([GIVEN.found()])
HOLDERS: dict[str, object] = {
    "secret": Secret(KEYS.consumer_secret),
    "basic": basic(KEYS.consumer_key, KEYS.consumer_secret),
    "given": GIVEN,
    "found": GIVEN.found(),
    "variables": sources.variables(KEYS.environment()),
    "kept": KEPT,
    "account": KEPT.accounts[0],
    "credentials": CREDENTIALS,
    "user": CREDENTIALS.users["90210"],
    "users": dict(CREDENTIALS.users),
    "signer": signer(CREDENTIALS, "user", "90210"),
    "signer of the app": signer(CREDENTIALS, "app", None),
    "transport": HttpTransport("https://api.invalid", CREDENTIALS, "test"),
    "login": Login(Secret(KEYS.consumer_key), Secret(KEYS.consumer_secret)),
    "partial": functools.partial(signer, CREDENTIALS, account="90210"),
    "bound": CREDENTIALS.secrets,
    "generator": CREDENTIALS.secrets(),
    "set": {Secret(KEYS.consumer_key), Secret(KEYS.bearer_token)},
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_no_way_of_showing_shows_a_key(holder: str) -> None:
    """Repr, str, format, pickle, copies, JSON, asdict, vars, attributes, members: all of them."""
    one = HOLDERS[holder]
    shown = [*ways_of(one), repr(inspect.getmembers(one))]
    assert SEARCH.texts([("all", "\n".join(shown))]) == {}


def tried(action: Callable[[], object]) -> tuple[object, BaseException | None]:
    """Do something; give what came of it, or its error, whatever it is."""
    try:
        return action(), None
    except BaseException as error:  # noqa: BLE001 -- it is looked at
        return None, error


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("holder", ["secret", "given", "found", "kept", "credentials", "login"])
def test_keys_are_not_carried_off(holder: str, way: Callable[[object], object]) -> None:
    """What would travel to another process or file is refused; a shallow copy shares them."""
    got, error = tried(lambda: way(HOLDERS[holder]))
    if way is copy.copy and holder != "secret":
        assert error is None
        assert SEARCH.texts([("all", "\n".join(ways_of(got)))]) == {}
    else:
        assert error is not None
        assert "connect again in the other process" in str(error)
        assert SEARCH.texts(shown_of(error).items()) == {}


class Breaking(InMemory):
    """A keyring that is locked, interrupted or full amid the work, and quotes what it was given."""

    def __init__(self, kind: type[BaseException], at: int) -> None:
        super().__init__()
        self.kind, self.left = kind, at

    def _count(self, *given: str) -> None:
        self.left -= 1
        if self.left < 0:
            quoting = issubclass(self.kind, keyring.errors.KeyringError)
            raise self.kind(*(given if quoting else ()))

    def get_password(self, service: str, username: str) -> str | None:
        """Look, until it breaks."""
        self._count(service, username)
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep, until it breaks."""
        self._count(service, username, password)
        super().set_password(service, username, password)


@pytest.mark.parametrize("at", range(6))
@pytest.mark.parametrize("kind", [keyring.errors.KeyringLocked, KeyboardInterrupt, MemoryError])
def test_a_keyring_that_breaks(kind: type[BaseException], at: int) -> None:
    """Locked, or interrupted while it asks: what was read before is in no frame."""
    backend = Breaking(kind, 99)
    Safe(backend).change("https://x", lambda _: KEPT)
    actions: list[Callable[[], object]] = [
        lambda: Safe(backend).read("https://x"),
        lambda: Safe(backend).change("https://x", lambda _: None),
        lambda: Safe(backend).change("https://x", lambda _: KEPT),
    ]
    for action in actions:
        backend.left = at
        with Captured() as captured:
            _, error = tried(action)
        assert error is None or isinstance(error, SafeUnfit | kind)
        shown = [] if error is None else [*shown_of(error).items()]
        assert SEARCH.texts([*shown, ("said", captured.text)]) == {}


@pytest.mark.parametrize("entry", ["app", "accounts", "account:acme"])
def test_a_keyring_that_holds_nonsense(entry: str) -> None:
    """An entry that is no JSON is not quoted; nor what was read beside it."""
    backend = InMemory()
    Safe(backend).change("https://x", lambda _: KEPT)
    backend.held["engagement_kit https://x", entry] = f'{{"consumer_key": "{KEYS.consumer_key}'
    with pytest.raises(SafeUnfit, match="JSONDecodeError") as said:
        Safe(backend).read("https://x")
    assert SEARCH.texts(shown_of(said.value).items()) == {}


def test_an_interruption_while_sources_are_looked_into(
    monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    """Ctrl-C while a keyring waits; homes that are none; a folder that is gone: no environment."""
    for name, value in KEYS.environment().items():
        monkeypatch.setenv(name, value)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Safe, "found", interrupted)
        with pytest.raises(KeyboardInterrupt) as said:
            address_and_sources(Given(), None)
        assert SEARCH.texts(shown_of(said.value).items()) == {}
    with monkeypatch.context() as patch:
        patch.setenv("ENGAGEMENT_KIT_KEYS_FILE", "~nobody-of-that-name/keys.yaml")
        for action in (ek.connect, Walk):
            with pytest.raises(ek.errors.CredentialsMissing, match="no home") as missing:
                action()
            assert SEARCH.texts(shown_of(missing.value).items()) == {}
    monkeypatch.delenv("ENGAGEMENT_KIT_ENV_FILE")
    gone = folders["work"] / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with ek.connect() as client:
        assert SEARCH.texts([("all", "\n".join(ways_of(client)))]) == {}


def test_threads_are_not_named_after_keys() -> None:
    """Their names stand in logs and in what a crash writes."""
    names = [one.name for one in threading.enumerate()]
    assert names
    assert SEARCH.texts([("all", "\n".join(names))]) == {}
