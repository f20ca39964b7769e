"""A client's following: snapshots of totals on a schedule."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engagement_kit.client import contract, options
from engagement_kit.client.asking import Asking
from engagement_kit.client.follow_bar import Bar
from engagement_kit.client.follow_log import BY_HAND, OVER, EndRecord, Follows, SessionRecord
from engagement_kit.client.follow_spec import Spec
from engagement_kit.client.followed import Followed
from engagement_kit.client.follower import Follower, Outside, Tick
from engagement_kit.client.forgotten import purged_in
from engagement_kit.client.pausing import Pause, Sleep, pause_of
from engagement_kit.client.pending import Pending, unsigned_of
from engagement_kit.errors import EngagementError, Problem, QueryError, StoreError
from engagement_kit.fetch.control import Control
from engagement_kit.fetch.gate import Gate
from engagement_kit.question.amounts import many
from engagement_kit.question.follow_plan import FollowPlan, follow_plan
from engagement_kit.question.known import Known
from engagement_kit.question.micros import micros_of
from engagement_kit.question.owners import Owners
from engagement_kit.question.plan import Plan, plan
from engagement_kit.question.query import Query
from engagement_kit.question.schedule import check_every

if TYPE_CHECKING:
    from engagement_kit.answers.store import Store

_EVERY: Final = timedelta(minutes=10)
_NO_STORE: Final = Problem(
    "store",
    "None",
    "following needs a store: snapshots can't be taken again, and a temporary folder goes with the "
    "client",
    "Give ek.connect(..., store='a folder'), or store= here.",
)
_PURGED: Final = (
    "tweets of this following were purged while it went on; nothing more was asked. Follow the "
    "same tweets again to go on with the others."
)


class Following(Asking):
    """A client's following; see `engagement_kit.client.client.Client`."""

    def plan_follow(
        self,
        tweet_ids: object,
        metrics: str | Iterable[str] | None = None,
        *,
        until: datetime | timedelta,
        every: timedelta = _EVERY,
        owners: Owners = None,
        store: str | Path | Store | None = None,
    ) -> FollowPlan:
        """Say what a following would take, day by day. Nothing is sent, and nothing is kept.

        Parameters
        ----------
        tweet_ids, metrics, until, every, owners, store
            As in `follow`.

        Returns
        -------
        FollowPlan
            From now on, also where it would go on with one that was begun before: what is late by
            then is taken besides, and what is due now and stored is not counted. Requests are those
            of ticks at which nothing fails.

        Raises
        ------
        QueryError
            As `follow`; also when all tweets are too old for all that is to be followed.

        Examples
        --------
        >>> from datetime import timedelta
        >>> import engagement_kit as ek
        >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        ...     ids = ek.sample_ids(client, 200)
        ...     made = client.plan_follow(ids, ["impressions"], until=timedelta(days=2))
        >>> made.snapshots, made.requests, [one.requests for one in made.days]
        (1596, 77, [46, 25, 6])
        """
        place = self._open(store)
        call, keep_until = self._new(tweet_ids, metrics, until, every, owners)
        new, gone = _without_purged(place, call)
        found = Follows(place).begun(new, keep_until=keep_until)
        spec = self._right(found or new)
        spec = replace(spec, query=new.query)
        pending = Pending(place, spec)
        if not pending.anything:
            raise _nothing(self._first(call.query, gone))
        now = self.now()
        refusals = pending.refused_by(now)
        first = self._first(call.query, gone, refusals)
        told = pending.told(micros_of(first.now))
        over = None if found else Follows(place).over(new)
        return follow_plan(
            new.query,
            spec.schedule,
            first,
            refusals,
            begun=found is not None,
            told=told,
            over=None if over is None else over.until,
        )

    def follow(
        self,
        tweet_ids: object,
        metrics: str | Iterable[str] | None = None,
        *,
        until: datetime | timedelta,
        every: timedelta = _EVERY,
        owners: Owners = None,
        store: str | Path | Store | None = None,
        progress: bool | None = None,
        on_tick: Callable[[Tick], None] | None = None,
        control: Control | None = None,
        sleep: Sleep | None = None,
    ) -> Followed:
        """Take snapshots of lifetime counts on a schedule, densely while tweets are young.

        The API counts by the hour of the clock; lifetime counts are of this very moment. A series
        of them sees inside the first hours, at 250 tweets a request. `plan_follow` says what it
        costs.

        It blocks until `until`. Call it again, with the same tweets, metrics and `every`, to go on
        after a crash or a restart: what is due is told by the clock, and what is taken by the
        store. What was due meanwhile and can't be taken any more is on the receipt. Purged tweets
        are left out, and the plan and the receipt say how many; where some are purged while it goes
        on, it ends, and goes on with the others when it is called again.

        Parameters
        ----------
        tweet_ids, metrics, owners
            As in `Query`. Impressions and engagements end when a tweet is 90 days old.
        until
            An aware moment, or for how long. A length of time goes on with a following of the same
            that is not over; a moment with the one that ends just then. Else a new one begins; plan
            and receipt say so.
        every
            How often a young tweet is due, a part of a day; see `Schedule`.
        store
            A folder for the raw answers; the client's own by default. There has to be one.
        progress
            As in `run`.
        on_tick
            Called with a `Tick` after each moment at which any tweet was due, from the calling
            thread. A tick has one snapshot of each tweet that was due; plans and receipts count
            these.
        control
            Pauses and stops it from another thread: an ``ek.Control()``. What is due during a
            pause is taken late, or missed.
        sleep
            Waits for so many seconds by the client's clock; None: for real.

        Returns
        -------
        Followed
            Tables of all snapshots, and the receipt. Also when it was stopped, or interrupted by
            Ctrl-C: as far as it came.

        Raises
        ------
        QueryError
            For an argument that means nothing, with every problem of the query at once; when there
            is no store, or nothing can be asked; or when every tweet is purged.
        CredentialsMissing
            As `run`; nothing was sent.
        AccountsExceeded
            As `run`, also when a new month begins.
        ApiError
            When keys or address are not accepted. Whatever may pass, as 429, 500 or a network that
            is down, is noted, and asked again until the next is due.
        EngagementError
            When the client's clock stands still, or when tweets were purged meanwhile.

        Warns
        -----
        AccountOverage
            As `run`.

        Notes
        -----
        With an emulator in this process whose clock stands still, waiting moves that clock: a week
        of following takes seconds.

        A snapshot is late when it is observed more than a tenth of `every` after it was due. It can
        be taken until the next snapshot of its tweet is due; then it is missed, and never asked.

        Examples
        --------
        >>> import tempfile
        >>> from datetime import timedelta
        >>> import engagement_kit as ek
        >>> raw = tempfile.TemporaryDirectory()
        >>> with ek.connect("emulator", clock="2026-06-01T12:00Z", store=raw.name) as client:
        ...     ids = ek.sample_ids(client, 3)
        ...     found = client.follow(
        ...         ids, ["impressions"], until=timedelta(hours=2), progress=False
        ...     )
        >>> found.receipt.due, found.receipt.taken, found.receipt.missed
        (27, 27, {})
        >>> raw.cleanup()
        """
        self._check_open()
        options.check(on_tick=on_tick, control=control, sleep=sleep, progress=progress)
        if store is None and self.folder is None:
            raise QueryError((_NO_STORE,), "following")
        place = self._open(store)
        call, keep_until = self._new(tweet_ids, metrics, until, every, owners)
        new, gone = _without_purged(place, call)
        found = Follows(place).begun(new, keep_until=keep_until)
        if found is None:
            self._right(new)
        pause = pause_of(self.connection, sleep)
        first = self._first(_as_in(found or new, call.query, gone), gone)
        self.check_keys(first)
        pending = Pending(place, found or new, unsigned_of(first))
        if not pending.anything:
            raise _nothing(first)
        spec, _ = Follows(place).begin(new, keep_until=keep_until)
        if spec != (found or new):  # somebody else began it just now
            first = self._first(_as_in(spec, call.query, gone), gone)
            pending = Pending(place, spec, unsigned_of(first))
        session = Follows(place).session(spec)
        session.add(SessionRecord(self.now(), unsigned_of(first)))
        control = control or Control()
        outside = self._outside(place, pause)
        follower = Follower(first.query, spec, pending, session, outside, control)
        self._controls.add(control)
        try:
            with Bar(pending, micros_of(self.now()), progress, on_tick) as bar:
                why = self._go(follower, bar)
            ended = self.now()
            session.add(EndRecord(ended, why))
        except StoreError:
            _check_purged(place, first.query)  # then the log is elsewhere
            raise
        finally:
            self._controls.discard(control)
        return Followed(place, spec, as_of=ended, purged=len(gone))

    def _go(self, follower: Follower, bar: Bar) -> str:
        """Follow until it ends, and say why it did; an error is noted, too."""
        try:
            follower.run(bar.tick, bar.step)
        except KeyboardInterrupt:
            return BY_HAND  # it is how a person ends it
        except StoreError:
            raise
        except Exception as error:
            with suppress(EngagementError):  # of two errors the first is told
                follower.session.add(EndRecord(self.now(), f"by {type(error).__name__}"))
            raise
        return BY_HAND if follower.control.stopped else OVER

    def _outside(self, place: Store, pause: Pause) -> Outside:
        """Give what a following stands on.

        Where its seconds are not those of real time, it has a gate of its own: the client's would
        make the next run wait for years.
        """
        doors = self._doors("totals", place)
        if pause.monotonic is not time.monotonic:
            doors = replace(doors, gate=Gate(self.per_minute))
        return Outside(_Planner(self, place), doors, pause, self.threads)

    def _new(
        self, tweet_ids: object, metrics: Any, until: object, every: object, owners: Any
    ) -> tuple[Spec, bool]:
        """Say what a call would begin now, and whether it said how long, not until when."""
        problems = [*check_every(every), *_until_problems(until)]
        try:
            query = Query("totals", tweet_ids, metrics, owners=owners)
        except QueryError as error:
            raise QueryError((*error.problems, *problems)) from None
        if problems:
            raise QueryError(tuple(problems))
        assert isinstance(every, timedelta)
        now = self.now()
        try:
            ends = now + until if isinstance(until, timedelta) else until
        except OverflowError:
            why = "it is beyond the year 9999"
            raise QueryError((Problem("until", str(until), why),)) from None
        assert isinstance(ends, datetime)
        service = self.connection.where.service
        return Spec(query, every, now, ends.astimezone(UTC), service), isinstance(until, timedelta)

    def _right(self, spec: Spec) -> Spec:
        """Refuse to begin what is over."""
        if spec.until <= spec.since:
            why = "it is past by the client's clock, and no following that ended then is there"
            raise QueryError((Problem("until", f"{spec.until:%Y-%m-%dT%H:%M:%SZ}", why),))
        return spec

    def _first(self, query: Query, gone: Collection[str], refusals: Sequence[Known] = ()) -> Plan:
        """Plan one snapshot of all tweets: whose keys sign, what can't be had."""
        where = self.connection.where
        return plan(query, now=self.now(), have=refusals, where=where, purged=gone)


