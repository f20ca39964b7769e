"""The four signature vectors of the facts, on the client's side."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import oauthlib.oauth1
import pytest
import requests

from engagement_kit.fetch.keys.credentials import Credentials, UserKeys
from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.fetch.keys.signing import signer

LIVE = "https://data-api.twitter.com/insights/engagement/totals"
LOCAL = "http://127.0.0.1:8080/insights/engagement/28hr"
BODY = (
    b'{"tweet_ids":["1060976163948904448"],"engagement_types":["impressions"],'
    b'"groupings":{"g":{"group_by":["tweet.id","engagement.type"]}}}'
)
KEYS = Credentials(
    consumer_key=Secret("ck-example-0123456789"),
    consumer_secret=Secret("cs-example-abcdefghij"),
    users={"12345": UserKeys(Secret("12345-token-example"), Secret("ts-example-klmnopqrst"))},
    account="12345",
    bearer=None,
    found_in="the test",
)


@pytest.fixture(autouse=True)
def _fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make nonce and timestamp those of the vectors."""
    common = "oauthlib.oauth1.rfc5849.generate_"
    monkeypatch.setattr(common + "nonce", lambda: "exampleNonce0123456789")
    monkeypatch.setattr(common + "timestamp", lambda: "1700000000")


def header(value: Any) -> str:
    """Read a header that may be bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)


def signature(authorization: str) -> str:
    """Take the signature out of an Authorization header."""
    parts = dict(one.split("=", 1) for one in authorization.removeprefix("OAuth ").split(", "))
    return unquote(parts["oauth_signature"].strip('"'))


@pytest.mark.parametrize(
    ("url", "kind", "account", "expected"),
    [
        (LIVE, "user", "12345", "zAQYZvgdDEXLWHuOVTAXymeC7V8="),
        (LIVE, "app", None, "3xc8mSOUV/ffBJpgmsI7a4Na7ZA="),
        (LOCAL, "user", "12345", "nT0hVvM7W8eSgvZVDlVmXBLTdTw="),
    ],
)
def test_our_signatures_are_those_of_the_facts(
    url: str, kind: str, account: str | None, expected: str
) -> None:
    """User context, consumer alone, and a loopback host with a port: the known signatures."""
    request = requests.Request(
        "POST", url, data=BODY, headers={"Content-Type": "application/json"},
        auth=signer(KEYS, kind, account),
    ).prepare()  # fmt: skip
    assert signature(header(request.headers["Authorization"])) == expected
    assert request.body == BODY


def test_a_body_hash_is_signed_like_any_other_field() -> None:
    """With oauth_body_hash, as other clients send it, the signature is the known one."""
    one = oauthlib.oauth1.Client(
        "ck-example-0123456789", "cs-example-abcdefghij",
        "12345-token-example", "ts-example-klmnopqrst",
    )  # fmt: skip
    _, headers, _ = one.sign(
        LIVE, "POST", body=BODY.decode(), headers={"Content-Type": "application/json"}
    )
    assert 'oauth_body_hash="FgUVIvVfvLd81qZEtYNPCcpFkUs%3D"' in headers["Authorization"]
    assert signature(headers["Authorization"]) == "6UjouBw7V/wI2szsrWnssUhyFqo="
