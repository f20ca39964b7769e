"""Whatever a person and an owner do in whichever order, the walk stands as it says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from owners import PATIENCE, PLANTED_KEY, PLANTED_SECRET, answer, pin_for, secrets_of

from engagement_kit.emulator import Emulator
from engagement_kit.forms.model.logging_in import LoggingIn
from engagement_kit.forms.model.login_goal import goal_of


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """Run an emulator that stands in for the live API."""
    with Emulator() as one:
        yield one


class Person:
    """Somebody at the form, and the owners of the accounts."""

    def __init__(self, walk: LoggingIn, emulator: Emulator) -> None:
        self.walk, self._app = walk, emulator.world.app
        self.expected: set[str] = set()
        self._pin = self._answered = ""

    def types_keys(self) -> None:
        """Type those of the emulator's app."""
        self.walk.take_app(self._app.consumer_key, self._app.consumer_secret)

    def types_wrong_keys(self) -> None:
        """Type keys that no app has."""
        self.walk.take_app(PLANTED_KEY, PLANTED_SECRET)

    def drops_keys(self) -> None:
        """Take back what was typed."""
        self.walk.drop_app()

    def wants_a_pin(self) -> None:
        """Get a page that shows a PIN."""
        self._pin = ""
        self.walk.begin()

    def wants_a_callback(self) -> None:
        """Get a page that sends the browser back."""
        self.walk.begin(callback=True, port=0)

    def owner_agrees(self) -> None:
        """Let the app in, as one of the accounts; a page is answered once."""
        page, name = self.walk.state.page, ("acme", "birch")[len(self.expected) % 2]
        if self.walk.state.waits_at:
            answer(page, name)
            self.expected |= {self.walk.wait(PATIENCE) or ""}
        elif page not in {"", self._answered}:
            self._answered, self._pin = page, pin_for(page, name)

    def owner_says_no(self) -> None:
        """Keep the app out."""
        page = self.walk.state.page
        if page not in {"", self._answered}:
            answer(page, "acme", "cancel")
            self._answered = page
            assert not self.walk.state.waits_at or self.walk.wait(PATIENCE) is None

    def finishes(self) -> None:
        """Type the PIN, or nothing where there is none."""
        self.expected |= {self.walk.finish(self._pin)} - {None}  # type: ignore[arg-type]

    def finishes_wrongly(self) -> None:
        """Type another PIN."""
        assert self.walk.finish("x") is None

    def cancels(self) -> None:
        """End the walk."""
        self.walk.cancel()

    def forgets(self) -> None:
        """Forget one account."""
        self.expected -= set(self.walk.forget("acme"))

    def forgets_all(self) -> None:
        """Forget all that is kept."""
        assert set(self.walk.forget(None)) == self.expected
        self.expected.clear()


STEPS = [one for name, one in vars(Person).items() if not name.startswith("_")]


@settings(max_examples=25)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=4, max_size=16))
def test_the_walk_stands_as_it_says(
    emulator: Emulator, steps: list[Callable[[Person], None]]
) -> None:
    """A page while one can agree, a port while it waits; kept is who agreed; no secret."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(Path(folder) / "keys.yaml"))
        patch.setenv("ENGAGEMENT_KIT_BASE_URL", emulator.base_url)
        walk = LoggingIn(lambda: goal_of(live=True, client=None))
        person = Person(walk, emulator)
        for step in (Person.types_keys, *steps):
            step(person)
            _holds(walk, emulator)
            walk.look()
            assert set(walk.state.keeping.names) == person.expected or walk.state.page
        walk.close(PATIENCE)
        assert not [one for one in threading.enumerate() if "waits on" in one.name]


def _holds(walk: LoggingIn, emulator: Emulator) -> None:
    """Hold what a walk says against what there is."""
    state = walk.state
    assert state.phase in {"idle", "agreeing", "done"}
    assert bool(state.page) == (state.phase == "agreeing")
    assert bool(state.account) == (state.phase == "done")
    if state.waits_at:
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(state.waits_at, timeout=PATIENCE).status_code == 400
    shown = f"{state}{vars(walk)}{walk.line}"
    assert [one for one in secrets_of(emulator) if one in shown] == []
