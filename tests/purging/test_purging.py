"""After a purge no byte of an id is left, every other number is as it was, and nothing is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import hunted
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest
from lived import (
    EVERY,
    GONE,
    LONG,
    MANY,
    METRICS,
    NOW,
    OLD,
    OTHERS,
    OWN,
    PERIOD,
    WORLD,
    Lived,
    alive,
    cut_off,
    export,
    lead_a_life,
    queries,
)

import engagement_kit as ek
from engagement_kit.answers.store import Store
from engagement_kit.tables.schema import SCHEMA, to_pandas

PURGED = [OWN[0], OWN[4], OTHERS[3], GONE[0], OLD[0]]
KEYS = ["tweet_id", "metric", "start", "end", "hour_of_day", "observed_at"]


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Lived]:
    """Give a store that has seen everything, and exports of it."""
    with alive(tmp_path) as one:
        lead_a_life(one)
        export(one)
        yield one


def plain(table: pa.Table) -> pd.DataFrame:
    """Give a table as text and numbers, but for the keys of requests."""
    frame = to_pandas(table).drop(columns="request_key")
    return frame.astype({name: "str" for name in frame.columns if frame[name].dtype == "category"})


def same(found: pa.Table, before: pa.Table, gone: Any, *, sums: bool = False) -> None:
    """Hold a table against the one from before, less what was purged; sums over tweets may go."""
    if sums:
        found, before = (one.filter(pc.is_valid(one.column("tweet_id"))) for one in (found, before))
    old, new = plain(before), plain(found)
    old = old[~old["tweet_id"].isin(gone)]
    pd.testing.assert_frame_equal(new.reset_index(drop=True), old.reset_index(drop=True))


def tables(store: Path) -> dict[str, pa.Table]:
    """Give the table of each run of a store, by what was asked when."""
    return {
        str((one.plan.now, one.plan.query.endpoint, at)): one.to_arrow()
        for at, one in enumerate(ek.open(store))
    }


# --- nothing is left ------------------------------------------------------------------------------
def test_the_hunt_finds_ids_wherever_they_are_before(lived: Lived) -> None:
    """Else it would prove nothing: each kind of file holds them, in each way."""
    found = hunted.hunt(PURGED, lived.folder)
    names = [str(Path(one).relative_to(lived.folder)) for one in found]
    for where in (
        "raw/answers/", "raw/damaged/", "raw/runs/", "raw/follows/plan.json",
        "raw/follows/log.jsonl", "raw/index.arrow", "out/totals.parquet",
        "out/totals.csv", "out/sets/days/", "out/tidy/hour/", "out/tidy/lifetime/", "out/history/",
    ):  # fmt: skip
        assert any(one.startswith(where) for one in names), where
    assert any(one.endswith(".part") for one in names)


def test_no_byte_of_an_id_is_left(lived: Lived) -> None:
    """Not in answers, records, names, exports, statistics, dictionaries or what lies about."""
    done = lived.client.purge(PURGED)
    assert done.complete, done
    assert hunted.hunt(PURGED, lived.folder) == {}
    assert not any(one in repr(done) for one in PURGED)
    assert done.rewritten > 10
    assert done.runs > 10
    assert len(done.sums) == 1


def test_all_tweets_can_go(lived: Lived) -> None:
    """A store of which every tweet is purged holds no answer, no run and no row."""
    done = lived.client.purge([*EVERY, *MANY])
    assert done.complete, done
    long = [one for one in [*EVERY, *MANY] if len(one) >= 9]
    assert hunted.hunt(long, lived.folder) == {}
    assert Store(lived.store).known() == ()
    assert len(ek.open(lived.store)) == 0
    assert pads.dataset(lived.out / "tidy" / "hour").count_rows() == 0
    before = len(lived.spy.asked)
    for query in queries().values():
        result = lived.run(query, max_age=timedelta(0))
        assert set(result.receipt.fates) == {"purged"}
        assert result.receipt.answered == 0
    assert len(lived.spy.asked) == before
    assert len(ek.open(lived.store)) == 0


def test_a_dry_run_changes_nothing_and_counts_the_same(lived: Lived) -> None:
    """But for the index, which is a cache."""

    def files() -> dict[str, bytes]:
        every = lived.folder.rglob("*")
        return {
            str(one): one.read_bytes()
            for one in every
            if one.is_file() and one.name != "index.arrow"
        }

    before = files()
    would = lived.client.purge(PURGED, dry_run=True)
    assert files() == before
    done = lived.client.purge(PURGED)
    names = ("rewritten", "removed", "sums", "unreadable", "runs", "runs_removed", "files")
    assert {name: getattr(would, name) for name in names} == {
        name: getattr(done, name) for name in names
    }


def test_a_second_purge_finds_nothing(lived: Lived) -> None:
    """And what was written anew stays as it is."""
    lived.client.purge(PURGED)
    again = lived.client.purge(PURGED)
    assert (again.rewritten, again.removed, again.runs, again.files, again.unreadable) == (0,) * 5


# --- what is left is as it was --------------------------------------------------------------------
def test_every_other_number_is_as_it_was(lived: Lived) -> None:
    """Each run opens again, its table is the old one less the purged rows; receipts add up."""
    before = tables(lived.store)
    lived.client.purge(PURGED)
    after = tables(lived.store)
    assert list(after) == list(before)
    for name, table in after.items():
        summed = any(one is None for one in before[name].column("tweet_id").to_pylist())
        same(table, before[name], PURGED, sums=summed)
    for result in ek.open(lived.store):
        receipt = result.receipt
        assert receipt.asked == receipt.answered + receipt.missing
        assert not receipt.checks.failed
        assert set(result.plan.query.tweet_ids).isdisjoint(PURGED)


def test_what_is_left_is_the_truth(lived: Lived) -> None:
    """The world's own counts of days and of lifetimes, as of when they were observed."""
    lived.client.purge(PURGED)
    for result in ek.open(lived.store):
        query = result.plan.query
        if query.endpoint == "totals" and query.by == "total" and set(METRICS) == {*query.metrics}:
            frame = result.to_pandas()
            frame = frame[(frame["status"] == "observed") & ~frame["tweet_id"].isin(OTHERS[:2])]
            for when, rows in frame.groupby("observed_at"):
                ids, names = [*rows["tweet_id"].unique()], [*METRICS]
                counts = pd.DataFrame(WORLD.lifetime(ids, names, when), ids, names)
                said = [
                    counts.at[one, name]
                    for one, name in zip(rows["tweet_id"], rows["metric"], strict=True)
                ]
                assert rows["value"].tolist() == said
                assert len(rows) > 50


