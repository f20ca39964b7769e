"""Rates: counts per impression, of tweets and of groups of them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.errors import LooksPromoted, TableError
from engagement_kit.insight.intervals import Floats, Ints, check_level, of_counts, of_sums
from engagement_kit.insight.rows import rows_of
from engagement_kit.insight.shrinkage import shrink
from engagement_kit.tables.given import as_frame
from engagement_kit.tables.sums import latest, total

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy

_NO_KEYS: Final = (
    "metric", "end", "value", "status", "complete", "observed_at", "request_key",
)  # fmt: skip
_NUMBERS: Final = {
    "metric": "str", "per": "str", "value": "Int64", "per_value": "Int64", "rate": "Float64",
    "low": "Float64", "high": "Float64", "shrunk": "Float64", "shrunk_low": "Float64",
    "shrunk_high": "Float64", "n_tweets": "int64", "n_missing": "int64", "n_suspect": "int64",
}  # fmt: skip
_FOUND: Final = ("rate", "low", "high", "shrunk", "shrunk_low", "shrunk_high")
_ORGANIC: Final = frozenset({"impressions", "video_views", "media_views"})
_TOO_FAR: Final = 3.5  # spreads above the typical rate
_SURE: Final = 0.998  # among thousands of tweets, a few are lucky
_ENOUGH: Final = 20  # tweets, to know what is typical
_NAMED: Final = 3  # tweets, in a warning


def rates(
    table: Tidy,
    of: str | Sequence[str] = "engagements",
    per: str = "impressions",
    *,
    by: str | Sequence[str] | None = "tweet_id",
    level: float = 0.9,
) -> pd.DataFrame:
    """Give counts per impression, with intervals: of each tweet, of groups, or of all.

    A rate of several tweets is the sum of their counts over the sum of their impressions, never
    the mean of their rates: that would let a tweet seen by ten people weigh as much as one seen by
    a million.

    Parameters
    ----------
    table
        A tidy table of any one grain, with the counts of each tweet. Of several observations of a
        number the latest counts.
    of
        Which metric, or several.
    per
        The metric to divide by.
    by
        The column to keep apart: ``"tweet_id"``; another one, such as a campaign that `ek.join`
        put there; several; or None for one rate of all tweets. Tweets without a value there are
        a group of their own.
    level
        How often intervals hold the rate, between 0 and 1. The default is the level at which that
        was measured, as of `compare`; `half_life` has another one, and says why.

    Returns
    -------
    pandas.DataFrame
        For each metric, in the order of `of`, a row for each group, sorted. The kept columns, and

        - ``metric``, ``per``: text,
        - ``value``, ``per_value``: the two sums, Int64; null when a piece is missing,
        - ``rate``: `value` divided by `per_value`, Float64; null when a piece is missing or
          `per_value` is 0,
        - ``low``, ``high``: the interval of the rate, Float64; null where the rate is, where a
          sum is negative, or where one tweet of a group holds nearly all,
        - ``shrunk``, ``shrunk_low``, ``shrunk_high``: the rate of a tweet, drawn towards those of
          all tweets of the table the more, the fewer its counts; Float64. Null in rows of several
          tweets, where a piece is missing, where fewer than three tweets are known, or where all
          counts are 0,
        - ``n_tweets``: how many tweets the row is about, int64,
        - ``n_missing``: how many counts (hours, days, or rows; of both metrics) are missing; int64,
        - ``n_suspect``: how many of the tweets look promoted; int64. See the notes.

    Raises
    ------
    TableError
        For counts summed over tweets, metrics that are not there or stand in different grains,
        a column that can't be kept apart, or a level that is none.

    Warns
    -----
    LooksPromoted
        Where tweets look promoted, with how many and what to do.

    Notes
    -----
    *Not a proportion.* One view can give several engagements, and engagements count those that
    promotion brought, while impressions are organic alone. So rates above 1 exist, and intervals
    for proportions do not fit. Both counts are taken as Poisson counts, and the rate as the ratio
    of their means: `engagement_kit.insight.intervals`. This is wider than an interval that takes
    the impressions as fixed, by the square root of 1 + rate: nothing for clicks, a quarter for
    media views, of which an impression brings 0.6. The interval of a tweet is about the rate that
    it would show with many more views; what it got so far is `value`, and has no error.

    *Groups.* Tweets are taken as a sample of those that one might have posted, and their rates
    differ: the interval is that of a ratio of sums with the tweet as the unit. It takes a few
    large tweets for what they are. It covers where tweets are independent of each other; where
    many are promoted it holds the truth less often than it says (83 to 88 of 100 times instead of
    90 where a quarter is).

    *Shrinking* takes all tweets of the table for tweets of one kind. Do not let it see tweets
    with a link and tweets without at once where you ask for clicks.

    *Missing.* Both counts must be there for each tweet and period. A count without its partner is
    missing, and so are lifetime counts whose two metrics were observed more than an hour apart.

    *Looks promoted* is a tweet with more engagements than impressions, or one whose rate is surely
    (at 99.8 %) far above the others' (3.5 spreads of the logarithm above the median, from 20
    tweets with counts on). That finds few of them, 1 in 40 or less, and blames hardly any other:
    most promoted tweets have a rate that others have by themselves.

    Figures, drawn from the emulator's three worlds, are in ``benchmarks/statistics.md``.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> seen = {"2000": {"impressions": "10", "likes": "1"}}
    >>> seen["2001"] = {"impressions": "990", "likes": "9"}
    >>> table = tidy({"g": seen})
    >>> rates(table, "likes")["rate"].round(4).tolist()
    [0.1, 0.0091]
    >>> rates(table, "likes", by=())["rate"].tolist()
    [0.01]
    """
    import pandas as pd

    check_level(level)
    frame = as_frame(table)
    metrics = _metrics(of, per)
    keys = _keys(frame, by)
    lower = _sums(frame, per, keys)
    tables, suspects = [], set[str]()
    for metric in metrics:
        pairs = _pairs(_sums(frame, metric, keys), lower, keys)
        odd = _suspects(frame, pairs, metric, per)
        pairs = pairs.assign(n_suspect=pairs["tweet_id"].astype("str").isin(odd).astype("int64"))
        suspects |= odd
        tables.append(_rows(pairs, keys, level).assign(metric=metric, per=per))
    if suspects:
        warnings.warn(_warning(suspects, "tweet_id" in keys), LooksPromoted, stacklevel=2)
    out = tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)
    return out[[*keys, *_NUMBERS]].astype(_NUMBERS)


def _metrics(of: str | Sequence[str], per: str) -> list[str]:
    metrics = [of] if isinstance(of, str) else list(dict.fromkeys(of))
    if not metrics or per in metrics:
        msg = f"of={of!r}, per={per!r}; name one metric or several, and another one to divide by"
        raise TableError(msg)
    return metrics


def _keys(frame: pd.DataFrame, by: str | Sequence[str] | None) -> list[str]:
    keys = list(dict.fromkeys([by] if isinstance(by, str) else by or ()))
    wrong = [name for name in keys if name not in frame.columns]
    if wrong:
        msg = f"by={wrong} are no columns of the table; it has {list(frame.columns)}"
        raise TableError(msg)
    answers = [name for name in keys if name in _NO_KEYS or name in _NUMBERS]
    if answers:
        msg = f"by={answers}: these say what was counted, not of which tweets; rename yours"
        raise TableError(msg)
    return keys


def _sums(frame: pd.DataFrame, metric: str, keys: list[str]) -> pd.DataFrame:
    """Sum a metric by tweet within each group; say which periods the sums are made of."""
    import pandas as pd

    rows, grain = rows_of(frame, metric)
    if rows["tweet_id"].isna().any():
        msg = "counts are summed over tweets; rates need the counts of each tweet, by its id"
        raise TableError(msg)
    every = list(dict.fromkeys([*keys, "tweet_id"]))
    sums = total(rows, every).drop(columns=["metric", "complete"])
    counted = latest(rows[rows["value"].notna()])
    # A lifetime ends with its observation, which is never the same for two requests.
    periods = counted[["start", "hour_of_day"] + ([] if grain == "lifetime" else ["end"])]
    marked = counted[every].assign(
        periods=pd.util.hash_pandas_object(periods, index=False), until=counted["end"]
    )
    # The sum of hashes does not depend on the order of rows, and wraps around.
    marks = marked.groupby(every, observed=True, dropna=False, sort=False).agg(
        periods=("periods", "sum"), until=("until", "max")
    )
    return sums.merge(marks.reset_index(), on=every, how="left").assign(grain=grain)


def _pairs(upper: pd.DataFrame, lower: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Put the two sums of each tweet beside each other; a sum without its partner is missing."""
    import pandas as pd

    grains = upper["grain"].iloc[0], lower["grain"].iloc[0]
    if grains[0] != grains[1]:
        msg = f"the metrics stand in two grains ({', '.join(grains)}); a rate needs them in one"
        raise TableError(msg)
    every = list(dict.fromkeys([*keys, "tweet_id"]))
    both = upper.merge(lower, on=every, how="outer", suffixes=("", "_per"))
    upper_lost, lower_lost = (
        both[f"n_missing{side}"].fillna(both[f"n_expected{other}"])
        for side, other in (("", "_per"), ("_per", ""))
    )
    lost = upper_lost + lower_lost
    apart = (both["until"] - both["until_per"]).abs() > pd.Timedelta(hours=1)
    differ = both["periods"].ne(both["periods_per"]) | (apart if grains[0] == "lifetime" else False)
    unequal = (both["n_expected"] - both["n_expected_per"]).abs().clip(lower=1)
    # Where a count is missing anyway, periods differ by that.
    lost = lost.where((lost > 0) | ~differ, unequal).astype("int64")
    return both[every].assign(
        value=both["value"], per_value=both["value_per"], n_missing=lost, known=(lost == 0)
    )


