"""Any store and any tweets: what is purged is nowhere, and all else is as it was."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import hunted
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lived import GONE, OLD, OTHERS, OWN, OWNERS, Lived, alive, cut_off

import engagement_kit as ek
from engagement_kit.tables.schema import to_pandas

EVERY = [*OWN[:10], *OTHERS[:4], *GONE, *OLD]
GROUPINGS = [
    {"sum": ["engagement.type"]},
    {"each": ["engagement.type", "tweet.id"]},
    {"each": ["tweet.id"], "sum": ["engagement.type"]},
    {"days": ["engagement.day", "tweet.id", "engagement.type"], "all": ["engagement.day"]},
]


@st.composite
def questions(draw: st.DrawFn) -> ek.Query:
    """Ask anything of some tweets."""
    ids = draw(st.lists(st.sampled_from(EVERY), min_size=1, unique=True))
    endpoint: Any = draw(st.sampled_from(["totals", "28hr", "historical"]))
    metrics = draw(st.sampled_from([["impressions"], ["favorites", "impressions"]]))
    options: dict[str, Any] = {}
    if endpoint == "historical":
        options["period"] = draw(
            st.sampled_from([ek.between("2026-05-01", "2026-05-20"), ek.first(days=3)])
        )
    raw = draw(st.sampled_from([None, *GROUPINGS[: 3 if endpoint == "totals" else 4]]))
    if raw is not None and draw(st.booleans()):
        options["groupings"] = raw
    else:
        by = {"totals": ["total"], "28hr": ["hour", "total"]}.get(endpoint, ["day", "hour"])
        options["by"] = draw(st.sampled_from(by))
    if draw(st.booleans()):
        options["owners"] = {one: OWNERS[one] for one in ids if one in OWNERS}
    return ek.Query(endpoint, ids, metrics, **options)


lives = st.lists(
    st.tuples(questions(), st.integers(0, 30), st.sampled_from(["run", "run", "cut", "anew"])),
    min_size=1,
    max_size=6,
)
purges = st.lists(
    st.lists(st.sampled_from(EVERY), min_size=1, max_size=12, unique=True), min_size=1, max_size=2
)


def live(lived: Lived, life: list[tuple[ek.Query, int, str]]) -> None:
    """Ask one after the other, with time between them; cut some off, and export the others."""
    for at, (query, hours, how) in enumerate(life):
        lived.clock.travel(timedelta(hours=hours))
        if how == "cut":
            cut_off(lived, query, after=1)
            continue
        result = lived.run(query, resume=how == "run", max_age=timedelta(hours=3))
        result.to_parquet(lived.out / f"{at}.parquet")
        result.to_csv(lived.out / f"{at}.csv")
        if result.to_arrow().num_rows:
            result.to_dataset(lived.out / f"set {at}")
    if life[0][1] % 2:
        ek.tidy_store(lived.store, lived.out / "tidy", progress=False)


def rows(table: pa.Table, gone: set[str]) -> pd.DataFrame:
    """Give the rows of tweets that are not purged, but for the keys of requests."""
    table = table.filter(pc.is_valid(table.column("tweet_id")))
    frame = to_pandas(table).drop(columns="request_key")
    frame = frame[~frame["tweet_id"].astype("str").isin(gone)].reset_index(drop=True)
    return frame.astype({name: "str" for name in frame if frame[name].dtype == "category"})


def pending(found: pd.DataFrame, was: pd.DataFrame, query: ek.Query) -> pd.Series:
    """Tell for which rows another than the tweet's author was asked, and the author not yet.

    A stored refusal that a run used for a tweet that is purged may have named such tweets as well.
    """
    owners = found["tweet_id"].astype("str").map(dict(query.owners or {}))
    asked = (was["status"] == "not_owned") & owners.notna() & (owners != was["account"])
    return asked & (found["status"] == "not_asked")


def check(life: list[tuple[ek.Query, int, str]], several: list[list[str]]) -> None:
    """Live, purge, and hold all against what it was before."""
    with tempfile.TemporaryDirectory() as folder, alive(Path(folder)) as lived:
        live(lived, life)
        gone: set[str] = set()
        for some in several:
            before = list(ek.open(lived.store))
            old = [one.to_arrow() for one in before]
            gone |= {*some}
            done = lived.client.purge(some)
            assert done.complete, done
            assert not done.lost
            assert hunted.hunt(gone, lived.folder) == {}
            kept = [
                (one, table)
                for one, table in zip(before, old, strict=True)
                if one.plan.query.without(gone) is not None
            ]
            for (one, table), result in zip(kept, ek.open(lived.store), strict=True):
                if not {*done.sums}.isdisjoint(one.refs):  # what it said beside sums went, too
                    continue
                if not any(each.outcome == "answered" for each in result.answers()):
                    continue  # of sums all that is left is refused: one row, and no tweet's own
                found, was = (rows(one, gone) for one in (result.to_arrow(), table))
                if not result.refs:  # without any answer it is not known from where numbers are
                    found, was = (one.drop(columns="source") for one in (found, was))
                if len(found) == len(was):
                    settled = ~pending(found, was, one.plan.query)
                    found, was = found[settled], was[settled]
                pd.testing.assert_frame_equal(found, was)
                assert result.receipt.asked == result.receipt.answered + result.receipt.missing
                assert not result.receipt.checks.failed
        lived.spy.asked.clear()
        for query, _, _ in life:
            result = lived.run(query)
            frame = result.to_pandas()
            lost = frame[frame["status"] == "purged"]
            assert {*lost["tweet_id"]} == gone & {*query.tweet_ids}
            assert {*frame[frame["tweet_id"].isin(gone)]["status"]} <= {"purged"}
        assert lived.spy.of(gone) == 0
        assert hunted.hunt(gone, lived.folder) == {}


@settings(max_examples=15)
@given(lives, purges)
def test_any_store_forgets_any_tweets(
    life: list[tuple[ek.Query, int, str]], several: list[list[str]]
) -> None:
    """Once and again; the long version takes hundreds of stores."""
    check(life, several)


@pytest.mark.long
@settings(max_examples=600)
@given(lives, purges)
def test_hundreds_of_stores_forget_any_tweets(
    life: list[tuple[ek.Query, int, str]], several: list[list[str]]
) -> None:
    """As before, for minutes."""
    check(life, several)
