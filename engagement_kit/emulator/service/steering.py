"""What the control API can do to an emulator, and what it tells; no HTTP here.

Each action takes plain values and gives plain values, as JSON can hold them. A value that is not
allowed raises ValueError with a text that says what is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Final, get_args

from engagement_kit.emulator.api.limits import BASE_PATH, ENDPOINTS, TIMESTAMP_LIFETIME_S
from engagement_kit.emulator.api.openapi import description
from engagement_kit.emulator.api.settings import CHOICES, Settings
from engagement_kit.emulator.service import keys, looking, pasting
from engagement_kit.emulator.service.details import DETAILS_KEPT
from engagement_kit.emulator.service.faults import MEANINGS, Fault
from engagement_kit.emulator.service.meanings import meanings
from engagement_kit.emulator.service.state import State
from engagement_kit.emulator.service.values import (
    ID,
    MOMENT,
    NotThere,
    Values,
    moment,
    span,
    texts,
    whole,
)
from engagement_kit.emulator.world.clock import as_written
from engagement_kit.emulator.world.world import Kind

_MOST_IDS: Final = 10_000
_MOST_COUNTS: Final = 1_000_000
_IDS: Final = f"up to {looking.MOST_TWEETS} ids, with commas between them"
_MEANT: Final = meanings(Settings)
_AS: Final = f"whose keys: an account's name, or {pasting.APP} for the bearer token"


@dataclass(frozen=True)
class Action:
    """One thing that can be done.

    Attributes
    ----------
    method, what : str
        As in "POST" and "clock".
    about : str
        What it does, in a sentence.
    do : callable
        From state and values to what is told.
    takes : dict
        The names that it takes, each with what it means: of the query for GET, of the JSON body
        for POST.
    choices : dict
        Of names that take one of a few words: the words, each with what it means, if that is known.
    by_address : bool
        Whether it needs to know under which address the emulator was called: as `address`.
    """

    method: str
    what: str
    about: str
    do: Callable[[State, Values], dict[str, Any]]
    takes: dict[str, str] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    by_address: bool = False


def _state(state: State, _: Values) -> dict[str, Any]:
    """Tell how the emulator stands."""
    world = state.world
    return {
        "name": state.name,
        "world": {
            "nature": world.nature.name,
            "seed": world.seed,
            "accounts": len(world.accounts),
            "revised": world.revised,
            "undone": world.undone,
        },
        "clock": _clock(state, {}),
        "settings": state.settings.as_dict(),
        "faults": state.faults.listed(),
        "requests_served": state.requests_served,
        "keys_version": state.keys_version,
    }


def _clock(state: State, _: Values) -> dict[str, Any]:
    """Tell the world's time."""
    return {"now": as_written(state.clock.now()), "frozen": state.clock.is_frozen}


def _move_clock(state: State, members: Values) -> dict[str, Any]:
    """Set, move, freeze or let go the world's clock; the moves are made in this order."""
    if not members:
        raise ValueError("nothing to do; allowed: set, travel_s, freeze")
    if not isinstance(members.get("freeze", True), bool):
        raise ValueError("freeze must be true or false")
    # All is read, and one step made, before anything can be refused: no half of it is done.
    by = span(members.get("travel_s", 0))
    if "set" in members:
        state.clock.set(moment("set", members["set"]) + by)
    elif by:
        state.clock.travel(by)
    if "freeze" in members:
        (state.clock.freeze if members["freeze"] else state.clock.follow)()
    return _clock(state, {})


def _reset(state: State, _: Values) -> dict[str, Any]:
    """Go back to the start."""
    state.reset()
    return _state(state, {})


def _change_settings(state: State, members: Values) -> dict[str, Any]:
    """Change some switches."""
    state.change(members)
    return state.settings.as_dict()


def _faults(state: State, _: Values) -> dict[str, Any]:
    """List the faults in force."""
    return {"faults": state.faults.listed()}


def _add_fault(state: State, members: Values) -> dict[str, Any]:
    """Put a fault in force."""
    number = state.faults.add(Fault.from_dict(members))
    return {"number": number, **_faults(state, {})}


