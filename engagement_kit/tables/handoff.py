"""Handing a tidy table on: to Polars, to DuckDB, to a CSV file. Arrow in, the engine's own out."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from engagement_kit.errors import TableError
from engagement_kit.tables.aside import written_aside
from engagement_kit.tables.given import as_arrow
from engagement_kit.tables.schema import SCHEMA, TEXT_COLUMNS
from engagement_kit.tables.times import birth_of
from engagement_kit.tables.views import overlapping, quoted, views
from engagement_kit.tables.wide import one_grain

if TYPE_CHECKING:
    import duckdb
    import polars as pl

PLAIN: Final = pa.schema(
    [(one.name, pa.string() if one.name in TEXT_COLUMNS else one.type) for one in SCHEMA]
)
"""The tidy table with plain text in place of dictionaries."""

_SPELLED: Final = pa.schema(
    [(one.name, pa.string() if pa.types.is_timestamp(one.type) else one.type) for one in PLAIN]
)
_BATCH_ROWS: Final = 1 << 16
_ISO: Final = "%Y-%m-%dT%H:%M:%SZ"
CSV_MOMENT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
"""How pandas is to spell moments (UTC) in a CSV file, as `to_csv` does by Arrow."""
_TWEETS: Final = pa.schema([("tweet_id", pa.string()), ("created_at", SCHEMA.field("start").type)])


def engine(name: str) -> Any:
    """Import an engine that the kit works with but does not need.

    Raises
    ------
    TableError
        When it is not installed; says how.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        msg = f"{name} is not installed: pip install 'engagement_kit[engines]', then try again"
        raise TableError(msg) from error


def to_polars(table: pa.Table) -> pl.DataFrame:
    """Turn a tidy table into a Polars DataFrame.

    Parameters
    ----------
    table
        A tidy Arrow table.

    Returns
    -------
    polars.DataFrame
        The same rows and columns. Text columns are String, not Categorical: Polars refuses to
        join a Categorical with the String ids of your own tables. Times are Datetime in
        microseconds and UTC, `value` Int64, `hour_of_day` Int8, `complete` Boolean.

    Raises
    ------
    TableError
        When Polars is not installed, or the table is not tidy.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy_arrow
    >>> to_polars(tidy_arrow({"g": {"2000": {"likes": "1"}}}))["tweet_id"].to_list()
    ['2000']
    """
    polars = engine("polars")
    frame: pl.DataFrame = polars.from_arrow(as_arrow(table).cast(PLAIN))
    return frame


