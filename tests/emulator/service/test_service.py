from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from engagement_kit.emulator import Fault, Settings, World, WorldClock
from engagement_kit.emulator.service.packing import MAX_BODY, Response
from engagement_kit.emulator.service.service import Service

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


def ask(
    world: World, question: dict[str, Any], headers: dict[str, str], **switches: Any
) -> tuple[Response, Service]:
    """Ask a service with these switches once."""
    clock = WorldClock(frozen=datetime.fromisoformat("2024-05-01T12:34:56+00:00"))
    service = Service(world, clock, Settings(**switches), real_time=lambda: REAL)
    return service.respond("POST", TOTALS, headers, json.dumps(question).encode()), service


def test_gzip_optional(world: World, question: dict[str, Any], sign: Sign) -> None:
    """A switch gives a plain answer to who does not offer gzip, and gzip to who does."""
    headers = sign(TOTALS)
    packed, _ = ask(world, question, headers, gzip="optional")
    del headers["Accept-Encoding"]
    plain, _ = ask(world, question, headers, gzip="optional")
    assert (plain.status, "Content-Encoding" in plain.headers) == (200, False)
    assert plain.body == gzip.decompress(packed.body)


@pytest.mark.parametrize(
    ("authorization", "credential", "account"),
    [("Bearer x", "app", ""), ("", "anyone", ""), ("Basic x", "anyone", "")],
)
def test_trusted(
    world: World, question: dict[str, Any], *, authorization: str, credential: str, account: str
) -> None:
    """Trusted credentials are believed without any check."""
    headers = {"Host": "localhost", "Accept-Encoding": "gzip", "Authorization": authorization}
    response, service = ask(world, question, headers, credentials="trusted")
    assert response.status == 200
    (record,) = service.log
    assert (record.credential, record.account) == (credential, account)


def test_trusted_user(world: World, question: dict[str, Any], sign: Sign) -> None:
    """A trusted user may see the own tweets alone, however wrong the signature is."""
    for account, status in ((0, 200), (1, 403)):
        headers = sign(TOTALS, account=account, client_secret="x")
        response, service = ask(world, question, headers, credentials="trusted")
        assert response.status == status
        assert service.log[-1].account == world.accounts[account].name


def test_anyone_sees_everything(world: World, question: dict[str, Any], now: datetime) -> None:
    """Who is nobody in particular may see the private metrics of all accounts."""
    ids = [world.sample_ids(account.name, 1, now)[0] for account in world.accounts]
    everything = {**question, "tweet_ids": ids, "engagement_types": ["impressions"]}
    headers = {"Host": "localhost", "Accept-Encoding": "gzip"}
    assert ask(world, everything, headers, credentials="trusted")[0].status == 200


def test_app_not_enabled(
    world: World, question: dict[str, Any], sign: Sign, opened: Opened
) -> None:
    """An app that was not enabled gets 403 on every call that is authenticated."""
    refused, service = ask(world, question, sign(TOTALS), app="not_enabled", per_minute=1)
    assert refused.status == 403
    assert opened(refused) == {"errors": ["your application id is not authorized."]}
    assert refused.headers["x-per-minute-remaining"] == "1"
    assert service.log[-1].account == "acme"
    wrong, _ = ask(world, question, {**sign(TOTALS), "Authorization": "x"}, app="not_enabled")
    assert wrong.status == 401


def test_public_url(world: World, question: dict[str, Any], sign: Sign) -> None:
    """Signatures are checked against the public address, whichever host is asked."""
    public = {"public_url": "http://127.0.0.1:8080"}  # what the fixture signs
    for host in ("localhost:9", "127.0.0.1:8080"):
        response, _ = ask(world, question, {**sign(TOTALS), "Host": host}, **public)
        assert response.status == 200
    elsewhere, _ = ask(world, question, sign(TOTALS), public_url="https://example.com")
    assert elsewhere.status == 401


