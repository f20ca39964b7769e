"""Which accounts' keys are kept for a service, where, and forgetting them; never a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engagement_kit.client.keys import keys_found
from engagement_kit.client.login import keeper_of
from engagement_kit.errors import CredentialsMissing
from engagement_kit.fetch.keys.safe import Safe
from engagement_kit.fetch.keys.sources import Keeper


@dataclass(frozen=True)
class KeptAccount:
    """An account whose keys are kept.

    Attributes
    ----------
    name
        The account's.
    where
        What keeps its keys, in words.
    signs
        Whether it signs where a question names no owner.
    """

    name: str
    where: str
    signs: bool = False

    @property
    def words(self) -> str:
        """The account, and where its keys are."""
        first = "; signs where nobody says whose tweets they are" if self.signs else ""
        return f"{self.name}: in {self.where}{first}"


@dataclass(frozen=True)
class Keeping:
    """What is kept for a service.

    Attributes
    ----------
    accounts
        By name; one that two keepers have stands twice.
    anything
        Whether anything is kept, if only the app's keys.
    trouble
        Which keepers can't be read, and why.
    """

    accounts: tuple[KeptAccount, ...] = ()
    anything: bool = False
    trouble: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The accounts, each once."""
        return tuple(dict.fromkeys(one.name for one in self.accounts))


def kept_for(service: str) -> Keeping:
    """List the accounts whose keys are kept for a service; for none, nothing is.

    Examples
    --------
    >>> kept_for("http://127.0.0.1:1").accounts
    ()
    """
    if not service:
        return Keeping()
    accounts: list[KeptAccount] = []
    signing, trouble, anything = _signing(service), [], False
    for keeper in _keepers():
        try:
            held = keeper.read(service)
        except CredentialsMissing as error:
            trouble.append(str(error))
            continue
        if held is not None:
            anything = True
            accounts += [
                KeptAccount(one.name, keeper.words, one.name == signing) for one in held.accounts
            ]
    return Keeping(tuple(accounts), anything, tuple(trouble))


def places() -> list[tuple[str, str]]:
    """Offer the places where keys can be kept: words, and what `Walk` calls them."""
    file = keeper_of("file")
    assert file is not None
    offered = [(f"In {file.words}", "file")]
    if Safe.found() is not None:
        offered.append((f"In {Safe.words}", "keyring"))
    return [*offered, ("Nowhere: just trying", "nowhere")]


def connect_finds(account: str, base_url: str) -> str:
    """Say whether ``ek.connect()`` takes the keys of an account that has just logged in."""
    try:
        keys = keys_found(base_url)
    except CredentialsMissing as error:
        return f"Connect does not find them: {error}"
    if account in keys.users:
        return f"Connect finds them now: press Connect to take {account} up."
    passed = f": {'; '.join(keys.passed_over)}" if keys.passed_over else ""
    return f"Connect does not take them{passed}."


def _signing(service: str) -> str:
    """Name the account that signs where nobody says whose tweets they are."""
    try:
        return keys_found(service).account
    except CredentialsMissing:
        return ""


def _keepers() -> Iterator[Keeper]:
    yield from (one for one in (keeper_of("file"), Safe.found()) if one is not None)
