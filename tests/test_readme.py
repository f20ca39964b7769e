"""What the README and the pages of docs/ tell to type works as it stands."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import click
import pytest

from engagement_kit.cli import main
from engagement_kit.emulator import Emulator, WorldClock

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^( *)(`{3,}|~{3,})([^\n`]*)\n(.*?)^\1\2 *$", re.DOTALL | re.MULTILINE)
LANGUAGES = {"python", "sh", "bash", "text", "yaml", "json"}
"""Python and shell are run or checked; the rest is shown, and says so."""
DIRECTIVE = re.compile(r"\{[\w:.-]+\}.*")
OURS = ("make", "engagement-kit", "pip", "curl")
ENDS = {"|", "||", "&&", ";", "&"}
CHECKED = (click.Choice, click.IntRange, click.FloatRange, *map(type, (click.INT, click.FLOAT)))
"""What can be taken or refused without the files of an example, which need not be there."""
WRITES = re.compile(r"[0-9]?>{1,2}&?[0-9]?|<")


class Block(NamedTuple):
    """A block of code on a page."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        """Name it for a report."""
        return f"{self.page}:{self.line}"


def _blocks() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            name = str(page.relative_to(ROOT))
            yield Block(name, line, found[3].strip(), found[4])


BLOCKS = list(_blocks())


def _of(language: str) -> list[Block]:
    return [one for one in BLOCKS if one.language == language]


def _commands(text: str) -> Iterator[list[str]]:
    """Part a block of shell into commands: at lines, pipes and the like; without comments."""
    held = ""
    for line in text.splitlines():
        held += line + "\n"
        try:
            words = _words(held.replace("\\\n", " "))
        except ValueError:  # within quotes
            continue
        if line.endswith("\\"):
            continue
        held = ""
        yield from _parted(words)
    assert not held.strip(), f"a command without an end: {held}"


def _words(text: str) -> list[str]:
    return shlex.split(text, comments=True)


def _parted(words: list[str]) -> Iterator[list[str]]:
    command: list[str] = []
    for word in [*words, ";"]:
        if word in ENDS:
            if command:
                yield command
            command = []
        else:
            command.append(word)


def _ours(name: str) -> list[tuple[str, list[str]]]:
    """List our commands of a name, each with where it stands."""
    return [
        (str(block), words)
        for block in _of("sh")
        for words in _commands(block.text)
        if words[0] == name
    ]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Start an emulator that stands at the moment of which the pages tell."""
    with Emulator(clock=WorldClock(frozen=datetime(2026, 6, 1, 12, 30, tzinfo=UTC))) as one:
        yield one


@pytest.mark.parametrize("block", _of("python"), ids=str)
@pytest.mark.filterwarnings("ignore::engagement_kit.errors.MissingNumbers")
@pytest.mark.filterwarnings("ignore::engagement_kit.errors.LooksPromoted")
def test_a_block_of_python_runs(
    block: Block,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each block is a whole program, in an empty folder, that prints something."""
    monkeypatch.chdir(tmp_path)
    with patch.dict(os.environ):  # what a block sets goes with it
        exec(compile(block.text, str(block), "exec"), {"__name__": "__main__"})  # noqa: S102
    assert capsys.readouterr().out


def test_each_block_says_its_language() -> None:
    """A block without a language, or in one that nobody checks, would be run by nobody."""
    strange = [
        f"{one}: {one.language!r}"
        for one in BLOCKS
        if one.language not in LANGUAGES and not DIRECTIVE.fullmatch(one.language)
    ]
    assert not strange
    assert {"python", "sh"} <= {one.language for one in BLOCKS}


def test_no_fence_is_left_open() -> None:
    """A fence that isn't closed would hide the blocks below it from these tests."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        rest = FENCE.sub("", text)
        assert "```" not in rest, page.name


@pytest.mark.parametrize("block", _of("sh"), ids=str)
def test_a_block_of_shell_can_be_read(block: Block) -> None:
    """Each holds at least one command, and its quotes are closed."""
    assert list(_commands(block.text))


@pytest.mark.parametrize(("where", "words"), _ours("make"))
def test_make_has_the_target(where: str, words: list[str]) -> None:
    """Every target that is named stands in the Makefile."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(words[1:]) <= set(targets), where


@pytest.mark.parametrize(("where", "words"), _ours("engagement-kit"))
def test_the_command_line_takes_it(where: str, words: list[str]) -> None:
    """Every command and option that is named is there, and takes what is given to it."""
    command: click.Command = main
    context = click.Context(main, info_name="engagement-kit")
    arguments = _before_redirection(words[1:])
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        name = arguments.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"{where}: no command {name}"
        command, context = found, click.Context(found, parent=context, info_name=name)
    given, rest, _ = command.make_parser(context).parse_args(arguments)  # click's own errors tell
    assert not rest, where
    for one in command.get_params(context):
        value = given.get(one.name)
        assert given.get("help") or not one.required or value is not None, f"{where}: {one.name}"
        if isinstance(one.type, CHECKED) and value is not None:
            one.type_cast_value(context, value)


def _before_redirection(words: list[str]) -> list[str]:
    """Leave out where a command's words go."""
    for at, word in enumerate(words):
        if WRITES.match(word):
            return words[:at]
    return list(words)


@pytest.mark.parametrize(("where", "words"), _ours("pip"))
def test_pip_is_told_what_there_is(where: str, words: list[str]) -> None:
    """What is to be installed is the kit, with extras that it has, or what an extra would bring."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    needs = {one for every in extras.values() for one in every}
    known = {re.split(r"[^\w.-]", one)[0] for one in needs}
    assert words[1] == "install", where
    for one in words[2:]:
        name, _, wanted = one.rstrip("]").partition("[")
        assert name in {".", "engagement_kit", *known}, where
        assert set(filter(None, wanted.split(","))) <= extras.keys(), where


@pytest.mark.parametrize("block", [one for one in _of("sh") if "curl" in one.text.split()], ids=str)
def test_curl_gets_an_answer(block: Block, emulator: Emulator, tmp_path: Path) -> None:
    """Whoever pastes it into a shell that has the emulator's keys is answered."""
    if shutil.which("curl") is None or shutil.which("sh") is None:
        pytest.skip("there is no curl here")
    done = subprocess.run(
        ["sh", "-e", "-c", block.text],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **emulator.environment()},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("{"), done.stdout
    assert "error" not in done.stdout


def test_what_is_checked_is_there() -> None:
    """The pages show each of the ways to begin: make, the command, pip and curl."""
    assert all(_ours(name) for name in OURS)
