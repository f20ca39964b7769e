"""What the reference shows to people: its objects, and what each of them can do."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import engagement_kit as ek

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_LISTED = re.compile(r"^\.\. auto(?:function|class):: (\S+)\n((?: +:.+\n)*)", re.MULTILINE)
_KINDS = (property, cached_property, classmethod, staticmethod, FunctionType)
_LEFT_OUT = re.compile(r":exclude-members: (.+)")


class Public(NamedTuple):
    """One object that people meet: its name in the reference, itself, and what it hides."""

    name: str
    thing: Any
    hidden: frozenset[str] = frozenset()


def errors() -> Iterator[Public]:
    """Give each error and warning; their page shows the room as a whole."""
    for name, thing in vars(ek.errors).items():
        if inspect.isclass(thing) and thing.__module__ == ek.errors.__name__:
            yield Public(f"{ek.errors.__name__}.{name}", thing)


def listed() -> Iterator[Public]:
    """Give each function and class that a page of the reference names."""
    for page in sorted((DOCS / "reference").glob("*.md")):
        for name, options in _LISTED.findall(page.read_text(encoding="utf-8")):
            place, _, last = name.rpartition(".")
            thing = getattr(importlib.import_module(place), last)
            left_out = _LEFT_OUT.search(options)
            hidden = set(left_out[1].split(", ")) if left_out else set()
            if inspect.isclass(thing) and ":members:" not in options:
                hidden |= {short for short, _ in members(thing)}
            yield Public(name, thing, frozenset(hidden))


def objects() -> list[Public]:
    """Give all objects that people meet."""
    return [*listed(), *errors()]


def _ours(thing: type) -> Iterator[type]:
    """Give the classes of the kit that a class is made of."""
    return (one for one in thing.__mro__ if one.__module__.partition(".")[0] == "engagement_kit")


def members(thing: type) -> Iterator[tuple[str, Any]]:
    """Give what a class has of the kit: methods, properties, cached ones; nothing private."""
    for name in sorted({name for one in _ours(thing) for name in vars(one)}):
        if not name.startswith("_"):
            raw = inspect.getattr_static(thing, name)
            if isinstance(raw, _KINDS):
                yield name, raw


def callables() -> list[Public]:
    """Give all functions and methods that people may call, each once."""
    found: dict[Callable[..., Any], Public] = {}
    for name, thing, hidden in objects():
        if not inspect.isclass(thing):
            found.setdefault(thing, Public(name, thing))
            continue
        for short, raw in members(thing):
            called = getattr(raw, "__func__", raw)
            if inspect.isfunction(called) and short not in hidden:
                found.setdefault(called, Public(f"{name}.{short}", called))
    return list(found.values())


def attributes() -> list[Public]:
    """Give all properties that people may read, each once; cached ones, too."""
    found: dict[int, Public] = {}
    for name, thing, hidden in objects():
        for short, raw in members(thing) if inspect.isclass(thing) else ():
            if isinstance(raw, property | cached_property) and short not in hidden:
                found.setdefault(id(raw), Public(f"{name}.{short}", raw))
    return list(found.values())
