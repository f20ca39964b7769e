"""Two groups of tweets beside each other, with the tweet as the unit."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

import numpy as np

from engagement_kit.errors import SharedClusters, TableError
from engagement_kit.insight.belonging import names_of, shown
from engagement_kit.insight.equal_age import as_counted, of_first_hours
from engagement_kit.insight.intervals import check_level
from engagement_kit.insight.resampling import Side, Statistic, chance_of_more, ratio_of
from engagement_kit.question.amounts import many
from engagement_kit.question.spelling import no_such_word
from engagement_kit.tables.given import as_frame

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.insight.belonging import Names
    from engagement_kit.tables.given import Tidy

_FEWEST: Final = 2  # tweets, or clusters, of a group
_ALIKE_H: Final = {"day": 24.0}  # how much ages may differ in a table of equal ages
_ROW: Final = {
    "metric": "str", "statistic": "str", "a": "str", "b": "str",
    "value_a": "Float64", "value_b": "Float64",
    "ratio": "Float64", "low": "Float64", "high": "Float64",
    "chance": "Float64", "chance_low": "Float64", "chance_high": "Float64", "p_value": "Float64",
    "n_a": "int64", "n_b": "int64", "left_out_a": "int64", "left_out_b": "int64",
    "in_neither": "int64", "clusters_a": "Int64", "clusters_b": "Int64",
    "first_hours": "Int64", "age_a_h": "Float64", "age_b_h": "Float64", "equal_age": "bool",
}  # fmt: skip


class Group(NamedTuple):
    """One of the two: its name, its whole tweets, and how many others it has."""

    name: str
    rows: pd.DataFrame
    left_out: int


class Pair(NamedTuple):
    """The two groups, who is in which, and how many tweets of the table are in neither."""

    a: Group
    b: Group
    named: dict[str, str]
    in_neither: int


def compare(
    table: Tidy,
    groups: Names,
    metric: str = "impressions",
    *,
    first_hours: int | None = None,
    statistic: Statistic = "median",
    cluster: Names | None = None,
    level: float = 0.9,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare what tweets of two groups got: how many times as much, and how surely.

    The tweet is the unit, not the view: a million views of one tweet are one tweet's luck.

    Parameters
    ----------
    table
        A tidy table of one grain, with the counts of each tweet. Of several observations of a
        number the latest counts.
    groups
        Which tweet is in which group: a mapping of tweet ids (text or int) to names, a Series of
        names with ids as its index, or the name of a column of the table. Exactly two names. The
        first named is *a*; of a column the first in its order.
    metric
        Which metric.
    first_hours
        Compare what each tweet got in so many clock hours, from that of its creation on (of a table
        of days: a multiple of 24, from the UTC day of its creation on). Tweets that do not have all
        of them are left out. Without it, the counts are compared as the table has them: see
        `equal_age` below.
    statistic : {'median', 'mean'}
        What a typical tweet gets, or what sums depend on. Intervals of the mean hold the truth
        less often than they say where audiences are skewed: see the notes.
    cluster
        What tweets have their luck in common by, such as a campaign: a mapping, Series or column
        as for `groups`. Whole clusters are the units then. Groups are taken as independent of each
        other all the same.
    level
        How often intervals hold the truth, between 0 and 1. The default is the level at which that
        was measured, as of `rates`; `half_life` has another one, and says why.
    seed
        Of the bootstrap: the same seed gives the same interval.

    Returns
    -------
    pandas.DataFrame
        One row:

        - ``metric``, ``statistic``: text; ``a``, ``b``: the names of the groups, text,
        - ``value_a``, ``value_b``: the statistic of each group's tweets, Float64,
        - ``ratio``: `value_a` divided by `value_b`, with ``low`` and ``high``, a bootstrap
          interval; Float64; null where `value_b` is 0, or where an end is,
        - ``chance``: the probability that a tweet of *a* gets more than one of *b* (ties count
          half), which no scale matters to, with ``chance_low`` and ``chance_high``; Float64,
        - ``p_value``: of the hypothesis that this probability is 1/2, two-sided; Float64,
        - ``n_a``, ``n_b``: how many tweets are compared; int64,
        - ``left_out_a``, ``left_out_b``: tweets of the group without a whole count, those among
          them that the table does not hold; int64,
        - ``in_neither``: tweets of the table that are in no group; int64,
        - ``clusters_a``, ``clusters_b``: how many clusters there are; Int64, null without,
        - ``first_hours``: as asked; Int64, null without,
        - ``age_a_h``, ``age_b_h``: up to which age the middle tweet of each group is counted, in
          hours since its creation (with `first_hours`: since the beginning of that clock hour,
          or UTC day); Float64, null where no id says when the tweet was posted,
        - ``equal_age``: whether all tweets are counted over the same ages, to the hour (in a table
          of days: to the day). If not, older tweets had more time: bool.

    Raises
    ------
    TableError
        For other than two groups, fewer than two whole tweets or clusters in one, tweets without
        a cluster, a `first_hours` that the table can't give, or options that are none.

    Warns
    -----
    SharedClusters
        Where a cluster has tweets of both groups: intervals are wider than they need be.

    Notes
    -----
    *Median or mean.* Held against the emulator's truth with 20 to 100 tweets a group, the interval
    for the ratio of medians holds it as often as it says, in log-normal and heavy-tailed worlds.
    No interval that we tried does so for means: few tweets hold most of a sum, and a sample mostly
    lacks the largest that might have come. With 20 tweets a group and log-normal audiences a 90 %
    interval holds the ratio of means 88 of 100 times, where audiences have no variance 86. So the
    median is the default.

    *The test* is Brunner and Munzel's, which allows the groups to differ in spread; in random
    halves of one account it finds a difference no more often than its level says. It asks whether
    tweets of one group tend to get more, not whether their means differ.

    *Independent tweets* are assumed without `cluster`. In a world whose tweets of a week share
    their luck, spans of weeks that differ in nothing else differ at the 10 % level in 4 of 5
    cases. With `cluster` the level holds, from four clusters a group on, if the clusters are what
    shares the luck: calendar weeks that cut through campaigns do not do. Two clusters, such as one
    campaign against another, can't be told from chance by any method.

    *Ages.* A young tweet is not a small one. Where `equal_age` is False, compare `first_hours`, or
    make sure that both groups have long done with growing.
    With few `first_hours` the hour of posting matters, too: tweets of the night come into
    their own later. Compare groups that post at the same hours, or whole days.

    Figures are in ``benchmarks/statistics.md``.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> likes = {str(2000 + one): {"likes": str(10 + one)} for one in range(8)}
    >>> teams = {2000 + one: "red" if one < 4 else "blue" for one in range(8)}
    >>> row = compare(tidy({"g": likes}), teams, "likes").loc[0]
    >>> print(row["a"], row["value_a"], row["b"], row["value_b"], row["chance"])
    red 11.5 blue 15.5 0.0
    """
    frame = as_frame(table)
    pair = pair_of(frame, groups, metric, first_hours)
    options: dict[str, Any] = {"statistic": statistic, "cluster": cluster, "level": level}
    return compared(frame, pair, metric, first_hours=first_hours, seed=seed, **options)


