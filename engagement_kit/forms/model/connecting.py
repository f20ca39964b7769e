"""Connecting by a form: what is wished, which keys were found, and a call to try them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from engagement_kit.client.client import Client
from engagement_kit.client.connect import connect
from engagement_kit.client.result import Result
from engagement_kit.errors import CredentialsMissing, EngagementError, Problem, QueryError
from engagement_kit.question.hours import from_iso
from engagement_kit.question.query import Query
from engagement_kit.question.tweet_ids import one_id
from engagement_kit.tables.fates import MEANINGS

_TRIED: Final = {"user": ["impressions", "favorites"], "app": ["favorites"]}
_UNFIT: Final[dict[type[BaseException], str]] = {
    FileExistsError: "this is a file, no folder",
    NotADirectoryError: "a part of this path is a file, no folder",
    FileNotFoundError: "no folder can be made there",
    PermissionError: "you may not write there",
}
NO_KEYS: Final = (
    "The live API can't be asked: there are no keys, or a part of them is missing. "
    "What is looked for stands above."
)


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
    base_url, account
        Of the live API: another address, and who signs by default; empty for none.
    contracted, overage
        The contract's number of accounts, 0 for none, and what is done about more.
    """

    to: str = "emulator"
    store: str = ""
    per_minute: float = 0.0
    world: str = "standard"
    seed: int = 0
    clock: str = ""
    base_url: str = ""
    account: str = ""
    contracted: int = 0
    overage: Literal["warn", "stop"] = "warn"

    @property
    def folder(self) -> Path | None:
        """The folder for raw answers; None for a temporary one."""
        text = self.store.strip()
        return Path(text).expanduser() if text else None

    def options(self) -> dict[str, Any]:
        """Give the arguments for ``ek.connect``, those alone that are not its defaults."""
        given: dict[str, Any] = {}
        if self.folder is not None:
            given["store"] = self.folder
        if self.per_minute:
            given["per_minute"] = self.per_minute
        if self.contracted:
            given["contracted"] = self.contracted
        if self.overage != "warn":
            given["overage"] = self.overage
        if self.to == "live":
            named = {"base_url": self.base_url, "account": self.account}
            given |= {name: text for name, text in named.items() if text}
        if self.to == "emulator":
            given |= {"world": self.world, "seed": self.seed, "clock": self.clock.strip() or None}
        return given

    def is_like(self, other: Wish) -> bool:
        """Say whether both ask for the same; what does not count for it may differ."""
        return self._that_counts() == other._that_counts()

    def _that_counts(self) -> tuple[object, ...]:
        of_emulator = (self.world, self.seed, self.clock.strip())
        of_live = (self.base_url, self.account)
        contract = (self.per_minute, self.contracted, self.overage)
        common = (self.to, self.store.strip(), *contract)
        return common + (of_emulator if self.to == "emulator" else of_live)


@dataclass(frozen=True)
class Made:
    """A client, and the wish that it was made for."""

    client: Client
    wish: Wish

    @property
    def is_open(self) -> bool:
        """Whether the client was not closed yet."""
        return not self.client.closed

    def serves(self, wish: Wish) -> bool:
        """Say whether it is still open, and what is wished now."""
        return self.is_open and self.wish.is_like(wish)

    def is_like(self, other: Client) -> bool:
        """Say whether another client asks the same service with the same keys."""
        ours, theirs = self.client.connection, other.connection
        return (ours.base_url, ours.where, ours.credentials) == (
            theirs.base_url,
            theirs.where,
            theirs.credentials,
        )


def kept_or_connected(last: Made | None, wish: Wish) -> tuple[Client | None, tuple[str, ...]]:
    """Keep the last client where it is what is wished, else connect; see `connected`.

    Keys and the address of the live API may have changed meanwhile; so it is asked again for them.
    """
    if last is None or not last.serves(wish):
        return connected(wish)
    if wish.to == "emulator":
        return last.client, ()
    client, problems = connected(wish)
    if client is not None and last.is_like(client):
        client.close()
        return last.client, ()
    return client, problems


def connected(wish: Wish) -> tuple[Client | None, tuple[str, ...]]:
    """Connect as wished, to a folder that can be used.

    Returns
    -------
    Client or None
        None where it can't be.
    tuple of str
        Why not, in words; empty otherwise.
    """
    problems = tuple(_unfit(wish))
    if problems:
        return None, problems
    try:
        return connect(wish.to, **wish.options()), ()
    except QueryError as error:
        return None, tuple(_plainly(one) for one in error.problems)
    except CredentialsMissing:
        return None, (NO_KEYS,)
    except EngagementError as error:
        return None, (str(error),)


def _unfit(wish: Wish) -> Iterator[str]:
    """Say what a person typed that can't be used."""
    if wish.to == "emulator" and wish.clock.strip():
        try:
            from_iso(wish.clock.strip())
        except ValueError:
            yield (
                f"The clock can't stand at {wish.clock.strip()!r}: "
                "write a moment such as 2026-06-01T12:00Z."
            )
    why = why_unfit(wish)
    if why:
        yield f"The folder {wish.store.strip()!r} can't be used: {why}."


def why_unfit(wish: Wish) -> str:
    """Try the folder for raw answers: make it, write a file into it, and remove that.

    Returns
    -------
    str
        Why it can't be used; empty where it can.
    """
    try:
        folder = wish.folder
        if folder is None:
            return ""
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".try-", suffix=".part") as file:
            file.write(b"a try")
            file.flush()
    except (OSError, ValueError, RuntimeError) as error:  # also for "~nobody" and a null character
        plain = getattr(error, "strerror", None) or str(error)
        return next((said for kind, said in _UNFIT.items() if isinstance(error, kind)), plain)
    return ""


def _plainly(problem: Problem) -> str:
    """Say a problem beside the field that shows the value."""
    return f"{problem.field}: {problem.why} {problem.hint}".strip()


def client_in_words(client: Client) -> str:
    """Say whom a client asks, and with which keys; never a value."""
    connection = client.connection
    account = f"Account {client.account}" if client.account else "No account"
    at = f" at {connection.base_url}" if connection.base_url else ""
    keys = f"; keys from {connection.credentials.found_in}" if at else ""
    if client.source == "emulator":
        world = connection.where.service.removeprefix("emulator/")
        return f"the emulator ({world}){at}: invented data. {account}{keys}."
    return f"the live API{at}. {account}{keys}."


def trial(client: Client, tweet_id: str) -> Query:
    """Make the question of a test call: one tweet, by the best keys that there are.

    Raises
    ------
    QueryError
        When this is not one tweet id.
    """
    one = one_id(tweet_id)
    kind = "user" if "user" in client.credentials else "app"
    return Query("totals", [one], _TRIED[kind])


def trial_in_words(result: Result) -> str:
    """Say what a test call brought: counts, and what the status of a missing one means."""
    rows = result.to_arrow().to_pylist()
    counts = [f"{row['metric']} {row['value']:,}" for row in rows if row["value"] is not None]
    missing: dict[str, list[str]] = {}
    for row in rows:
        if row["value"] is None:
            missing.setdefault(row["status"], []).append(row["metric"])
    gaps = [
        f"no count of {' and '.join(metrics)}: {status}: {MEANINGS.get(status, status)}"
        for status, metrics in missing.items()
    ]
    return f"tweet {rows[0]['tweet_id']}: {'; '.join([*filter(None, [', '.join(counts)]), *gaps])}"
