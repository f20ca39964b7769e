"""Why no answer came, in a sentence: of errors that libraries really raise, and of made ones."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
)

from engagement_kit.fetch import unreached
from engagement_kit.question.rules import LIVE_BASE_URL

OTHER = "https://api.example/insights/engagement"


def wrapped(reason: Any, kind: type = requests.ConnectionError) -> BaseException:
    """Wrap what happened as requests and urllib3 do."""
    error: BaseException = kind(MaxRetryError(None, OTHER, reason))  # type: ignore[arg-type]
    return error


def no_name(code: int) -> NameResolutionError:
    """Fail to look a name up."""
    cause = socket.gaierror(code, "no")
    error = NameResolutionError("api.example", None, cause)  # type: ignore[arg-type]
    error.__cause__ = cause
    return error


def no_way(cause: OSError) -> NewConnectionError:
    """Fail to connect."""
    error = NewConnectionError(None, "no")  # type: ignore[arg-type]
    error.__cause__ = cause
    return error


CASES: dict[str, tuple[BaseException, bool, str, str]] = {
    "no such name": (
        wrapped(no_name(socket.EAI_NONAME)), False, "this machine seems to have no network",
        "no machine is called api.example: look at base_url=",
    ),
    "no name server": (
        wrapped(no_name(socket.EAI_AGAIN)), False, "seems to have no network",
        "seems to have no network",
    ),
    "a closed port": (
        wrapped(no_way(ConnectionRefusedError(111, "no"))), False, "the service is down",
        "nothing listens there: look at base_url=",
    ),
    "no route": (
        wrapped(no_way(OSError(101, "unreachable"))), False, "seems to have no network",
        "seems to have no network",
    ),
    "no connection in time": (
        wrapped(ConnectTimeoutError("no"), requests.ConnectTimeout), False, "in time", "in time",
    ),
    "a proxy": (
        wrapped(ProxyError("no", OSError()), requests.exceptions.ProxyError), False,
        "HTTPS_PROXY", "HTTPS_PROXY",
    ),
    "no TLS": (requests.exceptions.SSLError("no"), False, "(TLS)", "(TLS)"),
    "silence": (requests.ReadTimeout("no"), True, "was silent", "was silent"),
    "a reset": (
        requests.ConnectionError(ProtocolError("no", ConnectionResetError())), True,
        "the connection broke", "the connection broke",
    ),
    "no address": (
        requests.exceptions.MissingSchema("no"), True, "can't be called", "can't be called",
    ),
    "an odd header": (ValueError("no"), True, "can't be called", "can't be called"),
}  # fmt: skip


@pytest.mark.parametrize(("error", "reached", "of_api", "of_other"), CASES.values(), ids=CASES)
def test_each_kind_says_what_to_look_at(
    error: BaseException, reached: bool, of_api: str, of_other: str
) -> None:
    """The API's own address is right, so then it is the network; no word of a library is said."""
    assert unreached.is_reached(error) is reached
    for base_url, is_of_api, said in ((LIVE_BASE_URL, True, of_api), (OTHER, False, of_other)):
        words = unreached.why(error, base_url, is_of_api=is_of_api)
        assert said in words
        assert "\n" not in words
        assert not [one for one in ("Error", "Max retries", "urllib", "Pool") if one in words]
