"""Who is calling: OAuth 1.0a signatures and bearer tokens verified; no HTTP, no clock of its own.

oauthlib does the protocol. Its ready-made endpoints give no reason for a refusal and burn the
nonce before the signature is known to be good, so the steps are put together here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, RequestValidator
from oauthlib.oauth1.rfc5849 import errors, signature
from oauthlib.oauth1.rfc5849.endpoints.base import BaseEndpoint

from engagement_kit.emulator.api.limits import TIMESTAMP_LIFETIME_S
from engagement_kit.emulator.world.accounts import Account, App

_PREFIX: Final = "Your account could not be authenticated. Reason: "
TOKEN_NOT_FOUND: Final = _PREFIX + "Access token not found"  # fact sheet, section 8
UNKNOWN_TYPE: Final = _PREFIX + "Unknown Authorization Type"  # fact sheet, section 8
_OURS: Final = _PREFIX + "emulator: "
_FORM: Final = "application/x-www-form-urlencoded"
_TOKEN_FIELD: Final = re.compile(r'oauth_token="([^"]+)"')
_MANDATORY: Final = (
    *("oauth_consumer_key", "oauth_nonce", "oauth_signature"),
    *("oauth_signature_method", "oauth_timestamp"),
)
_ANY_TIMESTAMP: Final = 10**10  # seconds; oauthlib takes ten digits at most
_LONGEST_FIELD: Final = 200  # of keys, tokens and nonces, in characters


@dataclass(frozen=True)
class Caller:
    """An authenticated caller.

    Attributes
    ----------
    kind : {"user", "app", "anyone"}
        User context, app-only, or not asked: who may see everything.
    account : str or None
        The account's name in user context.
    """

    kind: Literal["user", "app", "anyone"]
    account: str | None = None


@dataclass(frozen=True)
class Refusal:
    """An unauthenticated request: HTTP status and text, and the text without what was signed."""

    status: int
    text: str
    reason: str = field(default="", compare=False)


class _Rejected(Exception):
    """Verification ends with this text; what only the caller may read stands in `detail`."""

    def __init__(self, text: str, detail: str = "") -> None:
        super().__init__(text + detail)
        self.reason = text


class _Secrets(RequestValidator):
    """What oauthlib asks about keys and formats."""

    def __init__(self, app: App, accounts: Iterable[Account]) -> None:
        super().__init__()
        self.app = app
        self.by_token = {account.access_token: account for account in accounts}

    @property
    def enforce_ssl(self) -> bool:
        return False  # plain http on loopback

    @property
    def allowed_signature_methods(self) -> tuple[str, ...]:
        return (SIGNATURE_HMAC_SHA1,)

    @property
    def timestamp_lifetime(self) -> int:
        # oauthlib compares with its own clock; we check against a given time instead.
        return _ANY_TIMESTAMP

    def check_client_key(self, client_key: str) -> bool:
        return len(client_key) <= _LONGEST_FIELD

    def check_nonce(self, nonce: str) -> bool:
        # Any characters: the documents ask for none in particular.
        return len(nonce) <= _LONGEST_FIELD

    def get_client_secret(self, client_key: str, request: Any) -> str:
        del client_key, request  # there is one app, and its key has been compared before
        return self.app.consumer_secret

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
        del client_key, request
        return self.by_token[token].access_token_secret


class _Nonces:
    """Nonces seen within the window, and no older ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: set[tuple[str, ...]] = set()
        self._order: deque[tuple[float, tuple[str, ...]]] = deque()

    def burn(self, entry: tuple[str, ...], at: float) -> bool:
        """Remember an entry; tell whether it is new."""
        # A timestamp may lie ahead, so an entry matters for twice the lifetime.
        oldest = at - 2 * TIMESTAMP_LIFETIME_S
        with self._lock:
            while self._order and self._order[0][0] < oldest:
                self._seen.discard(self._order.popleft()[1])
            if entry in self._seen:
                return False
            self._seen.add(entry)
            self._order.append((at, entry))
        return True

    def __len__(self) -> int:
        return len(self._seen)


