"""Tweet ids: always text, checked, and dated by what the id itself says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from os import PathLike
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engagement_kit.errors import Problem, QueryError
from engagement_kit.question.amounts import FEW, few
from engagement_kit.question.micros import EPOCH

ID_EPOCH_MS: Final = 1_288_834_974_657
"""Milliseconds that a timed id counts from, 2010-11-04T01:42:54.657Z."""
SHORT: Final = 8
"""Ids of so many digits are of tweets before June 2007, when there were few; see `short_note`."""
FIRST_TIMED_ID: Final = 30_000_000_000
"""Ids were counted one by one up to here (November 2010); from here on they carry their time."""
MAX_ID: Final = 2**63 - 1

_PLAIN = re.compile(r"[1-9][0-9]{0,18}")
_ALL_PLAIN = re.compile(r"[1-9][0-9]{0,18}(?:\n[1-9][0-9]{0,18})*")
_URL = re.compile(
    r"https?://(?:\w+\.)*(?:twitter|x)\.com/\S*?/status(?:es)?/([1-9][0-9]{0,18})\b\S*"
)
_TYPED_AS_TEXT = re.compile(r"""'([0-9]+)|="([0-9]+)\"""")
"""How spreadsheets are made to keep all digits; it may stand in their files."""
_ROUNDED = re.compile(r"[1-9][0-9]*(?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}")
_APART = re.compile(r"[\s,;]+")
_APART_BUT_ROUNDED = re.compile(r"(?:[\s;]|,(?!(?<=\b[1-9],)[0-9]+[eE]\+?[0-9]))+")
_AROUND = "[](){}'\"`" + "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a"
_SEVERAL: Final = 2
_LOOKED_AT: Final = 100
"""So many first ids tell whether it is worth to look at all."""
_NO_ITERABLE: Final = "tweet ids are an iterable of text or int"
_TABLE: Final = "a table has several columns; give the one with the ids"
_FILE: Final = "a file is read by ek.read_ids(...), which gives its ids"
_HINTS: Final = {
    _NO_ITERABLE: "Pass a list, such as ['20'].",
    _FILE: "As in ek.read_ids('tweets.csv').",
}
_FILE_NAME = re.compile(r"[^\s,;]*\.(?:csv|tsv|txt|parquet|jsonl|ndjson|json|xlsx?|gz)")


def created_at(tweet_id: str | int) -> datetime | None:
    """Tell when a tweet was created, from its id alone.

    Parameters
    ----------
    tweet_id
        The id as text or int.

    Returns
    -------
    datetime or None
        Aware, UTC, to the millisecond; None for ids from before November 2010, which carry no time.

    Examples
    --------
    >>> created_at("697506383516729344").isoformat(timespec="seconds")
    '2016-02-10T19:44:15+00:00'
    >>> created_at("123456789") is None
    True
    """
    number = int(tweet_id)
    if number < FIRST_TIMED_ID:
        return None
    milliseconds = (number >> 22) + ID_EPOCH_MS
    return EPOCH + timedelta(milliseconds=milliseconds)


