from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1

from engagement_kit.emulator import Emulator, World, WorldClock


@pytest.fixture
def emulator(world: World, now: datetime) -> Iterator[Emulator]:
    """Run an emulator, stopped afterwards."""
    with Emulator(world, WorldClock(frozen=now)) as running:
        yield running


def request(world: World, now: datetime) -> dict[str, Any]:
    """Make a good request for /totals."""
    return {
        "tweet_ids": world.sample_ids("acme", 3, now),
        "engagement_types": ["favorites", "retweets"],
        "groupings": {"g": {"group_by": ["tweet.id", "engagement.type"]}},
    }


def keys(world: World, *, user: bool) -> OAuth1:
    """Return signing keys for the first account, or for the app alone."""
    app, owner = world.app, world.accounts[0]
    tokens = (owner.access_token, owner.access_token_secret) if user else ()
    return OAuth1(app.consumer_key, app.consumer_secret, *tokens)


def test_three_credentials(emulator: Emulator, world: World, now: datetime) -> None:
    """Over real HTTP a user's, a consumer's and a bearer request get the same counts."""
    url, body = emulator.base_url + "/totals", request(world, now)
    bearer = {"Authorization": f"Bearer {world.app.bearer_token}"}
    answers = [
        requests.post(url, json=body, auth=keys(world, user=True), timeout=10),
        requests.post(url, json=body, auth=keys(world, user=False), timeout=10),
        requests.post(url, json=body, headers=bearer, timeout=10),
    ]
    assert [response.status_code for response in answers] == [200, 200, 200]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert list(answers[0].json()["g"]) == body["tweet_ids"]
    assert {response.headers["x-engagement-emulator"] for response in answers} == {
        "emulator/standard-0"
    }
    assert emulator.requests_served == 3
    assert [record.credential for record in emulator.log] == ["user", "app", "app"]


def test_windowed_over_http(emulator: Emulator, world: World, now: datetime) -> None:
    """/28hr and /historical answer a user over real HTTP."""
    body = request(world, now)
    for endpoint in ("28hr", "historical"):
        url = f"{emulator.base_url}/{endpoint}"
        response = requests.post(url, json=body, auth=keys(world, user=True), timeout=10)
        assert response.status_code == 200
        assert response.headers["Content-Encoding"] == "gzip"
        assert {"start", "end", "g"} == response.json().keys()


def test_406(emulator: Emulator, world: World, now: datetime) -> None:
    """A client that does not offer gzip gets 406 in plain text."""
    response = requests.post(
        emulator.base_url + "/totals",
        json=request(world, now),
        headers={"Accept-Encoding": "identity"},
        timeout=10,
    )
    assert response.status_code == 406
    assert "Content-Encoding" not in response.headers


def test_keep_alive(emulator: Emulator, world: World, now: datetime) -> None:
    """Many requests go over one connection, also after refusals, without a delay for each."""
    url, body, auth = emulator.base_url + "/totals", request(world, now), keys(world, user=True)
    with requests.Session() as session:
        began = time.perf_counter()
        for _ in range(20):
            assert session.post(url, json=body, auth=auth, timeout=10).status_code == 200
            assert session.post(url + "x", json=body, timeout=10).status_code == 404
        taken = time.perf_counter() - began
        connections = [t for t in threading.enumerate() if "_serve_connection" in t.name]
        assert len(connections) == 1
    assert taken < 40 * 0.04


def test_stop_leaves_no_thread(world: World) -> None:
    """Stopping ends the server's thread and those of open connections, twice without harm."""
    before = set(threading.enumerate())
    emulator = Emulator(world)
    port = int(emulator.url.rpartition(":")[2])
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
    idle[0].sendall(b"POST /insights/engagement/totals HTTP/1.1\r\nContent-Length: 99\r\n\r\n")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    connection.getresponse().read()
    began = time.perf_counter()
    emulator.stop()
    emulator.stop()
    assert time.perf_counter() - began < 2
    assert set(threading.enumerate()) <= before
    assert "stopped" in repr(emulator)
    connection.close()
    for line in idle:
        line.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port))


def test_port_can_be_taken_again(world: World) -> None:
    """A port is free again after stop; a taken one raises."""
    with Emulator(world) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            Emulator(world, port=port)
    with Emulator(world, port=port) as second:
        assert second.url == first.url
        assert second.name == first.name


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n", 421),
        (b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        (b"BREW / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
    ],
)
def test_odd_bytes(emulator: Emulator, sent: bytes, status: int) -> None:
    """What is no proper request gets a clean refusal that names the emulator."""
    with socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2]))) as line:
        line.sendall(sent)
        line.settimeout(10)
        received = b"".join(iter(lambda: line.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"x-engagement-emulator: emulator/standard-0" in head
    if not sent.startswith(b"HEAD"):
        assert json.loads(body)["errors"][0].startswith("emulator: ")


def test_expect_continue(emulator: Emulator) -> None:
    """A caller that waits for "100 Continue" gets it at once."""
    with socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2]))) as line:
        line.settimeout(10)
        line.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            b"Content-Length: 2\r\nConnection: close\r\n\r\n"
        )
        assert line.recv(100).startswith(b"HTTP/1.1 100 ")
        line.sendall(b"{}")
        assert b" 404 " in line.recv(100)


def test_fault_is_a_500(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the emulator itself is answered with 500, and the server goes on."""
    monkeypatch.setattr(emulator.clock, "now", lambda: 1 / 0)
    bearer = {"Authorization": f"Bearer {emulator.world.app.bearer_token}"}
    url = emulator.base_url + "/totals"
    response = requests.post(url, data=b"{}", headers=bearer, timeout=10)
    assert response.status_code == 500
    assert "internal server error" in response.json()["errors"][0]
    monkeypatch.undo()
    assert requests.post(url, data=b"{}", headers=bearer, timeout=10).status_code == 400


def test_nothing_is_printed(
    emulator: Emulator, world: World, now: datetime, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither requests nor callers that hang up write anything."""
    port = int(emulator.url.rpartition(":")[2])
    for sent in (b"", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1", b"x"):
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(sent)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    url = emulator.base_url + "/totals"
    requests.post(url, json=request(world, now), auth=keys(world, user=True), timeout=10)
    emulator.stop()
    assert capfd.readouterr() == ("", "")


def test_many_at_once(emulator: Emulator, world: World, now: datetime) -> None:
    """Requests in parallel get the answers that they would get alone."""
    body, auth = request(world, now), keys(world, user=True)

    def fetch(number: int) -> Any:
        one = {**body, "tweet_ids": body["tweet_ids"][number % 3 :][:1]}
        return requests.post(emulator.base_url + "/totals", json=one, auth=auth, timeout=30).json()

    alone = [fetch(number) for number in range(3)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(fetch, range(48)))
    assert answers == alone * 16
    assert emulator.requests_served == 51


def test_respond_without_socket(emulator: Emulator) -> None:
    """The whole request function can be called without the socket."""
    response = emulator.respond("GET", "/", {"host": "localhost"}, b"")
    assert response.status == 404
    assert emulator.requests_served == 1


def test_interpreter_exit() -> None:
    """A program that forgets to stop the emulator still ends, silently."""
    code = "from engagement_kit.emulator import Emulator; e = Emulator(); assert e.url"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")
