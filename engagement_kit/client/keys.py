"""The keys of a connection: looked for where they may be, and the address that they are for."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from engagement_kit.errors import CredentialsMissing, Problem, QueryError
from engagement_kit.fetch.keys import keys_file, sources
from engagement_kit.fetch.keys.apart import apart
from engagement_kit.fetch.keys.chain import combined, of_one_app
from engagement_kit.fetch.keys.credentials import Credentials
from engagement_kit.fetch.keys.keys_file import KeysFile
from engagement_kit.fetch.keys.safe import Safe
from engagement_kit.fetch.keys.secret import Secret, hide
from engagement_kit.fetch.keys.sources import Found
from engagement_kit.fetch.sessions import LOOPBACK
from engagement_kit.question.rules import LIVE_BASE_URL

NOBODY: Final = (
    "there is no terminal to ask for keys in, or its input ended. Set them in the environment or "
    "in a file .env, or log in from a terminal: engagement-kit login"
)
CONNECTION: Final = "connection"
_API_PATH: Final = urlsplit(LIVE_BASE_URL).path
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_PAIR: Final = 2
_USERS: Final = "a mapping: each account's name to a pair of texts, access token and its secret"


class Given:
    """Keys that were given as arguments; shown, it shows none.

    Parameters
    ----------
    users
        ``{account: (access token, its secret)}``.
    **parts
        The five keys by name; None and blanks are none.

    Raises
    ------
    QueryError
        When one is no text; it is named, and not shown.
    """

    @apart
    def __init__(
        self, users: Mapping[str, tuple[str, str]] | None = None, **parts: str | None
    ) -> None:
        self.parts: dict[str, Secret | None] = {}
        self.accounts: dict[str, tuple[Secret, Secret]] = {}
        problems: list[Problem] = []
        for name, one in parts.items():
            try:
                self.parts[name] = hide(one)
            except ValueError as error:
                problems.append(Problem(name, "given", str(error)))
        named: Any = users or {}  # a person may give anything
        if not isinstance(named, Mapping):
            problems.append(Problem("users", "given", _USERS))
            named = {}
        for account, pair in named.items():
            hidden = _hidden_pair(pair)
            if hidden is None or not _is_name(account, hidden):
                problems.append(Problem("users", _name_shown(account), _USERS))
            elif _name_of(account) in map(_name_of, self.accounts):
                why = "this account stands twice, in another writing: give it once"
                problems.append(Problem("users", _name_shown(account), why))
            else:
                self.accounts[account] = hidden
        if problems:
            raise QueryError(tuple(problems), CONNECTION)

    def names(self) -> dict[str, bool]:
        """Say of each argument whether it was given."""
        given = {name: one is not None for name, one in self.parts.items()}
        return {**given, "users": bool(self.accounts)}

    def found(self) -> Found:
        """Give it as a source."""
        return sources.arguments(self.parts, self.accounts)


def _hidden_pair(pair: object) -> tuple[Secret, Secret] | None:
    if not isinstance(pair, list | tuple) or len(pair) != _PAIR:
        return None
    try:
        token, secret = map(hide, pair)
    except ValueError:
        return None
    return None if token is None or secret is None else (token, secret)


def _is_name(account: Any, keys: tuple[Secret, Secret]) -> bool:
    """Say whether a text can name an account: names are shown, so no key may be one."""
    fit = isinstance(account, str) and re.fullmatch(r"@?[^\s@]+", account) is not None
    return fit and not any(one.reveal() in account for one in keys)


def _name_of(account: str) -> str:
    """Give an account's name as it counts: without "@", in one case."""
    return account.removeprefix("@").casefold()


def _name_shown(account: object) -> str:
    """Show a name; what is none may be a key that stands in the wrong place."""
    fit = isinstance(account, str) and re.fullmatch(r"@?\w{1,20}", account) is not None
    return repr(account) if fit else "given"


def found(
    given: Given, *, base_url: str | None = None, account: str = "", ask: bool = False
) -> tuple[str, Credentials]:
    """Look for keys in every source, and for the address that they are for.

    Parameters
    ----------
    given
        What was given as arguments.
    base_url, account, ask
        As in ``ek.connect``.

    Returns
    -------
    base_url : str
        As given, else as the environment or the file ``.env`` says, else that of the live API.
    keys : Credentials
        Complete for at least one kind of request.

    Raises
    ------
    CredentialsMissing
        When there are none, or only a part of a pair.
    QueryError
        When the address can't be one.
    """
    address, founds = address_and_sources(given, base_url)
    asked = sources.prompted(_typed if ask else None, of_one_app(founds))
    service = service_of(address)
    words = "the live API" if service == service_of(LIVE_BASE_URL) else service
    return address, combined([*founds, asked], account, words, lambda: _kept_for_others(service))


