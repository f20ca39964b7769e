"""Connecting by a form: what is wished, which keys were found, and a call to try them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engagement_kit.client.client import Client
from engagement_kit.client.connect import connect, keys_found, sample_ids
from engagement_kit.client.result import Result
from engagement_kit.errors import CredentialsMissing, EngagementError, QueryError
from engagement_kit.question.query import Query
from engagement_kit.question.tweet_ids import clean

_MAY: Final = {
    "user": "an account's own keys: everything of its own tweets",
    "app": "app-only: public metrics on totals, of any public tweet",
}
_TRIED: Final = {"user": ["impressions", "favorites"], "app": ["favorites"]}


@dataclass(frozen=True)
class Wish:
    """Whom to connect to.

    Attributes
    ----------
    to
        ``emulator`` or ``live``.
    store
        A folder for raw answers; empty for a temporary one.
    per_minute
        The contract's rate; 0 for that of the API's answers.
    world, seed, clock
        Of the emulator; an empty clock is real time.
    """

    to: str = "emulator"
    store: str = ""
    per_minute: float = 0.0
    world: str = "standard"
    seed: int = 0
    clock: str = ""

    def options(self) -> dict[str, Any]:
        """Give the arguments for ``ek.connect``, those alone that are not its defaults."""
        given: dict[str, Any] = {}
        if self.store.strip():
            given["store"] = Path(self.store.strip()).expanduser()
        if self.per_minute:
            given["per_minute"] = self.per_minute
        if self.to == "emulator":
            given |= {"world": self.world, "seed": self.seed, "clock": self.clock.strip() or None}
        return given


def connected(wish: Wish) -> tuple[Client | None, tuple[str, ...]]:
    """Connect as wished.

    Returns
    -------
    Client or None
        None where it can't be.
    tuple of str
        Why not, in words; empty otherwise.
    """
    try:
        return connect(wish.to, **wish.options()), ()
    except QueryError as error:
        return None, tuple(
            f"{one.field}: {one.value}: {one.why} {one.hint}" for one in error.problems
        )
    except EngagementError as error:
        return None, (str(error),)


def keys_in_words() -> tuple[str, ...]:
    """Say which keys the live API would be asked with, and what they may ask; never a value."""
    try:
        keys = keys_found()
    except CredentialsMissing as error:
        return (str(error),)
    may = [f"They are {_MAY[kind]}." for kind in keys.kinds]
    whose = f", account {keys.account}" if keys.account else ""
    return (f"Keys were found in {keys.found_in}{whose}.", *may)


def sample_of(client: Client) -> str:
    """Give the id of an emulator's tweet to try; empty text on the live API, which lists none."""
    if not client.invented:
        return ""
    return next(iter(sample_ids(client, 1)), "")


def trial(client: Client, tweet_id: str) -> Query:
    """Make the question of a test call: one tweet, by the best keys that there are.

    Raises
    ------
    QueryError
        When this is not one tweet id.
    """
    ids, _, problems = clean(tweet_id)
    if problems:
        raise QueryError(problems)
    kind = "user" if "user" in client.connection.credentials.kinds else "app"
    return Query("totals", ids[:1], _TRIED[kind])


def trial_in_words(result: Result) -> str:
    """Say what a test call brought."""
    rows = result.to_arrow().to_pylist()
    said = [
        f"{row['metric']} {row['value']:,}"
        if row["value"] is not None
        else f"{row['metric']}: {row['status']}"
        for row in rows
    ]
    return f"tweet {rows[0]['tweet_id']}: {', '.join(said)}"
