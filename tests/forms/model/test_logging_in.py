"""The walk to an account's keys without a screen: how it stands after each step."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from owners import PATIENCE, PLANTED_KEY, PLANTED_SECRET, answer, pin_for

import engagement_kit as ek
from engagement_kit.emulator import Emulator
from engagement_kit.fetch.keys.callback import Callback
from engagement_kit.forms.model import logging_in
from engagement_kit.forms.model.logging_in import LoggingIn
from engagement_kit.forms.model.login_goal import goal_of
from engagement_kit.forms.model.login_walk import Going


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Run an emulator that stands in for the live API."""
    with Emulator() as one:
        monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", one.base_url)
        yield one


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep keys in a file of this test's own."""
    path = tmp_path / "config" / "keys.yaml"
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(path))
    return path


@pytest.fixture
def walk(emulator: Emulator) -> Iterator[LoggingIn]:
    """Make a walk for which the app's keys are typed already."""
    one = live()
    one.take_app(emulator.world.app.consumer_key, emulator.world.app.consumer_secret)
    yield one
    one.close(PATIENCE)


def live(**options: float) -> LoggingIn:
    """Make a walk to the live API, or what stands in for it."""
    return LoggingIn(lambda: goal_of(live=True, client=None), **options)


def page_of(walk: LoggingIn, *, callback: bool = False) -> str:
    """Get a page; a callback takes any free port."""
    page = walk.begin(callback=callback, port=0)
    assert page is not None, walk.state.wrong
    return page


def test_by_pin_an_account_is_logged_in_and_connect_finds_it(walk: LoggingIn, kept: Path) -> None:
    """It says who, where the keys are, and who is kept; the typed keys and the page are gone."""
    assert walk.state.typed == ("consumer_key", "consumer_secret")
    page = page_of(walk)
    assert (walk.state.phase, walk.state.page) == ("agreeing", page)
    pin = pin_for(page, "birch")
    assert walk.finish(f" {pin[:3]} {pin[3:]}\n") == "birch"
    state = walk.state
    assert (state.phase, state.account, state.page, state.typed) == ("done", "birch", "", ())
    kept_in = f"birch is logged in; its keys are kept in the keys file {kept}."
    assert state.said == (kept_in, "Connect finds them now: press Connect to take birch up.")
    assert state.keeping.names == ("birch",)
    assert state.goal.app == f"the keys file {kept}"
    with ek.connect() as client:
        assert client.account == "birch"


def test_by_callback_the_browser_brings_the_answer(walk: LoggingIn) -> None:
    """Waiting ends with the account, and its port is free again."""
    page = page_of(walk, callback=True)
    at = walk.state.waits_at
    assert at.startswith("http://127.0.0.1:")
    assert walk.finish("1234567") is None
    assert "by itself" in walk.state.wrong["agree"]
    assert "<h1>Done</h1>" in answer(page, "cedar")
    assert walk.wait(PATIENCE) == "cedar"
    assert walk.state.waits_at == ""
    with pytest.raises(requests.ConnectionError):
        requests.get(at, timeout=PATIENCE)


def test_several_accounts_are_kept_side_by_side(walk: LoggingIn) -> None:
    """The second walk finds the app's keys where the first kept them."""
    assert walk.finish(pin_for(page_of(walk), "birch")) == "birch"
    assert walk.finish(pin_for(page_of(walk), "acme")) == "acme"
    assert [one.name for one in walk.state.keeping.accounts] == ["birch", "acme"]
    assert [one.signs for one in walk.state.keeping.accounts] == [True, False]


def test_without_the_app_s_keys_nothing_is_sent(emulator: Emulator) -> None:
    """None, or one of the two: it is said at the first step."""
    one = live()
    assert one.begin() is None
    assert one.state.wrong == {"app": "The app's keys are missing: type both."}
    one.take_app(consumer_key=PLANTED_KEY)
    assert one.begin() is None
    assert "app" in one.state.wrong
    assert not emulator.log


