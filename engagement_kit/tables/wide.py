"""The wide table: a tidy table with one column per metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engagement_kit.errors import TableError
from engagement_kit.tables.given import as_arrow

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy

Ints = npt.NDArray[np.int64]

ALL_METRICS: Final = "all_metrics"
"""The column of counts that are summed over metrics."""


def wide(table: Tidy) -> pd.DataFrame:
    """Turn a tidy table into one column per metric.

    Parameters
    ----------
    table
        A tidy table at one grain: a DataFrame, an Arrow table or a Result.

    Returns
    -------
    pandas.DataFrame
        Index ``tweet_id`` (text, never numbers) and ``start`` (UTC, microseconds; of a lifetime
        the tweet's creation), and ``hour_of_day`` in a table of that grain; null where the table
        has null. Tweets in the table's order, then by time. One Int64 column per metric, in the
        table's order; counts over all metrics are in ``all_metrics``. Null is where there is no
        count. A missed span of several hours or days has one row, at its start: for the rest of it
        there is no row, unless another metric has a count there. Of several observations of a
        number the latest counts, and a count before none.

    Raises
    ------
    TableError
        For no tidy table, one of two grains, or counts over periods of one start and several ends.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> frame = tidy({"g": {"2000": {"likes": "1", "replies": "5"}, "2001": {"likes": "2"}}})
    >>> wide(frame).reset_index()[["tweet_id", "likes", "replies"]].values.tolist()
    [['2000', 1, 5], ['2001', 2, <NA>]]
    """
    import pandas as pd

    rows = as_arrow(table)
    grain = one_grain(rows)
    keys = ["tweet_id", "start"] + (["hour_of_day"] if grain == "hour_of_day" else [])
    codes, words = zip(*(_coded(rows.column(name)) for name in keys), strict=True)
    metric, names = _coded(rows.column("metric"))
    place, first = _places(codes, [len(one) for one in words])
    columns = len(names) + 1  # the last is for null: summed over metrics
    cell = place * columns + np.where(metric < 0, len(names), metric)
    values, counted = _filled(rows, cell, len(first) * columns, same_end=grain != "lifetime")
    used = [*range(len(names)), *([len(names)] if (metric < 0).any() else [])]
    labels = [*names.to_pylist(), ALL_METRICS]
    values, counted = values.reshape(-1, columns), counted.reshape(-1, columns)
    index = pd.MultiIndex(
        levels=[_level(name, one) for name, one in zip(keys, words, strict=True)],
        codes=[one[first] for one in codes],
        names=keys,
    )
    made = {labels[at]: pd.arrays.IntegerArray(values[:, at], ~counted[:, at]) for at in used}
    return pd.DataFrame(made, index=index, columns=pd.Index([labels[at] for at in used], dtype=str))


def one_grain(table: pa.Table) -> str | None:
    """Name the one grain of a table; None when it is empty; refuse two."""
    found = sorted(one for one in table.column("grain").unique().to_pylist() if one is not None)
    if len(found) > 1:
        msg = (
            f"the table holds several grains ({', '.join(found)}): counts would stand twice; "
            "choose the rows of one grain first"
        )
        raise TableError(msg)
    return found[0] if found else None


def _coded(column: pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    """Give codes, -1 for null, and the words: text by first appearance, all else in order."""
    if pa.types.is_dictionary(column.type):
        plain = pa.chunked_array(
            [one.cast(pa.dictionary(pa.int32(), pa.string())) for one in column.chunks],
            type=pa.dictionary(pa.int32(), pa.string()),
        ).unify_dictionaries()
        known = plain.chunk(0).dictionary if plain.num_chunks else pa.array([], pa.string())
        parts = [_numbers(one.indices, -1) for one in plain.chunks]
        old = np.concatenate([np.empty(0, dtype=np.int64), *parts])
        return _by_appearance(old, known)
    raw = column.combine_chunks().cast(pa.int64())
    words, codes = np.unique(_numbers(raw.drop_null(), 0), return_inverse=True)
    out = np.full(len(raw), -1, dtype=np.int64)
    out[raw.is_valid().to_numpy(zero_copy_only=False)] = codes
    return out, pa.array(words, pa.int64()).cast(column.type)


def _by_appearance(old: Ints, known: pa.Array) -> tuple[Ints, pa.Array]:
    """Sort words by first appearance, leaving out those that do not appear."""
    first = np.full(len(known), len(old), dtype=np.int64)
    here = old >= 0
    np.minimum.at(first, old[here], np.flatnonzero(here))
    order = np.argsort(first, kind="stable")
    order = order[: int((first < len(old)).sum())]
    new = np.full(len(known) + 1, -1, dtype=np.int64)  # the last place is for null
    new[order] = np.arange(len(order))
    return new[old], known.take(pa.array(order))


def _numbers(values: pa.Array, null: int) -> Ints:
    filled = values.cast(pa.int64()).fill_null(null)
    found: Ints = filled.to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _places(codes: tuple[Ints, ...], sizes: list[int]) -> tuple[Ints, Ints]:
    """Give the row of the wide table that each row goes to, and a first row for each of those."""
    key = np.zeros(len(codes[0]), dtype=np.int64)
    for at, (code, size) in enumerate(zip(codes, sizes, strict=True)):
        # Tweets without an id stand behind the others, moments that are not known before them.
        key = key * (size + 1) + (np.where(code < 0, size, code) if at == 0 else code + 1)
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return place, first


def _filled(rows: pa.Table, cell: Ints, cells: int, *, same_end: bool) -> tuple[Ints, Any]:
    """Fill cells with counts: the later over the earlier, a count over none."""
    value = rows.column("value").combine_chunks()
    good = value.is_valid().to_numpy(zero_copy_only=False)
    seen, end = (
        _numbers(rows.column(name).combine_chunks().cast(pa.int64()), -1)
        for name in ("observed_at", "end")
    )
    kept = np.flatnonzero(good)
    if len(kept) and np.bincount(cell[kept], minlength=1).max() > 1:
        # Of assignments to one cell the last one stays.
        kept = kept[np.argsort(seen[kept], kind="stable")]
    ends = np.full(cells, -1, dtype=np.int64)
    values, counted = np.zeros(cells, dtype=np.int64), np.zeros(cells, dtype=bool)
    values[cell[kept]] = _numbers(value, 0)[kept]
    counted[cell[kept]] = True
    ends[cell[kept]] = end[kept]
    if same_end and (ends[cell[kept]] != end[kept]).any():
        msg = (
            "the table counts periods of one start and several ends, which can't stand in one "
            "cell; choose one of them first, by `end`"
        )
        raise TableError(msg)
    return values, counted


def _level(name: str, words: pa.Array) -> Any:
    import pandas as pd

    if name == "tweet_id":
        return pd.Index(words.to_pylist(), dtype="str")
    if name == "start":
        past = pd.to_datetime(words.cast(pa.int64()).to_numpy(zero_copy_only=False), unit="us")
        return past.as_unit("us").tz_localize("UTC")
    return pd.Index(pc.cast(words, pa.int8()).to_numpy(zero_copy_only=False))
