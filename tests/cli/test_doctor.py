"""The command `doctor`: what it says, as text and as JSON, and with what it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import engagement_kit as ek
from engagement_kit.cli import main


@pytest.fixture(autouse=True)
def _no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def run(*words: str) -> Result:
    """Run it in this process."""
    return CliRunner().invoke(main, ["doctor", *words])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Make a store with one answer."""
    with ek.connect("emulator", clock="2026-06-01T12:00Z", store=tmp_path / "raw") as client:
        client.run(ek.Query("totals", ek.sample_ids(client, 3)))
    return tmp_path / "raw"


def test_a_fit_machine_ends_with_0(store: Path) -> None:
    """Text by default, the store among it."""
    done = run("--store", str(store), "--quick")
    assert done.exit_code == 0, done.output
    assert "1 answer, all read to the last byte; 1 run" in " ".join(done.output.split())
    assert "problem" not in done.output


def test_a_problem_ends_with_1_and_json_is_one_object(store: Path) -> None:
    """What is on stdout can be read by a program, whatever else is said."""
    (answer,) = store.glob("answers/*/*.zst")
    answer.write_bytes(answer.read_bytes()[:-9])
    done = run("--store", str(store), "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["fit"], told["worst"]) == (False, "problem")
    assert str(answer) in told["findings"][0]["seen"]


def test_a_warning_ends_with_0(store: Path) -> None:
    """Answers that are gone: the store is whole, a run is not."""
    (answer,) = store.glob("answers/*/*.zst")
    answer.unlink()
    done = run("--store", str(store), "--json")
    assert (done.exit_code, json.loads(done.stdout)["worst"]) == (0, "warning")


@pytest.mark.parametrize("words", [["--quick"], ["--try", "--offline"]])
def test_options_that_do_not_go_together(words: list[str]) -> None:
    """Nothing is looked at."""
    done = run(*words)
    assert done.exit_code == 2
    assert "Usage:" in done.output


def test_a_process_of_its_own(tmp_path: Path) -> None:
    """In an empty folder with an empty home: JSON on stdout, the words on stderr."""
    home = {**os.environ, "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "engagement_kit.cli", "doctor", "--json"]
    done = subprocess.run(command, env=home, cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(done.stdout)["fit"] is True
    assert b"Traceback" not in done.stderr
    assert b"engagement_kit" in done.stderr
    assert list(tmp_path.iterdir()) == []
