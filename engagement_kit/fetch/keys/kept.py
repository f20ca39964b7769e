"""What is kept of the keys for one service: its app, and the accounts that logged in. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engagement_kit.fetch.keys.credentials import UserKeys
from engagement_kit.fetch.keys.secret import Secret, hide

APP_PARTS = ("consumer_key", "consumer_secret", "bearer_token")


@dataclass(frozen=True)
class Account:
    """An account and its keys.

    Attributes
    ----------
    name
        As people call it, without "@".
    user_id
        Its number, as text; may be empty.
    keys
        Its token and secret.
    """

    name: str
    user_id: str
    keys: UserKeys


@dataclass(frozen=True)
class Kept:
    """What is kept for one service.

    Attributes
    ----------
    app
        Any of consumer_key, consumer_secret and bearer_token.
    accounts
        Those that logged in by this app, oldest first.
    default
        The account that signs where nobody says whose tweets they are; may be empty.
    """

    app: Mapping[str, Secret]
    accounts: tuple[Account, ...] = ()
    default: str = ""

    def of_app(self, app: Mapping[str, Secret]) -> Kept:
        """Take an app's keys; accounts of another app are left out, for their tokens are its own.

        Examples
        --------
        >>> Kept({}).of_app({"consumer_key": Secret("a")}).app
        {'consumer_key': Secret(***)}
        """
        if self.app.get("consumer_key") == app.get("consumer_key"):
            return replace(self, app={**self.app, **app})
        return Kept(dict(app))

    def plus(self, account: Account) -> Kept:
        """Take an account's keys, in place of those that it had."""
        others = tuple(one for one in self.accounts if not same(one, account))
        stays = any(one.name == self.default for one in others)
        default = self.default if stays else account.name
        return replace(self, accounts=(*others, account), default=default)

    def without(self, names: Collection[str]) -> Kept:
        """Leave accounts out; where the default is among them, the oldest that stays becomes it."""
        others = tuple(one for one in self.accounts if one.name not in names)
        left = [one.name for one in others]
        default = self.default if self.default in left else next(iter(left), "")
        return replace(self, accounts=others, default=default)

    def plain(self) -> dict[str, Any]:
        """Write it as plain data. Secrets are among them: for a keeper only."""
        data: dict[str, Any] = {name: one.reveal() for name, one in self.app.items()}
        if self.default:
            data["default"] = self.default
        data["accounts"] = {one.name: account_plain(one) for one in self.accounts}
        return data

    @classmethod
    def of_plain(cls, data: object) -> Kept:
        """Read what `plain` wrote.

        Raises
        ------
        ValueError
            When it is of another shape; the text shows no value.
        """
        if not isinstance(data, dict):
            raise ValueError("a service has a mapping of keys")
        app = {name: _secret(data, name) for name in APP_PARTS if data.get(name)}
        accounts = data.get("accounts") or {}
        if not isinstance(accounts, dict):
            raise ValueError("accounts must be a mapping of names to keys")
        read = tuple(account_of(str(name), one) for name, one in accounts.items())
        return cls(app, read, str(data.get("default") or ""))


def account_plain(account: Account) -> dict[str, str]:
    """Write an account's keys as plain data. Secrets are among them: for a keeper only."""
    return {
        "user_id": account.user_id,
        "access_token": account.keys.token.reveal(),
        "access_token_secret": account.keys.secret.reveal(),
    }


def account_of(name: str, data: object) -> Account:
    """Read what `account_plain` wrote.

    Raises
    ------
    ValueError
        When a part is missing; the text shows no value.
    """
    if not isinstance(data, dict):
        raise ValueError("an account has a mapping of keys")
    keys = UserKeys(_secret(data, "access_token"), _secret(data, "access_token_secret"))
    return Account(name.removeprefix("@"), str(data.get("user_id") or "") or keys.user_id, keys)


def _secret(data: Mapping[Any, Any], name: str) -> Secret:
    try:
        secret = hide(data.get(name))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if secret is None:
        raise ValueError(f"{name} is missing")
    return secret


def same(one: Account, other: Account) -> bool:
    """Say whether both are one account: a handle may change, the number does not."""
    by_id = bool(one.user_id) and one.user_id == other.user_id
    return by_id or one.name.casefold() == other.name.casefold()
