"""Who stops reading what is printed still has the file: it is written first."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.emulator import World
from engagement_kit.question.hours import from_iso

AT = "2026-06-01T12:00:00Z"
IDS = World().sample_ids("acme", 3, before=from_iso(AT) - timedelta(days=88))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Make a store with a run in it."""
    query = ek.Query("totals", IDS, ["impressions", "favorites"])
    with ek.connect("emulator", clock=AT, store=tmp_path / "raw") as client:
        client.run(query, progress=False)
    query.save(tmp_path / "q.yaml")
    return tmp_path / "raw"


@pytest.mark.parametrize(
    "typed",
    [
        ["changes", "raw", "--csv", "a.csv"],
        ["revisions", "raw", "--csv", "a.csv"],
        ["expiring", "raw", "--now", AT, "--within", "30d", "--csv", "a.csv"],
        ["receipt", "raw", "--missing-csv", "a.csv"],
        ["receipt", "raw", "--missing", "--missing-csv", "a.csv"],
        ["receipt", "raw", "--html", "a.csv"],
        ["run", "q.yaml", "--store", "raw", "--emulator", "--clock", AT, "--out", "a.csv"],
    ],
)
def test_a_file_is_there_where_nobody_reads_what_is_printed(
    typed: list[str], store: Path, warm_command: Path
) -> None:
    """As with head, which closes its end; the file is whole."""
    with subprocess.Popen(
        [str(warm_command), *typed],
        cwd=store.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
    assert process.returncode == 1  # nobody read it
    assert (store.parent / "a.csv").stat().st_size > 0
