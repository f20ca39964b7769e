"""The command line: the emulator by itself, and what is said of wrong options."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests
from click.testing import CliRunner

import engagement_kit as ek
from engagement_kit.cli import main
from engagement_kit.cli.emulator import _NATURES, _lines
from engagement_kit.emulator import Emulator, Settings, World
from engagement_kit.emulator.api.settings import CHOICES
from engagement_kit.emulator.service.faults import MEANINGS
from engagement_kit.emulator.world.natures import NATURES

T = TypeVar("T")


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Run the command on a free port; give the process and the environment that it prints."""
    command = [sys.executable, "-m", "engagement_kit.cli", "emulator", "--port", "0", *options]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        assert process.stdout is not None
        lines: list[str] = []
        while not any("TWITTER_BEARER_TOKEN" in line for line in lines):
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            lines.append(line)
        exported = (line.removeprefix("export ").strip().partition("=") for line in lines)
        yield process, {name: value for name, _, value in exported if not name.startswith("#")}
    finally:
        process.kill()
        process.communicate()


def test_the_emulator_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the printed lines as environment, a plain connect reaches it, at its own time."""
    with running("--clock", "2026-06-01T12:00Z", "--world", "campaigns", "--seed", "3") as (
        process,
        lines,
    ):
        for name, value in lines.items():
            monkeypatch.setenv(name, value)
        origin = lines["ENGAGEMENT_KIT_BASE_URL"].removesuffix("/insights/engagement")
        with ek.connect() as client:
            ids = ek.sample_ids(client, 3)
            assert ids == World(3, nature="campaigns").sample_ids("acme", 3, client.now())
            assert len(ek.sample_ids(client, 2, kind="foreign")) == 2
            assert client.now().isoformat() == "2026-06-01T12:00:00+00:00"
            assert client.connection.where.service == "emulator/campaigns-3"
            frame = client.totals(ids, ["impressions", "favorites"])
            requests.post(f"{origin}/emulator/clock", json={"travel_s": 3600}, timeout=10)
            assert client.now().isoformat() == "2026-06-01T13:00:00+00:00"
        assert set(frame["source"]) == {"emulator"}
        assert frame["value"].notna().all()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        with pytest.raises(ek.errors.ConnectionBroken, match="still running"):
            client.now()


def test_lines_say_where_to_walk() -> None:
    """One comment says where a login can walk; the lines hold no keys but those to be used."""
    emulator = Emulator(in_process=True)
    lines = _lines(emulator)
    assert [line for line in lines if "engagement-kit login" in line] == [
        f"# engagement-kit login --base-url {emulator.base_url}"
    ]
    assert sum(line.startswith("export ") for line in lines) == len(emulator.environment())


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it(sent: signal.Signals) -> None:
    """Ctrl-C and a polite kill end it at once, with status 0 and a count of the requests."""
    with running() as (process, _):
        process.send_signal(sent)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 0
        assert said.strip() == "stopped after 0 requests"


class Stopped:
    """Stands for a signal that comes when something was looked at."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look

    def wait(self, _: float) -> bool:
        """Look, and stop."""
        self._look()
        return True


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, look: Callable[[dict[str, str]], T], *options: str
) -> T:
    """Run the command in this process; look at it where it waits to be stopped, and stop it."""
    seen: list[T] = []
    lines: dict[str, str] = {}

    def noted(one: Emulator) -> list[str]:
        lines.update(one.environment())
        return _lines(one)

    stopped = Stopped(lambda: seen.append(look(lines)))
    monkeypatch.setattr("engagement_kit.cli.emulator._signals", lambda: stopped)
    monkeypatch.setattr("engagement_kit.cli.emulator._lines", noted)
    done = CliRunner().invoke(main, ["emulator", "--port", "0", *options])
    assert done.exit_code == 0, done.output
    return seen[0]


