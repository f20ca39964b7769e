"""What the control API does to an emulator, and what it tells; no HTTP here.

Each action takes plain values and gives plain values, as JSON can hold them. A value that is not
allowed raises ValueError with a text that says what is. The list of them stands in `actions`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from engagement_kit.emulator.service.faults import Fault
from engagement_kit.emulator.service.state import State
from engagement_kit.emulator.service.values import ID, NotThere, Values, moment, span, texts, whole
from engagement_kit.emulator.world.clock import as_written

MOST_IDS: Final = 10_000
_MOST_COUNTS: Final = 1_000_000


def standing(state: State, _: Values) -> dict[str, Any]:
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
        "clock": clock(state, {}),
        "settings": state.settings.to_dict(),
        "faults": state.faults.listed(),
        "requests_served": state.requests_served,
        "keys_version": state.keys_version,
    }


def clock(state: State, _: Values) -> dict[str, Any]:
    """Tell the world's time."""
    return {"now": as_written(state.clock.now()), "frozen": state.clock.is_frozen}


def move_clock(state: State, members: Values) -> dict[str, Any]:
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
    return clock(state, {})


def reset(state: State, _: Values) -> dict[str, Any]:
    """Go back to the start."""
    state.reset()
    return standing(state, {})


def change_settings(state: State, members: Values) -> dict[str, Any]:
    """Change some switches."""
    state.change(members)
    return state.settings.to_dict()


def faults(state: State, _: Values) -> dict[str, Any]:
    """List the faults in force."""
    return {"faults": state.faults.listed()}


def add_fault(state: State, members: Values) -> dict[str, Any]:
    """Put a fault in force."""
    number = state.faults.add(Fault.from_dict(members))
    return {"number": number, **faults(state, {})}


def remove_faults(state: State, values: Values) -> dict[str, Any]:
    """Take one fault away, or all."""
    which = values["which"]
    if not which:
        state.faults.clear()
    elif not (ID.fullmatch(which) and state.faults.remove(int(which))):
        raise NotThere(f"no fault {which[:20]!a} is in force")
    return faults(state, {})


def tweets(state: State, values: Values) -> dict[str, Any]:
    """List the newest tweets of an account before a moment."""
    accounts = state.world.accounts
    asked = values.get("account", accounts[0].name)
    # By user id too: that is what a token tells of its account.
    account = next((one.name for one in accounts if one.user_id == asked), asked)
    kind: Any = values.get("kind", "own")
    many = whole(values.get("n", "25"), MOST_IDS)
    before = moment("before", values["before"]) if "before" in values else state.clock.now()
    ids = state.world.sample_ids(account, many, min(before, state.clock.now()), kind)
    return {"account": account, "kind": kind, "tweet_ids": ids}


def truth(state: State, members: Values) -> dict[str, Any]:
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


def log(state: State, values: Values) -> dict[str, Any]:
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
    return {"requests": [one.to_dict() for one in chosen]}
