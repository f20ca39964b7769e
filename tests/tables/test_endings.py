"""A file whose ending promises another kind is refused by whatever writes tables."""

from __future__ import annotations

from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.errors import TableError


@pytest.fixture(scope="module")
def result() -> ek.Result:
    """Ask a little."""
    with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        query = ek.Query("totals", ek.sample_ids(client, 2), ["favorites"])
        return client.run(query, progress=False)


@pytest.mark.parametrize(
    ("write", "name", "instead"),
    [
        ("to_parquet", "x.csv", "Name it x.parquet, or use to_csv"),
        ("to_parquet", "x.XLSX", "Name it x.parquet"),
        ("to_csv", "x.parquet", "Name it x.csv, or use to_parquet"),
        ("to_csv", "x.pq", "Name it x.csv, or use to_parquet"),
        ("to_csv", "x.json", "Name it x.csv"),
    ],
)
def test_another_ending_is_refused(
    result: ek.Result, tmp_path: Path, write: str, name: str, instead: str
) -> None:
    """With the right name, and who writes what the ending says; nothing is written."""
    with pytest.raises(TableError) as told:
        getattr(result, write)(tmp_path / name)
    assert str(told.value).endswith(instead)
    assert list(tmp_path.iterdir()) == []


def test_an_ending_that_says_nothing_is_taken(result: ek.Result, tmp_path: Path) -> None:
    """A name without one is as the caller likes it."""
    for write, name in (("to_parquet", "x"), ("to_parquet", "y.pq"), ("to_csv", "z.txt")):
        assert getattr(result, write)(tmp_path / name).stat().st_size > 0
