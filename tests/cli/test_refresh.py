"""The commands about what changes, as a person types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import engagement_kit as ek
from engagement_kit.cli import main
from engagement_kit.client.client import Client
from engagement_kit.emulator import Emulator, World, WorldClock

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
WORLD = World(seed=3, revised=True)
IDS = WORLD.sample_ids("acme", 3, before=NOW - timedelta(days=2))
METRICS = ["impressions", "favorites"]


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Run an emulator, with its keys in the environment, and a store with a run of two days ago."""
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(tmp_path / "keys.yaml"))
    with Emulator(WORLD, WorldClock(frozen=NOW)) as one:
        for name, value in one.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", one.base_url)
        period = ek.between("2026-05-31", "2026-06-01")
        hours = ek.Query("historical", IDS, METRICS, by="hour", period=period)
        with ek.connect(account="acme", store=tmp_path / "raw") as client:
            for query in (hours, ek.Query("totals", IDS, METRICS)):
                client.run(query, progress=False)
        one.clock.travel(timedelta(days=2))
        yield one


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, arguments)


def refresh(*arguments: str) -> Result:
    """Refresh a store, as the account that asked before."""
    return run("refresh", *arguments, "--account", "acme")


def test_refresh_asks_and_says_what_became_of_it(emulator: Emulator, tmp_path: Path) -> None:
    """First the plan, which sends nothing; then the refresh; a second one has nothing to ask."""
    store, before = str(tmp_path / "raw"), emulator.requests_served
    made = refresh(store, "--dry-run")
    assert made.exit_code == 0, made.output
    assert "requests: 2" in made.output
    assert emulator.requests_served == before
    done = refresh(store, "--base-url", emulator.base_url, "--no-progress")
    assert done.exit_code == 0, done.output
    assert "requests: 2" in done.output
    assert "stayed" in done.output
    assert emulator.requests_served == before + 2
    again = refresh(store, "--no-progress")
    assert "requests: 0" in again.output
    assert emulator.requests_served == before + 2


def test_options_reach_the_refresh(emulator: Emulator, tmp_path: Path) -> None:
    """A short settle time or a long age leave less to ask; a budget refuses."""
    store, before = str(tmp_path / "raw"), emulator.requests_served
    assert "requests: 1\n" in refresh(store, "--dry-run", "--settle", "0h").output
    assert "requests: 0\n" in refresh(store, "--dry-run", "--max-age", "3d").output
    both = refresh(store, "--dry-run", "--settle", "impressions=7d, favorites=1h")
    assert "numbers: 78 to be asked" in both.output  # a metric's 24 hours, and two totals, by three
    assert "requests: 2\n" in refresh(store, "--dry-run", "--settle", "learnt").output
    refused = refresh(store, "--max-requests", "1")
    assert refused.exit_code == 2
    assert "Error: the refresh takes 2 requests, and --max-requests allows 1" in refused.output
    assert emulator.requests_served == before


