"""Putting tables together keeps types, rows and digits, or is refused."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import engagement_kit as ek
from engagement_kit.tables.joining import concat_arrow
from engagement_kit.tables.schema import SCHEMA, from_pandas, to_pandas

A, B = "1500000000000000000", "1500000000000000001"


def hours(counts: dict[str, Any], tweet: str = A) -> pd.DataFrame:
    """Make an hourly table of replies."""
    return ek.tidy({"g": {tweet: {"replies": {"2026-03-29": counts}}}})


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


def test_frames_arrow_tables_and_results_can_be_mixed() -> None:
    """Whatever gives a tidy table; rows in the order given, an empty one adds none."""

    class Held:
        def to_arrow(self) -> pa.Table:
            return from_pandas(hours({"02": "3"}))

    empty = SCHEMA.empty_table()
    table = concat_arrow([hours({"00": "1"}), empty, from_pandas(hours({"01": "2"}, B)), Held()])
    assert table.schema == SCHEMA
    assert table.column("value").to_pylist() == [1, 2, 3]
    assert ek.concat([empty])["value"].tolist() == []


def test_arrow_tables_that_are_not_tidy_are_refused() -> None:
    """Wrong columns, and ids that are floats."""
    table = from_pandas(hours({"00": "1"}))
    floats = table.set_column(0, "tweet_id", pa.array([1.5e18]))
    for wrong in (floats, table.drop_columns(["status"])):
        with pytest.raises(ek.errors.TableError, match="no tidy table"):
            ek.concat([wrong])


def test_ids_of_own_columns_keep_their_digits_where_a_tweet_has_none() -> None:
    """Pandas makes floats of whole numbers as soon as one is missing."""
    table = ek.concat([hours({"00": "1"}), hours({"00": "2"}, B)])
    own = pd.DataFrame({"tweet_id": [A], "author": [1234567890123456789], "share": [0.5]})
    out = ek.join(table, own)
    assert out["author"].tolist() == [1234567890123456789, pd.NA]
    assert str(out["author"].dtype) == "Int64"


def test_own_ids_may_stand_in_the_index_or_under_another_name() -> None:
    """The table's rows stay as they are, in their order and with their labels."""
    table = ek.concat([hours({"01": "1", "00": "2"}), hours({"00": "3"}, B)]).iloc[::-1]
    own = pd.DataFrame({"team": ["red", "blue"]}, index=pd.Index([int(B), int(A)], name="id"))
    out = ek.join(table, own, on="id")
    assert out["team"].tolist() == ["red", "blue", "blue"]
    pd.testing.assert_frame_equal(out.drop(columns="team"), table)
    pd.testing.assert_frame_equal(ek.join(table, own.reset_index(), on="id"), out)


def test_tweets_that_a_filter_took_away_do_not_count_as_a_match() -> None:
    """Their category is left in the frame, and no row is."""
    table = ek.concat([hours({"00": "1"}), hours({"00": "2"}, B)])
    with pytest.raises(ek.errors.TableError, match="none of your 1 tweets"):
        ek.join(table[table["tweet_id"] == B], pd.DataFrame({"tweet_id": [A], "team": ["red"]}))


def test_rows_summed_over_tweets_have_no_own_columns() -> None:
    """A null id matches nobody."""
    body = {"g": {"replies": "1"}, "unavailable_tweet_ids": [A]}
    out = ek.join(ek.tidy(body), pd.DataFrame({"tweet_id": [A], "team": ["red"]}))
    assert out["team"].fillna("").tolist() == ["", "red"]


def test_an_empty_table_is_joined_to_an_empty_table() -> None:
    """It gets the new columns, and no rows."""
    out = ek.join(to_pandas(SCHEMA.empty_table()), pd.DataFrame({"tweet_id": [A], "n": [1]}))
    assert out.columns.tolist() == [*SCHEMA.names, "n"]
