"""Columns as whole numbers, and what stands twice among them: pandas compares words, and slowly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.tables.schema import NULL_TIME, Ints
from engagement_kit.tables.times import birth_us

if TYPE_CHECKING:
    import pandas as pd

_ROOM: Final = 2**62
"""So many combinations fit into one whole number of a machine."""
_DENSE: Final = 16
"""Up to so many combinations for each row, ticking them off is faster than sorting."""


def codes(column: pd.Series[Any]) -> tuple[Ints, int]:
    """Give what stands in a column a number.

    Returns
    -------
    codes : numpy.ndarray
        Equal for equal values, from 0; null is a value of its own.
    many : int
        No code is as high.

    Examples
    --------
    >>> import pandas as pd
    >>> codes(pd.Series(["b", "a", None, "b"]))[0].tolist()
    [1, 2, 0, 1]
    """
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        words = column.cat
        # Codes may be of 8 bits, and would stay so in a sum.
        return words.codes.to_numpy().astype(np.int64) + 1, len(words.categories) + 1
    found, values = pd.factorize(column)
    return found.astype(np.int64) + 1, len(values) + 1


def micros(column: pd.Series[Any]) -> Ints:
    """Give moments in microseconds since 1970; NULL_TIME for null.

    Examples
    --------
    >>> import pandas as pd
    >>> micros(pd.Series([pd.Timestamp("1970-01-01T00:00:01Z"), None]))[0]
    np.int64(1000000)
    """
    import pandas as pd

    # What pandas put together of nulls alone has lost that it holds moments.
    moments = column if hasattr(column, "dt") else pd.to_datetime(column, utc=True)
    times: Ints = moments.dt.as_unit("us").astype("int64").to_numpy()
    return times


def moments(times: Ints, index: pd.Index[Any]) -> pd.Series[Any]:
    """Give moments back as a column, UTC, of what `micros` gives.

    Examples
    --------
    >>> import pandas as pd
    >>> moments(np.array([1_000_000]), pd.RangeIndex(1))[0].isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    import pandas as pd

    return pd.Series(times.view("M8[us]"), index=index).dt.tz_localize("UTC")


def floored(times: Ints, unit: int) -> Ints:
    """Give the beginning of the hour or day that each moment lies in, in microseconds.

    Examples
    --------
    >>> floored(np.array([7_200_000_001, NULL_TIME]), 3_600_000_000).tolist()[0]
    7200000000
    """
    return np.where(times == NULL_TIME, NULL_TIME, times - times % unit)


def births(tweet_id: pd.Series[Any]) -> tuple[pd.Index[Any], Ints, Ints]:
    """Give the tweets of a column numbers, and say when each was posted.

    Returns
    -------
    ids : pandas.Index
        The tweets, by number.
    tweet : numpy.ndarray
        The number of each row's tweet; -1 for null.
    born : numpy.ndarray
        By number, with one more at the end for null: microseconds since 1970; NULL_TIME where the
        id does not say.

    Examples
    --------
    >>> import pandas as pd
    >>> ids, tweet, born = births(pd.Series(["697506383516729344", None]))
    >>> tweet.tolist(), born.tolist() == [1455133455529000, NULL_TIME]
    ([0, -1], True)
    """
    column = tweet_id.astype("category")
    ids = column.cat.categories
    tweet: Ints = column.cat.codes.to_numpy()
    used = np.bincount(tweet.astype(np.int64) + 1, minlength=len(ids) + 1)[1:]
    # A part of a table still names all tweets of the whole.
    when = [
        birth_us(str(one)) if often else NULL_TIME for one, often in zip(ids, used, strict=True)
    ]
    return ids, tweet, np.array([*when, NULL_TIME], dtype=np.int64)


def joined(columns: Sequence[tuple[Ints, int]]) -> tuple[Ints, int]:
    """Make one number of several for each row, equal where all are; as `codes` gives them.

    Examples
    --------
    >>> joined([(np.array([0, 1, 1]), 2), (np.array([2, 0, 2]), 3)])
    (array([2, 3, 5]), 6)
    """
    key, many = columns[0]
    for more, size in columns[1:]:
        if many * size > _ROOM:
            key, many = numbered(key)
        key = key * size + more if size > 1 else key
        many *= size
    return key, many


def series_of(frame: pd.DataFrame, names: Sequence[str]) -> Ints:
    """Give the rows of a frame numbers, equal where these columns are."""
    return joined([_or_one(*codes(frame[name])) for name in names])[0]


def _or_one(found: Ints, many: int) -> tuple[Ints, int]:
    """Take a column that is the same in all rows for what it is: nothing to tell rows apart by."""
    if len(found) and bool((found == found[0]).all()):
        return np.zeros(len(found), dtype=np.int64), 1
    return found, many


def is_in_order(series: Ints, start: Ints) -> bool:
    """Say whether each series stands in one piece, its starts rising: then none stands twice.

    Examples
    --------
    >>> is_in_order(np.array([5, 5, 2]), np.array([1, 2, 1]))
    True
    >>> is_in_order(np.array([5, 2, 5]), np.array([1, 1, 2]))
    False
    """
    new = series[1:] != series[:-1]
    if not bool((new | (start[1:] > start[:-1])).all()):
        return False
    first = np.append(series[:1], series[1:][new])
    return len(np.unique(first)) == len(first)


def standing_twice(series: Ints, start: Ints) -> Any:
    """Say which rows share their series and their start with another.

    Examples
    --------
    >>> standing_twice(np.array([5, 2, 5]), np.array([1, 1, 1])).tolist()
    [True, False, True]
    """
    import pandas as pd

    if is_in_order(series, start):
        return np.zeros(len(series), dtype=bool)
    key, many = joined([numbered(series), numbered(start)])
    if _is_each_once(key, many):
        return np.zeros(len(series), dtype=bool)
    return pd.Series(key).duplicated(keep=False).to_numpy()


def _is_each_once(key: Ints, many: int) -> bool:
    """Say whether no number is there twice; they go from 0 to below `many`."""
    if many > _DENSE * len(key):
        return not is_repeating(np.sort(key, kind="stable"))
    seen = np.zeros(many, dtype=bool)
    seen[key] = True
    return int(np.count_nonzero(seen)) == len(key)


def is_repeating(key: Ints) -> bool:
    """Say whether a number follows itself."""
    return bool((key[1:] == key[:-1]).any())


def ranked(series: Ints, start: Ints) -> Ints:
    """Make one number of both that rises as they do.

    Examples
    --------
    >>> ranked(np.array([5, 2, 5]), np.array([1, 7, 7])).tolist()
    [2, 1, 3]
    """
    return joined([numbered(series), numbered(start)])[0]


def numbered(numbers: Ints) -> tuple[Ints, int]:
    """Give whole numbers new ones, close to each other and in their order; as `codes`.

    Examples
    --------
    >>> numbered(np.array([700, -5, 700]))
    (array([1, 0, 1]), 2)
    """
    import pandas as pd

    found, values = pd.factorize(numbers, sort=True)
    return found.astype(np.int64, copy=False), max(len(values), 1)
