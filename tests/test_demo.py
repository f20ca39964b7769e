"""The demo, as `make demo` runs it, over real HTTP."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from click.testing import CliRunner

import engagement_kit as ek
from engagement_kit.cli import main
from engagement_kit.demo import run


def test_the_demo_asks_once_and_says_that_its_data_are_invented(tmp_path: Path) -> None:
    """Three questions, batches and windows; tables and a picture; a second run asks nothing."""
    lines: list[str] = []
    made = run(tmp_path, lines.append, progress=False)
    said = "\n".join(lines)
    assert "INVENTED" in said
    assert "totals: 300 tweets, 2,100 numbers, 0 of them stored; requests to send: 2" in said
    assert "history_60_days: 60 tweets" in said
    assert "totals: 2,079 of 2,100 answered; missing: 21 unavailable" in said
    assert (made.picture, made.store) == (tmp_path / "demo.png", tmp_path / "raw")
    assert made.requests == sum(one.effort.sent for one in made.results.values()) > 3
    assert made.picture.read_bytes().startswith(b"\x89PNG")
    frames = {one.stem: pd.read_parquet(one) for one in tmp_path.glob("*.parquet")}
    assert set(frames) == {"totals", "last_28_hours", "history_60_days"}
    assert {one for frame in frames.values() for one in frame["source"]} == {"emulator"}
    assert len(ek.open(tmp_path / "raw").latest.refs) > 3

    again = CliRunner().invoke(main, ["demo", "--out", str(tmp_path)])
    assert "0 requests in" in again.stdout


def test_a_folder_that_can_not_be_written_is_said_in_words(tmp_path: Path) -> None:
    """No traceback, and nothing is asked."""
    (tmp_path / "file").write_text("a")
    done = CliRunner().invoke(main, ["demo", "--out", str(tmp_path / "file" / "demo")])
    assert done.exit_code == 2
    assert "Error: Invalid value for '--out': " in done.output
    assert "Traceback" not in done.output
