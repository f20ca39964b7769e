"""Each credential by itself: accepted or not, and what it may ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

import engagement_kit as ek
from engagement_kit.emulator import Emulator, Fault, Settings
from engagement_kit.fetch.doors import Doors

CLOCK = "2026-06-01T12:34:00Z"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Run an emulator."""
    with Emulator() as one:
        yield one


def keys(emulator: Emulator, **other: str) -> dict[str, Any]:
    """Give the keys of the first account, some of them changed."""
    app, first = emulator.world.app, emulator.world.accounts[0]
    return {
        "consumer_key": app.consumer_key,
        "consumer_secret": app.consumer_secret,
        "access_token": first.access_token,
        "access_token_secret": first.access_token_secret,
        "bearer_token": app.bearer_token,
        "base_url": emulator.base_url,
        **other,
    }


def outcomes(client: ek.client.client.Client, **options: Any) -> dict[str, str]:  # type: ignore[name-defined]
    """Try all keys; give the outcome by credential."""
    return {one.credential.split()[0]: one.outcome for one in client.try_keys(**options)}


def test_each_credential_is_tried_by_one_request(emulator: Emulator) -> None:
    """Each account, the bearer, and the app's keys alone; nothing is kept in the store."""
    with ek.connect(emulator) as client:
        tried = client.try_keys()
        assert [one.credential for one in tried] == [
            "account acme", "account birch", "account cedar", "bearer token", "app keys",
        ]  # fmt: skip
    assert tried.all_accepted
    assert [(one.account, one.status) for one in emulator.log] == [
        ("acme", 200), ("birch", 403), ("cedar", 403), ("", 200), ("", 200),
    ]  # fmt: skip
    assert "another account's, and was refused as it must be" in repr(tried)
    assert tried.to_pandas()["may"].iloc[0] == "everything of the account's own tweets"
    assert "<table" in tried._repr_html_()


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        ("consumer_secret", {"account", "app"}),
        ("access_token_secret", {"account"}),
        ("access_token", {"account"}),
        ("bearer_token", {"bearer"}),
        ("consumer_key", {"account", "app"}),
    ],
)
def test_a_wrong_key_is_not_hidden_by_a_right_one(
    emulator: Emulator, wrong: str, refused: set[str]
) -> None:
    """A bearer token that is right does not hide a secret that is wrong, nor the other way."""
    with ek.connect(**keys(emulator, **{wrong: "12345-quite-wrong"})) as client:
        found = outcomes(client, tweet_id="20")
        assert {name for name, one in found.items() if one == "refused"} == refused
        assert "quite-wrong" not in repr(client.try_keys("20"))


def test_a_tweet_that_is_not_there_is_no_fault_of_the_keys(emulator: Emulator) -> None:
    """On the live API a famous tweet serves; the keys are looked at before the tweet."""
    with ek.connect(**keys(emulator)) as client:
        assert set(outcomes(client, tweet_id="20").values()) == {"accepted"}


def test_an_app_that_was_not_enabled_is_told_from_wrong_keys() -> None:
    """What helps is another thing: the account manager."""
    with Emulator(settings=Settings(app="not_enabled")) as one, ek.connect(one) as client:
        tried = client.try_keys(accounts=["acme"])
        assert {trial.outcome for trial in tried} == {"refused"}
        assert "account manager" in repr(tried)


@pytest.mark.parametrize("kind", ["rate_limited", "server_error", "reset", "bad_gateway"])
def test_what_says_nothing_of_the_keys_is_unknown(kind: Any) -> None:
    """It is asked once, not again."""
    with (
        patch("engagement_kit.client.asking.Doors", quick_doors),
        ek.connect("emulator", clock=CLOCK, faults=[Fault(kind)]) as client,
    ):
        tried = client.try_keys(accounts=["acme"])
        assert [one.outcome for one in tried] == ["unknown"] * 3
        assert not tried.all_accepted
        assert client.emulator is not None
        assert client.emulator.requests_served == 3


def quick_doors(*args: Any, **options: Any) -> Doors:
    """Open doors to a world in which waiting takes no time; the emulator's clock goes along."""
    time = [0.0]

    def sleep(stop: threading.Event, seconds: float) -> None:
        del stop
        time[0] += seconds
        WAITED.append(seconds)

    return Doors(*args, **{**options, "sleep": sleep, "monotonic": lambda: time[0]})


WAITED: list[float] = []


def test_tries_wait_their_turn() -> None:
    """More keys than a minute has calls: they are spread, as the requests of a run are."""
    WAITED.clear()
    with (
        patch("engagement_kit.client.asking.Doors", quick_doors),
        ek.connect("emulator", per_minute=5, clock=CLOCK) as client,
    ):
        assert client.try_keys().all_accepted
        assert sum(WAITED) >= 4 * 60 / 5
        assert sum(WAITED) < 6 * 60 / 5
        WAITED.clear()
        client.try_keys(accounts=["acme"])
        assert WAITED  # the gate is that of the runs, and knows what was sent before


def test_accounts_are_named_as_owners_are(emulator: Emulator) -> None:
    """In any case, with an @, by user id, each once; a bare string is no list of names."""
    birch = emulator.world.accounts[1]
    with ek.connect(emulator) as client:
        tried = client.try_keys(accounts=["@ACME", int(birch.user_id), "Birch"])  # type: ignore[list-item]
        assert [one.credential for one in tried][:2] == ["account acme", "account birch"]
        before = emulator.requests_served
        for wrong in ("acme", [None], [2.5], 7):
            with pytest.raises(ek.errors.QueryError, match="accounts"):
                client.try_keys(accounts=wrong)  # type: ignore[arg-type]
        assert emulator.requests_served == before


def test_what_can_t_be_tried_is_refused_before_anything_is_sent(emulator: Emulator) -> None:
    """No tweet, two tweets, an account without keys, a client that is closed."""
    with ek.connect(emulator) as client:
        for wrong in ("x", "20 21"):
            with pytest.raises(ek.errors.QueryError):
                client.try_keys(wrong)
        with pytest.raises(ek.errors.CredentialsMissing, match="'dune'"):
            client.try_keys(accounts=["acme", "dune"])
    with pytest.raises(ek.errors.EngagementError, match="closed"):
        client.try_keys()
    assert emulator.requests_served == 0


def test_a_refusal_does_not_advise_to_try(emulator: Emulator) -> None:
    """Who tries keys knows of trying; it is said what else to do."""
    with ek.connect(**keys(emulator, access_token_secret="wrong")) as client:
        (one,) = client.try_keys(accounts=[client.account])[:1]
    assert one.outcome == "refused"
    assert "--try" not in one.said
    assert "log in as this account again (`engagement-kit login`)" in one.said
    assert "`engagement-kit doctor`" in one.said
