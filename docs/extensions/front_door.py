# ruff: noqa: INP001 -- Sphinx finds it by its folder
"""Names as people write them: ``ek.connect``, ``Query``, `run` become links to the reference.

Docstrings put names between single backticks, arguments among them. Where such a name is an object
of the reference, it becomes a link; else it stays as it is. Any other reference that leads nowhere
is a warning of Sphinx, and so an error.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from docutils import nodes
from sphinx import addnodes
from sphinx.util.nodes import make_refnode

import engagement_kit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from sphinx.application import Sphinx
    from sphinx.domains.python import ObjectEntry
    from sphinx.environment import BuildEnvironment

_PLACES: Final = {
    "ek.plot": "engagement_kit.insight.plot",
    "engagement_kit.plot": "engagement_kit.insight.plot",
    "client": "engagement_kit.Client",
    "result": "engagement_kit.client.result.Result",
    "emulator": "engagement_kit.emulator.Emulator",
    "ek": "engagement_kit",
}
"""How people write a place, and where it is."""
_TYPED: Final = {
    "engagement_kit.": "ek.",
    "engagement_kit.errors.": "ek.errors.",
    "engagement_kit.insight.": "ek.insight.",
    "engagement_kit.insight.plot.": "ek.plot.",
    "engagement_kit.emulator.": "engagement_kit.emulator.",
}
"""What stands before a name in a person's code; objects of all other rooms are given, not named."""
_OPENED: Final = ("", "http", "https", "mailto")
"""How addresses begin that a browser opens."""
_IN_CODE: Final = re.compile(
    r"((?:ek|engagement_kit|client|result|emulator)(?:\.\w+)+|[A-Z]\w+(?:\.\w+)*)(?:\(.*\))?",
    re.DOTALL,
)
"""A name of ours in running text, maybe with its arguments."""


def fill_in_types(_app: Sphinx) -> None:
    """Import what modules import for type checkers alone, so that every annotation is understood.

    Without it, one such name in a signature leaves all its types as bare words.
    """
    left = list(_for_checkers())
    while True:  # a line may need what another module's lines bring
        again = [(module, line) for module, line in left if not _done(module, line)]
        if len(again) == len(left):
            return
        left = again


def _for_checkers() -> Iterator[tuple[ModuleType, ast.stmt]]:
    """Give each line that runs for type checkers alone, with its module."""
    for one in pkgutil.walk_packages(engagement_kit.__path__, "engagement_kit."):
        module = importlib.import_module(one.name)
        for part in ast.parse(inspect.getsource(module)).body:
            if isinstance(part, ast.If) and ast.unparse(part.test) == "TYPE_CHECKING":
                for line in part.body:
                    yield module, line


def _done(module: ModuleType, line: ast.stmt) -> bool:
    """Run one such line in its module; False where it can't, or not yet."""
    text = ast.unparse(line).replace("pd.Series[Any]", "pd.Series")  # only checkers subscript it
    try:
        exec(text, vars(module))  # noqa: S102 -- the kit's own lines
    except ImportError:  # an extra that is not installed, or a name that comes later
        return False
    return True


def setup(app: Sphinx) -> dict[str, Any]:
    """Join the parts to a build."""
    app.connect("builder-inited", fill_in_types)
    app.add_role("named", named)
    app.connect("missing-reference", found_by_people)
    app.connect("doctree-read", unlink_addresses)
    app.connect("doctree-resolved", link_code)
    app.connect("object-description-transform", shorten)
    app.connect("autodoc-process-signature", hide_signature)
    app.connect("autodoc-skip-member", skip_tuple)
    app.connect("sphinx-click-process-description", show_calls)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def named(
    _name: str, rawtext: str, text: str, lineno: int, inliner: Any, *more: Any
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Read what stands between single backticks: maybe the name of an object."""
    role = inliner.document.settings.env.get_domain("py").role("obj")
    made, messages = role("py:obj", rawtext, text, lineno, inliner, *more)
    for node in made:
        node["named"] = True
    return made, messages


def found_by_people(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, words: nodes.Element
) -> nodes.Element | None:
    """Find an object by the name that people use, where Sphinx does not."""
    if node.get("refdomain") != "py":
        return None
    found = find(env, node["reftarget"])
    if found is not None:
        name, entry = found
        return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, words, name)
    return words if node.get("named") else None


def find(env: BuildEnvironment, written: str) -> tuple[str, ObjectEntry] | None:
    """Find an object by its place, or a class by its bare name."""
    objects: dict[str, ObjectEntry] = env.get_domain("py").objects  # type: ignore[attr-defined]
    name = placed(written)
    if name in objects:
        return name, objects[name]
    first, _, rest = written.partition(".")
    if not first[:1].isupper():
        return None
    ends = f".{first}"
    owners = [one for one, entry in objects.items() if one.endswith(ends) and not entry.aliased]
    full = [f"{one}.{rest}" if rest else one for one in owners]
    here = [one for one in full if one in objects]
    return (here[0], objects[here[0]]) if len(here) == 1 else None


def placed(written: str) -> str:
    """Say where a name is that is written as in a person's code."""
    for short, place in _PLACES.items():
        if written == short or written.startswith(f"{short}."):
            return place + written[len(short) :]
    return written


def link_code(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Link ``ek.connect(...)`` in running text to what the reference says of it."""
    for literal in list(doctree.findall(nodes.literal)):
        match = _IN_CODE.fullmatch(literal.astext())
        if match is None or isinstance(literal.parent, nodes.reference):
            continue
        found = find(app.env, match[1])
        if found is not None:
            name, entry = found
            link = make_refnode(
                app.builder, docname, entry.docname, entry.node_id, literal.deepcopy(), name
            )
            literal.replace_self(link)


def unlink_addresses(_app: Sphinx, doctree: nodes.document) -> None:
    """Leave as text what no browser opens: docutils makes links of any ``tcp://…``."""
    for link in list(doctree.findall(nodes.reference)):
        if urlsplit(link.get("refuri", "")).scheme not in _OPENED:
            link.replace_self(link.children)


def shorten(_app: Sphinx, domain: str, _objtype: str, content: addnodes.desc_content) -> None:
    """Write what a person types before a name, not the room in which it lives."""
    if domain != "py" or content.parent is None:
        return
    for place in list(content.parent.findall(addnodes.desc_addname)):
        typed = _TYPED.get(place.astext(), "")
        if typed:
            place.clear()
            place.append(nodes.Text(typed))
        else:
            place.parent.remove(place)


def hide_signature(_app: Sphinx, what: str, *said: Any) -> tuple[str, str] | None:
    """Leave out how a class is called that people are given, and never call."""
    _name, thing, _options, signature, _returns = said
    if signature is None or what not in {"class", "exception"}:
        return None
    called = "Parameters\n" in (inspect.getdoc(thing) or "")
    return None if called else ("", "")


def skip_tuple(_app: Sphinx, _what: str, _name: str, thing: Any, *_said: Any) -> bool | None:
    """Leave out what a named tuple has of every tuple."""
    return True if getattr(thing, "__objclass__", None) is tuple else None


def show_calls(_app: Sphinx, _command: Any, lines: list[str]) -> None:
    """Show examples of a command as lines to copy; sphinx-click makes verse of them."""
    shown: list[str] = []
    inside = False
    for line in lines:
        is_call = line.startswith("| engagement-kit ") or (inside and line.startswith("| "))
        if is_call and not inside:
            shown += [".. code-block:: sh", ""]
        shown.append(f"   {line[2:]}" if is_call else line)
        inside = is_call
    lines[:] = shown
