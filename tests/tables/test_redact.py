"""Parquet and CSV without some tweets: the file that would have been written without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.answers.gone import Gone
from engagement_kit.tables import handoff, parquet
from engagement_kit.tables.redact import Redaction, dictionaries_anew, redact_parquet
from engagement_kit.tables.redact_csv import redact_csv
from engagement_kit.tables.schema import SCHEMA

IDS = [str(2_050_000_000_000_000_000 + n * 10**15) for n in range(8)]
QUERY = ek.Query("totals", IDS, ["replies", "favorites"])
ABOUT = {"kit_version": "1", "query": QUERY.to_dict(), "query_key": QUERY.key, "source": "live"}


def table(ids: list[str]) -> pa.Table:
    """Give a tidy table of two metrics of some tweets."""
    body = {"g": {one: {"replies": str(int(one) % 97), "favorites": "3"} for one in ids}}
    made = ek.tidy_arrow(body, ek.Query("totals", ids or IDS, ["replies", "favorites"]))
    keys = pa.DictionaryArray.from_arrays(
        pa.array([0] * len(made), pa.int32()), pa.array(["a" * 24])
    )
    return made.set_column(made.num_columns - 1, SCHEMA.field("request_key"), keys).slice(
        0, 2 * len(ids)
    )


def written(path: Path) -> list[tuple[Any, ...]]:
    """Tell how the columns of a file were written."""
    group = pq.ParquetFile(path).metadata.row_group(0)
    columns = [group.column(at) for at in range(group.num_columns)]
    return [(one.compression, {*one.encodings}, one.is_stats_set) for one in columns]


@given(st.sets(st.sampled_from(IDS), max_size=7))
@settings(max_examples=30)
def test_a_file_becomes_the_one_without_them(
    tmp_path_factory: pytest.TempPathFactory, gone: set[str]
) -> None:
    """As if it had been written of the others alone; of CSV to the byte."""
    folder = tmp_path_factory.mktemp("redact")
    left = [one for one in IDS if one not in gone]
    some = QUERY.without(gone)
    assert some is not None
    about = {**ABOUT, "query": some.to_dict(), "query_key": some.key}
    redaction = Redaction(Gone(gone))
    file = parquet.write(table(IDS), folder / "a.parquet", about=ABOUT)
    assert redact_parquet(file, redaction) == bool(gone)
    without = parquet.write(table(left), folder / "b.parquet", about=about)
    assert pq.read_table(file).to_pylist() == pq.read_table(without).to_pylist()
    assert pq.read_schema(file).equals(pq.read_schema(without))
    assert pq.read_schema(file).metadata == pq.read_schema(without).metadata
    assert written(file) == written(without)
    text = handoff.to_csv(table(IDS), folder / "a.csv")
    assert redact_csv(text, redaction) == bool(gone)
    assert text.read_bytes() == handoff.to_csv(table(left), folder / "b.csv").read_bytes()


def test_keys_of_requests_become_the_new_ones(tmp_path: Path) -> None:
    """In Parquet and in CSV."""
    redaction = Redaction(Gone(["20"]), {"a" * 24: "b" * 24})
    file = parquet.write(table(IDS), tmp_path / "a.parquet", about={})
    text = handoff.to_csv(table(IDS), tmp_path / "a.csv")
    assert redact_parquet(file, redaction)
    assert redact_csv(text, redaction)
    assert pq.read_table(file)["request_key"].unique().to_pylist() == ["b" * 24]
    assert "a" * 24 not in text.read_text()


@pytest.mark.parametrize(
    ("redaction", "rows"),
    [
        (Redaction(Gone(["77"])), 2),
        (Redaction(Gone(["77"]), summed={"a" * 24}), 0),
        (Redaction(Gone(["77"]), summed={"c" * 24}), 2),
        (Redaction(Gone(["77"]), queries={QUERY.key}), 0),
        (Redaction(Gone(IDS[:1])), 0),
    ],
)
def test_sums_over_tweets_go_where_they_count_one(
    tmp_path: Path, redaction: Redaction, rows: int
) -> None:
    """By the key of the answer, by that of the question, or because the file itself says so."""
    summed = table(IDS[:1])
    nobody = pa.nulls(2, SCHEMA.field("tweet_id").type)
    summed = summed.set_column(0, SCHEMA.field("tweet_id"), nobody)
    file = parquet.write(summed, tmp_path / "a.parquet", about=ABOUT)
    assert redact_parquet(file, redaction) == (rows == 0)
    assert pq.read_table(file).num_rows == rows
    if redaction.gone.ids == {"77"}:
        text = handoff.to_csv(summed, tmp_path / "a.csv")
        redact_csv(text, redaction, QUERY.key)
        assert len(text.read_text().splitlines()) == 1 + rows


def test_large_files_are_done_a_group_of_rows_at_a_time(tmp_path: Path) -> None:
    """And keep their groups, but for those of which nothing is left."""
    groups = [table([one]) for one in IDS]
    path = tmp_path / "a.parquet"
    with parquet.writer(path, {}) as file:
        for one in groups:
            file.write_table(one)
    assert redact_parquet(path, Redaction(Gone(IDS[2:4])))
    left = pq.ParquetFile(path)
    assert left.metadata.num_row_groups == len(IDS) - 2
    assert left.read()["tweet_id"].unique().to_pylist() == [*IDS[:2], *IDS[4:]]


def test_nothing_changes_where_none_of_them_is(tmp_path: Path) -> None:
    """Not even the time of the file; nor does a dry run change anything."""
    file = parquet.write(table(IDS), tmp_path / "a.parquet", about=ABOUT)
    text = handoff.to_csv(table(IDS), tmp_path / "a.csv")
    before = [one.stat() for one in (file, text)]
    other = Redaction(Gone([IDS[0][:-1], f"1{IDS[0][:-1]}"]))
    assert not redact_parquet(file, other)
    assert not redact_csv(text, other)
    assert redact_parquet(file, Redaction(Gone(IDS[:1])), dry_run=True)
    assert redact_csv(text, Redaction(Gone(IDS[:1])), dry_run=True)
    assert [one.stat() for one in (file, text)] == before


KINDS = [
    pa.int64(), pa.uint64(), pa.large_string(), pa.string(), pa.string_view(), pa.binary(),
    pa.decimal128(38),
]  # fmt: skip


def _as_kind(kind: pa.DataType) -> pa.Array:
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return pa.array([int(one) for one in IDS], pa.int64()).cast(kind)
    return pa.array(IDS, pa.string()).cast(kind)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("name", ["tweet_id", "id", "id_str", "tweet"])
def test_other_tables_lose_rows_by_the_tweets_own_column(
    tmp_path: Path, kind: pa.DataType, name: str
) -> None:
    """Whole numbers, texts, bytes; also in a column that has the name of one of ours."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": range(8), name: _as_kind(kind)}), path)
    assert redact_parquet(path, Redaction(Gone(IDS[:3])))
    left = pq.read_table(path)
    assert (left["n"].to_pylist(), left.schema.field(name).type) == ([*range(3, 8)], kind)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_in_other_columns_the_id_goes_and_the_row_stays(tmp_path: Path, kind: pa.DataType) -> None:
    """A reply to a tweet is another tweet."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": range(8), "conversation_id": _as_kind(kind)}), path)
    assert redact_parquet(path, Redaction(Gone(IDS[:3])))
    left = pq.read_table(path)
    assert left["n"].to_pylist() == [*range(8)]
    assert [*map(bool, left["conversation_id"].to_pylist())] == [False] * 3 + [True] * 5


def test_ids_that_are_not_exact_are_told(tmp_path: Path) -> None:
    """A floating-point number may be a neighbour's."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [float(one) for one in IDS]}), path)
    with pytest.raises(ValueError, match="not exact"):
        redact_parquet(path, Redaction(Gone(IDS[:3])))