def test_history_and_as_of_are_as_they_were(lived: Lived) -> None:
    """At each moment, less the purged tweets."""
    first = ek.open(lived.store)[0]
    moments = [NOW, NOW + timedelta(hours=9)]
    before = [first.to_arrow(as_of=one) for one in moments]
    history = first.to_arrow(history=True)
    lived.client.purge(PURGED)
    again = ek.open(lived.store)[0]
    for moment, table in zip(moments, before, strict=True):
        same(again.to_arrow(as_of=moment), table, PURGED)
    same(again.to_arrow(history=True), history, PURGED)


def test_keys_lead_to_the_answers_that_are_left(lived: Lived) -> None:
    """In tables and in exports, wherever a row had one."""
    lived.client.purge(PURGED)
    keys = {one.key for one in Store(lived.store).known()}
    found = pads.dataset(lived.out / "tidy" / "lifetime", schema=SCHEMA).to_table()
    assert {*found.column("request_key").unique().to_pylist()} <= keys
    totals = pq.read_table(lived.out / "totals.parquet").column("request_key").drop_null()
    assert {*totals.unique().to_pylist()} <= keys
    csv = pd.read_csv(lived.out / "totals.csv", dtype="str")["request_key"].dropna()
    assert {*csv} <= keys


# --- exports --------------------------------------------------------------------------------------
def test_exports_lose_the_purged_rows_alone(lived: Lived) -> None:
    """Parquet files, datasets and CSV: schema, metadata and all other rows stay."""
    files = sorted(lived.out.rglob("*.parquet"))
    before = {one: pq.read_table(one) for one in files}
    texts = {one: one.read_text().splitlines() for one in lived.out.glob("*.csv")}
    lived.client.purge(PURGED)
    assert sorted(lived.out.rglob("*.parquet")) == files
    for path, old in before.items():
        new = pq.read_table(path)
        assert new.schema.equals(old.schema)
        summed = any(one is None for one in old.column("tweet_id").to_pylist())
        same(new, old, PURGED, sums=summed)
        about, said = (json.loads(one.schema.metadata[b"engagement_kit"]) for one in (old, new))
        assert {**about, "query": 0, "query_key": 0} == {**said, "query": 0, "query_key": 0}
        if about.get("query"):
            left = ek.Query.from_dict(about["query"]).without(PURGED)
            assert said["query"] == (None if left is None else left.to_dict())
            assert left is None or said["query_key"] == left.key
    for path, lines in texts.items():
        # The last cell is the key of the request; a line without an id is a sum over tweets.
        kept = [one for one in lines if one[0] == '"' and not any(it in one for it in PURGED)]
        found = [one for one in path.read_text().splitlines() if one[0] == '"']
        assert [one.rpartition(",")[0] for one in found] == [one.rpartition(",")[0] for one in kept]


def test_sums_over_tweets_that_count_a_purged_one_go(lived: Lived) -> None:
    """From answers, tables and exports; where the counts of each tweet are there, a new sum is."""
    sums = lived.out / "sums alone.parquet"
    assert pq.read_table(sums).num_rows == len(METRICS)
    lived.client.purge(PURGED)
    assert pq.read_table(sums).num_rows == 0
    assert len(pd.read_csv(lived.out / "sums alone.csv")) == 0
    windows = pads.dataset(lived.out / "tidy" / "window", schema=SCHEMA).to_table()
    assert windows.column("tweet_id").null_count == 0
    (alone,) = [
        one
        for one in ek.open(lived.store)
        if dict(one.plan.query.groupings) == {"sum": ("engagement.type",)}
    ][:1]
    assert alone.to_arrow().column("value").null_count == alone.to_arrow().num_rows


