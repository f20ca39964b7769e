"""Who lives in the world: accounts, the app and their made-up credentials; no tweets here."""

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
        OAuth 1.0a tokens; a real access token has the form ``<user_id>-...`` too.
    """

    name: str
    user_id: str
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)


@dataclass(frozen=True)
class App:
    """The developer app, with its keys and its app-only bearer token; none is in the repr."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    bearer_token: str = field(repr=False)


def make_app(seed: int) -> App:
    """Derive the app's credentials from the seed."""
    tail = digest(seed, "bearer")
    return App(
        consumer_key=f"emulator-key-{digest(seed, 'key')[:12]}",
        consumer_secret=f"emulator-secret-{digest(seed, 'secret')[:32]}",
        # Real bearer tokens hold such sequences and are sent verbatim (fact sheet, section 3.4).
        bearer_token=f"emulator-bearer-{tail[:20]}%2F{tail[20:40]}%3D",
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
