"""What is handed on to Polars, DuckDB and CSV is what the table holds, and sums as lawfully."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.emulator import World
from engagement_kit.question.micros import HOUR_US
from engagement_kit.tables.handoff import to_csv, to_duckdb, to_polars
from engagement_kit.tables.schema import NULL_TIME, SCHEMA, STATUS, Cells, build

YOUNG = "2050491494400000000"  # of 2026-05-02, 08:21 UTC
OLD = "20"  # its id does not say when it was created
BIRTH = 1_777_710_063_000_000 // HOUR_US
NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)


def make(rows: list[tuple[Any, ...]], grain: str = "hour") -> pa.Table:
    """Make a table from (tweet, metric, start, end, value, observed at), in hours since 1970."""
    tweets, metrics = [YOUNG, OLD], ["replies", "likes"]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    start, end, seen = (
        [NULL_TIME if one is None else one * HOUR_US for one in columns[at]] for at in (2, 3, 5)
    )
    none = [-1] * len(rows)
    status = [STATUS["failed"] if one is None else 0 for one in columns[4]]
    named: dict[str, Any] = {
        "tweet": [tweets.index(one) for one in columns[0]],
        "metric": [metrics.index(one) for one in columns[1]],
        "account": none, "key": none, "start": start, "end": end, "hour": none,
        "value": [one or 0 for one in columns[4]], "status": status,
        "complete": [-1 if one else 1 for one in status], "observed": seen,
    }  # fmt: skip
    arrays: dict[str, Any] = {
        name: pd.array(values, dtype="int64").to_numpy() for name, values in named.items()
    }
    return build(Cells(tweets=tuple(tweets), metrics=tuple(metrics), **arrays), grain)


def rows_of(table: pa.Table) -> list[tuple[Any, ...]]:
    """Make rows of several engines comparable."""
    return [
        tuple(one.astimezone(UTC) if isinstance(one, datetime) else one for one in row.values())
        for row in table.to_pylist()
    ]


def asked(table: pa.Table, question: str) -> list[tuple[Any, ...]]:
    """Ask DuckDB, through Arrow."""
    with to_duckdb(table) as connection:
        return rows_of(connection.sql(question).to_arrow_table())


def sums_differ(table: pa.Table) -> str:
    """Say where the view `daily` is not ek.total; nothing where it is."""
    names = ["tweet_id", "metric", "start"]
    columns = [*names, "value", "n_expected", "n_missing", "complete"]
    total = ek.total(table, by="tweet_id", freq="day")[columns]
    plain = total.astype({"tweet_id": "str", "metric": "str"}).astype(object)
    ours = {tuple(row[:3]): tuple(row[3:]) for row in plain.where(plain.notna(), None).to_numpy()}
    found = asked(table, f"SELECT {', '.join(columns)} FROM daily")  # noqa: S608
    theirs = {row[:3]: row[3:] for row in found}
    assert len(theirs) == len(found)
    return "" if ours == theirs else f"total {ours}\nDuckDB {theirs}"


@pytest.fixture(scope="module")
def tables(carry: Any) -> dict[str, pa.Table]:
    """Make runs against the emulator by hour and day, with and without numbers that are missing."""
    world = World(seed=1)
    ids = world.sample_ids(world.accounts[0].name, 30, before=NOW - timedelta(days=2))
    ids += world.sample_ids(world.accounts[0].name, 1, before=NOW, kind="unavailable")
    made: dict[str, pa.Table] = {}
    for by in ("hour", "day"):
        period = ek.between("2026-05-20", "2026-06-02")
        run = carry(
            world,
            ek.Query("historical", ids, ["impressions", "replies"], by=by, period=period),
            NOW,
        )
        made |= {by: run.table(), f"{by}, one answer lost": run.table(without=0)}
    run = carry(world, ek.Query("totals", ids, ["impressions", "replies"]), NOW)
    made["lifetime"] = run.table()
    made["empty"] = SCHEMA.empty_table()
    return made


KINDS = ["hour", "hour, one answer lost", "day", "day, one answer lost", "lifetime", "empty"]
SUMMED = KINDS[:4]


@pytest.mark.parametrize("kind", KINDS)
def test_every_engine_holds_the_same_rows(
    kind: str, tables: dict[str, pa.Table], tmp_path: Path
) -> None:
    """Ids as text, nulls, truths and UTC times are equal in Arrow, Polars, DuckDB and CSV."""
    table = tables[kind]
    expected = rows_of(table)
    frame = to_polars(table)
    assert rows_of(frame.to_arrow()) == expected
    assert frame.columns == SCHEMA.names
    assert asked(table, "SELECT * FROM long ORDER BY rowid") == expected
    kinds: Any = {one.name: "str" for one in SCHEMA if pa.types.is_dictionary(one.type)}
    kinds |= {"value": "Int64", "hour_of_day": "Int8", "complete": "boolean"}
    times = ["start", "end", "observed_at"]
    back = pd.read_csv(to_csv(table, tmp_path / "new" / "t.csv"), dtype=kinds)
    back[times] = back[times].apply(lambda one: pd.to_datetime(one, utc=True, format="ISO8601"))
    assert rows_of(pa.Table.from_pandas(back, preserve_index=False).cast(SCHEMA)) == expected


def test_polars_text_joins_with_the_ids_of_a_person(tables: dict[str, pa.Table]) -> None:
    """Text is String, times are in UTC, and a join on text matches."""
    frame = to_polars(tables["hour"])
    assert frame.schema["tweet_id"] == frame.schema["metric"] == pl.String
    assert frame.schema["start"] == pl.Datetime("us", "UTC")
    assert (frame.schema["value"], frame.schema["complete"]) == (pl.Int64, pl.Boolean)
    own = pl.DataFrame({"tweet_id": frame["tweet_id"].unique(), "team": "red"})
    assert frame.join(own, on="tweet_id", how="left")["team"].null_count() == 0


@pytest.mark.parametrize("kind", SUMMED)
def test_days_in_duckdb_are_those_of_total(kind: str, tables: dict[str, pa.Table]) -> None:
    """Value, expected, missing and complete of each tweet, metric and day."""
    assert sums_differ(tables[kind]) == ""
    question = "SELECT count(*) - count(value) FROM daily"
    fewest = asked(tables[kind.partition(",")[0]], question)
    assert (asked(tables[kind], question) > fewest) == ("lost" in kind)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from([YOUNG, OLD]),
        st.sampled_from(["replies", "likes"]),
        st.integers(BIRTH - 40, BIRTH + 60),
        st.integers(1, 50),
        st.one_of(st.none(), st.integers(0, 9)),
        st.one_of(st.none(), st.integers(BIRTH + 100, BIRTH + 103)),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(EVENTS, st.sampled_from(["hour", "day"]))
def test_any_table_has_the_days_of_total(events: list[Any], grain: str) -> None:
    """History, holes filled by another run, spans before creation: sums as in ek.total."""
    step = 24 if grain == "day" else 1
    rows = []
    for tweet, metric, start, long, value, seen in events:
        begin = start // step * step if value is not None else start
        end = begin + step if value is not None else start + long
        rows.append((tweet, metric, begin, end, value, seen))
    assert sums_differ(make(rows, grain)) == ""


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_days_stay_utc_whatever_the_session_says(zone: str, tables: dict[str, pa.Table]) -> None:
    """A time zone that a person sets changes what is shown, not what is summed."""
    question = "SELECT epoch_us(start), sum(value) FROM daily GROUP BY ALL ORDER BY ALL"
    with to_duckdb(tables["hour"]) as connection:
        before = connection.sql(question).fetchall()
        connection.execute(f"SET TimeZone = '{zone}'")
        assert connection.sql(question).fetchall() == before
        assert connection.cursor().sql("SELECT count(*) FROM daily").fetchall() != [(0,)]


def test_counts_since_creation_end_where_a_piece_is_missing() -> None:
    """Cumulative counts go up to the first hole; a late start and an unknown birth have none."""
    table = make(
        [
            *((YOUNG, "replies", BIRTH + at, BIRTH + at + 1, at + 1, None) for at in (0, 1, 4)),
            (YOUNG, "replies", BIRTH + 2, BIRTH + 4, None, None),
            (YOUNG, "likes", BIRTH + 1, BIRTH + 2, 5, None),
            (OLD, "likes", BIRTH, BIRTH + 1, 5, None),
        ]
    )
    found = asked(
        table,
        "SELECT tweet_id, metric, age_hours, value, cumulative FROM lifecycle ORDER BY ALL",
    )
    assert found == [
        (OLD, "likes", None, 5, None),
        (YOUNG, "likes", 1, 5, None),
        (YOUNG, "replies", 0, 1, 1),
        (YOUNG, "replies", 1, 2, 3),
        (YOUNG, "replies", 2, None, None),
        (YOUNG, "replies", 3, None, None),
        (YOUNG, "replies", 4, 5, None),
    ]


@pytest.mark.parametrize(("first", "since"), [(BIRTH, [1, 3]), (BIRTH + 1, [None, None])])
def test_a_day_in_part_is_no_count_since_creation(first: int, since: list[int | None]) -> None:
    """A first day that begins with the tweet is whole; one that begins an hour later is not."""
    midnight = BIRTH // 24 * 24 + 24
    rows = [(YOUNG, "likes", first, midnight, 1, None)]
    rows += [(YOUNG, "likes", midnight, midnight + 24, 2, None)]
    found = asked(make(rows, "day"), "SELECT age_days, cumulative FROM lifecycle ORDER BY ALL")
    assert found == [(0, since[0]), (1, since[1])]


def test_counts_since_creation_are_the_truth(carry: Any) -> None:
    """At each age the world's own count of the hours until then."""
    world = World(seed=1)
    ids = world.sample_ids(world.accounts[0].name, 5, before=NOW - timedelta(days=9))
    query = ek.Query("historical", ids, ["impressions"], by="hour", period=ek.first(days=3))
    table = carry(world, query, NOW).table()
    with to_duckdb(table) as connection:
        last = connection.sql(
            "SELECT tweet_id, max(cumulative), count(*) = count(cumulative) FROM lifecycle "
            "WHERE age_hours < 72 GROUP BY ALL"
        ).fetchall()
    whole = ek.total(table, by="tweet_id").astype({"tweet_id": "str"})
    expected = whole.set_index("tweet_id")["value"].to_dict()
    assert {one: count for one, count, _ in last} == expected
    assert all(unbroken for _, _, unbroken in last)


