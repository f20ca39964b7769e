"""How much numbers move by their age, and the settle time that follows: by the world as oracle."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.question.known import SETTLE
from engagement_kit.tables.revisions import Revisions, revisions

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
METRICS = ["impressions", "favorites"]
EDGES = [0, 1, 3, 6, 12, 24, 48, 72, 96, 120, 144, 168, 336, 672]


def watched(world: World, store: Path, looks: list[timedelta], by: Any = "hour") -> Revisions:
    """Look at two days of young tweets several times; the first look is in the middle of them."""
    ids = world.sample_ids("acme", 25, before=NOW)
    period = ek.between("2026-05-31", "2026-06-02")
    query = ek.Query("historical", ids, METRICS, by=by, period=period)
    with (
        Emulator(world, WorldClock(frozen=NOW), in_process=True) as emulator,
        ek.connect(emulator, store=store) as client,
    ):
        for wait in looks:
            emulator.clock.travel(wait)
            client.run(query, progress=False)
    return revisions(store)


LOOKS = [6 * HOUR, 6 * HOUR, 12 * HOUR, *[DAY] * 9]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Revisions]:
    """Watch a world whose counts are revised for seven days."""
    store = tmp_path_factory.mktemp("revised") / "raw"
    return store, watched(World(seed=3, revised=True), store, LOOKS)


@pytest.mark.parametrize("by", ["hour", "day"])
def test_the_table_is_counted_from_the_histories(by: Any, tmp_path: Path) -> None:
    """Each look after the end of its period beside the one before, by the age of the later."""
    found = watched(World(seed=3, revised=True), tmp_path, LOOKS[:9], by)
    history = ek.open(tmp_path).latest.to_pandas(history=True)
    history = history[history["value"].notna() & (history["complete"] == True)]  # noqa: E712
    expected: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for (_, metric, _), rows in history.groupby(["tweet_id", "metric", "start"], observed=True):
        then = None
        for one in rows.sort_values("observed_at").itertuples():
            if then is not None:
                age = (one.observed_at - one.end) / pd.Timedelta(hours=1)
                begin = max(edge for edge in EDGES if edge < age)
                row = expected[metric, by, begin]
                by_how_much = abs(one.value - then)
                for at, more in enumerate([1, by_how_much > 0, then, one.value]):
                    row[at] += int(more)
                row[4] = max(row[4], by_how_much)
            then = one.value
    table = found.table
    names = ["compared", "moved", "before", "after", "largest"]
    assert {
        (one.metric, one.grain, one.age_from / pd.Timedelta(hours=1)):
            [getattr(one, name) for name in names]
        for one in table.itertuples()
    } == expected  # fmt: skip
    assert (table["share"] == table["moved"] / table["compared"]).all()
    assert table["moved"].sum() > 0


def test_nothing_moves_after_seven_days(seen: tuple[Path, Revisions]) -> None:
    """By the world's documented seven days; before them some of the counts do."""
    table = seen[1].table
    late = table["age_from"] >= pd.Timedelta(days=7)
    assert table.loc[late, "compared"].sum() > 0
    # The stretch before a look at more than seven days may have begun earlier.
    assert table.loc[~late, "moved"].sum() > 0
    assert table["age_to"].notna().all()


def test_what_is_learnt_holds_in_the_world(seen: tuple[Path, Revisions]) -> None:
    """The numbers that were watched move no more after the time that was learnt, or 7 days."""
    store, found = seen
    world = World(seed=3, revised=True)
    result = ek.open(store).latest
    learnt = found.settle(min_numbers=50)
    assert set(learnt) == set(METRICS)
    assert max(learnt.values()) <= SETTLE
    rows = {one.metric: one for one in found.rest(min_numbers=50)}
    assert rows["impressions"].followed >= 50
    history = result.to_pandas(history=True)
    ids, begin = list(result.plan.query.tweet_ids), datetime(2026, 5, 31, tzinfo=UTC)
    truth = world.counts(ids, METRICS, begin, begin + 2 * DAY, NOW + 400 * DAY)
    held = 0
    for one in history[history["value"].notna()].itertuples():
        if one.observed_at - one.end >= learnt[one.metric]:
            hour = (one.start.to_pydatetime() - begin) // HOUR
            assert one.value == truth[ids.index(one.tweet_id), METRICS.index(one.metric), hour]
            held += 1
    assert held > 1000


def test_a_world_without_revisions_teaches_a_short_time(tmp_path: Path) -> None:
    """As early as numbers were looked at; with undone likes, too: hours lose, but not later."""
    for undone in (False, True):
        world = World(seed=3, undone=undone)
        found = watched(world, tmp_path / str(undone), LOOKS)
        assert found.table["moved"].sum() == 0
        (likes, views) = found.rest(min_numbers=20, min_tweets=5)
        assert (views.metric, views.learnt) == ("impressions", True)
        assert views.settle <= 6 * HOUR
        assert likes.settle <= 12 * HOUR


