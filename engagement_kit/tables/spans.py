"""Missed spans of one tweet and metric that meet, as one: what several answers say in pieces."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engagement_kit.tables.schema import NULL_TIME, SCHEMA, Ints

_SAME: Final = ("tweet_id", "metric", "grain", "hour_of_day", "status", "endpoint", "source")
_OF_ANSWER: Final = ("account", "request_key")


def joined(table: pa.Table) -> pa.Table:
    """Join rows without a count that meet in time, of one tweet, metric and status.

    Parameters
    ----------
    table
        A tidy table, in order of tweet, metric and time; all of its rows without a count.

    Returns
    -------
    pyarrow.Table
        With one row for each missed span. What several answers say is observed when the first of
        them was; its `account` is null unless it is that of all, and so is its `request_key`.

    Notes
    -----
    Requests are cut where the API's windows end, which says nothing of what is missing.
    """
    if not table.num_rows:
        return table
    table = table.combine_chunks()
    start, end = (_micros(table, name) for name in ("start", "end"))
    meets = (start[1:] == end[:-1]) & (start[1:] != NULL_TIME)
    for name in _SAME:
        codes = _codes(table, name)
        meets &= codes[1:] == codes[:-1]
    if not meets.any():
        return table
    first = np.flatnonzero(np.r_[True, ~meets])
    columns = {name: table.column(name).take(first) for name in SCHEMA.names}
    columns["end"] = table.column("end").take(np.r_[first[1:] - 1, len(end) - 1])
    seen = _micros(table, "observed_at")
    earliest = np.minimum.reduceat(np.where(seen == NULL_TIME, np.iinfo(np.int64).max, seen), first)
    unseen = earliest == np.iinfo(np.int64).max
    observed = pa.array(earliest, mask=unseen).cast(SCHEMA.field("observed_at").type)
    columns["observed_at"] = pa.chunked_array([observed])
    for name in _OF_ANSWER:
        codes = _codes(table, name)
        several = np.minimum.reduceat(codes, first) != np.maximum.reduceat(codes, first)
        columns[name] = pc.if_else(several, None, columns[name].cast(pa.string()))
    return pa.table(
        [columns[one.name].cast(one.type) for one in SCHEMA], schema=SCHEMA
    ).unify_dictionaries()


def _micros(table: pa.Table, name: str) -> Ints:
    whole = table.column(name).cast(pa.int64()).fill_null(NULL_TIME)
    found: Ints = whole.to_numpy()
    return found


def _codes(table: pa.Table, name: str) -> Any:
    """Give a number for each word of a column; -1 for null."""
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.combine_chunks().indices
    return column.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
