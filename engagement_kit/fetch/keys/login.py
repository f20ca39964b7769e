"""From an app's keys to an account's: the three-legged walk of OAuth 1.0a, and the bearer token.

1. `Login.begin` asks the service for a request token, and gives the address of a page.
2. The account's owner opens it, signs in and agrees. The page shows a PIN, or calls us back.
3. `Login.finish` exchanges it for the account's own token, which stays good until it is revoked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.auth import HTTPBasicAuth

from engagement_kit.errors import (
    AppKeysRefused,
    AuthenticationFailed,
    ConnectionBroken,
    EngagementError,
    LoginRefused,
    ServerFault,
    UnreadableAnswer,
)
from engagement_kit.fetch import sessions
from engagement_kit.fetch.keys.apart import apart
from engagement_kit.fetch.keys.credentials import UNNAMED, UserKeys
from engagement_kit.fetch.keys.kept import Account
from engagement_kit.fetch.keys.secret import Secret, basic, hide, scrubbed
from engagement_kit.fetch.keys.signing import silence

PIN: Final = "oob"
"""The callback of whoever has no address to be called back at: a PIN is shown instead."""

AUTH_URL: Final = "https://api.twitter.com"
"""Where tokens of the live API are granted."""

_TIMEOUT: Final = (10.0, 60.0)
_LONGEST_WORDS: Final = 160
_TOKENS: Final = re.compile(
    r"""(_(?:token|token_secret|verifier)["']?\s*[=:]\s*)("(?:[^"\\]|\\.)*"?|[^&\s,}]+)"""
)
_SENT: Final = {"timeout": _TIMEOUT, "allow_redirects": False}


def auth_url_of(base_url: str) -> str:
    """Say where the tokens of a service are granted.

    Examples
    --------
    >>> auth_url_of("https://data-api.twitter.com/insights/engagement")
    'https://api.twitter.com'
    >>> auth_url_of("http://127.0.0.1:8765/insights/engagement")
    'http://127.0.0.1:8765'
    """
    parts = urlsplit(base_url)
    # What answers for the API on this machine grants its own tokens.
    return f"{parts.scheme}://{parts.netloc}" if parts.hostname in sessions.LOOPBACK else AUTH_URL


class Login:
    """One login of one account.

    Parameters
    ----------
    consumer_key, consumer_secret
        Of the app.
    auth_url
        Scheme and host of who grants tokens.
    callback
        An address that is registered with the app and calls us back, or `PIN`.
    adapter
        Carries the requests instead of a socket: an emulator in this process.
    """

    def __init__(
        self,
        consumer_key: Secret,
        consumer_secret: Secret,
        *,
        auth_url: str = AUTH_URL,
        callback: str = PIN,
        adapter: BaseAdapter | None = None,
    ) -> None:
        self._app = consumer_key, consumer_secret
        self._auth_url, self._callback = auth_url.rstrip("/"), callback
        self._adapter = adapter
        self._request: UserKeys | None = None
        self._held: tuple[Secret, ...] = ()

    @apart
    def begin(self) -> str:
        """Ask for a request token.

        Returns
        -------
        str
            The address of the page where the account's owner agrees. Whoever knows it can agree as
            anybody: open it, and pass it on to the owner alone.

        Raises
        ------
        AuthenticationFailed
            When the app's keys are not accepted, or the callback is not registered.
        ConnectionBroken, ServerFault, UnreadableAnswer
            When no answer comes, a fault, or what can't be read.
        """
        session = self._session(callback_uri=self._callback)
        url = f"{self._auth_url}/oauth/request_token"
        given = self._told(lambda: session.fetch_request_token(url, **_SENT), AuthenticationFailed)
        if given.get("oauth_callback_confirmed") != "true":
            raise UnreadableAnswer("the service did not confirm the callback")
        self._request = _pair(given)
        token = quote(self._request.token.reveal(), safe="")
        return f"{self._auth_url}/oauth/authorize?oauth_token={token}"

    def is_about(self, token: str) -> bool:
        """Say whether a callback speaks of this login: of any other it is foreign."""
        return self._request is not None and self._request.token == Secret(token)

    @apart
    def finish(self, verifier: str | Secret) -> Account:
        """Exchange a PIN, or the verifier of a callback, for the account's keys.

        Raises
        ------
        LoginRefused
            When it is wrong or too late. Another one can be given, where the service lets it.
        ConnectionBroken, ServerFault, UnreadableAnswer
            When no answer comes, a fault, or what can't be read.
        """
        if self._request is None:
            msg = "the login was not begun: begin() gives the address of the page to agree on"
            raise EngagementError(msg)
        request = self._request
        said = verifier if isinstance(verifier, Secret) else Secret(verifier.strip())
        self._held = (request.token, request.secret, said)
        session = self._session(
            resource_owner_key=request.token.reveal(),
            resource_owner_secret=request.secret.reveal(),
            verifier=said.reveal(),
        )
        url = f"{self._auth_url}/oauth/access_token"
        given = self._told(lambda: session.fetch_access_token(url, **_SENT), LoginRefused)
        self._request = None  # it served
        keys = _pair(given)
        user_id = str(given.get("user_id") or keys.user_id)
        return Account(str(given.get("screen_name") or user_id or UNNAMED), user_id, keys)

    def _session(self, **options: Any) -> Any:
        from requests_oauthlib import OAuth1Session

        key, secret = self._app
        with silence():
            session = OAuth1Session(key.reveal(), client_secret=secret.reveal(), **options)
        return sessions.discreet(session, self._auth_url, self._adapter)

    def _told(
        self, ask: Callable[[], dict[str, Any]], refusal: type[AuthenticationFailed | LoginRefused]
    ) -> dict[str, Any]:
        """Ask for a token; what goes wrong is told without any secret."""
        from requests_oauthlib.oauth1_session import TokenRequestDenied

        status, words = 0, ""
        try:
            with silence():
                return ask()
        except TokenRequestDenied as denied:
            status, words = denied.status_code, denied.response.text
        except (requests.RequestException, OSError) as error:
            words = f"no answer from {self._auth_url}: {type(error).__name__}"
        except ValueError:  # of a form that is none
            status, words = 200, "the service's answer can't be read"
        raise _failed(status, self._clean(words), refusal)

    def _clean(self, words: str) -> str:
        return _clean(words, [*self._app, *self._held])


@apart
def bearer_token(
    consumer_key: Secret,
    consumer_secret: Secret,
    *,
    auth_url: str = AUTH_URL,
    adapter: BaseAdapter | None = None,
) -> Secret:
    """Make the app's bearer token of its key and secret; asked again, it is the same.

    Raises
    ------
    AppKeysRefused
        When the app's keys are not accepted.
    ConnectionBroken, ServerFault, UnreadableAnswer
        When no answer comes, a fault, or what can't be read.
    """
    auth_url = auth_url.rstrip("/")
    key, secret = (quote(one.reveal(), safe="") for one in (consumer_key, consumer_secret))
    status, words, token = 0, "", None
    try:
        with sessions.discreet(requests.Session(), auth_url, adapter) as session:
            answer = session.post(
                f"{auth_url}/oauth2/token",
                data={"grant_type": "client_credentials"},
                auth=HTTPBasicAuth(key, secret),
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        status, words = answer.status_code, answer.text
        token = hide(answer.json()["access_token"]) if answer.ok else None
    except (requests.ConnectionError, requests.Timeout, OSError) as error:
        if status == 0:
            words = f"no answer from {auth_url}: {type(error).__name__}"
    except (ValueError, KeyError, TypeError):
        pass  # said below
    if token is not None:
        return token
    if status == 200:
        words = "the service's answer holds no bearer token"
    sent = [consumer_key, consumer_secret, basic(key, secret)]
    raise _failed(status, _clean(words, sent), AppKeysRefused)


def _clean(words: str, secrets: Iterable[Secret]) -> str:
    """Take out of a service's words our secrets, and tokens that it may have meant to grant."""
    said = " ".join(_own_words(words).split())
    clean = _TOKENS.sub(r"\1***", scrubbed(said, secrets))
    return clean if len(clean) <= _LONGEST_WORDS else clean[:_LONGEST_WORDS].rstrip() + " ..."


def _own_words(body: str) -> str:
    """Read what a service says in a body of JSON: its errors' messages; else give the body.

    Examples
    --------
    >>> _own_words('{"errors": [{"code": 99, "message": "Unable to verify your credentials"}]}')
    'Unable to verify your credentials'
    """
    try:
        said = [str(one["message"]) for one in json.loads(body)["errors"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return body
    return "; ".join(said) or body


def _pair(given: dict[str, Any]) -> UserKeys:
    """Read a token and its secret.

    Raises
    ------
    UnreadableAnswer
        When one is missing, or can be no key.
    """
    try:
        token, secret = hide(given.get("oauth_token")), hide(given.get("oauth_token_secret"))
    except ValueError:
        token = secret = None
    if token is None or secret is None:
        raise UnreadableAnswer("the service's answer holds no token")
    return UserKeys(token, secret)


def _failed(
    status: int, words: str, refusal: type[AuthenticationFailed | LoginRefused]
) -> EngagementError:
    """Choose the error for what a service said."""
    if status == 0:
        return ConnectionBroken(words)
    if status >= 500:
        return ServerFault(status, (words,))
    if status == 200:
        return UnreadableAnswer(words)
    return refusal(status, (words,))
