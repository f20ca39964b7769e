"""The part that runs: what it shows of states, from whichever thread they come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from acting import text_of

from engagement_kit.forms.model.running import State
from engagement_kit.forms.parts.run import RunPart


@pytest.fixture
def part() -> RunPart:
    """Make a part that never runs."""
    return RunPart(lambda _: "no", lambda: None)


def test_many_refusals_are_folded_up(part: RunPart) -> None:
    """Twenty are named, the others are counted; whatever they say is text."""
    part._show(State("running", refused=tuple(f"<b>{n}</b>" for n in range(25))))
    said = text_of(part.lost.value)
    assert "25 requests refused or failed" in said
    assert "<b>19</b>" in said
    assert "<b>20</b>" not in said
    assert "and 5 more" in said


def test_the_bar_counts_requests(part: RunPart) -> None:
    """It is full when all is done, also where there was nothing to ask."""
    part._show(State("running", done=3, total=9))
    assert (part.bar.value, part.bar.max) == (3, 9)
    part._show(State("done"))
    assert (part.bar.value, part.bar.max) == (1, 1)


def test_a_wait_is_said_with_its_end(part: RunPart) -> None:
    """In UTC, once."""
    until = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
    part._show(State("running", 1, 3, "waiting for the limit", until=until))
    said = text_of(part.status.value)
    assert said == "running: 1 of 3 requests · waiting for the limit until 12:34:56 UTC"


@pytest.mark.parametrize(
    ("phase", "free"),
    [
        ("idle", {"run"}),
        ("running", {"pause", "stop"}),
        ("paused", {"resume", "stop"}),
        ("stopping", set()),
        ("done", {"run"}),
        ("stopped", {"run"}),
        ("broken", {"run"}),
    ],
)
def test_buttons_that_make_sense_are_free(part: RunPart, phase: str, free: set[str]) -> None:
    """In each phase; Run only when the form is ready."""
    part._ready = True
    part._show(State(phase))  # type: ignore[arg-type]
    names = ("run", "pause", "resume", "stop")
    assert {one for one in names if not getattr(part, one).disabled} == free
