from __future__ import annotations

from engagement_kit.emulator import World
from engagement_kit.emulator.world.accounts import make_bearer, make_token


def test_accounts_and_secrets() -> None:
    """Credentials are visibly the emulator's, differ by account and stay out of every repr."""
    world = World(accounts=16)
    assert world.name == "standard-0-of-16"
    assert world.accounts[:3] == World().accounts
    assert len({account.user_id for account in world.accounts}) == 16
    shown = repr(world.accounts) + repr(world.apps) + repr(world)
    for account in world.accounts:
        assert account.access_token.startswith(f"{account.user_id}-emulator-")
        assert account.access_token_secret.startswith("emulator-")
        assert account.access_token not in shown
        assert account.access_token_secret not in shown
    assert "emulator-" not in shown


def test_apps() -> None:
    """There are three apps of their own names and keys; the last one was never enabled."""
    world = World(seed=3)
    assert world.app is world.apps[0]
    assert [app.enabled for app in world.apps] == [True, True, False]
    for kind in ("name", "consumer_key", "consumer_secret", "bearer_token"):
        assert len({getattr(app, kind) for app in world.apps}) == 3
    for app in world.apps:
        assert app.consumer_key.startswith("emulator-key-")
        assert "%2F" in app.bearer_token
    assert World(seed=4).apps[1].consumer_key != world.apps[1].consumer_key
    assert World(seed=3, accounts=9).apps == world.apps


def test_tokens_of_the_first_app() -> None:
    """The first app's first token is the account's own, and keys are those of former versions."""
    world = World()
    acme = world.accounts[0]
    token = make_token(0, world.app, acme, 0)
    assert (token.token, token.secret) == (acme.access_token, acme.access_token_secret)
    assert make_bearer(0, world.app, 0) == world.app.bearer_token
    assert world.app.consumer_key == "emulator-key-a5f4220950bb"
    assert "emulator-" not in repr(token)


def test_every_token_is_another() -> None:
    """No two of apps, accounts and generations share a token or secret; all name the owner."""
    world = World(accounts=5)
    made = [
        (account, make_token(0, app, account, generation))
        for app in world.apps
        for account in world.accounts
        for generation in range(4)
    ]
    assert len({token.token for _, token in made}) == len({token.secret for _, token in made}) == 60
    assert all(token.token.startswith(f"{one.user_id}-emulator-") for one, token in made)
    bearers = {make_bearer(0, app, generation) for app in world.apps for generation in range(4)}
    assert len(bearers) == 12
