"""Lifetime histories read at once are, cell by cell, those of one answer after the other."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.files import pack, unpack
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.tables import observed

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
WORLD = World(seed=3, revised=True)
OWN = WORLD.sample_ids("acme", 4, before=NOW - timedelta(days=3))
AGING = WORLD.sample_ids("acme", 3, before=NOW - timedelta(days=89))
OLD = WORLD.sample_ids("acme", 1, before=NOW - timedelta(days=200))
GONE = WORLD.sample_ids("acme", 2, before=NOW, kind="unavailable")
OTHER = WORLD.accounts[1].name
FOREIGN = WORLD.sample_ids(OTHER, 2, before=NOW - timedelta(days=4))
ANCIENT = WORLD.sample_ids("acme", 1, before=NOW, kind="very_old")
EVERY = [*OWN, *AGING, *OLD, *GONE, *FOREIGN, *ANCIENT]
METRICS = ["impressions", "favorites", "video_views", "replies"]
OWNERS = dict.fromkeys(EVERY, "acme") | dict.fromkeys(FOREIGN, OTHER) | {OWN[3]: "nobody"}
HOWS = ("whole", "spoilt", "doubled", "less")


def bend(store: Path, how: str, which: int) -> None:
    """Bend one of the answers that are stored: a number that is none, or one that stands twice."""
    files = sorted((store / "answers").rglob("*.zst"))
    if not files:
        return
    path = files[which % len(files)]
    answer = Answer.from_bytes(unpack(path.read_bytes()))
    body = answer.body
    if how == "spoilt":
        body = re.sub(rb'("favorites":\s*)"\d+"', rb'\1"many"', body, count=1)
    if how == "doubled":
        body = re.sub(rb'("favorites":\s*"\d+")', rb'"favorites":"7",\1', body)
    if how == "less":
        body = re.sub(rb'"favorites":\s*"\d+",', b"", body, count=1)
    path.write_bytes(pack(replace(answer, body=body).to_bytes()))


@st.composite
def asked(draw: st.DrawFn) -> tuple[ek.Query, int, str]:
    """Ask for some metrics of some tweets, some hours later."""
    ids = draw(st.lists(st.sampled_from(EVERY), min_size=1, unique=True))
    names = draw(st.lists(st.sampled_from(METRICS), min_size=1, unique=True))
    owners = {one: OWNERS[one] for one in ids} if draw(st.booleans()) else None
    query = ek.Query("totals", ids, names, owners=owners)
    return query, draw(st.sampled_from([0, 5, 40])), draw(st.sampled_from(HOWS))


def run(client: Client, life: list[tuple[ek.Query, int, str]]) -> list[Result]:
    """Ask one after the other."""
    found = []
    for at, (query, hours, how) in enumerate(life):
        assert client.emulator is not None
        client.emulator.clock.travel(timedelta(hours=hours))
        try:
            found.append(client.run(query, progress=False, resume=False))
        except ek.errors.CredentialsMissing:  # of nothing but tweets of nobody's
            continue
        assert client.folder is not None
        bend(client.folder, how, 7 * at)
    return found


def one_by_one(result: Result, **options: Any) -> pa.Table:
    """Give a history as it is read answer by answer."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(observed, "are_snapshots", lambda *_: False)
        return result.to_arrow(history=True, **options)


def check(life: list[tuple[ek.Query, int, str]]) -> set[str]:
    """Hold the histories of all results against each other, dictionaries and all."""
    seen: set[str] = set()
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(WORLD, WorldClock(frozen=NOW), in_process=True) as emulator,
        ek.connect(emulator, store=Path(folder), threads=1) as client,
    ):
        for result in run(client, life):
            for options in ({}, {"as_of": NOW + timedelta(hours=5)}, {"which": "total"}):
                found = result.to_arrow(history=True, **options)
                assert found.equals(one_by_one(result, **options))
            seen |= {*found.column("status").to_pylist()}
    return seen


def test_a_history_with_every_reason_is_the_same() -> None:
    """Counted, unreadable, gone, refused, too old; asked with and without owners."""
    whole = ek.Query("totals", EVERY, METRICS)
    owned = ek.Query("totals", EVERY[::-1], METRICS[::-1], owners=OWNERS)
    assert check([(whole, 0, "whole")]) >= {"observed", "unavailable", "not_owned"}
    life = [(whole, 0, "doubled"), (owned, 0, "less"), (owned, 40, "spoilt"), (whole, 0, "spoilt")]
    statuses = check(life * 3)
    assert statuses >= {"observed", "unreadable", "unavailable", "not_in_answer"}


@settings(max_examples=15)
@given(st.lists(asked(), min_size=1, max_size=5))
def test_any_history_is_the_same(life: list[tuple[ek.Query, int, str]]) -> None:
    """Whatever was asked; the long version takes hundreds."""
    check(life)


@pytest.mark.long
@settings(max_examples=400)
@given(st.lists(asked(), min_size=1, max_size=5))
def test_hundreds_of_histories_are_the_same(life: list[tuple[ek.Query, int, str]]) -> None:
    """As before, for minutes."""
    check(life)
