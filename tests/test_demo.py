"""The demo, as `make demo` runs it, over real HTTP."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit import demo


def test_the_demo_asks_once_and_says_that_its_data_are_invented(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three questions, batches and windows; tables and a picture; a second run asks nothing."""
    assert demo.main(["--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "INVENTED" in said
    assert "totals: 300 tweets, 2,100 numbers, 0 of them stored; requests to send: 2" in said
    assert "history_60_days: 60 tweets" in said
    assert "totals: 2,079 of 2,100 answered; missing: 21 unavailable" in said
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")
    frames = {one.stem: pd.read_parquet(one) for one in tmp_path.glob("*.parquet")}
    assert set(frames) == {"totals", "last_28_hours", "history_60_days"}
    assert {one for frame in frames.values() for one in frame["source"]} == {"emulator"}
    assert len(ek.open(tmp_path / "raw").latest.refs) > 3

    assert demo.main(["--out", str(tmp_path)]) == 0
    assert "0 requests in" in capsys.readouterr().out
