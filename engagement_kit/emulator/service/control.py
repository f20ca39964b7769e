"""The control API under /emulator/: look at an emulator and steer it; not part of what it emulates.

Answers are JSON. What changes something takes DELETE, or POST with a body of type
``application/json``: neither can a foreign page send unasked, and `guard` has refused foreign pages
before. Control requests are neither counted nor logged. What can be done stands in `actions`.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from engagement_kit.emulator.api.answer import Reply
from engagement_kit.emulator.api.checks import OURS
from engagement_kit.emulator.page import files
from engagement_kit.emulator.service.actions import ACTIONS, Action
from engagement_kit.emulator.service.knock import Knock
from engagement_kit.emulator.service.packing import MAX_BODY, unpacked
from engagement_kit.emulator.service.state import State
from engagement_kit.emulator.service.values import NotThere

BASE_PATH: Final = "/emulator/"
HEADERS: Final = files.OWN_HEADERS
_ACTIONS: Final = {(one.method, one.what): one for one in ACTIONS}


class _Wrong(Exception):
    """The request can't be done: status, text, and which methods could, if it is one of them."""

    def __init__(self, status: int, text: str, allow: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.headers = {"Allow": allow} if allow else {}


def is_meant(path: str) -> bool:
    """Tell whether a path is one of the control API."""
    return path.startswith(BASE_PATH) or path == BASE_PATH.rstrip("/")


def respond(state: State, knock: Knock) -> Reply:
    """Do what a control request asks.

    Parameters
    ----------
    state : State
    knock : Knock

    Returns
    -------
    Reply
        200 with the asked or new state; 400, 404, 405 or 415 with a text that says what is allowed.
    """
    below = knock.path.removeprefix(BASE_PATH.rstrip("/")).removeprefix("/")
    what, _, which = below.partition("/")
    method = "GET" if knock.method == "HEAD" else knock.method
    try:
        if not below and method == "GET":
            return Reply(200, _index())
        action = _find(method, what, which)
        values = _members(knock) if method == "POST" else _query(knock)
        unknown = [name for name in values if name not in action.takes]
        if unknown:
            takes = ", ".join(action.takes) or "nothing"
            raise _Wrong(400, f"unknown {', '.join(unknown)[:60]!a}; {what} takes: {takes}")
        if method == "DELETE":
            values["which"] = which
        if action.by_address:
            values["address"] = knock.url
        return Reply(200, action.do(state, values))
    except _Wrong as wrong:
        return Reply(wrong.status, {"errors": [OURS + str(wrong)]}, headers=wrong.headers)
    except NotThere as problem:
        return Reply(404, {"errors": [OURS + str(problem)]})
    except (ValueError, TypeError, OverflowError) as problem:
        return Reply(400, {"errors": [OURS + str(problem)]})
    except RecursionError:  # what was read could be too deep to be shown in a text
        return Reply(400, {"errors": [OURS + "the body is nested too deep"]})


def _find(method: str, what: str, which: str) -> Action:
    """Find what a method and a path stand for; only a fault has a number behind its path."""
    allowed = sorted(one.method for one in ACTIONS if one.what == what)
    if not allowed or (which and (method, what) != ("DELETE", "faults")):
        there = dict.fromkeys(one.what for one in ACTIONS)
        raise _Wrong(404, f"no such path; {BASE_PATH} has: {', '.join(there)}")
    if method not in allowed:
        allow = ", ".join(allowed)
        raise _Wrong(
            405,
            f"{method[:20]!a} is not for {BASE_PATH}{what}; {allow} is",
            allow.replace("GET", "GET, HEAD"),
        )
    return _ACTIONS[method, what]


def _query(knock: Knock) -> dict[str, Any]:
    """Read the query; of a name that stands twice the last counts."""
    found = parse_qs(urlsplit(knock.url).query, keep_blank_values=True)
    return {name: values[-1] for name, values in found.items()}


def _members(knock: Knock) -> dict[str, Any]:
    """Read the members of a JSON body; none where there is no body."""
    # A page may send a form or plain text to any address; for JSON its browser asks us first.
    if not knock.headers.get("content-type", "").lower().startswith("application/json"):
        raise _Wrong(415, "a POST needs the header Content-Type: application/json, also if empty")
    plain = unpacked(knock.headers, knock.body)
    if plain is None:
        raise _Wrong(400, f"the body is not gzip, or has more than {MAX_BODY} bytes")
    try:
        members = json.loads(plain or b"{}")
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise _Wrong(400, "the body must be a JSON object")
    return members


def _index() -> dict[str, Any]:
    """Tell all that can be done, and how."""
    paths: dict[str, dict[str, Any]] = {}
    for one in ACTIONS:
        told: dict[str, Any] = {"about": one.about}
        told |= {"takes": one.takes} if one.takes else {}
        told |= {"choices": one.choices} if one.choices else {}
        paths.setdefault(f"{BASE_PATH}{one.what}", {})[one.method] = told
    return {
        "about": "What steers the emulator: GET takes a query, POST a JSON object.",
        "example": "curl -X POST -H 'Content-Type: application/json' "
        """-d '{"travel_s": 3600}' http://127.0.0.1:PORT/emulator/clock""",
        "paths": paths,
    }
