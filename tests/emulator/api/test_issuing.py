from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oauthlib.oauth1 import Client

from engagement_kit.emulator import World
from engagement_kit.emulator.api.grants import Grants
from engagement_kit.emulator.api.issuing import Issuer, Told
from engagement_kit.emulator.api.oauth import Authenticator, Caller
from engagement_kit.emulator.api.signing import Posed
from engagement_kit.emulator.api.walks import Walks
from engagement_kit.emulator.world.accounts import App

AT = 1_700_000_000.0
WORLD = World()
REPORTS, RESEARCH, _ = WORLD.apps
ACME, BIRCH, _ = WORLD.accounts
HOST = "http://127.0.0.1:8080"
BACK = "http://127.0.0.1:8765/callback?a=b"
BY_REPORTS = Caller("app", app="reports")
FORM = "application/x-www-form-urlencoded"


class Desk:
    """An issuer with all that it works on, and ways to ask it as a program does."""

    def __init__(self) -> None:
        self.grants = Grants(WORLD.apps, WORLD.accounts, WORLD.seed)
        self.walks = Walks()
        self.authenticator = Authenticator(self.grants)
        self.issuer = Issuer(self.grants, self.walks, self.authenticator.signatures)

    def request_token(self, app: App = REPORTS, *, at: float = AT, **options: Any) -> Told:
        """Ask for a request token."""
        options = {"callback_uri": "oob", **options}
        return self.issuer.request_token(signed("/oauth/request_token", app, at=at, **options))

    def access_token(self, app: App = REPORTS, *, at: float = AT, **options: Any) -> Told:
        """Ask for an access token."""
        return self.issuer.access_token(signed("/oauth/access_token", app, at=at, **options))

    def begun(self, app: App = REPORTS, **options: Any) -> dict[str, str]:
        """Begin a walk, and return the token as the options of a signature."""
        told = form(self.request_token(app, **options))
        return {
            "resource_owner_key": told["oauth_token"],
            "resource_owner_secret": told["oauth_token_secret"],
        }

    def allowed(self, account: str = "acme", app: App = REPORTS) -> dict[str, str]:
        """Begin a walk, let the app in, and return token and verifier as options."""
        token = self.begun(app)
        walk = self.walks.allow(token["resource_owner_key"], account, AT)
        return {**token, "verifier": walk.verifier}


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Make a desk where nobody was yet."""
    return Desk()


def signed(
    path: str, app: App, *, at: float = AT, query: str = "", body: str = "", **options: Any
) -> Posed:
    """Sign a POST as oauthlib's client does."""
    keys = {"client_secret": app.consumer_secret, "timestamp": str(int(at))}
    client = Client(app.consumer_key, **{**keys, **options})
    kind = {"Content-Type": FORM} if body else {}
    url, sent, body = client.sign(HOST + path + query, "POST", body=body or None, headers=kind)
    headers = {name.lower(): value for name, value in sent.items()}
    return Posed("POST", url, headers, (body or "").encode(), at)


def basic(key: str, secret: str, body: str = "grant_type=client_credentials") -> Posed:
    """Ask for a bearer token as the platform's pages say."""
    both = base64.b64encode(f"{quote(key)}:{quote(secret)}".encode()).decode()
    headers = {"authorization": f"Basic {both}", "content-type": f"{FORM};charset=UTF-8"}
    return Posed("POST", HOST + "/oauth2/token", headers, body.encode(), AT)


def form(told: Told) -> dict[str, str]:
    """Read an answer that is a form."""
    assert told.reply.status == 200, told
    assert told.reply.plain is not None
    kind, body = told.reply.plain
    assert kind.startswith(FORM)
    assert told.reply.headers == {"Cache-Control": "no-store"}
    return dict(parse_qsl(body.decode(), strict_parsing=True))


