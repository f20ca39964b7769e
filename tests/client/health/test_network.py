"""Services that do not answer, clocks that are off, proxies; by real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engagement_kit.client.health import network_seen
from engagement_kit.client.health.clocks import of_service
from engagement_kit.client.health.network import (
    ReachSeen,
    of_emulator,
    of_reach,
    of_tries,
    of_way,
)
from engagement_kit.emulator import Emulator


@contextmanager
def serving(
    ahead: float = 0.0, status: int = 404, age: str = ""
) -> Iterator[tuple[str, list[str]]]:
    """Serve with a clock of its own; give the address, and the requests as they come."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        """Answer with a Date alone."""

        def do_HEAD(self) -> None:
            """Answer."""
            heard.append(f"{self.requestline}\n{self.headers}")
            self.send_response_only(status)
            self.send_header("Date", formatdate(time.time() + ahead, usegmt=True))
            if age:
                self.send_header("Age", age)
            self.end_headers()

        do_GET = do_POST = do_HEAD  # noqa: N815 -- the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", heard
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("ahead", "level", "words"),
    [(1200.0, "problem", "20.0 minutes behind"), (-1200.0, "problem", "20.0 minutes ahead"),
     (0.0, "ok", "within")],
)  # fmt: skip
def test_a_service_whose_clock_is_twenty_minutes_off(ahead: float, level: str, words: str) -> None:
    """Its Date header tells; this machine's clock is the one that is judged."""
    with serving(ahead) as (origin, _):
        seen, said = network_seen.reach(origin)
    assert seen.trouble == ""
    assert said is not None
    (found,) = of_service(said)
    assert found.level == level
    assert words in found.seen


@pytest.mark.parametrize(("age", "level"), [("1200", "ok"), ("odd", "problem")])
def test_a_cache_on_the_way(age: str, level: str) -> None:
    """It gives an old Date and says how old; what it says wrongly counts for nothing."""
    with serving(-1200.0, age=age) as (origin, _):
        _, said = network_seen.reach(origin)
    assert said is not None
    assert [one.level for one in of_service(said)] == [level]


def test_what_is_sent_is_unsigned_and_of_no_endpoint(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One HEAD of the first page, without Authorization, though ~/.netrc has a password."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password VALUE\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with serving() as (origin, heard):
        network_seen.reach(origin)
    first, *others = heard  # what else is asked is asked of an emulator's own pages
    assert first.startswith("HEAD / HTTP")
    assert all(one.startswith("GET /emulator/state ") for one in others)
    assert "authorization" not in "".join(heard).lower()


def test_a_port_where_nobody_listens() -> None:
    """The remedy starts an emulator there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        port = taken.getsockname()[1]
        seen, said = network_seen.reach(f"http://127.0.0.1:{port}")
    assert said is None
    (found,) = of_reach(seen)
    assert (found.level, seen.trouble) == ("problem", "refused")
    assert f"engagement-kit emulator --port {port}" in found.remedy


def test_a_service_that_says_nothing() -> None:
    """It is waited for, and not for ever."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        seen, _ = network_seen.reach(f"http://127.0.0.1:{deaf.getsockname()[1]}", seconds=0.2)
    assert seen.trouble == "slow"
    assert [one.level for one in of_reach(seen)] == ["problem"]


def test_a_name_that_nobody_knows() -> None:
    """A host that no network has (RFC 2606)."""
    seen, _ = network_seen.reach("https://engagement-kit.invalid", seconds=5.0)
    assert seen.trouble == "name"
    (found,) = of_reach(seen)
    assert "nslookup engagement-kit.invalid" in found.remedy


def test_a_service_without_a_right_certificate() -> None:
    """Plain HTTP where https is asked."""
    with serving() as (origin, _):
        seen, _ = network_seen.reach(origin.replace("http://", "https://"), seconds=5.0)
    assert seen.trouble == "tls"


def test_certificates_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent, and the cause is named."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
    seen, _ = network_seen.reach("https://engagement-kit.invalid", seconds=5.0)
    assert seen.trouble == "tls"


def test_a_running_emulator_is_known_by_its_name() -> None:
    """And something else on this machine is not taken for one."""
    with Emulator() as emulator:
        seen, said = network_seen.reach(emulator.url)
    assert said is not None
    (found,) = of_reach(seen)
    assert (found.level, emulator.name in found.seen) == ("ok", True)
    assert [one.level for one in of_service(said)] == ["ok"]
    with serving() as (origin, _):
        (other,) = of_reach(network_seen.reach(origin)[0])
    assert (other.level, "no emulator" in other.seen) == ("warning", True)


def test_a_proxy_that_wants_a_password() -> None:
    """Status 407 is the proxy's, not the service's."""
    (found,) = of_reach(ReachSeen("https://data-api.twitter.com", "", 407, 0.1))
    assert (found.level, "HTTPS_PROXY" in found.remedy) == ("problem", True)
    (fine,) = of_reach(ReachSeen("https://data-api.twitter.com", "", 404, 0.1))
    assert (fine.level, "not billed" in fine.seen) == ("ok", True)


def test_a_proxy_that_nobody_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told by name on the way, without its user, and is why nothing answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:VALUE@127.0.0.1:{port}")
        origin = "https://data-api.twitter.com"
        way = network_seen.way_to(origin)
        assert way.proxy == f"http://127.0.0.1:{port}"
        assert "VALUE" not in repr([*of_way(way)])
        seen, _ = network_seen.reach(origin)
    assert seen.trouble == "proxy"
    assert "VALUE" not in repr([*of_reach(seen)])
    monkeypatch.setenv("NO_PROXY", "data-api.twitter.com")
    assert network_seen.way_to(origin).proxy == ""


def test_certificates_of_the_environment(tmp_path: Path) -> None:
    """A file that is there is a note; one that is not breaks every request."""
    origin = "https://data-api.twitter.com"
    bundle = tmp_path / "some.pem"
    levels = []
    for make in (False, True):
        if make:
            bundle.write_text("")
        (found,) = of_way(network_seen.way_to(origin, {"CURL_CA_BUNDLE": str(bundle)}))
        assert "CURL_CA_BUNDLE" in found.seen
        levels.append(found.level)
    assert levels == ["problem", "note"]
    assert [one.level for one in of_way(network_seen.way_to(origin, {}))] == ["ok"]
    own = network_seen.way_to("http://127.0.0.1:1", {"CURL_CA_BUNDLE": "nowhere"})
    assert [one.level for one in of_way(own)] == ["ok"]


def test_an_emulator_can_be_started_here() -> None:
    """It is started, asked its clock, and stopped."""
    before = {one.name for one in threading.enumerate()}
    (found,) = of_emulator(*network_seen.emulator())
    assert (found.level, "emulator/standard-0" in found.seen) == ("ok", True)
    assert {one.name for one in threading.enumerate()} <= before


def test_an_emulator_that_can_not_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """No port may be bound: a sandbox, say."""

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket.socket, "bind", refused)
    (found,) = of_emulator(*network_seen.emulator())
    assert (found.level, "Operation not permitted" in found.seen) == ("problem", True)


def test_what_came_of_trying_keys() -> None:
    """Accepted is fine, refused is a problem, and no answer says nothing."""
    tries = [("account a", "accepted", "x"), ("b", "refused", "y"), ("c", "unknown", "z")]
    assert [one.level for one in of_tries(tries)] == ["ok", "problem", "warning"]
