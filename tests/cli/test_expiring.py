"""The command expiring, as a person types it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import engagement_kit as ek
from engagement_kit.cli import main
from engagement_kit.emulator import World

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
AT = "2026-06-01T12:34Z"
IDS = World().sample_ids("acme", 40, before=NOW - timedelta(days=86))


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, ["expiring", *arguments])


@pytest.fixture
def ids(tmp_path: Path) -> Path:
    """Write a file with tweet ids."""
    path = tmp_path / "ids.txt"
    path.write_text("\n".join(IDS), encoding="utf-8")
    return path


def test_ids_in_a_file(ids: Path, tmp_path: Path) -> None:
    """The table's head, the counts, the requests that save it, and the whole table as CSV."""
    csv = tmp_path / "soon.csv"
    done = run(
        "--ids", str(ids), "--now", AT, "--within", "30d", "--per-minute", "30", "--csv", str(csv)
    )
    assert done.exit_code == 0, done.output
    soon = ek.expiring(IDS, timedelta(days=30), now=NOW)
    assert repr(soon) in done.output
    assert str(soon.table["tweet_id"].iloc[0]) in done.output
    assert f"to save it: totals, {len(soon)} tweets, 1 request; in time: all of it" in done.output
    written = pd.read_csv(csv, dtype={"tweet_id": str})
    assert written["tweet_id"].tolist() == soon.table["tweet_id"].astype(str).tolist()
    assert f"{len(soon):,} lines in {csv}" in done.output


def test_a_store_and_a_saved_query(tmp_path: Path) -> None:
    """A folder is a store, and a YAML file a query; an emulator's store needs a moment."""
    store, query = tmp_path / "raw", ek.Query("totals", IDS, ["impressions"])
    with ek.connect("emulator", clock=AT, store=store) as client:
        client.run(query, progress=False)
    without = run(str(store))
    assert (without.exit_code, "Give --now" in without.output) == (2, True)
    done = run(str(store), "--now", AT)
    assert done.exit_code == 0, done.output
    assert "EMULATOR: invented data" in done.output
    asked = run(str(query.save(tmp_path / "query.yaml")), "--now", AT)
    assert "totals impressions:" in asked.output


def test_history_by_profile(ids: Path) -> None:
    """Under the overview profile hours of history are listed, too."""
    later = "2027-02-28T12:00Z"
    assert "historical" not in run("--ids", str(ids), "--now", later).output
    assert "per_minute" not in run("--ids", str(ids), "--now", AT).output
    assert "--per-minute says" in run("--ids", str(ids), "--now", AT).output
    done = run("--ids", str(ids), "--now", later, "--profile", "overview")
    assert "historical 17 metrics" in done.output
    assert "to save it: historical by hour" in done.output


def test_ids_where_a_store_or_a_query_stands_are_told(ids: Path) -> None:
    """With how they are given; one of both is needed."""
    wrong = run(str(ids), "--now", AT)
    assert (wrong.exit_code, f"given as --ids {ids}" in wrong.output) == (2, True)
    for arguments in ([], [str(ids.parent), "--ids", str(ids)]):
        assert "or give --ids FILE" in run(*arguments).output


def test_nothing_to_lose_is_said(tmp_path: Path) -> None:
    """A table without a line is not shown."""
    path = tmp_path / "old.txt"
    path.write_text("20 21", encoding="utf-8")
    done = run("--ids", str(path), "--now", AT)
    assert (done.exit_code, "nothing is lost in that time" in done.output) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--within", "2weeks"], "--within is '2weeks'; allowed: a whole number and s, m, h, d"),
        (["--now", "noon"], "--now is 'noon'; allowed: a moment with a zone"),
        (["--now", AT, "--per-minute", "0"], "a rate above 0, or None"),
        (["--now", AT, "--csv", "/nowhere/at/all.csv"], "can't be written"),
    ],
)
def test_what_is_wrong_is_said_in_words(ids: Path, arguments: list[str], said: str) -> None:
    """No traceback; the exit code tells."""
    done = run("--ids", str(ids), *arguments)
    assert done.exit_code != 0
    assert said in done.output


def test_a_file_that_holds_no_ids_is_refused(tmp_path: Path) -> None:
    """Text that is none, and bytes that are no text."""
    path = tmp_path / "notes.txt"
    path.write_text("no ids here", encoding="utf-8")
    assert "'no', 'ids', 'here': a tweet id is 1 to 19 digits" in run("--ids", str(path)).output
    path.write_text("20\nhttps://example.org\n", encoding="utf-8")
    assert "tweet_ids: 'https://example.org': " in run("--ids", str(path)).output
    for nothing in ("", "\n", " "):
        path.write_text(nothing, encoding="utf-8")
        done = run("--ids", str(path))
        assert (done.exit_code, "at least one tweet id is needed" in done.output) == (2, True)
    path.write_bytes(b"\xff\xfe\x00")
    assert "can't be read as text" in run("--ids", str(path)).output


def test_a_folder_that_is_no_store_is_refused(tmp_path: Path) -> None:
    """It would be an all-clear; nothing is written into it."""
    (tmp_path / "ids.txt").write_text("20", encoding="utf-8")
    done = run(str(tmp_path))
    assert (done.exit_code, "no store: " in done.output) == (2, True)
    assert [one.name for one in tmp_path.iterdir()] == ["ids.txt"]
