"""Who calls the API: OAuth 1.0a signatures and bearer tokens verified; no HTTP, no clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from engagement_kit.emulator.api.grants import Grants
from engagement_kit.emulator.api.signing import Posed, Rejected, Signatures

_PREFIX: Final = "Your account could not be authenticated. Reason: "
TOKEN_NOT_FOUND: Final = _PREFIX + "Access token not found"  # reference
UNKNOWN_TYPE: Final = _PREFIX + "Unknown Authorization Type"  # FAQ
_OURS: Final = _PREFIX + "emulator: "
_FIELD: Final = '{}="([^"]+)"'


@dataclass(frozen=True)
class Caller:
    """An authenticated caller.

    Attributes
    ----------
    kind : {"user", "app", "anyone"}
        User context, app-only, or not asked: who may see everything.
    account : str or None
        The account's name in user context.
    app : str
        The name of the app whose keys were used; empty where that was not asked.
    """

    kind: Literal["user", "app", "anyone"]
    account: str | None = None
    app: str = ""


@dataclass(frozen=True)
class Refusal:
    """An unauthenticated request: HTTP status and text, and the text without what was signed."""

    status: int
    text: str
    reason: str = field(default="", compare=False)


class Authenticator:
    """Tell who calls the API.

    Parameters
    ----------
    grants : Grants
        The apps, and their tokens in force.

    Attributes
    ----------
    signatures : Signatures
        Knows the nonces that were used.
    """

    def __init__(self, grants: Grants) -> None:
        self._grants = grants
        self.signatures = Signatures(grants.app_of)

    def check(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, at: float
    ) -> Caller | Refusal:
        """Verify one request; the arguments are those of `signing.Posed`.

        Returns
        -------
        Caller or Refusal
            A refusal never holds a secret; for a wrong signature it holds the base string, with
            key and token masked.
        """
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            app = self._grants.app_of_bearer(value.strip())
            return Caller("app", app=app.name) if app else _not_found()
        if scheme.lower() != "oauth":
            return Refusal(401, UNKNOWN_TYPE, UNKNOWN_TYPE)
        try:
            posed = Posed(method, url, headers, body, at)
            signed = self.signatures.verify(posed, self._grants.find)
        except Rejected as rejected:
            if rejected.fault == "no such token":
                return _not_found()
            return Refusal(401, f"{_OURS}{rejected}", _OURS + rejected.reason)
        account = signed.held.account if signed.held else None
        return Caller("user" if account else "app", account, signed.app.name)

    def believe(self, headers: Mapping[str, str]) -> Caller:
        """Tell who a request says it is from, with nothing verified."""
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            app = self._grants.app_of_bearer(value.strip())
            return Caller("app", app=app.name if app else "")
        if scheme.lower() != "oauth":
            return Caller("anyone")
        found = self._grants.find_in_any_app(_said(value, "oauth_token"))
        if found:
            app_name, account = found
            return Caller("user", account, app_name)
        app = self._grants.app_of(_said(value, "oauth_consumer_key"))
        return Caller("anyone", app=app.name if app else "")


def _not_found() -> Refusal:
    """Refuse a token that is not known, not this app's, or not in force any more."""
    return Refusal(401, TOKEN_NOT_FOUND, TOKEN_NOT_FOUND)


def _said(header: str, name: str) -> str:
    """Return a field of an Authorization header, or an empty text."""
    # Keys and tokens consist of digits, letters and "-", so they stand there as they are.
    found = re.search(_FIELD.format(name), header)
    return found[1] if found else ""
