"""What a following brought: tables of all snapshots, and the receipt. Works offline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engagement_kit.answers.exported import Kind
from engagement_kit.answers.store import Store
from engagement_kit.client.exports import Exports
from engagement_kit.client.follow_fates import Fates, fates
from engagement_kit.client.follow_log import Follows, Log
from engagement_kit.client.follow_receipt import FollowReceipt, receipt_of
from engagement_kit.client.follow_spec import Spec
from engagement_kit.client.forgotten import for_file
from engagement_kit.client.pending import Askable
from engagement_kit.client.result import Result
from engagement_kit.question.amounts import many
from engagement_kit.question.hours import iso
from engagement_kit.question.known import Known, up_to
from engagement_kit.question.plan import Plan, plan
from engagement_kit.question.query import Query
from engagement_kit.question.schedule import Schedule, length
from engagement_kit.question.where import Where
from engagement_kit.tables.dataset import Appended
from engagement_kit.tables.schema import to_pandas
from engagement_kit.tables.times import AsOf

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Followed(Exports):
    """The snapshots of a following. Made by ``client.follow``, or ``ek.open(store).follows``.

    Tables have a row for each observation of each number from `since` on and before `until`, of
    whatever run in the store: ``end`` and ``observed_at`` say when. What the store saw before, as
    by an earlier following of the same tweets, is in ``followed.result.to_pandas(history=True)``.

    Parameters
    ----------
    store
        Where the raw answers are.
    spec
        What is followed.
    as_of
        Up to when it is told. None: up to the last that any session noted.
    purged
        How many tweets that were named are left out as purged, where it is more than the spec says.

    Attributes
    ----------
    store, spec
        As given.
    """

    def __init__(
        self, store: Store, spec: Spec, as_of: datetime | None = None, *, purged: int = 0
    ) -> None:
        self.store, self.spec = store, spec
        self._as_of, self._purged = as_of, max(purged, spec.purged)

    @property
    def query(self) -> Query:
        """Which counts of which tweets."""
        return self.spec.query

    @property
    def schedule(self) -> Schedule:
        """When they are due."""
        return self.spec.schedule

    @cached_property
    def log(self) -> Log:
        """What its sessions met."""
        return Follows(self.store).log(self.spec)

    @cached_property
    def as_of(self) -> datetime:
        """Up to when it is told: at most until it ends."""
        last = self._as_of
        if last is None:
            last = self.log.last() or self.spec.since
        return min(last, self.spec.until)

    @cached_property
    def fates(self) -> Fates:
        """What became of each due snapshot."""
        return fates(self.store, self.spec, self.log, self.as_of)

    @cached_property
    def receipt(self) -> FollowReceipt:
        """Every due snapshot was taken or missed; the sum is checked when this is made."""
        made = receipt_of(self.spec, self.log, self.fates, self.as_of)
        over = Follows(self.store).over(self.spec)
        return replace(made, purged=self._purged, before=None if over is None else over.until)

    @property
    def source(self) -> str | None:
        """``live`` or ``emulator``; None when nothing was answered."""
        return self.receipt.source

    @property
    def missed(self) -> pd.DataFrame:
        """Every missed snapshot.

        Returns
        -------
        pandas.DataFrame
            ``tweet_id`` and ``reason`` (text), and ``due`` (timestamp, UTC), when it was due.
        """
        import pandas as pd

        found = self.fates
        lost = found.fate != 0
        ids = [self.query.tweet_ids[row] for row in found.row[lost].tolist()]
        return pd.DataFrame(
            {
                "tweet_id": pd.array(ids, dtype="str"),
                "due": pd.to_datetime(found.at[lost], unit="us", utc=True).as_unit("us"),
                "reason": pd.array(
                    [found.WORDS[code] for code in found.fate[lost].tolist()], dtype="str"
                ),
            }
        )

    # --- tables -------------------------------------------------------------------------------
    @cached_property
    def result(self) -> Result:
        """The newest snapshot of each tweet, as a run would have given it."""
        newest = self._newest()
        made = plan(self.query, now=self.as_of, where=Where(service=self.spec.service))
        made = replace(made, requests=(), reused=newest)
        return Result(made, self.store, [one.ref for one in newest])

    @cached_property
    def _series(self) -> _Series:
        whole = self.result
        return _Series(whole.plan, whole.store, whole.refs, self.spec)

    def _newest(self) -> tuple[Known, ...]:
        """Choose the answers that give the newest count of each number, and refusals."""
        askable = Askable(self.query, self.schedule)
        told = np.zeros((len(self.query.tweet_ids), len(self.query.metrics)), dtype=bool)
        found = []
        known = up_to(self.store.known(), self.as_of)
        for one in sorted(known, key=lambda one: one.observed_at, reverse=True):
            if one.service != self.spec.service or (one.level != "lifetime" and not one.refused):
                continue
            place = np.ix_(askable.rows(one.tweet_ids), askable.columns(one.metrics))
            if not told[place].all():
                found.append(one)
                told[place] |= not one.refused
        return tuple(reversed(found))

    def to_arrow(
        self, which: str | None = None, *, as_of: AsOf = None, history: bool = True
    ) -> pa.Table:
        """Give all snapshots as Arrow; see `to_pandas`.

        Parameters
        ----------
        which, as_of, history
            As in `to_pandas`.

        Returns
        -------
        pyarrow.Table
            The tidy table, one row for each snapshot of a number.
        """
        del history
        return self._series.to_arrow(which, as_of=as_of or self.as_of)

    def _for_file(self, kind: Kind, path: str | Path, table: pa.Table) -> pa.Table:
        return for_file(self.result.plan, self.store, kind, path, table)

    def to_pandas(
        self, which: str | None = None, *, as_of: AsOf = None, history: bool = True
    ) -> pd.DataFrame:
        """Give all snapshots as a DataFrame.

        Parameters
        ----------
        which
            The one grain that there is: ``lifetime``.
        as_of
            Only what was observed up to this moment, aware, inclusive.
        history
            Always true here, whatever is given: ``followed.result`` has the newest of each number
            alone, and with ``history=True`` also what was observed before it began.

        Returns
        -------
        pandas.DataFrame
            A tidy table of grain lifetime: a row for each tweet, metric and observation from
            `since` on and before `until`.
        """
        return to_pandas(self.to_arrow(which, as_of=as_of, history=history), consume=True)

    table = to_pandas

    def to_parquet(
        self,
        path: str | Path,
        which: str | None = None,
        *,
        as_of: AsOf = None,
        history: bool = True,
    ) -> Path:
        """Write all snapshots as one Parquet file, whole or not at all.

        Parameters
        ----------
        path
            Where to write it; its folder is made. A file that is there is replaced.
        which, as_of, history
            As in `to_pandas`.

        Returns
        -------
        Path
            The file. Its metadata name the query, the version of table and kit, and the source.
        """
        del history
        return self._series.to_parquet(path, which, as_of=as_of or self.as_of, history=True)

    def to_dataset(self, folder: str | Path, which: str | None = None) -> Appended:
        """Add the snapshots that a folder does not have yet, as one new Parquet file.

        Parameters
        ----------
        folder
            A folder of ours, or a new one.
        which
            The one grain that there is: ``lifetime``.

        Returns
        -------
        Appended
            How many rows were added, and how many were there already.

        Raises
        ------
        TableError
            When the folder holds another grain, or can't be written.
        """
        return self._series.to_dataset(folder, which)

    def __repr__(self) -> str:
        """Say what was followed, and what came."""
        receipt = self.receipt
        return (
            f"Followed({many(len(self.query.tweet_ids), 'tweet')}, "
            f"every {length(self.spec.every)}, {iso(self.spec.since)} to {iso(self.spec.until)}: "
            f"{receipt.taken:,} of {many(receipt.due, 'due snapshot')} taken; {receipt.state})"
        )

    def _repr_html_(self) -> str:
        return self.receipt.to_html()


class _Series(Result):
    """The observations of a result within a following."""

    def __init__(self, plan: Plan, store: Store, refs: Sequence[str], spec: Spec) -> None:
        super().__init__(plan, store, refs)
        self._since, self._until = spec.since, spec.until

    def to_arrow(
        self, which: str | None = None, *, as_of: AsOf = None, history: bool = True
    ) -> pa.Table:
        """Give every observation from its beginning on and before its end."""
        import pyarrow as pa
        import pyarrow.compute as pc

        del history
        table = super().to_arrow(which, as_of=as_of or self.plan.now, history=True)
        seen = table["observed_at"]
        since, until = (pa.scalar(one, seen.type) for one in (self._since, self._until))
        return table.filter(pc.and_(pc.greater_equal(seen, since), pc.less(seen, until)))


def follows_of(store: Store) -> tuple[Followed, ...]:
    """List the followings of a store, the oldest first."""
    return tuple(Followed(store, spec) for spec in Follows(store).specs())
