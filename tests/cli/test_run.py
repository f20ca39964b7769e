"""A saved query by plan, run, receipt and export gives what a notebook's calls give."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

import engagement_kit as ek
from engagement_kit.cli import main
from engagement_kit.cli.reading import as_typed
from engagement_kit.cli.run import plan_data
from engagement_kit.emulator import World
from engagement_kit.tables import parquet
from engagement_kit.tables.handoff import CSV_MOMENT

AT = "2026-06-01T12:34Z"
NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
EMULATED = ["--emulator", "--clock", AT]
ACME, BIRCH, CEDAR = (one.name for one in World().accounts)


def ids(account: str, count: int, kind: Any = "own", days: int = 3) -> list[str]:
    """Name tweets of an account that are some days old."""
    return World().sample_ids(account, count, before=NOW - timedelta(days=days), kind=kind)


MINE, HERS, GONE = ids(ACME, 4), ids(BIRCH, 3), ids(ACME, 1, "unavailable")
OWNED = {**dict.fromkeys(MINE, ACME), **dict.fromkeys(HERS, BIRCH), ids(CEDAR, 1)[0]: CEDAR}
BOTH = ["impressions", "favorites"]
DAILY = {"by_day": ["tweet.id", "engagement.type", "engagement.day"], "sum": ["engagement.type"]}
QUERIES = {
    "totals": ek.Query("totals", [*MINE, *GONE], BOTH),
    "totals of many": ek.Query("totals", ids(ACME, 300), ["favorites"]),
    "28 hours": ek.Query("28hr", MINE, BOTH),
    "history by day": ek.Query("historical", MINE, BOTH, period=ek.last(days=40)),
    "history by hour": ek.Query("historical", MINE, BOTH, by="hour", period=ek.first(days=2)),
    "history by hour of day": ek.Query("historical", MINE, ["replies"], by="hour_of_day"),
    "a month": ek.Query("historical", MINE, period=ek.between("2026-05-01", "2026-06-01")),
    "groupings": ek.Query("historical", MINE, BOTH, groupings=DAILY),
    "groupings of many": ek.Query("historical", ids(ACME, 40), BOTH, groupings=DAILY),
    "an owner": ek.Query("28hr", HERS, BOTH, owners=BIRCH),
    "several accounts": ek.Query("totals", [*OWNED], BOTH, owners=OWNED),
    "history of several accounts": ek.Query("historical", [*OWNED], BOTH, owners=OWNED),
}
each_query = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)


def run(*arguments: object, typed: str | None = None) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, [str(one) for one in arguments], input=typed)


def given(*arguments: object, code: int = 0) -> Any:
    """Run a command for a machine, and read its object."""
    done = run(*arguments, "--json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def written(saved: Any) -> Any:
    """Give plain data as JSON would."""
    from engagement_kit.question.hours import iso

    return json.loads(json.dumps(saved, default=iso))


def took(receipt: dict[str, Any]) -> float:
    """Take the seconds of waiting out of a receipt: they are real, and differ."""
    return float(receipt.pop("waited_seconds"))


@each_query
@pytest.mark.filterwarnings("ignore::engagement_kit.errors.MissingNumbers")
def test_a_file_gives_what_the_notebook_gives(query: ek.Query, tmp_path: Path) -> None:
    """The same plan, the same receipt, and the same tables in all columns."""
    file, store = query.save(tmp_path / "q.yaml"), tmp_path / "raw"
    with ek.connect("emulator", clock=AT, store=tmp_path / "notebook", threads=1) as client:
        made = client.plan(query)
        assert as_typed(repr(made)) in run("plan", file, "--store", store, *EMULATED).stdout
        said = given("plan", file, "--store", store, *EMULATED)["plan"]
        assert said == written(plan_data(made))
        assert said["requests"] == len(made) > 0
        result = client.run(query, progress=False)
    assert not list((store / "answers").glob("*/*")), "a plan sends nothing"
    out = tmp_path / "out.parquet"
    done = given("run", file, "--store", store, "--out", out, "--threads", 1, *EMULATED)
    assert took(done["receipt"]) >= 0 <= took(receipt := written(result.receipt.to_dict()))
    assert done["receipt"] == receipt
    assert done["files"] == [{"file": str(out), "rows": len(result.to_pandas())}]
    kept = result.to_parquet(tmp_path / "kept.parquet")
    assert pq.read_table(out).equals(pq.read_table(kept))
    assert parquet.read_about(out) == parquet.read_about(kept)
    assert out.read_bytes() == kept.read_bytes()
    offline = given("receipt", store, file)["receipt"]
    assert took(offline) >= 0
    assert offline == receipt
    for which in result.tables:
        run("export", store, file, tmp_path / "a.csv", "--which", which)
        other = result.to_csv(tmp_path / "b.csv", which)
        assert (tmp_path / "a.csv").read_bytes() == other.read_bytes()


def test_a_process_of_its_own_gives_the_same(tmp_path: Path) -> None:
    """As in a shell; the receipt is all that is on stdout, and a second run sends nothing."""
    query = QUERIES["history by day"]
    file, out = query.save(tmp_path / "q.yaml"), tmp_path / "new" / "out.parquet"
    command = [sys.executable, "-m", "engagement_kit.cli", "run", file, "--store", tmp_path / "raw"]
    done = subprocess.run(
        [*command, *EMULATED, "--out", out], capture_output=True, text=True, check=True
    )
    with ek.connect("emulator", clock=AT, store=tmp_path / "notebook") as client:
        result = client.run(query, progress=False)
    assert done.stdout == f"{result.receipt.to_text()}\n{len(result.to_pandas()):,} rows in {out}\n"
    assert done.stderr == "EMULATOR: the numbers are invented.\n"
    assert pq.read_table(out).equals(result.to_arrow())
    assert "0 planned, 0 sent" in run("run", file, "--store", tmp_path / "raw", *EMULATED).stdout


def test_a_query_comes_from_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its ids in it, or in a file of this folder that it names."""
    query = QUERIES["totals"]
    done = run("plan", "-", "--store", tmp_path / "raw", *EMULATED, typed=query.to_yaml())
    assert "question: totals, 5 tweets" in done.stdout
    file = QUERIES["totals of many"].save(tmp_path / "q.yaml")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    missing = run("plan", "-", "--store", "raw", *EMULATED, typed=file.read_text())
    assert (missing.exit_code, "q.ids.txt" in missing.stderr) == (2, True)
    monkeypatch.chdir(tmp_path)
    there = run("plan", "-", "--store", "raw", *EMULATED, typed=file.read_text())
    assert "question: totals, 300 tweets" in there.stdout


