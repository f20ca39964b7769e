"""Tweet ids in a file that a person uploads, or in a data frame of the notebook."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from engagement_kit.errors import EngagementError
from engagement_kit.question.tweet_ids import MAX_ID, is_rounded, read, split

KINDS: Final = (".csv", ".parquet", ".jsonl", ".ndjson", ".txt")
_USUAL: Final = ("tweet_id", "id_str", "tweetid", "id", "status_id", "post_id")
_TRIED: Final = 50
_LONG: Final = 8
"""Ids of so many digits are taken for tweets; shorter numbers may be anything."""
_MOST: Final = 0.5
_SEPARATORS: Final = ",;\t|"


@dataclass(frozen=True)
class Columns:
    """What a file or a frame holds.

    Attributes
    ----------
    source
        Its name.
    values
        Each column's values, by name.
    guess
        The column that most likely holds the ids.
    """

    source: str
    values: Mapping[str, Sequence[object]]
    guess: str


def columns_of(name: str, content: bytes) -> Columns:
    """Read the columns of a file.

    Parameters
    ----------
    name
        Its name, whose ending says what it is: CSV, Parquet, JSONL, or text with ids.
    content
        Its bytes.

    Returns
    -------
    Columns
        Text stays text; whole numbers stay whole.

    Raises
    ------
    EngagementError
        When it is of another kind or can't be read.
    """
    ending = PurePath(name).suffix.lower()
    readers = {
        ".csv": _csv, ".parquet": _parquet, ".jsonl": _jsonl, ".ndjson": _jsonl, ".txt": _text,
    }  # fmt: skip
    if ending not in readers:
        msg = f"{name}: ids are read from files that end in {', '.join(KINDS)}"
        raise EngagementError(msg)
    try:
        values = readers[ending](content)
    except Exception as error:
        msg = f"{name} can't be read as {ending[1:]}: {error}"
        raise EngagementError(msg) from error
    if not values:
        msg = f"{name} holds no column"
        raise EngagementError(msg)
    return Columns(name, values, guess(values))


def guess(values: Mapping[str, Sequence[object]]) -> str:
    """Name the column that most likely holds tweet ids: by its name, else by its first values.

    Ids that became floats are no ids any more, but their column is the one that is meant: it is
    named rather than one of short numbers, so that a person is told what happened to the ids.

    Examples
    --------
    >>> guess({"when": ["2026"], "Tweet id": ["20"]}), guess({"a": ["x"], "b": [206138494996]})
    ('Tweet id', 'b')
    """
    named = _usual_name(values)
    likeliest = max(values, key=lambda name: _likeness(values[name]))
    if named is None or (not _likeness(values[named]) and _share_of_lost(values[likeliest])):
        return likeliest
    return named


def _usual_name(values: Iterable[str]) -> str | None:
    """Find a column that is called as ids usually are; None where there is none."""
    names = list(values)
    by_depth = sorted(names, key=lambda name: name.count("."))  # user.id is deeper than id
    plain = {_plain(name.rpartition(".")[2]): name for name in reversed(by_depth)}
    plain |= {_plain(name): name for name in reversed(names)}
    return next((plain[usual] for usual in _USUAL if usual in plain), None)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def _likeness(values: Sequence[object]) -> float:
    """Tell how much values look like ids; ids that lost their digits count half."""
    tried = list(values[:_TRIED])
    return (_long_ids(tried) / len(tried) if tried else 0.0) + _share_of_lost(tried) / 2


def _long_ids(values: Sequence[object]) -> int:
    return sum(len(one) > _LONG for one in read(values).ids)


def _share_of_lost(values: Sequence[object]) -> float:
    """Tell how many of the first values were ids before they became floats."""
    tried = values[:_TRIED]
    return sum(map(_lost_digits, tried)) / len(tried) if len(tried) else 0.0


def _lost_digits(value: object) -> bool:
    if isinstance(value, str):
        return is_rounded(value.strip())
    return isinstance(value, float) and value.is_integer() and 10**_LONG <= value <= MAX_ID


def _csv(content: bytes) -> dict[str, Sequence[object]]:
    """Read cells as text: a number column with an empty cell would lose digits."""
    text = _decoded(content)
    # Strict: a quote that is not closed would swallow the rows behind it without a word.
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=_separator(text), strict=True)
    rows = [row for row in reader if any(cell.strip() for cell in row)]
    if not rows:
        return {}
    # Where the first row holds ids it is no head, and they are wanted, too.
    head = [] if _long_ids(rows[0]) else rows.pop(0)
    width = max(map(len, [head, *rows]))
    head += [f"column {at + 1}" for at in range(len(head), width)]
    places = _places(head)
    return {name: [row[at] for row in rows if at < len(row)] for name, at in places.items()}


def _separator(text: str) -> str:
    """Tell what parts the cells of a CSV, by its first line."""
    first = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    return max(_SEPARATORS, key=first.count)


def _decoded(content: bytes) -> str:
    """Read bytes as text; what is no UTF-8 is no part of an id, and does not matter."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16")
    text = content.decode("utf-8-sig", errors="replace")
    if "\0" in text:
        msg = "it is no text"
        raise ValueError(msg)
    return text


