"""A run that was cut off, by a budget, by Ctrl-C or by kill -9, is gone on with."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import engagement_kit as ek
from engagement_kit.answers.store import Store
from engagement_kit.cli import main
from engagement_kit.client.limits import Limits
from engagement_kit.emulator import Emulator, Fault, World, WorldClock
from engagement_kit.fetch.doors import Doors

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
IDS = World().sample_ids("acme", 2000, before=NOW)[::20]
QUERY = ek.Query(
    "historical", IDS, ["impressions"], by="day", period=ek.between("2026-03-01", "2026-05-15")
)
ACME = ["--account", "acme"]


STORED = 3
"""So many requests are answered; the next one is under way when the process ends."""


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Run an emulator that keeps the fourth request waiting, with its keys in the environment."""
    clock = WorldClock()
    clock.set(NOW)
    stuck = Fault("slow", nth=tuple(range(STORED + 1, 100)), seconds=600)
    with Emulator(World(), clock, faults=[stuck]) as one:
        for name, value in one.environment().items():
            monkeypatch.setenv(name, value)
        yield one


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Save the query."""
    return QUERY.save(tmp_path / "q.yaml")


def run(*arguments: object) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, [str(one) for one in arguments])


def cut_off(
    emulator: Emulator, sent: signal.Signals, *arguments: object
) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own, as a shell does; end it when it is held up."""
    command = [sys.executable, "-m", "engagement_kit.cli", *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        end = time.monotonic() + 60
        while emulator.requests_served <= STORED:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end, "no request came"
            time.sleep(0.005)
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    emulator.faults.clear()
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def table(store: Path) -> pd.DataFrame:
    """Read the table of the newest run, but for the moments of observation."""
    return ek.open(store).latest.to_pandas().drop(columns="observed_at")


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Compare all columns; in which order answers came shows in the order of categories."""
    pd.testing.assert_frame_equal(found, expected, check_categorical=False)


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of POSIX")
def test_what_was_stored_is_not_asked_again(
    emulator: Emulator, file: Path, tmp_path: Path, name: str
) -> None:
    """In the middle of a run its process ends; whichever way it goes on, the table is the same."""
    store, whole = tmp_path / "raw", tmp_path / "whole"
    sent = signal.Signals[name]
    cut = cut_off(emulator, sent, "run", file, "--store", store, "--threads", 1, *ACME)
    if name == "SIGINT":
        assert (cut.returncode, cut.stdout) == (130, "")
        assert "run the same again to go on" in cut.stderr
        assert "Traceback" not in cut.stderr
    assert len(Store(store).scan().known) == STORED
    assert run("run", file, "--store", whole, *ACME).exit_code == 0
    for again in (["run", file], ["resume"], ["resume", file]):
        copied = Path(shutil.copytree(store, tmp_path / str(len(list(tmp_path.iterdir())))))
        before = emulator.requests_served
        done = run(*again, "--store", copied, *ACME)
        assert done.exit_code == 0, done.output
        assert emulator.requests_served - before == len(ek.open(copied).latest.plan) - STORED
        assert_same(table(copied), table(whole))
    assert run("export", copied, file, tmp_path / "a.parquet").exit_code == 0
    assert run("export", whole, file, tmp_path / "b.parquet").exit_code == 0
    first, second = (
        pd.read_parquet(tmp_path / f"{name}.parquet").drop(columns="observed_at") for name in "ab"
    )
    assert_same(first, second)


def test_ctrl_c_for_a_machine(emulator: Emulator, file: Path, tmp_path: Path) -> None:
    """One object on stdout says how to go on; the code is 130."""
    options = ["--threads", 1, *ACME, "--json"]
    cut = cut_off(emulator, signal.SIGINT, "run", file, "--store", tmp_path / "raw", *options)
    error = json.loads(cut.stdout)["error"]
    assert (cut.returncode, error["kind"]) == (130, "KeyboardInterrupt")
    assert f"{STORED} of " in error["said"]
    assert "run the same again to go on" in error["said"]


def test_parts_by_a_daily_allowance(file: Path, tmp_path: Path) -> None:
    """Each part ends with 1 and says how to go on, the last one with 0; then nothing is left."""
    store, codes = tmp_path / "raw", []
    emulated = ["--store", store, "--emulator", "--clock", NOW.isoformat()]
    first = run("run", file, "--stop-after", 5, *emulated)
    assert f"engagement-kit resume --store {store}" in first.stderr
    assert "stopped early" in first.stdout
    while not codes or codes[-1] == 1:
        done = run("resume", "--stop-after", 5, *emulated)
        assert "Goes on with the run of 2026-06-01 12:34:00 UTC." in done.stderr
        codes.append(done.exit_code)
    with ek.connect("emulator", clock=NOW, store=tmp_path / "notebook") as client:
        result = client.run(QUERY, progress=False)
    assert codes == [1] * ((len(result.plan) - 1) // 5 - 1) + [0]
    assert_same(table(store), result.to_pandas().drop(columns="observed_at"))
    nothing = run("resume", file, *emulated)
    assert (nothing.exit_code, "Nothing is unfinished" in nothing.stdout) == (0, True)
    assert json.loads(run("resume", *emulated, "--json").stdout) == {"receipt": None}


def test_its_own_rules_are_kept(tmp_path: Path) -> None:
    """An age that was allowed then is allowed now: the plan is the one that was stopped."""
    query = ek.Query("historical", IDS, ["replies"], period=ek.last(days=30))
    file, store = query.save(tmp_path / "q.yaml"), tmp_path / "raw"
    with ek.connect("emulator", clock=NOW, store=store) as client:
        client.run(ek.Query("historical", IDS[:30], ["replies"], period=ek.last(days=30)))
    later = [
        "--store", store, "--emulator", "--clock", (NOW + timedelta(hours=2)).isoformat()
    ]  # fmt: skip
    rules = ["--max-age", "6h", "--settle", "2d"]
    assert run("run", file, *rules, "--stop-after", 1, *later).exit_code == 1
    cut = ek.open(store).latest
    assert run("resume", *later).exit_code == 0
    done = ek.open(store).latest
    assert (done.plan, len(ek.open(store))) == (cut.plan, 2)
    assert done.receipt.effort.sent == len(cut.plan)


def test_what_is_too_long_ago_is_planned_anew(tmp_path: Path) -> None:
    """The last 28 hours are other ones a day later; it is said."""
    query = ek.Query("28hr", IDS[:60], ["replies"])
    file, store = query.save(tmp_path / "q.yaml"), tmp_path / "raw"
    clock = ["--store", store, "--emulator", "--clock"]
    assert run("run", file, "--stop-after", 1, *clock, NOW.isoformat()).exit_code == 1
    later = NOW + timedelta(days=1)
    aged(store, 1)
    done = run("resume", *clock, later.isoformat())
    assert (done.exit_code, "is planned anew" in done.stderr) == (0, True)
    assert ek.open(store).latest.plan.now == later


def aged(store: Path, days: float) -> None:
    """Let the records of a store look as if nobody was at it for some days."""
    long_ago = time.time() - days * 24 * 3600
    for one in store.glob("runs/*/*.json"):
        os.utime(one, (long_ago, long_ago))


@pytest.mark.parametrize(
    ("days", "part", "goes_on"),
    [(2, ["--stop-after", 1], True), (2, [], False), (8, ["--stop-after", 1], False)],
)
def test_what_is_said_is_what_is_done(
    tmp_path: Path, days: int, part: list[object], goes_on: bool
) -> None:
    """A run of totals made in parts is gone on with for a week, else for a day; it is said so."""
    many = World().sample_ids("acme", 1500, before=NOW)
    file = ek.Query("totals", many, ["replies"]).save(tmp_path / "q.yaml")
    store = tmp_path / "raw"
    emulated = ["--store", store, "--emulator", "--clock"]
    assert run("run", file, "--stop-after", 1, *emulated, NOW.isoformat()).exit_code == 1
    aged(store, days)
    done = run("resume", *part, *emulated, (NOW + timedelta(days=days)).isoformat())
    said = "Goes on with the run" in done.stderr, "is planned anew" in done.stderr
    assert said == (goes_on, not goes_on)
    assert [one.plan.now for one in ek.open(store)] == (
        [NOW] if goes_on else [NOW, NOW + timedelta(days=days)]
    )


def test_its_own_limits_are_kept(tmp_path: Path) -> None:
    """What was said for the run holds for who goes on with it, unless it is said anew."""
    file, store = QUERY.save(tmp_path / "q.yaml"), tmp_path / "raw"
    emulated = ["--store", store, "--emulator", "--clock", NOW.isoformat(), "--stop-after", 1]
    limits = ["--threads", 2, "--per-minute", 600, "--contracted", 3, "--overage", "stop"]
    assert run("run", file, *limits, "--profile", "overview", *emulated).exit_code == 1
    assert ek.open(store).latest.limits == Limits(2, 600.0, 3, "stop")
    assert run("resume", *emulated).exit_code == 1
    assert ek.open(store).latest.limits == Limits(2, 600.0, 3, "stop")
    anew = ["--threads", 1, "--contracted", 0, "--overage", "warn"]
    assert run("resume", *anew, *emulated).exit_code == 1
    (left,) = ek.open(store)
    assert (left.limits, left.plan.where.profile) == (Limits(1, 600.0, 0), "overview")
    assert left.receipt.effort.sessions == 3


def test_a_record_of_an_older_kit_says_no_limits(tmp_path: Path) -> None:
    """It is gone on with by those of a new connection."""
    file, store = QUERY.save(tmp_path / "q.yaml"), tmp_path / "raw"
    emulated = ["--store", store, "--emulator", "--clock", NOW.isoformat(), "--stop-after", 1]
    assert run("run", file, "--threads", 2, *emulated).exit_code == 1
    for one in store.glob("runs/*/[0-9]*.json"):
        record = json.loads(one.read_text())
        assert record.pop("limits")["threads"] == 2
        one.write_text(json.dumps(record))
    assert ek.open(store).latest.limits is None
    done = run("resume", *emulated)
    assert "Goes on with the run" in done.stderr
    (left,) = ek.open(store)
    assert left.limits == Limits()


@pytest.mark.usefixtures("emulator")
def test_its_own_account_signs(tmp_path: Path) -> None:
    """Another account would be another plan, and another one to pay for."""
    birch = World().accounts[1].name
    tweets = World().sample_ids(birch, 60, before=NOW)
    file = ek.Query("28hr", tweets, ["replies"]).save(tmp_path / "q.yaml")
    store = ["--store", tmp_path / "raw"]
    assert run("run", file, "--account", birch, "--stop-after", 1, *store).exit_code == 1
    done = run("resume", *store)
    assert (done.exit_code, "Goes on with the run" in done.stderr) == (0, True), done.output
    (left,) = ek.open(tmp_path / "raw")
    assert list(left.receipt.by_account) == [birch]


def test_another_service_is_not_asked(emulator: Emulator, tmp_path: Path) -> None:
    """Keys go where the user says: what was asked elsewhere is not asked here, unless it is run."""
    store = tmp_path / "raw"
    with ek.connect("emulator", clock=NOW, store=store, seed=7) as client:
        client.run(QUERY, progress=False, stop_after=1)
    before = emulator.requests_served
    told = run("resume", "--store", store, *ACME)
    assert (told.exit_code, emulator.requests_served) == (2, before)
    assert "it asked emulator/standard-7, and this would ask emulator/standard-0" in told.stderr
    assert "--base-url" in told.stderr


def test_of_several_the_newest_or_the_named_one(tmp_path: Path) -> None:
    """Both were cut off; a query that never ran is told."""
    store = tmp_path / "raw"
    emulated = ["--store", store, "--emulator", "--clock", NOW.isoformat()]
    many = World().sample_ids("acme", 600, before=NOW)
    queries = [ek.Query("totals", many, [one]) for one in ("replies", "retweets")]
    files = [one.save(tmp_path / f"{at}.yaml") for at, one in enumerate(queries)]
    never = ek.Query("totals", many, ["favorites"]).save(tmp_path / "never.yaml")
    for one in files:
        assert run("run", one, "--stop-after", 1, *emulated).exit_code == 1
    assert [one.plan.query for one in ek.open(store).unfinished] == queries
    assert run("resume", files[0], *emulated).exit_code == 0
    assert [one.plan.query for one in ek.open(store).unfinished] == queries[1:]
    assert run("resume", *emulated).exit_code == 0
    assert ek.open(store).unfinished == ()
    told = run("resume", never, *emulated)
    assert (told.exit_code, "holds no run of this query" in told.stderr) == (2, True)


def test_failed_requests_end_with_1(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receipt is printed all the same; later the same again asks for what failed."""
    at_once = {"sleep": lambda stop, _: stop.wait(0.001)}
    monkeypatch.setattr(
        "engagement_kit.client.asking.Doors", lambda *args, **more: Doors(*args, **more, **at_once)
    )
    emulator.faults.clear()
    emulator.faults.add(Fault("server_error", tweet_id=IDS[0]))
    options = ["--store", tmp_path / "raw", "--threads", 1, *ACME]
    file = ek.Query("totals", IDS[:2], ["replies"]).save(tmp_path / "q.yaml")
    done = run("run", file, *options)
    assert (done.exit_code, "  failed: 1 (" in done.stdout) == (1, True), done.output
    emulator.faults.clear()
    again = run("run", file, *options)
    assert (again.exit_code, "answered: 2" in again.stdout) == (0, True), again.output