OPTIONS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "--max-age": (["--max-age", "6h"], {"max_age": timedelta(hours=6)}),
    "--settle": (["--settle", "3d"], {"settle": timedelta(days=3)}),
    "--settle of one": (
        ["--settle", "favorites=1d"],
        {"settle": {"favorites": timedelta(days=1)}},
    ),
    "--order": (["--order", "deadline"], {"order": "deadline"}),
    "--no-resume": (["--no-resume"], {"resume": False}),
    "--max-requests": (["--max-requests", "9"], {"max_requests": 9}),
}
CONNECTION: dict[str, tuple[list[str], dict[str, Any]]] = {
    "--profile": (["--profile", "overview"], {"profile": "overview"}),
    "--per-minute": (["--per-minute", "30"], {"per_minute": 30}),
    "--contracted": (["--contracted", "2"], {"contracted": 2}),
    "--account": (["--account", "birch"], {"account": "birch"}),
}


@pytest.mark.parametrize(("typed", "rules"), OPTIONS.values(), ids=OPTIONS)
def test_rules_reach_the_plan(typed: list[str], rules: dict[str, Any], tmp_path: Path) -> None:
    """By the names that they have in the notebook; some hours after a first run."""
    query = ek.Query("historical", MINE, BOTH, period=ek.last(days=20))
    store, later = tmp_path / "raw", NOW + timedelta(hours=5)
    with ek.connect("emulator", clock=NOW, store=store) as client:
        client.run(query, progress=False)
    with ek.connect("emulator", clock=later, store=store) as client:
        made = client.plan(query, **rules)
    clock = ["--emulator", "--clock", later.isoformat()]
    file = query.save(tmp_path / "q.yaml")
    assert f"{as_typed(repr(made))}\n" == run("plan", file, "--store", store, *clock, *typed).stdout
    done = run("run", file, "--store", store, *clock, *typed)
    assert f"requests: {len(made)} planned" in done.stdout


