"""The walk to a user's token, request by request, without a socket."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from consent_page import Page
from hypothesis import given
from hypothesis import strategies as st
from oauthlib.oauth1 import Client

from engagement_kit.emulator import Settings, World, WorldClock
from engagement_kit.emulator.service import tokens
from engagement_kit.emulator.service.packing import Response
from engagement_kit.emulator.service.service import Service
from engagement_kit.emulator.world.accounts import App

HOST = {"Host": "127.0.0.1:8080"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BACK = "http://127.0.0.1:8765/callback"
FOREIGN = [
    {"Host": "evil.example"},
    {"Host": "evil.example:8080", "Origin": "http://evil.example:8080"},
    {"Host": ""},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9999"},
    {"Origin": "http://localhost:8080"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
]
LINK = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1"}
ANY = Service(World(), WorldClock(), Settings())


def press(service: Service, form: dict[str, str], **headers: str) -> Response:
    """Send the page's form, as a browser does."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    own = {"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}
    everything = {**HOST, **FORM, **own, **named}
    return service.respond("POST", "/oauth/authorize", everything, urlencode(form).encode())


@pytest.fixture
def begin(service: Service) -> Callable[..., str]:
    """Begin a walk, and return its request token."""

    def _begin(callback: str = "oob", app: App | None = None) -> str:
        walk = service.state.walks.begin((app or service.state.world.app).name, callback, REAL)
        return walk.token

    REAL = service.state.real_time()  # noqa: N806
    return _begin


def shown(service: Service, token: str, more: str = "", **headers: str) -> Page:
    """Open the page that asks for leave."""
    target = f"/oauth/authorize?oauth_token={token}{more}"
    response = service.respond("GET", target, {**HOST, **headers}, b"")
    assert response.status == 200, response
    return Page(response.body.decode())


def test_trusted_callers_of_apps_that_are_not_enabled(world: World) -> None:
    """Where nothing is verified, an app that is not enabled is known by what the header says."""
    service = Service(world, WorldClock(), Settings(credentials="trusted", gzip="optional"))
    hobby = world.apps[2]
    token = service.state.grants.token(hobby, world.accounts[0])
    for said, status in (
        (f'OAuth oauth_token="{token.token}"', 403),
        (f'OAuth oauth_consumer_key="{hobby.consumer_key}"', 403),
        (f"Bearer {hobby.bearer_token}", 403),
        (f"Bearer {world.app.bearer_token}", 400),
        ("", 400),
    ):
        headers = {**HOST, "Authorization": said}
        response = service.respond("POST", "/insights/engagement/totals", headers, b"{")
        assert response.status == status


def test_page(service: Service, begin: Callable[..., str]) -> None:
    """The page says whose it is and who asks, loads nothing, and has two buttons."""
    page = shown(service, begin())
    assert page.accounts == ["acme", "birch", "cedar"]
    assert page.form["account"] == "acme"
    assert page.buttons == {"authorize": "decision", "cancel": "decision"}
    assert page.action == "/oauth/authorize"
    assert page.loads == ["data:,"]
    for text in ("engagement_kit emulator", "made up", "<strong>reports</strong>", "shows a PIN"):
        assert text in page.text
    assert "not enabled" not in page.text


def test_page_of_an_app_that_is_not_enabled(service: Service, begin: Callable[..., str]) -> None:
    """The page warns of what is to come: an app without leave for the API, a revoked token."""
    hobby = service.state.world.apps[2]
    service.state.grants.revoke(hobby, service.state.world.accounts[1])
    text = shown(service, begin(app=hobby)).text
    assert "hobby is not enabled for the Engagement API" in text
    assert text.count("(revoked)") == 1


def test_page_where_no_app_is_enabled(service: Service, begin: Callable[..., str]) -> None:
    """The page warns too where a switch says that no app is enabled."""
    service.state.change({"app": "not_enabled"})
    assert "reports is not enabled for the Engagement API" in shown(service, begin()).text


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [("birch", "birch"), ("@Cedar", "cedar"), ("nobody", "acme"), ("%22%3E", "acme"), ("", "acme")],
)
def test_chosen_account(
    service: Service, begin: Callable[..., str], asked: str, chosen: str
) -> None:
    """The platform's parameter screen_name chooses who to sign in as; an unknown one does not."""
    page = shown(service, begin(), f"&screen_name={asked}")
    assert page.form["account"] == chosen


