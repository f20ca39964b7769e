"""Public names, held together: one thing has one name, and one name one default."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import engagement_kit as ek
from engagement_kit import emulator
from engagement_kit.client.archive import Archive
from engagement_kit.client.client import Client
from engagement_kit.client.expiry import Expiring
from engagement_kit.client.follow_receipt import FollowReceipt
from engagement_kit.client.followed import Followed
from engagement_kit.client.purged import Purged
from engagement_kit.client.receipt import Receipt
from engagement_kit.client.refreshed import Refreshed, RefreshPlan
from engagement_kit.client.result import Result
from engagement_kit.question.plan import Plan
from engagement_kit.tables.revisions import Revisions

GIVEN = (
    Archive, Client, Expiring, Followed, FollowReceipt, Plan, Purged, Receipt, Refreshed,
    RefreshPlan, Result, Revisions,
)  # fmt: skip
"""Classes of what public functions give."""
HOMES = (ek, ek.insight, ek.plot, emulator)


def classes() -> list[type]:
    """List public classes."""
    named = [getattr(home, one) for home in HOMES for one in home.__all__]
    return [*(one for one in named if isinstance(one, type)), *GIVEN]


def functions() -> Iterator[tuple[str, Any]]:
    """List what can be called, by name: functions, and methods of public classes."""
    for home in HOMES:
        for name in home.__all__:
            if callable(getattr(home, name)):
                yield f"{home.__name__}.{name}", getattr(home, name)
    for one in classes():
        for name, method in inspect.getmembers(one, inspect.isroutine):
            ours = getattr(method, "__module__", None) or ""
            if not name.startswith("_") and ours.startswith("engagement_kit"):
                yield f"{one.__name__}.{name}", method


def parameters() -> Iterator[tuple[str, inspect.Parameter]]:
    """List all arguments, with the function that takes them."""
    for name, one in functions():
        for parameter in inspect.signature(one).parameters.values():
            if parameter.name != "self":
                yield name, parameter


OTHER_WORDS = {
    "account_name": "account", "count": "n",
    "id": "tweet_id", "ids": "tweet_ids", "limit": "n", "made": "plan", "max_calls": "max_requests",
    "out": "folder", "output": "path", "rate_limit": "per_minute", "store_path": "store",
    "time_zone": "tz", "timezone": "tz", "top_n": "n", "tweets": "tweet_ids",
    "within_hours": "first_hours",
}  # fmt: skip
"""Words that an argument does not go by, for the same thing has another name already."""


def test_what_has_a_name_goes_by_it() -> None:
    """No argument has another word for what others call by one."""
    wrong = {
        f"{name}({one.name})": OTHER_WORDS[one.name]
        for name, one in parameters()
        if one.name in OTHER_WORDS
        # Fields of what is counted, not arguments that anybody gives.
        and not name.startswith(("Purged", "Receipt", "engagement_kit.emulator"))
    }
    assert wrong == {}


SEVERAL_DEFAULTS = {
    "by": "what is counted by is what a function is about",
    "first_hours": "half-lives need a horizon; a window can be left out",
    "history": "a following is all about its history",
    "keep": "where keys go, and where a form keeps its values",
    "level": "how often intervals hold was measured for each function at its default",
    "metric": "whole tweets are whole in all metrics",
    "progress": "a whole store is tidied where no client is",
}
"""Arguments of several defaults, with the reason."""


def test_an_argument_has_one_default_or_a_reason() -> None:
    """Of the front door, of insight and plots, and of a client and a result."""
    found: dict[str, set[str]] = defaultdict(set)
    homes = ("engagement_kit.", "Client.", "Result.", "Followed.", "Revisions.")
    for name, one in parameters():
        inside = name.startswith(homes) and not name.startswith("engagement_kit.emulator")
        if inside and one.default is not inspect.Parameter.empty:
            found[one.name].add(repr(one.default))
    assert {name for name, defaults in found.items() if len(defaults) > 1} == {*SEVERAL_DEFAULTS}


def test_plain_data_and_tables_come_by_to() -> None:
    """Whatever is made of an object is a method ``to_…``, and read by ``from_…`` or ``load``."""
    wrong = {name for name, _ in functions() if name.rpartition(".")[2].startswith(("as_", "get_"))}
    assert wrong == set()


def test_what_is_invented_says_so_by_source() -> None:
    """All that holds counts, or asks for them, has ``source``."""
    for one in (Client, Expiring, Followed, FollowReceipt, Receipt, Result, Revisions):
        assert "source" in {*dir(one), *getattr(one, "__annotations__", {})}
