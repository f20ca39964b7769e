"""What a person may give as a table: a DataFrame, an Arrow table, or a Result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pyarrow as pa
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.tables.given import as_arrow, as_frame
from engagement_kit.tables.schema import SCHEMA


def takes(groups: dict[str, str]) -> dict[str, Callable[[Any], Any]]:
    """Name all that takes one table."""
    return {
        "total": ek.total,
        "wide": ek.wide,
        "rates": lambda table: ek.insight.rates(table, "favorites"),
        "compare": lambda table: ek.insight.compare(table, groups),
        **{name: getattr(ek.insight, name) for name in ("ages", "lifecycle", "rhythm", "top")},
        **{name: getattr(ek.insight, name) for name in ("half_life", "half_lives")},
        **{name: getattr(ek.insight, name) for name in ("quality", "whole")},
        **{f"plot.{one}": getattr(ek.plot, one) for one in ek.plot.__all__ if one != "compare"},
        "plot.compare": lambda table: ek.plot.compare(table, groups),
        "concat": lambda table: ek.concat([table]),
    }


def test_a_result_serves_as_its_table(client: Client) -> None:
    """Each function gives the same of a result, of its frame and of its Arrow table."""
    ids = ek.sample_ids(client, 46)[40:]
    groups = {one: "a" if at % 2 else "b" for at, one in enumerate(ids)}
    metrics = ["impressions", "favorites"]
    query = ek.Query("historical", ids, metrics, by="hour", period=ek.first(days=2))
    result = client.run(query, progress=False)
    given = (result, result.to_pandas(), result.to_arrow())
    for name, take in takes(groups).items():
        first, *others = (take(one) for one in given)
        if isinstance(first, pd.DataFrame):
            for other in others:
                pd.testing.assert_frame_equal(first, other, obj=name)
        else:
            titles = {one.get_title("left") for one in (first, *others)}
            assert len(titles) == 1, name
            assert titles != {""}, name
            plt.close("all")


@pytest.mark.parametrize("wrong", ["likes", None, 7, {"tweet_id": ["1"]}, ek.Query], ids=str)
def test_what_is_no_table_is_refused_in_words(wrong: object) -> None:
    """By every function, and it says what is allowed."""
    for name, take in takes({"20": "a", "21": "b"}).items():
        with pytest.raises(ek.errors.TableError, match="give a tidy DataFrame, Arrow table") as it:
            take(wrong)
        assert type(wrong).__name__ in str(it.value), name


def test_a_frame_is_not_copied() -> None:
    """Tables may be large."""
    frame = SCHEMA.empty_table().to_pandas()
    assert as_frame(frame) is frame


def test_a_class_is_no_table_though_it_has_the_method() -> None:
    """Nor is a table without the columns of ours."""
    with pytest.raises(ek.errors.TableError, match="of type"):
        as_arrow(type("Made", (), {"to_arrow": lambda self: self}))
    with pytest.raises(ek.errors.TableError, match="its columns are a"):
        as_arrow(pa.table({"a": [1]}))
    with pytest.raises(ek.errors.TableError, match="stand twice"):
        as_arrow(pd.DataFrame([[1, 2]], columns=["a", "a"]))
