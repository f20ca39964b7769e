"""What all tests share: no keys and no proxies of this machine, and a client of the emulator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client

CLOCK = "2026-06-01T12:34:00Z"


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Hide the keys and proxies of whoever runs the tests, wherever they may be."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    for name in list(os.environ):
        ours = name.startswith(("TWITTER_", "ENGAGEMENT_KIT_", "X_"))
        if ours or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    nowhere = tmp_path_factory.getbasetemp() / "no-keys-here.yaml"
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(nowhere))
    monkeypatch.setenv("ENGAGEMENT_KIT_ENV_FILE", "")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """Connect to an emulator whose clock stands still, with a store of its own."""
    with ek.connect("emulator", clock=CLOCK, store=tmp_path / "raw") as one:
        yield one
