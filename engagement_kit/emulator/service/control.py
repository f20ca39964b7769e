"""The control API under /emulator/: look at an emulator and steer it; not part of what it emulates.

Answers are JSON. What changes something takes DELETE, or POST with a body of type
``application/json``: neither can a foreign page send unasked, and `guard` has refused foreign pages
before. Control requests are neither counted nor logged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, get_args
from urllib.parse import parse_qs, urlsplit

from engagement_kit.emulator.api.answer import Reply
from engagement_kit.emulator.api.checks import OURS
from engagement_kit.emulator.api.limits import BASE_PATH as API_PATH
from engagement_kit.emulator.api.openapi import description
from engagement_kit.emulator.service.faults import Fault
from engagement_kit.emulator.service.packing import MAX_BODY, unpacked
from engagement_kit.emulator.service.state import State
from engagement_kit.emulator.world.world import Kind

BASE_PATH: Final = "/emulator/"
# Secrets and invented data: never kept by a cache, never loaded into another page.
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_ID: Final = re.compile(r"[0-9]{1,19}")
_MOST_IDS: Final = 10_000
_MOST_COUNTS: Final = 1_000_000
_MOST_SECONDS: Final = 10**10  # more than 300 years


class Knock(Protocol):
    """What this module needs to know of a request."""

    @property
    def method(self) -> str: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def url(self) -> str: ...  # noqa: D102
    @property
    def headers(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def body(self) -> bytes: ...  # noqa: D102


class _Wrong(Exception):
    """The request can't be done: status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


Values = dict[str, str]
Handler = Callable[[State, Values, dict[str, Any]], dict[str, Any]]


def respond(state: State, name: str, knock: Knock) -> Reply:
    """Do what a control request asks.

    Parameters
    ----------
    state : State
    name : str
        The emulator's name.
    knock : Knock
        Method, path, URL, headers (names in lower case) and body.

    Returns
    -------
    Reply
        200 with the asked or new state; 400, 404, 405 or 415 with a text that says what is allowed.
    """
    what, _, which = knock.path.removeprefix(BASE_PATH).partition("/")
    method = "GET" if knock.method == "HEAD" else knock.method
    try:
        if which and (method, what) != ("DELETE", "faults"):
            raise _Wrong(404, _no_path())
        if what == "" and method == "GET":
            return Reply(200, _index())
        if what == "state" and method == "GET":
            return Reply(200, {"name": name, **_state(state)})
        handler = _handler(method, what)
        values = {key: found[-1] for key, found in parse_qs(urlsplit(knock.url).query).items()}
        members = _members(knock) if method == "POST" else {}
        return Reply(200, handler(state, {**values, "which": which}, members))
    except _Wrong as wrong:
        return Reply(wrong.status, {"errors": [OURS + str(wrong)]})
    except (ValueError, TypeError, OverflowError) as problem:
        return Reply(400, {"errors": [OURS + str(problem)]})


def _handler(method: str, what: str) -> Handler:
    """Find what a method and a path stand for."""
    if what not in {path for _, path in _HANDLERS} | {"", "state"}:
        raise _Wrong(404, _no_path())
    found = _HANDLERS.get((method, what))
    if found is None:
        allowed = sorted(one for one, path in _HANDLERS if path == what) or ["GET"]
        raise _Wrong(405, f"{method[:20]!a} is not for {BASE_PATH}{what}; {', '.join(allowed)} is")
    return found


def _no_path() -> str:
    """Say which paths there are."""
    return f"no such path; there are {', '.join(_index()['paths'])}"


def _members(knock: Knock) -> dict[str, Any]:
    """Read the members of a JSON body; none where there is no body."""
    # A page may send a form or plain text to any address; for JSON its browser asks us first.
    if not knock.headers.get("content-type", "").lower().startswith("application/json"):
        raise _Wrong(415, "the Content-Type must be application/json")
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
    """List the paths."""
    paths = sorted({f"{BASE_PATH}{what}" for _, what in _HANDLERS} | {f"{BASE_PATH}state"})
    return {"paths": paths, "description": f"{BASE_PATH}openapi.json"}


def _state(state: State) -> dict[str, Any]:
    """Tell how the emulator stands."""
    world = state.world
    return {
        "world": {"nature": world.nature.name, "seed": world.seed, "accounts": len(world.accounts)},
        "clock": _clock(state),
        "settings": state.settings.as_dict(),
        "faults": state.faults.listed(),
        "requests_served": state.requests_served,
    }


def _clock(state: State) -> dict[str, Any]:
    """Tell the world's time."""
    return {"now": _text(state.clock.now()), "frozen": state.clock.is_frozen}


def _move_clock(state: State, _: Values, members: dict[str, Any]) -> dict[str, Any]:
    """Set, move, freeze or let go the world's clock; the moves are made in this order."""
    allowed = ("set", "travel_s", "freeze")
    unknown = [name for name in members if name not in allowed]
    if unknown or not members:
        problem = f"unknown members {unknown}" if unknown else "no members"
        raise _Wrong(400, f"{problem}; allowed: {', '.join(allowed)}")
    if not isinstance(members.get("freeze", True), bool):
        raise _Wrong(400, "freeze must be true or false")
    # All is read, and one step made, before anything can be refused: no half of it is done.
    by = _span(members.get("travel_s", 0))
    if "set" in members:
        state.clock.set(_moment(members["set"]) + by)
    elif by:
        state.clock.travel(by)
    if "freeze" in members:
        (state.clock.freeze if members["freeze"] else state.clock.follow)()
    return _clock(state)


def _reset(state: State, _: Values, __: dict[str, Any]) -> dict[str, Any]:
    """Go back to the start."""
    state.reset()
    return _state(state)


