from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from engagement_kit.emulator import Emulator, Fault, Settings, World, WorldClock
from engagement_kit.emulator.service.service import Service

Sign = Callable[..., dict[str, str]]
TOTALS = "/insights/engagement/totals"
JSON = {"Host": "127.0.0.1:8080", "Content-Type": "application/json"}
ENDPOINTS = ["totals", "28hr", "historical"]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def emulator(world: World, now: Any) -> Iterator[Emulator]:
    """Run an emulator behind a socket."""
    with Emulator(world, WorldClock(frozen=now)) as running:
        yield running


def steer(service: Service, what: str, members: Any = None, status: int = 200) -> dict[str, Any]:
    """Ask the control API: with members by POST, else by GET."""
    method = "GET" if members is None else "POST"
    body = b"" if members is None else json.dumps(members).encode()
    response = service.respond(method, f"/emulator/{what}", JSON, body)
    found: dict[str, Any] = json.loads(response.body)
    assert response.status == status, found
    return found


def send(service: Service, told: dict[str, Any]) -> tuple[int, Any]:
    """Send what `lines` gave as a request."""
    one = told["request"]
    headers = {**JSON, **one["headers"], "Accept-Encoding": "gzip"}
    response = service.respond(one["method"], one["path"], headers, one["body"].encode())
    return response.status, service.log[-1]


