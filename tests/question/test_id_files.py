"""Ids from files: whatever people have, no digit is lost."""

from __future__ import annotations

import csv as csv_module
import errno
import io
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.errors import EngagementError, QueryError
from engagement_kit.question.id_files import Columns, columns_of, guess, read_ids
from engagement_kit.question.tweet_ids import MAX_ID, Ids, read

IDS = ["2061384949969226276", "697506383516729344", "9223372036854775807"]


def ids_in(found: Columns, column: str | None = None) -> tuple[str, ...]:
    """Load the ids of the column that is guessed, or of another."""
    return read(found.values[column or found.guess]).ids


def texts_of(found: Ids) -> tuple[str, ...]:
    """Give what is no id, whatever the reason."""
    return tuple(str(one) for texts in found.junk.values() for one in texts)


def csv(*lines: str, end: str = "\n", encoding: str = "utf-8") -> bytes:
    """Write lines as the bytes of a file."""
    return end.join([*lines, ""]).encode(encoding)


def parquet(**columns: Any) -> bytes:
    """Write columns as the bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        csv("tweet_id,text", *(f"{one},hello" for one in IDS)),
        csv("tweet_id,text", *(f"{one},hello" for one in IDS), encoding="utf-8-sig"),
        csv("tweet_id,text", *(f"{one},hello" for one in IDS), encoding="utf-16"),
        csv("tweet_id;text", *(f"{one};a, b, c" for one in IDS), end="\r\n"),
        csv("tweet_id\ttext", *(f"{one}\thello" for one in IDS)),
        csv('"text","tweet_id"', *(f'"a, ""b""\nc","{one}"' for one in IDS)),
        csv('"text, or; so","tweet_id"', *(f'"x","{one}"' for one in IDS)),
        csv("text,Tweet ID", *(f"x,{one}" for one in IDS)),
        csv("n,what", *(f"1,{one}" for one in IDS)),
        csv("", "tweet_id", "", *IDS, ""),
        csv(*IDS),
        csv(*(f"{one},x" for one in IDS)),
        csv(*(f"https://x.com/a/status/{one}" for one in IDS)),
        csv("tweet_id,text", *(f"{one},a,b," for one in IDS)),
        csv("tweet_id,text", *IDS),
        csv("tweet_id,text", *(f" {one} ,x" for one in IDS)),
        csv("tweet_id,text", *(f"{one},gr\u00fc\u00dfe" for one in IDS), encoding="latin-1"),
    ],
    ids=[
        "plain", "with BOM", "UTF-16", "semicolons", "tabs", "quoted", "separators in a name",
        "another name", "no name", "blank lines", "no head", "no head, two columns", "addresses",
        "more cells than names", "fewer cells", "blanks around", "not UTF-8",
    ],
)  # fmt: skip
def test_csv(content: bytes) -> None:
    """However a CSV is written, its ids are found, all of them, to the last digit."""
    assert ids_in(columns_of("mine.CSV", content)) == tuple(IDS)


def test_an_empty_cell_does_not_make_floats_of_the_others() -> None:
    """A missing id is counted as none; the ids beside it keep their digits."""
    part = read(columns_of("a.csv", csv("id,n", f"{IDS[0]},1", ",2", f"{IDS[1]},")).values["id"])
    assert part.ids == (IDS[0], IDS[1])
    assert texts_of(part) == ("",)


def test_ids_that_became_floats_are_junk() -> None:
    """What a spreadsheet made of an id is said to be none, and never rounded into another."""
    found = columns_of("a.csv", csv("id", "2.06138E+18", "1.23e18", "123.0", IDS[0]))
    part = read(found.values["id"])
    assert part.ids == (IDS[0],)
    assert [*part.junk.values()] == [["2.06138E+18", "1.23e18"], ["123.0"]]


def test_columns_of_the_same_name_are_all_offered() -> None:
    """The second one is told apart by its place."""
    found = columns_of("a.csv", csv("id,id", f"1,{IDS[0]}"))
    assert found.values == {"id": ["1"], "id (column 2)": [IDS[0]]}


@pytest.mark.parametrize(
    ("column", "junk"),
    [
        (pa.array([int(one) for one in IDS]), ()),
        (pa.array([int(one) for one in IDS], pa.uint64()), ()),
        (pa.array(IDS), ()),
        (pa.array(IDS, pa.large_string()), ()),
        (pa.array(IDS).dictionary_encode(), ()),
        (pa.array([int(IDS[0]), None, *map(int, IDS[1:])]), ("None",)),
    ],
    ids=["int64", "uint64", "string", "large string", "dictionary", "with a null"],
)
def test_parquet(column: pa.Array, junk: tuple[str, ...]) -> None:
    """Whole numbers and text of a Parquet file are ids to the last digit; a null is none."""
    found = columns_of("a.parquet", parquet(n=list(range(len(column))), tweet_id=column))
    assert found.guess == "tweet_id"
    part = read(found.values["tweet_id"])
    assert part.ids == tuple(IDS)
    assert texts_of(part) == junk


def test_floats_of_a_parquet_file_are_no_ids() -> None:
    """They lost digits before we saw them."""
    part = read(columns_of("a.parquet", parquet(id=[float(IDS[0]), None])).values["id"])
    assert part.ids == ()
    assert len(texts_of(part)) == 2


def test_jsonl_with_nested_objects() -> None:
    """Values within others have dotted names; the tweet's own id is guessed, not its author's."""
    rows = [{"user": {"id": 12345678901}, "id": int(one), "entities": {"urls": []}} for one in IDS]
    found = columns_of("a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert list(found.values) == ["user.id", "id"]
    assert ids_in(found) == tuple(IDS)


def test_jsonl_with_pages_of_tweets() -> None:
    """A page of an API's answer in each line: the ids of its list are one column."""
    rows = [{"data": [{"id": one, "text": "x"} for one in part]} for part in (IDS[:2], IDS[2:])]
    found = columns_of("a.ndjson", "\n".join(map(json.dumps, rows)).encode())
    assert found.guess == "data.id"
    assert ids_in(found) == tuple(IDS)


