"""A Query is checked at birth, and is the same from code, file and data."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import engagement_kit as ek


def test_all_problems_are_reported_at_once() -> None:
    """Each problem names its field, the wrong value, what is allowed and the nearest spelling."""
    with pytest.raises(ek.errors.QueryError) as caught:
        ek.Query(
            "totals", ["x", 1.5], ["impresions", "url_clicks"],
            by="hour", period=ek.last(days=3),  # type: ignore[arg-type]
        )  # fmt: skip
    problems = caught.value.problems
    assert [one.field for one in problems] == [
        "tweet_ids", "tweet_ids", "metrics", "metrics", "by", "period",
    ]  # fmt: skip
    said = str(caught.value)
    assert "nothing was sent" in said
    for part in ("'x'", "1.5", "Did you mean impressions?", "not on totals", "historical"):
        assert part in said


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Media Clicks", "media_engagements"),
        ("media_clicks", "media_engagements"),
        ("Detail Click", "detail_expands"),
        ("Tweet Emails", "email_tweet"),
        (" engagements", "engagements"),
        ("urlClicks", "url_clicks"),
        ("Likes", "favorites"),
    ],
)
def test_spellings_are_understood_and_noted(spelling: str, name: str) -> None:
    """Older names and stray blanks mean their metric of today, and the query says so."""
    query = ek.Query("historical", "2000", [spelling])
    assert query.metrics == (name,)
    assert name in query.notes[0]


def test_ids_from_a_file_keep_no_newline(tmp_path: Path) -> None:
    """Another client sent ids with the newline of their file; here they are clean text."""
    path = tmp_path / "ids.txt"
    path.write_text("1000000001\n1000000002\r\n 1000000003 \n1000000001\n")
    with path.open() as file:
        query = ek.Query("totals", file, ["favorites"])
    assert query.tweet_ids == ("1000000001", "1000000002", "1000000003")
    assert query.notes == ("1 repeated tweet ids were left out",)
    assert ek.Query("totals", path.read_text(), ["favorites"]).tweet_ids == query.tweet_ids


@pytest.mark.parametrize(
    "ids",
    [
        [1436278513418522630],
        np.array([1436278513418522630]),
        pd.Series(["1436278513418522630"]),
        "https://twitter.com/anybody/status/1436278513418522630?s=20",
        ["https://x.com/i/web/status/1436278513418522630"],
    ],
)
def test_every_way_to_say_an_id(ids: Any) -> None:
    """Int, NumPy, a column, a URL: the same text, no digit lost."""
    assert ek.Query("totals", ids, ["favorites"]).tweet_ids == ("1436278513418522630",)


@pytest.mark.parametrize(
    "ids",
    [
        [1436278513418522630.0], [float("nan")], [None], [True], ["012345"], ["-5"], ["12 a"],
        ["99999999999999999999"], ["9999999999999999999"], [], "", 12345, None,
    ],
)  # fmt: skip
def test_what_is_no_id_is_refused(ids: Any) -> None:
    """Floats, truth values, leading zeros, too many digits, nothing at all."""
    with pytest.raises(ek.errors.QueryError, match="tweet_ids"):
        ek.Query("totals", ids, ["favorites"])


@pytest.mark.parametrize(
    ("groupings", "said"),
    [
        ({"g": ["tweet.id", "engagement.hour"]}, "totals knows no engagement.hour"),
        ({"g": []}, "at least one value"),
        ({"g": ["tweet.id", "tweet.id"]}, "may stand once"),
        ({"errors": ["tweet.id"]}, "root key"),
        ({"unsupported_for_x": ["tweet.id"]}, "root key"),
        ({str(n): ["tweet.id"] for n in range(4)}, "at most 3"),
        ({"g": "tweet.id"}, "a list of values"),
        ({"g": ["Tweet.id"]}, "Did you mean tweet.id"),
    ],
)
def test_unlawful_groupings_are_refused(groupings: Any, said: str) -> None:
    """How many, which names, which values: said before anything is sent."""
    with pytest.raises(ek.errors.QueryError, match=said):
        ek.Query("totals", "2000", ["favorites"], groupings=groupings)


def test_four_levels_have_two_orders_and_stand_once() -> None:
    """The API knows four values in two orders only, in one grouping."""
    four = ["tweet.id", "engagement.type", "engagement.day", "engagement.hour"]
    ek.Query("28hr", "2000", groupings={"g": four})
    with pytest.raises(ek.errors.QueryError, match="only in the order"):
        ek.Query("28hr", "2000", groupings={"g": four[::-1]})
    with pytest.raises(ek.errors.QueryError, match="at most 1 grouping of four"):
        ek.Query("28hr", "2000", groupings={"g": four, "h": four})


def test_periods_refuse_what_is_not_a_whole_utc_hour() -> None:
    """Naive datetimes, minutes, an end before the start, no length: each with what is allowed."""
    with pytest.raises(ek.errors.QueryError, match="no time zone"):
        ek.between(datetime(2026, 1, 1), datetime(2026, 1, 2))  # noqa: DTZ001
    with pytest.raises(ek.errors.QueryError, match="no time zone"):
        ek.between("2026-01-01T05:00", "2026-01-02")
    with pytest.raises(ek.errors.QueryError, match="2026-01-01T05:00:00Z or 2026-01-01T06"):
        ek.between("2026-01-01T05:30Z", "2026-01-02")
    with pytest.raises(ek.errors.QueryError, match="before end"):
        ek.between("2026-01-02", "2026-01-02")
    with pytest.raises(ek.errors.QueryError, match="at least one hour"):
        ek.last()
    with pytest.raises(ek.errors.QueryError, match="whole UTC days"):
        ek.Query("historical", "2000", by="day", period=ek.last(hours=30))


def test_keys_are_those_of_the_first_release() -> None:
    """Runs in users' stores lie under them: with other keys none would be gone on with."""
    ids = ["1000000000", "1000000001"]
    week = ek.Query(
        "historical", ids, ["replies"], by="hour", period=ek.first(days=7), owners={ids[0]: "acme"}
    )
    assert week.key == "d47bf50dd41dabc8"
    assert ek.Query("totals", ["20"], ["favorites"]).key == "858022e745009a42"