def _typed(words: str) -> str:
    """Ask in the terminal, or below the cell.

    Raises
    ------
    CredentialsMissing
        When there is nobody to ask.
    """
    try:
        return getpass.getpass(words)
    except EOFError:
        pass
    raise CredentialsMissing(NOBODY)


def _kept_for_others(service: str) -> str:
    """Say where keys are kept, and for which other services some are: an address may be meant."""
    file = KeysFile(keys_file.place(os.environ))
    try:
        held = {one: kept for one, kept in file.services().items() if one != service}
    except CredentialsMissing:  # said already, as a note
        held = {}
    others = ", ".join(
        f"{one} ({', '.join(names) or 'the app alone'}): base_url={one}{_API_PATH}"
        for one, names in held.items()
    )
    also = f"; kept there are keys for {others}" if others else ""
    return f"None are kept for it in {file.words}{also}."


@apart
def address_and_sources(given: Given, base_url: str | None) -> tuple[str, list[Found]]:
    """Find the address of the API, and look into every source for keys for it.

    Raises
    ------
    QueryError
        When the address can't be one.

    Notes
    -----
    An address that stands in a file `.env` alone goes with keys of that file, or kept for that
    very service.

    Its frame is left out of tracebacks: a notebook may show ``os.environ`` beside the lines that
    name it, and a keyring that waits for a person is often interrupted.
    """
    environment = sources.variables(os.environ)
    nearby = sources.env_file(os.environ, Path())
    chosen = base_url or next((one.base_url for one in environment), "")
    address = chosen or next((one.base_url for one in nearby if one.base_url), LIVE_BASE_URL)
    service = service_of(address)
    others = [given.found(), *environment]
    if not chosen and address != LIVE_BASE_URL:
        others = [sources.held_back(one, service, nearby[0].source) for one in others]
    founds = [
        *others,
        *nearby,
        sources.kept(KeysFile(keys_file.place(os.environ)), service),
        sources.kept(Safe.found(), service),
    ]
    return address, [one for one in founds if one is not None]


@apart
def service_of(base_url: str, field: str = "base_url") -> str:
    """Name the service of an address, for which keys are kept: scheme and host.

    Parameters
    ----------
    base_url
        The address, in any writing.
    field
        Which argument it is.

    Raises
    ------
    QueryError
        When it is no address, holds a user name or password (addresses are shown), or would take
        keys over a network unencrypted.

    Examples
    --------
    >>> service_of("https://Data-API.twitter.com:443/insights/engagement")
    'https://data-api.twitter.com'
    """
    try:
        parts = urlsplit(base_url)
        fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fit = False
    if not fit or "@" in base_url:  # wherever it stands: a password may hold a slash
        why = "an address has a scheme and a host, and no user name or password"
        hint = f"Example: {LIVE_BASE_URL}."
        raise QueryError((Problem(field, _host_shown(base_url), why, hint),), CONNECTION)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        why = "keys would travel unencrypted; http is for this machine alone"
        hint = f"Write https://{parts.netloc}."
        raise QueryError((Problem(field, repr(base_url), why, hint),), CONNECTION)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = parts.port if parts.port != _DEFAULT_PORTS[parts.scheme] else None
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _host_shown(base_url: str) -> str:
    """Show scheme and host of what is no address; what has none may be a key, or hold one."""
    scheme, slashes, rest = base_url.partition("://")
    host = rest.partition("/")[0]
    return repr(scheme + slashes + host) if host and "@" not in base_url else "given"


def keys_found(base_url: str | None = None) -> Credentials:
    """Find the keys that ``connect()`` would use.

    Parameters
    ----------
    base_url
        As in ``ek.connect``.

    Returns
    -------
    Credentials
        It says where they are from and what they may ask; shown, it never shows a value.

    Raises
    ------
    CredentialsMissing
        When there are none, or only a part of a pair.
    QueryError
        When the address can't be one.
    """
    return found(Given(), base_url=base_url)[1]