def to_duckdb(tables: pa.Table | Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    """Put tidy tables into a DuckDB in memory, with views that count each number once.

    Parameters
    ----------
    tables
        A tidy Arrow table of one grain. Or several by name: then each has a DuckDB schema of that
        name, and is reached as ``name.long``, ``name.wide`` and so on.

    Returns
    -------
    duckdb.DuckDBPyConnection
        Yours to close. The rows are copied, and times shown in UTC. It holds

        - ``long``: the tidy table itself;
        - ``tweets``: ``tweet_id`` and ``created_at``, null for ids from before November 2010;
        - ``wide``: a row per ``tweet_id`` and ``start`` (and ``hour_of_day`` in that grain), a
          column per metric, as in `wide`;

        and for hours and days alone (and empty tables):

        - ``pieces``: each hour or day once, missed spans taken apart, from creation on;
        - ``daily``: by UTC day ``value``, ``n_expected``, ``n_missing`` and ``complete``, equal to
          ``ek.total(table, by="tweet_id", freq="day")``;
        - ``lifecycle``: ``value`` by ``age_hours`` (whole UTC hours since the one in which the
          tweet was created) or ``age_days`` (likewise), and ``cumulative``, the count since
          creation: null from the first age that is missing or only in part there, and where a
          tweet's creation is not known.

        Rows of a view have no order of their own: use ORDER BY. DuckDB 1.x gives times through
        ``fetchall()`` only where pytz is installed; ``.df()``, ``.pl()`` and Arrow need none.

    Raises
    ------
    TableError
        When DuckDB is not installed, a table is not tidy, has two grains or counts overlapping
        periods, or there is none.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy_arrow
    >>> hours = {"2026-05-01": {"00": "1", "01": "2"}}
    >>> table = tidy_arrow({"g": {"1500000000000000000": {"likes": hours}}})
    >>> with to_duckdb(table) as connection:
    ...     connection.sql("SELECT metric, value, n_missing FROM daily").fetchall()
    [('likes', 3, 0)]
    """
    connect = engine("duckdb").connect
    named = {None: tables} if isinstance(tables, pa.Table) else dict(tables)
    if not named:
        msg = "there is no table to hand to DuckDB; pass one, or several by name"
        raise TableError(msg)
    ready = {name: as_arrow(table) for name, table in named.items()}
    connection: duckdb.DuckDBPyConnection = connect()
    try:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")  # of cursors, too
        for name, table in ready.items():
            _fill(connection, "main" if name is None else name, table)
    except BaseException:
        connection.close()
        raise
    return connection


def _fill(connection: duckdb.DuckDBPyConnection, schema: str, table: pa.Table) -> None:
    """Make the tables and views of one tidy table, in the schema of its name."""
    grain, metrics = one_grain(table), table.column("metric").unique().to_pylist()
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
    _copy(connection, f"{quoted(schema)}.long", table)
    _copy(connection, f"{quoted(schema)}.tweets", _tweets(table))
    for view, query in views(grain, metrics, schema).items():
        connection.execute(f"CREATE VIEW {quoted(schema)}.{view} AS {query}")
    question = overlapping(grain, schema)
    found = connection.execute(question).fetchone() if question else None
    if found:
        msg = (
            f"the table counts overlapping periods (grain {grain!r}; tweet {found[0]}, {found[1]}):"
            " a sum would count twice; choose the rows of one run first"
        )
        raise TableError(msg)


def _copy(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Copy an Arrow table: the connection and its cursors then need nothing of ours."""
    connection.register("_given", table)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM _given")  # noqa: S608 - our own name
    connection.unregister("_given")


def _tweets(table: pa.Table) -> pa.Table:
    ids = [one for one in table.column("tweet_id").unique().to_pylist() if one is not None]
    return pa.Table.from_arrays(
        [pa.array(ids, pa.string()), pa.array(map(birth_of, ids), _TWEETS.field(1).type)],
        schema=_TWEETS,
    )


def to_csv(table: pa.Table, path: str | Path) -> Path:
    """Write a tidy table as a CSV file, whole or not at all.

    CSV knows no types. Ids are written as quoted digits, which most readers still take for
    numbers: read with ``pd.read_csv(path, dtype={"tweet_id": "str", "value": "Int64"})``, and in
    a spreadsheet import the column `tweet_id` as text, for 19 digits do not survive as a number.
    Where you can, take Parquet.

    Parameters
    ----------
    table
        A tidy Arrow table.
    path
        The file; its folder is made. An old file is replaced as a whole, at the end.

    Returns
    -------
    Path
        The file: UTF-8, one line of names, text quoted, null as nothing, times as in
        ``2026-06-01T12:00:00.000000Z``. The same table gives the same bytes.

    Raises
    ------
    TableError
        When the folder can't be written, or the table is not tidy.

    Examples
    --------
    >>> import tempfile
    >>> from engagement_kit.tables.tidy import tidy_arrow
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = to_csv(tidy_arrow({"g": {"2000": {"likes": "1"}}}), f"{folder}/likes.csv")
    ...     file.read_text().splitlines()[1]
    '"2000","likes","lifetime",,,,1,"observed",,,,,,'
    """
    rows, target = as_arrow(table), Path(path)
    with (
        written_aside(target) as aside,
        csv.CSVWriter(aside, _SPELLED) as writer,
    ):
        for batch in rows.to_batches(max_chunksize=_BATCH_ROWS):
            writer.write_batch(_spelled(batch))
    return target


def _spelled(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Write out words and moments, always with six digits behind the second."""
    columns = [_moments(one) if pa.types.is_timestamp(one.type) else one for one in batch.columns]
    spelled = [one.cast(field.type) for one, field in zip(columns, _SPELLED, strict=True)]
    return pa.RecordBatch.from_arrays(spelled, schema=_SPELLED)


def _moments(times: pa.Array) -> pa.Array:
    """Spell moments; each but once, for few are different and spelling is slow."""
    coded = times.dictionary_encode()
    return pa.DictionaryArray.from_arrays(coded.indices, pc.strftime(coded.dictionary, format=_ISO))
