"""The world: accounts, tweets and their true counts, computed from a seed; no API rules here."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from engagement_kit.emulator.world import truth
from engagement_kit.emulator.world.accounts import NAMES, Account, App, make_account, make_apps
from engagement_kit.emulator.world.chance import Ints, key_of, word
from engagement_kit.emulator.world.counts import Series, by_hour, in_window
from engagement_kit.emulator.world.curve import make_curves
from engagement_kit.emulator.world.moments import unix_ms, whole_hour
from engagement_kit.emulator.world.natures import find_nature
from engagement_kit.emulator.world.revisions import make_revisions
from engagement_kit.emulator.world.totals import (
    METRICS,
    campaigns,
    codes,
    life_totals,
    reach_of_video,
)
from engagement_kit.emulator.world.tweets import (
    FIRST_SLOT_MS,
    HOUR_MS,
    LAST_SLOT,
    SLOT_MS,
    Rhythm,
    Tweets,
)
from engagement_kit.emulator.world.undone import with_undone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

Kind = Literal["own", "foreign", "unavailable", "protected", "very_old"]

STANDARD_ACCOUNTS: Final = 3
_JITTER: Final = 999  # what a hash is for, beside the metrics': none has this number
_LOOKS_KEPT: Final = 8
_SLOTS_AT_ONCE: Final = 4096  # about a year and a half of an account


class World:
    """Hold accounts, tweets and counts that never change: the truth behind the emulator.

    The world is a function of its seed. Nothing is stored per tweet, and the same question has
    the same answer on every platform, in any order of asking. Accounts post about every three
    hours from 2012-01-01 on, for as long as ids can carry the time (2080).

    Parameters
    ----------
    seed : int
        Another seed is another world.
    accounts : int
        How many accounts, from 1 to 32. The first ones are the same for every number.
    nature : {"standard", "heavy_tails", "campaigns"}
        Which kind of world: they differ in the tails of audiences and lives, in whether tweets
        are independent, and in whether time stands still.
    revised : bool
        Whether young counts are revised: some arrive late, some are spam that is removed. After
        seven days they are those of the same world without revisions.
    undone : bool
        Whether likes and retweets are taken back, which counts down in a later hour: hours may
        be negative then, sums from the beginning never are.

    Attributes
    ----------
    name : str
        The world's stable name, as in "standard-0".
    nature : Nature
    apps : tuple of App
        The developer apps with their made-up credentials; the last one was never enabled.
    app : App
        The first of them, whose tokens the accounts have.
    accounts : tuple of Account
    metrics : tuple of str
        Every metric that can be counted, wire names.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> world = World(seed=0)
    >>> now = datetime(2024, 5, 1, 12, tzinfo=UTC)
    >>> ids = world.sample_ids("acme", 2, before=now)
    >>> world.lifetime(ids, ["impressions"], now).shape
    (2, 1)
    """

    metrics: Final = METRICS

    def __init__(
        self,
        seed: int = 0,
        accounts: int = STANDARD_ACCOUNTS,
        *,
        nature: str = "standard",
        revised: bool = False,
        undone: bool = False,
    ) -> None:
        for name, value in (("seed", seed), ("accounts", accounts)):
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} is {value!r}; it must be a whole number.")
        if not 1 <= accounts <= len(NAMES):
            raise ValueError(f"accounts is {accounts}; allowed: 1 to {len(NAMES)}.")
        self.seed: Final = seed
        self.nature: Final = find_nature(nature)
        self.revised: Final = revised
        self.undone: Final = undone
        of = "" if accounts == STANDARD_ACCOUNTS else f"-of-{accounts}"
        self.name: Final = f"{nature}-{seed}{of}{'-revised' * revised}{'-undone' * undone}"
        self.apps: tuple[App, ...] = make_apps(seed)
        self.app: App = self.apps[0]
        self.accounts: tuple[Account, ...] = tuple(make_account(seed, i) for i in range(accounts))
        self._rhythm = Rhythm(seed, accounts)
        # One answer looks at its tweets several times.
        self._read = lru_cache(maxsize=_LOOKS_KEPT)(self._rhythm.read)

    def __repr__(self) -> str:
        return f"<World {self.name}: {', '.join(account.name for account in self.accounts)}>"

    def look(self, tweet_ids: Sequence[str]) -> Tweets:
        """Tell what the ids are: owner, creation, whether deleted, protected, with a video.

        Parameters
        ----------
        tweet_ids
            Ids as text, in any order.

        Returns
        -------
        Tweets
            Arrays, with one place for each id.

        Raises
        ------
        TypeError, ValueError
            If they are no list, or an id is not a whole number below 2**63 as text.
        """
        if isinstance(tweet_ids, str):  # or each digit would count as an id
            raise TypeError(f"tweet_ids is {tweet_ids[:40]!r}; it must be a list of ids as text.")
        return self._read(tuple(tweet_ids))

    def sample_ids(self, account: str, n: int, before: datetime, kind: Kind = "own") -> list[str]:
        """Return the n newest tweets of a kind that an account posted before a moment.

        Parameters
        ----------
        account : str
            As in `accounts`.
        n : int
            How many; fewer come back where the account has no more.
        before : datetime
            Aware; exclusive.
        kind : {"own", "foreign", "unavailable", "protected", "very_old"}
            "own" tweets are shown by the service; "foreign" ones too, but belong to the account
            after this one; "unavailable" ones are deleted; "very_old" ones, of the first account
            only, have ids that carry no time.

        Returns
        -------
        list of str
            Newest first.

        Raises
        ------
        ValueError
            If the account or the kind is unknown, or there is no other account.
        """
        owner = self._place(account)
        if kind == "foreign":
            owner, kind = (owner + 1) % len(self.accounts), "own"
            if self.accounts[owner].name == account:
                raise ValueError(
                    "a world of one account has no foreign tweets; make one of accounts=2."
                )
        before_ms = unix_ms(before)
        found: list[str] = []
        for ids in self._backwards(owner, before_ms, kind):
            tweets = self._rhythm.read([str(number) for number in ids.tolist()])
            wanted = {
                "own": ~tweets.deleted & ~tweets.protected,
                "unavailable": tweets.deleted,
                "protected": tweets.protected,
                "very_old": tweets.very_old,
            }[kind]
            hits = tweets.ids[wanted & (tweets.birth_ms < before_ms)]
            found += [str(number) for number in hits.tolist()]
            if len(found) >= n:
                break
        return found[: max(n, 0)]

    def counts(
        self,
        tweet_ids: Sequence[str],
        metrics: Sequence[str],
        start: datetime,
        end: datetime,
        now: datetime,
    ) -> Ints:
        """Count each tweet, metric and hour.

        Parameters
        ----------
        tweet_ids, metrics : sequence of str
            Unknown ids count 0; deleted and protected tweets have counts, though the service
            never shows them.
        start, end : datetime
            Whole UTC hours, half-open.
        now : datetime
            What happened later is not counted; the running hour counts up to this moment.

        Returns
        -------
        array of int64
            Shape (tweets, metrics, hours).

        Raises
        ------
        ValueError
            If a datetime is naive, not a whole hour, or a name or id is not one.
        """
        first, last = whole_hour(start), whole_hour(end)
        last = max(first, last)
        parts = self._parts(self.look(tweet_ids), codes(metrics))
        flat = sum(sign * by_hour(part, first, last, unix_ms(now)) for sign, part in parts)
        return np.reshape(flat, (len(tweet_ids), len(metrics), last - first))

    def window(
        self,
        tweet_ids: Sequence[str],
        metrics: Sequence[str],
        start: datetime,
        end: datetime,
        now: datetime,
    ) -> Ints:
        """Sum the hours of [start, end) without counting each: array (tweets, metrics).

        The sums are those of `counts`.

        Parameters
        ----------
        tweet_ids, metrics, start, end, now
            As in `counts`.

        Returns
        -------
        numpy.ndarray
            A row for each tweet, a column for each metric.
        """
        first, last = whole_hour(start), whole_hour(end)
        tweets = self.look(tweet_ids)
        return self._sums(tweets, codes(metrics), first, max(first, last), unix_ms(now))

    def lifetime(self, tweet_ids: Sequence[str], metrics: Sequence[str], now: datetime) -> Ints:
        """Count all up to now: int64 array (tweets, metrics).

        Equal to the sum of all hours, except for ``video_views``: there the views of other tweets
        with the same video come on top (overview; interpreting the metrics).

        Parameters
        ----------
        tweet_ids, metrics, now
            As in `counts`.

        Returns
        -------
        numpy.ndarray
            A row for each tweet, a column for each metric.
        """
        tweets = self.look(tweet_ids)
        now_ms = unix_ms(now)
        table = self._sums(tweets, codes(metrics), None, now_ms // HOUR_MS + 1, now_ms)
        for column in (i for i, name in enumerate(metrics) if name == "video_views"):
            reach = reach_of_video(self.seed, tweets)
            table[:, column] = np.floor(table[:, column] * reach).astype(np.int64)
        return table

    def truth(
        self,
        tweet_ids: Sequence[str],
        metrics: Sequence[str],
        start: datetime,
        end: datetime,
        now: datetime,
    ) -> pd.DataFrame:
        """Return the counts of each hour as a table: the oracle for tests.

        Parameters
        ----------
        tweet_ids, metrics, start, end, now
            As in `counts`.

        Returns
        -------
        pandas.DataFrame
            Columns tweet_id (text), metric (text), start (UTC timestamp of the hour), value
            (int64); one row per tweet, metric and hour, zeros included.

        See Also
        --------
        World.parameters : what made these counts.
        """
        table = self.counts(tweet_ids, metrics, start, end, now)
        return truth.counts_table(table, tweet_ids, metrics, start)

    def parameters(self, tweet_ids: Sequence[str], metrics: Sequence[str]) -> pd.DataFrame:
        """Return what made the counts as a table: the truth that statistics look for.

        Parameters
        ----------
        tweet_ids, metrics
            As in `counts`.

        Returns
        -------
        pandas.DataFrame
            One row per tweet and metric. Columns tweet_id, metric, account (text; null for
            unknown ids), created (UTC timestamp), life_total (int64: all counts that will ever
            come, those later undone included; for ``video_views`` of this tweet alone),
            half_life_h (of the organic decay, hours of warped time), half_age_h (the age in hours
            at which half of life_total is expected), burst_after_h (whole clock hours from the
            hour of creation, null without a burst), burst_share (of organic counts), promoted_share
            (of all counts), campaign (int64, the same for tweets that share their luck).

        Examples
        --------
        >>> from datetime import UTC, datetime
        >>> world = World(seed=0)
        >>> ids = world.sample_ids("acme", 3, before=datetime(2024, 5, 1, tzinfo=UTC))
        >>> world.parameters(ids, ["impressions"])["life_total"].min() > 0
        np.True_
        """
        tweets, which = self.look(tweet_ids), codes(metrics)
        series = self._series(tweets, which)
        return truth.parameters_table(
            series,
            tweets,
            metrics,
            accounts=[account.name for account in self.accounts],
            campaigns=campaigns(self.nature, tweets),
        )

    def _place(self, account: str) -> int:
        """Return an account's number."""
        for place, one in enumerate(self.accounts):
            if one.name == account:
                return place
        names = ", ".join(one.name for one in self.accounts)
        raise ValueError(f"no account {account!r} in this world; allowed: {names}.")

    def _backwards(self, owner: int, before_ms: int, kind: Kind) -> Iterator[Ints]:
        """Yield an account's ids in blocks, newest first."""
        if kind not in get_args(Kind):
            raise ValueError(f"kind is {kind!r}; allowed: {', '.join(get_args(Kind))}.")
        if kind == "very_old":
            if owner == 0:
                yield self._rhythm.very_old[::-1].astype(np.int64)
            return
        slot = min((before_ms - FIRST_SLOT_MS) // SLOT_MS, LAST_SLOT)
        while slot >= 0:
            block = np.arange(slot, max(slot - _SLOTS_AT_ONCE, -1), -1, dtype=np.int64)
            yield self._rhythm.ids(np.full_like(block, owner), block).astype(np.int64)
            slot -= _SLOTS_AT_ONCE

    def _sums(
        self, tweets: Tweets, metrics: Ints, start: int | None, end: int, now_ms: int
    ) -> Ints:
        """Sum the hours of [start, end): array (tweets, metrics)."""
        parts = self._parts(tweets, metrics)
        flat = sum(sign * in_window(part, start, end, now_ms) for sign, part in parts)
        return np.reshape(flat, (len(tweets.ids), len(metrics)))

    def _parts(self, tweets: Tweets, metrics: Ints) -> list[tuple[int, Series]]:
        """Return the series whose signed sum is what counts."""
        whole = self._series(tweets, metrics)
        return with_undone(self.seed, whole, tweets.ids, metrics) if self.undone else [(1, whole)]

    def _series(self, tweets: Tweets, metrics: Ints) -> Series:
        """Gather all that the counting of tweets x metrics needs."""
        key = word(key_of(self.seed, "splits"), tweets.ids)
        totals = life_totals(self.seed, self.nature, tweets, metrics)
        revisions = None
        if self.revised:
            revisions = make_revisions(key_of(self.seed, "revisions"), tweets.ids, metrics)
        return Series(
            keys=word(np.repeat(key, len(metrics)), np.tile(metrics, len(tweets.ids))),
            tweet_keys=np.repeat(word(key, _JITTER), len(metrics)),
            totals=totals.counts.ravel(),
            curves=make_curves(self.seed, self.nature, tweets, metrics, totals.promoted),
            birth_ms=np.repeat(tweets.birth_ms, len(metrics)),
            jitter=self.nature.jitter,
            revisions=revisions,
        )
