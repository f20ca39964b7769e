"""One small world at one frozen moment, and ways to ask it."""

from __future__ import annotations

import gzip
import json
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from oauthlib.oauth1 import Client

from engagement_kit.emulator import Emulator, Settings, World, WorldClock
from engagement_kit.emulator.api.answer import Reply, answer
from engagement_kit.emulator.api.oauth import Caller
from engagement_kit.emulator.service.packing import Response
from engagement_kit.emulator.service.service import Service

sys.path.append(str(Path(__file__).parent))  # the tests are no package

NOW = datetime(2024, 5, 1, 12, 34, 56, tzinfo=UTC)
REAL = 1_700_000_000.0
HOST = "127.0.0.1:8080"
SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture(scope="session")
def world() -> World:
    """Make the standard world."""
    return World()


@pytest.fixture(scope="session")
def now() -> datetime:
    """Return a moment in the middle of an hour."""
    return NOW


@pytest.fixture(scope="session")
def sample() -> Callable[[str], Any]:
    """Read a published body by name."""
    return lambda name: json.loads((SAMPLES / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def ask(world: World) -> Callable[..., Reply]:
    """Ask the pure answer function, as the first account's user unless told otherwise."""

    def _ask(
        endpoint: Any,
        ids: list[Any],
        metrics: list[str],
        by: Any = ("tweet.id", "engagement.type"),
        *,
        at: datetime = NOW,
        caller: Caller | None = None,
        settings: Settings | None = None,
        **members: Any,
    ) -> Reply:
        groupings = by if isinstance(by, dict) else {"g": {"group_by": list(by)}}
        request = {"tweet_ids": ids, "engagement_types": metrics, "groupings": groupings}
        body = json.dumps({**request, **members}).encode()
        caller = caller or Caller("user", "acme")
        return answer(world, settings or Settings(), at, caller, endpoint, body)

    return _ask


@pytest.fixture
def service(world: World) -> Service:
    """Make a whole service whose real time stands still."""
    clock = WorldClock(frozen=NOW)
    return Service(world, clock, Settings(), real_time=lambda: REAL)


@pytest.fixture(scope="session")
def question(world: World) -> dict[str, Any]:
    """Make a good request for /totals: two metrics of three tweets."""
    return {
        "tweet_ids": world.sample_ids("acme", 3, NOW),
        "engagement_types": ["favorites", "retweets"],
        "groupings": {"g": {"group_by": ["tweet.id", "engagement.type"]}},
    }


@pytest.fixture(scope="session")
def _trusting(world: World) -> Iterator[Emulator]:
    """Run an emulator that checks no credentials."""
    with Emulator(world, WorldClock(frozen=NOW), Settings(credentials="trusted")) as running:
        yield running


@pytest.fixture
def trusting(_trusting: Emulator) -> Emulator:
    """Return a running emulator that checks no credentials, as if it had just begun."""
    _trusting.reset()
    return _trusting


@pytest.fixture(scope="session")
def talk() -> Callable[..., bytes]:
    """Send bytes to an emulator, each piece in a packet of its own, and read to the end."""

    def _talk(emulator: Emulator, *pieces: bytes) -> bytes:
        port = int(emulator.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                line.sendall(piece)
            return b"".join(iter(lambda: line.recv(65536), b""))

    return _talk


@pytest.fixture(scope="session")
def sign(world: World) -> Callable[..., dict[str, str]]:
    """Make the headers of a signed request; without an account, consumer only."""

    def _sign(target: str, *, account: int | None = 0, **options: Any) -> dict[str, str]:
        tokens = {}
        if account is not None:
            owner = world.accounts[account]
            tokens = {
                "resource_owner_key": owner.access_token,
                "resource_owner_secret": owner.access_token_secret,
            }
        keys = {"client_secret": world.app.consumer_secret, "timestamp": str(int(REAL))}
        client = Client(world.app.consumer_key, **{**keys, **tokens, **options})
        _, headers, _ = client.sign(f"http://{HOST}{target}", "POST")
        return {
            "Host": HOST,
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
            "Authorization": headers["Authorization"],
        }

    return _sign


@pytest.fixture(scope="session")
def opened() -> Callable[[Response], Any]:
    """Unpack and read the JSON of a response."""

    def _opened(response: Response) -> Any:
        packed = response.headers.get("Content-Encoding") == "gzip"
        return json.loads(gzip.decompress(response.body) if packed else response.body)

    return _opened
