"""What `requests` signs with, and the silence of the libraries that do it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from engagement_kit.errors import CredentialsMissing
from engagement_kit.fetch.keys.credentials import Credentials, by_number
from engagement_kit.fetch.keys.secret import Secret

_TALKATIVE: Final = (
    # At level DEBUG they write tokens, signatures and whole headers into the log.
    "oauthlib.oauth1.rfc5849",
    "requests_oauthlib.oauth1_auth",
    "requests_oauthlib.oauth1_session",
)
_SECRETS_AT_HAND: ContextVar[bool] = ContextVar("secrets_at_hand", default=False)


def _speaks_of_nothing_secret(record: logging.LogRecord) -> bool:
    """Let a line pass unless it was written while our own secrets were at hand."""
    del record
    return not _SECRETS_AT_HAND.get()


@contextmanager
def silence() -> Iterator[None]:
    """Keep the signing libraries' debug lines out of every log, for this thread and as long.

    Others who sign with the same libraries in this process keep their lines.
    """
    for name in _TALKATIVE:  # adding a filter twice adds it once
        logging.getLogger(name).addFilter(_speaks_of_nothing_secret)
    before = _SECRETS_AT_HAND.set(True)
    try:
        yield
    finally:
        _SECRETS_AT_HAND.reset(before)


def signer(credentials: Credentials, kind: str, account: str | None) -> Any:
    """Give what `requests` signs with.

    Parameters
    ----------
    credentials
        The keys.
    kind, account
        As in the Request.

    Raises
    ------
    CredentialsMissing
        When there is no key for this account or kind.
    """
    key, secret = credentials.consumer_key, credentials.consumer_secret
    if kind == "app":
        if credentials.bearer is not None:
            return _Bearer(credentials.bearer)
        if key is not None and secret is not None:
            # A signature of the consumer alone, without a token, is app-only too.
            return _Signature(key, secret)
        msg = (
            "app-only requests need a bearer token or the app's consumer key and secret; "
            "`engagement-kit login` keeps both"
        )
        raise CredentialsMissing(msg)
    user = credentials.users.get(account or "")
    if user is None or key is None or secret is None:
        known = ", ".join(sorted(credentials.users)) or "none"
        msg = (
            f"there are no keys of account {account!r}; accounts with keys: {known}"
            f"{by_number(credentials.users)}. `engagement-kit login` adds one"
        )
        raise CredentialsMissing(msg)
    return _Signature(key, secret, user.token, user.secret)


class _Bearer:
    """Puts an app-only token into the header."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request


class _Signature:
    """Signs with OAuth 1.0a, silently; without a token for the app alone."""

    def __init__(
        self, key: Secret, secret: Secret, token: Secret | None = None, second: Secret | None = None
    ) -> None:
        self._keys = key, secret, token, second

    def __call__(self, request: Any) -> Any:
        from requests_oauthlib import OAuth1

        with silence():
            key, secret, token, second = (
                None if one is None else one.reveal() for one in self._keys
            )
            sign = OAuth1(
                key, client_secret=secret, resource_owner_key=token, resource_owner_secret=second
            )
            return sign(request)
