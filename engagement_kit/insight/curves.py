"""Counts by age: what tweets get in the hours and days after they were posted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.errors import TableError
from engagement_kit.insight.lives import UNIT_HOURS, Lives, lives_of
from engagement_kit.insight.rows import rows_of
from engagement_kit.question.micros import HOUR_US
from engagement_kit.tables.codes import moments
from engagement_kit.tables.schema import NULL_TIME, Ints

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy

_CURVE: Final = {
    "metric": "str", "age_start_h": "int64", "age_end_h": "int64",
    "exact_start_h": "float64", "exact_end_h": "float64", "value": "Int64", "mean": "Float64",
    "n_tweets": "int64", "n_complete": "int64", "n_missing": "int64", "cumulative": "Int64",
    "share": "Float64",
}  # fmt: skip


def lifecycle(
    table: Tidy, metric: str = "impressions", *, step_hours: int | None = None
) -> pd.DataFrame:
    """Count by age: what tweets get in each hour or day after they were posted.

    Only ages at which every tweet is counted can be compared with each other. Young tweets have
    no late ages, and a table that begins after a tweet was posted lacks its early ones. So each
    bin says how many tweets have it whole, and sums are null where not all of them do.

    Parameters
    ----------
    table
        A tidy table of grain hour or day. Of several observations of a number the latest counts.
    metric
        Which metric.
    step_hours
        The length of a bin; for days a multiple of 24. The default is one hour, or one day.

    Returns
    -------
    pandas.DataFrame
        A row for each age that the table knows of, the youngest first:

        - ``metric``: text,
        - ``age_start_h``, ``age_end_h``: the bin in hours since the beginning of the clock hour in
          which the tweet was posted (of a table of days: of the UTC day); int64, end exclusive,
        - ``exact_start_h``, ``exact_end_h``: the least age, since the very moment of posting, at
          which a count of the bin can have happened, and the greatest, over all tweets; hours,
          float64, end exclusive, never below 0,
        - ``value``: the sum over all tweets, Int64; null unless each has the bin whole,
        - ``mean``: the mean over the tweets that have it whole, Float64; null without any,
        - ``n_tweets``: all tweets with rows of the metric whose ids say when they were posted;
          int64,
        - ``n_complete``: how many of them have the bin whole: every hour of it is counted, and is
          not known to have run when it was observed; int64,
        - ``n_missing``: hours (days) in the bin without a count, of all tweets; int64. A tweet that
          is too young for a bin misses nothing there,
        - ``cumulative``: the sum since posting over all tweets, Int64; null unless each has every
          bin up to here whole,
        - ``share``: `cumulative` as a share of the last one that is not null, Float64; null where
          `cumulative` is, and where nothing was counted.

    Raises
    ------
    TableError
        For another grain, counts summed over tweets, ids that all say no time, counts that are all
        from before the tweets were posted, a bin that does not fit, or a metric that is not there.

    Notes
    -----
    The API counts by the hour of the clock, and a tweet is posted somewhere within one. The first
    hour is therefore cut short by what went before the tweet: by up to an hour, by half of one on
    average. The bin from *a* to *b* holds counts of exact ages above *a* - 1 and below *b* hours,
    and all counts of ages from *a* to *b* - 1. In a table of days the same holds with days.
    `exact_start_h` and `exact_end_h` say it for these tweets: a tweet that was posted *f* hours
    into its clock hour has in the bin what it got from the age of *a* - *f* to that of *b* - *f*,
    so that all together go from *a* - the greatest *f* to *b* - the least. An id says its moment
    to the millisecond.

    `share` ends at 1 at the last age that all tweets have whole. That is where the table ends, not
    where tweets do: what they get later is in no share. So shares of two tables can be compared
    only where both end at the same age. Undone engagements count down in the API, so that a share
    may pass 1 on its way.

    Tweets from before November 2010 have ids that say no time, and are left out. So are counts
    from before a tweet was posted, and numbers whose hour can't be read. Where nobody says when an
    hour was observed, it is not known to have run, and taken as over.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> born = "2050491494400000000"  # 2026-05-02T08:24Z
    >>> table = tidy({"g": {born: {"likes": {"2026-05-02": {"08": "5", "09": "4", "10": "1"}}}}})
    >>> curve = lifecycle(table, "likes")
    >>> curve[["age_start_h", "age_end_h", "value", "cumulative", "share"]].values.tolist()
    [[0, 1, 5, 5, 0.5], [1, 2, 4, 9, 0.9], [2, 3, 1, 10, 1.0]]
    >>> curve[["exact_start_h", "exact_end_h"]].round(2).values.tolist()
    [[0.0, 0.6], [0.6, 1.6], [1.6, 2.6]]
    """
    import pandas as pd

    rows, grain = rows_of(table, metric)
    step = _step(grain, step_hours)
    lives = _aged(rows, grain, metric)
    born = lives.born[lives.there & (lives.born != NULL_TIME)]
    numbers, sums = _by_bin(lives, step // UNIT_HOURS[grain], len(born))
    start, end, within = numbers * step, (numbers + 1) * step, born % lives.unit / HOUR_US
    ages = {
        "age_start_h": start,
        "age_end_h": end,
        "exact_start_h": np.maximum(start - within.max(), 0),
        "exact_end_h": end - within.min(),
    }
    frame = pd.DataFrame({**ages, **sums, "metric": metric, "n_tweets": len(born)})
    return frame[list(_CURVE)].astype(_CURVE)


def ages(table: Tidy, metric: str = "impressions") -> pd.DataFrame:
    """Give each count of each tweet its age: the rows behind `lifecycle`.

    Parameters
    ----------
    table
        A tidy table of grain hour or day. Of several observations of a number the latest counts.
    metric
        Which metric.

    Returns
    -------
    pandas.DataFrame
        A row for each tweet and hour (of a table of days: each day) that the table knows of, missed
        spans taken apart; by tweet, the youngest age first:

        - ``tweet_id``, ``metric``: text, as categories,
        - ``start``: the beginning of the hour (day), UTC,
        - ``age_start_h``, ``age_end_h``: its age in hours since the beginning of the clock hour
          (UTC day) in which the tweet was posted; int64, end exclusive,
        - ``exact_start_h``, ``exact_end_h``: its age since the very moment of posting; float64, end
          exclusive, never below 0,
        - ``value``: the count, Int64; null where it is missing,
        - ``cumulative``: the sum since posting, Int64; null from the first age on that is not whole
          or not in the table,
        - ``whole``: bool; all of the hour (day) is counted, and not known to have run when it was
          observed (where nobody says when that was, it is not known to).

    Raises
    ------
    TableError
        As `lifecycle`.

    Notes
    -----
    Leaves out what `lifecycle` leaves out.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> born = "2050491494400000000"  # 2026-05-02T08:24Z
    >>> table = tidy({"g": {born: {"likes": {"2026-05-02": {"08": "5", "09": "4"}}}}})
    >>> ages(table, "likes")[["age_start_h", "value", "cumulative"]].values.tolist()
    [[0, 5, 5], [1, 4, 9]]
    """
    import pandas as pd

    rows, grain = rows_of(table, metric)
    hours = _step(grain, None)
    lives = _aged(rows, grain, metric)
    start, age = lives.at * lives.unit, lives.age * hours
    exact = (start - lives.born[lives.tweet]) / HOUR_US
    total, unbroken = _since_birth(lives)
    return pd.DataFrame(
        {
            "tweet_id": pd.Categorical.from_codes(lives.tweet, lives.ids),
            "metric": pd.Categorical.from_codes(np.zeros(len(lives), np.int8), pd.Index([metric])),
            "start": moments(start, pd.RangeIndex(len(lives))),
            "age_start_h": age,
            "age_end_h": age + hours,
            "exact_start_h": np.maximum(exact, 0),
            "exact_end_h": exact + hours,
            "value": pd.arrays.IntegerArray(lives.value, lives.lost > 0),
            "cumulative": pd.arrays.IntegerArray(total, ~unbroken),
            "whole": lives.whole,
        }
    )


def _step(grain: str, step_hours: int | None) -> int:
    if grain not in UNIT_HOURS:
        msg = f"ages need a table of grain hour or day, not {grain!r}; ask with by='hour' for that"
        raise TableError(msg)
    unit = UNIT_HOURS[grain]
    step = unit if step_hours is None else step_hours
    if type(step) is not int or step < 1 or step % unit:
        allowed = "a whole number of hours" if unit == 1 else "a multiple of 24: the table has days"
        msg = f"step_hours={step_hours!r}; allowed: {allowed}"
        raise TableError(msg)
    return step


def _aged(rows: pd.DataFrame, grain: str, metric: str) -> Lives:
    """Give what has an age."""
    lives = lives_of(rows, grain, dated=True)
    if bool((lives.born[lives.there] == NULL_TIME).all()):
        msg = "ids from before November 2010 do not say when a tweet was posted; there are no other"
        raise TableError(msg)
    lives = lives.where(lives.age >= 0)
    if not len(lives):
        msg = f"no {metric} has an age: all are from before the tweets were posted"
        raise TableError(msg)
    return lives


def _since_birth(lives: Lives) -> tuple[Ints, Any]:
    """Sum each tweet's counts since its posting, and say up to where none is lacking."""
    first = np.flatnonzero(np.append(True, lives.tweet[1:] != lives.tweet[:-1]))
    often = np.diff(np.append(first, len(lives)))
    nth = np.arange(len(lives)) - np.repeat(first, often)
    holes = np.cumsum(~lives.whole | (lives.age != nth))
    before = np.append(0, holes)[first]
    total = np.cumsum(lives.value)
    others = np.append(0, total)[first]
    return total - np.repeat(others, often), holes == np.repeat(before, often)


