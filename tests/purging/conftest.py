"""Tweets purged from stores that have seen everything, and every byte searched afterwards."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from engagement_kit.fetch.doors import Doors

# The tests are no package; what several of them share is imported by its name.
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "secrets")]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let waits after faults pass at once."""
    time = [0.0]

    def sleep(stop: threading.Event, seconds: float) -> None:
        time[0] += seconds
        stop.wait(0.001)

    def doors(*given: Any, **options: Any) -> Doors:
        return Doors(*given, **{**options, "sleep": sleep, "monotonic": lambda: time[0]})

    monkeypatch.setattr("engagement_kit.client.asking.Doors", doors)
