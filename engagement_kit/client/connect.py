"""Connecting: to the live API with keys, or to the emulator in the package, which needs none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from engagement_kit.client import options
from engagement_kit.client.client import Client
from engagement_kit.client.connection import Connection
from engagement_kit.client.contract import OVERAGE
from engagement_kit.client.keys import CONNECTION, Given, found
from engagement_kit.errors import Problem, QueryError
from engagement_kit.fetch.elsewhere import find_emulator
from engagement_kit.fetch.keys.apart import apart
from engagement_kit.fetch.keys.chain import signing
from engagement_kit.fetch.keys.credentials import Credentials, UserKeys
from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.fetch.transport import HttpTransport
from engagement_kit.question.checks import is_rate
from engagement_kit.question.hours import from_iso
from engagement_kit.question.plan import Where
from engagement_kit.question.rules import PROFILES
from engagement_kit.question.spelling import near, no_such
from engagement_kit.version import VERSION

if TYPE_CHECKING:
    from engagement_kit.emulator import Emulator, Fault

_LONGEST_WORD = 12
_PLACES: Final = ("live", "emulator")
_AGENT = f"engagement_kit/{VERSION}"
_SO_MANY: Final = "Example: contracted=20."


@apart
def connect(
    to: str | Emulator = "live",
    *,
    store: str | Path | None = None,
    profile: Literal["reference", "overview"] = "reference",
    threads: int = 4,
    per_minute: float | None = None,
    contracted: int | None = None,
    overage: Literal["warn", "stop"] = "warn",
    base_url: str | None = None,
    consumer_key: str | None = None,
    consumer_secret: str | None = None,
    access_token: str | None = None,
    access_token_secret: str | None = None,
    bearer_token: str | None = None,
    users: Mapping[str, tuple[str, str]] | None = None,
    account: str = "",
    ask: bool = False,
    seed: int = 0,
    clock: datetime | str | None = None,
    world: str = "standard",
    faults: Sequence[Fault] = (),
) -> Client:
    """Connect to the Engagement API, or start the emulator.

    Parameters
    ----------
    to : {'live', 'emulator'} or Emulator
        The live API needs keys and an enterprise contract. The emulator is a real HTTP service on
        this machine with invented data; it needs nothing. An ``engagement_kit.emulator.Emulator``
        with settings of its own is used as it is, and goes on when the client is closed.
    store
        A folder for raw answers, best one of its own: of other files in a folder that is no store
        yet a warning tells, and they stay as they are. Without one they go to a temporary folder.
    profile : {'reference', 'overview'}
        How far back historical is taken to reach: since 2014-09-01, or 365 days.
    threads
        How many requests are under way at once.
    per_minute
        The contract's rate: requests a minute to each endpoint. None: the rate that the API names
        in its answers. Sending is spread evenly, and the lower of the two counts.
    contracted
        The contract's number of different accounts that may sign in a calendar month (UTC). More
        are not blocked but billed, and no endpoint tells what was used: plans count the accounts
        of the month from the answers in the store, and runs warn before they sign for one too
        many. What other stores and other machines sent, and what `Client.try_keys` did, is not
        seen; nor are accounts whose calls all failed. An account with a new name counts twice.
        App-only requests don't count. None: nothing is counted.
    overage : {'warn', 'stop'}
        What a run, or `Client.try_keys`, does before accounts sign for the first time in the month
        that are more than contracted: warn, or stop with nothing sent. Accounts that signed before
        cost no more.
    base_url
        Live only: another address of the API, up to ``/insights/engagement``. Without one, that
        of ``ENGAGEMENT_KIT_BASE_URL``, in the environment or in the file ``.env``. Where an
        emulator of this machine answers there, its data are marked as invented, and its clock is
        followed.
    consumer_key, consumer_secret, access_token, access_token_secret, bearer_token
        Live only: keys. What is not given is looked for, in this order, in environment variables
        such as ``TWITTER_CONSUMER_KEY``, in a file ``.env`` of this folder or above, in the keys
        file and the system's keyring, where ``engagement-kit login`` keeps them. Keys of two apps
        are never mixed: where sources name different consumer keys, the first one counts.
    users
        Live only: keys of several accounts, ``{account: (access token, its secret)}``.
    account
        Who signs where a query names no owner, by name or user id. It also names the account of a
        lone access token, of which the user id alone is known. Without it, that account, else the
        one that logged in first; of the emulator the first.
    ask
        Live only: ask for the keys that are missing, in the terminal or below the cell.
    seed
        Emulator only: which world.
    clock
        Emulator only: an aware datetime or ISO text at which its clock stands still. None: real
        time. While it stands, a question asked again is answered from the store, for nothing can
        have changed since.
    world : {'standard', 'heavy_tails', 'campaigns'}
        Emulator only: which kind of world.
    faults
        Emulator only: what goes wrong, as ``engagement_kit.emulator.Fault``.

    Returns
    -------
    Client
        Close it, or use it in a ``with`` block.

    Raises
    ------
    CredentialsMissing
        When there are no keys for the live API; it names ``ek.connect("emulator")``. When there
        are none of `account`.
    QueryError
        For an argument that means nothing.

    Warns
    -----
    FolderHoldsMore
        When `store` is no store yet, and holds other files.

    Examples
    --------
    >>> with connect("emulator") as client:
    ...     client
    Client('emulator/standard-0', account='acme', keys: made up by the emulator)
    """
    given = Given(
        consumer_key=consumer_key,
        consumer_secret=consumer_secret,
        access_token=access_token,
        access_token_secret=access_token_secret,
        bearer_token=bearer_token,
        users=users,
    )
    # What a function holds may be shown: from here on these are secrets.
    del consumer_key, consumer_secret, access_token, access_token_secret, bearer_token, users
    chosen = {"seed": seed != 0, "clock": clock is not None, "world": world != "standard"}
    chosen["faults"] = bool(faults)
    live = given.names() | {"base_url": base_url is not None, "ask": ask}
    options.check(store=store)
    _check(
        to=to,
        profile=profile,
        threads=threads,
        per_minute=per_minute,
        contract=(contracted, overage),
        chosen=chosen,
        live=live,
    )
    if to == "live":
        address, keys = found(given, base_url=base_url, account=account, ask=ask)
        connection = _live(keys, address, profile)
    elif isinstance(to, str):
        connection = _started(_start(profile, seed, _moment(clock), world, faults), account)
    else:
        connection = _emulated(to, account)
    return Client(
        connection,
        store=store,
        threads=threads,
        per_minute=per_minute,
        contracted=contracted,
        overage=overage,
    )


def worlds() -> tuple[str, ...]:
    """Name the kinds of world that the emulator knows, as ``connect`` takes them.

    Examples
    --------
    >>> worlds()[0]
    'standard'
    """
    from engagement_kit.emulator.world.natures import NATURES

    return tuple(NATURES)


def _check(
    *,
    to: object,
    profile: str,
    threads: int,
    per_minute: float | None,
    contract: tuple[object, object],
    chosen: dict[str, bool],
    live: dict[str, bool],
) -> None:
    """Refuse arguments that mean nothing, all at once."""
    contracted, overage = contract
    known = not isinstance(to, str) or to in _PLACES
    found = {
        Problem("to", _shown(to), f"allowed: {', '.join(_PLACES)}, or an Emulator", _meant(to)): (
            not known
        ),
        no_such("profile", profile, PROFILES): profile not in PROFILES,
        Problem("threads", repr(threads), "allowed: a whole number from 1"): type(threads)
        is not int
        or threads < 1,
        Problem("per_minute", repr(per_minute), "allowed: a rate above 0, or None"): per_minute
        is not None
        and not is_rate(per_minute),
        Problem("contracted", repr(contracted), "allowed: a whole number from 0, or None"): not (
            contracted is None or (type(contracted) is int and contracted >= 0)
        ),
        no_such("overage", overage, OVERAGE): overage not in OVERAGE,
        Problem("overage", repr(overage), "needs the contract's number of accounts", _SO_MANY): (
            overage == "stop" and contracted is None
        ),
    }
    if to != "emulator" and known:
        why = "only for the emulator" if to == "live" else "the Emulator has its own"
        found |= {Problem(name, "given", why): given for name, given in chosen.items()}
    if to != "live" and known:
        why = "only for the live API: an emulator has its own"
        found |= {Problem(name, "given", why): given for name, given in live.items()}
    problems = tuple(problem for problem, wrong in found.items() if wrong)
    if problems:
        raise QueryError(problems, CONNECTION)


def _shown(to: object) -> str:
    """Show a word; anything else may be a key that stands in the wrong place."""
    return repr(to) if isinstance(to, str) and len(to) <= _LONGEST_WORD else "given"


def _meant(to: object) -> str:
    """Say which place a misspelt word is near to, or what the name of anything else is given as."""
    hint = near(to, _PLACES) if isinstance(to, str) and len(to) <= _LONGEST_WORD else ""
    return hint or "An address is given as base_url=, an account's name as account=."


def _live(keys: Credentials, base_url: str, profile: str) -> Connection:
    transport = HttpTransport(base_url, keys, _AGENT)
    elsewhere = find_emulator(base_url)
    service = elsewhere.name if elsewhere else base_url.rstrip("/")
    return Connection(
        transport=transport,
        credentials=keys,
        where=_where(service, keys, profile),
        now=elsewhere.now if elsewhere else lambda: datetime.now(UTC),
        elsewhere=elsewhere,
        base_url=base_url,
        close=transport.close,
    )


def _where(service: str, keys: Credentials, profile: str) -> Where:
    """Say whom plans are for, and whose keys there are."""
    pairs = tuple((user_id, name) for user_id, name in keys.aliases.items() if name in keys.users)
    return Where(service, keys.account, keys.kinds, profile, tuple(keys.users), pairs)


def _start(
    profile: Literal["reference", "overview"],
    seed: int,
    frozen: datetime | None,
    world: str,
    faults: Sequence[Fault],
) -> Emulator:
    """Start an emulator of our own."""
    from engagement_kit.emulator import Emulator, Settings, World, WorldClock

    if world not in worlds():
        raise QueryError((no_such("world", world, worlds()),), CONNECTION)
    with _blamed_on("seed"):
        made = World(seed=seed, nature=world)
    with _blamed_on("clock"):
        clock = WorldClock(frozen=frozen)
    return Emulator(made, clock, Settings(profile=profile), faults=faults)


@contextmanager
def _blamed_on(field: str) -> Iterator[None]:
    """Name the argument whose value the emulator refuses."""
    try:
        yield
    except ValueError as error:
        raise QueryError((Problem(field, "not possible", str(error)),), CONNECTION) from error


def _started(emulator: Emulator, account: str) -> Connection:
    """Connect to an emulator that stops with the client."""
    try:
        connection = _emulated(emulator, account)
    except BaseException:
        emulator.stop()
        raise

    def close() -> None:
        connection.close()
        emulator.stop()

    return replace(connection, close=close)


def _emulated(emulator: Emulator, account: str) -> Connection:
    """Connect to an emulator of this process."""
    app, accounts = emulator.world.app, emulator.world.accounts
    names = {one.name: one for one in accounts}
    aliases = {one.user_id: one.name for one in accounts}
    keys = Credentials(
        consumer_key=Secret(app.consumer_key),
        consumer_secret=Secret(app.consumer_secret),
        users={
            one.name: UserKeys(Secret(one.access_token), Secret(one.access_token_secret))
            for one in accounts
        },
        account=signing(account, names, aliases) if account else accounts[0].name,
        bearer=Secret(app.bearer_token),
        found_in="made up by the emulator",
        aliases=aliases,
    )
    adapter = emulator.adapter() if emulator.in_process else None
    transport = HttpTransport(emulator.base_url, keys, _AGENT, adapter=adapter)
    return Connection(
        transport=transport,
        credentials=keys,
        where=_where(emulator.name, keys, emulator.settings.profile),
        now=emulator.clock.now,
        emulator=emulator,
        close=transport.close,
    )


def _moment(clock: datetime | str | None) -> datetime | None:
    try:
        when = from_iso(clock) if isinstance(clock, str) else clock
        if when is not None and when.tzinfo is None:
            msg = "a naive datetime has no time zone"
            raise ValueError(msg)
    except ValueError as error:
        hint = "Example: clock='2026-06-01T12:00Z'."
        raise QueryError((Problem("clock", repr(clock), str(error), hint),), CONNECTION) from error
    return when
