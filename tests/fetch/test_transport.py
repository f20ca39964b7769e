"""The socket, against a small server on loopback that misbehaves."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engagement_kit import errors
from engagement_kit.answers.store import Store
from engagement_kit.emulator import Emulator
from engagement_kit.fetch.doors import Doors, Orders
from engagement_kit.fetch.keys.chain import combined
from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.fetch.keys.sources import Found
from engagement_kit.fetch.run import fetch
from engagement_kit.fetch.transport import HttpTransport
from engagement_kit.fetch.wire import decipher
from engagement_kit.question.request import Request

KEYS = combined([Found("a test", {"bearer_token": Secret("a-very-secret-token")})])
ASKED = Request(
    "s", "totals", "app", None, ("2000",), ("favorites",),
    (("g", ("tweet.id", "engagement.type")),),
)  # fmt: skip
WHOLE = gzip.compress(b'{"g":{"2000":{"favorites":"1"}}}')


@contextmanager
def server(status: int, headers: dict[str, str], body: bytes) -> Iterator[tuple[str, list[str]]]:
    """Answer every request in the same way; note the headers that came."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(str(self.headers))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    one = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{one.server_port}", seen
    finally:
        one.shutdown()
        thread.join()
        one.server_close()


def test_what_goes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gzip is offered, the body is JSON, and no proxy of the environment stands between."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    packed = {"Content-Encoding": "gzip", "Content-Length": str(len(WHOLE))}
    with server(200, packed, WHOLE) as (url, seen):
        transport = HttpTransport(url, KEYS, "engagement_kit/test")
        reply = transport.send(ASKED)
        transport.close()
    assert reply.body == WHOLE  # as it was sent, still packed
    said = seen[0].lower()
    assert "accept-encoding: gzip\n" in said
    assert "content-type: application/json" in said
    assert "user-agent: engagement_kit/test" in said
    assert "authorization: bearer a-very-secret-token" in said


def test_a_body_that_breaks_off_is_kept_and_reported(tmp_path: Path) -> None:
    """Half of a body came: it is in the raw store, its request failed, and nothing raised."""
    cut = {"Content-Encoding": "gzip", "Content-Length": str(len(WHOLE))}
    with server(200, cut, WHOLE[:20]) as (url, _):
        transport = HttpTransport(url, KEYS, "engagement_kit/test")
        store = Store(tmp_path)
        moments = iter(datetime(2026, 6, 1, 0, 0, n, tzinfo=UTC) for n in range(60))
        doors = Doors(transport, store, lambda: next(moments), lambda *_: None, lambda: 0.0)
        fetched = fetch([ASKED], doors, Orders(1))
        transport.close()
    (failure,) = fetched.failures
    assert failure.request == ASKED
    assert failure.ref is not None
    assert isinstance(failure.error, errors.UnreadableAnswer)
    kept = store.load(failure.ref)
    assert kept.body == WHOLE[:20]
    assert kept.headers["content-encoding"] == "gzip"
    assert len(list(tmp_path.rglob("*.zst"))) == fetched.sent == 5
    assert store.known() == ()
    everything = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    assert b"secret" not in everything


def test_no_answer_at_all_is_a_typed_error() -> None:
    """A closed port says so with the address, and with no key in the words."""
    with server(200, {}, b"") as (url, _):
        pass
    transport = HttpTransport(url, KEYS, "engagement_kit/test")
    with pytest.raises(errors.ConnectionBroken, match=r"no answer from http://127") as said:
        transport.send(ASKED)
    transport.close()
    assert not said.value.reached
    assert "secret" not in str(said.value)


def test_a_redirect_is_not_followed() -> None:
    """Keys go to the address that was given, and to no other."""
    with server(302, {"Location": "http://127.0.0.1:9/", "Content-Length": "0"}, b"") as (url, _):
        transport = HttpTransport(url, KEYS, "engagement_kit/test")
        assert transport.send(ASKED).status == 302
        transport.close()