def test_what_can_be_no_key_is_said_without_its_value(walk: LoggingIn) -> None:
    """Which of the two, and why; the one before it stays."""
    walk.take_app(consumer_secret="with a blank")
    said = walk.state.wrong["app"]
    assert said.startswith("Consumer secret: a key has no blanks")
    assert "with a blank" not in said
    assert page_of(walk)


def test_keys_of_no_app_are_refused_at_the_first_step(walk: LoggingIn) -> None:
    """In the words of the service, without the keys; others can be typed."""
    walk.take_app(PLANTED_KEY, PLANTED_SECRET)
    assert walk.begin() is None
    assert walk.state.phase == "idle"
    assert "HTTP 4" in walk.state.wrong["app"]
    assert "planted" not in repr(walk.state)
    assert (walk.state.typed, walk.state.refused) == ((), True)  # which one is wrong is not known
    walk.take_app(consumer_key=PLANTED_KEY)
    assert walk.state.refused
    walk.take_app(consumer_secret=PLANTED_SECRET)
    assert not walk.state.refused
    walk.drop_app()
    assert (walk.state.typed, walk.state.wrong, walk.state.refused) == ((), {}, False)


def test_keys_that_are_refused_may_be_the_callback_s_fault(walk: LoggingIn) -> None:
    """Its address is named, where it is to be mended."""
    walk.take_app(PLANTED_KEY, PLANTED_SECRET)
    assert walk.begin(callback=True, port=0) is None
    assert "/callback registered with the app?" in walk.state.wrong["page"]


def test_a_wrong_pin_ends_the_walk_and_another_begins(walk: LoggingIn, kept: Path) -> None:
    """An empty one is not sent, and ends nothing."""
    page = page_of(walk)
    assert walk.finish("  ") is None
    assert walk.state.phase == "agreeing"
    assert walk.state.wrong["agree"].startswith("Type the PIN that the page shows. If it said no")
    assert "get another page" in walk.state.wrong["agree"]
    wrong = f"{(int(pin_for(page, 'birch')) + 1) % 10_000_000:07d}"
    assert walk.finish(wrong) is None
    assert (walk.state.phase, walk.state.page) == ("idle", "")
    assert "Begin again" in walk.state.wrong["agree"]
    assert not kept.exists()
    assert walk.finish(wrong) is None
    assert "get one" in walk.state.wrong["agree"]
    assert walk.finish(pin_for(page_of(walk), "birch")) == "birch"


def test_an_owner_who_says_no_ends_the_waiting(walk: LoggingIn, kept: Path) -> None:
    """It is said at the third step, and nothing is kept."""
    assert "Nothing was granted" in answer(page_of(walk, callback=True), "birch", "cancel")
    assert walk.wait(PATIENCE) is None
    assert "said no" in walk.state.wrong["agree"]
    assert not kept.exists()


def test_waiting_ends_by_itself(emulator: Emulator) -> None:
    """After its patience, with words; another walk can be begun."""
    one = live(patience=0.0)
    one.take_app(emulator.world.app.consumer_key, emulator.world.app.consumer_secret)
    assert one.begin(callback=True, port=0) is not None
    assert one.wait(PATIENCE) is None
    assert "did not come back within 0 seconds" in one.state.wrong["agree"]
    assert one.finish(pin_for(page_of(one), "birch")) == "birch"
    assert logging_in._PATIENCE == 300


def test_a_walk_can_be_cancelled_and_begun_anew(walk: LoggingIn) -> None:
    """What the browser brings to the old one is no answer to the new one."""
    old = page_of(walk, callback=True)
    at = walk.state.waits_at
    walk.cancel()
    assert (walk.state.phase, walk.state.page, walk.state.waits_at) == ("idle", "", "")
    with pytest.raises(requests.ConnectionError):
        answer(old, "birch")
    new = page_of(walk, callback=True)
    assert walk.state.waits_at != at or new != old
    answer(new, "cedar")
    assert walk.wait(PATIENCE) == "cedar"
    assert walk.state.keeping.names == ("cedar",)


