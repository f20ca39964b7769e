"""Where a login leads: the live API, whatever stands in for it, or practice on an emulator."""

from __future__ import annotations

from pathlib import Path

import pytest
from owners import PLANTED_KEY, PLANTED_SECRET

import engagement_kit as ek
from engagement_kit.emulator import Emulator
from engagement_kit.forms.model.login_goal import Goal, goal_of


def test_the_live_api_has_its_own_place_for_tokens() -> None:
    """Both addresses are said, and that no key of an app was found."""
    goal = goal_of(live=True, client=None)
    assert (goal.service, goal.auth_url) == (
        "https://data-api.twitter.com",
        "https://api.twitter.com",
    )
    assert (goal.app, goal.trouble, goal.practice) == ("", "", False)
    assert goal.words[0] == f"For {goal.service}; tokens come from {goal.auth_url}."


def test_where_the_app_s_keys_were_found_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the names of the variables, never a value; also where a token's secret is missing."""
    monkeypatch.setenv("TWITTER_API_KEY", PLANTED_KEY)
    assert goal_of(live=True, client=None).app == ""
    monkeypatch.setenv("TWITTER_API_SECRET", PLANTED_SECRET)
    goal = goal_of(live=True, client=None)
    assert goal.app == "the environment (TWITTER_API_KEY, TWITTER_API_SECRET)"
    assert "planted" not in repr(goal)
    monkeypatch.setenv("TWITTER_ACCESS_TOKEN", "12345-abc")
    assert goal_of(live=True, client=None).app == "one of the sources"


def test_practice_is_on_the_emulator_of_the_client() -> None:
    """Its keys are at hand and not shown; without a client that is open there is none."""
    with ek.connect("emulator") as client:
        goal = goal_of(live=False, client=client)
        assert goal.practice
        assert client.emulator is not None
        assert goal.service == goal.auth_url == client.emulator.url
        assert client.emulator.world.app.consumer_secret not in repr(goal)
    assert "Connect to the emulator first" in goal_of(live=False, client=client).trouble
    assert goal_of(live=False, client=None).words == (goal_of(live=False, client=None).trouble,)


def test_an_emulator_without_a_socket_has_no_pages() -> None:
    """It is said, and no walk can be begun."""
    with Emulator(in_process=True) as emulator, ek.connect(emulator) as client:
        assert "no address" in goal_of(live=False, client=client).trouble


def test_an_address_that_is_none_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """In words, not as an error."""
    monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", "nonsense")
    goal = goal_of(live=True, client=None)
    assert "an address has a scheme and a host" in goal.trouble
    assert goal == Goal(trouble=goal.trouble)


def test_a_keys_file_that_others_may_read_is_no_obstacle_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The goal is told all the same; what is kept says why it can't be read."""
    path = tmp_path / "keys.yaml"
    path.write_text("{}")
    path.chmod(0o644)
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(path))
    assert goal_of(live=True, client=None).trouble == ""
