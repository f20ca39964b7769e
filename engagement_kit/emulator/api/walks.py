"""The walk to a user's token: a request token from its birth to its one use; no HTTP, no clock.

A walk is asked for by an app, decided by a person, and used once by the app. The first decision
stands. A person who clicks twice, or loads the page again, gets the same answer again.
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Literal
from urllib.parse import urlencode, urlsplit

from engagement_kit.emulator.api.limits import PIN_DIGITS, REQUEST_TOKEN_LIFETIME_S

OUT_OF_BAND: Final = "oob"
# Strict: what matches has no user, no fragment, nothing to be escaped, and no foreign host.
_LOOPBACK: Final = re.compile(
    r"http://(?:127\.0\.0\.1|localhost)(?::(?P<port>[0-9]{1,5}))?"
    r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
_LONGEST_CALLBACK: Final = 1000
_MOST_WALKS: Final = 1000  # the oldest is forgotten then
_LAST_PORT: Final = 65_535
_ANSWERS: Final = {"allowed": "let in", "denied": "kept out"}


class WalkOver(Exception):
    """The walk can't go on: its token is not known, used, or was answered in another way."""


@dataclass(frozen=True)
class Walk:
    """One walk, as it stands.

    Attributes
    ----------
    token, secret : str
        The request token; out of the repr, as all that is secret.
    app : str
        The name of the app that asked.
    callback : str
        "oob", or the address on this machine to which the answer goes.
    began : float
        Real time in Unix seconds.
    stage : {"asked", "allowed", "denied", "used"}
    account : str, optional
        Whom the person signed in as, once allowed.
    verifier : str
        What the app must present; of seven digits where a person types it. Empty unless allowed.
    """

    token: str = field(repr=False)
    secret: str = field(repr=False)
    app: str
    callback: str
    began: float
    stage: Literal["asked", "allowed", "denied", "used"] = "asked"
    account: str | None = None
    verifier: str = field(default="", repr=False)

    @property
    def by_pin(self) -> bool:
        """Whether a person carries the verifier back."""
        return self.callback == OUT_OF_BAND

    @property
    def back(self) -> str:
        """The address on this machine that tells the app of the answer; not of use by PIN."""
        told = {"oauth_token": self.token, "oauth_verifier": self.verifier}
        if self.stage == "denied":
            told = {"denied": self.token}
        joint = "&" if urlsplit(self.callback).query else "" if "?" in self.callback else "?"
        return f"{self.callback}{joint}{urlencode(told)}"