def test_counts_are_no_ids(tmp_path: Path) -> None:
    """A count of nine digits, with the same digits as an old tweet's id."""
    path = tmp_path / "a.parquet"
    table = pa.table({"likes": [123456789, 1], "id": IDS[:2]})
    pq.write_table(table, path)
    assert not redact_parquet(path, Redaction(Gone(["123456789"])))


def test_words_with_an_order_keep_it(tmp_path: Path) -> None:
    """Ordered categories of pandas, of which one that no row has."""
    path = tmp_path / "a.parquet"
    size = pd.Categorical(["big", "small", "big"], ["small", "middle", "big"], ordered=True)
    pd.DataFrame({"id": IDS[:3], "size": size}).to_parquet(path)
    assert redact_parquet(path, Redaction(Gone(IDS[:1])))
    left = pd.read_parquet(path)["size"]
    assert [*left.cat.categories] == ["small", "middle", "big"]
    assert left.cat.ordered
    assert [*left] == ["small", "big"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{IDS[0]}\r\n{IDS[1]}\r\n", f"{IDS[1]}\r\n"),
        (f"id;n\n{IDS[0]};1\n{IDS[1]};2", f"id;n\n{IDS[1]};2"),
        (f'id,t\n{IDS[1]},"a\n{IDS[0]}, b"\n', f'id,t\n{IDS[1]},"a\n(purged), b"\n'),
        ("tweet_id,n\n20,1\n21,20\n", "tweet_id,n\n21,20\n"),
        ("20\n21\n", "21\n"),
    ],
)
def test_any_csv_loses_its_lines(tmp_path: Path, text: str, left: str) -> None:
    """Without a head, with other separators and line ends, with cells of several lines."""
    path = tmp_path / "a.csv"
    path.write_text(text, newline="")
    assert redact_csv(path, Redaction(Gone([IDS[0], "20"])))
    assert path.read_bytes().decode() == left


def test_dictionaries_hold_what_is_used() -> None:
    """And nothing else; the rows are the same."""
    whole = table(IDS)
    some = whole.filter(pc.equal(whole["tweet_id"].cast(pa.string()), IDS[3]))
    made: Any = dictionaries_anew(some)
    assert made["tweet_id"].chunk(0).dictionary.to_pylist() == [IDS[3]]
    assert made.schema.equals(some.schema)
    assert made.to_pylist() == some.to_pylist()
    assert dictionaries_anew(whole.slice(0, 0)).num_rows == 0
