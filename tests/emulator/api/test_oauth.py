from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oauthlib.oauth1 import Client

from engagement_kit.emulator import Account
from engagement_kit.emulator.api.grants import Grants
from engagement_kit.emulator.api.limits import TIMESTAMP_LIFETIME_S
from engagement_kit.emulator.api.oauth import Authenticator, Caller, Refusal
from engagement_kit.emulator.world.accounts import App

AT = 1_700_000_000
APP = App("ck-example-0123456789", "cs-example-abcdefghij", "emulator-bearer-a%2Fb%3D")
OTHER = App("ck-other", "cs-other", "emulator-bearer-other", name="research")
TOKEN = "12345-token-example"
OWNER = Account("acme", "12345", TOKEN, "ts-example-klmnopqrst")
NONCE = "exampleNonce0123456789"
LIVE = "https://data-api.twitter.com/insights/engagement/totals"
LOCAL = "http://127.0.0.1:8080/insights/engagement/28hr"
HASHED_BODY = (
    b'{"tweet_ids":["1060976163948904448"],"engagement_types":["impressions"],'
    b'"groupings":{"g":{"group_by":["tweet.id","engagement.type"]}}}'
)
USER = Caller("user", "acme", "reports")
APP_ONLY = Caller("app", app="reports")


def make() -> Authenticator:
    """Make an authenticator of two apps and an account."""
    return Authenticator(Grants([APP, OTHER], [OWNER]))


@pytest.fixture
def authenticator() -> Authenticator:
    """Make an authenticator that has seen no nonce."""
    return make()


def header(fields: dict[str, str]) -> dict[str, str]:
    """Make an Authorization header with these fields."""
    text = ", ".join(f'{key}="{quote(value, safe="~")}"' for key, value in fields.items())
    return {"authorization": f"OAuth {text}"}


def fields(signature: str, **more: str) -> dict[str, str]:
    """Return the fields of the published test vectors."""
    return {
        "oauth_consumer_key": APP.consumer_key,
        "oauth_nonce": NONCE,
        "oauth_signature": signature,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(AT),
        "oauth_version": "1.0",
        **more,
    }


def signed(url: str = LIVE, **options: Any) -> dict[str, str]:
    """Make a header signed by oauthlib's client."""
    defaults = {
        "client_secret": APP.consumer_secret,
        "resource_owner_key": TOKEN,
        "resource_owner_secret": OWNER.access_token_secret,
        "timestamp": str(AT),
    }
    client = Client(**{"client_key": APP.consumer_key, **defaults, **options})
    return {"authorization": client.sign(url, "POST")[1]["Authorization"]}


@pytest.mark.parametrize(
    ("url", "signature", "more", "body", "caller"),
    [
        (LIVE, "zAQYZvgdDEXLWHuOVTAXymeC7V8=", {"oauth_token": TOKEN}, b"{}", USER),
        (LIVE, "3xc8mSOUV/ffBJpgmsI7a4Na7ZA=", {}, b"{}", APP_ONLY),
        (
            LIVE,
            "6UjouBw7V/wI2szsrWnssUhyFqo=",
            {"oauth_token": TOKEN, "oauth_body_hash": "FgUVIvVfvLd81qZEtYNPCcpFkUs="},
            HASHED_BODY,
            USER,
        ),
        (LOCAL, "nT0hVvM7W8eSgvZVDlVmXBLTdTw=", {"oauth_token": TOKEN}, b"{}", USER),
    ],
)
def test_vectors(
    authenticator: Authenticator,
    *,
    url: str,
    signature: str,
    more: dict[str, str],
    body: bytes,
    caller: Caller,
) -> None:
    """The four published signatures verify, and say whether a user signed."""
    headers = header(fields(signature, **more))
    assert authenticator.check("POST", url, headers, body, AT) == caller


def test_wrong_body_hash(authenticator: Authenticator) -> None:
    """A body that is not the hashed one is refused, and its nonce stays good."""
    more = {"oauth_token": TOKEN, "oauth_body_hash": "FgUVIvVfvLd81qZEtYNPCcpFkUs="}
    headers = header(fields("6UjouBw7V/wI2szsrWnssUhyFqo=", **more))
    refusal = authenticator.check("POST", LIVE, headers, HASHED_BODY + b" ", AT)
    assert isinstance(refusal, Refusal)
    assert "oauth_body_hash" in refusal.text
    assert authenticator.check("POST", LIVE, headers, HASHED_BODY, AT) == USER


