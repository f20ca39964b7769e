from __future__ import annotations

import errno
import gzip
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1

from engagement_kit.emulator import Emulator, Fault, Settings, World, WorldClock
from engagement_kit.emulator.service.packing import MAX_BODY

Talk = Callable[..., bytes]
POST = (
    b"POST /insights/engagement/totals HTTP/1.1\r\nHost: localhost\r\n"
    b"Accept-Encoding: gzip\r\nConnection: close\r\n"
)
AT_ONCE_S = 4  # less than the five seconds that closing gives to threads that still compute
DELAYED_S = 0.04  # what each answer takes longer where its end waits for the caller's receipt
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


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
    taken = []
    with requests.Session() as session:
        for _ in range(20):
            began = time.perf_counter()
            assert session.post(url, json=body, auth=auth, timeout=10).status_code == 200
            assert session.post(url + "x", json=body, timeout=10).status_code == 404
            taken.append(time.perf_counter() - began)
        connections = [t for t in threading.enumerate() if "_serve_connection" in t.name]
        assert len(connections) == 1
    assert min(taken) < 2 * DELAYED_S


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
    assert time.perf_counter() - began < AT_ONCE_S
    assert set(threading.enumerate()) <= before
    assert "stopped" in repr(emulator)
    connection.close()
    for line in idle:
        line.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_port_can_be_taken_again(world: World) -> None:
    """A port is free again after stop; a taken one raises."""
    with Emulator(world) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)):
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
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \xb2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1, 1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        (b"GET http://[ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", 431),
        (b"HEAD /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
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
    response = emulator.respond("GET", "/nothing", {"host": "localhost"}, b"")
    assert response.status == 404
    assert emulator.requests_served == 1


def test_interpreter_exit() -> None:
    """A program that forgets to stop the emulator still ends, silently."""
    code = "from engagement_kit.emulator import Emulator; e = Emulator(); assert e.url"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def answered(received: bytes) -> tuple[int, Any]:
    """Return status and JSON of the bytes of an answer."""
    head, _, body = received.partition(b"\r\n\r\n")
    if b"Content-Encoding: gzip" in head:
        body = gzip.decompress(body)
    return int(head.split()[1]), json.loads(body)


def plain(question: dict[str, Any]) -> bytes:
    """Return a request with a Content-Length."""
    body = json.dumps(question).encode()
    return POST + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize(
    "extra",
    [
        b"Content-Length: 2\r\nContent-Length: 2",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Host: evil.example\r\nContent-Length: 2",
        b"Content-Length : 2",
        b" folded: x\r\nContent-Length: 2",
        b"no header\r\nContent-Length: 2",
        b": x\r\nContent-Length: 2",
    ],
)
def test_ambiguous_requests(trusting: Emulator, talk: Talk, extra: bytes) -> None:
    """A request that two readers could take for two different ones is refused as a whole."""
    start = POST.partition(b"\r\n")[0] + b"\r\nHost: localhost\r\n"
    if extra.startswith(b" "):
        start = start.partition(b"\r\n")[0] + b"\r\n"
    received = talk(trusting, start + extra + b"\r\n\r\n{}" + plain({}))
    assert answered(received)[0] == 400
    assert received.count(b"HTTP/1.1 ") == 1
    assert trusting.requests_served == 0


def test_multipart_is_no_defect(trusting: Emulator, talk: Talk) -> None:
    """Any Content-Type may stand in the headers: what is no JSON is refused as a body."""
    for content in (b"multipart/form-data; boundary=x", b"multipart/mixed", b"message/rfc822"):
        sent = POST + b"Content-Type: " + content + b"\r\nContent-Length: 3\r\n\r\n--x"
        status, payload = answered(talk(trusting, sent))
        assert status == 400
        assert "not JSON" in payload["errors"][0]


def test_short_body(trusting: Emulator, question: dict[str, Any]) -> None:
    """A body that ends before its length is no request, even where it could be read as one."""
    body = json.dumps(question).encode()
    port = int(trusting.url.rpartition(":")[2])
    for sent in (
        POST + b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body,
        CHUNKED + b"%x\r\n" % len(body) + body,
        CHUNKED + b"%x\r\n" % len(body) + body + b"\r\n0\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            received = b"".join(iter(lambda: line.recv(65536), b""))
        assert answered(received)[0] == 400
    assert trusting.requests_served == 0


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_chunks(trusting: Emulator, talk: Talk, question: dict[str, Any], size: int) -> None:
    """A body in chunks of any size gets the answer of a body in one piece."""
    body = json.dumps(question).encode()
    chunks = b"".join(
        b"%X\r\n%s\r\n" % (len(part), part)
        for part in (body[at : at + size] for at in range(0, len(body), size))
    )
    assert answered(talk(trusting, CHUNKED + chunks + b"0\r\n\r\n")) == answered(
        talk(trusting, plain(question))
    )


def test_chunks_in_pieces(trusting: Emulator, talk: Talk) -> None:
    """Chunks may arrive in pieces, with extensions, trailers and leading zeros."""
    pieces = [
        *(b"00", b"1;a=b;c", b"\r", b"\n", b"{", b"\r\n1 ", b"\r\n}\r", b"\n0;x"),
        b"\r\nA: b",
    ]
    status, payload = answered(talk(trusting, CHUNKED, *pieces, b"\r\nC: d\r\n\r\n"))
    assert (status, "tweet_ids is missing" in payload["errors"][0]) == (400, True)
    assert trusting.requests_served == 1


@pytest.mark.parametrize(
    ("chunks", "status", "text"),
    [
        (b"\r\n", 400, "does not begin with its size"),
        (b"-1\r\n", 400, "does not begin with its size"),
        (b"+1\r\n{\r\n", 400, "does not begin with its size"),
        (b"0x1\r\n{\r\n", 400, "does not begin with its size"),
        (b"1_0\r\n", 400, "does not begin with its size"),
        (b"g\r\n", 400, "does not begin with its size"),
        (b"000000001\r\n", 400, "does not begin with its size"),
        (b"1\r\n{}\r\n", 400, "longer than it says"),
        (b"3\r\n{}\r\n0\r\n\r\n", 400, "longer than it says"),
        (b"2\r\n{}\n0\n\n", 400, "longer than it says"),
        (b"2\n{}\r\n0\r\n\r\n", 400, "has no end"),
        (b"2;" + b"a" * 4096 + b"\r\n{}\r\n", 400, "has no end within 4096 bytes"),
        (b"0\r\n" + b"a" * 5000 + b"\r\n\r\n", 400, "has no end within 4096 bytes"),
        (b"0\r\n" + b"a: b\r\n" * 101, 400, "more than 100 trailers"),
        (b"ffffffff\r\n", 413, f"more than {MAX_BODY} bytes"),
        (b"%x\r\n" % (MAX_BODY + 1), 413, f"more than {MAX_BODY} bytes"),
    ],
)
def test_wrong_chunks(
    trusting: Emulator, talk: Talk, *, chunks: bytes, status: int, text: str
) -> None:
    """What is no chunk is refused with the reason, and the connection closed."""
    received = talk(trusting, CHUNKED + chunks)
    found, payload = answered(received)
    assert found == status
    assert text in payload["errors"][0]
    assert b"Connection: close" in received
    assert trusting.requests_served == 0


def test_keep_alive_after_chunks(trusting: Emulator, talk: Talk) -> None:
    """A request right behind the chunks of another one is answered too."""
    first = CHUNKED.replace(b"Connection: close\r\n", b"") + b"2\r\n{}\r\n0\r\n\r\n"
    received = talk(trusting, first + plain({}))
    assert received.count(b"HTTP/1.1 400 ") == 2
    assert trusting.requests_served == 2


def test_requests_sends_chunks(trusting: Emulator, question: dict[str, Any]) -> None:
    """A generator as body, which `requests` sends in chunks, is answered."""
    body = json.dumps(question).encode()
    url = trusting.base_url + "/totals"
    response = requests.post(url, data=iter([body[:9], body[9:]]), timeout=10)
    assert response.json() == requests.post(url, data=body, timeout=10).json()
    assert response.status_code == 200


def test_large_body_gets_its_answer(trusting: Emulator) -> None:
    """A refused body is read on, so that callers who send all first still get the answer."""
    url, body = trusting.base_url + "/totals", b" " * (MAX_BODY + 1)
    port = int(trusting.url.rpartition(":")[2])
    for _ in range(5):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url, body, timeout=10)
        with caught.value as refused:
            assert refused.code == 413
            assert b"the body has more than" in refused.read()
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        line.request("POST", "/", iter([body, body]), encode_chunked=True)
        assert line.getresponse().status == 413
        line.close()
        assert requests.post(url, data=body, timeout=10).status_code == 413


def test_head_keeps_alive(trusting: Emulator) -> None:
    """An answer to HEAD has the headers of a body and no body; the connection goes on."""
    line = http.client.HTTPConnection("127.0.0.1", int(trusting.url.rpartition(":")[2]), timeout=10)
    for method in ("HEAD", "GET", "HEAD"):
        line.request(method, "/insights/engagement/totals", headers={"Accept-Encoding": "gzip"})
        used = line.sock
        response = line.getresponse()
        assert response.status == 404
        assert int(response.headers["Content-Length"]) > 0
        assert bool(response.read()) is (method == "GET")
        assert line.sock is used is not None
    line.close()


def test_errors_are_gzipped(emulator: Emulator) -> None:
    """Refusals are gzipped as answers are, where the caller offers it."""
    for path in ("", "/totals"):
        response = requests.post(emulator.base_url + path, data=b"", timeout=10)
        assert response.status_code in {401, 404}
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.json()["errors"]


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [
        ("rate_limited", 429, "application/json;charset=utf-8"),
        ("server_error", 500, "application/json;charset=utf-8"),
        ("bad_gateway", 502, "text/html"),
        ("unavailable", 503, "text/plain"),
    ],
)
def test_failures_on_demand(
    trusting: Emulator, question: dict[str, Any], kind: Any, status: int, content: str
) -> None:
    """A failure has its status and content type, and gzip where it is JSON."""
    trusting.faults.add(Fault(kind, times=1))
    url = trusting.base_url + "/totals"
    response = requests.post(url, json=question, timeout=10)
    assert response.status_code == status
    assert response.headers["Content-Type"] == content
    assert ("Content-Encoding" in response.headers) is content.startswith("application/json")
    assert (response.headers["x-per-minute-remaining"] == "0") is (status == 429)
    assert response.headers["x-engagement-emulator"] == trusting.name
    assert requests.post(url, json=question, timeout=10).status_code == 200
    assert [record.faults for record in trusting.log] == [(kind,), ()]