def test_jsonl_with_line_ends_of_unicode_in_a_text() -> None:
    """Only a line feed ends a line of JSON; tweets hold the other ends."""
    rows = [{"text": "a\u2028b\u0085c\x1cd", "id": one} for one in IDS]
    lines = [json.dumps(one, ensure_ascii=False).replace("\\u001c", "x") for one in rows]
    assert ids_in(columns_of("a.jsonl", "\r\n".join(lines).encode())) == tuple(IDS)


def test_jsonl_of_plain_ids() -> None:
    """A line may be an id itself, as a number or as text."""
    content = csv(*IDS[:2], f'"{IDS[2]}"', "null")
    assert ids_in(columns_of("a.jsonl", content)) == tuple(IDS)


@pytest.mark.parametrize("between", ["\n", "\r\n", ", ", ";", "\t", "\n\n"])
def test_text(between: str) -> None:
    """Plain ids, apart by whatever people put between them."""
    assert ids_in(columns_of("a.txt", between.join(IDS).encode("utf-8-sig"))) == tuple(IDS)


def test_text_with_a_list_of_code() -> None:
    """A list that was written into a file gives its ids."""
    assert ids_in(columns_of("a.txt", str(IDS).encode())) == tuple(IDS)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.xlsx", b"PK", "files that end in .csv"),
        ("ids", b"20", "files that end in .csv"),
        (".csv", b"20", "files that end in .csv"),
        ("a.csv", b"", "is empty: no tweet id is in it"),
        ("a.csv", b"\n \n", "is empty"),
        ("a.jsonl", b"", "is empty"),
        ("a.jsonl", b'{"id": 20}\n{"id": ', "can't be read as jsonl: line 2: "),
        ("a.jsonl", b"[" * 100_000, "can't be read as jsonl"),
        ("a.jsonl", b'{"id": 20, "a": "\xff"}', "can't be read as jsonl"),
        ("a.parquet", b"", "can't be read as parquet"),
        ("a.parquet", b"PAR1" * 5, "can't be read as parquet"),
        ("a.csv", b"PK\x03\x04\0\0", "can't be read as csv: it is no text"),
        ("a.csv", b"\xff\xfe\x00", "can't be read as csv"),
        ("a.csv", b'text,id\n"x,20\ny,21\n', "can't be read as csv: unexpected end of data"),
        ("a.csv", b'text,id\n"x,20\n"y",21\n', "can't be read as csv"),
    ],
)
def test_what_is_no_such_file_is_said_in_words(name: str, content: bytes, why: str) -> None:
    """A wrong ending, an empty file or broken bytes: one sentence with the file's name."""
    with pytest.raises(EngagementError, match=f"^{name}.*{why}"):
        columns_of(name, content)


def test_a_cell_beyond_the_limit_of_csv_is_told() -> None:
    """How long a cell may be holds for the whole process, and other libraries change it."""
    before = csv_module.field_size_limit(131_072)
    try:
        with pytest.raises(EngagementError, match="can't be read as csv: field larger than"):
            columns_of("a.csv", b"a,b\n" + b"x" * 200_000)
    finally:
        csv_module.field_size_limit(before)


