"""From a query to a form and back: the same query, whichever way it goes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acting import dispose
from hypothesis import HealthCheck, given, settings
from lawful import queries

import engagement_kit as ek
from engagement_kit.client.client import Client

calm = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
fewer = settings(calm, max_examples=15)


@pytest.fixture(scope="module")
def asked() -> Iterator[Client]:
    """Connect to an emulator whose clock stands still, once for all examples."""
    with ek.connect("emulator", clock="2026-06-01T12:34:00Z") as one:
        yield one


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Make a folder for the files of all examples."""
    with tempfile.TemporaryDirectory() as one:
        yield Path(one)


@given(query=queries())
@calm
def test_a_form_gives_the_query_that_it_was_given(asked: Client, query: ek.Query) -> None:
    """Whatever is lawful comes back: equal, with the same key, and without a fault."""
    form = ek.RequestForm(asked, query, keep=None)
    assert not form._fault.value
    assert form.query == query
    assert form.query.key == query.key
    dispose(form)


@given(query=queries())
@fewer
def test_a_query_can_be_set_and_saved(asked: Client, folder: Path, query: ek.Query) -> None:
    """A form that showed another query shows this one, and saves what loads as the same."""
    other = ek.Query("historical", "20", ["url_clicks"], groupings={"g": ["tweet.id"]})
    form = ek.RequestForm(asked, other, keep=None)
    form.query = query
    assert form.query == query
    assert ek.Query.load(form.save(folder / "question.yaml")) == query
    assert not form._fault.value
    dispose(form)


@given(query=queries())
@fewer
def test_a_second_form_opens_with_the_last_values(
    asked: Client, folder: Path, query: ek.Query
) -> None:
    """A restarted kernel finds the query in the file that was kept."""
    keep = folder / "state.json"
    first = ek.RequestForm(asked, query, keep=keep)
    second = ek.RequestForm(asked, keep=keep)
    assert not first._fault.value
    assert not second._fault.value
    assert second.query == query
    assert second.seen.draft == first.seen.draft
    dispose(first)
    dispose(second)


class Stub:
    """A client that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[ek.Query] = []

    def plan(self, query: ek.Query, **_: Any) -> str:
        """Note a query."""
        self.asked.append(query)
        return ""

    def run(self, query: ek.Query, **_: Any) -> Stub:
        """Note a query, and give what has a table."""
        self.asked.append(query)
        return self

    def to_pandas(self) -> None:
        """Give no table."""


@given(query=queries(most=200))
@calm
def test_the_code_asks_the_same(asked: Client, folder: Path, query: ek.Query) -> None:
    """The code runs as it stands, asserts the key itself, and asks an equal query twice."""
    form = ek.RequestForm(asked, query, keep=folder / "code" / "state.json")
    stub = Stub()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ek, "connect", lambda *_, **__: stub)
        exec(compile(form.code, "code", "exec"), {})  # noqa: S102 -- our own code
    assert stub.asked == [query, query]
    assert not form._fault.value
    dispose(form)


@given(query=queries(most=200))
@settings(calm, max_examples=5)
def test_the_code_runs_for_real(asked: Client, folder: Path, query: ek.Query) -> None:
    """With the real `connect`, up to what the plan says."""
    form = ek.RequestForm(asked, query, keep=folder / "real" / "state.json")
    code, _, _ = form.code.partition("result = ")
    names: dict[str, Any] = {}
    try:
        exec(compile(code, "code", "exec"), names)  # noqa: S102 -- our own code
        assert names["query"] == query
        assert len(names["client"].plan(names["query"])) == len(form.plan or ())
    finally:
        if "client" in names:
            names["client"].close()
