"""Connecting without a screen: wishes, folders, and words on clients and test calls."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.connect import worlds
from engagement_kit.client.samples import sample_of
from engagement_kit.emulator import Emulator
from engagement_kit.errors import QueryError
from engagement_kit.forms.model import connecting
from engagement_kit.forms.model.connecting import Made, Wish


def test_wishes_are_alike_by_what_counts() -> None:
    """The live API has no world; blanks around a text are nothing."""
    assert Wish(clock=" ").is_like(Wish())
    assert not Wish(seed=1).is_like(Wish())
    assert Wish("live", seed=1, world="campaigns").is_like(Wish("live"))
    assert not Wish("live").is_like(Wish())
    assert not Wish(store="a").is_like(Wish(store="b"))
    assert not Wish(per_minute=1.0).is_like(Wish())


def test_a_closed_client_serves_no_wish() -> None:
    """It serves its own wish while it is open."""
    client, _ = connecting.connected(Wish())
    assert client is not None
    made = Made(client, Wish())
    assert made.serves(Wish())
    assert not made.serves(Wish(seed=1))
    client.close()
    assert not made.serves(Wish())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("file", "this is a file, no folder"),
        ("file/below", "a part of this path is a file, no folder"),
        ("null\0", "null"),
        ("x" * 300, os.strerror(errno.ENAMETOOLONG).lower()),
    ],
)
def test_a_folder_that_can_not_be_used(tmp_path: Path, name: str, words: str) -> None:
    """It is named with the reason, and there is no client."""
    (tmp_path / "file").touch()
    client, problems = connecting.connected(Wish(store=f"{tmp_path}/{name}"))
    assert client is None
    (said,) = problems
    assert words in said.lower()
    assert "can't be used" in said


@pytest.mark.parametrize("name", ["/proc/nope", "~nobody-of-this-name/raw"])
def test_a_place_that_is_none(name: str) -> None:
    """It is named with the reason; nothing of Python escapes."""
    client, problems = connecting.connected(Wish(store=name))
    assert client is None
    assert f"The folder {name!r} can't be used: " in problems[0]


def test_a_folder_without_the_right_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said in words; root has all rights, so the file system's no is made up."""

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    assert connecting.why_unfit(Wish(store=".")) == "you may not write there"


def test_trying_a_folder_leaves_nothing_in_it(tmp_path: Path) -> None:
    """What was there stays, and nothing is added."""
    folder = tmp_path / "raw"
    assert connecting.why_unfit(Wish(store=str(folder))) == ""
    (folder / "mine").write_text("mine")
    assert connecting.why_unfit(Wish(store=str(folder))) == ""
    assert [one.name for one in folder.iterdir()] == ["mine"]
    assert connecting.why_unfit(Wish()) == ""


@pytest.mark.parametrize("clock", ["yesterday", "2026-06-01T12:00", "0001-01-01T00:00+05:00"])
def test_a_clock_that_is_none(clock: str) -> None:
    """What was typed, and an example, without words of Python."""
    client, (said,) = connecting.connected(Wish(clock=clock))
    assert client is None
    wanted = f"The clock can't stand at {clock!r}: write a moment such as 2026-06-01T12:00Z."
    assert said == wanted
    assert connecting.connected(Wish(clock="0001-01-01"))[1][0].startswith("clock: ")


def test_an_emulator_of_another_process_is_no_live_api(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says that its data are invented, where it is, and whose keys ask."""
    with Emulator() as emulator:
        monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", emulator.base_url)
        monkeypatch.setenv("TWITTER_BEARER_TOKEN", emulator.world.app.bearer_token)
        client, problems = connecting.connected(Wish("live"))
        assert problems == ()
        assert client is not None
        said = connecting.client_in_words(client)
        assert said.startswith(f"the emulator (standard-0) at {emulator.base_url}: invented data.")
        assert "No account; keys from the environment" in said
        assert emulator.world.app.bearer_token not in said
        assert sample_of(client) == ""  # it has no account whose tweets it could list
        client.close()


@pytest.mark.parametrize(("text", "many"), [("1 2 3", "3"), ("", "none"), (" , ", "none")])
def test_a_test_call_takes_one_id(client: Client, text: str, many: str) -> None:
    """More or fewer are refused, and counted."""
    with pytest.raises(QueryError) as caught:
        connecting.trial(client, text)
    assert caught.value.problems[0].why == f"one tweet id is needed; here are {many}"
    assert connecting.trial(client, "20 20").tweet_ids == ("20",)


def test_what_a_test_call_brought(client: Client) -> None:
    """A count where there is one; else each status once, with its meaning."""
    old = ek.sample_ids(client, 1, kind="very_old")[0]
    result = client.run(connecting.trial(client, old), progress=False)
    said = connecting.trial_in_words(result)
    assert f"tweet {old}: favorites " in said
    assert "no count of impressions: too_old_for_impressions: on totals, impressions" in said
    gone = ek.sample_ids(client, 1, kind="unavailable")[0]
    said = connecting.trial_in_words(client.run(connecting.trial(client, gone), progress=False))
    assert said.startswith(f"tweet {gone}: no count of impressions and favorites: unavailable: ")


def test_worlds_are_named_by_the_desk() -> None:
    """All of the emulator's, the plain one first."""
    assert worlds() == ("standard", "heavy_tails", "campaigns")
