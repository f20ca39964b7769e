"""The command `lab`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engagement_kit.cli import lab as lab_room
from engagement_kit.cli import main
from engagement_kit.client.notebooks import FIRST


def run(*words: str) -> Result:
    """Run it in this process."""
    return CliRunner().invoke(main, ["lab", *words])


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Start nothing, and give what would be started."""
    commands: list[list[str]] = []

    def instead(command: list[str]) -> int:
        commands.append(command)
        return 0

    monkeypatch.setattr(lab_room, "_run", instead)
    return commands


def test_notebooks_are_written_and_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    """In a folder of its own by default; JupyterLab begins at the first notebook."""
    monkeypatch.chdir(tmp_path)
    done = run()
    assert done.exit_code == 0, done.output
    first = tmp_path / "engagement_kit_notebooks" / FIRST
    assert first.is_file()
    assert started == [[sys.executable, "-m", "jupyterlab", f"engagement_kit_notebooks/{FIRST}"]]


def test_options_of_jupyterlab(tmp_path: Path, started: list[list[str]]) -> None:
    """What stands behind -- goes to it; a folder stands before."""
    run(str(tmp_path), "--", "--no-browser", "--port", "8899")
    assert started[0][3:6] == ["--no-browser", "--port", "8899"]
    done = run("--", "--no-browser")
    assert (done.exit_code, "name a folder before --" in done.output) == (2, True)
    assert len(started) == 1


def test_only_written(tmp_path: Path, started: list[list[str]]) -> None:
    """With --no-open nothing is started; what was changed is left and named."""
    assert run(str(tmp_path), "--no-open").exit_code == 0
    (tmp_path / FIRST).write_text("mine")
    done = run(str(tmp_path), "--no-open")
    assert started == []
    assert f"left as they are, for you changed or ran them: {FIRST}" in done.output
    assert (tmp_path / FIRST).read_text() == "mine"


def test_without_jupyterlab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    """The notebooks are there, and it is said how to install it."""
    monkeypatch.setattr(lab_room, "find_spec", lambda _: None)
    done = run(str(tmp_path))
    assert done.exit_code == 1
    assert "pip install 'engagement_kit[lab]'" in done.stderr
    assert (tmp_path / FIRST).is_file()
    assert started == []


def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    """It is said in words."""
    (tmp_path / "file").write_text("a")
    done = run(str(tmp_path / "file" / "lab"))
    assert done.exit_code == 2
    assert "can't be made" in done.output


def test_ctrl_c_is_left_to_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for until it ends by itself; its status counts."""
    waits: list[object] = [KeyboardInterrupt, 3]

    class Started:
        """A process that is interrupted once."""

        def __init__(self, command: list[str]) -> None:
            self.command = command

        def __enter__(self) -> Started:
            return self

        def __exit__(self, *_: Any) -> None:
            """Nothing is left."""

        def wait(self) -> object:
            """Be interrupted, then end."""
            next_one = waits.pop(0)
            if next_one is KeyboardInterrupt:
                raise KeyboardInterrupt
            return next_one

    monkeypatch.setattr(subprocess, "Popen", Started)
    assert lab_room._run(["a"]) == 3
    assert waits == []
