"""What a stored answer covers is read from its first line, by what the API itself said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engagement_kit.answers.answer import Answer
from engagement_kit.answers.coverage import known_of, level_of
from engagement_kit.question.hours import floor_hour
from engagement_kit.question.known import Known
from engagement_kit.question.request import Request

ID, TYPE, DAY, HOUR = "tweet.id", "engagement.type", "engagement.day", "engagement.hour"
START = datetime(2026, 5, 1, tzinfo=UTC)
END = START + timedelta(days=2)
REQUEST = Request(
    service="live",
    endpoint="historical",
    credential="user",
    account="acme",
    tweet_ids=("20", "21"),
    metrics=("replies", "impressions"),
    groupings=(("g", (ID, TYPE, DAY)),),
    start=START,
    end=END,
)
ANSWER = Answer(REQUEST, 200, {}, b"{}", END + timedelta(days=9), "live", "answered")


def known(**changes: Any) -> Known | None:
    """Tell what an answer covers that differs in some parts."""
    answer = replace(ANSWER, **changes)
    return known_of(answer.ref, answer.head())


def test_an_answer_covers_what_was_asked() -> None:
    """Tweets, metrics, hours, account, service and moment come from the stored line."""
    assert known() == Known(
        ref=ANSWER.ref,
        key=REQUEST.key,
        service="live",
        account="acme",
        level="day",
        tweet_ids=("20", "21"),
        metrics=frozenset({"replies", "impressions"}),
        start=floor_hour(START),
        end=floor_hour(END),
        observed_at=ANSWER.observed_at,
    )


def test_a_failed_answer_covers_nothing() -> None:
    """What failed is asked again."""
    assert known(outcome="failed") is None


def test_an_outcome_of_no_known_kind_is_damage() -> None:
    """What is neither answered, refused nor failed is not taken for any of them."""
    with pytest.raises(ValueError, match="refuced"):
        known(outcome="refuced")


def test_tweets_stand_in_the_order_of_the_request() -> None:
    """So that two answers to equal requests cover equal things, in equal order."""
    found = known(request=replace(REQUEST, tweet_ids=("9", "21", "20")))
    assert found is not None
    assert found.tweet_ids == ("9", "21", "20")


def test_the_echoed_window_counts() -> None:
    """Where the API says which window it counted, that is what is known, in whole hours outward."""
    window = (START + timedelta(hours=24), END - timedelta(minutes=17))
    found = known(window=window)
    assert found is not None
    assert (found.start, found.end) == (floor_hour(START) + 24, floor_hour(END))


def test_an_answer_that_names_tweets_speaks_of_those() -> None:
    """The others of the batch were asked anew, and are known by that answer."""
    found = known(outcome="refused", named=("21",))
    assert found is not None
    assert found.refused
    assert found.level == ""
    assert found.tweet_ids == ("21",)
    unavailable = known(named=("20",))
    assert unavailable is not None
    assert not unavailable.refused
    assert unavailable.tweet_ids == ("20",)


def test_lifetime_answers_have_no_hours() -> None:
    """Totals count no window."""
    totals = replace(
        REQUEST, endpoint="totals", groupings=(("g", (ID, TYPE)),), start=None, end=None
    )
    found = known(request=totals)
    assert found is not None
    assert (found.level, found.start, found.end) == ("lifetime", 0, 0)


@pytest.mark.parametrize(
    ("endpoint", "groups", "hours", "level"),
    [
        ("historical", [(ID, TYPE, DAY, HOUR)], (0, 5), "hour"),
        ("historical", [(TYPE, ID, DAY, HOUR)], (0, 5), "hour"),
        ("historical", [(ID, DAY, TYPE)], (0, 48), "day"),
        ("historical", [(ID, TYPE, DAY)], (1, 48), ""),
        ("historical", [(ID, TYPE, DAY)], (0, 47), ""),
        ("historical", [(ID, TYPE, DAY)], (5, 29), ""),
        ("historical", [(ID, TYPE)], (0, 48), ""),
        ("historical", [(ID, TYPE, HOUR)], (0, 48), ""),
        ("historical", [(TYPE, DAY, HOUR)], (0, 48), ""),
        ("historical", [(TYPE,), (ID, TYPE, DAY)], (0, 48), "day"),
        ("historical", [(ID, TYPE, DAY), (ID, TYPE, DAY, HOUR)], (0, 48), "hour"),
        ("28hr", [(ID, TYPE, DAY, HOUR)], (3, 32), "hour"),
        ("28hr", [(ID, TYPE, DAY)], (3, 32), ""),
        ("totals", [(ID, TYPE)], (0, 0), "lifetime"),
        ("totals", [(TYPE, ID)], (0, 0), "lifetime"),
        ("totals", [(TYPE,)], (0, 0), ""),
    ],
)
def test_the_finest_level_of_whole_numbers(
    endpoint: str, groups: list[tuple[str, ...]], hours: tuple[int, int], level: str
) -> None:
    """Sums over tweets, metrics or days serve their own request alone, as do parts of days."""
    groupings = tuple((f"g{at}", group) for at, group in enumerate(groups))
    request = replace(REQUEST, endpoint=endpoint, groupings=groupings)
    assert level_of(request, *hours) == level


@pytest.mark.parametrize(
    ("named", "metrics"),
    [
        (("21",), {"impressions"}),  # from before November 2010, and so beyond 90 days
        (("20", "21"), {"impressions"}),
        (("2053000000000000000",), {"replies", "impressions"}),
        ((), {"replies", "impressions"}),
    ],
)
def test_a_list_of_old_tweets_says_nothing_of_their_public_metrics(
    named: tuple[str, ...], metrics: set[str]
) -> None:
    """On totals a refusal for age leaves them open; an answer with counts covers all of them."""
    tweets = ("20", "21", "2053000000000000000")
    request = replace(REQUEST, endpoint="totals", tweet_ids=tweets, start=None, end=None)
    found = known(request=request, named=named, status=400 if named else 200)
    assert found is not None
    assert found.metrics == metrics
    windowed = known(named=named)
    assert windowed is not None
    assert windowed.metrics == {"replies", "impressions"}