class Authenticator(BaseEndpoint):
    """Tell who signed a request.

    Parameters
    ----------
    app : App
        The one known app.
    accounts : iterable of Account
        Whose tokens are known.
    """

    def __init__(self, app: App, accounts: Iterable[Account]) -> None:
        self._secrets = _Secrets(app, accounts)
        self._nonces = _Nonces()
        super().__init__(self._secrets)

    def check(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, at: float
    ) -> Caller | Refusal:
        """Verify one request.

        Parameters
        ----------
        method : str
            HTTP method, upper case.
        url : str
            As the caller signed it: scheme, Host header and the raw request target.
        headers : mapping
            Names in lower case.
        body : bytes
            As sent; needed for ``oauth_body_hash`` and forms.
        at : float
            Real time in Unix seconds.

        Returns
        -------
        Caller or Refusal
            A refusal never holds a secret; for a wrong signature it holds the base string.
        """
        scheme, _, value = headers.get("authorization", "").partition(" ")
        try:
            if scheme.lower() == "bearer":
                return self._bearer(value.strip())
            if scheme.lower() != "oauth":
                return Refusal(401, UNKNOWN_TYPE, UNKNOWN_TYPE)
            return self._signed(self._parse(method, url, headers, body), body, at)
        except _Rejected as rejection:
            return Refusal(401, str(rejection), rejection.reason)

    def believe(self, headers: Mapping[str, str]) -> Caller:
        """Tell who a request says it is from, with nothing verified."""
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return Caller("app")
        # Tokens consist of digits, letters and "-", so they stand in the header as they are.
        token = _TOKEN_FIELD.search(value) if scheme.lower() == "oauth" else None
        account = self._secrets.by_token.get(token[1]) if token else None
        return Caller("user", account.name) if account else Caller("anyone")

    def _bearer(self, token: str) -> Caller:
        """Compare a bearer token, verbatim."""
        known = self._secrets.app.bearer_token
        if not hmac.compare_digest(token.encode("utf-8", "replace"), known.encode()):
            raise _Rejected(TOKEN_NOT_FOUND)
        return Caller("app")

    def _parse(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        """Read the OAuth fields of a request."""
        is_form = headers.get("content-type", "").lower().startswith(_FORM)
        wanted = {"Authorization": headers["authorization"]}
        if is_form:  # only then does the body enter the base string (RFC 5849, 3.4.1.3.1)
            wanted["Content-Type"] = _FORM
        text = body.decode("latin-1") if is_form else ""
        try:
            # The stubs leave out what a subclass is meant to call.
            request = self._create_request(url, method, text, wanted)  # type: ignore[attr-defined]
            self._check_mandatory_parameters(request)  # type: ignore[attr-defined]
        except errors.OAuth1Error as problem:
            text = _text_of(problem)
            raise _Rejected(_OURS + text + _hint(text, headers["authorization"])) from problem
        except ValueError as problem:  # oauthlib lets these escape for malformed headers
            text = "the OAuth header or the URL is malformed"
            raise _Rejected(_OURS + text, f": {problem}") from problem
        return request

    def _signed(self, request: Any, body: bytes, at: float) -> Caller:
        """Verify a parsed OAuth 1.0a request, cheap checks first, the nonce last."""
        token = request.resource_owner_key or ""  # empty means consumer only
        if request.client_key != self._secrets.app.consumer_key:
            raise _Rejected(_OURS + "the consumer key is not known here")
        if token and token not in self._secrets.by_token:
            raise _Rejected(TOKEN_NOT_FOUND)
        skew = int(request.timestamp) - at
        if abs(skew) > TIMESTAMP_LIFETIME_S:
            raise _Rejected(
                f"{_OURS}oauth_timestamp is {skew:+.0f} s off; "
                f"allowed: {TIMESTAMP_LIFETIME_S} s either way, real time"
            )
        if not self._check_signature(request):  # type: ignore[attr-defined]
            raise _Rejected(
                _OURS + "signature does not match",
                f" (base string {_base_string(request)}; if yours is the same, a secret is wrong)",
            )
        claimed = request.oauth_params.get("oauth_body_hash")
        if claimed is not None and claimed != _body_hash(body):
            raise _Rejected(_OURS + "oauth_body_hash does not match the body")
        if not self._nonces.burn((token, request.timestamp, request.nonce), at):
            raise _Rejected(_OURS + "this nonce was used before")
        if token:
            return Caller("user", self._secrets.by_token[token].name)
        return Caller("app")


def _text_of(problem: Any) -> str:
    """Return what oauthlib says; of one problem it gives a pattern and its value."""
    said = problem.description or problem.error
    return str(said[0] % said[1:]) if isinstance(said, tuple) else str(said)


def _hint(text: str, header: str) -> str:
    """Return what helps to mend a request that oauthlib refuses in few words."""
    if "Missing mandatory" in text:
        absent = [name for name in _MANDATORY if f"{name}=" not in header]
        return f" Not in the header: {', '.join(absent)}." if absent else ""
    return "; it is in whole seconds since 1970" if "timestamp" in text else ""


def _base_string(request: Any) -> str:
    """Return what should have been signed; it holds no secret."""
    return str(
        signature.signature_base_string(
            request.http_method,
            signature.base_string_uri(request.uri),
            signature.normalize_parameters(request.params),
        )
    )


def _body_hash(body: bytes) -> str:
    """Return the SHA-1 of the body as the body hash extension writes it."""
    return base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()
