"""Doing something once it is quiet."""

from __future__ import annotations

import asyncio

import pytest
from acting import text_of

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.forms.later import Later


def test_without_an_event_loop_it_is_done_at_once() -> None:
    """As in a test or a script; `now` has nothing left to do."""
    done: list[int] = []
    later = Later(lambda: done.append(1))
    later.soon()
    assert done == [1]
    later.now()
    assert done == [1]


def test_in_an_event_loop_it_waits_for_quiet() -> None:
    """Many times soon is once; `now` does what is due, and nothing is done twice."""
    done: list[int] = []
    later = Later(lambda: done.append(1), seconds=0)

    async def typing() -> None:
        for _ in range(5):
            later.soon()
        assert done == []
        await asyncio.sleep(0)
        while not done:
            await asyncio.sleep(0)
        assert done == [1]
        later.soon()
        later.now()
        assert done == [1, 1]
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(typing())
    assert done == [1, 1]


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
            assert form.run is not None
            assert form.run.wait().result.plan.query.tweet_ids == ("22",)  # type: ignore[union-attr]
            assert form._fault.value == ""

    asyncio.run(typing())