def test_absolute_target(service: Service, sign: Sign, body: bytes) -> None:
    """A whole address as target is what was signed; only its path is logged."""
    target = f"http://user:password@127.0.0.1:8080{TOTALS}?token=x"
    assert service.respond("POST", target, sign(TOTALS), body).status == 401
    target = f"HTTP://127.0.0.1:8080{TOTALS}"
    assert service.respond("POST", target, sign(TOTALS), body).status == 200
    assert {record.path for record in service.log} == {TOTALS}
    for wrong in ("http://[", "http://[::1/emulator/state", "http://"):
        assert service.respond("GET", wrong, {"Host": "localhost"}, b"").status == 404


def test_local(service: Service, world: World) -> None:
    """From within this process any host will do; a service may be for this process alone."""
    headers = {"Host": "evil.example", "Origin": "http://evil.example"}
    near = Service(world, WorldClock(), Settings(), in_process=True)
    assert service.respond("GET", "/emulator/state", headers, b"").status == 421
    assert service.respond("GET", "/emulator/state", headers, b"", local=True).status == 200
    assert near.respond("GET", "/emulator/state", headers, b"").status == 200


def test_order_of_checks(service: Service, sign: Sign) -> None:
    """Of several mistakes the first in the documented order is answered."""
    good = sign(TOTALS)
    large = b" " * (MAX_BODY + 1)
    service.state.change({"app": "not_enabled", "per_minute": 1})
    steps: list[tuple[str, str, dict[str, str], bytes, int]] = [
        ("GET", "/x", {"Host": "evil.example", "Authorization": ""}, large, 421),
        ("GET", "/x", {"Origin": "null", "Authorization": ""}, large, 403),
        ("GET", "/x", {"Authorization": "", "Accept-Encoding": ""}, large, 404),
        ("GET", TOTALS, {"Authorization": "", "Accept-Encoding": ""}, large, 404),
        ("POST", TOTALS, {"Authorization": "", "Accept-Encoding": ""}, large, 406),
        ("POST", TOTALS, {"Authorization": ""}, large, 413),
        ("POST", TOTALS, {"Authorization": ""}, b"", 401),
        ("POST", TOTALS, {}, b"", 403),
    ]
    for method, target, change, sent, status in steps:
        assert service.respond(method, target, {**good, **change}, sent).status == status
    service.state.change({"app": "enabled"})
    sent_again = [sign(TOTALS) for _ in range(2)]
    assert service.respond("POST", TOTALS, sent_again[0], b"").status == 400
    assert service.respond("POST", TOTALS, sent_again[1], b"").status == 429


def test_faults_come_last(service: Service, sign: Sign, body: bytes) -> None:
    """A fault meets what is authenticated and within the rate limit, and nothing before."""
    service.state.faults.add(Fault("unavailable", nth=2))
    service.state.change({"per_minute": 2})
    service.respond("POST", "/x", sign(TOTALS), body)
    service.respond("POST", TOTALS, {**sign(TOTALS), "Authorization": "x"}, body)
    statuses = [service.respond("POST", TOTALS, sign(TOTALS), body).status for _ in range(3)]
    assert statuses == [200, 503, 429]
    assert service.state.faults.listed()[0]["met"] == 2


def test_fault_for_a_tweet(service: Service, sign: Sign, question: dict[str, Any]) -> None:
    """A fault for a tweet strikes what asks for it, in whichever form its id was sent."""
    first, second, _ = question["tweet_ids"]
    service.state.faults.add(Fault("reset", tweet_id=first))
    for ids, ending in (([second], "whole"), ([int(first), second], "reset"), (["x"], "whole")):
        sent = json.dumps({**question, "tweet_ids": ids}).encode()
        assert service.respond("POST", TOTALS, sign(TOTALS), sent).manner.ending == ending


