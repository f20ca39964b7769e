"""Sums and joins that lose nothing silently."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.tables.schema import SCHEMA, from_pandas, to_pandas

A, B = "1500000000000000000", "1500000000000000001"


def hours(counts: dict[str, Any], tweet: str = A, day: str = "2026-03-29") -> pd.DataFrame:
    """Make an hourly table of replies."""
    return ek.tidy({"g": {tweet: {"replies": {day: counts}}}})


def test_a_sum_with_a_missing_piece_is_null() -> None:
    """Pandas sums nulls to 0; here the sum is null, and says how much is missing."""
    table = hours({"00": "1", "01": None, "02": "3"})
    out = ek.total(table)
    assert out["value"].isna().tolist() == [True]
    assert (out["n_expected"][0], out["n_missing"][0]) == (3, 1)
    assert ek.total(hours({"00": "1", "02": "3"}))["value"].tolist() == [4]


def test_metrics_are_never_added_up_and_grains_never_mixed() -> None:
    """Different metrics keep their rows; two grains would count twice."""
    table = ek.tidy({"g": {A: {"replies": "1", "favorites": "5"}}})
    assert ek.total(table)["value"].tolist() == [1, 5]
    mixed = pd.concat([table, hours({"00": "1"})])
    with pytest.raises(ek.errors.TableError, match="several grains"):
        ek.total(mixed)
    with pytest.raises(ek.errors.TableError, match="different grains"):
        ek.concat([table, hours({"00": "1"})])


def test_local_days_follow_the_clock_of_their_zone() -> None:
    """Berlin's day of the change to summer time has 23 hours; half-hour zones are refused."""
    table = ek.concat(
        [hours({f"{n:02d}": "1" for n in range(24)}, day=f"2026-03-{day}") for day in (28, 29, 30)]
    )
    out = ek.total(table, freq="day", tz="Europe/Berlin").set_index("start")["value"]
    assert out.loc["2026-03-29T00:00+01:00"] == 23
    assert out.loc["2026-03-28T00:00+01:00"] == 23  # the table begins at one o'clock there
    with pytest.raises(ek.errors.TableError, match="whole number of hours"):
        ek.total(table, freq="day", tz="Asia/Kolkata")
    with pytest.raises(ek.errors.TableError, match="no time zone"):
        ek.total(table, freq="day", tz="Nowhere")


def test_missed_spans_fall_into_their_own_periods() -> None:
    """A missed span of 30 hours makes two days null, and leaves the third alone."""
    body = {
        "start": "2026-05-01T00:00:00Z",
        "end": "2026-05-04T00:00:00Z",
        "g": {A: {"replies": {"2026-05-01": {f"{n:02d}": "1" for n in range(20)},
              "2026-05-03": {f"{n:02d}": "1" for n in range(24)}}}},
    }  # fmt: skip
    query = ek.Query(
        "historical", A, ["replies"], by="hour", period=ek.between("2026-05-01", "2026-05-04")
    )
    out = ek.total(ek.tidy(body, query), freq="day")
    assert out["n_missing"].tolist() == [4, 24, 0]
    assert out["value"].isna().tolist() == [True, True, False]
    assert out["n_expected"].tolist() == [24, 24, 24]


def test_a_number_observed_twice_counts_once() -> None:
    """Of several observations the latest counts, and a readable one before none."""
    early, late = (
        pd.Timestamp(one).to_pydatetime() for one in ("2026-05-02T00Z", "2026-05-09T00Z")
    )
    body = {"g": {A: {"replies": {"2026-05-01": {"00": "1"}}}}}
    later = {"g": {A: {"replies": {"2026-05-01": {"00": "7"}}}}}
    broken = {"g": {A: {"replies": {"2026-05-01": {"00": None}}}}}
    one, two = ek.tidy(body, observed_at=early), ek.tidy(later, observed_at=late)
    assert ek.total(ek.concat([two, one]))["value"].tolist() == [7]
    assert ek.total(ek.concat([one, ek.tidy(broken, observed_at=late)]))["value"].tolist() == [1]


def test_concat_keeps_columns_types_and_rows() -> None:
    """Categories that differ become one; the schema is always the same, also when empty."""
    both = ek.concat([hours({"00": "1"}), hours({"00": "2"}, B)])
    assert both["tweet_id"].tolist() == [A, B]
    assert from_pandas(both).schema == SCHEMA
    empty = to_pandas(SCHEMA.empty_table())
    assert list(empty.dtypes) == list(to_pandas(from_pandas(empty)).dtypes)
    assert str(both.dtypes["value"]) == "Int64"
    with pytest.raises(ek.errors.TableError, match="no table"):
        ek.concat([])
    with pytest.raises(ek.errors.TableError, match="no tidy table"):
        ek.concat([pd.DataFrame({"a": [1]})])


@pytest.mark.parametrize("ids", [[int(A)], [A], [f" {A}\n"]])
def test_own_columns_join_by_int_or_text(ids: list[Any]) -> None:
    """A person's ids may be numbers or text; both find their tweets."""
    table = ek.concat([hours({"00": "1"}), hours({"00": "2"}, B)])
    out = ek.join(table, pd.DataFrame({"tweet_id": ids, "team": ["red"]}))
    assert out["team"].fillna("").tolist() == ["red", ""]
    assert out["tweet_id"].dtype == table["tweet_id"].dtype


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (pd.DataFrame({"tweet_id": [float(A)], "team": ["red"]}), "float"),
        (pd.DataFrame({"tweet_id": [A, int(A)], "team": ["red", "blue"]}), "twice"),
        (pd.DataFrame({"tweet_id": ["1234567"], "team": ["red"]}), "none of your 1 tweets"),
        (pd.DataFrame({"tweet_id": [A], "value": [1]}), "in both tables"),
        (pd.DataFrame({"id": [A]}), "no column 'tweet_id'"),
    ],
)
def test_a_join_that_would_lose_something_is_refused(own: pd.DataFrame, said: str) -> None:
    """Where pandas would match nothing and say nothing, we raise."""
    with pytest.raises(ek.errors.TableError, match=said):
        ek.join(hours({"00": "1"}), own)


def test_odd_leaves_are_null_and_say_so() -> None:
    """Fractions, nulls, words, too big, double keys are unreadable; 26.0 and -1 are read."""
    text = (
        '{"g":{"1500000000000000000":{"replies":{"2026-05-01":{"00":2.5,"01":null,"02":"12a",'
        '"03":"99999999999999999999","04":1,"04":2,"05":26.0,"06":"-1","07":1e999}}}}}'
    )
    table = ek.tidy(text)
    assert table["status"].tolist() == ["unreadable"] * 5 + ["observed"] * 2 + ["unreadable"]
    assert table["value"].dropna().tolist() == [26, -1]
