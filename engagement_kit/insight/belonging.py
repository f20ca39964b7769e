"""Which tweet belongs to what: a person's own names for tweets, however they come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engagement_kit.errors import TableError
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


def _in_column(table: pd.DataFrame, column: str, what: str) -> dict[str, str]:
    if column not in table.columns:
        msg = f"{what}={column!r} is no column of the table; it has {list(table.columns)}"
        raise TableError(msg)
    pairs = table[["tweet_id", column]].dropna().drop_duplicates()
    twice = pairs["tweet_id"].astype("str")[pairs["tweet_id"].duplicated().to_numpy()]
    if len(twice):
        msg = f"{what}={column!r} gives {len(twice)} tweets two names, such as {twice.iloc[0]}"
        raise TableError(msg)
    pairs = pairs.sort_values([column, "tweet_id"], kind="stable")
    return dict(zip(pairs["tweet_id"].astype("str"), pairs[column].astype("str"), strict=True))


def _null(name: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(name))
