"""Which tweet belongs to what: a person's own names for tweets, however they come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engagement_kit.errors import TableError
from engagement_kit.question.amounts import many
from engagement_kit.question.tweet_ids import clean

if TYPE_CHECKING:
    import pandas as pd

    Names = Mapping[Any, Any] | pd.Series[Any] | str

_SHOWN = 6


def names_of(table: pd.DataFrame, names: Names, what: str) -> dict[str, str]:
    """Give each tweet's name by its id, both as text.

    Parameters
    ----------
    table
        A tidy DataFrame.
    names
        A mapping of tweet ids (text or int) to names, a Series of names with ids as its index, or
        the name of a column of `table`. A tweet whose name is null has none.
    what
        The argument's name, for the words of an error.

    Returns
    -------
    dict
        In the order of a mapping or Series; of a column, in the order of its categories, else
        sorted by name.

    Raises
    ------
    TableError
        For things that are no ids, ids named twice, tweets with two names in a column, a column
        that is not there, or names of which none is for a tweet of the table.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> table = tidy({"g": {"2000": {"likes": "1"}}})
    >>> names_of(table, {2000: "red", 2001: None}, "groups")
    {'2000': 'red'}
    """
    if isinstance(names, str):
        return _in_column(table, names, what)
    if not hasattr(names, "items") or not hasattr(names, "keys"):
        msg = (
            f"{what} is {type(names).__name__}; allowed: a mapping of tweet ids to names, a Series "
            "with ids as its index, or the name of a column"
        )
        raise TableError(msg)
    keys = list(names.keys())
    ids, duplicates, problems = clean(keys)
    if problems:
        said = "; ".join(f"{one.value}: {one.why}" for one in problems)
        msg = f"{what} names things that are no tweet ids: {said}"
        raise TableError(msg)
    if duplicates:
        msg = f"{what} names {duplicates} tweets twice; give each tweet one name"
        raise TableError(msg)
    found = zip(ids, (name for _, name in names.items()), strict=True)
    named = {one: str(name) for one, name in found if not _null(name)}
    if not set(named) & set(table["tweet_id"].astype("str").unique()):
        msg = f"none of the {len(named)} tweets in {what} is in the table"
        raise TableError(msg)
    return named


def shown(names: list[str]) -> str:
    """Write some names in a message.

    Examples
    --------
    >>> shown(["a", "b"]), shown([])
    ('a, b', 'none')
    """
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "") or "none"


def pairs_in(table: pd.DataFrame, column: str, what: str) -> pd.DataFrame:
    """Give each tweet with its one value of a column; tweets without a value are left out.

    Parameters
    ----------
    table
        A tidy DataFrame.
    column
        One of its columns.
    what
        The argument that named the column, for the words of an error.

    Raises
    ------
    TableError
        When there is no such column, or a tweet has two values there.
    """
    if column not in table.columns:
        msg = f"{what}={column!r} is no column of the table; it has {list(table.columns)}"
        raise TableError(msg)
    if column == "tweet_id":
        msg = f"{what}='tweet_id' names each tweet by itself; use a column of groups of tweets"
        raise TableError(msg)
    pairs = table[["tweet_id", column]].dropna().drop_duplicates()
    twice = pairs.loc[pairs["tweet_id"].duplicated(), "tweet_id"].astype("str").unique()
    if len(twice):
        values = pairs.loc[pairs["tweet_id"] == twice[0], column].astype("str").tolist()
        msg = (
            f"{what}={column!r} has several values for {many(len(twice), 'tweet')}, such as "
            f"{twice[0]} ({shown(values)}); use a column with one value for each tweet"
        )
        raise TableError(msg)
    return pairs


def _in_column(table: pd.DataFrame, column: str, what: str) -> dict[str, str]:
    pairs = pairs_in(table, column, what).sort_values([column, "tweet_id"], kind="stable")
    return dict(zip(pairs["tweet_id"].astype("str"), pairs[column].astype("str"), strict=True))


def _null(name: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(name))
