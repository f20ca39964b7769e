"""The form that connects: whom to, with which keys, and a call to try them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ipywidgets as w
import pytest
from gated import Gated, gated

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.emulator import Emulator, Fault, World, WorldClock
from engagement_kit.forms.connect_form import ConnectForm

SECRET = "a-secret-that-nobody-may-see"


def words_of(form: ConnectForm) -> str:
    """Give all HTML of a form."""
    left, found = [form.widget], []
    while left:
        one = left.pop()
        left += getattr(one, "children", ())
        found += [one.value] if isinstance(one, w.HTML) else []
    return "".join(found)


@pytest.fixture
def form() -> Iterator[ConnectForm]:
    """Make a form, and close what it connected."""
    one = ek.ConnectForm()
    yield one
    last = one.client
    one.close()
    if last is not None:  # a test may have given it a client of its own
        last.close()


def test_a_click_connects_to_the_emulator(form: ConnectForm) -> None:
    """The client is there, the form says whose it is, and gives the code for it."""
    assert form.client is None
    assert form._test.layout.display == "none"
    form._connect.click()
    assert isinstance(form.client, Client)
    said = "Connected to the emulator (standard-0): invented data. Account acme."
    assert said in form._connected.value
    assert "In the next cell: ek.RequestForm(form.client)" in words_of(form)
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
    assert "a moment such as 2026-06-01T12:00Z" in form._connected.value
    assert "isoformat" not in form._connected.value
    form._clock.value = ""
    form._connect.click()
    assert form.client is not None
    assert "ek-problem" not in form._connected.value


def test_without_keys_the_live_api_says_what_to_do(form: ConnectForm) -> None:
    """It names the variables that are looked for, before and after the click."""
    form._to.value = "live"
    assert "TWITTER_CONSUMER_KEY" in form._live.keys.value
    assert "Log in an account below." in form._live.keys.value
    assert "ConnectForm" not in form._live.keys.value
    assert form._emulator.layout.display == "none"
    form._connect.click()
    assert form.client is None
    assert "no keys" in form._connected.value
    assert words_of(form).count("TWITTER_CONSUMER_KEY") == 1
    form._to.value = "emulator"
    assert form._live.widget.layout.display == "none"


def test_the_source_of_keys_is_said_and_never_a_value(
    form: ConnectForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which variables, whose account, and what the keys may ask."""
    parts = ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN_SECRET", "BEARER_TOKEN")
    for part in parts:
        monkeypatch.setenv(f"TWITTER_{part}", SECRET)
    monkeypatch.setenv("TWITTER_ACCESS_TOKEN", f"12345-{SECRET}")
    form._to.value = "live"
    said = form._live.keys.value
    for part in ("TWITTER_CONSUMER_KEY", "account 12345", "own tweets", "app-only"):
        assert part in said
    form._connect.click()
    assert form.client is not None
    shown = [said, form._connected.value, form._code.value, repr(form)]
    assert "Connected to the live API at https://data-api.twitter.com" in form._connected.value
    assert "Account 12345; keys from the environment" in form._connected.value
    first = form.client
    form._connect.click()
    assert form.client is first
    assert "Already connected" in form._connected.value
    monkeypatch.setenv("TWITTER_ACCESS_TOKEN", f"678-{SECRET}")
    form._connect.click()
    assert form.client is not first
    assert "Account 678" in form._connected.value
    assert form._code.value == "client = ek.connect()\n"
    assert not any(SECRET in text for text in shown)


def test_the_test_call_shows_a_count(form: ConnectForm) -> None:
    """One call, for a sample of the emulator; the number is the world's."""
    form._clock.value = "2026-06-01T12:00Z"
    client = form.connect()
    assert client is not None
    assert client.emulator is not None
    before = client.emulator.requests_served
    run = form.test_call()
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
        run = form.test_call()
        assert run is not None
        run.wait()
    assert client.emulator.requests_served == 2
    assert not list((tmp_path / "raw").glob("**/*.zst"))


def test_a_foreign_tweet_gives_what_anybody_may_ask(form: ConnectForm) -> None:
    """Its public count, and why there is no other."""
    client = form.connect()
    assert client is not None
    (form._tweet.value,) = ek.sample_ids(client, 1, kind="foreign")
    run = form.test_call()
    assert run is not None
    run.wait()
    assert "favorites " in form._tried.value
    assert "no count of impressions: not_owned: the tweet is of another" in form._tried.value


@pytest.mark.parametrize("text", ["", "x", "20 x", "20 21 22"])
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
    run = form.test_call()
    assert run is not None
    run.wait()
    assert "ek-problem" not in form._tried.value


def test_a_broken_service_is_said_and_tried_twice_at_most(form: ConnectForm) -> None:
    """The last fault stands in the words; nobody waits for minutes."""
    broken = Fault("server_error", rate=1.0)
    with Emulator(World(), WorldClock(), faults=[broken]) as emulator:
        form.client = ek.connect(emulator)
        form._tweet.value = ek.sample_ids(form.client, 1)[0]
        run = form.test_call()
        assert run is not None
        run.wait()
        assert emulator.requests_served == 2
    assert "HTTP 500" in form._tried.value


