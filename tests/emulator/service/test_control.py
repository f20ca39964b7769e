from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engagement_kit.emulator import Fault, Settings, World, WorldClock
from engagement_kit.emulator.api.settings import CHOICES
from engagement_kit.emulator.service import control
from engagement_kit.emulator.service.faults import KINDS
from engagement_kit.emulator.service.packing import MAX_BODY, Response
from engagement_kit.emulator.service.service import Service

Sign = Callable[..., dict[str, str]]
Opened = Callable[[Response], Any]
Steer = Callable[..., tuple[int, Any]]
TOTALS = "/insights/engagement/totals"
JSON = {"Host": "127.0.0.1:8080", "Content-Type": "application/json"}
READ = [
    *("", "state", "clock", "settings", "faults", "accounts", "tweets", "log", "openapi.json"),
    *("about?tweet_ids=1", "chart?tweet_ids=1", "ready?endpoint=totals&tweet_ids=1"),
]
OF_ONE = "request"  # there must have been one
WRITTEN = ["reset", "clock", "settings", "faults", "apps", "revoke", "truth", "lines"]
FOREIGN = [
    {"Host": "evil.example"},
    {"Host": "evil.example", "Origin": "http://evil.example"},
    {"Host": ""},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9999"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.fixture
def steer(service: Service, opened: Opened) -> Steer:
    """Ask the control API: with a body by POST, else by GET."""

    def _steer(
        what: str, members: Any = None, *, method: str | None = None, **headers: str
    ) -> tuple[int, Any]:
        body = b"" if members is None else json.dumps(members).encode()
        method = method or ("GET" if members is None else "POST")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = service.respond(method, f"/emulator/{what}", {**JSON, **named}, body)
        return response.status, opened(response)

    return _steer


def error(found: tuple[int, Any]) -> str:
    """Return the text of a refusal with 400."""
    status, payload = found
    assert status == 400, payload
    (text,) = payload["errors"]
    assert text.startswith("emulator: ")
    return str(text).removeprefix("emulator: ")


def test_index(steer: Steer, service: Service) -> None:
    """The index tells every path, what each does and what it takes; a slash less is the same."""
    status, index = steer("")
    assert status == 200
    there = {one.partition("?")[0] for one in (*READ, *WRITTEN, OF_ONE)} - {""}
    assert set(index["paths"]) == {f"/emulator/{one}" for one in there}
    assert all(
        told["about"].endswith(".") for one in index["paths"].values() for told in one.values()
    )
    assert list(index["paths"]["/emulator/clock"]["POST"]["takes"]) == ["set", "travel_s", "freeze"]
    faults = index["paths"]["/emulator/faults"]["POST"]["takes"]
    assert list(faults) == [one.name for one in fields(Fault)]
    assert all(kind in faults["kind"] for kind in KINDS)
    settings = index["paths"]["/emulator/settings"]["POST"]
    assert list(settings["takes"]) == list(Settings().to_dict())
    assert settings["takes"]["ids"] == "any, strings. Whether tweet ids may be JSON numbers."
    choices = {name: tuple(words) for name, words in settings["choices"].items()}
    assert choices == CHOICES
    response = service.respond("GET", "/emulator", {"Host": "localhost"}, b"")
    assert response.status == 200


@pytest.mark.parametrize("what", READ)
def test_get(service: Service, what: str) -> None:
    """What can be read is JSON that no cache keeps and no other page loads."""
    response = service.respond("GET", f"/emulator/{what}", {"Host": "localhost"}, b"")
    assert response.status == 200
    assert isinstance(json.loads(response.body), dict)
    headers = response.headers
    assert headers["Content-Type"].startswith("application/json")
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["x-engagement-emulator"] == service.name
    assert not any(name.lower().startswith("access-control") for name in headers)


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[("GET", f"/emulator/{what}") for what in (*READ, "request?number=1")],
        *[("POST", f"/emulator/{what}") for what in WRITTEN],
        *(("DELETE", "/emulator/faults"), ("OPTIONS", "/emulator/reset"), ("GET", "/emulator/x")),
        *(("POST", TOTALS), ("GET", TOTALS), ("OPTIONS", TOTALS), ("GET", "/")),
    ],
)
def test_foreign_pages(
    service: Service, *, method: str, path: str, headers: dict[str, str]
) -> None:
    """Pages of another origin get nothing from any path, and change nothing."""
    service.state.faults.add(Fault("slow"))
    response = service.respond(method, path, {**JSON, **headers}, b"{}")
    assert response.status in {403, 421}
    assert list(json.loads(response.body)) == ["errors"]
    assert len(service.state.faults) == 1
    assert not any(name.lower().startswith("access-control") for name in response.headers)


