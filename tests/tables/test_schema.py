"""The table has the same columns in the same order with the same types, always."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.tables.schema import (
    GRAINS,
    NULL_TIME,
    SCHEMA,
    STATUSES,
    TEXT_COLUMNS,
    Cells,
    build,
    from_pandas,
    grain_of,
    to_pandas,
)

A = "1500000000000000000"
MOMENTS = st.one_of(st.just(NULL_TIME), st.integers(0, 4 * 10**15))


@st.composite
def cells(draw: st.DrawFn) -> Cells:
    """Draw rows with every kind of null."""
    rows = draw(st.integers(0, 12))

    def column(what: st.SearchStrategy[int]) -> Any:
        return np.array(draw(st.lists(what, min_size=rows, max_size=rows)), dtype=np.int64)

    return Cells(
        tweets=(A, "20", "9223372036854775807"), metrics=("replies", "new"),
        accounts=("me",), keys=("k",),
        tweet=column(st.integers(-1, 2)), metric=column(st.integers(-1, 1)),
        account=column(st.integers(-1, 0)), key=column(st.integers(-1, 0)),
        start=column(MOMENTS), end=column(MOMENTS), hour=column(st.integers(-1, 23)),
        value=column(st.integers(-(2**63), 2**63 - 1)),
        status=column(st.integers(0, len(STATUSES) - 1)), complete=column(st.integers(-1, 1)),
        observed=column(MOMENTS),
    )  # fmt: skip


@given(cells(), st.sampled_from(GRAINS), st.sampled_from([None, "totals"]))
def test_any_rows_make_the_schema_and_survive_pandas(
    some: Cells, grain: str, endpoint: str | None
) -> None:
    """Arrow to pandas and back gives the same table, nulls and 64-bit numbers among it."""
    table = build(some, grain, endpoint=endpoint)
    assert table.schema == SCHEMA
    table.validate(full=True)
    back = from_pandas(to_pandas(table))
    assert back.schema == SCHEMA
    assert back.to_pylist() == table.to_pylist()
    for code, value in zip(some.status.tolist(), table.column("value").to_pylist(), strict=True):
        assert (value is None) == (code != 0)  # null exactly when there is no count
    assert grain_of(table) == (grain if len(some) else None)


def test_columns_and_types_are_these() -> None:
    """Who reads our files may rely on them; a change is a new schema version."""
    text, wide = pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.string())
    time = pa.timestamp("us", tz="UTC")
    assert list(zip(SCHEMA.names, SCHEMA.types, strict=True)) == [
        ("tweet_id", wide), ("metric", text), ("grain", text), ("start", time), ("end", time),
        ("hour_of_day", pa.int8()), ("value", pa.int64()), ("status", text),
        ("complete", pa.bool_()), ("observed_at", time), ("endpoint", text), ("account", wide),
        ("source", text), ("request_key", wide),
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [0, 1])
def test_pandas_types_do_not_depend_on_the_rows(rows: int) -> None:
    """An empty frame has the types of a full one; no id is ever a float."""
    full = ek.tidy({"g": {A: {"replies": "1"}}}, observed_at=datetime(2026, 1, 1, tzinfo=UTC))
    frame = full.iloc[:rows] if rows else to_pandas(SCHEMA.empty_table())
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert all(kinds[name] == "category" for name in TEXT_COLUMNS)
    assert [kinds[name] for name in ("hour_of_day", "value", "complete")] == [
        "Int8",
        "Int64",
        "boolean",
    ]
    assert {kinds[name] for name in ("start", "end", "observed_at")} == {"datetime64[us, UTC]"}
    categories = frame["tweet_id"].cat.categories.tolist()
    assert all(isinstance(one, str) for one in categories)


@pytest.mark.parametrize("ids", [[1.5e18], [1500000000000000000]])
@pytest.mark.parametrize("category", [True, False])
def test_ids_that_are_numbers_are_no_tidy_table(ids: list[Any], *, category: bool) -> None:
    """A float has lost digits already; whoever made numbers of ids is told."""
    frame = ek.tidy({"g": {A: {"replies": "1"}}})
    frame["tweet_id"] = pd.Categorical(ids) if category else ids
    with pytest.raises(ek.errors.TableError, match="no tidy table"):
        from_pandas(frame)


def test_a_frame_of_text_that_pandas_put_together_is_read() -> None:
    """`pd.concat` of differing categories gives text; columns may stand in any order."""
    one = ek.tidy({"g": {A: {"replies": "1"}}})
    two = ek.tidy({"g": {"2000": {"favorites": None}}})
    both = pd.concat([one, two], ignore_index=True)[SCHEMA.names[::-1]]
    table = from_pandas(both)
    assert table.schema == SCHEMA
    assert table.column("tweet_id").to_pylist() == [A, "2000"]
    assert table.column("value").to_pylist() == [1, None]


def test_a_missing_column_is_named() -> None:
    """The error says which."""
    frame = ek.tidy({"g": {A: {"replies": "1"}}}).drop(columns=["status", "end"])
    with pytest.raises(ek.errors.TableError, match="end, status missing"):
        from_pandas(frame)


@pytest.mark.parametrize("consume", [False, True])
def test_every_column_of_a_frame_can_be_written_to(consume: bool) -> None:
    """Arrow lends its memory to pandas where it can, and what is lent can't be written to."""
    body = {"g": {"2000": {"likes": {"2026-05-01": {"01": "1", "02": "2"}}}}}
    table = ek.tidy_arrow(body, None, "historical", datetime(2026, 6, 1, tzinfo=UTC))
    same = ek.tidy_arrow(body, None, "historical", datetime(2026, 6, 1, tzinfo=UTC))
    frame = to_pandas(table, consume=consume)
    for name in frame.columns:
        frame.loc[0, name] = frame[name].iloc[1]
    assert frame["value"].tolist() == [2, 2]
    assert consume or table.equals(same)


def test_all_statuses_are_categories_whichever_are_there() -> None:
    """Frames of different answers can be compared, and put together without loss of categories."""
    for count in ("1", None):
        frame = ek.tidy({"g": {"2000": {"likes": count}}})
        assert tuple(frame["status"].cat.categories) == STATUSES
