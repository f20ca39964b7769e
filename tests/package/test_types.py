"""Types, as a user's checker sees them: the kit is installed, and the program is the user's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from building import environment

PROGRAM = Path(__file__).with_name("user_program.py")
FINDS = re.compile(r"^\S+?:(?P<line>\d+): (?P<kind>error|note): (?P<text>.*)$")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel; give the Python that has it."""
    return environment(tmp_path_factory.mktemp("installed") / "venv", wheel)


def check(python: Path, program: Path, cache: Path) -> list[tuple[int, str, str]]:
    """Check a program strictly, from a folder in which no settings are; give what was found."""
    pytest.importorskip("mypy", reason="the extra `lint` brings it")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary"]
    command += [f"--python-executable={python}", f"--cache-dir={cache}", str(program)]
    apart = {name: text for name, text in os.environ.items() if name != "MYPYPATH"}
    done = subprocess.run(
        command, cwd=program.parent, env=apart, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    found = (FINDS.match(line) for line in done.stdout.splitlines())
    return [(int(one["line"]), one["kind"], one["text"]) for one in found if one]


def test_a_users_program_passes_strict_checks(installed: Path, tmp_path: Path) -> None:
    """No error, each marked type is exact, misspelt names and options are found."""
    program = tmp_path / PROGRAM.name
    ending = "reveal_type(ek.connect)\nreveal_type(ek.__file__)\n"
    program.write_text(PROGRAM.read_text() + ending)
    found = check(installed, program, tmp_path / "cache")
    assert "\n".join(f"{line}: {text}" for line, kind, text in found if kind == "error") == ""
    told = [text for _, _, text in found if "Revealed type" in text]
    assert len(told) == 2
    assert "engagement_kit.client.client.Client" in told[0]


def test_the_checked_program_uses_the_whole_front_door() -> None:
    """Each public name stands in it, so that none is left unchecked."""
    import engagement_kit as ek

    used = set(re.findall(r"\bek\.(\w+)", PROGRAM.read_text()))
    assert set(ek.__all__) - used <= {"__version__"}