def test_hash_made_by_oauthlib(authenticator: Authenticator) -> None:
    """The body hash that oauthlib's client adds is the one that is checked."""
    client = Client(APP.consumer_key, APP.consumer_secret, timestamp=str(AT))
    headers = {"Content-Type": "application/json"}
    _, headers, _ = client.sign(LIVE, "POST", body="{}", headers=headers)
    expected = base64.b64encode(hashlib.sha1(b"{}").digest()).decode()  # noqa: S324
    assert expected.rstrip("=") in headers["Authorization"]
    lowered = {"authorization": headers["Authorization"]}
    assert authenticator.check("POST", LIVE, lowered, b"{}", AT) == APP_ONLY


@pytest.mark.parametrize(
    "wrong", [{"client_secret": "x"}, {"resource_owner_secret": "x"}, {"nonce": ""}]
)
def test_wrong_secret(authenticator: Authenticator, wrong: dict[str, str]) -> None:
    """A wrong secret is refused with the base string and without any secret."""
    refusal = authenticator.check("POST", LIVE, signed(**wrong), b"{}", AT)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 401
    assert "Reason: emulator: " in refusal.text
    assert ("base string POST&https%3A%2F%2Fdata-api" in refusal.text) == ("nonce" not in wrong)
    assert APP.consumer_secret not in refusal.text
    assert OWNER.access_token_secret not in refusal.text


def test_base_string_is_masked(authenticator: Authenticator) -> None:
    """The base string that is told holds all that was signed but key and token."""
    refusal = authenticator.check("POST", LIVE + "?a=1", signed(), b"{}", AT)
    assert isinstance(refusal, Refusal)
    for part in ("a%3D1%26oauth_consumer_key%3DYOURS%26oauth_nonce", "oauth_token%3DYOURS%26"):
        assert part in refusal.text
    assert "with YOURS for your key, tokens and verifier" in refusal.text
    assert APP.consumer_key not in refusal.text
    assert TOKEN not in refusal.text


def test_each_app_has_its_own_tokens(authenticator: Authenticator) -> None:
    """The token of one app is not found where another app's keys sign; its own is good."""
    keys = {"client_key": OTHER.consumer_key, "client_secret": OTHER.consumer_secret}
    refusal = authenticator.check("POST", LIVE, signed(**keys), b"{}", AT)
    assert refusal == Refusal(
        401, "Your account could not be authenticated. Reason: Access token not found"
    )
    own = Grants([APP, OTHER], [OWNER]).token(OTHER, OWNER)
    tokens = {"resource_owner_key": own.token, "resource_owner_secret": own.secret}
    found = authenticator.check("POST", LIVE, signed(**keys, **tokens), b"{}", AT)
    assert found == Caller("user", "acme", "research")
    assert isinstance(authenticator.check("POST", LIVE, signed(**tokens), b"{}", AT), Refusal)
    headers = {"authorization": f"Bearer {OTHER.bearer_token}"}
    assert authenticator.check("POST", LIVE, headers, b"", AT) == Caller("app", app="research")


def test_revoked_token() -> None:
    """A revoked token is not found, whatever follows; the one after it is good."""
    grants = Grants([APP, OTHER], [OWNER])
    authenticator = Authenticator(grants)
    assert authenticator.check("POST", LIVE, signed(), b"{}", AT) == USER
    grants.revoke(APP, OWNER)
    for _ in range(2):
        assert authenticator.check("POST", LIVE, signed(), b"{}", AT) == Refusal(
            401, "Your account could not be authenticated. Reason: Access token not found"
        )
        token = grants.grant(APP, OWNER)
    tokens = {"resource_owner_key": token.token, "resource_owner_secret": token.secret}
    assert authenticator.check("POST", LIVE, signed(**tokens), b"{}", AT) == USER