def test_own_pages(steer: Steer) -> None:
    """The emulator's own pages and the address bar may read and write."""
    own = {"Origin": "http://127.0.0.1:8080", "Sec_Fetch_Site": "same-origin"}
    assert steer("state", Sec_Fetch_Site="none")[0] == 200
    assert steer("state", **own)[0] == 200
    assert steer("reset", {}, **own)[0] == 200


@pytest.mark.parametrize(
    "content", [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
@pytest.mark.parametrize("what", WRITTEN)
def test_only_json(service: Service, what: str, content: str | None) -> None:
    """What a form can send unasked is no way to change anything: 415."""
    headers = {"Host": "localhost", **({} if content is None else {"Content-Type": content})}
    response = service.respond("POST", f"/emulator/{what}", headers, b"{}")
    assert response.status == 415
    assert b"Content-Type: application/json" in response.body


@pytest.mark.parametrize(
    ("what", "method", "allowed"),
    [
        *(("state", "POST", "GET"), ("state", "PUT", "GET")),
        *(("reset", "GET", "POST"), ("truth", "GET", "POST"), ("log", "DELETE", "GET")),
        *(("clock", "PUT", "GET, POST"), ("faults", "PATCH", "DELETE, GET, POST")),
        *(("accounts", "OPTIONS", "GET"), ("settings", "B\u00e9" * 30, "GET, POST")),
    ],
)
def test_wrong_method(service: Service, what: str, method: str, allowed: str) -> None:
    """A wrong method gets 405 with the right ones, in words and in the header Allow."""
    response = service.respond(method, f"/emulator/{what}", JSON, b"{}")
    assert response.status == 405
    text = json.loads(response.body)["errors"][0]
    assert text.endswith(f"is not for /emulator/{what}; {allowed} is")
    assert response.headers["Allow"] == allowed.replace("GET", "GET, HEAD")


@pytest.mark.parametrize(
    ("method", "what"),
    [
        *(
            ("GET", "x"),
            ("POST", ""),
            ("POST", "stat"),
            ("GET", "State"),
            ("GET", "%73tate"),
            ("GET", "/state"),
        ),
        *(("GET", "clock/x"), ("GET", "state/x"), ("POST", "reset/x"), ("DELETE", "log/1")),
        *(("GET", "faults/1"), ("POST", "faults/1")),
    ],
)
def test_no_such_path(steer: Steer, method: str, what: str) -> None:
    """An unknown path gets 404 with the known ones; what is behind a path is not ignored."""
    status, payload = steer(what, {}, method=method)
    assert status == 404
    assert "settings, faults, accounts" in payload["errors"][0]


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b"{", b"\xff", b"[" * 100_000, b"x=1"])
def test_not_an_object(service: Service, opened: Opened, body: bytes) -> None:
    """A body that is no JSON object is refused."""
    for what in WRITTEN:
        response = service.respond("POST", f"/emulator/{what}", JSON, body)
        assert error((response.status, opened(response))) == "the body must be a JSON object"


def test_packed_body(service: Service) -> None:
    """A body may be gzip, as for the API; a bomb is refused."""
    headers = {**JSON, "Content-Encoding": "gzip"}
    small, bomb = gzip.compress(b'{"zeros": "sparse"}'), gzip.compress(b" " * (MAX_BODY + 1))
    assert service.respond("POST", "/emulator/settings", headers, small).status == 200
    assert service.state.settings.zeros == "sparse"
    refused = service.respond("POST", "/emulator/settings", headers, bomb)
    assert refused.status == 400
    assert b"not gzip" in refused.body


