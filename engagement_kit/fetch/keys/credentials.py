"""What signs requests: the app's keys, and those of each account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.question.markup import facts

UNNAMED: Final = "me"
"""The account of a token that does not say whose it is."""


def by_number(accounts: Iterable[str]) -> str:
    """Say what to do about accounts of which the user id alone is known; empty: none.

    Examples
    --------
    >>> by_number(["acme"])
    ''
    """
    if not any(one.isdecimal() or one == UNNAMED for one in accounts):
        return ""
    return (
        ". The account of a lone token is known by its user id alone: name it by account=, or give "
        "users={name: (access token, its secret)}"
    )


@dataclass(frozen=True)
class UserKeys:
    """The token and secret of one account."""

    token: Secret
    secret: Secret

    @property
    def user_id(self) -> str:
        """The account's user id, with which its token begins; empty where it does not.

        Of any other text no part may become a name, for names are shown.
        """
        head, dash, _ = self.token.reveal().partition("-")
        return head if dash and head.isascii() and head.isdecimal() else ""


@dataclass(frozen=True)
class Credentials:
    """What signs requests. Shown, it never shows a value.

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
    aliases
        The account of each user id, where it is known.
    origins
        What was found, and where: pairs of words.
    passed_over
        Sources whose keys were not taken, and why.
    """

    consumer_key: Secret | None
    consumer_secret: Secret | None
    users: Mapping[str, UserKeys]
    account: str
    bearer: Secret | None
    found_in: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    origins: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    passed_over: tuple[str, ...] = field(default=(), compare=False)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which kinds of request can be signed: ``user``, ``app`` or both."""
        app = self.bearer is not None or self.consumer_key is not None
        return (("user",) if self.users else ()) + (("app",) if app else ())

    def secrets(self) -> Iterator[Secret]:
        """Give every secret, for taking them out of texts."""
        app = (self.consumer_key, self.consumer_secret, self.bearer)
        yield from (one for one in app if one is not None)
        for user in self.users.values():
            yield from (user.token, user.secret)

    def lines(self) -> list[tuple[str, str]]:
        """Say what was found and where, as pairs of a label and a text; never a value."""
        passed = [("not taken", one) for one in self.passed_over]
        return [*(self.origins or [("keys", self.found_in)]), *passed]

    def __str__(self) -> str:
        return "Keys\n" + "\n".join(f"  {label}: {text}" for label, text in self.lines())

    def _repr_html_(self) -> str:
        return facts("Keys", self.lines())
