from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1
from urllib3.util import Timeout

from engagement_kit.emulator import Emulator, Fault, Settings, World, WorldClock
from engagement_kit.emulator.service.adapter import EmulatorAdapter
from engagement_kit.emulator.service.service import Service

LIVE = "https://data-api.twitter.com"
TOTALS = f"{LIVE}/insights/engagement/totals"
Ask = Callable[..., requests.Response]


@pytest.fixture
def slept() -> list[float]:
    """Hold for how long was slept."""
    return []


@pytest.fixture
def near(world: World, now: datetime) -> Service:
    """Make a service for this process alone, in real time."""
    return Service(world, WorldClock(frozen=now), Settings(), in_process=True)


@pytest.fixture
def session(near: Service, slept: list[float]) -> Iterator[requests.Session]:
    """Make a session for which the live address is an emulator in this process."""
    with requests.Session() as session:
        session.mount(LIVE, EmulatorAdapter(near, sleep=slept.append))
        yield session


@pytest.fixture
def ask(session: requests.Session, world: World, question: dict[str, Any]) -> Ask:
    """Ask /totals as the first account's user."""
    app, owner = world.app, world.accounts[0]
    auth = OAuth1(
        app.consumer_key, app.consumer_secret, owner.access_token, owner.access_token_secret
    )

    def _ask(**options: Any) -> requests.Response:
        return session.post(TOTALS, **{"json": question, "auth": auth, "timeout": 10, **options})

    return _ask


def test_signed(ask: Ask, near: Service, question: dict[str, Any]) -> None:
    """A signature for the live address is verified against that address, and answered."""
    response = ask()
    assert (response.status_code, response.reason) == (200, "OK")
    assert list(response.json()["g"]) == question["tweet_ids"]
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["x-engagement-emulator"] == near.name
    assert response.url == TOTALS
    (record,) = near.log
    assert (record.path, record.account) == ("/insights/engagement/totals", "acme")


def test_other_address(ask: Ask, session: requests.Session, near: Service) -> None:
    """The same signature is wrong for another scheme or host."""
    signed = ask().request
    for url in ("http://data-api.twitter.com", "https://api.twitter.com"):
        session.mount(url, EmulatorAdapter(near))
        again = signed.copy()
        again.url = f"{url}/insights/engagement/totals"
        response = session.send(again, timeout=10)
        assert response.status_code == 401
        assert "signature does not match" in response.text


def test_public_url(near: Service, ask: Ask) -> None:
    """A public address does not replace the one that was asked in full."""
    near.state.change({"public_url": "https://example.org"})
    assert ask().status_code == 200


def test_with_a_socket_too(world: World) -> None:
    """An emulator with a socket has an adapter for any address as well."""
    with Emulator(world) as emulator, requests.Session() as session:
        session.mount(LIVE, emulator.adapter())
        response = session.get(f"{LIVE}/emulator/state", headers={"Origin": "http://evil.example"})
        assert response.json()["name"] == emulator.name
        refused = emulator.respond("GET", "/emulator/state", {"Host": "data-api.twitter.com"}, b"")
        assert refused.status == 421


def test_refusals(ask: Ask) -> None:
    """Errors are the service's own, with their reason, and no exception unless asked for."""
    response = ask(auth=None)
    assert (response.status_code, response.reason) == (401, "Unauthorized")
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.json()["errors"]
    with pytest.raises(requests.HTTPError, match="401 Client Error: Unauthorized for url"):
        response.raise_for_status()


@pytest.mark.parametrize(
    "data",
    ["{}", b"{}", bytearray(b"{}"), io.BytesIO(b"{}"), io.StringIO("{}"), iter([b"{", "}"]), None],
)
def test_bodies(ask: Ask, world: World, data: Any) -> None:
    """A body may come in any form that `requests` takes."""
    headers = {"Authorization": f"Bearer {world.app.bearer_token}"}
    response = ask(json=None, data=data, auth=None, headers=headers)
    assert response.status_code == 400
    said = "not JSON" if data is None else "tweet_ids is missing"
    assert said in response.json()["errors"][0]


def test_head(session: requests.Session) -> None:
    """An answer to HEAD has the length of a body and no body."""
    response = session.head(f"{LIVE}/nothing", timeout=10)
    assert response.status_code == 404
    assert int(response.headers["Content-Length"]) > 0
    assert response.content == b""


def test_streamed(ask: Ask) -> None:
    """An answer can be streamed and decoded in pieces."""
    with ask(stream=True) as response:
        pieces = list(response.iter_content(10))
    assert len(pieces) > 1
    assert b"".join(pieces) == ask().content


def test_slow(ask: Ask, near: Service, slept: list[float]) -> None:
    """A slow answer comes later, where the caller has the patience."""
    near.state.faults.add(Fault("slow", seconds=9))
    assert ask(timeout=9).status_code == 200
    assert ask(timeout=None).status_code == 200
    assert ask(timeout=(1, None)).status_code == 200
    assert ask(timeout=Timeout(connect=1)).status_code == 200
    assert slept == [9, 9, 9, 9]


@pytest.mark.parametrize("timeout", [2, (30, 2), Timeout(connect=30, read=2)])
@pytest.mark.parametrize("kind", ["slow", "hang"])
def test_timeout(ask: Ask, near: Service, slept: list[float], timeout: Any, kind: Any) -> None:
    """An answer slower than the read timeout raises after that time, and is in the log."""
    near.state.faults.add(Fault(kind, seconds=9))
    with pytest.raises(requests.ReadTimeout, match="no answer within 2 s") as caught:
        ask(timeout=timeout)
    assert slept == [2]
    assert caught.value.request is not None
    assert near.log[-1].faults == (kind,)


@pytest.mark.parametrize(("kind", "wait"), [("reset", []), ("hang", [1.0])])
def test_no_answer(ask: Ask, near: Service, slept: list[float], kind: Any, wait: Any) -> None:
    """A reset and a hang that ends before the timeout are failures of the connection."""
    near.state.faults.add(Fault(kind))
    with pytest.raises(requests.ConnectionError) as caught:
        ask()
    assert not isinstance(caught.value, requests.Timeout)
    assert slept == wait


def test_cut_body(ask: Ask, near: Service) -> None:
    """A body that ends too soon raises when it is read."""
    near.state.faults.add(Fault("cut_body"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        ask()
    with ask(stream=True) as response:
        assert response.status_code == 200
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            _ = response.content


def test_cut_gzip(ask: Ask, near: Service) -> None:
    """A gzip stream that ends too soon can't be read as JSON."""
    near.state.faults.add(Fault("cut_gzip", times=1))
    response = ask()
    assert response.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert ask().json()["g"]


def test_bad_gateway(ask: Ask, near: Service) -> None:
    """A 502 is HTML, as a proxy sends it, and not gzipped."""
    near.state.faults.add(Fault("bad_gateway"))
    response = ask()
    assert (response.status_code, response.headers["Content-Type"]) == (502, "text/html")
    assert "Content-Encoding" not in response.headers
    assert response.text.startswith("<html>")
