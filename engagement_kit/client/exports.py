"""What a result gives to other programs: Polars, DuckDB, CSV, a wide table, labelled rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from engagement_kit.answers.exported import Kind
from engagement_kit.tables import handoff
from engagement_kit.tables.endings import must_fit
from engagement_kit.tables.joining import join
from engagement_kit.tables.schema import to_pandas
from engagement_kit.tables.times import AsOf
from engagement_kit.tables.wide import wide

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl


class Exports(ABC):
    """Whatever gives tidy Arrow tables, handed on.

    In each method *which*, *as_of* and *history* are as in `to_pandas`.
    """

    @abstractmethod
    def to_arrow(
        self, which: str | None = None, *, as_of: AsOf = None, history: bool = False
    ) -> pa.Table:
        """Give a tidy table."""

    @abstractmethod
    def _for_file(self, kind: Kind, path: str | Path, table: pa.Table) -> pa.Table:
        """Take purged tweets out of a table that goes to a file, and note where that is."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give the default table to any library that reads Arrow: ``pl.DataFrame(result)``.

        Parameters
        ----------
        requested_schema
            A capsule with the schema that the reader would like.

        Returns
        -------
        PyCapsule
            An Arrow stream with exactly the columns of the tidy table.
        """
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def to_polars(
        self, which: str | None = None, *, as_of: AsOf = None, history: bool = False
    ) -> pl.DataFrame:
        """Give a tidy table as a Polars DataFrame, text as String; see `tables.handoff`.

        Parameters
        ----------
        which, as_of, history
            As in `Result.to_pandas`.

        Returns
        -------
        polars.DataFrame
            The tidy table, with equal values.
        """
        return handoff.to_polars(self.to_arrow(which, as_of=as_of, history=history))

    def to_duckdb(
        self, which: str | None = None, *, as_of: AsOf = None, history: bool = False
    ) -> duckdb.DuckDBPyConnection:
        """Put a tidy table into a DuckDB in memory, with views that count each number once.

        Parameters
        ----------
        which, as_of, history
            As in `Result.to_pandas`.

        Returns
        -------
        duckdb.DuckDBPyConnection
            With ``long``, ``tweets`` and ``wide``; of hours and days also ``pieces``, ``daily``
            and ``lifecycle``, whose sums are null where a piece is missing. Close it when done.

        Raises
        ------
        TableError
            When DuckDB is not installed; says how.
        """
        return handoff.to_duckdb(self.to_arrow(which, as_of=as_of, history=history))

    def to_csv(
        self,
        path: str | Path,
        which: str | None = None,
        *,
        as_of: AsOf = None,
        history: bool = False,
    ) -> Path:
        """Write a tidy table as a CSV file, whole or not at all.

        CSV knows no types: read it with ``pd.read_csv(path, dtype={"tweet_id": "str"})``, and
        import `tweet_id` as text into a spreadsheet.

        Parameters
        ----------
        path
            The file; its folder is made.
        which, as_of, history
            As in `to_pandas`.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        TableError
            When it can't be written, or its ending says that it is of another kind.
        """
        must_fit(path, "csv")
        table = self.to_arrow(which, as_of=as_of, history=history)
        return handoff.to_csv(self._for_file("csv", path, table), path)

    def wide(self, which: str | None = None, *, as_of: AsOf = None) -> pd.DataFrame:
        """Give a table with one column per metric, by ``tweet_id`` and ``start``; see ``ek.wide``.

        Parameters
        ----------
        which, as_of
            As in `to_pandas`.

        Returns
        -------
        pandas.DataFrame
            Int64 columns; null is where there is no count.
        """
        return wide(self.to_arrow(which, as_of=as_of))

    def with_tweets(
        self,
        own: pd.DataFrame,
        *,
        on: str = "tweet_id",
        which: str | None = None,
        as_of: AsOf = None,
        history: bool = False,
    ) -> pd.DataFrame:
        """Put what you know of each tweet beside its rows; see ``ek.join``.

        Parameters
        ----------
        own
            One row per tweet, with ids as text or int in the column *on*.
        on
            The name of that column.
        which, as_of, history
            As in `to_pandas`.

        Returns
        -------
        pandas.DataFrame
            The rows of the table, with the columns of *own* behind; null for unknown tweets.

        Raises
        ------
        TableError
            When ids can't be read, stand twice or match nothing at all.
        """
        table = self.to_arrow(which, as_of=as_of, history=history)
        return join(to_pandas(table), own, on=on)