def refused(told: Told, status: int, error: dict[str, Any], caller: Caller | None = None) -> str:
    """See that a call was refused in the service's words, and return ours."""
    assert (told.reply.status, told.reply.payload["errors"]) == (status, [error])
    assert told.caller == caller
    assert told.reason.startswith("emulator: ")
    text = told.reply.payload["emulator"]
    assert text.startswith("emulator: ")
    return str(text)


# The service's words once more, from the facts and not from the code: double entry.
BAD_DATA = {"code": 215, "message": "Bad Authentication data."}
NOT_YOU = {"code": 32, "message": "Could not authenticate you."}
DEAD = {"code": 89, "message": "Invalid or expired token."}
NO_CALLBACK = {
    "code": 415,
    "message": (
        "Callback URL not approved for this client application. "
        "Approved callback URLs can be adjusted in your application settings"
    ),
}
BAD_KEYS = {
    "code": 99,
    "message": "Unable to verify your credentials",
    "label": "authenticity_token_error",
}
NO_GRANT = {
    "code": 170,
    "message": "Missing required parameter: grant_type",
    "label": "forbidden_missing_parameter",
}
BAD_VERIFIER = b"Error processing your OAuth request: Invalid oauth_verifier parameter"


def test_walk(desk: Desk) -> None:
    """A walk leads from a request token to the account's own token, with id and name."""
    told = desk.request_token(callback_uri=BACK)
    assert told.caller == Caller("app", app="reports")
    began = form(told)
    assert began.pop("oauth_callback_confirmed") == "true"
    assert set(began) == {"oauth_token", "oauth_token_secret"}
    walk = desk.walks.allow(began["oauth_token"], "birch", AT)
    assert walk.callback == BACK
    told = desk.access_token(
        resource_owner_key=began["oauth_token"],
        resource_owner_secret=began["oauth_token_secret"],
        verifier=walk.verifier,
    )
    assert told.caller == Caller("user", "birch", "reports")
    assert form(told) == {
        "oauth_token": BIRCH.access_token,
        "oauth_token_secret": BIRCH.access_token_secret,
        "user_id": BIRCH.user_id,
        "screen_name": "birch",
    }


def test_same_token_until_revoked(desk: Desk) -> None:
    """Each walk of app and account gives the same token; after a revocation another."""
    tokens = [form(desk.access_token(**desk.allowed()))["oauth_token"] for _ in range(2)]
    assert tokens == [ACME.access_token] * 2
    desk.grants.revoke(REPORTS, ACME)
    tokens = [form(desk.access_token(**desk.allowed()))["oauth_token"] for _ in range(2)]
    assert tokens[0] == tokens[1] != ACME.access_token
    other = form(desk.access_token(RESEARCH, **desk.allowed(app=RESEARCH)))
    assert other["oauth_token"] == desk.grants.token(RESEARCH, ACME).token
    assert other["oauth_token"] not in tokens


def test_fields_in_query_or_form(desk: Desk) -> None:
    """Callback and verifier may stand in query or form, as the platform's pages show them."""
    began = form(
        desk.request_token(callback_uri=None, query="?" + urlencode({"oauth_callback": "oob"}))
    )
    desk.walks.allow(began["oauth_token"], "acme", AT)
    pin = desk.walks.allow(began["oauth_token"], "acme", AT).verifier
    told = desk.access_token(
        resource_owner_key=began["oauth_token"],
        resource_owner_secret=began["oauth_token_secret"],
        body=f"oauth_verifier={pin}",
    )
    assert form(told)["screen_name"] == "acme"


@pytest.mark.parametrize("where", ["query", "body"])
def test_all_in_one_place(desk: Desk, where: str) -> None:
    """All of a signature may stand in the query or in the form, as RFC 5849 has it."""
    body = "x=y" if where == "body" else ""
    assert form(desk.request_token(signature_type=where.upper(), body=body))["oauth_token"]


def test_field_that_stands_twice(desk: Desk) -> None:
    """A field in two places is refused: nobody could tell which one is meant."""
    told = desk.request_token(query="?oauth_callback=oob")
    assert "Duplicate" in refused(told, 400, BAD_DATA)


