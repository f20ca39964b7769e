"""Missed spans that meet are one row; nothing else changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.tables.schema import SCHEMA, from_pandas, to_pandas
from engagement_kit.tables.spans import joined

DAY = timedelta(days=1)
BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
Row = tuple[str, str, str, int, int, str | None, str | None]


def frame(rows: list[Row]) -> pd.DataFrame:
    """Make a table of missed days: tweet, metric, status, first and last day, account, key."""
    lines: list[dict[str, Any]] = [
        {
            "tweet_id": tweet, "metric": metric, "grain": "day", "start": BEGIN + first * DAY,
            "end": BEGIN + last * DAY, "hour_of_day": None, "value": None, "status": status,
            "complete": None, "observed_at": None if key is None else BEGIN + int(key) * DAY,
            "endpoint": "historical", "account": account, "source": "emulator", "request_key": key,
        }
        for tweet, metric, status, first, last, account, key in rows
    ]  # fmt: skip
    made = pd.DataFrame(lines, columns=SCHEMA.names)
    return to_pandas(from_pandas(made))


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Draw spans of some tweets and metrics, in order, with and without room between them."""
    rows: list[Row] = []
    for tweet in draw(st.lists(st.sampled_from(["1500000000000000000", "21"]), unique=True)):
        for metric in draw(st.lists(st.sampled_from(["replies", "quotes"]), unique=True)):
            at = 0
            for _ in range(draw(st.integers(0, 6))):
                first = at + draw(st.sampled_from([0, 0, 0, 2]))
                at = first + draw(st.integers(1, 3))
                status = draw(st.sampled_from(["unavailable", "unavailable", "failed"]))
                key = draw(st.sampled_from([None, "3", "4"]))
                account = None if key is None else draw(st.sampled_from(["acme", "birch"]))
                rows.append((tweet, metric, status, first, at, account, key))
    return rows


def one_by_one(rows: list[Row]) -> list[list[Row]]:
    """Group the rows that belong together, one after the other."""
    groups: list[list[Row]] = []
    for row in rows:
        if groups and groups[-1][-1][:3] == row[:3] and groups[-1][-1][4] == row[3]:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


@given(tables())
def test_rows_that_meet_are_one(rows: list[Row]) -> None:
    """From the first start to the last end, as first observed; account and key if all have it."""
    table = from_pandas(frame(rows))
    found = joined(table)
    assert found.schema.equals(SCHEMA)
    groups = one_by_one(rows)
    assert found.num_rows == len(groups)
    for got, group in zip(found.to_pylist(), groups, strict=True):
        tweet, metric, status, *_ = group[0]
        assert (got["tweet_id"], got["metric"], got["status"]) == (tweet, metric, status)
        assert got["start"] == BEGIN + group[0][3] * DAY
        assert got["end"] == BEGIN + group[-1][4] * DAY
        accounts, keys = {one[5] for one in group}, {one[6] for one in group}
        assert got["account"] == (accounts.pop() if len(accounts) == 1 else None)
        seen = [BEGIN + int(one) * DAY for one in keys if one is not None]
        assert got["observed_at"] == min(seen, default=None)
        assert got["request_key"] == (keys.pop() if len(keys) == 1 else None)
        assert got["value"] is None
    if rows:
        here, there = ek.total(frame(rows), "tweet_id"), ek.total(to_pandas(found), "tweet_id")
        pd.testing.assert_frame_equal(here, there, check_categorical=False)
    assert joined(found).equals(found)