@contextmanager
def silent() -> Iterator[str]:
    """Listen, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        yield f"http://127.0.0.1:{one.getsockname()[1]}"


def test_a_server_that_never_answers_is_a_typed_error() -> None:
    """The time to read runs out: no answer, with the address."""
    with silent() as url:
        transport = HttpTransport(url, KEYS, "engagement_kit/test", timeout=(1.0, 0.05))
        with pytest.raises(errors.ConnectionBroken, match="ReadTimeout") as said:
            transport.send(ASKED)
        transport.close()
    assert said.value.reached


def test_a_name_that_nobody_knows_was_not_reached() -> None:
    """A laptop without a network finds no name: that says nothing of what was asked."""
    transport = HttpTransport("http://nowhere.invalid", KEYS, "engagement_kit/test")
    with pytest.raises(errors.ConnectionBroken) as said:
        transport.send(ASKED)
    transport.close()
    assert not said.value.reached


def test_a_body_that_stalls_is_not_waited_for() -> None:
    """The head came and the body does not: what there is comes back, to be found unreadable."""
    with silent_after_head() as url:
        transport = HttpTransport(url, KEYS, "engagement_kit/test", timeout=(1.0, 0.05))
        reply = transport.send(ASKED)
        transport.close()
    assert reply.status == 200
    assert decipher(reply, ASKED).again == "fault"


@contextmanager
def silent_after_head() -> Iterator[str]:
    """Answer with a head and the begin of a body, and say no more until the caller hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as one:

        def serve() -> None:
            caller, _ = one.accept()
            with caller:
                caller.recv(1 << 16)
                caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
                while caller.recv(1 << 16):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{one.getsockname()[1]}"
        thread.join()


def test_nonsense_instead_of_http_is_a_typed_error() -> None:
    """A service that speaks something else gave no answer."""
    with socket.create_server(("127.0.0.1", 0)) as one:

        def serve() -> None:
            caller, _ = one.accept()
            with caller:
                caller.recv(1 << 16)
                caller.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        transport = HttpTransport(f"http://127.0.0.1:{one.getsockname()[1]}", KEYS, "test")
        with pytest.raises(errors.ConnectionBroken):
            transport.send(ASKED)
        transport.close()
        thread.join()


@pytest.mark.parametrize("address", ["http://", "nonsense", "ftp://127.0.0.1/x"])
def test_an_address_that_is_none_is_a_typed_error(address: str) -> None:
    """An address that can't be called raises the kit's own error, not one of a library."""
    transport = HttpTransport(address, KEYS, "engagement_kit/test")
    with pytest.raises(errors.ConnectionBroken, match="no answer from"):
        transport.send(ASKED)
    transport.close()


def test_connections_are_used_again_however_many_runs_there_are() -> None:
    """Each run has new threads: connections must not pile up with them."""
    with Emulator() as emulator:
        keys = combined(
            [Found("a test", {"bearer_token": Secret(emulator.world.app.bearer_token)})]
        )
        transport = HttpTransport(emulator.base_url, keys, "engagement_kit/test")
        for _ in range(10):
            thread = threading.Thread(target=transport.send, args=(ASKED,))
            thread.start()
            thread.join()
        assert emulator.requests_served == 10
        assert len(transport._idle) == 1
        transport.close()
        assert not transport._idle


def test_the_body_goes_out_as_it_was_hashed() -> None:
    """The bytes on the wire are those behind the request's key: one canonical form."""
    with server(200, {"Content-Length": str(len(WHOLE))}, WHOLE) as (url, seen):
        transport = HttpTransport(url + "/", KEYS, "engagement_kit/test")
        transport.send(ASKED)
        transport.close()
    assert f"content-length: {len(ASKED.body)}\n" in seen[0].lower()
    assert "content-encoding" not in seen[0].lower()
