"""Whose keys sign for a tweet: its named owner's, by name or user id, where there are any. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from engagement_kit.question.query import Query

Aliases = Mapping[str, str]

_SHOWN: Final = 5
_ALONE: Final = 8
"""So many accounts without keys are told of one by one."""


@dataclass(frozen=True, eq=False)
class Owned:
    """Who would sign for each tweet of a query.

    Attributes
    ----------
    code
        For each tweet a position in `accounts`.
    accounts
        Names: of accounts with keys as these are called, of others as the query calls them.
    keyless
        For each account whether the query names it, and there are no keys of it.
    """

    code: npt.NDArray[np.int64]
    accounts: tuple[str, ...]
    keyless: tuple[bool, ...]

    @property
    def rows(self) -> npt.NDArray[np.bool_]:
        """Of each tweet, whether there are no keys of its named owner."""
        found: npt.NDArray[np.bool_] = np.array(self.keyless, dtype=bool)[self.code]
        return found

    def signs_as(self, other: Owned) -> bool:
        """Say whether each tweet has the same signer as there, with or without keys."""
        names = (self.accounts, self.keyless) == (other.accounts, other.keyless)
        return names and bool(np.array_equal(self.code, other.code))

    @property
    def without_keys(self) -> tuple[str, ...]:
        """The accounts without keys."""
        return tuple(compress(self.accounts, self.keyless))


def owned(
    query: Query, default: str, accounts: Sequence[str] | None, aliases: Aliases | None = None
) -> Owned:
    """Say who would sign for each tweet of a query.

    Parameters
    ----------
    query
        The question, with the owners that it names.
    default
        The account that signs for tweets whose owner is not named.
    accounts
        Accounts with keys; None where that is not known: then all are taken to have some. Where
        it is known that there are none, nobody signs, by default neither.
    aliases
        User ids, each with the name of its account.

    Examples
    --------
    >>> from engagement_kit.question.query import Query
    >>> query = Query("28hr", ["20", "21", "22"], owners=["@ACME", 7, "dune"])
    >>> found = owned(query, "acme", ["acme", "birch"], {"7": "birch"})
    >>> found.accounts, found.without_keys
    (('acme', 'birch', 'dune'), ('dune',))
    """
    codes, names = query.owner_codes
    words = None if accounts is None else _words(accounts, aliases or {})
    found: dict[tuple[str, bool], int] = {}
    places = [
        found.setdefault(_signer(name, default, words), len(found)) for name in names
    ]  # in the order of the tweets
    code = np.array(places, dtype=np.int64)[codes]
    return Owned(code, tuple(name for name, _ in found), tuple(less for _, less in found))


def lacking(
    people: Owned, known: Sequence[str], but: npt.NDArray[np.int64] | None = None
) -> list[tuple[str, npt.NDArray[np.int64]]]:
    """Put the tweets together of whose owners there are no keys, with the reason in words.

    Parameters
    ----------
    people
        Who would sign.
    known
        Accounts with keys, one of which may be meant.
    but
        Tweets that are left out.

    Returns
    -------
    list of (str, ndarray)
        The reason, and positions of tweets; one for each account, the smallest of many together.
    """
    rows = np.flatnonzero(people.rows)
    if but is not None:
        rows = np.setdiff1d(rows, but)
    if not len(rows):
        return []
    codes = people.code[rows]
    sizes = np.bincount(codes, minlength=len(people.accounts))
    order = [at for at in np.argsort(-sizes, kind="stable").tolist() if sizes[at]]
    alone = order if len(order) <= _ALONE else order[: _ALONE - 1]
    found = [(_no_keys(people.accounts[at], known), rows[codes == at]) for at in sorted(alone)]
    others = [people.accounts[at] for at in order[len(alone) :]]
    if others:
        some = ", ".join(others[:_SHOWN])
        text = f"no keys of {len(others):,} more accounts ({some}, …); log in as each"
        found.append((text, rows[~np.isin(codes, alone)]))
    return found


def _no_keys(name: str, known: Sequence[str]) -> str:
    hint = nearest(name, known)
    more = f". {hint}" if hint else ""
    return f"no keys of account {name}; log in as {name}, or say in owners= who else wrote it{more}"


def account_of(name: str, accounts: Sequence[str], aliases: Aliases) -> str | None:
    """Find the account with keys that a name or user id means; None where there is none.

    Examples
    --------
    >>> account_of("@ACME", ["acme"], {}), account_of("7", ["acme"], {"7": "acme"})
    ('acme', 'acme')
    """
    return _meant(name, _words(accounts, aliases))


def _meant(name: str, words: Mapping[str, str]) -> str | None:
    return words.get(name) or words.get(_folded(name))


def _signer(name: str | None, default: str, words: Mapping[str, str] | None) -> tuple[str, bool]:
    """Name who would sign for an owner's tweets, and say whether there are no keys of it."""
    if name is None:
        return default, words is not None and not words
    if words is None:
        return name, False
    known = _meant(name, words)
    return (name, True) if known is None else (known, False)


def _words(accounts: Sequence[str], aliases: Aliases) -> dict[str, str]:
    """Give the account that each word means; a name as it is written comes before other cases.

    X takes names without regard to case.
    """
    exact = {one: one for one in accounts}
    there = {_folded(one): one for one in reversed(accounts)}
    ids = {
        _folded(str(user_id)): there[_folded(name)]
        for user_id, name in aliases.items()
        if _folded(name) in there
    }
    return {**ids, **there, **exact}


def _folded(name: str) -> str:
    return name.strip().removeprefix("@").casefold()


def one_name(name: str, aliases: Aliases | None = None) -> str:
    """Write an account's name in the one form by which accounts are told apart.

    Examples
    --------
    >>> one_name("@Acme"), one_name("7", {"7": "Birch"})
    ('acme', 'birch')
    """
    return _folded((aliases or {}).get(name, name))


def nearest(name: str, accounts: Iterable[str]) -> str:
    """Ask whether another account was meant; empty where none is like it.

    Examples
    --------
    >>> nearest("acmee", ["acme", "birch"])
    'Did you mean acme?'
    """
    found = difflib.get_close_matches(name, list(accounts), n=1, cutoff=0.75)
    return f"Did you mean {found[0]}?" if found else ""
