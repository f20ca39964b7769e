from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from engagement_kit.emulator import Fault
from engagement_kit.emulator.service.details import BODY_KEPT, DETAILS_KEPT, Body, harmless
from engagement_kit.emulator.service.service import Service

Sign = Callable[..., dict[str, str]]
TOTALS = "/insights/engagement/totals"
HOST = {"Host": "127.0.0.1:8080"}
SECRET = "planted-secret-7f3a"


def told(service: Service, number: int = 1) -> dict[str, Any]:
    """Return what the control API tells of a request."""
    response = service.respond("GET", f"/emulator/request?number={number}", HOST, b"")
    found: dict[str, Any] = json.loads(response.body)
    assert response.status == 200, found
    return found


def test_a_request_is_kept(service: Service, sign: Sign, question: dict[str, Any]) -> None:
    """Beside the record all of a request and its answer can be seen, unpacked."""
    body = json.dumps(question).encode()
    response = service.respond("POST", TOTALS, sign(TOTALS), body)
    found = told(service)
    (record,) = service.log
    assert {name: found[name] for name in record.to_dict()} == json.loads(
        json.dumps(record.to_dict())
    )
    assert found["request"]["target"] == TOTALS
    assert found["request"]["headers"]["authorization"] == "OAuth \N{HORIZONTAL ELLIPSIS}"
    assert found["request"]["headers"]["content-type"] == "application/json"
    assert found["request"]["body"] == {
        "text": body.decode(),
        "whole": True,
        "bytes": len(body),
    }
    answered = found["answer"]
    assert json.loads(answered["body"]["text"]) == json.loads(gzip.decompress(response.body))
    assert answered["body"]["bytes"] == len(response.body)
    assert answered["headers"]["x-per-minute-remaining"] == "999999"
    assert answered["ending"] == "whole"


def test_a_packed_body_is_shown_unpacked(
    service: Service, sign: Sign, question: dict[str, Any]
) -> None:
    """A body that came as gzip is shown as text, with the bytes that were sent."""
    plain = json.dumps(question).encode()
    headers = {**sign(TOTALS), "Content-Encoding": "gzip"}
    service.respond("POST", TOTALS, headers, gzip.compress(plain))
    found = told(service)["request"]["body"]
    assert (found["text"], found["whole"]) == (plain.decode(), True)
    assert found["bytes"] == len(gzip.compress(plain))


@pytest.mark.parametrize(
    ("kind", "ending"),
    [("cut_body", "cut"), ("reset", "reset"), ("hang", "silent"), ("cut_gzip", "whole")],
)
def test_what_left_is_kept(
    service: Service, sign: Sign, question: dict[str, Any], *, kind: Any, ending: str
) -> None:
    """Of an answer that a fault cut, only what left is shown."""
    service.state.faults.add(Fault(kind, seconds=0))
    service.respond("POST", TOTALS, sign(TOTALS), json.dumps(question).encode())
    found = told(service)
    assert found["answer"]["ending"] == ending
    assert found["answer"]["body"]["bytes"] == found["size"]
    assert found["answer"]["body"]["whole"] is (found["size"] == 0)


