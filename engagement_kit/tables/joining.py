"""Putting tables together: tidy tables below each other, and a person's own columns beside one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from engagement_kit.errors import TableError
from engagement_kit.question.tweet_ids import clean
from engagement_kit.tables.given import as_arrow, as_frame
from engagement_kit.tables.schema import to_pandas

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy


_T = TypeVar("_T")


def concat(tables: Iterable[Tidy]) -> pd.DataFrame:
    """Put tidy tables of one grain below each other.

    ``pd.concat`` of categories that differ is slow and gives plain text; this keeps the types.
    Repeated observations of a number stay, as history; ``ek.total`` counts the latest alone.

    Parameters
    ----------
    tables
        Tidy DataFrames, Arrow tables or results.

    Returns
    -------
    pandas.DataFrame
        All rows in the given order, with the columns and types of the tidy table.

    Raises
    ------
    TableError
        When there is no table, one of them is not tidy, or their grains differ.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> a, b = tidy({"g": {"2000": {"likes": "1"}}}), tidy({"g": {"2001": {"likes": "2"}}})
    >>> concat([a, b])["tweet_id"].tolist()
    ['2000', '2001']
    """
    return to_pandas(concat_arrow(tables))


def concat_arrow(tables: Iterable[Tidy]) -> pa.Table:
    """Put tidy tables of one grain below each other, as Arrow; see `concat`."""
    parts = [as_arrow(one) for one in tables]
    if not parts:
        msg = "there is no table to put together; give one at least"
        raise TableError(msg)
    grains = sorted({one for part in parts for one in part.column("grain").unique().to_pylist()})
    if len(grains) > 1:
        msg = f"tables of different grains ({', '.join(grains)}): sums over them would count twice"
        raise TableError(msg)
    return pa.concat_tables(parts).unify_dictionaries()


def join(table: Tidy, own: pd.DataFrame, *, on: str = "tweet_id") -> pd.DataFrame:
    """Put your own columns beside a tidy table, by tweet.

    Comparing the table's ids with integers matches nothing, and pandas says nothing; so ids are
    read as text here, or refused.

    Parameters
    ----------
    table
        A tidy table.
    own
        One row per tweet: ids as text or int in the column `on` (or in the index of that name),
        and whatever you know of each tweet.
    on
        The name of the column with ids in `own`.

    Returns
    -------
    pandas.DataFrame
        The rows of `table` in their order, with the columns of `own` behind; null for tweets that
        `own` does not know.

    Raises
    ------
    TableError
        When ids are floats or otherwise unreadable, stand twice, match nothing at all, or when a
        column's name is taken.

    Examples
    --------
    >>> import pandas as pd
    >>> from engagement_kit.tables.tidy import tidy
    >>> frame = tidy({"g": {"2000": {"likes": "1"}}})
    >>> join(frame, pd.DataFrame({"tweet_id": [2000], "team": ["red"]}))["team"].tolist()
    ['red']
    """
    from pandas.api.types import is_numeric_dtype

    table = as_frame(table)
    if not hasattr(own, "columns"):
        msg = f"your table is of type {type(own).__name__}; give a DataFrame, one row per tweet"
        raise TableError(msg)
    if is_numeric_dtype(table["tweet_id"].astype("category").cat.categories.dtype):
        msg = f"tweet_id of the table holds {table['tweet_id'].dtype}; ids are text in tidy tables"
        raise TableError(msg)
    mine = own.reset_index() if on not in own.columns and own.index.name == on else own
    if on not in mine.columns:
        msg = f"your table has no column {on!r}; it has {list(own.columns)}"
        raise TableError(msg)
    ids, duplicates, problems = clean(mine[on].tolist())
    if problems:
        said = "; ".join(f"{one.value}: {one.why}" for one in problems)
        msg = f"column {on!r} of your table holds things that are no tweet ids: {said}"
        raise TableError(msg)
    if duplicates:
        msg = f"column {on!r} of your table names {duplicates} tweets twice; keep one row per tweet"
        raise TableError(msg)
    columns = mine.drop(columns=[on])
    taken = [name for name in columns.columns if name in table.columns]
    if taken:
        msg = f"columns {taken} are in both tables; rename yours first"
        raise TableError(msg)
    known = table["tweet_id"].astype("category").cat.remove_unused_categories()
    if len(known) and not set(known.cat.categories) & set(ids):
        msg = f"none of your {len(ids)} tweets is in the table; is {on!r} the right column?"
        raise TableError(msg)
    # Whole numbers stay so where a tweet has none: floats would eat digits of an author's id.
    whole = columns.select_dtypes("integer").columns
    columns = columns.astype(dict.fromkeys(whole, "Int64"))
    columns.index = list(ids)
    beside = columns.reindex(known.astype("str").where(known.notna(), None))
    beside.index = table.index
    out = table.copy(deep=False)
    for name in beside.columns:
        out[name] = beside[name]
    return out
