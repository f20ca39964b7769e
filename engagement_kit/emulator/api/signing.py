"""OAuth 1.0a signatures, verified step by step; who may use which token is told by the caller.

oauthlib does the protocol. Its ready-made endpoints give no reason for a refusal and burn the
nonce before the signature is known to be good, so the steps are put together here.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_TYPE_AUTH_HEADER, RequestValidator
from oauthlib.oauth1.rfc5849 import errors, signature, utils
from oauthlib.oauth1.rfc5849.endpoints.base import BaseEndpoint

from engagement_kit.emulator.api.limits import TIMESTAMP_LIFETIME_S
from engagement_kit.emulator.world.accounts import App

if TYPE_CHECKING:
    from engagement_kit.emulator.api.grants import Held

FORM: Final = "application/x-www-form-urlencoded"
# What stands in a base string for what the caller knows, so that it may be printed and logged.
MASK: Final = "YOURS"
_MASKED: Final = ("oauth_consumer_key", "oauth_token", "oauth_verifier", "access_token")
_MANDATORY: Final = (
    *("oauth_consumer_key", "oauth_nonce", "oauth_signature"),
    *("oauth_signature_method", "oauth_timestamp"),
)
_ANY_TIMESTAMP: Final = 10**10  # seconds; oauthlib takes ten digits at most
_LONGEST_FIELD: Final = 200  # of keys, tokens and nonces, in characters

Fault = Literal["malformed", "no such token", "wrong"]


class Posed(NamedTuple):
    """A request, as far as a signature covers it.

    Attributes
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
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    at: float


class Signed(NamedTuple):
    """A request whose signature is good: its app, what its token stands for, what was signed."""

    app: App
    held: Held | None
    fields: Mapping[str, str]


class Rejected(Exception):
    """A signature is refused; the whole text is for the caller alone.

    Attributes
    ----------
    reason : str
        Why, without what was signed: fit for a log. The text goes on with what helps to mend it.
    fault : {"malformed", "no such token", "wrong"}
    """

    def __init__(self, reason: str, detail: str = "", fault: Fault = "wrong") -> None:
        super().__init__(reason + detail)
        self.reason = reason
        self.fault: Fault = fault


class _Secrets(RequestValidator):
    """What oauthlib asks about keys and formats; a request has its secrets put beside it."""

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
        del client_key
        return str(request.app_secret)

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
        del client_key, token
        return str(request.token_secret)


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


class _Reader(BaseEndpoint):
    """Read OAuth fields where oauthlib looks for them: all in one place."""

    def read(self, posed: Posed, body: str, headers: dict[str, str]) -> Any:
        """Read the OAuth fields of a request, and see that none is missing."""
        # The stubs leave out what a subclass is meant to call.
        request = self._create_request(posed.url, posed.method, body, headers)  # type: ignore[attr-defined]
        self._check_mandatory_parameters(request)  # type: ignore[attr-defined]
        return request


class _Anywhere(_Reader):
    """Read OAuth fields of header, query and form together."""

    def _get_signature_type_and_params(self, request: Any) -> tuple[str, Any, Any]:
        params = [
            *signature.collect_parameters(
                headers=request.headers, exclude_oauth_signature=False, with_realm=True
            ),
            *signature.collect_parameters(
                uri_query=request.uri_query, body=request.body, exclude_oauth_signature=False
            ),
        ]
        return SIGNATURE_TYPE_AUTH_HEADER, params, utils.filter_oauth_params(params)