HEADER = (
    'oauth_consumer_key="k", oauth_nonce="n", oauth_signature="s", '
    'oauth_signature_method="HMAC-SHA1", oauth_timestamp="1700000000"'
)
SENT = [
    ("POST", TOTALS, {"Authorization": f'OAuth oauth_token="{SECRET}"'}, b"{}"),
    ("POST", TOTALS, {"Authorization": f"Bearer {SECRET}"}, b"{}"),
    ("POST", TOTALS, {"Authorization": SECRET}, b"{}"),
    ("POST", TOTALS, {"Authorization": f"Basic {SECRET}", "Cookie": f"a={SECRET}"}, b"{}"),
    ("POST", TOTALS, {"X-Api-Key": SECRET, "Referer": f"http://x/?t={SECRET}"}, b"{}"),
    ("POST", f"{TOTALS}?oauth_token={SECRET}&a={SECRET}", {}, b"{}"),
    ("POST", f"http://127.0.0.1:8080{TOTALS}?oauth_signature={SECRET}", {}, b"{}"),
    (
        "POST",
        TOTALS,
        {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "OAuth x"},
        f"oauth_token={SECRET}".encode(),
    ),
    ("POST", "/oauth/access_token", {}, f"oauth_verifier={SECRET}".encode()),
    ("POST", f"/oauth/access_token?oauth_verifier={SECRET}", {}, b""),
    ("POST", "/oauth2/token", {"Authorization": f"Basic {SECRET}"}, SECRET.encode()),
    ("POST", f"{TOTALS}/oauth/access_token", {}, SECRET.encode()),
    ("GET", f"/oauth/authorize?oauth_token={SECRET}", {}, b""),
    ("GET", f"/oauth/authorize%3Foauth_token={SECRET}", {}, b""),
    # A form that does not say that it is one, plain and packed; and texts of every kind.
    ("POST", TOTALS, {}, f"oauth_token={SECRET}".encode()),
    ("POST", TOTALS, {"Content-Type": "application/json"}, f" oauth_token={SECRET}".encode()),
    ("POST", TOTALS, {"Content-Encoding": "gzip"}, gzip.compress(f"a={SECRET}".encode(), mtime=0)),
    ("POST", TOTALS, {"Content-Type": "text/plain"}, f'"{SECRET}"'.encode()),
    ("POST", TOTALS, {"Content-Type": "multipart/form-data"}, b'{"' + SECRET.encode() + b'"}'),
    *(
        ("POST", path, {"Authorization": "OAuth " + HEADER.replace("HMAC-SHA1", SECRET)}, b"")
        for path in (TOTALS, "/oauth/request_token", "/oauth/access_token")
    ),
    ("POST", "/oauth/request_token", {"Authorization": "OAuth " + HEADER + f', {SECRET}="'}, b""),
    (
        "POST",
        "/oauth/authorize",
        {"Content-Type": "application/x-www-form-urlencoded"},
        f"oauth_token={SECRET}&decision=authorize&account={SECRET}".encode(),
    ),
    (
        "POST",
        "/oauth/authorize",
        {"Content-Type": "application/x-www-form-urlencoded"},
        f"oauth_token={SECRET}&decision={SECRET}".encode(),
    ),
]


@pytest.mark.parametrize("credentials", ["verified", "trusted"])
@pytest.mark.parametrize(("method", "target", "headers", "body"), SENT)
def test_no_secret_is_kept(
    service: Service,
    *,
    method: str,
    target: str,
    headers: dict[str, str],
    body: bytes,
    credentials: str,
) -> None:
    """In header, query, escaped query or form, a secret of a caller is kept nowhere.

    What stands in a JSON object, or as a part of the path, is kept: the API knows no secret there.
    """
    service.state.change({"credentials": credentials, "gzip": "optional"})
    service.respond(method, target, {**HOST, **headers}, body)
    kept = repr(list(service.state.details)) + repr(service.log)
    assert SECRET not in kept
    assert (
        SECRET not in service.respond("GET", "/emulator/request?number=1", HOST, b"").body.decode()
    )


def test_what_was_signed_is_not_kept(service: Service, sign: Sign) -> None:
    """The answer to a wrong signature repeats the signed text to its caller, to nobody else."""
    target = f"{TOTALS}?probe={SECRET}"
    response = service.respond("POST", target, sign(target, client_secret="wrong"), b"{}")
    assert SECRET in gzip.decompress(response.body).decode()
    found = told(service)
    assert found["status"] == 401
    assert SECRET not in json.dumps(found)
    assert found["request"]["target"] == f"{TOTALS}?probe=\N{HORIZONTAL ELLIPSIS}"
    assert found["answer"]["body"]["text"] == ""
    assert "repeats what was signed" in found["answer"]["body"]["why_not"]


@pytest.mark.parametrize("mark", ["?", "%3F", "%3f"])
@pytest.mark.parametrize("path", ["/oauth/authorize", "/nothing", TOTALS])
def test_no_query_is_logged(service: Service, *, path: str, mark: str) -> None:
    """A query stays out of log and details, also where its mark came escaped."""
    service.respond("GET", f"{path}{mark}oauth_token={SECRET}", HOST, b"")
    assert service.log[-1].path == path
    assert SECRET not in repr(list(service.state.details)) + repr(service.log)
    assert told(service)["request"]["target"].partition("?")[0] == path


