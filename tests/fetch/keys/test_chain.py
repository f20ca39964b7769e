"""Which of the keys that were found count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.errors import CredentialsMissing
from engagement_kit.fetch.keys.chain import combined
from engagement_kit.fetch.keys.credentials import UserKeys
from engagement_kit.fetch.keys.kept import Account
from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.fetch.keys.sources import FAMILIES, VARIABLES, Found, variables

PARTS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret", "bearer_token")


def source(name: str, app: str = "", *, token: str = "", bearer: str = "", **more: object) -> Found:
    """Make a source with keys of an app, a token and a bearer, where they are named."""
    parts = {}
    if app:
        parts |= {"consumer_key": Secret(f"{app}-key"), "consumer_secret": Secret(f"{app}-secret")}
    if token:
        parts |= {"access_token": Secret(token), "access_token_secret": Secret(f"{token}-second")}
    if bearer:
        parts["bearer_token"] = Secret(bearer)
    return Found(name, parts, **more)  # type: ignore[arg-type]


def account(name: str, user_id: str = "", token: str = "") -> Account:
    """Make an account with keys."""
    keys = UserKeys(Secret(token or f"{user_id or 1}-{name}"), Secret(f"{name}-second"))
    return Account(name, user_id, keys)


def test_the_first_source_counts_part_by_part() -> None:
    """A bearer of the second source serves where the first has none."""
    keys = combined([source("one", "a"), source("two", "a", bearer="b-2"), None])
    assert (keys.consumer_key, keys.bearer) == (Secret("a-key"), Secret("b-2"))
    assert keys.found_in == "one, two"
    assert keys.origins == (("app", "one"), ("bearer token", "two"))


def test_keys_of_two_apps_are_never_mixed() -> None:
    """A source with another consumer key is passed over whole, and that is said."""
    keys = combined([source("one", "a"), source("two", "b", token="7-x", bearer="b")])
    assert (keys.users, keys.bearer) == ({}, None)
    assert keys.passed_over == ("two: keys of another app",)
    assert "two: keys of another app" in str(keys)


def test_a_secret_goes_with_the_key_of_its_own_source() -> None:
    """A key by argument does not take the secret that belongs to another key."""
    alone = Found("one", {"consumer_key": Secret("other-key")})
    with pytest.raises(CredentialsMissing, match=r"consumer_secret missing\. Note: two: keys of"):
        combined([alone, source("two", "a")])
    token = Found("one", {"access_token": Secret("7-other")})
    with pytest.raises(CredentialsMissing, match="incomplete: access_token_secret missing"):
        combined([token, source("two", "a", token="7-x")])


def test_a_lone_secret_does_not_replace_that_of_a_pair() -> None:
    """A secret left in the environment is of nobody knows which app; it is said."""
    alone = Found("the environment", {"consumer_secret": Secret("left-over")})
    keys = combined([alone, source("file", "a")])
    assert keys.consumer_secret == Secret("a-secret")
    assert keys.passed_over == ("the environment: consumer_secret without consumer_key",)
    key = Found("file", {"consumer_key": Secret("a-key")})
    assert combined([alone, key]).consumer_secret == Secret("left-over")


def test_two_apps_in_one_environment_are_not_mixed() -> None:
    """Each family of names is one app's; one without a consumer key serves any."""
    ours = {"ENGAGEMENT_KIT_CONSUMER_KEY": "a-key", "ENGAGEMENT_KIT_CONSUMER_SECRET": "a-secret"}
    theirs = dict.fromkeys(("TWITTER_API_KEY", "TWITTER_API_SECRET", "TWITTER_BEARER_TOKEN"), "7-b")
    keys = combined(variables({**ours, **theirs}))
    assert (keys.bearer, keys.consumer_secret) == (None, Secret("a-secret"))
    assert keys.passed_over == ("the environment, names with TWITTER_: keys of another app",)
    bearer = {"ENGAGEMENT_KIT_BEARER_TOKEN": "a-bearer"}
    assert combined(variables({**bearer, **theirs})).bearer == Secret("a-bearer")


def test_accounts_of_all_fitting_sources_are_there() -> None:
    """Of an account that stands twice, the first source's keys count."""
    first = source("file", "a", accounts=(account("acme", "7"), account("birch", "8")))
    second = source("safe", "a", accounts=(account("birch", "8", "8-old"), account("cedar", "9")))
    keys = combined([first, second])
    assert list(keys.users) == ["acme", "birch", "cedar"]
    assert keys.users["birch"].token == Secret("8-birch")
    assert keys.aliases == {"7": "acme", "8": "birch", "9": "cedar"}
    assert keys.origins[1:] == (("accounts acme, birch", "file"), ("account cedar", "safe"))


def test_a_secret_that_is_given_replaces_that_of_a_pair() -> None:
    """Whoever passes one to a function means it; it is not left out in silence."""
    given = Found("arguments", {"consumer_secret": Secret("given-now")}, by_hand=True)
    keys = combined([given, source("the environment", "a")])
    assert (keys.consumer_key, keys.consumer_secret) == (Secret("a-key"), Secret("given-now"))
    assert keys.passed_over == ()


def test_a_lone_token_takes_the_name_that_its_account_is_kept_by() -> None:
    """The user id in the token tells; its keys are those of the earlier source, and it signs."""
    kept = source("file", "a", accounts=(account("acme", "7"), account("birch", "8")))
    keys = combined([source("the environment", "a", token="8-new"), kept])
    assert (keys.account, list(keys.users)) == ("birch", ["birch", "acme"])
    assert keys.users["birch"].token == Secret("8-new")


