"""Half-lives of tweets: bounds that hold, from counts by the clock hour or from snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.errors import TableError
from engagement_kit.insight.lives import UNIT_HOURS
from engagement_kit.insight.rows import known_to_run, rows_of
from engagement_kit.insight.snapshot_bounds import Bounds, bounds_of, snapshots_of
from engagement_kit.question.micros import HOUR_US
from engagement_kit.tables.codes import micros
from engagement_kit.tables.given import as_frame
from engagement_kit.tables.schema import NULL_TIME, Ints
from engagement_kit.tables.sums import check_tidy, latest
from engagement_kit.tables.times import birth_us

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy

KNOWN: Final = "known"
_SNAPSHOTS: Final = "lifetime"
_UNITS: Final = {**UNIT_HOURS, _SNAPSHOTS: 1}
"""Hours of which horizons are multiples, by grain."""
_BOUNDS: Final = {
    "tweet_id": "str", "metric": "str", "low_h": "Float64", "high_h": "Float64",
    "final": "Int64", "until_h": "Float64", "status": "str",
}  # fmt: skip


def half_lives(table: Tidy, metric: str = "impressions", *, first_hours: int = 168) -> pd.DataFrame:
    """Bound each tweet's half-life: the age at which it first had half of its count.

    The API counts by the hour of the clock, and half of a tweet's impressions come within an hour
    or two. So a single number would be a pretence. What is known for certain is between which
    two ages the half was reached.

    Parameters
    ----------
    table
        A tidy table of grain hour or day, of which the latest observation of a number counts. Or of
        grain lifetime, observed again and again, as of ``client.follow``: all snapshots count.
    metric
        Which metric.
    first_hours
        The horizon: what counts as the whole is what the tweet got in its first `first_hours`
        clock hours, the hour of creation being the first. Of a table of days a multiple of 24: as
        many UTC days, the day of creation being the first.

    Returns
    -------
    pandas.DataFrame
        A row for each tweet of the table, in the order in which it names them:

        - ``tweet_id``, ``metric``: text,
        - ``low_h``, ``high_h``: exact ages in hours since the moment of posting, which the id tells
          to the millisecond. The half was reached after ``low_h``, at the latest at ``high_h``.
          Float64, null unless known,
        - ``final``: what it got within the horizon, Int64; null where that is not known, as from
          snapshots of which none was taken just then,
        - ``until_h``: the age at which the horizon ends, Float64: at most `first_hours`, and up to
          an hour (of a table of days: a day) less; null where the id says no time,
        - ``status``: text, why there are bounds, or none:

          - ``known``: there are,
          - ``none``: nothing was counted within the horizon, or more was taken back than came:
            nothing has no half,
          - ``too_young``: the horizon was not over when the tweet was last observed,
          - ``missing``: an hour (day) within the horizon has no count, or was observed while it
            ran; also when nobody says when the tweet was observed, and hours are not there. From
            snapshots: there is none before the end of the horizon, as of a tweet that was older
            than that when following began, or nothing was counted by then and something by the
            next,
          - ``no_time``: the id is from before November 2010, and does not say when it was posted.

    Raises
    ------
    TableError
        For another grain, counts summed over tweets, counts of periods that overlap, a horizon
        that does not fit, or a metric that is not there.

    See Also
    --------
    half_life : of groups of tweets, with an interval.

    Notes
    -----
    A half-life is relative to what is taken for the whole: the longer the horizon, the more is
    counted, and the later half of it is reached. So compare tweets at one horizon only. As long as
    counts do not fall, ``low_h`` holds for any longer horizon, too, and for the whole life;
    ``high_h`` holds for this horizon only. No upper bound for the whole life can be had, for nobody
    knows what is still to come. How much it matters depends on how slowly counts die out: in the
    emulator's worlds the median half-life within 28 days is longer than within seven by 2 %
    (standard), 16 % (heavy_tails) and 1 % (campaigns), within a year by 3, 26 and 1 %.

    Hours within which nothing was counted are counted hours, too. When exactly half is reached by
    the end of an hour, that end is ``high_h``. Where likes are taken back a later hour may be
    negative, and the running sum may pass the half more than once: the first time counts. What
    comes and goes within one hour of the clock is not seen; this is the one thing that can make
    the half come before ``low_h``.

    Counts that the API revises later belong to the hour in which they happened. So these are ages
    at which it happened, not at which it was first told. Observed as the horizon ends, its last
    days may not be settled: in the emulator's revised worlds bounds then failed for none of 1,000
    tweets (standard, campaigns) and for 1.2 % (heavy_tails, whose last days weigh more). Ask a week
    later to be sure.

    From snapshots the half lies between the last one that is below half of what the tweet had at
    its horizon, and the first that is not; ``low_h`` is 0 where the first snapshot is not below,
    as of a tweet that was hours old by then: bounds are close for tweets that are followed from
    their beginning.
    What it had at the horizon lies between the snapshots before and after its end, and bounds are
    as wide as that leaves them: they hold as long as counts do not fall, and are of the same
    half-life as those from hours. Counts that are revised later were lower when they were observed:
    then the half is put too late.

    Where ``complete`` is null nobody said when the count was observed. It is not known to run, and
    so is taken as over.

    Counts from before a tweet was posted, and numbers whose hour can't be read, are left out.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> born = "2050491494400000000"  # 2026-05-02T08:24Z
    >>> table = tidy({"g": {born: {"likes": {"2026-05-02": {"08": "5", "09": "3", "10": "4"}}}}})
    >>> half_lives(table, "likes", first_hours=3).round(2).values.tolist()
    [['2050491494400000000', 'likes', 0.6, 1.6, 12, 2.6, 'known']]
    """
    frame = as_frame(table)
    rows, grain = rows_of(frame, metric)
    horizon_us = _horizon(grain, first_hours) * HOUR_US
    codes, tweets = _tweets(frame, _UNITS[grain] * HOUR_US, horizon_us)
    rows = rows.assign(_tweet=codes[(frame["metric"] == metric).to_numpy()])
    seen = _last_seen(rows, len(tweets.ids))
    if grain == _SNAPSHOTS:
        told = snapshots_of(rows, tweets.born)
        return _frame(tweets, metric, bounds_of(told, tweets.born, tweets.until), seen)
    return _bounds(tweets, metric, _spans(rows, tweets), seen)


def _horizon(grain: str, first_hours: int) -> int:
    if grain not in _UNITS:
        msg = (
            f"half-lives need a table of grain hour or day, or snapshots of lifetimes, not "
            f"{grain!r}; ask with by='hour', or follow the tweets, for that"
        )
        raise TableError(msg)
    unit = _UNITS[grain]
    if type(first_hours) is not int or first_hours < 1 or first_hours % unit:
        allowed = "a whole number of hours" if unit == 1 else "a multiple of 24: the table has days"
        msg = f"first_hours={first_hours!r}; allowed: {allowed}"
        raise TableError(msg)
    return first_hours


@dataclass(frozen=True)
class _Tweets:
    """The tweets of a table, numbered: ids, and microseconds since 1970 (NULL_TIME: not known).

    Born at a moment within the hour that begins the life; the horizon ends at `until`.
    """

    ids: list[str]
    born: Ints
    begun: Ints
    until: Ints


@dataclass(frozen=True)
class _Spans:
    """What is counted of tweets: spans that follow each other, by tweet, then by time."""

    tweet: Ints
    start: Ints
    end: Ints
    value: Ints


def _tweets(frame: pd.DataFrame, unit_us: int, horizon_us: int) -> tuple[Any, _Tweets]:
    """Give each tweet of a table a number, in each row (-1: none), and say when it was born."""
    import pandas as pd

    check_tidy(frame)
    codes, found = pd.factorize(frame["tweet_id"].astype("category"))
    ids = [str(one) for one in found]
    if not ids:
        msg = "the counts are summed over tweets; half-lives need the counts of each tweet"
        raise TableError(msg)
    born = np.fromiter(map(birth_us, ids), dtype=np.int64, count=len(ids))
    timed = born != NULL_TIME
    begun = np.where(timed, born // HOUR_US * HOUR_US, NULL_TIME)
    until = np.where(timed, born // unit_us * unit_us + horizon_us, NULL_TIME)
    return codes, _Tweets(ids, born, begun, until)


def _spans(rows: pd.DataFrame, tweets: _Tweets) -> _Spans:
    """Choose what is counted for good of each tweet between its birth and its horizon."""
    counted = rows[rows[["value", "start", "end"]].notna().all(axis=1) & (rows["_tweet"] >= 0)]
    counted = known_to_run(latest(counted))
    counted = counted[counted["complete"].astype(bool)]
    tweet = counted["_tweet"].to_numpy()
    # A tweet's first day begins with the tweet: what is before its hour needs no count.
    start = np.maximum(micros(counted["start"]), tweets.begun[tweet])
    end = micros(counted["end"])
    # A span that goes on after the horizon can't be cut. Ids without a time have no horizon.
    within = (start < end) & (end <= tweets.until[tweet])
    order = np.flatnonzero(within)[np.lexsort((start[within], tweet[within]))]
    tweet, start, end = tweet[order], start[order], end[order]
    if ((tweet[1:] == tweet[:-1]) & (start[1:] < end[:-1])).any():
        msg = "the table counts overlapping periods of a tweet: a sum would count twice"
        raise TableError(msg)
    return _Spans(tweet, start, end, counted["value"].to_numpy(dtype=np.int64)[order])


def _last_seen(rows: pd.DataFrame, many: int) -> Ints:
    """Say when each tweet was last observed; NULL_TIME where nobody does."""
    seen = np.full(many, NULL_TIME)
    known = (rows["_tweet"] >= 0) & rows["observed_at"].notna()
    np.maximum.at(
        seen, rows.loc[known, "_tweet"].to_numpy(), micros(rows.loc[known, "observed_at"])
    )
    return seen


def _bounds(tweets: _Tweets, metric: str, spans: _Spans, seen: Ints) -> pd.DataFrame:
    """Find the span in which each tweet first had half of what it got within the horizon."""
    timed = tweets.born != NULL_TIME
    number = np.arange(len(timed))
    first, behind = (np.searchsorted(spans.tweet, number, side) for side in ("left", "right"))
    since = np.concatenate([[0], np.cumsum(spans.value)])
    final = since[behind] - since[first]
    length = np.concatenate([[0], np.cumsum(spans.end - spans.start)])
    whole = timed & (length[behind] - length[first] == tweets.until - tweets.begun)
    known = whole & (final > 0)
    running = since[1:] - since[first[spans.tweet]]
    # Not twice the sum against the final: that would pass the largest number sooner.
    half = known[spans.tweet] & (running >= final[spans.tweet] - running)
    reached = np.flatnonzero(half)
    which, place = np.unique(spans.tweet[reached], return_index=True)
    low, high = tweets.born.copy(), tweets.born.copy()
    low[which] = np.maximum(spans.start[reached[place]], tweets.born[which])
    high[which] = spans.end[reached[place]]
    return _frame(tweets, metric, Bounds(low, high, final, whole, known, whole), seen)


def _frame(tweets: _Tweets, metric: str, found: Bounds, seen: Ints) -> pd.DataFrame:
    """Write bounds as ages, and say of the other tweets why there are none."""
    import pandas as pd

    timed = tweets.born != NULL_TIME
    low, high, until = (
        pd.Series(np.where(timed, moment - tweets.born, 0) / HOUR_US).astype("Float64")
        for moment in (found.low, found.high, tweets.until)
    )
    young = (seen != NULL_TIME) & (seen < tweets.until)
    why = [found.known, found.nothing, ~timed, young]
    frame = pd.DataFrame(
        {
            "tweet_id": tweets.ids,
            "metric": metric,
            "low_h": low.where(found.known),
            "high_h": high.where(found.known),
            "final": pd.Series(found.final).astype("Int64").where(found.exact),
            "until_h": until.where(timed),
            "status": np.select(why, [KNOWN, "none", "no_time", "too_young"], "missing"),
        }
    )
    return frame.astype(_BOUNDS)
