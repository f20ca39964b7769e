"""The keys of the live API in the words of a form: found or not, left out, gone."""

from __future__ import annotations

import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.emulator import Emulator
from engagement_kit.forms.model.live_keys import (
    accounts_in_words,
    address_in_words,
    changed_since,
    completed,
    keys_in_words,
)


def test_without_keys_it_says_where_they_are_looked_for() -> None:
    """In the words of a form, not those for a terminal."""
    none, how_to = keys_in_words()
    assert none.startswith("No keys for the live API were found. None are kept for it in the keys")
    assert how_to.startswith("Log in an account below. Or put them where they are looked for")
    assert "engagement-kit login" not in how_to
    assert "TWITTER_CONSUMER_KEY" in how_to


def test_a_missing_half_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name, never the value of the other half."""
    monkeypatch.setenv("TWITTER_CONSUMER_KEY", "planted")
    assert keys_in_words()[0] == "Keys are incomplete: consumer_secret missing."


def test_a_client_of_an_emulator_of_its_own_leaves_nobody_out(client: Client) -> None:
    """Its keys are made up; it says which accounts they are of."""
    assert changed_since(client) == ()
    assert accounts_in_words(client) == f"Accounts of this client: {', '.join(client.accounts)}."


def test_keys_that_came_and_went_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against what is found now, for the address of the client."""
    with Emulator() as emulator:
        acme, birch = (
            {**emulator.environment(account=name), "TWITTER_BEARER_TOKEN": ""}
            for name in ("acme", "birch")
        )
        for name, value in acme.items():
            monkeypatch.setenv(name, value)
        with ek.connect() as client:
            assert changed_since(client) == ()
            for name, value in birch.items():
                monkeypatch.setenv(name, value)
            new, gone = changed_since(client)
            assert new.startswith("Left out: ")
            assert "Press Connect to take" in new
            assert gone.startswith(f"No longer found: {client.account}.")
            monkeypatch.delenv("TWITTER_CONSUMER_KEY")
            assert len(changed_since(client)) == 1


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("", ""),
        (" https://a.example ", "https://a.example/insights/engagement"),
        ("https://a.example/b", "https://a.example/b"),
        ("https://a.example/?c", "https://a.example/?c"),
        ("nonsense", "nonsense"),
        ("http://[", "http://["),
    ],
)
def test_an_address_without_a_path_gets_that_of_the_api(typed: str, whole: str) -> None:
    """What is no address stays as it is, to be refused in words."""
    assert completed(typed) == whole


def test_who_answers_is_asked_on_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The live API is not named; another address of the environment is."""
    assert address_in_words("") == ("", "")
    assert address_in_words("https://a.example/b") == ("", "")
    monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", "https://a.example/b")
    assert address_in_words("") == ("", "The environment says https://a.example/b.")
    wrong, _ = address_in_words("http://a.example/b")
    assert "unencrypted" in wrong
