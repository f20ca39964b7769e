"""Looking ahead: what of ids, or of a store, can soon no more be had."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from engagement_kit.answers.answer import Source
from engagement_kit.answers.store import Store
from engagement_kit.client.expiry import Expiring
from engagement_kit.client.looked_at import (
    SUBJECT,
    Named,
    by_tweet,
    is_store,
    opened_store,
    subject_of,
)
from engagement_kit.client.standing import Standing
from engagement_kit.errors import Problem, QueryError
from engagement_kit.question import checks
from engagement_kit.question.checks import SPAN, is_rate, is_span
from engagement_kit.question.expiry import Names, Scope, losing, offered
from engagement_kit.question.known import SETTLE, Known
from engagement_kit.question.owners import Owners
from engagement_kit.question.query import Query
from engagement_kit.question.rules import PROFILES, ProfileName
from engagement_kit.question.seen import Seen
from engagement_kit.question.settling import Settle
from engagement_kit.question.settling import problems as settle_problems
from engagement_kit.question.spelling import no_such
from engagement_kit.question.tweet_ids import as_numbers
from engagement_kit.question.where import Where

_WEEK: Final = timedelta(days=7)
_LONGEST: Final = timedelta(days=36_525)
_AHEAD: Final = f"{SPAN}, and at most {_LONGEST.days:,} days"
_NOW: Final = "an aware datetime of the years 2000 to 9000, such as datetime.now(timezone.utc)"
_SHAPES: Final = ("hour", "day")
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)


def expiring(
    store_or_ids: object,
    within: timedelta = _WEEK,
    *,
    now: datetime | None = None,
    metrics: str | Iterable[str] | None = None,
    profile: ProfileName = "reference",
    by: Literal["hour", "day"] | None = None,
    owners: Owners = None,
    store: str | Path | Store | None = None,
    settle: Settle = SETTLE,
    per_minute: float | None = None,
) -> Expiring:
    """Tell what soon can no more be had, when, and what it takes to save it. Nothing is sent.

    Parameters
    ----------
    store_or_ids
        The folder of a raw store, or a Store: the tweets that it holds, and the metrics that were
        asked of them. Or tweet ids, in any form that a Query takes. Or a Query: its tweets,
        metrics, and what of its period stands still: the first days of a tweet, or the time
        between two moments. ``ek.last(...)`` and 28hr move on with time, and bound nothing: all
        hours of its tweets are looked at.
    within
        How far to look ahead.
    now
        From when. None: real time. For a store of an emulator it must be given, for that has its
        own clock; `Client.expiring` knows it.
    metrics
        Which to look at, as in Query. None: of a store those that were asked; of ids all.
    profile : {'reference', 'overview'}
        How far historical reaches. By the second, hours are lost after 365 days.
    by : {'hour', 'day'}, optional
        What is counted on historical: a day is lost with its first hour. None: as the store holds
        it, else hours.
    owners
        As in Query, for the queries that save it; for a store one account or a mapping. None: of a
        store who signed before.
    store
        For ids: a store that holds some of it already.
    settle
        Hours that were observed so long after their end are safe; a mapping of metric to time
        gives each its own, as ``ek.revisions(store).settle()`` does. Give the same to what runs
        the queries.
    per_minute
        The contract's rate, by which plans say what can be in time.

    Returns
    -------
    Expiring
        ``to_pandas()``, the first deadline first; ``queries`` that save it, ``requests`` that
        these take, ``counts`` of 1, 7 and 30 days; and ``lost``, what is gone already.

    Raises
    ------
    QueryError
        For an argument that means nothing, among it a text that is neither a folder nor ids, and
        for a store of an emulator without `now`.
    StoreError
        When a Path leads to no folder, or a folder holds no store.

    Notes
    -----
    Impressions and engagements of totals are counted of tweets up to 90 days old, video_views, on
    every endpoint, up to 1800 days. Counts over the whole life go on growing: they are listed with
    the moment when they were last observed. Hours of history are safe once they were observed
    after they were over and settled. What the last 28 hours count, historical counts later, too.

    Examples
    --------
    >>> ids = [str((1_772_000_000_000 - 1_288_834_974_657) << 22)]
    >>> soon = expiring(ids, now=datetime(2026, 5, 25, tzinfo=UTC))
    >>> soon.table[["endpoint", "metrics", "deadline"]].astype(str).values.tolist()
    [['totals', 'impressions, engagements', '2026-05-26 06:13:20+00:00']]
    >>> soon.requests
    1
    """
    _check(within, now, profile, by=by, settle=settle, per_minute=per_minute)
    where = Where(profile=profile)
    store_or_ids, named = by_tweet(store_or_ids, owners)
    subject = subject_of(store_or_ids, store)
    where, now = _as_stored(subject.known, where, now)
    names = _names(metrics)
    source = where.source if subject.known else None
    looking = _Looking(where, now, within, names, by, named, settle, per_minute, source)
    return looking.at(*subject)


class LookingAhead(Standing):
    """A client's looking ahead; see `engagement_kit.client.client.Client`."""

    def expiring(
        self,
        store_or_ids: object = None,
        within: timedelta = _WEEK,
        *,
        metrics: str | Iterable[str] | None = None,
        by: Literal["hour", "day"] | None = None,
        owners: Owners = None,
        store: str | Path | Store | None = None,
        settle: Settle = SETTLE,
    ) -> Expiring:
        """Tell what soon can no more be had; see ``ek.expiring``. Nothing is sent.

        By the client's clock, its profile of historical and its contract's rate.

        Parameters
        ----------
        store_or_ids
            As in ``ek.expiring``; None: the client's own store.
        within, metrics, by, owners, settle
            As in ``ek.expiring``.
        store
            For ids: the store that holds some of it already; the client's own by default.

        Returns
        -------
        Expiring
            Its ``queries`` are for `run`, with ``order="deadline"``.

        Raises
        ------
        QueryError
            For an argument that means nothing, as in ``ek.expiring``.
        StoreError
            When a Path or `store` leads to no folder, or the folder holds no store. The client's
            own may be new.

        Examples
        --------
        >>> import engagement_kit as ek
        >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        ...     soon = client.expiring(ek.sample_ids(client, 2000), timedelta(days=1))
        ...     how = {"order": "deadline", "progress": False}
        ...     saved = [client.run(one, **how) for one in soon.queries]
        >>> len(saved) == len(soon.queries), soon.source
        (True, 'emulator')
        """
        now, where, rate = self.now(), self.connection.where, self.per_minute
        _check(within, now, where.profile, by=by, settle=settle, per_minute=rate)
        if store_or_ids is None:
            store_or_ids = self._open(None) if store is None else opened_store(store)
        elif store is None and not is_store(store_or_ids):
            store = self._open(None)
        store_or_ids, named = by_tweet(store_or_ids, owners)
        given, known, gone = subject_of(store_or_ids, store)
        here = tuple(one for one in known if one.service == where.service)
        names = _names(metrics)
        looking = _Looking(where, now, within, names, by, named, settle, rate, self.source)
        return looking.at(given, here, gone)


