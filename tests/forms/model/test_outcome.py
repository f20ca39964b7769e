"""What a result gives: rows, plot, files; whatever was asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.errors import EngagementError
from engagement_kit.forms.model.outcome import (
    FORMATS,
    export,
    file_name,
    glance,
    plots_of,
    quick_plot,
)
from engagement_kit.tables.fates import MEANINGS

SHAPES: list[tuple[str, dict[str, Any]]] = [
    ("totals", {"by": "total"}),
    ("totals", {"groupings": {"grand_totals": ["engagement.type"]}}),
    ("totals", {"groupings": {"by tweet": ["tweet.id"], "b": ["engagement.type", "tweet.id"]}}),
    ("28hr", {"by": "hour"}),
    ("28hr", {"by": "day"}),
    ("28hr", {"by": "hour_of_day"}),
    ("28hr", {"by": "total"}),
    ("historical", {"by": "hour", "period": ek.last(hours=30)}),
    ("historical", {"by": "day", "period": ek.last(days=3)}),
    ("historical", {"by": "hour_of_day", "period": ek.last(days=2)}),
    ("historical", {"by": "total", "period": ek.last(days=2)}),
    ("historical", {"by": "total", "period": ek.last(hours=30)}),
    ("historical", {"by": "day", "period": ek.first(days=2)}),
    ("historical", {"groupings": {"g": ["engagement.day"]}, "period": ek.last(days=2)}),
    ("historical", {"groupings": {"a": ["engagement.hour", "tweet.id"], "é/x": ["tweet.id"]}}),
    (
        "historical",
        {"groupings": {"n": ["engagement.type", "tweet.id", "engagement.day", "engagement.hour"]}},
    ),
]


def result_of(client: Client, endpoint: Any, options: dict[str, Any]) -> ek.Result:
    """Run a question about five tweets, one of them of somebody else."""
    ids = ek.sample_ids(client, 4) + ek.sample_ids(client, 1, kind="unavailable")
    query = ek.Query(endpoint, ids, ["impressions", "favorites"], **options)
    return client.run(query, progress=False)


@pytest.mark.parametrize(("endpoint", "options"), SHAPES)
def test_each_shape_can_be_looked_at_and_exported(
    client: Client, tmp_path: Path, endpoint: str, options: dict[str, Any]
) -> None:
    """Rows as text, a figure or why there is none, and all tables that are offered as files."""
    result = result_of(client, endpoint, options)
    seen = glance(result)
    assert "EMULATOR: invented data" in seen.words
    assert 0 < len(seen.rows) <= 8
    assert all(len(row) == len(seen.head) for row in seen.rows)
    assert all(isinstance(cell, str) for row in seen.rows for cell in row)
    figure, words = quick_plot(result)
    assert words.startswith("Plot: " if figure else "no plot")
    assert seen.tables
    for number, which in enumerate(seen.tables):
        for kind, ending in FORMATS.items():
            said = export(result, str(tmp_path / f"out-{number}"), kind, which)
            path = tmp_path / f"out-{number}{ending}"
            assert said.startswith(f"written: {path} (")
            if kind == "Parquet":
                assert pq.read_table(path).num_rows == len(result.table(which))
    assert len(seen.tables) == len(set(seen.tables))


def test_ids_are_text_in_rows_and_files(client: Client, tmp_path: Path) -> None:
    """To the last digit, also in CSV."""
    result = result_of(client, "totals", {"by": "total"})
    ids = set(result.plan.query.tweet_ids)
    seen = glance(result)
    assert {row[0] for row in seen.rows} <= ids
    export(result, str(tmp_path / "a.CSV"), "CSV", None)
    assert set(pd.read_csv(tmp_path / "a.CSV", dtype=str)["tweet_id"]) == ids


def test_what_is_missing_is_counted_with_its_meaning(client: Client) -> None:
    """How many numbers, which status, what that means, and of which tweet."""
    result = result_of(client, "totals", {"by": "total"})
    seen = glance(result)
    ((count, name, meaning, tweets),) = seen.missing
    assert (count, name, meaning) == ("2", "unavailable", MEANINGS["unavailable"])
    assert [tweets] == result.missing["tweet_id"].unique().tolist()
    assert "10 rows, 2 of them without a count" in seen.words


def test_of_many_tweets_that_miss_a_count_some_are_named(client: Client) -> None:
    """And where all of them are is said, as a name that code can use."""
    ids = [*ek.sample_ids(client, 3), *ek.sample_ids(client, 8, kind="unavailable")]
    result = client.run(ek.Query("totals", ids, ["favorites"]), progress=False)
    seen = glance(result)
    assert seen.missing[0][3].endswith(" and 2 more")
    assert seen.cut == "all of them: form.result.missing"
    assert len(result.missing) == 8
    assert glance(result_of(client, "totals", {"by": "total"})).cut == ""


def test_a_plot_leaves_out_tweets_without_any_count(client: Client) -> None:
    """By the same words as the plot itself, which says how many."""
    ids = [*ek.sample_ids(client, 3), *ek.sample_ids(client, 2, kind="unavailable")]
    result = client.run(ek.Query("28hr", ids, ["impressions"], by="hour"), progress=False)
    figure, words = quick_plot(result)
    assert figure is not None
    title = " ".join(ek.plot.timeline(result).get_title("left").split())
    assert words == f"Plot: {title}"
    assert words.endswith("impressions of 3 of 5 tweets by hour; 2 without any count left out")
    assert any(bar.get_height() > 0 for bar in figure.axes[0].patches)


@pytest.mark.parametrize(("endpoint", "options"), SHAPES)
def test_each_plot_that_is_offered_can_be_drawn(
    client: Client, endpoint: str, options: dict[str, Any]
) -> None:
    """Of a table by hour also the top tweets; where there is none to offer there is none."""
    result = result_of(client, endpoint, options)
    offered = [form for _, form in plots_of(result)]
    drawn = [quick_plot(result, form) for form in offered]
    table = result.to_pandas()
    assert all(figure is not None for figure, _ in drawn)
    counted = table[["value", "tweet_id", "metric"]].notna().all(axis=1).any()
    assert ("top" in offered) == bool(counted) == (quick_plot(result)[0] is not None)


def test_a_result_without_any_count(client: Client) -> None:
    """Its rows say why; there is no plot, and that is said."""
    ids = ek.sample_ids(client, 2, kind="unavailable")
    result = client.run(ek.Query("totals", ids, ["favorites"]), progress=False)
    assert len(glance(result).rows) == 2
    assert quick_plot(result) == (None, "no plot: there is no count of a tweet")


def test_a_result_without_any_row(client: Client) -> None:
    """Where nothing could be had there is nothing to show, and nothing breaks."""
    query = ek.Query(
        "historical", ek.sample_ids(client, 1), period=ek.between("2020-01-01", "2020-01-02")
    )
    result = client.run(query, progress=False)
    seen = glance(result)
    assert seen.words.startswith(f"{len(result.to_pandas()):,} rows")
    assert quick_plot(result)[0] is None


@pytest.mark.parametrize("path", ["", " \n", "a\0b", "~nobody_here/x"])
def test_paths_that_are_none(client: Client, path: str) -> None:
    """Refused in words."""
    result = result_of(client, "totals", {"by": "total"})
    with pytest.raises(EngagementError, match=r"name a file|can't be written"):
        export(result, path, "CSV", None)


def test_a_file_is_named_after_question_and_table(client: Client) -> None:
    """Neither the next question nor another table of this one overwrites it."""
    result = result_of(client, "28hr", {"by": "hour"})
    key = result.plan.query.key
    assert file_name(result, "CSV") == f"engagement-28hr-{key}-hour.csv"
    assert file_name(result, "Parquet", "window") == f"engagement-28hr-{key}-window.parquet"
    assert file_name(result, "CSV", "é/x y") == f"engagement-28hr-{key}-é_x_y.csv"


def test_what_is_replaced_is_said(client: Client, tmp_path: Path) -> None:
    """Written the first time, replaced the second; the ending of the other kind gives way."""
    result = result_of(client, "totals", {"by": "total"})
    assert export(result, str(tmp_path / "a.csv"), "Parquet", None).startswith("written: ")
    assert export(result, str(tmp_path / "a"), "Parquet", None).startswith("replaced: ")
    assert [one.name for one in tmp_path.glob("a*")] == ["a.parquet"]


@pytest.mark.parametrize("name", ["out.xlsx", "out.JSON", "a.b.feather"])
def test_an_ending_that_can_not_be_written_is_refused(
    client: Client, tmp_path: Path, name: str
) -> None:
    """What can be is named, and nothing is written beside it under a name of two endings."""
    result = result_of(client, "totals", {"by": "total"})
    with pytest.raises(EngagementError, match=r"Parquet \(\.parquet\) and CSV \(\.csv\); choose"):
        export(result, str(tmp_path / name), "Parquet", None)
    assert not list(tmp_path.rglob("*.parquet"))
    export(result, str(tmp_path / "v1.2"), "Parquet", None)
    assert [one.name for one in tmp_path.rglob("*.parquet")] == ["v1.2.parquet"]


@pytest.mark.parametrize("path", ["{}", "{}/new/", "{}/new/.."])
def test_a_folder_gets_a_file_of_the_usual_name(client: Client, tmp_path: Path, path: str) -> None:
    """Whether it is there or only written as one."""
    result = result_of(client, "totals", {"by": "total"})
    (tmp_path / "new").mkdir()
    export(result, path.format(tmp_path), "CSV", None)
    (written,) = list(tmp_path.rglob("*.csv"))
    assert written.name == file_name(result, "CSV")
