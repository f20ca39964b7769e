"""Logging in: from an app's keys to an account's, kept where the next connection finds them."""

from __future__ import annotations

import getpass
import os
import re
import webbrowser
from collections.abc import Callable, Mapping
from typing import Final, Literal
from urllib.parse import urlsplit

from engagement_kit.client.keys import CONNECTION, NOBODY, Given, address_and_sources, service_of
from engagement_kit.client.logout import logout
from engagement_kit.errors import (
    CredentialsMissing,
    EngagementError,
    LoginRefused,
    Problem,
    QueryError,
)
from engagement_kit.fetch.keys import keys_file
from engagement_kit.fetch.keys.apart import apart
from engagement_kit.fetch.keys.callback import PORT, Callback
from engagement_kit.fetch.keys.chain import app_of, source_of_app
from engagement_kit.fetch.keys.kept import Account, Kept
from engagement_kit.fetch.keys.keys_file import KeysFile
from engagement_kit.fetch.keys.login import PIN, Login, auth_url_of, bearer_token
from engagement_kit.fetch.keys.safe import Safe
from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.fetch.keys.sources import Found, Keeper
from engagement_kit.fetch.sessions import LOOPBACK
from engagement_kit.question.spelling import no_such

__all__ = ["Keep", "Walk", "keeper_of", "login", "logout"]

Keep = Literal["file", "keyring", "nowhere"]

_KEEPS: Final = ("file", "keyring", "nowhere")
_PATIENCE_SECONDS: Final = 300.0
_TRIES: Final = 3
_PIN: Final = re.compile("[0-9]{7}")
_AUTH_VARIABLE: Final = "ENGAGEMENT_KIT_AUTH_URL"


