"""Which numbers changed: of a store, of a result, or of a refresh, as a table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engagement_kit.answers.store import Store, opened
from engagement_kit.client.asides import warn_of_unread
from engagement_kit.client.result import Result
from engagement_kit.errors import NoSuchTable, TableError
from engagement_kit.question.known import Known, up_to
from engagement_kit.tables.again import of_one
from engagement_kit.tables.changed import Changed, changed
from engagement_kit.tables.schema import to_pandas
from engagement_kit.tables.times import AsOf, as_of_moment

if TYPE_CHECKING:
    import pandas as pd


def changes(
    store_or_result: Store | str | Path | Result,
    *,
    since: AsOf = None,
    as_of: AsOf = None,
    history: bool = False,
    service: str | None = None,
) -> pd.DataFrame:
    """List the numbers that were observed with more than one count. Nothing is sent.

    Parameters
    ----------
    store_or_result
        The folder that was given as ``store=``; or a Result, for its numbers alone, whoever asked
        for them and when.
    since
        Only what was seen to change after this moment (aware, or ISO text): the count that was
        known then beside the latest. None: the first count of all beside the latest.
    as_of
        Only what was observed up to this moment (as `since`, inclusive). None for all.
    history
        A row for each time that a number was seen with another count than at the look before. Else
        one row for each number.
    service
        Whose answers: a base URL, or the name of an emulator's world. None where all are of one. A
        Result has its own.

    Returns
    -------
    pandas.DataFrame
        One row for each number. Columns as in the tidy table are ``tweet_id``, ``metric``,
        ``grain``, ``start``, ``end``; ``account``, ``source`` and ``request_key`` of the answer
        that first told the later count. ``before``, ``after`` and ``difference`` are counts;
        ``before_at`` and ``after_at`` say when each of the two was first seen. ``steps`` says how
        often it was seen to change in between, ``complete`` whether its hour or day was over when
        `before` was first seen (null for lifetime): if so, the count was revised, else it grew
        because the period went on. Empty, with the same types, where nothing changed.

    Raises
    ------
    NotInStore
        When there is no such folder, or it holds no store.
    StoreError
        When it is no path.
    TableError
        When a moment has no time zone or is none, or the store holds answers of several services
        and none of them was chosen, or none of the chosen one.
    NoSuchTable
        Of a result that holds no counts of each tweet.

    Warns
    -----
    DamagedAnswer
        Of stored answers that can't be read; they are left out.

    Notes
    -----
    A number is a tweet's count of one metric in one hour or day, or lifetime. A day and its hours
    are numbers of their own: choose a ``grain`` before you sum. A number whose count came back to
    what it was is in the list, with a difference of 0. A number that was first seen after `since`
    is there when it changed after that; what came for the first time is no change. What happened
    between two looks is not known: a count changed at some time after the look before `after_at`.

    All stored answers that have numbers in common are read once, some tweets at a time, and no
    others. Counts of raw groupings that were answered as written are not in it.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import UTC, datetime, timedelta
    >>> import engagement_kit as ek
    >>> from engagement_kit.emulator import Emulator, World, WorldClock
    >>> world = World(seed=3, revised=True)  # young counts are revised for seven days
    >>> clock = WorldClock(frozen=datetime(2026, 6, 1, 12, tzinfo=UTC))
    >>> with tempfile.TemporaryDirectory() as store, Emulator(world, clock) as emulator:
    ...     with ek.connect(emulator, store=store) as client:
    ...         query = ek.Query("historical", ek.sample_ids(client, 9), ["impressions"],
    ...                          by="day", period=ek.last(days=2))
    ...         _ = client.run(query, progress=False)
    ...         clock.travel(timedelta(days=1))
    ...         _ = client.refresh(progress=False)
    ...     table = ek.changes(store)
    >>> bool((table["after"] - table["before"] == table["difference"]).all()), len(table) > 0
    (True, True)
    """
    begin, end = as_of_moment(since, "since"), as_of_moment(as_of)
    result = store_or_result if isinstance(store_or_result, Result) else None
    if result is None:
        place = opened(store_or_result)
    else:
        place, mine = result.store, result.plan.where.service
        if service not in {None, mine}:
            msg = f"service is {service!r}, and the result is of {mine}; leave it out"
            raise TableError(msg)
        if result.wanted is None:
            msg = (
                "the answer holds only the groupings that were asked for, and no counts of each "
                "tweet; ask with by=... for that"
            )
            raise NoSuchTable(msg)
    scan = place.scan()
    known = list(scan.known)
    if result is None:
        known = of_one(known, service)
    else:
        known = [one for one in known if one.service == result.plan.where.service]
    found = changed(
        place,
        up_to(known, end),
        _later(begin),
        each=history,
        of=None if result is None else result.wanted,
    )
    return table_of(found, {path.stem: "it can't be read" for path in scan.damaged})


def _later(since: datetime | None) -> Callable[[Known], bool]:
    return lambda one: since is None or one.observed_at > since


def changed_by(
    store: Store, before: Collection[str], began: datetime, until: datetime, service: str | None
) -> pd.DataFrame:
    """List what the answers from one moment to another count otherwise than those before.

    Parameters
    ----------
    store
        Where they are.
    before
        Names of answers that are none of those, though they may be of the same moment.
    began, until
        From when to when they were observed, both inclusive.
    service
        Whose they are.
    """
    known = [one for one in up_to(store.known(), until) if one.service == service]
    found = changed(
        store,
        known,
        lambda one: one.observed_at >= began and one.ref not in before,
        had_before=True,
    )
    return table_of(found, {})


def table_of(found: Changed, damaged: Mapping[str, str]) -> pd.DataFrame:
    """Give the list as a frame, and say which answers are not in it."""
    warn_of_unread({**damaged, **found.damaged})
    return to_pandas(found.table)