def test_records(service: Service, sign: Sign, body: bytes) -> None:
    """A record tells time, size, faults and the reason; numbers go up from 1."""
    service.state.faults.add(Fault("unavailable", nth=2))
    sizes = [
        len(service.respond("POST", target, headers, body).body)
        for target, headers in [
            (TOTALS, sign(TOTALS)),
            (TOTALS, sign(TOTALS)),
            (TOTALS, sign(TOTALS, account=1)),
            (TOTALS, sign(TOTALS, client_secret="x")),
            ("/" + "x" * 999 + "?secret", {"Host": "localhost"}),
        ]
    ]
    records = service.log
    assert [one.number for one in records] == [1, 2, 3, 4, 5]
    assert [one.size for one in records] == sizes
    assert [one.reason.partition(" tweets:")[0] for one in records] == [
        "answered",
        "faults on demand: unavailable",
        "Forbidden to access",
        "Your account could not be authenticated. Reason: emulator: signature does not match",
        records[4].reason,
    ]
    assert records[4].reason.startswith("emulator: no such path; there are ")
    assert records[4].path == "/" + "x" * 199
    assert records[1].faults == ("unavailable",)
    assert {one.at for one in records} == {REAL}
    assert {one.world_time for one in records} == {"2024-05-01T12:34:56Z"}
    assert all(one.took_ms >= 0 for one in records)


def test_no_secret_in_the_log(service: Service, sign: Sign, body: bytes, world: World) -> None:
    """Whatever way secrets come in, neither the log's repr nor its JSON has one."""
    owner, app = world.accounts[0], world.app
    signed = sign(TOTALS)
    bearer = {**signed, "Authorization": f"Bearer {app.bearer_token}"}
    planted = {**signed, "Authorization": f"Bearer {app.consumer_secret}"}
    wrong = [
        sign(TOTALS, client_secret="x"),
        sign(TOTALS, timestamp="1"),
        sign(TOTALS, signature_method="PLAINTEXT"),
        {**signed, "Authorization": signed["Authorization"].replace("OAuth ", "Basic ")},
        {**signed, "Authorization": signed["Authorization"] + ', oauth_nonce="planted-nonce"'},
        {**signed, "Authorization": signed["Authorization"].replace("HMAC-SHA1", "x")},
        {**bearer, "Accept-Encoding": ""},
        {**bearer, "Host": "evil.example"},
        {**bearer, "Origin": "http://evil.example"},
    ]
    query = f"?oauth_token={owner.access_token}&oauth_token_secret={owner.access_token_secret}"
    form = signed["Authorization"].removeprefix("OAuth ").replace(", ", "&").encode()
    for headers in (signed, signed, bearer, planted, *wrong):
        service.respond("POST", TOTALS, headers, body)
        service.respond("POST", TOTALS + query, headers, form)
        service.respond("POST", f"http://x:{app.bearer_token}@h{TOTALS}", headers, body)
        service.respond("GET", "/x" + query, headers, form)
    told = service.respond("GET", "/emulator/log?n=1000", {"Host": "localhost"}, b"")
    shown = [repr(service.log), told.body.decode(), repr(service.state.settings)]
    signatures = {
        part.partition('"')[2].rstrip('"')
        for headers in (signed, *wrong)
        for part in headers["Authorization"].split(", ")
        if "oauth_signature=" in part or "oauth_nonce=" in part
    }
    secrets = {
        *(app.consumer_key, app.consumer_secret, app.bearer_token, *signatures),
        *(owner.access_token, owner.access_token_secret),
    }
    assert len(service.log) == 52
    assert len(signatures) > 6
    assert not [secret for secret in secrets for text in shown if secret in text]


def test_problem(service: Service, opened: Opened) -> None:
    """What never became a request is answered in the form of all errors, and not counted."""
    response = service.problem(400, "nonsense")
    assert response.status == 400
    assert opened(response) == {"errors": ["emulator: nonsense"]}
    assert "Content-Encoding" not in response.headers
    assert service.requests_served == 0


def test_a_fault_of_our_own_is_a_500_in_the_log(
    service: Service,
    sign: Sign,
    opened: Opened,
    body: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the emulator itself fails, the caller gets the documented 500, and the log says why."""

    def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("engagement_kit.emulator.service.service.answer", broken)
    response = service.respond("POST", TOTALS, sign(TOTALS), body)
    assert (response.status, opened(response)) == (500, {"errors": ["internal server error"]})
    assert service.log[-1].reason == (
        "a fault of the emulator itself: RuntimeError: broken on purpose"
    )