def _change_settings(state: State, _: Values, members: dict[str, Any]) -> dict[str, Any]:
    """Change some switches."""
    state.change(members)
    return state.settings.as_dict()


def _add_fault(state: State, _: Values, members: dict[str, Any]) -> dict[str, Any]:
    """Put a fault in force."""
    number = state.faults.add(Fault.from_dict(members))
    return {"number": number, "faults": state.faults.listed()}


def _remove_faults(state: State, values: Values, _: dict[str, Any]) -> dict[str, Any]:
    """Take one fault away, or all."""
    which = values["which"]
    if not which:
        state.faults.clear()
    elif not (_ID.fullmatch(which) and state.faults.remove(int(which))):
        raise _Wrong(404, f"no fault {which[:20]!a} is in force")
    return {"faults": state.faults.listed()}


def _accounts(state: State, _: Values, __: dict[str, Any]) -> dict[str, Any]:
    """List app and accounts with their made-up keys."""
    app = state.world.app
    return {
        "app": {
            "consumer_key": app.consumer_key,
            "consumer_secret": app.consumer_secret,
            "bearer_token": app.bearer_token,
        },
        "accounts": [
            {
                "name": one.name,
                "user_id": one.user_id,
                "access_token": one.access_token,
                "access_token_secret": one.access_token_secret,
            }
            for one in state.world.accounts
        ],
    }


def _tweets(state: State, values: Values, _: dict[str, Any]) -> dict[str, Any]:
    """List the newest tweets of an account, at the world's time."""
    account = values.get("account", state.world.accounts[0].name)
    kind: Any = values.get("kind", "own")
    many = _whole(values.get("n", "25"), _MOST_IDS)
    ids = state.world.sample_ids(account, many, state.clock.now(), kind)
    return {"account": account, "kind": kind, "kinds": list(get_args(Kind)), "tweet_ids": ids}


def _truth(state: State, _: Values, members: dict[str, Any]) -> dict[str, Any]:
    """Tell the true counts of each hour, nested by tweet and metric, at the world's time."""
    ids, metrics = (_texts(members, name) for name in ("tweet_ids", "metrics"))
    start, end = (_moment(members.get(name)) for name in ("start", "end"))
    if not ids or not metrics:
        raise _Wrong(400, "tweet_ids and metrics must not be empty")
    wrong = next((one for one in ids if not _ID.fullmatch(one)), None)
    if wrong is not None:
        raise _Wrong(400, f"{wrong[:20]!a} in tweet_ids is no tweet id")
    hours = max(0, (end - start) // timedelta(hours=1))
    if len(ids) * len(metrics) * max(hours, 1) > _MOST_COUNTS:  # lifetimes at least
        raise _Wrong(400, f"more than {_MOST_COUNTS} counts; ask for fewer")
    now = state.clock.now()
    table = state.world.counts(ids, metrics, start, end, now).tolist()
    totals = state.world.lifetime(ids, metrics, now).tolist()
    return {
        "now": _text(now),
        "start": _text(start),
        "counts": {
            one: dict(zip(metrics, rows, strict=True)) for one, rows in zip(ids, table, strict=True)
        },
        "lifetime": {
            one: dict(zip(metrics, row, strict=True)) for one, row in zip(ids, totals, strict=True)
        },
    }


def _log(state: State, values: Values, _: dict[str, Any]) -> dict[str, Any]:
    """List requests, oldest first: the newest `n`, or the first `n` after number `after`.

    So a reader who asks again with the last number that it saw misses none.
    """
    many = _whole(values.get("n", "100"), 10**6)
    records = state.records()
    if "after" in values:
        after = _whole(values["after"], 10**12)
        chosen = [one for one in records if one.number > after][:many]
    else:
        chosen = records[max(0, len(records) - many) :]
    return {"requests": [one.as_dict() for one in chosen]}


def _texts(members: dict[str, Any], name: str) -> list[str]:
    """Return a list of texts of the body."""
    value = members.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _Wrong(400, f"{name} must be a list of strings")
    return value


def _moment(text: object) -> datetime:
    """Read a moment; it must have a time zone."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _Wrong(400, f"{str(text)[:60]!a} is no moment; allowed: as in 2024-05-01T12:00:00Z")


def _span(seconds: object) -> timedelta:
    """Read a number of seconds, negative ones too."""
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not -_MOST_SECONDS <= seconds <= _MOST_SECONDS
    ):
        raise _Wrong(400, f"{str(seconds)[:60]!a} is no number of seconds up to {_MOST_SECONDS}")
    return timedelta(seconds=seconds)


def _whole(text: str, most: int) -> int:
    """Read a whole number from 0."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= most):
        raise _Wrong(400, f"{text[:20]!a} is not allowed; a whole number from 0 to {most} is")
    return int(text)


def _text(moment: datetime) -> str:
    """Write a moment as the wire does."""
    # Not strftime, which writes the year 999 in three digits.
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


_HANDLERS: Final[dict[tuple[str, str], Handler]] = {
    ("POST", "reset"): _reset,
    ("GET", "clock"): lambda state, _, __: _clock(state),
    ("POST", "clock"): _move_clock,
    ("GET", "settings"): lambda state, _, __: state.settings.as_dict(),
    ("POST", "settings"): _change_settings,
    ("GET", "faults"): lambda state, _, __: {"faults": state.faults.listed()},
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _remove_faults,
    ("GET", "accounts"): _accounts,
    ("GET", "tweets"): _tweets,
    ("POST", "truth"): _truth,
    ("GET", "log"): _log,
    ("GET", "openapi.json"): lambda _, __, ___: description(API_PATH),
}