def test_no_body_is_no_secret(service: Service) -> None:
    """Of a request without a body nothing is left out, on whatever path."""
    service.respond("GET", "/nothing", HOST, b"")
    assert told(service)["request"]["body"] == {"text": "", "whole": True, "bytes": 0}


def test_bodies_are_bounded(service: Service, sign: Sign) -> None:
    """Of a large body only the beginning is kept, also where a small one unpacks to it."""
    large = b"{" + b" " * (4 * BODY_KEPT)
    service.respond("POST", TOTALS, sign(TOTALS), large)
    packed = {**sign(TOTALS), "Content-Encoding": "gzip"}
    service.respond("POST", TOTALS, packed, gzip.compress(large))
    for number in (1, 2):
        found = told(service, number)["request"]["body"]
        assert len(found["text"]) == BODY_KEPT
        assert found["whole"] is False
    kept = [len(one.body.start) for one in service.state.details]
    assert kept == [BODY_KEPT, len(gzip.compress(large))]


def test_only_the_newest_are_kept(service: Service) -> None:
    """Older requests stay in the log, and say that nothing more is kept."""
    for _ in range(DETAILS_KEPT + 2):
        service.respond("GET", "/nothing", HOST, b"")
    assert len(service.state.details) == DETAILS_KEPT
    assert told(service, 3)["number"] == 3
    response = service.respond("GET", "/emulator/request?number=2", HOST, b"")
    assert response.status == 404
    assert b"nothing is kept of request 2; there were 102, and the newest 100" in response.body


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null", "Content-Type": "text/plain"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
@pytest.mark.parametrize("target", [TOTALS, "/oauth/authorize", "/nothing"])
def test_nothing_is_kept_of_foreign_requests(
    service: Service, *, target: str, headers: dict[str, str]
) -> None:
    """Of what the guard refuses nothing is kept but a line of the log: no body can be planted."""
    service.respond("POST", "/nothing", HOST, b"")
    for _ in range(DETAILS_KEPT + 1):
        refused = service.respond("POST", target, {**HOST, **headers}, b'{"planted": 1}')
        assert refused.status in {403, 421}
    assert [one.record.number for one in service.state.details] == [1]
    assert service.log[-1].status == refused.status
    for query in ("request?number=2", "request?number=102"):
        response = service.respond("GET", f"/emulator/{query}", HOST, b"")
        assert response.status == 404
        assert b"without those of foreign pages and hosts" in response.body
    json_type = {**HOST, "Content-Type": "application/json"}
    assert service.respond("POST", "/emulator/lines", json_type, b'{"number": 2}').status == 404


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("", 400, "'' is not allowed; a whole number from 1"),
        ("number=0", 400, "'0' is not allowed"),
        ("number=x", 400, "'x' is not allowed"),
        ("number=1", 404, "nothing is kept of request 1; there were 0"),
    ],
)
def test_wrong_number(service: Service, query: str, status: int, text: str) -> None:
    """A number that is none, or of no request, is refused in words."""
    response = service.respond("GET", f"/emulator/request?{query}", HOST, b"")
    assert response.status == status
    assert text in json.loads(response.body)["errors"][0]


def test_a_reset_forgets(service: Service) -> None:
    """After a reset nothing is kept of what was before."""
    service.respond("GET", "/nothing", HOST, b"")
    service.state.reset()
    assert list(service.state.details) == []


def test_many_and_long_headers_are_bounded() -> None:
    """Neither many headers nor long ones take much room."""
    many = {f"x-{n}": "a" * 1000 for n in range(1000)} | {"host": "b" * 1000}
    found = harmless({"user-agent": "c" * 1000, **many})
    assert len(found) == 60
    assert len(found["user-agent"]) == 200
    assert set(found.values()) - {found["user-agent"]} == {"\N{HORIZONTAL ELLIPSIS}"}


@pytest.mark.parametrize("broken", [b"not gzip", gzip.compress(b"abc", mtime=0)[:-4], b"\x1f\x8b"])
def test_a_body_that_is_no_gzip(broken: bytes) -> None:
    """A body that only says that it is gzip is never whole."""
    assert Body.of(broken, "gzip", "").plain()[1] is False


def test_bytes_that_are_no_text() -> None:
    """Bytes that are no UTF-8 are shown with marks in their place."""
    assert Body.of(b"a\xff", "", "").told()["text"] == "a\N{REPLACEMENT CHARACTER}"