def run(command: list[str], folder: Path) -> str:
    """Run what was pasted, with no keys and no proxies of whoever runs the tests."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
        cwd=folder,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def answer(line: str, folder: Path) -> Any:
    """Paste a line into a shell, and read the JSON that it prints."""
    return json.loads(run(["sh", "-c", line], folder))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("days", [0, 20, 200, 2000])
def test_ready(world: World, now: Any, *, endpoint: str, days: int) -> None:
    """A ready request is lawful for tweets of any age, and for both reaches of the history."""
    moment = now.replace(year=now.year - days // 365) if days >= 365 else now
    old = world.sample_ids("acme", 1, moment)
    ids = old if days >= 365 else world.sample_ids("acme", 1 + days * 8, now)[-2:]
    for profile in ("reference", "overview"):
        service = Service(world, WorldClock(frozen=now), Settings(profile=profile))
        ready = steer(service, f"ready?endpoint={endpoint}&tweet_ids={','.join(ids)}")
        assert ready["path"] == f"/insights/engagement/{endpoint}"
        assert ready["body"]["tweet_ids"] == ids
        told = steer(service, "lines", {"endpoint": endpoint, "body": ready["body"]})
        status, record = send(service, told)
        assert (status, record.account) == (200, "acme"), record.reason


def test_ready_for_the_app(service: Service, world: World, now: Any) -> None:
    """For the app alone a ready request asks only for what everybody may see."""
    (one,) = world.sample_ids("acme", 1, now)
    ready = steer(service, f"ready?endpoint=totals&tweet_ids={one}&as=app")
    told = steer(service, "lines", {"endpoint": "totals", "body": ready["body"], "as": "app"})
    status, record = send(service, told)
    assert (status, record.credential) == (200, "app")


@pytest.mark.parametrize("whose", ["acme", "app", "85097784601"])
def test_lines_are_signed_for(service: Service, world: World, now: Any, whose: str) -> None:
    """A request can be signed for any account, by name or id, and for the app."""
    (one,) = world.sample_ids("acme", 1, now)
    ready = steer(service, f"ready?endpoint=totals&tweet_ids={one}&as=app")
    told = steer(service, "lines", {"endpoint": "totals", "body": ready["body"], "as": whose})
    assert told["good_for_s"] == (None if whose == "app" else 300)
    status, record = send(service, told)
    name = {"acme": "acme", "app": "", "85097784601": "birch"}[whose]
    assert record.account == name
    assert status == (403 if name == "birch" else 200)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl is installed")
@pytest.mark.parametrize("whose", ["acme", "app"])
def test_curl_runs(emulator: Emulator, tmp_path: Path, whose: str) -> None:
    """The line for a shell runs as it is pasted, once; a second time its nonce is used up."""
    (one,) = emulator.world.sample_ids("acme", 1, emulator.clock.now())
    ready = requests.get(
        f"{emulator.url}/emulator/ready",
        params={"endpoint": "totals", "tweet_ids": one, "as": whose},
        timeout=10,
    ).json()
    members = {"endpoint": "totals", "as": whose, "body": json.dumps(ready["body"], indent=2)}
    told = requests.post(f"{emulator.url}/emulator/lines", json=members, timeout=10).json()
    found = answer(told["lines"]["curl"], tmp_path)
    assert list(found["by_tweet"]) == [one]
    again = answer(told["lines"]["curl"], tmp_path)
    assert ("errors" in again) is (whose == "acme")
    assert [record.status for record in emulator.log] == [200, 401 if whose == "acme" else 200]


@pytest.mark.parametrize(("whose", "endpoint"), [("acme", "historical"), ("app", "totals")])
def test_python_runs(emulator: Emulator, tmp_path: Path, *, whose: str, endpoint: str) -> None:
    """The lines for Python and for the kit run as they are pasted, and ask the same."""
    ids = emulator.world.sample_ids("acme", 30, emulator.clock.now())[-2:]
    ready = requests.get(
        f"{emulator.url}/emulator/ready",
        params={"endpoint": endpoint, "tweet_ids": ",".join(ids), "as": whose},
        timeout=10,
    ).json()
    members = {"endpoint": endpoint, "as": whose, "body": ready["body"]}
    told = requests.post(f"{emulator.url}/emulator/lines", json=members, timeout=10).json()
    assert told["missing"] == {}
    for name in ("python", "kit"):
        printed = run([sys.executable, "-c", told["lines"][name]], tmp_path)
        assert ids[0] in printed
        record = emulator.log[-1]
        assert (record.status, record.endpoint, record.tweets) == (200, endpoint, 2)
        assert (record.credential, record.account) == (
            ("app", "") if whose == "app" else ("user", "acme")
        )


def test_a_logged_request_again(
    service: Service, sign: Sign, question: dict[str, Any], world: World
) -> None:
    """A request of the log is written down as it was, signed for whoever sent it."""
    body = json.dumps(question, indent=1).encode()
    service.state.change({"gzip": "optional"})
    service.respond("POST", TOTALS, sign(TOTALS), body)
    service.respond(
        "POST", TOTALS, {**JSON, "Authorization": f"Bearer {world.app.bearer_token}"}, body
    )
    first, second = (steer(service, "lines", {"number": number}) for number in (1, 2))
    assert (first["as"], second["as"]) == ("acme", "app")
    assert first["request"]["body"] == second["request"]["body"] == body.decode()
    assert "--compressed" in first["lines"]["curl"]
    assert "--compressed" not in second["lines"]["curl"]
    status, record = send(service, first)
    assert (status, record.account) == (200, "acme")
    other = steer(service, "lines", {"number": 1, "as": "birch"})
    assert send(service, other)[0] == 403


def test_another_app(service: Service, world: World, question: dict[str, Any]) -> None:
    """Lines are signed for any app, and those of a logged request for the app that sent it."""
    name = world.apps[1].name
    members = {"endpoint": "totals", "body": question, "as": "acme", "app": name}
    told = steer(service, "lines", members)
    assert world.apps[1].consumer_key in told["lines"]["python"]
    status, record = send(service, told)
    assert (status, record.app, record.account) == (200, name, "acme")
    assert steer(service, "lines", {"number": 1})["app"] == name


def test_a_revoked_token(service: Service, question: dict[str, Any]) -> None:
    """With a revoked token lines are written all the same, and say that it was revoked."""
    members = {"endpoint": "totals", "body": question, "as": "acme"}
    assert steer(service, "lines", members)["revoked"] is False
    steer(service, "revoke", {"account": "acme"})
    told = steer(service, "lines", members)
    assert told["revoked"] is True
    assert send(service, told)[0] == 401
    assert steer(service, "lines", {**members, "as": "app"})["revoked"] is False


def test_a_warning(service: Service, question: dict[str, Any]) -> None:
    """Lines tell what is bound to be refused: by a dead token, or an app that is not enabled."""
    members = {"endpoint": "totals", "body": question, "as": "acme"}

    def warned(**more: str) -> tuple[bool, str, int]:
        told = steer(service, "lines", {**members, **more})
        return told["enabled"], told["warning"], send(service, told)[0]

    not_enabled = "the app is not enabled: they get 403"
    assert warned() == (True, "", 200)
    assert warned(app="hobby") == (False, not_enabled, 403)
    steer(service, "settings", {"app": "not_enabled"})
    assert warned() == (False, not_enabled, 403)
    steer(service, "settings", {"app": "enabled"})
    steer(service, "revoke", {"account": "acme"})
    assert warned() == (True, "the token was revoked: they get 401", 401)
    steer(service, "settings", {"credentials": "trusted"})
    assert warned() == (True, "", 200)
    steer(service, "apps", {"name": "reports", "enabled": False})
    assert warned() == (False, not_enabled, 403)


def test_a_request_whose_keys_were_wrong(service: Service, question: dict[str, Any]) -> None:
    """A request that was not authenticated is written down with the first account's keys."""
    headers = {**JSON, "Authorization": "Bearer wrong", "Accept-Encoding": "gzip"}
    service.respond("POST", TOTALS, headers, json.dumps(question).encode())
    told = steer(service, "lines", {"number": 1})
    assert told["as"] == "acme"
    assert "wrong" not in json.dumps(told)
    assert send(service, told)[0] == 200


