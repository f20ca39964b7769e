"""The form that connects, and keys: logging in, finding them then, and trying all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from acting import text_of
from owners import PATIENCE, PLANTED_KEY, PLANTED_SECRET, pin_for, secrets_of, shown

import engagement_kit as ek
from engagement_kit.emulator import Emulator
from engagement_kit.forms.connect_form import ConnectForm
from engagement_kit.forms.model import trying
from engagement_kit.forms.model.trying import Trials


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Run an emulator that stands in for the live API, with a keys file of this test's own."""
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(tmp_path / "keys.yaml"))
    with Emulator() as one:
        monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", one.base_url)
        yield one


@pytest.fixture
def form() -> Iterator[ConnectForm]:
    """Make a form, and close what it connected."""
    one = ek.ConnectForm()
    yield one
    one.close()


def log_in(form: ConnectForm, emulator: Emulator, account: str) -> None:
    """Walk to an account's keys, by a program."""
    if not form.login.state.has_app:
        app = emulator.world.app
        form.login.take_app(app.consumer_key, app.consumer_secret)
    page = form.login.begin()
    assert page is not None, form.login.state.wrong
    assert form.login.finish(pin_for(page, account)) == account


def test_after_a_login_connect_finds_the_keys(form: ConnectForm, emulator: Emulator) -> None:
    """The words on keys are those of now; each login makes another client of the next click."""
    form._to.value = "live"
    assert f"No keys for {emulator.url} were found." in form._live.keys.value
    log_in(form, emulator, "birch")
    assert "Found: account birch, in the keys file" in text_of(form._live.keys.value)
    first = form.connect()
    assert first is not None
    assert first.accounts == ("birch",)
    log_in(form, emulator, "acme")
    second = form.connect()
    assert second is not None
    assert second.accounts == ("birch", "acme")
    form.login.forget(None)
    assert f"No keys for {emulator.url} were found." in form._live.keys.value


def test_a_login_and_forgetting_renew_what_stands_beside_connect(
    form: ConnectForm, emulator: Emulator
) -> None:
    """The words on missing keys go; then who is left out is said, and who is gone."""
    form._to.value = "live"
    form._connect.click()
    assert "ek-problem" in form._connected.value
    log_in(form, emulator, "acme")
    assert "ek-problem" not in form._connected.value
    assert "press Connect to take acme up" in form._login.said.value
    form._connect.click()
    assert "Left out" not in form._connected.value
    assert "The client of this form has them now." in form._login.said.value
    log_in(form, emulator, "birch")
    assert "Left out: birch. Press Connect to take birch up." in form._connected.value
    assert "acme signs by default; birch may sign, too." in form._live.keys.value
    form._tried.value = "an error of before"
    trial = form.try_keys()
    assert trial is not None
    trial.wait(PATIENCE)
    assert form._tried.value == ""
    said = text_of(form._trials.words.value)
    assert said.startswith("Accounts of this client: acme. Left out: birch. Press Connect")
    form._connect.click()
    assert "Left out" not in form._connected.value
    form.login.forget("acme")
    assert "No longer found: acme." in form._connected.value


def test_all_keys_are_tried(form: ConnectForm, emulator: Emulator) -> None:
    """A row for each; the requests are signed by each in turn."""
    assert form.try_keys() is None
    form._to.value = "live"
    for name in ("birch", "acme"):
        log_in(form, emulator, name)
    form.connect()
    trial = form.try_keys()
    assert trial is not None
    outcome = trial.wait(PATIENCE)
    assert outcome is not None
    assert [row[:2] for row in outcome.rows] == [
        ("account birch", "accepted"),
        ("account acme", "accepted"),
        ("bearer token", "accepted"),
        ("app keys", "accepted"),
    ]
    asked = [one.account for one in emulator.log if one.endpoint == "totals"]
    assert asked == ["birch", "acme", "", ""]
    assert "account acme" in text_of(form._trials.words.value)