def test_nonces_of_apps_are_apart(authenticator: Authenticator) -> None:
    """Two apps may draw the same nonce: each is known by its key."""
    consumer = {"resource_owner_key": None, "resource_owner_secret": None, "nonce": NONCE}
    assert authenticator.check("POST", LIVE, signed(**consumer), b"", AT) == APP_ONLY
    keys = {"client_key": OTHER.consumer_key, "client_secret": OTHER.consumer_secret}
    found = authenticator.check("POST", LIVE, signed(**consumer, **keys), b"", AT)
    assert found == Caller("app", app="research")


def test_wrong_url_or_method(authenticator: Authenticator) -> None:
    """The signature covers URL, query and method."""
    assert authenticator.check("POST", LIVE + "?a=%20b", signed(LIVE + "?a=%20b"), b"", AT) == USER
    for method, url in [("GET", LIVE), ("POST", LIVE + "?a=1"), ("POST", LOCAL)]:
        refusal = authenticator.check(method, url, signed(), b"{}", AT)
        assert isinstance(refusal, Refusal)
        assert "signature does not match" in refusal.text


def test_realm_and_empty_token(authenticator: Authenticator) -> None:
    """A realm is not signed, and an empty token is no token: app-only."""
    assert authenticator.check("POST", LIVE, signed(realm="x"), b"{}", AT) == USER
    empty = {"resource_owner_key": "", "resource_owner_secret": ""}
    assert authenticator.check("POST", LIVE, signed(**empty), b"{}", AT) == APP_ONLY


def test_form_body_is_signed(authenticator: Authenticator) -> None:
    """A form-encoded body enters the base string, as RFC 5849 says; JSON never does."""
    client = Client(APP.consumer_key, APP.consumer_secret, timestamp=str(AT))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    _, sent, _ = client.sign(LIVE, "POST", body="a=b%20c", headers=form)
    headers = {"authorization": sent["Authorization"], "content-type": form["Content-Type"]}
    assert isinstance(authenticator.check("POST", LIVE, headers, b"a=c", AT), Refusal)
    assert authenticator.check("POST", LIVE, headers, b"a=b%20c", AT) == APP_ONLY


def test_unknown_keys(authenticator: Authenticator) -> None:
    """An unknown token gets the documented text, an unknown consumer key one of ours."""
    refusal = authenticator.check("POST", LIVE, signed(resource_owner_key="1-x"), b"{}", AT)
    assert refusal == Refusal(
        401, "Your account could not be authenticated. Reason: Access token not found"
    )
    headers = header(fields("x", oauth_consumer_key="y"))
    refusal = authenticator.check("POST", LIVE, headers, b"{}", AT)
    assert isinstance(refusal, Refusal)
    assert "emulator: the consumer key" in refusal.text


def test_replay(authenticator: Authenticator) -> None:
    """A nonce is good once, and a failed try does not burn it."""
    good = signed(nonce=NONCE)
    assert isinstance(
        authenticator.check("POST", LIVE, signed(nonce=NONCE, client_secret="x"), b"{}", AT),
        Refusal,
    )
    assert authenticator.check("POST", LIVE, good, b"{}", AT) == USER
    again = authenticator.check("POST", LIVE, good, b"{}", AT + 1)
    assert isinstance(again, Refusal)
    assert "nonce was used" in again.text


@pytest.mark.parametrize("skew", [-301, 301, -1, 300, -300])
def test_timestamp(authenticator: Authenticator, skew: int) -> None:
    """Timestamps may differ from real time by 300 s either way."""
    result = authenticator.check("POST", LIVE, signed(timestamp=str(AT + skew)), b"{}", AT)
    if abs(skew) > TIMESTAMP_LIFETIME_S:
        assert isinstance(result, Refusal)
        assert f"oauth_timestamp is {skew:+d} s off" in result.text
    else:
        assert result == USER


def test_nonce_memory_is_bounded(authenticator: Authenticator) -> None:
    """Nonces that no timestamp could use any more are forgotten."""
    for step in range(20):
        at = AT + 100 * step
        headers = signed(timestamp=str(at), nonce=f"nonce-{step}")
        assert authenticator.check("POST", LIVE, headers, b"{}", at) == USER
    assert len(authenticator.signatures.nonces) == 7


