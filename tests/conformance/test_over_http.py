from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from asking import Keys, ask_over_http, plain_session
from cases import Case, Facts
from filling import fill
from judging import judge

from engagement_kit.emulator import Emulator, Settings, World, WorldClock


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Return one session, so that connections are kept."""
    with plain_session() as one:
        yield one


@pytest.fixture(scope="module")
def emulator_with(
    conformance_world: World, facts: Facts
) -> Iterator[Callable[[dict[str, object]], Emulator]]:
    """Run one emulator for each combination of switches, all stopped at the end."""
    running: dict[str, Emulator] = {}

    def _emulator_with(settings: dict[str, object]) -> Emulator:
        name = json.dumps(settings, sort_keys=True)
        if name not in running:
            clock = WorldClock(frozen=facts.now)
            running[name] = Emulator(conformance_world, clock, Settings(**settings))  # type: ignore[arg-type]
        return running[name]

    yield _emulator_with
    for emulator in running.values():
        emulator.stop()


def test_conforms(
    case: Case,
    facts: Facts,
    keys: Keys,
    session: requests.Session,
    emulator_with: Callable[[dict[str, object]], Emulator],
) -> None:
    """The emulator answers over real HTTP as the documents say."""
    emulator = emulator_with(dict(case.settings))
    filled = fill(case, facts)
    if filled.ask.times > 1:
        _wait_for_room_in_this_second()
    answer = ask_over_http(session, emulator.base_url, filled.ask, keys)
    assert judge(filled, answer) == []


def _wait_for_room_in_this_second() -> None:
    """Wait where the second is nearly over, so that a budget is not renewed between requests."""
    left = 1 - time.time() % 1
    if left < 0.3:
        time.sleep(left)
