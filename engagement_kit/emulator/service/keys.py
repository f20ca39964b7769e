"""What the control API tells of made-up keys, and does to them; no HTTP here."""

from __future__ import annotations

from typing import Any

from engagement_kit.emulator.service.state import State
from engagement_kit.emulator.service.values import Values, a_name
from engagement_kit.emulator.world.accounts import Account, App


def listed(state: State, _: Values) -> dict[str, Any]:
    """List apps and accounts with their made-up keys; the first app's are the default ones."""
    grants = state.grants
    first = grants.apps[0]
    return {
        "app": _keys(state, first),
        "apps": [_app(state, one) for one in grants.apps],
        "accounts": [
            {
                "name": one.name,
                "user_id": one.user_id,
                **_token(state, first, one),
                "tokens": {
                    app.name: {
                        **_token(state, app, one),
                        "revoked": grants.is_revoked(app, one),
                    }
                    for app in grants.apps
                },
            }
            for one in grants.accounts
        ],
    }


def _keys(state: State, app: App) -> dict[str, str]:
    """Tell an app's keys."""
    return {
        "consumer_key": app.consumer_key,
        "consumer_secret": app.consumer_secret,
        "bearer_token": state.grants.bearer(app),
    }


def _app(state: State, app: App) -> dict[str, Any]:
    """Tell an app's name, keys, and whether it is enabled."""
    return {
        "name": app.name,
        "enabled": state.is_enabled(app.name),
        **_keys(state, app),
    }


def _token(state: State, app: App, account: Account) -> dict[str, str]:
    """Tell the newest token of an app for an account."""
    token = state.grants.token(app, account)
    return {"access_token": token.token, "access_token_secret": token.secret}


def enable(state: State, members: Values) -> dict[str, Any]:
    """Enable an app for the Engagement API, or take that back.

    What is told is what counts: where the switch `app` is "not_enabled", no app is enabled.

    Raises
    ------
    ValueError
        If there is no such app, or `enabled` is no truth value.
    """
    if not isinstance(members.get("enabled"), bool):
        raise ValueError("enabled must be true or false")
    app = state.grants.find_app(a_name(members, "name"))
    state.grants.enable(app, enabled=members["enabled"])
    return {"apps": [_app(state, one) for one in state.grants.apps]}


def revoke(state: State, members: Values) -> dict[str, Any]:
    """Revoke the token of an app for an account, as the account's owner can.

    Raises
    ------
    ValueError
        If there is no such account or app.
    """
    grants = state.grants
    account = grants.find_account(a_name(members, "account"))
    app = grants.find_app(a_name(members, "app")) if "app" in members else grants.apps[0]
    grants.revoke(app, account)
    return {
        "account": account.name,
        "tokens": {one.name: {"revoked": grants.is_revoked(one, account)} for one in grants.apps},
    }