@pytest.mark.parametrize(("typed", "options"), CONNECTION.values(), ids=CONNECTION)
def test_the_connection_is_as_asked(
    typed: list[str], options: dict[str, Any], tmp_path: Path
) -> None:
    """By the names of ek.connect."""
    query = ek.Query("historical", MINE, BOTH, period=ek.last(days=20))
    with ek.connect("emulator", clock=AT, store=tmp_path / "raw", **options) as client:
        made = client.plan(query)
    file = query.save(tmp_path / "q.yaml")
    done = run("plan", file, "--store", tmp_path / "raw", *EMULATED, *typed)
    assert done.stdout == f"{as_typed(repr(made))}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--max-age", "soon"], 2, "--max-age is 'soon'; allowed"),
        (["--settle", "learnt"], 2, "--settle is 'learnt'; allowed"),
        (["--order", "size"], 2, "'size' is not"),
        (["--max-requests", "0"], 2, "--max-requests allows 0"),
        (["--out", "table.xlsx"], 2, "does not end in .parquet or .csv"),
        (["--base-url", "http://localhost:1"], 2, "an emulator has its own"),
        (["--overage", "stop"], 2, "needs the contract's number of accounts"),
        (["--account", "nobody"], 3, "nobody"),
    ],
)
def test_what_is_wrong_ends_before_anything_is_sent(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    """In words, with the code that says whose fault it is."""
    file = QUERIES["totals"].save(tmp_path / "q.yaml")
    done = run("run", file, "--store", tmp_path / "raw", *EMULATED, *arguments)
    assert (done.exit_code, said in done.stderr) == (code, True), done.output
    assert not list((tmp_path / "raw" / "answers").glob("*/*"))


def test_without_keys_the_emulator_is_named(tmp_path: Path) -> None:
    """Who has no contract learns how to try; the clock alone means nothing."""
    file = QUERIES["totals"].save(tmp_path / "q.yaml")
    done = run("run", file, "--store", tmp_path / "raw")
    assert (done.exit_code, "--emulator" in done.stderr) == (3, True)
    clock = run("run", file, "--store", tmp_path / "raw", "--clock", AT)
    assert (clock.exit_code, "only for the emulator" in clock.stderr) == (2, True)


def test_tables_are_exported_as_the_notebook_does(tmp_path: Path) -> None:
    """As of a moment, with the history, wide, and to stdout."""
    query, store = ek.Query("totals", MINE, BOTH), tmp_path / "raw"
    file = query.save(tmp_path / "q.yaml")
    with ek.connect("emulator", clock=NOW, store=store) as client:
        client.run(query, progress=False)
        client.emulator.clock.travel(timedelta(hours=6))
        result = client.run(query, progress=False)
    for name, options in (("then", {"as_of": NOW}), ("all", {"history": True})):
        typed = ["--as-of", NOW.isoformat()] if name == "then" else ["--history"]
        done = run("export", store, file, tmp_path / f"{name}.parquet", *typed)
        assert done.exit_code == 0, done.output
        kept = result.to_parquet(tmp_path / "kept.parquet", **options)
        assert (tmp_path / f"{name}.parquet").read_bytes() == kept.read_bytes()
    assert run("export", store, "-").stdout == result.to_csv(tmp_path / "c.csv").read_text()
    for kind in ("csv", "parquet"):
        run("export", store, tmp_path / f"wide.{kind}", "--wide")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "wide.parquet"), result.wide())
    assert parquet.read_about(tmp_path / "wide.parquet")["source"] == "emulator"
    spelt = result.wide().to_csv(date_format=CSV_MOMENT)
    assert (tmp_path / "wide.csv").read_text() == spelt
    assert run("export", store, "-", "--wide").stdout == spelt