def pair_of(frame: pd.DataFrame, groups: Names, metric: str, first_hours: int | None) -> Pair:
    """Count each tweet, and part the tweets into two groups; the arguments are those of `compare`.

    Raises
    ------
    TableError
        For other than two groups, fewer than two whole tweets in one, or a `first_hours` that the
        table can't give.
    """
    if first_hours is None:
        tweets = as_counted(frame, metric)
    else:
        tweets = of_first_hours(frame, metric, first_hours)
    named = names_of(frame, groups, "groups")
    return Pair(*_two(tweets, named), named, int((~tweets["tweet_id"].isin(list(named))).sum()))


def compared(
    frame: pd.DataFrame,
    pair: Pair,
    metric: str,
    *,
    first_hours: int | None = None,
    statistic: Statistic = "median",
    cluster: Names | None = None,
    level: float = 0.9,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare two groups that are parted already; the arguments and the row are of `compare`."""
    import pandas as pd

    check_level(level)
    if type(seed) is not int or seed < 0:
        msg = f"seed={seed!r}; allowed: a whole number from 0 on"
        raise TableError(msg)
    if statistic not in get_args(Statistic):
        raise TableError(no_such_word("statistic", statistic, get_args(Statistic)))
    both = a, b = pair.a, pair.b
    sides = _sides(frame, both, cluster)
    first, second, ratio = ratio_of(*sides, statistic, level, seed)
    more, p_value = chance_of_more(*sides, level)
    units = [None if one.clusters is None else one.units for one in sides]
    row: dict[str, Any] = {
        "metric": metric, "statistic": statistic, "a": a.name, "b": b.name,
        "value_a": first, "value_b": second,
        "ratio": ratio.value, "low": ratio.low, "high": ratio.high,
        "chance": more.value, "chance_low": more.low, "chance_high": more.high,
        "p_value": p_value,
        "n_a": len(a.rows), "n_b": len(b.rows),
        "left_out_a": a.left_out, "left_out_b": b.left_out,
        "in_neither": pair.in_neither,
        "clusters_a": units[0], "clusters_b": units[1],
        "first_hours": first_hours,
        "age_a_h": _median(a.rows["to_h"]), "age_b_h": _median(b.rows["to_h"]),
        "equal_age": _equal_age(frame, metric, both),
    }  # fmt: skip
    # None of the numbers that are not there is a nan: a null is what the table has.
    nulls = {name: None if pd.isna(value) else value for name, value in row.items()}
    return pd.DataFrame([nulls]).astype(_ROW)


def _median(hours: pd.Series) -> Any:
    """Give the middle one; older pandas warns of a column in which there is none."""
    return hours.median() if hours.notna().any() else None


def _two(tweets: pd.DataFrame, named: dict[str, str]) -> tuple[Group, Group]:
    """Part the tweets into exactly two groups; leave out those without a whole count."""
    names = list(dict.fromkeys(named.values()))
    if len(names) != 2:
        msg = f"groups has {many(len(names), 'name')} ({shown(names)}); exactly two can be compared"
        raise TableError(msg)
    mine = tweets["tweet_id"].map(named)
    groups = []
    for name in names:
        rows = tweets[(mine == name) & tweets["value"].notna()]
        left_out = sum(one == name for one in named.values()) - len(rows)
        if len(rows) < _FEWEST:
            msg = (
                f"group {name!r} has {many(len(rows), 'tweet')} with a whole count, and {left_out} "
                f"without; {_FEWEST} are needed at least, and 20 say something"
            )
            raise TableError(msg)
        groups.append(Group(name, rows, left_out))
    return groups[0], groups[1]


def _sides(
    frame: pd.DataFrame, both: tuple[Group, Group], cluster: Names | None
) -> tuple[Side, Side]:
    """Give the counts of both groups, and the clusters of their tweets, as numbers."""
    if cluster is None:
        clusters: dict[str, str] | None = None
    else:
        clusters = names_of(frame, cluster, "cluster")
    a, b = (_side(group, clusters) for group in both)
    if clusters is not None:
        _warn_of_shared(both, clusters)
    return a, b


def _warn_of_shared(both: tuple[Group, Group], clusters: dict[str, str]) -> None:
    """Tell of clusters of both groups: each group is drawn as if it had them to itself."""
    a, b = (set(one.rows["tweet_id"].map(clusters).dropna()) for one in both)
    if a & b:
        msg = (
            f"{many(len(a & b), 'cluster')} ({shown(sorted(a & b))}) with tweets of both groups: "
            "what they share cancels out between the groups, and is counted as chance all the "
            "same, so that intervals are wider than they need be; leave such clusters out, or "
            "compare the groups within each of them"
        )
        warnings.warn(msg, SharedClusters, stacklevel=5)


def _side(group: Group, clusters: dict[str, str] | None) -> Side:
    import pandas as pd

    values = group.rows["value"].to_numpy(dtype=np.float64)
    if clusters is None:
        return Side(values, None)
    mine = group.rows["tweet_id"].map(clusters)
    if mine.isna().any():
        msg = f"{int(mine.isna().sum())} tweets of group {group.name!r} have no cluster; name one"
        raise TableError(msg)
    codes, found = pd.factorize(mine)
    if len(found) < _FEWEST:
        msg = (
            f"group {group.name!r} is one cluster: nothing says how much clusters differ; "
            "take more of them, or compare tweets without cluster= and do not trust the interval"
        )
        raise TableError(msg)
    return Side(values, codes.astype(np.int64))


def _equal_age(frame: pd.DataFrame, metric: str, both: tuple[Group, Group]) -> bool:
    """Say whether all tweets are counted from the same age to the same age."""
    import pandas as pd

    ages = pd.concat([group.rows[["from_h", "to_h"]] for group in both])
    if ages.isna().any(axis=None):
        return False
    grain = str(frame.loc[frame["metric"] == metric, "grain"].iloc[0])
    apart = ages.max() - ages.min()
    return bool((apart <= _ALIKE_H.get(grain, 1.0)).all())