@pytest.mark.parametrize("content", [b"a,b\n\xff\xfe\xfa,1\n", b"id\n\xc3\n20"])
def test_odd_bytes_hurt_nothing(content: bytes) -> None:
    """What is left of a broken file is read; what is no id in it is junk."""
    read(next(iter(columns_of("a.csv", content).values.values())))


TABLES = st.lists(
    st.tuples(st.integers(10**10, MAX_ID), st.text(st.characters(codec="utf-8"), max_size=12)),
    min_size=1,
    max_size=20,
)


@given(
    rows=TABLES,
    separator=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv_module.QUOTE_MINIMAL, csv_module.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(max_examples=60)
def test_what_a_program_writes_is_read(
    rows: list[tuple[int, str]], separator: str, quoting: Any, end: str, encoding: str
) -> None:
    """Whatever text stands beside them: all ids come, from CSV, JSON lines and Parquet."""
    rows = [(one, text.replace("\0", "")) for one, text in rows]
    ids = tuple(dict.fromkeys(str(one) for one, _ in rows))
    sheet = io.StringIO(newline="")
    writer = csv_module.writer(sheet, delimiter=separator, quoting=quoting, lineterminator=end)
    writer.writerows([("text", "tweet_id"), *((text, one) for one, text in rows)])
    dicts = [{"text": text, "tweet_id": one} for one, text in rows]
    lines = end.join(json.dumps(one, ensure_ascii=False) for one in dicts)
    table = parquet(text=[text for _, text in rows], tweet_id=[one for one, _ in rows])
    for name, content in (
        ("a.csv", sheet.getvalue().encode(encoding)),
        ("a.jsonl", lines.encode()),
        ("a.parquet", table),
    ):
        assert ids_in(columns_of(name, content)) == ids, name


def test_a_guess_prefers_a_known_name_to_long_numbers() -> None:
    """And the least deep of those of the same name; without any name, the most ids."""
    assert guess({"n": IDS, "status_id": ["20"]}) == "status_id"
    assert guess({"a.b.id": IDS, "a.id": IDS}) == "a.id"
    assert guess({"a": ["1"], "b": IDS}) == "b"
    assert guess({"a": []}) == "a"
    assert guess({"n": [1, 2], "tweet": [2.06e18, None]}) == "tweet"
    assert guess({"id": [1, 2], "tweet": [2.06e18, 2.07e18]}) == "tweet"
    assert guess({"n": ["1", "2"], "what": ["2.06E+18", "2,06E+18"]}) == "what"
    assert guess({"id": ["20"], "money": [0.5, 7.0]}) == "id"
    assert guess({"rounded": [2.06e18] * 3, "whole": [*IDS[:2], ""]}) == "whole"


@pytest.mark.parametrize("column", [None, "tweet_id"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", csv("text,tweet_id", *(f"hello,{one}" for one in [*IDS, IDS[0], ""]))),
        ("a.parquet", parquet(text=["x"] * 4, tweet_id=[*map(int, IDS), None])),
        ("a.jsonl", "\n".join(json.dumps({"tweet_id": one}) for one in IDS).encode()),
    ],
)
def test_ids_of_a_file(tmp_path: Path, name: str, content: bytes, column: str | None) -> None:
    """Each id once, in the order of the file; empty cells are no ids, and no problem."""
    (tmp_path / name).write_bytes(content)
    assert read_ids(tmp_path / name, column) == IDS
    assert read_ids(str(tmp_path / name), column) == IDS


def test_what_is_no_id_is_refused_with_the_column(tmp_path: Path) -> None:
    """Rounded ids are never passed over; the message names the column and the others."""
    (tmp_path / "a.csv").write_bytes(csv("n,tweet_id", f"1,{IDS[0]}", "2,2.06138E+18"))
    with pytest.raises(QueryError, match=r"rounded.*column 'tweet_id' of a\.csv\. Others: n\."):
        read_ids(tmp_path / "a.csv")
    with pytest.raises(QueryError, match=r"no column of a\.csv; allowed: n, tweet_id"):
        read_ids(tmp_path / "a.csv", "id")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is said in words."""
    with pytest.raises(
        EngagementError, match=rf"none\.csv can't be read: {os.strerror(errno.ENOENT)}"
    ):
        read_ids(tmp_path / "none.csv")


def test_empty_lines_of_jsonl_part_nothing() -> None:
    """What comes after them is read, too."""
    found = columns_of("a.jsonl", b'{"tweet_id": "20"}\n\n  \n{"tweet_id": "21"}\n')
    assert ids_in(found) == ("20", "21")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl"])
def test_encodings_that_windows_writes_are_read(encoding: str, name: str) -> None:
    """Also without a mark: every other byte is a zero."""
    assert ids_in(columns_of(name, "\r\n".join(IDS).encode(encoding))) == tuple(IDS)
