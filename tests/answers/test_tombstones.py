"""Tombstones: they tell which tweets were purged, and name none."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.answers import tombstones
from engagement_kit.answers.tombstones import Tombstones
from engagement_kit.errors import StoreError

IDS = ["20", "2061384949969226276", "2061352378334009885"]


def test_they_are_recognised_and_not_named(tmp_path: Path) -> None:
    """The file holds a salt, hashes and days."""
    tombstones.add(tmp_path, IDS[:2], date(2026, 6, 1))
    text = (tmp_path / tombstones.NAME).read_text()
    assert not any(f'"{one}"' in text for one in IDS)
    assert IDS[1] not in text
    found = tombstones.read(tmp_path)
    assert found.of(IDS) == {*IDS[:2]}
    assert len(found) == 2
    assert {*found.days.values()} == {"2026-06-01"}


def test_each_store_has_its_own_salt(tmp_path: Path) -> None:
    """The same tweet has another hash in another store."""
    for name in ("a", "b"):
        tombstones.add(tmp_path / name, IDS, date(2026, 6, 1))
    a, b = (tombstones.read(tmp_path / name) for name in ("a", "b"))
    assert {*a.days}.isdisjoint(b.days)
    assert a.of(IDS) == b.of(IDS) == {*IDS}


def test_a_later_purge_keeps_the_days_and_the_salt(tmp_path: Path) -> None:
    """And writes nothing where all of them are there."""
    tombstones.add(tmp_path, IDS[:1], date(2026, 6, 1))
    tombstones.add(tmp_path, IDS, date(2026, 6, 2))
    found = tombstones.read(tmp_path)
    assert found.days[found.name_of(IDS[0])] == "2026-06-01"
    assert found.days[found.name_of(IDS[1])] == "2026-06-02"
    before = (tmp_path / tombstones.NAME).stat().st_mtime_ns
    tombstones.add(tmp_path, IDS, date(2026, 6, 3))
    assert (tmp_path / tombstones.NAME).stat().st_mtime_ns == before


def test_one_can_be_lifted_by_hand(tmp_path: Path) -> None:
    """By removing its line, whose name can be looked up."""
    tombstones.add(tmp_path, IDS, date(2026, 6, 1))
    path = tmp_path / tombstones.NAME
    data = json.loads(path.read_text())
    del data["purged"][tombstones.read(tmp_path).name_of("20")]
    path.write_text(json.dumps(data))
    assert tombstones.read(tmp_path).of(IDS) == {*IDS[1:]}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 1, "salt": "", "purged": {}}', '{"format": 9}',
             '{"format": 1, "salt": "00", "purged": {"zz": "2026"}}',
             '{"format": 1, "salt": "00", "purged": {"00": "2026"}}'],
)  # fmt: skip
def test_damaged_ones_are_an_error(tmp_path: Path, text: str) -> None:
    """Nothing is asked while it is not known what must not be."""
    (tmp_path / tombstones.NAME).write_text(text)
    with pytest.raises(StoreError, match="must not be"):
        tombstones.read(tmp_path)
    with pytest.raises(StoreError, match="must not be"):
        tombstones.add(tmp_path, IDS, date(2026, 6, 1))


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    """As in a store of which nothing was ever purged."""
    assert tombstones.read(tmp_path) == Tombstones()
    assert Tombstones().of(iter(IDS)) == frozenset()


@given(st.sets(st.integers(1, 2**63 - 1).map(str)), st.sets(st.integers(1, 99).map(str)))
def test_of_any_ids_those_that_were_purged_are_told(purged: set[str], asked: set[str]) -> None:
    """No others."""
    made = Tombstones().with_more(purged, date(2026, 6, 1))
    assert made.of(asked | purged) == purged
    assert made.of(asked) == asked & purged