def creation_hours(tweet_ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Give the UTC hour in which each tweet was created; the hour of November 2010 where unknown.

    Returns
    -------
    ndarray of int64, one per id
        Hours since 1970. An untimed id is older than that hour, so it serves as an upper bound.
    """
    return hours_of(as_numbers(tweet_ids))


def as_numbers(tweet_ids: Collection[str]) -> npt.NDArray[np.int64]:
    """Give ids as whole numbers, for arithmetic only: in tables they stay text."""
    return np.fromiter(map(int, tweet_ids), dtype=np.int64, count=len(tweet_ids))


def hours_of(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Give the UTC hours in which tweets were created; see `creation_hours`."""
    hours: npt.NDArray[np.int64] = ((numbers >> 22) + ID_EPOCH_MS) // 3_600_000
    return hours  # untimed ids are so small that they fall into the first of these hours


def births_of(numbers: npt.NDArray[np.int64], unknown: int) -> npt.NDArray[np.int64]:
    """Give when tweets were created, in microseconds since 1970.

    Parameters
    ----------
    numbers
        Their ids as whole numbers.
    unknown
        What stands for ids from before November 2010, which carry no time.

    Examples
    --------
    >>> births_of(np.array([697506383516729344, 20]), unknown=-1).tolist()
    [1455133455529000, -1]
    """
    born: npt.NDArray[np.int64] = ((numbers >> 22) + ID_EPOCH_MS) * 1000
    return np.where(numbers < FIRST_TIMED_ID, unknown, born)


def clean(values: object) -> tuple[tuple[str, ...], int, tuple[Problem, ...]]:
    r"""Turn whatever a person calls tweet ids into ids as text.

    Parameters
    ----------
    values
        An iterable of ids as text, int or tweet URL (a list, a Series, a column); or one text
        with ids or URLs apart by blanks, commas or new lines; see `split`. Blanks and new lines
        around an id are taken off. A set has no order of its own: its ids are sorted. Floats are
        refused: 19 digits do not fit into them.

    Returns
    -------
    ids : tuple of str
        Each id once, in the order of first appearance.
    duplicates : int
        How many repeats were left out.
    problems : tuple of Problem
        One for each kind of thing that is no id, with examples.

    Examples
    --------
    >>> clean(["123456789\n", 123456789, "https://x.com/a/status/20"])[:2]
    (('123456789', '20'), 1)
    """
    found = read(values)
    problems = tuple(_problem(why, junk) for why, junk in found.junk.items())
    return found.ids, found.duplicates, problems


def short_note(ids: Sequence[str]) -> str:
    """Say that ids are so short that they may be other numbers, such as likes; else nothing.

    Most of several ids have eight digits at most. Tweets of the first 15 months have such ids, so
    nothing is refused; but a column of them is far more often one of counts or row numbers.

    Examples
    --------
    >>> short_note(["5", "6", "697506383516729344"])
    '2 of 3 ids have 8 digits at most, as tweets before June 2007 have: is it the right column?'
    >>> short_note(["20"]), short_note(["697506383516729344", "697506383516729345"])
    ('', '')
    """
    first = ids[:_LOOKED_AT]
    if len(ids) < _SEVERAL or 2 * sum(len(one) <= SHORT for one in first) <= len(first):
        return ""
    many = sum(len(one) <= SHORT for one in ids)
    what = f"{many:,} of {len(ids):,} ids have {SHORT} digits at most"
    return f"{what}, as tweets before June 2007 have: is it the right column?"


def one_id(value: object, field: str = "tweet_id") -> str:
    """Read what is to be a single tweet id.

    Raises
    ------
    QueryError
        When it is none, or several.

    Examples
    --------
    >>> one_id(" https://x.com/a/status/20 ")
    '20'
    """
    ids, _, problems = clean(value)
    if not problems and len(ids) != 1:
        why = f"one tweet id is needed; here are {len(ids) or 'none'}"
        problems = (Problem(field, repr(value), why),)
    if problems:
        raise QueryError(tuple(replace(one, field=field) for one in problems))
    return ids[0]


@dataclass(frozen=True)
class Ids:
    """What was read from what a person calls tweet ids; see `clean`.

    Attributes
    ----------
    ids
        Each once, in the order of first appearance.
    duplicates
        How many repeats there were besides.
    junk
        What is no id, by what is wrong with it.
    """

    ids: tuple[str, ...]
    duplicates: int
    junk: Mapping[str, list[object]]


def split(text: str) -> list[str]:
    r"""Part a text at blanks, commas, semicolons and new lines.

    Quotes and brackets around a part, as in a list of Python or JSON, are taken off. The comma of
    a rounded number does not part it, else its first digit would pass for an id.

    Examples
    --------
    >>> split("20, 21\n22"), split("['20', '21']"), split("2,06138E+18")
    (['20', '21', '22'], ['20', '21'], ['2,06138E+18'])
    """
    may_hold_rounded = "," in text and ("E" in text or "e" in text)
    apart = _APART_BUT_ROUNDED if may_hold_rounded else _APART
    parts = apart.split(text)
    if any(one in text for one in _AROUND):
        parts = [part.strip(_AROUND) for part in parts]
    return [part for part in parts if part]


def read(values: object) -> Ids:
    """Read tweet ids as `clean` does, and keep all that is none."""
    mistake = _mistaken(values)
    if mistake or not isinstance(values, Iterable):
        return Ids((), 0, {mistake or _NO_ITERABLE: [values]})
    if isinstance(values, str):
        values = split(values)
    if isinstance(values, Set):
        values = sorted(values, key=lambda one: (len(str(one)), str(one)))
    values = listed(values) if hasattr(values, "to_pylist") else values
    plain = _all_plain(values)
    if plain is not None:
        return Ids(*plain, {})
    seen: dict[str, None] = {}
    junk: dict[str, list[object]] = {}
    count = 0
    for value in values:
        count += 1
        tweet_id, why = _one(value)
        if why:
            junk.setdefault(why, []).append(value)
        else:
            seen[tweet_id] = None
    bad = sum(map(len, junk.values()))
    return Ids(tuple(seen), count - bad - len(seen), junk)


def _mistaken(values: object) -> str:
    """Say what is wrong with something that holds no ids as a whole; empty where it may."""
    if isinstance(values, PathLike) or (isinstance(values, str) and _FILE_NAME.fullmatch(values)):
        return _FILE
    if hasattr(values, "columns"):  # of pandas, Polars and Arrow: iterating gives no cells
        return _TABLE
    return _NO_ITERABLE if isinstance(values, bytes | int | float) else ""


def listed(column: Iterable[object]) -> list[object]:
    """Give what is in a column, of whatever library, as plain Python values."""
    for name in ("to_pylist", "tolist"):  # of Arrow; of numpy and pandas
        if hasattr(column, name):
            values: list[object] = getattr(column, name)()
            return values
    return list(column)


def each(values: object) -> list[str]:
    """Give each id as it was given, repeats among them; what is none is an empty text.

    Raises
    ------
    TypeError
        When there are no ids in it at all.

    Examples
    --------
    >>> each([20, "20", "x"])
    ['20', '20', '']
    """
    if isinstance(values, str):
        values = split(values)
    if isinstance(values, bytes) or not isinstance(values, Iterable):
        raise TypeError(_NO_ITERABLE)
    found = listed(values)
    if _all_plain(found) is not None:
        return list(map(str, found))
    return [_one(value)[0] for value in found]


def _all_plain(values: Iterable[object]) -> tuple[tuple[str, ...], int] | None:
    """Read a list of nothing but ids as text: ids and repeats; None for whatever else.

    One look at all of them: a million ids one by one would take seconds.
    """
    if not isinstance(values, list | tuple) or not values:
        return None
    try:
        text = "\n".join(values)
    except TypeError:  # not all are text
        return None
    if not _ALL_PLAIN.fullmatch(text) or text.count("\n") != len(values) - 1:
        return None
    if len(max(values, key=len)) == len(str(MAX_ID)) and max(map(int, values)) > MAX_ID:
        return None
    ids = tuple(dict.fromkeys(values))
    return ids, len(values) - len(ids)


def _one(value: object) -> tuple[str, str]:
    """Read one id: the id and an empty text, or an empty text and what is wrong."""
    if isinstance(value, bool | np.bool_):
        return "", "a truth value is no tweet id"
    if isinstance(value, float | np.floating):
        return (
            "",
            "a float loses digits of a tweet id (or is a missing cell); read the column as text",
        )
    if isinstance(value, int | np.integer):
        value = str(int(value))
    if not isinstance(value, str):
        return "", "a tweet id is text or int"
    return _one_text(value.strip())


def _one_text(text: str) -> tuple[str, str]:
    typed = _TYPED_AS_TEXT.fullmatch(text)
    text = typed[typed.lastindex or 0] if typed else text
    link = _URL.fullmatch(text)
    text = link.group(1) if link else text
    if is_rounded(text):
        return "", "a spreadsheet rounded this id; export it as text"
    if not _PLAIN.fullmatch(text):
        return "", "a tweet id is 1 to 19 digits, without a leading zero"
    if int(text) > MAX_ID:
        return "", "a tweet id is at most 9223372036854775807"
    return text, ""


def is_rounded(text: str) -> bool:
    """Say whether a text is a number as spreadsheets shorten it, whose digits are lost.

    Examples
    --------
    >>> is_rounded("2.06138E+18"), is_rounded("2,06138E+18"), is_rounded("20")
    (True, True, False)
    """
    return _ROUNDED.fullmatch(text) is not None


def _problem(why: str, found: Sequence[object]) -> Problem:
    if why == _TABLE:
        table: Any = found[0]
        names = list(map(str, getattr(table, "column_names", table.columns)))  # of Arrow, of others
        shown = f"columns {', '.join(names[:FEW]) or 'none'}"
        return Problem("tweet_ids", shown, why, 'As in df["tweet_id"].')
    return Problem("tweet_ids", few(found, written=repr), why, _HINTS.get(why, ""))
