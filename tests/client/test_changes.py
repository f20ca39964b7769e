"""Which numbers changed: held against the histories of all runs, and against the world."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.tables.changed import CHANGED

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORLD = World(seed=3, revised=True)
IDS = WORLD.sample_ids("acme", 5, before=NOW - 30 * HOUR)
METRICS = ["impressions", "favorites"]
PERIOD = ek.between("2026-05-31", "2026-06-02")
HOURS = ek.Query("historical", IDS, METRICS, by="hour", period=PERIOD)
DAYS = ek.Query("historical", IDS, METRICS, by="day", period=PERIOD)
TOTALS = ek.Query("totals", IDS, METRICS)
NUMBER = ["tweet_id", "metric", "grain", "start"]
Row = tuple[Any, ...]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """Connect to a world whose young counts are revised."""
    with (
        Emulator(WORLD, WorldClock(frozen=NOW), in_process=True) as emulator,
        ek.connect(emulator, store=tmp_path / "raw") as one,
    ):
        yield one


def travel(client: Client, span: timedelta) -> None:
    """Move the world's clock."""
    assert client.emulator is not None
    client.emulator.clock.travel(span)


def run(client: Client, query: ek.Query) -> Any:
    """Run without a bar."""
    return client.run(query, progress=False)


def brute(history: pd.DataFrame, since: datetime | None = None, *, each: bool = False) -> set[Row]:
    """List the changes as one would by hand: number by number, look by look."""
    found: set[Row] = set()
    counted = history[history["value"].notna()]
    for number, rows in counted.groupby(NUMBER, observed=True, dropna=False):
        looks = [(one.observed_at, int(one.value)) for one in rows.itertuples()]
        looks.sort()
        firsts = [looks[0]]  # when each stretch of the same count began
        late = []
        base = 0
        for when, count in looks[1:]:
            if count != firsts[-1][1]:
                firsts.append((when, count))
                if since is None or when > since:
                    late.append(len(firsts) - 1)
        if since is not None:
            base = max([at for at, one in enumerate(firsts) if one[0] <= since], default=0)
        pairs = [(at - 1, at, 1) for at in late] if each else []
        if late and not each:
            pairs = [(base, len(firsts) - 1, len(late))]
        for then, now, steps in pairs:
            (before_at, before), (after_at, after) = firsts[then], firsts[now]
            found.add((*number, before, after, after - before, before_at, after_at, steps))
    return found


def rows(table: pd.DataFrame) -> set[Row]:
    """Give the rows of a list of changes as one by hand has them."""
    names = [*NUMBER, "before", "after", "difference", "before_at", "after_at", "steps"]
    found = [tuple(one) for one in table[names].itertuples(index=False)]
    assert len(set(found)) == len(found)
    return set(found)


def live_on(client: Client, rng: random.Random) -> list[datetime]:
    """Run and refresh at random, and all questions in the end; give the moments of it."""
    moments = []
    for _ in range(rng.randint(4, 8)):
        kind = rng.choice(["run", "run", "refresh"])
        if kind == "run" or not moments:
            query = rng.choice([HOURS, DAYS, TOTALS])
            ids, names = rng.sample(IDS, rng.randint(1, 5)), rng.choice([METRICS, METRICS[:1]])
            part: Any = {"by": query.by, "period": query.period} if query.period else {}
            run(client, ek.Query(query.endpoint, ids, names, **part))
        else:
            client.refresh(progress=False)
        moments.append(client.now())
        travel(client, rng.choice([HOUR, 5 * HOUR, 26 * HOUR, timedelta(minutes=7)]))
    for query in (HOURS, DAYS, TOTALS):
        run(client, query)
    return [*moments, client.now()]


