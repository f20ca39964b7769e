"""What a result writes to files: Parquet, and a folder that grows; never a purged tweet."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any

import pyarrow as pa

from engagement_kit.answers.exported import Kind
from engagement_kit.answers.store import Store
from engagement_kit.client.exports import Exports
from engagement_kit.client.forgotten import Kept, for_file, kept_of
from engagement_kit.question.hours import iso
from engagement_kit.question.plan import Plan
from engagement_kit.tables import dataset, parquet
from engagement_kit.tables.dataset import Appended
from engagement_kit.tables.endings import must_fit
from engagement_kit.tables.times import AsOf, as_of_moment
from engagement_kit.version import VERSION


class Files(Exports):
    """A result's files; see `engagement_kit.client.result.Result`."""

    plan: Plan
    store: Store

    @property
    @abstractmethod
    def source(self) -> str | None:
        """``live`` or ``emulator``; None when nothing was answered."""

    def to_parquet(
        self,
        path: str | Path,
        which: str | None = None,
        *,
        as_of: AsOf = None,
        history: bool = False,
    ) -> Path:
        """Write a tidy table as one Parquet file, whole or not at all.

        Parameters
        ----------
        path
            The file; its folder is made.
        which, as_of, history
            As in `to_pandas`.

        Returns
        -------
        Path
            The file. Its metadata name the query, the version of table and kit, and the source;
            also `as_of` and `history`, where they were given.

        Raises
        ------
        TableError
            When it can't be written, or its ending says that it is of another kind.
        """
        must_fit(path, "parquet")
        as_of = as_of_moment(as_of)
        table = self.to_arrow(which, as_of=as_of, history=history)
        table, about = self._for_file("parquet", path, table), self._about
        if as_of is not None:
            about["as_of"] = iso(as_of)
        if history:
            about["history"] = True
        return parquet.write(table, path, about=about)

    def to_dataset(self, folder: str | Path, which: str | None = None) -> Appended:
        """Add the counts that a folder does not have yet, as one new Parquet file.

        Parameters
        ----------
        folder
            Made where it is not there; one for each grain.
        which
            As in `to_pandas`.

        Returns
        -------
        Appended
            How many rows were added; how many were there already, and of those how many have
            another value by now; how many count periods that were still open, or are missing:
            those are left for a later run.

        Raises
        ------
        TableError
            When the folder holds another grain, or can't be written.

        Notes
        -----
        The folder keeps the first value of each number; what a refresh brought does not come in.
        ``ek.tidy_store`` gives the newest values.
        """
        table = self._for_file("dataset", folder, self.to_arrow(which))
        return dataset.append(table, folder, about=self._about)

    @property
    def _about(self) -> dict[str, Any]:
        """What files say of themselves; of purged tweets they say nothing."""
        query = self._kept.query
        return {
            "kit_version": VERSION,
            "query": None if query is None else query.to_dict(),
            "query_key": None if query is None else query.key,
            "source": self.source,
        }

    @property
    def _kept(self) -> Kept:
        """What is left of the question: tweets may have been purged since it was asked."""
        return kept_of(self.plan, self.store)

    def _for_file(self, kind: Kind, path: str | Path, table: pa.Table) -> pa.Table:
        return for_file(self.plan, self.store, kind, path, table)
