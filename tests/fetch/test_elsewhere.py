from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from engagement_kit.emulator import Emulator, WorldClock
from engagement_kit.errors import ConnectionBroken
from engagement_kit.fetch.elsewhere import find_emulator

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def stranger() -> Iterator[str]:
    """Run a server that is no emulator, and answers everything with 200 and JSON."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"name": "someone", "now": "2026-06-01T12:00:00Z"}')

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/insights/engagement"
        server.shutdown()


def test_name_and_clock_of_a_running_emulator() -> None:
    """It says its name, and its time each time it is asked."""
    with Emulator(clock=WorldClock(frozen=NOW)) as emulator:
        found = find_emulator(emulator.base_url)
        assert found is not None
        assert found.name == "emulator/standard-0"
        assert found.now() == NOW
        emulator.clock.travel(timedelta(days=2))
        assert found.now() == NOW + timedelta(days=2)
        assert emulator.requests_served == 0
    with pytest.raises(ConnectionBroken, match="is it still running"):
        found.now()


def test_what_is_no_emulator(stranger: str) -> None:
    """Another service of this machine, a closed port and the live host are none."""
    assert find_emulator(stranger) is None
    with Emulator() as emulator:
        gone = emulator.base_url
    assert find_emulator(gone) is None
    assert find_emulator("https://data-api.twitter.com/insights/engagement") is None


def test_sample_ids_by_name_and_user_id() -> None:
    """Its tweets are listed for an account by name or by user id; an unknown one is named."""
    with Emulator(clock=WorldClock(frozen=NOW)) as emulator:
        found = find_emulator(emulator.base_url)
        assert found is not None
        birch = emulator.world.accounts[1]
        expected = emulator.world.sample_ids("birch", 4, NOW)
        assert found.sample_ids("birch", 4, "own") == expected
        assert found.sample_ids(birch.user_id, 4, "own") == expected
        with pytest.raises(ConnectionBroken, match="account 'zebra'"):
            found.sample_ids("zebra", 4, "own")