# --- by hand --------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(6))
def test_the_list_is_what_the_histories_say(seed: int, client: Client) -> None:
    """Of any runs and refreshes, since and up to any moment: for a store and for each result."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    moments = live_on(client, rng)
    store = client.folder
    assert store is not None
    results = list(ek.open(store))[-3:]
    histories = [one.to_pandas(history=True) for one in results]
    # A question asked anew is a new run, or no run where nothing was open: take the whole ones.
    assert [one.plan.query for one in results] == [HOURS, DAYS, TOTALS]
    for since in [None, *rng.sample(moments, 3), moments[0] - DAY]:
        for each in (False, True):
            expected = [brute(one, since, each=each) for one in histories]
            whole = rows(ek.changes(store, since=since, history=each))
            assert whole == set().union(*expected)
            for result, mine in zip(results, expected, strict=True):
                assert rows(ek.changes(result, since=since, history=each)) == mine
    at = rng.choice(moments)
    then = [one[one["observed_at"] <= at] for one in histories]
    assert rows(ek.changes(store, as_of=at)) == set().union(*map(brute, then))


def test_counts_are_the_worlds_at_the_moments_that_are_named(client: Client) -> None:
    """Before and after are what the world counted then, and a revised hour had been over."""
    for _ in range(5):
        for query in (HOURS, TOTALS):
            run(client, query)
        travel(client, 19 * HOUR)
    table = ek.changes(client.folder or "", history=True)
    assert {*table["grain"]} == {"hour", "lifetime"}
    for one in table[table["grain"] == "hour"].itertuples():
        for when, count in ((one.before_at, one.before), (one.after_at, one.after)):
            span = (one.start.to_pydatetime(), one.end.to_pydatetime())
            truth = WORLD.window([one.tweet_id], [one.metric], *span, when.to_pydatetime())
            assert count == int(truth.sum())
        assert one.complete == (one.before_at >= one.end)
    lifetime = table[table["grain"] == "lifetime"]
    assert lifetime["complete"].isna().all()
    assert (lifetime["end"] == lifetime["after_at"]).all()


def test_steps_add_up_to_the_whole_change(client: Client) -> None:
    """Of each number: their differences, and how many they are."""
    for _ in range(5):
        run(client, HOURS)
        travel(client, 19 * HOUR)
    store = client.folder or ""
    whole, each = ek.changes(store), ek.changes(store, history=True)
    by_number = each.groupby(NUMBER, observed=True)["difference"].agg(["sum", "count"])
    whole = whole.set_index(NUMBER)
    assert len(whole) == len(by_number) > 0
    joined = whole.join(by_number)
    assert (joined["sum"] == joined["difference"]).all()
    assert (joined["count"] == joined["steps"]).all()
    assert joined["steps"].max() > 1


# --- a refresh ------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(3))
def test_a_refresh_lists_what_it_counts(seed: int, client: Client) -> None:
    """As many as changed, and their sums; nothing where it sent nothing."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    for query in (HOURS, TOTALS):
        run(client, query)
    for _ in range(3):
        travel(client, rng.choice([HOUR, 26 * HOUR]))
        run(client, rng.choice([DAYS, HOURS]))
        travel(client, rng.choice([HOUR, 26 * HOUR]))
        then = client.now() - timedelta(microseconds=1)
        done = client.refresh(progress=False)
        table = done.changed_numbers
        assert len(table) == done.changes.changed > 0
        by = table.groupby(["metric", "grain"], observed=True)["difference"].agg(["count", "sum"])
        assert {
            (one.metric, one.grain): (one.changed, one.after - one.before)
            for one in done.changes.rows
            if one.changed
        } == {key: tuple(told) for key, told in by.T.to_dict("list").items()}
        assert rows(table) <= rows(ek.changes(client.folder or "", since=then))
        assert ".changed_numbers" in repr(done)
        again = client.refresh(progress=False)
        assert (again.requests, len(again.changed_numbers)) == (0, 0)
        assert "ek.changes(store, since=...)" in repr(again)
        assert [*map(type, again.changed_numbers.dtypes)] == [*map(type, table.dtypes)]


