"""Owners of accounts, who agree on the emulator's pages; and keys that nobody may see."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import requests
from acting import all_of

from engagement_kit.emulator import Emulator
from engagement_kit.forms.connect_form import ConnectForm

PLANTED_KEY = "planted-key-7XqGz4"
PLANTED_SECRET = "planted-secret-9LmWv2"
PATIENCE = 30.0
"""Seconds after which a test is taken to hang."""


def answer(page: str, account: str, decision: str = "authorize") -> str:
    """Answer on a page as an account's owner, and give what a browser shows then."""
    token = parse_qs(urlsplit(page).query)["oauth_token"][0]
    form = {"oauth_token": token, "account": account, "decision": decision}
    with requests.Session() as session:
        session.trust_env = False
        return session.post(page.partition("?")[0], data=form, timeout=PATIENCE).text


def pin_for(page: str, account: str) -> str:
    """Agree as an account's owner, and read the PIN."""
    digits = "".join(one if one.isdigit() else " " for one in answer(page, account)).split()
    return next(one for one in digits if len(one) == 7)


def secrets_of(emulator: Emulator) -> list[str]:
    """List all keys of an emulator, and those that are planted."""
    world = emulator.world
    app = [world.app.consumer_key, world.app.consumer_secret, world.app.bearer_token]
    tokens = [one.access_token for one in world.accounts]
    secrets = [one.access_token_secret for one in world.accounts]
    return [PLANTED_KEY, PLANTED_SECRET, *app, *tokens, *secrets]


def shown(form: ConnectForm) -> str:
    """Give all that a form shows, keeps in the state of its widgets, or says as text."""
    states = [one.get_state() for one in all_of(form.widget)]
    return json.dumps([states, repr(form), repr(form.login.state), repr(vars(form.login))])