def _numbers(pairs: pd.DataFrame) -> tuple[Floats, Floats]:
    """Give both counts of each tweet, nan where one is missing."""
    upper, lower = (
        pairs[name].where(pairs["known"]).to_numpy(dtype=np.float64, na_value=np.nan)
        for name in ("value", "per_value")
    )
    return upper, lower


def _suspects(frame: pd.DataFrame, pairs: pd.DataFrame, metric: str, per: str) -> set[str]:
    """Name the tweets that look promoted, by all that the table counts of each.

    In a single hour there may well be more engagements than impressions: people click on what
    they saw an hour before.
    """
    if per != "impressions" or metric in _ORGANIC:
        return set()
    if not pairs["tweet_id"].is_unique:
        pairs = _pairs(_sums(frame, metric, []), _sums(frame, per, []), [])
    return set(pairs.loc[_suspect(pairs), "tweet_id"].astype("str"))


def _suspect(pairs: pd.DataFrame) -> Any:
    """Say which tweets look promoted: above 1, or far above what is typical of the others."""
    upper, lower = _numbers(pairs)
    with np.errstate(invalid="ignore"):
        above = upper > lower
        some = (upper > 0) & (lower > 0)
    if some.sum() < _ENOUGH:
        return above
    logs = np.log(upper[some] / lower[some])
    typical = np.median(logs)
    spread = 1.4826 * np.median(np.abs(logs - typical))
    low, _ = of_counts(upper, lower, _SURE)
    far = np.zeros_like(above)
    far[some] = (spread > 0) & (low[some] > np.exp(typical + _TOO_FAR * spread))
    return above | far