def test_used_once(desk: Desk) -> None:
    """A request token gives one access token; the second time it is as dead as one of no walk."""
    options = desk.allowed()
    assert form(desk.access_token(**options))
    assert "no such token" in refused(desk.access_token(**options), 401, DEAD)
    unknown = {"resource_owner_key": "emulator-request-x", "resource_owner_secret": "x"}
    assert "no such token" in refused(desk.access_token(**unknown), 401, DEAD)


def test_token_of_another_app(desk: Desk) -> None:
    """A request token is its app's alone, and an access token ends no walk."""
    options = desk.allowed()
    refused(desk.access_token(RESEARCH, **options), 401, DEAD)
    tokens = {
        "resource_owner_key": ACME.access_token,
        "resource_owner_secret": ACME.access_token_secret,
    }
    refused(desk.access_token(**tokens, verifier=options["verifier"]), 401, DEAD)
    assert form(desk.access_token(**options))["screen_name"] == "acme"


def test_too_late(desk: Desk) -> None:
    """A request token that is older than an hour is dead."""
    options = desk.allowed()
    refused(desk.access_token(at=AT + 3601, **options), 401, DEAD)
    assert form(desk.access_token(at=AT + 3600, **options))


def test_verifiers(desk: Desk) -> None:
    """A wrong, missing or early verifier gets the service's plain text, and the walk goes on."""
    options = desk.allowed()
    pin = options.pop("verifier")
    for wrong in ({}, {"verifier": f"{(int(pin) + 1) % 10**7:07d}"}, {"verifier": pin + "0"}):
        told = desk.access_token(**options, **wrong)
        assert told.reply.status == 401
        assert told.reply.plain == ("text/plain;charset=utf-8", BAD_VERIFIER)
        assert pin not in told.reason
    assert form(desk.access_token(**options, verifier=pin))["screen_name"] == "acme"
    told = desk.access_token(**desk.begun(), verifier="1234567")
    assert told.reply.plain == ("text/plain;charset=utf-8", BAD_VERIFIER)
    assert "nobody has let the app in yet" in told.reason


def test_no_request_token(desk: Desk) -> None:
    """Without a request token there is nothing to end."""
    told = desk.access_token(verifier="1234567")
    assert (told.reply.status, told.caller) == (401, BY_REPORTS)
    assert told.reply.plain == ("text/plain;charset=utf-8", b"Request token missing")


@pytest.mark.parametrize("callback", ["https://example.com/", "http://localhost@example.com/", "x"])
def test_foreign_callback(desk: Desk, callback: str) -> None:
    """A callback that is not on this machine is refused, with what is allowed."""
    text = refused(desk.request_token(callback_uri=callback), 403, NO_CALLBACK, BY_REPORTS)
    assert "must be oob, or an address on this machine, as in http://127.0.0.1:8765/" in text
    assert "example" not in text


def test_no_callback(desk: Desk) -> None:
    """A missing callback is refused in words of ours."""
    told = desk.request_token(callback_uri=None)
    assert (told.reply.status, told.caller) == (400, BY_REPORTS)
    (error,) = told.reply.payload["errors"]
    assert error["message"].startswith("emulator: oauth_callback is missing")


@pytest.mark.parametrize(
    ("options", "status", "error", "text"),
    [
        ({"client_secret": "x"}, 401, NOT_YOU, "signature does not match (base string POST&http"),
        ({"resource_owner_secret": "x"}, 401, NOT_YOU, "signature does not match (base string"),
        ({"timestamp": str(int(AT) - 301)}, 401, NOT_YOU, "oauth_timestamp is -301 s off"),
        ({"signature_method": "PLAINTEXT"}, 400, BAD_DATA, "must be HMAC-SHA1"),
        ({"resource_owner_key": "1-x"}, 401, DEAD, "the app has no such token"),
    ],
)
def test_signatures(
    desk: Desk, *, options: dict[str, str], status: int, error: dict[str, Any], text: str
) -> None:
    """A signature that is not good is refused with what is wrong, without what was signed."""
    for ask, more in ((desk.request_token, {}), (desk.access_token, desk.allowed())):
        told = ask(**{**more, **options})
        if more or "resource_owner_secret" not in options:
            assert text in refused(told, status, error)
        whole = json.dumps(told.reply.payload) + told.reason
        secrets = REPORTS.consumer_key, REPORTS.consumer_secret, *more.values()
        assert not [one for one in secrets if one in whole]