def test_headers_of_the_page(service: Service, begin: Callable[..., str]) -> None:
    """No frame, no cache, no script, no referrer to others; a form goes here or back to the app."""
    for callback, target in (("oob", ""), (BACK, " http://127.0.0.1:8765")):
        asked = f"/oauth/authorize?oauth_token={begin(callback)}"
        headers = service.respond("GET", asked, HOST, b"").headers
        assert headers["Content-Type"] == "text/html;charset=utf-8"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        rules = [rule.strip() for rule in headers["Content-Security-Policy"].split(";")]
        assert re.fullmatch("style-src 'sha256-[A-Za-z0-9+/]{43}='", rules[1])
        assert [rules[0], *rules[2:]] == [
            "default-src 'none'",
            "img-src data:",
            f"form-action 'self'{target}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]


def test_pin_page(service: Service, begin: Callable[..., str]) -> None:
    """The PIN is shown, again after a second click; with it the program gets the token."""
    token = begin()
    form = {"oauth_token": token, "account": "cedar", "decision": "authorize"}
    pages = [press(service, form) for _ in range(2)]
    assert [page.status for page in pages] == [200, 200]
    pins = {Page(page.body.decode()).pin for page in pages}
    (pin,) = pins
    assert re.fullmatch("[0-9]{7}", pin)
    assert "You let reports in as cedar" in pages[0].body.decode()
    assert service.state.walks.use(token, pin, service.state.real_time()).account == "cedar"


def test_cancel(service: Service, begin: Callable[..., str]) -> None:
    """Who cancels is told so, and the app by the platform's parameter; there is no PIN."""
    by_pin = press(service, {"oauth_token": begin(), "decision": "cancel"})
    assert by_pin.status == 200
    assert "reports was not authorized" in by_pin.body.decode()
    assert not Page(by_pin.body.decode()).pin
    token = begin(BACK)
    by_callback = press(service, {"oauth_token": token, "account": "acme", "decision": "cancel"})
    assert by_callback.status == 303
    assert by_callback.headers["Location"] == f"{BACK}?denied={token}"


def test_answered_before(service: Service, begin: Callable[..., str]) -> None:
    """A request that was answered or used shows a dead end, and who wants it changed too."""
    token = begin()
    asked = f"/oauth/authorize?oauth_token={token}"
    form = {"oauth_token": token, "account": "acme", "decision": "authorize"}
    pin = Page(press(service, form).body.decode()).pin
    for response in (
        service.respond("GET", asked, HOST, b""),
        press(service, {**form, "account": "birch"}),
        press(service, {**form, "decision": "cancel"}),
    ):
        assert response.status == 403
        assert "answered before: the app was let in" in response.body.decode()
        assert pin not in response.body.decode()
    service.state.walks.use(token, pin, service.state.real_time())
    for response in (service.respond("GET", asked, HOST, b""), press(service, form)):
        assert "used before" in response.body.decode()


@pytest.mark.parametrize("query", ["", "?oauth_token=", "?oauth_token=x", "?" + "a&" * 500])
def test_unknown_request_token(service: Service, query: str) -> None:
    """A page for no walk shows a dead end."""
    response = service.respond("GET", "/oauth/authorize" + query, HOST, b"")
    assert response.status == 403
    assert "There is nothing to authorize here" in response.body.decode()
    assert "form-action 'self';" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"decision": "maybe"}, 400),
        ({"account": "nobody"}, 400),
        ({"account": ""}, 400),
        ({"oauth_token": "x"}, 403),
        ({"oauth_token": "<b>"}, 403),
    ],
)
def test_wrong_forms(
    service: Service, begin: Callable[..., str], form: dict[str, str], status: int
) -> None:
    """A form that no page of ours sends decides nothing."""
    token = begin()
    good = {"oauth_token": token, "account": "acme", "decision": "authorize"}
    sent = {**good, **form} if form else {}
    assert press(service, sent).status == status
    walk = service.state.walks.find(token, service.state.real_time())
    assert walk is not None
    assert walk.stage == "asked"


def test_forms_of_another_type(service: Service, begin: Callable[..., str]) -> None:
    """A form as plain text or JSON decides nothing, nor does a very long one."""
    form = {"oauth_token": begin(), "account": "acme", "decision": "authorize"}
    for kind in ("text/plain", "application/json", ""):
        assert press(service, form, Content_Type=kind).status == 400
    assert press(service, {**form, "x": "y" * 20_000}).status == 413


