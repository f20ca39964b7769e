"""One call by each credential: whether it is accepted, and what it may ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from engagement_kit import errors
from engagement_kit.client.connection import Connection
from engagement_kit.errors import Problem, QueryError
from engagement_kit.fetch.keys.credentials import Credentials
from engagement_kit.fetch.keys.signing import signer
from engagement_kit.fetch.wire import Verdict, decipher
from engagement_kit.question.markup import table, together
from engagement_kit.question.request import Request
from engagement_kit.question.rules import ID, TYPE, CredentialKind
from engagement_kit.question.tweet_ids import clean

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
HEAD: Final = ("credential", "outcome", "may ask", "what came of it")
"""What a table of outcomes calls its columns."""
_REFUSED: Final = (errors.AuthenticationFailed, errors.AppNotEnabled)
_ACCEPTED: Final = (
    # The API looks at keys before it looks at what is asked (fact sheet, section 8).
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


def try_keys(connection: Connection, tweet_id: str, accounts: Iterable[str]) -> KeyTrials:
    """Try each credential of a connection by one request; see `Client.try_keys`."""
    ids, _, problems = clean(tweet_id)
    if not problems and len(ids) != 1:
        why = f"keys are tried on one tweet; here are {len(ids) or 'none'}"
        problems = (Problem("tweet_id", repr(tweet_id), why),)
    if problems:
        raise QueryError(tuple(problems))
    keys = connection.credentials
    names = tuple(accounts)
    for name in names:  # before anything is sent
        signer(keys, "user", name)
    return KeyTrials(_tried(connection, ids[0], way) for way in _ways(keys, names))


def _ways(keys: Credentials, accounts: Iterable[str]) -> Iterator[_Way]:
    """List the credentials: each by itself, so that none hides what is wrong with another."""
    for name in accounts:
        yield _Way(f"account {name}", "user", name, keys)
    if keys.bearer is not None:
        alone = replace(keys, consumer_key=None, consumer_secret=None, users={})
        yield _Way("bearer token", "app", None, alone)
    if keys.consumer_key is not None:
        yield _Way("app keys", "app", None, replace(keys, bearer=None, users={}))


def _tried(connection: Connection, tweet_id: str, way: _Way) -> KeyTrial:
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
        verdict = decipher(connection.transport.with_keys(way.keys).send(request), request)
    except errors.ConnectionBroken as error:
        return KeyTrial(way.credential, "unknown", "", str(error))
    outcome = _outcome(verdict)
    may = MAY[way.kind] if outcome == "accepted" else ""
    return KeyTrial(way.credential, outcome, may, _said(verdict, request))


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
        case error:
            return str(error).replace("\n", " ")
