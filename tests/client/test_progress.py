"""Progress: a bar where a person looks, lines where none does, and words that don't stick."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from engagement_kit.client.progress import Progress
from engagement_kit.fetch.steps import Step


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have somebody look."""
    monkeypatch.setattr("engagement_kit.client.progress._somebody_looks", lambda: True)


@pytest.mark.usefixtures("looked_at")
def test_words_leave_the_bar_room_and_go_when_they_are_old(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A long reason for a wait is cut short beside the bar, and gone with the next answer."""
    with Progress(3) as progress:
        bar: Any = progress._bar
        bar.mininterval = 0
        for kind, done, words in (
            ("waiting", 0, "HTTP 502: " + "a proxy that explains itself at length " * 5),
            ("answered", 1, "answered"),
            ("refused", 2, "HTTP 403: Forbidden to access tweets: 20"),
            ("resumed", 2, "going on"),
            ("found", 3, "in the store already"),
        ):
            progress.step(Step(kind, done, 3, words))  # type: ignore[arg-type]
            if kind == "waiting":
                assert len(bar.postfix) <= 50
                assert bar.postfix.endswith("…")
        assert bar.postfix == ""
        assert bar.n == 3
        assert re.search(r"[\d?] request/s", str(bar))
    said = capsys.readouterr().err
    assert "refused: HTTP 403: Forbidden to access tweets: 20" in said
    assert "explains itself at length a proxy that explains itself" not in said


def clock(*times: float) -> Callable[[], float]:
    """Tell these times, one after the other."""
    left = iter(times)
    return lambda: next(left)


def test_without_a_person_there_are_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """One in half a minute, with words where something goes on."""
    with Progress(9, clock=clock(0, 1, 31, 31, 40, 62, 62)) as progress:
        progress.step(Step("answered", 1, 9, "answered"))
        progress.step(Step("answered", 2, 9, "answered"))
        progress.step(Step("waiting", 2, 9, "limit 2/min:\nnext in 23 s"))
        progress.step(Step("waiting", 2, 9, "limit 2/min: next in 3 s"))
    assert capsys.readouterr().err.splitlines() == [
        "engagement_kit: 2 of 9 requests",
        "engagement_kit: 2 of 9 requests; waiting: limit 2/min: next in 3 s",
    ]


def test_on_demand_the_end_is_said_too(capsys: pytest.CaptureFixture[str]) -> None:
    """`progress=True`: what went wrong, and how far it came, however short the run."""
    with Progress(2, shown=True) as progress:
        progress.step(Step("failed", 1, 2, "HTTP 500: no"))
        progress.step(Step("answered", 2, 2, "answered"))
    assert capsys.readouterr().err.splitlines() == [
        "engagement_kit: 1 of 2 requests; failed: HTTP 500: no",
        "engagement_kit: 2 of 2 requests",
    ]
    with Progress(2, shown=False) as progress:
        progress.step(Step("failed", 2, 2, "HTTP 500: no"))
    assert capsys.readouterr().err == ""


def test_an_outage_is_said_at_once_also_where_nobody_looks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Else there would be silence for a minute or more."""
    with Progress(2, clock=clock(0, 1)) as progress:
        progress.step(Step("no_answer", 0, 2, "no answer from x: no network. It is tried again"))
    said = "engagement_kit: 0 of 2 requests; no answer from x: no network. It is tried again\n"
    assert capsys.readouterr().err == said


@pytest.mark.usefixtures("looked_at")
def test_an_outage_stays_above_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """Its words are too long to stand beside it."""
    words = "no answer from x: no network. " + "It is tried again for about 1.5 minutes"
    with Progress(2) as progress:
        progress.step(Step("no_answer", 0, 2, words))
    assert words in capsys.readouterr().err
