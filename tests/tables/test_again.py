"""Which answers have hours of a tweet in common, and what they count, a few tweets at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.answers.store import Store
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.tables import again
from engagement_kit.tables.again import Pairs, Reader, over_at, shared

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
WORLD = World(seed=3, revised=True)
IDS = WORLD.sample_ids("acme", 5, before=NOW - timedelta(hours=30))
METRICS = ["impressions", "favorites"]
spans = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 20), st.integers(1, 8)), min_size=1, max_size=12
)


@settings(max_examples=200)
@given(spans)
def test_shared_hours_are_found_as_by_brute_force(given: list[tuple[int, int, int]]) -> None:
    """A pair is shared where any other of its tweet has an hour in common with it."""
    columns = [(tweet, at, start, start + more) for at, (tweet, start, more) in enumerate(given)]
    pairs = Pairs(*np.array(columns, dtype=np.int64).T)
    expected = [
        any(
            other != mine and one[0] == tweet and max(one[2], start) < min(one[3], end)
            for other, one in enumerate(columns)
        )
        for mine, (tweet, _, start, end) in enumerate(columns)
    ]
    assert shared(pairs).tolist() == expected


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Ask the hours of five tweets three times, and days once."""
    with (
        Emulator(WORLD, WorldClock(frozen=NOW)) as emulator,
        ek.connect(emulator, store=tmp_path) as client,
    ):
        query = ek.Query("historical", IDS, METRICS, by="hour", period=ek.first(days=2))
        days = ek.Query("historical", IDS[:2], METRICS, by="day", period=ek.first(days=2))
        for one in (query, query, days, query):
            client.run(one, progress=False)
            emulator.clock.travel(timedelta(hours=9))
    return Store(tmp_path)


def told(reader: Reader, **options: Any) -> list[tuple[Any, ...]]:
    """List what a reader gives: positions of tweets are of each block."""
    found = []
    for looks in reader.looks(**options):
        names = [looks.metrics[at] for at in looks.col.tolist()]
        columns = (looks.hour, looks.seen, looks.value, looks.answer)
        found += [*zip(names, *(one.tolist() for one in columns), strict=True)]
    return found


def test_each_observation_is_the_worlds(store: Store) -> None:
    """Of hours that several answers have: each answer's count, in the order of observation."""
    reader = Reader(store, "hour", store.known())
    assert len(reader.answers) == 3
    (looks,) = reader.looks()
    begin = floor_hour(NOW) - 200
    edges = moment(begin), moment(begin + 400)
    truths = np.stack(
        [WORLD.counts(sorted(IDS), looks.metrics, *edges, one.observed_at)
         for one in reader.answers]
    )  # fmt: skip
    assert (truths[looks.answer, looks.row, looks.col, looks.hour - begin] == looks.value).all()
    again = np.flatnonzero(looks.same)
    assert len(again) > 0
    for column in (looks.row, looks.col, looks.hour):
        assert (column[again] == column[again - 1]).all()
    assert (looks.seen[again] > looks.seen[again - 1]).all()
    assert len({*zip(looks.row, looks.col, looks.hour, looks.seen, strict=True)}) == len(looks.row)


def test_blocks_make_no_difference(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tweet at a time gives the same as all at once."""
    whole = told(Reader(store, "hour", store.known()))
    monkeypatch.setattr(again, "_CELLS", 1)
    reader = Reader(store, "hour", store.known())
    assert len(list(reader.looks())) == len(IDS)
    assert told(reader) == whole


def test_what_is_seen_once_is_not_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days were asked once: no answer is loaded for them."""
    monkeypatch.setattr(Store, "load", lambda *_: pytest.fail("an answer was read"))
    assert told(Reader(store, "day", store.known())) == []
    assert told(Reader(store, "lifetime", store.known())) == []


def test_damaged_answers_are_left_out_by_name(store: Store) -> None:
    """The others are read as before."""
    reader = Reader(store, "hour", store.known())
    bad = reader.answers[1].ref
    path = next(store.folder.glob(f"answers/*/{bad}.zst"))
    path.write_bytes(path.read_bytes()[:200])
    answers = {one[-1] for one in told(reader)}
    assert answers == {0, 2}
    assert list(reader.damaged) == [bad]


@pytest.mark.parametrize(("level", "hours"), [("hour", 1), ("day", 24)])
def test_a_period_is_over_at_its_end(level: str, hours: int) -> None:
    """An hour or a day after it began."""
    assert over_at(level, np.array([5])).tolist() == [(5 + hours) * 3_600_000_000]
