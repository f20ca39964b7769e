"""What was granted to whom: apps and their tokens, in force or revoked; no HTTP, no clock.

Tokens never expire (the platform's OAuth pages): they are in force from the start, until somebody
revokes them. A revoked one is dead for ever; asked for anew, the next generation takes its place.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from engagement_kit.emulator.world.accounts import (
    Account,
    App,
    Token,
    make_bearer,
    make_token,
)

_Named = TypeVar("_Named", App, Account)


class Held(NamedTuple):
    """What a token stands for: its secret, and the account that it speaks for, if any."""

    secret: str
    account: str | None = None


class Grants:
    """Keep the tokens of each app, and of each app for each account; safe in several threads.

    Parameters
    ----------
    apps : iterable of App
    accounts : iterable of Account
    seed : int
        What all tokens are derived from.

    Attributes
    ----------
    apps, accounts : tuple
        As given.
    changes : int
        How often something changed since the start.

    Examples
    --------
    >>> from engagement_kit.emulator.world.world import World
    >>> world = World()
    >>> grants = Grants(world.apps, world.accounts, world.seed)
    >>> acme = world.accounts[0]
    >>> first = grants.token(world.app, acme)
    >>> grants.find(world.app, first.token).account
    'acme'
    >>> grants.revoke(world.app, acme)
    >>> grants.find(world.app, first.token) is None
    True
    >>> grants.grant(world.app, acme) == first
    False
    """

    def __init__(self, apps: Iterable[App], accounts: Iterable[Account], seed: int = 0) -> None:
        self.apps = tuple(apps)
        self.accounts = tuple(accounts)
        self._seed = seed
        self._lock = threading.Lock()
        self._app_of_key = {app.consumer_key: app for app in self.apps}
        self._enabled = {app.name: app.enabled for app in self.apps}
        self._bearers = {app.name: 0 for app in self.apps}  # the generation in force
        self._newest: dict[tuple[str, str], tuple[Token, int]] = {}
        self._held: dict[tuple[str, str], Held] = {}  # by app and token: those in force
        for app in self.apps:
            for account in self.accounts:
                self._issue(app, account, 0)
        self.changes = 0

    def app_of(self, consumer_key: str) -> App | None:
        """Return the app that has a consumer key."""
        return self._app_of_key.get(consumer_key)

    def app_of_bearer(self, token: str) -> App | None:
        """Return the app whose bearer token, in force now, this is verbatim."""
        given = token.encode("utf-8", "replace")
        same = [hmac.compare_digest(given, self.bearer(app).encode()) for app in self.apps]
        return next((app for app, one in zip(self.apps, same, strict=True) if one), None)

    def find_app(self, name: str) -> App:
        """Return an app by name.

        Raises
        ------
        ValueError
            If there is none; the text names those that there are.
        """
        return _named("app", self.apps, name)

    def find_account(self, name: str) -> Account:
        """Return an account by name.

        Raises
        ------
        ValueError
            If there is none; the text names those that there are.
        """
        return _named("account", self.accounts, name)

    def is_enabled(self, app_name: str) -> bool:
        """Tell whether an app is enabled for the Engagement API; one that nobody named is."""
        return self._enabled.get(app_name, True)

    def enable(self, app: App, *, enabled: bool = True) -> None:
        """Enable an app for the Engagement API, or take that back; its tokens stay as they are."""
        with self._lock:
            self.changes += self._enabled[app.name] is not enabled
            self._enabled[app.name] = enabled

    def bearer(self, app: App) -> str:
        """Return an app's bearer token: the same until it is made invalid."""
        return make_bearer(self._seed, app, self._bearers[app.name])

    def invalidate_bearer(self, app: App, token: str) -> bool:
        """Put the next bearer token in force; tell whether the given one was in force before."""
        with self._lock:
            if not hmac.compare_digest(token.encode("utf-8", "replace"), self.bearer(app).encode()):
                return False
            self._bearers[app.name] += 1
            self.changes += 1
            return True

    def token(self, app: App, account: Account) -> Token:
        """Return the newest token of an app for an account, in force or revoked."""
        return self._newest[app.name, account.name][0]

    def is_revoked(self, app: App, account: Account) -> bool:
        """Tell whether the newest token of an app for an account was revoked."""
        return self.find(app, self.token(app, account).token) is None

    def find(self, app: App, token: str) -> Held | None:
        """Return what a token of an app stands for; None unless it is in force."""
        return self._held.get((app.name, token))

    def find_in_any_app(self, token: str) -> tuple[str, str] | None:
        """Return the names of app and account of a token that is in force."""
        for app in self.apps:
            held = self.find(app, token)
            if held and held.account:
                return app.name, held.account
        return None

    def grant(self, app: App, account: Account) -> Token:
        """Return the token in force: the one there is, or a new one after it was revoked."""
        with self._lock:
            token, generation = self._newest[app.name, account.name]
            if (app.name, token.token) in self._held:
                return token
            self.changes += 1
            return self._issue(app, account, generation + 1)

    def _issue(self, app: App, account: Account, generation: int) -> Token:
        """Put a token in force."""
        token = make_token(self._seed, app, account, generation)
        self._newest[app.name, account.name] = token, generation
        self._held[app.name, token.token] = Held(token.secret, account.name)
        return token

    def revoke(self, app: App, account: Account) -> None:
        """Make the token of an app for an account dead for ever."""
        with self._lock:
            dead = self._held.pop((app.name, self.token(app, account).token), None)
            self.changes += dead is not None


def _named(kind: str, those: Sequence[_Named], name: str) -> _Named:
    """Return one of several by name, or name those that there are."""
    found = next((one for one in those if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in those)
        raise ValueError(f"no {kind} {name!r}; there are: {names}.")
    return found
