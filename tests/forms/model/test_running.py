"""A run in a thread: what is done to it, what it says, and in which order."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from gated import Heard, gated, quick_doors

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.emulator import Fault
from engagement_kit.errors import AuthenticationFailed, BudgetExceeded
from engagement_kit.fetch.steps import Step
from engagement_kit.forms.model.running import Running, State, stepped

NEXT = {
    "running": {"running", "paused", "stopping", "done", "stopped", "broken"},
    "paused": {"paused", "running", "stopping", "done", "stopped", "broken"},
    "stopping": {"stopping", "done", "stopped", "broken"},
    "done": set(),
    "stopped": set(),
    "broken": set(),
}


def question(client: Client, requests: int = 6) -> ek.Query:
    """Ask what takes so many requests."""
    return ek.Query("28hr", ek.sample_ids(client, 25 * requests), ["impressions"])


def running(client: Client, query: ek.Query, heard: Heard, **options: Any) -> Running:
    """Make a run that tells each step: its clock makes long strides."""
    total = len(client.plan(query))
    clock = itertools.count().__next__
    return Running(client, query, total=total, on_change=heard, clock=clock, **options)


def in_order(heard: Heard) -> None:
    """See that states follow each other as they may, and that nothing comes after the last."""
    assert heard
    for before, after in itertools.pairwise(heard):
        assert after.phase in NEXT[before.phase], (before, after)
        assert after.done >= before.done
        assert before.alive
    assert not heard[-1].alive


@pytest.fixture
def heard() -> Heard:
    """Listen."""
    return Heard()


def test_a_run_to_its_end(client: Client, heard: Heard) -> None:
    """It begins, counts its requests, and ends with the result."""
    one = running(client, question(client), heard)
    assert one.state.line == "running: 0 of 6 requests · begun"
    one.start()
    end = one.wait()
    in_order(heard)
    assert [state.done for state in heard if state.words == "answered"] == [1, 2, 3, 4, 5, 6]
    assert (end.phase, end.done, end.total) == ("done", 6, 6)
    assert end.result is not None
    assert end.result.receipt.answered == end.result.receipt.asked
    assert one.state is end is heard[-1]


def test_pause_and_resume(client: Client, heard: Heard) -> None:
    """Nothing more is sent while it is paused; the call under way is kept."""
    client, gate = gated(client, open_for=2)
    one = running(client, question(client), heard)
    one.start()
    gate.wait_for(3)
    one.pause()
    assert one.state.phase == "paused"
    gate.let()
    heard.until(lambda state: state.words == "paused: nothing is sent")
    heard.until(lambda state: state.phase == "paused" and state.done == 3)
    assert gate.arrived == 3
    one.resume()
    assert one.state.phase == "running"
    assert one.wait().phase == "done"
    assert gate.arrived == 6
    in_order(heard)


@pytest.mark.parametrize("paused", [False, True])
def test_stop(client: Client, heard: Heard, paused: bool) -> None:
    """It ends before its time, also while paused; the same run again goes on."""
    client, gate = gated(client, open_for=2)
    query = question(client)
    one = running(client, query, heard)
    one.start()
    gate.wait_for(3)
    if paused:
        one.pause()
    one.stop()
    assert one.state.phase in {"stopping", "stopped"}
    end = one.wait()
    gate.let()
    assert end.phase == "stopped"
    assert "Run again to go on" in end.line
    assert end.result is not None
    in_order(heard)
    again = Heard()
    two = running(client, query, again)
    two.start()
    last = two.wait()
    assert last.phase == "done"
    assert last.result is not None
    assert last.result.receipt.answered == last.result.receipt.asked
    in_order(again)


def test_what_comes_after_the_end_does_nothing(client: Client, heard: Heard) -> None:
    """Buttons may be clicked late: nothing is told, and the state stays."""
    one = running(client, question(client, 1), heard)
    one.start()
    end = one.wait()
    many = len(heard)
    one.pause()
    one.resume()
    one.stop()
    assert one.state is end
    assert len(heard) == many


def test_stopping_is_not_undone(client: Client, heard: Heard) -> None:
    """Pause and resume after Stop change nothing."""
    client, gate = gated(client)
    one = running(client, question(client), heard)
    one.start()
    gate.wait_for(1)
    one.stop()
    one.pause()
    one.resume()
    assert one.state.phase in {"stopping", "stopped"}
    assert one.wait(60).phase == "stopped"
    gate.let()
    in_order(heard)


def test_nothing_is_told_after_the_end(client: Client) -> None:
    """Pause tells its state while the last answer comes: the end waits until that is heard."""
    ended = threading.Event()

    class Slow(Heard):
        def __call__(self, state: State) -> None:
            if threading.current_thread() is threading.main_thread() and gate.arrived:
                gate.let()
                ended.wait(0.3)
            super().__call__(state)
            if not state.alive:
                ended.set()

    heard = Slow()
    client, gate = gated(client)
    one = running(client, question(client, 1), heard)
    one.start()
    gate.wait_for(1)
    one.pause()
    one.wait()
    in_order(heard)


@pytest.mark.parametrize("seed", range(8))
def test_random_hands_on_the_buttons(client: Client, seed: int) -> None:
    """Three threads press at random while requests end: states stay in order, and it ends."""
    chance = random.Random(seed)  # noqa: S311 -- no secret
    heard = Heard()
    client, gate = gated(client, threads=2)
    one = running(client, question(client, 12), heard)

    def press(buttons: list[Callable[[], None]]) -> None:
        for button in buttons:
            button()

    def let_one() -> None:
        gate.let(1)

    buttons = [one.pause, one.resume, let_one]
    hands = [
        threading.Thread(target=press, args=([chance.choice(buttons) for _ in range(40)],))
        for _ in range(3)
    ]
    one.start()
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    (one.stop if seed % 2 else one.resume)()
    gate.let()
    one.wait(60)
    in_order(heard)
    if not seed % 2:
        assert heard[-1].done == 12


def test_a_budget_is_kept(client: Client, heard: Heard) -> None:
    """More than may be asked is refused, in words that say what to do; nothing is sent."""
    client, gate = gated(client)
    one = running(client, question(client), heard, max_requests=3)
    one.start()
    end = one.wait()
    assert end.phase == "broken"
    assert isinstance(end.error, BudgetExceeded)
    assert "allow more; nothing was sent" in end.line
    assert gate.arrived == 0
    in_order(heard)


def test_a_budget_that_is_spent_on_tries(
    monkeypatch: pytest.MonkeyPatch, client: Client, heard: Heard
) -> None:
    """The run ends early, says so, and goes on when it is run again."""
    monkeypatch.setattr("engagement_kit.client.asking.Doors", quick_doors)
    assert client.emulator is not None
    query = question(client)
    client.emulator.faults.add(Fault("server_error", nth=(2, 3)))
    one = running(client, query, heard, max_requests=6)
    one.start()
    end = one.wait()
    assert end.phase == "stopped"
    assert end.done < 6
    assert "the budget of 6 requests is spent" in end.line
    assert "Run again to go on" in end.line
    in_order(heard)
    again = Heard()
    two = running(client, query, again, max_requests=6)
    two.start()
    assert two.wait().phase == "done"
    in_order(again)


def test_wrong_keys(monkeypatch: pytest.MonkeyPatch, client: Client, heard: Heard) -> None:
    """The API's own words, and what to do; all requests would fail, so one is sent."""
    assert client.emulator is not None
    for name, value in client.emulator.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TWITTER_ACCESS_TOKEN_SECRET", "wrong")
    wrong = ek.connect(threads=1)
    one = running(wrong, question(client), heard)
    one.start()
    end = one.wait()
    wrong.close()
    assert end.phase == "broken"
    assert isinstance(end.error, AuthenticationFailed)
    assert end.words == str(end.error)
    assert "401" in end.words
    in_order(heard)