def test_a_list_of_a_refresh_stays_what_it_was(client: Client) -> None:
    """Whatever later ones bring; but purged tweets are not in it any more."""
    run(client, HOURS)
    travel(client, 26 * HOUR)
    done = client.refresh(progress=False)
    first = done.changed_numbers
    travel(client, 26 * HOUR)
    client.refresh(progress=False)
    pd.testing.assert_frame_equal(done.changed_numbers, first)
    gone = str(first["tweet_id"].iloc[0])
    client.purge([gone])
    left = first[first["tweet_id"] != gone]
    assert rows(done.changed_numbers) == rows(left)
    assert gone not in {*ek.changes(client.folder or "")["tweet_id"]}


# --- what is given, and what comes ----------------------------------------------------------------
def test_types_are_those_of_the_tables(client: Client, tmp_path: Path) -> None:
    """Also of an empty list, so that lists can be put below each other."""
    result = run(client, TOTALS)
    tidy, empty = result.to_pandas(), ek.changes(client.folder or "")
    assert empty.empty
    assert [*empty.columns] == CHANGED.names
    travel(client, DAY)
    run(client, TOTALS)
    table = ek.changes(client.folder or "")
    assert len(table) > 0
    for name in {*table.columns} & {*tidy.columns}:
        assert type(table[name].dtype) is type(tidy[name].dtype), name
        assert type(empty[name].dtype) is type(tidy[name].dtype), name
    assert {*table["source"]} == {"emulator"}
    assert {*table["account"]} == {"acme"}
    assert {*table["request_key"]} <= {
        *ek.open(client.folder or "").latest.to_pandas()["request_key"]
    }
    (tmp_path / "empty").mkdir()
    assert ek.changes(tmp_path / "empty").empty


def test_a_window_of_the_last_hours_knows_its_own(client: Client) -> None:
    """A result of 28hr lists its hours alone, also those that historical saw again."""
    ids = WORLD.sample_ids("acme", 5, before=NOW)
    result = run(client, ek.Query("28hr", ids, METRICS))
    travel(client, 30 * HOUR)
    client.refresh(progress=False)
    assert rows(ek.changes(result)) == brute(result.to_pandas("hour", history=True)) != set()


def test_raw_groupings_without_counts_of_tweets_have_none(client: Client) -> None:
    """As they have no history."""
    raw = {"sums": ["engagement.type"]}
    result = run(client, ek.Query("totals", IDS, METRICS, groupings=raw))
    with pytest.raises(ek.errors.NoSuchTable, match="no counts of each tweet"):
        ek.changes(result)
    assert result.wanted is None


def test_of_a_damaged_answer_a_warning_tells(client: Client) -> None:
    """The others are in the list; the answer stays where it is."""
    for _ in range(3):
        run(client, TOTALS)
        travel(client, DAY)
    store = client.folder
    assert store is not None
    path = sorted(store.glob("answers/*/*.zst"))[1]
    path.write_bytes(path.read_bytes()[:200])
    with pytest.warns(ek.errors.DamagedAnswer, match="1 stored answer is damaged, and is left out"):
        table = ek.changes(store)
    assert len(table) > 0
    assert path.exists()


@pytest.mark.parametrize(
    ("given", "options", "error", "said"),
    [
        (3, {}, ek.errors.StoreError, "store is 3; allowed: the path"),
        ("none", {}, ek.errors.NotInStore, "there is no store at"),
        (None, {"since": datetime(2026, 6, 1)}, ek.errors.TableError, "since=.* no time zone"),  # noqa: DTZ001
        (None, {"since": "yesterday"}, ek.errors.TableError, "since='yesterday'"),
        (None, {"as_of": datetime(2026, 6, 1)}, ek.errors.TableError, "as_of=.* no time zone"),  # noqa: DTZ001
        (None, {"service": "live"}, ek.errors.TableError, "service is 'live'"),
    ],
)
def test_what_means_nothing_is_refused(
    client: Client, given: Any, options: Any, error: type[Exception], said: str
) -> None:
    """In words."""
    result = run(client, TOTALS)
    with pytest.raises(error, match=said):
        ek.changes(client.folder if given is None else given, **options)
    if options:
        with pytest.raises(error, match=said):
            ek.changes(result, **options)
