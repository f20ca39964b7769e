"""No two files of the package need each other, and each is short enough to be read at one go."""

from __future__ import annotations

from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest
from building import ROOT

Edge = tuple[str, str]

WORDS_OF: dict[Edge, str] = {
    ("client.methods", "client.receipt"): "the methods paragraph of a receipt",
    ("client.shown", "client.receipt"): "a receipt as a notebook shows it",
    ("client.shown", "client.result"): "a result as a notebook shows it",
    ("question.plan_words", "question.plan"): "a plan line by line",
    ("question.query_shown", "question.query"): "a query as a notebook shows it",
    ("question.shown", "question.plan"): "a plan as a notebook shows it",
}
"""Words stand in a file of their own beside the thing that says them. It calls them, and they name
its type, for a type checker alone."""


def graph(*, types: bool) -> dict[str, set[str]]:
    """Draw who imports whom, also within functions; with what only a type checker reads, or not."""
    drawn = grimp.build_graph(
        "engagement_kit", exclude_type_checking_imports=not types, cache_dir=None
    )
    return {one: drawn.find_modules_directly_imported_by(one) for one in drawn.modules}


def circle(imports: dict[str, set[str]], without: Collection[Edge] = ()) -> list[str]:
    """Find files that need each other in a circle; empty where there are none."""
    cut = {tuple(f"engagement_kit.{end}" for end in edge) for edge in without}
    left = {
        one: {two for two in others if (one, two) not in cut} for one, others in imports.items()
    }
    try:
        TopologicalSorter(left).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_a_circle_is_found() -> None:
    """The proof can fail: two that import each other, and one through a third."""
    assert circle({"a": {"b"}, "b": {"a"}})
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_circle_when_it_runs() -> None:
    """Whatever order files are imported in, each finds those that it needs whole."""
    imports = graph(types=False)
    assert len(imports) > 300
    assert circle(imports) == []


def test_no_circle_of_types_but_those_of_words() -> None:
    """Nor does a type lead back, but from words to the thing that they are of."""
    assert circle(graph(types=True), WORDS_OF) == []


@pytest.mark.parametrize("edge", WORDS_OF, ids=" to ".join)
def test_each_that_is_allowed_is_there(edge: Edge) -> None:
    """A reason without its circle is struck out."""
    assert circle(graph(types=True), WORDS_OF.keys() - {edge})


def test_no_file_is_long() -> None:
    """A file that grows beyond 400 lines has more than one subject: it is time to move one out."""
    lines = {
        f"{path.relative_to(ROOT)}": len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "engagement_kit").rglob("*.py")
    }
    assert len(lines) > 300
    assert {name: n for name, n in lines.items() if n > 400} == {}
