from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from engagement_kit.emulator import Settings
from engagement_kit.emulator.api.checks import Asked, Refused, read_request
from engagement_kit.emulator.api.limits import MAX_TWEETS, OFFERED, Endpoint

NOW = datetime(2024, 5, 1, 12, 34, 56, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "tweet_ids": ["1"],
    "engagement_types": ["favorites"],
    "groupings": {"g": {"group_by": ["tweet.id"]}},
}
FOUR = ["tweet.id", "engagement.type", "engagement.day", "engagement.hour"]


def read(body: bytes | dict[str, Any], endpoint: Endpoint = "historical", **switches: Any) -> Asked:
    """Read a body given as bytes or as an object."""
    if isinstance(body, dict):
        body = json.dumps(body).encode()
    return read_request(endpoint, body, Settings(**switches), NOW)


def refusal(
    body: bytes | dict[str, Any], endpoint: Endpoint = "historical", **switches: Any
) -> str:
    """Return the text with which a body is refused with 400."""
    with pytest.raises(Refused) as caught:
        read(body, endpoint, **switches)
    assert caught.value.status == 400
    return caught.value.texts[0]


def grouped(*levels: str) -> dict[str, Any]:
    """Make a grouping of these levels."""
    return {"group_by": list(levels)}


def test_good() -> None:
    """Ids may be strings or numbers; duplicates collapse, other members are ignored."""
    asked = read({
        **GOOD,
        "tweet_ids": ["12", 34, "0012", 2**63 - 1],
        "engagement_types": ["replies", "favorites", "replies", "media_clicks"],
        "comment": None,
    })  # fmt: skip
    assert asked.tweet_ids == ("12", "34", str(2**63 - 1))
    assert asked.metrics == ("replies", "favorites", "media_clicks")
    assert asked.groupings == {"g": ("tweet.id",)}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe{\x00", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b"[1]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'"x"', "must be a JSON object"),
        (b"NaN", "NaN is not JSON"),
        (b'{"tweet_ids": [-Infinity]}', "-Infinity is not JSON"),
        (b'{"tweet_ids": [' + b"9" * 5000 + b"]}", "not JSON"),
        (b'{"a": 1, "a": 1}', "stands twice"),
        (b"{}", "tweet_ids is missing"),
    ],
)
def test_not_an_object(body: bytes, text: str) -> None:
    """A body that is no proper JSON object is refused with the reason."""
    found = refusal(body)
    assert text in found
    assert found.startswith("emulator: ")


@pytest.mark.parametrize(
    ("member", "value", "text"),
    [
        ("tweet_ids", [], "(empty)"),
        ("tweet_ids", "1", "non-empty array"),
        ("tweet_ids", [True], "True in tweet_ids"),
        ("tweet_ids", [1.0], "1.0 in tweet_ids"),
        ("tweet_ids", [None], "None in tweet_ids"),
        ("tweet_ids", [-1], "-1 in tweet_ids"),
        ("tweet_ids", [2**63], "a number beyond 64 bits"),
        ("tweet_ids", [str(2**63)], "no tweet id"),
        ("tweet_ids", ["9" * 20], "no tweet id"),
        ("tweet_ids", ["1 "], "no tweet id"),
        ("tweet_ids", ["\u0661"], "no tweet id"),
        ("tweet_ids", ["x" * 10**6], "no tweet id"),
        ("tweet_ids", [["1"]], "a list in tweet_ids"),
        ("engagement_types", [], "(empty)"),
        ("engagement_types", [["favorites"]], "not a string"),
        ("engagement_types", [" engagements"], "does not offer"),
        ("engagement_types", ["Favorites"], "does not offer"),
        ("engagement_types", ["quote_tweets"], "does not offer"),
        ("engagement_types", ["\ud800"], "does not offer"),
        ("groupings", {}, "(empty)"),
        ("groupings", [grouped("tweet.id")], "non-empty object"),
        ("groupings", {"g": ["tweet.id"]}, "group_by"),
        ("groupings", {"g": grouped()}, "group_by"),
        ("groupings", {"g": {"group_by": "tweet.id"}}, "group_by"),
        ("groupings", {"g": {"group_by": [1]}}, "not a string"),
        ("groupings", {"\udfff": grouped("tweet.id")}, "not valid Unicode"),
        ("groupings", {n: grouped("tweet.id") for n in "abcd"}, "allowed: 1 to 3"),
        ("groupings", {"start": grouped("tweet.id")}, "key of every answer"),
        ("groupings", {"unsupported_for_x": grouped("tweet.id")}, "key of every answer"),
        ("groupings", {"g": grouped("Tweet.id")}, "unknown values"),
        ("groupings", {"g": grouped("tweet.id", "tweet.id")}, "repeats a value"),
        ("groupings", {"g": grouped(*FOUR[::-1])}, "must stand in the order"),
        ("groupings", {"a": grouped(*FOUR), "b": grouped(*FOUR)}, "more than one grouping"),
        ("start", None, "start is None"),
        ("end", 20240401, "end is 20240401"),
        ("start", "yesterday", "YYYY-MM-DD"),
    ],
)
def test_wrong_members(member: str, value: Any, text: str) -> None:
    """A wrong member is refused by name, in a short text of our own."""
    found = refusal({**GOOD, member: value})
    assert text in found
    assert found.startswith("emulator: ")
    assert len(found) < 700


