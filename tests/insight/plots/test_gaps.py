"""What is missing and why, as a picture."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from matplotlib.axes import Axes

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.tables.fates import MEANINGS


@pytest.fixture
def result(client: Client) -> Result:
    """Ask for the first week of tweets, some younger than that, two of them gone."""
    ids = [*ek.sample_ids(client, 40)[20:], *ek.sample_ids(client, 2, kind="unavailable")]
    query = ek.Query(
        "historical", ids, ["impressions", "favorites"], by="hour", period=ek.first(days=7)
    )
    return client.run(query, progress=False)


def pieces(ax: Axes) -> dict[tuple[str, str], int]:
    """Give how long the piece of each metric and status is."""
    metrics = [one.get_text() for one in ax.get_yticklabels()]
    return {
        (metrics[round(bar.get_y() + bar.get_height() / 2)], str(group.get_label()).split(",")[0]):
            round(bar.get_width())
        for group in ax.containers
        for bar in group.patches
    }  # fmt: skip


def explained(ax: Axes) -> list[str]:
    """Give the lines of the legend."""
    return [one.get_text() for one in ax.get_legend().get_texts()]


def test_a_missed_span_weighs_as_many_hours_as_it_has(result: Result) -> None:
    """Pieces add up to what ek.total misses, per metric; each status says what it means."""
    table = result.to_pandas()
    ax = ek.plot.missing(table)
    sums = ek.total(table).set_index("metric")["n_missing"]
    drawn = pieces(ax)
    for metric, lost in sums.items():
        assert sum(width for (one, _), width in drawn.items() if one == metric) == lost
        assert drawn[str(metric), "unavailable"] == 2 * 7 * 24
    assert f"unavailable, {2 * 2 * 7 * 24}: {MEANINGS['unavailable']}" in explained(ax)
    assert [one.split(",")[0] for one in explained(ax)] == ["unavailable", "out_of_range"]
    numbers = f"{sums.sum():,} of {ek.total(table)['n_expected'].sum():,} numbers of 22 tweets"
    assert ax.get_title("left").startswith(numbers)
    assert ax.get_xlabel() == "hours of tweets without a count"
    assert {one.get_text() for one in ax.texts} == {f"{lost:,}" for lost in sums}
    assert ax.get_title("right") == "EMULATOR: invented data"


def test_the_missing_rows_alone_are_a_table_too(result: Result) -> None:
    """Nothing is known of what they are a part of, and nothing is said of it."""
    missing = result.missing
    ax = ek.plot.missing(missing)
    lost = int(ek.total(missing)["n_missing"].sum())
    title = f"{lost:,} numbers of {missing['tweet_id'].nunique()} tweets without a count"
    assert ax.get_title("left") == title


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_missing_is_said_in_words(rows: int) -> None:
    """In the plot and in its title, for a whole table as for an empty one."""
    table = ek.tidy({"g": {"2000": {"likes": "3"}}}).head(rows)
    ax = ek.plot.missing(table)
    assert [one.get_text() for one in ax.texts] == ["nothing is missing"]
    assert ax.get_title("left").startswith("nothing is missing")
    assert ax.get_legend() is None
    assert not ax.patches


def test_a_number_that_one_observation_has_is_not_missing() -> None:
    """A tweet that one answer lacks and another one has is counted once, and is there."""
    lost = ek.tidy({"g": {"2000": {"likes": None}}})
    there = ek.tidy({"g": {"2000": {"likes": "3"}}})
    assert pieces(ek.plot.missing(lost)) == {("likes", "unreadable"): 1}
    assert not pieces(ek.plot.missing(ek.concat([lost, there])))


@pytest.mark.parametrize("share", [1, 300])
def test_a_share_never_looks_like_none_or_all(share: int) -> None:
    """One of three hundred is under one per cent; all but one are over 99."""
    likes: dict[str, Any] = {str(2000 + one): {"likes": "1"} for one in range(300)}
    likes |= {str(2000 + one): {"likes": None} for one in range(min(share, 299))}
    title = ek.plot.missing(ek.tidy({"g": likes})).get_title("left")
    assert title.endswith("(under 1 %)" if share == 1 else "(over 99 %)")


def test_each_status_has_a_look_of_its_own() -> None:
    """Colour or hatch tells any two apart, and the order is that of the statuses."""
    table = ek.tidy({"g": {str(2000 + n): {"likes": "1"} for n in range(len(MEANINGS))}})
    lost = table.assign(
        value=pd.array([None] * len(table), dtype="Int64"), status=[*MEANINGS][::-1]
    )
    ax = ek.plot.missing(lost)
    looks = {(bar.get_facecolor(), bar.get_hatch()) for bar in ax.patches}
    assert len(looks) == len(MEANINGS)
    assert [one.split(",")[0] for one in explained(ax)] == [*MEANINGS]


def test_what_is_no_tidy_table_is_refused() -> None:
    """A frame without statuses says nothing of what is missing."""
    with pytest.raises(ek.errors.TableError, match="no tidy table"):
        ek.plot.missing(pd.DataFrame({"value": [1]}))
