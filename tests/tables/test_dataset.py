"""A folder of files grows by what it does not have, and loses and doubles nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.tables import dataset, parquet
from engagement_kit.tables.schema import SCHEMA

A, B = "1500000000000000000", "1500000000000000001"
DAY = datetime(2026, 5, 1, tzinfo=UTC)
ABOUT: dict[str, Any] = {"kit_version": "0", "query": {}}


def hours(*counts: tuple[str, int, Any], seen: datetime = DAY + timedelta(days=9)) -> pa.Table:
    """Make an hourly table of (tweet, hour, count)."""
    body: dict[str, Any] = {}
    for tweet, hour, count in counts:
        body.setdefault(tweet, {"likes": {"2026-05-01": {}}})
        body[tweet]["likes"]["2026-05-01"][f"{hour:02d}"] = count
    return ek.tidy_arrow({"g": body}, None, "historical", seen)


def held(folder: Path) -> list[tuple[str, datetime, int]]:
    """Read all rows of a folder."""
    table = pads.dataset(sorted(folder.glob("*.parquet")), schema=SCHEMA).to_table()
    columns = (table.column(name).to_pylist() for name in ("tweet_id", "start", "value"))
    return sorted(zip(*columns, strict=True))


def test_only_what_is_new_is_added(tmp_path: Path) -> None:
    """Old files stay as they are, byte for byte; a number stands once."""
    first = dataset.append(hours((A, 0, 1), (A, 1, 2)), tmp_path, about=ABOUT)
    old = {one: one.read_bytes() for one in tmp_path.iterdir()}
    second = dataset.append(hours((A, 1, 99), (A, 2, 3), (B, 1, 4)), tmp_path, about=ABOUT)
    assert (first.added, second.added, second.already) == (2, 2, 1)
    assert (first.revised, second.revised) == (0, 1)
    assert "1 of those have another value" in repr(second)
    assert {one: one.read_bytes() for one in old} == old
    assert [(tweet, start.hour, value) for tweet, start, value in held(tmp_path)] == [
        (A, 0, 1), (A, 1, 2), (A, 2, 3), (B, 1, 4),
    ]  # fmt: skip


def test_what_is_open_or_missing_is_left_for_later(tmp_path: Path) -> None:
    """An hour that still runs, and a number that can't be read, come when they are there."""
    now = DAY + timedelta(hours=2, minutes=30)
    early = dataset.append(hours((A, 1, 5), (A, 2, 6), (B, 0, None), seen=now), tmp_path, about={})
    assert (early.added, early.still_open, early.missing) == (1, 1, 1)
    later = dataset.append(hours((A, 1, 5), (A, 2, 7), (B, 0, 8)), tmp_path, about={})
    assert (later.added, later.already, later.revised) == (2, 1, 0)
    assert [value for _, _, value in held(tmp_path)] == [5, 7, 8]


def test_snapshots_of_lifetime_counts_are_different_numbers(tmp_path: Path) -> None:
    """A total of today and one of tomorrow stand beside each other; the same one stands once."""
    for days in (0, 1, 1):
        table = ek.tidy_arrow(
            {"g": {A: {"likes": "3"}}}, None, "totals", DAY + timedelta(days=days)
        )
        dataset.append(table, tmp_path, about=ABOUT)
    assert len(held(tmp_path)) == 2


def test_nothing_new_writes_nothing(tmp_path: Path) -> None:
    """Not even the folder."""
    folder = tmp_path / "new"
    assert dataset.append(hours((A, 0, None)), folder, about=ABOUT).path is None
    assert not folder.exists()


def test_two_who_add_at_once_add_each_number_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one waits until the first has written, and then knows what is there."""
    second = Thread(
        target=dataset.append, args=(hours((A, 1, 2), (A, 2, 3)), tmp_path), kwargs={"about": ABOUT}
    )
    write = parquet.write

    def slow(*given: Any, **named: Any) -> Path:
        if not second.ident:
            second.start()
            second.join(0.3)  # it would come to its end, if nothing kept it out
        return write(*given, **named)

    monkeypatch.setattr(parquet, "write", slow)
    dataset.append(hours((A, 0, 1), (A, 1, 2)), tmp_path, about=ABOUT)
    second.join()
    assert [value for _, _, value in held(tmp_path)] == [1, 2, 3]


def test_two_grains_in_one_folder_are_refused(tmp_path: Path) -> None:
    """Sums over it would count twice."""
    dataset.append(hours((A, 0, 1)), tmp_path, about=ABOUT)
    days = ek.tidy_arrow(
        {"g": {A: {"likes": {"2026-05-01": "3"}}}}, None, "historical", DAY + timedelta(days=9)
    )
    with pytest.raises(ek.errors.TableError, match="'hour', and the table is of 'day'"):
        dataset.append(days, tmp_path, about=ABOUT)


cells = st.lists(
    st.tuples(st.sampled_from([A, B]), st.integers(0, 23), st.integers(0, 9)),
    unique_by=lambda one: one[:2],
    max_size=12,
)


@settings(max_examples=40)
@given(st.lists(cells, min_size=1, max_size=4))
def test_any_order_of_adding_gives_each_number_once(
    tmp_path_factory: pytest.TempPathFactory, several: list[list[tuple[str, int, int]]]
) -> None:
    """The first observation that was added stands."""
    folder = tmp_path_factory.mktemp("dataset")
    expected: dict[tuple[str, int], int] = {}
    for rows in several:
        if rows:
            dataset.append(hours(*rows), folder, about=ABOUT)
        expected = {(tweet, hour): count for tweet, hour, count in rows} | expected
    if expected:
        found = {(tweet, start.hour): value for tweet, start, value in held(folder)}
        assert found == expected
        assert len(held(folder)) == len(expected)
