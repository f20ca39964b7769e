"""The help of the commands, their examples, what it imports, and completion."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import engagement_kit as ek
from engagement_kit.cli import TRIP, main

NAMES = [name for part in TRIP.values() for name in part]
HEAVY = ("pandas", "pyarrow", "scipy", "matplotlib", "requests", "tqdm", "yaml", "numba")


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, arguments)


def test_commands_stand_in_the_order_of_the_trip() -> None:
    """Below headings, each with a line; the exit codes at the end."""
    said = run("--help").stdout
    places = [said.index(f"\n  {name} ") for name in NAMES]
    assert places == sorted(places)
    assert [said.index(f"\n{heading}:") for heading in TRIP] == sorted(
        said.index(f"\n{heading}:") for heading in TRIP
    )
    ends = " ".join(said.partition("Exit codes: ")[2].split())
    assert ends.startswith("0 done; 1 unfinished")
    assert "2 wrong usage, query, limits or address: nothing was asked of the API; 3 keys" in ends


@pytest.mark.parametrize("name", NAMES)
def test_each_command_has_help(name: str) -> None:
    """With the option for machines, once; and a line of its own in the list."""
    said = run(name, "--help").stdout
    assert said.startswith("Usage: ")
    assert said.count("\n  --json ") == 1
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.short_help
    assert command.short_help in (listed := run("--help").stdout)
    assert "..." not in listed.partition("Options:")[2]


@pytest.mark.parametrize("name", NAMES)
def test_each_command_has_an_example_that_parses(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its files are there; with the options that it has, and with what they allow."""
    monkeypatch.chdir(tmp_path)
    for folder in ("raw", "my_tables"):
        (tmp_path / folder).mkdir()
    ek.Query("totals", ["20"]).save("q.yaml")
    for file in ("ids.txt", "deleted.txt", "counts.parquet"):
        (tmp_path / file).write_text("20", encoding="utf-8")
    context = click.Context(main)
    command = main.get_command(context, name)
    assert command is not None
    lines = re.findall(rf"^ *engagement-kit {name}( .*)?$", str(command.help), re.MULTILINE)
    assert lines
    for line in lines:
        words = shlex.split(line.partition("|")[0])
        assert command.make_context(name, words, parent=context).params


def test_options_that_commands_share_stand_by_themselves() -> None:
    """Below those of the command itself: whom it asks, and by which rules."""
    said = run("run", "--help").stdout
    at = [said.index(f"\n{one}:\n") for one in ("Options", "Whom it asks", "By which rules")]
    assert at == sorted(at)
    own, whom, rules = said[at[0] : at[1]], said[at[1] : at[2]], said[at[2] :]
    assert "QUERY" not in own
    assert all(one in own for one in ("--store", "--out", "--json", "--help"))
    assert all(one in whom for one in ("--emulator", "--account", "--per-minute"))
    assert all(one in rules for one in ("--max-age", "--stop-after", "--no-resume"))


def test_a_command_that_is_nearly_named_is_told() -> None:
    """As options are; what is like none is only refused."""
    near, far = run("reciept"), run("zebra")
    assert (near.exit_code, far.exit_code) == (2, 2)
    assert "No such command 'reciept'. Did you mean receipt?" in near.stderr
    assert "No such command 'zebra'." in far.stderr
    assert "Did you mean" not in far.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """What is not needed to say it is not loaded."""
    code = (
        "import sys\nfrom engagement_kit.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as end:\n    assert not end.code\n"
        f"sys.exit(', '.join(one for one in {HEAVY!r} if one in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stderr.strip(), done.returncode) == ("", 0)


def test_completion_names_commands_and_options() -> None:
    """By click's own way, for a shell that asks."""
    words = {"COMP_WORDS": "engagement-kit re", "COMP_CWORD": "1"}
    command = [sys.executable, "-c", "from engagement_kit.cli import main; main(prog_name='x')"]
    done = subprocess.run(
        command,
        env={**words, "_X_COMPLETE": "bash_complete", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line.partition(",")[2] for line in done.stdout.splitlines()]
    assert found == [name for name in NAMES if name.startswith("re")], done.stderr
