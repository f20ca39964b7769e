"""Who lives in the world: accounts, apps and their made-up credentials; no tweets here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from engagement_kit.emulator.world.chance import digest

NAMES: Final = (
    *("acme", "birch", "cedar", "dune", "ember", "fjord", "grove", "harbor"),
    *("iris", "juniper", "kestrel", "lagoon", "maple", "nectar", "orchid", "prairie"),
    *("quartz", "ridge", "saffron", "tundra", "umber", "valley", "willow", "yarrow"),
    *("amber", "basalt", "clover", "delta", "ebony", "fern", "garnet", "heron"),
)
"""As many as fit into the five bits that an id has for its account."""
APP_NAMES: Final = ("reports", "research", "hobby")
"""The last one was never enabled for the Engagement API."""


@dataclass(frozen=True)
class Account:
    """One author of tweets, with the tokens of its user context.

    The tokens are made up, begin visibly with "emulator", and stay out of the repr.

    Attributes
    ----------
    name : str
        How people call the account, as in "acme".
    user_id : str
        The numeric user id, as text.
    access_token, access_token_secret : str
        OAuth 1.0a token of the first app; a real access token has the form ``<user_id>-...`` too.
    """

    name: str
    user_id: str
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)


@dataclass(frozen=True)
class App:
    """A developer app, with its keys and its first app-only bearer token; none is in the repr.

    Attributes
    ----------
    consumer_key, consumer_secret, bearer_token : str
    name : str
        As the page names it that asks an account's owner for leave.
    enabled : bool
        Whether the app was enabled for the Engagement API: the documents ask for this beside keys.
    """

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    bearer_token: str = field(repr=False)
    name: str = APP_NAMES[0]
    enabled: bool = True


@dataclass(frozen=True)
class Token:
    """A token and its secret, by which an app acts for an account; neither is in the repr."""

    token: str = field(repr=False)
    secret: str = field(repr=False)


def make_apps(seed: int) -> tuple[App, ...]:
    """Derive the apps and their credentials from the seed; the last one was never enabled."""
    return tuple(
        _make_app(name, seed, () if place == 0 else (name,), enabled=name != APP_NAMES[-1])
        for place, name in enumerate(APP_NAMES)
    )


def _make_app(name: str, seed: int, more: tuple[str, ...], *, enabled: bool) -> App:
    """Derive one app; `more` parts its keys from those of the first one."""
    return App(
        consumer_key=f"emulator-key-{digest(seed, *more, 'key')[:12]}",
        consumer_secret=f"emulator-secret-{digest(seed, *more, 'secret')[:32]}",
        bearer_token=_bearer(digest(seed, *more, "bearer")),
        name=name,
        enabled=enabled,
    )


def make_bearer(seed: int, app: App, generation: int) -> str:
    """Derive an app's bearer token; generation 0 is `App.bearer_token`."""
    if generation == 0:
        return app.bearer_token
    return _bearer(digest(seed, app.name, "bearer", generation))


def _bearer(tail: str) -> str:
    """Write a bearer token."""
    # Real ones hold such sequences and are sent verbatim (the platform's OAuth pages).
    return f"emulator-bearer-{tail[:20]}%2F{tail[20:40]}%3D"


def make_token(seed: int, app: App, account: Account, generation: int) -> Token:
    """Derive the token of an app for an account.

    Generation 0 of the first app is the account's own; a token that was revoked is followed by one
    of the next generation.
    """
    if generation == 0 and app.name == APP_NAMES[0]:
        return Token(account.access_token, account.access_token_secret)
    parts = seed, app.name, account.user_id, generation
    return Token(
        token=f"{account.user_id}-emulator-{digest(*parts, 'token')[:24]}",
        secret=f"emulator-secret-{digest(*parts, 'token secret')[:32]}",
    )


def make_account(seed: int, index: int) -> Account:
    """Derive an account from the seed and its place in the world."""
    # The place is the last two digits, so that no two accounts share an id.
    user_id = str((10**8 + int(digest(seed, index, "user")[:8], 16)) * 100 + index)
    return Account(
        name=NAMES[index],
        user_id=user_id,
        access_token=f"{user_id}-emulator-{digest(seed, index, 'token')[:24]}",
        access_token_secret=f"emulator-secret-{digest(seed, index, 'token secret')[:32]}",
    )
