"""The tidy table: its columns, their types, and how it is built and turned to pandas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

Ints = npt.NDArray[Any]

SCHEMA_VERSION: Final = 1
GRAINS: Final = ("hour", "day", "window", "hour_of_day", "lifetime")
OBSERVED: Final = "observed"
INVENTED: Final = "EMULATOR: invented data"
"""What all that is made of the emulator's numbers says of them."""
STATUSES: Final = (
    OBSERVED,
    # why a number is missing, the most telling first: a sum over several takes the first
    "purged",
    "unavailable",
    "not_owned",
    "too_old_for_impressions",
    "too_old_for_video",
    "not_offered",
    "out_of_range",
    "refused",
    "failed",
    "unreadable",
    "not_in_answer",
    "not_asked",
)
STATUS: Final = {name: code for code, name in enumerate(STATUSES)}
"""The code of each status: its position in STATUSES."""
NULL_TIME: Final = np.iinfo(np.int64).min
"""Stands for no time, as in NumPy's NaT."""

_SHARED_ZEROS: Final = 1 << 20
_FEW_WORDS: Final = 1000
_WIDE_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
_TEXT: Final = pa.dictionary(pa.int8(), pa.string())
_TIME: Final = pa.timestamp("us", tz="UTC")

# Index widths are fixed: narrower ones break when tables are unified. `account` is wide, for an
# agency may hold more than 127 accounts.
SCHEMA: Final = pa.schema(
    [
        pa.field("tweet_id", _WIDE_TEXT),
        pa.field("metric", _TEXT),
        pa.field("grain", _TEXT),
        pa.field("start", _TIME),
        pa.field("end", _TIME),
        pa.field("hour_of_day", pa.int8()),
        pa.field("value", pa.int64()),
        pa.field("status", _TEXT),
        pa.field("complete", pa.bool_()),
        pa.field("observed_at", _TIME),
        pa.field("endpoint", _TEXT),
        pa.field("account", _WIDE_TEXT),
        pa.field("source", _TEXT),
        pa.field("request_key", _WIDE_TEXT),
    ]
)
TEXT_COLUMNS: Final = [one.name for one in SCHEMA if pa.types.is_dictionary(one.type)]


def _ints(*_: Any) -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Cells:
    """Rows of a table to be, as equally long integer columns.

    Attributes
    ----------
    tweets, metrics, accounts, keys
        The words that codes stand for.
    tweet, metric, account, key
        Codes; -1 for null.
    start, end, observed
        Microseconds since 1970 UTC; NULL_TIME for null.
    hour
        Hour of day; -1 for null.
    value
        Counts; looked at only where the status is observed.
    status
        Positions in STATUSES.
    complete
        1, 0, or -1 for null.
    """

    tweets: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    tweet: Ints = field(default_factory=_ints)
    metric: Ints = field(default_factory=_ints)
    account: Ints = field(default_factory=_ints)
    key: Ints = field(default_factory=_ints)
    start: Ints = field(default_factory=_ints)
    end: Ints = field(default_factory=_ints)
    hour: Ints = field(default_factory=_ints)
    value: Ints = field(default_factory=_ints)
    status: Ints = field(default_factory=_ints)
    complete: Ints = field(default_factory=_ints)
    observed: Ints = field(default_factory=_ints)

    COLUMNS = (
        "tweet", "metric", "account", "key", "start", "end",
        "hour", "value", "status", "complete", "observed",
    )  # fmt: skip

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.tweet)

    def take(self, rows: Ints) -> Cells:
        """Choose rows, by positions or by truth."""
        many = int(np.count_nonzero(rows)) if rows.dtype == bool else len(rows)
        columns: dict[str, Any] = {}
        for name in self.COLUMNS:
            column = getattr(self, name)
            one_for_all = column.strides == (0,) and len(column)
            columns[name] = same(int(column[0]), many) if one_for_all else column[rows]
        return replace(self, **columns)

    def append(self, others: list[Cells]) -> Cells:
        """Put rows of the same words below each other."""
        parts = [self, *(one for one in others if len(one))]
        if len(parts) == 1:
            return self
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts]) for name in self.COLUMNS
        }
        return replace(self, **columns)

    def insert(self, places: Ints, others: Cells) -> Cells:
        """Put rows of the same words before those at the given places."""
        if not len(others):
            return self
        columns: dict[str, Any] = {
            name: np.insert(getattr(self, name), places, getattr(others, name))
            for name in self.COLUMNS
        }
        return replace(self, **columns)


