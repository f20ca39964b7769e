"""Queries are written to files and read again, the same; what is no query says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.question.query_files import INLINE_IDS, members_of


@pytest.mark.parametrize("many", [1, 100, 101])
def test_what_save_would_write_is_what_it_writes(many: int, tmp_path: Path) -> None:
    """The YAML, and beyond 100 ids the file that it names."""
    query = ek.Query("totals", [str(1000 + n) for n in range(many)], ["replies"])
    text, files = query.to_files("q.yaml")
    query.save(tmp_path / "q.yaml")
    written = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    assert written == {"q.yaml": text.encode(), **files}
    assert len(files) == (many > 100)


@pytest.mark.parametrize(
    "name", ["a\x85", "a\u2028b", "\u2029b", "é", "a\n", " x ", "🐦", "\x7f\x00"]
)
def test_odd_names_survive_saving(tmp_path: Path, name: str) -> None:
    """Line ends of Unicode among them, which YAML reads as blanks where they stand as they are."""
    query = ek.Query("totals", "20", ["replies"], groupings={name: ["tweet.id"]})
    assert ek.Query.load(query.save(tmp_path / "q.yaml")) == query


def test_unknown_members_of_a_file_are_refused() -> None:
    """A misspelt member is no silent default."""
    with pytest.raises(ek.errors.QueryError, match="Did you mean metrics"):
        ek.Query.from_dict({"endpoint": "totals", "tweet_ids": ["2000"], "metric": ["replies"]})


def test_a_file_of_json_is_read_as_one_of_yaml(tmp_path: Path) -> None:
    """By the end of its name; YAML in it is no JSON."""
    query = ek.Query("28hr", ["20", "21"], ["replies"])
    path = tmp_path / "q.json"
    path.write_text(json.dumps(query.to_dict()))
    assert ek.Query.load(path) == query
    path.write_text(query.to_yaml())
    with pytest.raises(ek.errors.QueryError, match=r"file: .*q\.json: can't be read"):
        ek.Query.load(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't be read"), (b"\xff\xfe\x00", "can't be read"), (b"a: [", "can't be read"),
        (b"- totals\n", "holds no query"), (b"", "holds no query"),
    ],
)  # fmt: skip
def test_what_is_no_query_names_its_file(tmp_path: Path, content: bytes | None, said: str) -> None:
    """A file that is not there, is no text, no YAML, or no mapping."""
    path = tmp_path / "q.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ek.errors.QueryError) as caught:
        ek.Query.load(path)
    (problem,) = caught.value.problems
    assert (problem.field, problem.value) == ("file", str(path))
    assert problem.why.startswith(said)


def test_ids_beside_a_query_are_those_that_were_saved(tmp_path: Path) -> None:
    """Another folder's file does not serve, nor one that is gone, nor one without a hash."""
    ids = [str(1000 + n) for n in range(INLINE_IDS + 1)]
    path = ek.Query("totals", ids, ["replies"]).save(tmp_path / "q.yaml")
    beside = tmp_path / "q.ids.txt"
    assert ek.Query.load(path).tweet_ids == tuple(ids)
    assert beside.read_bytes() == "".join(f"{one}\n" for one in ids).encode()
    text = path.read_text()
    path.write_text(text.replace("sha256:", "sha512:"))
    with pytest.raises(ek.errors.QueryError, match="was changed since the query was saved"):
        ek.Query.load(path)
    beside.unlink()
    with pytest.raises(ek.errors.QueryError, match="ids can't be read") as caught:
        ek.Query.from_text(text, path)
    assert caught.value.problems[0].value == str(beside)


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({}, ["endpoint", "tweet_ids"]),
        ({"tweet_ids": ["20"], "by": "day"}, ["endpoint"]),
        ({"endpoint": "totals", "tweet_ids": ["20"], "period": {"last": -3}}, ["period"]),
        ({"endpoint": "totals", "tweet_ids": ["20"], "period": None}, []),
    ],
)
def test_all_that_is_wrong_with_members_is_told(data: dict[str, Any], fields: list[str]) -> None:
    """Those that are missing, those that nobody knows, and a period that is none."""
    values, problems = members_of(data)
    assert [one.field for one in problems] == fields
    assert values == {name: one for name, one in data.items() if name not in fields}


def test_yaml_of_a_query_reads_as_it_is_written() -> None:
    """Its members in the order of a question, and letters as they are, where YAML takes them."""
    plain = ek.Query("totals", "20", ["replies"], groupings={"Straße": ["tweet.id"]})
    text = plain.to_yaml()
    members = [line.partition(":")[0] for line in text.splitlines() if line[0].isalpha()]
    assert members == [*plain.to_dict()]
    assert members[0] == "endpoint"
    assert "Straße" in text
    odd = ek.Query("totals", "20", ["replies"], groupings={"a\u2028": ["tweet.id"]}).to_yaml()
    assert [line.partition(":")[0] for line in odd.splitlines() if line[0].isalpha()] == members


def test_ids_that_were_changed_since_are_told_with_what_to_do(tmp_path: Path) -> None:
    """By the file that they are in."""
    query = ek.Query("totals", [str(1000 + n) for n in range(INLINE_IDS + 1)], ["replies"])
    path = query.save(tmp_path / "q.yaml")
    (beside,) = (one for one in tmp_path.iterdir() if one != path)
    beside.write_text(beside.read_text() + "9999\n")
    with pytest.raises(ek.errors.QueryError) as caught:
        ek.Query.load(path)
    (problem,) = caught.value.problems
    assert (problem.field, problem.value) == ("tweet_ids", str(beside))
    assert "changed since" in problem.why
    assert problem.hint == "Save the query again, or write the new hash into it."
