"""The command ``follow``: price first, a line for each tick, the receipt, and the exit code."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engagement_kit.cli import main
from engagement_kit.client import following
from engagement_kit.client.connection import Connection
from engagement_kit.client.pausing import Pause, pause_of
from engagement_kit.emulator import Emulator, Fault, World, WorldClock
from engagement_kit.question.tweet_ids import created_at

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WORLD = World(seed=3)
BORN = created_at(WORLD.sample_ids("acme", 1, before=NOW)[0])
assert BORN is not None


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Run an emulator whose clock stands, with its keys in the environment."""
    with Emulator(WORLD, WorldClock(frozen=BORN + timedelta(seconds=2))) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def waiting_moves_the_clock(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for real: to wait is to move the emulator's clock."""

    def moved(connection: Connection, _: object) -> Pause:
        return pause_of(connection, lambda span: emulator.clock.travel(timedelta(seconds=span)))

    monkeypatch.setattr(following, "pause_of", moved)


@pytest.fixture
def ids_file(tmp_path: Path) -> Path:
    """Write ids to a file, one a line."""
    path = tmp_path / "ids.txt"
    path.write_text("\n".join(WORLD.sample_ids("acme", 3, before=NOW)))
    return path


def follow(ids_file: Path, *options: str) -> Result:
    """Run the command."""
    store = str(ids_file.parent / "raw")
    given = [
        "follow",
        "--ids",
        str(ids_file),
        "--store",
        store,
        "--metrics",
        "impressions, favorites",
    ]
    return CliRunner().invoke(main, [*given, *options])


@pytest.mark.usefixtures("waiting_moves_the_clock")
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
    done = follow(ids_file, "--until", "2099-01-01T00:00Z", "--every", "1d", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "later days" in done.output
    assert emulator.requests_served == 0
    assert not (ids_file.parent / "raw").exists()


@pytest.mark.usefixtures("waiting_moves_the_clock")
def test_a_miss_is_told_by_the_exit_code(ids_file: Path, emulator: Emulator) -> None:
    """Where it could have been had."""
    emulator.faults.add(Fault("server_error"))
    ids_file.write_text(ids_file.read_text().partition("\n")[0])
    done = follow(ids_file, "--every", "10s", "--until", "5s")
    assert done.exit_code == 1, done.output
    assert "HTTP 500" in done.output


def test_a_clock_that_stands_still_is_said(
    ids_file: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a traceback; it was waited for, and did not move."""
    waits: list[float] = []

    def still(connection: Connection, _: object) -> Pause:
        noted = lambda _stop, span: waits.append(span)  # noqa: E731 -- it is one word
        return Pause(connection.now, noted, time.monotonic, at_once=False)

    monkeypatch.setattr(following, "pause_of", still)
    done = follow(ids_file, "--every", "1s", "--until", "1h")
    assert done.exit_code == 1
    assert "stands still" in done.output
    assert waits == [1.0] * 3
    assert emulator.clock.now() == BORN + timedelta(seconds=2)
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


def test_short_numbers_in_the_place_of_ids_are_noted(tmp_path: Path) -> None:
    """A column of likes would be followed for days: it is asked whether it is meant."""
    (tmp_path / "likes.csv").write_text("likes\n5\n6\n7\n", encoding="utf-8")
    options = ["--until", "1d", "--metrics", "favorites", "--dry-run", "--emulator"]
    typed = ["follow", "--ids", str(tmp_path / "likes.csv"), "--store", str(tmp_path / "raw")]
    done = CliRunner().invoke(main, [*typed, *options])
    assert (done.exit_code, "3 of 3 ids have 8 digits at most" in done.stderr) == (0, True)
