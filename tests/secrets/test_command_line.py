"""The command line: in this process and by itself, with right keys, wrong ones, and no service."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from captured import Captured, shown_of
from click.testing import CliRunner
from faulty import faulty
from planted import Planted, write_env_file, write_keys_file
from searched import Search

from engagement_kit.cli import TRIP, main
from engagement_kit.emulator import Emulator

WRONG = Planted.of("the command line", odd=True)
PATH = "/insights/engagement"


def said_by(*words: str, typed: str = "") -> str:
    """Run a command in this process; give all that it says, and what its error holds."""
    with Captured() as captured:
        result = CliRunner().invoke(main, words, input=typed)
    shown = [] if result.exception is None else [*shown_of(result.exception).values()]
    return "\n".join([result.output, captured.text, *shown])


@pytest.mark.parametrize("manner", ["401 with errors", "502, a page", "reset", "200, JSON"])
def test_commands_with_wrong_keys(
    manner: str, monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    """Of the environment, of `.env` and typed in: nothing comes out, and nothing is kept."""
    monkeypatch.setattr("engagement_kit.fetch.keys.login._TIMEOUT", (2.0, 0.2))
    with faulty(manner) as service:
        at = ["--base-url", service.url + PATH]
        typed = said_by(
            "login",
            "--no-browser",
            *at,
            typed=f"{WRONG.consumer_key}\n{WRONG.consumer_secret}\n1\n",
        )
        monkeypatch.delenv("ENGAGEMENT_KIT_ENV_FILE")
        write_env_file(folders["work"] / ".env", WRONG)
        said = [typed, *(said_by(*words) for words in (
            ["keys", *at], ["keys", "--try", *at], ["login", *at, "--no-browser"],
            ["logout", "acme", *at], ["logout", "--all", *at], ["keys", "--help"],
        ))]  # fmt: skip
        assert len(service.heard) >= 4
    assert "account 90210" in said[1]
    named = [(f"command {number}", text) for number, text in enumerate(said)]
    assert Search(WRONG.parts()).texts(named) == {}
    (folders["work"] / ".env").unlink()
    assert Search(WRONG.parts()).files(*folders.values()) == {}


def test_keys_that_are_kept_and_forgotten(folders: dict[str, Path]) -> None:
    """They are tried, told of by name, and gone after `logout`, from every file."""
    with Emulator() as emulator:
        keys = Planted.of_environment(emulator.environment())
        path = write_keys_file(folders["settings"] / "keys.yaml", emulator.url, keys)
        search = Search(keys.parts())
        at = ["--base-url", emulator.base_url]
        said = [said_by("keys", "--try", *at)]
        assert "account acme: accepted" in said[0]
        assert {*search.files(*folders.values())} == {str(path)}
        said += [said_by("logout", "acme", *at), said_by("logout", "--all", *at)]
    assert search.texts([("all", "\n".join(said))]) == {}
    assert search.files(*folders.values()) == {}


def test_a_process_of_its_own(folders: dict[str, Path]) -> None:
    """Output, arguments and what lies about: `keys --try` as a shell runs it."""
    with faulty("401 with errors") as service:
        environment = {**os.environ, **WRONG.environment(), "PYTHONFAULTHANDLER": "1"}
        environment["ENGAGEMENT_KIT_BASE_URL"] = service.url + PATH
        ran = [
            subprocess.run(
                [sys.executable, "-m", "engagement_kit.cli", *words],
                env=environment,
                capture_output=True,
                check=False,
            )
            for words in (["--help"], ["keys", "--try"], ["login", "--no-browser"])
        ]
    assert b"refused" in ran[1].stdout
    assert [one.returncode for one in ran] == [0, 3, 3]
    search = Search(WRONG.parts())
    assert [search.packed(one.stdout + one.stderr) for one in ran] == [set()] * len(ran)
    assert search.files(*folders.values()) == {}


def _command(name: str) -> click.Command:
    return main.get_command(click.Context(main), name) or pytest.fail(f"no command {name}")


def test_no_command_takes_a_key_as_an_option() -> None:
    """Options stand in the list of processes, and in the history of the shell."""
    for name in (name for part in TRIP.values() for name in part):
        options = {option for one in _command(name).params for option in one.opts}
        assert options
        assert not [one for one in options if any(w in one for w in ("secret", "token", "bearer"))]
