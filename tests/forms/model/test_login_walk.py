"""One walk under way: where what goes wrong is to be mended, and how its end is said."""

from __future__ import annotations

import pytest

from engagement_kit.errors import (
    AuthenticationFailed,
    ConnectionBroken,
    CredentialsMissing,
    LoginRefused,
    QueryError,
)
from engagement_kit.fetch.keys.callback import PORT, Callback
from engagement_kit.fetch.keys.keys_file import KeysFileUnfit
from engagement_kit.forms.model.login_goal import Goal
from engagement_kit.forms.model.login_standing import callback_address
from engagement_kit.forms.model.login_walk import in_words, outcome_in_words, place_of

BACK = "http://127.0.0.1:1/callback"


@pytest.mark.parametrize(
    ("error", "url", "step"),
    [
        (AuthenticationFailed(401, ("no",)), "", "app"),
        (AuthenticationFailed(401, ("no",)), BACK, "page"),
        (CredentialsMissing("of another app"), "", "app"),
        (KeysFileUnfit("others may read it"), "", "page"),
        (ConnectionBroken("no answer"), "", "page"),
        (QueryError(()), "", "page"),
    ],
)
def test_what_goes_wrong_has_its_step(error: Exception, url: str, step: str) -> None:
    """Keys at the first; the callback, the keeper and the service at the second."""
    assert place_of(error, url) == step


def test_an_error_is_said_in_its_own_words() -> None:
    """With a callback the address is asked after; a fault of ours says its kind alone."""
    refused = AuthenticationFailed(401, ("no",))
    assert in_words(refused) == str(refused)
    assert in_words(refused, BACK) == f"{refused}\nIs {BACK} registered with the app?"
    assert in_words(LoginRefused(401), BACK) == str(LoginRefused(401))
    assert in_words(KeyError("a-secret")) == "KeyError: this is a fault of the kit."


def test_an_end_says_where_the_keys_are() -> None:
    """Kept somewhere, kept nowhere."""
    goal = Goal("https://data-api.twitter.com/insights/engagement")
    kept, found = outcome_in_words("acme", goal, "the keys file a/keys.yaml")
    assert kept == "acme is logged in; its keys are kept in the keys file a/keys.yaml."
    assert found.startswith("Connect does not find them: ")
    assert "kept nowhere" in outcome_in_words("acme", goal, "")[0]


def test_the_address_to_register_is_the_one_that_is_waited_at() -> None:
    """As the callback itself says it, for any port."""
    with Callback(lambda _: True, port=0) as waiting:
        port = int(waiting.url.split(":")[2].split("/")[0])
        assert callback_address(port) == waiting.url
    assert callback_address() == callback_address(PORT)