def test_switches_and_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Options reach the emulator: a switch, a budget, a fault."""

    def look(lines: dict[str, str]) -> Any:
        origin = lines["ENGAGEMENT_KIT_BASE_URL"].removesuffix("/insights/engagement")
        return requests.get(f"{origin}/emulator/state", timeout=10).json()

    fault = '{"kind": "bad_gateway", "nth": 2}'
    options = ["--set", "zeros=sparse", "--per-minute", "7", "--fault", fault]
    state = meanwhile(monkeypatch, look, *options)
    assert (state["settings"]["zeros"], state["settings"]["per_minute"]) == ("sparse", 7)
    assert [(one["kind"], one["nth"]) for one in state["faults"]] == [("bad_gateway", [2])]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "zeros=none"], "allowed: full, sparse"),
        (["--set", "zeros"], "NAME=VALUE"),
        (["--set", "colour=red"], "unknown settings"),
        (["--fault", "reset"], "no JSON object"),
        (["--fault", '{"kind": "flood"}'], "allowed: rate_limited"),
        (["--fault", '{"nth": 1}'], "kind is missing"),
        (["--accounts", "99"], "1 to 32"),
        (["--clock", "noon"], "as in 2026-06-01T12:00Z"),
        (["--clock", "2026-06-01"], "as in 2026-06-01T12:00Z"),
        (["--set", "per_minute=3"], "an option of its own: --per-minute"),
        (["--set", "profile=overview"], "an option of its own: --profile"),
        (["--per-minute", "0"], "whole number from 1"),
        (["--port", "-1"], "0<=x<=65535"),
        (["--port", "70000"], "0<=x<=65535"),
        (["--world", "calm"], "'standard', 'heavy_tails', 'campaigns'"),
    ],
)
def test_wrong_options(options: list[str], said: str) -> None:
    """A wrong option ends with status 2 and words that say what is allowed."""
    done = CliRunner().invoke(main, ["emulator", *options])
    assert done.exit_code == 2
    assert said in done.output


def test_a_taken_port() -> None:
    """A port in use is named, with the way out."""
    with Emulator() as emulator:
        port = emulator.url.rpartition(":")[2]
        done = CliRunner().invoke(main, ["emulator", "--port", port])
    assert done.exit_code == 1
    assert f"port {port} can't be used" in done.output
    assert "--port 0" in done.output


def test_version() -> None:
    """The version is that of the package."""
    assert ek.__version__ in CliRunner().invoke(main, ["--version"]).output


def test_the_command_is_installed() -> None:
    """`engagement-kit` stands beside the interpreter."""
    command = os.path.join(os.path.dirname(sys.executable), "engagement-kit")  # noqa: PTH118, PTH120
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    assert "emulator" in done.stdout


def test_help_names_switches_and_faults() -> None:
    """The help lists every switch with its values, the default first, and every kind of fault."""
    said = " ".join(CliRunner().invoke(main, ["emulator", "--help"]).output.split())
    for name, values in CHOICES.items():
        assert (f"{name} {', '.join(values)}" in said) == (name != "profile")
        assert getattr(Settings(), name) == values[0]
    for kind, meaning in MEANINGS.items():
        assert f"{kind} {meaning}" in said


def test_natures_are_those_of_the_emulator() -> None:
    """Every kind of world can be chosen, and no other."""
    assert tuple(NATURES) == _NATURES


def test_env_file_for_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is there while the emulator runs, and a shell can read it."""
    path = tmp_path / "emulator.env"
    code = f". {path}; echo $TWITTER_BEARER_TOKEN $ENGAGEMENT_KIT_BASE_URL"

    def look(lines: dict[str, str]) -> tuple[list[str], dict[str, str]]:
        done = subprocess.run(["sh", "-c", code], capture_output=True, text=True, check=True)
        return done.stdout.split(), lines

    said, lines = meanwhile(monkeypatch, look, "--env-file", str(path))
    assert said == [lines["TWITTER_BEARER_TOKEN"], lines["ENGAGEMENT_KIT_BASE_URL"]]
    assert [one.name for one in tmp_path.iterdir()] == ["emulator.env"]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Fill a store with one small answer."""
    with ek.connect("emulator", store=tmp_path / "raw", clock="2026-06-01T12:00Z") as client:
        client.totals(ek.sample_ids(client, 3), ["impressions"])
    return tmp_path / "raw"


def test_a_store_becomes_parquet(store: Path, tmp_path: Path) -> None:
    """As `ek.tidy_store` does it; again, nothing is written."""
    command = ["tidy", str(store), str(tmp_path / "out"), "--no-progress", "--history"]
    first, again = (CliRunner().invoke(main, command) for _ in range(2))
    assert first.exit_code == again.exit_code == 0
    assert "1 files written, 0 kept\n  lifetime/: 3 new rows" in first.output
    assert "0 files written, 1 kept" in again.output
    assert len(list((tmp_path / "out" / "lifetime").glob("*.parquet"))) == 1


def test_a_store_with_a_damaged_answer_ends_with_1(store: Path, tmp_path: Path) -> None:
    """It is named; scripts can see it."""
    (victim,) = store.glob("answers/*/*.zst")
    victim.write_bytes(victim.read_bytes()[:-5])
    done = CliRunner().invoke(main, ["tidy", str(store), str(tmp_path / "out"), "--no-progress"])
    assert done.exit_code == 1
    assert f"damaged, left out: {victim.name}" in done.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--storage-options", "[]"], "no JSON object"),
        (["--as-of", "2026-06-01"], "as-of is '2026-06-01'; allowed: a moment with a zone"),
        (["--dask", "nonsense://x"], "no Dask scheduler answers at nonsense://x"),
    ],
)
def test_wrong_options_of_tidy(store: Path, options: list[str], said: str) -> None:
    """One line says what is wrong."""
    done = CliRunner().invoke(main, ["tidy", str(store), "out", *options])
    assert done.exit_code != 0
    assert said in done.output
    assert isinstance(done.exception, SystemExit)


def test_the_page_is_named() -> None:
    """The lines name the page's address, in a comment."""
    with Emulator() as running_here:
        assert f"# a page to look at it and steer it: {running_here.url}/" in _lines(running_here)