@pytest.mark.parametrize("kind", KINDS)
def test_wide_in_duckdb_is_wide_in_pandas(kind: str, tables: dict[str, pa.Table]) -> None:
    """The same rows, columns and nulls."""
    ours = pa.Table.from_pandas(ek.wide(tables[kind]).reset_index(), preserve_index=False)
    with to_duckdb(tables[kind]) as connection:
        theirs = connection.sql("SELECT * FROM wide").to_arrow_table()
    assert theirs.column_names == ours.column_names
    assert sorted(rows_of(theirs), key=str) == sorted(rows_of(ours), key=str)


def test_views_that_a_grain_can_not_give_are_not_made(tables: dict[str, pa.Table]) -> None:
    """Lifetimes have no days; several tables stand apart by name, odd ones too."""

    def views(connection: Any, schema: str) -> set[str]:
        question = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"
        return {one for (one,) in connection.execute(question, [schema]).fetchall()}

    given = {'by "day"': tables["day"], "life": tables["lifetime"]}
    with to_duckdb(given) as connection:
        assert views(connection, "life") == {"long", "tweets", "wide"}
        every = {"long", "tweets", "wide", "pieces", "daily", "lifecycle"}
        assert views(connection, 'by "day"') == every
        assert connection.sql('SELECT count(*) FROM "by ""day""".daily').fetchall() != [(0,)]
        assert connection.sql("SELECT count(*) FROM life.long").fetchall() != [(0,)]