class Walks:
    """Keep the walks that have begun; safe in several threads.

    Parameters
    ----------
    draw : callable
        From a number of bytes to as many random ones, in hexadecimal: for request tokens, their
        secrets, and verifiers.

    Notes
    -----
    Access tokens are derived from the world's seed, so that examples stay good. What a walk hands
    over is not: after a reset an old tab of a browser must let nobody in, and the PIN of one
    emulator must not be that of another.

    Examples
    --------
    >>> walks = Walks()
    >>> walk = walks.begin("reports", "oob", at=0.0)
    >>> pin = walks.allow(walk.token, "acme", at=1.0).verifier
    >>> walks.use(walk.token, pin, at=2.0).account
    'acme'
    >>> walks.use(walk.token, pin, at=3.0)
    Traceback (most recent call last):
        ...
    engagement_kit.emulator.api.walks.WalkOver: this request token was used before
    """

    def __init__(self, draw: Callable[[int], str] = secrets.token_hex) -> None:
        self._draw = draw
        self._lock = threading.Lock()
        self._walks: dict[str, Walk] = {}  # the oldest first

    def begin(self, app: str, callback: str, at: float) -> Walk:
        """Begin a walk for an app.

        Raises
        ------
        ValueError
            If the callback is neither "oob" nor an address of this machine. The emulator leads
            nobody elsewhere, whatever it is told.
        """
        if not is_callback(callback):
            raise ValueError(
                "oauth_callback must be oob, or an address on this machine, as in "
                "http://127.0.0.1:8765/callback; http, and no fragment"
            )
        walk = Walk(
            token=f"emulator-request-{self._draw(12)}",
            secret=f"emulator-secret-{self._draw(16)}",
            app=app,
            callback=callback,
            began=at,
        )
        with self._lock:
            if len(self._walks) >= _MOST_WALKS:
                del self._walks[next(iter(self._walks))]
            self._walks[walk.token] = walk
            return walk

    def find(self, token: str, at: float) -> Walk | None:
        """Return the walk of a request token that did not expire."""
        walk = self._walks.get(token)
        return walk if walk and at - walk.began <= REQUEST_TOKEN_LIFETIME_S else None

    def to_decide(self, token: str, at: float) -> Walk:
        """Return a walk that waits for a person to decide.

        Raises
        ------
        WalkOver
            If there is nothing to decide any more.
        """
        walk = self._going(token, at)
        self._still_asked(walk)
        return walk

    def allow(self, token: str, account: str, at: float) -> Walk:
        """Let the app in as an account.

        Raises
        ------
        WalkOver
            If the walk is over, or was answered in another way.
        """
        with self._lock:
            walk = self._going(token, at)
            if walk.stage == "allowed" and walk.account == account:
                return walk
            self._still_asked(walk)
            return self._keep(
                replace(walk, stage="allowed", account=account, verifier=self._verifier(walk))
            )

    def deny(self, token: str, at: float) -> Walk:
        """Keep the app out.

        Raises
        ------
        WalkOver
            If the walk is over, or was answered in another way.
        """
        with self._lock:
            walk = self._going(token, at)
            if walk.stage == "denied":
                return walk
            self._still_asked(walk)
            return self._keep(replace(walk, stage="denied"))

    def use(self, token: str, verifier: str, at: float) -> Walk:
        """End a walk with its verifier, which can be done once.

        Raises
        ------
        WalkOver
            If the walk is over already.
        ValueError
            If the verifier is not the walk's, or nobody has let the app in. It goes on then.
        """
        with self._lock:
            walk = self._going(token, at)
            if walk.stage != "allowed":
                said = "nobody has let the app in yet" if walk.stage == "asked" else "it was denied"
                raise ValueError(f"{said}, so there is no verifier")
            if not hmac.compare_digest(verifier.encode("utf-8", "replace"), walk.verifier.encode()):
                raise ValueError("the verifier is not the one that was shown or sent")
            return self._keep(replace(walk, stage="used"))

    def _going(self, token: str, at: float) -> Walk:
        """Return a walk that can go on."""
        walk = self.find(token, at)
        if walk is None:
            raise WalkOver("this request token is not known, or too old")
        if walk.stage == "used":
            raise WalkOver("this request token was used before")
        return walk

    @staticmethod
    def _still_asked(walk: Walk) -> None:
        """Refuse a second decision."""
        if walk.stage != "asked":
            raise WalkOver(f"this request was answered before: the app was {_ANSWERS[walk.stage]}")

    def _keep(self, walk: Walk) -> Walk:
        """Remember how a walk stands now."""
        self._walks[walk.token] = walk
        return walk

    def _verifier(self, walk: Walk) -> str:
        """Draw what the app must present."""
        if not walk.by_pin:
            return self._draw(16)
        return f"{int(self._draw(16), 16) % 10**PIN_DIGITS:0{PIN_DIGITS}d}"


def is_callback(text: str) -> bool:
    """Tell whether an answer may go there: to a person, or to an address on this machine.

    Examples
    --------
    >>> is_callback("oob"), is_callback("http://127.0.0.1:8765/callback?state=1")
    (True, True)
    >>> is_callback("https://example.com/"), is_callback("http://127.0.0.1@example.com/")
    (False, False)
    """
    if text == OUT_OF_BAND:
        return True
    found = _LOOPBACK.fullmatch(text) if len(text) <= _LONGEST_CALLBACK else None
    return found is not None and 0 < int(found["port"] or 80) <= _LAST_PORT
