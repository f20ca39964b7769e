"""The part that logs an account in: what is on the screen at each step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import ipywidgets as w
import keyring
import pytest
from acting import all_of, on_screen, text_of
from owners import PATIENCE, PLANTED_KEY, PLANTED_SECRET, answer, pin_for

from engagement_kit.emulator import Emulator
from engagement_kit.forms.model.logging_in import LoggingIn
from engagement_kit.forms.model.login_goal import Goal, goal_of
from engagement_kit.forms.parts.login import LoginPart


class Seen:
    """A login part as a person sees it."""

    def __init__(self, part: LoginPart) -> None:
        self.part = part

    def _shown(self) -> list[w.Widget]:
        return [one for _, one in on_screen(self.part.widget)]

    @property
    def words(self) -> str:
        """All words on the screen."""
        return " ".join(text_of(one.value) for one in self._shown() if isinstance(one, w.HTML))

    @property
    def controls(self) -> set[str]:
        """The labels of all that can be touched."""
        kinds = (w.Button, w.Text, w.RadioButtons, w.BoundedIntText)
        found = [one for one in self._shown() if isinstance(one, kinds) and not one.disabled]
        return {one.description for one in found}

    def click(self, label: str) -> None:
        """Click a button, and wait for what it asks of the service."""
        (button,) = [
            one
            for one in self._shown()
            if isinstance(one, w.Button) and one.description == label and not one.disabled
        ]
        button.click()
        if self.part.asking is not None:
            self.part.asking.join(PATIENCE)

    def type_app(self, key: str, secret: str) -> None:
        """Type the app's keys, as a page sends them."""
        self.part.key.set_state({"value": key})
        self.part.secret.set_state({"value": secret})


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Run an emulator that stands in for the live API, with a keys file of this test's own."""
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(tmp_path / "keys.yaml"))
    with Emulator() as one:
        monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", one.base_url)
        yield one


@pytest.fixture
def seen() -> Iterator[Seen]:
    """Make a part for the live API, or what stands in for it."""
    model = LoggingIn(lambda: goal_of(live=True, client=None))
    yield Seen(LoginPart(model))
    model.close(PATIENCE)