def test_bearer(authenticator: Authenticator) -> None:
    """The bearer token counts verbatim; every other one is not found."""
    for scheme in ("Bearer", "bearer"):
        headers = {"authorization": f"{scheme} {APP.bearer_token}"}
        assert authenticator.check("POST", LIVE, headers, b"", AT) == APP_ONLY
    for wrong in (APP.bearer_token.replace("%2F", "/"), "", "é"):
        refusal = authenticator.check("POST", LIVE, {"authorization": f"Bearer {wrong}"}, b"", AT)
        assert refusal == Refusal(
            401, "Your account could not be authenticated. Reason: Access token not found"
        )


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic eA=="}, {"authorization": ""}])
def test_unknown_type(authenticator: Authenticator, headers: dict[str, str]) -> None:
    """A missing or other scheme gets the documented text."""
    assert authenticator.check("POST", LIVE, headers, b"", AT) == Refusal(
        401, "Your account could not be authenticated. Reason: Unknown Authorization Type"
    )


@pytest.mark.parametrize(
    "value",
    [
        "OAuth ",
        "OAuth x",
        "OAuth =",
        'OAuth oauth_nonce="a"',
        'OAuth oauth_nonce="%zz", oauth_token',
        "OAuth " + "a" * 9000,
        header(fields("x", oauth_timestamp="12"))["authorization"],
        header(fields("x", oauth_timestamp="123456789x"))["authorization"],
        header(fields("x", oauth_version="2.0"))["authorization"],
        header(fields("x", oauth_signature_method="PLAINTEXT"))["authorization"],
        header(fields("x", oauth_nonce="n" * 999))["authorization"],
    ],
)
def test_malformed(authenticator: Authenticator, value: str) -> None:
    """A malformed header is a clean 401."""
    refusal = authenticator.check("POST", LIVE, {"authorization": value}, b"", AT)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 401
    assert "Reason: emulator: " in refusal.text


@given(
    value=st.text(st.characters(max_codepoint=255)) | st.sampled_from(sorted(fields("x"))),
    query=st.sampled_from(["", "?%zz", "?a=b&a", "?oauth_token=x", "?é"]),
    name=st.sampled_from(sorted(fields("x"))),
    kind=st.sampled_from(["application/json", "application/x-www-form-urlencoded"]),
)
def test_any_header(value: str, query: str, name: str, kind: str) -> None:
    """No header, query or form makes the check raise."""
    authenticator = make()
    for text in (f"OAuth {value}", header(fields("x", **{name: value}))["authorization"]):
        headers = {"authorization": text, "content-type": kind}
        result = authenticator.check("POST", LIVE + query, headers, b"a=%zz&\xff", AT)
        assert isinstance(result, Refusal)


@pytest.mark.parametrize(
    ("value", "caller"),
    [
        (f'OAuth oauth_token="{TOKEN}"', USER),
        (f'oauth realm="x", oauth_token="{TOKEN}", oauth_signature="wrong"', USER),
        ('OAuth oauth_token="1-unknown"', Caller("anyone")),
        ('OAuth oauth_token=""', Caller("anyone")),
        ('OAuth oauth_consumer_key="x"', Caller("anyone")),
        ("OAuth", Caller("anyone")),
        (f"Bearer {APP.bearer_token}", APP_ONLY),
        ("Bearer x", Caller("app")),
        ("bearer", Caller("app")),
        (f'OAuth oauth_consumer_key="{OTHER.consumer_key}"', Caller("anyone", app="research")),
        (f'Basic oauth_token="{TOKEN}"', Caller("anyone")),
        ("", Caller("anyone")),
        (None, Caller("anyone")),
    ],
)
def test_believe(authenticator: Authenticator, value: str | None, caller: Caller) -> None:
    """Who is believed is who the header says, with nothing verified; without one it is anyone."""
    headers = {} if value is None else {"authorization": value}
    assert authenticator.believe(headers) == caller


def test_reasons(authenticator: Authenticator) -> None:
    """A refusal has a reason for the log, which holds nothing of what was signed."""
    wrong = signed(client_secret="x")
    refused = authenticator.check("POST", LIVE, wrong, b"", AT)
    assert isinstance(refused, Refusal)
    assert "base string" in refused.text
    assert refused.reason.endswith("signature does not match")
    for headers in ({}, {"authorization": "Bearer x"}, signed(resource_owner_key="1-x")):
        refused = authenticator.check("POST", LIVE, headers, b"", AT)
        assert isinstance(refused, Refusal)
        assert refused.reason == refused.text
