"""Where keys may be: arguments, environment variables, a file `.env`, what is kept, a prompt.

Each source says what it holds, and in words what it is; which of them counts is decided in `chain`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from engagement_kit.errors import CredentialsMissing
from engagement_kit.fetch.keys.apart import apart
from engagement_kit.fetch.keys.credentials import UserKeys
from engagement_kit.fetch.keys.kept import Account, Kept
from engagement_kit.fetch.keys.secret import Secret, hide

Ask = Callable[[str], str]

VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    # ours first, then the names that other Twitter tools use
    "consumer_key": (
        "ENGAGEMENT_KIT_CONSUMER_KEY", "TWITTER_CONSUMER_KEY", "TWITTER_API_KEY", "X_API_KEY",
    ),
    "consumer_secret": (
        "ENGAGEMENT_KIT_CONSUMER_SECRET", "TWITTER_CONSUMER_SECRET", "TWITTER_API_SECRET",
        "TWITTER_API_SECRET_KEY", "TWITTER_API_KEY_SECRET", "X_API_SECRET", "X_API_KEY_SECRET",
    ),
    "access_token": (
        "ENGAGEMENT_KIT_ACCESS_TOKEN", "TWITTER_ACCESS_TOKEN", "X_ACCESS_TOKEN",
    ),
    "access_token_secret": (
        "ENGAGEMENT_KIT_ACCESS_TOKEN_SECRET", "TWITTER_ACCESS_TOKEN_SECRET",
        "TWITTER_ACCESS_SECRET", "X_ACCESS_TOKEN_SECRET", "X_ACCESS_SECRET",
    ),
    "bearer_token": (
        "ENGAGEMENT_KIT_BEARER_TOKEN", "TWITTER_BEARER_TOKEN", "X_BEARER_TOKEN",
    ),
}  # fmt: skip
"""Each part of the keys, and the variables that hold it; of one family the first set counts."""

FAMILIES: Final = ("ENGAGEMENT_KIT_", "TWITTER_", "X_")
"""How the names of variables begin that belong together, in their order."""

BASE_URL_VARIABLE: Final = "ENGAGEMENT_KIT_BASE_URL"
ENV_FILE_VARIABLE: Final = "ENGAGEMENT_KIT_ENV_FILE"
_ENV_FILE: Final = ".env"
_ASKED: Final = {
    "consumer_key": "Consumer key (API key)",
    "consumer_secret": "Consumer secret (API key secret)",
    "access_token": "Access token (empty: app-only)",
    "access_token_secret": "Access token secret",
}


@dataclass(frozen=True)
class Found:
    """What one source holds.

    Attributes
    ----------
    source
        What it is, in words.
    parts
        Any of the five keys; see `VARIABLES`.
    names
        How the source calls each part, where that helps to find it.
    accounts, default
        Accounts with their keys, and the one that signs by default.
    base_url
        The address that it names for the API; may be empty.
    trouble
        Why it, or a part of it, was not read; empty where all was.
    is_kept
        Whether it was kept for the very service that is asked.
    by_hand
        Whether it was given just now: then a secret alone counts before what stands elsewhere.
    """

    source: str
    parts: Mapping[str, Secret] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    default: str = ""
    base_url: str = ""
    trouble: str = ""
    by_hand: bool = False
    is_kept: bool = False


class Keeper(Protocol):
    """What keeps keys: the keys file, or the system's safe."""

    @property
    def words(self) -> str:
        """What it is, in words."""
        ...

    def read(self, service: str) -> Kept | None:
        """Read what is kept for a service."""
        ...

    def change(self, service: str, change: Callable[[Kept | None], Kept | None]) -> Kept | None:
        """Change what is kept for a service, and give it."""
        ...


def arguments(
    parts: Mapping[str, Secret | None], accounts: Mapping[str, tuple[Secret, Secret]] | None = None
) -> Found:
    """Take what was given to a function."""
    given = {name: one for name, one in parts.items() if one is not None}
    users = [(name, UserKeys(*pair)) for name, pair in (accounts or {}).items()]
    return Found(
        "arguments",
        given,
        accounts=tuple(Account(name.removeprefix("@"), keys.user_id, keys) for name, keys in users),
        by_hand=True,
    )


def variables(
    environment: Mapping[str, str | None], source: str = "the environment"
) -> tuple[Found, ...]:
    """Take what stands in variables, usually ``os.environ``: a source for each family of names.

    Other tools set the names with ``TWITTER_`` or ``X_``, perhaps for an app of their own: what
    stands under names of one family belongs together, and to no other.

    Examples
    --------
    >>> [one.names for one in variables({"TWITTER_BEARER_TOKEN": "abc"})]
    [{'bearer_token': 'TWITTER_BEARER_TOKEN'}]
    """
    base_url = (environment.get(BASE_URL_VARIABLE) or "").strip()
    there = {family: names for family in FAMILIES if (names := _names_of(family, environment))}
    if not there:
        return (Found(source, base_url=base_url),) if base_url else ()
    several = sum("consumer_key" in names for names in there.values()) > 1
    return tuple(
        _of_family(
            environment,
            names,
            f"{source}, names with {family}" if several else source,
            base_url,
        )
        for family, names in there.items()
    )