def test_a_new_page_ends_the_walk_before(walk: LoggingIn) -> None:
    """The old page's PIN does not fit the new page."""
    old = pin_for(page_of(walk), "birch")
    page_of(walk)
    assert walk.finish(old) is None
    assert "agree" in walk.state.wrong


def test_a_port_that_is_taken_is_said(walk: LoggingIn) -> None:
    """At the second step; the PIN is left."""
    with Callback(lambda _: True, port=0) as other:
        port = int(other.url.split(":")[2].split("/")[0])
        assert walk.begin(callback=True, port=port) is None
    assert f"port {port} can't be used" in walk.state.wrong["page"]


class Held:
    """Holds a step of all walks back until it is let."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        self.came, self.let = threading.Event(), threading.Event()
        take = getattr(Going, step)

        def hold(*given: object) -> object:
            self.came.set()
            assert self.let.wait(PATIENCE)
            return take(*given)

        monkeypatch.setattr(Going, step, hold)


def test_what_comes_after_a_cancel_is_dropped(
    walk: LoggingIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that was asked for before is not shown, and its callback does not wait."""
    held = Held(monkeypatch, "begin")
    got: list[str | None] = []
    asking = threading.Thread(target=lambda: got.append(walk.begin(callback=True, port=0)))
    asking.start()
    assert held.came.wait(PATIENCE)
    assert walk.state.busy
    walk.cancel()
    held.let.set()
    asking.join(PATIENCE)
    assert got == [None]
    assert (walk.state.phase, walk.state.page) == ("idle", "")
    assert not [one for one in threading.enumerate() if "waits on" in one.name]


