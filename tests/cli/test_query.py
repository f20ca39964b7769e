"""The command ``query`` writes what Query.save writes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.cli import main
from engagement_kit.emulator import World

IDS = World().sample_ids("acme", 150, before=datetime(2026, 6, 1, tzinfo=UTC))
PERIODS: dict[str, tuple[list[str], Any]] = {
    "last": (["--last", "28d"], ek.last(days=28)),
    "last hours": (["--last", "48h"], ek.last(hours=48)),
    "first": (["--first", "1w"], ek.first(days=7)),
    "between": (["--between", "2026-05-01", "2026-06-01"], ek.between("2026-05-01", "2026-06-01")),
    "none": ([], None),
}


def run(*arguments: object, typed: str | None = None) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["query", *map(str, arguments)], input=typed)


@settings(max_examples=30)  # each runs a command on shared cores
@given(
    count=st.integers(1, 150),
    metrics=st.none() | st.sets(st.sampled_from(["impressions", "Likes", "retweets"]), min_size=1),
    by=st.sampled_from([None, "hour", "day", "hour_of_day", "total"]),
    period=st.sampled_from(sorted(PERIODS)),
    owner=st.sampled_from([None, "@acme"]),
)
def test_options_are_the_arguments(
    count: int, metrics: set[str] | None, by: Any, period: str, owner: str | None
) -> None:
    """Whatever is asked of history: the file is the one that the notebook saves."""
    typed, span = PERIODS[period]
    made = ek.Query(
        "historical",
        IDS[:count],
        None if metrics is None else sorted(metrics),
        by=by,
        period=span,
        owners=owner,
    )
    options = [*typed]
    options += [] if metrics is None else ["--metrics", ",".join(sorted(metrics))]
    options += [] if by is None else ["--by", by]
    options += [] if owner is None else ["--owner", owner]
    with TemporaryDirectory() as folder:
        file, kept = Path(folder) / "a" / "q.yaml", Path(folder) / "b" / "q.yaml"
        for one in (file, kept):
            one.parent.mkdir()
        ids = Path(folder) / "ids.txt"
        ids.write_text("\n".join(IDS[:count]), encoding="utf-8")
        done = run("--ids", ids, "--endpoint", "historical", *options, "-o", file)
        assert done.exit_code == 0, done.output
        made.save(kept)
        assert {one.name: one.read_bytes() for one in file.parent.iterdir()} == {
            one.name: one.read_bytes() for one in kept.parent.iterdir()
        }


def test_from_stdin_to_stdout() -> None:
    """A pipe into plan needs no file; how a word was understood is said beside."""
    done = run("--ids", "-", "--endpoint", "totals", "--metrics", "likes", typed="\n".join(IDS[:2]))
    assert done.stdout == ek.Query("totals", IDS[:2], ["favorites"]).to_yaml()
    assert done.stderr == "'likes' was understood as favorites\n"


def test_raw_groupings() -> None:
    """Several, each with its levels."""
    typed = ["--grouping", "a=tweet.id,engagement.type", "--grouping", "b=engagement.type"]
    done = run("--ids", "-", "--endpoint", "totals", *typed, typed=IDS[0])
    groupings = {"a": ["tweet.id", "engagement.type"], "b": ["engagement.type"]}
    assert done.stdout == ek.Query("totals", IDS[0], groupings=groupings).to_yaml()


def test_for_a_machine(tmp_path: Path) -> None:
    """The query itself, or where it is."""
    query = ek.Query("28hr", IDS[:2], ["likes"])
    typed = ["--ids", "-", "--endpoint", "28hr", "--metrics", "likes", "--json"]
    said = json.loads(run(*typed, typed=" ".join(IDS[:2])).stdout)
    assert said == {
        "query_key": query.key,
        "tweets": 2,
        "notes": ["'likes' was understood as favorites"],
        "query": query.to_dict(),
    }
    file = tmp_path / "q.yaml"
    said = json.loads(run(*typed, "-o", file, typed=" ".join(IDS[:2])).stdout)
    assert said["file"] == str(file)
    assert ek.Query.load(file) == query


def test_tweets_of_the_emulator(tmp_path: Path) -> None:
    """For who has no ids at hand: those that ek.sample_ids gives."""
    at = "2026-06-01T12:00Z"
    emulated = ["--sample", 7, "--emulator", "--clock", at]
    done = run(*emulated, "--endpoint", "totals", "-o", tmp_path / "q.yaml")
    assert done.exit_code == 0, done.output
    with ek.connect("emulator", clock=at) as client:
        assert ek.Query.load(tmp_path / "q.yaml").tweet_ids == tuple(ek.sample_ids(client, 7))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give --ids FILE, or --sample N"),
        (["--ids", "-", "--sample", "3", "--emulator"], "give --ids FILE, or --sample N"),
        (["--sample", "3"], "go together"),
        (["--ids", "-", "--emulator"], "go together"),
        (["--ids", "-", "--last", "28d", "--first", "7d"], "one period"),
        (["--ids", "-", "--last", "90m"], "counts whole hours; allowed: a whole number and h, d"),
        (["--ids", "-", "--last", "60"], "allowed: a whole number and h, d or w, as in 48h or 28d"),
        (["--ids", "-", "--last", "0h"], "counts whole hours"),
        (["--ids", "-", "--last", "36h"], "Use --by hour (hourly)"),
        (["--ids", "-", "--between", "01.05.2026", "2026-06-01"], "'01.05.2026' is no moment; a"),
        (["--ids", "-", "--last", "soon"], "--last is 'soon'"),
        (["--ids", "-", "--between", "now", "then"], "period"),
        (["--ids", "-", "--grouping", "a"], "has no levels"),
        (["--ids", "-", "--metrics", "applause"], "'applause': no such metric"),
    ],
)
def test_what_means_nothing_is_refused(arguments: list[str], said: str) -> None:
    """With 2, in words."""
    done = run(*arguments, "--endpoint", "historical", typed="20")
    assert (done.exit_code, said in done.stderr) == (2, True), done.output


def test_a_file_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    """Without a traceback."""
    done = run("--ids", "-", "--endpoint", "totals", "-o", tmp_path / "no" / "q.yaml", typed=IDS[0])
    assert (done.exit_code, "can't be written" in done.stderr) == (2, True)


TWO = ("2061384949969226276", "2061352378334009885")


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("ids.csv", f"tweet_id,text\n{TWO[0]},hello\n{TWO[1]},x\n", []),
        ("ids.csv", f"a,b\n{TWO[0]},{TWO[1]}\n{TWO[1]},{TWO[0]}\n", ["--column", "a"]),
        ("ids.jsonl", "".join(f'{{"id": "{one}", "n": 1}}\n' for one in TWO), []),
        ("ids.txt", "\n".join(TWO), []),
        ("ids", ", ".join(TWO), []),
    ],
)
def test_ids_of_any_file(tmp_path: Path, name: str, text: str, options: list[str]) -> None:
    """A table's column of ids is found, or named; any other file is text."""
    (tmp_path / name).write_text(text)
    arguments = ["--ids", str(tmp_path / name), *options, "--endpoint", "totals"]
    ended = CliRunner().invoke(main, ["query", *arguments])
    assert ended.exit_code == 0, ended.output
    assert yaml.safe_load(ended.stdout)["tweet_ids"] == [*TWO]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ids", "ids.csv", "--column", "nope"], "no column of ids.csv; allowed: tweet_id, text"),
        (["--ids", "ids.csv", "--column", "text"], "read from the column 'text' of ids.csv"),
        (["--ids", "-", "--column", "text"], "--column goes with a file"),
        (["--sample", "3", "--emulator", "--column", "text"], "--column goes with --ids"),
    ],
)
def test_a_wrong_column_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    """With the columns that there are; nothing is written."""
    monkeypatch.chdir(tmp_path)
    Path("ids.csv").write_text(f"tweet_id,text\n{TWO[0]},hello\n")
    ended = CliRunner().invoke(main, ["query", *options, "--endpoint", "totals", "-o", "q.yaml"])
    assert (ended.exit_code, Path("q.yaml").exists()) == (2, False)
    assert said in ended.stderr


