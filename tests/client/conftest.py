"""A world in which waiting takes no time."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from engagement_kit.fetch.doors import Doors


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let waits after faults and for limits pass at once; only the stop is waited for."""
    time = [0.0]

    def sleep(stop: threading.Event, seconds: float) -> None:
        time[0] += seconds
        stop.wait(0.001)

    def doors(*args: Any, **options: Any) -> Doors:
        return Doors(*args, **{**options, "sleep": sleep, "monotonic": lambda: time[0]})

    monkeypatch.setattr("engagement_kit.client.asking.Doors", doors)
