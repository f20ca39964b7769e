"""Logging out: forgetting keys, wherever they are kept."""

from __future__ import annotations

import os

from engagement_kit.client.keys import Given, address_and_sources, service_of
from engagement_kit.errors import CredentialsMissing
from engagement_kit.fetch.keys import keys_file
from engagement_kit.fetch.keys.keys_file import KeysFile
from engagement_kit.fetch.keys.safe import Safe
from engagement_kit.fetch.keys.sources import Keeper


def logout(account: str | None = None, *, base_url: str | None = None) -> tuple[str, ...]:
    """Forget the keys of an account, wherever they are kept; None: all, the app's among them.

    The service does not learn of it: the account's owner revokes the app's access in the account's
    settings.

    Returns
    -------
    tuple of str
        The accounts that were forgotten.

    Raises
    ------
    CredentialsMissing
        When no keys of this account are kept.
    """
    service = service_asked(base_url)
    wanted = None if account is None else account.strip().removeprefix("@").casefold()
    gone: list[str] = []
    keepers: tuple[Keeper | None, ...] = (KeysFile(keys_file.place(os.environ)), Safe.found())
    for keeper in filter(None, keepers):
        gone += _forget(keeper, service, wanted)
    if wanted is not None and not gone:
        msg = (
            f"no keys of account {account!r} are kept for {service}; `engagement-kit keys` lists "
            "whose are"
        )
        raise CredentialsMissing(msg)
    return tuple(dict.fromkeys(gone))


def service_asked(base_url: str | None) -> str:
    """Name the service that an address is of; without one, that of where connections lead."""
    return service_of(base_url or address_and_sources(Given(), None)[0])


def _forget(keeper: Keeper, service: str, wanted: str | None) -> list[str]:
    """Forget an account of a keeper, or with None all that it keeps for a service."""
    if wanted is None and isinstance(keeper, Safe):
        return list(keeper.forget(service))  # a damaged entry is to go, too
    held = keeper.read(service)
    if held is None:
        return []
    names = [
        one.name
        for one in held.accounts
        if wanted is None or wanted in (one.name.casefold(), one.user_id)
    ]
    if wanted is None:
        keeper.change(service, lambda _: None)
    elif names:
        keeper.change(service, lambda kept: kept and kept.without(names))
    return names