@pytest.mark.parametrize("kind", ["numbers", "sparse", "extra_keys", "new_metric", "shuffled"])
def test_other_values_on_demand(trusting: Emulator, question: dict[str, Any], kind: Any) -> None:
    """A fault of values changes the body of a 200, and the next answer is the true one again."""
    by_hour = {"g": {"group_by": ["tweet.id", "engagement.type", "engagement.hour"]}}
    trusting.faults.add(Fault(kind, nth=2))
    first, changed, last = (
        requests.post(
            trusting.base_url + "/28hr", json={**question, "groupings": by_hour}, timeout=10
        )
        for _ in range(3)
    )
    assert {first.status_code, changed.status_code} == {200}
    assert changed.content != first.content == last.content


def test_reset(trusting: Emulator, talk: Talk, question: dict[str, Any]) -> None:
    """A reset is a reset each time, never an orderly end, and leaves the emulator well."""
    trusting.faults.add(Fault("reset", times=11))
    for _ in range(10):
        with pytest.raises(ConnectionResetError):
            talk(trusting, plain(question))
    with pytest.raises(requests.ConnectionError, match=re.escape(os.strerror(errno.ECONNRESET))):
        requests.post(trusting.base_url + "/totals", json=question, timeout=10)
    assert answered(talk(trusting, plain(question)))[0] == 200
    assert trusting.requests_served == 12


