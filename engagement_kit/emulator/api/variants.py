"""A body in other forms: what a real service may do differently, or wrongly; pure, no rule here.

A grouping comes in as nested counts with decimal strings as leaves, beside the levels of its
nesting, and goes out as a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from engagement_kit.emulator.api.limits import METRIC, TWEET
from engagement_kit.emulator.world.chance import key_of, word

Levels = tuple[str, ...]
Labels = dict[str, str]  # level to key: where a leaf stands

# Names that no document has, for a client that must take what it does not know.
NEW_METRIC: Final = "emulator_new_metric"
EXTRA_LIST: Final = "emulator_unknown_tweet_ids"
EXTRA_OBJECT: Final = "emulator_unknown_object"

_GONE: Final = object()


def as_numbers(nested: dict[str, Any], levels: Levels) -> dict[str, Any]:
    """Write every count as a JSON number.

    Examples
    --------
    >>> as_numbers({"20": {"retweets": "3"}}, ("tweet.id", "engagement.type"))
    {'20': {'retweets': 3}}
    """
    return _visit(nested, levels, lambda _, leaf: int(leaf))


def mixed(nested: dict[str, Any], levels: Levels) -> dict[str, Any]:
    """Write the retweets as numbers and the rest as strings, as one printed example does."""
    return _visit(
        nested, levels, lambda at, leaf: int(leaf) if at.get(METRIC) == "retweets" else leaf
    )


def sparse(nested: dict[str, Any], levels: Levels) -> dict[str, Any]:
    """Leave out zeros, and the objects that hold nothing else."""
    return _visit(nested, levels, lambda _, leaf: _GONE if leaf in {"0", 0} else leaf, prune=True)


def without(
    nested: dict[str, Any], levels: Levels, cells: set[tuple[str | None, str | None]]
) -> dict[str, Any]:
    """Leave out the counts of some (tweet id, metric), where both are named."""
    return _visit(
        nested,
        levels,
        lambda at, leaf: _GONE if (at.get(TWEET), at.get(METRIC)) in cells else leaf,
    )


def with_new_metric(nested: dict[str, Any], levels: Levels) -> dict[str, Any]:
    """Add a metric that nobody asked for, with the counts of the first one."""
    if METRIC not in levels or not nested:
        return nested
    if levels[0] == METRIC:
        return {**nested, NEW_METRIC: next(iter(nested.values()))}
    return {key: with_new_metric(value, levels[1:]) for key, value in nested.items()}


def with_extra_keys(body: dict[str, Any]) -> dict[str, Any]:
    """Add a list and an object at the root that no document knows."""
    return {**body, EXTRA_LIST: [], EXTRA_OBJECT: {"note": "unknown on purpose"}}


def shuffled(body: Any, seed: int) -> Any:
    """Put the keys of every object in another order; the same one for the same seed."""
    if not isinstance(body, dict):
        return body
    keys = list(body)
    order = word(key_of("shuffle", seed, *keys[:2]), np.arange(len(keys))).argsort().tolist()
    return {keys[place]: shuffled(body[keys[place]], seed) for place in order}


def _visit(
    nested: dict[str, Any],
    levels: Levels,
    change: Callable[[Labels, Any], Any],
    *,
    prune: bool = False,
) -> dict[str, Any]:
    """Give every leaf to `change` with its labels; leave out what comes back as gone."""

    def below(part: Any, depth: int, at: Labels) -> Any:
        if depth == len(levels):
            return change(at, part)
        new = {
            key: below(value, depth + 1, {**at, levels[depth]: key}) for key, value in part.items()
        }
        kept = {key: value for key, value in new.items() if value is not _GONE}
        return _GONE if prune and not kept and depth else kept

    whole: dict[str, Any] = below(nested, 0, {})
    return whole
