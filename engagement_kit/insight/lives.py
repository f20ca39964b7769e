"""What a table says of each hour or day of each tweet's life, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.errors import TableError
from engagement_kit.question.micros import HOUR_US
from engagement_kit.tables.codes import births, floored, micros, ranked
from engagement_kit.tables.schema import NULL_TIME, Ints
from engagement_kit.tables.sums import NEEDED, check_tidy, each_once

if TYPE_CHECKING:
    import pandas as pd

UNIT_HOURS: Final = {"hour": 1, "day": 24}


@dataclass(frozen=True)
class Lives:
    """Each hour (of a table of days: each day) of each tweet that a table knows of, once.

    Attributes
    ----------
    ids : pandas.Index
        The tweets; all else names them by their number here.
    born
        By tweet: when it was posted, in microseconds since 1970; NULL_TIME where its id does not
        say.
    there
        By tweet: whether the table has any row of it.
    unit
        The length of an hour, or of a day, in microseconds.
    tweet, at
        Of which tweet, and which hour (day) since 1970. Rising: by tweet, then by time.
    value
        The count; 0 where there is none.
    lost
        How many counts are missing.
    whole
        Whether all of it is counted, and was over when it was observed.
    """

    ids: pd.Index[Any]
    born: Ints
    there: Any
    unit: int
    tweet: Ints
    at: Ints
    value: Ints
    lost: Ints
    whole: Any

    COLUMNS = ("tweet", "at", "value", "lost", "whole")

    def __len__(self) -> int:
        """How many hours or days there are, over all tweets."""
        return len(self.tweet)

    @property
    def age(self) -> Ints:
        """How many hours (days) each began after that of the posting; noise without a birth."""
        age: Ints = self.at - (self.born // self.unit)[self.tweet]
        return age

    def where(self, chosen: Any) -> Lives:
        """Choose hours or days, by truth."""
        if bool(chosen.all()):
            return self
        columns = {name: getattr(self, name)[chosen] for name in self.COLUMNS}
        return Lives(self.ids, self.born, self.there, self.unit, **columns)


def lives_of(rows: pd.DataFrame, grain: str, *, dated: bool = False) -> Lives:
    """Read the rows of one metric.

    Parameters
    ----------
    rows
        As of `insight.rows.rows_of`, of grain hour or day.
    grain
        Of all rows.
    dated
        Leave out tweets whose ids do not say when they were posted.

    Raises
    ------
    TableError
        When no row names a tweet, or counts overlap.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> born = "2050491494400000000"  # 2026-05-02T08:24Z
    >>> lives = lives_of(tidy({"g": {born: {"likes": {"2026-05-02": {"09": "3"}}}}}), "hour")
    >>> lives.age.tolist(), lives.value.tolist(), lives.whole.tolist()
    ([1], [3], [True])
    """
    check_tidy(rows)
    ids, tweet, born = births(rows["tweet_id"])
    there = np.bincount(tweet.astype(np.int64) + 1, minlength=len(born))[1:] > 0
    if not there.any():
        msg = "the counts are summed over tweets; this needs the counts of each tweet"
        raise TableError(msg)
    unit = UNIT_HOURS[grain] * HOUR_US
    once = rows[list(NEEDED)].assign(_tweet=tweet)
    known = born[tweet] != NULL_TIME
    once = each_once(once if not dated or known.all() else once[known])
    tweet, start, end = once["_tweet"].to_numpy(), micros(once["start"]), micros(once["end"])
    columns = {
        "tweet": tweet,
        "at": start // unit,
        "value": once["value"].to_numpy(dtype=np.int64, na_value=0),
        "lost": once["value"].isna().to_numpy().astype(np.int32),
        # Where nobody said when it was observed, it is not known to run.
        "whole": once["complete"].to_numpy(dtype=bool, na_value=True),
        "counted": np.where(once["value"].isna() | (end == NULL_TIME), 0, end - start),
    }
    if grain == "hour":
        del columns["counted"]
    columns = _each_unit(columns, once["_weight"].to_numpy(), (tweet >= 0) & (start != NULL_TIME))
    columns = _sorted(columns)
    whole = columns["whole"] & (columns["lost"] == 0)
    if grain == "day":
        # Only of the day when it was posted may a part be all there is.
        begun = columns["at"] * unit
        first = np.maximum(begun, floored(born, HOUR_US)[columns["tweet"]])
        whole &= columns["counted"] >= begun + unit - first
    kept = {name: columns[name] for name in Lives.COLUMNS}
    return Lives(ids, born[:-1], there, unit, **{**kept, "whole": whole})


def _each_unit(columns: dict[str, Any], weight: Ints, known: Any) -> dict[str, Any]:
    """Take missed spans apart, and leave out rows that can't be placed."""
    if known.all() and bool((weight == 1).all()):
        return columns
    many = np.where(known, weight, 0)
    row = np.repeat(np.arange(len(many)), many)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
    apart = {name: one[row] for name, one in columns.items()}
    apart["at"] = apart["at"] + nth
    return apart


def _sorted(columns: dict[str, Any]) -> dict[str, Any]:
    """Order by tweet and time; put parts of the same hour or day together."""
    tweet, at = columns["tweet"], columns["at"]
    later = (tweet[1:] == tweet[:-1]) & (at[1:] > at[:-1])
    if bool((later | (tweet[1:] > tweet[:-1])).all()):
        return columns
    key = ranked(tweet, at)
    order = np.argsort(key, kind="stable")
    key = key[order]
    columns = {name: one[order] for name, one in columns.items()}
    first = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    if len(first) == len(key):
        return columns
    sums = {"value": np.add, "lost": np.add, "counted": np.add, "whole": np.logical_and}
    return {
        name: sums[name].reduceat(one, first) if name in sums else one[first]
        for name, one in columns.items()
    }
