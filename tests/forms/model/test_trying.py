"""Trying every credential of a client, in a thread: rows in words, or why there are none."""

from __future__ import annotations

import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.trying import HEAD
from engagement_kit.emulator import Emulator, Fault
from engagement_kit.forms.model.trying import Trials, Trying, trials


def tried(client: Client, tweet_id: str = "") -> Trials:
    """Try in a thread, and wait."""
    told: list[Trials] = []
    one = Trying(client, tweet_id, told.append)
    assert one.alive
    one.start()
    outcome = one.wait()
    assert not one.alive
    assert told == [outcome]
    assert outcome is not None
    return outcome


def test_each_credential_has_a_row(client: Client) -> None:
    """Each account, the bearer token, the app's keys alone: accepted, and what it may ask."""
    rows = tried(client).rows
    assert len(rows[0]) == len(HEAD)
    assert [row[0] for row in rows[-2:]] == ["bearer token", "app keys"]
    assert {row[1] for row in rows} == {"accepted"}
    assert rows[0][0] == f"account {client.account}"
    assert "own tweets" in rows[0][2]


def test_what_is_no_tweet_is_said(client: Client) -> None:
    """Nothing is asked then."""
    outcome = tried(client, "no-tweet")
    assert (outcome.rows, bool(outcome.wrong)) == ((), True)
    assert client.emulator is not None
    assert not client.emulator.log


def test_a_tweet_can_be_named(client: Client) -> None:
    """Blanks around it are nothing."""
    (tweet,) = ek.sample_ids(client, 1)
    assert tried(client, f" {tweet} ").rows[0][3].startswith(f"tweet {tweet} ")


def test_a_service_that_fails_says_nothing_of_keys() -> None:
    """The outcome is unknown, with the reason."""
    with Emulator(faults=[Fault("server_error", rate=1.0)]) as ill, ek.connect(ill) as client:
        rows = trials(client, "").rows
    assert {row[1] for row in rows} == {"unknown"}
    assert all(row[3] for row in rows)


def test_a_client_that_is_closed_is_said(client: Client) -> None:
    """Not raised: a form has to show it."""
    client.close()
    assert "closed" in trials(client, "").wrong


def test_a_fault_of_the_kit_is_named_by_its_kind_alone(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its text may hold anything, and a thread's error would be lost."""

    def fail(*_: object) -> None:
        raise KeyError("a-secret")

    monkeypatch.setattr(type(client), "try_keys", fail)
    assert tried(client).wrong == "KeyError: this is a fault of the kit"
