"""Ctrl-C at any moment: what was sent or kept is said, and what to do; 130, and no traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import engagement_kit as ek
from engagement_kit.cli import main
from engagement_kit.client.client import Client
from engagement_kit.emulator import World
from engagement_kit.interrupted import STOPPED

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
IDS = World().sample_ids("acme", 3, before=NOW)
KEPT = "Interrupted.\nWhat was done is kept. Give the same command again to go on."
STUCK = """
import pathlib, time
pathlib.Path({sign!r}).touch()
time.sleep(60)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Save a query."""
    return ek.Query("totals", IDS, ["favorites"]).save(tmp_path / "q.yaml")


def stopped(module: str, folder: Path, *typed: object) -> tuple[int, str, str]:
    """Start a command in which an import takes long, and press Ctrl-C while it does."""
    sign = folder / "begun"
    fakes = folder / "fakes"
    fakes.mkdir()
    (fakes / f"{module}.py").write_text(STUCK.format(sign=str(sign)), encoding="utf-8")
    path = os.pathsep.join([str(fakes), *sys.path])
    with subprocess.Popen(
        [sys.executable, "-m", "engagement_kit", *map(str, typed)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        end = time.monotonic() + 60
        while not sign.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end, f"{module} was not imported"
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C as POSIX sends it")
@pytest.mark.parametrize("module", ["click", "requests"])
def test_while_libraries_are_loaded(module: str, file: Path, tmp_path: Path) -> None:
    """Whether the command's own or those of its work: nothing was sent, and that is said."""
    code, out, err = stopped(module, tmp_path, "run", file, "--store", tmp_path / "raw")
    assert (code, out, err) == (130, "", f"\n{STOPPED}\n")


def _stop(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["plan", "run"])
def test_before_the_first_request(
    name: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is planned, nothing was sent: that is said to a person, and to a machine."""
    typed = [name, file, "--store", tmp_path / "raw", "--emulator", "--clock", NOW.isoformat()]
    monkeypatch.setattr(Client, "_plan", _stop)
    done = CliRunner().invoke(main, [str(one) for one in typed])
    assert (done.exit_code, done.stdout) == (130, "")
    assert done.stderr.endswith(f"\n{STOPPED}\n")
    machine = CliRunner().invoke(main, [*map(str, typed), "--json"])
    error = json.loads(machine.stdout)["error"]
    assert (machine.exit_code, error["kind"]) == (130, "KeyboardInterrupt")
    assert error["said"] == STOPPED


def test_after_the_last_request(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While files are written all was asked: it is kept, and the same again asks nothing."""
    typed = ["run", file, "--store", tmp_path / "raw", "--emulator", "--clock", NOW.isoformat()]
    out = ["--out", tmp_path / "a.csv"]
    with monkeypatch.context() as patch:
        patch.setattr("engagement_kit.cli.run.write", _stop)
        done = CliRunner().invoke(main, [str(one) for one in (*typed, *out)])
    assert done.exit_code == 130
    assert done.stderr.strip().endswith(KEPT)
    again = CliRunner().invoke(main, [str(one) for one in (*typed, *out)])
    assert (again.exit_code, "0 planned, 0 sent" in again.stdout) == (0, True), again.output


def test_of_what_is_no_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that reads and writes files says that these are kept."""
    with ek.connect("emulator", clock=NOW, store=tmp_path / "raw") as client:
        client.totals(IDS, ["favorites"], progress=False)
    monkeypatch.setattr("engagement_kit.tables.tidy_store.tidy_store", _stop)
    done = CliRunner().invoke(main, ["tidy", str(tmp_path / "raw"), str(tmp_path / "out")])
    assert (done.exit_code, done.stderr.strip()) == (130, KEPT)


def test_before_click_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the import of the command and its first line."""
    monkeypatch.setattr("click.Group.main", _stop)
    done = CliRunner().invoke(main, ["doctor", "--json"])
    assert done.exit_code == 130
    assert json.loads(done.stdout)["error"]["said"] == STOPPED