def test_moments_are_spelt_alike_in_each_csv(tmp_path: Path) -> None:
    """Tables, wide ones, and lists can be joined by text."""
    period, store = ek.between("2026-05-25", "2026-05-31"), tmp_path / "raw"
    query = ek.Query("historical", [*MINE, "20"], ["favorites"], by="day", period=period)
    with ek.connect("emulator", clock=NOW, store=store) as client:
        client.run(query, progress=False)
    run("export", store, tmp_path / "tidy.csv")
    run("export", store, tmp_path / "wide.csv", "--wide")
    run("receipt", store, "--missing-csv", tmp_path / "missing.csv")
    (tmp_path / "ids.txt").write_text("\n".join(MINE), encoding="utf-8")
    soon = ["--ids", tmp_path / "ids.txt", "--now", AT, "--within", "90d"]
    run("expiring", *soon, "--csv", tmp_path / "expiring.csv")
    names = {"tidy": "start", "wide": "start", "missing": "start", "expiring": "deadline"}
    for file, name in names.items():
        found = pd.read_csv(tmp_path / f"{file}.csv", dtype="str")[name].dropna()
        assert len(found), file
        assert found.str.fullmatch(r"202\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z").all(), found


def test_a_purge_finds_what_was_exported(tmp_path: Path) -> None:
    """Wide files, too: no purged id is left in them, nor comes in again."""
    query, store = ek.Query("totals", MINE, BOTH), tmp_path / "raw"
    with ek.connect("emulator", clock=NOW, store=store) as client:
        client.run(query, progress=False)
    outs = [tmp_path / name for name in ("a.csv", "b.parquet", "c.csv", "d.parquet")]
    for out in outs:
        run("export", store, out, *(["--wide"] if out.stem in "cd" else []))
        assert MINE[0].encode() in out.read_bytes()
    assert run("purge", store, MINE[0], "--yes").exit_code == 0
    for out in outs:
        assert MINE[0].encode() not in out.read_bytes()
        assert MINE[1].encode() in out.read_bytes()
    assert MINE[0] not in run("export", store, "-").stdout
    assert MINE[0] not in run("export", store, "-", "--wide").stdout
    file = query.save(tmp_path / "q.yaml")
    assert given("receipt", store, file)["query_key"] == query.without(MINE[:1]).key


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["a.yaml", "b.yaml", "c.csv"], 2, "are too many"),
        (["c.csv", "--wide", "--history"], 2, "leave one away"),
        (["c.csv", "--as-of", "then"], 2, "--as-of is 'then'"),
        (["c.csv", "--which", "hour"], 2, "ask with --by hour"),
        (["c.txt"], 2, "does not end in"),
        (["-", "--json"], 2, "name a file for the table"),
        (["--which", "week", "c.csv"], 2, "allowed: "),
        (["OTHER", "c.csv"], 2, "holds no run of this query"),
    ],
)
def test_what_can_not_be_exported_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    """Nothing is written then."""
    with ek.connect("emulator", clock=NOW, store=tmp_path / "raw") as client:
        client.run(QUERIES["totals"], progress=False)
    other = QUERIES["28 hours"].save(tmp_path / "other.yaml")
    typed = [other if one == "OTHER" else one for one in arguments]
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    done = run("export", tmp_path / "raw", *typed)
    assert (done.exit_code, said in done.stderr) == (code, True), done.output
    assert not list(Path().iterdir())


def test_receipts_are_read_offline(tmp_path: Path) -> None:
    """In words, as a page, and as the paragraph of a paper; of the newest run by default."""
    with ek.connect("emulator", clock=NOW, store=tmp_path / "raw") as client:
        old = client.run(QUERIES["totals"], progress=False)
        new = client.run(QUERIES["28 hours"], progress=False)
    store, page = tmp_path / "raw", tmp_path / "page.html"
    assert run("receipt", store).stdout == f"{new.receipt.to_text()}\n"
    file = QUERIES["totals"].save(tmp_path / "q.yaml")
    done = run("receipt", store, file, "--methods", "--html", page)
    assert done.stdout == f"{old.receipt.methods()}\nwritten to {page}\n"
    assert old.receipt.to_html() in page.read_text(encoding="utf-8")
    assert given("receipt", store, "--methods")["methods"] == new.receipt.methods()
