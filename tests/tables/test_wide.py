"""The wide table has a column per metric, and a null wherever there is no count."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import engagement_kit as ek
from engagement_kit.tables.joining import concat_arrow
from engagement_kit.tables.schema import SCHEMA, from_pandas

A, B = "1500000000000000000", "1500000000000000001"
DAY = "2026-05-01"


def hours(counts: dict[str, Any], tweet: str = A, metric: str = "likes", seen: Any = None) -> Any:
    """Make an hourly table of one metric."""
    moment = None if seen is None else pd.Timestamp(seen).to_pydatetime()
    return ek.tidy_arrow({"g": {tweet: {metric: {DAY: counts}}}}, observed_at=moment)


def test_each_metric_has_its_column_in_the_order_of_the_table() -> None:
    """Ids are text, times UTC, counts Int64; tweets keep their order, times are sorted."""
    table = concat_arrow(
        [
            hours({"01": "3", "00": "1"}, B, "replies"),
            hours({"00": "2"}, A, "likes"),
            hours({"00": None}, B, "likes"),
        ]
    )
    out = ek.wide(table)
    assert list(out.columns) == ["replies", "likes"]
    assert [str(one) for one in out.dtypes] == ["Int64", "Int64"]
    assert out.index.names == ["tweet_id", "start"]
    assert [(one, at.hour) for one, at in out.index] == [(B, 0), (B, 1), (A, 0)]
    assert out.astype(object).where(out.notna(), None).to_numpy().tolist() == [
        [1, None], [3, None], [None, 2],
    ]  # fmt: skip
    flat = out.reset_index()
    text = str(pd.Series(["of this pandas"]).dtype)
    assert (str(flat["tweet_id"].dtype), str(flat["start"].dtype)) == (text, "datetime64[us, UTC]")
    assert out.loc[(A, pd.Timestamp(f"{DAY}T00Z")), "likes"] == 2


def test_frames_tables_and_results_give_the_same() -> None:
    """Whatever holds a tidy table, also in several chunks with words of their own."""
    table = hours({"00": "1", "01": "2"})
    frame = ek.wide(table)
    pd.testing.assert_frame_equal(ek.wide(ek.concat([table])), frame)
    odd = pa.concat_tables([hours({"00": "1"}, B), hours({"00": "2"}, A)])
    assert ek.wide(odd)["likes"].tolist() == [1, 2]
    with pytest.raises(ek.errors.TableError, match="no tidy table"):
        ek.wide(pd.DataFrame({"a": [1]}))


def test_a_missed_span_has_one_row_at_its_start() -> None:
    """Nothing is invented for the rest of it."""
    period = ek.between("2026-05-01T00:00Z", "2026-05-01T06:00Z")
    query = ek.Query("historical", A, ["favorites"], by="hour", period=period)
    body = {
        "start": "2026-05-01T00:00:00Z", "end": "2026-05-01T06:00:00Z",
        "g": {A: {"favorites": {DAY: {"00": "1", "05": "2"}}}},
    }  # fmt: skip
    out = ek.wide(ek.tidy(body, query))["favorites"]
    assert [at.hour for _, at in out.index] == [0, 1, 5]
    assert out.isna().tolist() == [False, True, False]


def test_of_several_observations_the_latest_counts_and_a_count_before_none() -> None:
    """In whatever order the tables stand."""
    tables = [
        hours({"00": "1"}, seen="2026-05-02T00Z"),
        hours({"00": "7"}, seen="2026-05-09T00Z"),
        hours({"00": None}, seen="2026-05-10T00Z"),
    ]
    for given in (tables, tables[::-1]):
        assert ek.wide(concat_arrow(given))["likes"].tolist() == [7]


def test_hours_of_the_day_are_part_of_the_index() -> None:
    """Counts of one hour of the day stand apart."""
    table = from_pandas(ek.tidy({"g": {A: {"likes": {"07": "1", "23": "2"}}}}))
    out = ek.wide(table)
    assert out.index.names == ["tweet_id", "start", "hour_of_day"]
    assert out["likes"].tolist() == [1, 2]
    assert out.index.get_level_values("hour_of_day").tolist() == [7, 23]


def test_sums_over_tweets_or_metrics_have_their_place() -> None:
    """A null id stays null behind the tweets; counts over all metrics have a column."""
    over_tweets = ek.wide(ek.tidy({"Grand Totals": {"likes": "5"}}))
    assert over_tweets.reset_index()["tweet_id"].isna().tolist() == [True]
    query = ek.Query("totals", [A], ["favorites"], groupings={"g": ["tweet.id"]})
    over_metrics = ek.wide(ek.tidy({"g": {A: "9"}}, query))
    assert over_metrics["all_metrics"].tolist() == [9]


def test_an_empty_table_is_an_empty_wide_table() -> None:
    """No column, no row, and the names of the index all the same."""
    out = ek.wide(SCHEMA.empty_table())
    assert out.shape == (0, 0)
    assert out.index.names == ["tweet_id", "start"]


def test_counts_that_can_not_share_a_cell_are_refused() -> None:
    """Two windows of one start and two ends; two grains."""
    short, long = (
        ek.tidy_arrow(
            {"start": "2026-05-01T00:00:00Z", "end": f"2026-05-{day}T00:00:00Z",
             "g": {A: {"likes": "1"}}}
        )
        for day in ("08", "15")
    )  # fmt: skip
    with pytest.raises(ek.errors.TableError, match="several ends"):
        ek.wide(concat_arrow([short, long]))
    with pytest.raises(ek.errors.TableError, match="several grains"):
        ek.wide(pa.concat_tables([short, hours({"00": "1"})]))