@pytest.mark.parametrize("count", [3, 250])
def test_a_query_is_the_same_from_code_data_and_file(tmp_path: Path, count: int) -> None:
    """One canonical form with one key, many ids in a file of their own that is checked."""
    ids = [str(1_000_000_000 + n) for n in range(count)]
    query = ek.Query(
        "historical", ids, ["replies"], by="hour", period=ek.first(days=7), owners={ids[0]: "acme"}
    )
    path = query.save(tmp_path / "q.yaml")
    assert ek.Query.load(path) == query == ek.Query.from_dict(query.to_dict())
    assert ek.Query.load(path).key == query.key
    (tmp_path / "r.yaml").write_text(query.to_yaml())
    assert ek.Query.load(tmp_path / "r.yaml") == query
    assert ek.Query.from_dict({**query.to_dict(), "tweet_ids": ids[::-1]}).key == query.key
    for change in ({"by": "day"}, {"metrics": ["favorites"]}, {"owners": None}):
        assert ek.Query.from_dict({**query.to_dict(), **change}).key != query.key
    if count > 100:
        (tmp_path / "q.ids.txt").write_text("1000000000\n")
        with pytest.raises(ek.errors.QueryError, match="was changed"):
            ek.Query.load(path)


def test_a_query_can_not_be_changed() -> None:
    """A Query is frozen, and hashable."""
    query = ek.Query("totals", "2000")
    with pytest.raises(AttributeError):
        query.endpoint = "28hr"  # type: ignore[misc]
    assert {query: 1}[ek.Query("totals", ["2000"])] == 1
