"""Tweet ids in a file that a person uploads, or in a data frame of the notebook."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from engagement_kit.errors import EngagementError
from engagement_kit.question.tweet_ids import read

KINDS: Final = (".csv", ".parquet", ".jsonl", ".ndjson", ".txt")
_USUAL: Final = ("tweet_id", "id_str", "tweetid", "id", "status_id", "post_id")
_TRIED: Final = 50


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

    Examples
    --------
    >>> guess({"when": ["2026"], "Tweet id": ["20"]}), guess({"a": ["x"], "b": [206138494996]})
    ('Tweet id', 'b')
    """
    plain = {name.strip().lower().replace(" ", "_"): name for name in reversed(list(values))}
    for usual in _USUAL:
        if usual in plain:
            return plain[usual]
    return max(values, key=lambda name: _share_of_ids(values[name]))


def _share_of_ids(values: Sequence[object]) -> float:
    tried = list(values[:_TRIED])
    found = read(tried)
    long = sum(len(one) > 8 for one in found.ids)
    return long / len(tried) if tried else 0.0


def _csv(content: bytes) -> dict[str, Sequence[object]]:
    import pandas as pd

    # As text: a number column with an empty cell would become floats, which lose digits.
    frame = pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False)
    return _cells(frame)


def _parquet(content: bytes) -> dict[str, Sequence[object]]:
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(content))
    return {name: table.column(name).to_pylist() for name in table.column_names}


def _jsonl(content: bytes) -> dict[str, Sequence[object]]:
    columns: dict[str, list[object]] = {}
    for line in content.decode("utf-8-sig").splitlines():
        if line.strip():
            row = json.loads(line)
            cells = row if isinstance(row, dict) else {"id": row}
            for name, value in cells.items():
                if isinstance(value, str | int | float):
                    columns.setdefault(name, []).append(value)
    return dict(columns)


def _text(content: bytes) -> dict[str, Sequence[object]]:
    return {"ids": content.decode("utf-8-sig").replace(",", " ").split()}


def _cells(frame: Any) -> dict[str, Sequence[object]]:
    return {str(name): frame[name].tolist() for name in frame.columns}


def frames_in(namespace: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """List the pandas DataFrames of a notebook, and the columns that may hold ids.

    Parameters
    ----------
    namespace
        Names and values, as of the notebook.

    Returns
    -------
    dict
        Name of the frame to names of its text, category and whole-number columns, the likeliest
        first; frames without any are left out.
    """
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return {}
    found = {}
    for name, value in list(namespace.items()):
        if isinstance(value, pandas.DataFrame) and not name.startswith("_"):
            fit = [column for column in value.columns if _may_hold_ids(value[column].dtype)]
            if fit:
                likely = guess({str(one): value[one].head(_TRIED).tolist() for one in fit})
                names = [str(one) for one in fit]
                found[name] = tuple(sorted(names, key=lambda one: one != likely))
    return found


def _may_hold_ids(dtype: Any) -> bool:
    from pandas.api import types

    return bool(
        types.is_string_dtype(dtype)
        or types.is_object_dtype(dtype)
        or types.is_integer_dtype(dtype)
        or getattr(dtype, "name", "") == "category"
    )
