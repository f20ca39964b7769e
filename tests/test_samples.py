"""The committed samples are what the code makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import engagement_kit as ek
from engagement_kit.tables.parquet import read_about

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
BODIES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("name", ["totals", "28hr", "historical"])
def test_a_sample_body_becomes_its_sample_table(name: str) -> None:
    """Counts of the raw body and of the Parquet file beside it are the same."""
    stored = pd.read_parquet(SAMPLES / f"{name}.parquet")
    about = read_about(SAMPLES / f"{name}.parquet")
    query = ek.Query.from_dict(about["query"])
    fresh = ek.tidy((SAMPLES / f"{name}.json").read_bytes(), query)
    keys = ["tweet_id", "metric"] + ([] if name == "totals" else ["start"])
    mine, theirs = (
        one[one["value"].gt(0).fillna(False)].set_index(keys)["value"].to_dict()
        for one in (stored, fresh)
    )
    assert mine == theirs
    assert set(stored["source"]) == {"emulator"}
    assert about["source"] == "emulator"
    ids = pd.read_csv(SAMPLES / "tweet_ids.csv", dtype="str")["tweet_id"].tolist()
    assert set(stored["tweet_id"]) == set(ids)
    assert (stored["status"] == "unavailable").sum() == 3


def test_all_engines_read_equal_values() -> None:
    """pandas, Polars, DuckDB and Arrow read the same from our Parquet."""
    import duckdb
    import polars as pl

    path = SAMPLES / "28hr.parquet"
    arrow = pq.read_table(path)
    columns = ["tweet_id", "metric", "status", "value"]
    expected = arrow.select(columns).to_pylist()
    assert pl.read_parquet(path).select(columns).to_dicts() == expected
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT {', '.join(columns)} FROM '{path}'").fetchall()  # noqa: S608
    assert [dict(zip(columns, row, strict=True)) for row in rows] == expected
    frame = pd.read_parquet(path)
    assert frame["value"].isna().sum() == arrow.column("value").null_count
    assert frame["value"].sum() == pl.read_parquet(path)["value"].sum()
    assert str(frame["value"].dtype) == "Int64"


def rows(name: str) -> list[tuple[object, ...]]:
    """Read a body as it is printed in public; null as None."""
    table = ek.tidy_arrow((BODIES / name).read_bytes())
    picked = table.select(["tweet_id", "metric", "grain", "value", "status"]).to_pylist()
    return [tuple(one.values()) for one in picked]


def test_public_totals_are_read() -> None:
    """The printed /totals answer gives its fifteen counts, lifetime of each tweet."""
    found = rows("totals-public.200.json")
    assert len(found) == 15
    assert ("1067094924124872705", "video_views", "lifetime", 5754512, "observed") in found


def test_the_28_hour_example_has_29_buckets() -> None:
    """Every printed zero is a row, and each bucket is its UTC hour."""
    table = ek.tidy((BODIES / "28hr-hourly.200.json").read_bytes())
    one = table[table["metric"] == "impressions"]
    assert len(one) == 29
    assert one["value"].tolist()[:4] == [551, 412, 371, 280]
    assert one["start"].iloc[0].isoformat() == "2015-09-14T17:00:00+00:00"
    assert one["end"].iloc[-1].isoformat() == "2015-09-15T22:00:00+00:00"
    assert one["complete"].isna().all()
    late = pd.Timestamp("2015-09-15T21:30Z").to_pydatetime()
    seen = ek.tidy((BODIES / "28hr-hourly.200.json").read_bytes(), observed_at=late)
    assert seen[seen["metric"] == "impressions"]["complete"].tolist() == [True] * 28 + [False]


def test_a_number_among_strings_and_an_unavailable_tweet() -> None:
    """A bare 26 is a count like the others; the missing tweet has a row for each metric seen."""
    assert rows("28hr-unavailable.200.json") == [
        ("423456789", "favorites", "window", 67, "observed"),
        ("423456789", "replies", "window", 8, "observed"),
        ("423456789", "retweets", "window", 26, "observed"),
        ("323456789", "favorites", "window", None, "unavailable"),
        ("323456789", "replies", "window", None, "unavailable"),
        ("323456789", "retweets", "window", None, "unavailable"),
    ]


def test_history_by_tweet_is_read() -> None:
    """The window of the answer is the period of each row."""
    table = ek.tidy((BODIES / "historical-by-tweet.200.json").read_bytes())
    assert table["value"].tolist() == [0, 0, 0, 0, 788, 134, 30, 1323, 4, 0, 2, 0]
    assert {one.isoformat() for one in table["end"]} == {"2015-08-15T00:00:00+00:00"}


def test_grand_totals_have_no_tweet() -> None:
    """A sum over tweets has a null tweet id, and says nothing of a period it does not know."""
    assert rows("groupings-grand-totals.200.json") == [
        (None, "favorites", "lifetime", 12, "observed"),
        (None, "replies", "lifetime", 2, "observed"),
        (None, "retweets", "lifetime", 2, "observed"),
    ]


def test_the_zero_of_a_too_old_video_is_no_count() -> None:
    """The API writes "0" for video views that it can't give: null, with the reason."""
    found = rows("video-views-unsupported.200.json")
    old = [one for one in found if one[4] == "too_old_for_video"]
    assert [(one[0], one[3]) for one in old] == [
        ("479311209565413376", None), ("477139122520219648", None),
    ]  # fmt: skip
    assert ("1397568983931392004", "video_views", "lifetime", 17902, "observed") in found


def test_data_beside_errors_are_kept() -> None:
    """A partial answer with errors keeps its nine counts and lists the tweet that is gone."""
    found = rows("partial-with-errors.200.json")
    assert sum(one[4] == "observed" for one in found) == 9
    assert {one[0] for one in found if one[4] == "unavailable"} == {"323456789"}


@pytest.mark.parametrize("path", sorted(BODIES.glob("error-*.json")), ids=lambda one: one.stem)
def test_an_error_body_is_no_table(path: Path) -> None:
    """What holds no counts and no tweets is refused with the API's own words."""
    body = json.loads(path.read_bytes())
    if isinstance(body, dict) and len(body) > 1:
        assert ek.tidy(body)["value"].isna().all()
        return
    said = body["errors"][0] if isinstance(body, dict) else body[0]
    with pytest.raises(ek.errors.UnreadableAnswer) as caught:
        ek.tidy(path.read_bytes())
    assert said[:40] in str(caught.value)


@pytest.mark.parametrize("name", ["totals-public", "28hr-hourly", "historical-by-tweet"])
def test_printed_requests_are_lawful_queries(name: str) -> None:
    """A request printed in public is a Query, and goes over the wire as it was written."""
    asked = json.loads((BODIES / f"{name}.request.json").read_bytes())
    endpoint = name.partition("-")[0]
    period = ek.between(asked["start"], asked["end"]) if "start" in asked else None
    query = ek.Query(
        endpoint, asked["tweet_ids"], asked["engagement_types"],
        groupings=asked["groupings"], period=period,
    )  # fmt: skip
    now = pd.Timestamp("2015-09-15T21:30Z" if endpoint != "totals" else "2019-01-01T00:00Z")
    made = ek.plan(query, now=now.to_pydatetime())
    assert made.as_written
    (request,) = made.requests
    body = request.to_body()
    for member in ("tweet_ids", "engagement_types", "groupings"):
        assert body[member] == asked[member]
