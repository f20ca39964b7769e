"""What is kept for a service, as accounts come and go."""

from __future__ import annotations

from engagement_kit.fetch.keys.credentials import UserKeys
from engagement_kit.fetch.keys.kept import Account, Kept
from engagement_kit.fetch.keys.secret import Secret

APP = {"consumer_key": Secret("app-key"), "consumer_secret": Secret("app-secret")}


def account(name: str, user_id: str) -> Account:
    """Make an account with keys."""
    return Account(name, user_id, UserKeys(Secret(f"{user_id}-token"), Secret("its-secret")))


def test_the_first_account_is_the_default_and_stays_it() -> None:
    """Later ones are added; one that logs in again takes its old place as the default."""
    kept = Kept(APP).plus(account("acme", "7")).plus(account("birch", "8"))
    assert ([one.name for one in kept.accounts], kept.default) == (["acme", "birch"], "acme")
    assert kept.plus(account("acme", "7")).default == "acme"


def test_an_account_that_changed_its_handle_is_the_same() -> None:
    """The number tells; the old name is gone, also as the default."""
    kept = Kept(APP).plus(account("acme", "7")).plus(account("birch", "8"))
    renamed = kept.plus(account("acme_new", "7"))
    assert [one.name for one in renamed.accounts] == ["birch", "acme_new"]
    assert renamed.default == "acme_new"


def test_an_account_that_is_left_out_is_no_default() -> None:
    """The others stay, and the oldest of them signs: also once another one logs in."""
    kept = Kept(APP).plus(account("acme", "7")).plus(account("birch", "8")).without(["acme"])
    assert ([one.name for one in kept.accounts], kept.default) == (["birch"], "birch")
    assert kept.plus(account("cedar", "9")).default == "birch"
    assert kept.without(["birch"]).default == ""


def test_another_app_takes_no_accounts_along() -> None:
    """Tokens are an app's own; of the same app the accounts stay, and what is new is added."""
    kept = Kept(APP).plus(account("acme", "7"))
    assert kept.of_app({"consumer_key": Secret("other")}) == Kept({"consumer_key": Secret("other")})
    more = kept.of_app({**APP, "bearer_token": Secret("bearer")})
    assert (more.accounts, more.app["bearer_token"]) == (kept.accounts, Secret("bearer"))
