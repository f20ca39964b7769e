"""Questions in one line, answered by a frame: what most people begin with."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

from engagement_kit.answers.store import Store
from engagement_kit.client.asking import Asking
from engagement_kit.errors import MissingNumbers
from engagement_kit.fetch.control import Control
from engagement_kit.fetch.steps import Step
from engagement_kit.question.ordering import OrderName
from engagement_kit.question.owners import Owners
from engagement_kit.question.periods import Period
from engagement_kit.question.query import By, Query
from engagement_kit.question.settling import Settle
from engagement_kit.question.spelling import near

if TYPE_CHECKING:
    import pandas as pd


class RunOptions(TypedDict, total=False):
    """What `Client.run` may be given beside the question; there is what each means."""

    store: str | Path | Store | None
    max_age: timedelta
    settle: Settle
    resume: bool | timedelta
    max_requests: int | None
    progress: bool | None
    on_step: Callable[[Step], None] | None
    control: Control | None
    order: OrderName | None
    stop_after: int | None


class Options(RunOptions, total=False):
    """What a question in one line may be given by name: of the Query, and of the run."""

    owners: Owners
    groupings: Mapping[str, Any] | None


_RUN_OPTIONS: Final = tuple(RunOptions.__annotations__)
_COMMON: Final = ("metrics", "owners", "groupings", *_RUN_OPTIONS)


def _check(call: str, options: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    """Refuse a name that is none of a call's, as Python does, and say which there are.

    Examples
    --------
    >>> _check("totals", {"metric": "likes"}, ("metrics", "owners"))
    Traceback (most recent call last):
    ...
    TypeError: totals() has no argument 'metric'; allowed: metrics, owners. Did you mean metrics?
    """
    for name in options:
        if name not in allowed:
            hint = near(name, allowed)
            msg = f"{call}() has no argument {name!r}; allowed: {', '.join(allowed)}. {hint}"
            raise TypeError(msg.rstrip())


class OneLiners(Asking):
    """A client's questions in one line; see `engagement_kit.client.client.Client`."""

    def totals(
        self,
        tweet_ids: object,
        metrics: str | Iterable[str] | None = None,
        **options: Unpack[Options],
    ) -> pd.DataFrame:
        """Get lifetime counts of tweets.

        Parameters
        ----------
        tweet_ids, metrics
            As in `Query`.
        **options
            ``owners=`` and ``groupings=`` go to the Query; ``store=``, ``max_age=``,
            ``settle=``, ``resume=``, ``max_requests=``, ``progress=``, ``on_step=``,
            ``control=``, ``order=`` and ``stop_after=`` to `run`.

        Returns
        -------
        pandas.DataFrame
            The tidy table, one row per tweet and metric.

        Raises
        ------
        TypeError
            For a name that is none of its arguments, before anything is sent.

        Warns
        -----
        MissingNumbers
            When wanted numbers are not in it; the text counts them by reason.

        Examples
        --------
        >>> import engagement_kit as ek
        >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        ...     frame = client.totals(ek.sample_ids(client, 3), ["impressions"], progress=False)
        >>> len(frame), str(frame["source"].iloc[0])
        (3, 'emulator')
        """
        _check("totals", options, _COMMON)
        return self._frame("totals", tweet_ids, metrics, dict(options))

    def last_28_hours(
        self,
        tweet_ids: object,
        metrics: str | Iterable[str] | None = None,
        *,
        by: By = "hour",
        **options: Unpack[Options],
    ) -> pd.DataFrame:
        """Get the counts of the last 28 hours, and of the running one; see `totals`.

        Parameters
        ----------
        tweet_ids, metrics
            As in `Query`.
        by
            ``hour`` (the default), ``day``, ``hour_of_day`` or ``total``.
        **options
            As in `totals`.

        Returns
        -------
        pandas.DataFrame
            The tidy table at the grain of `by`. By hour a tweet has up to 29 rows.

        Notes
        -----
        The API counts whole hours of the UTC clock: from the one that was running 28 hours ago up
        to the one that is running now. At 12:30 that is 08:00 to 13:00 of the next day, 29 hours;
        on the hour it is 28. The last one has ``complete`` False, for it is not over; a younger
        tweet has a row for each hour since its creation.

        Examples
        --------
        >>> import engagement_kit as ek
        >>> with ek.connect("emulator", clock="2026-06-01T12:30Z") as client:
        ...     frame = client.last_28_hours(ek.sample_ids(client, 33)[32:], ["impressions"])
        >>> frame["grain"].unique().tolist(), len(frame), int(frame["complete"].sum())
        (['hour'], 29, 28)
        """
        _check("last_28_hours", options, ("by", *_COMMON))
        return self._frame("28hr", tweet_ids, metrics, {"by": by, **options})

    def historical(
        self,
        tweet_ids: object,
        metrics: str | Iterable[str] | None = None,
        *,
        period: Period | None = None,
        by: By = "day",
        **options: Unpack[Options],
    ) -> pd.DataFrame:
        """Get the counts of any period; see `totals`.

        Parameters
        ----------
        tweet_ids, metrics
            As in `Query`.
        period
            ``ek.last(days=28)`` (the default), ``ek.first(days=7)`` or ``ek.between(a, b)``.
        by
            ``day`` (the default), ``hour``, ``hour_of_day`` or ``total``.
        **options
            As in `totals`.

        Returns
        -------
        pandas.DataFrame
            The tidy table at the grain of `by`.

        Examples
        --------
        >>> import engagement_kit as ek
        >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        ...     ids = ek.sample_ids(client, 40)[-1:]
        ...     frame = client.historical(ids, ["impressions"], period=ek.last(days=2))
        >>> len(frame)
        2
        """
        _check("historical", options, ("period", "by", *_COMMON))
        return self._frame(
            "historical", tweet_ids, metrics, {"period": period, "by": by, **options}
        )

    def _frame(
        self, endpoint: str, tweet_ids: object, metrics: Any, options: dict[str, Any]
    ) -> pd.DataFrame:
        running = {name: options.pop(name) for name in _RUN_OPTIONS if name in options}
        if options.get("groupings") is not None:
            options.pop("by", None)
        result = self.run(Query(endpoint, tweet_ids, metrics, **options), **running)
        receipt = result.receipt
        if receipt.missing:
            lost = ", ".join(f"{name} {count:,}" for name, count in receipt.fates.items())
            warnings.warn(
                f"{receipt.missing:,} of {receipt.asked:,} numbers are missing: {lost}. "
                "Their rows have a null value and say why in `status`.",
                MissingNumbers,
                stacklevel=3,
            )
        return result.to_pandas()