def _remove_faults(state: State, values: Values) -> dict[str, Any]:
    """Take one fault away, or all."""
    which = values["which"]
    if not which:
        state.faults.clear()
    elif not (ID.fullmatch(which) and state.faults.remove(int(which))):
        raise NotThere(f"no fault {which[:20]!a} is in force")
    return _faults(state, {})


def _tweets(state: State, values: Values) -> dict[str, Any]:
    """List the newest tweets of an account before a moment."""
    accounts = state.world.accounts
    asked = values.get("account", accounts[0].name)
    # By user id too: that is what a token tells of its account.
    account = next((one.name for one in accounts if one.user_id == asked), asked)
    kind: Any = values.get("kind", "own")
    many = whole(values.get("n", "25"), _MOST_IDS)
    before = moment("before", values["before"]) if "before" in values else state.clock.now()
    ids = state.world.sample_ids(account, many, min(before, state.clock.now()), kind)
    return {"account": account, "kind": kind, "tweet_ids": ids}


def _truth(state: State, members: Values) -> dict[str, Any]:
    """Tell the true counts of each hour, nested by tweet and metric, at the world's time."""
    ids, metrics = (texts(members, name) for name in ("tweet_ids", "metrics"))
    start, end = (moment(name, members.get(name)) for name in ("start", "end"))
    if not ids or not metrics:
        raise ValueError("tweet_ids and metrics must not be empty")
    wrong = next((one for one in ids if not ID.fullmatch(one)), None)
    if wrong is not None:
        raise ValueError(f"{wrong[:20]!a} in tweet_ids is no tweet id")
    hours = max(0, (end - start) // timedelta(hours=1))
    if len(ids) * len(metrics) * max(hours, 1) > _MOST_COUNTS:  # lifetimes at least
        raise ValueError(f"more than {_MOST_COUNTS} counts; ask for fewer")
    now = state.clock.now()
    table = state.world.counts(ids, metrics, start, end, now).tolist()
    totals = state.world.lifetime(ids, metrics, now).tolist()
    return {
        "now": as_written(now),
        "start": as_written(start),
        "counts": {
            one: dict(zip(metrics, rows, strict=True)) for one, rows in zip(ids, table, strict=True)
        },
        "lifetime": {
            one: dict(zip(metrics, row, strict=True)) for one, row in zip(ids, totals, strict=True)
        },
    }


def _log(state: State, values: Values) -> dict[str, Any]:
    """List requests, oldest first: the newest `n`, or the first `n` after number `after`.

    So a reader who asks again with the last number that it saw misses none.
    """
    many = whole(values.get("n", "100"), 10**6)
    records = state.records()
    if "after" in values:
        after = whole(values["after"], 10**12)
        chosen = [one for one in records if one.number > after][:many]
    else:
        chosen = records[max(0, len(records) - many) :]
    return {"requests": [one.as_dict() for one in chosen]}


def _switch(name: str) -> str:
    """Tell what a switch may be, the default first, and what it means."""
    allowed = ", ".join(CHOICES.get(name, ())) or "null, or a whole number from 1"
    if name == "public_url":
        allowed = "null, or scheme and host, as in https://data-api.twitter.com"
    return f"{allowed}. {_MEANT[name]}".rstrip()


def _words(allowed: Sequence[str]) -> dict[str, str]:
    """Return words that explain themselves."""
    return dict.fromkeys(allowed, "")


ACTIONS: Final = (
    Action("GET", "state", "World, clock, settings, faults, and how many were served.", _state),
    Action(
        "POST",
        "reset",
        "Back to the start: clock, settings, faults, budgets, apps, tokens, log.",
        _reset,
    ),
    Action("GET", "clock", "The world's time, and whether it stands still.", _clock),
    Action(
        "POST",
        "clock",
        "Set, move, freeze or let go the world's clock, in this order.",
        _move_clock,
        {
            "set": MOMENT,
            "travel_s": "seconds to move forward, or back where negative",
            "freeze": "true: stand still; false: run on",
        },
    ),
    Action("GET", "settings", "All switches.", lambda state, _: state.settings.as_dict()),
    Action(
        "POST",
        "settings",
        "Change some switches; budgets of requests start anew.",
        _change_settings,
        {one.name: _switch(one.name) for one in fields(Settings)},
        {name: _words(allowed) for name, allowed in CHOICES.items()},
    ),
    Action("GET", "faults", "The faults in force, and what each did so far.", _faults),
    Action(
        "POST",
        "faults",
        "Put a fault in force.",
        _add_fault,
        {
            "kind": "; ".join(f"{kind}: {meaning}" for kind, meaning in MEANINGS.items()),
            "nth": "which of the requests that it meets: a number or a list, from 1",
            "rate": "the share of them that it strikes, up to 1",
            "tweet_id": "meets only requests for this tweet",
            "endpoint": "meets only totals, 28hr or historical",
            "times": "strikes so often at most",
            "seconds": "how long slow and hang take",
        },
        {
            "kind": {str(kind): meaning for kind, meaning in MEANINGS.items()},
            "endpoint": _words(ENDPOINTS),
        },
    ),
    Action("DELETE", "faults", "Take all faults away, or one: /emulator/faults/3.", _remove_faults),
    Action("GET", "accounts", "The apps' and the accounts' made-up keys.", keys.listed),
    Action(
        "POST",
        "apps",
        "Enable an app for the Engagement API, or take that back.",
        keys.enable,
        {"name": "an app's name", "enabled": "true or false"},
    ),
    Action(
        "POST",
        "revoke",
        "Revoke the token of an app for an account; a new walk gives a new one.",
        keys.revoke,
        {"account": "an account's name", "app": "an app's name; the first one by default"},
    ),
    Action(
        "GET",
        "tweets",
        "The newest tweets of an account, newest first.",
        _tweets,
        {
            "account": "a name or a user id; the first account's by default",
            "kind": ", ".join(get_args(Kind)),
            "n": f"how many, up to {_MOST_IDS}; 25 by default",
            "before": f"{MOMENT}; the world's time by default",
        },
        {"kind": _words(get_args(Kind))},
    ),
    Action(
        "GET",
        "about",
        "What tweets are: whose, since when, whether they are shown, and their counts so far.",
        looking.about,
        {"tweet_ids": _IDS},
    ),
    Action(
        "GET",
        "chart",
        "Counts of the first hours or UTC days of tweets' lives, up to now.",
        looking.chart,
        {
            "tweet_ids": _IDS,
            "metric": "a wire name; impressions by default",
            "by": "hour or day; hour by default",
            "hours": f"how many of each life, up to {looking.MOST_HOURS}; "
            f"{looking.SHOWN_HOURS} by default",
        },
        {"metric": _words(looking.METRICS), "by": _words(looking.STEPS)},
    ),
    Action(
        "POST",
        "truth",
        "The true counts of each hour, and the lifetime ones, at the world's time.",
        _truth,
        {
            "tweet_ids": "a list of texts",
            "metrics": "a list of wire names",
            "start": MOMENT,
            "end": f"{MOMENT}; exclusive",
        },
    ),
    Action(
        "GET",
        "log",
        "The last requests and what was decided: the newest n, or the first n after a number.",
        _log,
        {"n": "how many; 100 by default", "after": "a request's number"},
    ),
    Action(
        "GET",
        "request",
        f"One of the last {DETAILS_KEPT} requests and its answer, without secrets; none that came "
        "from a foreign page or host.",
        looking.request,
        {"number": "as in the log"},
    ),
    Action(
        "GET",
        "ready",
        "The body of a good request about tweets.",
        pasting.ready,
        {
            "endpoint": ", ".join(ENDPOINTS),
            "tweet_ids": _IDS,
            "as": _AS,
        },
        {"endpoint": _words(ENDPOINTS)},
    ),
    Action(
        "POST",
        "lines",
        "A request as lines to paste: for a shell, for Python, for engagement_kit. Signed for one "
        f"account, the line for the shell can be sent once, within {TIMESTAMP_LIFETIME_S} s.",
        pasting.lines,
        {
            "number": "of a request in the log; or else:",
            "endpoint": ", ".join(ENDPOINTS),
            "body": "a text or an object",
            "as": _AS,
            "app": "an app's name; the first one's, or that of the request in the log, by default",
        },
        {"endpoint": _words(ENDPOINTS)},
        by_address=True,
    ),
    Action(
        "GET",
        "openapi.json",
        "The three endpoints of the API as OpenAPI 3.1.",
        lambda _, __: description(BASE_PATH),
    ),
)
