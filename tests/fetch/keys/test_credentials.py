"""Keys: where they are found, what is missing, and that they are never shown."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from engagement_kit import errors
from engagement_kit.fetch.keys.chain import combined
from engagement_kit.fetch.keys.credentials import Credentials
from engagement_kit.fetch.keys.secret import Secret, hide
from engagement_kit.fetch.keys.signing import signer
from engagement_kit.fetch.keys.sources import arguments, variables

ALL = {
    "consumer_key": "key-ab12",
    "consumer_secret": "secret-cd34",
    "access_token": "12345-ef56",
    "access_token_secret": "secret-gh78",
    "bearer_token": "bearer-ij90",
}


def find(given: Mapping[str, str | None], environment: Mapping[str, str | None]) -> Credentials:
    """Combine arguments and environment variables."""
    parts = {name: hide(one) for name, one in given.items()}
    return combined([arguments(parts), *variables(environment)])


HIDDEN = [*ALL.values(), "ab12", "cd34", "ef56", "gh78", "ij90"]


def test_arguments_outrank_the_environment() -> None:
    """An argument is taken first, our own variable next, then those of other tools."""
    environment = {
        "TWITTER_BEARER_TOKEN": "theirs", "ENGAGEMENT_KIT_BEARER_TOKEN": "ours",
    }  # fmt: skip
    assert find({"bearer_token": "given"}, environment).bearer == Secret("given")
    ours = find({"bearer_token": None}, environment)
    assert ours.bearer == Secret("ours")
    assert ours.found_in == "the environment"
    assert ours.origins == (("bearer token", "the environment (ENGAGEMENT_KIT_BEARER_TOKEN)"),)
    theirs = find({}, {**environment, "ENGAGEMENT_KIT_BEARER_TOKEN": ""})
    assert theirs.bearer == Secret("theirs")


@pytest.mark.parametrize("names", ["KEY SECRET", "API_KEY API_SECRET"])
def test_other_tools_names_are_understood(names: str) -> None:
    """Both names in use for the app's keys are read."""
    prefix = "" if "API" in names else "CONSUMER_"
    environment = {f"TWITTER_{prefix}{one}": "x" for one in names.split()}
    assert find({}, environment).kinds == ("app",)


def test_the_parts_make_kinds_of_requests() -> None:
    """Four keys sign for a user and for the app; the consumer alone and a bearer for the app."""
    assert find(ALL, {}).kinds == ("user", "app")
    assert find({name: ALL[name] for name in list(ALL)[:4]}, {}).kinds == ("user", "app")
    assert find({name: ALL[name] for name in list(ALL)[:2]}, {}).kinds == ("app",)
    assert find({"bearer_token": "x"}, {}).kinds == ("app",)


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        (["consumer_secret"], "consumer_secret"),
        (["consumer_key"], "consumer_key"),
        (["access_token"], "access_token"),
        (["access_token_secret"], "access_token_secret"),
        (["consumer_key", "consumer_secret"], "consumer_key, consumer_secret"),
        (["consumer_key", "access_token"], "consumer_key, access_token"),
    ],
)
def test_half_a_pair_is_refused_and_named(without: list[str], missing: str) -> None:
    """What is missing is named once, and no value is."""
    given = {name: value for name, value in ALL.items() if name not in without}
    with pytest.raises(errors.CredentialsMissing, match=f"incomplete: {missing} missing") as said:
        find(given, {})
    assert not [one for one in HIDDEN if one in str(said.value)]


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_blank_keys_are_no_keys(blank: str) -> None:
    """An empty or blank text, from an argument or a variable, counts as not there."""
    with pytest.raises(errors.CredentialsMissing, match=r'ek\.connect\("emulator"\)'):
        find({"bearer_token": blank}, {"TWITTER_BEARER_TOKEN": blank})
    assert find({"bearer_token": blank}, {"TWITTER_BEARER_TOKEN": "x"}).bearer == Secret("x")


def test_the_end_of_a_line_is_no_part_of_a_key() -> None:
    """Keys read from a file lose their newline."""
    assert find({"bearer_token": "abc\n"}, {}).bearer == Secret("abc")


def test_found_in_names_sources_and_never_a_value() -> None:
    """Each source stands once, in words."""
    environment = {"TWITTER_ACCESS_TOKEN": "1-ef56", "TWITTER_ACCESS_TOKEN_SECRET": "gh78"}
    given = {"consumer_key": "ab12", "consumer_secret": "cd34"}
    keys = find(given, environment)
    assert keys.found_in == "arguments, the environment"
    variables_named = "the environment (TWITTER_ACCESS_TOKEN, TWITTER_ACCESS_TOKEN_SECRET)"
    assert keys.origins == (("app", "arguments"), ("account 1", variables_named))


def test_a_user_s_token_names_its_account() -> None:
    """The digits before the hyphen are the account."""
    assert find(ALL, {}).account == "12345"


@pytest.mark.parametrize("token", ["nohyphenatall", "not-a-number", "-x"])
def test_a_strange_token_gives_no_part_of_itself_away(token: str) -> None:
    """The account is shown in tables and reprs: a token without an id becomes no name."""
    keys = find({**ALL, "access_token": token}, {})
    assert keys.account == "me"
    assert token not in repr(keys)
    assert signer(keys, "user", "me") is not None


def test_no_way_of_showing_shows_a_secret() -> None:
    """Not repr, str, format or an f-string, of the secret, its user or all credentials."""
    keys = find(ALL, {})
    user = keys.users["12345"]
    for one in (keys, user, keys.bearer, user.token):
        shown = f"{one} {one!r} {one!s} {one:}" + str([one]) + "{}".format(one)  # noqa: UP032
        assert not [text for text in HIDDEN if text in shown]
    assert not hasattr(keys.bearer, "__dict__")


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_secrets_are_neither_pickled_nor_copied(way: Any) -> None:
    """A secret does not travel to another process or a file; the error does not show it."""
    with pytest.raises(TypeError, match="not pickled") as said:
        way(find({"bearer_token": "ij90"}, {}).bearer)
    assert "ij90" not in str(said.value)


def test_secrets_compare_by_text() -> None:
    """Equal texts are equal secrets; a text is no secret."""
    assert Secret("a") == Secret("a")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


def test_a_bearer_is_sent_verbatim() -> None:
    """A bearer token with percent signs goes out as it is, and is preferred for app-only."""
    keys = find({**ALL, "bearer_token": "AAA%2Fbbb%3D"}, {})
    request = requests.Request("POST", "http://127.0.0.1/x", auth=signer(keys, "app", None))
    assert request.prepare().headers["Authorization"] == "Bearer AAA%2Fbbb%3D"


def test_a_key_that_is_not_there_is_named_by_its_account() -> None:
    """Neither a foreign account nor app-only without app keys can be signed."""
    with pytest.raises(errors.CredentialsMissing, match=r"account '99'; .* keys: 12345"):
        signer(find(ALL, {}), "user", "99")
    with pytest.raises(errors.CredentialsMissing, match="with keys: none"):
        signer(find({"bearer_token": "x"}, {}), "user", "99")