def test_without_widgets_the_same_is_said_as_text(form: ConnectForm) -> None:
    """A bundle holds the widget, and text with the state and the code."""
    assert "Not connected" in repr(form)
    assert "Keys of the live API" not in repr(form)  # the emulator is chosen
    form._to.value = "live"
    assert "TWITTER_CONSUMER_KEY" in repr(form)
    form._to.value = "emulator"
    form.connect()
    made = form._repr_mimebundle_()
    data = made[0] if isinstance(made, tuple) else made
    assert "application/vnd.jupyter.widget-view+json" in data
    assert 'client = ek.connect("emulator")' in data["text/plain"]
    assert "Connected to the emulator (standard-0)" in data["text/plain"]
    assert "Client(" not in data["text/plain"]


def test_keys_that_were_found_are_said_as_text_wherever_one_connects_to(
    form: ConnectForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a terminal nobody can choose the live API; a value is never said."""
    monkeypatch.setenv("TWITTER_BEARER_TOKEN", SECRET)
    assert "Keys of the live API:\n    Found: bearer token" in repr(form)
    assert SECRET not in repr(form)


def test_the_same_wish_keeps_the_client(form: ConnectForm) -> None:
    """Five clicks make one client; another wish makes a second, and the first stays open."""
    form._connect.click()
    first = form.client
    for _ in range(4):
        form._connect.click()
    assert form.client is first
    assert "Already connected to the emulator" in form._connected.value
    assert len(form._made) == 1
    form._seed.value = 1
    form._connect.click()
    assert form.client is not first
    assert "2 clients are open: " in form._connected.value
    assert all(one.is_open for one in form._made)


def test_a_client_that_was_closed_is_not_kept(form: ConnectForm) -> None:
    """The same wish then makes a new one, and the closed one is forgotten."""
    first = form.connect()
    assert first is not None
    first.close()
    assert form.connect() is not first
    assert len(form._made) == 1


def test_closing_ends_all_that_the_form_made(form: ConnectForm) -> None:
    """Each client refuses to ask; the form can connect anew."""
    made = [form.connect()]
    form._seed.value = 1
    made.append(form.connect())
    form.close()
    for one in made:
        assert one is not None
        with pytest.raises(ek.errors.EngagementError, match="closed"):
            one.totals(["20"], ["favorites"], progress=False)
    assert form.client is None
    assert "Not connected." in form._connected.value
    assert form._test.layout.display == "none"
    assert form.connect() is not None


def test_closing_leaves_the_client_of_another(form: ConnectForm) -> None:
    """A client that somebody gave the form is not its own."""
    with ek.connect("emulator") as given:
        form.client = given
        form.close()
        assert form.client is given
        assert given.plan(ek.Query("totals", ["20"], ["favorites"])) is not None


def held(form: ConnectForm) -> Gated:
    """Connect, and hold the form's calls back."""
    client = form.connect()
    assert client is not None
    form.client, gate = gated(client)
    return gate


def test_one_test_call_at_a_time(form: ConnectForm) -> None:
    """Meanwhile both buttons are off, a second try is the first, and nobody connects."""
    gate = held(form)
    run = form.test_call()
    assert run is not None
    gate.wait_for(1)
    assert (form._connect.disabled, form._try.disabled) == (True, True)
    assert form.test_call() is run
    assert form.connect() is None
    assert "under way" in form._connected.value
    assert len(form._made) == 1
    gate.let()
    run.wait()
    assert (form._connect.disabled, form._try.disabled) == (False, False)
    assert gate.arrived == 1
    assert form.test_call() is not run


def test_closing_ends_a_test_call(form: ConnectForm, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not end is not waited for long, and the clients are closed all the same."""
    monkeypatch.setattr("engagement_kit.forms.connect_form._PATIENCE", 0.05)
    gate = held(form)
    run = form.test_call()
    assert run is not None
    gate.wait_for(1)
    (made,) = form._made
    form.close()
    assert not made.is_open
    gate.let()
    run.wait()
    assert not form._try.disabled


def test_a_folder_that_can_not_be_used_is_said_and_nothing_is_connected(
    form: ConnectForm, tmp_path: Path
) -> None:
    """A file of that name: it is said beside the button; the next folder is taken."""
    (tmp_path / "file").write_text("mine")
    form._store.value = str(tmp_path / "file")
    form._connect.click()
    assert form.client is None
    assert "this is a file, no folder" in form._connected.value
    assert (tmp_path / "file").read_text() == "mine"
    form._store.value = str(tmp_path / "raw")
    form._connect.click()
    assert form.client is not None
    assert list((tmp_path / "raw").iterdir()) == []


def test_why_no_count_came_is_said_in_words(form: ConnectForm) -> None:
    """A deleted tweet: no refusal, but the meaning of its status."""
    client = form.connect()
    assert client is not None
    (form._tweet.value,) = ek.sample_ids(client, 1, kind="unavailable")
    run = form.test_call()
    assert run is not None
    run.wait()
    assert "the tweet is deleted, protected, or was never there" in form._tried.value
    assert "ek-problem" in form._tried.value


def test_worlds_are_those_of_the_emulator(form: ConnectForm) -> None:
    """Each can be connected to."""
    for world in form._world.options:
        form._world.value = world
        client = form.connect()
        assert client is not None
        assert client.connection.where.service == f"emulator/{world}-0"
    assert len(form._world.options) >= 3