def test_cut_body(trusting: Emulator, talk: Talk, question: dict[str, Any]) -> None:
    """Half of the announced bytes arrive, and then an orderly end."""
    whole = talk(trusting, plain(question))
    trusting.faults.add(Fault("cut_body"))
    head, _, body = talk(trusting, plain(question)).partition(b"\r\n\r\n")
    full = whole.partition(b"\r\n\r\n")[2]
    assert b"Content-Length: %d\r\n" % len(full) in head
    assert body == full[: len(full) // 2]
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        requests.post(trusting.base_url + "/totals", json=question, timeout=10)


def test_cut_gzip(trusting: Emulator, talk: Talk, question: dict[str, Any]) -> None:
    """The gzip stream ends early behind a length that agrees with it."""
    trusting.faults.add(Fault("cut_gzip"))
    head, _, body = talk(trusting, plain(question)).partition(b"\r\n\r\n")
    assert b"Content-Length: %d\r\n" % len(body) in head
    with pytest.raises(EOFError):
        gzip.decompress(body)
    with pytest.raises(requests.JSONDecodeError):
        requests.post(trusting.base_url + "/totals", json=question, timeout=10).json()


def test_slow(trusting: Emulator, question: dict[str, Any]) -> None:
    """A slow answer arrives whole, later, and other requests do not wait for it."""
    trusting.faults.add(Fault("slow", seconds=0.3, nth=1))
    url = trusting.base_url + "/totals"
    with ThreadPoolExecutor(1) as pool:
        began = time.perf_counter()
        slow = pool.submit(requests.post, url, json=question, timeout=10)
        while not trusting.requests_served:
            time.sleep(0.001)
        fast = requests.post(url, json=question, timeout=10)
        assert not slow.done()
        assert slow.result().content == fast.content
        assert time.perf_counter() - began >= 0.3
    trusting.faults.add(Fault("slow", seconds=5))
    with pytest.raises(requests.ReadTimeout):
        requests.post(url, json=question, timeout=0.05)


def test_hang(trusting: Emulator, talk: Talk, question: dict[str, Any]) -> None:
    """A hanging connection is closed in the end, without a byte."""
    trusting.faults.add(Fault("hang", seconds=0.1))
    began = time.perf_counter()
    assert talk(trusting, plain(question)) == b""
    assert time.perf_counter() - began >= 0.1
    with pytest.raises(requests.ConnectionError, match="without response"):
        requests.post(trusting.base_url + "/totals", json=question, timeout=10)


@pytest.mark.parametrize("kind", ["hang", "slow"])
def test_stop_does_not_wait(world: World, talk: Talk, question: dict[str, Any], kind: Any) -> None:
    """Stopping ends answers that hang or are slow, at once."""
    settings, faults = Settings(credentials="trusted"), [Fault(kind, seconds=60)]
    emulator = Emulator(world, settings=settings, faults=faults)

    def fetch(_: int) -> bytes:
        try:
            return talk(emulator, plain(question))
        except ConnectionError:
            return b""

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(fetch, number) for number in range(8)]
        while emulator.requests_served < 8:
            time.sleep(0.001)
        began = time.perf_counter()
        emulator.stop()
        assert time.perf_counter() - began < AT_ONCE_S
        received = [one.result(timeout=5) for one in waiting]
    assert kind == "slow" or received == [b""] * 8


