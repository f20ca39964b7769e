"""Keys: where they are found, and a type that never shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from engagement_kit.errors import CredentialsMissing

_ENVIRONMENT: Final = (
    # ours first, then the names that other Twitter tools use
    ("consumer_key", ("ENGAGEMENT_KIT_CONSUMER_KEY", "TWITTER_CONSUMER_KEY", "TWITTER_API_KEY")),
    (
        "consumer_secret",
        ("ENGAGEMENT_KIT_CONSUMER_SECRET", "TWITTER_CONSUMER_SECRET", "TWITTER_API_SECRET"),
    ),
    ("access_token", ("ENGAGEMENT_KIT_ACCESS_TOKEN", "TWITTER_ACCESS_TOKEN")),
    (
        "access_token_secret",
        ("ENGAGEMENT_KIT_ACCESS_TOKEN_SECRET", "TWITTER_ACCESS_TOKEN_SECRET"),
    ),
    ("bearer_token", ("ENGAGEMENT_KIT_BEARER_TOKEN", "TWITTER_BEARER_TOKEN")),
)

_UNNAMED: Final = "me"
"""The account of a token that does not say whose it is."""


class Secret:
    """A text that is never shown: not by repr, str, format or pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text, for signing only."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        msg = "a secret is not pickled; connect again in the other process"
        raise TypeError(msg)


@dataclass(frozen=True)
class UserKeys:
    """The token and secret of one account."""

    token: Secret
    secret: Secret


@dataclass(frozen=True)
class Credentials:
    """What signs requests.

    Attributes
    ----------
    consumer_key, consumer_secret
        The app's; None where there is only a bearer token.
    users
        Tokens by account.
    account
        The account that signs where a query names no owner.
    bearer
        App-only token; where it is missing the consumer key alone signs app-only requests.
    found_in
        Where the keys came from, in words; never a value.
    """

    consumer_key: Secret | None
    consumer_secret: Secret | None
    users: Mapping[str, UserKeys]
    account: str
    bearer: Secret | None
    found_in: str

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which kinds of request can be signed: ``user``, ``app`` or both."""
        app = self.bearer is not None or self.consumer_key is not None
        return (("user",) if self.users else ()) + (("app",) if app else ())


def find(given: Mapping[str, str | None], environment: Mapping[str, str]) -> Credentials:
    """Find keys: arguments first, then environment variables.

    Parameters
    ----------
    given
        Any of consumer_key, consumer_secret, access_token, access_token_secret, bearer_token.
    environment
        Usually ``os.environ``.

    Returns
    -------
    Credentials
        Complete for at least one kind of request.

    Raises
    ------
    CredentialsMissing
        When there are none, or only a part of a pair.

    Examples
    --------
    >>> find({"bearer_token": "abc"}, {}).kinds
    ('app',)
    """
    values: dict[str, str] = {}
    origins: set[str] = set()
    for part, names in _ENVIRONMENT:
        named = next((name for name in names if environment.get(name, "").strip()), None)
        argument = (given.get(part) or "").strip()
        if argument:
            values[part] = argument
            origins.add("arguments")
        elif named is not None:
            values[part] = environment[named].strip()
            origins.add(f"environment variable {named}")
    _complete(values)
    return _build(values, ", ".join(sorted(origins)))


def _complete(values: Mapping[str, str]) -> None:
    """Refuse pairs of which one half is missing."""
    pairs = (("consumer_key", "consumer_secret"), ("access_token", "access_token_secret"))
    halves = [pair for pair in pairs if (pair[0] in values) != (pair[1] in values)]
    if "access_token" in values and "consumer_key" not in values:
        halves.append(pairs[0])
    if halves:
        missing = dict.fromkeys(one for pair in halves for one in pair if one not in values)
        msg = f"keys are incomplete: {', '.join(missing)} missing. {_how_to()}"
        raise CredentialsMissing(msg)
    if not values:
        msg = f"no keys for the live API were found. {_how_to()}"
        raise CredentialsMissing(msg)


def _how_to() -> str:
    names = ", ".join(names[0] for _, names in _ENVIRONMENT)
    return (
        f"Set the environment variables {names} (or pass them to ek.connect), or use "
        'ek.connect("emulator"), which needs no keys.'
    )


def _build(values: Mapping[str, str], found_in: str) -> Credentials:
    def secret(part: str) -> Secret | None:
        return Secret(values[part]) if part in values else None

    users = {}
    account = ""
    if "access_token" in values:
        # A user token begins with the account's user id: 12345-abc... Of any other text no part
        # may become a name, for names are shown.
        head, dash, _ = values["access_token"].partition("-")
        account = head if dash and head.isdecimal() else _UNNAMED
        users[account] = UserKeys(
            Secret(values["access_token"]), Secret(values["access_token_secret"])
        )
    return Credentials(
        consumer_key=secret("consumer_key"),
        consumer_secret=secret("consumer_secret"),
        users=users,
        account=account,
        bearer=secret("bearer_token"),
        found_in=found_in,
    )


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
    from requests_oauthlib import OAuth1

    key, secret = credentials.consumer_key, credentials.consumer_secret
    if kind == "app":
        if credentials.bearer is not None:
            return _Bearer(credentials.bearer)
        if key is not None and secret is not None:
            # A signature of the consumer alone, without a token, is app-only too.
            return OAuth1(key.reveal(), client_secret=secret.reveal())
        msg = f"app-only requests need a bearer token or consumer keys. {_how_to()}"
        raise CredentialsMissing(msg)
    user = credentials.users.get(account or "")
    if user is None or key is None or secret is None:
        known = ", ".join(sorted(credentials.users)) or "none"
        msg = f"there are no keys of account {account!r}; accounts with keys: {known}"
        raise CredentialsMissing(msg)
    return OAuth1(
        key.reveal(),
        client_secret=secret.reveal(),
        resource_owner_key=user.token.reveal(),
        resource_owner_secret=user.secret.reveal(),
    )


class _Bearer:
    """Puts an app-only token into the header."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request
