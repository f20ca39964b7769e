"""Every public name is documented, with the sections that it needs.

Of the checks of numpydoc these are on, for all functions and methods of the reference:

- GL08 and SS01 to SS06 (a docstring, with a summary): else a page would show a bare name;
- the rest of GL, PR05 to PR10, RT03 to RT05, YD01: what is written is whole, and reads well;
- PR01, PR02: every argument is documented, and nothing else is;
- RT01, where there are arguments: what comes back. The one line of a method without arguments
  says what it gives.

Off are: PR03, as keyword arguments stand by what they are for; PR04 and RT02, as types stand in the
signature, where mypy checks them; ES01, SA01 and EX01, as not each method needs more than a line;
GL01 and GL03, as the first line stands beside the quotes, and ruff looks after spaces.
Examples of the front door are asked for below, and run in tests/test_front_door.py.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc
from numpydoc.validate import validate

import engagement_kit as ek
from engagement_kit import emulator

sys.path.append(str(Path(__file__).parent))  # the tests are no package

from public import Public, attributes, callables, objects

OFF = {"ES01", "EX01", "GL01", "GL03", "PR03", "PR04", "RT02", "SA01", "SA03", "SA04"}
NO_EXAMPLE = {
    "login": "asks a person, and waits for a browser",
}
MODULES = (ek.errors, ek.insight, ek.plot)


@cache
def named() -> frozenset[str]:
    """Give the last names of all that the reference shows."""
    return frozenset(one.name for one in objects())


def arguments(thing: Any) -> list[str]:
    """Name the arguments of a function, but for itself."""
    return [name for name in inspect.signature(thing).parameters if name not in {"self", "cls"}]


def lacks(one: Public) -> list[str]:
    """Say what numpydoc misses in a docstring, of what is asked of it here."""
    found = validate(f"{one.thing.__module__}.{one.thing.__qualname__}")["errors"]
    off = OFF if arguments(one.thing) else OFF | {"RT01"}
    return [f"{one.name}: {code}: {words}" for code, words in found if code not in off]


def raised(thing: Any) -> set[str]:
    """Name the errors of the kit that a function raises by itself, on purpose."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    calls = (node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise))
    names = {ast.unparse(one.func) for one in calls if isinstance(one, ast.Call)}
    return {name for name in names if inspect.isclass(getattr(ek.errors, name, None))}


def test_every_name_of_the_front_door_is_in_the_reference() -> None:
    """Each name of `ek.__all__`, and of the rooms that it shows, stands on a page."""
    wanted = {
        f"engagement_kit.{name}"
        for name in ek.__all__
        if getattr(ek, name) not in MODULES and name != "__version__"
    }
    wanted |= {f"engagement_kit.insight.{name}" for name in ek.insight.__all__}
    wanted |= {f"engagement_kit.insight.plot.{name}" for name in ek.plot.__all__}
    wanted |= {f"engagement_kit.emulator.{name}" for name in emulator.__all__}
    assert sorted(wanted - named()) == []


def test_the_tree_of_errors_has_each_of_them() -> None:
    """Whoever reads the tree in `ek.errors` misses no error and no warning."""
    tree = str(ek.errors.__doc__)
    kinds = [one for one in objects() if inspect.isclass(one.thing)]
    raisable = [one.thing.__name__ for one in kinds if issubclass(one.thing, Exception)]
    assert len(raisable) > 20
    assert [name for name in raisable if not re.search(rf"\b{name}\b", tree)] == []


def test_every_function_and_method_is_documented() -> None:
    """Docstrings have a summary, each argument, and what comes back."""
    assert [words for one in callables() for words in lacks(one)] == []


def test_every_error_that_is_raised_on_purpose_is_documented() -> None:
    """What a function itself raises stands in its section Raises."""
    missing = [
        f"{one.name}: {name}"
        for one in callables()
        for name in sorted(raised(one.thing))
        if name not in " ".join(entry.type for entry in FunctionDoc(one.thing)["Raises"])
    ]
    assert missing == []


def test_every_property_is_documented() -> None:
    """Each property says in a sentence what it is."""
    docs = {one.name: inspect.getdoc(one.thing) or "" for one in attributes()}
    assert [name for name, text in docs.items() if not re.match(r"[^\n]+[.:]", text)] == []


def test_every_attribute_of_a_class_is_documented() -> None:
    """Each public field stands in the section Attributes or Parameters of its class."""
    missing = []
    for name, thing, _ in objects():
        if not inspect.isclass(thing) or not (is_dataclass(thing) or hasattr(thing, "_fields")):
            continue
        doc = ClassDoc(thing)
        said = " ".join(one.name for part in ("Attributes", "Parameters") for one in doc[part])
        own = thing._fields if hasattr(thing, "_fields") else [one.name for one in fields(thing)]
        words = set(re.split(r"[, ]+", said))
        missing += [f"{name}.{one}" for one in own if one not in words and one[0] != "_"]
    assert missing == []


@pytest.mark.parametrize("name", [one for one in ek.__all__ if callable(getattr(ek, one))])
def test_the_front_door_shows_how_it_is_used(name: str) -> None:
    """Each callable of the front door has an example, or is on the list of those without."""
    shown = ">>> " in (inspect.getdoc(getattr(ek, name)) or "")
    assert shown != (name in NO_EXAMPLE)
