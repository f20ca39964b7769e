"""Two groups as a picture: each tweet a point, and the ratio that insight.compare gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

import engagement_kit as ek
from engagement_kit.emulator import World
from engagement_kit.insight import compare

NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
WORLD = World(seed=5)
IDS = WORLD.sample_ids("acme", 60, NOW)[20:]
TEAMS = {one: "red" if at % 2 else "blue" for at, one in enumerate(IDS[:36])}


@pytest.fixture(scope="module")
def hours(first_hours: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """Give the first three days of forty tweets by the hour."""
    return first_hours(WORLD, IDS, ["impressions"], 72, NOW)


def counts(values: dict[str, list[Any]]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Give a table of likes of tweets, and their groups."""
    pairs = [(name, one) for name, mine in values.items() for one in mine]
    likes = {
        str(2000 + at): {"likes": None if one is None else str(one)}
        for at, (_, one) in enumerate(pairs)
    }
    return ek.tidy({"g": likes}), {str(2000 + at): name for at, (name, _) in enumerate(pairs)}


def rows(ax: Axes) -> list[list[float]]:
    """Give the counts of the points of each row, sorted."""
    return [sorted(np.asarray(one.get_offsets())[:, 0].tolist()) for one in ax.collections]


def labels(ax: Axes) -> list[list[str]]:
    """Give what stands beside each row."""
    return [one.get_text().splitlines() for one in ax.get_yticklabels()]


def title(ax: Axes) -> str:
    """Give the title in one line."""
    return " ".join(ax.get_title("left").split())