@pytest.mark.parametrize("headers", FOREIGN)
def test_foreign_pages(
    service: Service, begin: Callable[..., str], headers: dict[str, str]
) -> None:
    """A page of another origin can't press the button, nor look at the page, nor ask for tokens."""
    token = begin()
    form = urlencode({"oauth_token": token, "account": "acme", "decision": "authorize"}).encode()
    asked = [("GET", f"/oauth/authorize?oauth_token={token}", b"")]
    asked += [("POST", path, form) for path in tokens.PATHS]
    for method, target, body in asked:
        response = service.respond(method, target, {**HOST, **FORM, **headers}, body)
        assert response.status in {403, 421}
        assert b"oauth_token" not in response.body
        assert b"<form" not in response.body
    walk = service.state.walks.find(token, service.state.real_time())
    assert walk is not None
    assert walk.stage == "asked"


@pytest.mark.parametrize("site", ["none", "same-site", "cross-site", "same-origin"])
def test_links_from_elsewhere(service: Service, begin: Callable[..., str], site: str) -> None:
    """A link from anywhere opens the page; what has no page it does not open."""
    token = begin()
    assert shown(service, token, **LINK, **{"Sec-Fetch-Site": site}).accounts
    if site in {"same-site", "cross-site"}:
        for path in ("/oauth/request_token", "/oauth2/token", "/emulator/accounts"):
            headers = {**HOST, **LINK, "Sec-Fetch-Site": site}
            assert service.respond("GET", path, headers, b"").status == 403
        form = {"oauth_token": token, "account": "acme", "decision": "authorize"}
        assert press(service, form, **LINK, Sec_Fetch_Site=site).status == 403