def test_an_account_that_changed_its_name_is_one() -> None:
    """In two keepers by two names or in two cases; the first counts, and the number leads to it."""
    first = source("file", "a", accounts=(account("new", "7", "7-new"), account("Birch", "8")))
    second = source("safe", "a", accounts=(account("old", "7", "7-old"), account("birch")))
    keys = combined([first, second])
    assert (list(keys.users), keys.aliases) == (["new", "Birch"], {"7": "new", "8": "Birch"})
    assert keys.users["new"].token == Secret("7-new")


def test_a_lone_token_is_preferred_to_the_kept_default() -> None:
    """Whoever sets a token means it; the kept accounts stay beside it."""
    kept = source("file", "a", accounts=(account("acme", "7"),), default="acme")
    keys = combined([source("the environment", "a", token="9-lone"), kept])
    assert (keys.account, list(keys.users)) == ("9", ["9", "acme"])


def test_a_lone_token_can_be_named() -> None:
    """By account=, where nobody else is called so; a number or a key names nobody."""
    lone = source("the environment", "a", token="8-lone")
    keys = combined([lone], "@birch")
    assert (keys.account, list(keys.users), keys.aliases) == ("birch", ["birch"], {"8": "birch"})
    kept = source("file", "a", accounts=(account("acme", "7"),))
    assert combined([lone, kept], "Acme").account == "acme"
    assert list(combined([lone, kept], "Acme").users) == ["8", "acme"]
    for wrong in ("9", "a-key", "two words"):
        with pytest.raises(CredentialsMissing, match="known by its user id alone: name it by acc"):
            combined([lone], wrong)
    short = Found("arguments", {**lone.parts, "consumer_key": Secret("shortkey")})
    with pytest.raises(CredentialsMissing, match="accounts with keys: 8"):
        combined([short], "shortkey")


@pytest.mark.parametrize("asked", ["birch", "@Birch", "BIRCH", "8"])
def test_an_account_is_chosen_by_name_or_number(asked: str) -> None:
    """In any case, with or without the "@"."""
    kept = source("file", "a", accounts=(account("acme", "7"), account("birch", "8")))
    assert combined([kept], asked).account == "birch"
    with pytest.raises(CredentialsMissing, match="'dune'; accounts with keys: acme, birch"):
        combined([kept], "dune")


def test_the_kept_default_signs_else_the_first() -> None:
    """A default that is not among the accounts counts for nothing."""
    accounts = (account("acme", "7"), account("birch", "8"))
    for default, expected in (("birch", "birch"), ("gone", "acme"), ("", "acme")):
        kept = source("file", "a", accounts=accounts, default=default)
        assert combined([kept]).account == expected


def test_why_a_source_was_not_read_stands_in_the_error() -> None:
    """Whoever closed no file learns it where the keys are missing."""
    with pytest.raises(CredentialsMissing, match=r"found\. Note: chmod 600 it\. `engagement-kit"):
        combined([Found("the keys file", trouble="chmod 600 it")])
    assert combined([Found("f", trouble="open"), source("e", "a")]).passed_over == ("open",)


def test_accounts_without_an_app_are_incomplete() -> None:
    """A token signs nothing without the app's key and secret."""
    with pytest.raises(CredentialsMissing, match="consumer_key, consumer_secret missing"):
        combined([source("file", accounts=(account("acme", "7"),))])


texts = st.sampled_from(["1-aaaaaa", "2-bbbbbb", "3-cccccc"]).map(Secret)
founds = st.builds(
    Found,
    st.sampled_from(["one", "two", "three"]),
    st.dictionaries(st.sampled_from(PARTS), texts),
)


@given(st.lists(founds, max_size=4))
def test_whatever_is_found_the_app_is_one_and_no_value_is_shown(sources: list[Found]) -> None:
    """Key and secret come from sources without another key; no text of an error is a secret."""
    try:
        keys = combined(sources)
    except CredentialsMissing as error:
        said = str(error)
    else:
        said = f"{keys!r} {keys} {keys._repr_html_()}"
        holders = [one for one in sources if one.parts.get("consumer_secret") is not None]
        if keys.consumer_secret is not None:
            assert any(
                one.parts["consumer_secret"] == keys.consumer_secret
                and one.parts.get("consumer_key", keys.consumer_key) == keys.consumer_key
                for one in holders
            )
    assert not any(text in said for text in ("aaaaaa", "bbbbbb", "cccccc"))


families = st.dictionaries(
    st.sampled_from([name for names in VARIABLES.values() for name in names]),
    st.sampled_from(["first", "second", "third", "un fit"]),
)


@given(families)
def test_no_key_goes_with_parts_of_a_family_that_names_another(values: dict[str, str]) -> None:
    """Whatever stands in the environment; each value says which family it is of."""
    marked = {
        name: f"{family}{value}" if part == "consumer_key" else f"7-{family}{value}"
        for part, names in VARIABLES.items()
        for name in names
        for family in FAMILIES
        if name.startswith(family) and (value := values.get(name)) is not None
    }
    try:
        keys = combined(variables(marked))
    except CredentialsMissing:
        return
    for one in keys.secrets():
        family = next(family for family in FAMILIES if family in one.reveal().removeprefix("7-"))
        named = next(
            (marked[n] for n in VARIABLES["consumer_key"] if n.startswith(family) and n in marked),
            None,
        )
        assert named is None or Secret(named) == keys.consumer_key
