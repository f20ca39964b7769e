from __future__ import annotations

import json
from typing import Any

import pytest

from engagement_kit.emulator import World
from engagement_kit.emulator.service import keys
from engagement_kit.emulator.service.service import Service


def test_what_is_told(service: Service, world: World) -> None:
    """All keys are told: the first app's where they always were, and every app's beside them."""
    told = keys.listed(service.state, {})
    assert list(told) == ["app", "apps", "accounts"]
    assert told["app"] == {
        "consumer_key": world.app.consumer_key,
        "consumer_secret": world.app.consumer_secret,
        "bearer_token": world.app.bearer_token,
    }
    assert [(app["name"], app["enabled"]) for app in told["apps"]] == [
        ("reports", True),
        ("research", True),
        ("hobby", False),
    ]
    for app, known in zip(told["apps"], world.apps, strict=True):
        assert app["consumer_secret"] == known.consumer_secret
        assert app["bearer_token"] == known.bearer_token
    for one, account in zip(told["accounts"], world.accounts, strict=True):
        assert one["name"] == account.name
        assert one["user_id"] == account.user_id
        assert one["access_token"] == account.access_token
        assert one["access_token_secret"] == account.access_token_secret
        assert list(one["tokens"]) == ["reports", "research", "hobby"]
        assert one["tokens"]["reports"] == {
            "access_token": account.access_token,
            "access_token_secret": account.access_token_secret,
            "revoked": False,
        }
    assert json.loads(json.dumps(told)) == told


def test_revoking(service: Service, world: World) -> None:
    """A token is revoked for one app and account: the first app's unless another is named."""
    told = keys.revoke(service.state, {"account": "birch"})
    assert told == {
        "account": "birch",
        "tokens": {
            "reports": {"revoked": True},
            "research": {"revoked": False},
            "hobby": {"revoked": False},
        },
    }
    keys.revoke(service.state, {"account": "birch", "app": "research"})
    keys.revoke(service.state, {"account": "birch", "app": "research"})
    revoked = [
        (one["name"], app)
        for one in keys.listed(service.state, {})["accounts"]
        for app, token in one["tokens"].items()
        if token["revoked"]
    ]
    assert revoked == [("birch", "reports"), ("birch", "research")]
    new = service.state.grants.grant(world.app, world.accounts[1])
    account = keys.listed(service.state, {})["accounts"][1]
    assert account["access_token"] == new.token != world.accounts[1].access_token
    assert not account["tokens"]["reports"]["revoked"]


def test_enabling(service: Service) -> None:
    """An app is enabled by name, or not any more; all apps are told."""
    told = keys.enable(service.state, {"name": "hobby", "enabled": True})
    assert [app["enabled"] for app in told["apps"]] == [True, True, True]
    told = keys.enable(service.state, {"name": "reports", "enabled": False})
    assert [app["enabled"] for app in told["apps"]] == [False, True, True]


def test_where_no_app_is_enabled(service: Service) -> None:
    """The switch that keeps all apps out is stronger than what is told of each one."""
    service.state.change({"app": "not_enabled"})
    for app in keys.listed(service.state, {})["apps"]:
        assert app["enabled"] is False
    told = keys.enable(service.state, {"name": "hobby", "enabled": True})
    assert [app["enabled"] for app in told["apps"]] == [False, False, False]
    service.state.change({"app": "enabled"})
    assert [app["enabled"] for app in keys.listed(service.state, {})["apps"]] == [True] * 3


@pytest.mark.parametrize(
    ("do", "members", "text"),
    [
        (keys.revoke, {}, "account must be a name, as /emulator/accounts lists them"),
        (keys.revoke, {"account": 1}, "account must be a name"),
        (keys.revoke, {"account": "x"}, "no account 'x'; there are: acme, birch, cedar"),
        (keys.revoke, {"account": "acme", "app": "x"}, "no app 'x'; there are: reports, "),
        (keys.revoke, {"account": "acme", "app": None}, "app must be a name"),
        (keys.enable, {"name": "hobby"}, "enabled must be true or false"),
        (keys.enable, {"name": "hobby", "enabled": 1}, "enabled must be true or false"),
        (keys.enable, {"enabled": True}, "name must be a name"),
        (keys.enable, {"name": "x", "enabled": True}, "no app 'x'; there are: reports, "),
    ],
)
def test_wrong_members(service: Service, do: Any, members: dict[str, Any], text: str) -> None:
    """What is not there, or of a wrong type, is refused and changes nothing."""
    before = keys.listed(service.state, {})
    with pytest.raises(ValueError, match=text):
        do(service.state, members)
    assert keys.listed(service.state, {}) == before