def test_one_trial_at_a_time(form: ConnectForm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile nobody connects or makes a test call; another client forgets the table."""
    let = threading.Event()

    def wait(*_: object) -> Trials:
        assert let.wait(PATIENCE)
        return Trials(wrong="over")

    monkeypatch.setattr(trying, "trials", wait)
    form.connect()
    form._trials.button.click()
    buttons = (form._connect, form._try, form._trials.button)
    assert [one.disabled for one in buttons] == [True] * 3
    assert form.connect() is None
    assert "under way" in form._connected.value
    assert form.test_call() is None
    let.set()
    form._trials.wait(PATIENCE)
    assert [one.disabled for one in buttons] == [False] * 3
    assert "over" in form._trials.words.value
    form._seed.value = 1
    form.connect()
    assert form._trials.words.value == ""


def test_the_walk_can_be_practised(form: ConnectForm, tmp_path: Path) -> None:
    """On the emulator that is connected; what is kept for real is left alone."""
    form._login.toggle.click()
    assert "Connect to the emulator first" in form._login.goal.value
    client = form.connect()
    assert client is not None
    assert client.emulator is not None
    assert "Its keys are made up, and kept nowhere." in form._login.goal.value
    page = form.login.begin()
    assert page is not None
    assert page.startswith(client.emulator.url)
    assert form.login.finish(pin_for(page, "acme")) == "acme"
    assert "nothing was kept" in form._login.said.value
    assert "At the live API the keys would be kept" in form._login.said.value
    assert not list(tmp_path.glob("**/keys.yaml"))
    form._to.value = "live"
    assert "https://api.twitter.com" in form._login.goal.value
    assert form._login.said.value == ""


def test_a_walk_that_is_under_way_stays_while_a_person_looks_elsewhere(
    form: ConnectForm, emulator: Emulator
) -> None:
    """What is shown is the walk's; it ends as it began."""
    form._login.toggle.click()
    form._to.value = "live"
    form.login.take_app(emulator.world.app.consumer_key, emulator.world.app.consumer_secret)
    page = form.login.begin()
    assert page is not None
    form._to.value = "emulator"
    form.connect()
    assert form._login.address.value == page
    assert form.login.finish(pin_for(page, "birch")) == "birch"
    assert "kept in the keys file" in form._login.said.value


def test_closing_ends_a_waiting_callback(form: ConnectForm, emulator: Emulator) -> None:
    """No thread waits any more, and the form can be used again."""
    form._to.value = "live"
    form.login.take_app(emulator.world.app.consumer_key, emulator.world.app.consumer_secret)
    assert form.login.begin(callback=True, port=0) is not None
    form.close()
    assert form.login.state.phase == "idle"
    assert not [one for one in threading.enumerate() if "waits on" in one.name]
    log_in(form, emulator, "birch")


def test_no_key_is_shown_whatever_goes_wrong(form: ConnectForm, emulator: Emulator) -> None:
    """After each step of a walk: in no widget's state, no text, no error."""
    seen = []
    form._to.value = "live"
    form._login.toggle.click()
    for key, secret in (
        (PLANTED_KEY, f"{PLANTED_SECRET} with blanks"),
        (PLANTED_KEY, PLANTED_SECRET),
        (emulator.world.app.consumer_key, emulator.world.app.consumer_secret),
    ):
        form._login.key.set_state({"value": key})
        form._login.secret.set_state({"value": secret})
        seen.append(shown(form))
        form.login.begin()
        seen.append(shown(form))
    form.login.finish("1234567")
    seen.append(shown(form))
    log_in(form, emulator, "birch")
    form.connect()
    trial = form.try_keys()
    assert trial is not None
    trial.wait(PATIENCE)
    seen += [shown(form), repr(form._repr_mimebundle_())]
    assert [one for one in secrets_of(emulator) if any(one in text for text in seen)] == []
    assert "birch is logged in" in seen[-2]


def test_the_text_of_the_form_tells_of_the_login(form: ConnectForm) -> None:
    """For terminals, where no widget is shown: what to do, what is waited for, how it ended."""
    assert "login.begin() gives a page to agree on" in repr(form)
    assert form.login.begin() is None
    assert "log in an account: Connect to the emulator first" in repr(form)
    form.connect()
    page = form.login.begin()
    assert page is not None
    assert "the owner has the page" in repr(form)
    assert page not in repr(form)
    form.login.finish(pin_for(page, "birch"))
    assert "log in an account: birch is logged in, in practice" in repr(form)
    form.login.begin(callback=True, port=0)
    assert f"waiting for the browser to come back to {form.login.state.waits_at}" in repr(form)


def test_an_address_that_is_none_is_said(
    form: ConnectForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Choosing the live API shows it, and raises nothing."""
    monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", "nonsense")
    form._login.toggle.click()
    form._to.value = "live"
    assert "an address has a scheme and a host" in form._live.keys.value
    assert "an address has a scheme and a host" in form._login.goal.value


def test_an_address_can_be_typed(form: ConnectForm, monkeypatch: pytest.MonkeyPatch) -> None:
    """An emulator of this machine is named as such; the code and the login go there, too."""
    with Emulator() as one:
        form._login.toggle.click()
        form._to.value = "live"
        form._live.address.value = one.url
        assert f"At {one.base_url} answers an emulator" in text_of(form._live.answers.value)
        assert f"For {one.url}; tokens come from {one.url}" in form._login.goal.value
        monkeypatch.setenv("TWITTER_BEARER_TOKEN", one.world.app.bearer_token)
        form._contracted.value, form._overage.value = 2, "stop"
        client = form.connect()
        assert client is not None
        assert (client.connection.base_url, client.contracted) == (one.base_url, 2)
        for given in (f'base_url="{one.base_url}"', "contracted=2", 'overage="stop"'):
            assert given in form._code.value
    form._live.address.value = "nowhere"
    assert 'role="alert"' in form._live.answers.value
    assert "This can be no address" in form._live.answers.value
    assert (form.connect(), form.client) == (None, client)
    assert "an address has a scheme" in form._connected.value
    form._live.address.value = one.url
    assert "No emulator answers" in form._live.answers.value


def test_who_signs_can_be_chosen(form: ConnectForm, emulator: Emulator) -> None:
    """Among those that have keys; in the client and in the code; nobody is at first."""
    form._to.value = "live"
    assert f"At {emulator.base_url} answers an emulator" in text_of(form._live.answers.value)
    log_in(form, emulator, "birch")
    assert form._live._signs_row.layout.display == "none"
    log_in(form, emulator, "acme")
    assert form._live.signs.options == (
        ("as found: birch", ""),
        ("birch", "birch"),
        ("acme", "acme"),
    )
    first = form.connect()
    assert first is not None
    form._live.signs.value = "acme"
    assert "acme signs by default; birch may sign, too." in form._live.keys.value
    second = form.connect()
    assert second is not None
    assert (first.account, second.account) == ("birch", "acme")
    assert 'account="acme"' in form._code.value
    form.login.forget("acme")
    assert form._live.account == ""
