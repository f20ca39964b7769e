"""All messages, read from the source: their style, and whether what they name is there."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest

import engagement_kit as ek
from engagement_kit import emulator
from engagement_kit.cli import main
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.tables.revisions import Revisions

ROOT = Path(ek.__file__).parent
SPOKEN = (ROOT / "emulator" / "api", ROOT / "emulator" / "service")
"""What the emulator answers over HTTP is in the API's own words and style."""
VARIABLES = {"msg", "why", "hint", "advice"}
FINDINGS = (ROOT / "client" / "doctor.py", ROOT / "client" / "health")
"""A finding's ``why`` stands by itself, as a sentence; that of a problem follows a name."""
WARNS_OR_REFUSES = {
    "warn",
    "Problem",
    "ClickException",
    "UsageError",
    "BadParameter",
    "RuntimeError",
}
GAP = "\0"
"""Where an f-string puts something in."""


class Message(NamedTuple):
    """A message as it stands in the source: where, what kind of text, the text."""

    where: str
    kind: str
    text: str


def texts(node: ast.expr) -> Iterator[str]:
    """Give the texts of an expression: of alternatives each."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else GAP for one in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from texts(one)
            yield from texts(other)
        case ast.BinOp(left=one, op=ast.Add(), right=other):
            joined = [next(texts(part), GAP) for part in (one, other)]
            yield "".join(joined)


def found_in(path: Path) -> Iterator[Message]:
    """Find the messages of a file: what is raised, warned of, or said of a wrong argument."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = any(path.is_relative_to(one) for one in FINDINGS)
    raised = {id(node.exc) for node in ast.walk(tree) if isinstance(node, ast.Raise)}
    for node in ast.walk(tree):
        expressions: list[tuple[str, ast.expr]] = []
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if node.targets[0].id in VARIABLES:
                expressions = [(node.targets[0].id, node.value)]
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name == "Problem":
                kinds = ("field", "value", "why", "hint")
                expressions = [*zip(kinds, node.args, strict=False)][2:]
            elif id(node) in raised or name in WARNS_OR_REFUSES:
                expressions = [("msg", one) for one in node.args[:1]]
        for kind, one in expressions:
            for text in texts(one):
                if text.strip(GAP + " "):
                    where = f"{path.relative_to(ROOT)}:{one.lineno}"
                    yield Message(where, "reason" if alone and kind == "why" else kind, text)


MESSAGES = [
    one
    for path in sorted(ROOT.rglob("*.py"))
    if not path.is_relative_to(SPOKEN[0]) and not path.is_relative_to(SPOKEN[1])
    for one in found_in(path)
]


def names_of(thing: Any) -> set[str]:
    """Give the arguments that something can be called with."""
    try:
        return {*inspect.signature(thing).parameters}
    except (TypeError, ValueError):
        return set()


def arguments() -> set[str]:
    """Give the arguments of all that is public: functions, classes, and their methods."""
    known = set[str]()
    objects = [getattr(ek, one) for one in ek.__all__]
    objects += [
        getattr(home, one) for home in (emulator, ek.insight, ek.plot) for one in home.__all__
    ]
    for one in [*objects, Client, Result, Revisions]:
        known |= names_of(one)
        if isinstance(one, type):
            for home in one.__mro__[:-1]:
                for method in vars(home).values():
                    known |= names_of(method)
    return known


def said(wrong: list[Message]) -> str:
    """Show messages, one a line."""
    return "\n".join(f"{one.where} {one.kind}: {one.text.replace(GAP, '{}')}" for one in wrong)


def test_there_are_messages() -> None:
    """Of each kind, and from every room: else the laws below hold of nothing."""
    rooms = {one.where.partition("/")[0] for one in MESSAGES}
    assert {one.kind for one in MESSAGES} >= VARIABLES
    assert rooms >= {
        "answers", "cli", "client", "emulator", "fetch", "forms", "insight", "question", "tables",
    }  # fmt: skip


FLOURISH = re.compile(
    r"!(?!=)|\b(please|sorry|oops|unfortunately|invalid|illegal|bad|wrong|simply)\b", re.IGNORECASE
)


def test_messages_are_plain() -> None:
    """No shouting, no pleading, and no word that says only that something is wrong, not what."""
    wrong = [one for one in MESSAGES if FLOURISH.search(one.text)]
    assert not wrong, said(wrong)


PICTURES = re.compile(r"\b(walk|sink|sank|ride|rode|knock|breath|journey)(s|ing)?\b", re.IGNORECASE)


def test_messages_use_no_pictures() -> None:
    """A login is a login, and a batch fails: readers who know little English look words up."""
    wrong = [one for one in MESSAGES if PICTURES.search(one.text)]
    assert not wrong, said(wrong)


