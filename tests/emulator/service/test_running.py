from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import requests

from engagement_kit.emulator import Emulator, Fault, Settings, World, WorldClock
from engagement_kit.emulator.service.running import IN_PROCESS_URL

TOTALS = "/insights/engagement/totals"


@pytest.fixture
def near(world: World, now: datetime) -> Emulator:
    """Make an emulator without a socket."""
    settings = Settings(credentials="trusted")
    faults = [Fault("server_error", nth=3)]
    return Emulator(world, WorldClock(frozen=now), settings, faults=faults, in_process=True)


def status(emulator: Emulator, question: dict[str, Any]) -> int:
    """Ask once; return the status."""
    headers = {"Host": "anything.example", "Accept-Encoding": "gzip"}
    return emulator.respond("POST", TOTALS, headers, json.dumps(question).encode()).status


def test_no_socket(near: Emulator, question: dict[str, Any]) -> None:
    """In process there is no thread and no port; any host will do, and the URL leads nowhere."""
    before = threading.active_count()
    emulator = Emulator(near.world, in_process=True)
    assert threading.active_count() == before
    assert emulator.url == IN_PROCESS_URL
    assert emulator.base_url == IN_PROCESS_URL + "/insights/engagement"
    assert emulator.url.endswith(".invalid")
    assert status(near, question) == 200
    emulator.stop()
    emulator.stop()
    assert "stopped" in repr(emulator)


def test_html(near: Emulator) -> None:
    """In a notebook a running emulator links to its page; one without a socket or stopped can't."""
    with Emulator() as emulator:
        assert f'href="{emulator.url}/"' in emulator._repr_html_()
        assert "&lt;Emulator emulator/standard-0" in emulator._repr_html_()
    assert "href" not in emulator._repr_html_()
    assert "href" not in near._repr_html_()


def test_parts(world: World, now: datetime) -> None:
    """World, clock, switches and faults are those given."""
    clock, settings = WorldClock(frozen=now), Settings(zeros="sparse")
    faults = [Fault("slow")]
    emulator = Emulator(world, clock, settings, faults=faults, in_process=True)
    assert emulator.world is world
    assert emulator.clock is clock
    assert emulator.settings is settings
    assert emulator.faults.listed()[0]["kind"] == "slow"
    assert emulator.name == "emulator/standard-0"


def test_change_and_reset(near: Emulator, now: datetime, question: dict[str, Any]) -> None:
    """What is changed while it runs has effect at once, and a reset undoes it."""
    near.change(credentials="verified")
    assert status(near, question) == 401
    with pytest.raises(ValueError, match="there are: profile"):
        near.change(credential="trusted")
    near.reset()
    assert near.settings == Settings(credentials="trusted")
    near.clock.set(datetime.fromisoformat("2020-01-01T00:00:00+00:00"))
    near.faults.add(Fault("unavailable"))
    assert status(near, question) == 503
    near.reset()
    assert near.clock.now() == now
    assert [status(near, question) for _ in range(4)] == [200, 200, 500, 200]
    assert near.requests_served == 4
    assert [record.faults for record in near.log] == [(), (), ("server_error",), ()]


def test_log_is_a_copy(near: Emulator, question: dict[str, Any]) -> None:
    """The log that was taken stays as it was while more is served."""
    log = near.log
    status(near, question)
    assert (log, len(near.log)) == ([], 1)


def test_threads(near: Emulator, question: dict[str, Any]) -> None:
    """Eight threads ask, add faults, read and change: every request is counted once."""

    def work(number: int) -> int:
        near.faults.add(Fault("numbers", endpoint="28hr"))
        near.change(zeros="sparse" if number % 2 else "full")
        assert [record.status for record in near.log].count(401) == 0
        return status(near, question)

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(work, range(200)))
    assert (statuses.count(200), statuses.count(500)) == (199, 1)
    assert near.requests_served == 200
    assert [record.number for record in near.log] == list(range(1, 201))
    first, *others = near.faults.listed()
    assert (first["met"], first["struck"], len(others)) == (200, 1, 200)


