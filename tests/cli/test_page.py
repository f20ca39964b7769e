"""The page about the command line: its blocks run as they stand, and say what it shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from engagement_kit.cli import TRIP

PAGE = (Path(__file__).parents[2] / "docs" / "how_to" / "command_line.md").read_text("utf-8")
BLOCKS = re.findall(
    r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", PAGE, re.DOTALL | re.MULTILINE
)
SHELL = shutil.which("bash")


@pytest.fixture
def shell(tmp_path: Path, warm_command: Path) -> dict[str, str]:
    """Put this package's command on a PATH, and jq where this machine has it."""
    place = tmp_path / "bin"
    place.mkdir()
    if shutil.which("jq") is None:  # what comes before it is run all the same
        (place / "jq").write_text("#!/bin/sh\ncat >/dev/null\n")
        (place / "jq").chmod(0o755)
    return {**os.environ, "PATH": f"{warm_command.parent}:{place}:{os.environ['PATH']}"}


@pytest.mark.skipif(SHELL is None, reason="there is no bash")
def test_the_blocks_run_and_say_what_is_shown(shell: dict[str, str], tmp_path: Path) -> None:
    """One after the other in one folder; where the page shows what is said, it is just that."""
    here = tmp_path / "here"
    here.mkdir()
    assert len(BLOCKS) >= 8
    for block, shown in BLOCKS:
        command = [str(SHELL), "-e", "-c", block]
        done = subprocess.run(
            command,
            cwd=here,
            env=shell,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode, "Traceback" in done.stdout) == (0, False), done.stdout
        assert not shown or done.stdout == shown
    assert (here / "week.parquet").read_bytes() == (here / "again.parquet").read_bytes()
    assert {"wide.csv", "then.csv", "numbers", "receipt.json"} <= {
        one.name for one in here.iterdir()
    }


def test_each_command_is_on_the_page() -> None:
    """With what it gives to machines; that of the keys' walk is told elsewhere."""
    names = {name for part in TRIP.values() for name in part} - {"login"}
    assert [name for name in sorted(names) if f"`{name}`" not in PAGE] == []