def build(
    cells: Cells, grain: str, *, endpoint: str | None = None, source: str | None = None
) -> pa.Table:
    """Build the tidy table.

    Parameters
    ----------
    cells
        The rows.
    grain
        Of all rows: two grains never stand in one table.
    endpoint, source
        Of all rows; None for unknown.

    Returns
    -------
    pyarrow.Table
        With exactly SCHEMA.
    """
    rows = len(cells)
    columns = [
        _coded(cells.tweet, cells.tweets, _WIDE_TEXT),
        _coded(cells.metric, cells.metrics, _TEXT),
        _constant(grain, rows),
        _integers(cells.start, _TIME, NULL_TIME),
        _integers(cells.end, _TIME, NULL_TIME),
        _integers(cells.hour, pa.int8(), -1),
        _counts(cells),
        _coded(cells.status, STATUSES, _TEXT),
        _truths(cells.complete),
        _integers(cells.observed, _TIME, NULL_TIME),
        _constant(endpoint, rows),
        _coded(cells.account, cells.accounts, _WIDE_TEXT),
        _constant(source, rows),
        _coded(cells.key, cells.keys, _WIDE_TEXT),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _coded(codes: Ints, words: tuple[str, ...], kind: pa.DictionaryType) -> pa.Array:
    if is_all(codes, 0) or is_all(codes, -1):
        return _all_first(words, len(codes), kind, null=bool(codes[0] < 0))
    return pa.DictionaryArray.from_arrays(_integers(codes, kind.index_type, -1), _texts(words))


def _constant(word: str | None, rows: int) -> pa.Array:
    return _all_first(() if word is None else (word,), rows, _TEXT, null=word is None)


def _all_first(
    words: tuple[str, ...], rows: int, kind: pa.DictionaryType, *, null: bool
) -> pa.Array:
    """Give the first word, or null, for all rows: nothing but zeros is needed for either."""
    zeros = _zeros(rows * kind.bit_width // 8)
    buffers = [zeros if null else None, zeros]
    return pa.DictionaryArray.from_buffers(kind, rows, buffers, _texts(words))


def _zeros(size: int) -> pa.Buffer:
    """Give so many bytes of zero. Up to a million all columns and tables share them."""
    return _nought() if size <= _SHARED_ZEROS else pa.py_buffer(np.zeros(size, dtype=np.int8))


@cache
def _nought() -> pa.Buffer:
    return pa.py_buffer(bytes(_SHARED_ZEROS))


def _texts(words: tuple[str, ...]) -> pa.Array:
    return _few_texts(words) if len(words) <= _FEW_WORDS else pa.array(words, pa.string())


@lru_cache(maxsize=64)
def _few_texts(words: tuple[str, ...]) -> pa.Array:
    """Answers of a run share most of their words."""
    return pa.array(words, pa.string())


def _counts(cells: Cells) -> pa.Array:
    values = cells.value.astype(np.int64, copy=False)
    return pa.array(values, mask=None if is_all(cells.status, 0) else cells.status != 0)


def _truths(complete: Ints) -> pa.Array:
    rows = len(complete)
    if is_all(complete, -1):
        return pa.nulls(rows, pa.bool_())
    if is_all(complete, 1):
        bits = np.full((rows + 7) // 8, 0xFF, dtype=np.uint8)
        return pa.Array.from_buffers(pa.bool_(), rows, [None, pa.py_buffer(bits)])
    return pa.array(complete == 1, mask=complete < 0 if complete.min(initial=0) < 0 else None)


def _integers(numbers: Ints, kind: pa.DataType, null: int) -> pa.Array:
    """Make an array in which all numbers up to `null` are null.

    Without any, the numbers are taken as they are, and nothing is copied.
    """
    rows = len(numbers)
    plain = np.int64 if pa.types.is_timestamp(kind) else kind.to_pandas_dtype()
    if rows and numbers.strides == (0,):
        if numbers[0] <= null:
            zeros = _zeros(rows * kind.bit_width // 8)
            return pa.Array.from_buffers(kind, rows, [zeros, zeros])
        numbers = np.full(rows, numbers[0], dtype=plain)
    elif numbers.min(initial=0) <= null:
        values = numbers.astype(plain, copy=False)
        return pa.array(values, mask=numbers <= null).view(kind)
    values = np.ascontiguousarray(numbers, dtype=plain)
    return pa.Array.from_buffers(kind, rows, [None, pa.py_buffer(values)])


def same(number: int, rows: int) -> Ints:
    """Give one number for all rows, without writing it so many times: its stride is 0."""
    return np.ndarray((rows,), np.int64, np.array(number, dtype=np.int64), 0, (0,))


def is_all(numbers: Ints, number: int) -> bool:
    """Say whether one number was given for all rows, as `same` makes it."""
    return numbers.strides == (0,) and len(numbers) > 0 and numbers[0] == number


def grain_of(table: pa.Table) -> str | None:
    """Name the one grain of a tidy table; None when it is empty."""
    found = table.column("grain").unique().to_pylist()
    return found[0] if found else None


def to_pandas(table: pa.Table, *, consume: bool = False) -> pd.DataFrame:
    """Turn a tidy table into a DataFrame of its own memory.

    Text columns become categories, `value`, `hour_of_day` and `complete` nullable, times UTC in
    microseconds.

    Parameters
    ----------
    table
        With exactly SCHEMA, or columns of its types.
    consume
        Whether nobody needs the table any more: then it goes column by column, as the frame comes.
    """
    import pandas as pd

    kinds = {pa.int64(): pd.Int64Dtype(), pa.int8(): pd.Int8Dtype(), pa.bool_(): pd.BooleanDtype()}
    options = {"split_blocks": True, "self_destruct": True} if consume else {}
    fields = list(table.schema)  # afterwards there may be no table to look at
    frame: pd.DataFrame = table.to_pandas(types_mapper=kinds.get, **options)
    # Arrow lends what it can, and pandas can't write to what is lent.
    for one in fields:
        if pa.types.is_dictionary(one.type) or (consume and one.type == _TIME):
            frame[one.name] = frame[one.name].copy()
    return frame


def from_pandas(frame: pd.DataFrame) -> pa.Table:
    """Turn a tidy DataFrame (all columns, any order) back into a table with exactly SCHEMA.

    Raises
    ------
    TableError
        When a column is missing or has another type.
    """
    import pandas as pd

    from engagement_kit.errors import TableError

    missing = [name for name in SCHEMA.names if name not in frame.columns]
    if missing:
        msg = f"this is no tidy table: column {', '.join(missing)} missing"
        raise TableError(msg)
    for name in TEXT_COLUMNS:
        kind = frame[name].dtype
        if pd.api.types.is_numeric_dtype(kind) and frame[name].notna().any():
            msg = f"this is no tidy table: column {name} holds {kind}, not text"
            raise TableError(msg)
        if isinstance(kind, pd.CategoricalDtype) and not _all_text(kind.categories):
            msg = f"this is no tidy table: column {name} holds {kind.categories.dtype}, not text"
            raise TableError(msg)
    try:
        return pa.Table.from_pandas(
            frame[SCHEMA.names], schema=SCHEMA, preserve_index=False
        ).replace_schema_metadata(None)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        msg = f"this is no tidy table: {error}"
        raise TableError(msg) from error


def _all_text(words: Iterable[object]) -> bool:
    return all(isinstance(one, str) for one in words)
