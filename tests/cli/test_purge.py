"""The command ``purge``, as a person types it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import engagement_kit as ek
from engagement_kit.answers import tombstones
from engagement_kit.answers.store import Store
from engagement_kit.cli import main
from engagement_kit.emulator import World


@pytest.fixture
def ids(tmp_path: Path) -> list[str]:
    """Fill a store with the totals of three tweets, and give these."""
    with ek.connect("emulator", clock="2026-06-01T12:00Z", store=tmp_path / "raw") as client:
        found = ek.sample_ids(client, 3)
        client.totals(found, ["replies"])
    return found


def run(tmp_path: Path, *arguments: str, typed: str = "") -> Result:
    """Purge from the store."""
    return CliRunner().invoke(main, ["purge", str(tmp_path / "raw"), *arguments], input=typed)


def left(tmp_path: Path) -> set[str]:
    """Give the tweets that the store knows."""
    return {tweet for one in Store(tmp_path / "raw").known() for tweet in one.tweet_ids}


def test_it_asks_first_and_then_forgets(tmp_path: Path, ids: list[str]) -> None:
    """What it would do is shown; no is no, and no id is shown."""
    no = run(tmp_path, ids[0], typed="n\n")
    assert (no.exit_code, left(tmp_path)) == (1, {*ids})
    assert "would purge 1 tweet" in no.output
    assert no.output.endswith("Aborted!\nNothing was changed.\n")
    assert run(tmp_path, ids[0]).stderr.endswith("Aborted!\nNothing was changed.\n")
    yes = run(tmp_path, ids[0], typed="y\n")
    assert (yes.exit_code, left(tmp_path)) == (0, {*ids[1:]})
    assert ids[0] not in yes.output
    assert "Purged(1 tweet)" in yes.output


def test_ids_come_from_a_file_too(tmp_path: Path, ids: list[str]) -> None:
    """Beside those that are typed; with --yes nothing is asked."""
    listed = tmp_path / "deleted.txt"
    listed.write_text(f"{ids[1]},\n{ids[2]}\n")
    done = run(tmp_path, ids[0], "--ids", str(listed), "--yes")
    assert (done.exit_code, left(tmp_path)) == (0, set())
    assert tombstones.read(tmp_path / "raw").of(ids) == {*ids}


def test_ids_that_the_store_does_not_know_are_counted(tmp_path: Path, ids: list[str]) -> None:
    """They may be mistyped; they are kept from being asked, and it ends with 0."""
    typed = [ids[0], "1700000000000000001", "1700000000000000002"]
    would = run(tmp_path, *typed, "--dry-run")
    assert "  2 of these ids were in nothing of the store\n" in would.output
    done = run(tmp_path, *typed, "--yes", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["purged"]["unknown"] == 2
    assert tombstones.read(tmp_path / "raw").of(typed) == {*typed}
    known = ek.purge(tmp_path / "raw", ids[1])
    assert (known.unknown, "in nothing of the store" in repr(known)) == (0, False)
    again = repr(ek.purge(tmp_path / "raw", typed[1]))
    assert "  1 of these ids was in nothing of the store; it is not asked from now on" in again


def test_a_dry_run_changes_nothing(tmp_path: Path, ids: list[str]) -> None:
    """It says what would be done, and asks nothing."""
    would = run(tmp_path, ids[0], "--dry-run")
    assert (would.exit_code, left(tmp_path)) == (0, {*ids})
    assert "1 written anew" in would.output
    assert len(tombstones.read(tmp_path / "raw")) == 0


def test_what_is_left_ends_with_one(tmp_path: Path, ids: list[str]) -> None:
    """A file of a kind that we do not rewrite, for one."""
    (tmp_path / "a.ipynb").write_text(ids[0])
    done = run(tmp_path, ids[0], "--also", str(tmp_path / "a.ipynb"), "--yes")
    assert done.exit_code == 1
    assert "it holds an id" in done.output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "tweet_ids"),
        (("2.06E+18",), 2, "spreadsheet"),
        (("20", "--storage-options", "[]"), 2, "--storage-options"),
        (("20", "--ids", "none.txt"), 2, "none.txt"),
    ],
)
def test_what_is_wrong_is_said_in_words(
    tmp_path: Path, ids: list[str], arguments: tuple[str, ...], code: int, said: str
) -> None:
    """Before anything is changed."""
    done = run(tmp_path, *arguments, "--yes")
    assert (done.exit_code, said in done.output) == (code, True)
    assert left(tmp_path) == {*ids}
    assert not (tmp_path / "raw" / tombstones.NAME).exists()


def test_a_path_where_nothing_is_ends_with_2(tmp_path: Path) -> None:
    """An empty one, too: it would be the whole working folder. Nothing is changed."""
    store = tmp_path / "raw"
    (store / "answers").mkdir(parents=True)
    for path in ("", "not there"):
        said = run(tmp_path, "20", "--yes", "--also", path)
        assert said.exit_code == 2, said.output
        assert "nothing was changed" in said.output
    assert [one.name for one in store.iterdir()] == ["answers"]


@pytest.mark.parametrize(
    ("days", "typed"),
    [
        (200, ["receipt", "--missing-csv"]),
        (40, ["expiring", "--now", "2026-06-01T12:00Z", "--within", "90d", "--csv"]),
    ],
)
def test_lists_of_tweets_are_purged_too(tmp_path: Path, days: int, typed: list[str]) -> None:
    """The store knows where a command wrote what is missing or expires; no id is left there."""
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    old = World().sample_ids("acme", 2, before=at - timedelta(days=days))
    with ek.connect("emulator", clock=at, store=tmp_path / "raw") as client:
        client.run(ek.Query("totals", old, ["impressions"]), progress=False)
    csv = tmp_path / "list.csv"
    CliRunner().invoke(main, [typed[0], str(tmp_path / "raw"), *typed[1:], str(csv)])
    assert old[0] in csv.read_text()
    done = run(tmp_path, old[0], "--yes")
    assert done.exit_code == 0, done.output
    assert "exports and files: 1 written anew" in done.output
    assert old[0] not in (left_of := csv.read_text())
    assert old[1] in left_of


def test_ctrl_c_at_the_question_changes_nothing(
    tmp_path: Path, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, and ends with 130 as everywhere."""

    def pressed(*_: object, **__: object) -> bool:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise click.Abort from None

    monkeypatch.setattr(click, "confirm", pressed)
    done = run(tmp_path, ids[0])
    assert (done.exit_code, left(tmp_path)) == (130, {*ids})
    assert done.stderr.endswith("Interrupted.\nNothing was changed.\n")