def test_a_metric_may_have_any_name() -> None:
    """Quotes in the name of a metric stay a name."""
    odd = """it's "new"; --"""
    table = ek.tidy_arrow({"g": {YOUNG: {odd: "7"}}})
    with to_duckdb(table) as connection:
        assert connection.sql("SELECT * FROM wide").to_arrow_table().column(odd).to_pylist() == [7]


@pytest.mark.parametrize("grain", ["day", "window"])
def test_counts_over_overlapping_periods_are_refused(grain: str) -> None:
    """As in ek.total: their sum would count the shared time twice."""
    rows = [(YOUNG, "likes", 490000, 490024, 5, None), (YOUNG, "likes", 490005, 490029, 5, None)]
    with pytest.raises(ek.errors.TableError, match="overlapping periods"):
        to_duckdb(make(rows, grain))
    with pytest.raises(ek.errors.TableError, match="overlapping periods"):
        ek.total(make(rows, grain))


def test_two_grains_and_no_table_are_refused(tables: dict[str, pa.Table]) -> None:
    """Sums would count twice; what is no tidy table is refused by name."""
    both = pa.concat_tables([tables["hour"], tables["day"]])
    for wrong, said in ((both, "several grains"), ({}, "no table"), ({"a": both}, "several")):
        with pytest.raises(ek.errors.TableError, match=said):
            to_duckdb(wrong)
    for hand_on in (to_polars, to_duckdb, lambda one: to_csv(one, "never.csv")):
        with pytest.raises(ek.errors.TableError, match="no tidy table"):
            hand_on(pa.table({"a": [1]}))