def test_nonces_are_shared_with_the_api(desk: Desk) -> None:
    """A nonce is good once, for these calls and the API's together."""
    assert form(desk.request_token(nonce="once"))
    assert "nonce was used" in refused(desk.request_token(nonce="once"), 401, NOT_YOU)
    posed = signed("/insights/engagement/totals", REPORTS, nonce="once")
    found = desk.authenticator.check(*posed)
    assert "nonce was used" in str(getattr(found, "text", ""))


@pytest.mark.parametrize("header", [None, "Basic eA==", "Bearer x", "OAuth", "OAuth x", "oauth =="])
def test_unsigned(desk: Desk, header: str | None) -> None:
    """Calls without a signature are refused."""
    headers = {} if header is None else {"authorization": header}
    posed = Posed("POST", HOST + "/oauth/request_token", headers, b"", AT)
    refused(desk.issuer.request_token(posed), 400, BAD_DATA)
    refused(desk.issuer.access_token(posed), 400, BAD_DATA)


def test_bearer(desk: Desk) -> None:
    """Key and secret get the app's bearer token, always the same."""
    for app in WORLD.apps:
        for _ in range(2):
            told = desk.issuer.bearer(basic(app.consumer_key, app.consumer_secret))
            assert told.reply.status == 200
            assert told.reply.payload == {"token_type": "bearer", "access_token": app.bearer_token}
            assert told.caller == Caller("app", app=app.name)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic !",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Basic " + base64.b64encode(f"{REPORTS.consumer_key}:".encode()).decode(),
        "Basic "
        + base64.b64encode(f"{REPORTS.consumer_key}:{RESEARCH.consumer_secret}".encode()).decode(),
        "Basic " + base64.b64encode(f"x:{REPORTS.consumer_secret}".encode()).decode(),
        f"Bearer {REPORTS.bearer_token}",
    ],
)
def test_bearer_without_keys(desk: Desk, header: str | None) -> None:
    """Without the key and secret of one app there is no bearer token."""
    headers = {"content-type": FORM, **({"authorization": header} if header else {})}
    posed = Posed("POST", HOST + "/oauth2/token", headers, b"grant_type=client_credentials", AT)
    text = refused(desk.issuer.bearer(posed), 403, BAD_KEYS)
    assert REPORTS.consumer_key not in text
    refused(desk.issuer.invalidate_bearer(posed), 403, BAD_KEYS)


def test_grant_types(desk: Desk) -> None:
    """The one grant type stands in a form; another one is refused in words of ours."""
    keys = REPORTS.consumer_key, REPORTS.consumer_secret
    for body in ("", "grant_type=", "x=y", "&" * 500, "a=b&" * 500):
        refused(desk.issuer.bearer(basic(*keys, body)), 403, NO_GRANT, BY_REPORTS)
    posed = basic(*keys)
    as_json = {**posed.headers, "content-type": "application/json"}
    refused(desk.issuer.bearer(posed._replace(headers=as_json)), 403, NO_GRANT, BY_REPORTS)
    told = desk.issuer.bearer(basic(*keys, "grant_type=password"))
    assert (told.reply.status, told.caller) == (403, BY_REPORTS)
    assert told.reply.payload["errors"][0]["message"].startswith("emulator: the only grant_type")


