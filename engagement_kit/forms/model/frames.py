"""Tweet ids in the data frames of a notebook."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

from engagement_kit.question.id_files import TRIED, guess, places_of, share_of_lost

_MOST: Final = 0.5


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
            places = places_of(value.columns)
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
        return list(column.iloc[:TRIED].tolist())
    if not types.is_float_dtype(column.dtype):
        return None
    first: list[object] = column.dropna().iloc[:TRIED].tolist()
    return first if share_of_lost(first) > _MOST else None


def column_of(frame: Any, name: str) -> list[object]:
    """Give the values of a column of a pandas DataFrame, by the name under which it is listed.

    Raises
    ------
    LookupError
        When there is no such column, or it is no frame any more.
    """
    place = places_of(getattr(frame, "columns", ())).get(name)
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
