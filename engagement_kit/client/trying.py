"""One call by each credential: whether it is accepted, and what it may ask."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from engagement_kit import errors
from engagement_kit.client import contract
from engagement_kit.client.asking import Asking
from engagement_kit.client.connection import Connection
from engagement_kit.client.forgotten import refuse_purged
from engagement_kit.client.samples import sample_of
from engagement_kit.errors import Problem, QueryError
from engagement_kit.fetch.doors import Doors
from engagement_kit.fetch.gate import Heard
from engagement_kit.fetch.keys.credentials import Credentials
from engagement_kit.fetch.keys.signing import signer
from engagement_kit.fetch.steps import brief
from engagement_kit.fetch.transport import Transport
from engagement_kit.fetch.wire import Verdict, decipher
from engagement_kit.question.markup import table, together
from engagement_kit.question.owned import account_of
from engagement_kit.question.owners import account_name
from engagement_kit.question.request import Request
from engagement_kit.question.rules import ID, TYPE, CredentialKind
from engagement_kit.question.tweet_ids import one_id

if TYPE_CHECKING:
    import pandas as pd

Outcome = Literal["accepted", "refused", "unknown"]

FAMOUS: Final = "20"
"""A public tweet since 2006, of an account that is hardly the user's: enough to try keys on."""

MAY: Final[dict[CredentialKind, str]] = {
    "user": "everything of the account's own tweets",
    "app": "public metrics on totals, of any public tweet",
}
"""What each kind of key may ask, in words."""
_METRIC: Final[dict[CredentialKind, str]] = {"user": "impressions", "app": "favorites"}
_GROUPING: Final = (("by tweet", (ID, TYPE)),)
_NOBODY: Final = "a name of an account, or a user id"
HEAD: Final = ("credential", "outcome", "may ask", "what came of it")
"""What a table of outcomes calls its columns."""
_REFUSED: Final = (errors.AuthenticationFailed, errors.AppNotEnabled)
_LOG_IN_AGAIN: Final = (
    "Its access token may have been revoked, or be another app's: log in as this account again "
    "(`engagement-kit login`). If all keys are refused, look at this machine's clock, too: "
    "`engagement-kit doctor` does."
)
_ACCEPTED: Final = (
    # The API looks at keys before it looks at what is asked; assumed, as no document says it.
    errors.ForbiddenTweets,
    errors.ForbiddenMetrics,
    errors.RequestRefused,
)


@dataclass(frozen=True)
class KeyTrial:
    """What a call with one credential came to.

    Attributes
    ----------
    credential
        ``account NAME``, ``bearer token`` or ``app keys`` (consumer key and secret alone).
    outcome : {'accepted', 'refused', 'unknown'}
        Unknown: no answer came, or one that says nothing about keys.
    may
        What it may ask; empty unless it was accepted.
    said
        What came of the call, in words.
    """

    credential: str
    outcome: Outcome
    may: str
    said: str


class KeyTrials(tuple[KeyTrial, ...]):
    """The outcomes of trying keys, one for each credential."""

    __slots__ = ()

    @property
    def all_accepted(self) -> bool:
        """Whether each credential was accepted."""
        return all(one.outcome == "accepted" for one in self)

    def to_pandas(self) -> pd.DataFrame:
        """Give them as a table: `credential`, `outcome`, `may`, `said`, all text."""
        import pandas as pd

        names = ["credential", "outcome", "may", "said"]
        return pd.DataFrame([[getattr(one, name) for name in names] for one in self], columns=names)

    def __repr__(self) -> str:
        lines = [f"  {one.credential}: {one.outcome}. {one.said}" for one in self]
        return "\n".join(["Keys", *lines])

    def _repr_html_(self) -> str:
        rows = [(one.credential, one.outcome, one.may, one.said) for one in self]
        return together(table("Keys", HEAD, rows))


@dataclass(frozen=True)
class _Way:
    """One credential, alone, and the request that tries it."""

    credential: str
    kind: CredentialKind
    account: str | None
    keys: Credentials


class Trying(Asking):
    """A client's trying of its keys; see `engagement_kit.client.client.Client`."""

    def try_keys(
        self, tweet_id: str | None = None, *, accounts: Iterable[str] | None = None
    ) -> KeyTrials:
        """Try each credential by one request: whether it is accepted, and what it may ask.

        Nothing is kept. Each account that is tried counts as used this month. Tries wait their
        turn: they count against the limit of totals.

        Parameters
        ----------
        tweet_id
            Any tweet. Without one a tweet of the emulator's, or on the live API a famous one: an
            account's keys are right where they are refused it as another account's.
        accounts
            Whose keys to try, a list of names or user ids; all by default.

        Returns
        -------
        KeyTrials
            For each account, for the bearer token and for the app's keys alone: a wrong secret of
            one is not hidden by another.

        Raises
        ------
        QueryError
            When this is not one tweet id, a purged one, or no list of names.
        CredentialsMissing
            When there are no keys of an account.
        AccountsExceeded
            When more accounts would sign than the contract names, and ``overage="stop"`` was given
            to ``ek.connect``.
        EngagementError
            When the client is closed.

        Warns
        -----
        AccountOverage
            When more accounts sign than the contract names; these are billed.

        Examples
        --------
        >>> import engagement_kit as ek
        >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        ...     for one in client.try_keys(accounts=["acme"]):
        ...         print(one.credential, one.outcome)
        account acme accepted
        bearer token accepted
        app keys accepted
        """
        self._check_open()
        keys = self.connection.credentials
        names = self.accounts if accounts is None else named(accounts, keys)
        place = self._open(None)
        refuse_purged(place, tweet_id)
        found = self._of_month(place.known(), names)
        contract.check_contract(found, self.overage)
        contract.warn_of_overage(found)
        return try_keys(
            self.connection, self._doors("totals"), tweet_id or sample_of(self) or FAMOUS, names
        )


