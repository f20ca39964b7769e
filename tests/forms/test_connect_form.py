"""The form that connects: whom to, with which keys, and a call to try them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.emulator import Emulator, Fault, World, WorldClock
from engagement_kit.forms.connect_form import ConnectForm

SECRET = "a-secret-that-nobody-may-see"


@pytest.fixture
def form() -> Iterator[ConnectForm]:
    """Make a form, and close what it connected."""
    one = ek.ConnectForm()
    yield one
    if one.client is not None:
        one.client.close()


def test_a_click_connects_to_the_emulator(form: ConnectForm) -> None:
    """The client is there, the form says whose it is, and gives the code for it."""
    assert form.client is None
    assert form._test.layout.display == "none"
    form._connect.click()
    assert isinstance(form.client, ek.connect.__globals__["Client"])
    assert "emulator/standard-0" in form._connected.value
    assert form._test.layout.display is None
    assert form._code.value == 'client = ek.connect("emulator")\n'


def test_options_reach_the_client(form: ConnectForm, tmp_path: Path) -> None:
    """World, seed, clock, folder and rate are those of the fields, in the code, too."""
    form._world.value, form._seed.value = "heavy_tails", 7
    form._clock.value = "2026-06-01T12:00Z"
    form._store.value, form._rate.value = str(tmp_path / "raw"), 120.0
    form._connect.click()
    client = form.client
    assert client is not None
    assert client.connection.where.service == "emulator/heavy_tails-7"
    assert f"{client.now():%Y-%m-%d %H:%M}" == "2026-06-01 12:00"
    assert (client.folder, client.per_minute) == (tmp_path / "raw", 120.0)
    names: dict[str, object] = {"ek": ek}
    exec(form._code.value, names)  # noqa: S102 -- our own code is what is tested
    again = names["client"]
    assert repr(again) == repr(client)
    assert again.now() == client.now()  # type: ignore[attr-defined]
    again.close()  # type: ignore[attr-defined]


def test_what_can_not_be_is_said_in_words(form: ConnectForm) -> None:
    """A clock that is none is refused beside the button, and nothing is connected."""
    form._clock.value = "noon"
    form._connect.click()
    assert form.client is None
    assert "ek-problem" in form._connected.value
    assert "clock" in form._connected.value
    form._clock.value = ""
    form._connect.click()
    assert form.client is not None
    assert "ek-problem" not in form._connected.value


def test_without_keys_the_live_api_says_what_to_do(form: ConnectForm) -> None:
    """It names the variables that are looked for, before and after the click."""
    form._to.value = "live"
    assert "ENGAGEMENT_KIT_CONSUMER_KEY" in form._keys.value
    assert form._emulator.layout.display == "none"
    form._connect.click()
    assert form.client is None
    assert "no keys" in form._connected.value
    form._to.value = "emulator"
    assert form._keys.value == ""


def test_the_source_of_keys_is_said_and_never_a_value(
    form: ConnectForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which variables, whose account, and what the keys may ask."""
    parts = ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN_SECRET", "BEARER_TOKEN")
    for part in parts:
        monkeypatch.setenv(f"TWITTER_{part}", SECRET)
    monkeypatch.setenv("TWITTER_ACCESS_TOKEN", f"12345-{SECRET}")
    form._to.value = "live"
    said = form._keys.value
    for part in ("TWITTER_CONSUMER_KEY", "account 12345", "own tweets", "app-only"):
        assert part in said
    form._connect.click()
    assert form.client is not None
    shown = [said, form._connected.value, form._code.value, repr(form)]
    assert form._code.value == "client = ek.connect()\n"
    assert not any(SECRET in text for text in shown)


def test_the_test_call_shows_a_count(form: ConnectForm) -> None:
    """One call, for a sample of the emulator; the number is the world's."""
    form._clock.value = "2026-06-01T12:00Z"
    client = form.connect()
    assert client is not None
    assert client.emulator is not None
    before = client.emulator.requests_served
    run = form.try_keys()
    assert run is not None
    run.wait()
    assert client.emulator.requests_served == before + 1
    tweet = form._tweet.value
    frame = client.totals([tweet], ["impressions"], progress=False)
    assert f"tweet {tweet}: impressions {frame['value'].iloc[0]:,}" in form._tried.value
    assert "ek-status" in form._tried.value


def test_the_test_call_is_made_anew_each_time_and_kept_nowhere(
    form: ConnectForm, tmp_path: Path
) -> None:
    """The client's own store stays empty: a test is no answer to a question."""
    form._store.value = str(tmp_path / "raw")
    client = form.connect()
    assert client is not None
    assert client.emulator is not None
    for _ in range(2):
        run = form.try_keys()
        assert run is not None
        run.wait()
    assert client.emulator.requests_served == 2
    assert not list((tmp_path / "raw").glob("**/*.zst"))


def test_a_refusal_is_said_in_the_words_of_the_api(form: ConnectForm) -> None:
    """A foreign tweet: what the API says, and what to do."""
    client = form.connect()
    assert client is not None
    (form._tweet.value,) = ek.sample_ids(client, 1, kind="foreign")
    run = form.try_keys()
    assert run is not None
    run.wait()
    assert "Forbidden to access tweets" in form._tried.value
    assert "their owner" in form._tried.value
    assert "ek-problem" in form._tried.value


@pytest.mark.parametrize("text", ["", "x", "20 x"])
def test_what_is_no_tweet_id_is_not_sent(form: ConnectForm, text: str) -> None:
    """Words beside the field, no call, and the next try is free of them."""
    client = form.connect()
    assert client is not None
    assert client.emulator is not None
    good = form._tweet.value
    form._tweet.value = text
    form._try.click()
    assert "ek-problem" in form._tried.value
    assert client.emulator.requests_served == 0
    form._tweet.value = good
    run = form.try_keys()
    assert run is not None
    run.wait()
    assert "ek-problem" not in form._tried.value


def test_a_broken_service_is_said_and_tried_twice_at_most(form: ConnectForm) -> None:
    """The last fault stands in the words; nobody waits for minutes."""
    broken = Fault("server_error", rate=1.0)
    with Emulator(World(), WorldClock(), faults=[broken]) as emulator:
        form.client = ek.connect(emulator)
        form._tweet.value = ek.sample_ids(form.client, 1)[0]
        run = form.try_keys()
        assert run is not None
        run.wait()
        assert emulator.requests_served == 2
    assert "HTTP 500" in form._tried.value


def test_without_widgets_the_same_is_said_as_text(form: ConnectForm) -> None:
    """A bundle holds the widget, and text with the state and the code."""
    assert "not connected" in repr(form)
    form.connect()
    made = form._repr_mimebundle_()
    data = made[0] if isinstance(made, tuple) else made
    assert "application/vnd.jupyter.widget-view+json" in data
    assert 'client = ek.connect("emulator")' in data["text/plain"]
    assert "emulator/standard-0" in data["text/plain"]