def test_not_counted(service: Service, steer: Steer) -> None:
    """Control requests, wrong ones too, are neither counted nor logged, and cost no budget."""
    for _ in range(3):
        steer("state")
        steer("x")
        steer("state", Host="evil.example")
    assert (service.requests_served, service.log) == (0, [])
    assert steer("state")[1]["requests_served"] == 0


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("tweets?limit=3", "unknown 'limit'; tweets takes: account, kind, n, before"),
        ("log?since=1", "unknown 'since'; log takes: n, after"),
        ("state?x", "unknown 'x'; state takes: nothing"),
        ("tweets?before=2020", "before: '2020' is not a moment with a zone"),
    ],
)
def test_wrong_query(steer: Steer, what: str, text: str) -> None:
    """A query that means nothing is refused, not ignored."""
    assert error(steer(what)).startswith(text)


def test_tweets_before_and_by_user_id(steer: Steer, world: World) -> None:
    """Older tweets can be listed, and an account is known by its user id too."""
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    birch = world.accounts[1]
    status, told = steer(f"tweets?account={birch.user_id}&n=3&before=2020-01-01T00:00:00Z")
    assert status == 200
    assert told["account"] == "birch"
    assert told["tweet_ids"] == world.sample_ids("birch", 3, moment)


def test_state(steer: Steer) -> None:
    """The state tells name, world, clock, switches, faults and how much was served."""
    assert steer("state")[1] == {
        "name": "emulator/standard-0",
        "world": {
            "nature": "standard",
            "seed": 0,
            "accounts": 3,
            "revised": False,
            "undone": False,
        },
        "clock": {"now": "2024-05-01T12:34:56Z", "frozen": True},
        "settings": Settings().to_dict(),
        "faults": [],
        "requests_served": 0,
        "keys_version": 0,
    }


@pytest.mark.parametrize(
    ("moves", "now", "frozen"),
    [
        ({"set": "2020-02-02T02:02:02Z"}, "2020-02-02T02:02:02Z", True),
        ({"set": "2020-02-02T02:00:00+02:00"}, "2020-02-02T00:00:00Z", True),
        ({"travel_s": 3600}, "2024-05-01T13:34:56Z", True),
        ({"travel_s": -0.5}, "2024-05-01T12:34:55Z", True),
        ({"travel_s": 60, "set": "2020-02-02T02:02:02Z"}, "2020-02-02T02:03:02Z", True),
        ({"freeze": True}, "2024-05-01T12:34:56Z", True),
    ],
)
def test_clock(steer: Steer, moves: dict[str, Any], now: str, *, frozen: bool) -> None:
    """The clock is set, moved and frozen, and tells the outcome."""
    assert steer("clock", moves) == (200, {"now": now, "frozen": frozen})
    assert steer("clock") == (200, {"now": now, "frozen": frozen})


def test_clock_runs(steer: Steer) -> None:
    """A clock that is let go runs on from its moment; it can be frozen again."""
    status, clock = steer("clock", {"freeze": False})
    assert (status, clock["frozen"]) == (200, False)
    assert clock["now"].startswith("2024-05-01T12:3")
    assert steer("clock", {"freeze": True})[1]["frozen"] is True


@pytest.mark.parametrize(
    ("moves", "text"),
    [
        ({}, "nothing to do; allowed: set, travel_s, freeze"),
        ({"travel": 1}, "unknown 'travel'; clock takes: set, travel_s, freeze"),
        ({"set": "noon"}, "set: 'noon' is not a moment with a zone, as in 2024-05-01T12:00:00Z"),
        ({"set": "2024-05-01T12:00:00"}, "set: '2024-05-01T12:00:00' is not a moment"),
        ({"set": 1714566896}, "set: '1714566896' is not a moment"),
        ({"set": None}, "set is missing; it is a moment with a zone"),
        ({"set": "0001-01-01T00:00:00+14:00"}, "set: '0001-01-01T00:00:00+14:00' is not a moment"),
        ({"set": "1999-01-01T00:00:00Z"}, "the world's clock can't show 1999-01-01T00:00:00Z"),
        ({"set": "2081-01-01T00:00:00Z"}, "the world's clock can't show 2081-01-01T00:00:00Z"),
        ({"travel_s": "1"}, "'1' is no number of seconds up to 10000000000"),
        ({"travel_s": True}, "'True' is no number of seconds"),
        ({"travel_s": float("nan")}, "'nan' is no number of seconds"),
        ({"travel_s": 1e300}, "'1e+300' is no number of seconds"),
        ({"travel_s": -1e9}, "the world's clock can't show 1992-"),
        ({"travel_s": 10**10}, "the world's clock can't show 2341-"),
        ({"set": "2020-01-01T00:00:00Z", "travel_s": "x"}, "'x' is no number of seconds"),
        ({"set": "2020-01-01T00:00:00Z", "travel_s": -1e9}, "the world's clock can't show 1988-"),
        ({"set": "2020-01-01T00:00:00Z", "freeze": 1}, "freeze must be true or false"),
        ({"travel_s": 1, "freeze": None}, "freeze must be true or false"),
    ],
)
def test_wrong_clock(steer: Steer, moves: dict[str, Any], text: str) -> None:
    """A wrong move is refused with what is allowed, and no part of it is made."""
    assert error(steer("clock", moves)).startswith(text)
    assert steer("clock")[1] == {"now": "2024-05-01T12:34:56Z", "frozen": True}


