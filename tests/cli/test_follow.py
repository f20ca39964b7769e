"""The command ``follow``: price first, a line for each tick, the receipt, and the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engagement_kit.cli import main
from engagement_kit.emulator import Emulator, Fault, World, WorldClock
from engagement_kit.question.tweet_ids import created_at

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WORLD = World(seed=3)
BORN = created_at(WORLD.sample_ids("acme", 1, before=NOW)[0])
assert BORN is not None


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Run an emulator in real time, with its keys in the environment."""
    clock = WorldClock()
    clock.set(BORN + timedelta(seconds=2))
    with Emulator(WORLD, clock) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def ids_file(tmp_path: Path) -> Path:
    """Write ids to a file, one a line."""
    path = tmp_path / "ids.txt"
    path.write_text("\n".join(WORLD.sample_ids("acme", 3, before=NOW)))
    return path


def follow(ids_file: Path, *options: str) -> Result:
    """Run the command."""
    store = str(ids_file.parent / "raw")
    given = ["follow", str(ids_file), "--store", store, "--metrics", "impressions, favorites"]
    return CliRunner().invoke(main, [*given, *options])


def test_price_ticks_and_receipt(ids_file: Path, emulator: Emulator) -> None:
    """In this order; nothing missed is success."""
    done = follow(ids_file, "--every", "1s", "--until", "3s")
    assert done.exit_code == 0, done.output
    plan, line, receipt = (done.output.index(one) for one in ("FollowPlan", " UTC", "Receipt of"))
    assert plan < line < receipt
    assert "3 of 3 tweets in 1 request" in done.output
    assert "1 of 1 tweets in 1 request" in done.output
    assert emulator.requests_served >= 2


def test_a_plan_sends_and_keeps_nothing(ids_file: Path, emulator: Emulator) -> None:
    """It says the price of each day."""
    done = follow(ids_file, "--until", "2099-01-01T00:00Z", "--every", "1d", "--plan")
    assert done.exit_code == 0, done.output
    assert "later days" in done.output
    assert emulator.requests_served == 0
    assert not (ids_file.parent / "raw").exists()


def test_a_miss_is_told_by_the_exit_code(ids_file: Path, emulator: Emulator) -> None:
    """Where it could have been had."""
    emulator.faults.add(Fault("server_error"))
    ids_file.write_text(ids_file.read_text().partition("\n")[0])
    done = follow(ids_file, "--every", "10s", "--until", "5s")
    assert done.exit_code == 1, done.output
    assert "HTTP 500" in done.output


def test_a_clock_that_stands_still_is_said(ids_file: Path, emulator: Emulator) -> None:
    """Without a traceback."""
    emulator.clock.freeze()
    done = follow(ids_file, "--every", "1s", "--until", "1h")
    assert done.exit_code == 1
    assert "stands still" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--until", "soon"], "--until is 'soon'"),
        (["--until", "2026-06-01T12:00"], "a moment with a zone"),
        (["--until", "1h", "--every", "often"], "--every is 'often'; allowed: a whole number"),
        (["--until", "1h", "--every", "7m"], "divides a day"),
        (["--until", "2020-01-01T00:00Z"], "it is past"),
    ],
)
def test_wrong_options_are_refused_in_words(
    ids_file: Path, emulator: Emulator, options: list[str], words: str
) -> None:
    """With what is allowed; nothing is sent."""
    done = follow(ids_file, *options)
    assert done.exit_code
    assert words in done.output
    assert emulator.requests_served == 0
    assert "Traceback" not in done.output
