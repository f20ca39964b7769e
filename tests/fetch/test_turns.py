"""Threads that wait for one gate."""

from __future__ import annotations

import threading

import pytest

from engagement_kit.fetch.turns import Turns


def pass_through(turns: Turns, numbers: list[int], stop: threading.Event) -> list[int]:
    """Let threads wait behind one that is at the gate; tell in which order they are through."""
    through: list[int] = []

    def work(number: int) -> None:
        with turns.of(number, stop):
            through.append(number)

    workers = [threading.Thread(target=work, args=(one,), daemon=True) for one in numbers]
    with turns.of(0, stop):
        for worker in workers:
            worker.start()
        while len(turns.waiting) <= len(numbers) and not stop.is_set():
            stop.wait(0.001)
    for worker in workers:
        worker.join(30)
    return through


def test_the_first_in_the_plan_is_through_first() -> None:
    """However they come."""
    assert pass_through(Turns(kept=True), [5, 2, 9, 1], threading.Event()) == [1, 2, 5, 9]


def test_a_run_that_stops_lets_all_go() -> None:
    """Nobody waits for one that never comes through."""
    stop = threading.Event()
    turns = Turns(kept=True)
    with turns.of(0, stop):
        stop.set()
        with turns.of(1, stop):
            assert sorted(turns.waiting) == [0, 1]
    assert turns.waiting == []


def test_without_an_order_nobody_waits() -> None:
    """Those of other runs pass as they come."""
    turns, stop = Turns(kept=False), threading.Event()
    with turns.of(0, stop), turns.of(1, stop):
        assert turns.waiting == []


def test_an_error_gives_the_turn_away() -> None:
    """Who leaves in a hurry keeps nobody waiting."""
    turns = Turns(kept=True)
    with pytest.raises(ValueError, match="gone"), turns.of(0, threading.Event()):
        raise ValueError("gone")
    assert turns.waiting == []