@pytest.mark.parametrize("how", ["form", "verbatim form", "query", "signed form", "signed query"])
def test_invalidate_bearer(desk: Desk, how: str) -> None:
    """A bearer token that was made invalid is dead, and the next one is another."""
    token = desk.grants.bearer(REPORTS)
    encoded = token if how == "verbatim form" else quote(token, safe="")
    asks = f"access_token={encoded}"
    query, body = ("?" + asks, "") if "query" in how else ("", asks)
    if "signed" in how:
        keys = {
            "resource_owner_key": ACME.access_token,
            "resource_owner_secret": ACME.access_token_secret,
        }
        posed = signed("/oauth2/invalidate_token", REPORTS, query=query, body=body, **keys)
    else:
        posed = basic(REPORTS.consumer_key, REPORTS.consumer_secret, body)
        posed = posed._replace(url=f"{HOST}/oauth2/invalidate_token{query}")
    told = desk.issuer.invalidate_bearer(posed)
    assert told.reply.payload == {"access_token": token}
    assert told.caller == Caller("app", app=REPORTS.name)
    assert token not in told.reason
    assert desk.grants.app_of_bearer(token) is None
    told = desk.issuer.bearer(basic(REPORTS.consumer_key, REPORTS.consumer_secret))
    assert told.reply.payload["access_token"] != token


@pytest.mark.parametrize("how", ["form", "query"])
def test_no_bearer_in_a_refusal(desk: Desk, how: str) -> None:
    """A wrong signature over a bearer token is refused without the token, to its caller too."""
    asks = f"access_token={quote(REPORTS.bearer_token, safe='')}"
    query, body = ("?" + asks, "") if how == "query" else ("", asks)
    posed = signed(
        "/oauth2/invalidate_token", REPORTS, query=query, body=body, client_secret="wrong"
    )
    told = desk.issuer.invalidate_bearer(posed)
    text = refused(told, 403, BAD_KEYS)
    assert "access_token%3DYOURS" in text
    tail = REPORTS.bearer_token.partition("%")[0]
    assert tail not in json.dumps(told.reply.payload) + told.reason


def test_bearers_of_others(desk: Desk) -> None:
    """An app makes none but its own bearer token invalid."""
    asks = f"access_token={quote(RESEARCH.bearer_token)}"
    for body in (asks, "", "access_token=x"):
        told = desk.issuer.invalidate_bearer(
            basic(REPORTS.consumer_key, REPORTS.consumer_secret, body)
        )
        assert (told.reply.status, told.caller) == (403, BY_REPORTS)
        assert told.reply.payload["errors"][0]["message"].startswith("emulator: access_token is")
    assert desk.grants.app_of_bearer(RESEARCH.bearer_token) is RESEARCH


@given(
    walks=st.lists(
        st.tuples(st.sampled_from(WORLD.apps[:2]), st.sampled_from(WORLD.accounts)),
        min_size=1,
        max_size=6,
    ),
    order=st.randoms(use_true_random=False),
    revoked=st.sets(st.integers(0, 5)),
)
def test_walks_in_any_order(walks: list[tuple[App, Any]], order: Any, revoked: set[int]) -> None:
    """However walks are mixed, each app gets the token of the account that let it in."""
    desk = Desk()
    begun = [(desk.begun(app), app, account) for app, account in walks]
    order.shuffle(begun)
    decided = [
        (token, desk.walks.allow(token["resource_owner_key"], account.name, AT), app, account)
        for token, app, account in begun
    ]
    order.shuffle(decided)
    for place, (token, walk, app, account) in enumerate(decided):
        if place in revoked:
            desk.grants.revoke(app, account)
        told = form(desk.access_token(app, **token, verifier=walk.verifier))
        assert (told["screen_name"], told["user_id"]) == (account.name, account.user_id)
        keys = {
            "resource_owner_key": told["oauth_token"],
            "resource_owner_secret": told["oauth_token_secret"],
        }
        posed = signed("/insights/engagement/totals", app, **keys)
        assert desk.authenticator.check(*posed) == Caller("user", account.name, app.name)