def test_faults_from_the_start(world: World, now: datetime, question: dict[str, Any]) -> None:
    """Faults given at the start strike over HTTP; they can be taken away while it runs."""
    settings = Settings(credentials="trusted")
    faults = [Fault("unavailable")]
    with Emulator(world, WorldClock(frozen=now), settings, faults=faults) as emulator:
        url = emulator.base_url + "/totals"
        assert requests.post(url, json=question, timeout=10).status_code == 503
        emulator.faults.clear()
        assert requests.post(url, json=question, timeout=10).status_code == 200


def test_a_stopped_emulator_answers_nobody_in_process() -> None:
    """After `stop` a session with the adapter gets what it would get of a closed port."""
    emulator = Emulator(in_process=True)
    with requests.Session() as session:
        session.mount(emulator.url, emulator.adapter())
        assert session.get(f"{emulator.url}/emulator/state", timeout=5).ok
        emulator.stop()
        with pytest.raises(requests.ConnectionError, match="was stopped"):
            session.get(f"{emulator.url}/emulator/state", timeout=5)


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        ({"world": 1}, TypeError, "world is 1; it must be a World"),
        ({"clock": datetime(2024, 5, 1)}, TypeError, "must be a WorldClock, as in"),  # noqa: DTZ001
        ({"settings": {"zeros": "sparse"}}, TypeError, "it must be Settings, as in"),
        ({"faults": ["slow"]}, TypeError, r"it must be a list, as in \[Fault"),
        ({"faults": Fault("slow")}, TypeError, "it must be a list"),
        ({"port": 70_000}, ValueError, "port is 70000; allowed: 0"),
        ({"port": "80"}, ValueError, "port is '80'; allowed: 0"),
    ],
)
def test_wrong_arguments(wrong: dict[str, Any], error: type[Exception], text: str) -> None:
    """An argument of a wrong kind is refused at once, with what it must be."""
    with pytest.raises(error, match=text):
        Emulator(**wrong)


def test_environment(near: Emulator) -> None:
    """The keys of any app and account are told as variables; unknown names are refused."""
    default = near.environment()
    acme, birch, _ = near.world.accounts
    reports, research, _ = near.world.apps
    assert default == {
        "ENGAGEMENT_KIT_BASE_URL": near.base_url,
        "TWITTER_CONSUMER_KEY": reports.consumer_key,
        "TWITTER_CONSUMER_SECRET": reports.consumer_secret,
        "TWITTER_ACCESS_TOKEN": acme.access_token,
        "TWITTER_ACCESS_TOKEN_SECRET": acme.access_token_secret,
        "TWITTER_BEARER_TOKEN": reports.bearer_token,
    }
    assert near.environment("acme", app="reports") == default
    other = near.environment("birch", app="research")
    assert other["TWITTER_CONSUMER_SECRET"] == research.consumer_secret
    assert other["TWITTER_ACCESS_TOKEN"].startswith(f"{birch.user_id}-")
    assert not set(other.values()) & set(default.values()) - {near.base_url}
    with pytest.raises(ValueError, match="no account 'x'; there are: acme, birch, cedar"):
        near.environment("x")
    with pytest.raises(ValueError, match="no app 'x'; there are: reports, research, hobby"):
        near.environment(app="x")


def test_revoking_and_enabling(near: Emulator) -> None:
    """Tokens are revoked and apps enabled by name; unknown names are refused."""
    near.revoke("birch")
    near.revoke("acme", app="research")
    grants = near._service.state.grants
    revoked = [
        (app.name, account.name)
        for app in near.world.apps
        for account in near.world.accounts
        if grants.is_revoked(app, account)
    ]
    assert revoked == [("reports", "birch"), ("research", "acme")]
    near.enable("hobby")
    near.enable("reports", enabled=False)
    assert [grants.is_enabled(app.name) for app in near.world.apps] == [False, True, True]
    for wrong in (
        lambda: near.revoke("x"),
        lambda: near.revoke("acme", app="x"),
        lambda: near.enable("x"),
    ):
        with pytest.raises(ValueError, match="'x'; there are: "):
            wrong()