@pytest.mark.parametrize("endpoint", ["totals", "28hr", "historical"])
def test_limits(endpoint: Endpoint) -> None:
    """Each endpoint takes its number of different tweets and its metrics, and no more."""
    most = [str(number) for number in range(1, MAX_TWEETS[endpoint] + 1)]
    metrics = list(OFFERED[endpoint])
    assert len(read({**GOOD, "tweet_ids": most * 2}, endpoint).tweet_ids) == len(most)
    assert read({**GOOD, "engagement_types": metrics}, endpoint).metrics == tuple(metrics)
    assert "at most" in refusal({**GOOD, "tweet_ids": [*most, "0"]}, endpoint)


def test_dates_ignored_elsewhere() -> None:
    """On /totals and /28hr start and end play no role, whatever they are."""
    assert read({**GOOD, "start": 7}, "28hr").window is not None
    assert read({**GOOD, "start": 7}, "totals").window is None


def test_reserved_and_free_names() -> None:
    """Grouping names are free text but for the answer's own keys."""
    names = ["Grand Totals", "", "ünï ☃"]
    asked = read({**GOOD, "groupings": {name: grouped("tweet.id") for name in names}})
    assert list(asked.groupings) == names


def test_ids_as_strings_only() -> None:
    """A switch refuses ids that are JSON numbers."""
    assert read({**GOOD, "tweet_ids": ["20", "21"]}, ids="strings").tweet_ids == ("20", "21")
    assert refusal({**GOOD, "tweet_ids": ["20", 21]}, ids="strings").endswith(
        "21 in tweet_ids is not a string."
    )


@pytest.mark.parametrize("endpoint", ["totals", "28hr"])
@pytest.mark.parametrize("name", ["start", "end"])
def test_stray_dates(endpoint: Endpoint, name: str) -> None:
    """A switch refuses dates where they play no role, and leaves /historical alone."""
    body = {**GOOD, name: "2024-04-30"}
    assert f"/{endpoint} takes no start" in refusal(body, endpoint, stray_dates="refused")
    assert read(body, "historical", stray_dates="refused").window
    assert read(GOOD, endpoint, stray_dates="refused").metrics == ("favorites",)


def test_ten_groupings() -> None:
    """A switch allows ten groupings, each of four levels, and not eleven."""
    ten = {str(number): grouped(*FOUR) for number in range(10)}
    assert len(read({**GOOD, "groupings": ten}, groupings="ten").groupings) == 10
    eleven = {**ten, "x": grouped("tweet.id")}
    text = refusal({**GOOD, "groupings": eleven}, groupings="ten")
    assert "11 groupings; allowed: 1 to 10" in text


def test_media_clicks() -> None:
    """A switch refuses the metric's old name, and does not offer it."""
    body = {**GOOD, "engagement_types": ["media_clicks"]}
    assert read(body).metrics == ("media_clicks",)
    text = refusal(body, media_clicks="refused")
    assert "does not offer the engagement_types 'media_clicks'; allowed: " in text
    assert "media_clicks" not in text.partition("allowed")[2]