def test_numbers_that_were_not_followed_teach_nothing(tmp_path: Path) -> None:
    """The last look is younger than seven days, or there are too few: the default, and why."""
    found = watched(World(seed=3, revised=True), tmp_path, LOOKS[:6])
    assert found.settle(min_numbers=1) == dict.fromkeys(METRICS, SETTLE)
    assert (
        "settle 7 days, not learnt: 0 numbers of 0 tweets were followed to an age of 7 days"
        in repr(found)
    )
    assert not any(one.learnt for one in found.rest(min_numbers=1))


def test_only_numbers_that_were_ever_counted_teach(tmp_path: Path) -> None:
    """A number that stays at zero is followed by nobody's measure."""
    found = watched(World(seed=3), tmp_path, LOOKS)
    table = ek.open(tmp_path).latest.to_pandas()
    for one in found.rest():
        mine = table[(table["metric"] == one.metric) & table["value"].notna()]
        assert 0 < one.followed <= (mine["value"] > 0).sum()
        assert 0 < one.tweets <= mine.loc[mine["value"] > 0, "tweet_id"].nunique()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tolerance": 1.0}, "tolerance is 1.0; allowed: a share"),
        ({"tolerance": -0.1}, "tolerance is -0.1"),
        ({"min_numbers": 0}, "min_numbers is 0; allowed: a whole number above 0"),
        ({"min_numbers": 2.5}, "min_numbers is 2.5"),
        ({"min_tweets": 0}, "min_tweets is 0; allowed: a whole number above 0"),
        ({"tolerance": None}, "tolerance is None; allowed: a share"),
        ({"tolerance": "x"}, "tolerance is 'x'"),
    ],
)
def test_wrong_options_are_refused(seen: tuple[Path, Revisions], options: Any, said: str) -> None:
    """In words."""
    with pytest.raises(ek.errors.TableError, match=said):
        seen[1].settle(**options)


def test_as_of_is_what_was_known_then(seen: tuple[Path, Revisions], tmp_path: Path) -> None:
    """As if the store ended there."""
    then = watched(World(seed=3, revised=True), tmp_path, LOOKS[:5])
    moment = ek.open(tmp_path).latest.plan.now
    assert revisions(seen[0], as_of=moment).rows == then.rows
    with pytest.raises(ek.errors.TableError, match="no time zone"):
        revisions(seen[0], as_of=moment.replace(tzinfo=None))


def test_services_are_not_mixed(tmp_path: Path) -> None:
    """Two worlds in one store: one is to be chosen."""
    worlds = [World(seed=seed) for seed in (3, 4)]
    first = watched(worlds[0], tmp_path, LOOKS[:3])
    with pytest.raises(ek.errors.TableError, match=r"choose one by service=\.\.\."):
        watched(worlds[1], tmp_path, LOOKS[:3])
    names = [f"emulator/{world.name}" for world in worlds]
    assert revisions(tmp_path, service=names[0]).rows == first.rows
    assert revisions(tmp_path, service=names[1]).rows not in ((), first.rows)
    with pytest.raises(ek.errors.TableError, match=f"service is 'live'.*{names[0]} and"):
        revisions(tmp_path, service="live")


def test_an_empty_store_has_no_rows_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    """The table has its columns and types all the same."""
    found = revisions(tmp_path)
    assert "no number was looked at twice" in repr(found)
    assert found.settle() == {}
    assert len(found.table) == 0
    assert str(found.table["age_to"].dtype) == "timedelta64[s]"
    with pytest.raises(ek.errors.StoreError, match="there is no store at"):
        revisions(tmp_path / "none")


@pytest.mark.parametrize("given", [3, None, []])
def test_what_is_no_path_is_refused(given: Any) -> None:
    """In words."""
    with pytest.raises(ek.errors.StoreError, match="allowed: the path of a raw store"):
        revisions(given)


def test_a_folder_of_other_things_is_no_store(tmp_path: Path) -> None:
    """Rather than a store without answers."""
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ek.errors.StoreError, match=r"no store: .* holds no answers"):
        revisions(tmp_path)


def test_the_empty_table_has_the_same_types(seen: tuple[Path, Revisions], tmp_path: Path) -> None:
    """So that it can be put below others."""
    assert dict(revisions(tmp_path).table.dtypes) == dict(seen[1].table.dtypes)


def test_a_notebook_shows_the_same(seen: tuple[Path, Revisions]) -> None:
    """And that it is invented."""
    assert "source: EMULATOR: invented data" in repr(seen[1])
    assert all(one in seen[1]._repr_html_() for one in (*METRICS, "EMULATOR: invented data"))


def test_the_csv_has_ages_in_hours(seen: tuple[Path, Revisions], tmp_path: Path) -> None:
    """And the same figures."""
    frame = pd.read_csv(seen[1].to_csv(tmp_path / "new" / "out.csv"))
    assert set(frame["age_from"]) <= set(EDGES)
    assert frame["moved"].tolist() == seen[1].table["moved"].tolist()


def test_damaged_answers_are_named(tmp_path: Path) -> None:
    """And left out."""
    watched(World(seed=3), tmp_path, LOOKS[:3])
    path = next(tmp_path.glob("answers/*/*.zst"))
    path.write_bytes(path.read_bytes()[:200])
    found = revisions(tmp_path)
    assert len(found.damaged) == 1
    assert "damaged, left out" in repr(found)
