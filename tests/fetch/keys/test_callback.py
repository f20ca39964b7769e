"""The page to which a browser comes back."""

from __future__ import annotations

import socket
import threading

import pytest
import requests

from engagement_kit.errors import EngagementError
from engagement_kit.fetch.keys.callback import Callback
from engagement_kit.fetch.keys.secret import Secret


def got(url: str, **headers: str) -> requests.Response:
    """Get a page without any proxy."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, headers=headers, timeout=5)


def test_the_verifier_of_our_own_walk_is_taken_and_not_shown() -> None:
    """The first one counts; the page holds nothing of it, and keeps no address."""
    with Callback(lambda token: token == "ours", port=0) as waiting:
        page = got(f"{waiting.url}?oauth_token=ours&oauth_verifier=the-verifier")
        got(f"{waiting.url}?oauth_token=ours&oauth_verifier=a-second")
        said = waiting.wait(1)
    assert (page.status_code, "the-verifier" in page.text) == (200, False)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert said is not None
    assert said.verifier == Secret("the-verifier")
    assert "the-verifier" not in repr(said)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?oauth_token=foreign&oauth_verifier=x", 400),
        ("?oauth_token=ours", 400),
        ("?denied=foreign", 400),
        ("", 400),
        ("/more?oauth_token=ours&oauth_verifier=x", 404),
    ],
)
def test_anything_else_is_refused_and_waiting_goes_on(query: str, status: int) -> None:
    """Any page may send a browser here."""
    with Callback(lambda token: token == "ours", port=0) as waiting:
        assert got(waiting.url + query).status_code == status
        assert waiting.wait(0) is None


def test_a_foreign_host_is_refused() -> None:
    """A name that leads to this machine by a trick is none of ours."""
    with Callback(lambda _: True, port=0) as waiting:
        url = f"{waiting.url}?oauth_token=ours&oauth_verifier=x"
        assert got(url, Host="evil.example").status_code == 404
        assert waiting.wait(0) is None


def test_an_owner_who_says_no_is_heard() -> None:
    """There is no verifier then."""
    with Callback(lambda token: token == "ours", port=0) as waiting:
        assert "Nothing was granted" in got(f"{waiting.url}?denied=ours").text
        said = waiting.wait(1)
    assert said is not None
    assert said == (Secret("ours"), Secret(""))


def test_it_ends_and_leaves_no_thread_and_no_port() -> None:
    """Also with a connection on which nothing came, and when it is closed twice."""
    before = threading.active_count()
    waiting = Callback(lambda _: True, port=0)
    port = int(waiting.url.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)):
        waiting.close()
    waiting.close()
    with Callback(lambda _: True, port=port), pytest.raises(EngagementError, match="another login"):
        Callback(lambda _: True, port=port)
    assert threading.active_count() <= before + 1  # the silent connection's own ends in a moment


def test_closing_ends_a_wait_of_another_thread() -> None:
    """It gives nothing, long before its seconds are over."""
    said: list[object] = []
    waiting = Callback(lambda _: True, port=0)
    thread = threading.Thread(target=lambda: said.append(waiting.wait(600)))
    thread.start()
    waiting.close()
    thread.join(30)
    assert said == [None]