def _places(names: Iterable[object]) -> dict[str, int]:
    """Give each column a name of its own, and its place."""
    found: dict[str, int] = {}
    for at, name in enumerate(map(str, names)):
        found[name if name not in found else f"{name} (column {at + 1})"] = at
    return found


def _parquet(content: bytes) -> dict[str, Sequence[object]]:
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(content))
    return {name: table.column(name).to_pylist() for name in table.column_names}


def _jsonl(content: bytes) -> dict[str, Sequence[object]]:
    columns: dict[str, list[object]] = {}
    # Not splitlines(): a tweet's text may hold what Unicode calls the end of a line.
    for number, line in enumerate(content.decode("utf-8-sig").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            msg = f"line {number}: {error}"
            raise ValueError(msg) from error
        for name, value in _cells(row, ""):
            columns.setdefault(name, []).append(value)
    return dict(columns)


def _cells(value: object, name: str) -> Iterator[tuple[str, object]]:
    """Walk over the texts and numbers of a JSON value; those within others have dotted names."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _cells(one, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for one in value:
            yield from _cells(one, name)
    elif isinstance(value, str | int | float):
        yield name or "id", value


def _text(content: bytes) -> dict[str, Sequence[object]]:
    return {"ids": split(_decoded(content))}


def frames_in(namespace: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """List the pandas DataFrames of a notebook, and the columns that may hold ids.

    Parameters
    ----------
    namespace
        Names and values, as of the notebook.

    Returns
    -------
    dict
        Name of the frame to names of its text, category and whole-number columns, and of those
        whose ids became floats, the likeliest first; frames without any are left out.
    """
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return {}
    found = {}
    for name, value in list(namespace.items()):
        if isinstance(value, pandas.DataFrame) and not name.startswith("_"):
            places = _places(value.columns)
            firsts = ((one, _tried(value.iloc[:, at])) for one, at in places.items())
            tried = {one: first for one, first in firsts if first is not None}
            if tried:
                likely = guess(tried)
                found[name] = tuple(sorted(tried, key=lambda one: one != likely))
    return found


def _tried(column: Any) -> list[object] | None:
    """Give the first values of a column that may hold ids, or held them; None of any other."""
    from pandas.api import types

    if _may_hold_ids(column.dtype):
        return list(column.iloc[:_TRIED].tolist())
    if not types.is_float_dtype(column.dtype):
        return None
    first: list[object] = column.dropna().iloc[:_TRIED].tolist()
    return first if _share_of_lost(first) > _MOST else None


def column_of(frame: Any, name: str) -> list[object]:
    """Give the values of a column of a pandas DataFrame, by the name under which it is listed.

    Raises
    ------
    LookupError
        When there is no such column, or it is no frame any more.
    """
    place = _places(getattr(frame, "columns", ())).get(name)
    if place is None:
        raise LookupError(name)
    values: list[object] = frame.iloc[:, place].tolist()
    return values


def _may_hold_ids(dtype: Any) -> bool:
    from pandas.api import types

    return bool(
        types.is_string_dtype(dtype)
        or types.is_object_dtype(dtype)
        or types.is_integer_dtype(dtype)
        or getattr(dtype, "name", "") == "category"
    )