class _Planner:
    """Plans the requests of each tick; minds the contract when others sign, or a month begins."""

    def __init__(self, client: Following, place: Store) -> None:
        self._client, self._place = client, place
        self._seen: tuple[object, ...] = ()

    def __call__(self, query: Query, refusals: list[Known]) -> Plan:
        """Plan one tick."""
        _check_purged(self._place, query)
        client = self._client
        now = client.now()
        made = plan(query, now=now, have=refusals, where=client.connection.where)
        signers = tuple(made.by_account)
        seen = (now.year, now.month, frozenset(signers))
        if seen != self._seen:
            found = client._of_month(self._place.known(), signers)  # noqa: SLF001
            contract.check_contract(found, client.overage)
            contract.warn_of_overage(found)
            self._seen = seen
        return made


# --- purged tweets --------------------------------------------------------------------------------
def _without_purged(place: Store, call: Spec) -> tuple[Spec, frozenset[str]]:
    """Leave out what was purged, before anything is looked for or asked."""
    gone = purged_in(place, call.query.tweet_ids)
    left = call.without(gone)
    if left is None:
        why = "each of them was purged from the store, and is not asked again"
        raise QueryError((Problem("tweet_ids", many(len(gone), "tweet"), why),))
    return left, gone


def _as_in(spec: Spec, query: Query, gone: Collection[str]) -> Query:
    """Put what a call asks into the order of a spec: there each tweet keeps its place."""
    ids = [*spec.query.tweet_ids, *gone]
    owned = {one: query.owner_of(one) for one in ids}
    return Query("totals", ids, spec.query.metrics, owners=owned)


def _check_purged(place: Store, query: Query) -> None:
    """End a following of which tweets were purged while it went on."""
    if purged_in(place, query.tweet_ids):
        raise EngagementError(_PURGED)


# --- words ----------------------------------------------------------------------------------------
def _until_problems(until: object) -> list[Problem]:
    allowed = "allowed: an aware datetime, or a timedelta above 0, as in timedelta(days=7)"
    if isinstance(until, datetime):
        if until.tzinfo is not None and until.utcoffset() is not None:
            return []
        why = "a naive datetime has no time zone; use datetime(..., tzinfo=timezone.utc)"
        return [Problem("until", repr(until), why)]
    if isinstance(until, timedelta) and until > timedelta(0):
        return []
    return [Problem("until", repr(until), allowed)]


def _nothing(first: Plan) -> QueryError:
    """Say why nothing of all tweets can be asked."""
    why = "; ".join(dict.fromkeys(one.reason for one in first.unobtainable))
    problem = f"nothing of these tweets can be asked: {why or 'they are other accounts'}"
    tweets = many(len(first.query.tweet_ids), "tweet")
    return QueryError((Problem("tweet_ids", tweets, problem),), "following")