def test_each_tweet_is_a_point_at_its_count(hours: pd.DataFrame) -> None:
    """The tweets of each group in its row; medians and ratio are those of the frame."""
    ax = ek.plot.compare(hours, TEAMS, first_hours=24)
    row = compare(hours, TEAMS, first_hours=24).iloc[0]
    born = hours.groupby(hours["tweet_id"].astype(str))["start"].min()
    ages = hours["start"] - hours["tweet_id"].astype(str).map(born)
    early = hours[ages < pd.Timedelta(hours=24)]
    sums = early.groupby(early["tweet_id"].astype(str))["value"].sum()
    whole = early.groupby(early["tweet_id"].astype(str)).size() == 24
    for name, drawn in zip(("blue", "red"), rows(ax), strict=True):
        mine = [one for one, team in TEAMS.items() if team == name and whole[one]]
        assert drawn == sorted(sums[mine].tolist())
    medians = [line.get_xdata()[len(line.get_xdata()) // 2] for line in ax.lines]
    assert medians == [row["value_a"], row["value_b"]]
    said = f"median of blue {row['ratio']:.2f} times that of red"
    assert title(ax).startswith(f"impressions: {said} (90 % interval {row['low']:.2f} to ")
    assert title(ax).endswith("; 4 tweets in neither group")
    left_out = [row["left_out_a"], row["left_out_b"]]
    for lines, one, many in zip(labels(ax), "ab", left_out, strict=True):
        assert lines[1] == f"{row[f'n_{one}']} tweets"
        assert (f"{many} left out" in lines) == (many > 0)
    assert ax.get_xlabel() == "impressions of a tweet in its first 24 hours (logarithmic)"
    assert ax.get_title("right") == "EMULATOR: invented data"


def test_the_interval_of_a_median_goes_by_ranks() -> None:
    """By hand: of 20 counts, the sixth and the fifteenth hold the median 95.9 times of 100."""
    table, teams = counts({"a": [*range(10, 30)], "b": [*range(20, 40)]})
    ax = ek.plot.compare(table, teams, "likes", level=0.958)
    assert [line.get_xdata().tolist() for line in ax.lines] == [[15, 19.5, 24], [25, 29.5, 34]]
    (ring, median) = (one.get_text() for one in ax.get_legend().get_texts())
    assert (ring, median) == ("a tweet", "median, with its 95.8 % interval")


def test_where_there_is_no_interval_none_is_drawn(hours: pd.DataFrame) -> None:
    """Too few tweets; and with clusters, for which ranks say nothing, how many there are."""
    table, teams = counts({"a": [1, 2, 3], "b": [4, 5, 6]})
    ax = ek.plot.compare(table, teams, "likes")
    assert [len(line.get_xdata()) for line in ax.lines] == [1, 1]
    assert [one.get_text() for one in ax.get_legend().get_texts()] == ["a tweet", "median"]
    assert [one.get_linestyle() for one in ax.lines] == ["None", "None"]
    clusters = {one: str(at % 6) for at, one in enumerate(IDS)}
    ax = ek.plot.compare(hours, TEAMS, first_hours=24, cluster=clusters)
    row = compare(hours, TEAMS, first_hours=24, cluster=clusters).iloc[0]
    assert [len(line.get_xdata()) for line in ax.lines] == [1, 1]
    assert f"({90} % interval {row['low']:.2f} to {row['high']:.2f})" in title(ax)
    assert [lines[2] for lines in labels(ax)] == ["in 3 clusters", "in 3 clusters"]


@pytest.mark.parametrize(
    ("values", "scale", "words"),
    [
        ([5, 6, 7, 8], "linear", "likes of a tweet"),
        ([5, 60, 700, 8000], "log", "likes of a tweet (logarithmic)"),
        ([0, 60, 700, 8000], "symlog", "likes of a tweet (logarithmic)"),
        ([0, 0, 0, 1], "linear", "likes of a tweet"),
    ],
)
def test_counts_that_span_decades_are_drawn_by_decades(
    values: list[int], scale: str, words: str
) -> None:
    """With a zero among them, that too is within the axis."""
    table, teams = counts({"a": values, "b": values})
    ax = ek.plot.compare(table, teams, "likes")
    assert ax.get_xscale() == scale
    assert ax.get_xlabel() == words
    low, high = ax.get_xlim()
    assert low <= min(values) < max(values) < high
    assert all(float(one) <= high for row in rows(ax) for one in row)


def test_what_can_not_be_compared_is_said() -> None:
    """No ratio to a median of zero, unknown ages, and tweets that are left out."""
    table, teams = counts({"a": [1, 2, 3, None], "b": [0, 0, 0]})
    ax = ek.plot.compare(table, teams, "likes")
    assert title(ax) == "likes: no ratio, for the median of b is 0; ages not known"
    assert labels(ax) == [["a", "3 tweets", "1 left out"], ["b", "3 tweets"]]


def test_ages_that_are_not_equal_are_said(
    lifetimes: Callable[..., pd.DataFrame],
) -> None:
    """Lifetimes of tweets of many ages are no equal terms; a picture of them says so."""
    ax = ek.plot.compare(lifetimes(WORLD, IDS, ["impressions"], NOW), TEAMS)
    assert "; not at equal age" in title(ax)


def test_points_lie_where_the_seed_says(hours: pd.DataFrame) -> None:
    """The same seed, the same picture; rows never run into each other."""
    first, again, other = (
        [np.asarray(one.get_offsets()) for one in ek.plot.compare(hours, TEAMS, seed=n).collections]
        for n in (0, 0, 1)
    )
    np.testing.assert_array_equal(np.concatenate(first), np.concatenate(again))
    assert (np.concatenate(first)[:, 1] != np.concatenate(other)[:, 1]).any()
    assert first[0][:, 1].max() < 0.5 < first[1][:, 1].min()


def test_long_names_are_cut() -> None:
    """A name of a hundred words does not push the picture off the page."""
    name = "a campaign " * 50
    table, teams = counts({name: [1, 2, 3], "b": [4, 5, 6]})
    ax = ek.plot.compare(table, teams, "likes")
    assert max(len(one) for one in labels(ax)[0]) <= 20
    assert " ..." in title(ax)
    with pytest.raises(ek.errors.TableError, match="exactly two"):
        ek.plot.compare(table, dict.fromkeys(teams, "a"), "likes")


def test_a_dollar_in_a_name_begins_no_formula() -> None:
    """Names are a person's own words."""
    table = ek.tidy({"g": {str(2000 + one): {"likes": str(one + 5)} for one in range(8)}})
    teams = {str(2000 + one): "$5 off" if one < 4 else r"$\frac" for one in range(8)}
    ax = ek.plot.compare(table, teams, "likes")
    ax.figure.canvas.draw()
    assert ax.get_title("left").count(r"\$") == 2
