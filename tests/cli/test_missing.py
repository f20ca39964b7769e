"""``receipt --missing`` lists what has no count, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import engagement_kit as ek
from engagement_kit.cli import main
from engagement_kit.emulator import World
from engagement_kit.question.tweet_ids import created_at

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
NEW = World().sample_ids("acme", 3, before=AT - timedelta(days=20))
GONE = World().sample_ids("acme", 1, before=AT, kind="unavailable")


def run(*arguments: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["receipt", *map(str, arguments)])


@pytest.fixture
def result(tmp_path: Path) -> ek.Result:
    """Ask for days, of which one tweet has none, and another is gone."""
    period = ek.between("2026-05-20", "2026-06-02")
    query = ek.Query("historical", [*NEW, *GONE], ["impressions", "favorites"], period=period)
    with ek.connect("emulator", clock=AT, store=tmp_path / "raw") as client:
        return client.run(query, progress=False)


def test_each_reason_has_the_tweets_below_it(result: ek.Result) -> None:
    """What the plan knew is said in its words; metrics of the same span stand in one line."""
    said = run(result.store.folder, "--missing").stdout.splitlines()
    assert "out_of_range: not over yet when asked" in said
    assert "unavailable: the tweet is deleted, protected, or was never there" in said
    span = "2026-06-01 00:00 to 2026-06-02 00:00"
    assert [one for one in said if one == f"  {NEW[0]}  {span}  impressions, favorites"]
    assert [one for one in said if one.startswith(f"  {GONE[0]}  ")]
    assert not [one for one in said if one.startswith("Receipt")]


def test_a_machine_gets_all_of_them(result: ek.Result, tmp_path: Path) -> None:
    """The rows of result.missing, with the reason; also as a file."""
    out = tmp_path / "new" / "missing.csv"
    done = run(result.store.folder, "--missing", "--missing-csv", out, "--json")
    said = json.loads(done.stdout)
    lost = result.missing
    assert len(said["missing"]) == len(lost) > 0
    assert [one["tweet_id"] for one in said["missing"]] == list(lost["tweet_id"])
    assert set(said["missing"][0]) == {"tweet_id", "metric", "start", "end", "status", "why"}
    assert all(one["why"] for one in said["missing"])
    file = pd.read_csv(out, dtype={"tweet_id": "str"})
    assert list(file["status"]) == list(lost["status"])
    assert said["missing_csv"] == str(out)


def test_the_file_alone_leaves_the_receipt(result: ek.Result, tmp_path: Path) -> None:
    """And says how many there are."""
    out = tmp_path / "m.csv"
    done = run(result.store.folder, "--missing-csv", out)
    assert done.stdout.startswith("Receipt")
    assert done.stdout.endswith(f"{len(result.missing)} rows of what is missing in {out}\n")


def test_lifetime_counts_have_no_span_and_many_lines_are_cut(tmp_path: Path) -> None:
    """What is left out is counted, with where all of it is."""
    ids = World().sample_ids("acme", 30, before=AT - timedelta(days=200))
    with ek.connect("emulator", clock=AT, store=tmp_path / "raw") as client:
        client.run(ek.Query("totals", ids, ["impressions"]), progress=False)
    said = run(tmp_path / "raw", "--missing").stdout.splitlines()
    assert said[1] == f"  {ids[0]}  since {created_at(ids[0]):%Y-%m-%d %H:%M}  impressions"
    assert said[-1] == "  and 10 lines more; --missing-csv FILE writes all of them"
    assert len(said) == 22
    old = run(tmp_path / "raw", "--missing", "--json")
    assert {one["end"] for one in json.loads(old.stdout)["missing"]} == {None}


def test_where_nothing_is_missing_it_is_said(tmp_path: Path) -> None:
    """In a sentence; a machine gets an empty list."""
    with ek.connect("emulator", clock=AT, store=tmp_path / "raw") as client:
        client.run(ek.Query("totals", NEW, ["favorites"]), progress=False)
    assert run(tmp_path / "raw", "--missing").stdout == "Nothing is missing.\n"
    assert json.loads(run(tmp_path / "raw", "--missing", "--json").stdout)["missing"] == []


def test_before_history_begins_the_date_is_said(tmp_path: Path) -> None:
    """Since when there is history, in the plan and in the list; what came later can be had."""
    period = ek.between("2014-08-01", "2014-10-01")
    tweet = World().sample_ids("acme", 1, before=datetime(2014, 7, 1, tzinfo=UTC))
    query = ek.Query("historical", tweet or ["400000000000000000"], ["impressions"], period=period)
    with ek.connect("emulator", clock=AT, store=tmp_path / "raw") as client:
        assert "what was before 2014-09-01: historical begins there" in repr(client.plan(query))
        result = client.run(query, progress=False)
    said = run(tmp_path / "raw", "--missing").stdout
    assert "out_of_range: what was before 2014-09-01: historical begins there" in said
    assert "2014-08-01 00:00 to 2014-09-01 00:00" in said
    assert len(result.table()) == 1 + 30


def test_a_paragraph_and_a_list_do_not_go_together(result: ek.Result) -> None:
    """One of them is printed."""
    assert run(result.store.folder, "--missing", "--methods").exit_code == 2


def test_tweets_created_after_the_period_stand_last(tmp_path: Path) -> None:
    """Nothing is missing of them, and that is said: in the list, in the file, and of the file."""
    late = [one for one in World().sample_ids("acme", 60, before=AT) if _is_of_may_end(one)][:2]
    period = ek.between("2026-05-01", "2026-05-20")
    query = ek.Query("historical", [*late, *GONE], ["favorites"], period=period)
    with ek.connect("emulator", clock=AT, store=tmp_path / "raw") as client:
        client.run(query, progress=False)
    out = tmp_path / "m.csv"
    done = run(tmp_path / "raw", "--missing", "--missing-csv", out)
    said = done.stdout.splitlines()
    heads = [one for one in said[:-1] if not one.startswith("  ")]
    assert heads == [
        "unavailable: the tweet is deleted, protected, or was never there",
        "Nothing is missing of these (out_of_range): the tweet was created after the period",
    ]
    assert [one.split()[0] for one in said[-3:-1]] == late
    file = pd.read_csv(out, dtype={"tweet_id": "str"})
    nothing = file["why"].str.endswith("there is nothing to count, and nothing is missing")
    assert set(file["tweet_id"][nothing]) == {*late}
    rows = f"{(~nothing).sum()} rows of what is missing, and 2 of tweets with nothing to count,"
    assert said[-1] == f"{rows} in {out}"


def _is_of_may_end(tweet_id: str) -> bool:
    return created_at(tweet_id) > datetime(2026, 5, 21, tzinfo=UTC)
