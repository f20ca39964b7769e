"""Doing something once it is quiet."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import ClassVar

import pytest
from acting import text_of

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.forms.later import Later


class Timer:
    """Stands for a timer; fires when a test says so."""

    made: ClassVar[list[Timer]] = []

    def __init__(self, seconds: float, do: Callable[[], None]) -> None:
        self.seconds, self.do = seconds, do
        self.state = "made"
        self.daemon = False
        self.made.append(self)

    def start(self) -> None:
        """Begin to wait."""
        self.state = "waiting"

    def cancel(self) -> None:
        """Wait no more."""
        self.state = "cancelled"


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[Timer]:
    """Have timers that fire by hand, and list them."""
    Timer.made = []
    monkeypatch.setattr("engagement_kit.forms.later.threading.Timer", Timer)
    return Timer.made


def test_without_an_event_loop_it_is_done_at_once(timers: list[Timer]) -> None:
    """As in a test or a script."""
    done: list[int] = []
    later = Later(lambda: done.append(1))
    later.soon()
    assert done == [1]
    assert timers == []


def test_in_an_event_loop_it_waits_for_quiet(timers: list[Timer]) -> None:
    """Many times soon is once, when the last of them has waited."""
    done: list[int] = []

    async def typing() -> None:
        later = Later(lambda: done.append(1), seconds=0.5)
        for _ in range(3):
            later.soon()

    asyncio.run(typing())
    assert [one.state for one in timers] == ["cancelled", "cancelled", "waiting"]
    assert {(one.seconds, one.daemon) for one in timers} == {(0.5, True)}
    assert done == []
    timers[-1].do()
    assert done == [1]


def test_several_threads_put_off_the_same(timers: list[Timer]) -> None:
    """Each thread of a kernel has a loop of its own; there is one timer all the same."""
    later = Later(lambda: None)

    async def typing() -> None:
        later.soon()

    for _ in range(3):
        thread = threading.Thread(target=lambda: asyncio.run(typing()))
        thread.start()
        thread.join()
    assert [one.state for one in timers] == ["cancelled", "cancelled", "waiting"]


def test_a_form_in_a_loop_shows_one_thing_for_many_keys(client: Client) -> None:
    """What a program reads is always of the last key, though the screen waits."""
    looks: list[str] = []

    async def typing() -> None:
        form = ek.RequestForm(client, keep=None)
        look = form._looker.look
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                form._looker,
                "look",
                lambda draft, who: looks.append(draft.pasted) or look(draft, who),
            )
            for text in ("2", "20", "20 2", "20 21"):
                form._tweets.pasted.value = text
            assert looks == []
            assert form.query.tweet_ids == ("20", "21")
            assert looks == ["20 21"]
            assert "2 tweets" in text_of(form._tweets.counts.value)
            form._tweets.pasted.value = "22"
            form._run.run.click()
            assert form.running is not None
            assert form.running.wait().result.plan.query.tweet_ids == ("22",)  # type: ignore[union-attr]
            assert form._fault.value == ""

    asyncio.run(typing())