class Walk:
    """Log in one account, step by step: `take_app`, `begin`, `finish`.

    Parameters
    ----------
    base_url
        The address of the API that the keys are for; without one as ``ek.connect`` finds it.
    auth_url
        Scheme and host of who grants tokens; without one what ``ENGAGEMENT_KIT_AUTH_URL`` says,
        that of an emulator on this machine, or ``https://api.twitter.com``.
    keep : {'file', 'keyring', 'nowhere'}
        Where the keys go: into the keys file, which nobody else may read; into the system's
        keyring; or nowhere, for a try.

    Attributes
    ----------
    base_url, service, auth_url : str
        The address of the API, its scheme and host, and who grants tokens.
    keeper
        What keeps the keys; None for nowhere.
    app_from : str
        Where the app's keys are from, in words; empty where they are not at hand. On an address of
        this machine only those are taken that are kept for it, or stand beside it.

    Raises
    ------
    QueryError
        For an argument that means nothing.
    CredentialsMissing
        When there is no keyring, where one is wished.

    Examples
    --------
    >>> from engagement_kit.emulator import Emulator
    >>> with Emulator() as emulator:
    ...     walk = Walk(base_url=emulator.base_url, keep="nowhere")
    ...     walk.take_app(emulator.world.app.consumer_key, emulator.world.app.consumer_secret)
    ...     walk.begin().startswith(emulator.url + "/oauth/authorize?oauth_token=")
    True
    """

    def __init__(
        self, *, base_url: str | None = None, auth_url: str | None = None, keep: Keep = "file"
    ) -> None:
        self.base_url, founds = address_and_sources(Given(), base_url)
        self.service = service_of(self.base_url)
        named = auth_url or os.environ.get(_AUTH_VARIABLE, "").strip()
        self.auth_url = _auth_url(named) if named else auth_url_of(self.base_url)
        self.keeper = keeper_of(keep)
        fits = [one for one in founds if self._may_be_sent(one)]
        self._app: Mapping[str, Secret] = app_of(fits)
        self.app_from = source_of_app(fits) if self.has_app else ""
        self._login: Login | None = None

    def _may_be_sent(self, found: Found) -> bool:
        """Say whether keys of a source are for who grants tokens.

        Of what listens on this machine nobody knows who it is: it is not sent the live keys of an
        environment that does not name it.
        """
        hosts = {urlsplit(one).hostname for one in (self.service, self.auth_url)}
        if found.is_kept or not hosts & {*LOOPBACK}:
            return True
        return bool(found.base_url) and service_of(found.base_url) == self.service

    @property
    def has_app(self) -> bool:
        """Whether the app's keys are at hand: found where they may be, or taken."""
        return {"consumer_key", "consumer_secret"} <= {*self._app}

    @apart
    def take_app(self, consumer_key: str, consumer_secret: str) -> None:
        """Take the app's keys.

        Raises
        ------
        QueryError
            When one can be no key; it is not shown.
        """
        given = Given(consumer_key=consumer_key, consumer_secret=consumer_secret)
        self._app = {name: one for name, one in given.parts.items() if one is not None}
        if not self.has_app:
            why = "both are needed; the developer portal calls them API key and API key secret"
            raise QueryError((Problem("consumer_key, consumer_secret", "given", why),), CONNECTION)
        self.app_from = "as typed"

    def begin(self, callback: str = PIN) -> str:
        """Ask for a page on which the account's owner agrees.

        The app's keys are tried on the way: its bearer token is made, and kept with them.

        Parameters
        ----------
        callback
            An address that is registered with the app, or ``oob``: the page shows a PIN.

        Returns
        -------
        str
            The address of the page.

        Raises
        ------
        CredentialsMissing
            When the app's keys are not at hand, or others are kept, with accounts of theirs.
        AuthenticationFailed
            When the app's keys are not accepted.
        ConnectionBroken, ServerFault
            When no answer comes, or a fault.
        """
        key, secret = self._key_and_secret()
        if self.keeper is not None:
            self._refuse_to_forget(self.keeper.read(self.service))
        bearer = bearer_token(key, secret, auth_url=self.auth_url)
        self._app = {"consumer_key": key, "consumer_secret": secret, "bearer_token": bearer}
        self._login = Login(key, secret, auth_url=self.auth_url, callback=callback)
        return self._login.begin()

    def is_about(self, token: str) -> bool:
        """Say whether a callback speaks of this login."""
        return self._login is not None and self._login.is_about(token)

    @apart
    def finish(self, verifier: str | Secret) -> str:
        """Exchange a PIN, or the verifier of a callback, for the account's keys, and keep them.

        Returns
        -------
        str
            The account's name.

        Raises
        ------
        LoginRefused
            When it is wrong or too late. Where the service lets it, another one serves still.
        CredentialsMissing
            When accounts of another app were kept meanwhile.
        """
        if self._login is None:
            msg = "the login was not begun: begin() gives the address of the page to agree on"
            raise EngagementError(msg)
        account = self._login.finish(verifier)
        if self.keeper is not None:
            self.keeper.change(self.service, lambda kept: self._with(kept, account))
        return account.name

    def _with(self, kept: Kept | None, account: Account) -> Kept:
        """Add an account to what is kept by now: another login may have ended meanwhile."""
        self._refuse_to_forget(kept)
        return (kept or Kept({})).of_app(self._app).plus(account)

    def _key_and_secret(self) -> tuple[Secret, Secret]:
        if not self.has_app:
            msg = (
                "the app's consumer key and secret are missing; the developer portal calls them "
                "API key and API key secret"
            )
            raise CredentialsMissing(msg)
        return self._app["consumer_key"], self._app["consumer_secret"]

    def _refuse_to_forget(self, kept: Kept | None) -> None:
        """Refuse to forget accounts: their tokens are of the app that is kept."""
        key = self._app["consumer_key"]
        if kept is None or kept.app.get("consumer_key") == key or not kept.accounts:
            return
        assert self.keeper is not None
        names = ", ".join(one.name for one in kept.accounts)
        msg = (
            f"{self.keeper.words} holds keys of another app, by which {names} logged in for "
            f"{self.service}. Forget them first "
            f"(`engagement-kit logout --all --base-url {self.base_url}`), or keep these in another "
            f"file: {keys_file.FILE_VARIABLE}"
        )
        raise CredentialsMissing(msg)


def _auth_url(named: str) -> str:
    """Take an address of who grants tokens; its paths are those of OAuth."""
    service = service_of(named, "auth_url")
    if urlsplit(named).path.strip("/") or urlsplit(named).query:
        why = "scheme and host alone: the paths of OAuth come after it"
        raise QueryError((Problem("auth_url", repr(named), why, f"Write {service}."),), CONNECTION)
    return service


@apart
def keeper_of(keep: str) -> Keeper | None:
    """Give what keeps keys.

    Raises
    ------
    QueryError
        For a word that is none of them.
    CredentialsMissing
        When there is no keyring, where one is wished.
    """
    if keep == "file":
        return KeysFile(keys_file.place(os.environ))
    if keep == "nowhere":
        return None
    if keep != "keyring":
        raise QueryError((no_such("keep", keep, _KEEPS),), CONNECTION)
    safe = Safe.found()
    if safe is None:
        msg = (
            "this system has no keyring that Python can use (the library for it comes by "
            "pip install 'engagement_kit[keyring]'); keep the keys in the file instead, which "
            "nobody else may read"
        )
        raise CredentialsMissing(msg)
    return safe


