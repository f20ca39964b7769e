"""The cases, the ids and keys of the standard world, and one of them for each test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engagement_kit.emulator import World

# The tests are no package, and `drift` must also run as a program.
sys.path.append(str(Path(__file__).parent))

from asking import Keys
from cases import Case, Facts, load_cases

NOW = datetime(2024, 5, 1, 12, 34, 56, tzinfo=UTC)
DAY = timedelta(days=1)
A_WHILE = timedelta(minutes=10)  # where the clock runs, nothing may pass a limit meanwhile
SNOWFLAKE_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
CASES = load_cases()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test that wants a case all of them; in-process those that need no socket."""
    if "case" in metafunc.fixturenames:
        over_http = metafunc.module.__name__.endswith("over_http")
        chosen = [case for case in CASES if over_http or "socket" not in case.needs]
        metafunc.parametrize("case", chosen, ids=[case.id for case in chosen])


@pytest.fixture(scope="session")
def cases() -> tuple[Case, ...]:
    """Return all cases."""
    return CASES


@pytest.fixture(scope="session")
def conformance_world() -> World:
    """Make the standard world."""
    return World()


@pytest.fixture(scope="session")
def facts(conformance_world: World) -> Facts:
    """Return the standard world's ids at the frozen moment."""
    return facts_of(conformance_world, NOW)


@pytest.fixture(scope="session")
def keys(conformance_world: World) -> Keys:
    """Return the standard world's credentials."""
    return keys_of(conformance_world)


@pytest.fixture(scope="session")
def facts_at(conformance_world: World) -> Callable[[datetime], Facts]:
    """Return a function that finds the standard world's ids at another moment."""
    return lambda now: facts_of(conformance_world, now)


def facts_of(world: World, now: datetime) -> Facts:
    """Find ids of every kind in a world."""
    first, second, third = (account.name for account in world.accounts[:3])

    def own(count: int, before: datetime) -> list[str]:
        return world.sample_ids(first, count, before)

    ids = {
        "own": own(300, now),
        "foreign": world.sample_ids(second, 130, now),
        "stranger": world.sample_ids(third, 10, now),
        "unavailable": world.sample_ids(first, 10, now, "unavailable"),
        "old_unavailable": world.sample_ids(first, 1, now - 2000 * DAY, "unavailable"),
        "protected": world.sample_ids(first, 10, now, "protected"),
        "very_old": world.sample_ids(first, 8, now, "very_old"),
        "aged": own(30, now - 90 * DAY),
        "foreign_aged": world.sample_ids(second, 1, now - 90 * DAY),
        "nearly_aged": _oldest_since(own(30, now - 88 * DAY), now - 90 * DAY + A_WHILE),
        "video_aged": own(30, now - 1800 * DAY),
        "nearly_video_aged": _oldest_since(own(30, now - 1798 * DAY), now - 1800 * DAY + A_WHILE),
        "early_september": own(10, datetime(2015, 9, 14, tzinfo=UTC)),
        "early_history": own(10, datetime(2014, 9, 1, tzinfo=UTC)),
        "future": own(1, now + DAY),
        "unknown": ["1700000000000000001", "1700000000000000002", "1"],
        "author_foreign": [world.accounts[1].user_id],
        "author_stranger": [world.accounts[2].user_id],
    }
    return Facts(now, ids)


def _oldest_since(ids: list[str], moment: datetime) -> list[str]:
    """Return the oldest of some ids, newest first, that were made since a moment."""
    limit = (moment - SNOWFLAKE_EPOCH) // timedelta(milliseconds=1) << 22
    return [one for one in ids if int(one) >= limit][-1:]


def keys_of(world: World) -> Keys:
    """Return a world's credentials."""
    app = world.app
    owners = zip(("user", "other_user"), world.accounts, strict=False)
    tokens = {name: (one.access_token, one.access_token_secret) for name, one in owners}
    return Keys(app.consumer_key, app.consumer_secret, tokens, app.bearer_token)
