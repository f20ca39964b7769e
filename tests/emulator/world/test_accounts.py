from __future__ import annotations

from engagement_kit.emulator import World


def test_accounts_and_secrets() -> None:
    """Credentials are visibly the emulator's, differ by account and stay out of every repr."""
    world = World(accounts=16)
    assert world.name == "standard-0-of-16"
    assert world.accounts[:3] == World().accounts
    assert len({account.user_id for account in world.accounts}) == 16
    shown = repr(world.accounts) + repr(world.app) + repr(world)
    for account in world.accounts:
        assert account.access_token.startswith(f"{account.user_id}-emulator-")
        assert account.access_token_secret.startswith("emulator-")
        assert account.access_token not in shown
        assert account.access_token_secret not in shown
    assert "emulator-" not in shown
