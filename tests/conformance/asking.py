"""How a case is sent: signed as its credential says, to a service in-process or over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import requests
from cases import Answer, Ask, MissingFact
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT, Client
from urllib3.util import SKIP_HEADER

BASE: Final = "/insights/engagement"
HOST: Final = "127.0.0.1:8080"  # what the in-process service is called

# Signed credentials: what differs from the user's own signature.
_SIGNED: Final[dict[str, dict[str, Any]]] = {
    "user": {},
    "other_user": {},
    "app_oauth": {},
    "wrong_token": {"resource_owner_key": "12345-unknown"},
    "wrong_token_secret": {"resource_owner_secret": "wrong"},
    "wrong_consumer_key": {"client_key": "wrong"},
    "wrong_consumer_secret": {"client_secret": "wrong"},
    "app_wrong_secret": {"client_secret": "wrong"},
    "plaintext": {"signature_method": SIGNATURE_PLAINTEXT},
    "sha256": {"signature_method": SIGNATURE_HMAC_SHA256},
    "with_realm": {"realm": "x"},
    "compact": {},
    "reversed": {},
    "body_hash": {},
    "app_body_hash": {},
    "wrong_body_hash": {},
    "without_nonce": {},
    "without_timestamp": {},
    "without_signature": {},
    "other_endpoint": {},
    "other_method": {},
    "290_s_old": {},
    "290_s_ahead": {},
    "310_s_old": {},
    "310_s_ahead": {},
}
_SHIFTS: Final = {"290_s_old": -290, "290_s_ahead": 290, "310_s_old": -310, "310_s_ahead": 310}
# The header as a whole; None: no header.
_PLAIN: Final[dict[str, str | None]] = {
    "none": None,
    "empty": "",
    "basic": "Basic eDp5",
    "bare_oauth": "OAuth",
    "bare_bearer": "Bearer",
    "wrong_bearer": "Bearer unknown",
    "garbage": "garbage",
}


@dataclass(frozen=True)
class Keys:
    """The credentials of one place; what is empty is not there."""

    consumer_key: str = field(default="", repr=False)
    consumer_secret: str = field(default="", repr=False)
    tokens: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    bearer: str = field(default="", repr=False)


def authorization(ask: Ask, url: str, keys: Keys, at: float) -> str | None:
    """Return the header's value for a request to `url` at a moment, or None for no header.

    Raises
    ------
    MissingFact
        If the credentials are not there.
    """
    kind = ask.credential
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in ("app_bearer", "decoded_bearer"):
        if not keys.bearer:
            raise MissingFact("needs a bearer token")
        return f"Bearer {keys.bearer if kind == 'app_bearer' else unquote(keys.bearer)}"
    options = {**_tokens(kind, keys), **_SIGNED[kind]}
    options.setdefault("timestamp", str(int(at) + _SHIFTS.get(kind, 0)))
    options.setdefault("client_secret", keys.consumer_secret)
    client = Client(options.pop("client_key", keys.consumer_key), **options)
    hashed = b"{}" if kind == "wrong_body_hash" else ask.body
    body = {"body": hashed.decode("latin-1")} if kind.endswith("body_hash") else {}
    content = {"Content-Type": "application/json"}
    if kind == "other_endpoint":
        url = url.rpartition("/")[0] + "/elsewhere"
    method: Any = "PUT" if kind == "other_method" else ask.method
    _, headers, _ = client.sign(url, method, headers=content, **body)
    return _edited(kind, str(headers["Authorization"]))


def _tokens(kind: str, keys: Keys) -> dict[str, str]:
    """Return the user's part of a signature; none for consumer-only ones."""
    if not keys.consumer_key:
        raise MissingFact("needs consumer key and secret")
    if kind.startswith("app_"):
        return {}
    owner = "other_user" if kind == "other_user" else "user"
    if owner not in keys.tokens:
        raise MissingFact(f"needs the tokens of the {owner.replace('_', ' ')}")
    token, secret = keys.tokens[owner]
    return {"resource_owner_key": token, "resource_owner_secret": secret}


def _edited(kind: str, header: str) -> str:
    """Change a signed header's form, or break it."""
    parts = header.removeprefix("OAuth ").split(", ")
    if kind.startswith("without_"):
        gone = f"oauth_{kind.removeprefix('without_')}="
        parts = [part for part in parts if not part.startswith(gone)]
    if kind == "reversed":
        parts.reverse()
    return "OAuth " + (",".join(parts) if kind == "compact" else ", ".join(parts))


def ask_in_process(respond: Callable[..., Any], ask: Ask, keys: Keys, at: float) -> Answer:
    """Ask a service without a socket: `respond` takes method, target, headers and body."""
    target = BASE + ask.path
    headers = {name: value for name, value in ask.headers.items() if value is not None}
    headers.setdefault("Host", HOST)
    sign = _signer(ask, f"{ask.signed_as or f'http://{HOST}'}{target}", keys, lambda: at)
    for _ in range(ask.times):
        signed = next(sign)
        own = headers if signed is None else {**headers, "Authorization": signed}
        response = respond(ask.method, target, own, ask.body)
    lowered = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, lowered, response.body)


def ask_over_http(session: requests.Session, base_url: str, ask: Ask, keys: Keys) -> Answer:
    """Ask a service over HTTP; the body stays as it is on the wire."""
    url = base_url + ask.path
    headers = {
        name: SKIP_HEADER if value is None else value
        for name, value in ask.headers.items()
        if value is not None or name == "Accept-Encoding"  # http.client would add its own
    }
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(base_url))
    signed_url = ask.signed_as + url.removeprefix(origin) if ask.signed_as else url
    sign = _signer(ask, signed_url, keys, time.time)
    for _ in range(ask.times):
        signed = next(sign)
        own = headers if signed is None else {**headers, "Authorization": signed}
        data = iter([ask.body]) if ask.chunked else ask.body
        with session.request(
            ask.method, url, headers=own, data=data, stream=True, timeout=30, allow_redirects=False
        ) as response:
            body = response.raw.read(decode_content=False)
    lowered = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, lowered, body)


def _signer(ask: Ask, url: str, keys: Keys, clock: Callable[[], float]) -> Iterator[str | None]:
    """Yield the header for each sending: a new signature, or the first one again."""
    first = authorization(ask, url, keys, clock())
    yield first
    while True:
        yield first if ask.same_signature else authorization(ask, url, keys, clock())


def plain_session() -> requests.Session:
    """Return a session that adds nothing of its own: no keys, proxies or headers."""
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    return session
