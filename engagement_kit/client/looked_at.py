"""What the radar is to look at: a store, ids or a query, and who owns which tweet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from os import PathLike
from pathlib import Path
from reprlib import repr as shortly  # whatever its length
from typing import Final, NamedTuple

from engagement_kit.answers.store import Store, must_be_store
from engagement_kit.client.forgotten import purged_in
from engagement_kit.errors import Problem, QueryError
from engagement_kit.question import checks
from engagement_kit.question import owners as people_of
from engagement_kit.question.known import Known
from engagement_kit.question.owners import Owners
from engagement_kit.question.query import Query
from engagement_kit.question.tweet_ids import clean, read

_WHAT: Final = "allowed: the folder of a store, a Store, tweet ids, or an ek.Query(...)"
_PLACE: Final = "allowed: the path of a folder, a Store, or None"
_COLUMN: Final = (
    "a store has no order to stand beside; give one account's name, or a mapping of tweet id to "
    "account name"
)
SUBJECT: Final = "look ahead"
_SHOWN: Final = 60
Named = str | dict[str, str] | None
"""Who owns which tweet: one account, or the account of each by the tweet's id."""


class Subject(NamedTuple):
    """What is looked at.

    Attributes
    ----------
    given
        A query, ids, or None for all of a store; without purged tweets.
    known
        What is stored of others.
    gone
        How many tweets that were given are left out, for they were purged.
    """

    given: Query | tuple[str, ...] | None
    known: tuple[Known, ...]
    gone: int = 0


def is_store(given: object) -> bool:
    """Say whether a store is meant; a text is the name of a folder, if there is such a one.

    An empty text names none, though Python takes it for the folder at work.
    """
    if isinstance(given, Path | Store):
        return True
    may_be = isinstance(given, str) and 0 < len(given.strip()) < 4096 and "\n" not in given
    return may_be and Path(str(given)).is_dir()


def by_tweet(given: object, owners: Owners) -> tuple[object, Named]:
    """Read who owns which tweet as a Query does, and name each by its id: ids are put in order.

    Raises
    ------
    QueryError
        When it says nothing of the kind, or stands beside a store.
    """
    ids = list(given) if isinstance(given, Iterator) else given
    if owners is None:
        return ids, None
    if isinstance(owners, Iterator):
        owners = list(owners)
    problems: list[Problem] = []
    beside = given.tweet_ids if isinstance(given, Query) else ids
    if is_store(given):
        if not isinstance(owners, str | int | Mapping):
            raise QueryError((Problem("owners", type(owners).__name__, _COLUMN),), SUBJECT)
        beside = list(owners) if isinstance(owners, Mapping) else ()
    named = people_of.check(owners, beside, clean(beside)[0], problems)
    if problems:
        raise QueryError(tuple(problems), SUBJECT)
    return ids, dict(named) if isinstance(named, tuple) else named


def subject_of(given: object, store: str | Path | Store | None) -> Subject:
    """Read what is to be looked at.

    Raises
    ------
    QueryError, StoreError
        When it is nothing of the kind.
    """
    if isinstance(given, str | Path | Store) and is_store(given):
        if store is not None:
            why = "it goes with ids; here the first argument is a store itself"
            raise QueryError((Problem("store", str(store), why),), SUBJECT)
        return Subject(None, _known(opened_store(given)))
    place = None if store is None else opened_store(store, may_be_new=True)
    known = () if place is None else _known(place)
    if isinstance(given, Query):
        gone = frozenset[str]() if place is None else purged_in(place, given.tweet_ids)
        return Subject(given.without(gone) or (), known, len(gone))
    ids = _ids(given)
    gone = frozenset() if place is None else purged_in(place, ids)
    return Subject(tuple(one for one in ids if one not in gone), known, len(gone))


def _ids(given: object) -> tuple[str, ...]:
    """Read ids.

    Raises
    ------
    QueryError
        When something is none. Of a text without an id, which may have been meant as a folder,
        that it is neither.
    """
    found = read(given)
    if not isinstance(given, str) and not (
        isinstance(given, Iterable) and not isinstance(given, bytes)
    ):
        raise QueryError((Problem("store_or_ids", shortly(given), _WHAT),), SUBJECT)
    if isinstance(given, str) and found.junk and not found.ids:
        why = f"neither a folder that is there nor tweet ids; {_WHAT}"
        raise QueryError((Problem("store_or_ids", repr(given[:_SHOWN]), why),), SUBJECT)
    problems = clean(given)[2] if found.junk else checks.none_given(found.ids)
    if problems:
        raise QueryError(tuple(problems), SUBJECT)
    return found.ids


def opened_store(store: object, *, may_be_new: bool = False) -> Store:
    """Give a store that is there; an empty folder is none, unless it may be new.

    Raises
    ------
    StoreError
        When there is no such folder, or it holds other things.
    QueryError
        When it is no name of a folder.
    """
    if isinstance(store, Store):
        return store
    if not isinstance(store, str | PathLike) or not str(store).strip():
        raise QueryError((Problem("store", repr(store)[:_SHOWN], _PLACE),), SUBJECT)
    place = Store(Path(store))
    must_be_store(place.folder, may_be_new=may_be_new)
    return place


def _known(place: Store) -> tuple[Known, ...]:
    """Give what is stored, without what a purge that was killed has left of purged tweets."""
    known = place.known()
    gone = purged_in(place, chain.from_iterable(one.tweet_ids for one in known))
    if not gone:
        return known
    left = (
        replace(one, tweet_ids=tuple(it for it in one.tweet_ids if it not in gone)) for one in known
    )
    return tuple(one for one in left if one.tweet_ids)