@pytest.mark.parametrize(("name", "hand_on"), [("polars", to_polars), ("duckdb", to_duckdb)])
def test_a_missing_engine_says_how_to_get_it(
    name: str, hand_on: Callable[[pa.Table], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kit runs without them."""
    monkeypatch.setitem(sys.modules, name, None)
    said = rf"{name}.*pip install 'engagement_kit\[engines\]'"
    with pytest.raises(ek.errors.TableError, match=said):
        hand_on(SCHEMA.empty_table())


def test_csv_is_the_same_each_time_and_ids_are_quoted_digits(
    tables: dict[str, pa.Table], tmp_path: Path
) -> None:
    """However the table is chunked; times end in Z."""
    table = tables["hour"]
    first = to_csv(table, tmp_path / "a.csv").read_bytes()
    assert to_csv(table, tmp_path / "b.csv").read_bytes() == first
    parts = pa.concat_tables([table.slice(0, 7), table.slice(7)])
    assert to_csv(parts, tmp_path / "c.csv").read_bytes() == first
    fields = first.decode().splitlines()[1].split(",")
    assert fields[0].strip('"').isdigit()
    assert fields[0].startswith('"')
    assert fields[3].endswith('.000000Z"')


def test_a_stopped_csv_leaves_the_old_file(
    tables: dict[str, pa.Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither half a file nor what was written aside; a folder that is a file is refused."""
    old = to_csv(tables["empty"], tmp_path / "t.csv").read_bytes()

    def stop(_: pa.RecordBatch) -> Iterator[None]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("engagement_kit.tables.handoff._spelled", stop)
        with pytest.raises(KeyboardInterrupt):
            to_csv(tables["hour"], tmp_path / "t.csv")
    assert [one.name for one in tmp_path.iterdir()] == ["t.csv"]
    assert (tmp_path / "t.csv").read_bytes() == old
    with pytest.raises(ek.errors.TableError, match="can't be written"):
        to_csv(tables["empty"], tmp_path / "t.csv" / "below.csv")
