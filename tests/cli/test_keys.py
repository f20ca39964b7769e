"""The commands about keys, as a person types them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from click.testing import CliRunner, Result

from engagement_kit.cli import main
from engagement_kit.emulator import Emulator


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Run an emulator, with a keys file of this test's own, and a browser that agrees as birch."""
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(tmp_path / "keys.yaml"))
    monkeypatch.setattr("webbrowser.open", _agree)
    with Emulator() as one:
        monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", one.base_url)
        yield one


def _agree(page: str) -> None:
    token = parse_qs(urlsplit(page).query)["oauth_token"][0]
    form = {"oauth_token": token, "account": "birch", "decision": "authorize"}
    with requests.Session() as session:
        session.trust_env = False
        session.post(page.partition("?")[0], data=form, timeout=10)


def run(*arguments: str, typed: str = "") -> Result:
    """Run a command."""
    return CliRunner().invoke(main, arguments, input=typed)


def test_login_keys_and_logout(emulator: Emulator) -> None:
    """From nothing to an authorised request, and back; nothing that was typed is shown."""
    app = emulator.world.app
    nothing = run("keys")
    assert (nothing.exit_code, "engagement-kit login" in nothing.output) == (3, True)
    typed = f"{app.consumer_key}\n{app.consumer_secret}\n"
    done = run("login", "--callback", "--port", "0", typed=typed)
    assert done.exit_code == 0, done.output
    assert "birch is logged in" in done.output
    found = run("keys")
    assert "account birch: the keys file" in found.output
    tried = run("keys", "--try")
    assert tried.exit_code == 0, tried.output
    assert "account birch: accepted" in tried.output
    birch = emulator.world.accounts[1]
    secrets = (app.consumer_key, app.consumer_secret, app.bearer_token, birch.access_token)
    said = done.output + found.output + tried.output
    assert not [one for one in secrets if one in said]
    assert f"user ids: birch {birch.user_id}\n  signs by default: birch\n" in found.output
    assert "account birch: accepted: may ask everything of the account's own" in tried.output
    assert run("logout", "birch").output == f"forgotten: birch; for {emulator.url}\n"
    nothing = f"forgotten: nothing was kept of any account; for {emulator.url}\n"
    assert run("logout", "--all").output == nothing


def test_what_to_type_next_names_the_address(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one was given; without it the next command would look elsewhere, and says where not."""
    monkeypatch.delenv("ENGAGEMENT_KIT_BASE_URL")
    app = emulator.world.app
    typed = f"{app.consumer_key}\n{app.consumer_secret}\n"
    done = run("login", "--callback", "--port", "0", "--base-url", emulator.base_url, typed=typed)
    assert f"Try them: engagement-kit keys --try --base-url {emulator.base_url}\n" in done.output
    elsewhere = run("keys").output
    assert "no keys for the live API were found" in elsewhere
    assert f"kept there are keys for {emulator.url} (birch): --base-url {emulator.base_url}" in (
        elsewhere
    )
    other = run("keys", "--base-url", "http://localhost:1/x").output
    assert "no keys for http://localhost:1 were found" in other


def test_without_a_terminal_it_is_said(emulator: Emulator) -> None:
    """Nobody types anything: advice, and no bare word."""
    done = run("login")
    assert (done.exit_code, emulator.requests_served) == (3, 0)
    assert "Error: there is no terminal to ask for keys in" in done.output


def test_keys_that_are_not_accepted_end_with_3(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script can tell."""
    monkeypatch.setenv("TWITTER_BEARER_TOKEN", "wrong-one")
    tried = run("keys", "--try", "--tweet", "20")
    assert (tried.exit_code, "bearer token: refused" in tried.output) == (3, True)
    assert emulator.requests_served == 1


def test_a_wrong_pin_is_told_in_words(emulator: Emulator) -> None:
    """No traceback."""
    app = emulator.world.app
    done = run("login", typed=f"{app.consumer_key}\n{app.consumer_secret}\n" + "0000000\n" * 3)
    assert done.exit_code == 3
    assert "Error: HTTP 401" in done.output
    assert "Begin again" in done.output


def test_what_means_nothing_is_refused() -> None:
    """Neither an account nor all; a tweet and nothing to try on it."""
    assert "name an account" in run("logout").output
    assert "name an account" in run("logout", "acme", "--all").output
    assert "--tweet goes with --try" in run("keys", "--tweet", "20").output