@pytest.mark.parametrize(
    ("method", "target", "body", "text"),
    [
        ("POST", "/nothing", b"x", "none of the three endpoints"),
        ("POST", "/oauth2/token", b"grant_type=x", "what it was signed with is not kept"),
        ("POST", "/oauth/request_token", b"", "what it was signed with is not kept"),
        ("GET", "/oauth/authorize", b"", "what it was signed with is not kept"),
        ("POST", f"{TOTALS}?x=1", b"{}", "of its query only the names are kept"),
        ("POST", f"{TOTALS}%3Fx=1", b"", "of its query only the names are kept"),
        ("GET", "/a?", b"", "of its query only the names are kept"),
        ("GET", "/a" * 101, b"", "of its path only the beginning"),
        ("GET", "/a/../b", b"", "what curl or Python would change"),
        ("GET", "//a", b"", "what curl or Python would change"),
        ("GET", "/[1-9]", b"", "what curl or Python would change"),
        ("GET", "/%70", b"", "what curl or Python would change"),
        ("GET", "/a#b", b"", "of its path only the beginning"),
        ("POST", TOTALS, b"{\xff", "it is no text"),
        ("POST", TOTALS, b"{" + b" " * 200_000, "not all of its body is kept"),
        ("POST", TOTALS, b"nonsense", "it does not begin with {"),
        ("BREW", TOTALS, b"", "GET, POST"),
    ],
)
def test_what_is_not_kept_has_no_lines(
    service: Service, *, method: str, target: str, body: bytes, text: str
) -> None:
    """Of a request whose body is not kept there are no lines, and the text says why."""
    service.respond(method, target, JSON, body)
    (said,) = steer(service, "lines", {"number": 1}, 404)["errors"]
    assert text in said


@pytest.mark.parametrize("levels", [21, 300, 400, 700, 950, 3000])
def test_deep_bodies(service: Service, levels: int) -> None:
    """However deep a text is nested, it is written as it is, and never laid out."""
    body = '{"a": ' + "[" * levels + "]" * levels + "}"
    told = steer(service, "lines", {"endpoint": "totals", "body": body})
    assert list(told["lines"]) == ["curl", "python"]
    assert told["request"]["body"] == body
    assert len(json.dumps(told)) < 4000 + 6 * len(body)


@pytest.mark.parametrize("name", ["body", "endpoint", "as", "app", "number"])
def test_deep_members(service: Service, name: str) -> None:
    """A member that is nested deep is written or refused in words; nothing breaks on it."""
    members = {"endpoint": '"totals"', "body": '"{}"', "as": '"app"'}
    for levels in (21, 400, 700, 950, 3000):
        deep = {**members, name: '{"a": ' * levels + "1" + "}" * levels}
        body = "{" + ", ".join(f'"{one}": {value}' for one, value in deep.items()) + "}"
        response = service.respond("POST", "/emulator/lines", JSON, body.encode())
        # How deep an object can be read and written depends on the version of Python.
        assert response.status in ({200, 400} if name == "body" else {400})
        told = json.loads(response.body)
        assert ("lines" if response.status == 200 else "errors") in told


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", "/nothing", 404), ("POST", "/totals/", 404), ("DELETE", "/a/.b", 404)),
        ("GET", TOTALS, 404),
    ],
)
def test_a_path_that_there_is_not(service: Service, *, method: str, path: str, status: int) -> None:
    """A request without body and query is written down as it was, also where nothing is."""
    service.respond(method, path, JSON, b"")
    told = steer(service, "lines", {"number": 1})
    assert (told["request"]["method"], told["request"]["path"]) == (method, path)
    assert told["request"]["body"] == ""
    assert f"http://127.0.0.1:8080{path}" in told["lines"]["curl"]
    assert "ek.Query" in told["missing"]["kit"]
    got, record = send(service, told)
    assert (got, record.method, record.path) == (status, method, path)


