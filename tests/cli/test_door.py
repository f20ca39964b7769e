"""The command itself: how it ends, and what a machine reads."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import engagement_kit as ek
from engagement_kit.cli import main
from engagement_kit.cli.door import Door
from engagement_kit.cli.exits import Exit
from engagement_kit.cli.saying import Saying, give, note, say
from engagement_kit.emulator import Emulator, World

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
AT = NOW.isoformat()
EMULATED = ["--emulator", "--clock", AT]
IDS = World().sample_ids("acme", 3, before=NOW - timedelta(days=60))


def run(*arguments: object, typed: str | None = None) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, [str(one) for one in arguments], input=typed)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Make a store with a run in it."""
    query = ek.Query("historical", IDS, ["impressions"], period=ek.last(days=10))
    with ek.connect("emulator", clock=NOW, store=tmp_path / "raw") as client:
        client.run(query, progress=False)
    query.save(tmp_path / "q.yaml")
    return tmp_path / "raw"


# --- how it ends ----------------------------------------------------------------------------------
@click.group(cls=Door, trip={})
def door() -> None:
    """Stand in for the whole."""


class Ends(Door):
    """A door behind which one command does what a test says."""

    def __init__(self, does: Any) -> None:
        super().__init__("door")
        self._does = does

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Make the command."""
        del ctx
        flag = click.Option(["--json"], is_flag=True, expose_value=False)
        return click.Command(cmd_name, callback=self._does, params=[flag])


def ended(does: Any, *arguments: str) -> Result:
    """Run what a test says behind a door."""
    return CliRunner().invoke(Ends(does), ["do", *arguments])


def raising(error: BaseException) -> Any:
    """Make a command that ends so."""

    def does() -> None:
        raise error

    return does


def test_words_notes_and_members() -> None:
    """For a person words on stdout; for a machine one object there, and the words on stderr."""

    def does() -> None:
        say("a word")
        give(one=1, when=NOW, span=timedelta(minutes=1))
        note("a note")
        give(two=Path("x"), one=[1])

    plain, machine = ended(does), ended(does, "--json")
    assert (plain.stdout, plain.stderr) == ("a word\n", "a note\n")
    assert machine.stderr == "a word\na note\n"
    when = "2026-06-01T12:34:00Z"
    assert json.loads(machine.stdout) == {"one": [1], "when": when, "span": 60.0, "two": "x"}


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (click.UsageError("no"), 2, "UsageError"),
        (click.ClickException("no"), 1, "ClickException"),
        (click.Abort(), 1, "Abort"),
        (KeyboardInterrupt(), 130, "KeyboardInterrupt"),
    ],
)
def test_errors_are_said_once_and_given(error: BaseException, code: int, kind: str) -> None:
    """In words on stderr; with --json also as an object."""
    plain, machine = ended(raising(error)), ended(raising(error), "--json")
    assert (plain.exit_code, machine.exit_code) == (code, code)
    assert plain.stdout == ""
    said = json.loads(machine.stdout)["error"]
    assert (said["kind"], said["problems"]) == (kind, [])
    assert said["said"] in plain.stderr


def test_what_was_given_before_an_error_stays() -> None:
    """One object has both."""

    def does() -> None:
        give(receipt={"asked": 1})
        raise click.exceptions.Exit(Exit.UNFINISHED)

    done = ended(does, "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (1, {"receipt": {"asked": 1}})


def test_warnings_are_one_line_each() -> None:
    """Without the place in our code; a machine finds them in its object."""

    def does() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("more accounts", ek.errors.AccountOverage, stacklevel=1)

    assert ended(does).stderr == "Warning: more accounts\n"
    assert json.loads(ended(does, "--json").stdout) == {"warnings": ["more accounts"]}


def test_ctrl_c_says_how_to_go_on() -> None:
    """What a run noted at its end."""
    error = KeyboardInterrupt()
    error.add_note("3 of 5 requests are done and kept in raw; run the same again to go on.")
    assert ended(raising(error)).stderr.splitlines() == [
        "",
        "Interrupted.",
        "3 of 5 requests are done and kept in raw; run the same again to go on.",
    ]


def test_a_query_error_lists_its_problems(tmp_path: Path) -> None:
    """Each with field, value, reason and hint."""
    (tmp_path / "q.yaml").write_text("endpoint: total\ntweet_ids: ['20']\n", encoding="utf-8")
    done = run("plan", tmp_path / "q.yaml", "--store", tmp_path / "raw", "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.exit_code, error["kind"]) == (2, "QueryError")
    assert [one["field"] for one in error["problems"]] == ["endpoint"]
    assert error["said"] in done.stderr


@pytest.mark.parametrize("arguments", [["plan"], ["run", "--nothing"], ["nothing"]])
def test_wrong_usage_is_an_object_too(arguments: list[str]) -> None:
    """Also where the command line itself can't be understood."""
    done = run(*arguments, "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["said"] in done.stderr


def test_nobody_reads_on(store: Path, warm_command: Path) -> None:
    """As with head: no traceback, whether words, a table or an object were cut off."""
    alone = [sys.executable, "-m", "engagement_kit.cli"]  # Python's own end may complain, too
    warm = [str(warm_command)]
    calls: list[tuple[list[str], list[object]]] = [
        (alone, ["export", store, "-"]),
        (warm, ["revisions", store, "--json"]),
        (warm, ["receipt", store]),
    ]
    for command, typed in calls:
        with subprocess.Popen(
            [*command, *map(str, typed)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            process.stdout.close()
            assert process.stderr is not None
            assert "Traceback" not in (said := process.stderr.read()), said
            assert "Exception ignored" not in said
        assert process.returncode == 1


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="there is no such device here")
@pytest.mark.parametrize(
    "typed",
    [
        ["export", "STORE", "-"],
        ["receipt", "STORE"],
        ["receipt", "STORE", "--missing", "--json"],
        ["query", "--sample", "3", "--emulator", "--endpoint", "totals"],
        ["--help"],
    ],
)
def test_stdout_that_is_full_is_said_in_a_line(
    typed: list[str], store: Path, warm_command: Path
) -> None:
    """It ends with 1, and nothing of Python's own is said."""
    words = [str(warm_command), *(str(store) if one == "STORE" else one for one in typed)]
    with FULL.open("w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    said = [one for one in done.stderr.splitlines() if not one.startswith("EMULATOR")]
    assert said[-1:] == ["Error: stdout can't be written: No space left on device"]
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode == 1


# --- each command for a machine -------------------------------------------------------------------
COMMANDS: dict[str, tuple[list[str], set[str]]] = {
    "plan": (["plan", "QUERY", "--store", "STORE", *EMULATED], {"plan"}),
    "run": (
        ["run", "QUERY", "--store", "STORE", *EMULATED],
        {"receipt", "query_key"},
    ),
    "resume": (["resume", "--store", "STORE", *EMULATED], {"receipt"}),
    "receipt": (["receipt", "STORE"], {"receipt", "query_key"}),
    "export": (["export", "STORE", "OUT.csv"], {"files"}),
    "tidy": (
        ["tidy", "STORE", "OUT"],
        {"folder", "rows", "written", "kept", "removed", "damaged"},
    ),
    "refresh --dry-run": (
        ["refresh", "STORE", "--dry-run", "--emulator", "--clock", "2026-06-03T12:00Z"],
        {"plan"},
    ),
    "refresh": (
        ["refresh", "STORE", "--emulator", "--clock", "2026-06-03T12:00Z"],
        {"refreshed"},
    ),
    "changes": (["changes", "STORE"], {"changes"}),
    "revisions": (["revisions", "STORE"], {"rows", "settle", "damaged"}),
    "expiring": (
        ["expiring", "STORE", "--now", AT, "--within", "60d"],
        {"rows", "queries"},
    ),
    "follow --dry-run": (
        ["follow", "--ids", "IDS", "--store", "STORE", "--until", "1d", "--dry-run", "--emulator"],
        {"plan"},
    ),
    "follow": (
        ["follow", "--ids", "IDS", "--store", "STORE", "--until", "1d", *EMULATED],
        {"plan", "receipt"},
    ),
    "purge": (["purge", "STORE", IDS[0], "--yes"], {"purged"}),
    "purge --dry-run": (["purge", "STORE", IDS[0], "--dry-run"], {"purged"}),
    "logout": (["logout", "--all"], {"forgotten", "service"}),
    "doctor": (["doctor", "--offline"], {"kit", "at", "fit", "worst", "findings"}),
    "demo": (
        ["demo", "--out", "OUT"],
        {"folder", "files", "picture", "store", "requests", "receipts"},
    ),
    "lab": (["lab", "OUT", "--no-open"], {"folder", "fates"}),
}


@pytest.mark.parametrize(("typed", "keys"), COMMANDS.values(), ids=COMMANDS)
def test_one_object_and_nothing_else(
    typed: list[str], keys: set[str], store: Path, tmp_path: Path
) -> None:
    """With the keys that the page of the command line names; the words are on stderr."""
    (tmp_path / "ids.txt").write_text(" ".join(IDS), encoding="utf-8")
    names = {
        "STORE": store,
        "QUERY": tmp_path / "q.yaml",
        "OUT": tmp_path / "out",
        "OUT.csv": tmp_path / "out.csv",
        "IDS": tmp_path / "ids.txt",
    }
    arguments = [names.get(one, one) for one in typed]
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    assert set(json.loads(done.stdout)) == keys
    assert done.stderr


def test_a_flag_behind_two_dashes_is_none() -> None:
    """It is a value there."""
    assert not Saying.asked_by(["purge", "--", "--json"]).for_machine


def test_keys_for_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which there are and what came of trying them; never a value."""
    with Emulator() as emulator:
        secrets = emulator.environment()
        for name, value in secrets.items():
            monkeypatch.setenv(name, value)
        done = run("keys", "--try", "--json")
        base_url = secrets.pop("ENGAGEMENT_KIT_BASE_URL")
        assert not [one for one in secrets.values() if one in done.output]
    said = json.loads(done.stdout)
    assert set(said) == {"base_url", "accounts", "account", "credentials", "found_in", "tried"}
    assert (said["base_url"], len(said["accounts"])) == (base_url, 1)
    assert {one["outcome"] for one in said["tried"]} == {"accepted"}


def test_an_emulator_for_a_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its object is there while it waits to be stopped, and nothing comes behind it."""
    texts: list[str] = []

    class Stopped:
        def wait(self, _: float) -> bool:
            texts.append(capsys.readouterr().out)
            return True

    monkeypatch.setattr("engagement_kit.cli.emulator._signals", Stopped)
    with pytest.raises(SystemExit) as end:
        main(["emulator", "--port", "0", "--json"])
    said = json.loads(texts[0])
    assert (end.value.code, capsys.readouterr().out) == (0, "")
    assert set(said) == {"name", "url", "base_url", "environment", "accounts"}
    assert said["environment"]["ENGAGEMENT_KIT_BASE_URL"] == said["base_url"]


@pytest.mark.parametrize(
    "typed",
    [
        ["expiring", "--ids", "-", "--now", AT, "--within", "60d"],
        ["purge", "STORE", "--ids", "-", "--dry-run"],
        ["follow", "--ids", "-", "--store", "STORE", "--until", "1d", "--dry-run", *EMULATED],
    ],
)
def test_ids_come_from_stdin(typed: list[str], store: Path, tmp_path: Path) -> None:
    """As from a file that holds the same."""
    (tmp_path / "ids.txt").write_text("\n".join(IDS), encoding="utf-8")
    ways = {"-": "\n".join(IDS), str(tmp_path / "ids.txt"): None}
    said = [
        run(*({"STORE": store, "-": way}.get(one, one) for one in typed), typed=text)
        for way, text in ways.items()
    ]
    assert [one.exit_code for one in said] == [0, 0], said[0].output
    assert said[0].stdout == said[1].stdout != ""