def test_settings(steer: Steer) -> None:
    """Some switches are changed, all are told."""
    expected = Settings(zeros="sparse", per_minute=3).to_dict()
    assert steer("settings", {"zeros": "sparse", "per_minute": 3}) == (200, expected)
    assert steer("settings") == (200, expected)
    assert steer("settings", {}) == (200, expected)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"zero": "sparse"}, "unknown 'zero'; settings takes: profile, "),
        ({"zeros": "some"}, "zeros is 'some'; allowed: full, sparse."),
        ({"zeros": ["full"]}, "zeros is ['full']; allowed: full, sparse."),
        ({"zeros": None}, "zeros is None; allowed: full, sparse."),
        ({"per_minute": 1.5}, "per_minute is 1.5; allowed: a whole number from 1"),
        ({"public_url": "example.com"}, "public_url is 'example.com'; allowed: scheme and host"),
        ({"leaves": "numbers", "zeros": 1}, "zeros is 1; allowed"),
    ],
)
def test_wrong_settings(steer: Steer, changes: dict[str, Any], text: str) -> None:
    """A wrong change is refused with what is allowed, and nothing is changed."""
    assert error(steer("settings", changes)).startswith(text)
    assert steer("settings")[1] == Settings().to_dict()


def test_faults(steer: Steer) -> None:
    """Faults are added, listed and taken away, one or all."""
    status, added = steer("faults", {"kind": "slow", "nth": [2, 3], "seconds": 0})
    assert (status, added["number"], len(added["faults"])) == (200, 1, 1)
    steer("faults", {"kind": "reset"})
    assert [one["number"] for one in steer("faults")[1]["faults"]] == [1, 2]
    left = steer("faults/1", method="DELETE")[1]["faults"]
    assert [one["kind"] for one in left] == ["reset"]
    assert steer("faults", method="DELETE") == (200, {"faults": []})


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, "kind is missing; a fault has: kind, nth, rate"),
        ({"kind": "flood"}, "kind is 'flood'; allowed: rate_limited, "),
        ({"kind": "slow", "after": 1}, "unknown 'after'; faults takes: kind, "),
        ({"kind": "slow", "seconds": 1e9}, "seconds is 1000000000.0; allowed: a number from 0 to"),
        ({"kind": "slow", "nth": {"2": 3}}, "nth is {'2': 3}; allowed: whole numbers from 1."),
    ],
)
def test_wrong_faults(steer: Steer, members: dict[str, Any], text: str) -> None:
    """A wrong fault is refused with what is allowed, and is not in force."""
    assert error(steer("faults", members)).startswith(text)
    assert steer("faults")[1] == {"faults": []}


@pytest.mark.parametrize("which", ["1", "x", "-1", "1/2", "\u0661", "9" * 9000])
def test_no_such_fault(steer: Steer, which: str) -> None:
    """A fault that is not in force can't be taken away: 404."""
    status, payload = steer(f"faults/{which}", method="DELETE")
    assert status == 404
    assert "is in force" in payload["errors"][0]


def test_accounts(steer: Steer, world: World) -> None:
    """The made-up keys are told, so that any client can sign."""
    told = steer("accounts")[1]
    assert told["app"]["consumer_secret"] == world.app.consumer_secret
    assert told["app"]["bearer_token"] == world.app.bearer_token
    assert [one["access_token_secret"] for one in told["accounts"]] == [
        account.access_token_secret for account in world.accounts
    ]


