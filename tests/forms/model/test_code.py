"""The code that a form stands for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.emulator import Emulator, Settings, World
from engagement_kit.forms.model.code import Code, code_of, connect_code
from engagement_kit.forms.model.draft import Draft

ID = "2061384949969226276"
LIST = [str(1_500_000_000_000_000_000 + n) for n in range(101)]


def run(code: str) -> dict[str, Any]:
    """Run code as it stands, and close its client."""
    names: dict[str, Any] = {}
    exec(compile(code, "code", "exec"), names)  # noqa: S102 -- our own code
    names["client"].close()
    return names


def test_the_code_as_a_person_reads_it(client: Client, tmp_path: Path) -> None:
    """Short lines; nothing stands there that is as usual."""
    query = ek.Query("historical", [ID], ["impressions"], period=ek.last(days=7))
    store = (tmp_path / "raw").as_posix()
    assert code_of(query, Draft(), client, Path()).text.splitlines()[2:] == [
        "client = ek.connect(",
        '    "emulator",',
        '    clock="2026-06-01T12:34:00Z",',
        f'    store="{store}",',
        ")",
        "query = ek.Query(",
        '    "historical",',
        f'    ["{ID}"],',
        '    ["impressions"],',
        '    by="day",',
        "    period=ek.last(days=7),",
        ")",
        f'assert query.key == "{query.key}"  # the question of the form',
        "print(client.plan(query))",
        "result = client.run(query)",
        "table = result.to_pandas()",
    ]


def test_all_of_it_runs(client: Client) -> None:
    """From the import to the table, with options, with an emulator of its own."""
    query = ek.Query("totals", ek.sample_ids(client, 3), ["favorites"])
    draft = Draft(max_age_hours=6, max_requests=5)
    names = run(code_of(query, draft, client, Path()).write())
    assert names["query"] == query
    assert names["client"].folder == client.folder
    assert len(names["table"]) == 3


def test_many_ids_and_owners_stand_in_files(client: Client, tmp_path: Path) -> None:
    """Their names tell their contents; they are written once, in a folder of any name."""
    folder = tmp_path / 'a "b" c\\d'
    query = ek.Query("totals", LIST, ["favorites"], owners=dict.fromkeys(LIST, "acme"))
    code = code_of(query, Draft(), client, folder)
    assert sorted(path.suffix for path in code.files) == [".json", ".txt"]
    assert not folder.exists()
    text, _, _ = code.write().partition("print(")
    written = {path: path.stat().st_mtime_ns for path in code.files}
    assert code.write() == code.text
    assert {path: path.stat().st_mtime_ns for path in code.files} == written
    assert run(text)["query"] == query


def test_a_file_that_can_not_be_written_is_told_first(tmp_path: Path) -> None:
    """The code begins with why it won't run."""
    (tmp_path / "no_folder").write_text("")
    path = tmp_path / "no_folder" / "ids.txt"
    first, *_ = Code("x = 1\n", {path: b"20"}).write().splitlines()
    assert first.startswith(f"# {path} can't be written, and the code below reads it: ")


@pytest.mark.parametrize(
    "period",
    [
        ek.last(hours=1),
        ek.last(days=365),
        ek.first(hours=25),
        ek.between("2026-01-01", "2026-02-01"),
        ek.between("2026-01-01T05:00Z", "2026-01-02T00:00Z"),
        ek.between("0001-01-01", "0999-12-31T23:00Z"),
        ek.between("0999-12-31", "9999-12-31T23:00Z"),
    ],
)
def test_periods(client: Client, period: Any) -> None:
    """Relative ones stay relative; others have their hours, in any year."""
    query = ek.Query("historical", [ID], ["replies"], by="hour", period=period)
    text, _, _ = code_of(query, Draft(), client, Path()).text.partition("print(")
    assert run(text)["query"] == query


def test_what_only_a_client_knows() -> None:
    """World, seed, clock, profile and rate of an emulator come back; keys are never written."""
    world = World(seed=7, nature="campaigns")
    with Emulator(world, settings=Settings(profile="overview")) as emulator:
        client = ek.connect(emulator, per_minute=90.5)
        assert connect_code(client) == (
            'ek.connect("emulator", seed=7, world="campaigns", profile="overview", per_minute=90.5)'
        )
        client.close()


def test_an_emulator_elsewhere_is_named_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys are found in the environment again."""
    with Emulator() as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        client = ek.connect()
        assert connect_code(client) == f'ek.connect(base_url="{emulator.base_url}")'
        client.close()


def test_the_live_api_has_no_arguments() -> None:
    """No key and no address stands in the code."""
    client = ek.connect(bearer_token="secret")
    assert connect_code(client) == "ek.connect()"
    client.close()


def test_without_a_client_it_is_the_emulator() -> None:
    """With a word on the live API."""
    assert connect_code(None).startswith('ek.connect("emulator")  # ')
