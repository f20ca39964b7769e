"""What came to a store since one last looked: each answer once, whoever put it there."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.answers import news
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.news import News
from engagement_kit.answers.store import Store
from engagement_kit.question.batches import CARRIERS, CHECKS
from engagement_kit.question.request import Request

START = datetime(2026, 6, 1, tzinfo=UTC)


def answer(number: int, outcome: str = "answered") -> Answer:
    """Make an answer of its own."""
    groupings = (CARRIERS["lifetime"], CHECKS["lifetime"])
    request = Request("s", "totals", "user", "me", (str(20 + number % 7),), ("replies",), groupings)
    return Answer(
        request,
        200,
        {},
        b"{}",
        START + timedelta(seconds=number),
        "emulator",
        outcome,  # type: ignore[arg-type]
    )


@given(steps=st.lists(st.integers(0, 3), min_size=1, max_size=8))
@settings(max_examples=15)
def test_each_answer_is_told_once(steps: list[int], tmp_path_factory: object) -> None:
    """However many come between two looks; at first, all that there are."""
    store = Store(tmp_path_factory.mktemp("store"))  # type: ignore[attr-defined]
    news, number, told = News(store), 0, []
    for many in steps:
        new = [store.put(answer(number + at)) for at in range(many)]
        number += many
        came = [one.ref for one in news.come()]
        assert sorted(came) == sorted(new)
        told += came
    assert len(set(told)) == number


def test_what_can_not_be_read_and_what_failed_is_left_out(tmp_path: Path) -> None:
    """As if it were not there: it is asked again."""
    store, news = Store(tmp_path), News(Store(tmp_path))
    assert news.come() == []
    store.put(answer(1, "failed"))
    ref = store.put(answer(2))
    path = tmp_path / "answers" / ref[:2] / f"{ref}.zst"
    path.write_bytes(path.read_bytes()[:-9])
    assert news.come() == []


def test_a_folder_that_is_at_rest_is_not_listed_again(tmp_path: Path) -> None:
    """Until it changes."""
    store, news = Store(tmp_path), News(Store(tmp_path))
    ref = store.put(answer(1))
    assert len(news.come()) == 1
    folder = tmp_path / "answers" / ref[:2]
    os.utime(folder, (1, 1))
    assert news.come() == []
    assert news._folders() == []
    store.put(answer(8))  # the same request at another moment: the same folder
    assert [one.observed_at for one in news.come()] == [START + timedelta(seconds=8)]


def test_an_answer_that_can_not_be_opened_now_is_told_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when too many files are open: it is not taken for seen, nor its folder for settled."""
    store, news_ = Store(tmp_path), News(Store(tmp_path))
    assert news_.come() == []
    ref = store.put(answer(1))
    os.utime(tmp_path / "answers" / ref[:2], (1, 1))

    def refuse(_: Path) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(news, "look_into", refuse)
        assert news_.come() == []
    assert [one.ref for one in news_.come()] == [ref]
    assert news_.come() == []