def _names(metrics: Any) -> Names | None:
    """Read names of metrics; None for whatever is on offer."""
    if metrics is None:
        return None
    problems: list[Problem] = []
    names, _ = checks.metrics(metrics, None, problems)
    if problems:
        raise QueryError(tuple(problems), SUBJECT)
    return names


def _as_stored(
    known: tuple[Known, ...], where: Where, now: datetime | None
) -> tuple[Where, datetime]:
    """Tell whose answers a store holds, and from when to look ahead.

    Raises
    ------
    QueryError
        When they are of several services, or of an emulator, whose clock nobody knows here.
    """
    services = sorted({one.service for one in known})
    if len(services) > 1:
        why = "the store holds answers of several services; client.expiring(store) takes its own"
        raise QueryError((Problem("store", ", ".join(services), why),), SUBJECT)
    if services:
        where = Where(service=services[0], profile=where.profile)
    if now is not None:
        return where, now
    if where.source == "emulator":
        why = f"the store is of {where.service}, which has its own clock"
        hint = "Give now=client.now() (--now in a terminal), or call client.expiring(store)."
        raise QueryError((Problem("now", "None", why, hint),), SUBJECT)
    return where, datetime.now(UTC)


@dataclass(frozen=True)
class _Looking:
    """How to look: to whom, from when, and at which numbers; as in `expiring`."""

    where: Where
    now: datetime
    within: timedelta
    names: Names | None
    by: str | None
    owners: Named
    settle: Settle
    per_minute: float | None
    source: Source | None

    def at(
        self, given: Query | tuple[str, ...] | None, known: tuple[Known, ...], gone: int
    ) -> Expiring:
        """Look at a query's tweets, at ids, or at all of a store."""
        numbers = None
        if given is not None:
            numbers = given.numbers if isinstance(given, Query) else as_numbers(given)
        seen = Seen(known, self.settle, numbers) if known else None
        ids: tuple[str, ...] = ()
        if isinstance(given, Query):
            ids = given.tweet_ids
        elif given is not None:
            ids = given
        elif seen is not None:
            numbers = seen.numbers
            ids = tuple(map(str, numbers.tolist()))
        scope = self._scope(given, seen)
        found = losing(as_numbers(ids) if numbers is None else numbers, scope, seen)
        owners = self._owners(given, seen)
        rate = self.per_minute
        return Expiring(
            ids,
            scope,
            self.where,
            found,
            known,
            owners,
            rate,
            purged=gone,
            settle=self.settle,
            source=self.source,
        )

    def _scope(self, given: Query | tuple[str, ...] | None, seen: Seen | None) -> Scope:
        totals = offered("totals", self.names)
        windowed = offered("historical", self.names)
        period, level = None, self.by or ("hour" if seen is None else seen.level)
        if isinstance(given, Query):
            chosen = self.names or given.metrics
            is_totals = given.endpoint == "totals"
            totals = offered("totals", chosen) if is_totals else ()
            windowed = () if is_totals else offered("historical", chosen)
            period = given.period
            level = self.by or ("day" if given.by == "day" else "hour")
        elif given is None and self.names is None:
            totals = () if seen is None else offered("totals", seen.metrics("totals"))
            windowed = () if seen is None else offered("historical", seen.metrics("historical"))
        return Scope(
            self.now.astimezone(UTC),
            self.within,
            self.where.profile,
            level,
            totals,
            windowed,
            period,
        )

    def _owners(self, given: Query | tuple[str, ...] | None, seen: Seen | None) -> Named:
        if self.owners is not None or (seen is None and not isinstance(given, Query)):
            return self.owners
        if isinstance(given, Query) and given.owners is not None:
            return dict(given.owners) if isinstance(given.owners, tuple) else given.owners
        return None if seen is None else seen.owners


def _check(within: Any, now: Any, profile: Any, *, by: Any, settle: Any, per_minute: Any) -> None:
    """Refuse arguments that mean nothing, all at once."""
    aware = now is None or (
        isinstance(now, datetime) and now.tzinfo is not None and _EARLIEST <= now <= _LATEST
    )
    found = {
        Problem("within", repr(within), f"allowed: {_AHEAD}"): is_span(within)
        and within <= _LONGEST,
        Problem("now", repr(now), f"allowed: {_NOW}, or None"): aware,
        no_such("profile", profile, PROFILES): isinstance(profile, str) and profile in PROFILES,
        no_such("by", by, _SHAPES, ", or None"): by is None
        or (isinstance(by, str) and by in _SHAPES),
        Problem("per_minute", repr(per_minute), "allowed: a rate above 0, or None"): per_minute
        is None
        or is_rate(per_minute),
    }
    problems = tuple(problem for problem, right in found.items() if not right)
    problems += tuple(settle_problems(settle))
    if problems:
        raise QueryError(problems, SUBJECT)
