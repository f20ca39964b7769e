"""The walk from an app's keys to an account's: against the emulator, and against what lies."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.response import HTTPResponse

from engagement_kit.emulator import Emulator
from engagement_kit.errors import (
    AppKeysRefused,
    AuthenticationFailed,
    ConnectionBroken,
    EngagementError,
    LoginRefused,
    ServerFault,
    UnreadableAnswer,
)
from engagement_kit.fetch.keys.login import Login, auth_url_of, bearer_token
from engagement_kit.fetch.keys.secret import Secret

KEY, SECRET = Secret("consumer-key-planted"), Secret("consumer-secret-planted")
PLANTED = ("consumer-key-planted", "consumer-secret-planted", "request-planted", "second-planted")
STARTED = "oauth_token=request-planted&oauth_token_secret=second-planted"
CONFIRMED = f"{STARTED}&oauth_callback_confirmed=true"
QUOTED = f'{PLANTED[0]} {PLANTED[1]} {STARTED} {{"access_token": "{PLANTED[2]}"}}'
"""What a careless service might say."""


class Scripted(BaseAdapter):
    """Answers each path as it is told; an exception is raised."""

    def __init__(self, **answers: tuple[int, str] | Exception) -> None:
        super().__init__()
        self.answers = answers

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        """Answer a request."""
        assert request.url is not None
        answer = self.answers[urlsplit(request.url).path.rpartition("/")[2]]
        if isinstance(answer, Exception):
            raise answer
        raw = HTTPResponse(io.BytesIO(answer[1].encode()), status=answer[0], preload_content=False)
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        """Nothing is open."""


def walk(emulator: Emulator, callback: str = "oob") -> Login:
    """Begin a walk at an emulator of this process."""
    app = emulator.world.app
    return Login(
        Secret(app.consumer_key),
        Secret(app.consumer_secret),
        auth_url=emulator.url,
        callback=callback,
        adapter=emulator.adapter(),
    )


def agree(emulator: Emulator, page: str, account: str) -> requests.Response:
    """Press the button of the page, as an account."""
    token = parse_qs(urlsplit(page).query)["oauth_token"][0]
    form = {"oauth_token": token, "account": account, "decision": "authorize"}
    with requests.Session() as session:
        session.mount(emulator.url, emulator.adapter())
        url = f"{emulator.url}/oauth/authorize"
        return session.post(url, data=form, allow_redirects=False)


def test_a_callback_brings_the_account_s_own_keys() -> None:
    """The one whom the page was agreed on as; with its number, and as the world knows them."""
    with Emulator(in_process=True) as emulator:
        login = walk(emulator, "http://127.0.0.1:8766/callback")
        answered = agree(emulator, login.begin(), "birch")
        back = parse_qs(urlsplit(answered.headers["Location"]).query)
        assert login.is_about(back["oauth_token"][0])
        assert not login.is_about("another")
        account = login.finish(back["oauth_verifier"][0])
        birch = emulator.world.accounts[1]
    assert (account.name, account.user_id) == ("birch", birch.user_id)
    assert account.keys.token == Secret(birch.access_token)
    assert account.keys.secret == Secret(birch.access_token_secret)


def test_after_a_wrong_verifier_the_right_one_serves() -> None:
    """Where the service lets it; the error holds no secret, and what served once is over."""
    with Emulator(in_process=True) as emulator:
        login = walk(emulator)
        page = agree(emulator, login.begin(), "acme").text
        pin = next(one for one in re.findall(r"\d{7}", page))
        with pytest.raises(LoginRefused, match="Begin again") as said:
            login.finish("0000000")
        assert emulator.world.app.consumer_key not in str(said.value)
        assert login.finish(pin).name == "acme"
        with pytest.raises(EngagementError, match=r"begin\(\) gives the address"):
            login.finish(pin)
        assert login.begin()


def test_keys_that_are_no_app_s_are_refused() -> None:
    """By the walk and for the bearer token, before anybody opens a page."""
    with Emulator(in_process=True) as emulator:
        with pytest.raises(AuthenticationFailed):
            Login(KEY, SECRET, auth_url=emulator.url, adapter=emulator.adapter()).begin()
        with pytest.raises(AppKeysRefused, match="don't belong together, or one is mis") as said:
            bearer_token(KEY, SECRET, auth_url=emulator.url, adapter=emulator.adapter())

    assert "clock" not in str(said.value)
    assert "{" not in str(said.value)  # its words are read, not dumped


def test_long_words_of_a_service_are_shortened() -> None:
    """Whole pages come from proxies; and no blank lines are shown."""
    answer = (403, "<html>\n\n" + "word " * 200)
    with pytest.raises(AppKeysRefused, match=r"HTTP 403: <html> word .* \.\.\.\nThe app's") as said:
        bearer_token(KEY, SECRET, auth_url="https://x.invalid", adapter=Scripted(token=answer))
    assert len(str(said.value)) < 300


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    """Keys go to the address that was named, and to no other that an answer names."""

    class Redirecting(Scripted):
        sent: ClassVar[list[str]] = []

        def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
            self.sent.append(str(request.url))
            answer = super().send(request, **options)
            answer.headers["Location"] = "https://elsewhere.invalid/oauth/request_token"
            return answer

    told = Redirecting(token=(status, ""), request_token=(status, ""))
    with pytest.raises(AppKeysRefused):
        bearer_token(KEY, SECRET, auth_url="https://x.invalid", adapter=told)
    with pytest.raises(EngagementError):
        Login(KEY, SECRET, auth_url="https://x.invalid", adapter=told).begin()
    assert told.sent == ["https://x.invalid/oauth2/token", "https://x.invalid/oauth/request_token"]


def test_the_bearer_token_is_the_app_s_and_the_same_each_time() -> None:
    """Made of key and secret, with the signs of an address in it."""
    with Emulator(in_process=True) as emulator:
        app = emulator.world.app
        key, secret = Secret(app.consumer_key), Secret(app.consumer_secret)
        made = {
            bearer_token(key, secret, auth_url=emulator.url, adapter=emulator.adapter())
            for _ in range(2)
        }
    assert made == {Secret(app.bearer_token)}


Step = Callable[[Login], object]


def begin(login: Login) -> object:
    """Make the first step."""
    return login.begin()


def finish(login: Login) -> object:
    """Make both steps."""
    login.begin()
    return login.finish("1234567")


@pytest.mark.parametrize(
    ("step", "answers", "expected"),
    [
        (begin, {"request_token": (401, QUOTED)}, AuthenticationFailed),
        (begin, {"request_token": (503, QUOTED)}, ServerFault),
        (begin, {"request_token": (200, QUOTED)}, UnreadableAnswer),
        (begin, {"request_token": (200, STARTED)}, UnreadableAnswer),
        (begin, {"request_token": requests.ConnectionError(PLANTED)}, ConnectionBroken),
        (begin, {"request_token": requests.Timeout(PLANTED)}, ConnectionBroken),
        (finish, {"access_token": (401, QUOTED)}, LoginRefused),
        (finish, {"access_token": (500, QUOTED)}, ServerFault),
        (finish, {"access_token": (200, "oauth_token=request-planted")}, UnreadableAnswer),
        (finish, {"access_token": (200, "oauth_token=a b&oauth_token_secret=c")}, UnreadableAnswer),
        (finish, {"access_token": requests.ConnectionError(PLANTED)}, ConnectionBroken),
    ],
)
def test_whatever_goes_wrong_is_said_without_a_secret(
    step: Step, answers: Mapping[str, Any], expected: type[EngagementError]
) -> None:
    """Also where the service gives our own secrets back; no cause is left that holds them."""
    told = {"request_token": (200, CONFIRMED), **answers}
    login = Login(KEY, SECRET, auth_url="https://x.invalid", adapter=Scripted(**told))
    with pytest.raises(expected) as said:
        step(login)
    assert not [one for one in PLANTED if one in str(said.value)]
    assert (said.value.__cause__, said.value.__context__) == (None, None)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((403, QUOTED), AuthenticationFailed),
        ((502, "<html>"), ServerFault),
        ((200, "no JSON"), UnreadableAnswer),
        ((200, '{"token_type": "bearer"}'), UnreadableAnswer),
        ((200, '["bearer"]'), UnreadableAnswer),
        ((200, '{"access_token": 7}'), UnreadableAnswer),
        (requests.exceptions.SSLError(PLANTED), ConnectionBroken),
    ],
)
def test_a_bearer_that_is_not_given_is_said(
    answer: tuple[int, str] | Exception, expected: type[EngagementError]
) -> None:
    """Without the keys that were sent."""
    with pytest.raises(expected) as said:
        bearer_token(KEY, SECRET, auth_url="https://x.invalid", adapter=Scripted(token=answer))
    assert not [one for one in PLANTED if one in str(said.value)]
    assert (said.value.__cause__, said.value.__context__) == (None, None)


def test_who_grants_tokens_for_an_address() -> None:
    """The live API has another host for it; what stands for it on this machine its own."""
    assert auth_url_of("http://localhost:1/x") == "http://localhost:1"
    assert auth_url_of("https://proxy.example/insights/engagement") == "https://api.twitter.com"
