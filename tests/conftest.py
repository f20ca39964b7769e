"""What all tests share: no keys and no proxies of this machine, and a client of the emulator."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import settings

import engagement_kit as ek
from engagement_kit.client.client import Client

CLOCK = "2026-06-01T12:34:00Z"

# A process that a script starts with `&` ignores Ctrl-C, and so would all that these tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# An example may take as long as it takes: how busy a machine is says nothing of what is tested.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")

# For `make mutants`: the same few examples each time, so that a mutant's fate is no matter of luck.
settings.register_profile(
    "mutants", max_examples=30, derandomize=True, deadline=None, database=None
)


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


@pytest.fixture
def bucket() -> Iterator[dict[str, Any]]:
    """Run a server that speaks S3 on loopback, with one bucket; give fsspec's options."""
    server = pytest.importorskip("moto.server")
    s3fs = pytest.importorskip("s3fs")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    running.start()
    options = {"key": "made", "secret": "up", "endpoint_url": f"http://127.0.0.1:{port}"}
    s3fs.S3FileSystem(**options).mkdir("counts", region_name="eu-west-1")
    yield options
    with requests.Session() as session:  # what is in buckets outlives a server of this process
        session.trust_env = False
        session.post(f"{options['endpoint_url']}/moto-api/reset", timeout=10).raise_for_status()
    running.stop()