def named(accounts: Iterable[object], keys: Credentials) -> tuple[str, ...]:
    """Read whose keys to try: names in any case, or user ids, as ``owners=`` takes them.

    Raises
    ------
    QueryError
        For what is no list of names.
    CredentialsMissing
        When there are no keys of an account.
    """
    if isinstance(accounts, str | bytes) or not isinstance(accounts, Iterable):
        why = f"a list of account names or user ids; for one: [{accounts!r}]"
        raise QueryError((Problem("accounts", repr(accounts), why),))
    read = [(one, *account_name(one)) for one in accounts]
    problems = [
        Problem("accounts", repr(one), why or _NOBODY) for one, name, why in read if not name
    ]
    if problems:
        raise QueryError(tuple(problems))
    names = [name for _, name, _ in read if name]
    known = [account_of(one, tuple(keys.users), keys.aliases) or one for one in names]
    for one in known:
        signer(keys, "user", one)
    return tuple(dict.fromkeys(known))


def try_keys(
    connection: Connection, doors: Doors, tweet_id: str, accounts: Iterable[str]
) -> KeyTrials:
    """Try each credential of a connection by one request; see `Client.try_keys`."""
    one, keys = one_id(tweet_id), connection.credentials
    doors.gate.begin()
    return KeyTrials(_tried(connection, doors, one, way) for way in _ways(keys, accounts))


def _ways(keys: Credentials, accounts: Iterable[str]) -> Iterator[_Way]:
    """List the credentials: each by itself, so that none hides what is wrong with another."""
    for name in accounts:
        yield _Way(f"account {name}", "user", name, keys)
    if keys.bearer is not None:
        alone = replace(keys, consumer_key=None, consumer_secret=None, users={})
        yield _Way("bearer token", "app", None, alone)
    if keys.consumer_key is not None:
        yield _Way("app keys", "app", None, replace(keys, bearer=None, users={}))


def _tried(connection: Connection, doors: Doors, tweet_id: str, way: _Way) -> KeyTrial:
    request = Request(
        service=connection.where.service,
        endpoint="totals",
        credential=way.kind,
        account=way.account,
        tweet_ids=(tweet_id,),
        metrics=(_METRIC[way.kind],),
        groupings=_GROUPING,
    )
    try:
        verdict = _sent(doors, connection.transport.with_keys(way.keys), request)
    except errors.ConnectionBroken as error:
        return KeyTrial(way.credential, "unknown", "", brief(error))
    outcome = _outcome(verdict)
    may = MAY[way.kind] if outcome == "accepted" else ""
    return KeyTrial(way.credential, outcome, may, _said(verdict, request))


def _sent(doors: Doors, transport: Transport, request: Request) -> Verdict:
    """Send once, at its turn: tries count against the same limit as the requests of a run."""
    ticket, going_on = None, threading.Event()
    while ticket is None:
        wait, ticket = doors.gate.ask(doors.monotonic())
        if ticket is None:
            doors.sleep(going_on, wait)
    headers: dict[str, str] = {}
    limited = False
    try:
        reply = transport.send(request)
        headers = dict(reply.headers)
        verdict = decipher(reply, request)
        limited = verdict.again == "limit"
    finally:
        # A fault is no outage yet: each try has one call, and is not made again.
        heard = Heard(
            headers,
            limited=limited,
            fault=False,
            reached=True,
            last=False,
            now=doors.monotonic(),
            unix_now=doors.unix_now(),
            chance=doors.chance(),
        )
        doors.gate.tell(ticket, 0, heard)
    return verdict


def _outcome(verdict: Verdict) -> Outcome:
    if verdict.error is None or isinstance(verdict.error, _ACCEPTED):
        return "accepted"
    return "refused" if isinstance(verdict.error, _REFUSED) else "unknown"


def _said(verdict: Verdict, request: Request) -> str:
    """Say what came of a call, in words."""
    tweet = f"tweet {request.tweet_ids[0]}"
    match verdict.error:
        case None:
            counted = any(name in verdict.envelope.groupings for name, _ in request.groupings)
            what = f"gave its {request.metrics[0]}" if counted else "is not available"
            return f"{tweet} {what}"
        case errors.ForbiddenTweets():
            return f"{tweet} is another account's, and was refused as it must be"
        case errors.AppNotEnabled() as error:
            return f"the keys are right, but: {error.advice}"
        case errors.RateLimited():
            return "the minute's budget is used up; try again in a minute"
        case errors.AuthenticationFailed() if request.account is not None:
            return f"{brief(verdict.error)} {_LOG_IN_AGAIN}"
        case error:
            return str(error).replace("\n", " ")