def _names_of(family: str, environment: Mapping[str, str | None]) -> dict[str, str]:
    """Give the name of each part that is set under a family of names."""
    names = {
        part: [
            one for one in known if one.startswith(family) and (environment.get(one) or "").strip()
        ]
        for part, known in VARIABLES.items()
    }
    return {part: known[0] for part, known in names.items() if known}


def _of_family(
    environment: Mapping[str, str | None], names: Mapping[str, str], source: str, base_url: str
) -> Found:
    """Read the variables of one family; without a sound consumer key where it names one: none."""
    parts: dict[str, Secret] = {}
    trouble = []
    for part, name in names.items():
        try:
            secret = hide(environment[name])
        except ValueError as error:
            trouble.append(f"{name} of {source}: {error}")
            continue
        if secret is not None:
            parts[part] = secret
    if "consumer_key" in names and "consumer_key" not in parts:
        # Of which app the others are is not known: beside another app's key they would be mixed.
        parts = {}
        trouble.append("the other keys beside it are not taken")
    read = {part: name for part, name in names.items() if part in parts}
    return Found(source, parts, read, base_url=base_url, trouble="; ".join(trouble))


@apart
def env_file(environment: Mapping[str, str], folder: Path) -> tuple[Found, ...]:
    """Read the file `.env` of a folder, or of the nearest one above that has one.

    A variable names another file; where it is empty, none is read. The search ends where a folder
    is another user's, or the file itself is: what stands there could send keys to somebody else.
    """
    named = environment.get(ENV_FILE_VARIABLE)
    try:
        path = _nearest(folder) if named is None else Path(named).expanduser() if named else None
    except RuntimeError:
        return (Found(f"the file {named}", trouble=f"{named} is in no home that there is"),)
    if path is None:
        return ()
    if named is None and not _is_ours(path):
        return (Found(f"the file {path}", trouble=f"{path} is not read: it is another user's"),)
    from dotenv import dotenv_values

    source = f"the file {path}"
    try:
        # A "$" in a secret is a "$".
        values = dotenv_values(path, interpolate=False) if path.is_file() else None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "no text in UTF-8"
        return (Found(source, trouble=f"{source} can't be read: {why}"),)
    if values is None:
        return (Found(source, trouble=f"{source} is not there"),)
    return variables(values, source)


def _nearest(folder: Path) -> Path | None:
    """Find the nearest `.env`, in a folder or above it."""
    try:
        for one in (folder.resolve(), *folder.resolve().parents):
            if not _is_ours(one):
                return None
            if (one / _ENV_FILE).is_file():
                return one / _ENV_FILE
    except OSError:  # a folder that is gone, or that may not be looked into
        pass
    return None


def _is_ours(path: Path) -> bool:
    """Say whether a folder or a file is this user's."""
    try:
        return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()
    except FileNotFoundError:  # gone since it was seen
        return False


def held_back(found: Found, service: str, named_in: str) -> Found:
    """Hold a source back from an address that stands in another one alone, and say so.

    A file `.env` comes with a folder, perhaps a stranger's: by its address alone it could send
    somebody's live keys elsewhere.
    """
    if not found.parts and not found.accounts:
        return found
    why = (
        f"{found.source}: not taken, for the address {service} stands in {named_in} alone. To send "
        f"these keys there, pass base_url= or set {BASE_URL_VARIABLE} in the environment; to send "
        "them to the live API, take the address out of that file"
    )
    return Found(found.source, trouble=why)


def kept(keeper: Keeper | None, service: str) -> Found | None:
    """Take what is kept for a service; a keeper that can't be read says why."""
    if keeper is None:
        return None
    try:
        held = keeper.read(service)
    except CredentialsMissing as error:
        return Found(keeper.words, trouble=str(error))
    if held is None:
        return None
    return Found(keeper.words, held.app, accounts=held.accounts, default=held.default, is_kept=True)


def prompted(ask: Ask | None, so_far: Iterable[Found]) -> Found | None:
    """Ask a person for what no source holds; nothing is asked where somebody may sign already."""
    founds = list(so_far)
    if ask is None or any(found.accounts or "bearer_token" in found.parts for found in founds):
        return None
    there = {part for found in founds for part in found.parts}
    note = "".join(f"({found.trouble}) " for found in founds if found.trouble)
    if {"consumer_key", "access_token"} <= there:
        return None
    parts: dict[str, Secret] = {}
    for part, words in _ASKED.items():
        if part in there:
            continue
        secret = _answer(ask, words, note)
        note = ""
        if secret is None:  # a token is asked for only after its app
            break
        parts[part] = secret
    return Found("a prompt", parts, by_hand=True)


def _answer(ask: Ask, words: str, why: str) -> Secret | None:
    """Ask until the answer can be a key, or is empty."""
    while True:
        try:
            return hide(ask(f"{why}{words}: "))
        except ValueError as error:
            why = f"({error}) "
