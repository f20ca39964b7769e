"""The Result: a run's answers as tables, with what is missing and the receipt. Works offline."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from engagement_kit.answers.answer import Answer
from engagement_kit.client import shown
from engagement_kit.client.counting import count_fates, count_rows
from engagement_kit.client.forgotten import loaded, purged_numbers, with_purged
from engagement_kit.client.moments import Moments
from engagement_kit.client.receipt import Receipt
from engagement_kit.client.result_origin import Origin
from engagement_kit.client.scope import purged_too, scope_of_base, scope_of_written
from engagement_kit.client.unowned import not_owned
from engagement_kit.errors import NoSuchTable
from engagement_kit.question.plan import CARRIERS
from engagement_kit.question.query import LEVELS_BY
from engagement_kit.question.request import Request
from engagement_kit.question.rules import DAY, HOUR, Levels, fineness
from engagement_kit.question.spelling import near
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.assemble import Base, gather
from engagement_kit.tables.derive import derive, grain_for
from engagement_kit.tables.fates import Lost, losses
from engagement_kit.tables.free_checks import NOTHING
from engagement_kit.tables.schema import Cells, build, to_pandas
from engagement_kit.tables.source import source_of
from engagement_kit.tables.spans import joined
from engagement_kit.tables.times import AsOf, as_of_moment
from engagement_kit.tables.written import has_counts, read_written

if TYPE_CHECKING:
    import pandas as pd

_GRAINS: Final[dict[str, Levels]] = {
    "hour": LEVELS_BY["hour"],
    "day": LEVELS_BY["day"],
    "hour_of_day": LEVELS_BY["hour_of_day"],
    "window": LEVELS_BY["total"],
    "lifetime": LEVELS_BY["total"],
}
_COARSER: Final[dict[str, tuple[str, ...]]] = {
    "hour": ("hour", "day", "hour_of_day", "window"),
    "day": ("day", "window"),
    "lifetime": ("lifetime",),
}
"""Tables that can be made of what was asked for."""
_KEPT_ROWS: Final = 1_000_000
"""Larger tables are made anew each time: that takes little, and to keep them takes memory."""


class Result(Origin):
    """The answers to one query.

    Made by ``client.run`` or ``ek.open``; tables are built when they are first asked for. Of tweets
    that a purge of this process, or another, has forgotten since, it gives rows with the status
    ``purged``, and no count.

    Attributes
    ----------
    store
        Where the raw answers are.
    effort
        What the run took.
    contract
        What the run did to the contract, in words; empty where it kept to it.
    limits
        What the last session kept to, as it was given to ``ek.connect``: ``threads``,
        ``per_minute``, ``contracted``, ``overage``. None where an older kit asked.
    """

    # --- tables -------------------------------------------------------------------------------
    def to_arrow(
        self, which: str | None = None, *, as_of: AsOf = None, history: bool = False
    ) -> pa.Table:
        """Give a tidy table as Arrow; see `to_pandas`.

        Parameters
        ----------
        which, as_of, history
            As in `to_pandas`.

        Returns
        -------
        pyarrow.Table
            The tidy table.
        """
        as_of = as_of_moment(as_of)
        self._let_go()
        if as_of is not None or history:  # not kept: the store may grow
            return self._observed(which, as_of, history=history)
        if which in self._tables:
            return self._tables[which]
        table = self._build(which)
        if table.num_rows <= _KEPT_ROWS:
            self._tables[which] = table
        return table

    @cached_property
    def _tables(self) -> dict[str | None, pa.Table]:
        return {}

    def to_pandas(
        self, which: str | None = None, *, as_of: AsOf = None, history: bool = False
    ) -> pd.DataFrame:
        """Give a tidy table as a DataFrame.

        Parameters
        ----------
        which
            A grain (``hour``, ``day``, ``window``, ``hour_of_day``, ``lifetime``) or the name of
            one of the query's groupings. The default is what the query asked for, the finest
            grouping where there are several. Coarser tables are summed from finer ones; such a
            sum is null when a piece is missing, and has no `request_key` when it comes from
            several answers. Days are UTC days; for those of another time zone sum hours:
            ``ek.total(result.table("hour"), "tweet_id", freq="day", tz="Europe/Berlin")``.
        as_of
            The same numbers as they were known at a moment (aware, or ISO text; inclusive): from
            all answers of the store that tell of them, this run's and others'. What was not
            observed by then is missing, as ``not_asked`` where nothing else is known of it. None:
            this run's answers.
        history
            Every observation of each number in the store, up to `as_of`: a row for each moment.

        Returns
        -------
        pandas.DataFrame
            Rows in the order of the query's tweets, metrics and of time, then of observation.

        Raises
        ------
        NoSuchTable
            When the answers do not hold that grain, or `as_of` has no time zone.
        StoreError
            When an answer is gone or damaged.

        Notes
        -----
        `as_of` and `history` keep to the numbers of this result: the period is the one that it was
        planned for, and what was not over or out of reach then stays so. What has grown too old to
        be asked keeps the last count of it. Counts serve whoever signed for them, but only at the
        level that was asked for: answers by the hour tell nothing of a result by day.

        A history holds what each answer tells by itself. A coarser number has a row for each
        answer that holds all of its pieces: a sum over more days than the API gives at once has
        none. Rows without a count are those of which an answer says why. ``ek.total`` takes the
        latest observation of each number.

        Raw groupings that the API answered as written, without counts of each tweet, are read from
        this run's own answers alone: they have an `as_of`, and no `history`.

        Examples
        --------
        >>> from datetime import timedelta
        >>> import engagement_kit as ek
        >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        ...     query = ek.Query("totals", ek.sample_ids(client, 1), ["impressions"])
        ...     then, _ = client.now(), client.run(query, progress=False)
        ...     client.emulator.clock.travel(timedelta(hours=6))
        ...     result = client.run(query, progress=False)
        >>> every = result.to_pandas(history=True)
        >>> [f"{one:%H:%M}" for one in every["observed_at"]]
        ['12:00', '18:00']
        >>> result.to_pandas(as_of=then)["value"].equals(every["value"][:1])
        True
        """
        table = self.to_arrow(which, as_of=as_of, history=history)
        return to_pandas(table, consume=table.num_rows > _KEPT_ROWS)

    table = to_pandas

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables that `to_pandas` can give, the default one first."""
        own = sorted(
            dict(self.plan.query.wanted_groupings).items(), key=lambda one: -fineness(one[1])
        )
        names = [name for name, _ in own]
        if self.plan.query.by is not None:
            names = [grain_for(self.plan.wanted, own[0][1]), *_COARSER[self.plan.wanted.level]]
        return tuple(dict.fromkeys(names))

    @property
    def missing(self) -> pd.DataFrame:
        """Every wanted number without a count: one row per tweet, metric and missed span.

        The table has a row for each answer that tells of a part of a span, with its `request_key`.
        Here parts that meet are one: `observed_at` is that of the first answer, and `request_key`
        null where there are several. ``ek.total`` takes spans apart. A tweet that was created after
        the period has its row, too, though there is nothing to count, and nothing is missing.
        """
        table = self.to_arrow()
        return to_pandas(joined(table.filter(pc.is_null(table.column("value")))))

    # --- what became of it --------------------------------------------------------------------
    @property
    def receipt(self) -> Receipt:
        """Every wanted number has one fate; the sum is checked when this is made."""
        self._let_go()
        return self._receipt

    @cached_property
    def _receipt(self) -> Receipt:
        if self._carried:
            answered, fates, findings = count_fates(self._base, self._lost)
            wanted = self._base.wanted
            fates, asked, later = purged_numbers(
                self.plan, fates, wanted.numbers_asked(), len(wanted.created_after())
            )
            scope = scope_of_base(self.plan.query, self._base)
            why = not_owned(self.plan, self._base, self._lost)
        else:
            table = self.to_arrow()
            answered, fates = count_rows(table)
            findings, asked, later = 0, answered + sum(fates.values()), 0
            scope = scope_of_written(self.plan.query, table, self.answers())
            why = ()
        return Receipt(
            asked=asked,
            answered=answered,
            fates=fates,
            created_after=later,
            findings=findings,
            requests=len(self.plan.requests),
            reused=len(self.plan.reused),
            effort=self.effort,
            checks=self._base.checks if self._carried else NOTHING,
            planned_at=self.plan.now,
            failures=tuple(map(str, self.failures)),
            source=self.source,
            accounts=self.plan.price.accounts,
            scope=purged_too(scope, self.plan),
            not_owned=why,
            contract=self.contract,
        )

    def answers(self) -> Iterator[Answer]:
        """Load the raw answers behind this result, one at a time: all at once may be gigabytes.

        Yields
        ------
        Answer
            Its ``body`` is the JSON as the API sent it, unpacked, in bytes.

        Examples
        --------
        >>> import engagement_kit as ek
        >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        ...     result = client.run(ek.Query("totals", ek.sample_ids(client, 1), ["replies"]))
        ...     print(next(result.answers()).body.decode())
        {"by tweet":{"2061384949969226276":{"replies":"0"}},"check by metric":{"replies":"0"}}
        """
        return (loaded(self.store, ref) for ref in self.refs)

    @property
    def source(self) -> str | None:
        """``live`` or ``emulator``; None when nothing was answered."""
        self._let_go()
        return source_of(self._base.sources)

    @property
    def wanted(self) -> Wanted | None:
        """Which numbers it is about, on 28hr with the window that the API chose.

        None where the answer holds only raw groupings, and no counts of each tweet.
        """
        self._let_go()
        return self._base.wanted if self._carried else None

    def __repr__(self) -> str:
        """Say what was asked, what came and when, and from where."""
        return shown.result_text(self)

    def _repr_html_(self) -> str:
        self._let_go()
        return shown.result(self, self._head)

    @cached_property
    def _head(self) -> shown.Head:
        """The first rows: kept, for the whole table may be large."""
        return shown.head_of(self.to_arrow())

    # --- how tables are made ------------------------------------------------------------------
    @cached_property
    def _base(self) -> Base:
        return gather(self.plan.wanted, self.answers())

    @cached_property
    def _lost(self) -> list[Lost]:
        return losses(self._base, self._failed())

    def _failed(self, as_of: datetime | None = None) -> list[tuple[Request, str]]:
        """List the requests without counts, by when the run was planned: that is what is known."""
        if as_of is not None and as_of < self.plan.now:
            return []
        failed = [(one.request, str(one.status)) for one in self.failures]
        return [*failed, *((one, "not_owned") for one in self.plan.unsigned)]

    @property
    def _carried(self) -> bool:
        """Whether the answers hold the counts of each tweet, from which all else can be summed."""
        counting = next(filter(has_counts, self.answers()), None) if self.plan.as_written else None
        if counting is None:
            return True
        # By the answer itself: without purged tweets, one request may do where several were sent.
        base = set(CARRIERS[self.plan.wanted.level][1])
        return any(set(levels) == base for _, levels in counting.request.groupings)

    def _build(self, which: str | None) -> pa.Table:
        name, levels = self._levels(which)
        return with_purged(self.plan, self._of_answers(which, name, levels), levels)

    def _of_answers(self, which: str | None, name: str | None, levels: Levels) -> pa.Table:
        if self._carried:
            self._check_grain(levels)
            cells = derive(self._base, self._lost, levels)
            return self._table(levels, cells, self._base.sources)
        if name is None:
            msg = f"the answer holds only the groupings that were asked for; {which!r} is not one"
            raise NoSuchTable(msg)
        return read_written(self.plan.query, self.answers(), name)

    def _table(self, levels: Levels, cells: Cells, sources: Collection[str]) -> pa.Table:
        grain, endpoint = grain_for(self.plan.wanted, levels), self.plan.query.endpoint
        return build(cells, grain, endpoint=endpoint, source=source_of(sources))

    # --- what else the store knows ------------------------------------------------------------
    def _observed(self, which: str | None, as_of: datetime | None, *, history: bool) -> pa.Table:
        """Give the numbers as they were known at a moment, or each time that they were."""
        name, levels = self._levels(which)
        if not self._carried:
            return self._own(which, name, as_of, history=history)
        self._check_grain(levels)
        moments = Moments(self._base.wanted, self.plan.where, self.store)
        if history:
            return self._table(levels, *moments.history(levels, as_of))
        table = self._table(levels, *moments.latest(levels, as_of, self._failed(as_of)))
        return with_purged(self.plan, table, levels)

    def _own(
        self, which: str | None, name: str | None, as_of: datetime | None, *, history: bool
    ) -> pa.Table:
        """Give raw groupings as written, from the answers of this run up to a moment."""
        if history:
            msg = (
                "history needs counts of each tweet, and the answer holds only the groupings that "
                "were asked for; ask with by=... for that"
            )
            raise NoSuchTable(msg)
        if name is None or as_of is None:
            return self._build(which)
        # A second answer to a request at one moment has a name of its own: the one it is kept by.
        refs = [ref for ref in self.refs if self.store.load(ref).observed_at <= as_of]
        failures = self.failures if as_of >= self.plan.now else ()
        return Result(self.plan, self.store, refs, failures).to_arrow(which)

    def _levels(self, which: str | None) -> tuple[str | None, Levels]:
        """Find what a table is called in the answer, and its levels."""
        groupings = dict(self.plan.query.wanted_groupings)
        if which is None:
            which = max(groupings, key=lambda name: fineness(groupings[name]))
        if which in groupings and self.plan.query.by is None:
            return which, groupings[which]
        if which == "total":
            which = "lifetime" if self.plan.wanted.level == "lifetime" else "window"
        if which in _GRAINS:
            return None, _GRAINS[which]
        allowed = ", ".join([*_GRAINS, *map(repr, groupings)])
        hint = near(which, [*_GRAINS, *groupings])
        msg = f"no table is called {which!r}; allowed: {allowed}{f'. {hint}' if hint else ''}"
        raise NoSuchTable(msg)

    def _check_grain(self, levels: Levels) -> None:
        """Refuse what is finer than what was asked of the API."""
        finest = set(CARRIERS[self.plan.wanted.level][1])
        if not {DAY, HOUR} & set(levels) <= finest:
            msg = (
                f"the answers count by {self.plan.wanted.level}, which can't give "
                f"{grain_for(self.plan.wanted, levels)!r}; ask with by='hour' for that"
            )
            raise NoSuchTable(msg)
