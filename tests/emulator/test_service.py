from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from engagement_kit.emulator import Settings, World, WorldClock
from engagement_kit.emulator.packing import MAX_BODY, Response
from engagement_kit.emulator.service import Service

Sign = Callable[..., dict[str, str]]
Opened = Callable[[Response], Any]
TOTALS = "/insights/engagement/totals"
REAL = 1_700_000_000


@pytest.fixture(scope="session")
def body(world: World, now: datetime) -> bytes:
    """Make a good request for /totals."""
    request = {
        "tweet_ids": world.sample_ids("acme", 2, now),
        "engagement_types": ["favorites"],
        "groupings": {"g": {"group_by": ["tweet.id"]}},
    }
    return json.dumps(request).encode()


def test_good(service: Service, sign: Sign, opened: Opened, body: bytes) -> None:
    """A signed request is answered in gzip, with all headers of the service and the emulator's."""
    response = service.respond("POST", TOTALS, sign(TOTALS), body)
    assert response.status == 200
    assert len(opened(response)["g"]) == 2
    assert response.headers == {
        "Date": "Tue, 14 Nov 2023 22:13:20 GMT",
        "Content-Type": "application/json;charset=utf-8",
        "Content-Encoding": "gzip",
        "Content-Length": str(len(response.body)),
        "x-engagement-emulator": "emulator/standard-0",
        "x-per-minute-limit": "1000000",
        "x-per-minute-remaining": "999999",
        "x-per-minute-reset": "1700000040",
        "x-per-second-limit": "1000000",
        "x-per-second-remaining": "999999",
        "x-per-second-reset": "1700000001",
    }
    (record,) = service.log
    assert (record.endpoint, record.credential, record.account) == ("totals", "user", "acme")
    assert (record.tweets, record.status, service.requests_served) == (2, 200, 1)


@pytest.mark.parametrize(
    ("method", "target", "change", "status", "text"),
    [
        ("GET", TOTALS, {}, 404, "emulator: "),
        ("POST", "/insights/engagement", {}, 404, "emulator: "),
        ("POST", TOTALS + "/", {}, 404, "emulator: "),
        ("POST", "", {}, 404, "emulator: "),
        ("POST", TOTALS, {"Host": "example.com"}, 421, "emulator: "),
        ("POST", TOTALS, {"Host": "example.com:80"}, 421, "emulator: "),
        ("POST", TOTALS, {"Host": ""}, 421, "emulator: "),
        ("POST", TOTALS, {"Authorization": "Basic eA=="}, 401, "Unknown Authorization Type"),
        ("POST", TOTALS, {"Authorization": "Bearer x"}, 401, "Access token not found"),
        ("POST", TOTALS, {"Host": "localhost:8080"}, 401, "signature does not match"),
        ("POST", TOTALS, {"Content-Encoding": "gzip"}, 400, "not gzip"),
    ],
)
def test_refusals(
    service: Service, sign: Sign, opened: Opened, body: bytes, *,
    method: str, target: str, change: dict[str, str], status: int, text: str,
) -> None:  # fmt: skip
    """Each early check has its status and text, and the answer names the emulator."""
    response = service.respond(method, target, {**sign(TOTALS), **change}, body)
    assert response.status == status
    assert text in opened(response)["errors"][0]
    assert response.headers["x-engagement-emulator"] == "emulator/standard-0"
    assert "x-per-minute-reset" in response.headers
    assert service.log[-1].status == status


@pytest.mark.parametrize("accept", [None, "", "deflate", "gzip;q=0", "gzip; q=0.000", "identity"])
def test_gzip_required(
    service: Service, sign: Sign, body: bytes, sample: Callable[[str], Any], accept: str | None
) -> None:
    """Without gzip in Accept-Encoding: 406, the published body, not compressed."""
    headers = sign(TOTALS)
    del headers["Accept-Encoding"]
    if accept is not None:
        headers["Accept-Encoding"] = accept
    response = service.respond("POST", TOTALS, headers, body)
    assert response.status == 406
    assert "Content-Encoding" not in response.headers
    assert json.loads(response.body) == sample("error-406-gzip.response")


