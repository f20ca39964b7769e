"""The calls by which an app gets tokens: what each answers, and in which words; no HTTP here.

Where the service's own words are known they are used: from the platform's pages about OAuth, and
from what users of the three-legged walk report. All other words begin with "emulator: ". Where the
service says little, the member ``emulator`` of the answer says what was wrong. These calls are
always verified, whatever the switches say.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote, unquote_plus, urlencode

from engagement_kit.emulator.api.answer import Reply
from engagement_kit.emulator.api.checks import OURS
from engagement_kit.emulator.api.grants import Grants, Held
from engagement_kit.emulator.api.oauth import Caller
from engagement_kit.emulator.api.signing import (
    FORM,
    Posed,
    Rejected,
    Signatures,
    Signed,
    form_of,
)
from engagement_kit.emulator.api.walks import WalkOver, Walks
from engagement_kit.emulator.world.accounts import App

ERRORS: Final[dict[str, tuple[int, dict[str, Any]]]] = {
    "malformed": (400, {"code": 215, "message": "Bad Authentication data."}),
    "wrong": (401, {"code": 32, "message": "Could not authenticate you."}),
    "no such token": (401, {"code": 89, "message": "Invalid or expired token."}),
    "callback": (
        403,
        {
            "code": 415,
            "message": "Callback URL not approved for this client application. Approved callback "
            "URLs can be adjusted in your application settings",
        },
    ),
    "keys": (
        403,
        {
            "code": 99,
            "message": "Unable to verify your credentials",
            "label": "authenticity_token_error",
        },
    ),
    "no grant type": (
        403,
        {
            "code": 170,
            "message": "Missing required parameter: grant_type",
            "label": "forbidden_missing_parameter",
        },
    ),
}
"""Status and first error of what the service refuses in words that are known."""
NO_REQUEST_TOKEN: Final = "Request token missing"  # noqa: S105 -- a text, not a token
WRONG_VERIFIER: Final = "Error processing your OAuth request: Invalid oauth_verifier parameter"
_FORM_TYPE: Final = f"{FORM};charset=utf-8"
_TEXT_TYPE: Final = "text/plain;charset=utf-8"
_NO_STORE: Final = {"Cache-Control": "no-store"}
_MOST_FIELDS: Final = 100  # of a form


class Told(NamedTuple):
    """What is answered, the reason for the log, and who asked, where that was authenticated."""

    reply: Reply
    reason: str
    caller: Caller | None = None


class Issuer:
    """Give tokens to apps; the walks are decided elsewhere, by a person.

    Parameters
    ----------
    grants : Grants
    walks : Walks
    signatures : Signatures
        Shared with the API, so that a nonce is good once in both.
    """

    def __init__(self, grants: Grants, walks: Walks, signatures: Signatures) -> None:
        self._grants = grants
        self._walks = walks
        self._signatures = signatures

    def request_token(self, posed: Posed) -> Told:
        """Begin a walk: POST /oauth/request_token, signed by an app, with ``oauth_callback``."""
        try:
            signed = self._signatures.verify(posed, self._grants.find, in_header=False)
        except Rejected as rejected:
            return _refused(rejected.fault, str(rejected), rejected.reason)
        by = _app_only(signed.app)
        if not signed.fields.get("oauth_callback"):
            text = "oauth_callback is missing; it is oob, or an address to come back to"
            return ours(400, text, by)
        try:
            walk = self._walks.begin(signed.app.name, signed.fields["oauth_callback"], posed.at)
        except ValueError as problem:
            return _refused("callback", str(problem), caller=by)
        fields = {"oauth_token": walk.token, "oauth_token_secret": walk.secret}
        return _form({**fields, "oauth_callback_confirmed": "true"}, by)

    def access_token(self, posed: Posed) -> Told:
        """End a walk: POST /oauth/access_token, signed with its token, with ``oauth_verifier``."""
        try:
            signed = self._signatures.verify(
                posed, lambda app, token: self._held(app, token, posed.at), in_header=False
            )
        except Rejected as rejected:
            return _refused(rejected.fault, str(rejected), rejected.reason)
        by = _app_only(signed.app)
        if signed.held is None:
            return _plain(401, NO_REQUEST_TOKEN, "oauth_token is missing", by)
        try:
            return self._granted(signed, posed.at)
        except WalkOver as over:
            return _refused("no such token", str(over), caller=by)
        except ValueError as problem:
            return _plain(401, WRONG_VERIFIER, str(problem), by)

    def _granted(self, signed: Signed, at: float) -> Told:
        """Use the walk up, and give the token that it leads to."""
        verifier = signed.fields.get("oauth_verifier", "")
        walk = self._walks.use(signed.fields["oauth_token"], verifier, at)
        account = self._grants.find_account(walk.account or "")
        token = self._grants.grant(signed.app, account)
        fields = {
            "oauth_token": token.token,
            "oauth_token_secret": token.secret,
            "user_id": account.user_id,
            "screen_name": account.name,
        }
        return _form(fields, Caller("user", account.name, signed.app.name))

    def _held(self, app: App, token: str, at: float) -> Held | None:
        """Return what a request token of an app stands for, as long as it can be used."""
        walk = self._walks.find(token, at)
        good = walk is not None and walk.app == app.name and walk.stage != "used"
        return Held(walk.secret) if walk and good else None

    def bearer(self, posed: Posed) -> Told:
        """Give an app's bearer token: POST /oauth2/token, by key and secret."""
        app = self._app_by_secret(posed)
        if app is None:
            return _refused("keys", "no app has this key and secret; both are needed, Basic")
        by = _app_only(app)
        grant_type = read_form(form_of(posed.headers, posed.body)).get("grant_type", "")
        if not grant_type:
            text = f"the body must be a form ({FORM}) with grant_type"
            return _refused("no grant type", text, caller=by)
        if grant_type != "client_credentials":
            return ours(403, "the only grant_type is client_credentials", by)
        payload = {"token_type": "bearer", "access_token": self._grants.bearer(app)}
        return Told(Reply(200, payload, headers=_NO_STORE), "answered", by)

    def invalidate_bearer(self, posed: Posed) -> Told:
        """Make a bearer token invalid: POST /oauth2/invalidate_token, with ``access_token``.

        On older pages an app proves itself by key and secret (Basic), on newer ones by a signature;
        both are good here.
        """
        app = self._app_by_secret(posed)
        if app is None:
            try:
                app = self._signatures.verify(posed, self._grants.find).app
            except Rejected as rejected:
                return _refused("keys", str(rejected), rejected.reason)
        by = _app_only(app)
        query = read_form(posed.url.partition("?")[2])
        form = read_form(form_of(posed.headers, posed.body))
        given = {**query, **form}.get("access_token", "")
        # Verbatim in a form, the %2F of a token is a slash once it is read.
        known = self._grants.bearer(app)
        token = known if given == unquote(known) else given
        if not self._grants.invalidate_bearer(app, token):
            return ours(403, "access_token is not the app's bearer token", by)
        payload = {"access_token": token}
        return Told(Reply(200, payload, headers=_NO_STORE), "answered", by)

    def _app_by_secret(self, posed: Posed) -> App | None:
        """Return the app whose key and secret stand in the Authorization header (Basic)."""
        scheme, _, value = posed.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            both = base64.b64decode(value.strip(), validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            return None
        key, _, secret = (unquote_plus(one) for one in both.partition(":"))
        app = self._grants.app_of(key)
        if app and hmac.compare_digest(secret.encode(), app.consumer_secret.encode()):
            return app
        return None


def read_form(text: str) -> dict[str, str]:
    """Read a query or a form; of a name that stands twice the last counts.

    Returns
    -------
    dict
        Empty where there are so many fields that no program of good will sent it.

    Examples
    --------
    >>> read_form("a=b%20c&d=")
    {'a': 'b c'}
    """
    try:
        return dict(parse_qsl(text, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}


def _app_only(app: App) -> Caller:
    """Return the caller that an app is without a user."""
    return Caller("app", app=app.name)


def _form(fields: dict[str, str], caller: Caller) -> Told:
    """Answer with a form, as these calls do when all is well."""
    plain = _FORM_TYPE, urlencode(fields).encode("ascii")
    return Told(Reply(200, {}, plain=plain, headers=_NO_STORE), "answered", caller)


def ours(
    status: int,
    text: str,
    caller: Caller | None = None,
    *,
    headers: Mapping[str, str] = _NO_STORE,
) -> Told:
    """Refuse in words of ours alone: the service's are not known.

    Parameters
    ----------
    status : int
    text : str
        For the answer and for the log: without anything that is secret.
    caller : Caller, optional
        Who was refused, where that is known.
    headers : mapping
    """
    payload = {"errors": [{"message": OURS + text}]}
    return Told(Reply(status, payload, headers=headers), OURS + text, caller)


def _refused(
    which: str, detail: str, reason: str | None = None, *, caller: Caller | None = None
) -> Told:
    """Refuse in the service's words, and say what was wrong in ours."""
    status, error = ERRORS[which]
    payload = {"errors": [error], "emulator": OURS + detail}
    return Told(Reply(status, payload, headers=_NO_STORE), OURS + (reason or detail), caller)


def _plain(status: int, text: str, reason: str, caller: Caller) -> Told:
    """Refuse in plain text, as the service does here."""
    plain = _TEXT_TYPE, text.encode("ascii")
    reply = Reply(status, {}, plain=plain, headers=_NO_STORE)
    return Told(reply, f"{text}; {OURS}{reason}", caller)
