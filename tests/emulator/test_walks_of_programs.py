"""The walk to a user's token, as programs make it, and what its tokens are good for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from consent_page import Page
from requests_oauthlib import OAuth1, OAuth1Session

from engagement_kit.emulator import Emulator
from engagement_kit.emulator.world.accounts import App

BACK = "http://127.0.0.1:8765/callback"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Run an emulator of the standard world."""
    with Emulator() as running:
        yield running


def session_of(emulator: Emulator, app: App, callback: str) -> OAuth1Session:
    """Return a session of an app, which reaches an emulator without a socket where it has none."""
    session = OAuth1Session(
        app.consumer_key, client_secret=app.consumer_secret, callback_uri=callback
    )
    if emulator.in_process:
        session.mount("http://", emulator.adapter())
    return session


@pytest.mark.parametrize("in_process", [True, False])
@pytest.mark.parametrize("callback", ["oob", BACK])
def test_walks_of_requests_oauthlib(*, in_process: bool, callback: str) -> None:
    """A session of requests_oauthlib walks by PIN and by callback, and its token asks the API."""
    with Emulator(in_process=in_process) as emulator:
        research, birch = emulator.world.apps[1], emulator.world.accounts[1]
        session = session_of(emulator, research, callback)
        began = session.fetch_request_token(f"{emulator.url}/oauth/request_token")
        assert began["oauth_callback_confirmed"] == "true"
        with requests.Session() as browser:
            if in_process:
                browser.mount("http://", emulator.adapter())
            page = Page(
                browser.get(session.authorization_url(f"{emulator.url}/oauth/authorize")).text
            )
            assert page.accounts == [one.name for one in emulator.world.accounts]
            form = {**page.form, "account": birch.name, "decision": "authorize"}
            answer = browser.post(emulator.url + page.action, data=form, allow_redirects=False)
        verifier = Page(answer.text).pin
        if callback != "oob":
            assert answer.status_code == 303
            assert answer.headers["Location"].startswith(f"{BACK}?oauth_token=")
            verifier = parse_qs(urlsplit(answer.headers["Location"]).query)["oauth_verifier"][0]
        found = session.fetch_access_token(f"{emulator.url}/oauth/access_token", verifier=verifier)
        assert (found["screen_name"], found["user_id"]) == (birch.name, birch.user_id)
        keys = emulator.environment("birch", app="research")
        assert found["oauth_token"] == keys["TWITTER_ACCESS_TOKEN"]
        assert found["oauth_token_secret"] == keys["TWITTER_ACCESS_TOKEN_SECRET"]
        body = '{"tweet_ids":["1"],"engagement_types":["impressions"],"groupings":{}}'
        answered = session.post(
            f"{emulator.base_url}/totals", data=body, headers={"Content-Type": "application/json"}
        )
        assert answered.status_code == 400  # past who asks: it is the body that is wrong
        record = emulator.log[-1]
        assert (record.credential, record.account, record.app) == ("user", "birch", "research")


def test_bearer_of_requests(emulator: Emulator) -> None:
    """Key and secret by Basic get the bearer token, which then counts as the app's."""
    app = emulator.world.apps[1]
    answer = requests.post(
        f"{emulator.url}/oauth2/token",
        auth=(app.consumer_key, app.consumer_secret),
        data={"grant_type": "client_credentials"},
        timeout=10,
    )
    assert answer.json() == {"token_type": "bearer", "access_token": app.bearer_token}
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    asked = requests.post(f"{emulator.base_url}/totals", headers=bearer, data="{", timeout=10)
    assert asked.status_code == 400
    assert emulator.log[-1].credential == "app"
    assert emulator.log[-1].app == "research"


def test_apps_that_are_not_enabled(emulator: Emulator) -> None:
    """An app that was not enabled gets tokens, and a 403 for each call, until it is enabled."""
    keys = emulator.environment(app="hobby")
    auth = OAuth1(
        *(keys["TWITTER_CONSUMER_KEY"], keys["TWITTER_CONSUMER_SECRET"]),
        *(keys["TWITTER_ACCESS_TOKEN"], keys["TWITTER_ACCESS_TOKEN_SECRET"]),
    )
    bearer = {"Authorization": f"Bearer {keys['TWITTER_BEARER_TOKEN']}"}
    session = session_of(emulator, emulator.world.apps[2], "oob")
    assert session.fetch_request_token(f"{emulator.url}/oauth/request_token")["oauth_token"]

    def statuses() -> list[Any]:
        url = f"{emulator.base_url}/totals"
        json_type = {"Content-Type": "application/json"}
        asked = [
            requests.post(url, auth=auth, data="{", headers=json_type, timeout=10),
            requests.post(url, headers={**bearer, **json_type}, data="{", timeout=10),
        ]
        return [(one.status_code, one.json()["errors"][0]) for one in asked]

    assert statuses() == [(403, "your application id is not authorized.")] * 2
    assert [record.app for record in emulator.log[-2:]] == ["hobby", "hobby"]
    emulator.enable("hobby")
    assert [status for status, _ in statuses()] == [400, 400]
    emulator.enable("hobby", enabled=False)
    assert [status for status, _ in statuses()] == [403, 403]
    emulator.reset()
    emulator.enable("hobby")
    emulator.change(app="not_enabled")
    assert [status for status, _ in statuses()] == [403, 403]


def test_revoked_and_walked_anew(emulator: Emulator) -> None:
    """A revoked token is refused for ever; a new walk gives one that is good."""
    old = emulator.environment("acme")
    emulator.revoke("acme")
    session = session_of(emulator, emulator.world.app, "oob")
    began = session.fetch_request_token(f"{emulator.url}/oauth/request_token")
    form = {"oauth_token": began["oauth_token"], "account": "acme", "decision": "authorize"}
    answer = requests.post(f"{emulator.url}/oauth/authorize", data=form, timeout=10)
    session.fetch_access_token(f"{emulator.url}/oauth/access_token", verifier=Page(answer.text).pin)
    new = emulator.environment("acme")
    assert new["TWITTER_ACCESS_TOKEN"] != old["TWITTER_ACCESS_TOKEN"]
    found = []
    for keys in (old, new):
        auth = OAuth1(
            *(keys["TWITTER_CONSUMER_KEY"], keys["TWITTER_CONSUMER_SECRET"]),
            *(keys["TWITTER_ACCESS_TOKEN"], keys["TWITTER_ACCESS_TOKEN_SECRET"]),
        )
        url = f"{emulator.base_url}/totals"
        json_type = {"Content-Type": "application/json"}
        asked = requests.post(url, auth=auth, data="{", headers=json_type, timeout=10)
        found.append((asked.status_code, asked.json()["errors"][0]))
    assert found[0] == (
        401,
        "Your account could not be authenticated. Reason: Access token not found",
    )
    assert found[1][0] == 400
    emulator.reset()
    assert emulator.environment("acme") == old
