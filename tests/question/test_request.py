"""A Request: its body, its key, and what makes it unlawful."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engagement_kit.question.request import Request, unlawful

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
START = datetime(2026, 5, 1, tzinfo=UTC)
REQUEST = Request(
    service="https://data-api.twitter.com/insights/engagement",
    endpoint="historical",
    credential="user",
    account="acme",
    tweet_ids=("20", "1436278513418522630"),
    metrics=("impressions", "replies"),
    groupings=(("by day", ("tweet.id", "engagement.type", "engagement.day")),),
    start=START,
    end=START + timedelta(days=28),
)
TOTALS = replace(
    REQUEST,
    endpoint="totals",
    groupings=(("by tweet", ("tweet.id", "engagement.type")),),
    start=None,
    end=None,
)
FOUR = ("tweet.id", "engagement.type", "engagement.day", "engagement.hour")


def test_the_body_is_what_the_api_reads() -> None:
    """Ids as text, whole hours that end in Z, and the API's own member names."""
    assert json.loads(REQUEST.body) == {
        "start": "2026-05-01T00:00:00Z",
        "end": "2026-05-29T00:00:00Z",
        "tweet_ids": ["20", "1436278513418522630"],
        "engagement_types": ["impressions", "replies"],
        "groupings": {"by day": {"group_by": ["tweet.id", "engagement.type", "engagement.day"]}},
    }
    assert {"start", "end"}.isdisjoint(json.loads(TOTALS.body))


def test_the_body_holds_no_space_between_its_parts() -> None:
    """The same bytes each time: the key of a request is made of them."""
    assert REQUEST.body.startswith(b'{"start":"2026-05-01T00:00:00Z","end":')
    assert b'"engagement_types":["impressions","replies"]' in REQUEST.body


@pytest.mark.parametrize(
    ("endpoint", "credential", "name", "lawful"),
    [
        ("totals", "user", "impressions", True),
        ("totals", "user", "url_clicks", False),
        ("totals", "app", "favorites", True),
        ("totals", "app", "impressions", False),
        ("28hr", "user", "url_clicks", True),
        ("28hr", "app", "favorites", False),
        ("historical", "app", "favorites", False),
        ("historical", "user", "no_such_metric", False),
    ],
)
def test_metrics_are_lawful_where_they_are_offered_to_such_keys(
    endpoint: Any, credential: Any, name: str, lawful: bool
) -> None:
    """Each endpoint has its own, and app-only keys some of them on totals alone."""
    one = replace(REQUEST if endpoint == "historical" else TOTALS, endpoint=endpoint)
    account = "acme" if credential == "user" else None
    one = replace(one, metrics=(name,), credential=credential, account=account)
    said = () if lawful else (f"['{name}'] not offered on {endpoint} to {credential}",)
    assert unlawful(one, NOW) == said


@pytest.mark.parametrize(
    "change",
    [
        {"service": "emulator:standard"},
        {"endpoint": "28hr"},
        {"credential": "app"},
        {"account": "globex"},
        {"account": None},
        {"tweet_ids": ("20",)},
        {"metrics": ("impressions",)},
        {"groupings": ()},
        {"start": START + timedelta(hours=1)},
        {"end": START + timedelta(hours=1)},
    ],
)
def test_the_key_depends_on_every_part(change: dict[str, Any]) -> None:
    """The same body to another service, endpoint or account is another request."""
    assert replace(REQUEST, **change).key != REQUEST.key
    assert replace(REQUEST).key == REQUEST.key


@pytest.mark.parametrize(
    ("request_", "key"),
    [
        (REQUEST, "27fca8edba4be609778b3b4a"),
        (TOTALS, "5b00d60c39b40729abd0a860"),
        (replace(TOTALS, account=None), "fbcfbf05690adcf35a2b51e0"),
    ],
    ids=["historical", "totals", "no account"],
)
def test_keys_are_those_of_the_first_release(request_: Request, key: str) -> None:
    """Answers in stores lie under them: with other keys all would be asked and paid again."""
    assert request_.key == key


@pytest.mark.parametrize("request_", [REQUEST, TOTALS, replace(TOTALS, account=None)])
def test_a_request_survives_writing(request_: Request) -> None:
    """Written as JSON and read back, it is the same request with the same key."""
    again = Request.from_dict(json.loads(json.dumps(request_.to_dict())))
    assert again == request_
    assert again.key == request_.key


def test_a_request_without_some_tweets() -> None:
    """The other tweets keep their order, and the rest stays as it is."""
    rest = REQUEST.without(frozenset({"20", "99"}))
    assert rest == replace(REQUEST, tweet_ids=("1436278513418522630",))


@pytest.mark.parametrize(
    "lawful",
    [
        REQUEST,  # 28 days to the hour
        replace(REQUEST, end=START + timedelta(hours=1)),
        replace(REQUEST, start=NOW - timedelta(days=20, minutes=34), end=NOW.replace(minute=0)),
        replace(REQUEST, groupings=tuple((name, ("tweet.id",)) for name in "abc")),
        replace(REQUEST, groupings=(("a", FOUR), ("b", FOUR[:3]))),
        TOTALS,
    ],
)
def test_the_limits_themselves_are_lawful(lawful: Request) -> None:
    """672 hours or 1, an end at the last full hour, 3 groupings, one of four values."""
    assert unlawful(lawful, NOW) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tweet_ids": ()}, "0 tweets; historical takes 1 to 25"),
        ({"tweet_ids": tuple(map(str, range(1, 27)))}, "26 tweets"),
        ({"tweet_ids": ("20", "20")}, "a tweet stands twice"),
        ({"metrics": ()}, "no metric"),
        ({"metrics": ("quote_tweets",)}, "not offered on historical to user"),
        ({"credential": "app"}, "not offered on historical to app"),
        ({"account": None}, "own keys"),
        ({"groupings": ()}, "0 groupings"),
        ({"groupings": tuple((str(n), ("tweet.id",)) for n in range(4))}, "4 groupings"),
        ({"groupings": (("errors", ("tweet.id",)),)}, "a reserved name"),
        ({"groupings": (("a", FOUR), ("b", FOUR))}, "two groupings of four"),
        ({"groupings": (("a", FOUR[::-1]),)}, "only in the order"),
        ({"start": None}, "needs start and end"),
        ({"start": START - timedelta(hours=1)}, "a window of 673 hours"),
        ({"start": START + timedelta(days=28)}, "a window of 0 hours"),
        ({"start": START + timedelta(minutes=1)}, "not of whole hours"),
        ({"start": NOW, "end": NOW + timedelta(hours=1)}, "ends in the future"),
        ({"endpoint": "28hr"}, "28hr takes no start and end"),
    ],
)
def test_each_broken_rule_is_said(change: dict[str, Any], said: str) -> None:
    """Every limit of the API is known here, so that no request breaks it unnoticed."""
    assert any(said in sentence for sentence in unlawful(replace(REQUEST, **change), NOW))


def test_totals_takes_250_and_no_time() -> None:
    """250 tweets are lawful on totals, 251 and levels of time are not."""
    ids = tuple(map(str, range(1, 252)))
    assert unlawful(replace(TOTALS, tweet_ids=ids[:250]), NOW) == ()
    assert unlawful(replace(TOTALS, tweet_ids=ids), NOW) == ("251 tweets; totals takes 1 to 250",)
    timed = replace(TOTALS, groupings=(("g", ("tweet.id", "engagement.day")),))
    assert "totals knows no engagement.day" in unlawful(timed, NOW)[0]