def test_apps_and_revoking(steer: Steer) -> None:
    """Apps are enabled and tokens revoked by POST; a reset takes both back."""
    status, told = steer("apps", {"name": "hobby", "enabled": True})
    assert (status, [app["enabled"] for app in told["apps"]]) == (200, [True, True, True])
    status, told = steer("revoke", {"account": "acme", "app": "research"})
    assert (status, told["tokens"]["research"]) == (200, {"revoked": True})
    accounts = steer("accounts")[1]
    assert accounts["accounts"][0]["tokens"]["research"]["revoked"] is True
    assert error(steer("revoke", {"account": "nobody"})).startswith("no account 'nobody'; there")
    assert error(steer("apps", {"app": "hobby"})).startswith("unknown 'app'; apps takes: name, ")
    assert steer("revoke")[0] == 405
    steer("reset", {})
    accounts = steer("accounts")[1]
    assert accounts["accounts"][0]["tokens"]["research"]["revoked"] is False
    assert accounts["apps"][2]["enabled"] is False


def test_tweets(steer: Steer, world: World, now: datetime) -> None:
    """The newest tweets of an account and kind are listed, at the world's time."""
    told = steer("tweets?account=birch&n=3&kind=protected")[1]
    assert told["tweet_ids"] == world.sample_ids("birch", 3, now, "protected")
    assert steer("tweets")[1]["tweet_ids"] == world.sample_ids("acme", 25, now)
    assert steer("tweets?n=0")[1]["tweet_ids"] == []
    steer("clock", {"travel_s": -86400 * 30})
    then = now - timedelta(days=30)
    assert steer("tweets?n=1")[1]["tweet_ids"] == world.sample_ids("acme", 1, then)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("tweets?account=nobody", "no account 'nobody' in this world; allowed: acme, "),
        ("tweets?kind=own_", "kind is 'own_'; allowed: own, "),
        ("tweets?n=-1", "'-1' is not allowed; a whole number from 0 to 10000 is"),
        ("tweets?n=10001", "'10001' is not allowed; a whole number from 0 to 10000 is"),
        ("tweets?n=%D9%A1", "'\\u0661' is not allowed"),
        ("log?n=x", "'x' is not allowed; a whole number from 0 to"),
        ("log?after=1.5", "'1.5' is not allowed; a whole number from 0 to"),
        ("log?after=" + "9" * 9000, "'99999999999999999999' is not allowed"),
    ],
)
def test_wrong_queries(steer: Steer, query: str, text: str) -> None:
    """A wrong value of a query is refused with what is allowed."""
    assert error(steer(query)).startswith(text)


def test_truth(steer: Steer, world: World, now: datetime) -> None:
    """The truth is that of the world at the world's time, nested by tweet and metric."""
    ids, metrics = world.sample_ids("acme", 2, now - timedelta(days=1)), ["retweets", "favorites"]
    start, end = datetime(2024, 4, 30, tzinfo=UTC), datetime(2024, 4, 30, 5, tzinfo=UTC)
    asked = {
        "tweet_ids": ids,
        "metrics": metrics,
        "start": "2024-04-30T02:00:00+02:00",
        "end": "2024-04-30T05:00:00Z",
    }
    status, told = steer("truth", asked)
    counts = world.counts(ids, metrics, start, end, now).tolist()
    assert status == 200
    assert (told["now"], told["start"]) == ("2024-05-01T12:34:56Z", "2024-04-30T00:00:00Z")
    assert told["counts"][ids[1]] == dict(zip(metrics, counts[1], strict=True))
    assert told["lifetime"][ids[0]]["favorites"] == world.lifetime(ids, metrics, now)[0, 1]
    assert steer("truth", {**asked, "end": "2024-04-29T00:00:00Z"})[1]["counts"][ids[0]] == {
        "retweets": [],
        "favorites": [],
    }


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"tweet_ids": None}, "tweet_ids must be a list of strings"),
        ({"tweet_ids": [20]}, "tweet_ids must be a list of strings"),
        ({"tweet_ids": []}, "tweet_ids and metrics must not be empty"),
        ({"tweet_ids": ["x"]}, "'x' in tweet_ids is no tweet id"),
        ({"tweet_ids": ["2_0"]}, "'2_0' in tweet_ids is no tweet id"),
        ({"tweet_ids": ["9" * 19]}, "a tweet id is a whole number"),
        ({"metrics": "retweets"}, "metrics must be a list of strings"),
        ({"metrics": []}, "tweet_ids and metrics must not be empty"),
        ({"metrics": ["rt"]}, "unknown metrics: ['rt']"),
        ({"start": None}, "start is missing; it is a moment with a zone"),
        ({"end": "2024-05-01"}, "end: '2024-05-01' is not a moment with a zone"),
        ({"start": "2024-04-30T00:30:00Z"}, "2024-04-30T00:30:00+00:00 is not a whole UTC hour"),
        ({"tweet_ids": ["20"] * 1_000_001, "end": "2024-04-30T00:00:00Z"}, "more than 1000000"),
        ({"start": "1900-01-01T00:00:00Z"}, "more than 1000000 counts; ask for fewer"),
    ],
)
def test_wrong_truth(steer: Steer, change: dict[str, Any], text: str) -> None:
    """A wrong question for the truth is refused with what is wrong."""
    asked = {
        "tweet_ids": ["20"],
        "metrics": ["retweets"],
        "start": "2024-04-30T00:00:00Z",
        "end": "2024-04-30T05:00:00Z",
    }
    assert error(steer("truth", {**asked, **change})).startswith(text)