@pytest.mark.parametrize("accept", ["gzip, deflate", "deflate, GZIP", "br;q=1, gzip;q=0.5"])
def test_gzip_offered(service: Service, sign: Sign, body: bytes, accept: str) -> None:
    """Any offer that names gzip is good enough."""
    headers = {**sign(TOTALS), "Accept-Encoding": accept}
    assert service.respond("POST", TOTALS, headers, body).status == 200


def test_authentication_error(
    service: Service, sign: Sign, opened: Opened, sample: Callable[[str], Any]
) -> None:
    """An unknown token gets the published body."""
    headers = sign(TOTALS, resource_owner_key="1-x")
    response = service.respond("POST", TOTALS, headers, b"")
    assert opened(response) == sample("error-authentication.response")


def test_credentials(service: Service, sign: Sign, world: World, body: bytes) -> None:
    """Consumer-only signatures and the bearer token are app-only callers."""
    bearer = {**sign(TOTALS), "Authorization": f"Bearer {world.app.bearer_token}"}
    for headers in (sign(TOTALS, account=None), bearer):
        assert service.respond("POST", TOTALS, headers, body).status == 200
        assert service.log[-1].credential == "app"
    assert service.respond("POST", TOTALS, sign(TOTALS, account=1), body).status == 403
    assert service.log[-1].account == "birch"


def test_query_is_signed(service: Service, sign: Sign, body: bytes) -> None:
    """A query is ignored by the service but covered by the signature."""
    target = TOTALS + "?a=%20%C3%BC&b"
    assert service.respond("POST", target, sign(target), body).status == 200
    assert service.respond("POST", target, sign(TOTALS), body).status == 401


def test_packed_body(service: Service, sign: Sign, body: bytes) -> None:
    """A gzip body is read; a bomb, a cut one and one with a tail are refused."""
    packed = gzip.compress(body)
    bomb = gzip.compress(b" " * (MAX_BODY + 1))
    expected = [(packed, 200), (bomb, 400), (packed[:-1], 400), (packed + b"x", 400)]
    for sent, status in expected:
        headers = {**sign(TOTALS), "Content-Encoding": "gzip"}
        assert service.respond("POST", TOTALS, headers, sent).status == status


def test_rate_limit(world: World, now: datetime, sign: Sign, opened: Opened, body: bytes) -> None:
    """Beyond the budget: 429 with "rate limit" in the text; failed authentication is free."""
    clock = WorldClock(frozen=now)
    service = Service(world, clock, Settings(per_minute=1), real_time=lambda: REAL)
    wrong = {**sign(TOTALS), "Authorization": "Bearer x"}
    statuses = [
        service.respond("POST", TOTALS, headers, body).status
        for headers in (wrong, sign(TOTALS), sign(TOTALS))
    ]
    assert statuses == [401, 200, 429]
    refused = service.respond("POST", TOTALS, sign(TOTALS), body)
    assert "rate limit" in opened(refused)["errors"][0]
    assert refused.headers["x-per-minute-remaining"] == "0"
    assert refused.headers["x-per-minute-limit"] == "1"


def test_clocks_are_apart(service: Service, sign: Sign, body: bytes) -> None:
    """Moving the world's clock changes what exists, not whether a signature is in time."""
    service.state.clock.set(datetime.fromisoformat("2012-06-01T00:00:00+00:00"))
    response = service.respond("POST", TOTALS, sign(TOTALS), body)
    assert response.status == 400
    assert b"2 Tweet ID(s) are unavailable" in gzip.decompress(response.body)


def test_same_request_same_bytes(service: Service, sign: Sign, body: bytes) -> None:
    """The same question at the same moment has the same bytes."""
    first, second = (service.respond("POST", TOTALS, sign(TOTALS), body) for _ in range(2))
    assert first.body == second.body


def test_log_has_no_secrets(service: Service, sign: Sign, body: bytes, world: World) -> None:
    """Neither log nor answers hold a secret."""
    response = service.respond("POST", TOTALS, sign(TOTALS, client_secret="x"), body)
    service.respond("POST", TOTALS, sign(TOTALS), body)
    shown = repr(service.log) + gzip.decompress(response.body).decode()
    owner = world.accounts[0]
    for secret in (world.app.consumer_secret, owner.access_token_secret, world.app.bearer_token):
        assert secret not in shown