def test_an_order_reaches_plan_and_refresh(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default there is none."""
    store, plans = str(tmp_path / "raw"), []
    planned = Client._planned

    def noted(self: Client, order: Any) -> Any:
        found = planned(self, order)
        plans.append({one.order for one in found.plans})
        return found

    monkeypatch.setattr(Client, "_planned", noted)
    for options in (["--dry-run"], ["--dry-run", "--order", "deadline"], ["--order", "deadline"]):
        done = refresh(store, "--no-progress", *options)
        assert done.exit_code == 0, done.output
    assert plans == [{None}, {"deadline"}, {"deadline"}]
    assert emulator.requests_served


def test_a_refresh_that_was_cut_off_can_be_begun_anew(emulator: Emulator, tmp_path: Path) -> None:
    """Without --no-resume what came is not asked again."""
    store, control = tmp_path / "raw", ek.Control()
    with ek.connect(account="acme", store=store) as client:
        cut = client.refresh(control=control, on_step=lambda _: control.stop(), progress=False)
    assert (cut.stopped, cut.requests) == ("stopped by hand", 1)
    emulator.clock.travel(timedelta(minutes=10))
    on, anew = (refresh(str(store), "--dry-run", *one) for one in ((), ("--no-resume",)))
    assert "requests: 1\n" in on.output
    assert "goes on with: a refresh of 2026-06-03 12:34:00 UTC" in on.output
    assert "requests: 2\n" in anew.output
    assert "goes on with" not in anew.output
    said = refresh(str(store), "--no-progress").output
    assert "; --no-resume begins anew" in said
    assert "requests: 1\n" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--order", "size"), "'size' is not 'deadline'"),
        (("--settle", "3"), "--settle is '3'; allowed"),
        (("--settle", "favorites=x"), "--settle favorites is 'x'; allowed"),
        (("--settle", "learned"), "Did you mean learnt? Also allowed: metric=span"),
        (("--settle", "favorites"), "favorites=3d,url_clicks=1d, and learnt."),
        (("--settle", "applause=3d"), "'applause': no such metric"),
        (("--endpoint", "28hr"), "'28hr' is not one of"),
        (("--max-age", "soon"), "--max-age is 'soon'; allowed"),
        (("--max-requests", "-1"), "--max-requests"),
    ],
)
def test_what_means_nothing_is_refused(
    emulator: Emulator, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    """In words, before anything is sent."""
    before = emulator.requests_served
    done = refresh(str(tmp_path / "raw"), *options)
    assert done.exit_code != 0
    assert said in done.output
    assert emulator.requests_served == before


def test_store_and_metrics_are_looked_at_before_the_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong name is told as such where there are no keys, too; nothing is made."""
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(tmp_path / "none.yaml"))
    (tmp_path / "raw" / "answers").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").touch()
    wrong = run("refresh", str(tmp_path / "raw"), "--settle", "applause=3d")
    assert (wrong.exit_code, "'applause': no such metric" in wrong.output) == (2, True)
    other = run("refresh", str(tmp_path / "other"))
    assert (other.exit_code, "no store: " in other.output) == (2, True)
    assert [one.name for one in (tmp_path / "other").iterdir()] == ["notes.txt"]


def test_without_a_run_or_a_store_it_is_said(emulator: Emulator, tmp_path: Path) -> None:
    """No traceback."""
    before = emulator.requests_served
    (tmp_path / "empty").mkdir()
    done = refresh(str(tmp_path / "empty"))
    assert (done.exit_code, "holds no run to refresh" in done.output) == (2, True)
    assert refresh(str(tmp_path / "none")).exit_code == 2
    assert emulator.requests_served == before


def test_an_account_of_another_name_is_told(emulator: Emulator, tmp_path: Path) -> None:
    """By its token alone its name is not known: the store's account is missing."""
    before = emulator.requests_served
    done = run("refresh", str(tmp_path / "raw"), "--dry-run")
    assert (done.exit_code, "acme" in done.output) == (3, True)
    assert emulator.requests_served == before


def test_keys_that_are_revoked_end_with_3(emulator: Emulator, tmp_path: Path) -> None:
    """In words; nothing of the store is lost."""
    emulator.revoke("acme")
    done = refresh(str(tmp_path / "raw"), "--no-progress")
    assert done.exit_code == 3
    assert "Error: " in done.output
    assert len(ek.open(tmp_path / "raw")) >= 2


def test_revisions_are_told_offline(emulator: Emulator, tmp_path: Path) -> None:
    """A line for each metric, the table, and a file of it; keys and network are not needed."""
    store = str(tmp_path / "raw")
    refresh(store, "--no-progress")
    emulator.clock.travel(timedelta(days=1))
    refresh(store, "--no-progress")
    before = emulator.requests_served
    target = tmp_path / "moves.csv"
    done = run("revisions", store, "--csv", str(target))
    assert done.exit_code == 0, done.output
    assert "impressions: " in done.output
    assert "settle 7 days, not learnt" in done.output
    frame = pd.read_csv(target)
    assert frame["compared"].sum() == ek.revisions(store).table["compared"].sum() > 0
    early = run("revisions", store, "--as-of", "2026-06-01T13:00Z")
    assert "no number was looked at twice" in early.output
    assert emulator.requests_served == before
    wrong = run("revisions", store, "--as-of", "yesterday")
    assert (wrong.exit_code, "--as-of is 'yesterday'" in wrong.output) == (2, True)


