from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.emulator import World
from engagement_kit.emulator.api.grants import Grants, Held

WORLD = World()
APPS, ACCOUNTS = WORLD.apps, WORLD.accounts
PAIRS = [(app, account) for app in APPS for account in ACCOUNTS]


@pytest.fixture
def grants() -> Grants:
    """Return what the standard world begins with."""
    return fresh()


def fresh() -> Grants:
    """Return what the standard world begins with."""
    return Grants(APPS, ACCOUNTS, WORLD.seed)


def test_beginning(grants: Grants) -> None:
    """All tokens are in force from the start; those of the first app are the accounts' own."""
    for app, account in PAIRS:
        token = grants.token(app, account)
        assert grants.find(app, token.token) == Held(token.secret, account.name)
        assert not grants.is_revoked(app, account)
        assert grants.find_in_any_app(token.token) == (app.name, account.name)
    assert [grants.token(WORLD.app, one).token for one in ACCOUNTS] == [
        one.access_token for one in ACCOUNTS
    ]


def test_tokens_are_an_apps_own(grants: Grants) -> None:
    """What is a token of one app is none of another's."""
    for app, account in PAIRS:
        found = [one for one in APPS if grants.find(one, grants.token(app, account).token)]
        assert found == [app]


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["grant", "revoke"]), st.integers(0, len(PAIRS) - 1)),
        max_size=30,
    )
)
def test_laws_of_tokens(steps: list[tuple[str, int]]) -> None:
    """In any order: at most one token in force, its account's own, and none ever comes back."""
    grants = fresh()
    dead: dict[int, set[str]] = {place: set() for place in range(len(PAIRS))}
    for what, place in steps:
        app, account = PAIRS[place]
        before = grants.token(app, account)
        revoked = grants.is_revoked(app, account)
        if what == "revoke":
            grants.revoke(app, account)
            dead[place].add(before.token)
            assert grants.is_revoked(app, account)
        else:
            assert (grants.grant(app, account) == before) == (not revoked)
            assert not grants.is_revoked(app, account)
        for one, (its_app, its_account) in enumerate(PAIRS):
            token = grants.token(its_app, its_account).token
            held = grants.find(its_app, token)
            assert held is None or held.account == its_account.name
            assert (held is None) == (token in dead[one])
            assert not any(grants.find_in_any_app(old) for old in dead[one])


def test_grants_at_once(grants: Grants) -> None:
    """Threads that ask at once after a revocation get the same new token."""
    app, account = PAIRS[0]
    grants.revoke(app, account)
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: grants.grant(app, account).token, range(64)))
    assert tokens == {grants.token(app, account).token}
    assert tokens != {account.access_token}


def test_bearers(grants: Grants) -> None:
    """A bearer token is one app's, the same until it is made invalid, and then never again."""
    app = APPS[1]
    first = grants.bearer(app)
    assert grants.app_of_bearer(first) is app
    assert grants.bearer(app) == first
    assert not grants.invalidate_bearer(APPS[0], first)
    assert grants.invalidate_bearer(app, first)
    assert grants.app_of_bearer(first) is None
    assert not grants.invalidate_bearer(app, first)
    assert grants.app_of_bearer(grants.bearer(app)) is app
    assert grants.bearer(APPS[0]) == WORLD.app.bearer_token
    assert grants.app_of_bearer("\u00e9\ud800") is None


def test_enabling(grants: Grants) -> None:
    """Apps are enabled by name, as the world says at first; who is not named is not held back."""
    names = [app.name for app in APPS]
    assert [grants.is_enabled(name) for name in names] == [True, True, False]
    grants.enable(APPS[2])
    grants.enable(APPS[0], enabled=False)
    assert [grants.is_enabled(name) for name in names] == [False, True, True]
    assert grants.is_enabled("")


def test_finding(grants: Grants) -> None:
    """Apps are found by key and name, accounts by name; the refusal names those that there are."""
    assert [grants.app_of(app.consumer_key) for app in APPS] == list(APPS)
    assert grants.app_of("x") is None
    assert grants.find_app("research") is APPS[1]
    assert grants.find_account("birch") is ACCOUNTS[1]
    with pytest.raises(ValueError, match="no app 'x'; there are: reports, research, hobby"):
        grants.find_app("x")
    with pytest.raises(ValueError, match="no account 'x'; there are: acme, birch, cedar"):
        grants.find_account("x")
