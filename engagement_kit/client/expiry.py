"""What soon can no more be had: its table, the queries that save it, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from engagement_kit.answers.answer import Source
from engagement_kit.question import markup
from engagement_kit.question import metrics as registry
from engagement_kit.question.amounts import many
from engagement_kit.question.expiry import NO_HOUR, Kind, Losing, Scope, narrowed
from engagement_kit.question.hours import Hours, floor_day, floor_hour, iso, moment
from engagement_kit.question.known import SETTLE, Known
from engagement_kit.question.losses import PURGED
from engagement_kit.question.micros import HOUR_US, NEVER, Micros, moment_at
from engagement_kit.question.owners import Owners
from engagement_kit.question.periods import Between, First
from engagement_kit.question.plan import Plan, plan
from engagement_kit.question.query import Query
from engagement_kit.question.rules import WINDOW_HOURS
from engagement_kit.question.settling import Settle
from engagement_kit.question.where import Where
from engagement_kit.tables.schema import INVENTED
from engagement_kit.tables.source import marks

if TYPE_CHECKING:
    import pandas as pd

_DAY: Final = timedelta(days=1)
_SPANS: Final = (_DAY, 7 * _DAY, 30 * _DAY)
_TIME: Final = pa.timestamp("us", tz="UTC")
_WORDS: Final = pa.dictionary(pa.int8(), pa.string())
SCHEMA: Final = pa.schema(
    [
        pa.field("tweet_id", pa.dictionary(pa.int32(), pa.string())),
        pa.field("endpoint", _WORDS),
        pa.field("metrics", _WORDS),
        pa.field("start", _TIME),
        pa.field("end", _TIME),
        pa.field("deadline", _TIME),
        pa.field("last_observed", _TIME),
        pa.field("source", _WORDS),
    ]
)


class Count(NamedTuple):
    """How much is lost within a span, and how many requests save it.

    Attributes
    ----------
    within
        The span, from now.
    tweets
        How many tweets lose something.
    requests
        How many requests save that.
    """

    within: timedelta
    tweets: int
    requests: int


@dataclass(frozen=True, eq=False)
class Expiring:
    """What of tweets can be had now, and soon no more. Made by ``ek.expiring``.

    Attributes
    ----------
    tweet_ids
        The tweets that were looked at.
    scope
        The moment, how far ahead, and which numbers.
    where
        To whom the queries that save it would go; it has the profile of historical.
    found
        What was found, as columns.
    known
        What is stored already; it is not asked again.
    per_minute
        The contract's rate; None where it is not known.
    purged
        How many tweets that were given are left out, for they were purged from the store.
    owners
        Who owns the tweets: one account, or the account of each by the tweet's id.
    settle
        How long after its end an hour may still be revised, as it was given.
    source
        ``live`` or ``emulator``; None where tweets were given alone: ids do not say it.
    """

    tweet_ids: tuple[str, ...]
    scope: Scope
    where: Where
    found: Losing
    known: tuple[Known, ...] = field(default=(), repr=False)
    owners: Owners = field(default=None, repr=False)
    per_minute: float | None = None
    purged: int = 0
    settle: Settle = field(default=SETTLE, repr=False)
    source: Source | None = None

    # --- the table ----------------------------------------------------------------------------
    def __len__(self) -> int:
        """How many lines the table has."""
        return len(self.found.rows.tweet)

    def to_arrow(self) -> pa.Table:
        """Give the table as Arrow; see `to_pandas`."""
        rows, kinds = self.found.rows, self.found.kinds
        used, code = np.unique(rows.tweet, return_inverse=True)
        ids = [self.tweet_ids[one] for one in used.tolist()]
        columns = [
            _dictionary(code.astype(np.int32), ids),
            _words(rows.kind, [one.endpoint for one in kinds]),
            _words(rows.kind, [", ".join(one.metrics) for one in kinds]),
            _hours(rows.start),
            _hours(rows.end),
            _moments(rows.deadline),
            _moments(rows.seen),
            pa.nulls(len(self), _WORDS)
            if self.source is None
            else _words(np.zeros_like(rows.kind), [self.source]),
        ]
        return pa.table(columns, schema=SCHEMA)

    def to_pandas(self) -> pd.DataFrame:
        """Give the table as a DataFrame, the first deadline first.

        Returns
        -------
        pandas.DataFrame
            A line for each tweet and set of metrics. ``start`` and ``end`` are the hours of
            historical that are lost, the first with the deadline; null for counts over the whole
            life. ``deadline`` is the last moment at which they can be had. ``last_observed`` is
            when the store last saw such a count; null for never. ``source`` is ``live`` or
            ``emulator``; null where tweets were given alone.
        """
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    @cached_property
    def table(self) -> pd.DataFrame:
        """The table as a DataFrame; see `to_pandas`."""
        return self.to_pandas()

    @property
    def lost(self) -> dict[tuple[str, str], int]:
        """How many tweets have lost what already, by endpoint and metrics; of history, some of it.

        A store may hold what was asked in time: its tweets are counted here, and in `kept`.
        """
        return {name: count for name, count in self._by_name(self.found.lost).items() if count}

    @property
    def kept(self) -> dict[tuple[str, str], int]:
        """Of how many of the tweets of `lost` the store holds it: a last count, or all hours."""
        return {name: self._by_name(self.found.kept)[name] for name in self.lost}

    def _by_name(self, tweets: Sequence[int]) -> dict[tuple[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        for kind, many_of_it in zip(self.found.kinds, tweets, strict=True):
            name = (kind.endpoint, ", ".join(kind.metrics))
            counts[name] = counts.get(name, 0) + many_of_it
        return counts

    # --- what saves it ------------------------------------------------------------------------
    @cached_property
    def queries(self) -> tuple[Query, ...]:
        """The questions that save it, for ``client.run(query, order="deadline")``.

        Hours about to fall out of reach are asked with those after them, up to 28 days: that takes
        no request more, and the next weeks need none. Where `settle` was given, give the same to
        ``client.run``.
        """
        return tuple(self._queries())

    def _queries(self) -> Iterator[Query]:
        groups: dict[tuple[str, int | None], list[int]] = {}
        for at_kind, kind in enumerate(self.found.kinds):
            groups.setdefault((kind.endpoint, kind.days), []).append(at_kind)
        for kinds in groups.values():
            chosen = np.isin(self.found.rows.kind, kinds)
            tweets = list(dict.fromkeys(self.found.rows.tweet[chosen].tolist()))
            if tweets:
                used = np.unique(self.found.rows.kind[chosen]).tolist()
                yield self._query([self.found.kinds[one] for one in used], tweets)

    def _query(self, kinds: Sequence[Kind], tweets: Sequence[int]) -> Query:
        ids = [self.tweet_ids[one] for one in tweets]
        names = {name for one in kinds for name in one.metrics}
        metrics = [name for name in registry.METRICS if name in names]
        options: dict[str, Any] = {"owners": self._owners_of(ids)}
        if kinds[0].endpoint == "historical":
            options |= {"by": self.scope.level, "period": self._period(kinds[0])}
        return Query(kinds[0].endpoint, ids, metrics, **options)

    def _owners_of(self, ids: Sequence[str]) -> Owners:
        if not isinstance(self.owners, dict):
            return self.owners
        named = {one: self.owners[one] for one in ids if one in self.owners}
        alone = len(named) == len(ids) and len(set(named.values())) == 1
        return next(iter(named.values())) if alone else named or None

    def _period(self, kind: Kind) -> Between | First:
        period = self.scope.period
        if kind.days is not None:
            return period if isinstance(period, Between | First) else First(kind.days * 24)
        first, past = self.scope.edges
        over = floor_hour(self.scope.now)
        over = floor_day(over) if self.scope.level == "day" else over
        if isinstance(period, Between):
            first = max(first, floor_hour(period.start))
            over = min(over, floor_hour(period.end))
        return Between(moment(first), moment(min(max(past, first + WINDOW_HOURS), over)))

    @cached_property
    def plans(self) -> tuple[Plan, ...]:
        """What each of `queries` takes, in the order of deadlines."""
        return tuple(
            plan(
                one,
                now=self.scope.now,
                have=self.known,
                where=self.where,
                settle=self.settle,
                per_minute=self.per_minute,
                order="deadline",
            )
            for one in self.queries
        )

    @property
    def requests(self) -> int:
        """How many requests save all of it."""
        return sum(map(len, self.plans))

    @cached_property
    def counts(self) -> tuple[Count, ...]:
        """How much is lost within 1, 7 and 30 days as far as it was looked ahead, and in all."""
        spans = [*(one for one in _SPANS if one < self.scope.within), self.scope.within]
        return tuple(self._count(span) for span in spans)

    def _count(self, span: timedelta) -> Count:
        part = self
        if span < self.scope.within:
            scope = replace(self.scope, within=span)
            part = replace(self, scope=scope, found=narrowed(self.found, scope.now + span))
        return Count(span, len(np.unique(part.found.rows.tweet)), part.requests)

    # --- how it is shown ----------------------------------------------------------------------
    def lines(self) -> list[tuple[str, str]]:
        """Say it in words, as pairs of a label and a text."""
        rows = [("source", INVENTED)] if self.source == "emulator" else []
        rows += [
            (_in(one.within), f"{many(one.tweets, 'tweet')}, {_saved(one.requests)}")
            for one in self.counts
        ]
        rows += [
            (f"{kind.endpoint} {registry.in_words(kind.metrics)}", said)
            for kind, said in self._each()
        ]
        rows += [("lost already", said) for said in self._lost_in_words()]
        if self.purged:
            rows.append(("left out (purged)", f"{many(self.purged, 'tweet')}: {PURGED}"))
        if self.where.profile == "reference":
            return rows
        return [*rows, ("reach of historical", f"profile {self.where.profile!r}")]

    def _lost_in_words(self) -> Iterator[str]:
        for (endpoint, names), count in self.lost.items():
            kept = self.kept[endpoint, names]
            more = f", {kept:,} of them stored in time" if kept else ""
            words = registry.in_words(names.split(", "))
            yield f"{endpoint} {words} of {many(count, 'tweet')}{more}"

    def _each(self) -> Iterator[tuple[Kind, str]]:
        rows = self.found.rows
        for place, kind in enumerate(self.found.kinds):
            here = rows.kind == place
            if here.any():
                first = moment_at(int(rows.deadline[here].min())).replace(microsecond=0)
                never = int((rows.seen[here] == NEVER).sum())
                more = f", {never:,} of them never observed" if never and self.known else ""
                yield kind, f"{many(int(here.sum()), 'tweet')}{more}; the first at {iso(first)}"

    def _title(self) -> str:
        ahead = self.scope.within
        when = f"within {_days(ahead)} of" if ahead else "at"
        return f"Expiring {when} {iso(self.scope.now)}"

    def __repr__(self) -> str:
        """Say in a few lines what is lost when, and what saves it."""
        return "\n".join([self._title(), *(f"  {name}: {text}" for name, text in self.lines())])

    def _repr_html_(self) -> str:
        facts = [row for row in self.lines() if row[0] != "source"]
        return markup.together(*marks(self.source), markup.facts(self._title(), facts))


def _saved(requests: int) -> str:
    if not requests:
        return "nothing is to be asked"
    return f"{many(requests, 'request')} {'saves' if requests == 1 else 'save'} it"


def _in(span: timedelta) -> str:
    return f"in {_days(span)}" if span else "now"


def _days(span: timedelta) -> str:
    """Say a length of time.

    Examples
    --------
    >>> _days(timedelta(days=7)), _days(timedelta(hours=36)), _days(timedelta(minutes=90))
    ('7 days', '36 hours', '90 minutes')
    """
    for unit, noun in (
        (_DAY, "day"),
        (timedelta(hours=1), "hour"),
        (timedelta(minutes=1), "minute"),
    ):
        if span >= unit and not span % unit:
            return many(span // unit, noun)
    return str(span)


def _words(codes: Hours, words: Sequence[str]) -> pa.DictionaryArray:
    """Give words by codes, each word once: pandas knows no category twice."""
    place = {word: at for at, word in enumerate(dict.fromkeys(words))}
    short = np.array([place[word] for word in words], dtype=np.int8)
    return _dictionary(short[codes], list(place))


def _dictionary(codes: Any, words: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words, pa.string()))


def _hours(hours: Hours) -> pa.Array:
    none = hours == NO_HOUR
    return pa.array(np.where(none, 0, hours) * HOUR_US, pa.int64(), mask=none).cast(_TIME)


def _moments(moments: Micros) -> pa.Array:
    return pa.array(moments, pa.int64(), mask=moments == NEVER).cast(_TIME)