def test_what_has_no_line_says_why(service: Service) -> None:
    """A body that only Python can hold has no other lines, and each says why."""
    told = steer(service, "lines", {"endpoint": "totals", "body": "\x1b[2J"})
    assert list(told["lines"]) == ["python"]
    assert "terminal" in told["missing"]["curl"]
    assert "ek.Query" in told["missing"]["kit"]


@pytest.mark.parametrize(
    ("start", "end", "period"),
    [
        (None, None, None),
        ("2024-04-20", None, ("2024-04-20T00:00:00Z", "2024-05-01T12:00:00Z")),
        ("2024-05-01T12:00:00Z", None, ("2024-05-01T12:00:00Z", "2024-05-01T13:00:00Z")),
        ("2024-04-20", "2024-04-21", ("2024-04-20T00:00:00Z", "2024-04-21T00:00:00Z")),
        ("2024-04-20", "2024-05-01T12:20:00Z", ("2024-04-20T00:00:00Z", "2024-05-01T12:00:00Z")),
        ("nonsense", "'); import os; ('", ("nonsense", "'); import os; ('")),
    ],
)
def test_the_period_of_the_kit(
    service: Service, *, start: str | None, end: str | None, period: tuple[str, str] | None
) -> None:
    """The kit counts whole hours that are over; what is wrong goes on as text, for it to refuse."""
    body = {
        "tweet_ids": ["1"],
        "engagement_types": ["favorites"],
        "groupings": {"g": {"group_by": ["tweet.id"]}},
        **({"start": start} if start else {}),
        **({"end": end} if end else {}),
    }
    code = steer(service, "lines", {"endpoint": "historical", "body": body})["lines"]["kit"]
    compile(code, "kit", "exec")
    if period is None:
        assert "period" not in code
    else:
        assert f"period=ek.between({json.dumps(period[0])}, {json.dumps(period[1])})" in code


@pytest.mark.parametrize(("start", "end"), [("nonsense", None), (None, "nonsense"), (1, 2)])
def test_no_period_that_was_not_asked(service: Service, *, start: Any, end: Any) -> None:
    """Where a date is wrong and the other one left out, no period of the kit is the same."""
    given = {name: one for name, one in (("start", start), ("end", end)) if one is not None}
    body = {
        "tweet_ids": ["1"],
        "engagement_types": ["favorites"],
        "groupings": {"g": {"group_by": ["tweet.id"]}},
        **given,
    }
    told = steer(service, "lines", {"endpoint": "historical", "body": body})
    assert "ek.Query" in told["missing"]["kit"]


def test_a_name_of_its_own(world: World, now: Any) -> None:
    """Behind a proxy the lines name and sign the host that callers know."""
    settings = Settings(public_url="https://api.example.org")
    service = Service(world, WorldClock(frozen=now), settings)
    told = steer(service, "lines", {"endpoint": "totals", "body": "{}"})
    assert "https://api.example.org/insights" in told["lines"]["curl"]
    status, record = send(service, told)
    assert (status, record.account) == (400, "acme")  # authenticated; the body is empty


def test_lines_are_not_counted(service: Service) -> None:
    """Writing lines is neither counted nor logged, and strikes no fault."""
    service.state.faults.add(Fault("server_error"))
    steer(service, "lines", {"endpoint": "totals", "body": "{}"})
    assert (service.requests_served, service.state.faults.listed()[0]["met"]) == (0, 0)


@pytest.mark.parametrize(
    ("members", "status", "text"),
    [
        ({}, 400, "body is missing; it is a text or an object, beside an endpoint"),
        ({"body": "{}"}, 400, "endpoint is 'None'; allowed: totals, 28hr, historical"),
        ({"body": 1, "endpoint": "totals"}, 400, "body is missing"),
        ({"body": "{}", "endpoint": "x"}, 400, "endpoint is 'x'; allowed: totals"),
        ({"body": "{}", "endpoint": "totals", "as": "zoo"}, 400, "as is 'zoo'; allowed: app, acme"),
        ({"body": "{}", "endpoint": "totals", "as": 1}, 400, "as is '1'; allowed: app, acme"),
        ({"body": "{}", "endpoint": "totals", "app": "zoo"}, 400, "no app 'zoo'; there are: "),
        ({"number": 5}, 404, "nothing is kept of request 5"),
        ({"number": None}, 400, "'None' is not allowed; a whole number"),
        ({"address": "http://evil.example"}, 400, "unknown 'address'"),
    ],
)
def test_wrong_lines(service: Service, *, members: Any, status: int, text: str) -> None:
    """What can't be written down is refused, with what is allowed."""
    (said,) = steer(service, "lines", members, status)["errors"]
    assert said.startswith(f"emulator: {text}")