@pytest.mark.parametrize("path", tokens.PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", ""])
def test_methods(service: Service, path: str, method: str) -> None:
    """Each path takes the methods that it is for."""
    response = service.respond(method, path, HOST, b"")
    shows = path == "/oauth/authorize" and method in {"GET", "HEAD"}
    assert response.status == (403 if shows else 405)
    allowed = "GET, HEAD, POST" if path == "/oauth/authorize" else "POST"
    assert response.headers.get("Allow") == (None if shows else allowed)


def test_nothing_is_packed(service: Service, begin: Callable[..., str]) -> None:
    """Forms and pages leave as they are, whatever is offered; gzip is not asked for."""
    asked = f"/oauth/authorize?oauth_token={begin()}"
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        response = service.respond("GET", asked, {**HOST, **headers}, b"")
        assert response.body.startswith(b"<!doctype html>")
        assert "Content-Encoding" not in response.headers


def test_log(service: Service, world: World) -> None:
    """All steps are logged with app and account, and with nothing that is secret."""
    url = "http://127.0.0.1:8080"
    real = str(int(service.state.real_time()))
    app = world.app
    secrets = {app.consumer_key, app.consumer_secret, app.bearer_token}

    def call(path: str, body: bytes = b"", **options: Any) -> Response:
        keys = {"client_secret": app.consumer_secret, "timestamp": real, **options}
        _, signed, _ = Client(app.consumer_key, **keys).sign(url + path, "POST")
        return service.respond("POST", path, {**HOST, **signed}, body)

    began = dict(parse_qsl(call("/oauth/request_token", callback_uri=BACK).body.decode()))
    options = {
        "resource_owner_key": began["oauth_token"],
        "resource_owner_secret": began["oauth_token_secret"],
    }
    shown(service, began["oauth_token"])
    form = {"oauth_token": began["oauth_token"], "account": "acme", "decision": "authorize"}
    back = press(service, form).headers["Location"]
    verifier = dict(parse_qsl(urlsplit(back).query))["oauth_verifier"]
    call("/oauth/access_token", **options, verifier="wrong")
    call("/oauth/access_token", **{**options, "client_secret": "x"}, verifier=verifier)
    gave = dict(parse_qsl(call("/oauth/access_token", **options, verifier=verifier).body.decode()))
    call("/oauth/access_token", **options, verifier=verifier)
    service.respond("POST", "/oauth2/token", {**HOST, **FORM, "Authorization": "Basic eA=="}, b"")
    secrets |= {*began.values(), gave["oauth_token"], gave["oauth_token_secret"], verifier}
    records = [record.to_dict() for record in service.log]
    told = [(one["path"], one["status"], one["account"], one["app"]) for one in records]
    assert told == [
        ("/oauth/request_token", 200, "", "reports"),
        ("/oauth/authorize", 200, "", ""),
        ("/oauth/authorize", 303, "", ""),
        ("/oauth/access_token", 401, "", "reports"),  # a wrong verifier, rightly signed
        ("/oauth/access_token", 401, "", ""),
        ("/oauth/access_token", 200, "acme", "reports"),
        ("/oauth/access_token", 401, "", ""),
        ("/oauth2/token", 403, "", ""),
    ]
    assert records[2]["reason"] == "answered: app reports for acme"
    assert records[4]["reason"] == "emulator: signature does not match"
    assert not [one for one in secrets - {"true"} if one in repr(records)]
    assert service.requests_served == len(records)


def test_reset_ends_walks(service: Service, begin: Callable[..., str]) -> None:
    """After a reset no walk goes on, and all tokens are those of the beginning."""
    token = begin()
    grants = service.state.grants
    first = grants.token(service.state.world.app, service.state.world.accounts[0])
    grants.revoke(service.state.world.app, service.state.world.accounts[0])
    grants.enable(service.state.world.app, enabled=False)
    service.state.reset()
    assert service.state.walks.find(token, service.state.real_time()) is None
    grants = service.state.grants
    assert grants.find(service.state.world.app, first.token) is not None
    assert grants.is_enabled("reports")


def test_an_old_page_decides_no_new_walk(service: Service, begin: Callable[..., str]) -> None:
    """A page that stayed open over a reset can't let in the app that asked after it."""
    old = shown(service, begin()).form
    service.state.reset()
    new = begin(app=service.state.world.apps[1])
    response = press(service, {**old, "decision": "authorize"})
    assert response.status == 403
    assert "not known, or too old" in response.body.decode()
    walk = service.state.walks.find(new, service.state.real_time())
    assert walk is not None
    assert (walk.app, walk.stage) == ("research", "asked")


def test_chance_is_an_argument(world: World) -> None:
    """What a walk hands over is drawn from what the service was given to draw from."""
    drawn: list[int] = []

    def draw(size: int) -> str:
        drawn.append(size)
        return f"{len(drawn):02x}" * size

    service = Service(world, WorldClock(), Settings(), draw=draw)
    walk = service.state.walks.begin("reports", BACK, 0.0)
    assert (walk.token, walk.secret) == (
        "emulator-request-" + "01" * 12,
        "emulator-secret-" + "02" * 16,
    )
    assert service.state.walks.allow(walk.token, "acme", 0.0).verifier == "03" * 16
    assert drawn == [12, 16, 16]


def test_public_url(world: World) -> None:
    """Behind a proxy the public address is signed, and its own page may press the button."""
    public = "https://api.example.org"
    service = Service(world, WorldClock(), Settings(public_url=public))
    client = Client(
        world.app.consumer_key, client_secret=world.app.consumer_secret, callback_uri="oob"
    )
    _, signed, _ = client.sign(f"{public}/oauth/request_token", "POST")
    headers = {"Host": "api.example.org", **signed}
    response = service.respond("POST", "/oauth/request_token", headers, b"")
    token = dict(parse_qsl(response.body.decode()))["oauth_token"]
    form = {"oauth_token": token, "account": "acme", "decision": "authorize"}
    own = {"Host": "api.example.org", "Origin": public, "Sec-Fetch-Site": "same-origin"}
    assert press(service, form, **{**own, "Origin": "https://example.org"}).status == 403
    assert press(service, form, **own).status == 200


def test_in_trusted_mode_keys_are_still_checked(world: World) -> None:
    """Where the API believes everybody, tokens are given to good signatures alone."""
    service = Service(world, WorldClock(), Settings(credentials="trusted"))
    client = Client(world.app.consumer_key, client_secret="x", callback_uri="oob")
    _, signed, _ = client.sign("http://127.0.0.1:8080/oauth/request_token", "POST")
    response = service.respond("POST", "/oauth/request_token", {**HOST, **signed}, b"")
    assert response.status == 401


@given(
    path=st.sampled_from(tokens.PATHS),
    method=st.sampled_from(["GET", "POST"]),
    query=st.text(max_size=40) | st.sampled_from(["oauth_token=%zz", "&" * 200, "a=b&" * 200]),
    scheme=st.sampled_from(["", "OAuth ", "Basic ", "Bearer ", 'OAuth oauth_token="x", ']),
    rest=st.text(st.characters(max_codepoint=255), max_size=60),
    kind=st.sampled_from(["", FORM["Content-Type"], "application/json"]),
    body=st.binary(max_size=60) | st.sampled_from([b"decision=cancel", b"a=b&" * 200]),
)
def test_any_request(  # noqa: PLR0917 -- by name
    path: str, method: str, query: str, scheme: str, rest: str, kind: str, body: bytes
) -> None:
    """No query, header or body makes a fault of the emulator itself."""
    headers = {**HOST, "Authorization": scheme + rest, "Content-Type": kind}
    response = ANY.respond(method, f"{path}?{query}", headers, body)
    assert response.status in {400, 401, 403, 405}
    assert "fault of the emulator" not in ANY.log[-1].reason
