"""Which tweets sums over tweets are made of, and what plots of them say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.insight import counted, whole
from engagement_kit.insight.included import included

GONE = ["1999999999999999991", "1999999999999999992"]
PLOTS = [ek.plot.timeline, ek.plot.rhythm, ek.plot.heatmap]


def hours(**counts: list[int | None]) -> pd.DataFrame:
    """Make a table of hours of the first of May: of each tweet some counts, from midnight on."""
    tweets = {
        f"15000000000000000{name[1:]}": {
            "likes": {
                "2026-05-01": {
                    f"{at:02d}": None if one is None else str(one) for at, one in enumerate(each)
                }
            }
        }
        for name, each in counts.items()
    }
    return ek.tidy({"g": tweets})


def with_gone(table: pd.DataFrame) -> pd.DataFrame:
    """Add two tweets that are not there, which miss as many hours."""
    one = table[table["tweet_id"] == table["tweet_id"].iloc[0]]
    lost = one.assign(value=pd.array([pd.NA] * len(one), "Int64"), status="unavailable")
    parts = [lost.assign(tweet_id=name) for name in GONE]
    frame = pd.concat([table.astype({"status": "str", "tweet_id": "str"}), *parts])
    return frame.reset_index(drop=True)


def title(ax: Any) -> str:
    """Give a title as one line."""
    return " ".join(ax.get_title("left").split())


def heights(ax: Any) -> list[float]:
    """Give the heights of bars, from left to right."""
    return [one.get_height() for one in ax.patches]


FULL = hours(t01=[1, 2, 3, 4], t02=[10, 20, 30, 40])
HOLED = hours(t01=[1, 2, 3, 4], t02=[10, 20, 30, None])
RAGGED = hours(t01=[1, 2, 3, 4], t02=[10, None, None, None])
NEVER_WHOLE = hours(t01=[None, 2, 3, 4], t02=[10, None, None, None])


def test_a_table_that_misses_nothing_is_drawn_of_all() -> None:
    """Nothing is left out, and the title does not speak of it."""
    ax = ek.plot.timeline(FULL, "likes")
    assert heights(ax) == [11, 22, 33, 44]
    assert title(ax) == "likes of 2 tweets by hour"


@pytest.mark.parametrize(
    ("table", "sums", "said"),
    [
        (FULL, [11, 22, 33, 44], "2 of 4 tweets by hour; 2 without any count left out"),
        (HOLED, [11, 22, 33], "2 of 4 tweets by hour; 2 without any count left out"),
        (RAGGED, [1, 2, 3, 4], "1 of 4 tweets by hour; 3 with missing counts left out"),
        (NEVER_WHOLE, [], "2 of 4 tweets by hour; 2 without any count left out"),
    ],
    ids=["gone", "one hole", "most hours", "nobody whole"],
)
def test_as_few_tweets_as_needed_are_left_out(
    table: pd.DataFrame, sums: list[int], said: str
) -> None:
    """Without any count; with missing ones where else not half of the hours had a sum."""
    ax = ek.plot.timeline(with_gone(table), "likes")
    assert heights(ax) == sums
    assert title(ax) == f"likes of {said}"
    crosses = sum(len(line.get_xdata()) for line in ax.lines)
    assert crosses == 4 - len(sums)


@pytest.mark.parametrize(
    ("of", "sums", "said"),
    [
        ("counted", [11, 22, 33], "2 of 4 tweets by hour; 2 without any count left out"),
        ("whole", [1, 2, 3, 4], "1 of 4 tweets by hour; 3 with missing counts left out"),
        ("all", [], "4 tweets by hour"),
    ],
)
def test_it_can_be_chosen_who_is_left_out(of: Any, sums: list[int], said: str) -> None:
    """The strict way, too: no sum where a count of any tweet is missing."""
    ax = ek.plot.timeline(with_gone(HOLED), "likes", include=of)
    assert heights(ax) == sums
    assert title(ax) == f"likes of {said}"


@pytest.mark.parametrize("draw", PLOTS)
def test_plots_of_sums_agree_on_who_is_in(draw: Any) -> None:
    """By equal words; the strict way leaves nothing to see, and says where the reasons are."""
    table = with_gone(FULL)
    words = title(draw(table, "likes"))
    assert words.startswith("likes of 2 of 4 tweets by ")
    assert words.endswith("; 2 without any count left out")
    strict = draw(table, "likes", include="all")
    assert title(strict).startswith("likes of 4 tweets by ")
    assert sum(len(line.get_xdata()) for line in strict.lines) == 4


@pytest.mark.parametrize("draw", [ek.plot.timeline, ek.plot.rhythm])
def test_where_nothing_is_known_the_reasons_are_named(draw: Any) -> None:
    """No tweet has a count: none is left out, no bar is drawn, and words say where to look."""
    lost = with_gone(FULL)
    lost = lost[lost["value"].isna()]
    ax = draw(lost, "likes")
    assert title(ax).startswith("likes of 2 tweets by hour")
    assert ax.texts[0].get_text() == (
        "a count is missing in each hour: ek.plot.missing(table) says why"
    )
    for of, words in (("counted", "any count"), ("whole", "all its counts")):
        with pytest.raises(ek.errors.TableError, match=f"no tweet has {words}"):
            draw(lost, "likes", include=of)


@pytest.mark.parametrize("draw", PLOTS)
def test_other_words_are_refused(draw: Any) -> None:
    """With those that there are, and the nearest."""
    with pytest.raises(ek.errors.TableError, match=r"include='hole'.*counted, whole, all"):
        draw(FULL, "likes", include="hole")


def test_sums_over_tweets_leave_out_none() -> None:
    """Nobody can tell the tweets apart: a gap stays one, and to choose is refused."""
    body = {"g": {"likes": {"2026-05-01": {"00": "5", "01": None}}}}
    table = ek.tidy(body)
    ax = ek.plot.timeline(table, "likes")
    assert (heights(ax), title(ax)) == ([5], "likes, summed over tweets, by hour")
    with pytest.raises(ek.errors.TableError, match="only by their ids"):
        ek.plot.timeline(table, "likes", include="counted")


def test_sums_are_those_of_the_tweets_that_are_in() -> None:
    """Of any holes: never too small, never of half a tweet, and the counts of tweets add up."""
    chance = np.random.default_rng(7)
    chosen = set()
    for _ in range(60):
        share = chance.choice([0.0, 0.05, 0.3, 0.8])
        counts: dict[str, list[int | None]] = {
            f"t{tweet:02d}": [
                None if chance.random() < share else int(chance.integers(9)) for _ in range(4)
            ]
            for tweet in range(int(chance.integers(1, 6)))
        }
        table = with_gone(hours(**counts))
        of = included(table, lambda some: ek.total(some, freq="hour"))
        chosen.add(of.which)
        kept = {"all": lambda one: one, "counted": counted, "whole": whole}[of.which](table)
        assert set(of.rows["tweet_id"]) == set(kept["tweet_id"])
        assert of.tweets + of.left_out == table["tweet_id"].nunique()
        assert of.tweets == kept["tweet_id"].nunique()
        by_hour = kept.groupby("start")["value"].agg(lambda one: one.sum(skipna=False))
        assert of.sums["value"].fillna(-1).tolist() == by_hour.fillna(-1).tolist()
    assert chosen == {"all", "counted", "whole"}


def test_all_plots_count_tweets_that_were_posted_after_the_period() -> None:
    """They have no count, nor could they: by one word in sums, ranks and ages."""
    with ek.connect("emulator", clock="2026-06-01T12:30Z") as client:
        ids = ek.sample_ids(client, 40)
        period = ek.between("2026-05-20", "2026-05-31")
        query = ek.Query("historical", ids, ["favorites"], by="day", period=period)
        result = client.run(query, progress=False)
    table = result.to_pandas()
    late = 40 - table.loc[table["value"].notna(), "tweet_id"].nunique()
    assert late > 0
    for draw in (ek.plot.timeline, ek.plot.top, ek.plot.lifecycle):
        words = title(draw(result, "favorites"))
        assert "of 40 tweets by" in words
        assert words.endswith(f"; {late} without any count left out")


def test_hours_that_are_yet_to_come_leave_the_young_in() -> None:
    """Most hours of a young tweet's week lie ahead: to leave it out would look like a decline."""
    first: list[int | None] = [1, 2, 3, 4, 5]
    young = [*first, *[None] * 10]
    ax = ek.plot.timeline(hours(t01=young, t02=young, t03=first), "likes")
    assert heights(ax) == [3, 6, 9, 12, 15]
    assert title(ax) == "likes of 3 tweets by hour"