def test_a_store_is_tidied_again_to_the_same(lived: Lived) -> None:
    """Old files were written anew, and the next call replaces them by what the store gives."""
    lived.client.purge(PURGED)

    def rows(grain: str) -> list[str]:
        table = pads.dataset(lived.out / "tidy" / grain, schema=SCHEMA).to_table()
        return sorted(
            map(repr, zip(*table.drop_columns(["request_key"]).to_pydict().values(), strict=True))
        )

    grains = ("lifetime", "day", "hour")
    before = {one: rows(one) for one in grains}
    ek.tidy_store(lived.store, lived.out / "tidy", progress=False)
    assert {one: rows(one) for one in grains} == before
    assert hunted.hunt(PURGED, lived.out) == {}


# --- nothing is asked again -----------------------------------------------------------------------
def test_purged_tweets_are_never_asked_again(lived: Lived) -> None:
    """Not by run, by plans from before, by one-liners, nor when a run is gone on with."""
    plans = [lived.client.plan(one) for one in queries().values()]
    lived.client.purge(PURGED)
    lived.spy.asked.clear()
    lived.clock.travel(timedelta(hours=30))
    for query in queries().values():
        lived.run(query)
    for made in plans:
        lived.run(made)
    with pytest.warns(ek.errors.MissingNumbers, match="purged"):
        frame = lived.client.totals(EVERY, METRICS, owners="acme")
    assert {*frame.loc[frame["tweet_id"].isin(PURGED), "status"]} == {"purged"}
    assert len(lived.spy.asked) > 10
    assert lived.spy.of(PURGED) == 0
    assert hunted.hunt(PURGED, lived.store) == {}


def test_a_run_that_was_cut_off_goes_on_without_them(tmp_path: Path) -> None:
    """What came of it serves; only the rest is asked, and its table is the undisturbed one."""
    query = ek.Query("historical", MANY, ["replies"], by="day", period=LONG)
    with alive(tmp_path / "whole") as whole:
        expected = whole.run(query).to_arrow()
        calls = len(whole.spy.asked)
    with alive(tmp_path / "cut") as lived:
        cut_off(lived, query, after=2)
        came = ek.open(lived.store).latest.to_arrow()
        lived.client.purge(PURGED)
        same(ek.open(lived.store).latest.to_arrow(), came, PURGED)
        first = len(lived.spy.asked)
        made = lived.client.plan(query)
        assert made.begun
        result = lived.run(query)
        assert lived.spy.of(PURGED) == sum(
            not one.isdisjoint(PURGED) for one in lived.spy.asked[:first]
        )
        assert 0 < len(lived.spy.asked) - first < calls
        left = result.to_arrow().filter(
            pa.array(
                [one not in PURGED for one in result.to_arrow().column("tweet_id").to_pylist()]
            )
        )
        same(left, expected, PURGED)
        assert len(ek.open(lived.store)) == 1
        assert result.receipt.fates["purged"] > 0


def test_a_result_from_before_exports_no_purged_tweet(lived: Lived) -> None:
    """Though its table is still in memory."""
    result = lived.run(queries()["totals"])
    result.to_arrow()
    lived.client.purge(PURGED)
    old = lived.out / "late"
    result.to_parquet(old / "a.parquet")
    result.to_csv(old / "a.csv")
    result.to_dataset(old / "set")
    assert hunted.hunt(PURGED, lived.folder) == {}
    assert pq.read_table(old / "a.parquet").num_rows == (len(EVERY) - len(PURGED)) * len(METRICS)


def test_the_table_in_memory_says_purged(lived: Lived) -> None:
    """In the place of each tweet; plan and receipt count them, and files do not have them."""
    lived.client.purge(PURGED)
    query = ek.Query("historical", OWN[:8], METRICS, by="day", period=PERIOD)
    made = lived.client.plan(query)
    assert (
        "can't be had (purged)",
        "2 tweets: taken out of the store, and not asked again",
    ) in made.lines()
    result = lived.run(query)
    frame = result.to_pandas()
    assert [*dict.fromkeys(frame["tweet_id"])] == OWN[:8]
    lost = frame[frame["tweet_id"].isin(PURGED)]
    assert {*lost["status"]} == {"purged"}
    assert lost["value"].isna().all()
    assert result.receipt.fates == {"purged": 2 * len(METRICS) * 7}
    assert result.receipt.asked == 8 * len(METRICS) * 7
    path = result.to_parquet(lived.out / "new.parquet")
    assert hunted.hunt(PURGED, path, lived.store) == {}
