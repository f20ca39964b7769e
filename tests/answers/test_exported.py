"""Which places a store's numbers were written to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.answers import exported
from engagement_kit.answers.exported import Export

QUERY = ek.Query("totals", ["20"], ["replies"])


def test_each_place_stands_there_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Absolute, with its kind and the key of its question."""
    monkeypatch.chdir(tmp_path)
    for _ in range(3):
        exported.note(tmp_path, "csv", "a.csv", QUERY)
        exported.note(tmp_path, "tidy", Path("out"))
    assert exported.noted(tmp_path) == [
        Export("csv", str(tmp_path / "a.csv"), QUERY.key),
        Export("tidy", str(tmp_path / "out")),
    ]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("s3://bucket/a b", "s3://bucket/a b"),
        ("ftp://me:secret@host/a", "ftp://host/a"),
        ("https://host/a?sig=secret", "https://host/a"),
        ("abfs://box@account.dfs/a#secret", "abfs://box@account.dfs/a"),
    ],
)
def test_addresses_are_noted_without_secrets(tmp_path: Path, url: str, kept: str) -> None:
    """No password, no signature; a container of Azure is none."""
    exported.note(tmp_path, "tidy", url)
    assert [one.place for one in exported.noted(tmp_path)] == [kept]
    assert "secret" not in (tmp_path / exported.NAME).read_text()


def test_several_at_once_lose_no_place(tmp_path: Path) -> None:
    """A line is added in one step."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: exported.note(tmp_path, "parquet", f"/x/{n}"), range(200)))
    assert len(exported.noted(tmp_path)) == 200


def test_a_store_that_can_not_be_written_is_left_alone(tmp_path: Path) -> None:
    """And one that is not there is not made; odd lines are passed by."""
    exported.note(tmp_path / "none", "csv", "a.csv")
    assert not (tmp_path / "none").exists()
    (tmp_path / exported.NAME).write_bytes(
        b'{"kind":\n{"kind": "csv", "place": "/a", "query": ""}\n[]\n'
    )
    assert exported.noted(tmp_path) == [Export("csv", "/a")]
    blocked = tmp_path / "blocked"
    (blocked / exported.NAME).mkdir(parents=True)
    exported.note(blocked, "csv", "a.csv")
    assert exported.noted(blocked) == []