def test_keys_that_are_being_fetched_are_not_cancelled(
    walk: LoggingIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a cancel nor another walk comes between; closing waits for the end."""
    held = Held(monkeypatch, "finish")
    pin = pin_for(page_of(walk), "birch")
    fetching = threading.Thread(target=walk.finish, args=(pin,))
    fetching.start()
    assert held.came.wait(PATIENCE)
    walk.cancel()
    assert walk.begin() is None
    assert walk.state.phase == "finishing"
    walk.close(0.0)
    held.let.set()
    walk.close(PATIENCE)
    fetching.join(PATIENCE)
    assert walk.state.account == "birch"


def test_keys_can_be_kept_nowhere(walk: LoggingIn, kept: Path) -> None:
    """It is said; what was typed is there for another try."""
    assert walk.begin(keep="nowhere") is not None
    assert walk.finish(pin_for(walk.state.page, "birch")) == "birch"
    assert walk.state.said == ("birch is logged in; its keys are kept nowhere: this was a try.",)
    assert walk.state.has_app
    assert not kept.exists()


def test_a_file_that_can_not_be_written_is_said(walk: LoggingIn, kept: Path) -> None:
    """The walk ends with words, and without a secret."""
    page = page_of(walk)
    kept.parent.mkdir()
    kept.mkdir()
    assert walk.finish(pin_for(page, "birch")) is None
    assert "can't be" in walk.state.wrong["agree"]


def test_accounts_of_another_app_are_not_forgotten_by_the_way(
    walk: LoggingIn, emulator: Emulator
) -> None:
    """It says what to do; once they are forgotten, the other app's walk begins."""
    assert walk.finish(pin_for(page_of(walk), "birch")) == "birch"
    other = emulator.world.apps[1]
    walk.take_app(other.consumer_key, other.consumer_secret)
    assert walk.begin() is None
    assert "holds keys of another app, by which birch logged in" in walk.state.wrong["app"]
    assert walk.forget(None) == ("birch",)
    assert page_of(walk)


def test_keys_that_connect_would_not_take_are_said(
    walk: LoggingIn, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the environment has keys of another app, what is kept does not count."""
    other = emulator.world.apps[1]
    monkeypatch.setenv("TWITTER_CONSUMER_KEY", other.consumer_key)
    monkeypatch.setenv("TWITTER_CONSUMER_SECRET", other.consumer_secret)
    assert walk.finish(pin_for(page_of(walk), "birch")) == "birch"
    assert walk.state.said[1].startswith("Connect does not take them: ")
    assert "keys of another app" in walk.state.said[1]


def test_forgetting_takes_an_account_out(walk: LoggingIn) -> None:
    """It says that the service does not learn of it; one that is not kept is named."""
    heard: list[str] = []
    walk._on_keys = lambda: heard.append("keys")
    for name in ("birch", "acme"):
        walk.finish(pin_for(page_of(walk), name))
    assert walk.forget("birch") == ("birch",)
    assert walk.state.phase == "idle"
    assert walk.state.said[0].startswith("Forgotten: birch. The service does not learn of it")
    assert walk.state.keeping.names == ("acme",)
    assert walk.forget("birch") == ()
    assert "no keys of account 'birch'" in walk.state.wrong["accounts"]
    assert walk.forget(None) == ("acme",)
    assert not walk.state.keeping.anything
    assert not walk.state.goal.app
    assert heard == ["keys"] * 5


def test_typed_keys_go_to_no_other_service(
    walk: LoggingIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the address changed meanwhile, they are asked for again."""
    with Emulator() as other:
        monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", other.base_url)
        assert walk.begin() is None
        assert walk.state.typed == ()
        assert "app" in walk.state.wrong
        assert not other.log


def test_a_service_that_fails_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer at all, and an address that is none: at the second step."""
    monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", "http://127.0.0.1:1/insights/engagement")
    one = live()
    one.take_app(PLANTED_KEY, PLANTED_SECRET)
    assert one.begin() is None
    assert "no answer from http://127.0.0.1:1" in one.state.wrong["page"]
    monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", "nonsense")
    assert one.begin() is None
    assert "an address has a scheme" in one.state.wrong["page"]


def test_a_fault_of_the_kit_is_named_by_its_kind_alone(
    walk: LoggingIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its text may hold anything."""

    def fail(*_: object) -> None:
        raise RuntimeError(PLANTED_SECRET)

    monkeypatch.setattr(Going, "finish", fail)
    assert walk.finish(pin_for(page_of(walk), "birch")) is None
    assert walk.state.wrong["agree"] == "RuntimeError: this is a fault of the kit."


def test_practice_keeps_nothing_and_sends_no_key_of_ours(
    emulator: Emulator, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the emulator of a client: its own made-up keys, whatever the environment holds."""
    monkeypatch.setenv("TWITTER_CONSUMER_KEY", PLANTED_KEY)
    monkeypatch.setenv("TWITTER_CONSUMER_SECRET", PLANTED_SECRET)
    with ek.connect("emulator") as client:
        one = LoggingIn(lambda: goal_of(live=False, client=client))
        one.look()
        assert "kept nowhere" in one.state.goal.words[1]
        assert one.finish(pin_for(page_of(one), "birch")) == "birch"
        assert "nothing was kept" in one.state.said[0]
        assert one.forget("birch") == ()
        assert one.state.wrong == {"accounts": "Nothing is kept here."}
    assert not kept.exists()
    assert not emulator.log


def test_each_change_is_told(walk: LoggingIn) -> None:
    """In order, so that a form can show it."""
    heard: list[str] = []
    walk.on_change = lambda: heard.append(walk.state.phase)
    walk.finish(pin_for(page_of(walk), "birch"))
    steps = [one for at, one in enumerate(heard) if at == 0 or heard[at - 1] != one]
    assert steps == ["idle", "asking", "agreeing", "finishing", "done"]
