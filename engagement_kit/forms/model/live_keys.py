"""The keys of the live API, as a form that connects says them; never a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engagement_kit.client.client import Client
from engagement_kit.client.keys import keys_found
from engagement_kit.client.trying import MAY
from engagement_kit.errors import CredentialsMissing, EngagementError
from engagement_kit.fetch.keys.credentials import Credentials
from engagement_kit.fetch.keys.sources import VARIABLES

_WHOSE: Final = {"user": "an account's own keys", "app": "app-only"}
_ELSEWHERE: Final = " `engagement-kit login`"
"""Where an error begins to say what to do: outside of a form, that is something else."""
_HOW_TO: Final = (
    "Log in an account below. Or put them where they are looked for: in environment variables, or "
    f"a file .env of this folder or above ({', '.join(one[1] for one in VARIABLES.values())})."
)


def keys_in_words() -> tuple[str, ...]:
    """Say which keys the live API would be asked with, and what they may ask."""
    try:
        keys = keys_found()
    except CredentialsMissing as error:
        why = str(error).partition(_ELSEWHERE)[0].strip()
        return (why[:1].upper() + why[1:], _HOW_TO)
    except EngagementError as error:  # an address that is none
        return (str(error),)
    found = [f"Found: {what}, in {where}." for what, where in keys.origins]
    passed = [f"Not taken: {one}." for one in keys.passed_over]
    may = [f"May ask: {_WHOSE[kind]}: {MAY[kind]}." for kind in keys.kinds]
    return (*found, *_signing(keys), *passed, *may)


def accounts_in_words(client: Client) -> str:
    """Say which accounts a client has."""
    return f"This client has {_listed(client.accounts, 'no account')}."


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


def _listed(names: Iterable[str], none: str = "none") -> str:
    return ", ".join(names) or none
