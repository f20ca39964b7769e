"""One small world at one frozen moment, and ways to ask it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from oauthlib.oauth1 import Client

from engagement_kit.emulator import Settings, World, WorldClock
from engagement_kit.emulator.answer import Reply, answer
from engagement_kit.emulator.oauth import Caller
from engagement_kit.emulator.packing import Response
from engagement_kit.emulator.service import Service

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