def test_log(service: Service, steer: Steer) -> None:
    """The log is read in pages: the newest, and those after a number."""
    for number in range(5):
        service.respond("POST", f"/{number}", {"Host": "localhost"}, b"")

    def numbers(query: str) -> list[int]:
        return [one["number"] for one in steer(f"log{query}")[1]["requests"]]

    assert numbers("") == [1, 2, 3, 4, 5]
    assert numbers("?n=2") == [4, 5]
    assert numbers("?after=3") == [4, 5]
    assert numbers("?after=1&n=1") == [2]
    assert numbers("?after=9") == numbers("?n=0") == []
    (last,) = steer("log?n=1")[1]["requests"]
    assert (last["path"], last["status"], last["credential"]) == ("/4", 404, "")
    assert last["reason"].startswith("emulator: no such path")


def test_openapi(steer: Steer) -> None:
    """The description of the API is there to be fetched."""
    assert "/insights/engagement/totals" in steer("openapi.json")[1]["paths"]


def test_next_request(
    service: Service, steer: Steer, sign: Sign, opened: Opened, question: dict[str, Any]
) -> None:
    """Switches, faults and the clock have effect on the next request of the API."""

    def ask() -> Response:
        return service.respond("POST", TOTALS, sign(TOTALS), json.dumps(question).encode())

    first = opened(ask())
    steer("settings", {"leaves": "numbers"})
    ids = question["tweet_ids"]
    assert opened(ask())["g"][ids[0]]["favorites"] == int(first["g"][ids[0]]["favorites"])
    steer("faults", {"kind": "unavailable", "times": 1})
    assert [ask().status for _ in range(2)] == [503, 200]
    steer("clock", {"set": "2020-01-01T00:00:00Z"})
    assert opened(ask())["unavailable_tweet_ids"] == ids
    steer("reset", {})
    assert opened(ask()) == first


def test_reset(world: World, now: datetime, opened: Opened) -> None:
    """A reset goes back to the start: a frozen clock, the first switches and the first faults."""
    clock = WorldClock(frozen=now)
    service = Service(world, clock, Settings(zeros="sparse"), faults=[Fault("numbers")])
    before = service.respond("GET", "/emulator/state", JSON, b"")
    for path, body in [
        ("clock", {"travel_s": 5, "freeze": False}),
        ("settings", {"zeros": "full", "gzip": "optional"}),
        ("faults", {"kind": "reset"}),
    ]:
        sent = json.dumps(body).encode()
        assert service.respond("POST", f"/emulator/{path}", JSON, sent).status == 200
    service.respond("POST", TOTALS, JSON, b"{}")
    after = service.respond("POST", "/emulator/reset", JSON, b"")
    assert opened(after) == {**opened(before), "keys_version": 1}  # that alone never goes back
    assert service.log == []


def test_headers_are_for_control(service: Service) -> None:
    """Refusals of control paths carry the same headers, answers of the API do not."""
    refused = service.respond("GET", "/emulator/state", {"Host": "evil.example"}, b"")
    assert refused.headers.items() >= control.HEADERS.items()
    answered = service.respond("POST", TOTALS, JSON, b"{}")
    assert not control.HEADERS.keys() & answered.headers.keys()
