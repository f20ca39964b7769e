"""The address and the keys of the live API, as a form that connects says them; never a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from engagement_kit.client.client import Client
from engagement_kit.client.keys import Given, address_and_sources, found, keys_found, service_of
from engagement_kit.client.trying import MAY
from engagement_kit.errors import CredentialsMissing, EngagementError, QueryError
from engagement_kit.fetch.elsewhere import find_emulator
from engagement_kit.fetch.keys.credentials import Credentials
from engagement_kit.fetch.keys.sources import VARIABLES
from engagement_kit.fetch.sessions import LOOPBACK
from engagement_kit.question.rules import LIVE_BASE_URL, CredentialKind

_WHOSE: Final[dict[CredentialKind, str]] = {"user": "an account's own keys", "app": "app-only"}
_ELSEWHERE: Final = " `engagement-kit login`"
"""Where an error begins to say what to do: outside of a form, that is something else."""
_HOW_TO: Final = (
    "Log in an account below. Or put them where they are looked for: in environment variables, or "
    f"a file .env of this folder or above ({', '.join(one[1] for one in VARIABLES.values())})."
)


def completed(address: str) -> str:
    """Add the path of the API to an address that has none; empty for none.

    Examples
    --------
    >>> completed(" http://127.0.0.1:8080/ ")
    'http://127.0.0.1:8080/insights/engagement'
    """
    text = address.strip()
    try:
        parts = urlsplit(text)
    except ValueError:  # it is said to be no address
        return text
    bare = parts.netloc and parts.path in {"", "/"} and not (parts.query or parts.fragment)
    return f"{parts.scheme}://{parts.netloc}{urlsplit(LIVE_BASE_URL).path}" if bare else text


def address_in_words(base_url: str) -> tuple[str, str]:
    """Say what is wrong with an address, and who answers there where it is of this machine.

    Parameters
    ----------
    base_url
        What was typed; where it is empty, the environment may name another one.

    Returns
    -------
    wrong, answers : str
        Empty where there is nothing to be said.
    """
    try:
        address = address_and_sources(Given(), base_url or None)[0]
    except QueryError as error:  # that of the environment is said with its keys
        said = " ".join(f"{one.why}. {one.hint}" for one in error.problems)
        return (f"This can be no address: {said}" if base_url else "", "")
    if urlsplit(address).hostname not in LOOPBACK:
        return (
            "",
            "" if base_url or address == LIVE_BASE_URL else f"The environment says {address}.",
        )
    emulator = find_emulator(address)
    if emulator is None:
        return f"No emulator answers at {service_of(address)}. Is it still running?", ""
    name = emulator.name.removeprefix("emulator/")
    return "", f"At {address} answers an emulator of this machine ({name}): its data are invented."


def signers(base_url: str = "") -> tuple[tuple[str, bool], ...]:
    """List the accounts that have keys for an address, and whether each signs by default."""
    try:
        keys = keys_found(base_url or None)
    except EngagementError:  # it is said with the keys
        return ()
    return tuple((name, name == keys.account) for name in keys.users)


def keys_in_words(base_url: str = "", account: str = "") -> tuple[str, ...]:
    """Say which keys the live API would be asked with, and what they may ask; or what to do.

    Parameters
    ----------
    base_url, account
        As in ``ek.connect``; empty for none.
    """
    try:
        return _found_in_words(base_url, account)
    except CredentialsMissing as error:
        why = str(error).partition(_ELSEWHERE)[0].strip()
        return (why[:1].upper() + why[1:], _HOW_TO)
    except QueryError as error:  # what was typed as an address is said beside it
        return () if base_url else (str(error),)


def found_in_words(base_url: str = "", account: str = "") -> tuple[str, ...]:
    """Say the same of keys that were found; nothing where there are none, or no address."""
    try:
        return _found_in_words(base_url, account)
    except EngagementError:
        return ()


def _found_in_words(base_url: str, account: str) -> tuple[str, ...]:
    keys = found(Given(), base_url=base_url or None, account=account)[1]
    origins = [f"Found: {what}, in {where}." for what, where in keys.origins]
    passed = [f"Not taken: {one}." for one in keys.passed_over]
    kinds = [kind for kind in _WHOSE if kind in keys.kinds]
    may = [f"May ask: {_WHOSE[kind]}: {MAY[kind]}." for kind in kinds]
    return (*origins, *_signing(keys), *passed, *may)


def accounts_in_words(client: Client) -> str:
    """Say which accounts a client has."""
    return f"Accounts of this client: {_listed(client.accounts)}."


def changed_since(client: Client) -> tuple[str, ...]:
    """Say which accounts were logged in or forgotten since a client was made, and what to do.

    Nothing is said of a client of an emulator of its own: its keys are made up.
    """
    address = client.connection.base_url
    if not address:
        return ()
    try:
        now = tuple(keys_found(address).users)
    except EngagementError:  # none are found any more
        now = ()
    new = [one for one in now if one not in client.accounts]
    gone = [one for one in client.accounts if one not in now]
    said = []
    if new:
        said.append(f"Left out: {_listed(new)}. Press Connect to take {_listed(new)} up.")
    if gone:
        said.append(
            f"No longer found: {_listed(gone)}. This client still has the keys; form.close() "
            "closes it."
        )
    return tuple(said)


def _signing(keys: Credentials) -> tuple[str, ...]:
    """Say who signs where a question names no owner, and who else may."""
    others = [one for one in keys.users if one != keys.account]
    if not keys.account or not others:
        return ()
    return (f"{keys.account} signs by default; {_listed(others)} may sign, too.",)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
