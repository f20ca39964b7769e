from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engagement_kit.emulator import Fault, Settings, World, WorldClock
from engagement_kit.emulator.service.record import Record
from engagement_kit.emulator.service.state import FOREIGN_LENGTH, LOG_LENGTH, State

RECORD = Record(
    number=0,
    at=1.0,
    world_time="2024-05-01T12:34:56Z",
    method="POST",
    path="/x",
    endpoint="",
    credential="",
    account="",
    tweets=0,
    status=404,
    reason="",
    faults=("slow",),
    size=0,
    took_ms=0.1,
    delay_s=0.0,
)


@pytest.fixture
def state(world: World, now: datetime) -> State:
    """Make a state with a frozen clock, a switch and a fault of its own."""
    return State(
        world, WorldClock(frozen=now), Settings(per_minute=2), [Fault("slow")], lambda: 1.0
    )


def numbered(number: int) -> Record:
    """Make a record."""
    return replace(RECORD, number=number)


def test_record_is_json() -> None:
    """A record can be written as JSON, under the names of its attributes."""
    assert json.loads(json.dumps(RECORD.to_dict()))["faults"] == ["slow"]


def test_notes_are_numbered(state: State) -> None:
    """Requests are counted from 1; only the newest stay in the log."""
    for _ in range(LOG_LENGTH + 5):
        state.note(numbered)
    records = state.records()
    assert state.requests_served == LOG_LENGTH + 5
    assert [records[0].number, records[-1].number, len(records)] == [6, LOG_LENGTH + 5, LOG_LENGTH]


def test_foreign_requests_push_nobody_out(state: State) -> None:
    """Refused by the guard, requests are counted and logged, but push out no others."""
    for _ in range(3):
        state.note(numbered)
    for _ in range(LOG_LENGTH + 1):
        state.note(numbered, foreign=True)
    state.note(numbered)
    served = 3 + LOG_LENGTH + 1 + 1
    assert state.requests_served == served
    numbers = [one.number for one in state.records()]
    assert numbers == [1, 2, 3, *range(served - FOREIGN_LENGTH, served + 1)]
    state.reset()
    assert state.records() == []


def test_change(state: State) -> None:
    """A change starts the budgets anew; what is not named stays."""
    assert [state.limiter.admit("totals", 1.0) for _ in range(3)] == [None, None, "minute"]
    state.change({"zeros": "sparse"})
    assert state.settings == Settings(per_minute=2, zeros="sparse")
    assert state.limiter.admit("totals", 1.0) is None


def test_change_keeps_nonces(state: State) -> None:
    """A nonce that was used stays used when switches change, not after a reset."""
    before = state.authenticator
    state.change({"zeros": "sparse"})
    assert state.authenticator is before
    state.reset()
    assert state.authenticator is not before


def test_change_keeps_tokens(state: State) -> None:
    """Walks and revoked tokens stay when switches change, not after a reset."""
    app, acme = state.world.app, state.world.accounts[0]
    walk = state.walks.begin(app.name, "oob", 1.0)
    state.grants.revoke(app, acme)
    state.change({"zeros": "sparse"})
    assert state.walks.find(walk.token, 1.0) == walk
    assert state.grants.is_revoked(app, acme)
    state.reset()
    assert state.walks.find(walk.token, 1.0) is None
    assert not state.grants.is_revoked(app, acme)


@pytest.mark.parametrize(
    ("switch", "enabled", "expected"),
    [
        *(("enabled", True, True), ("enabled", False, False)),
        *(("not_enabled", True, False), ("not_enabled", False, False)),
    ],
)
def test_enabled(state: State, *, switch: str, enabled: bool, expected: bool) -> None:
    """An app is enabled where the switch and the app's own leave both say so."""
    state.grants.enable(state.world.app, enabled=enabled)
    state.change({"app": switch})
    assert state.is_enabled(state.world.app.name) is expected


def test_version_of_the_keys(state: State) -> None:
    """The version grows with each change of apps and tokens, with a reset too, and only then."""
    app, acme = state.world.app, state.world.accounts[0]
    steps = [
        lambda: state.grants.revoke(app, acme),
        lambda: state.grants.grant(app, acme),
        lambda: state.grants.enable(app, enabled=False),
        lambda: state.grants.invalidate_bearer(app, state.grants.bearer(app)),
        lambda: state.grants.revoke(app, acme),
        state.reset,
        state.reset,
        lambda: state.grants.revoke(app, acme),
    ]
    versions = [state.keys_version]
    for step in steps:
        step()
        versions.append(state.keys_version)
    assert versions == sorted(set(versions))
    for idle in (
        lambda: state.grants.revoke(app, acme),
        lambda: state.grants.enable(app),
        lambda: state.grants.invalidate_bearer(app, "x"),
        lambda: state.grants.grant(state.world.apps[1], acme),
        lambda: state.change({"zeros": "sparse"}),
    ):
        idle()
        assert state.keys_version == versions[-1]


def test_wrong_change(state: State) -> None:
    """A change with one wrong value changes nothing."""
    limiter = state.limiter
    with pytest.raises(ValueError, match="leaves is 'x'"):
        state.change({"zeros": "sparse", "leaves": "x"})
    assert state.settings == Settings(per_minute=2)
    assert state.limiter is limiter


def test_reset(state: State, now: datetime) -> None:
    """A reset goes back to the start in every respect."""
    state.change({"per_minute": None, "zeros": "sparse"})
    state.clock.travel(timedelta(days=1))
    state.clock.follow()
    state.faults.strike("totals", frozenset())
    state.faults.clear()
    state.faults.add(Fault("reset"))
    state.note(numbered)
    state.reset()
    assert state.settings == Settings(per_minute=2)
    assert (state.clock.now(), state.clock.is_frozen) == (now, True)
    (fault,) = state.faults.listed()
    assert (fault["kind"], fault["number"], fault["met"]) == ("slow", 1, 0)
    assert (state.requests_served, state.records()) == (0, [])


def test_no_change_is_lost(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of changes made at the same time each one stays."""
    changed: Callable[..., Settings] = Settings.changed

    def slowly(settings: Settings, changes: dict[str, str]) -> Settings:
        time.sleep(0.01)  # other threads get their turn between reading and writing
        return changed(settings, changes)

    monkeypatch.setattr(Settings, "changed", slowly)
    switches = {
        "zeros": "sparse",
        "leaves": "numbers",
        "aged": "absent",
        "gzip": "optional",
        "groupings": "ten",
        "ids": "strings",
        "partial": "list_and_errors",
        "lone_hour": "by_day",
    }
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: state.change(dict([one])), switches.items()))
    assert state.settings == Settings(per_minute=2, **switches)  # type: ignore[arg-type]


def test_notes_of_threads(state: State) -> None:
    """Eight threads note requests without losing or doubling a number."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: state.note(numbered), range(800)))
    assert [one.number for one in state.records()] == list(range(1, 801))