def test_who_wrote_which_tweet_is_read_from_a_file(tmp_path: Path) -> None:
    """The file of the ids may have it; the query is the one that a notebook saves."""
    table = tmp_path / "tweets.csv"
    table.write_text(f"tweet_id,likes,author\n{TWO[0]},3,acme\n{TWO[1]},4,@birch\n")
    done = run("--ids", table, "--owners", table, "--endpoint", "totals", "--metrics", "likes")
    owners = {TWO[0]: "acme", TWO[1]: "birch"}
    assert done.stdout == ek.Query("totals", [*TWO], ["favorites"], owners=owners).to_yaml()
    both = run("--ids", table, "--owners", table, "--owner", "acme", "--endpoint", "totals")
    assert (both.exit_code, "give one of them" in both.stderr) == (2, True)
    table.write_text(f"tweet_id,a,b\n{TWO[0]},1,2\n")
    wrong = run("--ids", table, "--owners", table, "--endpoint", "totals")
    assert (wrong.exit_code, "Call that column owner." in wrong.stderr) == (2, True)


def test_a_column_of_short_numbers_is_noted() -> None:
    """Likes in the place of ids: it is asked whether they are meant, and nothing is refused."""
    done = run("--ids", "-", "--endpoint", "totals", "--metrics", "favorites", typed="5\n6\n7\n")
    assert done.exit_code == 0
    said = "3 of 3 ids have 8 digits at most, as tweets before June 2007 have"
    assert done.stderr == f"{said}: is it the right column?\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_ids_in_the_encodings_of_windows(tmp_path: Path, encoding: str) -> None:
    """From a file of any ending, and from stdin: as PowerShell writes them."""
    text = "\r\n".join(TWO).encode(encoding)
    for name in ("ids.txt", "ids"):
        (tmp_path / name).write_bytes(text)
    query = ["query", "--endpoint", "totals", "--metrics", "favorites", "--ids"]
    found = [
        CliRunner().invoke(main, [*query, str(tmp_path / "ids.txt")]),
        CliRunner().invoke(main, [*query, str(tmp_path / "ids")]),
        CliRunner().invoke(main, [*query, "-"], input=text),
    ]
    for done in found:
        assert done.exit_code == 0, done.output
        assert yaml.safe_load(done.stdout)["tweet_ids"] == [*TWO]