def test_refused_tweets_are_listed(client: Client, heard: Heard) -> None:
    """Tweets of others and those that are gone: each refusal with the API's words."""
    ids = ek.sample_ids(client, 3)
    ids += ek.sample_ids(client, 2, kind="foreign") + ek.sample_ids(client, 2, kind="unavailable")
    one = running(client, ek.Query("28hr", ids, ["impressions"]), heard)
    one.start()
    end = one.wait()
    assert end.phase == "done"
    assert end.refused
    assert any("Forbidden to access tweets" in line for line in end.refused)
    assert all("Traceback" not in line for line in end.refused)
    in_order(heard)


def test_a_fault_of_ours_is_told(client: Client, heard: Heard) -> None:
    """An exception that nobody expected ends the run in words, and is kept."""

    class Broken:
        def send(self, request: Any) -> Any:
            raise ZeroDivisionError(request.endpoint)

    query = question(client, 1)
    broken = Client(replace(client.connection, transport=Broken()))
    one = running(broken, query, heard)
    one.start()
    end = one.wait()
    assert end.phase == "broken"
    assert isinstance(end.error, ZeroDivisionError)
    assert "ZeroDivisionError: 28hr. This is a fault of the kit" in end.line
    in_order(heard)


def test_a_closed_client(client: Client, heard: Heard) -> None:
    """It says so, and what to do."""
    one = running(client, question(client, 1), heard)
    client.close()
    one.start()
    assert "Make a new one with ek.connect" in one.wait().line
    in_order(heard)


def test_waits_are_told_with_their_end(client: Client, heard: Heard) -> None:
    """While a limit is waited for, the words say until when; Stop ends the wait."""
    assert client.emulator is not None
    client.emulator.faults.add(Fault("rate_limited"))
    one = running(client, question(client, 1), heard)
    one.start()
    waiting = heard.until(lambda state: state.until is not None)
    assert waiting.until is not None
    assert f"{waiting.until:%H:%M:%S}" in waiting.line
    assert "UTC" in waiting.line
    one.stop()
    end = one.wait(60)
    assert end.phase == "stopped"
    assert end.until is None
    in_order(heard)


def test_states_of_steps() -> None:
    """A step that ends the wait takes the time away; a paused run stays so until it goes on."""
    paused = stepped(State("running"), Step("paused", 1, 3, "paused: nothing is sent"))
    assert paused.phase == "paused"
    assert stepped(paused, Step("answered", 2, 3, "answered")).phase == "paused"
    assert stepped(paused, Step("resumed", 2, 3, "going on")).phase == "running"
    assert stepped(State("stopping"), Step("paused", 1, 3, "paused")).phase == "stopping"
    assert State().line == "not run yet"