def login(
    *,
    base_url: str | None = None,
    auth_url: str | None = None,
    callback: bool = False,
    port: int = PORT,
    keep: Keep = "file",
    ask_text: Callable[[str], str] = input,
    ask_secret: Callable[[str], str] = getpass.getpass,
    say: Callable[[str], object] = print,
    open_page: Callable[[str], object] = webbrowser.open,
) -> str:
    """Log in one account, in a terminal or below a cell: get its keys, and keep them.

    Once for each account; all of them sign from then on, each for its own tweets. What is asked
    for: the app's consumer key and secret, unless they are found, and a PIN.

    Parameters
    ----------
    base_url
        The address of the API that the keys are for; without one as ``ek.connect`` finds it.
    auth_url
        Scheme and host of who grants tokens; without one what ``ENGAGEMENT_KIT_AUTH_URL`` says,
        that of an emulator on this machine, or ``https://api.twitter.com``.
    callback
        Wait for the browser to come back to ``http://127.0.0.1:PORT/callback``, in place of a PIN.
        On the live API this address must be registered with the app.
    port
        Of that address.
    keep : {'file', 'keyring', 'nowhere'}
        Where the keys go: into the keys file, which nobody else may read; into the system's
        keyring; or nowhere, for a try.
    ask_text, ask_secret, say, open_page
        How a person is asked, asked for what nobody may see, told, and shown the page.

    Returns
    -------
    str
        The account's name.

    Raises
    ------
    CredentialsMissing
        When the app's keys are missing, or others are kept, with accounts of theirs.
    AuthenticationFailed
        When the app's keys are not accepted.
    LoginRefused
        When the owner said no, no PIN is typed, or three are wrong or too late.
    """
    walk = Walk(base_url=base_url, auth_url=auth_url, keep=keep)
    say(f"Logging in for {walk.service}; tokens come from {walk.auth_url}.")
    if walk.keeper is not None:
        walk.keeper.read(walk.service)  # what can't be used is said before anybody types a key
    if not walk.has_app:
        say("The developer portal lists the app's keys under 'Keys and tokens'.")
        walk.take_app(
            _answer(ask_secret, "Consumer key (API key): "),
            _answer(ask_secret, "Consumer secret (API key secret): "),
        )
    say(f"The app's keys: {walk.app_from}.")
    if callback:
        name = _by_callback(walk, port, say, open_page)
    else:
        _show(walk.begin(), say, open_page)
        name = _by_pin(walk, ask_text, say)
    where = "nowhere" if walk.keeper is None else f"in {walk.keeper.words}"
    say(f"{name} is logged in; its keys are kept {where}.")
    return name


@apart
def _answer(ask: Callable[[str], str], words: str) -> str:
    """Ask; where there is nobody to ask, say so."""
    try:
        return ask(words)
    except EOFError:
        pass
    raise CredentialsMissing(NOBODY)


def _by_pin(walk: Walk, ask: Callable[[str], str], say: Callable[[str], object]) -> str:
    """Ask for the PIN until it is right, some times; an empty line ends it."""
    say("Then type the PIN that it shows. An empty line or Ctrl-C ends the login.")
    for left in reversed(range(_TRIES)):
        pin = _asked_pin(ask, say)
        try:
            return walk.finish(pin)
        except LoginRefused as error:
            if left == 0:
                raise
            refused = str(error).partition("\n")[0]
        say(f"Not accepted ({refused}). Is it the PIN of the newest page?")
    raise AssertionError  # the last time raises


def _asked_pin(ask: Callable[[str], str], say: Callable[[str], object]) -> str:
    """Ask until the answer can be a PIN: what is none is sent to nobody."""
    while True:
        pin = "".join(_answer(ask, "PIN: ").split())
        if not pin:
            raise LoginRefused(0, ("no PIN was typed, so nothing was granted",))
        if _PIN.fullmatch(pin):
            return pin
        say("A PIN has seven digits; this was not sent.")


def _by_callback(
    walk: Walk, port: int, say: Callable[[str], object], open_page: Callable[[str], object]
) -> str:
    with Callback(walk.is_about, port) as waiting:
        _show(walk.begin(waiting.url), say, open_page)
        say(f"Waiting for the browser to come back to {waiting.url}.")
        said = waiting.wait(_PATIENCE_SECONDS)
    if said is None:
        words = f"the browser did not come back within {_PATIENCE_SECONDS:.0f} seconds"
        raise LoginRefused(0, (words,))
    if not said.verifier:
        raise LoginRefused(0, ("the owner of the account said no",))
    return walk.finish(said.verifier)


def _show(page: str, say: Callable[[str], object], open_page: Callable[[str], object]) -> None:
    say(f"Open this page as the account whose tweets are to be counted, and agree:\n{page}")
    open_page(page)
