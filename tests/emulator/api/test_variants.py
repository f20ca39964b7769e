from __future__ import annotations

import json
from typing import Any

import pytest

from engagement_kit.emulator.api import variants

LEVELS = ("tweet.id", "engagement.type", "engagement.hour")
NESTED = {
    "20": {"retweets": {"00": "3", "01": "0"}, "replies": {"00": "0", "01": "0"}},
    "21": {"retweets": {"00": "0", "01": "0"}, "replies": {"00": "0", "01": "0"}},
}


def test_as_numbers() -> None:
    """Every leaf becomes a JSON number, those of negative counts too."""
    assert variants.as_numbers({"20": {"retweets": "-3"}}, LEVELS[:2]) == {"20": {"retweets": -3}}
    assert variants.as_numbers({"20": {"retweets": 3}}, LEVELS[:2]) == {"20": {"retweets": 3}}


def test_mixed() -> None:
    """Retweets alone become numbers, wherever the metric stands; without metrics nothing does."""
    assert variants.mixed({"20": {"retweets": "3", "replies": "1"}}, LEVELS[:2]) == {
        "20": {"retweets": 3, "replies": "1"}
    }
    assert variants.mixed({"retweets": {"20": "3"}}, ("engagement.type", "tweet.id")) == {
        "retweets": {"20": 3}
    }
    assert variants.mixed({"20": "3"}, ("tweet.id",)) == {"20": "3"}


def test_sparse() -> None:
    """Zeros go, and the objects that held nothing else; the grouping itself stays."""
    assert variants.sparse(NESTED, LEVELS) == {"20": {"retweets": {"00": "3"}}}
    assert variants.sparse({"20": 0}, ("tweet.id",)) == {}


def test_without() -> None:
    """Named cells of tweet and metric are left out, in any order of levels."""
    cells: set[tuple[str | None, str | None]] = {("20", "replies")}
    assert variants.without({"20": {"replies": "1", "retweets": "2"}}, LEVELS[:2], cells) == {
        "20": {"retweets": "2"}
    }
    turned = ("engagement.type", "tweet.id")
    assert variants.without({"replies": {"20": "1", "21": "2"}}, turned, cells) == {
        "replies": {"21": "2"}
    }
    assert variants.without({"20": "1"}, ("tweet.id",), cells) == {"20": "1"}


@pytest.mark.parametrize(
    ("nested", "levels", "expected"),
    [
        ({"20": {"a": "1"}}, LEVELS[:2], {"20": {"a": "1", variants.NEW_METRIC: "1"}}),
        ({"a": {"00": "1"}}, LEVELS[1:], {"a": {"00": "1"}, variants.NEW_METRIC: {"00": "1"}}),
        ({"20": "1"}, ("tweet.id",), {"20": "1"}),
        ({}, LEVELS, {}),
        ({"20": {}}, LEVELS, {"20": {}}),
    ],
)
def test_new_metric(
    nested: dict[str, Any], levels: tuple[str, ...], expected: dict[str, Any]
) -> None:
    """A new metric stands beside the first one with its counts, where there are metrics."""
    assert variants.with_new_metric(nested, levels) == expected


def test_extra_keys() -> None:
    """A list and an object that no document knows come to the root."""
    added = variants.with_extra_keys({"g": {}})
    assert {type(value) for key, value in added.items() if key != "g"} == {list, dict}


def test_shuffled() -> None:
    """Keys of all depths stand in another order, the same one for the same seed."""
    body = {str(number): {str(below): "1" for below in range(9)} for number in range(9)}
    first, again, other = (json.dumps(variants.shuffled(body, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert json.loads(first) == body
    assert list(json.loads(first)) != list(body)
    assert list(json.loads(first)["0"]) != list(body["0"])
    assert variants.shuffled({}, 1) == {}


def test_original_stays() -> None:
    """No variant changes what it is given."""
    before = json.dumps(NESTED)
    variants.as_numbers(NESTED, LEVELS)
    variants.sparse(NESTED, LEVELS)
    variants.with_new_metric(NESTED, LEVELS)
    variants.shuffled(NESTED, 1)
    assert json.dumps(NESTED) == before
