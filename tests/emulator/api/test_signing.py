from __future__ import annotations

from typing import Any

import pytest
from oauthlib.oauth1 import Client

from engagement_kit.emulator import World
from engagement_kit.emulator.api.grants import Held
from engagement_kit.emulator.api.signing import Posed, Rejected, Signatures
from engagement_kit.emulator.world.accounts import App

AT = 1_700_000_000.0
APP = World().app
URL = "http://127.0.0.1:8080/oauth/access_token"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HELD = Held("token-secret", "acme")


def find(app: App, token: str) -> Held | None:
    """Know one token."""
    return HELD if (app, token) == (APP, "token") else None


@pytest.fixture
def signatures() -> Signatures:
    """Know one app, and no nonce."""
    return Signatures({APP.consumer_key: APP}.get)


def posed(url: str = URL, body: str = "", **options: Any) -> Posed:
    """Sign a request."""
    keys = {
        "client_secret": APP.consumer_secret,
        "resource_owner_key": "token",
        "resource_owner_secret": HELD.secret,
        "timestamp": str(int(AT)),
    }
    client = Client(APP.consumer_key, **{**keys, **options})
    headers = FORM if body else {}
    signed_url, sent, signed_body = client.sign(url, "POST", body=body or None, headers=headers)
    lowered = {name.lower(): value for name, value in sent.items()}
    return Posed("POST", signed_url, lowered, (signed_body or "").encode(), AT)


def test_what_is_told(signatures: Signatures) -> None:
    """A good signature tells the app, what its token stands for, and all that was signed."""
    signed = signatures.verify(posed(verifier="1234567"), find)
    assert (signed.app, signed.held) == (APP, HELD)
    assert signed.fields["oauth_verifier"] == "1234567"
    bare = posed(resource_owner_key=None, resource_owner_secret=None)
    assert signatures.verify(bare, find).held is None


@pytest.mark.parametrize(
    ("url", "body"),
    [(URL + "?oauth_verifier=1234567", ""), (URL, "oauth_verifier=1234567&a=b")],
)
def test_fields_outside_the_header(signatures: Signatures, url: str, body: str) -> None:
    """Fields in query or form count where a caller allows it, and are refused where not."""
    with pytest.raises(Rejected, match="must come from only 1 signature") as refused:
        signatures.verify(posed(url, body), find)
    assert refused.value.fault == "malformed"
    signed = signatures.verify(posed(url, body), find, in_header=False)
    assert signed.fields["oauth_verifier"] == "1234567"
    changed = posed(url, body)
    changed = changed._replace(
        url=changed.url.replace("1234567", "7654321"),
        body=changed.body.replace(b"1234567", b"7654321"),
    )
    with pytest.raises(Rejected, match="signature does not match"):
        signatures.verify(changed, find, in_header=False)


@pytest.mark.parametrize("in_header", [True, False])
def test_reasons_hold_nothing_signed(signatures: Signatures, *, in_header: bool) -> None:
    """Neither reason nor detail of a refusal holds key, token, verifier or secret."""
    options = {"verifier": "the-verifier", "resource_owner_secret": "wrong"}
    with pytest.raises(Rejected) as refused:
        signatures.verify(posed(**options), find, in_header=in_header)
    assert refused.value.reason == "signature does not match"
    text = str(refused.value)
    assert text.count("YOURS") == 4
    for secret in (APP.consumer_key, APP.consumer_secret, HELD.secret, "the-verifier"):
        assert secret not in text
    assert "oauth_token%3Dtoken" not in text


def test_kinds_of_refusals(signatures: Signatures) -> None:
    """A caller can tell what is malformed, a token that is not there, and what is just wrong."""
    kinds = []
    for one in (
        posed()._replace(headers={}),
        posed(resource_owner_key="other"),
        posed(resource_owner_secret="wrong"),
        posed(timestamp="1699990000"),
    ):
        with pytest.raises(Rejected) as refused:
            signatures.verify(one, find)
        kinds.append(refused.value.fault)
    assert kinds == ["malformed", "no such token", "wrong", "wrong"]