def _by_bin(lives: Lives, units: int, tweets: int) -> tuple[Ints, dict[str, Any]]:
    """Put hours or days of age into bins: first of each tweet, then of all.

    Returns
    -------
    numbers
        Of the bins, rising.
    sums
        Columns by name.
    """
    import pandas as pd

    of_tweet, value, lost, whole = _binned(lives, units)
    place, numbers = pd.factorize(of_tweet, sort=True)
    many = len(numbers)
    counted = np.bincount(place, whole, many).astype(np.int64)
    missing = np.bincount(place, lost, many).astype(np.int64)
    sums = np.zeros(many, dtype=np.int64)
    np.add.at(sums, place, np.where(whole, value, 0))
    every = counted == tweets
    # Bins that follow each other from birth on: a sum since then has no hole.
    since = np.logical_and.accumulate(every & (numbers == np.arange(many)))
    cumulative = np.cumsum(sums)
    final = cumulative[since][-1] if since.any() else 0
    mean, share = sums / np.maximum(counted, 1), cumulative / (final or 1)
    return numbers, {
        "value": pd.arrays.IntegerArray(sums, ~every),
        "mean": pd.arrays.FloatingArray(mean, counted == 0),
        "n_complete": counted,
        "n_missing": missing,
        "cumulative": pd.arrays.IntegerArray(cumulative, ~since),
        "share": pd.arrays.FloatingArray(share, ~since | (final <= 0)),
    }


def _binned(lives: Lives, units: int) -> tuple[Ints, Ints, Ints, Any]:
    """Give of each tweet and bin: the bin's number, the sum, what is lost, whether it is whole."""
    age = lives.age
    if units == 1:
        return age, lives.value, lives.lost, lives.whole
    number, tweet = age // units, lives.tweet
    new = (tweet[1:] != tweet[:-1]) | (number[1:] != number[:-1])
    first = np.flatnonzero(np.append(True, new))
    value, lost = (np.add.reduceat(one, first) for one in (lives.value, lives.lost))
    there = np.add.reduceat(lives.whole.astype(np.int64), first)
    return number[first], value, lost, there == units