CODE = ("ek.", "tz=")
"""How a sentence may begin that is about a name of the kit."""


def test_messages_begin_small_and_hints_are_sentences() -> None:
    """What is wrong follows a name or a colon; what to do next is a sentence of its own."""
    wrong = []
    for one in MESSAGES:
        first = one.text[0]
        if one.kind in {"msg", "why"}:
            fits = not first.isupper() or one.text.split()[0].isupper()
        else:
            fits = not first.islower() or one.text.startswith(("is it", "did you", *CODE))
        if not fits:
            wrong.append(one)
    assert not wrong, said(wrong)


def test_messages_have_no_stray_blanks() -> None:
    """Pieces of a message are put together with one blank between them, and none at its ends."""
    wrong = [one for one in MESSAGES if "  " in one.text or one.text.startswith(" ")]
    wrong += [one for one in MESSAGES if one.kind != "why" and one.text.endswith(" ")]
    assert not wrong, said(wrong)


NAMED = re.compile(r"(?<![\w.$`'/-])([a-z_]{3,})=(?!=)")
FOREIGN = {"by_day", "days", "hours", "tzinfo", "zeros"}
"""Arguments of the standard library, a switch of the emulator, and a name that a person chose."""


def test_arguments_that_messages_name_exist() -> None:
    """Whoever does what a message says meets no TypeError."""
    known = arguments() | FOREIGN
    wrong = [one for one in MESSAGES if {*NAMED.findall(one.text)} - known]
    assert not wrong, said(wrong)


def test_functions_that_messages_name_exist() -> None:
    """``ek.…`` is in the front door, and ``client.…``, ``result.…`` are there to be called."""
    owners = {"ek": ek, "client": Client, "result": Result}
    called = re.compile(rf"\b({'|'.join(owners)})\.([a-z]\w+)\b(?!\.\w+\.)")
    wrong = []
    for one in MESSAGES:
        for owner, name in called.findall(one.text):
            slots = {"connection", "refs", "plan"}  # set when one is made
            if not hasattr(owners[owner], name) and name not in slots:
                wrong.append(one)
    assert not wrong, said(wrong)


COMMANDS = {
    name: command
    for name in main.list_commands(click.Context(main))
    if (command := main.get_command(click.Context(main), name)) is not None
}
COMMAND = re.compile(r"engagement-kit ([a-z]+)([^`.;]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def options_of(command: click.Command) -> set[str]:
    """Give the options of a command."""
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)}


def test_commands_and_options_that_messages_name_exist() -> None:
    """Each command that a message tells to type is there, with the options beside it."""
    every = {name for one in COMMANDS.values() for name in options_of(one)}
    foreign = {"--upgrade"}  # of pip
    wrong = []
    for one in MESSAGES:
        for name, rest in COMMAND.findall(one.text):
            fits = name in COMMANDS
            if not fits or {*OPTION.findall(rest)} - options_of(COMMANDS[name]):
                wrong.append(one)
        if {*OPTION.findall(one.text)} - every - foreign:
            wrong.append(one)
    assert not wrong, said(wrong)


@pytest.mark.parametrize("kind", ["why", "msg"])
def test_a_list_of_what_is_allowed_is_introduced_by_one_word(kind: str) -> None:
    """It is ``allowed:``; other words for it make readers look for a difference."""
    other = re.compile(r"\b(must be one of|expected|valid values|choose from|possible)\b:?")
    wrong = [one for one in MESSAGES if one.kind == kind and other.search(one.text)]
    assert not wrong, said(wrong)


NAMES_OF_THIS_MACHINE = {
    "emulator/api/walks.py": 1,  # callbacks that are lawful
    "emulator/service/guard.py": 1,  # hosts under which it may be asked
    "fetch/sessions.py": 1,  # hosts to which no proxy leads
}
"""How often a file of the kit may name ``localhost``: where that name is let through."""


def test_this_machine_has_one_name() -> None:
    """Whatever is shown to a person says 127.0.0.1: the address that is listened on."""
    found = {
        path.relative_to(ROOT).as_posix(): text.count("localhost")
        for path in (one for kind in ("py", "js", "html") for one in ROOT.rglob(f"*.{kind}"))
        if "localhost" in (text := path.read_text(encoding="utf-8"))
    }
    assert found == NAMES_OF_THIS_MACHINE
    home = Path(__file__).parents[1]
    pages = [home / "README.md", home / "CHANGELOG.md", *(home / "docs").rglob("*.md")]
    pages += (home / "notebooks" / "text").glob("*.py")
    assert [one.name for one in pages if "localhost" in one.read_text(encoding="utf-8")] == []
