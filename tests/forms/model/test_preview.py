"""The preview of rows, beside the rows that come."""

from __future__ import annotations

import re
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.forms.model.preview import previews
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE

SHAPES: list[tuple[str, dict[str, Any], str]] = [
    ("totals", {}, "one row per tweet and metric"),
    (
        "totals",
        {"groupings": {"grand_totals": [TYPE]}},
        "one row per metric, summed over all tweets",
    ),
    ("totals", {"groupings": {"g": [ID]}}, "one row per tweet; metrics added up by the API"),
    ("28hr", {"by": "hour"}, "one row per tweet, metric and hour"),
    ("28hr", {"by": "hour_of_day"}, "one row per tweet, metric and hour of day"),
    ("historical", {"by": "day", "period": ek.last(days=3)}, "one row per tweet, metric and day"),
    ("historical", {"by": "total", "period": ek.last(days=3)}, "one row per tweet and metric"),
    (
        "historical",
        {"groupings": {"g": [TYPE, DAY]}, "period": ek.last(days=3)},
        "one row per metric and day, summed over all tweets",
    ),
    (
        "historical",
        {"groupings": {"g": [DAY, HOUR]}, "period": ek.last(days=3)},
        "one row per hour, summed over all tweets; metrics added up by the API",
    ),
    (
        "historical",
        {"groupings": {"g": [HOUR]}, "period": ek.last(days=3)},
        "one row per hour of day, summed over all tweets; metrics added up by the API",
    ),
]


@pytest.mark.parametrize(("endpoint", "options", "words"), SHAPES)
def test_the_rows_that_come_are_those_that_were_foretold(
    client: Client, endpoint: Any, options: dict[str, Any], words: str
) -> None:
    """As many with a count, told apart by the same columns, the same first times."""
    ids = ek.sample_ids(client, 40)[30:]
    query = ek.Query(endpoint, ids, ["impressions", "favorites"], **options)
    made = client.plan(query)
    (one,) = previews(made)
    said, _, about = one.words.partition(": about ")
    assert said == words
    table = client.run(query, progress=False).table(one.name)
    counted = table[table["value"].notna()]
    many = int(re.sub(r"\D", "", about))
    assert many == len(counted) or (HOUR in str(options) or "hour" in words)
    assert abs(many - len(counted)) <= max(2, len(counted) // 10)
    assert len(one.rows) <= 3
    for name in set(one.head) - {"value"}:
        column = {"start (UTC)": "start"}.get(name, name)
        assert counted[column].notna().all()
    for name in {"tweet_id", "metric"} & set(one.head):
        at = one.head.index(name)
        assert {row[at] for row in one.rows} <= set(counted[name].astype(str))


def test_each_grouping_has_a_preview(client: Client) -> None:
    """In the order of the query, by its name."""
    groupings = {"b": [ID], "a": [TYPE, ID]}
    query = ek.Query("totals", ek.sample_ids(client, 3), ["replies"], groupings=groupings)
    assert [one.name for one in previews(client.plan(query))] == ["b", "a"]


def test_nothing_to_be_had_has_no_rows(client: Client) -> None:
    """And says so with a number."""
    period = ek.between("2030-01-01", "2030-01-02")
    query = ek.Query("historical", ek.sample_ids(client, 3), ["replies"], period=period)
    (one,) = previews(client.plan(query))
    assert one.words.endswith("about 0 rows")
    assert one.rows == ()