def test_it_is_folded_up_at_first(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A button alone; nothing is looked for before, not even a keyring."""
    monkeypatch.setattr(keyring, "get_keyring", lambda: pytest.fail("it was looked for"))
    seen.part.look()
    assert (seen.controls, seen.words) == ({"Log in an account"}, "")
    monkeypatch.undo()
    seen.click("Log in an account")
    assert "tokens come from https://api.twitter.com" in seen.words
    seen.click("Hide the login")
    assert seen.words == ""


def test_keys_that_are_not_accepted_are_to_be_pasted_again(seen: Seen, emulator: Emulator) -> None:
    """Both, for nobody knows which is wrong; then the walk goes on."""
    app = emulator.world.app
    seen.click("Log in an account")
    seen.type_app(app.consumer_key, PLANTED_SECRET)
    seen.click("Get the page")
    assert "not accepted, and are forgotten: paste both again" in seen.words
    assert "in the memory of this kernel alone" not in seen.words
    seen.type_app(app.consumer_key, app.consumer_secret)
    assert "in the memory of this kernel alone" in seen.words


def test_a_walk_by_pin(seen: Seen, emulator: Emulator) -> None:
    """Each step is shown when it is its turn; at the end the account and its button."""
    seen.click("Log in an account")
    first = {"Consumer key (API key)", "Consumer secret (API key secret)"}
    assert first | {"Get the page", "The answer comes", "Keep the keys"} <= seen.controls
    assert "PIN" not in seen.controls
    seen.type_app(emulator.world.app.consumer_key, emulator.world.app.consumer_secret)
    assert "in the memory of this kernel alone" in seen.words
    seen.click("Get the page")
    page = seen.part.address.value
    assert f'href="{page}"' in seen.part.link.value
    assert 'target="_blank" rel="noopener noreferrer"' in seen.part.link.value
    assert {"PIN", "Finish", "Get another page", "Cancel the login"} <= seen.controls
    seen.part.pin.value = pin_for(page, "birch")
    seen.click("Finish")
    assert "birch is logged in; its keys are kept in the keys file" in seen.words
    wanted = {"Log in another account", "Forget birch", "Forget all, and the app's keys"}
    assert seen.controls == wanted | {"Hide the login"}
    assert (seen.part.pin.value, seen.part.address.value, seen.part.link.value) == ("", "", "")
    seen.click("Log in another account")
    assert "Found in the keys file" in seen.words
    assert not first & seen.controls


def test_a_walk_by_callback(seen: Seen, emulator: Emulator) -> None:
    """The address to register is shown beforehand; the form notices by itself."""
    seen.click("Log in an account")
    seen.type_app(emulator.world.app.consumer_key, emulator.world.app.consumer_secret)
    assert "Register" not in seen.words
    seen.part.way.value = True
    assert "http://127.0.0.1:8766/callback" in seen.words
    seen.part.port.value = _free_port()
    at = f"http://127.0.0.1:{seen.part.port.value}/callback"
    assert f"Register this address with the app beforehand: {at}." in seen.words
    seen.click("Get the page")
    assert f"Waiting for the browser to come back to {at}" in seen.words
    assert "PIN" not in seen.controls
    answer(seen.part.address.value, "cedar")
    assert seen.part._model.wait(PATIENCE) == "cedar"
    assert "cedar is logged in" in seen.words


def _free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_walk_can_be_cancelled_at_any_step(seen: Seen, emulator: Emulator) -> None:
    """Then it is as before; the typed keys are still there."""
    seen.click("Log in an account")
    seen.type_app(emulator.world.app.consumer_key, emulator.world.app.consumer_secret)
    before = seen.controls
    for callback in (False, True):
        seen.part.way.value = callback
        seen.part.port.value = _free_port()
        seen.click("Get the page")
        seen.click("Cancel the login")
        assert seen.controls - {"Port of the callback"} == before
        assert seen.part.link.value == ""


def test_errors_stand_at_their_step(seen: Seen, emulator: Emulator) -> None:
    """Keys that can be none, that no app has, and a wrong PIN; no key is shown."""
    seen.click("Log in an account")
    seen.type_app("with blanks", PLANTED_SECRET)
    assert "Consumer key: a key has no blanks" in text_of(seen.part._wrong["app"].value)
    seen.type_app(PLANTED_KEY, PLANTED_SECRET)
    assert seen.part._wrong["app"].value == ""
    seen.click("Get the page")
    assert "HTTP 4" in text_of(seen.part._wrong["app"].value)
    seen.type_app(emulator.world.app.consumer_key, emulator.world.app.consumer_secret)
    seen.click("Get the page")
    seen.part.pin.value = "1"
    seen.click("Finish")
    assert "Invalid oauth_verifier" in text_of(seen.part._wrong["agree"].value)
    states = repr([one.get_state() for one in all_of(seen.part.widget)])
    assert "planted" not in states
    assert "with blanks" not in states


def test_other_keys_than_those_that_were_found(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fields come by a button, and go by it; what was typed is dropped then."""
    monkeypatch.setenv("TWITTER_API_KEY", PLANTED_KEY)
    monkeypatch.setenv("TWITTER_API_SECRET", PLANTED_SECRET)
    seen.click("Log in an account")
    assert "Found in the environment (TWITTER_API_KEY, TWITTER_API_SECRET)." in seen.words
    seen.click("Type other keys")
    assert "Consumer key (API key)" in seen.controls
    seen.type_app("another", "pair")
    assert seen.part._model.state.typed == ("consumer_key", "consumer_secret")
    seen.click("Take those that were found")
    assert seen.part._model.state.typed == ()
    assert "Consumer key (API key)" not in seen.controls


def test_the_way_to_agree_is_text(seen: Seen) -> None:
    """Whatever an address holds, it can't become a tag."""
    seen.part._model._become(page='http://127.0.0.1:1/"><script>?oauth_token=1')
    seen.part.show()
    assert "<script>" not in seen.part.link.value
    assert re.search(r'href="http://127.0.0.1:1/&quot;&gt;&lt;script', seen.part.link.value)


def test_trouble_leaves_no_step_to_take() -> None:
    """Without a place to go there are words alone."""
    seen = Seen(LoginPart(LoggingIn(lambda: Goal(trouble="Connect first."))))
    seen.click("Log in an account")
    assert seen.words.split() == ["Log", "in", "an", "account", "Connect", "first."]
    assert seen.controls == {"Hide the login"}