def test_control_over_http(trusting: Emulator, question: dict[str, Any]) -> None:
    """The control API has effect over HTTP, and refuses pages of another origin."""
    base, url = trusting.url + "/emulator", trusting.base_url + "/totals"
    own = {"Origin": trusting.url, "Sec-Fetch-Site": "same-origin"}
    added = requests.post(f"{base}/faults", json={"kind": "unavailable"}, headers=own, timeout=10)
    assert added.json()["number"] == 1
    assert requests.post(url, json=question, timeout=10).status_code == 503
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        refused = requests.delete(f"{base}/faults", headers=headers, timeout=10)
        assert refused.status_code in {403, 421}
    assert requests.delete(f"{base}/faults/1", timeout=10).json() == {"faults": []}
    assert requests.post(url, json=question, timeout=10).status_code == 200
    assert requests.post(f"{base}/reset", json={}, timeout=10).json()["requests_served"] == 0


def test_absolute_form(trusting: Emulator, talk: Talk, question: dict[str, Any]) -> None:
    """A whole address as target, as proxies send it, is answered as its path; Host counts."""
    for host, status in ((b"localhost", 200), (b"evil.example", 421)):
        sent = plain(question).replace(b"POST /", b"POST http://data-api.twitter.com/", 1)
        received = talk(trusting, sent.replace(b"Host: localhost", b"Host: " + host))
        assert answered(received)[0] == status
