"""Of several answers each number comes from one: a count before none, then the latest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.question.micros import HOUR_US
from engagement_kit.tables.absent import absent
from engagement_kit.tables.readers.body import read_body
from engagement_kit.tables.schema import Cells
from engagement_kit.tables.settle import Told, settle
from engagement_kit.tables.single import About, Reading

DAY = datetime(2026, 5, 1, tzinfo=UTC)
FIRST = int((DAY - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(hours=1))
TWEETS = ("20", "21", "22")
LEVELS = ("tweet.id", "engagement.type", "engagement.day", "engagement.hour")

Said = dict[tuple[str, int], int | None]


def told(at: int, tweets: tuple[str, ...], hours: range, said: Said) -> Told:
    """Make an answer about some tweets and hours; a count that is None can't be read."""
    counts: dict[str, Any] = {}
    for (tweet, hour), count in said.items():
        if tweet in tweets and hour in hours:
            days = counts.setdefault(tweet, {"likes": {f"{DAY:%Y-%m-%d}": {}}})
            days["likes"][f"{DAY:%Y-%m-%d}"][f"{hour:02d}"] = count
    about = About(
        endpoint="historical",
        observed_at=DAY + timedelta(days=9, minutes=at),
        levels={"g": LEVELS},
        tweet_ids=tweets,
        metrics=("likes",),
    )
    ends = (DAY + timedelta(hours=hour) for hour in (hours.start, hours.stop))
    start, end = (f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in ends)
    body = read_body({"start": start, "end": end, "g": counts}, about.levels)
    reading = Reading(body.parts, about, body.columns("g", LEVELS))
    return Told((at, f"answer {at}"), reading.cells.append([absent(reading)]))


def numbers(cells: Cells) -> list[tuple[str, int, int | None]]:
    """Take spans apart: tweet, hour, and the count or None."""
    columns = (cells.tweet, cells.start, cells.end, cells.value, cells.status)
    return [
        (cells.tweets[tweet], hour - FIRST, int(value) if status == 0 else None)
        for tweet, start, end, value, status in zip(*(one.tolist() for one in columns), strict=True)
        for hour in range(start // HOUR_US, end // HOUR_US)
    ]


answers = st.lists(
    st.tuples(
        st.lists(st.sampled_from(TWEETS), unique=True, min_size=1).map(tuple),
        st.tuples(st.integers(0, 5), st.integers(1, 6)).map(lambda one: range(one[0], sum(one))),
        st.dictionaries(
            st.tuples(st.sampled_from(TWEETS), st.integers(0, 11)), st.none() | st.integers(0, 99)
        ),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=300)
@given(answers)
def test_each_number_comes_from_the_answer_that_knows_it_best(
    several: list[tuple[tuple[str, ...], range, Said]],
) -> None:
    """Held against a loop over all answers, the oldest first."""
    all_told = [told(at, *one) for at, one in enumerate(several)]
    expected: dict[tuple[str, int], int | None] = {}
    for tweets, hours, said in several:
        for place in ((tweet, hour) for tweet in tweets for hour in hours):
            count = said.get(place)
            expected[place] = expected.get(place) if count is None else count
    found = []
    for mine in all_told:
        found += numbers(settle(mine, [one for one in reversed(all_told) if one is not mine]))
    assert len(found) == len(expected)
    assert {(tweet, hour): count for tweet, hour, count in found} == expected


def test_an_answer_without_rivals_stays_as_it_is() -> None:
    """Nothing is copied."""
    mine = told(0, ("20",), range(2), {("20", 0): 1})
    assert settle(mine, []) is mine.cells


def test_no_more_rivals_are_taken_than_can_make_a_difference() -> None:
    """The latest one counted all: the others need not be read. Nor those that were before."""
    all_told = [told(at, ("20",), range(2), {("20", 0): 1, ("20", 1): 2}) for at in range(4)]
    for mine, asked in ((all_told[0], 1), (all_told[3], 1)):
        rivals = iter([one for one in reversed(all_told) if one is not mine])
        left = settle(mine, rivals)
        assert len(list(rivals)) == 3 - asked
        assert len(left) == (2 if mine is all_told[3] else 0)