def test_damaged_answers_end_with_1(emulator: Emulator, tmp_path: Path) -> None:
    """They are named; the others are looked at."""
    del emulator
    path = next((tmp_path / "raw").glob("answers/*/*.zst"))
    path.write_bytes(path.read_bytes()[:200])
    done = run("revisions", str(tmp_path / "raw"))
    assert (done.exit_code, "damaged, left out" in done.output) == (1, True)


def test_changes_are_listed_offline(emulator: Emulator, tmp_path: Path) -> None:
    """The largest first, all of them as CSV or JSON, since any moment, of a query alone."""
    store, target = str(tmp_path / "raw"), tmp_path / "new" / "changes.csv"
    none = run("changes", store)
    assert (none.exit_code, "no number was observed with another count" in none.output) == (0, True)
    said = refresh(store, "--no-progress")
    assert "each that changed, then and now: engagement-kit changes STORE" in said.output
    before = emulator.requests_served
    table = ek.changes(store)
    done = run("changes", store, "--csv", str(target))
    assert done.exit_code == 0, done.output
    assert f"{len(table)} changes" in done.output
    assert "EMULATOR: invented data" in done.output
    largest = table.loc[table["difference"].abs().idxmax()]
    assert str(largest["tweet_id"]) in done.output
    frame = pd.read_csv(target, dtype={"tweet_id": "str"})
    assert frame["tweet_id"].tolist() == table["tweet_id"].tolist()
    assert frame["difference"].tolist() == table["difference"].tolist()
    told = json.loads(run("changes", store, "--json").stdout)["changes"]
    assert [one["after"] for one in told] == table["after"].tolist()
    query = ek.open(store)[1].plan.query.save(tmp_path / "q.yaml")
    mine = json.loads(run("changes", store, str(query), "--history", "--json").stdout)["changes"]
    assert {one["grain"] for one in mine} == {"lifetime"}
    late = run("changes", store, "--since", "2026-06-03T12:34Z")
    assert "no number was observed with another count" in late.output
    early = run("changes", store, "--as-of", "2026-06-02T12:34Z", "--json")
    assert json.loads(early.stdout)["changes"] == []
    wrong = run("changes", store, "--since", "yesterday")
    assert (wrong.exit_code, "--since is 'yesterday'" in wrong.output) == (2, True)
    assert emulator.requests_served == before
    ek.purge(store, IDS)
    assert pd.read_csv(target).empty


def test_a_refresh_gives_machines_what_changed(emulator: Emulator, tmp_path: Path) -> None:
    """Each number; none the second time, which says where the earlier ones are listed."""
    del emulator
    store = str(tmp_path / "raw")
    done = json.loads(refresh(store, "--no-progress", "--json").stdout)["refreshed"]
    assert len(done["numbers"]) == done["changed"] > 0
    assert {one["after"] - one["before"] == one["difference"] for one in done["numbers"]} == {True}
    again = refresh(store, "--no-progress")
    assert "engagement-kit changes STORE --since ISO" in again.output


@pytest.mark.filterwarnings("always::engagement_kit.errors.DamagedAnswer")
def test_changes_of_a_damaged_store_end_with_1(emulator: Emulator, tmp_path: Path) -> None:
    """It is said on stderr, and told to machines."""
    refresh(str(tmp_path / "raw"), "--no-progress")
    emulator.clock.travel(timedelta(days=1))
    refresh(str(tmp_path / "raw"), "--no-progress")
    path = min((tmp_path / "raw").glob("answers/*/*.zst"))
    path.write_bytes(path.read_bytes()[:200])
    done = run("changes", str(tmp_path / "raw"), "--json")
    assert done.exit_code == 1
    assert "Warning: 1 stored answer is damaged, and is left out" in done.stderr
    assert "damaged" in json.loads(done.stdout)["warnings"][0]
    again = refresh(str(tmp_path / "raw"), "--no-progress")
    assert "Warning: 1 stored answer is damaged, and is set aside in" in again.stderr