def _rows(pairs: pd.DataFrame, keys: list[str], level: float) -> pd.DataFrame:
    """Sum tweets to groups, and add rates with their intervals."""
    group = np.zeros(len(pairs), dtype=np.int64)
    if keys:
        parted = pairs.groupby(keys, observed=True, dropna=False, sort=True)
        group = parted.ngroup().to_numpy().astype(np.int64)
    grouped = pairs.groupby(group, sort=True)
    first = np.unique(group, return_index=True)[1]
    sums = (
        pairs[keys]
        .iloc[first]
        .reset_index(drop=True)
        .assign(
            n_tweets=grouped["tweet_id"].nunique(),
            n_missing=grouped["n_missing"].sum(),
            n_suspect=grouped["n_suspect"].sum(),
        )
    )
    for name in ("value", "per_value"):
        # Whole numbers are added as such: floats lose the ones of very large sums.
        sums[name] = grouped[name].sum().mask(pairs[name].isna().groupby(group).any())
    upper, lower = _numbers(pairs)
    found = [
        _ratio(upper, lower, group, len(sums)),
        *of_sums(upper, lower, group, len(sums), level),
    ]
    if "tweet_id" in keys and len(sums) == pairs["tweet_id"].nunique():
        order = np.argsort(group)  # each tweet is a group
        found += shrink(upper[order], lower[order], level)
    else:
        found += [np.full(len(sums), np.nan)] * 3
    return sums.assign(**{name: _nullable(one) for name, one in zip(_FOUND, found, strict=True)})


def _ratio(upper: Floats, lower: Floats, group: Ints, groups: int) -> Floats:
    above, below = (np.bincount(group, weights=one, minlength=groups) for one in (upper, lower))
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)


def _nullable(values: Floats) -> Any:
    """Give nan as null: pandas keeps the two apart from here on."""
    import pandas as pd

    return pd.array(values, dtype="Float64")


def _warning(suspects: set[str], by_tweet: bool) -> str:
    many = "1 tweet looks" if len(suspects) == 1 else f"{len(suspects)} tweets look"
    named = ", ".join(sorted(suspects)[:_NAMED]) + (", ..." if len(suspects) > _NAMED else "")
    where = "n_suspect says which" if by_tweet else "rates(..., by='tweet_id') says which"
    return (
        f"{many} promoted ({named}): more engagements than organic impressions explain. "
        "Impressions count organic views alone, engagements promoted ones too, so that their rate "
        f"is no rate of the tweet. {where}; leave them out, or compare counts instead."
    )
