"""The list of all that the control API can do: names, what they take, and who does them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, get_args

from engagement_kit.emulator.api.limits import BASE_PATH, ENDPOINTS, TIMESTAMP_LIFETIME_S
from engagement_kit.emulator.api.openapi import description
from engagement_kit.emulator.api.settings import CHOICES, Settings
from engagement_kit.emulator.service import keys, looking, pasting, steering
from engagement_kit.emulator.service.details import DETAILS_KEPT
from engagement_kit.emulator.service.faults import MEANINGS
from engagement_kit.emulator.service.meanings import meanings
from engagement_kit.emulator.service.state import State
from engagement_kit.emulator.service.values import MOMENT, Values
from engagement_kit.emulator.world.world import Kind

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
    Action(
        "GET",
        "state",
        "World, clock, settings, faults, and how many were served.",
        steering.standing,
    ),
    Action(
        "POST",
        "reset",
        "Back to the start: clock, settings, faults, budgets, apps, tokens, log.",
        steering.reset,
    ),
    Action("GET", "clock", "The world's time, and whether it stands still.", steering.clock),
    Action(
        "POST",
        "clock",
        "Set, move, freeze or let go the world's clock, in this order.",
        steering.move_clock,
        {
            "set": MOMENT,
            "travel_s": "seconds to move forward, or back where negative",
            "freeze": "true: stand still; false: run on",
        },
    ),
    Action("GET", "settings", "All switches.", lambda state, _: state.settings.to_dict()),
    Action(
        "POST",
        "settings",
        "Change some switches; budgets of requests start anew.",
        steering.change_settings,
        {one.name: _switch(one.name) for one in fields(Settings)},
        {name: _words(allowed) for name, allowed in CHOICES.items()},
    ),
    Action("GET", "faults", "The faults in force, and what each did so far.", steering.faults),
    Action(
        "POST",
        "faults",
        "Put a fault in force.",
        steering.add_fault,
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
    Action(
        "DELETE",
        "faults",
        "Take all faults away, or one: /emulator/faults/3.",
        steering.remove_faults,
    ),
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
        "Revoke the token of an app for an account; a new login gives a new one.",
        keys.revoke,
        {"account": "an account's name", "app": "an app's name; the first one by default"},
    ),
    Action(
        "GET",
        "tweets",
        "The newest tweets of an account, newest first.",
        steering.tweets,
        {
            "account": "a name or a user id; the first account's by default",
            "kind": ", ".join(get_args(Kind)),
            "n": f"how many, up to {steering.MOST_IDS}; 25 by default",
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
        steering.truth,
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
        steering.log,
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