class Signatures(_Reader):
    """Verify signatures, and remember nonces.

    Parameters
    ----------
    app_of : callable
        From a consumer key to its app, or None.
    """

    def __init__(self, app_of: Callable[[str], App | None]) -> None:
        self._app_of = app_of
        self._anywhere = _Anywhere(_Secrets())
        self.nonces = _Nonces()
        super().__init__(_Secrets())

    def verify(
        self,
        posed: Posed,
        find: Callable[[App, str], Held | None],
        *,
        in_header: bool = True,
    ) -> Signed:
        """Verify one request, cheap checks first, the nonce last.

        Parameters
        ----------
        posed : Posed
        find : callable
            From an app and a token that is not empty to what the token stands for; None where the
            app has no such token, or not for this.
        in_header : bool
            Whether all OAuth fields must stand in the Authorization header. If not they may stand
            in query and form too: the X pages show ``oauth_callback`` and ``oauth_verifier`` there.

        Raises
        ------
        Rejected
            If the request is malformed, or its key, token, time, signature or nonce is not good.
        """
        request = self._parse(posed, in_header=in_header)
        token = request.resource_owner_key or ""  # empty means consumer only
        app = self._app_of(request.client_key)
        if app is None:
            raise Rejected("the consumer key is not known here")
        held = find(app, token) if token else None
        if token and held is None:
            raise Rejected("the app has no such token", fault="no such token")
        request.app_secret = app.consumer_secret
        request.token_secret = held.secret if held else ""
        self._check_time(request, posed.at)
        if not self._check_signature(request):  # type: ignore[attr-defined]
            raise Rejected(
                "signature does not match",
                f" (base string {_base_string(request)}, with {MASK} for your key, tokens and "
                "verifier; if yours is the same, a secret is wrong)",
            )
        claimed = request.oauth_params.get("oauth_body_hash")
        if claimed is not None and claimed != _body_hash(posed.body):
            raise Rejected("oauth_body_hash does not match the body")
        entry = request.client_key, token, request.timestamp, request.nonce
        if not self.nonces.burn(entry, posed.at):
            raise Rejected("this nonce was used before")
        return Signed(app, held, dict(request.oauth_params))

    def _parse(self, posed: Posed, *, in_header: bool) -> Any:
        """Read the OAuth fields of a request."""
        given = posed.headers.get("authorization", "")
        wanted = {"Authorization": given} if given.lower().startswith("oauth ") else {}
        text = form_of(posed.headers, posed.body)
        if text:  # only then does the body enter the base string (RFC 5849, 3.4.1.3.1)
            wanted["Content-Type"] = FORM
        try:
            return (self if in_header else self._anywhere).read(posed, text, wanted)
        except errors.OAuth1Error as problem:
            said = _text_of(problem)
            raise Rejected(said + _hint(said, given), fault="malformed") from problem
        except ValueError as problem:  # oauthlib lets these escape for malformed headers
            said = "the OAuth header or the URL is malformed"
            raise Rejected(said, f": {problem}", fault="malformed") from problem

    @staticmethod
    def _check_time(request: Any, at: float) -> None:
        """Refuse a time too far from the real one."""
        skew = int(request.timestamp) - at
        if abs(skew) > TIMESTAMP_LIFETIME_S:
            raise Rejected(
                f"oauth_timestamp is {skew:+.0f} s off; "
                f"allowed: {TIMESTAMP_LIFETIME_S} s either way, real time"
            )


def form_of(headers: Mapping[str, str], body: bytes) -> str:
    """Return the text of a body that is a form; empty where it is none.

    Examples
    --------
    >>> form_of({"content-type": "application/x-www-form-urlencoded"}, b"a=b")
    'a=b'
    >>> form_of({"content-type": "text/plain"}, b"a=b")
    ''
    """
    is_form = headers.get("content-type", "").lower().startswith(FORM)
    return body.decode("latin-1") if is_form else ""


def _text_of(problem: Any) -> str:
    """Return what oauthlib says, without what it repeats of the request."""
    if isinstance(problem, errors.InvalidSignatureMethodError):
        return f"oauth_signature_method must be {SIGNATURE_HMAC_SHA1}"
    # Of one problem it gives a pattern and its value: the names of places.
    said = problem.description or problem.error
    return str(said[0] % said[1:]) if isinstance(said, tuple) else str(said)


def _hint(text: str, header: str) -> str:
    """Return what helps to mend a request that oauthlib refuses in few words."""
    if "Missing mandatory" in text:
        absent = [name for name in _MANDATORY if f"{name}=" not in header]
        return f" Not in the header: {', '.join(absent)}." if absent else ""
    return "; it is in whole seconds since 1970" if "timestamp" in text else ""


def _base_string(request: Any) -> str:
    """Return what should have been signed, fit to be printed: without keys and tokens."""
    params = [(name, MASK if name in _MASKED else value) for name, value in request.params]
    return str(
        signature.signature_base_string(
            request.http_method,
            signature.base_string_uri(request.uri),
            signature.normalize_parameters(params),  # type: ignore[arg-type]
        )
    )


def _body_hash(body: bytes) -> str:
    """Return the SHA-1 of the body as the body hash extension writes it."""
    return base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()
