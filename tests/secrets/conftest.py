"""Secrets planted wherever keys may be, and every byte searched that comes out."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engagement_kit.fetch.doors import Doors
from engagement_kit.fetch.transport import HttpTransport

# The tests are no package; what several of them share is imported by its name.
sys.path.append(str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Path]]:
    """Work, keep settings and put temporary files into folders that can be searched."""
    import tempfile

    made = {name: tmp_path / name for name in ("work", "settings", "temporary", "store")}
    for one in made.values():
        one.mkdir(mode=0o700)
    monkeypatch.chdir(made["work"])
    monkeypatch.setenv("TMPDIR", str(made["temporary"]))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(made["settings"] / "keys.yaml"))
    yield made
    monkeypatch.setattr(tempfile, "tempdir", None)


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


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for an answer that does not come."""
    impatient = functools.partial(HttpTransport, timeout=(5.0, 0.2))
    monkeypatch.setattr("engagement_kit.client.connect.HttpTransport", impatient)
