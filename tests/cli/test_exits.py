"""With what a command ends: a table of all errors, and each kind of end by a command."""

from __future__ import annotations

import errno
import inspect
import json
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import engagement_kit as ek
from engagement_kit import errors
from engagement_kit.cli import main
from engagement_kit.cli.exits import Exit
from engagement_kit.emulator import Emulator, World
from engagement_kit.fetch.outage import Outage

AT = "2026-06-01T12:00Z"
EMULATED = ["--emulator", "--clock", AT]
TABLE = {
    Exit.WRONG: (
        "QueryError", "BudgetExceeded", "AccountsExceeded", "UnusableFile", "NotInStore",
        "WrongAddress", "TableError", "NoSuchTable",
    ),
    Exit.KEYS: (
        "CredentialsMissing", "AuthenticationFailed", "AppKeysRefused", "AppNotEnabled",
        "LoginRefused",
    ),
    Exit.UNFINISHED: (
        "EngagementError", "UnreadableAnswer", "AmbiguousAnswer", "ApiError", "ForbiddenTweets",
        "ForbiddenMetrics", "GzipRequired", "RequestRefused", "RateLimited", "ServerFault",
        "ConnectionBroken", "StoreError", "NotWritten",
    ),
}  # fmt: skip
ERRORS: dict[str, Any] = {
    name: kind
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.EngagementError)
}


def made(name: str) -> errors.EngagementError:
    """Make an error."""
    kind = ERRORS[name]
    if issubclass(kind, errors.ApiError):
        return kind(400)  # type: ignore[no-any-return]
    return kind(()) if kind is errors.QueryError else kind("no")  # type: ignore[no-any-return]


def run(*arguments: object, typed: str | bytes | None = None) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, [str(one) for one in arguments], input=typed)


def test_the_table_has_each_error_once() -> None:
    """A new one must be put somewhere."""
    assert sorted(name for names in TABLE.values() for name in names) == sorted(ERRORS)


@pytest.mark.parametrize(("code", "name"), [(code, one) for code in TABLE for one in TABLE[code]])
def test_each_error_has_its_code(code: Exit, name: str) -> None:
    """Of its own, or of what it is a kind of."""
    assert Exit.of(made(name)) is code


@pytest.fixture
def query(tmp_path: Path) -> Path:
    """Save a query of two tweets."""
    ids = World().sample_ids("acme", 2, before=datetime(2026, 5, 30, tzinfo=UTC))
    return ek.Query("totals", ids, ["favorites"]).save(tmp_path / "q.yaml")


WRONG: dict[str, tuple[list[str], str]] = {
    "an empty file of ids": (
        ["query", "--ids", "EMPTY.csv", "--endpoint", "totals"], "is empty: no tweet id is in it",
    ),
    "a file of ids of no known kind": (
        ["query", "--ids", "NOTEXT.csv", "--endpoint", "totals"], "it is no text",
    ),
    "bytes for ids": (["query", "--ids", "NOTEXT", "--endpoint", "totals"], "can't be read as"),
    "a query to no folder": (
        ["query", "--ids", "IDS", "--endpoint", "totals", "-o", "no/where.yaml"],
        "no/where.yaml can't be written: there is no folder no. Nothing was done",
    ),
    "a table below a file": (
        ["run", "q.yaml", "--store", "raw", "-o", "q.yaml/x.csv", *EMULATED], "is no folder",
    ),
    "a table of another kind": (
        ["run", "q.yaml", "--store", "raw", "-o", "x.xlsx", *EMULATED], "does not end in",
    ),
    "a store below a file": (
        ["plan", "q.yaml", "--store", "q.yaml/raw", *EMULATED], "can't be made",
    ),
    "no such query": (["plan", "none.yaml", "--store", "raw", *EMULATED], "can't be read"),
    "a budget": (
        ["run", "q.yaml", "--store", "raw", "--max-requests", "0", *EMULATED],
        "--max-requests allows 0",
    ),
    "no store": (["receipt", "EMPTYFOLDER"], "is it the folder given as --store?"),
    "no Dask scheduler": (
        ["tidy", "EMPTYFOLDER", "out", "--dask", "nonsense"], "ask",
    ),
    "a purge of a file's name": (
        ["purge", "EMPTYFOLDER", "tweets.csv", "--yes"], "'tweets.csv': a tweet id is",
    ),
    "nothing to be followed": (
        ["follow", "--ids", "IDS", "--store", "raw", "--until", "1d", "--metrics", "impressions",
         "--dry-run", "--emulator", "--clock", "2027-06-01T12:00Z"],
        "nothing of these tweets can be asked",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("typed", "said"), WRONG.values(), ids=WRONG)
def test_what_can_not_be_done_as_typed_ends_with_2(
    typed: list[str], said: str, query: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words, before anything is sent or written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "EMPTY.csv").touch()
    for name in ("NOTEXT.csv", "NOTEXT"):
        (tmp_path / name).write_bytes(b"PK\x03\x04\0\0\x14")
    (tmp_path / "IDS").write_text("\n".join(ek.Query.load(query).tweet_ids))
    (tmp_path / "EMPTYFOLDER").mkdir()
    before = {one.name for one in tmp_path.iterdir()}
    done = run(*typed)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output
    assert {one.name for one in tmp_path.iterdir()} - before <= {"raw"}
    assert not list(tmp_path.glob("raw/answers/*/*"))


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """Run an emulator over HTTP, with its keys in the environment."""
    with Emulator() as emulator:
        for name, value in emulator.environment().items():
            if name != "ENGAGEMENT_KIT_BASE_URL":
                monkeypatch.setenv(name, value)
        yield emulator  # type: ignore[misc]


def test_a_wrong_address_is_told_as_one(keys: Emulator, query: Path, tmp_path: Path) -> None:
    """Something answers there, and it is not the API: 2, and what to look at as it is typed."""
    done = run("run", query, "--store", tmp_path / "raw", "--base-url", f"{keys.url}/elsewhere")
    assert done.exit_code == 2, done.output
    assert "HTTP 404" in done.stderr
    assert "Look at --base-url: the API lives at" in done.stderr


@pytest.mark.usefixtures("keys")
def test_no_network_is_told_as_it_begins_and_in_one_sentence(
    query: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it is tried again is said at once; at the end what is kept, and what to do."""
    soon = partial(Outage, longest_at_first=0.0)
    monkeypatch.setattr("engagement_kit.fetch.gate.Outage", soon)
    address = "http://127.0.0.1:9/insights/engagement"
    done = run("run", query, "--store", tmp_path / "raw", "--base-url", address, "--json")
    first, *last = done.stderr.splitlines()
    why = f"no answer from {address}: nothing listens there: look at --base-url, or start what"
    assert first.startswith(why)
    assert "It is tried again for about" in first
    assert last[0].startswith(f"Error: {why}")
    assert "Max retries" not in done.stderr
    assert "the same again goes on. `engagement-kit doctor`" in last[1]
    said = json.loads(done.stdout)["error"]
    assert (done.exit_code, said["kind"]) == (1, "ConnectionBroken")
    assert os.strerror(errno.ECONNREFUSED) in said["detail"]
