"""What a person gives as a table: a DataFrame, an Arrow table, or what holds one: a Result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import pyarrow as pa

from engagement_kit.errors import TableError
from engagement_kit.tables.schema import SCHEMA, from_pandas, to_pandas

if TYPE_CHECKING:
    import pandas as pd


@runtime_checkable
class HasArrow(Protocol):
    """Anything that gives a tidy Arrow table, such as a Result."""

    def to_arrow(self) -> pa.Table:
        """Give the table."""
        ...


if TYPE_CHECKING:
    Tidy: TypeAlias = pd.DataFrame | pa.Table | HasArrow


def as_frame(table: object) -> pd.DataFrame:
    """Give whatever holds a tidy table as a DataFrame; one that is given is not copied.

    Raises
    ------
    TableError
        When it is no table.

    Examples
    --------
    >>> as_frame("likes")
    Traceback (most recent call last):
    ...
    engagement_kit.errors.TableError: this is no table but of type str; give a tidy DataFrame, \
Arrow table or Result
    """
    held = held_by(table)
    frame: pd.DataFrame = to_pandas(held) if isinstance(held, pa.Table) else held
    return frame


def as_arrow(table: object) -> pa.Table:
    """Give whatever holds a tidy table as Arrow, with exactly SCHEMA.

    Raises
    ------
    TableError
        When it is no table, or no tidy one.
    """
    held = held_by(table)
    try:
        return _cast(held) if isinstance(held, pa.Table) else from_pandas(_plain(held))
    except OverflowError as error:
        msg = f"this is no tidy table: a number in it is too large: {error}"
        raise TableError(msg) from error


def held_by(table: object) -> Any:
    """Unwrap a result: a DataFrame or an Arrow table; refuse what is no table.

    Raises
    ------
    TableError
        When it is no table.
    """
    import pandas as pd

    # A class has the method, too, but no table.
    wrapped = isinstance(table, HasArrow) and not isinstance(table, type)
    held = table.to_arrow() if wrapped else table  # type: ignore[attr-defined]
    if not isinstance(held, pa.Table | pd.DataFrame):
        kind = type(held).__name__
        msg = f"this is no table but of type {kind}; give a tidy DataFrame, Arrow table or Result"
        raise TableError(msg)
    return _cast(held) if wrapped and isinstance(held, pa.Table) else held


def _cast(table: pa.Table) -> pa.Table:
    if table.schema.names != SCHEMA.names:
        msg = (
            f"this is no tidy table: its columns are {', '.join(table.schema.names)}; give one as "
            "it comes from result.to_pandas(), or columns of your own by ek.join(table, own)"
        )
        raise TableError(msg)
    try:
        return table.cast(SCHEMA).replace_schema_metadata(None)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        msg = f"this is no tidy table: {error}"
        raise TableError(msg) from error


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    if not frame.columns.is_unique or frame.columns.nlevels != 1:
        msg = "this is no tidy table: names of its columns stand twice, or have several levels"
        raise TableError(msg)
    return frame
