"""How far a following is, beside its bar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.emulator import Emulator, World, WorldClock

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_the_next_tick_is_told_in_digits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Names of months would be in the language of the locale, the words around them in English."""
    monkeypatch.setattr("engagement_kit.client.progress._somebody_looks", lambda: True)
    world = World(seed=3)
    ids = world.sample_ids("acme", 1, before=START)
    with (
        Emulator(world, WorldClock(frozen=START), in_process=True) as emulator,
        ek.connect(emulator, store=tmp_path / "raw") as client,
    ):
        every = timedelta(minutes=30)
        client.follow(ids, ["favorites"], until=2 * every, every=every, progress=True)
    assert "next 2026-06-01 12:30:00 UTC" in capsys.readouterr().err
